"""Several drivers in one world, each with its own action, plan, labels, camera and end."""

import numpy as np
import pytest

from drivesim.config import ENV_PRESETS, CameraConfig, replace
from drivesim.errors import ActionError
from drivesim.maps.bank import MapBank
from drivesim.semantics import Semantic
from drivesim.sensors.rig import Rig
from drivesim.state import ActorKind, EndReason, Event
from drivesim.world.step import World

DRIVERS = 2
CAMERA = CameraConfig(width=64, height=32, channels=("rgb", "semantic", "instance"))


@pytest.fixture(scope="module")
def bank():
    return MapBank.build(replace(ENV_PRESETS["highway"].map, count=2, length_m=300.0), threads=2)


def make(bank, worlds=3, *, cars=6, threads=1) -> World:
    config = replace(ENV_PRESETS["highway"], traffic={"car_count": cars}, sensors=(CAMERA,))
    world = World(bank, config, worlds, threads, driver_count=DRIVERS)
    world.reset(seed=5)
    return world


def test_every_driver_steers_a_slot_and_begins_on_its_own_route_clear_of_the_other(bank):
    world = make(bank, 40)
    actors, routes = world.state.actors, world.bank.arrays.routes
    assert (actors.driver[:, :DRIVERS] == np.arange(DRIVERS)).all()
    assert (actors.driver[:, DRIVERS:] == -1).all()
    gap = np.hypot(actors.x[:, 1] - actors.x[:, 0], actors.y[:, 1] - actors.y[:, 0])
    assert gap.min() >= 14.9
    for driver in range(DRIVERS):
        route = world.state.navigation.route[:, driver]
        assert (route >= routes.map_first[world.state.worlds.map]).all()
        assert (route < routes.map_end[world.state.worlds.map]).all()


def test_both_drive_to_their_goals_by_their_own_experts_answers(bank):
    world = make(bank, 8)
    for _ in range(1200):
        if (world.state.episode.end[:, 0] != EndReason.RUNNING).all():
            break
        world.step(world.state.plan.expert_action)
    assert (world.state.episode.end[:, 0] == EndReason.SUCCESS).all()
    assert world.state.navigation.completion == pytest.approx(np.ones((8, DRIVERS)))


def test_labels_of_each_driver_tell_of_its_own_car(bank):
    world = make(bank)
    for _ in range(20):
        world.step(world.state.plan.expert_action)
    actors, labels = world.state.actors, world.state.labels
    np.testing.assert_array_equal(labels.lane_offset, actors.d[:, :DRIVERS])
    assert (world.state.plan.waypoints[:, :, -1, 0] > 10.0).all()


def test_a_driver_that_runs_into_the_other_sees_it_and_both_ends_say_so(bank):
    world = make(bank, 1, cars=0)
    actors = world.state.actors
    rig = Rig(world.config.sensors, 1, driver_count=DRIVERS)
    # Driver 0 stands 25 m ahead of driver 1 on its lane.
    for name in ("lane", "target_lane", "yaw"):
        getattr(actors, name)[0, 0] = getattr(actors, name)[0, 1]
    actors.s[0, 0] = actors.s[0, 1] + 25.0
    actors.x[0, 0] = actors.x[0, 1] + 25.0 * np.cos(actors.yaw[0, 1])
    actors.y[0, 0] = actors.y[0, 1] + 25.0 * np.sin(actors.yaw[0, 1])
    actors.speed[0] = 0.0
    world.decide()
    assert world.state.labels.lead_present.tolist() == [[False, True]]
    assert world.state.labels.lead_distance[0, 1] == pytest.approx(25.0 - 4.508, abs=0.3)
    rig.update(bank.arrays, world.state, world.launcher)
    frames = rig.observation()
    assert frames["camera"].shape == (DRIVERS, 32, 64, 3)
    assert (frames["camera_semantic"] == Semantic.CAR).any(axis=(1, 2)).tolist() == [False, True]
    assert set(np.unique(frames["camera_instance"][1])) >= {1}, "slot 0 is instance 1"
    rest, full = (0.0, 0.0), (0.0, 1.0)
    while (world.state.episode.end[:, 0] == EndReason.RUNNING).all():
        world.step(np.array([[rest, full]], np.float32))
    assert (world.state.episode.end[:, 0] == EndReason.COLLISION).all()
    hit = Event.COLLISION_VEHICLE
    assert world.state.events.other[..., hit].tolist() == [[1, 0]]
    assert world.state.events.count[..., hit].tolist() == [[1, 1]]
    assert world.state.events.speed[0, :, hit] == pytest.approx(float(actors.speed[0, 1]), abs=0.6)


def test_one_driver_ends_while_the_other_goes_on(bank):
    world = make(bank, 4, cars=0)
    action = np.zeros((4, DRIVERS, 2), np.float32)
    for _ in range(80):
        action[:, 1] = world.state.plan.expert_action[:, 1]
        action[:, 0] = (1.0, 0.3)
        world.step(action)
    ends, actors = world.state.episode.end, world.state.actors
    assert np.isin(ends[:, 0], (EndReason.OFF_ROAD, EndReason.COLLISION, EndReason.WRONG_WAY)).all()
    assert (ends[:, 1] == EndReason.RUNNING).all()
    assert (actors.kind[:, 0] == ActorKind.NONE).all(), "the car of a driver whose episode has ended leaves the road"
    assert (world.state.episode.reward[:, 0] == 0.0).all()
    assert (world.state.episode.reward[:, 1].sum(axis=1) > 0.0).all()


def test_worlds_with_several_drivers_do_not_depend_on_batch_or_threads(bank):
    one, many = make(bank, 1), make(bank, 9, threads=2)
    for _ in range(60):
        one.step(one.state.plan.expert_action)
        many.step(many.state.plan.expert_action)
    for name, array in one.snapshot().items():
        np.testing.assert_array_equal(many.snapshot()[name][:1], array, err_msg=name)


def test_the_action_of_several_drivers_has_their_axis(bank):
    world = make(bank)
    with pytest.raises(ActionError, match=r"expected numbers of shape \(3, 2, 2\), got float64 \(3, 2\)"):
        world.step(np.zeros((3, 2)))
