"""What a driver does wrong besides touching things: leaving the road, driving against the traffic, standing still."""

import math

import numpy as np
from numba import njit

from drivesim.geometry import from_frame, wrap_angle
from drivesim.maps.ground import is_paved
from drivesim.maps.lanes import edges_at, next_lane, pose_at, project
from drivesim.state import Event
from drivesim.state.bodies import box_between, box_of, distance, moved, slot_of
from drivesim.state.events import note
from drivesim.tasks.emergency import judge_yielding
from drivesim.tasks.fault import blame
from drivesim.tasks.routes import distance_to_goal
from drivesim.tasks.stop_lines import judge_stop_lines

BLOCKED_SPEED = np.float32(0.1)
"""Slower than this is standing still (CARLA Leaderboard) [m/s]."""
WRONG_WAY_ANGLE = np.float32(math.radians(120.0))
"""Heading farther than this from the lane's is against the traffic (CARLA Leaderboard) [rad]."""

SWEEP_M = np.float32(3.5)
"""The car moves on by this between two looks at the edges of the road [m]."""

_ZERO, _ONE, _INFINITY = np.float32(0.0), np.float32(1.0), np.float32(np.inf)
_OFF_ROAD, _WRONG_WAY = np.int64(Event.OFF_ROAD), np.int64(Event.WRONG_WAY)
_ROUTE_DEVIATION, _BLOCKED = np.int64(Event.ROUTE_DEVIATION), np.int64(Event.BLOCKED)


@njit
def middle_on_lane(maps, actors, world, slot):
    """Coordinates s, d of the middle of a car on the lane its rear axle is in [m]."""
    x, y, _, _, half_length, _ = box_of(actors, world, slot)
    guess = actors.s[world, slot] + half_length - actors.rear[world, slot]
    return project(maps.lanes, actors.lane[world, slot], guess, x, y)


@njit
def surface_excess(maps, route, lane, s_guess, x, y):
    """How far a point is beyond the drivable surface around a lane [m]; negative on it.

    Beyond the lane's end the edges are those of the lane that the route takes next.
    """
    lanes = maps.lanes
    s, d = project(lanes, lane, s_guess, x, y)
    if s > lanes.length[lane]:
        following = next_lane(lanes, maps.routes, route, lane)
        if following >= 0:
            s -= lanes.length[lane]
            lane = following
    left, right, _ = edges_at(lanes, lane, s)
    return max(d - left, -d - right)


@njit
def is_off_road(maps, state, margin, world, driver, share):
    """Whether a corner of a driver's car was off the road, a `share` of the last step after it began.

    The road is what lies between the edges of its lane, and whatever the ground shows as road: in a junction, where
    many lanes share one surface, no lane knows where that ends. A corner may leave it by `margin` metres.
    """
    actors, slot = state.actors, slot_of(state, world, driver)
    x, y, cos, sin, half_length, half_width = box_between(actors, world, slot, share)
    lane, route = actors.lane[world, slot], state.navigation.route[world, driver]
    s = actors.s[world, slot] + half_length - actors.rear[world, slot]
    s -= (_ONE - share) * distance(*moved(actors, world, slot))
    for end in (-_ONE, _ONE):
        for side in (-_ONE, _ONE):
            corner_x, corner_y = from_frame(end * half_length, side * half_width, x, y, cos, sin)
            if surface_excess(maps, route, lane, s + end * half_length, corner_x, corner_y) <= margin:
                continue
            inner_x, inner_y = from_frame(end * (half_length - margin), side * (half_width - margin), x, y, cos, sin)
            if not is_paved(maps, maps.slot_of[state.worlds.map[world]], inner_x, inner_y):
                return True
    return False


@njit
def leaves_road(maps, state, margin, world, driver):
    """Share of the last step after which a corner of a driver's car is first more than `margin` metres off the road.

    Returns:
        +inf where none is. Looks along the step are `SWEEP_M` apart.
    """
    looks = 1 + np.int32(distance(*moved(state.actors, world, slot_of(state, world, driver))) / SWEEP_M)
    for look in range(1, looks + 1):
        share = np.float32(look) / np.float32(looks)
        if is_off_road(maps, state, margin, world, driver, share):
            return share
    return _INFINITY


@njit
def is_against_traffic(maps, state, world, slot):
    """Whether a car's middle is where oncoming traffic drives, or its heading is against its own lane's."""
    actors, lanes = state.actors, maps.lanes
    lane = actors.lane[world, slot]
    s, d = middle_on_lane(maps, actors, world, slot)
    _, _, oncoming = edges_at(lanes, lane, s)
    heading = pose_at(lanes, lane, actors.s[world, slot])[2]
    crosses = d > oncoming if oncoming >= _ZERO else d < oncoming
    return crosses or abs(wrap_angle(actors.yaw[world, slot] - heading)) > WRONG_WAY_ANGLE


@njit
def update_infractions(maps, state, parameters, world, driver):
    """Keeps a driver's events but the collisions, and the tick counts behind them; returns the way left to its goal."""
    actors, episode, slot = state.actors, state.episode, slot_of(state, world, driver)
    if is_against_traffic(maps, state, world, slot):
        episode.wrong_ticks[world, driver] += 1
    else:
        episode.wrong_ticks[world, driver] = 0
    if abs(actors.speed[world, slot]) < BLOCKED_SPEED:
        episode.blocked_ticks[world, driver] += 1
    else:
        episode.blocked_ticks[world, driver] = 0
    share = leaves_road(maps, state, parameters.off_road_margin, world, driver)
    left = distance_to_goal(
        maps, state.navigation.route[world, driver], actors.lane[world, slot], actors.s[world, slot]
    )
    note(state, parameters, world, driver, _OFF_ROAD, share < _INFINITY, min(share, _ONE))
    wrong = episode.wrong_ticks[world, driver] > parameters.wrong_way_ticks
    note(state, parameters, world, driver, _WRONG_WAY, wrong, _ONE)
    if left == _INFINITY:
        episode.off_route_m[world, driver] += abs(actors.speed[world, slot]) * parameters.step_s
    else:
        episode.off_route_m[world, driver] = _ZERO
    deviates = left == _INFINITY and episode.off_route_m[world, driver] >= parameters.route_deviation
    note(state, parameters, world, driver, _ROUTE_DEVIATION, deviates, _ONE)
    blocked = episode.blocked_ticks[world, driver] >= parameters.blocked_ticks
    note(state, parameters, world, driver, _BLOCKED, blocked, _ONE)
    judge_stop_lines(maps, state, parameters, world, driver)
    judge_yielding(state, parameters, world, driver)
    blame(maps, state, parameters, world, driver)
    return left
