"""Random numbers of motion sensors in kernels: a function of the episode's key, the sensor's name, tick and index.

A stream of a sensor draws what changes from frame to frame, another one what it keeps all episode.
"""

import math
import zlib

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.rng import Purpose, bits, mix, uniform

f32, u64 = np.float32, np.uint64
_SENSOR = np.int64(Purpose.SENSOR)
_FRAMES, _EPISODE = np.int64(0), np.int64(1)
_LAYER = u64(0xFF)
_HALF_PLACES = f32(2.0**23) - f32(0.5)
_PLACE, _TO_UNIT = f32(2.0**-23), f32(2.0**-24)
_TAIL, _AREA = 3.6541528853610088, 4.92867323399e-3
"""Where the ziggurat's 256 layers end, and the area of each (Marsaglia and Tsang)."""


def _layers() -> tuple[np.ndarray, np.ndarray]:
    """Half widths of the layers from the lowest up, and the density (1 at 0) at their edges; shape (257,)."""
    edge = np.zeros(257)
    edge[0], edge[1] = _AREA / math.exp(-0.5 * _TAIL**2), _TAIL
    for layer in range(2, 256):
        edge[layer] = math.sqrt(-2.0 * math.log(_AREA / edge[layer - 1] + math.exp(-0.5 * edge[layer - 1] ** 2)))
    return edge.astype(np.float32), np.exp(-0.5 * edge**2).astype(np.float32)


EDGE, HEIGHT = _layers()


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
def normal_word(stream, tick, index):
    """Random bits for `normal`."""
    return bits(stream, _SENSOR, tick, index)


@device
def normal(word):
    """A float32 from the standard normal distribution, from 64 random bits; one in 70 asks `rare_normal`.

    The ziggurat of G. Marsaglia and W. W. Tsang, "The ziggurat method for generating random variables", Journal of
    Statistical Software 5(8), 2000, with layer, sign and place from bits of their own (J. A. Doornik, 2005).
    """
    layer = np.int64(word & _LAYER)
    place = f32(np.int64(word >> u64(40)) - _HALF_PLACES) * _PLACE
    value = place * EDGE[layer]
    if abs(value) < EDGE[layer + 1]:
        return value
    return rare_normal(word)


@routine
def rare_normal(word):
    """`normal` where the word lands outside a layer's box: the layer's wedge, the tail, or the next words."""
    while True:
        layer = np.int64(word & _LAYER)
        place = f32(np.int64(word >> u64(40)) - _HALF_PLACES) * _PLACE
        value = place * EDGE[layer]
        if abs(value) < EDGE[layer + 1]:
            return value
        word = mix(word)
        chance = f32(word >> u64(40)) * _TO_UNIT
        if layer == 0:
            return _tail(word, place < f32(0.0))
        low, high = HEIGHT[layer], HEIGHT[layer + 1]
        if low + chance * (high - low) < f32(math.exp(f32(-0.5) * value * value)):
            return value
        word = mix(word)


@device
def _tail(word, is_negative):
    """A normal number beyond the outermost layer."""
    while True:
        word = mix(word)
        over = -f32(math.log(f32(1.0) - f32(word >> u64(40)) * _TO_UNIT)) / EDGE[1]
        word = mix(word)
        room = -f32(math.log(f32(1.0) - f32(word >> u64(40)) * _TO_UNIT))
        if room + room > over * over:
            return -(EDGE[1] + over) if is_negative else EDGE[1] + over
