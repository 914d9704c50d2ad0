"""Discrete driving: highway-env's five meta-actions change a lane and a speed that the car then holds by itself.

0 lane left, 1 idle, 2 lane right, 3 faster, 4 slower. The held lane is followed with the expert's plan and tracker.
A lane change is taken up only where there is a lane to go to and none is under way. Reference: E. Leurent, "An
Environment for Autonomous Driving Decision-Making" (highway-env), 2018; there an action lasts a second and changes the
speed by 5 m/s, here it lasts a control step.
"""

import numpy as np
from numba import njit

from drivesim.maps.lanes import neighbour_s, next_lane, project
from drivesim.world.plan import track, write_waypoints

LANE_LEFT, IDLE, LANE_RIGHT, FASTER, SLOWER = range(5)
META_ACTION_COUNT = 5
SPEED_STEP = np.float32(1.0)
"""One `faster` or `slower` [m/s]."""
SET_SPEED_MAX = np.float32(45.0)
"""[m/s]"""

_ZERO = np.float32(0.0)


@njit
def held_lane(maps, state, world):
    """The lane held, followed across joints: `set_lane` while it is the ego's or a neighbour's, else what continues it.

    Where the road leads elsewhere, it is the lane the ego is in.
    """
    lanes, lane, held = maps.lanes, state.actors.lane[world, 0], state.ego.set_lane[world]
    for _ in range(2):
        if held == lane or held == lanes.left[lane] or held == lanes.right[lane]:
            return held
        following = next_lane(lanes, maps.routes, state.episode.route[world], held)
        held = following if following >= 0 else lanes.successor[held, 0]
        if held < 0:
            break
    return lane


@njit
def meta_action(maps, state, parameters, number, world):
    """Takes up a meta-action and returns the steering and pedal that hold lane and speed, float32 in [-1, 1].

    Args:
        maps: `MapArrays`.
        state: `WorldState`; `set_lane` and `set_speed` are written, and until the next decision the ego's `command`
            and `waypoints`.
        parameters: `WorldParameters`.
        number: Meta-action.
        world: Index of the world.
    """
    lanes, actors, ego = maps.lanes, state.actors, state.ego
    lane, speed = actors.lane[world, 0], actors.speed[world, 0]
    held = held_lane(maps, state, world)
    if held == lane and number == LANE_LEFT and lanes.left[lane] >= 0:
        held = lanes.left[lane]
    elif held == lane and number == LANE_RIGHT and lanes.right[lane] >= 0:
        held = lanes.right[lane]
    ego.set_lane[world] = held
    if number == FASTER:
        ego.set_speed[world] = min(ego.set_speed[world] + SPEED_STEP, SET_SPEED_MAX)
    elif number == SLOWER:
        ego.set_speed[world] = max(ego.set_speed[world] - SPEED_STEP, _ZERO)
    s, d = actors.s[world, 0], actors.d[world, 0]
    if held != lane:
        s, d = project(lanes, held, neighbour_s(lanes, lane, held, s), actors.x[world, 0], actors.y[world, 0])
    wanted = ego.set_speed[world] - speed
    actors.command[world, 0] = min(max(wanted, -parameters.brake_max), parameters.throttle_max)
    write_waypoints(maps, state, parameters, world, held, s, d)
    return track(ego.waypoints[world], speed, ego.set_speed[world], parameters)
