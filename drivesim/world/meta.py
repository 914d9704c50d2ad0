"""Discrete driving: highway-env's five meta-actions change a lane and a speed that the car then holds by itself.

0 lane left, 1 idle, 2 lane right, 3 faster, 4 slower. The held lane is followed with the expert's plan and tracker.
A lane change is taken up only where there is a lane to go to and none is under way. Reference: E. Leurent, "An
Environment for Autonomous Driving Decision-Making" (highway-env), 2018; there an action lasts a second and changes the
speed by 5 m/s, here it lasts a control step.
"""

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.maps.lanes import neighbour_s, project
from drivesim.maps.path import following
from drivesim.state.bodies import slot_of
from drivesim.state.parameters import DYNAMIC
from drivesim.world.plan import track, write_waypoints
from drivesim.world.ways import way_of

LANE_LEFT, IDLE, LANE_RIGHT, FASTER, SLOWER = range(5)
META_ACTION_COUNT = 5
SPEED_STEP = np.float32(1.0)
"""One `faster` or `slower` [m/s]."""
SET_SPEED_MAX = np.float32(45.0)
"""[m/s]"""

HELD_REACH = np.float32(200.0)
"""A held lane is followed this far to one beside the car's [m]."""

_ZERO = np.float32(0.0)


@njit
def held_lane(maps, state, world, driver):
    """The lane held, followed across joints: `held.lane` while it is the car's or beside it, else what continues it.

    Where the road leads elsewhere, it is the lane the car is in.
    """
    lanes, slot = maps.lanes, slot_of(state, world, driver)
    lane, held = state.actors.lane[world, slot], state.held.lane[world, driver]
    way = way_of(maps, state, world, slot)
    followed = _ZERO
    while held >= 0 and followed < HELD_REACH:
        if held == lane or held == lanes.left[lane] or held == lanes.right[lane]:
            return held
        followed += lanes.length[held]
        held = following(maps, way, held)
    return lane


@part("streets", otherwise=(_ZERO, _ZERO))
def meta_action(maps, state, parameters, number, world, driver):
    """Takes up a meta-action and returns the steering and pedal that hold lane and speed, float32 in [-1, 1].

    Args:
        maps: `MapArrays`.
        state: `WorldState`; `held` is written, and until the next decision the car's `accel_decided` and the driver's
            `waypoints`.
        parameters: `WorldParameters`.
        number: Meta-action.
        world: Index of the world.
        driver: Index of the driver.
    """
    lanes, actors, hold, slot = maps.lanes, state.actors, state.held, slot_of(state, world, driver)
    lane, speed = actors.lane[world, slot], actors.speed[world, slot]
    held = held_lane(maps, state, world, driver)
    if held == lane and number == LANE_LEFT and lanes.left[lane] >= 0:
        held = lanes.left[lane]
    elif held == lane and number == LANE_RIGHT and lanes.right[lane] >= 0:
        held = lanes.right[lane]
    hold.lane[world, driver] = held
    if number == FASTER:
        hold.speed[world, driver] = min(hold.speed[world, driver] + SPEED_STEP, SET_SPEED_MAX)
    elif number == SLOWER:
        hold.speed[world, driver] = max(hold.speed[world, driver] - SPEED_STEP, _ZERO)
    s, d = actors.s[world, slot], actors.d[world, slot]
    if held != lane:
        s, d = project(lanes, held, neighbour_s(lanes, lane, held, s), actors.x[world, slot], actors.y[world, slot])
    wanted = hold.speed[world, driver] - speed
    actors.accel_decided[world, slot] = min(max(wanted, -parameters.brake_max), parameters.throttle_max)
    write_waypoints(maps, state, world, driver, held, s, d, parameters.vehicle_model == DYNAMIC)
    return track(state.plan.waypoints[world, driver], speed, hold.speed[world, driver], parameters)
