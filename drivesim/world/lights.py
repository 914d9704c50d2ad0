"""Whom lights hold: at the line before the next way across, and at the lines beyond it.

A road user knows one way across at a time (`JunctionState.across`), and knows it until its rear bumper has left it.
Where lanes between junctions are short, that is too near to the next line to stop there, so the lights beyond are
looked at as well, as far as junctions are looked for.
"""

import numpy as np
from numba import njit

from drivesim.maps.path import following
from drivesim.semantics import LightColor
from drivesim.state.lights import light_color
from drivesim.world.errands.calls import may_pass_red
from drivesim.world.exits import PASSED, front_on
from drivesim.world.following import HALF, TWO, ZERO
from drivesim.world.ways import way_of

f32 = np.float32

LOOK_BRAKING, LOOK_SPACE = f32(1.5), f32(35.0)
"""Junctions are looked for as far as braking to rest so gently takes, plus a space [m/s^2, m]."""
AMBER_BRAKING = f32(3.0)
"""Who can stop at amber with no more than this, stops [m/s^2]."""
INFINITY = f32(np.inf)
_AMBER, _RED, _RED_AMBER = int(LightColor.AMBER), int(LightColor.RED), int(LightColor.RED_AMBER)


@njit
def look_horizon(speed):
    """How far ahead junctions and their lights are looked for [m]."""
    return HALF * speed * speed / LOOK_BRAKING + LOOK_SPACE


@njit
def is_held(maps, state, world, slot, light, room):
    """Whether a light (-1: none) holds somebody with `room` to its line [m]."""
    if light < 0 or may_pass_red(state, world, slot, room):
        return False
    color = light_color(maps, state, world, light)
    if color == _AMBER:
        speed = state.actors.speed[world, slot]
        return speed * speed <= TWO * AMBER_BRAKING * max(room, ZERO)
    return color == _RED or color == _RED_AMBER


@njit
def room_beyond(maps, state, world, slot):
    """From a front bumper to the first line beyond `JunctionState.across` where a light holds it [m]; +inf for none."""
    lanes, ways, across = maps.lanes, maps.ways, state.junctions.across[world, slot]
    way, horizon = way_of(maps, state, world, slot), look_horizon(state.actors.speed[world, slot])
    start = state.junctions.to_across[world, slot] + lanes.length[across]
    front = front_on(state, world, slot) + state.junctions.to_across[world, slot]
    lane = following(maps, way, across)
    while lane >= 0 and start + ways.ahead[lane] <= horizon:
        room = start + ways.line_s[lane] - front
        if ways.light[lane] >= 0 and room >= PASSED and is_held(maps, state, world, slot, ways.light[lane], room):
            return room
        start += lanes.length[lane]
        lane = following(maps, way, lane)
    return INFINITY
