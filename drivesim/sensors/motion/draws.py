"""Random numbers of motion sensors in kernels: a function of the episode's key, the sensor's name, tick and index.

A stream of a sensor draws what changes from frame to frame, another one what it keeps all episode.
"""

import math
import zlib

import numpy as np

from drivesim.kernels.device import device
from drivesim.rng import Purpose, bits, uniform

f32, u64 = np.float32, np.uint64
_SENSOR = np.int64(Purpose.SENSOR)
_FRAMES, _EPISODE = np.int64(0), np.int64(1)
_BITS_24 = u64(0xFFFFFF)
_TO_UNIT = f32(2.0**-24)
_TWO_PI = f32(2.0 * math.pi)


def name_code(name: str) -> np.int64:
    """A sensor's name as a number that keeps its draws apart from those of other sensors."""
    return np.int64(zlib.crc32(name.encode()))


@device
def frame_stream(key, code):
    """Key of a sensor's draws that change from tick to tick."""
    return bits(key, _SENSOR, code, _FRAMES)


@device
def episode_stream(key, code):
    """Key of a sensor's draws that last an episode."""
    return bits(key, _SENSOR, code, _EPISODE)


@device
def either_way(stream, index):
    """A float32 in [-1, 1)."""
    return f32(2.0) * uniform(stream, _SENSOR, np.int64(0), index) - f32(1.0)


@device
def normal_pair(stream, tick, index):
    """Two independent float32 from the standard normal distribution (Box and Muller 1958)."""
    word = bits(stream, _SENSOR, tick, index)
    first = f32(1.0) - f32(word >> u64(40)) * _TO_UNIT
    angle = _TWO_PI * (f32((word >> u64(16)) & _BITS_24) * _TO_UNIT)
    radius = f32(math.sqrt(f32(-2.0) * f32(math.log(first))))
    return radius * f32(math.cos(angle)), radius * f32(math.sin(angle))
