import math

import pytest

from drivesim.maps.bank import MapBank
from drivesim.state import ActorKind, Event
from drivesim.state.bodies import remember_poses
from drivesim.tasks.fault import blame
from drivesim.world.vehicle import LENGTH, REAR_OVERHANG, WIDTH
from tests.reference.roads import WIDTH_M, country
from tests.reference.stage import Stage

AHEAD, BEHIND, LEFT = (LENGTH - 0.1, 0.0), (-LENGTH + 0.1, 0.0), (-0.5, WIDTH - 0.1)


@pytest.fixture(scope="module")
def bank():
    return MapBank.bare([country()])


def fault(bank, place, *, speed=10.0, other_speed=8.0, y=0.0, yaw=0.0, off_road=False) -> int:
    stage = Stage(bank, slots=2)
    stage.put(lane=0, s=100.0, x=100.0, y=y, d=y, speed=speed)
    actors, events = stage.state.actors, stage.state.events
    actors.kind[0, 1] = ActorKind.CAR
    actors.length[0, 1], actors.width[0, 1], actors.rear[0, 1] = LENGTH, WIDTH, REAR_OVERHANG
    actors.x[0, 1], actors.y[0, 1], actors.yaw[0, 1] = 100.0 + place[0], y + place[1], yaw
    actors.speed[0, 1] = other_speed
    remember_poses(actors, 0)
    stage.state.worlds.tick[0] = 1
    events.active[0, 0, Event.COLLISION_VEHICLE] = True
    events.time[0, 0, Event.COLLISION_VEHICLE] = 0.05
    events.other[0, 0, Event.COLLISION_VEHICLE] = 1
    events.active[0, 0, Event.OFF_ROAD] = off_road
    stage.call(blame)
    stage.state.worlds.tick[0] = 2
    stage.call(blame)
    assert events.at_fault.sum() == events.at_fault[0, 0, Event.COLLISION_VEHICLE]
    return int(events.at_fault.sum())


@pytest.mark.parametrize(
    ("place", "how", "expected"),
    [
        pytest.param(AHEAD, {}, 1, id="front-bumper-meets-a-moving-car"),
        pytest.param(AHEAD, {"other_speed": 0.0}, 1, id="stopped-track"),
        pytest.param(AHEAD, {"speed": 0.0}, 0, id="stopped-ego"),
        pytest.param(AHEAD, {"speed": 0.04, "other_speed": 0.0}, 0, id="both-stand"),
        pytest.param(BEHIND, {}, 0, id="hit-from-behind"),
        pytest.param(BEHIND, {"other_speed": 0.0}, 1, id="backs-into-what-stands"),
        pytest.param(LEFT, {}, 0, id="side-while-in-its-lane"),
        pytest.param(LEFT, {"y": 0.5 * WIDTH_M}, 1, id="side-while-in-two-lanes"),
        pytest.param(LEFT, {"off_road": True}, 1, id="side-while-off-the-road"),
        pytest.param((LENGTH - 1.0, 0.0), {"yaw": math.pi}, 1, id="head-on"),
    ],
)
def test_fault_is_nuplans(bank, place, how, expected):
    assert fault(bank, place, **how) == expected
