"""What errands ask of who drives: one term of `driver.decide_car`."""

import numpy as np

from drivesim.kernels.parts import part
from drivesim.state.actors import Errand
from drivesim.world.errands.buses import stop_at
from drivesim.world.errands.parking import park_acceleration
from drivesim.world.errands.passing import call_acceleration, way_acceleration

INFINITY = np.float32(np.inf)
_MAKES_WAY = np.uint8(Errand.MAKES_WAY)
_TO_STOP, _AT_STOP = np.uint8(Errand.TO_STOP), np.uint8(Errand.AT_STOP)
_PULLS_OUT, _PARKS = np.uint8(Errand.PULLS_OUT), np.uint8(Errand.PARKS)


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
    errand, accel = state.actors.errand[world, slot], INFINITY
    if parameters.has_calls:
        accel = call_acceleration(maps, state, world, slot, free)
    if errand == _TO_STOP or errand == _AT_STOP:
        return min(accel, stop_at(maps, state, world, slot, free, headway))
    if errand == _PULLS_OUT or errand == _PARKS:
        return min(accel, park_acceleration(maps, state, parameters, world, slot, headway))
    if errand == _MAKES_WAY:
        return min(accel, way_acceleration(maps, state, world, slot))
    return accel
