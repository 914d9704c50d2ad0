import numpy as np
import pytest

from drivesim.config import EnvConfig, MapConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.network import LaneType
from drivesim.maps.procedural import build_network
from drivesim.state import ActorKind
from drivesim.world.spawn import RESPAWN_AHEAD, RESPAWN_BEHIND, RESPAWN_FAR, SPAWN_FAR, VANISH_FAR
from drivesim.world.step import World

MAPS = 6
WORLDS = 60
CARS = 12


@pytest.fixture(scope="module")
def bank():
    config = MapConfig(generator="highway", length_m=800.0)
    return MapBank.bare([build_network(config, seed) for seed in range(MAPS)])


@pytest.fixture
def world(bank):
    config = EnvConfig(traffic=TrafficConfig(car_count=CARS), sensors=())
    world = World(bank, config, WORLDS)
    world.reset(3)
    return world


def alive(world: World) -> np.ndarray:
    return world.state.actors.kind[:, 1:] != ActorKind.NONE


def distance(world: World) -> np.ndarray:
    a = world.state.actors
    return np.hypot(a.x[:, 1:] - a.x[:, :1], a.y[:, 1:] - a.y[:, :1])


def reach(world: World) -> np.ndarray:
    """Distance of every other car from the ego or, if that is less, from where the ego's ramp meets its road [m]."""
    a, lanes = world.state.actors, world.bank.arrays.lanes
    far = distance(world)
    for w, lane in enumerate(a.lane[:, 0]):
        kind = lanes.type[lane]
        if kind not in (LaneType.ON_RAMP, LaneType.OFF_RAMP):
            continue
        while lanes.type[lane] == kind:
            lane = (lanes.successor if kind == LaneType.ON_RAMP else lanes.predecessor)[lane, 0]
        row = lanes.point_first[lane] if kind == LaneType.ON_RAMP else lanes.point_first[lane + 1] - 1
        x, y = lanes.point[row, :2]
        far[w] = np.minimum(far[w], np.hypot(a.x[w, 1:] - x, a.y[w, 1:] - y))
    return far


def ahead(world: World) -> np.ndarray:
    """How far ahead of the ego every other car is, along the ego's heading [m]."""
    a = world.state.actors
    cos, sin = np.cos(a.yaw[:, :1]), np.sin(a.yaw[:, :1])
    return (a.x[:, 1:] - a.x[:, :1]) * cos + (a.y[:, 1:] - a.y[:, :1]) * sin


def test_the_ego_starts_on_its_route_at_a_fitting_speed(world):
    a, lanes, routes = world.state.actors, world.bank.arrays.lanes, world.bank.arrays.routes
    route = world.state.navigation.route[:, 0]
    assert (a.lane[:, 0] == routes.start_lane[route]).all()
    assert a.s[:, 0] == pytest.approx(routes.start_s[route])
    share = a.speed[:, 0] / lanes.speed_limit[a.lane[:, 0]]
    assert (share <= 1.0).all()
    straight = lanes.type[a.lane[:, 0]] == LaneType.DRIVING
    assert (share[straight] > 0.75).all()


def test_the_ego_meets_traffic_on_its_own_side(world):
    a = world.state.actors
    with_it = alive(world) & (np.cos(a.yaw[:, 1:] - a.yaw[:, :1]) > 0.0)
    against = alive(world) & ~with_it
    near = with_it & (distance(world) < 150.0)
    assert near.sum(axis=1).mean() > 4.0
    assert (near & (ahead(world) > 0.0)).any(axis=1).mean() > 0.9
    assert 0.15 < against.sum() / alive(world).sum() < 0.4
    assert reach(world)[alive(world)].max() < SPAWN_FAR + 1.0


def test_nobody_has_to_brake_hard_for_who_appears(world):
    a = world.state.actors
    assert a.accel_decided[a.kind != ActorKind.NONE].min() > -3.5


