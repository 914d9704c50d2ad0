"""Lamps in the picture: those of road users and street lamps, with their halos, what they light, and wet reflections.

A lamp has a luminance over that of white under a clear noon and an area; exposed, it saturates, and lens and air
spread a share of its light around it.
"""

import math

import numpy as np

from drivesim.kernels.device import device, routine, vectors
from drivesim.maps.arrays import OBJECT_CELL_M
from drivesim.maps.network import SceneryKind
from drivesim.semantics import LightColor
from drivesim.sensors.camera.air import LAND, ROAD, SKY
from drivesim.sensors.camera.locate import is_hidden, locate
from drivesim.sensors.camera.mood import CLEAR_EXTINCTION, DAY_GAIN
from drivesim.sensors.camera.parts import SCENERY_MODEL
from drivesim.sensors.camera.scene import blink_is_on, map_slot
from drivesim.sensors.camera.standing import StandingColumn, light_row
from drivesim.state import ActorKind, Lamp, Motion

TAIL_LUMINANCE, BRAKE_LUMINANCE = np.float32(0.03), np.float32(0.25)
"""8 cd and 80 cd (UN R7) over 0.01 m^2, of the 32,000 cd/m^2 of white at noon."""
TURN_LUMINANCE, HEAD_LUMINANCE = np.float32(0.6), np.float32(1.2)
"""200 cd (UN R6), and 600 cd of a low beam above its edge (UN R48) over 0.015 m^2."""
BEACON_LUMINANCE = np.float32(1.2)
"""600 cd of a blue lamp by night and more by day (UN R65) over 0.015 m^2."""
LAMP_AREA_M2 = np.float32(0.015)
SIGNAL_LUMINANCE, SIGNAL_AREA_M2, SIGNAL_RANGE_M = np.float32(0.35), np.float32(0.0314), np.float32(150.0)
"""400 cd on the axis (EN 12368, level 2/1) of a lens of 200 mm, over the 32,000 cd/m^2 of white at noon."""
WALK_LUMINANCE, WALK_AREA_M2 = np.float32(0.15), np.float32(0.02)
STREET_LUMINANCE, STREET_AREA_M2 = np.float32(1.0), np.float32(0.08)
"""2,500 cd of a 10,000 lm street lamp over its area."""
STREET_INTENSITY = np.float32(0.03)
"""The same 2,500 cd over the illuminance of noon [m^2]."""
STREET_ARM_M, STREET_RANGE_M, POOL_M = np.float32(1.8), np.float32(90.0), np.float32(18.0)
HALO = np.float32(0.012)
"""Share of a lamp's light that the lens spreads around it as 1 / r^2, r in pixels."""
FOG_HALO = np.float32(6.0)
"""What fog adds to that, per share of light that it takes."""
HALO_SEEN = np.float32(0.004)
HALO_MAX = np.float32(0.12)
"""Greatest radius of a halo over the picture's width."""
CORE_MAX = np.float32(40.0)
SMEAR = np.float32(0.5)
"""Share of a lamp's light that a wet road mirrors at a grazing angle."""
_RED = (np.float32(1.0), np.float32(0.06), np.float32(0.03))
_AMBER = (np.float32(1.0), np.float32(0.45), np.float32(0.04))
_BLUE = (np.float32(0.05), np.float32(0.22), np.float32(1.0))
_WHITE = (np.float32(1.0), np.float32(0.93), np.float32(0.8))
_GREEN = (np.float32(0.03), np.float32(1.0), np.float32(0.35))
_SODIUM = (np.float32(1.0), np.float32(0.72), np.float32(0.4))
_SLACK_M = np.float32(1.2)
_NARROW_M = np.float32(1.2)
"""What is narrower than this has one lamp in front and one behind."""
_SPRAY_SPEED = np.float32(6.0)
_CELL, _CELLS = np.float32(1.0 / OBJECT_CELL_M), np.int64(math.ceil(90.0 / OBJECT_CELL_M))
_COLUMNS = np.int64(len(StandingColumn))
_X, _Y, _COS, _SIN = (int(StandingColumn[name]) for name in ("X", "Y", "COS", "SIN"))
_TOP, _MODEL = int(StandingColumn.TOP), int(StandingColumn.MODEL)
_HALF_LENGTH, _BASE, _COLORS = (int(StandingColumn[name]) for name in ("HALF_LENGTH", "BASE", "COLORS"))
_FIRST_HEAD, _AFTER_HEADS = (
    np.float32(SCENERY_MODEL[kind]) for kind in (SceneryKind.TRAFFIC_LIGHT, SceneryKind.ROAD_SIGN)
)
_FIRST_WALK = np.float32(SCENERY_MODEL[SceneryKind.WALK_LIGHT])
_SIGNAL_CELLS = np.int64(math.ceil(150.0 / OBJECT_CELL_M))
_SHOWN_RED, _SHOWN_RED_AMBER, _SHOWN_GREEN = (
    np.int64(color) for color in (LightColor.RED, LightColor.RED_AMBER, LightColor.GREEN)
)
_FIRST_POLE = np.float32(SCENERY_MODEL[SceneryKind.LAMP])
_AFTER_POLES = np.float32(SCENERY_MODEL[SceneryKind.LAMP + 1])
_ROAD, _LAND, _SKY = np.uint8(ROAD), np.uint8(LAND), np.uint8(SKY)
_AMBULANCE, _FIRE_ENGINE = np.int64(ActorKind.AMBULANCE), np.int64(ActorKind.FIRE_ENGINE)
_STANDING = np.uint8(Motion.STANDING)
_PERSON, _DOOR = np.int64(ActorKind.PEDESTRIAN), np.int64(ActorKind.CAR_DOOR)
_BRAKE, _LEFT, _RIGHT = np.int64(Lamp.BRAKE), np.int64(Lamp.LEFT), np.int64(Lamp.RIGHT)
_BEACON = np.int64(Lamp.BEACON)
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
f32 = np.float32
u64 = np.uint64


