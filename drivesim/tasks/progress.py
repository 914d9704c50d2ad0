"""How far along its route a driver is, and when an episode ends."""

import math

import numpy as np
from numba import njit

from drivesim.maps.lanes import pose_at
from drivesim.state import EndReason, Event
from drivesim.state.bodies import slot_of
from drivesim.tasks.infractions import middle_on_lane
from drivesim.tasks.routes import distance_to_goal

OUTSIDE_LANE_M = np.float32(0.5)
"""The car's centre may be this far beyond its lane's edge before it counts as outside (CARLA Leaderboard) [m]."""

RUNNING, SUCCESS, TIMEOUT = int(EndReason.RUNNING), int(EndReason.SUCCESS), int(EndReason.TIMEOUT)
BLOCKED = int(EndReason.BLOCKED)
ENDING_EVENTS = (
    (int(Event.COLLISION_PERSON), int(EndReason.COLLISION)),
    (int(Event.COLLISION_VEHICLE), int(EndReason.COLLISION)),
    (int(Event.COLLISION_STATIC), int(EndReason.COLLISION)),
    (int(Event.OFF_ROAD), int(EndReason.OFF_ROAD)),
    (int(Event.WRONG_WAY), int(EndReason.WRONG_WAY)),
    (int(Event.ROUTE_DEVIATION), int(EndReason.ROUTE_DEVIATION)),
    (int(Event.BLOCKED), int(EndReason.BLOCKED)),
)
"""Which events end an episode, the first that is active, and for which reason."""

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_INF = np.float32(np.inf)


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
def advance_route(maps, state, parameters, left, world, driver):
    """Updates `remaining`, `completion`, `distance_m` and `outside_m` of one driver, whose goal is `left` metres away.

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
    after = max(min(before, left), _ZERO)
    navigation.remaining[world, driver] = after
    navigation.completion[world, driver] = _ONE - after / maps.routes.length[route]
    return before - after


@njit
def end_episode(maps, state, parameters, left, world, driver):
    """Sets `end` of one driver; an event that ends goes before success, and success before the time limit.

    Args:
        maps: `MapArrays`.
        state: `WorldState`, with this step's events.
        parameters: `WorldParameters`.
        left: Way left to the goal [m].
        world: Index of the world.
        driver: Index of the driver.
    """
    active, episode = state.events.active, state.episode
    end = RUNNING
    for event, reason in ENDING_EVENTS:
        if active[world, driver, event]:
            end = reason
            break
    if (end == RUNNING or end == BLOCKED) and left == _ZERO:
        end = SUCCESS
    if end == RUNNING and state.worlds.tick[world] >= episode.tick_limit[world, driver]:
        end = TIMEOUT
    episode.end[world, driver] = end
