"""What is in a radar's field of view: road users and scenery as rows of `Thing`, and what hides what."""

import math

import numpy as np

from drivesim.geometry import to_frame
from drivesim.kernels.device import device, routine
from drivesim.maps.arrays import OBJECT_CELL_M, ObjectColumn
from drivesim.sensors.radar.draws import SCENERY_ID
from drivesim.sensors.radar.tables import Thing
from drivesim.state import ActorKind
from drivesim.state.bodies import box_of

_NONE = int(ActorKind.NONE)
_X, _Y, _COS, _SIN = int(Thing.X), int(Thing.Y), int(Thing.COS), int(Thing.SIN)
_HALF_LENGTH, _HALF_WIDTH, _TOP = int(Thing.HALF_LENGTH), int(Thing.HALF_WIDTH), int(Thing.TOP)
_END, _SIDE, _LOSS, _SPACING = int(Thing.END_DBSM), int(Thing.SIDE_DBSM), int(Thing.LOSS_DB), int(Thing.SPACING)
_OBJECT_X, _OBJECT_Y = int(ObjectColumn.X), int(ObjectColumn.Y)
_OBJECT_COS, _OBJECT_SIN = int(ObjectColumn.COS), int(ObjectColumn.SIN)
_OBJECT_LENGTH, _OBJECT_WIDTH = int(ObjectColumn.HALF_LENGTH), int(ObjectColumn.HALF_WIDTH)
_OBJECT_TOP = int(ObjectColumn.TOP)
_CELL, _INVERSE_CELL = np.float32(OBJECT_CELL_M), np.float32(1.0 / OBJECT_CELL_M)
_CELL_RADIUS, _SQRT_2 = np.float32(OBJECT_CELL_M * math.sqrt(0.5)), np.float32(math.sqrt(2.0))
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
_NEAR, _FAR = np.float32(0.1), np.float32(1e9)
BEHIND_M = np.float32(0.5)
"""A point less than this behind the surface of a thing is on it, not hidden by it [m]."""
f32 = np.float32


@device
def may_be_seen(device, x, y, radius):
    """Whether any of a disc may be in the field of view; frame of the radar."""
    reach = device.range + radius
    if x * x + y * y > reach * reach:
        return False
    return abs(y) * device.fov_cos - x * device.fov_sin <= radius


@routine
def list_bodies(state, radar, row, world, own, eye):
    """Lists the road users in view as the first things of scratch row `row`; returns how many there are.

    `eye` is the radar: x, y [m], cos and sin of its heading, world frame.
    """
    actors, things = state.actors, radar.things
    count = 0
    for slot in range(actors.kind.shape[1]):
        kind = actors.kind[world, slot]
        if kind == _NONE or slot == own:
            continue
        x, y, cos, sin, half_length, half_width = box_of(actors, world, slot)
        ahead, left = to_frame(x, y, eye[0], eye[1], eye[2], eye[3])
        if not may_be_seen(radar.device, ahead, left, half_length + half_width):
            continue
        things[row, count, _X], things[row, count, _Y] = ahead, left
        things[row, count, _COS] = cos * eye[2] + sin * eye[3]
        things[row, count, _SIN] = sin * eye[2] - cos * eye[3]
        things[row, count, _HALF_LENGTH], things[row, count, _HALF_WIDTH] = half_length, half_width
        things[row, count, _TOP] = actors.height[world, slot]
        things[row, count, _END], things[row, count, _SIDE] = radar.kinds[kind, 0], radar.kinds[kind, 1]
        things[row, count, _LOSS], things[row, count, _SPACING] = radar.kinds[kind, 2], -_ONE
        radar.thing_id[row, count] = slot
        count += 1
    return count


@routine
def list_scenery(maps, radar, row, slot, eye, count):
    """Lists the scenery of a map in view after `count` things; returns how many there are then."""
    scenery = maps.scenery
    room = radar.thing_id.shape[1]
    low_x, high_x, low_y, high_y = _sector_bounds(radar.device, eye)
    beyond = scenery.beyond[slot]
    columns, rows = scenery.grid_size[slot, 0], scenery.grid_size[slot, 1]
    origin_x, origin_y = maps.origin[slot, 0], maps.origin[slot, 1]
    first_x = max(math.floor((low_x - beyond - origin_x) * _INVERSE_CELL), 0)
    end_x = min(math.floor((high_x + beyond - origin_x) * _INVERSE_CELL) + 1, columns)
    first_y = max(math.floor((low_y - beyond - origin_y) * _INVERSE_CELL), 0)
    end_y = min(math.floor((high_y + beyond - origin_y) * _INVERSE_CELL) + 1, rows)
    first_cell = np.int64(scenery.grid_first[slot])
    first_object = scenery.cell_first[first_cell]
    for iy in range(first_y, end_y):
        y = origin_y + (f32(iy) + _HALF) * _CELL
        for ix in range(first_x, end_x):
            cell = first_cell + iy * columns + ix
            begin, end = scenery.cell_first[cell], scenery.cell_first[cell + 1]
            if begin == end:
                continue
            x = origin_x + (f32(ix) + _HALF) * _CELL
            ahead, left = to_frame(x, y, eye[0], eye[1], eye[2], eye[3])
            if not may_be_seen(radar.device, ahead, left, _CELL_RADIUS + beyond * _SQRT_2):
                continue
            for index in range(begin, end):
                if count == room:
                    return count
                count += _put_scenery(scenery, radar, row, count, index, index - first_object, eye)
    return count


