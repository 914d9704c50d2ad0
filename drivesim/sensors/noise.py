"""Random numbers for sensors that are written in NumPy: those of `drivesim.rng`, for many worlds at once.

Draws depend on the episode's key, the sensor's name, the tick and an index, and on nothing else: another sensor or
another batch changes none of them, and a replay repeats them.
"""

import zlib
from typing import Any

import numpy as np

from drivesim.rng import PURPOSE_STRIDE, Purpose, mix

_STREAM = np.uint64(int(Purpose.SENSOR) * int(PURPOSE_STRIDE) % 2**64)
_mix: Any = getattr(mix, "py_func", mix)
"""As plain Python it works on arrays."""


def uniforms(key: np.ndarray, name: str, tick: np.ndarray, count: int) -> np.ndarray:
    """Numbers in [0, 1) with 24 random bits, float32, shape (world, count).

    Args:
        key: `state.worlds.key` of the worlds, uint64, shape (world,).
        name: Name of the sensor.
        tick: `state.worlds.tick` of the worlds, shape (world,).
        count: Numbers per world.
    """
    own_key = _bits(np.asarray(key, np.uint64), np.uint64(zlib.crc32(name.encode())), np.uint64(0))
    ticks = np.asarray(tick).astype(np.uint64)
    bits = _bits(own_key[:, None], ticks[:, None], np.arange(count, dtype=np.uint64))
    return (bits >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def normals(key: np.ndarray, name: str, tick: np.ndarray, count: int) -> np.ndarray:
    """Numbers from the standard normal distribution (Box and Muller 1958), float32; arguments as of `uniforms`."""
    drawn = uniforms(key, name, tick, 2 * count).astype(np.float64)
    radius = np.sqrt(-2.0 * np.log(1.0 - drawn[:, :count]))
    return (radius * np.cos(2.0 * np.pi * drawn[:, count:])).astype(np.float32)


def generator(key: int, name: str, tick: int, driver: int = 0) -> np.random.Generator:
    """Random numbers of any kind and number for one view: Philox (Salmon et al. 2011), keyed as `uniforms` is.

    Args:
        key: `state.worlds.key` of the world.
        name: Name of the sensor, and of what it is for.
        tick: `state.worlds.tick` of the world; 0 for what stays the same for an episode.
        driver: Number of the driver in the world.
    """
    own_key = _bits(np.array([key], np.uint64), np.uint64(zlib.crc32(name.encode())), np.uint64(driver))
    return np.random.Generator(np.random.Philox(key=[int(own_key[0]), int(tick)]))


def _bits(key: np.ndarray, tick: np.ndarray | np.uint64, index: np.ndarray | np.uint64) -> np.ndarray:
    """`rng.bits` for the purpose SENSOR."""
    return _mix(_mix(_mix(key ^ _STREAM) ^ tick) ^ index)