@device
def box_around(mount, u, v, across, down):
    """Pixels within half a width and half a height of a place: columns and rows, first and last + 1."""
    return (
        max(np.int64(u - across), np.int64(0)), min(np.int64(u + across) + 1, mount.width),
        max(np.int64(v - down), np.int64(0)), min(np.int64(v + down) + 1, mount.height_px),
    )  # fmt: skip


@device
def add(buffer, at, color, amount):
    """Adds light to a pixel of the buffer."""
    first = u64(3 * at)
    for channel in range(3):
        buffer[first + u64(channel)] += color[channel] * amount


@vectors
def smear(mount, frames, air, buffer, pixel, x, y, z, color, flux, radius, wet):
    """A lamp at a point relative to the eye, mirrored in the wet ground: drawn out towards the eye."""
    is_there, u, v, _ = locate(mount, air, x, y, z)
    if not is_there:
        return
    wide, long = f32(0.6) + f32(0.8) * radius, f32(1.0) + f32(0.045) * f32(mount.height_px)
    amount = flux * SMEAR * wet / (f32(6.3) * wide * long)
    first, last, top, bottom = box_around(mount, u, v, f32(2.5) * wide, f32(2.5) * long)
    for row in range(top, bottom):
        down = (f32(row) + _HALF - v) / long
        for column in range(first, last):
            at = row * mount.width + column
            kind = air.ground[frames.semantic[u64(pixel + at)]]
            if kind == _ROAD or kind == _LAND:
                across = (f32(column) + _HALF - u) / wide
                add(buffer, at, color, amount * f32(math.exp(-_HALF * (across * across + down * down))))


