"""Parts of things, placed; which columns may meet them; where one ray does."""

import math
from typing import NamedTuple

import numpy as np

from drivesim.geometry import wrap_angle
from drivesim.kernels.device import device
from drivesim.sensors.camera.hits import clip
from drivesim.sensors.camera.paint import CLEAR
from drivesim.sensors.camera.parts import PartColumn, Shape
from drivesim.sensors.camera.rounding import ceil_int, floor_int
from drivesim.sensors.camera.shading import code_at, mip_level, texels_per_metre
from drivesim.sensors.lidar.scene import pose_at
from drivesim.sensors.lidar.surfaces import END_HOLES, SIDE_HOLES, TOP_HOLES

_SHAPE = int(PartColumn.SHAPE)
_X0, _X0_M, _X1, _X1_M = (int(c) for c in (PartColumn.X0, PartColumn.X0_M, PartColumn.X1, PartColumn.X1_M))
_Y_PART, _Y_M = int(PartColumn.Y), int(PartColumn.Y_M)
_Z0, _Z0_M, _Z1, _Z1_M = (int(c) for c in (PartColumn.Z0, PartColumn.Z0_M, PartColumn.Z1, PartColumn.Z1_M))
_TAPER_REAR, _TAPER_FRONT = int(PartColumn.TAPER_REAR), int(PartColumn.TAPER_FRONT)
_TAPER_SIDE, _TILE, _TILE_Z = int(PartColumn.TAPER_SIDE), int(PartColumn.TILE), int(PartColumn.TILE_Z)
_FACE_REAR, _FACE_FRONT = int(PartColumn.FACE_REAR), int(PartColumn.FACE_FRONT)
_FACE_SIDE, _FACE_TOP = int(PartColumn.FACE_SIDE), int(PartColumn.FACE_TOP)
BOX, TAPERED, BILLBOARD = np.float32(Shape.BOX), np.float32(Shape.TAPERED), np.float32(Shape.BILLBOARD)
_END_HOLES, _SIDE_HOLES, _TOP_HOLES = np.int64(END_HOLES), np.int64(SIDE_HOLES), np.int64(TOP_HOLES)
_CLEAR = np.uint8(CLEAR)
_ZERO, _HALF, _ONE, _TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
_FAR = np.float32(1e9)
_TINY = np.float32(1e-12)
_PI, _TURN = np.float32(math.pi), np.float32(2.0 * math.pi)
_ASIN_CUBIC = np.float32(math.pi / 2.0 - 1.0)
BULGE_M = np.float32(0.1)
"""By how much the way of a road user may leave the straight line within a sweep [m]."""
_BEARING_MARGIN = np.float32(2e-3)
_CORNERS_FROM = np.float32(0.2)
"""Radius over distance from which the corners of a rectangle bound its bearings, not the disc around it."""
f32 = np.float32
u64 = np.uint64


class Solid(NamedTuple):
    """A part, placed; lengths in metres, positions from the car's own place at the time stamp."""

    x: np.float32
    """Centre; of one that moves, at the time stamp."""
    y: np.float32
    cos: np.float32
    """Of its heading."""
    sin: np.float32
    ahead: np.float32
    """Centre ahead of the rear axle, of one that moves."""
    half_length: np.float32
    """At z0."""
    half_width: np.float32
    """At z0."""
    z0: np.float32
    z1: np.float32
    shrink_rear: np.float32
    """Metres that the rear moves in per metre of height; 0 for an upright face."""
    shrink_front: np.float32
    shrink_side: np.float32
    tile: np.float32
    """1 / width of a texture repeat, or 0 to stretch it over the face [1/m]."""
    tile_z: np.float32
    """1 / height of a texture repeat, or 0 [1/m]."""
    slot: np.int64
    """Road user; -1: scenery."""


