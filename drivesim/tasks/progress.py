"""How far along its route a driver is, and when an episode ends."""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import pose_at, route_row
from drivesim.state import EndReason
from drivesim.state.bodies import slot_of
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
def start_route(maps, state, parameters, world, driver):
    """Sets what an episode begins with: `remaining` and `tick_limit`, from the route and its first lane's limit."""
    navigation, routes = state.navigation, maps.routes
    route = navigation.route[world, driver]
    length = routes.length[route]
    navigation.remaining[world, driver] = length
    pace = parameters.time_speed_fraction * maps.lanes.speed_limit[routes.start_lane[route]]
    limit = np.int32(math.ceil((parameters.time_base + length / pace) / parameters.step_s))
    state.episode.tick_limit[world, driver] = limit


@njit
def is_outside(maps, state, world, driver):
    """Whether the middle of a driver's car is off the route or more than `OUTSIDE_LANE_M` beside its lane."""
    actors, lanes, slot = state.actors, maps.lanes, slot_of(state, world, driver)
    lane = actors.lane[world, slot]
    if distance_to_goal(maps, state.navigation.route[world, driver], lane, actors.s[world, slot]) == _INF:
        return True
    s, d = middle_on_lane(maps, actors, world, slot)
    width = pose_at(lanes, lane, s)[4]
    return abs(d) > _HALF * width + OUTSIDE_LANE_M


@njit
def advance_route(maps, state, parameters, world, driver):
    """Updates `remaining`, `completion`, `distance_m` and `outside_m` of one driver.

    Returns:
        Metres of route gained in this step, never negative; float32.
    """
    actors, episode, navigation = state.actors, state.episode, state.navigation
    slot, route = slot_of(state, world, driver), navigation.route[world, driver]
    moved = abs(actors.speed[world, slot]) * parameters.step_s
    episode.distance_m[world, driver] += moved
    if is_outside(maps, state, world, driver):
        episode.outside_m[world, driver] += moved
    before = navigation.remaining[world, driver]
    left = distance_to_goal(maps, route, actors.lane[world, slot], actors.s[world, slot])
    after = max(min(before, left), _ZERO)
    navigation.remaining[world, driver] = after
    navigation.completion[world, driver] = _ONE - after / maps.routes.length[route]
    return before - after


@njit
def end_episode(maps, state, parameters, world, driver):
    """Sets `end` of one driver. A fault goes before success, and success before the time limit."""
    actors, episode, slot = state.actors, state.episode, slot_of(state, world, driver)
    route = state.navigation.route[world, driver]
    left = distance_to_goal(maps, route, actors.lane[world, slot], actors.s[world, slot])
    end = RUNNING
    if episode.collision[world, driver]:
        end = COLLISION
    elif episode.off_road[world, driver]:
        end = OFF_ROAD
    elif episode.wrong_way[world, driver]:
        end = WRONG_WAY
    elif left == _ZERO:
        end = SUCCESS
    elif left == _INF:
        end = ROUTE_DEVIATION
    elif episode.blocked_ticks[world, driver] >= parameters.blocked_ticks:
        end = BLOCKED
    elif state.worlds.tick[world] >= episode.tick_limit[world, driver]:
        end = TIMEOUT
    episode.end[world, driver] = end