@vectors
def draw_lamp(mount, frames, air, mood, buffer, pixel, x, y, z, color, luminance, area):
    """A lamp at a point of the car's frame [m], if nothing stands before it."""
    x, y, from_eye = x - air.eye[0], y - air.eye[1], z - air.eye[2]
    is_there, u, v, distance = locate(mount, air, x, y, from_eye)
    if not is_there or is_hidden(mount, frames, air, pixel, u, v, distance, _SLACK_M):
        return
    scale = mount.focal / max(distance, _ONE)
    pixels = area * scale * scale
    exposed = luminance * mood.gain
    clear = f32(math.exp(-(mood.extinction + CLEAR_EXTINCTION) * distance))
    radius = f32(math.sqrt(pixels * f32(0.3183)))
    core = min(exposed, CORE_MAX) * min(pixels, _ONE) * clear
    spread = HALO * (_ONE + FOG_HALO * (_ONE - clear)) * exposed * pixels * clear
    reach = max(min(f32(math.sqrt(spread / HALO_SEEN)), HALO_MAX * f32(mount.width)), radius + _ONE)
    floor = _ONE / (reach * reach + f32(1.5))
    first, last, top, bottom = box_around(mount, u, v, reach, reach)
    for row in range(top, bottom):
        down = f32(row) + _HALF - v
        for column in range(first, last):
            across = f32(column) + _HALF - u
            r_2 = across * across + down * down
            halo = max(_ONE / (r_2 + f32(1.5)) - floor, _ZERO) * spread
            inside = min(max(radius + _HALF - f32(math.sqrt(r_2)), _ZERO), _ONE)
            add(buffer, row * mount.width + column, color, core * inside + halo)
    wet = max(mood.wetness * f32(0.6), mood.puddles) * (_ONE - mood.snow)
    if wet > _ZERO:
        smear(
            mount, frames, air, buffer, pixel, x, y, -z - air.eye[2], color, min(exposed, CORE_MAX) * pixels * clear,
            radius, wet,
        )  # fmt: skip


@device
def is_towards(x, y, out_x, out_y, air):
    """A lamp at (x, y) of the car's frame that shines along (out_x, out_y) is seen by the camera."""
    return (air.eye[0] - x) * out_x + (air.eye[1] - y) * out_y > _ZERO


@vectors
def draw_spray(mount, frames, air, mood, buffer, pixel, x, y, tall, share):
    """Water in the air behind the wheels of a road user whose tail is at (x, y) of the car's frame."""
    x, y, z = x - air.eye[0], y - air.eye[1], f32(0.35) * tall - air.eye[2]
    is_there, u, v, distance = locate(mount, air, x, y, z)
    if not is_there:
        return
    wide = mount.focal * (f32(0.9) + f32(0.2) * tall) / max(distance, f32(2.0))
    high = wide * f32(0.55)
    first, last, top, bottom = box_around(mount, u, v, f32(2.0) * wide, f32(2.0) * high)
    for row in range(top, bottom):
        down = (f32(row) + _HALF - v) / high
        for column in range(first, last):
            at = row * mount.width + column
            if frames.depth[u64(pixel + at)] * air.norm[u64(at)] < distance - _SLACK_M:
                continue
            across = (f32(column) + _HALF - u) / wide
            r_2 = across * across + down * down
            amount = share * max(_ONE - f32(0.25) * r_2, _ZERO)
            for channel in range(3):
                place = u64(3 * at + channel)
                buffer[place] += (mood.air[channel] - buffer[place]) * amount