@device
def _put_scenery(scenery, radar, row, count, index, number, eye):
    """Writes a piece of scenery as thing `count` if it may be in view; returns whether it has, 1 or 0."""
    things, table = radar.things, scenery.object
    ahead, left = to_frame(table[index, _OBJECT_X], table[index, _OBJECT_Y], eye[0], eye[1], eye[2], eye[3])
    half_length, half_width = table[index, _OBJECT_LENGTH], table[index, _OBJECT_WIDTH]
    if not may_be_seen(radar.device, ahead, left, half_length + half_width):
        return 0
    kind = scenery.kind[index]
    cos, sin = table[index, _OBJECT_COS], table[index, _OBJECT_SIN]
    things[row, count, _X], things[row, count, _Y] = ahead, left
    things[row, count, _COS] = cos * eye[2] + sin * eye[3]
    things[row, count, _SIN] = sin * eye[2] - cos * eye[3]
    things[row, count, _HALF_LENGTH], things[row, count, _HALF_WIDTH] = half_length, half_width
    things[row, count, _TOP] = table[index, _OBJECT_TOP]
    things[row, count, _END], things[row, count, _SIDE] = radar.scenery[kind, 0], radar.scenery[kind, 1]
    things[row, count, _LOSS], things[row, count, _SPACING] = radar.scenery[kind, 2], radar.scenery[kind, 3]
    radar.thing_id[row, count] = SCENERY_ID + number
    return 1


@device
def _sector_bounds(device, eye):
    """Bounds of the field of view in the world frame: least and greatest x, least and greatest y [m].

    Corners of the polygon around its arc, a quarter of the half field of view apart from touching it.
    """
    reach = device.range / f32(math.cos(_HALF * _HALF * device.half_fov))
    low_x, high_x, low_y, high_y = eye[0], eye[0], eye[1], eye[1]
    for step in range(-2, 3):
        angle = _HALF * f32(step) * device.half_fov
        cos, sin = f32(math.cos(angle)), f32(math.sin(angle))
        x = eye[0] + reach * (cos * eye[2] - sin * eye[3])
        y = eye[1] + reach * (cos * eye[3] + sin * eye[2])
        low_x, high_x, low_y, high_y = min(low_x, x), max(high_x, x), min(low_y, y), max(high_y, y)
    return low_x, high_x, low_y, high_y


@routine
def list_blockers(radar, row, count):
    """Lists the things that hide others and reach above the radar, with what lies behind each; returns how many."""
    found = 0
    for index in range(count):
        if radar.things[row, index, _LOSS] > _ZERO and radar.things[row, index, _TOP] > radar.device.height:
            radar.blockers[row, found] = index
            _span(radar, row, index, found)
            found += 1
    return found


@device
def _span(radar, row, index, found):
    """Writes the least and greatest y / x of a thing's corners and their least x: what it hides lies within and beyond.

    One with a corner beside or behind the radar may hide any point ahead.
    """
    things, spans = radar.things, radar.spans
    cos, sin = things[row, index, _COS], things[row, index, _SIN]
    low, high, near = _FAR, -_FAR, _FAR
    for corner in range(4):
        along = things[row, index, _HALF_LENGTH] * (_ONE if corner < 2 else -_ONE)
        aside = things[row, index, _HALF_WIDTH] * (_ONE if corner % 2 == 0 else -_ONE)
        x = things[row, index, _X] + along * cos - aside * sin
        y = things[row, index, _Y] + along * sin + aside * cos
        near = min(near, x)
        if x > _NEAR:
            low, high = min(low, y / x), max(high, y / x)
    if near <= _NEAR:
        low, high = -_FAR, _FAR
    spans[row, found, 0], spans[row, found, 1], spans[row, found, 2] = low, high, near


@routine
def hidden_db(radar, row, blocker_count, x, y, top, own):
    """Two-way loss on the way to a point of a thing that is `top` high [dB], 0 in plain view.

    A thing in the way hides it unless the straight line from the radar to `top` passes above it.
    """
    things, spans, total = radar.things, radar.spans, _ZERO
    distance = f32(math.sqrt(x * x + y * y))
    ahead, left, slope = x / distance, y / distance, y / x
    for at in range(blocker_count):
        if not spans[row, at, 0] < slope < spans[row, at, 1] or spans[row, at, 2] >= x:
            continue
        index = radar.blockers[row, at]
        if index == own:
            continue
        middle_x, middle_y = things[row, index, _X], things[row, index, _Y]
        half_length, half_width = things[row, index, _HALF_LENGTH], things[row, index, _HALF_WIDTH]
        cos, sin = things[row, index, _COS], things[row, index, _SIN]
        start_x, start_y = -middle_x * cos - middle_y * sin, middle_x * sin - middle_y * cos
        near, far = _within(start_x, ahead * cos + left * sin, half_length, _ZERO, distance - BEHIND_M)
        near, far = _within(start_y, left * cos - ahead * sin, half_width, near, far)
        if (
            near < far
            and radar.device.height + (top - radar.device.height) * near / distance < things[row, index, _TOP]
        ):
            total += things[row, index, _LOSS]
    return total


@device
def _within(start, slope, half, near, far):
    """Narrows (near, far) to where start + parameter * slope lies between -half and half."""
    if slope == _ZERO:
        return (near, far) if abs(start) <= half else (_FAR, -_FAR)
    one, other = (-half - start) / slope, (half - start) / slope
    return max(near, min(one, other)), min(far, max(one, other))
