"""What a perfect look at a street would tell a driver: lights, stop lines, people in the way, where to turn."""

import math

import numpy as np
from numba import njit

from drivesim.maps.control import SignalKind, Turn
from drivesim.maps.path import pose_along
from drivesim.maps.turns import next_turn
from drivesim.semantics import LightColor
from drivesim.state import ActorKind
from drivesim.state.bodies import nose, seen_from, slot_of
from drivesim.state.lights import light_color
from drivesim.world.exits import PASSED, room_to_line
from drivesim.world.signals import signal_ahead
from drivesim.world.ways import way_of

f32 = np.float32

SIGNAL_RANGE = f32(60.0)
"""Lights and stop lines are labelled up to this distance [m]."""
PERSON_RANGE = f32(40.0)
"""People are labelled up to this distance [m]."""
PERSON_STEP = f32(2.0)
"""The way ahead is looked at in steps this long [m]."""
PERSON_BESIDE = f32(1.0)
"""Who is nearer to the lane's surface than this is in the way [m]."""
TURN_RANGE = f32(100.0)
"""Turns are announced this far ahead [m]."""
WAIT_RANGE = f32(8.0)
"""Who gives way is known once it is this near to the line [m]."""
FACING_MIN = f32(0.26)
"""A light is a driver's once he looks at its lenses from within 75 deg of where they face: this is the cosine."""
ZERO, HALF, ONE = f32(0.0), f32(0.5), f32(1.0)
_LIGHT, _STOP, _YIELD = np.uint8(SignalKind.LIGHT), np.uint8(SignalKind.STOP), np.uint8(SignalKind.YIELD)
_STRAIGHT, _RIGHT = int(Turn.STRAIGHT), int(Turn.RIGHT)
_DARK = np.uint8(LightColor.DARK)
_NONE = int(ActorKind.NONE)


@njit
def write_town_labels(maps, state, parameters, world, driver):
    """Writes of a driver's labels those of lights, stop lines, people and right of way, and where its route turns."""
    slot = slot_of(state, world, driver)
    lane, s = state.actors.lane[world, slot], state.actors.s[world, slot]
    way = way_of(maps, state, world, slot)
    front = nose(state.actors, world, slot)
    write_signals(maps, state, world, driver, slot, way, lane, s + front)
    write_person(maps, state, parameters, world, driver, way, lane, s, front)
    state.labels.gives_way[world, driver] = has_to_wait(maps, state, world, slot)
    choice, distance = next_turn(maps, way, lane, s, TURN_RANGE)
    turn, is_there = state.navigation.turn, distance < TURN_RANGE
    turn[world, driver, 0] = ZERO if choice == _STRAIGHT else (-ONE if choice == _RIGHT else ONE)
    turn[world, driver, 1] = ONE if is_there else ZERO
    turn[world, driver, 2] = max(distance, ZERO) / TURN_RANGE if is_there else ONE


@njit
def write_signals(maps, state, world, driver, slot, way, lane, s):
    """Writes the light and the stop line ahead of (lane, s). What shows round the corner is not there yet."""
    labels, signals = state.labels, maps.signals
    light, nearest = signal_ahead(maps, way, lane, s, SIGNAL_RANGE, _LIGHT)
    is_seen, color, ahead, left = False, _DARK, ZERO, ZERO
    if light >= 0 and -f32(math.cos(signals.yaw[light] - state.actors.yaw[world, slot])) > FACING_MIN:
        is_seen, color = True, light_color(maps, state, world, signals.light[light])
        ahead, left = seen_from(state.actors, world, slot, signals.x[light], signals.y[light])
    labels.light_present[world, driver] = is_seen
    labels.light_color[world, driver] = color
    labels.light_place[world, driver, 0], labels.light_place[world, driver, 1] = ahead, left
    for kind in (_STOP, _YIELD):
        _, distance = signal_ahead(maps, way, lane, s, SIGNAL_RANGE, kind)
        nearest = min(nearest, distance)
    labels.stop_line_present[world, driver] = nearest <= SIGNAL_RANGE
    labels.stop_line_distance[world, driver] = nearest if nearest <= SIGNAL_RANGE else ZERO


@njit
def write_person(maps, state, parameters, world, driver, way, lane, s, front):
    """Writes the nearest person on the lanes ahead of a driver's car at (lane, s), or within a step of them."""
    actors, labels, own = state.actors, state.labels, slot_of(state, world, driver)
    found, nearest = -1, PERSON_RANGE
    for slot in range(actors.kind.shape[1]):
        kind = actors.kind[world, slot]
        if kind == _NONE or slot == own or not parameters.kinds.is_person[kind]:
            continue
        east, north = actors.x[world, slot] - actors.x[world, own], actors.y[world, slot] - actors.y[world, own]
        reach = nearest + front + PERSON_STEP
        if east * east + north * north > reach * reach:
            continue
        along = front
        while along < front + nearest:
            x, y, heading, _, width = pose_along(maps, way, lane, s + along)
            dx, dy = actors.x[world, slot] - x, actors.y[world, slot] - y
            cos, sin = f32(math.cos(heading)), f32(math.sin(heading))
            ahead, beside = dx * cos + dy * sin, dy * cos - dx * sin
            if -HALF * PERSON_STEP <= ahead <= HALF * PERSON_STEP and abs(beside) < HALF * width + PERSON_BESIDE:
                distance = max(along + ahead - front, ZERO)
                if distance < nearest:
                    found, nearest = slot, distance
                break
            along += PERSON_STEP
    ahead, left = ZERO, ZERO
    if found >= 0:
        ahead, left = seen_from(actors, world, own, actors.x[world, found], actors.y[world, found])
    labels.person_present[world, driver] = found >= 0
    labels.person_distance[world, driver] = nearest if found >= 0 else ZERO
    labels.person_place[world, driver, 0], labels.person_place[world, driver, 1] = ahead, left


@njit
def has_to_wait(maps, state, world, slot):
    """Whether a car is near a way across and has not decided to take it: others go first, or a light says so."""
    junctions = state.junctions
    across = junctions.across[world, slot]
    if across < 0 or maps.lanes.junction[across] < 0 or junctions.cleared[world, slot] == across:
        return False
    return PASSED < room_to_line(maps, state, world, slot) < WAIT_RANGE
