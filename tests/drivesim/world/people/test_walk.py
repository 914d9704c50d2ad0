"""Walkers keep to footpaths, take all of them, differ as people do, and are the same in any batch."""

from math import erf

import numpy as np
import pytest

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.state import ActorKind
from drivesim.state.people import Nature
from drivesim.world.step import World
from tests.reference.streets import PAVEMENT_Y, Walk, on_road, street

WALKERS = 12


def town(worlds: int, *, walkers: int = WALKERS, cars: int = 4, driver_count: int = 1, threads: int = 1) -> World:
    config = EnvConfig(traffic=TrafficConfig(car_count=cars, pedestrian_count=walkers, cyclist_count=1), sensors=())
    world = World(MapBank.bare([street(bays=6)]), config, worlds, threads, driver_count=driver_count)
    world.reset(seed=5)
    return world


def drive(world: World, steps: int) -> None:
    for _ in range(steps):
        if world.driver_count:
            world.step(world.state.plan.expert_action[:, 0])
        else:
            world.step(np.zeros((world.world_count, 0, 2), np.float32))


def walkers_of(world: World) -> slice:
    first = world.driver_count + world.config.traffic.car_count
    return slice(first, first + world.config.traffic.pedestrian_count)


def test_adults_walk_at_the_speeds_of_the_model():
    world = town(200, cars=0)
    people = world.state.people
    alone = (people.nature == Nature.ADULT) & (people.guide == np.arange(WALKERS))
    pace = np.sort(people.pace[alone].astype(np.float64))
    # The normal distribution cut off at 2.5 deviations; the bound is Kolmogorov's at 1 %.
    cdf = np.array([0.5 * (1.0 + erf((v - 1.34) / (0.26 * 2.0**0.5))) for v in pace])
    inside = np.abs(pace - 1.34) < 2.5 * 0.26 - 1e-3
    ranks = (np.arange(len(pace)) + 0.5) / len(pace)
    assert len(pace) > 800
    assert np.abs(cdf - ranks)[inside].max() < 1.63 / len(pace) ** 0.5
    assert abs(pace - 1.34).max() <= 2.5 * 0.26 + 1e-4


def test_people_are_of_all_ages_and_take_gaps_of_their_own():
    world = town(200, cars=0)
    people = world.state.people
    shares = np.bincount(people.nature.ravel(), minlength=3) / people.nature.size
    assert shares == pytest.approx((0.73, 0.12, 0.15), abs=0.03)
    gap = people.gap[people.nature != Nature.CHILD]
    assert 3.0 <= gap.min() < 3.1
    assert 4.9 < gap.max() <= 5.0
    assert gap.mean() == pytest.approx(4.0, abs=0.05)
    height = world.state.actors.height[:, walkers_of(world)]
    assert height[people.nature == Nature.CHILD].max() < 1.46


def test_a_walker_alone_keeps_its_pace_and_its_side():
    walk = Walk(street(), (60.0, 0.0), crawls=True)
    walk.put(0, 20.0, pace=1.4, side=-0.5)
    log = walk.run(20.0)
    assert log[50:, 5] == pytest.approx(1.4, abs=0.02)
    # Half a width less 0.3 m is 1.2 m; half of it to the right of who walks east.
    assert log[50:, 4] == pytest.approx(-PAVEMENT_Y - 0.6, abs=0.05)
    assert walk.actors.yaw[0, 1] == pytest.approx(0.0, abs=0.05)


def test_at_a_dead_end_a_walker_turns_back():
    walk = Walk(street(), (60.0, 0.0), crawls=True)
    walk.put(0, 6.0, ahead=-1, pace=1.4)
    log = walk.run(15.0)
    assert 0.0 < log[:, 3].min() < 2.0
    assert log[-1, 3] > 8.0
    assert log[-1, 5] == pytest.approx(1.4, abs=0.05)


def test_limbs_move_with_the_way_walked():
    walk = Walk(street(), (60.0, 0.0), crawls=True)
    walk.put(0, 20.0, pace=1.4)
    walk.run(0.1)
    before, at = float(walk.actors.gait[0, 1]), float(walk.actors.x[0, 1])
    walk.run(0.5)
    stride = 0.83 * 1.7  # of somebody 1.7 m tall
    turned = (float(walk.actors.gait[0, 1]) - before) % (2.0 * np.pi)
    assert turned == pytest.approx(2.0 * np.pi * (float(walk.actors.x[0, 1]) - at) / stride, rel=0.01)


