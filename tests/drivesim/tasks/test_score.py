import numpy as np
import pytest

from drivesim.state import WorldState, allocate_state
from drivesim.tasks.score import COEFFICIENTS, driving_score, leaderboard_score, outside_fraction


def state(**columns) -> WorldState:
    result = allocate_state(world=1, slot=1)
    result.episode.hit[:] = -1
    for name, value in columns.items():
        group = result.navigation if name == "completion" else result.episode
        getattr(group, name)[0, 0] = value
    return result


@pytest.mark.parametrize(
    ("completion", "outside", "infractions", "expected"),
    [
        (1.0, 0.0, {}, 100.0),
        (0.5, 0.0, {}, 50.0),
        (1.0, 0.25, {}, 75.0),
        # 100 / (1 + 0.7) and 100 / (1 + 2 * 0.7 + 0.4); Leaderboard 2.0 would give 60 and 0.6^2 * 0.7 = 25.2.
        (1.0, 0.0, {"collision_vehicle": 1}, 58.823529),
        (1.0, 0.0, {"collision_vehicle": 2, "red_light": 1}, 35.714286),
        (0.8, 0.1, {"collision_static": 1}, 45.0),
    ],
)
def test_the_score_by_hand(completion, outside, infractions, expected):
    assert leaderboard_score(completion, outside, infractions) == pytest.approx(expected)


def test_the_coefficients_are_those_of_leaderboard_2_1():
    assert dict(COEFFICIENTS) == {
        "collision_pedestrian": 1.0,
        "collision_vehicle": 0.7,
        "collision_static": 0.6,
        "red_light": 0.4,
        "stop_sign": 0.25,
        "scenario_timeout": 0.4,
        "yield_emergency_vehicle": 0.4,
    }


def test_an_unknown_infraction_is_refused():
    with pytest.raises(KeyError, match="speeding"):
        leaderboard_score(np.ones(1), np.zeros(1), {"speeding": 1})


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"completion": 0.6}, 60.0),
        ({"completion": 0.6, "collision": True, "hit": 3}, 60.0 / 1.7),
        ({"completion": 0.6, "collision": True, "hit": -2}, 60.0 / 1.6),
        ({"completion": 0.6, "outside_m": 20.0, "distance_m": 100.0}, 48.0),
    ],
)
def test_an_episode_is_scored_from_its_columns(columns, expected):
    score = driving_score(state(**columns))
    assert score.dtype == np.float32
    assert score == pytest.approx(np.array([[expected]]))


def test_a_car_that_has_not_moved_is_nowhere_outside():
    assert outside_fraction(state().episode).tolist() == [[0.0]]
