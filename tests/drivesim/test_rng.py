"""The generator against SplitMix64 in Python integers, and the statistics a simulation leans on."""

import math

import numpy as np
import pytest
from numba import njit

from drivesim import rng

MASK = (1 << 64) - 1
PURPOSE_STRIDE = 0xD1342543DE82EF95
DRAWS = 20_000


def split_mix(value: int) -> int:
    """SplitMix64 as published (Steele, Lea, Flood 2014), one output from one state, in plain integers."""
    z = (value + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def reference_bits(key: int, purpose: int, tick: int, index: int) -> int:
    stream = key ^ (purpose * PURPOSE_STRIDE & MASK)
    return split_mix(split_mix(split_mix(stream) ^ tick) ^ index)


@njit
def mixed(value):
    return rng.mix(value)


@njit
def bits_of(key, purpose, tick, index):
    return rng.bits(key, purpose, tick, index)


@njit
def uniforms(key, purpose, count):
    out = np.empty(count, np.float32)
    for index in range(count):
        out[index] = rng.uniform(key, purpose, 0, index)
    return out


@njit
def counts_below(key, bound, count):
    out = np.zeros(bound, np.int64)
    for index in range(count):
        out[rng.below(key, 3, 0, index, bound)] += 1
    return out


@njit
def normals(key, count):
    out = np.empty(count, np.float32)
    for index in range(count):
        out[index] = rng.normal(key, 5, 2, index)
    return out


def chi_square(counts: np.ndarray) -> float:
    expected = counts.sum() / len(counts)
    return float(((counts - expected) ** 2 / expected).sum())


def test_the_mixer_is_split_mix_64():
    # First outputs of SplitMix64 from state 0 and from state 1234567, as in the author's C code.
    assert int(mixed(np.uint64(0))) == 0xE220A8397B1DCDAF
    assert int(mixed(np.uint64(1234567))) == 6457827717110365317
    assert split_mix(1234567) == 6457827717110365317


@pytest.mark.parametrize(
    "key",
    [
        (0, 1, 0, 0),
        (1, 2, 3, 4),
        (MASK, 10, 2**31 - 1, 255),
        (0x0123456789ABCDEF, 7, 36_000, 63),
    ],
)
def test_bits_agree_with_plain_integers(key):
    world, purpose, tick, index = key
    assert int(bits_of(np.uint64(world), purpose, tick, index)) == reference_bits(*key)


def test_a_draw_is_the_same_whatever_was_drawn_before():
    alone = bits_of(np.uint64(9), 4, 100, 7)
    uniforms(np.uint64(9), 4, 50)
    assert bits_of(np.uint64(9), 4, 100, 7) == alone


def test_small_keys_and_purposes_never_share_a_stream():
    seen = {reference_bits(key, purpose, 0, 0) for key in range(200) for purpose in range(1, 11)}
    assert len(seen) == 200 * 10


@pytest.mark.parametrize("key", [0, 1, 2**40 + 3])
def test_uniform_fills_its_interval_evenly(key):
    values = uniforms(np.uint64(key), 4, DRAWS)
    assert values.dtype == np.float32
    assert values.min() >= 0.0
    assert values.max() < 1.0
    # 99.99 % point of chi-square with 99 degrees of freedom is 161.3; seeds are fixed, so this cannot flicker.
    assert chi_square(np.histogram(values, bins=100, range=(0, 1))[0]) < 161.3


def test_uniform_uses_24_bits():
    steps = uniforms(np.uint64(3), 4, 1000).astype(np.float64) * 2**24
    assert np.array_equal(steps, np.round(steps))


@pytest.mark.parametrize("purpose", [rng.Purpose.MAP, rng.Purpose.SPAWN, rng.Purpose.SENSOR])
def test_purposes_are_independent(purpose):
    first = uniforms(np.uint64(11), int(rng.Purpose.EPISODE), DRAWS)
    second = uniforms(np.uint64(11), int(purpose), DRAWS)
    # The standard deviation of a correlation of independent samples is 1 / sqrt(DRAWS) = 0.007.
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / math.sqrt(DRAWS)
    assert not np.isin(first, second[:100]).all()


def test_neighbouring_worlds_are_independent():
    first, second = uniforms(np.uint64(11), 4, DRAWS), uniforms(np.uint64(12), 4, DRAWS)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / math.sqrt(DRAWS)


def test_below_reaches_every_value_equally_often():
    counts = counts_below(np.uint64(5), 7, DRAWS)
    assert counts.sum() == DRAWS
    assert chi_square(counts) < 27.9  # 99.99 % point with 6 degrees of freedom


def test_below_one_is_always_zero():
    assert counts_below(np.uint64(5), 1, 100).tolist() == [100]


def test_normal_has_the_moments_of_the_standard_normal():
    values = normals(np.uint64(6), DRAWS).astype(np.float64)
    assert np.isfinite(values).all()
    sigma = 1 / math.sqrt(DRAWS)  # of the mean; that of the variance is sqrt(2) times it, of the skewness sqrt(6)
    assert abs(values.mean()) < 4 * sigma
    assert abs(values.var() - 1.0) < 4 * math.sqrt(2) * sigma
    assert abs((values**3).mean()) < 4 * math.sqrt(15) * sigma
    assert np.mean(np.abs(values) < 1.0) == pytest.approx(0.6827, abs=4 * 0.466 * sigma)


def test_purposes_are_distinct():
    assert len({int(purpose) for purpose in rng.Purpose}) == len(rng.Purpose)