@device
def place_part(solids, part, x, y, cos, sin, ahead, half_length, half_width, base, top, slot):
    """A part of a thing whose outline has its centre at (x, y), `ahead` of its rear axle."""
    row = solids.row
    tall = top - base
    x0 = row[part, _X0] * half_length + row[part, _X0_M]
    x1 = row[part, _X1] * half_length + row[part, _X1_M]
    z0 = base + row[part, _Z0] * tall + row[part, _Z0_M]
    z1 = base + row[part, _Z1] * tall + row[part, _Z1_M]
    middle = _HALF * (x0 + x1)
    wide = row[part, _Y_PART] * half_width + row[part, _Y_M]
    # A billboard turns to face the ray, so its bearings are those of a square around it.
    long = wide if row[part, _SHAPE] == BILLBOARD else _HALF * (x1 - x0)
    per_metre = _ONE / max(z1 - z0, _TINY)
    return Solid(
        x + middle * cos,
        y + middle * sin,
        cos,
        sin,
        ahead + middle,
        long,
        wide,
        z0,
        z1,
        row[part, _TAPER_REAR] * half_length * per_metre,
        row[part, _TAPER_FRONT] * half_length * per_metre,
        row[part, _TAPER_SIDE] * half_width * per_metre,
        row[part, _TILE],
        row[part, _TILE_Z],
        slot,
    )


@device
def centre_at(scene, view, world, solid, share):
    """Centre and heading of a solid at a share of the last step: x, y, cos, sin."""
    if solid.slot < 0 or share == _ONE:
        return solid.x, solid.y, solid.cos, solid.sin
    x, y, yaw = pose_at(scene.actors, world, solid.slot, share)
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    return x - view.x + solid.ahead * cos, y - view.y + solid.ahead * sin, cos, sin


@device
def corner_bearings(spot, solid, middle, low, high):
    """Widens [low, high], bearings from `middle` on, by those of a rectangle's corners; says if the spot is outside."""
    dx, dy = spot.x - solid.x, spot.y - solid.y
    if (
        abs(dx * solid.cos + dy * solid.sin) <= solid.half_length + BULGE_M
        and abs(dy * solid.cos - dx * solid.sin) <= solid.half_width + BULGE_M
    ):
        return False, low, high
    for corner in range(4):
        along = solid.half_length if corner < 2 else -solid.half_length
        across = solid.half_width if corner & 1 == 0 else -solid.half_width
        at_x = along * solid.cos - across * solid.sin - dx
        at_y = along * solid.sin + across * solid.cos - dy
        bearing = wrap_angle(f32(math.atan2(at_y, at_x)) - spot.heading - middle)
        low, high = min(low, bearing), max(high, bearing)
    return True, low, high


@device
def bearings_of(scene, view, world, solid, radius):
    """Bearings in the sensor's frame between which a sweep may meet a solid.

    Returns:
        Middle, low and high from there on [rad], least and greatest distance [m]; low > high: out of range or of the
        beams' heights.
    """
    mount, begin, end = scene.mount, view.begin, view.end
    bx, by = solid.x - end.x, solid.y - end.y
    last = f32(math.sqrt(bx * bx + by * by))
    low, high, way, first = _ZERO, _ZERO, _ZERO, last
    ax, ay = bx, by
    is_sweep = mount.sweep_steps > _ZERO
    if is_sweep:
        x, y, _, _ = centre_at(scene, view, world, solid, scene.pattern.share[0])
        ax, ay = x - begin.x, y - begin.y
        first = f32(math.sqrt(ax * ax + ay * ay))
        way = f32(math.sqrt((ax - bx) * (ax - bx) + (ay - by) * (ay - by)))
        radius += BULGE_M
    near = min(first, last) - _HALF * way - radius
    far = max(first, last) + radius
    if near > mount.range:
        return _ZERO, _ONE, _ZERO, near, far
    near = max(near, _ZERO)
    highest = mount.height + mount.slope_high * (far if mount.slope_high > _ZERO else near)
    lowest = mount.height + mount.slope_low * (far if mount.slope_low < _ZERO else near)
    if solid.z0 > highest or solid.z1 < lowest:
        return _ZERO, _ONE, _ZERO, near, far
    if near <= _ZERO and solid.slot >= 0:
        return _ZERO, -_PI, _PI, near, far
    middle = f32(math.atan2(by, bx)) - end.heading
    if solid.slot < 0 and radius > _CORNERS_FROM * (near + radius):
        is_outside, low, high = corner_bearings(end, solid, middle, low, high)
        if is_outside and is_sweep:
            is_outside, low, high = corner_bearings(begin, solid, middle, low, high)
        if not is_outside or high - low > _PI - BULGE_M:
            return _ZERO, -_PI, _PI, near, far
    else:
        if is_sweep:
            turned = wrap_angle(f32(math.atan2(ay, ax)) - begin.heading - middle)
            low, high = min(turned, _ZERO), max(turned, _ZERO)
        # asin x <= x + (pi / 2 - 1) x^3 for x in [0, 1].
        ratio = radius / (near + radius)
        half = ratio + _ASIN_CUBIC * ratio * ratio * ratio
        low, high = low - half, high + half
    return middle, low - _BEARING_MARGIN, high + _BEARING_MARGIN, near, far


