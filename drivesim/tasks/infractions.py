"""What the ego does wrong besides touching things: leaving the road, driving against the traffic, standing still."""

import math

import numpy as np
from numba import njit

from drivesim.geometry import body_box, from_frame, wrap_angle
from drivesim.maps.lanes import edges_at, next_lane, pose_at, project

BLOCKED_SPEED = np.float32(0.1)
"""Slower than this is standing still (CARLA Leaderboard) [m/s]."""
WRONG_WAY_ANGLE = np.float32(math.radians(120.0))
"""Heading farther than this from the lane's is against the traffic (CARLA Leaderboard) [rad]."""

_ONE = np.float32(1.0)


@njit
def ego_box(actors, world):
    """The ego's oriented box: centre x, y, heading cos, sin, half length, half width; float32."""
    return body_box(
        actors.x[world, 0],
        actors.y[world, 0],
        actors.yaw[world, 0],
        actors.length[world, 0],
        actors.width[world, 0],
        actors.rear[world, 0],
    )


@njit
def middle_on_lane(maps, actors, world):
    """Coordinates s, d of the middle of the ego on the lane its rear axle is in [m]."""
    x, y, _, _, half_length, _ = ego_box(actors, world)
    guess = actors.s[world, 0] + half_length - actors.rear[world, 0]
    return project(maps.lanes, actors.lane[world, 0], guess, x, y)


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
def is_off_road(maps, state, margin, world):
    """Whether a corner of the ego is more than `margin` metres beyond the drivable surface."""
    actors = state.actors
    x, y, cos, sin, half_length, half_width = ego_box(actors, world)
    lane, s = actors.lane[world, 0], actors.s[world, 0] + half_length - actors.rear[world, 0]
    for end in (-_ONE, _ONE):
        for side in (-_ONE, _ONE):
            corner_x, corner_y = from_frame(end * half_length, side * half_width, x, y, cos, sin)
            route = state.episode.route[world]
            if surface_excess(maps, route, lane, s + end * half_length, corner_x, corner_y) > margin:
                return True
    return False


@njit
def is_against_traffic(maps, state, world):
    """Whether the ego's middle is where oncoming traffic drives, or its heading is against its own lane's."""
    actors, lanes = state.actors, maps.lanes
    lane = actors.lane[world, 0]
    s, d = middle_on_lane(maps, actors, world)
    _, _, oncoming = edges_at(lanes, lane, s)
    heading = pose_at(lanes, lane, actors.s[world, 0])[2]
    return d > oncoming or abs(wrap_angle(actors.yaw[world, 0] - heading)) > WRONG_WAY_ANGLE


@njit
def update_infractions(maps, state, parameters, world):
    """Sets `off_road`, `wrong_way` and the tick counts behind them; `collision` is the contacts' own."""
    episode = state.episode
    episode.off_road[world] = is_off_road(maps, state, parameters.off_road_margin, world)
    if is_against_traffic(maps, state, world):
        episode.wrong_ticks[world] += 1
    else:
        episode.wrong_ticks[world] = 0
    episode.wrong_way[world] = episode.wrong_ticks[world] > parameters.wrong_way_ticks
    if abs(state.actors.speed[world, 0]) < BLOCKED_SPEED:
        episode.blocked_ticks[world] += 1
    else:
        episode.blocked_ticks[world] = 0
