"""Counter-based random numbers: a draw is a function of its key, so it depends on no other draw.

A key is (world key, purpose, tick, index). Two purposes never share draws, hence switching one part of
the simulation off changes nothing in another; and the order in which worlds are stepped cannot matter.

The mixer is SplitMix64's finaliser (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
OOPSLA 2014), applied once per key word.
"""

import math
from enum import IntEnum

import numpy as np
from numba import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
PURPOSE_STRIDE = np.uint64(0xD1342543DE82EF95)
_S30, _S27, _S31, _S40 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(40)
_TO_UNIT = np.float32(2.0**-24)
_TWO_PI = np.float32(2.0 * math.pi)


class Purpose(IntEnum):
    """What a draw is for. Append only: renumbering changes every recorded run."""

    EPISODE = 1
    MAP = 2
    ROUTE = 3
    SPAWN = 4
    DRIVER = 5
    LANE_CHANGE = 6
    RESPAWN = 7
    EGO = 8
    SENSOR = 9
    APPEARANCE = 10
    BRANCH = 11
    WEATHER = 12
    LIGHTS = 13
    PEOPLE = 14
    JUNCTION = 15
    PARKING = 16
    SCENARIO = 17


@njit(inline="always")
def mix(value):
    """One round of SplitMix64 on a uint64."""
    z = value + _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@njit(inline="always")
def bits(key, purpose, tick, index):
    """A uint64 that depends on all four words of the key."""
    # The stride keeps small keys apart: with a plain xor, key 1 for purpose 2 would be key 2 for purpose 1.
    stream = np.uint64(key) ^ (np.uint64(purpose) * PURPOSE_STRIDE)
    return mix(mix(mix(stream) ^ np.uint64(tick)) ^ np.uint64(index))


@njit(inline="always")
def uniform(key, purpose, tick, index):
    """A float32 in [0, 1) with 24 random bits."""
    return np.float32(bits(key, purpose, tick, index) >> _S40) * _TO_UNIT


@njit(inline="always")
def below(key, purpose, tick, index, count):
    """An integer in [0, count); the bias is below count / 2^24."""
    return min(np.int32(uniform(key, purpose, tick, index) * np.float32(count)), np.int32(count - 1))


@njit(inline="always")
def normal(key, purpose, tick, index):
    """A float32 from the standard normal distribution (Box and Muller 1958); uses indices 2i and 2i + 1."""
    first = np.float32(1.0) - uniform(key, purpose, tick, 2 * index)
    second = uniform(key, purpose, tick, 2 * index + 1)
    return np.float32(math.sqrt(np.float32(-2.0) * np.float32(math.log(first)))) * np.float32(
        math.cos(_TWO_PI * second)
    )
