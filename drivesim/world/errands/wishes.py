"""What errands ask of who drives: one term of `driver.decide_car`."""

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.state.actors import Errand
from drivesim.world.errands.buses import stop_at
from drivesim.world.errands.parking import park_acceleration
from drivesim.world.errands.passing import behind_oncoming, way_acceleration

INFINITY = np.float32(np.inf)
ASIDE = np.float32(0.3)
"""Farther than this from the middle of its lane somebody passes [m]."""
_ON_CALL, _MAKES_WAY = np.uint8(Errand.ON_CALL), np.uint8(Errand.MAKES_WAY)
_TO_STOP, _AT_STOP = np.uint8(Errand.TO_STOP), np.uint8(Errand.AT_STOP)
_PULLS_OUT, _PARKS = np.uint8(Errand.PULLS_OUT), np.uint8(Errand.PARKS)


@njit
def is_aside(state, world, slot):
    """Whether an emergency vehicle on call is beside its lane, to pass."""
    return state.actors.errand[world, slot] == _ON_CALL and abs(state.actors.aside[world, slot]) > ASIDE


@part("streets", otherwise=INFINITY)
def errand_acceleration(maps, state, parameters, world, slot, free, headway):
    """Highest acceleration that a driver's errand allows [m/s^2]; +inf where it has none.

    Args:
        maps: `MapArrays`.
        state: `WorldState`.
        parameters: `WorldParameters`.
        world: World.
        slot: Its road user.
        free: Its acceleration on a free road [m/s^2].
        headway: Its IDM T [s].
    """
    if not parameters.has_errands:
        return INFINITY
    errand = state.actors.errand[world, slot]
    if errand == _TO_STOP or errand == _AT_STOP:
        return stop_at(maps, state, world, slot, free, headway)
    if errand == _PULLS_OUT or errand == _PARKS:
        return park_acceleration(maps, state, parameters, world, slot, headway)
    if errand == _MAKES_WAY:
        return way_acceleration(maps, state, world, slot)
    if errand == _ON_CALL and is_aside(state, world, slot):
        return behind_oncoming(state, world, slot, free)
    return INFINITY
