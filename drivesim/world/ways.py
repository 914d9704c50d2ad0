"""Which lanes the road users of a world take."""

import numpy as np
from numba import njit

from drivesim.maps.path import Way

_NO_ROUTE = np.int32(-1)


@njit
def way_of(maps, state, world, slot):
    """The `Way` of a road user: its driver's route, or branches drawn for the slot."""
    driver = state.actors.driver[world, slot]
    route = state.navigation.route[world, driver] if driver >= 0 else _NO_ROUTE
    first = maps.lanes.map_first[maps.slot_of[state.worlds.map[world]]]
    return Way(route, state.worlds.key[world], np.int64(slot), first, state.actors.length[world, slot])
