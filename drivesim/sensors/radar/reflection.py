"""Where things reflect, how strongly, and how fast these points come nearer: the truth of a radar.

Range, azimuth and velocities are those of points on the ground plane. The radial velocity is (v_point - v_radar) . u
with u the unit vector from the radar to the point, so it is positive for what goes away; v_radar holds the turning of
the car times where on it the radar is.

    SNR [dB] = SNR at the range of the device + RCS - 40 log10(r / range) - losses
"""

import math

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.sensors.objects import body_velocity
from drivesim.sensors.radar.draws import GHOST, POINTS_PER_THING, uniform_of
from drivesim.sensors.radar.scene import hidden_db
from drivesim.sensors.radar.tables import Point, Thing

_X, _Y, _COS, _SIN = int(Thing.X), int(Thing.Y), int(Thing.COS), int(Thing.SIN)
_HALF_LENGTH, _HALF_WIDTH, _TOP = int(Thing.HALF_LENGTH), int(Thing.HALF_WIDTH), int(Thing.TOP)
_END, _SIDE, _SPACING = int(Thing.END_DBSM), int(Thing.SIDE_DBSM), int(Thing.SPACING)
_RANGE, _AZIMUTH, _VELOCITY, _GROUND = map(int, (Point.RANGE, Point.AZIMUTH, Point.VELOCITY, Point.GROUND_VELOCITY))
_RCS, _SNR, _CHANCE = int(Point.RCS), int(Point.SNR), int(Point.CHANCE)
_ZERO, _HALF, _ONE, _TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
_TWENTY = np.float32(20.0)
RANGE_MIN_M = np.float32(0.2)
NEAREST_DB = np.float32(-3.0)
"""Share of the point nearest to the radar in the RCS of a body [dB]."""
PART_DB = np.float32(-10.0)
"""Share of a corner, a wheel or a panel."""
SMALL_M = np.float32(0.6)
"""A body whose half length is less reflects from one point [m]."""
PANEL_M = np.float32(3.0)
"""Distance of points along the side of a body that is longer than two of these [m]."""
PANELS_MAX = 8
NO_GHOST = np.float32(-1.0)
NEAREST, CORNER, WHEEL, PANEL, FOOT, IMAGE = (np.int64(number) for number in (0, 1, 5, 8, 24, 31))
"""First numbers of a thing's points by what they are; those along a long thing are lower than `FOOT`."""
_NONE = np.int64(0)
f32 = np.float32


@routine
def put_point(radar, view, row, blocker_count, count, thing, number, x, y, east, north, rcs, chance):
    """Adds a point as number `count` if it is in view and strong enough; returns how many there are then.

    Args:
        radar: `Radar`; a view's points are written.
        view: Index of the view.
        row: Scratch row.
        blocker_count: Things listed in `Radar.blockers`.
        count: Points so far.
        thing: Index of the thing it is on.
        number: Which of the thing's points it is.
        x: Where it is, frame of the radar [m].
        y: [m]
        east: Its velocity over the ground along the radar's x [m/s].
        north: Along the radar's y.
        rcs: [dBsm]
        chance: `Point.CHANCE`.
    """
    device, points = radar.device, radar.points
    square = x * x + y * y
    if (
        count >= radar.point_id.shape[1]
        or square > device.range * device.range
        or square < RANGE_MIN_M * RANGE_MIN_M
        or abs(y) * device.fov_cos > x * device.fov_sin
    ):
        return count
    snr = device.snr_at_range + rcs - _TWENTY * f32(math.log10(square / (device.range * device.range)))
    if snr < device.snr_min:
        return count
    azimuth = f32(math.atan2(y, x))
    snr -= edge_db(device, azimuth)
    if snr >= device.snr_min:
        snr -= hidden_db(radar, row, blocker_count, x, y, radar.things[row, thing, _TOP], thing)
    if snr < device.snr_min:
        return count
    distance = f32(math.sqrt(square))
    ground = (east * x + north * y) / distance
    points[view, count, _RANGE], points[view, count, _AZIMUTH] = distance, azimuth
    points[view, count, _VELOCITY] = ground - (radar.own[view, 0] * x + radar.own[view, 1] * y) / distance
    points[view, count, _GROUND] = ground
    points[view, count, _RCS], points[view, count, _SNR], points[view, count, _CHANCE] = rcs, snr, chance
    radar.point_id[view, count] = radar.thing_id[row, thing] * POINTS_PER_THING + number
    return count + 1