@vectors
def draw_pool(mount, frames, air, mood, buffer, pixel, x, y, z):
    """The light of a street lamp at a point of the car's frame on the ground and things around it."""
    is_there, u, v, distance = locate(mount, air, x - air.eye[0], y - air.eye[1], -air.eye[2])
    half = mount.focal * (POOL_M + z) / max(distance - POOL_M, f32(4.0))
    if not is_there:
        if distance > POOL_M + f32(4.0):
            return
        u, v = _HALF * f32(mount.width), f32(mount.height_px)
    first, last, top, bottom = box_around(mount, u, v, half, half)
    for row in range(top, bottom):
        for column in range(first, last):
            at = u64(row * mount.width + column)
            place = u64(pixel) + at
            kind = air.ground[frames.semantic[place]]
            if kind == _SKY:
                continue
            depth = frames.depth[place]
            dx, dy = air.forward[at] * depth + air.eye[0] - x, air.right[at] * depth + air.eye[1] - y
            dz = z - air.up[at] * depth - air.eye[2]
            beside = dx * dx + dy * dy
            if dz <= f32(0.5) or beside > POOL_M * POOL_M:
                continue
            r_2 = beside + dz * dz
            fade = _ONE - beside / (POOL_M * POOL_M)
            lit = mood.gain * STREET_INTENSITY * dz / (r_2 * f32(math.sqrt(r_2))) * fade
            lit *= f32(math.exp(-(mood.extinction + CLEAR_EXTINCTION) * depth * air.norm[at]))
            for channel in range(3):
                color = air.decode[frames.rgb[u64(3) * place + u64(channel)]]
                color += (f32(0.8) - color) * (mood.snow if kind == _LAND else f32(0.5) * mood.snow)
                buffer[u64(3) * at + u64(channel)] += color * _SODIUM[channel] * lit


@routine
def draw_street_lamps(scene, frames, air, mood, buffer, world, pixel):
    """Street lamps that burn within `STREET_RANGE_M`, and what they light."""
    standing, map_index = scene.standing, map_slot(scene, world)
    origin_x, origin_y = scene.origin[map_index, 0], scene.origin[map_index, 1]
    size_x, size_y = np.int64(standing.grid_size[map_index, 0]), np.int64(standing.grid_size[map_index, 1])
    middle_x, middle_y = np.int64((mood.x - origin_x) * _CELL), np.int64((mood.y - origin_y) * _CELL)
    for iy in range(max(middle_y - _CELLS, np.int64(0)), min(middle_y + _CELLS + 1, size_y)):
        for ix in range(max(middle_x - _CELLS, np.int64(0)), min(middle_x + _CELLS + 1, size_x)):
            cell = u64(np.int64(standing.grid_first[map_index]) + iy * size_x + ix)
            for thing in range(standing.cell_first[cell], standing.cell_first[cell + u64(1)]):
                at = u64(np.int64(thing) * _COLUMNS)
                model = standing.row[at + u64(_MODEL)]
                if not _FIRST_POLE <= model < _AFTER_POLES:
                    continue
                dx = standing.row[at + u64(_X)] + STREET_ARM_M * standing.row[at + u64(_COS)] - mood.x
                dy = standing.row[at + u64(_Y)] + STREET_ARM_M * standing.row[at + u64(_SIN)] - mood.y
                x, y = dx * mood.cos + dy * mood.sin, dx * mood.sin - dy * mood.cos
                if x * x + y * y > STREET_RANGE_M * STREET_RANGE_M:
                    continue
                z = standing.row[at + u64(_TOP)] - f32(0.16)
                draw_pool(scene.mount, frames, air, mood, buffer, pixel, x, y, z)
                draw_lamp(
                    scene.mount, frames, air, mood, buffer, pixel, x, y, z, _SODIUM, STREET_LUMINANCE, STREET_AREA_M2
                )