@device
def columns_between(mount, middle, low, high, turn):
    """Columns whose azimuth lies in [low, high] from `middle` on, a whole number of turns added: first, last + 1."""
    left = _HALF * mount.fov - wrap_angle(middle) + f32(turn) * _TURN
    first = ceil_int((left - high) / mount.step - _HALF)
    last = floor_int((left - low) / mount.step - _HALF) + 1
    return max(first, np.int64(0)), min(last, mount.columns)


@device
def is_hole(scene, part, solid, group, at_l, at_w, up, distance):
    """Whether the texture of a face is clear where a ray meets it.

    Args:
        scene: `Scene`.
        part: Row of the part.
        solid: The part, placed.
        group: `END_HOLES`, `SIDE_HOLES` or `TOP_HOLES`.
        at_l: Where on the part, along its heading from its centre [m].
        at_w: To its left [m].
        up: Above its z0 [m].
        distance: Of the lidar, for the size of its spot [m].
    """
    atlas, row = scene.atlas, scene.solids.row
    half_l, half_w = solid.half_length, solid.half_width
    rise = up * (solid.tile_z if solid.tile_z > _ZERO else _ONE / (solid.z1 - solid.z0))
    if group == _END_HOLES:
        face = np.int64(row[part, _FACE_REAR if at_l < _ZERO else _FACE_FRONT])
        scale = solid.tile if solid.tile > _ZERO else _HALF / half_w
        across = (half_w - at_w) * scale
    else:
        face = np.int64(row[part, _FACE_SIDE if group == _SIDE_HOLES else _FACE_TOP])
        scale = solid.tile if solid.tile > _ZERO else _HALF / half_l
        across = (half_l + at_l) * scale
        if group == _TOP_HOLES:
            rise = (half_w + at_w) * _HALF / half_w
    spot = distance * scene.mount.divergence * texels_per_metre(atlas, u64(face), scale)
    level = atlas.level[u64(face), u64(mip_level(max(spot, _TINY)))]
    return code_at(atlas, level, max(across, _ZERO), max(rise, _ZERO)) == _CLEAR


@device
def hit_faces(solid, eye_l, eye_w, eye_z, by_l, by_w, by_z):
    """First point of a ray on a box whose upright faces may lean inwards.

    Args:
        solid: The box.
        eye_l: The lidar in the box's frame, along its heading [m].
        eye_w: To its left [m].
        eye_z: Above the ground [m].
        by_l: The ray's direction, of any length.
        by_w: To the left.
        by_z: Upwards.

    Returns:
        Distance in lengths of the direction, face (0 rear, 1 front, 2 right, 3 left, 4 top, 5 bottom; -1: none), and
        the direction along the face's inward unit normal.
    """
    high = eye_z - solid.z0
    half_l, half_w = solid.half_length, solid.half_width
    rear, front, side = solid.shrink_rear, solid.shrink_front, solid.shrink_side
    enter, leave, face = -_FAR, _FAR, np.int64(-1)
    enter, leave, face = clip(-by_l + rear * by_z, half_l + eye_l - rear * high, enter, leave, face, 0)
    enter, leave, face = clip(by_l + front * by_z, half_l - eye_l - front * high, enter, leave, face, 1)
    enter, leave, face = clip(-by_w + side * by_z, half_w + eye_w - side * high, enter, leave, face, 2)
    enter, leave, face = clip(by_w + side * by_z, half_w - eye_w - side * high, enter, leave, face, 3)
    enter, leave, face = clip(by_z, solid.z1 - eye_z, enter, leave, face, 4)
    enter, leave, face = clip(-by_z, high, enter, leave, face, 5)
    if not (_ZERO < enter < leave):
        return _FAR, np.int64(-1), _ZERO
    if face >= 4:
        return enter, face, abs(by_z)
    lean = side if face >= 2 else (front if face == 1 else rear)
    towards = by_w if face >= 2 else by_l
    if face == 0 or face == 2:
        towards = -towards
    return enter, face, abs(towards + lean * by_z) / f32(math.sqrt(_ONE + lean * lean))
