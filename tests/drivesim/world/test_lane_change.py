import numpy as np
import pytest
from numba import njit

from drivesim.kernels.views import view
from drivesim.maps.network import LaneType, RoadNetwork, Route
from drivesim.state import Lamp
from drivesim.world.lane_change import incentive, is_safe, staying
from tests.reference.drive import Drive, straight_road
from tests.reference.mobil import Driver, advantage
from tests.reference.roads import WIDTH_M, straight_lane

DRIVER = {"headway": 1.5, "s0": 2.0, "a": 1.4, "b": 2.0}
REAR = 0.9


@njit
def judge(maps, state, parameters, slot, target, braking):
    stay = staying(maps, state, parameters, 0, slot)
    return incentive(maps, state, parameters, 0, slot, target, stay), is_safe(maps, state, 0, slot, target, braking)


def mobil(drive: Drive, target: int, braking: float = 4.0) -> tuple[float, bool]:
    """MOBIL's advantage over the threshold, and its safety, for the car in slot 1."""
    bank = drive.world.bank.arrays
    views = view(bank), view(drive.world.state), view(drive.world.parameters)
    return judge(*views, np.int64(1), np.int32(target), np.float32(braking))


def test_mobil_on_a_hand_worked_overtaking():
    # Slot 1, 20 m/s, desires 20 m/s, 40 m behind the bumper of a lead at 15 m/s; the left lane is free but for a car
    # at 20 m/s, 60 m behind.
    #   s* = 2 + 20 * 1.5 + 20 * 5 / (2 sqrt(2.8)) = 61.88     a_c  = 1.4 (0 - (61.88 / 40)^2) = -3.350
    #   a~_c = 0                                               gain = 3.350
    #   new follower: s* = 32, before 0, after -1.4 (32 / 60)^2 = -0.398, times p = 0.2: -0.080
    #   advantage = 3.350 - 0.080 - 0.2 (threshold) = 3.070
    drive = Drive(straight_road(sections=4), cars=3)
    drive.put(0, 1, 2.0, 0.0)
    drive.put(1, 5, 0.0, 20.0)
    drive.put(2, 5, 3.6 + 40.0 + REAR, 15.0)
    drive.put(3, 2, 100.0 - 60.0 - 3.6 - REAR, 20.0)
    value, safe = mobil(drive, target=4)
    assert safe
    assert value == pytest.approx(3.070, abs=2e-3)


