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
from drivesim.world.following import BRAKE_MAX, HALF, ONE, TWO, ZERO
from drivesim.world.ways import way_of

f32 = np.float32

HORIZON_S, LOOK_S = f32(5.0), f32(0.2)
"""How far ahead the meeting is sought, and how often [s]."""
SPEED_LEAST = f32(2.0)
"""A slower car is moved ahead at this speed, so that it does not creep up [m/s]."""
MARGIN_S, MARGIN_M = f32(0.15), f32(0.8)
"""Of (1), and kept to what is met [s, m]."""
BESIDE_M = f32(0.35)
"""Boxes are larger by this to every side [m]."""
CALM, FIRM = f32(1.2), f32(1.15)
"""Braking that is not worth while yet [m/s^2], and how much harder than (1) is braked."""
CLOSE_S = f32(1.0)
"""What is met so soon is never approached faster than within a second [s]."""
EARLY_S = f32(0.3)
"""Others count as longer by their way in so long, at both ends: they need not come to the moment [s]."""
REACH_M = f32(140.0)
"""Nobody farther than this matters [m]."""
INFINITY = f32(np.inf)
_NONE = int(ActorKind.NONE)


@njit
def course_acceleration(maps, state, parameters, world, slot):
    """Highest acceleration with which a driver hits no scripted road user of the situation [m/s^2]; +inf where none
    is in the way."""
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
    pace = max(speed, SPEED_LEAST)
    east, north = moved(actors, world, other)
    east, north = east / parameters.step_s, north / parameters.step_s
    x, y, cos, sin, half_length, half_width = box_of(actors, world, other)
    half_length += EARLY_S * actors.speed[world, other]
    length, width = actors.length[world, slot] + TWO * MARGIN_M, actors.width[world, slot] + TWO * BESIDE_M
    rear = actors.rear[world, slot] + MARGIN_M
    target = actors.target_lane[world, slot]
    if target != lane and target >= 0 and actors.change_ticks[world, slot] >= 0:
        d = ZERO
        lane = target
    looks = int(HORIZON_S / LOOK_S)
    for look in range(looks + 1):
        time = LOOK_S * f32(look)
        there_x, there_y, heading, _, _ = pose_along(maps, way, lane, s + pace * time)
        offset = d * f32(math.exp(-HALF * time))
        there_x -= offset * f32(math.sin(heading))
        there_y += offset * f32(math.cos(heading))
        ax, ay, acos, asin, a_length, a_width = body_box(there_x, there_y, heading, length, width, rear)
        bx, by = x + east * time, y + north * time
        if not boxes_overlap(ax, ay, acos, asin, a_length, a_width, bx, by, cos, sin, half_length, half_width):
            continue
        ahead = (bx - there_x) * acos + (by - there_y) * asin
        if ahead < ZERO:
            return INFINITY  # It comes from behind or beside.
        along = max(east * acos + north * asin, ZERO)
        if speed < ONE and pace * time < TWO:
            return -ONE if along < HALF else INFINITY
        need = max(speed - along, ZERO) / (TWO * max(time - MARGIN_S, f32(0.05)))
        if time <= CLOSE_S:
            return -min(max(FIRM * need, speed - along), BRAKE_MAX)
        return -min(FIRM * need, BRAKE_MAX) if need > CALM else INFINITY
    return INFINITY
