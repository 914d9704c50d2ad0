"""One step of everybody's errands."""

import numpy as np
from numba import njit

from drivesim.rng import Purpose, uniform
from drivesim.state import ActorKind, Motion
from drivesim.state.actors import Errand, Lamp
from drivesim.world.errands.buses import run_bus
from drivesim.world.errands.doors import run_door
from drivesim.world.errands.parking import run_parker
from drivesim.world.errands.passing import hear_calls, plan_passing
from drivesim.world.people.slots import end_parked, first_parked

f32, u8 = np.float32, np.uint8

ON_CALL = f32(0.75)
"""Share of emergency vehicles that are on call."""
HASTE = f32(1.35)
"""Their desired speed over that of others: about 25 km/h more in 50 to 70 km/h (CARLA's YieldToEmergencyVehicle)."""
FLASH_S = f32(0.4)
"""Period of blue lamps, half of it bright: 2.5 Hz (UN R65 asks for 2 to 4)."""
_KIND_NONE, _BUS, _FOLLOWER = int(ActorKind.NONE), int(ActorKind.BUS), u8(Motion.LANE_FOLLOWER)
_NONE, _ON_CALL, _OFF_CALL = u8(Errand.NONE), u8(Errand.ON_CALL), u8(Errand.OFF_CALL)
_BEACON, _NO_BEACON = u8(Lamp.BEACON), u8(255 - Lamp.BEACON)
_PARKING = np.int64(Purpose.PARKING)
_CALL_DRAW = 1 << 19
"""Index of the draw whether somebody is on call."""


@njit
def run_errands(maps, state, parameters, world):
    """Moves everybody's errands on by a step."""
    actors = state.actors
    first, end = first_parked(state, parameters), end_parked(state, parameters)
    for slot in range(end):
        kind = actors.kind[world, slot]
        if kind == _KIND_NONE or actors.driver[world, slot] >= 0:
            continue
        if slot >= first:
            run_parker(maps, state, parameters, world, np.int64(slot))
        elif kind == _BUS and actors.motion[world, slot] == _FOLLOWER:
            run_bus(maps, state, parameters, world, np.int64(slot))
    if parameters.has_calls:
        for slot in range(actors.kind.shape[1]):
            if parameters.kinds.is_emergency[actors.kind[world, slot]] and actors.driver[world, slot] < 0:
                run_call(state, parameters, world, np.int64(slot))
                if actors.errand[world, slot] == _ON_CALL and actors.motion[world, slot] == _FOLLOWER:
                    plan_passing(maps, state, parameters, world, np.int64(slot))
        hear_calls(maps, state, parameters, world)
    for door in range(end, end + parameters.door_count):
        run_door(maps, state, parameters, world, np.int64(door))


@njit
def run_call(state, parameters, world, slot):
    """Says whether an emergency vehicle is on call, and lets its blue lamps flash."""
    actors, tick = state.actors, state.worlds.tick[world]
    if actors.errand[world, slot] == _NONE:
        chance = uniform(state.worlds.key[world], _PARKING, actors.born[world, slot], _CALL_DRAW + slot)
        is_called = chance < ON_CALL or actors.motion[world, slot] != _FOLLOWER
        actors.errand[world, slot] = _ON_CALL if is_called else _OFF_CALL
        if is_called:
            actors.speed_factor[world, slot] *= HASTE
    half = np.int64(f32(tick) * parameters.step_s / (f32(0.5) * FLASH_S) + f32(0.01)) + slot
    if actors.errand[world, slot] == _ON_CALL and half & 1 == 0:
        actors.lamps[world, slot] |= _BEACON
    else:
        actors.lamps[world, slot] &= _NO_BEACON