@routine
def draw_head(scene, frames, air, mood, buffer, world, pixel, at, blink):
    """The lit lamps of a light head, whose row of the standing things begins at `at`."""
    row, mount = scene.standing.row, scene.mount
    is_walk = row[at + u64(_MODEL)] >= _FIRST_WALK
    _, shown = light_row(np.int64(row[at + u64(_COLORS)]), scene.light, world, blink)
    ahead = row[at + u64(_HALF_LENGTH)] + f32(0.05)
    dx = row[at + u64(_X)] - ahead * row[at + u64(_COS)] - mood.x
    dy = row[at + u64(_Y)] - ahead * row[at + u64(_SIN)] - mood.y
    x, y = dx * mood.cos + dy * mood.sin, dx * mood.sin - dy * mood.cos
    out_x = -(row[at + u64(_COS)] * mood.cos + row[at + u64(_SIN)] * mood.sin)
    out_y = -(row[at + u64(_COS)] * mood.sin - row[at + u64(_SIN)] * mood.cos)
    if x * x + y * y > SIGNAL_RANGE_M * SIGNAL_RANGE_M or not is_towards(x, y, out_x, out_y, air):
        return
    base, tall = row[at + u64(_BASE)], row[at + u64(_TOP)] - row[at + u64(_BASE)]
    bright, area = (WALK_LUMINANCE, WALK_AREA_M2) if is_walk else (SIGNAL_LUMINANCE, SIGNAL_AREA_M2)
    low, high = (f32(0.25), f32(0.75)) if is_walk else (f32(0.18), f32(0.82))
    if shown == _SHOWN_RED or shown == _SHOWN_RED_AMBER or (is_walk and shown > _SHOWN_GREEN):
        draw_lamp(mount, frames, air, mood, buffer, pixel, x, y, base + high * tall, _RED, bright, area)
    if shown == _SHOWN_GREEN:
        draw_lamp(mount, frames, air, mood, buffer, pixel, x, y, base + low * tall, _GREEN, bright, area)
    elif shown >= _SHOWN_RED_AMBER and not is_walk:
        draw_lamp(mount, frames, air, mood, buffer, pixel, x, y, base + _HALF * tall, _AMBER, bright, area)


@routine
def draw_signal_lamps(scene, frames, air, mood, buffer, world, pixel, blink):
    """Lamps of all light heads within `SIGNAL_RANGE_M`."""
    standing, map_index = scene.standing, map_slot(scene, world)
    size_x, size_y = np.int64(standing.grid_size[map_index, 0]), np.int64(standing.grid_size[map_index, 1])
    middle_x = np.int64((mood.x - scene.origin[map_index, 0]) * _CELL)
    middle_y = np.int64((mood.y - scene.origin[map_index, 1]) * _CELL)
    for iy in range(max(middle_y - _SIGNAL_CELLS, np.int64(0)), min(middle_y + _SIGNAL_CELLS + 1, size_y)):
        for ix in range(max(middle_x - _SIGNAL_CELLS, np.int64(0)), min(middle_x + _SIGNAL_CELLS + 1, size_x)):
            cell = u64(np.int64(standing.grid_first[map_index]) + iy * size_x + ix)
            for thing in range(standing.cell_first[cell], standing.cell_first[cell + u64(1)]):
                at = u64(np.int64(thing) * _COLUMNS)
                if _FIRST_HEAD <= standing.row[at + u64(_MODEL)] < _AFTER_HEADS:
                    draw_head(scene, frames, air, mood, buffer, world, pixel, at, blink)


@device
def beacons_at(kind):
    """Blue lamps of a kind ahead of its rear bumper, in half lengths."""
    if kind == _FIRE_ENGINE:
        return f32(1.72)
    return f32(1.28) if kind == _AMBULANCE else f32(0.86)