@device
def edge_db(device, azimuth):
    """Two-way loss of the antenna at an azimuth [dB]."""
    share = azimuth / device.half_fov
    return device.edge_loss * share * share * share * share


@device
def rcs_towards(radar, row, thing, x, y):
    """RCS of a thing seen from (x, y), frame of the radar [dBsm]: from an end to a side with the squared sine."""
    things = radar.things
    ahead, left = things[row, thing, _X] - x, things[row, thing, _Y] - y
    cosine = ahead * things[row, thing, _COS] + left * things[row, thing, _SIN]
    square = max(ahead * ahead + left * left, RANGE_MIN_M)
    end = things[row, thing, _END]
    return end + (things[row, thing, _SIDE] - end) * (_ONE - cosine * cosine / square)


@routine
def put_at(radar, view, row, blocker_count, count, thing, number, along, aside, motion, rcs):
    """Adds the point of a thing at (along, aside) from its middle, in its own axes.

    `motion` is the velocity of that middle along these axes and the yaw rate [m/s, rad/s].
    """
    things = radar.things
    cos, sin = things[row, thing, _COS], things[row, thing, _SIN]
    x = things[row, thing, _X] + along * cos - aside * sin
    y = things[row, thing, _Y] + along * sin + aside * cos
    forward, left = motion[0] - motion[2] * aside, motion[1] + motion[2] * along
    east, north = forward * cos - left * sin, forward * sin + left * cos
    return put_point(radar, view, row, blocker_count, count, thing, number, x, y, east, north, rcs, NO_GHOST)


@device
def radar_from(radar, row, thing):
    """Where the radar is in the axes of a thing: along, aside [m]."""
    things = radar.things
    x, y = things[row, thing, _X], things[row, thing, _Y]
    cos, sin = things[row, thing, _COS], things[row, thing, _SIN]
    return -x * cos - y * sin, x * sin - y * cos


@routine
def put_box(radar, view, row, blocker_count, count, thing, motion, axle, wheelbase):
    """Adds the points of a box: the nearest one, corners, and of a vehicle (`wheelbase` > 0) wheels and panels.

    `axle` is how far the rear axle is ahead of the middle [m].
    """
    things = radar.things
    half_length, half_width = things[row, thing, _HALF_LENGTH], things[row, thing, _HALF_WIDTH]
    along, aside = radar_from(radar, row, thing)
    if abs(along) < half_length and abs(aside) < half_width:
        return count
    rcs = rcs_towards(radar, row, thing, _ZERO, _ZERO)
    near_along = min(max(along, -half_length), half_length)
    near_aside = min(max(aside, -half_width), half_width)
    is_small = half_length < SMALL_M
    share = _ZERO if is_small else NEAREST_DB
    count = put_at(radar, view, row, blocker_count, count, thing, NEAREST, near_along, near_aside, motion, rcs + share)
    if is_small:
        return count
    rcs += PART_DB
    for corner in range(4):
        side = half_width if corner % 2 == 0 else -half_width
        end = half_length if corner < 2 else -half_length
        is_seen = (along - end) * end > _ZERO or (aside - side) * side > _ZERO
        if is_seen:
            count = put_at(radar, view, row, blocker_count, count, thing, CORNER + corner, end, side, motion, rcs)
    if abs(aside) <= half_width or wheelbase <= _ZERO:
        return count
    side = half_width if aside > _ZERO else -half_width
    for wheel in range(2):
        place = axle + f32(wheel) * wheelbase
        count = put_at(radar, view, row, blocker_count, count, thing, WHEEL + wheel, place, side, motion, rcs)
    panels = min(int(_TWO * half_length / PANEL_M), PANELS_MAX)
    if panels > 1:
        for panel in range(panels):
            place = half_length * (_TWO * (f32(panel) + _HALF) / f32(panels) - _ONE)
            count = put_at(radar, view, row, blocker_count, count, thing, PANEL + panel, place, side, motion, rcs)
    return count


@routine
def put_body(state, radar, view, row, blocker_count, count, thing, world):
    """Adds the points of a road user."""
    actors, slot = state.actors, radar.thing_id[row, thing]
    along, aside = body_velocity(actors, radar, world, slot)
    motion = (along, aside, actors.yaw_rate[world, slot])
    axle = actors.rear[world, slot] - radar.things[row, thing, _HALF_LENGTH]
    return put_box(radar, view, row, blocker_count, count, thing, motion, axle, actors.wheelbase[world, slot])