def test_the_incentive_equals_the_reference_on_random_roads(rng):
    drive = Drive(straight_road(sections=3), cars=6)
    compared = 0
    for _ in range(200):
        x = (np.linspace(80.0, 210.0, 6) + rng.uniform(0.0, 15.0, 6))[rng.permutation(6)]
        lane, speed = rng.integers(0, 2, 6), rng.uniform(10.0, 20.0, 6)
        lane[0] = 1
        drive.put(0, 1, 5.0, 0.0)
        cars = []
        for k in range(6):
            section = int(x[k] // 100.0)
            drive.put(k + 1, 2 * section + int(lane[k]), x[k] - 100.0 * section, speed[k])
            cars.append(Driver(int(lane[k]), x[k] - REAR, speed[k], desired=20.0))
        value, safe = mobil(drive, target=2 * int(x[0] // 100.0))
        if safe:
            expected = advantage(cars, cars[0], 0, 0.2, DRIVER) - 0.2
            assert value == pytest.approx(expected, rel=2e-3, abs=5e-3)
            compared += 1
        else:
            assert value == -np.inf
    assert compared > 20


@pytest.mark.parametrize(("gap", "safe"), [(60.0, True), (10.0, False)])
def test_a_change_is_safe_only_if_the_new_follower_need_not_brake_hard(gap, safe):
    # Equal speeds of 20 m/s: 1.4 (32 / 60)^2 = 0.4, 1.4 (32 / 10)^2 = 14.3; the bound is 4 m/s^2.
    drive = Drive(straight_road(), cars=2)
    drive.put(0, 1, 5.0, 0.0)
    drive.put(1, 3, 20.0, 20.0)
    drive.put(2, 0, 120.0 - gap - 3.6 - REAR, 20.0)
    assert mobil(drive, target=2)[1] == safe


def slow_lead(cars: int = 2) -> Drive:
    """Slot 1 at 20 m/s comes up behind slot 2 at 8 m/s on the right lane; the ego is far behind."""
    drive = Drive(straight_road(sections=6), cars=cars)
    drive.put(0, 1, 6.0, 1.0)
    drive.put(1, 1, 60.0, 20.0, cooldown=0)
    drive.put(2, 3, 30.0, 8.0, speed_factor=0.4)
    return drive


def signs(drive: Drive, slot: int = 1) -> tuple:
    actors = drive.actors
    return int(actors.lamps[0, slot]), float(actors.y[0, slot]), int(actors.change_ticks[0, slot])


def test_an_overtaker_signals_for_a_second_before_it_moves_and_until_it_is_over():
    drive = slow_lead()
    log = drive.run(9.0, watch=signs)
    left = (log[:, 0].astype(int) & Lamp.LEFT) != 0
    moves = np.abs(np.diff(log[:, 1])) > 1e-4
    assert moves.any()
    first_signal, first_motion, last_motion = left.argmax(), moves.argmax(), len(moves) - 1 - moves[::-1].argmax()
    assert first_motion - first_signal >= 10
    assert left[first_signal:last_motion].all()
    assert not left[last_motion + 2 :].any()
    assert log[-1, 1] == pytest.approx(WIDTH_M, abs=1e-3)


def test_a_change_takes_the_configured_time():
    log = slow_lead().run(9.0, watch=signs)
    moves = np.flatnonzero(np.abs(np.diff(log[:, 1])) > 1e-5)
    assert 0.1 * (moves[-1] - moves[0] + 1) == pytest.approx(4.0, abs=0.3)


def test_a_car_alongside_keeps_the_overtaker_in_its_lane():
    drive = slow_lead(cars=3)
    drive.put(3, 0, 62.0, 20.0, speed_factor=1.0)
    log = drive.run(2.5, watch=lambda d: (*signs(d), d.actors.y[0, 3]), command={3: lambda _: 0.0})
    assert np.ptp(log[:, 1]) < 1e-3


def test_a_wish_that_nobody_needs_is_given_up_after_a_while():
    drive = slow_lead(cars=3)
    drive.put(1, 1, 60.0, 12.0, cooldown=0)
    drive.actors.target_lane[0, 1] = 0
    drive.actors.change_ticks[0, 1] = 0
    drive.actors.cooldown[0, 1] = 30
    drive.actors.lamps[0, 1] = Lamp.LEFT
    drive.put(3, 0, 60.0, 12.0)

    def alongside(_: float) -> float:
        return float(np.clip(5.0 * (drive.actors.speed[0, 1] - drive.actors.speed[0, 3]), -8.0, 8.0))

    log = drive.run(6.0, watch=signs, command={3: alongside})
    assert (log[:20, 0].astype(int) & Lamp.LEFT).all()
    assert log[-1, 0] == 0 or log[-1, 2] < 20
    assert np.ptp(log[:, 1]) < 1e-3


def test_slow_cars_return_to_the_right_lane():
    drive = Drive(straight_road(sections=6), cars=1)
    drive.put(0, 1, 5.0, 0.0)
    drive.put(1, 0, 60.0, 15.0, cooldown=0)
    log = drive.run(8.0, watch=signs)
    assert log[-1, 1] == pytest.approx(0.0, abs=1e-3)


def side_lane(kind: LaneType) -> RoadNetwork:
    """400 m of one driving lane with a lane of another type on its right."""
    lanes = (
        straight_lane(0.0, WIDTH_M, 400.0, right=1, change_right=True),
        straight_lane(0.0, 0.0, 400.0, left=0, change_left=True, type=kind),
    )
    routes = (Route(start_lane=0, start_s=5.0, goal_lane=0, goal_s=390.0),)
    return RoadNetwork(name="side lane", seed=0, lanes=lanes, routes=routes)


@pytest.mark.parametrize(("kind", "least", "most"), [(LaneType.EXIT, 0.15, 0.35), (LaneType.SHOULDER, 0.0, 0.0)])
def test_some_leave_by_an_exit_and_nobody_by_choice_onto_other_lanes(kind, least, most):
    drive = Drive(side_lane(kind), cars=5)
    left = 0
    for seed in range(30):
        drive.world.reset(seed, maps=[0], routes=[0])
        drive.put(0, 0, 5.0, 0.0)
        for slot in range(1, 6):
            drive.put(slot, 0, 20.0 + 40.0 * slot, 15.0, cooldown=0)
        drive.run(3.0, action=(0.0, -1.0))
        left += int((drive.actors.target_lane[0, 1:] == 1).sum())
    assert least <= left / 150 <= most


def test_the_ego_overtakes_and_is_told_so_only_while_it_moves():
    drive = Drive(straight_road(sections=8), cars=1)
    drive.put(0, 1, 5.0, 20.0, cooldown=0)
    drive.put(1, 1, 70.0, 8.0, speed_factor=0.4)
    log = drive.run(
        9.0,
        watch=lambda d: (d.navigation.command[0, 0, 0], d.actors.y[0, 0], d.actors.lamps[0, 0] & Lamp.LEFT),
        command={1: lambda _: 0.0},
    )
    told = np.flatnonzero(log[:, 0] > 0)
    assert told.size > 0
    assert log[told[0] - 10 : told[0], 2].all(), "it signals for a second before it is told to move"
    assert abs(log[told[0], 1]) < 0.2
    assert log[told[-1], 1] == pytest.approx(WIDTH_M - 0.7, abs=0.15)
    assert np.diff(told).max() == 1


def test_an_ego_that_ignores_its_expert_frees_the_lane_it_does_not_take():
    drive = Drive(straight_road(sections=8), cars=1)
    drive.put(0, 1, 5.0, 10.0)
    drive.put(1, 5, 90.0, 10.0)
    drive.actors.target_lane[0, 0] = 0
    drive.actors.change_ticks[0, 0] = 11
    log = drive.run(8.0, watch=lambda d: (d.actors.second_lane[0, 0],), action=(0.0, 0.0))
    assert log[10, 0] >= 0
    assert log[-1, 0] < 0


def test_far_from_the_last_point_nothing_is_urgent_and_near_it_everything_is():
    lanes = (
        straight_lane(0.0, WIDTH_M, 300.0, successors=(2,), right=1, change_right=True),
        straight_lane(0.0, 0.0, 300.0, left=0, change_left=True),
        straight_lane(300.0, WIDTH_M, 200.0, road=1),
    )
    routes = (Route(start_lane=1, start_s=5.0, goal_lane=2, goal_s=190.0),)
    drive = Drive(RoadNetwork(name="drop", seed=0, lanes=lanes, routes=routes), cars=1)
    drive.put(0, 1, 40.0, 15.0)
    drive.put(1, 0, 20.0, 0.0)
    drive.world.decide()
    assert drive.navigation.command[0, 0, 1] == pytest.approx(2.6)
    assert drive.actors.target_lane[0, 0] == 0
