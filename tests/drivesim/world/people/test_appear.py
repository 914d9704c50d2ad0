"""Walkers, cyclists and parked cars are where they belong, and out of sight when they come."""

import dataclasses

import numpy as np
import pytest

from drivesim.config import CameraConfig, EnvConfig, TrafficConfig
from drivesim.errors import ConfigError
from drivesim.maps.bank import MapBank
from drivesim.maps.network import LaneType
from drivesim.state import ActorKind, Motion
from drivesim.world.people.appear import GONE
from drivesim.world.step import World
from tests.reference.networks import four_way
from tests.reference.streets import LANE_Y, PAVEMENT_Y, mirrored, street

BAYS = 20


def town(worlds: int = 4, *, network=None, sensors=(), **traffic) -> World:
    config = EnvConfig(traffic=TrafficConfig(**traffic), sensors=sensors)
    world = World(MapBank.bare([network if network is not None else street(bays=BAYS)]), config, worlds)
    world.reset(seed=11)
    return world


def drive(world: World, steps: int) -> None:
    for _ in range(steps):
        world.step(world.state.plan.expert_action[:, 0])


def test_everybody_asked_for_is_there_in_the_order_of_slots():
    world = town(car_count=1, pedestrian_count=5, cyclist_count=2, parked_count=3)
    kind = world.state.actors.kind
    assert kind.shape[1] == 1 + 1 + 5 + 2 + 3 + 1  # the last is a door's
    assert (kind[:, 2:7] == ActorKind.PEDESTRIAN).mean() > 0.95
    assert (kind[:, 7:9] == ActorKind.CYCLIST).mean() > 0.8
    assert np.isin(kind[:, 9:12], (ActorKind.CAR, ActorKind.VAN)).mean() > 0.9
    assert (world.state.actors.motion[:, 2:7] == Motion.WALKER).all()


def test_walkers_begin_on_pavements():
    world = town(8, pedestrian_count=10)
    y = world.state.actors.y[:, 1:][world.state.actors.kind[:, 1:] != ActorKind.NONE]
    assert (np.abs(np.abs(y) - PAVEMENT_Y) < 1.5).all()


def test_parked_cars_stand_alone_in_bays():
    world = town(8, parked_count=6)
    a = world.state.actors
    for index in range(8):
        there = a.kind[index, 1:] != ActorKind.NONE
        centre = a.x[index, 1:][there] + 0.5 * a.length[index, 1:][there] - a.rear[index, 1:][there]
        bay = (centre - 20.0) / 6.0
        assert bay == pytest.approx(np.round(bay), abs=1e-4)
        assert len(set(np.round(bay).tolist())) == there.sum() > 3
        assert a.y[index, 1:][there] == pytest.approx(-4.6)
        assert (a.speed[index, 1:][there] == 0.0).all()


def test_cyclists_ride_at_their_speed_at_the_right_side_and_cars_stay_behind():
    world = town(8, cyclist_count=2)
    a = world.state.actors
    drive(world, 100)
    there = a.kind[:, 1:] == ActorKind.CYCLIST
    y, speed = a.y[:, 1:][there], a.speed[:, 1:][there]
    assert len(y) > 6
    # 0.75 m from the lane's right edge.
    assert np.median(np.abs(y)) == pytest.approx(2.0 * LANE_Y - 0.75, abs=1e-3)
    assert np.abs(y).max() < 2.0 * LANE_Y - 0.74
    assert 15.0 / 3.6 - 0.3 < np.median(speed) < 20.0 / 3.6
    assert speed.max() < 20.0 / 3.6 + 0.1
    assert (world.state.events.count[:, 0].sum(axis=-1) == 0).all()


def test_cyclists_ride_at_the_left_side_where_traffic_keeps_left():
    world = town(8, network=mirrored(street()), cyclist_count=2)
    a = world.state.actors
    drive(world, 60)
    there = a.kind[:, 1:] == ActorKind.CYCLIST
    y = a.y[:, 1:][there]
    assert len(y) > 6
    # Lane 0, eastwards, is the one at y = 1.75 now; its outer edge is that at 3.5.
    assert (np.sign(y) == np.sign(np.cos(a.yaw[:, 1:][there]))).all()
    assert np.median(np.abs(y)) == pytest.approx(2.0 * LANE_Y - 0.75, abs=1e-3)


def test_conditions_say_how_many_there_are_in_each_world():
    world = town(3, pedestrian_count=4, cyclist_count=2, parked_count=4)
    world.reset(seed=3, conditions={"pedestrian_count": [0, 2, 4], "cyclist_count": 0, "parked_count": [4, 0, 1]})
    kind = world.state.actors.kind
    assert (kind[:, 1:5] != ActorKind.NONE).sum(axis=1).tolist() == [0, 2, 4]
    assert (kind[:, 5:7] == ActorKind.NONE).all()
    assert (kind[:, 7:11] != ActorKind.NONE).sum(axis=1).tolist() == [4, 0, 1]
    drive(world, 20)
    assert ((kind[:, 1:5] != ActorKind.NONE).sum(axis=1) <= [0, 2, 4]).all()


def test_cyclists_take_cycle_lanes_where_there_are_some():
    network = street()
    lanes = tuple(
        dataclasses.replace(lane, type=LaneType.BIKING) if k == 1 else lane for k, lane in enumerate(network.lanes)
    )
    world = town(8, network=dataclasses.replace(network, lanes=lanes), cyclist_count=2, car_count=3)
    a = world.state.actors
    bikes = a.lane[:, 4:][a.kind[:, 4:] != ActorKind.NONE]
    cars = a.lane[:, :4][a.kind[:, :4] != ActorKind.NONE]
    assert (bikes == 1).mean() > 0.7
    assert (cars == 0).all()


def test_nobody_appears_in_sight_of_a_camera():
    world = town(6, pedestrian_count=8, parked_count=4, sensors=(CameraConfig(),))
    a = world.state.actors
    before = a.born.copy()
    came = 0
    for _ in range(250):
        kinds = a.kind.copy()
        drive(world, 1)
        new = (a.kind != ActorKind.NONE) & ((a.born != before) | (kinds == ActorKind.NONE)) & (a.born > 0)
        new[:, 0] = False
        new &= a.kind != ActorKind.CAR_DOOR
        for index, slot in zip(*np.nonzero(new), strict=True):
            if a.born[index, slot] == world.state.worlds.tick[index]:
                came += 1
                far = np.hypot(a.x[index, slot] - a.x[index, 0], a.y[index, slot] - a.y[index, 0])
                assert far > 60.0
        before = a.born.copy()
        there = (a.kind[:, 1:] != ActorKind.NONE) & (a.motion[:, 1:] != Motion.LANE_FOLLOWER)
        apart = np.hypot(a.x[:, 1:] - a.x[:, :1], a.y[:, 1:] - a.y[:, :1])
        running = world.state.episode.end[:, 0] == 0
        assert (apart[running][there[running]] < GONE + 60.0).all()
    assert came >= 0


def test_a_map_without_footpaths_or_bays_has_nobody_there():
    world = town(2, network=four_way(), pedestrian_count=4, parked_count=2)
    drive(world, 10)
    assert (world.state.actors.kind[:, 1:] == ActorKind.NONE).all()


@pytest.mark.parametrize("name", ["pedestrian_count", "cyclist_count", "parked_count"])
@pytest.mark.parametrize("value", [-1, 256, 1.5])
def test_counts_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        TrafficConfig(**{name: value})