@routine
def draw_user_lamps(scene, frames, air, mood, speed, buffer, world, slot, pixel, lights, blink):
    """Spray and lamps of one road user."""
    actors, mount = scene.actors, scene.mount
    dx, dy = actors.x[world, slot] - mood.x, actors.y[world, slot] - mood.y
    if dx * dx + dy * dy > mount.range * mount.range:
        return
    yaw, half_l = actors.yaw[world, slot], _HALF * actors.length[world, slot]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    along_x, along_y = cos * mood.cos + sin * mood.sin, cos * mood.sin - sin * mood.cos
    x, y = dx * mood.cos + dy * mood.sin, dx * mood.sin - dy * mood.cos
    rear = actors.rear[world, slot]
    if not mount.is_wide and air.axis[2, 0] * (x - air.eye[0]) + air.axis[2, 1] * (y - air.eye[1]) < f32(-4.0) * half_l:
        return
    tail_x, tail_y = x - rear * along_x, y - rear * along_y
    nose_x, nose_y = tail_x + f32(2.0) * half_l * along_x, tail_y + f32(2.0) * half_l * along_y
    tall = actors.height[world, slot]
    moving = min(max((abs(speed[world, slot]) - _SPRAY_SPEED) * f32(0.05), _ZERO), _ONE)
    spray = moving * mood.wetness * (_ONE - mood.snow) * f32(0.55)
    if spray > f32(0.02):
        draw_spray(mount, frames, air, mood, buffer, pixel, tail_x, tail_y, tall, spray)
    lamps = np.int64(actors.lamps[world, slot])
    if not lights and lamps == 0:
        return
    if lamps & _BEACON != 0:
        along = half_l * beacons_at(np.int64(actors.kind[world, slot]))
        for side in range(2):
            aside = (f32(0.26) if side == 0 else f32(-0.26)) * actors.width[world, slot]
            draw_lamp(
                mount, frames, air, mood, buffer, pixel, tail_x + along * along_x + aside * along_y,
                tail_y + along * along_y - aside * along_x, f32(0.97) * tall, _BLUE, BEACON_LUMINANCE, LAMP_AREA_M2,
            )  # fmt: skip
    z = min(max(f32(0.5) * tall, f32(0.6)), f32(0.95))
    wide = actors.width[world, slot]
    sides = np.int64(1) if wide < _NARROW_M else np.int64(2)
    rear_seen = is_towards(tail_x, tail_y, -along_x, -along_y, air)
    nose_seen = is_towards(nose_x, nose_y, along_x, along_y, air)
    for side in range(sides):
        # To the left of its heading lies (along_y, -along_x).
        aside = _ZERO if sides == 1 else f32(0.4) * wide if side == 0 else f32(-0.4) * wide
        by_x, by_y = aside * along_y, -aside * along_x
        turns = blink and lamps & (_LEFT if side == 0 else _RIGHT) != 0
        if rear_seen:
            if lamps & _BRAKE != 0 or lights:
                bright = BRAKE_LUMINANCE if lamps & _BRAKE != 0 else TAIL_LUMINANCE
                draw_lamp(
                    mount, frames, air, mood, buffer, pixel, tail_x + by_x, tail_y + by_y, z, _RED, bright, LAMP_AREA_M2
                )
        elif nose_seen and lights:
            draw_lamp(
                mount, frames, air, mood, buffer, pixel, nose_x + by_x, nose_y + by_y, z, _WHITE, HEAD_LUMINANCE,
                LAMP_AREA_M2,
            )  # fmt: skip
        if turns and (rear_seen or nose_seen):
            at_x, at_y = (tail_x, tail_y) if rear_seen else (nose_x, nose_y)
            draw_lamp(
                mount, frames, air, mood, buffer, pixel, at_x + by_x, at_y + by_y, z - f32(0.12), _AMBER,
                TURN_LUMINANCE, LAMP_AREA_M2,
            )  # fmt: skip


@routine
def draw_lamps(scene, frames, air, mood, weather, speed, buffer, world, own, pixel):
    """All lamps in the picture of the camera on the road user in slot `own`."""
    lights, blink = weather.lights[world], blink_is_on(scene, world)
    if lights and mood.gain > DAY_GAIN:
        draw_street_lamps(scene, frames, air, mood, buffer, world, pixel)
    if scene.standing.has_light[u64(map_slot(scene, world))] != 0:
        draw_signal_lamps(scene, frames, air, mood, buffer, world, pixel, blink)
    for slot in range(scene.actors.kind.shape[1]):
        kind = np.int64(scene.actors.kind[world, slot])
        if kind != 0 and kind != _PERSON and kind != _DOOR and slot != own:
            is_lit = lights and scene.actors.motion[world, slot] != _STANDING
            draw_user_lamps(scene, frames, air, mood, speed, buffer, world, slot, pixel, is_lit, blink)
