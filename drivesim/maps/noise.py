"""Periodic value noise, made once per process and read by every map.

Two textures of fine noise come with their averages for every level; the waves are one field read between its texels.
"""

import functools

import numpy as np
from numba import njit

from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import LEVEL_COUNT
from drivesim.rng import mix

WAVE_M = 6.4
"""Texel of `waves` [m]."""
DETAIL_UNIT = 0.5
"""Luma per step of the detail textures."""
DETAIL_MORE = 8
"""Rows and columns that a detail texture repeats after its period: a block of texels is read without a break."""

_DETAIL_TEXELS = 512
_WAVE_TEXELS = 256
_WAVE_MASK = np.int64(_WAVE_TEXELS - 1)
_TO_UNIT = 2.0**-64
_f = np.float32


@functools.cache
def asphalt_detail() -> tuple[np.ndarray, ...]:
    """Noise of asphalt per level in half lumas, int8, one period and `DETAIL_MORE`."""
    return _detail(((1, 3.0), (2, 2.0), (4, 1.2), (16, 1.2), (64, 1.6)), 1)


@functools.cache
def grass_detail() -> tuple[np.ndarray, ...]:
    """Noise of grass per level in half lumas, int8, one period and `DETAIL_MORE`."""
    return _detail(((1, 6.0), (2, 5.0), (4, 4.5), (8, 4.0), (16, 4.0), (32, 3.5), (64, 3.0)), 2)


@functools.cache
def waves() -> np.ndarray:
    """Waves of 6 to 100 m in lumas, float32, shape (256, 256), periodic."""
    field = np.zeros((_WAVE_TEXELS, _WAVE_TEXELS), np.float32)
    for octave, (period, deviation) in enumerate(((1, 2.0), (2, 2.5), (4, 3.0), (8, 3.5), (16, 3.0))):
        _add_noise(field, period, np.float32(deviation), np.uint64(3 << 8 | octave))
    return field


def _detail(octaves: tuple[tuple[int, float], ...], stream: int) -> tuple[np.ndarray, ...]:
    field = np.zeros((_DETAIL_TEXELS, _DETAIL_TEXELS), np.float32)
    for octave, (period, deviation) in enumerate(octaves):
        _add_noise(field, period, np.float32(deviation), np.uint64(stream << 8 | octave))
    levels = []
    for _ in range(LEVEL_COUNT):
        level = np.clip(np.rint(field / DETAIL_UNIT), -127, 127).astype(np.int8)
        levels.append(np.pad(level, (0, DETAIL_MORE), mode="wrap"))
        field = 0.25 * (field[::2, ::2] + field[1::2, ::2] + field[::2, 1::2] + field[1::2, 1::2])
    return tuple(levels)


@njit(inline="always")
def _lattice(x, y, key):
    """A value in [-1.73, 1.73] with deviation 1 at a lattice point."""
    word = mix(mix(key ^ np.uint64(x)) ^ np.uint64(y))
    return _f((np.float64(word) * _TO_UNIT - 0.5) * 3.4641016)


@kernel
def _add_noise(field, period, deviation, key):
    """Adds value noise with lattice points `period` texels apart, smoothly joined, periodic."""
    size = field.shape[0]
    count = size // period
    for y in range(size):
        v = _f(y % period) / _f(period)
        v = v * v * (_f(3.0) - _f(2.0) * v)
        y0 = y // period
        y1 = (y0 + 1) % count
        for x in range(size):
            u = _f(x % period) / _f(period)
            u = u * u * (_f(3.0) - _f(2.0) * u)
            x0 = x // period
            x1 = (x0 + 1) % count
            low = _lattice(x0, y0, key) + u * (_lattice(x1, y0, key) - _lattice(x0, y0, key))
            high = _lattice(x0, y1, key) + u * (_lattice(x1, y1, key) - _lattice(x0, y1, key))
            field[y, x] += deviation * (low + v * (high - low))


@njit(inline="always")
def floor(value):
    """Largest whole number not above a value of magnitude below 2^31; several times faster than `math.floor`."""
    whole = np.int32(value)
    return whole - np.int32(_f(whole) > value)


@kernel
def wave_at(wave, x, y):
    """Bilinear, periodic; x and y in wave texels."""
    fx, fy = floor(x), floor(y)
    u, v = x - _f(fx), y - _f(fy)
    x0, y0 = np.int64(fx) & _WAVE_MASK, np.int64(fy) & _WAVE_MASK
    x1, y1 = (x0 + 1) & _WAVE_MASK, (y0 + 1) & _WAVE_MASK
    low = wave[y0, x0] + u * (wave[y0, x1] - wave[y0, x0])
    high = wave[y1, x0] + u * (wave[y1, x1] - wave[y1, x0])
    return low + v * (high - low)
