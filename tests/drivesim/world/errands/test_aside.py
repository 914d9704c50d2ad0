"""Moving aside: where it ends, how steep and how bent it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesim.state import allocate_state
from drivesim.state.actors import Errand
from drivesim.world.errands.aside import BEND_MAX, DONE_SLOPE, SLOPE_MAX, move_aside


def moved(start: float, target: float, speed: float, slope: float = 0.0) -> np.ndarray:
    """Offsets and slopes over 80 m, shape (step, 2)."""
    actors = allocate_state(world=1, slot=1).actors
    actors.aside[0, 0], actors.aside_target[0, 0], actors.aside_slope[0, 0] = start, target, slope
    actors.speed[0, 0], actors.errand[0, 0] = speed, Errand.PULLS_OUT
    way = np.float32(0.1 * speed)
    return np.array([move_aside(actors, 0, 0, way) for _ in range(int(80.0 / way))])


@settings(max_examples=40, deadline=None)
@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(0.5, 8.0))
def test_it_ends_where_it_is_wanted_without_swinging_beyond(start, target, speed):
    path = moved(start, target, speed)
    assert path[-1, 0] == pytest.approx(target, abs=1e-6)
    assert path[-1, 1] == 0.0
    beyond = (path[:, 0] - target) * np.sign(target - start)
    assert beyond.max() < 0.08


def test_slope_and_bend_are_those_of_a_car():
    path = moved(-2.65, 0.0, 3.0)
    assert np.abs(path[:, 1]).max() <= SLOPE_MAX
    assert np.abs(np.diff(path[:, 1])).max() <= BEND_MAX * 0.3 + DONE_SLOPE


def test_a_bay_is_left_within_ten_metres():
    # Two arcs of 5 m radius that lead 2.65 m aside take 2 sqrt(2.65 / 0.2) = 7.3 m to second order, without the last
    # 5 cm somewhat less.
    path = moved(-2.65, 0.0, 3.0)
    way = 0.3 * (1 + np.flatnonzero(np.abs(path[:, 0]) < 0.05)[0])
    assert 6.5 < way < 10.0


def test_who_stands_stays_aside():
    actors = allocate_state(world=1, slot=1).actors
    actors.aside[0, 0] = 1.0
    assert move_aside(actors, 0, 0, np.float32(0.0)) == (1.0, 0.0)
