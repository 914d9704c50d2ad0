"""Buses halt at the stops of the lanes they drive on, for people to get on and off.

A bus halts with its front at the stop for 8 to 20 s (Transit Capacity and Quality of Service Manual, 3rd edition:
typical dwell times of 10 to 20 s on lines with moderate demand), with its right indicator lit, and signals left before
it goes on. In left-hand traffic sides are swapped.
"""

import numpy as np
from numba import njit

from drivesim.rng import Purpose, uniform
from drivesim.state.actors import Errand, Lamp
from drivesim.state.bodies import nose
from drivesim.world.following import TWO, ZERO
from drivesim.world.junctions import stop_acceleration

f32, i32, u8 = np.float32, np.int32, np.uint8

LOOK_M, SIGNAL_M = f32(70.0), f32(30.0)
"""Stops are looked for so far ahead, and signalled from here on [m]."""
STOP_BRAKING = f32(1.5)
"""A stop that would take harder braking is passed [m/s^2]."""
AT_STOP = f32(1.5)
"""Who stands with its front so near to the stop has halted there [m]."""
DWELL, DWELL_SPREAD, LEAVES_S = f32(8.0), f32(12.0), f32(2.5)
"""Time at a stop, and the last of it with the indicator to the road [s]."""
STANDING = f32(0.15)
_NONE, _TO_STOP, _AT_STOP = u8(Errand.NONE), u8(Errand.TO_STOP), u8(Errand.AT_STOP)
_LEFT, _RIGHT, _KEEP = u8(Lamp.LEFT), u8(Lamp.RIGHT), u8(255 - Lamp.LEFT - Lamp.RIGHT)
_PARKING = np.int64(Purpose.PARKING)
_DWELL_DRAW = 1 << 17
"""Index of the draw of a dwell time; those of bays lie below."""


@njit
def run_bus(maps, state, parameters, world, slot):
    """Moves a bus's errand on by a step: what it makes for, its indicators, how long it has halted."""
    actors, stops = state.actors, maps.stops
    errand, tick = actors.errand[world, slot], state.worlds.tick[world]
    map_slot = maps.slot_of[state.worlds.map[world]]
    if errand == _NONE:
        find_stop(maps, state, world, slot)
        return
    stop = stops.map_first[map_slot] + actors.place[world, slot]
    room = stops.s[stop] - actors.s[world, slot] - nose(actors, world, slot)
    if actors.lane[world, slot] != stops.lane[stop] or room < -AT_STOP:
        actors.errand[world, slot] = _NONE
        actors.lamps[world, slot] &= _KEEP
        return
    kerb, road = (_LEFT, _RIGHT) if maps.left_hand[map_slot] else (_RIGHT, _LEFT)
    if errand == _TO_STOP:
        if room < SIGNAL_M:
            actors.lamps[world, slot] = (actors.lamps[world, slot] & _KEEP) | kerb
        if room < AT_STOP and actors.speed[world, slot] < STANDING:
            actors.errand[world, slot], actors.errand_tick[world, slot] = _AT_STOP, tick
        return
    spent = f32(tick - actors.errand_tick[world, slot]) * parameters.step_s
    chance = uniform(state.worlds.key[world], _PARKING, actors.errand_tick[world, slot], _DWELL_DRAW + slot)
    left = DWELL + DWELL_SPREAD * chance - spent
    if left < LEAVES_S:
        actors.lamps[world, slot] = (actors.lamps[world, slot] & _KEEP) | road
    if left < ZERO:
        actors.errand[world, slot] = _NONE
        actors.lamps[world, slot] &= _KEEP


@njit
def find_stop(maps, state, world, slot):
    """Lets a bus make for the next stop on its lane, if it can still halt there; never twice for the same."""
    actors, stops = state.actors, maps.stops
    map_slot = maps.slot_of[state.worlds.map[world]]
    lane, speed = actors.lane[world, slot], actors.speed[world, slot]
    if actors.target_lane[world, slot] != lane:
        return
    for stop in range(stops.map_first[map_slot], stops.map_end[map_slot]):
        if stops.lane[stop] != lane:
            continue
        room = stops.s[stop] - actors.s[world, slot] - nose(actors, world, slot)
        number = i32(stop - stops.map_first[map_slot])
        if speed * speed / (TWO * STOP_BRAKING) < room < LOOK_M and actors.place[world, slot] != number:
            actors.errand[world, slot], actors.place[world, slot] = _TO_STOP, number
            return


@njit
def stop_at(maps, state, world, slot, free, headway):
    """Highest acceleration of a bus that makes for a stop or halts there [m/s^2]."""
    actors, stops = state.actors, maps.stops
    stop = stops.map_first[maps.slot_of[state.worlds.map[world]]] + actors.place[world, slot]
    room = stops.s[stop] - actors.s[world, slot] - nose(actors, world, slot)
    return stop_acceleration(state, world, slot, free, headway, max(room, ZERO))
