"""Parked cars pull out into gaps, drive on, and park again; doors open where nobody is put at risk."""

import numpy as np
import pytest
from numba import njit

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.state import ActorKind, Lamp, Motion
from drivesim.state.actors import Errand
from drivesim.state.bodies import remember_poses
from drivesim.world.contacts import overlap_count
from drivesim.world.errands.bays import is_empty
from drivesim.world.step import World
from tests.reference.streets import LANE_Y, mirrored, street

PARKED, DOOR = 1, 4
"""Slots: the driver, three parked cars, a door."""


def stage(*, left_hand: bool = False, driver_x: float = 195.0, walkers: int = 0) -> World:
    """A street whose driver stands far beyond the bays, with one car in bay 5 (x = 50 m) and nobody else.

    Slots for `walkers` who are not there come before the car.
    """
    network = street(bays=20)
    config = EnvConfig(traffic=TrafficConfig(parked_count=3, pedestrian_count=walkers), sensors=())
    world = World(MapBank.bare([mirrored(network) if left_hand else network]), config, 1)
    world.reset(seed=1)
    a = world.state.actors
    a.kind[0, 1:] = ActorKind.NONE
    side = -1.0 if left_hand else 1.0
    put(world, PARKED + walkers, 5, side)
    a.x[0, 0] = a.s[0, 0] = driver_x
    a.speed[0, 0], a.speed_factor[0, 0] = 0.0, 0.001
    # Nobody else comes: an empty slot is filled out of sight.
    world.state.conditions.parked_count[0], world.state.conditions.pedestrian_count[0] = 1, 0
    remember_poses(a, 0)
    return world


def put(world: World, slot: int, bay: int, side: float = 1.0, kind: ActorKind = ActorKind.CAR) -> None:
    """Parks a car of 4.4 m in a bay; bays lie at x = 20, 26, ... and y = -4.6 times `side`."""
    a = world.state.actors
    body = {"kind": kind, "motion": Motion.STANDING, "length": 4.4, "width": 1.8, "height": 1.5, "rear": 0.9,
            "wheelbase": 2.6, "x": 20.0 + 6.0 * bay - 1.3, "y": -4.6 * side, "yaw": 0.0, "lane": -1, "target_lane": -1,
            "speed": 0.0, "speed_factor": 1.0, "speed_max": np.inf, "time_headway": 1.5, "min_gap": 2.0,
            "accel_max": 1.5, "brake_comfort": 2.0, "errand": Errand.NONE, "place": bay, "lead": -1}  # fmt: skip
    for name, value in body.items():
        getattr(a, name)[0, slot] = value


def follow(world: World, seconds: float, slot: int = PARKED) -> dict[str, np.ndarray]:
    """Steps with the driver standing; columns of one road user per step."""
    a, names = world.state.actors, ("x", "y", "yaw", "speed", "errand", "motion", "lamps", "lane", "kind")
    log = []
    for _ in range(round(10.0 * seconds)):
        world.step(np.array([[0.0, -1.0]], np.float32))
        log.append([float(getattr(a, name)[0, slot]) for name in names])
    return dict(zip(names, np.array(log).T, strict=True))


def leave(world: World) -> None:
    world.state.actors.errand[0, PARKED] = Errand.LEAVES
    world.state.actors.errand_tick[0, PARKED] = world.state.worlds.tick[0]


@pytest.mark.parametrize(("left_hand", "side"), [(False, 1.0), (True, -1.0)])
def test_a_parked_car_pulls_out_onto_its_lane_and_drives_on(left_hand, side):
    world = stage(left_hand=left_hand)
    leave(world)
    log = follow(world, 12.0)
    out = log["errand"] == Errand.PULLS_OUT
    assert not out[:19].any()  # signals for two seconds
    assert out.any()
    assert log["errand"][-1] == Errand.SEEKS
    assert log["motion"][-1] == Motion.LANE_FOLLOWER
    assert log["y"][-1] == pytest.approx(-LANE_Y * side, abs=0.05)
    assert np.abs(log["yaw"]).max() < np.arctan(0.7) + 1e-3
    # It is off the row of bays before its right side comes to the second bay ahead (from 59.2 m on).
    nose_y = side * log["y"] + 3.5 * np.sin(side * log["yaw"]) - 0.9 * np.cos(log["yaw"])
    assert nose_y[log["x"] + 3.5 > 59.2].min() > -3.5
    assert log["speed"][-1] > 6.0