def test_kinds_have_their_sizes_and_shares(bank):
    config = EnvConfig(traffic=TrafficConfig(car_count=30, truck_share=0.3), sensors=())
    world = World(bank, config, 200)
    world.reset(0)
    a = world.state.actors
    kind = a.kind[:, 1:]
    shares = {k: (kind == k).sum() / (kind != ActorKind.NONE).sum() for k in ActorKind}
    assert 0.15 < shares[ActorKind.TRUCK] < 0.33, "trucks find less room: they keep off the leftmost lane"
    assert shares[ActorKind.VAN] == pytest.approx(0.15, abs=0.04)
    assert shares[ActorKind.MOTORCYCLE] == pytest.approx(0.05, abs=0.02)
    bounds = {
        ActorKind.CAR: ((4.0, 5.0), (1.7, 1.9)),
        ActorKind.VAN: ((5.0, 5.4), (1.9, 2.1)),
        ActorKind.TRUCK: ((10.0, 12.0), (2.5, 2.5)),
        ActorKind.MOTORCYCLE: ((2.2, 2.2), (0.9, 0.9)),
    }
    for k, (length, width) in bounds.items():
        chosen = kind == k
        assert length[0] <= a.length[:, 1:][chosen].min() <= a.length[:, 1:][chosen].max() <= length[1]
        assert width[0] - 1e-3 <= a.width[:, 1:][chosen].min() <= a.width[:, 1:][chosen].max() <= width[1] + 1e-3


def test_drivers_differ_as_configured(bank):
    config = EnvConfig(traffic=TrafficConfig(car_count=30, truck_share=0.0, speed_deviation=0.1), sensors=())
    world = World(bank, config, 200)
    world.reset(0)
    a = world.state.actors
    chosen = a.kind[:, 1:] != ActorKind.NONE
    for column, mean, deviation in (
        (a.speed_factor, 1.0, 0.1), (a.time_headway, 1.5, 0.3), (a.min_gap, 2.0, 0.4), (a.accel_max, 1.4, 0.28),
        (a.brake_comfort, 2.0, 0.4),
    ):  # fmt: skip
        values = column[:, 1:][chosen]
        assert values.mean() == pytest.approx(mean, abs=0.05 * mean)
        assert values.std() == pytest.approx(deviation, rel=0.15)


def test_cars_appear_out_of_sight_and_vanish_far_away(world):
    a, episode, lanes = world.state.actors, world.state.episode, world.bank.arrays.lanes
    appeared = vanished = 0
    for _ in range(300):
        before, where = alive(world), reach(world)
        lane = np.maximum(a.lane[:, 1:], 0)
        at_end = (lanes.successor[lane, 0] < 0) & (lanes.length[lane] - a.s[:, 1:] < 5.0)
        running = episode.end[:, 0] == 0
        world.step(world.state.plan.expert_action[:, 0])
        now = running[:, None] & (episode.end[:, 0] == 0)[:, None]
        came = ~before & alive(world) & now
        went = before & ~alive(world) & now
        appeared, vanished = appeared + came.sum(), vanished + went.sum()
        far = distance(world)
        assert (far[came] > RESPAWN_BEHIND - 5.0).all()
        assert (far[came & (ahead(world) > 1.0)] > RESPAWN_AHEAD - 5.0).all()
        near = reach(world)
        assert (near[came] < RESPAWN_FAR + 5.0).all()
        assert (a.accel_decided[:, 1:][came] > -3.0).all()
        assert (at_end | (where > VANISH_FAR - 12.0))[went].all()
        assert near[alive(world) & now].max() < VANISH_FAR + 5.0
    assert appeared > 20
    assert vanished > 20


def test_nearly_every_slot_finds_a_place_from_the_first_step_to_the_last(world):
    filled = [alive(world).mean(axis=1)]
    for _ in range(200):
        world.step(world.state.plan.expert_action[:, 0])
        filled.append(alive(world).mean(axis=1))
    assert np.mean(filled) > 0.95
    assert np.min(filled) > 0.6


def test_empty_slots_are_on_no_lane(bank):
    world = World(bank, EnvConfig(traffic=TrafficConfig(car_count=100), sensors=()), 10)
    world.reset(3)
    a = world.state.actors
    empty = a.kind == ActorKind.NONE
    assert empty.any()
    for column in (a.lane, a.target_lane, a.second_lane):
        assert (column[empty] == -1).all()


def test_the_same_seed_brings_the_same_cars_and_another_seed_others(world, bank):
    other = World(bank, world.config, WORLDS)
    other.reset(3)
    for name, column in world.state.actors._asdict().items():
        np.testing.assert_array_equal(column, getattr(other.state.actors, name), err_msg=name)
    other.reset(4)
    assert (world.state.actors.x != other.state.actors.x).any()
