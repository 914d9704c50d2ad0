import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from drivesim.world import following
from tests.reference.idm import calm_reference, equilibrium_gap, idm_reference

f32 = np.float32
DRIVER = {"headway": 1.5, "s0": 2.0, "a": 1.4, "b": 2.0}


@njit
def kernel_idm(v, v0, gap, v_lead, headway, s0, a, b):
    free = following.free_acceleration(v, v0, a, b)
    return following.idm(free, v, v_lead, gap, headway, s0, a, b)


@njit
def kernel_follow(v, v0, gap, v_lead, a_lead, headway, s0, a, b):
    free = following.free_acceleration(v, v0, a, b)
    return following.follow(free, v, v_lead, a_lead, gap, headway, s0, a, b)


def idm(*values: float) -> float:
    return float(kernel_idm(*(f32(value) for value in values)))


def follow(*values: float) -> float:
    return float(kernel_follow(*(f32(value) for value in values)))


speeds = st.floats(0.0, 40.0)
drivers = st.tuples(st.floats(0.8, 2.5), st.floats(1.0, 4.0), st.floats(0.5, 2.5), st.floats(1.0, 3.0))


@given(v=speeds, v0=st.floats(5.0, 45.0), gap=st.floats(0.5, 300.0), v_lead=speeds, driver=drivers)
def test_the_idm_equals_its_reference(v, v0, gap, v_lead, driver):
    expected = idm_reference(v, v0, gap, v_lead, *driver)
    assert idm(v, v0, gap, v_lead, *driver) == pytest.approx(expected, rel=1e-4, abs=1e-4)


@given(
    v=speeds, v0=st.floats(5.0, 45.0), gap=st.floats(0.5, 300.0), v_lead=speeds, a_lead=st.floats(-8.0, 2.0),
    driver=drivers,
)  # fmt: skip
def test_following_equals_its_reference_down_to_emergency_braking(v, v0, gap, v_lead, a_lead, driver):
    expected = max(calm_reference(v, v0, gap, v_lead, a_lead, *driver), -8.0)
    assert follow(v, v0, gap, v_lead, a_lead, *driver) == pytest.approx(expected, rel=1e-3, abs=2e-3)


@given(v=st.floats(0.0, 28.0), driver=drivers)
def test_at_the_equilibrium_gap_a_follower_keeps_its_speed(v, driver):
    gap = equilibrium_gap(v, 30.0, driver[0], driver[1])
    assert idm(v, 30.0, gap, v, *driver) == pytest.approx(0.0, abs=1e-3)


def test_a_free_standing_car_starts_with_its_full_acceleration_and_ends_at_its_desired_speed():
    # 1.4 (1 - (0/20)^4) = 1.4;  1.4 (1 - (10/20)^4) = 1.4 * 15/16 = 1.3125;  0 at 20 m/s
    free = [idm(v, 20.0, math.inf, 0.0, *DRIVER.values()) for v in (0.0, 10.0, 20.0)]
    assert free == pytest.approx([1.4, 1.3125, 0.0], abs=1e-6)


def test_a_lower_limit_is_met_with_comfortable_braking():
    # 1.4 (1 - (30/15)^4) = -21 without the bound at b = 2
    assert idm(30.0, 15.0, math.inf, 0.0, *DRIVER.values()) == pytest.approx(-2.0)


def test_a_car_that_cuts_in_at_equal_speed_is_answered_with_comfortable_braking():
    # Ten metres ahead at 25 m/s: the plain IDM would brake at 1.4 ((2 + 37.5) / 10)^2 = 21 m/s^2.
    answer = follow(25.0, 30.0, 10.0, 25.0, 0.0, *DRIVER.values())
    assert -2.5 < answer < -1.5


def test_a_standing_obstacle_close_ahead_is_answered_with_emergency_braking():
    # v^2 / (2 s) = 20^2 / 40 = 10 m/s^2 would be needed.
    assert follow(20.0, 30.0, 20.0, 0.0, 0.0, *DRIVER.values()) == -8.0


def test_two_standing_cars_bumper_to_bumper_stay_finite():
    assert -8.0 <= follow(0.0, 30.0, -1.0, 0.0, 0.0, *DRIVER.values()) < -5.0