def test_who_leaves_waits_for_a_car_that_comes():
    world = stage()
    put(world, 2, 0)
    a = world.state.actors
    coming = {"motion": Motion.LANE_FOLLOWER, "lane": 0, "target_lane": 0, "second_lane": -1, "change_ticks": -1,
              "s": 5.0, "x": 5.0, "y": -LANE_Y, "speed": 12.0, "place": -1, "d": 0.0}  # fmt: skip
    for name, value in coming.items():
        getattr(a, name)[0, 2] = value
    a.errand[0, 2] = Errand.SEEKS
    a.errand_tick[0, 2] = 1 << 20  # never old enough to look for a bay
    remember_poses(a, 0)
    world.state.actors.errand[0, PARKED] = Errand.LEAVES
    world.state.actors.errand_tick[0, PARKED] = -20
    world.decide()
    passed, out = [], []
    for _ in range(80):
        world.step(np.array([[0.0, -1.0]], np.float32))
        passed.append(a.x[0, 2] - a.rear[0, 2] > a.x[0, PARKED] + 3.5)
        out.append(a.errand[0, PARKED] == Errand.PULLS_OUT)
        assert a.accel[0, 2] > -1.0  # who comes need not brake
    assert any(out)
    assert passed[int(np.argmax(out))]


def test_nobody_pulls_out_into_the_bay_of_somebody_else():
    world = stage()
    put(world, 2, 6)
    leave(world)
    log = follow(world, 6.0)
    assert (log["errand"] != Errand.PULLS_OUT).all()


def test_who_seeks_a_bay_signals_and_stands_in_it():
    world = stage()
    leave(world)
    follow(world, 8.0)
    a = world.state.actors
    a.errand_tick[0, PARKED] = -1000  # has driven long enough
    log = follow(world, 25.0)
    assert log["errand"][-1] == Errand.NONE
    assert log["motion"][-1] == Motion.STANDING
    assert log["speed"][-1] == 0.0
    assert log["y"][-1] == pytest.approx(-4.6, abs=0.12)
    assert log["yaw"][-1] == pytest.approx(0.0, abs=0.06)
    bay = (log["x"][-1] + 1.3 - 20.0) / 6.0
    assert bay == pytest.approx(round(bay), abs=0.12)
    assert round(bay) > 5
    turning = log["lamps"][log["errand"] == Errand.PARKS].astype(int)
    assert (turning & Lamp.RIGHT).any()
    assert not (turning & Lamp.LEFT).any()


def opened(world: World, seconds: float) -> int:
    """Steps until a door is open; how many steps that took."""
    a = world.state.actors
    for step in range(round(10.0 * seconds)):
        world.step(np.array([[0.0, -1.0]], np.float32))
        if a.kind[0, DOOR] == ActorKind.CAR_DOOR:
            return step
    return -1


@pytest.mark.parametrize(("length", "width"), [(4.2, 1.8), (4.9, 1.95), (5.4, 2.05)])
def test_who_pulls_out_stays_on_its_side_of_the_road_and_drives_on_straight(length, width):
    world = stage()
    a = world.state.actors
    a.length[0, PARKED], a.width[0, PARKED], a.x[0, PARKED] = length, width, 50.0 + 0.9 - 0.5 * length
    leave(world)
    log = follow(world, 14.0)
    corner = log["y"] + (length - 0.9) * np.sin(log["yaw"]) + 0.5 * width * np.cos(log["yaw"])
    assert corner.max() < -0.1
    after = log["errand"] == Errand.SEEKS
    assert after.any()
    assert log["y"][after] == pytest.approx(-LANE_Y, abs=0.05)


@pytest.mark.parametrize("bay", [5, 6])
def test_a_bay_and_the_one_ahead_are_taken_until_who_pulls_out_has_left(bay):
    world = stage()
    leave(world)
    maps, free = world.bank.arrays, []
    for _ in range(140):
        world.step(np.array([[0.0, -1.0]], np.float32))
        if world.state.actors.errand[0, PARKED] == Errand.PULLS_OUT:
            free.append(_is_empty(maps, world.state, 0, 2, np.int64(bay)))
    assert free
    assert not any(free)
    assert _is_empty(maps, world.state, 0, 2, np.int64(bay))


@njit
def _is_empty(maps, state, world, slot, bay):
    return is_empty(maps, state, world, slot, bay)


@pytest.mark.parametrize(("length", "width"), [(4.4, 1.8), (5.3, 2.05)])
def test_who_pulls_in_touches_nobody_in_the_second_bay_behind_and_keeps_its_nose_near(length, width):
    world = stage()
    a = world.state.actors
    leave(world)
    follow(world, 8.0)
    a.length[0, PARKED], a.width[0, PARKED] = length, width
    a.errand_tick[0, PARKED] = -1000
    while a.errand[0, PARKED] != Errand.PARKS:
        world.step(np.array([[0.0, -1.0]], np.float32))
    bay = int(a.place[0, PARKED]) - 2
    put(world, 2, bay)
    a.length[0, 2], a.width[0, 2], a.x[0, 2] = 5.3, 2.05, 20.0 + 6.0 * bay - 1.75
    a.place[0, 2] = -1  # nobody opens its door
    remember_poses(a, 0)
    lowest = 0.0
    for _ in range(250):
        world.step(np.array([[0.0, -1.0]], np.float32))
        if a.motion[0, PARKED] == Motion.STANDING:
            break
        assert getattr(overlap_count, "py_func", overlap_count)(a, 0) == 0
        yaw = a.yaw[0, PARKED]
        lowest = min(lowest, a.y[0, PARKED] + (length - 0.9) * np.sin(yaw) - 0.5 * width * np.cos(yaw))
    assert a.motion[0, PARKED] == Motion.STANDING
    assert lowest > -4.6 - 1.9


