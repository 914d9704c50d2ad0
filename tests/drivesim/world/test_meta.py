import numpy as np
import pytest

from drivesim.config import ENV_PRESETS, replace
from drivesim.maps.bank import MapBank
from drivesim.world.meta import FASTER, IDLE, LANE_LEFT, LANE_RIGHT, SLOWER
from drivesim.world.step import World
from tests.reference.roads import WIDTH_M, fork

CONFIG = replace(ENV_PRESETS["highway"], action_type="discrete", traffic={"car_count": 0})


@pytest.fixture(scope="module")
def bank():
    return MapBank.from_networks([fork()])


@pytest.fixture
def world(bank):
    """The ego is on the left of two lanes, at y = 3.5, and drives east."""
    result = World(bank, CONFIG, 1)
    result.reset(seed=0)
    assert result.state.actors.y[0, 0] == pytest.approx(WIDTH_M)
    return result


def drive(world, action, steps=1):
    for _ in range(steps):
        world.step(np.array([action]))


def test_idle_holds_lane_and_speed(world):
    speed = float(world.state.actors.speed[0, 0])
    drive(world, IDLE, 80)
    assert world.state.actors.speed[0, 0] == pytest.approx(speed, abs=0.05)
    assert world.state.actors.y[0, 0] == pytest.approx(WIDTH_M, abs=0.02)


def test_lane_right_crosses_to_the_right_lane_and_stays(world):
    drive(world, LANE_RIGHT)
    assert world.state.held.lane[0, 0] == 0
    drive(world, IDLE, 60)
    assert world.state.actors.y[0, 0] == pytest.approx(0.0, abs=0.1)
    assert world.state.actors.lane[0, 0] == 0
    assert world.state.episode.end[0, 0] == 0


def test_a_change_under_way_is_not_restarted_but_can_be_taken_back_after_it(world):
    drive(world, LANE_RIGHT)
    drive(world, LANE_RIGHT, 60)
    assert world.state.actors.lane[0, 0] == 0
    drive(world, LANE_LEFT)
    drive(world, IDLE, 20)
    assert world.state.held.lane[0, 0] == 1


def test_there_is_no_lane_beyond_the_last(world):
    drive(world, LANE_LEFT, 20)
    assert world.state.held.lane[0, 0] == 1
    assert world.state.actors.y[0, 0] == pytest.approx(WIDTH_M, abs=0.02)


def test_the_held_lane_goes_on_behind_a_joint(world):
    drive(world, LANE_RIGHT)
    drive(world, IDLE, 115)
    assert world.state.actors.x[0, 0] > 200.0
    assert world.state.held.lane[0, 0] == world.state.actors.lane[0, 0] == 2


def test_faster_and_slower_change_the_speed_by_a_metre_per_second(world):
    speed = float(world.state.actors.speed[0, 0])
    drive(world, FASTER, 3)
    assert world.state.held.speed[0, 0] == pytest.approx(speed + 3.0)
    drive(world, IDLE, 50)
    assert world.state.actors.speed[0, 0] == pytest.approx(speed + 3.0, abs=0.1)
    drive(world, SLOWER, 40)
    assert world.state.held.speed[0, 0] == 0.0
    drive(world, IDLE, 60)
    assert world.state.actors.speed[0, 0] == pytest.approx(0.0, abs=0.05)


def test_the_experts_plan_is_not_the_held_one(world):
    # The route leads to the right; the expert plans to go there while the meta-actions hold the left lane.
    sideways = []
    for _ in range(60):
        drive(world, IDLE)
        sideways.append(float(world.state.plan.waypoints[0, 0, -1, 1]))
    assert min(sideways) < -1.0
    assert world.state.actors.y[0, 0] == pytest.approx(WIDTH_M, abs=0.05)
