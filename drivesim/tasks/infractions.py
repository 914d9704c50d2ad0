"""What a driver does wrong besides touching things: leaving the road, driving against the traffic, standing still."""

import math

import numpy as np
from numba import njit

from drivesim.geometry import from_frame, wrap_angle
from drivesim.maps.lanes import edges_at, next_lane, pose_at, project
from drivesim.state.bodies import box_of, slot_of

BLOCKED_SPEED = np.float32(0.1)
"""Slower than this is standing still (CARLA Leaderboard) [m/s]."""
WRONG_WAY_ANGLE = np.float32(math.radians(120.0))
"""Heading farther than this from the lane's is against the traffic (CARLA Leaderboard) [rad]."""

_ONE = np.float32(1.0)


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
def is_off_road(maps, state, margin, world, driver):
    """Whether a corner of a driver's car is more than `margin` metres beyond the drivable surface."""
    actors, slot = state.actors, slot_of(state, world, driver)
    x, y, cos, sin, half_length, half_width = box_of(actors, world, slot)
    lane, s = actors.lane[world, slot], actors.s[world, slot] + half_length - actors.rear[world, slot]
    for end in (-_ONE, _ONE):
        for side in (-_ONE, _ONE):
            corner_x, corner_y = from_frame(end * half_length, side * half_width, x, y, cos, sin)
            route = state.navigation.route[world, driver]
            if surface_excess(maps, route, lane, s + end * half_length, corner_x, corner_y) > margin:
                return True
    return False


@njit
def is_against_traffic(maps, state, world, slot):
    """Whether a car's middle is where oncoming traffic drives, or its heading is against its own lane's."""
    actors, lanes = state.actors, maps.lanes
    lane = actors.lane[world, slot]
    s, d = middle_on_lane(maps, actors, world, slot)
    _, _, oncoming = edges_at(lanes, lane, s)
    heading = pose_at(lanes, lane, actors.s[world, slot])[2]
    return d > oncoming or abs(wrap_angle(actors.yaw[world, slot] - heading)) > WRONG_WAY_ANGLE


@njit
def update_infractions(maps, state, parameters, world, driver):
    """Sets a driver's `off_road`, `wrong_way` and the tick counts behind them; `collision` is the contacts' own."""
    episode, slot = state.episode, slot_of(state, world, driver)
    episode.off_road[world, driver] = is_off_road(maps, state, parameters.off_road_margin, world, driver)
    if is_against_traffic(maps, state, world, slot):
        episode.wrong_ticks[world, driver] += 1
    else:
        episode.wrong_ticks[world, driver] = 0
    episode.wrong_way[world, driver] = episode.wrong_ticks[world, driver] > parameters.wrong_way_ticks
    if abs(state.actors.speed[world, slot]) < BLOCKED_SPEED:
        episode.blocked_ticks[world, driver] += 1
    else:
        episode.blocked_ticks[world, driver] = 0
