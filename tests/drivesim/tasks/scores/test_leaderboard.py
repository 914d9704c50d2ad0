import math

import numpy as np
import pytest

from drivesim.tasks.scores.leaderboard import (
    bench2drive_success,
    efficiency,
    leaderboard_2_0,
    leaderboard_2_1,
    per_km,
    slowness,
    speed_shares,
)
from tests.reference.traces import straight


@pytest.mark.parametrize(
    ("completion", "outside", "infractions", "slow", "old", "new"),
    [
        (1.0, 0.0, {}, (), 100.0, 100.0),
        (1.0, 0.0, {"collision_vehicle": 2, "red_light": 1}, (), 100 * 0.6**2 * 0.7, 100 / 2.8),
        (0.5, 0.1, {"collision_pedestrian": 1}, (), 50 * 0.9 * 0.5, 50 * 0.9 / 2.0),
        # Two checkpoints at half the traffic's speed: 0.85^2, and 0.4 * (0.5 + 0.5) = 0.4 infractions.
        (1.0, 0.0, {}, (0.5, 0.5), 100 * 0.85**2, 100 / 1.4),
        (1.0, 0.0, {"stop_sign": 1}, (1.0,), 100 * 0.8 * 0.7, 100 / 1.65),
    ],
)
def test_both_leaderboards_by_hand(completion, outside, infractions, slow, old, new):
    assert leaderboard_2_0(completion, outside, infractions, slow) == pytest.approx(old)
    assert leaderboard_2_1(completion, outside, infractions, slow) == pytest.approx(new)


def test_many_drives_are_scored_at_once():
    counts = {"red_light": np.array([0, 1, 2])}
    assert leaderboard_2_0(np.ones(3), np.zeros(3), counts, np.zeros((3, 4))) == pytest.approx([100.0, 70.0, 49.0])


def test_success_is_completion_without_infractions():
    done = bench2drive_success(np.array([1.0, 1.0, 0.99]), {"red_light": np.array([0, 1, 0])})
    assert done.tolist() == [True, False, False]


def test_speed_is_compared_between_four_checkpoints():
    around = {"x": 30.0, "speed": np.repeat([10.0, 20.0, 5.0, 10.0], 100)}
    trace = straight(401, others=({**around, "speed": np.append(around["speed"], 10.0)},))
    assert speed_shares(trace) == pytest.approx([1.0, 0.5, 2.0, 1.0], rel=0.02)
    assert slowness(speed_shares(trace)) == pytest.approx([0.0, 0.5, 0.0, 0.0], abs=0.02)
    assert efficiency(speed_shares(trace)) == pytest.approx(112.5, rel=0.02)


def test_checkpoints_not_reached_and_roads_without_traffic_are_not_judged():
    alone = straight(100)
    assert len(speed_shares(alone)) == 0
    assert math.isnan(efficiency(speed_shares(alone)))
    half = straight(201, others=({"x": 30.0, "speed": 10.0},))
    assert len(speed_shares(half._replace(remaining=half.remaining + 200.0))) == 2


def test_people_are_no_traffic():
    assert len(speed_shares(straight(100, others=({"x": 5.0, "speed": 1.0, "is_person": True},)))) == 0


def test_infractions_per_km_are_of_all_drives_together():
    assert per_km(np.array([1, 0, 2]), np.array([500.0, 1500.0, 1000.0])) == pytest.approx(1.0)
