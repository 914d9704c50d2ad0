import numpy as np
import pytest

from drivesim.tasks.scores.navsim import navsim_score
from drivesim.tasks.scores.plans import is_consistent
from tests.reference.traces import straight


def test_a_faultless_drive_scores_1_in_stretches_of_4_s():
    score = navsim_score(straight(100))
    assert len(score.nc) == 2
    assert (score.pdms, score.epdms) == (1.0, 1.0)


@pytest.mark.parametrize("ticks", [1, 7, 40])
def test_a_short_drive_is_one_stretch(ticks):
    assert navsim_score(straight(ticks)).nc.tolist() == [1.0]


def test_what_ends_a_drive_is_in_its_last_stretch():
    score = navsim_score(straight(80, faults=np.array([0, 1, 0])))
    assert score.nc.tolist() == [1.0, 0.0]
    assert score.pdms == 0.5


def test_progress_is_compared_with_the_experts_plan():
    trace = straight(80, planned=np.full(80, 60.0))
    # 30 m in 3 s of the 60 m planned.
    score = navsim_score(trace)
    assert score.ep == pytest.approx([0.5, 0.5])
    assert score.pdms == pytest.approx((5 + 2 + 2.5) / 12)
    assert score.epdms == pytest.approx((2.5 + 5 + 2 + 2) / 14)
    assert navsim_score(trace._replace(planned=np.full(80, 4.0))).ep.tolist() == [1.0, 1.0]


def test_lights_lanes_and_direction_count_for_epdms_only():
    trace = straight(80)
    trace.red_light[10] = True
    trace.against[50:60] = 0.5
    trace.lane_offset[50:75] = 0.6
    score = navsim_score(trace)
    assert (score.tlc.tolist(), score.ddc.tolist(), score.lk.tolist()) == ([0.0, 1.0], [1.0, 0.5], [1.0, 0.0])
    assert score.pdms == 1.0
    assert score.epdms == pytest.approx(0.5 * 0.5 * 12 / 14)


def test_leaving_the_centre_is_excused_where_the_route_asks_for_it():
    trace = straight(40)
    trace.lane_offset[5:35] = 0.8
    assert navsim_score(trace).lk.tolist() == [0.0]
    assert navsim_score(trace._replace(is_changing=np.ones(40, bool))).lk.tolist() == [1.0]
    assert navsim_score(trace._replace(in_junction=np.ones(40, bool))).lk.tolist() == [1.0]


def test_a_near_miss_ahead_costs_ttc():
    trace = straight(80, others=({"x": 1000.0, "speed": 0.0},))
    trace.others.x[20] = trace.x[20] + 1.0 + 4.0 + 8.0
    assert navsim_score(trace).ttc.tolist() == [0.0, 1.0]


def plan(speed: float, accel: float = 0.0, turn: float = 0.0) -> np.ndarray:
    """Way-points of a car that begins at a speed and drives along an arc of a curvature."""
    at = 0.5 * np.arange(1, 7)
    way = speed * at + 0.5 * accel * at**2
    if turn == 0.0:
        return np.stack([way, np.zeros(6)], axis=-1)
    return np.stack([np.sin(way * turn) / turn, (1.0 - np.cos(way * turn)) / turn], axis=-1)


def test_plans_that_go_on_as_before_are_consistent_and_sudden_ones_are_not():
    # Bounds on the root mean square: 0.7 m/s^2 and 0.1 rad/s, which at 10 m/s is a curvature of 0.01 1/m.
    assert is_consistent(plan(10.0), plan(10.0))
    assert is_consistent(plan(10.0, 1.0), plan(10.5, 1.0))
    assert is_consistent(plan(10.0), plan(10.0, 0.69))
    assert not is_consistent(plan(10.0), plan(10.0, 0.72))
    assert is_consistent(plan(10.0), plan(10.0, turn=0.008))
    assert not is_consistent(plan(10.0), plan(10.0, turn=0.012))
    assert is_consistent(plan(0.0), plan(0.0))


def test_extended_comfort_counts_in_version_2_of_epdms_alone():
    assert np.isnan(navsim_score(straight(80)).epdms_2)
    plans = np.full((80, 6, 2), np.nan)
    plans[::5] = plan(10.0)
    score = navsim_score(straight(80, plans=plans))
    assert (score.ec.tolist(), score.epdms_2) == ([1.0, 1.0], 1.0)
    plans[45] = plan(10.0, 2.0)
    score = navsim_score(straight(80, plans=plans))
    # The second stretch begins at row 40.
    assert (score.ec.tolist(), score.epdms_2) == ([1.0, 0.0], pytest.approx((1.0 + 14 / 16) / 2))
    assert score.epdms == 1.0
