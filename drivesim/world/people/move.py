"""People, cyclists and parked cars over a control step."""

import math

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.state import ActorKind, Motion
from drivesim.state.bodies import distance, moved
from drivesim.world.errands.run import run_errands
from drivesim.world.people.appear import (
    is_gone,
    respawn_cyclist,
    respawn_parked,
    respawn_walker,
)
from drivesim.world.people.slots import first_cyclist, first_parked, first_walker
from drivesim.world.people.walk import walk
from drivesim.world.spawn import vanish

f32 = np.float32

STRIDE_LENGTHS = f32(0.83)
"""Two steps of somebody who walks, over its height (1.4 m of 1.7 m)."""
PEDAL_WAY = f32(5.0)
"""Way of a bicycle over one turn of its pedals [m]."""
TURN = f32(2.0 * math.pi)
_NONE, _CYCLIST = int(ActorKind.NONE), int(ActorKind.CYCLIST)
_STANDING = int(Motion.STANDING)


@part("streets")
def move_people(maps, state, parameters, world):
    """Moves everybody on foot; walkers, cyclists and parked cars far from every driver vanish, and return elsewhere.

    Cyclists themselves are moved by `traffic`, as all who follow lanes.
    """
    actors = state.actors
    first, cyclist = first_walker(state, parameters), first_cyclist(state, parameters)
    parked, asked = first_parked(state, parameters), state.conditions
    for walker in range(asked.pedestrian_count[world]):
        if actors.kind[world, first + walker] == _NONE:
            respawn_walker(maps, state, parameters, world, walker)
            continue
        walk(maps, state, parameters, world, walker)
        if is_gone(state, parameters, world, first + walker):
            vanish(actors, world, first + walker)
    for slot in range(cyclist, cyclist + asked.cyclist_count[world]):
        if actors.kind[world, slot] == _NONE:
            respawn_cyclist(maps, state, parameters, world, slot)
    for slot in range(parked, parked + asked.parked_count[world]):
        if actors.kind[world, slot] == _NONE:
            respawn_parked(maps, state, parameters, world, slot)
        elif actors.motion[world, slot] == _STANDING and is_gone(state, parameters, world, slot):
            vanish(actors, world, slot)
    if parameters.has_errands:
        run_errands(maps, state, parameters, world)
    if parameters.has_people or parameters.cyclist_count > 0:
        advance_gaits(state, parameters, world)


@njit
def advance_gaits(state, parameters, world):
    """Moves the limbs of everybody who has covered some way."""
    actors = state.actors
    for slot in range(actors.kind.shape[1]):
        kind = actors.kind[world, slot]
        if kind == _NONE or not parameters.kinds.is_person[kind]:
            continue
        east, north = moved(actors, world, slot)
        cycle = PEDAL_WAY if kind == _CYCLIST else STRIDE_LENGTHS * actors.height[world, slot]
        phase = actors.gait[world, slot] + TURN * distance(east, north) / cycle
        actors.gait[world, slot] = phase - TURN * f32(math.floor(phase / TURN))