@pytest.mark.parametrize("ahead", [4.0, 6.0, 8.0, 10.0])
def test_who_pulls_in_lets_somebody_walk_by_before_its_nose(ahead):
    world = stage(walkers=1)
    a, people = world.state.actors, world.state.people
    car = PARKED + 1
    a.errand[0, car] = Errand.LEAVES
    for _ in range(80):
        world.step(np.array([[0.0, -1.0]], np.float32))
    a.errand_tick[0, car] = -1000
    while a.aside_target[0, car] == 0.0:
        world.step(np.array([[0.0, -1.0]], np.float32))
    # Along the kerb, towards the car: it comes to the bay when the nose does.
    bay = 20.0 + 6.0 * a.place[0, car]
    body = {"kind": ActorKind.PEDESTRIAN, "motion": Motion.WALKER, "length": 0.4, "width": 0.5, "height": 1.7,
            "rear": 0.2, "x": bay + ahead, "y": -5.9, "yaw": np.pi, "lane": -1, "speed": 1.3}  # fmt: skip
    for name, value in body.items():
        getattr(a, name)[0, 1] = value
    row = {"path": 0, "along": bay + ahead, "ahead": -1, "next_path": -1, "crossing": -1, "waited": 0, "east": -1.3,
           "north": 0.0, "pace": 1.3, "side": -0.5, "gap": 4.0, "nature": 2, "guide": 0, "turns": 0}  # fmt: skip
    for name, value in row.items():
        getattr(people, name)[0, 0] = value
    world.state.conditions.pedestrian_count[0] = 1
    remember_poses(a, 0)
    for _ in range(300):
        world.step(np.array([[0.0, -1.0]], np.float32))
        if a.speed[0, car] > 0.1:
            cos, sin = np.cos(a.yaw[0, car]), np.sin(a.yaw[0, car])
            east, north = a.x[0, 1] - a.x[0, car] - 1.3 * cos, a.y[0, 1] - a.y[0, car] - 1.3 * sin
            along, aside = abs(east * cos + north * sin) - 2.2, abs(north * cos - east * sin) - 0.9
            assert max(along, aside) > 0.2, "it drives against somebody"
        if a.errand[0, car] == Errand.NONE:
            break
    assert a.errand[0, car] == Errand.NONE
    assert a.motion[0, car] == Motion.STANDING


@pytest.mark.parametrize(("left_hand", "side"), [(False, 1.0), (True, -1.0)])
def test_a_door_swings_out_of_the_side_towards_the_road_and_shut_again(left_hand, side):
    world = stage(left_hand=left_hand)
    a = world.state.actors
    assert opened(world, 120.0) >= 0
    log = follow(world, 12.0, DOOR)
    there = log["kind"] == ActorKind.CAR_DOOR
    hinge = 50.0 - 1.3 + 4.4 - 0.9 - 1.5
    assert log["x"][there] == pytest.approx(hinge, abs=1e-3)
    assert log["y"][there] == pytest.approx(side * (-4.6 + 0.9), abs=1e-3)
    # 62 degrees from the flank: 1.05 m sin(62 deg) = 0.93 m into the road.
    assert (1.05 * side * np.sin(log["yaw"][there])).max() == pytest.approx(0.927, abs=0.01)
    assert 30 < there.sum() < 105
    assert a.kind[0, DOOR] == ActorKind.NONE
    assert (log["lane"][there] == 0).any()


def test_an_open_door_stops_the_traffic_on_its_lane():
    world = stage(driver_x=12.0)
    a = world.state.actors
    a.speed_factor[0, 0] = 1.0
    a.speed[0, 0] = 0.0
    a.errand_tick[0, DOOR] = world.state.worlds.tick[0]
    for _ in range(1200):
        if a.kind[0, DOOR] == ActorKind.CAR_DOOR:
            break
        world.step(np.array([[0.0, -1.0]], np.float32))
    assert a.kind[0, DOOR] == ActorKind.CAR_DOOR
    nearest = np.inf
    for _ in range(100):
        world.step(world.state.plan.expert_action[:, 0])
        if a.kind[0, DOOR] == ActorKind.CAR_DOOR and a.lane[0, DOOR] == 0:
            nearest = min(nearest, a.s[0, DOOR] - a.x[0, 0] - (a.length[0, 0] - a.rear[0, 0]))
    assert nearest > 0.5
    assert world.state.events.count[0, 0].sum() == 0


def test_doors_of_vans_and_empty_rows_do_no_harm():
    world = stage()
    put(world, PARKED, 5, kind=ActorKind.VAN)
    follow(world, 30.0)
    overlaps = getattr(overlap_count, "py_func", overlap_count)(world.state.actors, 0)
    assert overlaps <= int(world.state.actors.kind[0, DOOR] == ActorKind.CAR_DOOR)
