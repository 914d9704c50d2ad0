"""Scripted road users: along a path with times, in straight lines from knot to knot."""

import math

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.maps.lanes import pose_at
from drivesim.maps.path import advance
from drivesim.state.bodies import slot_of
from drivesim.state.kinds import Motion
from drivesim.world.appearance import draw_body
from drivesim.world.spawn import vanish
from drivesim.world.ways import way_of

f32 = np.float32
_SCRIPTED = np.uint8(Motion.SCRIPTED)
_ZERO, _ONE = f32(0.0), f32(1.0)
_START = np.int32(0)


@njit
def first_slot(state, parameters):
    """Slot of the first road user with a timed path: they come last but for those of situations."""
    users = parameters.scenarios.kind.shape[1]
    return state.actors.kind.shape[1] - users - parameters.scripts.knot_count.shape[0]


@part("streets")
def begin_scripts(maps, state, parameters, world):
    """Lays the scripts out along the first driver's route and puts their road users at their first knots."""
    scripts, first = parameters.scripts, first_slot(state, parameters)
    for script in range(scripts.knot_count.shape[0]):
        slot = first + script
        for knot in range(scripts.knot_count[script]):
            x, y = route_point(maps, state, world, scripts.knot[script, knot, 1], scripts.knot[script, knot, 2])
            state.scripts.x[world, script, knot] = x
            state.scripts.y[world, script, knot] = y
        vanish(state.actors, world, slot)
        draw_body(state, parameters, world, slot, _START, np.int64(scripts.kind[script]))
        state.actors.motion[world, slot] = _SCRIPTED
        move_scripted(state, parameters, world, slot, script)


@njit
def route_point(maps, state, world, along, left):
    """The point `along` metres down the first driver's route and `left` of it; x, y [m]."""
    routes = maps.routes
    route = state.navigation.route[world, 0]
    slot = slot_of(state, world, np.int64(0))
    way = way_of(maps, state, world, slot)
    lane, s = advance(maps, way, routes.start_lane[route], routes.start_s[route] + along, changing=False)
    x, y, heading, _, _ = pose_at(maps.lanes, lane, s)
    return x - left * f32(math.sin(heading)), y + left * f32(math.cos(heading))


@part("streets")
def move_scripted(state, parameters, world, slot, script):
    """Moves a scripted road user to where its path has it now; it faces where it last went.

    Those of situations, which come after them, are moved by `scenario.direct_scenario`.
    """
    if script >= parameters.scripts.knot_count.shape[0]:
        return
    actors, scripts = state.actors, parameters.scripts
    now = f32(state.worlds.tick[world]) * parameters.step_s
    last = scripts.knot_count[script] - 1
    knot = np.int32(0)
    while knot < last - 1 and now >= scripts.knot[script, knot + 1, 0]:
        knot += 1
    following = min(knot + 1, last)
    x, y = state.scripts.x[world, script, knot], state.scripts.y[world, script, knot]
    east, north = state.scripts.x[world, script, following] - x, state.scripts.y[world, script, following] - y
    began, ends = scripts.knot[script, knot, 0], scripts.knot[script, following, 0]
    share, speed = _ZERO, _ZERO
    if ends > began:
        share = min(max((now - began) / (ends - began), _ZERO), _ONE)
        if began <= now < ends:
            speed = f32(math.sqrt(east * east + north * north)) / (ends - began)
    actors.x[world, slot] = x + share * east
    actors.y[world, slot] = y + share * north
    actors.speed[world, slot] = speed
    if east != _ZERO or north != _ZERO:
        actors.yaw[world, slot] = f32(math.atan2(north, east))
