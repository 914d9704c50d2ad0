import numpy as np
import pytest

from drivesim.tasks.scores.nuplan import direction, no_fault, nuplan_score, speed_limit_compliance, times_to_collision
from tests.reference.traces import straight


def test_a_faultless_drive_scores_1():
    assert nuplan_score(straight(100)).score == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("faults", "expected"), [((0, 0, 0), 1.0), ((0, 0, 1), 0.5), ((0, 0, 2), 0.0), ((1, 0, 0), 0.0), ((0, 1, 0), 0.0)]
)
def test_collisions_by_own_fault(faults, expected):
    assert no_fault(np.array(faults)) == expected


@pytest.mark.parametrize(("metres", "expected"), [(1.9, 1.0), (2.1, 0.5), (5.9, 0.5), (6.1, 0.0)])
def test_metres_against_the_traffic_within_a_second(metres, expected):
    against = np.zeros(50)
    against[20:30] = metres / 10.0
    against[40] = 1.0
    assert direction(against, 0.1) == expected


def test_mean_speed_over_the_limit_costs():
    speed = np.array([10.0, 12.23, 12.23, 10.0])
    assert speed_limit_compliance(speed, np.full(4, 10.0)) == pytest.approx(0.5)


def test_time_to_a_car_ahead_is_that_until_the_boxes_meet():
    # 20.4 m from bumper to bumper, closing 8 m/s: 2.55 s, seen in steps of 0.1 s.
    others = ({"x": 1.0 + 24.4, "speed": 2.0},)
    assert times_to_collision(straight(1, others=others)) == pytest.approx([2.6])


def test_who_is_beside_counts_in_a_junction_only():
    others = ({"x": 1.0, "y": 6.5, "yaw": -0.5 * np.pi, "speed": 10.0},)
    assert times_to_collision(straight(1, speed=1.0, others=others))[0] == np.inf
    crossing = straight(1, speed=1.0, others=others, in_junction=np.ones(1, bool))
    assert times_to_collision(crossing)[0] == pytest.approx(0.4)


def test_who_stands_has_no_time_to_collision():
    assert times_to_collision(straight(1, speed=0.0, others=({"x": 10.0, "yaw": np.pi, "speed": 9.0},)))[0] == np.inf


def test_the_score_by_hand():
    # Half the route, a time to collision of 0.5 s, a mean of 1.115 m/s over the limit, comfortable.
    trace = straight(100, others=({"x": 1000.0},), speed_limit=np.full(100, 10.0 - 1.115))
    trace = trace._replace(remaining=200.0 - 100.0 * np.linspace(0.0, 1.0, 100))
    trace.others.x[50] = trace.x[50] + 1.0 + 4.0 + 4.5
    score = nuplan_score(trace)
    assert (score.progress, score.ttc, score.comfort) == (0.5, 0.0, 1.0)
    assert score.score == pytest.approx((5 * 0.5 + 0.0 + 4 * 0.5 + 2.0) / 16.0)
    assert nuplan_score(trace._replace(remaining=np.full(100, 50.0))).score == 0.0
