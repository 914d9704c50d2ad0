import numpy as np
import pytest

from drivesim.tasks.scores.safety import Approach, crossing, following, merging, pet_of, safety_of
from tests.reference.traces import LENGTH, straight


def test_following_by_hand():
    ttc, drac = following(np.array([50.0, 50.0, 50.0]), np.array([20.0, 10.0, 10.0]), np.array([10.0, 10.0, 20.0]))
    assert ttc.tolist() == [5.0, np.inf, np.inf]
    assert drac == pytest.approx([1.0, 0.0, 0.0])


def test_a_crossing_is_a_conflict_only_while_the_first_is_inside_when_the_second_comes():
    first = Approach(10.0, 20.0, 10.0)
    ttc, drac = crossing(first, Approach(15.0, 25.0, 10.0))
    # It enters after 1.5 s; to come after 2 s it must brake by 2 (10 - 15 / 2) / 2.
    assert (ttc, drac) == (1.5, pytest.approx(2.5))
    assert crossing(Approach(15.0, 25.0, 10.0), first) == (1.5, pytest.approx(2.5))
    assert crossing(first, Approach(20.1, 30.0, 10.0)) == (np.inf, 0.0)


def test_who_is_inside_cannot_brake_any_more():
    ttc, drac = crossing(Approach(-1.0, 9.0, 1.0), Approach(10.0, 20.0, 10.0))
    assert (ttc, drac) == (1.0, pytest.approx(2.0 * (10.0 - 10.0 / 9.0) / 9.0))
    assert crossing(Approach(-1.0, 9.0, 1.0), Approach(-1.0, 9.0, 1.0)) == (0.0, np.inf)
    assert crossing(Approach(-9.0, -1.0, 1.0), Approach(1.0, 9.0, 1.0)) == (np.inf, 0.0)


def test_merging_by_hand():
    # The leader has merged after 2 s; the follower is 5 m short of there then and closes 5 m/s: 1 s more.
    ttc, drac = merging(Approach(10.0, 20.0, 10.0), Approach(35.0, 45.0, 15.0), 5.0)
    assert (ttc, drac) == (pytest.approx(3.0), pytest.approx(25.0 / 40.0))
    # It has not when the follower comes: 20 m to stop in from 15 m/s.
    ttc, drac = merging(Approach(10.0, 20.0, 10.0), Approach(20.0, 30.0, 15.0), 5.0)
    assert (ttc, drac) == (pytest.approx(20.0 / 15.0), pytest.approx(225.0 / 40.0))


@pytest.mark.parametrize("angle", [0.5 * np.pi, -0.5 * np.pi, np.pi / 3.0])
def test_pet_is_the_time_between_leaving_and_entering(angle):
    time = 0.1 * np.arange(120)
    one = 10.0 * time - 40.0
    two = 8.0 * time - 48.0
    path = (two * np.cos(angle), two * np.sin(angle))
    half = 0.5 * 2.0 / np.sin(abs(angle))
    leaves = 4.0 + (half + 2.0) / 10.0
    enters = 6.0 - (half + 2.0) / 8.0
    pet = pet_of((one, np.zeros(120)), path, time, (4.0, 4.0), (2.0, 2.0))
    assert pet == pytest.approx(enters - leaves, abs=1e-9)


def test_parallel_paths_have_no_pet():
    time = 0.1 * np.arange(50)
    assert pet_of((time, 0.0 * time), (time, 0.0 * time + 3.0), time, (4.0, 4.0), (2.0, 2.0)) == np.inf


def test_a_drive_is_judged_by_the_nearest_car_ahead():
    ticks = 31
    x = 3.0 + 50.0 + 5.0 * 0.1 * np.arange(ticks)
    trace = straight(ticks, others=({"x": x, "speed": 5.0}, {"x": x + 20.0, "speed": 0.0}, {"x": 20.0, "y": 4.0}))
    result = safety_of(trace)
    gap = x[-1] - (1.0 + trace.x[-1]) - LENGTH
    assert result.min_ttc == pytest.approx(gap / 5.0)
    assert result.max_drac == pytest.approx(25.0 / (2.0 * gap))
    assert result.min_pet == np.inf


def test_a_car_that_crosses_behind_the_ego_has_a_pet():
    ticks = 100
    y = 8.0 * 0.1 * np.arange(ticks) - 48.0
    trace = straight(ticks, others=({"x": 41.0, "y": y, "yaw": 0.5 * np.pi, "speed": 8.0},))
    # The ego's middle passes at 4 s, the other's at 6 s.
    assert safety_of(trace).min_pet == pytest.approx(6.0 - 3.0 / 8.0 - 4.0 - 3.0 / 10.0, abs=1e-6)


def test_a_drive_alone_is_safe():
    result = safety_of(straight(20))
    assert (result.min_ttc, result.max_drac, result.min_pet) == (np.inf, 0.0, np.inf)
