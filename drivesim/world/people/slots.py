"""Which slots of a world are whose: drivers, cars, walkers, cyclists, parked cars; then who follows a script."""

import numpy as np
from numba import njit


@njit
def first_walker(state, parameters):
    """Slot of the first walker."""
    return np.int64(state.drivers.slot.shape[1] + parameters.car_count)


@njit
def first_cyclist(state, parameters):
    """Slot of the first cyclist."""
    return first_walker(state, parameters) + parameters.pedestrian_count


@njit
def first_parked(state, parameters):
    """Slot of the first parked car."""
    return first_cyclist(state, parameters) + parameters.cyclist_count


@njit
def end_parked(state, parameters):
    """Slot after the last parked car."""
    return first_parked(state, parameters) + parameters.parked_count