@routine
def put_scenery(radar, view, row, blocker_count, count, thing):
    """Adds the points of a piece of scenery: of a long one on its side that faces the radar, evenly, and its foot."""
    still = (_ZERO, _ZERO, _ZERO)
    spacing = radar.things[row, thing, _SPACING]
    if spacing < _ZERO:
        return put_box(radar, view, row, blocker_count, count, thing, still, _ZERO, _ZERO)
    if spacing == _ZERO:
        rcs = rcs_towards(radar, row, thing, _ZERO, _ZERO)
        return put_at(radar, view, row, blocker_count, count, thing, NEAREST, _ZERO, _ZERO, still, rcs)
    things = radar.things
    half_length = things[row, thing, _HALF_LENGTH]
    along, aside = radar_from(radar, row, thing)
    side = things[row, thing, _HALF_WIDTH] if aside > _ZERO else -things[row, thing, _HALF_WIDTH]
    end, broad = things[row, thing, _END], things[row, thing, _SIDE]
    number = min(max(int(_TWO * half_length / spacing + _HALF), 1), FOOT)
    for index in range(number):
        place = half_length * (_TWO * (f32(index) + _HALF) / f32(number) - _ONE)
        square = (along - place) * (along - place) + (aside - side) * (aside - side)
        rcs = end + (broad - end) * (aside - side) * (aside - side) / max(square, RANGE_MIN_M)
        count = put_at(radar, view, row, blocker_count, count, thing, index, place, side, still, rcs)
    if abs(along) < half_length:
        count = put_at(radar, view, row, blocker_count, count, thing, FOOT, along, side, still, broad)
    return count


@routine
def put_ghost(state, radar, view, row, count, thing, thing_count, stream, world):
    """Adds the mirror image of a road user, if it is drawn one, behind the first long thing that can mirror it.

    The signal goes to the road user and back by way of the mirror. What answers is the point nearest to the radar's
    own mirror image; the answer seems to come from that point's image, and is `ghost_loss` weaker.
    """
    things, device = radar.things, radar.device
    slot = radar.thing_id[row, thing]
    chance = uniform_of(stream, GHOST + slot)
    if chance >= device.ghost_share_max:
        return count
    cos, sin = things[row, thing, _COS], things[row, thing, _SIN]
    middle_x, middle_y = things[row, thing, _X], things[row, thing, _Y]
    half_length, half_width = things[row, thing, _HALF_LENGTH], things[row, thing, _HALF_WIDTH]
    forward, left = body_velocity(state.actors, radar, world, slot)
    turn = state.actors.yaw_rate[world, slot]
    for mirror in range(thing_count):
        if things[row, mirror, _SPACING] <= _ZERO:
            continue
        # The unit normal of the mirror points to the radar's side; its surface is at `offset` from the radar.
        along, aside = radar_from(radar, row, mirror)
        sign = _ONE if aside > _ZERO else -_ONE
        normal_x, normal_y = -sign * things[row, mirror, _SIN], sign * things[row, mirror, _COS]
        offset = sign * aside - things[row, mirror, _HALF_WIDTH]
        radar_x, radar_y = -_TWO * offset * normal_x, -_TWO * offset * normal_y
        from_x, from_y = radar_x - middle_x, radar_y - middle_y
        near_along = min(max(from_x * cos + from_y * sin, -half_length), half_length)
        near_aside = min(max(from_y * cos - from_x * sin, -half_width), half_width)
        x = middle_x + near_along * cos - near_aside * sin
        y = middle_y + near_along * sin + near_aside * cos
        height = x * normal_x + y * normal_y + offset
        if offset <= _ZERO or height <= _ZERO:
            continue
        image_x, image_y = x - _TWO * height * normal_x, y - _TWO * height * normal_y
        # Where the way to the image crosses the surface, along the mirror.
        share = offset / (offset + height)
        cross = along + share * (image_x * things[row, mirror, _COS] + image_y * things[row, mirror, _SIN])
        if abs(cross) > things[row, mirror, _HALF_LENGTH]:
            continue
        ahead, aside = forward - turn * near_aside, left + turn * near_along
        east, north = ahead * cos - aside * sin, ahead * sin + aside * cos
        towards = _TWO * (east * normal_x + north * normal_y)
        east, north = east - towards * normal_x, north - towards * normal_y
        rcs = rcs_towards(radar, row, thing, radar_x, radar_y) - device.ghost_loss
        # Others may well hide the road user itself: the way by the mirror passes beside them.
        return put_point(radar, view, row, _NONE, count, thing, IMAGE, image_x, image_y, east, north, rcs, chance)
    return count
