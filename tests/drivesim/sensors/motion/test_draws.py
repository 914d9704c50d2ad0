"""The ziggurat's numbers are normal, in the middle, in the tail, and apart from one another."""

import math

import numpy as np
import pytest
from numba import njit

from drivesim.sensors.motion.draws import EDGE, HEIGHT, normal, normal_word

COUNT = 4_000_000


@njit
def _draw(stream, tick, out):
    for index in range(len(out)):
        out[index] = normal(normal_word(stream, tick, index))


@pytest.fixture(scope="module")
def drawn():
    out = np.zeros(COUNT, np.float32)
    _draw(np.uint64(12345), np.int64(6), out)
    return out.astype(np.float64)


def test_the_layers_have_equal_areas():
    areas = EDGE[1:256].astype(float) * np.diff(HEIGHT[1:].astype(float))
    assert areas == pytest.approx(np.full(255, 4.92867323399e-3), rel=2e-3)


def test_moments_are_those_of_the_standard_normal_distribution(drawn):
    for power, expected, variance in (
        (1, 0.0, 1.0),
        (2, 1.0, 2.0),
        (3, 0.0, 15.0),
        (4, 3.0, 96.0),
        (6, 15.0, 10_170.0),
    ):
        assert (drawn**power).mean() == pytest.approx(expected, abs=4.0 * math.sqrt(variance / COUNT)), power


@pytest.mark.parametrize("bound", [0.1, 0.5, 1.0, 2.0, 3.0, 3.65, 4.2])
def test_as_many_are_beyond_a_bound_as_there_should_be(drawn, bound):
    expected = COUNT * math.erfc(bound / math.sqrt(2.0)) / 2.0
    for side in (drawn > bound, drawn < -bound):
        assert side.sum() == pytest.approx(expected, abs=4.0 * math.sqrt(expected))


def test_neighbours_in_index_tick_and_stream_are_independent(drawn):
    assert np.corrcoef(drawn[1:], drawn[:-1])[0, 1] == pytest.approx(0.0, abs=4.0 / math.sqrt(COUNT))
    for stream, tick in ((12345, 7), (12346, 6)):
        other = np.zeros(100_000, np.float32)
        _draw(np.uint64(stream), np.int64(tick), other)
        assert np.corrcoef(drawn[:100_000], other)[0, 1] == pytest.approx(0.0, abs=4.0 / math.sqrt(100_000))
