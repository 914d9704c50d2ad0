"""The fast lidar: level, so that all beams of a column lie in one upright plane, and a beam has one ground distance.

In the plane of a column a box is a rectangle: one slab test gives the horizontal distances between which the column is
inside it, and slopes of beams then decide which of them meet its side, which its lid.
"""

import math

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import kernel
from drivesim.sensors.camera.parts import PartColumn
from drivesim.sensors.lidar.ground import settle_ground
from drivesim.sensors.lidar.pattern import ROW_BINS
from drivesim.sensors.lidar.scene import place_columns, view_of
from drivesim.sensors.lidar.solids import (
    BILLBOARD,
    TAPERED,
    bearings_of,
    centre_at,
    columns_between,
    hit_faces,
    is_hole,
)
from drivesim.sensors.lidar.surfaces import END_HOLES, SIDE_HOLES, TOP_HOLES
from drivesim.sensors.lidar.things import sweep_things

_SHAPE = int(PartColumn.SHAPE)
_END, _SIDE, _TOP = np.int64(END_HOLES), np.int64(SIDE_HOLES), np.int64(TOP_HOLES)
_BINS = np.float32(ROW_BINS)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_TINY = np.float32(1e-9)
f32 = np.float32
u64 = np.uint64


@device
def first_row_at(pattern, mount, slope):
    """Topmost beam whose slope is at most `slope`; the number of beams if all are above."""
    place = (mount.slope_high - slope) * pattern.bin_scale
    row = np.int64(pattern.row_guess[u64(np.int64(min(max(place, _ZERO), _BINS)))])
    while row < mount.beams and pattern.slope[u64(row)] > slope:
        row += 1
    return row


@device
def put(sweep, at, distance, surface, strength):
    """Keeps a hit."""
    sweep.distance[at], sweep.surface[at], sweep.strength[at] = distance, np.uint32(surface), strength


@device
def sweep_box(scene, sweep, base, k, part, solid, holes, surface, by_a, by_b, eye_l, eye_w, by_l, by_w):
    """Beams of one column that meet a box."""
    mount, pattern = scene.mount, scene.pattern
    by_l = by_l if abs(by_l) > _TINY else _TINY
    by_w = by_w if abs(by_w) > _TINY else _TINY
    inverse_l, inverse_w = _ONE / by_l, _ONE / by_w
    half_l, half_w = solid.half_length, solid.half_width
    middle_l, room_l = -eye_l * inverse_l, abs(half_l * inverse_l)
    middle_w, room_w = -eye_w * inverse_w, abs(half_w * inverse_w)
    enter_l, enter_w = middle_l - room_l, middle_w - room_w
    enter, leave = max(enter_l, enter_w), min(middle_l + room_l, middle_w + room_w)
    if not (enter < leave and leave > _ZERO):
        return
    above, below = solid.z1 - mount.height, solid.z0 - mount.height
    first, last = np.int64(0), mount.beams
    if enter > _ZERO:
        inverse = _ONE / enter
        first, last = first_row_at(pattern, mount, above * inverse), first_row_at(pattern, mount, below * inverse)
        # A beam that just meets the lower edge is on the face.
        while last < mount.beams and pattern.slope[u64(last)] >= below * inverse:
            last += 1
        by_side = enter_w > enter_l
        cosine = abs(by_w) if by_side else abs(by_l)
        group = _SIDE if by_side else _END
        for v in range(first, last):
            at = u64(base + v * mount.columns + k)
            if enter < sweep.distance[at]:
                if holes & group != 0:
                    up = pattern.slope[u64(v)] * enter - below
                    if is_hole(scene, part, solid, group, eye_l + enter * by_l, eye_w + enter * by_w, up, enter):
                        continue
                cos = cosine * pattern.elevation_cos[u64(v)]
                put(sweep, at, enter, surface, by_a * cos + by_b * (_ONE - cos * cos))
    near, far = max(enter, _ZERO), leave
    lid = _ZERO
    if above < _ZERO:
        lid, last = above, (first if enter > _ZERO else mount.beams)
        first = first_row_at(pattern, mount, above / far)
    elif below > _ZERO:
        lid, first, last = below, (last if enter > _ZERO else 0), first_row_at(pattern, mount, below / far)
    if lid == _ZERO:
        return
    for v in range(first, last):
        distance = lid / pattern.slope[u64(v)]
        at = u64(base + v * mount.columns + k)
        if near < distance < far and distance < sweep.distance[at]:
            if holes & _TOP != 0 and is_hole(
                scene, part, solid, _TOP, eye_l + distance * by_l, eye_w + distance * by_w, _ZERO, distance
            ):
                continue
            cos = abs(pattern.elevation_sin[u64(v)])
            put(sweep, at, distance, surface, by_a * cos + by_b * (_ONE - cos * cos))


