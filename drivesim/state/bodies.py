"""Where road users are: the slot of a driver, the box of a body. Functions for kernels."""

import numpy as np
from numba import njit

from drivesim.geometry import body_box
from drivesim.state.episode import EndReason

_RUNNING = int(EndReason.RUNNING)


@njit
def slot_of(state, world, driver):
    """Slot that a driver steers, as wide as a loop's index: Numba compiles a function once per type of argument."""
    return np.int64(state.drivers.slot[world, driver])


@njit
def is_driving(state, world, driver):
    """Whether a driver's episode still runs."""
    return state.episode.end[world, driver] == _RUNNING


@njit
def box_of(actors, world, slot):
    """The oriented box of a road user: centre x, y, heading cos, sin, half length, half width; float32."""
    return body_box(
        actors.x[world, slot],
        actors.y[world, slot],
        actors.yaw[world, slot],
        actors.length[world, slot],
        actors.width[world, slot],
        actors.rear[world, slot],
    )
