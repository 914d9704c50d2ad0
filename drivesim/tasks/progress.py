"""How far along its route the ego is, and when an episode ends."""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import pose_at, route_row
from drivesim.state import EndReason
from drivesim.tasks.infractions import middle_on_lane

OUTSIDE_LANE_M = np.float32(0.5)
"""The car's centre may be this far beyond its lane's edge before it counts as outside (CARLA Leaderboard) [m]."""

RUNNING, SUCCESS, COLLISION = int(EndReason.RUNNING), int(EndReason.SUCCESS), int(EndReason.COLLISION)
OFF_ROAD, WRONG_WAY, BLOCKED = int(EndReason.OFF_ROAD), int(EndReason.WRONG_WAY), int(EndReason.BLOCKED)
ROUTE_DEVIATION, TIMEOUT = int(EndReason.ROUTE_DEVIATION), int(EndReason.TIMEOUT)

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_INF = np.float32(np.inf)
_PREDECESSORS = 4


@njit
def distance_to_goal(maps, route, lane, s):
    """Distance along the route from s on a lane [m]; 0 where the goal is reached, +inf off the route.

    The goal counts as reached, too, from the lane that follows the one it lies on. Beside the goal, on a lane that
    does not count, the route is left.
    """
    lanes, routes = maps.lanes, maps.routes
    row = route_row(lanes, routes, route, lane)
    left = routes.remaining[row] - s
    if routes.is_goal[row] != 0:
        return max(left, _ZERO)
    if left < _INF:
        return left if left > _ZERO else _INF
    for k in range(_PREDECESSORS):
        before = lanes.predecessor[lane, k]
        if before >= 0 and routes.is_goal[route_row(lanes, routes, route, before)] != 0:
            return _ZERO
    return _INF


@njit
def start_route(maps, state, parameters, world):
    """Sets what an episode begins with: `remaining` and `tick_limit`, from the route and its first lane's limit."""
    episode, routes = state.episode, maps.routes
    route = episode.route[world]
    length = routes.length[route]
    episode.remaining[world] = length
    pace = parameters.time_speed_fraction * maps.lanes.speed_limit[routes.start_lane[route]]
    episode.tick_limit[world] = np.int32(math.ceil((parameters.time_base + length / pace) / parameters.step_s))


@njit
def is_outside(maps, state, world):
    """Whether the middle of the ego is off the route or more than `OUTSIDE_LANE_M` beside its lane."""
    actors, lanes = state.actors, maps.lanes
    lane = actors.lane[world, 0]
    if distance_to_goal(maps, state.episode.route[world], lane, actors.s[world, 0]) == _INF:
        return True
    s, d = middle_on_lane(maps, actors, world)
    width = pose_at(lanes, lane, s)[4]
    return abs(d) > _HALF * width + OUTSIDE_LANE_M


@njit
def advance_route(maps, state, parameters, world):
    """Updates `remaining`, `completion`, `distance_m` and `outside_m` of one world.

    Returns:
        Metres of route gained in this step, never negative; float32.
    """
    actors, episode = state.actors, state.episode
    moved = abs(actors.speed[world, 0]) * parameters.step_s
    episode.distance_m[world] += moved
    if is_outside(maps, state, world):
        episode.outside_m[world] += moved
    before = episode.remaining[world]
    left = distance_to_goal(maps, episode.route[world], actors.lane[world, 0], actors.s[world, 0])
    episode.remaining[world] = max(min(before, left), _ZERO)
    episode.completion[world] = _ONE - episode.remaining[world] / maps.routes.length[episode.route[world]]
    return before - episode.remaining[world]


@njit
def end_episode(maps, state, parameters, world):
    """Sets `end` of one world. A fault goes before success, and success before the time limit."""
    actors, episode = state.actors, state.episode
    left = distance_to_goal(maps, episode.route[world], actors.lane[world, 0], actors.s[world, 0])
    end = RUNNING
    if episode.collision[world]:
        end = COLLISION
    elif episode.off_road[world]:
        end = OFF_ROAD
    elif episode.wrong_way[world]:
        end = WRONG_WAY
    elif left == _ZERO:
        end = SUCCESS
    elif left == _INF:
        end = ROUTE_DEVIATION
    elif episode.blocked_ticks[world] >= parameters.blocked_ticks:
        end = BLOCKED
    elif episode.tick[world] >= episode.tick_limit[world]:
        end = TIMEOUT
    episode.end[world] = end
