import math

import pytest

from drivesim.config import EnvConfig, TaskConfig
from drivesim.maps.bank import MapBank
from drivesim.tasks.infractions import update_infractions
from drivesim.world.vehicle import WIDTH
from tests.reference.contacts import corners
from tests.reference.networks import four_way
from tests.reference.roads import WIDTH_M, country
from tests.reference.stage import FRONT, Stage

RIGHT_EDGE, LEFT_EDGE = -0.5 * WIDTH_M - 0.5, 1.5 * WIDTH_M + 0.5
MARGIN = 0.3


@pytest.fixture(scope="module")
def bank():
    return MapBank.from_networks([country()])


def at(bank, y, *, yaw=0.0, speed=10.0, x=100.0, lane=0, ticks=1, **task):
    stage = Stage(bank, EnvConfig(task=TaskConfig(**task)))
    stage.put(lane=lane, s=x - 200.0 * lane, x=x, y=y, d=y, yaw=yaw, speed=speed)
    for _ in range(ticks):
        stage.call(update_infractions)
    return stage


@pytest.mark.parametrize(
    ("y", "off"),
    [
        pytest.param(0.0, False, id="on-its-lane"),
        pytest.param(RIGHT_EDGE + WIDTH / 2 - MARGIN + 0.02, False, id="right-wheels-within-the-margin"),
        pytest.param(RIGHT_EDGE + WIDTH / 2 - MARGIN - 0.02, True, id="right-wheels-beyond-the-margin"),
        pytest.param(LEFT_EDGE - WIDTH / 2 + MARGIN - 0.02, False, id="left-wheels-within-the-margin"),
        pytest.param(LEFT_EDGE - WIDTH / 2 + MARGIN + 0.02, True, id="left-wheels-beyond-the-margin"),
    ],
)
@pytest.mark.parametrize(("x", "lane"), [(100.0, 0), (199.0, 0), (201.0, 1)], ids=["in-a-lane", "over-a-joint", "past"])
def test_a_corner_beyond_the_margin_is_off_the_road(bank, y, off, x, lane):
    assert at(bank, y, x=x, lane=lane).off_road is off


def test_one_corner_of_a_turned_car_is_enough(bank):
    # Turned to the right by 30 degrees, the front right corner is FRONT sin 30 + WIDTH/2 cos 30 to the right.
    yaw = -math.radians(30.0)
    reach = FRONT * math.sin(-yaw) + WIDTH / 2 * math.cos(yaw)
    limit = RIGHT_EDGE - MARGIN + reach
    assert not at(bank, limit + 0.02, yaw=yaw).off_road
    assert at(bank, limit - 0.02, yaw=yaw).off_road


def test_off_road_matches_the_corners_of_random_poses(bank, rng):
    found = 0
    for _ in range(200):
        y, yaw = rng.uniform(RIGHT_EDGE - 1.0, LEFT_EDGE + 1.0), rng.uniform(-math.pi, math.pi)
        middle = FRONT - 4.508 / 2
        box = corners(100.0 + middle * math.cos(yaw), y + middle * math.sin(yaw), yaw, 4.508, WIDTH)
        excess = max((RIGHT_EDGE - box[:, 1]).max(), (box[:, 1] - LEFT_EDGE).max()) - MARGIN
        if abs(excess) > 1e-3:
            assert at(bank, y, yaw=yaw).off_road is bool(excess > 0.0)
            found += excess > 0.0
    assert 20 < found < 180


@pytest.mark.parametrize(
    ("y", "yaw", "wrong"),
    [
        pytest.param(0.0, 0.0, False, id="its-own-lane"),
        pytest.param(0.5 * WIDTH_M - 0.05, 0.0, False, id="middle-short-of-the-line"),
        pytest.param(0.5 * WIDTH_M + 0.05, 0.0, True, id="middle-over-the-line"),
        pytest.param(0.0, math.radians(115.0), False, id="nearly-turned-round"),
        pytest.param(-0.5, math.radians(-125.0), True, id="turned-round"),
    ],
)
def test_driving_against_the_traffic_counts_ticks(bank, y, yaw, wrong):
    # The middle of a turned car is ahead of its axle along its heading; it is put back into the lane here.
    middle = FRONT - 4.508 / 2
    stage = at(bank, y - middle * math.sin(yaw), yaw=yaw, ticks=3)
    assert stage.wrong_ticks == (3 if wrong else 0)


def test_wrong_way_is_an_infraction_only_after_its_time_without_a_break(bank):
    stage = at(bank, WIDTH_M, ticks=10)
    assert not stage.wrong_way
    stage.call(update_infractions)
    assert stage.wrong_way
    stage.put(lane=0, s=100.0, x=100.0, y=0.0)
    stage.call(update_infractions)
    assert (stage.wrong_ticks, stage.wrong_way) == (0, False)


def test_standing_counts_until_the_car_moves(bank):
    stage = at(bank, 0.0, speed=0.05, ticks=4)
    assert stage.blocked_ticks == 4
    stage.put(lane=0, s=100.0, x=100.0, y=0.0, speed=0.2)
    stage.call(update_infractions)
    assert stage.blocked_ticks == 0


def test_a_wider_margin_forgives_more(bank):
    y = RIGHT_EDGE + WIDTH / 2 - 0.8
    assert at(bank, y).off_road
    assert not at(bank, y, off_road_margin_m=1.0).off_road


@pytest.mark.parametrize(
    ("x", "y", "yaw", "lane", "off"),
    [
        pytest.param(0.0, 5.0, 0.0, 8, False, id="beside-the-way-in-the-junction"),
        pytest.param(-6.0, 4.0, 1.0, 9, False, id="in-its-corner"),
        pytest.param(-9.0, -8.5, 0.0, 8, False, id="at-its-edge"),
        pytest.param(-9.0, -10.5, 0.0, 8, True, id="over-its-edge"),
        pytest.param(-40.0, -1.75, 0.0, 0, False, id="on-an-arm"),
        pytest.param(-40.0, -4.0, 0.0, 0, True, id="beside-an-arm"),
    ],
)
def test_in_a_junction_the_ground_says_where_the_surface_ends(x, y, yaw, lane, off):
    stage = Stage(MapBank.from_networks([four_way()]))
    stage.put(lane=lane, s=10.0, x=x, y=y, d=0.0, yaw=yaw)
    stage.call(update_infractions)
    assert stage.off_road is off
