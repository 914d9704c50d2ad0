"""Who crosses the road walks round vehicles that stand in the way, and touches none."""

import numpy as np
import pytest

from drivesim.maps.places import FootpathKind
from drivesim.state import ActorKind, Motion
from tests.reference.streets import CROSSING_X, PAVEMENT_Y, Walk, street


def apart(walk: Walk, slot: int = 0) -> float:
    """From the walker's middle to the body of the driver's car, or another's [m]."""
    a = walk.actors
    cos, sin = np.cos(a.yaw[0, slot]), np.sin(a.yaw[0, slot])
    middle = 0.5 * a.length[0, slot] - a.rear[0, slot]
    east, north = a.x[0, 1] - a.x[0, slot] - middle * cos, a.y[0, 1] - a.y[0, slot] - middle * sin
    along = abs(east * cos + north * sin) - 0.5 * a.length[0, slot]
    aside = abs(north * cos - east * sin) - 0.5 * a.width[0, slot]
    return float(np.hypot(max(along, 0.0), max(aside, 0.0)))


@pytest.mark.parametrize("front", [0.3, 1.5, 3.2, 4.0], ids="front {} m beyond".format)
def test_a_walker_goes_round_the_nearer_end_of_a_vehicle_that_stands_on_its_crossing(front):
    walk = Walk(street(), (CROSSING_X, 0.0))
    a = walk.actors
    nose = float(a.length[0, 0] - a.rear[0, 0])
    a.x[0, 0] = a.s[0, 0] = CROSSING_X + front - nose
    walk.put(6, 1.5, crossing=6)
    least, at = np.inf, []
    for _ in range(140):
        walk.world.step(np.array([[0.0, -1.0]], np.float32))
        least = min(least, apart(walk))
        if abs(a.y[0, 1] - a.y[0, 0]) < 0.5 * a.width[0, 0]:
            at.append(float(a.x[0, 1]))
    nose += float(a.x[0, 0])
    assert a.y[0, 1] > PAVEMENT_Y - 2.0
    assert least > 0.2
    assert min(at) > nose if front < 2.0 else max(at) < nose - float(a.length[0, 0])


def test_a_walker_waits_for_a_vehicle_that_moves_in_its_way():
    walk = Walk(street(), (CROSSING_X - 4.0, 1.5))
    walk.put(6, 2.4, pace=1.4, crossing=6)
    least = np.inf
    for _ in range(100):
        walk.run(0.1)
        least = min(least, apart(walk))
    assert least > 0.2
    assert walk.actors.y[0, 1] > PAVEMENT_Y - 2.0


def park(walk: Walk, slot: int, middle: float) -> None:
    """Parks a car of 4.4 m beside the road."""
    body = {"kind": ActorKind.CAR, "motion": Motion.STANDING, "length": 4.4, "width": 1.8, "height": 1.5, "rear": 0.9,
            "x": middle - 1.3, "y": -4.6, "yaw": 0.0, "lane": -1, "speed": 0.0, "place": -1}  # fmt: skip
    for name, value in body.items():
        getattr(walk.actors, name)[0, slot] = value


@pytest.mark.parametrize("kind", [FootpathKind.ZEBRA, FootpathKind.UNMARKED])
def test_a_walker_gets_round_a_car_that_is_parked_before_its_crossing(kind):
    walk = Walk(street(kind), (250.0, 0.0), parked=1)
    park(walk, 2, CROSSING_X)
    walk.put(6, 0.1, crossing=6, east=1.34, north=0.0)
    least = np.inf
    for _ in range(200):
        walk.world.step(np.array([[0.0, -1.0]], np.float32))
        least = min(least, apart(walk, 2))
    assert walk.actors.y[0, 1] > PAVEMENT_Y - 2.0
    assert least > 0.2


def test_nobody_waits_for_a_walker_who_cannot_get_to_the_kerb_between_parked_cars():
    walk = Walk(street(FootpathKind.UNMARKED), (90.0, 8.0), parked=5)
    for k in range(5):
        park(walk, 2 + k, CROSSING_X + 5.0 * (k - 2))
    walk.put(6, 0.1, crossing=6, east=1.34, north=0.0)
    log = walk.run(20.0)
    assert log[:, 0].max() > CROSSING_X + 40.0
    assert log[:, 1].min() > 7.0


def test_who_finds_no_way_between_parked_cars_at_the_other_side_goes_back():
    walk = Walk(street(FootpathKind.UNMARKED), parked=5)
    for k in range(5):
        park(walk, 2 + k, CROSSING_X + 5.0 * (k - 2))
    # Southwards, where the cars stand with 0.6 m between them, from the middle of the road.
    walk.put(6, PAVEMENT_Y, ahead=-1, crossing=6)
    y = []
    for _ in range(400):
        walk.world.step(np.array([[0.0, -1.0]], np.float32))
        y.append(float(walk.actors.y[0, 1]))
    assert -3.7 < min(y) < -2.0
    assert max(y[:200]) < 0.5
    assert max(y) > PAVEMENT_Y - 2.0
