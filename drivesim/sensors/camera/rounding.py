"""Whole numbers from float32 without a call: `math.floor` and `math.ceil` of Numba go through a library."""

import numpy as np

from drivesim.kernels.device import device

f32 = np.float32


@device
def floor_int(x):
    """Largest int64 not above `x`, which must fit."""
    whole = np.int64(x)
    return whole - np.int64(f32(whole) > x)


@device
def ceil_int(x):
    """Smallest int64 not below `x`, which must fit."""
    whole = np.int64(x)
    return whole + np.int64(f32(whole) < x)
