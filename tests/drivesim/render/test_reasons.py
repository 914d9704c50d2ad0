import math

import numpy as np
import pytest

from drivesim.render.moment import moment_of
from drivesim.render.reasons import Reason, binding, curve_speed, lead_share, speed_limit
from drivesim.semantics import LightColor


def test_a_bend_of_50_m_here_allows_about_10_m_s():
    # v^2 = a / k + 2 b x = 2.2 * 50 + 2 * 1.5 * 5 = 125
    assert curve_speed(np.array([0.02, 0, 0, 0])) == pytest.approx(math.sqrt(125.0))
    assert curve_speed(np.zeros(4)) == math.inf


def test_the_lead_term_by_hand():
    # s* = 2 + 20 * 1.5 + 20 * 4 / (2 sqrt(1.0)) = 72; (72 / 36)^2 = 4
    assert lead_share(20.0, 36.0, 4.0, 1.5, 2.0, 1.0, 1.0) == pytest.approx(4.0)


@pytest.fixture
def driving(state, place):
    place(state, 0, 50.0, 0.0, speed=12.0, time_headway=1.5, min_gap=2.0, accel_max=1.4, brake_comfort=2.0)
    state.navigation.command[0, 0] = (0.0, 9.0, 2.0, 2.0)
    return state


def reason(bank, state):
    return binding(bank.arrays, moment_of(state, 0, step_s=0.1))


def test_below_the_limit_with_nothing_ahead_the_road_is_free(bank, driving):
    assert speed_limit(bank.arrays, moment_of(driving, 0, step_s=0.1)) == 20.0
    assert reason(bank, driving) == Reason.FREE_ROAD


def test_at_the_limit_the_limit_binds_and_so_does_a_lower_one_ahead(bank, driving):
    driving.actors.speed[0, 0] = 19.5
    assert reason(bank, driving) == Reason.LIMIT
    driving.actors.speed[0, 0] = 12.0
    driving.navigation.command[0, 0, 3] = 1.25
    assert reason(bank, driving) == Reason.LIMIT


def test_a_bend_binds(bank, driving):
    driving.labels.lane_curvature[0, 0] = 0.03
    assert reason(bank, driving) == Reason.CURVE


def test_a_near_lead_binds_and_a_far_one_does_not(bank, driving):
    driving.labels.lead_present[0, 0] = True
    driving.labels.lead_distance[0, 0] = 25.0
    assert reason(bank, driving) == Reason.LEAD
    driving.labels.lead_distance[0, 0] = 79.0
    assert reason(bank, driving) == Reason.FREE_ROAD


def test_changing_lane_is_the_reason_and_for_an_exit_the_exit_is(bank, driving):
    driving.actors.change_ticks[0, 0] = 3
    assert reason(bank, driving) == Reason.LANE_CHANGE
    driving.navigation.command[0, 0, 0] = -1.0
    assert reason(bank, driving) == Reason.EXIT


def test_a_person_in_the_way_a_red_light_and_right_of_way_bind_within_the_way_that_braking_takes(bank, driving):
    # At 12 m/s: 8 + 144 / 3 = 56 m.
    labels = driving.labels
    labels.gives_way[0, 0] = True
    driving.navigation.turn[0, 0, 2] = 0.57
    assert reason(bank, driving) == Reason.FREE_ROAD
    driving.navigation.turn[0, 0, 2] = 0.55
    assert reason(bank, driving) == Reason.GIVES_WAY
    labels.light_present[0, 0], labels.stop_line_distance[0, 0] = True, 40.0
    for color, told in ((LightColor.GREEN, Reason.GIVES_WAY), (LightColor.RED, Reason.LIGHT)):
        labels.light_color[0, 0] = color
        assert reason(bank, driving) == told
    labels.person_present[0, 0], labels.person_distance[0, 0] = True, 30.0
    assert reason(bank, driving) == Reason.PERSON
