"""Random numbers in the kernels of a radar: those of `rng`, with all but the index mixed once per frame."""

import math

import numpy as np

from drivesim.kernels.device import device
from drivesim.rng import PURPOSE_STRIDE, Purpose, mix

DRAWS_PER_POINT = 8
"""Indices that belong to a scatter point."""
SCENERY_ID = 1 << 24
"""First number of the points of scenery; those of road users are lower."""
POINTS_PER_THING = 32
CLUTTER = 1 << 40
"""First index of what clutter draws, which needs `DRAWS_PER_POINT` each."""
FALSE_ALARM = 2 << 40
INTERFERENCE = 3 << 40
GHOST = 4 << 40
"""First index of whether road users have mirror images."""
COUNT = 1 << 36
"""After the first index of a kind: what the number of them is drawn from."""
_STREAM = np.uint64(int(Purpose.SENSOR) * int(PURPOSE_STRIDE) % 2**64)
_S40 = np.uint64(40)
_TO_UNIT = np.float32(2.0**-24)
_ONE, _TWO = np.float32(1.0), np.float32(2.0)
_TWO_PI = np.float32(2.0 * math.pi)
f32 = np.float32
u64 = np.uint64


@device
def stream_of(key, name, driver, tick):
    """What all draws of a frame depend on: `sensors.noise` draws the same numbers for the first driver."""
    own = mix(mix(mix(key ^ _STREAM) ^ name) ^ u64(driver))
    return mix(mix(own ^ _STREAM) ^ u64(tick))


@device
def uniform_of(stream, index):
    """A float32 in [0, 1)."""
    return f32(mix(stream ^ u64(index)) >> _S40) * _TO_UNIT


@device
def exponential_of(stream, index):
    """A float32 from the exponential distribution of mean 1."""
    return -f32(math.log(_ONE - uniform_of(stream, index)))


@device
def normals_of(stream, index):
    """Two float32 from the standard normal distribution (Box and Muller 1958), out of indices `index` and the next."""
    radius = f32(math.sqrt(_TWO * exponential_of(stream, index)))
    angle = _TWO_PI * uniform_of(stream, index + 1)
    return radius * f32(math.cos(angle)), radius * f32(math.sin(angle))


@device
def poisson_of(stream, first, mean, most):
    """A number from the Poisson distribution, at most `most` (Knuth, The Art of Computer Programming, 3.4.1)."""
    left, count = np.float64(mean), 0
    while True:
        left -= np.float64(exponential_of(stream, first + count))
        if left <= 0.0 or count == most:
            return count
        count += 1
