"""What a perfect look at a street tells: light, stop line, somebody in the way, where to turn."""

import numpy as np
import pytest

from drivesim.config import EnvConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.procedural.town.plan import Control
from drivesim.maps.procedural.town.scenes import crossing
from drivesim.semantics import LightColor
from drivesim.state import ActorKind
from drivesim.world.step import World

NETWORK = crossing(Control.LIGHTS)
HALT = np.array([[0.0, -1.0]], np.float32)


@pytest.fixture(scope="module")
def bank() -> MapBank:
    return MapBank.bare([NETWORK])


def driver_at(bank: MapBank, route: int, distance: float) -> World:
    """A standing driver whose front bumper is `distance` before the stop line of its way in."""
    world = World(bank, EnvConfig(sensors=()), 1)
    world.reset(seed=1, maps=[0], routes=[route])
    actors, lane = world.state.actors, NETWORK.routes[route].start_lane
    signal = next(s for s in NETWORK.signals if s.lane == lane)
    front = float(actors.length[0, 0] - actors.rear[0, 0])
    s = signal.stop_s - distance - front
    along = np.linspace(0.0, NETWORK.lanes[lane].length, len(NETWORK.lanes[lane].points))
    actors.x[0, 0], actors.y[0, 0] = (np.interp(s, along, NETWORK.lanes[lane].points[:, k]) for k in (0, 1))
    actors.s[0, 0], actors.speed[0, 0] = s, 0.0
    world.step(HALT)
    return world


@pytest.mark.parametrize("distance", [5.0, 20.0, 45.0])
def test_light_and_stop_line_are_those_ahead(bank, distance):
    world = driver_at(bank, 0, distance)
    labels, light = world.state.labels, next(s.light for s in NETWORK.signals if s.lane == NETWORK.routes[0].start_lane)
    assert labels.light_present[0, 0]
    assert labels.light_color[0, 0] == world.state.lights.color[0, light]
    assert labels.stop_line_present[0, 0]
    assert labels.stop_line_distance[0, 0] == pytest.approx(distance, abs=0.2)


def test_the_light_is_where_its_pole_stands_seen_from_the_car(bank):
    world = driver_at(bank, 0, 20.0)
    actors, lane = world.state.actors, NETWORK.routes[0].start_lane
    signal = next(s for s in NETWORK.signals if s.lane == lane)
    ahead, left = world.state.labels.light_place[0, 0]
    yaw = float(actors.yaw[0, 0])
    assert actors.x[0, 0] + ahead * np.cos(yaw) - left * np.sin(yaw) == pytest.approx(signal.x, abs=0.01)
    assert actors.y[0, 0] + ahead * np.sin(yaw) + left * np.cos(yaw) == pytest.approx(signal.y, abs=0.01)
    # Beyond the stop line, beside the street on the right.
    assert ahead > 20.0 and -12.0 < left < -1.0


@pytest.mark.parametrize(
    ("turned", "is_there"), [(0.0, True), (60.0, True), (-60.0, True), (90.0, False), (180.0, False)]
)
def test_a_light_that_does_not_face_the_car_is_none(bank, turned, is_there):
    world = driver_at(bank, 0, 20.0)
    world.state.actors.yaw[0, 0] += np.float32(np.deg2rad(turned))
    world.step(HALT)
    labels = world.state.labels
    assert labels.light_present[0, 0] == is_there
    assert (labels.light_color[0, 0] != LightColor.DARK) == is_there
    assert labels.light_place[0, 0].any() == is_there
    # Its line is on the ground all the same.
    assert labels.stop_line_present[0, 0]


def test_a_light_farther_than_60_m_is_none(bank):
    world = driver_at(bank, 0, 62.0)
    assert not world.state.labels.light_present[0, 0]
    assert world.state.labels.light_color[0, 0] == LightColor.DARK
    assert not world.state.labels.stop_line_present[0, 0]


@pytest.mark.parametrize("route", range(12))
def test_the_turn_is_that_of_the_route(bank, route):
    world = driver_at(bank, route, 20.0)
    start, goal = (NETWORK.lanes[k] for k in (NETWORK.routes[route].start_lane, NETWORK.routes[route].goal_lane))
    turn = (goal.heading[0] - start.heading[-1] + np.pi) % (2.0 * np.pi) - np.pi
    expected = 0.0 if abs(turn) < 0.5 else np.sign(turn)
    assert world.state.navigation.turn[0, 0, 0] == expected
    assert world.state.navigation.turn[0, 0, 1] == 1.0
    to_junction = 0.01 * (start.length - world.state.actors.s[0, 0])
    assert world.state.navigation.turn[0, 0, 2] == pytest.approx(to_junction, abs=1e-4)


@pytest.mark.parametrize(("ahead", "left", "is_there"), [(12.0, 0.0, True), (12.0, 2.2, True), (12.0, 4.0, False),
                                                         (45.0, 0.0, False), (-8.0, 0.0, False)])  # fmt: skip
def test_somebody_in_the_way_is_who_stands_on_the_lanes_ahead(bank, ahead, left, is_there):
    config = EnvConfig(sensors=(), traffic=EnvConfig().traffic.__class__(car_count=1))
    world = World(bank, config, 1)
    world.reset(seed=1, maps=[0], routes=[0])
    actors = world.state.actors
    actors.speed[0, 0] = 0.0
    yaw, front = float(actors.yaw[0, 0]), float(actors.length[0, 0] - actors.rear[0, 0])
    actors.kind[0, 1], actors.motion[0, 1], actors.lane[0, 1] = ActorKind.PEDESTRIAN, 2, -1
    actors.length[0, 1] = actors.width[0, 1] = 0.5
    actors.x[0, 1] = actors.x[0, 0] + (front + ahead) * np.cos(yaw) - left * np.sin(yaw)
    actors.y[0, 1] = actors.y[0, 0] + (front + ahead) * np.sin(yaw) + left * np.cos(yaw)
    world.step(HALT)
    assert world.state.labels.person_present[0, 0] == is_there
    if is_there:
        assert world.state.labels.person_distance[0, 0] == pytest.approx(ahead, abs=1.1)
        assert world.state.labels.person_place[0, 0] == pytest.approx((front + ahead, left), abs=0.1)
    else:
        assert not world.state.labels.person_place[0, 0].any()


def test_of_two_people_the_nearest_is_told_whoever_has_the_lower_slot(bank):
    for near in (1, 2):
        world = World(bank, EnvConfig(sensors=(), traffic=EnvConfig().traffic.__class__(car_count=2)), 1)
        world.reset(seed=1, maps=[0], routes=[0])
        actors = world.state.actors
        actors.speed[0, 0] = 0.0
        yaw, front = float(actors.yaw[0, 0]), float(actors.length[0, 0] - actors.rear[0, 0])
        for slot in (1, 2):
            ahead = 9.0 if slot == near else 10.2
            actors.kind[0, slot], actors.motion[0, slot], actors.lane[0, slot] = ActorKind.PEDESTRIAN, 2, -1
            actors.length[0, slot] = actors.width[0, slot] = 0.5
            actors.x[0, slot] = actors.x[0, 0] + (front + ahead) * np.cos(yaw)
            actors.y[0, slot] = actors.y[0, 0] + (front + ahead) * np.sin(yaw)
        world.step(HALT)
        assert world.state.labels.person_distance[0, 0] == pytest.approx(9.0, abs=0.1)
        assert world.state.labels.person_place[0, 0] == pytest.approx((front + 9.0, 0.0), abs=0.1)