def test_nobody_is_on_the_road_who_does_not_cross_it():
    world = town(8, driver_count=0)
    a, people, paths = world.state.actors, world.state.people, world.bank.arrays.footpaths
    own = walkers_of(world)
    crossed = 0
    for _ in range(600):
        drive(world, 1)
        there = a.kind[:, own] != ActorKind.NONE
        on = on_road(a.y[:, own]) & there
        crossed += int(on.sum())
        assert (people.crossing[on] == people.path[on]).all()
        assert (paths.road[people.path[on], 0] < np.inf).all()
        assert (np.abs(a.y[:, own][there]) < PAVEMENT_Y + 1.6).all()
    assert crossed > 200


def test_walks_take_every_footpath_and_go_both_ways():
    world = town(8, cars=0, driver_count=0)
    seen = set()
    for _ in range(1500):
        drive(world, 1)
        people = world.state.people
        seen |= set(zip(people.path.ravel().tolist(), people.ahead.ravel().tolist(), strict=True))
    assert {(path, ahead) for path in range(8) for ahead in (1, -1)} <= seen
    assert any(path >= 8 for path, _ in seen), "some walk straight across the street"


def test_traffic_and_people_do_not_touch():
    world = town(16, walkers=20, cars=6, driver_count=0)
    a = world.state.actors
    own = walkers_of(world)
    least = np.inf
    for _ in range(900):
        drive(world, 1)
        cars = np.zeros(a.kind.shape[1], bool)
        cars[: own.start] = True
        there = (a.kind[:, own] != ActorKind.NONE)[:, :, None] & (a.kind[:, cars] != ActorKind.NONE)[:, None, :]
        centre = 0.5 * a.length[:, cars] - a.rear[:, cars]
        x, y = a.x[:, cars] + centre * np.cos(a.yaw[:, cars]), a.y[:, cars] + centre * np.sin(a.yaw[:, cars])
        east, north = a.x[:, own, None] - x[:, None], a.y[:, own, None] - y[:, None]
        cos, sin = np.cos(a.yaw[:, cars])[:, None], np.sin(a.yaw[:, cars])[:, None]
        along = np.abs(east * cos + north * sin) - 0.5 * a.length[:, cars][:, None]
        aside = np.abs(north * cos - east * sin) - 0.5 * a.width[:, cars][:, None]
        apart = np.where(there, np.maximum(along, aside), np.inf)
        least = min(least, float(apart.min()))
    assert least > 0.2


def test_those_who_go_together_stay_together():
    world = town(20, cars=0, driver_count=0)
    people, a = world.state.people, world.state.actors
    own = walkers_of(world)
    guide = people.guide.copy()
    rows, members = np.nonzero(guide != np.arange(WALKERS))
    assert len(rows) > 20
    drive(world, 300)
    still = people.guide[rows, members] == guide[rows, members]
    x, y = a.x[:, own], a.y[:, own]
    leader = guide[rows, members]
    apart = np.hypot(x[rows, members] - x[rows, leader], y[rows, members] - y[rows, leader])[still]
    assert np.median(apart) < 2.0
    assert (apart < 12.0).mean() > 0.9


def test_worlds_of_a_batch_are_single_worlds():
    batch = town(5, threads=2)
    drive(batch, 150)
    for index in (0, 3):
        single = town(1)
        single.reset(seed=5 + index)
        drive(single, 150)
        for group in ("actors", "people"):
            for name, values in getattr(single.state, group)._asdict().items():
                np.testing.assert_array_equal(
                    values[0], getattr(batch.state, group)._asdict()[name][index], err_msg=name
                )


def test_a_restored_world_goes_on_as_it_did():
    world = town(3)
    drive(world, 80)
    snapshot = world.snapshot()
    drive(world, 80)
    after = world.snapshot()
    world.restore(snapshot)
    drive(world, 80)
    for name, values in world.snapshot().items():
        np.testing.assert_array_equal(values, after[name], err_msg=name)
