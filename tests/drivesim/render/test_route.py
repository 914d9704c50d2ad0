import numpy as np
import pytest

from drivesim.render.moment import moment_of
from drivesim.render.route import SPACING_M, route_ahead


def ahead(bank, state, distance_m=100.0):
    return route_ahead(bank.arrays, moment_of(state, 0), distance_m)


def test_it_runs_from_the_car_along_its_lane(bank, state):
    points = ahead(bank, state)
    assert len(points) == 50
    assert points[0] == pytest.approx((50.0, 0.0), abs=1e-3)
    assert np.diff(points[:, 0]) == pytest.approx(SPACING_M, abs=1e-3)
    assert points[:, 1] == pytest.approx(0.0, abs=1e-3)


def test_a_car_beside_its_lane_is_led_back_to_the_middle(bank, state, place):
    place(state, 0, 50.0, 1.2)
    points = ahead(bank, state)
    assert points[0] == pytest.approx((50.0, 1.2), abs=1e-3)
    assert (np.diff(points[:13, 1]) <= 1e-4).all()
    assert points[13:, 1] == pytest.approx(0.0, abs=1e-3)


def test_a_needed_lane_change_ends_in_the_middle_of_the_other_lane(bank, state):
    state.navigation.route[0, 0] = 1
    points = ahead(bank, state, 140.0)
    assert points[0, 1] == pytest.approx(0.0, abs=1e-3)
    assert points[-1, 1] == pytest.approx(3.5, abs=1e-3)
    assert (np.diff(points[:, 1]) >= -1e-4).all()
    assert np.diff(points[:, 1]).max() < 0.3


def test_it_ends_at_the_goal(bank, state):
    assert ahead(bank, state, 400.0)[-1, 0] == pytest.approx(190.0, abs=SPACING_M)


def test_a_car_on_no_lane_has_no_route(bank, state, place):
    place(state, 0, 50.0, 0.0, lane=-1, target_lane=-1)
    assert ahead(bank, state).shape == (0, 2)
