import math

import numpy as np
import pytest

from drivesim.config import EnvConfig, TaskConfig
from drivesim.maps.bank import MapBank
from drivesim.state import EndReason
from drivesim.tasks.progress import advance_route, distance_to_goal, end_episode, start_route
from tests.reference.roads import SPEED_LIMIT, country, fork
from tests.reference.stage import Stage

ROUTE_M = 290.0


@pytest.fixture(scope="module")
def country_bank():
    return MapBank.from_networks([country()])


@pytest.fixture(scope="module")
def short_bank():
    return MapBank.from_networks([country(goal_s=20.0)])


@pytest.fixture(scope="module")
def fork_bank():
    return MapBank.from_networks([fork()])


def on_road(bank, config=None):
    stage = Stage(bank, config)
    stage.call(start_route)
    return stage


def drive_to(stage, x, y=0.0, *, lane=None, speed=10.0):
    lane = int(x >= 200.0) if lane is None else lane
    stage.put(lane=lane, s=x - 200.0 * (x >= 200.0), x=x, y=y, speed=speed)
    return float(stage.call(advance_route))


def end_of(stage):
    stage.call(end_episode)
    return EndReason(stage.end)


def test_an_episode_begins_with_the_whole_route_and_a_time_limit_from_its_length(country_bank):
    # 60 s + 290 m / (0.3 * 20 m/s) = 108.3 s
    stage = on_road(country_bank)
    assert stage.remaining == pytest.approx(ROUTE_M)
    assert stage.tick_limit == math.ceil(10 * (60.0 + ROUTE_M / (0.3 * SPEED_LIMIT)))


def test_the_metres_gained_add_up_to_the_route(country_bank):
    stage = on_road(country_bank)
    gained = [drive_to(stage, x) for x in (10.0, 60.0, 199.0, 201.0, 260.0, 300.0)]
    assert gained == pytest.approx([0.0, 50.0, 139.0, 2.0, 59.0, 40.0], abs=1e-3)
    assert stage.completion == 1.0


def test_driving_back_gains_nothing_and_coming_back_gains_nothing_twice(country_bank):
    stage = on_road(country_bank)
    drive_to(stage, 110.0)
    assert (drive_to(stage, 60.0), drive_to(stage, 100.0)) == (0.0, 0.0)
    assert stage.remaining == pytest.approx(190.0)
    assert stage.completion == pytest.approx(100.0 / ROUTE_M)
    assert drive_to(stage, 115.0) == pytest.approx(5.0, abs=1e-3)


def test_reaching_the_goal_is_success(short_bank):
    stage = on_road(short_bank)
    drive_to(stage, 219.9)
    assert end_of(stage) == EndReason.RUNNING
    drive_to(stage, 220.1)
    assert end_of(stage) == EndReason.SUCCESS
    assert stage.completion == 1.0


def test_a_goal_at_the_end_of_a_lane_is_reached_from_the_lane_behind_it():
    network = country()
    bank = MapBank.from_networks([network])
    goal = network.routes[0]
    assert goal.goal_lane == 1
    stage = on_road(bank)
    # Lane 0 is made the goal's lane, so that lane 1 follows it.
    routes = bank.arrays.routes
    routes.is_goal[:], routes.remaining[:] = [1, 0], [200.0, np.inf]
    stage.put(lane=1, s=0.5, x=200.5, y=0.0)
    assert float(distance_to_goal(stage.maps, 0, 1, np.float32(0.5))) == 0.0
    assert end_of(stage) == EndReason.SUCCESS


def test_the_lane_that_leads_elsewhere_deviates_from_the_route(fork_bank):
    stage = on_road(fork_bank)
    drive_to(stage, 199.0, 3.5, lane=1)
    assert end_of(stage) == EndReason.RUNNING
    assert stage.outside_m == 0.0
    stage.put(lane=3, s=1.0, x=201.0, y=3.5, speed=10.0)
    assert float(stage.call(advance_route)) == 0.0
    assert end_of(stage) == EndReason.ROUTE_DEVIATION
    assert stage.outside_m == pytest.approx(1.0)


def test_passing_beside_a_goal_that_only_one_lane_counts_for_is_no_success():
    network = fork()
    route = network.routes[0]
    bank = MapBank.from_networks([network])
    bank.arrays.routes.is_goal[:] = 0
    assert route.goal_lane == 2
    assert float(distance_to_goal(Stage(bank).maps, 0, 2, np.float32(49.0))) == pytest.approx(1.0)
    assert float(distance_to_goal(Stage(bank).maps, 0, 2, np.float32(51.0))) == np.inf


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        ({"collision": True, "off_road": True, "wrong_way": True}, EndReason.COLLISION),
        ({"off_road": True, "wrong_way": True}, EndReason.OFF_ROAD),
        ({"wrong_way": True}, EndReason.WRONG_WAY),
        ({}, EndReason.SUCCESS),
    ],
    ids=lambda value: value.name if isinstance(value, EndReason) else "",
)
def test_a_fault_at_the_goal_goes_before_success(short_bank, flags, reason):
    stage = on_road(short_bank)
    drive_to(stage, 225.0)
    for name, value in flags.items():
        getattr(stage.state.episode, name)[0] = value
    assert end_of(stage) == reason


def test_standing_still_for_long_is_blocked_and_driving_for_long_is_a_timeout(country_bank):
    stage = on_road(country_bank, EnvConfig(task=TaskConfig(blocked_s=2.0)))
    drive_to(stage, 50.0)
    stage.state.episode.blocked_ticks[0, 0] = 19
    assert end_of(stage) == EndReason.RUNNING
    stage.state.episode.blocked_ticks[0, 0] = 20
    assert end_of(stage) == EndReason.BLOCKED
    stage.state.episode.blocked_ticks[0, 0] = 0
    stage.state.worlds.tick[0] = stage.tick_limit
    assert end_of(stage) == EndReason.TIMEOUT


@pytest.mark.parametrize(("y", "outside"), [(0.0, 0.0), (2.2, 0.0), (2.3, 1.0), (-2.3, 1.0)])
def test_distance_counts_as_outside_more_than_half_a_metre_beside_the_lane(country_bank, y, outside):
    # The lane is 3.5 m wide: 1.75 + 0.5 = 2.25 m; 10 m/s for 0.1 s are 1 m.
    stage = on_road(country_bank)
    drive_to(stage, 100.0, y)
    assert (stage.outside_m, stage.distance_m) == (pytest.approx(outside), pytest.approx(1.0))
