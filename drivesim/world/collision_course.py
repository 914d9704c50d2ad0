"""Who a driver would hit if everybody went on as now: scripted road users, on any lane or on none.

The driver's car is moved along its way at its speed, the other one straight on at its own; where their boxes, a little
larger than they are, first meet after the time t, braking by

    a = max(0, v - u) / (2 (t - t_0))                                                              (1)

brings the difference of the speeds v and u along the way to nothing just in time, t_0 being the margin. For a standing
obstacle that is v^2 / (2 distance). Nothing is done about what asks for less than `CALM`.
"""

import math

import numpy as np
from numba import njit

from drivesim.geometry import body_box, boxes_overlap
from drivesim.maps.path import pose_along
from drivesim.state import ActorKind
from drivesim.state.bodies import box_of, moved
from drivesim.world.exits import PASSED, room_to_line
from drivesim.world.following import BRAKE_MAX, HALF, ONE, TWO, ZERO
from drivesim.world.junctions import HARD
from drivesim.world.ways import way_of

f32 = np.float32

HORIZON_S, LOOK_S = f32(5.0), f32(0.2)
"""How far ahead the meeting is sought, and how often [s]."""
SLOW, GAIN = f32(4.0), f32(1.5)
"""A car slower than this is moved ahead with this acceleration: it means to go on [m/s, m/s^2]."""
ACROSS, STILL = f32(0.7), f32(0.2)
"""Who goes the driver's way at less than this share of its speed comes across; who is slower than this stands
[-, m/s]."""
SWEPT_S, PARTS = f32(2.0), 12
"""The way of who comes across, so long before and after the meeting, is kept free [s]; looks for where it begins."""
MARGIN_S, MARGIN_M = f32(0.15), f32(0.8)
"""Of (1), and kept to what is met [s, m]."""
BESIDE_M = f32(0.35)
"""Boxes are larger by this to every side [m]."""
CALM, FIRM = f32(1.2), f32(1.15)
"""Braking that is not worth while yet [m/s^2], and how much harder than (1) is braked."""
CLOSE_S = f32(1.0)
"""What is met so soon is never approached faster than within a second [s]."""
EARLY_S = f32(0.3)
"""Who comes across counts as longer by its way in so long, at both ends: it need not come to the moment [s]."""
REACH_M = f32(140.0)
"""Nobody farther than this matters [m]."""
INFINITY = f32(np.inf)
_NONE = int(ActorKind.NONE)


@njit
def course_acceleration(maps, state, parameters, world, slot):
    """Highest acceleration with which a driver hits no scripted road user [m/s^2]; +inf where none is in the way."""
    actors = state.actors
    count = actors.kind.shape[1]
    least = INFINITY
    for other in range(count - parameters.scenarios.kind.shape[1], count):
        if other == slot or actors.kind[world, other] == _NONE:
            continue
        east = actors.x[world, other] - actors.x[world, slot]
        north = actors.y[world, other] - actors.y[world, slot]
        if east * east + north * north > REACH_M * REACH_M:
            continue
        least = min(least, _avoiding(maps, state, parameters, world, slot, np.int64(other)))
    return least


@njit
def _avoiding(maps, state, parameters, world, slot, other):
    """Highest acceleration with which one road user is not hit [m/s^2]; +inf where it is not in the way."""
    actors = state.actors
    way = way_of(maps, state, world, slot)
    lane, s, d = actors.lane[world, slot], actors.s[world, slot], actors.d[world, slot]
    speed = actors.speed[world, slot]
    east, north = moved(actors, world, other)
    east, north = east / parameters.step_s, north / parameters.step_s
    x, y, cos, sin, half_length, half_width = box_of(actors, world, other)
    turned = cos * f32(math.cos(actors.yaw[world, slot])) + sin * f32(math.sin(actors.yaw[world, slot]))
    if turned < ACROSS:
        half_length += EARLY_S * actors.speed[world, other]
    length, width = actors.length[world, slot] + TWO * MARGIN_M, actors.width[world, slot] + TWO * BESIDE_M
    rear = actors.rear[world, slot] + MARGIN_M
    target = actors.target_lane[world, slot]
    if target != lane and target >= 0 and actors.change_ticks[world, slot] >= 0:
        d = ZERO
        lane = target
    gain = GAIN if speed < SLOW else ZERO
    for look in range(int(HORIZON_S / LOOK_S) + 1):
        time = LOOK_S * f32(look)
        gone = speed * time + HALF * gain * time * time
        there_x, there_y, heading = _ahead(maps, way, lane, s, d, gone, speed)
        ax, ay, acos, asin, a_length, a_width = body_box(there_x, there_y, heading, length, width, rear)
        bx, by = x + east * time, y + north * time
        if not boxes_overlap(ax, ay, acos, asin, a_length, a_width, bx, by, cos, sin, half_length, half_width):
            continue
        if (bx - ax) * acos + (by - ay) * asin < ZERO:
            # It comes from behind or beside, where braking helps only who has not yet come into its way.
            return let_pass(maps, state, world, slot)
        along = max(east * acos + north * asin, ZERO)
        if along < ACROSS * actors.speed[world, other] or actors.speed[world, other] < STILL:
            # It comes across: nothing is gained by stopping in its way, so the way is left free.
            swept = half_length + SWEPT_S * actors.speed[world, other]
            room = gone
            for part in range(PARTS):
                before = gone * f32(part) / f32(PARTS)
                there_x, there_y, heading = _ahead(maps, way, lane, s, d, before, speed)
                ax, ay, acos, asin, a_length, a_width = body_box(there_x, there_y, heading, length, width, rear)
                if boxes_overlap(ax, ay, acos, asin, a_length, a_width, bx, by, cos, sin, swept, half_width):
                    room = before
                    break
            need = speed * speed / (TWO * max(room - MARGIN_S * speed, f32(0.1)))
            if room < ONE + HALF * speed and speed < SLOW:
                return -min(max(FIRM * need, HALF + speed), BRAKE_MAX)
            return -min(FIRM * need, BRAKE_MAX) if need > CALM else INFINITY
        need = max(speed - along, ZERO) / (TWO * max(time - MARGIN_S, f32(0.05)))
        if time <= CLOSE_S:
            return -min(max(FIRM * need, speed - along), BRAKE_MAX)
        return -min(FIRM * need, BRAKE_MAX) if need > CALM else INFINITY
    return INFINITY


@njit
def let_pass(maps, state, world, slot):
    """Acceleration with which a driver stops at the line of a junction to let somebody pass [m/s^2].

    +inf where it has passed the line, or can no longer stop there.
    """
    across = state.junctions.across[world, slot]
    if across < 0 or maps.lanes.junction[across] < 0:
        return INFINITY
    room, speed = room_to_line(maps, state, world, slot), state.actors.speed[world, slot]
    if room < PASSED:
        return INFINITY
    need = speed * speed / (TWO * max(room, f32(0.1)))
    if speed < STILL:
        return -HALF
    return -need if CALM < need < HARD else INFINITY


@njit
def _ahead(maps, way, lane, s, d, gone, speed):
    """Pose of a car `gone` metres on, its offset fading; x, y [m], heading [rad]."""
    x, y, heading, _, _ = pose_along(maps, way, lane, s + gone)
    offset = d * f32(math.exp(-HALF * gone / max(speed, ONE)))
    return x - offset * f32(math.sin(heading)), y + offset * f32(math.cos(heading)), heading