@device
def sweep_billboard(scene, sweep, base, k, part, solid, surface, by_a, by_b, aside, distance):
    """Beams of one column that meet a billboard, which faces the column."""
    mount, pattern = scene.mount, scene.pattern
    above, below = solid.z1 - mount.height, solid.z0 - mount.height
    inverse = _ONE / distance
    first, last = first_row_at(pattern, mount, above * inverse), first_row_at(pattern, mount, below * inverse)
    # What is round returns light from its middle most.
    round_cos = f32(math.sqrt(max(_ONE - aside * aside, _ZERO)))
    for v in range(first, last):
        at = u64(base + v * mount.columns + k)
        if distance < sweep.distance[at]:
            up = pattern.slope[u64(v)] * distance - below
            if is_hole(scene, part, solid, _SIDE, solid.half_length * aside, _ZERO, up, distance):
                continue
            cos = round_cos * pattern.elevation_cos[u64(v)]
            put(sweep, at, distance, surface, by_a * cos + by_b * (_ONE - cos * cos))


@device
def sweep_tapered(scene, sweep, base, k, solid, surface, by_a, by_b, eye_l, eye_w, by_l, by_w):
    """Beams of one column that meet a box whose faces lean."""
    mount, pattern = scene.mount, scene.pattern
    for v in range(mount.beams):
        slope = pattern.slope[u64(v)]
        distance, face, cosine = hit_faces(solid, eye_l, eye_w, mount.height, by_l, by_w, slope)
        at = u64(base + v * mount.columns + k)
        if face >= 0 and distance < sweep.distance[at]:
            cos = cosine * pattern.elevation_cos[u64(v)]
            put(sweep, at, distance, surface, by_a * cos + by_b * (_ONE - cos * cos))


@routine
def sweep_part(scene, sweep, view, world, column, base, part, solid, surface, by_a, by_b):
    """Lets a sweep meet one part; `column` and `base` are the view's columns and its first ray."""
    mount = scene.mount
    shape = scene.solids.row[u64(part), _SHAPE]
    holes = scene.solids.holes[u64(part)]
    radius = f32(math.sqrt(solid.half_length * solid.half_length + solid.half_width * solid.half_width))
    middle, low, high, _, _ = bearings_of(scene, view, world, solid, radius)
    if low > high:
        return
    is_moving = solid.slot >= 0 and mount.sweep_steps > _ZERO
    x, y, cos, sin = solid.x, solid.y, solid.cos, solid.sin
    for turn in range(-1, 2):
        first, last = columns_between(mount, middle, low, high, turn)
        for k in range(first, last):
            at = u64(k)
            if is_moving:
                x, y, cos, sin = centre_at(scene, view, world, solid, scene.pattern.share[at])
            dx, dy = x - column[at, 0], y - column[at, 1]
            by_x, by_y = column[at, 2], column[at, 3]
            if shape == BILLBOARD:
                distance = dx * by_x + dy * by_y
                aside = (by_y * dx - by_x * dy) / solid.half_width
                if distance > _ZERO and -_ONE < aside < _ONE:
                    sweep_billboard(scene, sweep, base, k, part, solid, surface, by_a, by_b, aside, distance)
                continue
            eye_l, eye_w = -(dx * cos + dy * sin), -(dy * cos - dx * sin)
            by_l, by_w = by_x * cos + by_y * sin, by_y * cos - by_x * sin
            if shape == TAPERED:
                sweep_tapered(scene, sweep, base, k, solid, surface, by_a, by_b, eye_l, eye_w, by_l, by_w)
            else:
                sweep_box(scene, sweep, base, k, part, solid, holes, surface, by_a, by_b, eye_l, eye_w, by_l, by_w)


@device
def begin_level(scene, sweep, base):
    """Every ray on the ground, or nowhere."""
    mount, pattern = scene.mount, scene.pattern
    for v in range(mount.beams):
        distance = pattern.ground[u64(v)]
        for k in range(mount.columns):
            at = u64(base + v * mount.columns + k)
            sweep.distance[at], sweep.surface[at] = distance, np.uint32(0)


@device
def end_level(scene, sweep, view, map_index, column, base):
    """Ranges along the rays, and what the ground is made of."""
    mount, pattern = scene.mount, scene.pattern
    for v in range(mount.beams):
        row = u64(v)
        inverse = _ONE / pattern.elevation_cos[row]
        first = base + v * mount.columns
        if pattern.ground[row] * inverse <= mount.range:
            settle_ground(scene, sweep, view, map_index, column, v, first)
        for k in range(mount.columns):
            at = u64(first + k)
            distance = sweep.distance[at] * inverse
            is_met = mount.near <= distance <= mount.range
            sweep.distance[at] = distance if is_met else _ZERO
            sweep.surface[at] = sweep.surface[at] if is_met else np.uint32(0)
            sweep.strength[at] = sweep.strength[at] if is_met else _ZERO


@kernel
def scan_level(views, first, last, scene, sweep):
    """What the rays of `views[first:last]` meet; they come fastest in the order of their maps."""
    drivers = scene.slot.shape[1]
    rays = scene.mount.beams * scene.mount.columns
    for at in range(first, last):
        index = views[at]
        world = index // drivers
        own = np.int64(scene.slot[world, index - world * drivers])
        map_index = np.int64(scene.slot_of[scene.map[world]])
        view = view_of(scene, world, own)
        column, runs = sweep.column[index], sweep.runs[first]
        base = index * rays
        place_columns(scene, world, own, view, scene.mount.yaw, True, column)
        begin_level(scene, sweep, base)
        sweep_things(scene, sweep, view, world, own, map_index, column, runs, base, sweep_part)
        end_level(scene, sweep, view, map_index, column, base)
