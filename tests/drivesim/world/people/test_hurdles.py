"""Who crosses the road walks round vehicles that stand in the way, and touches none."""

import numpy as np
import pytest

from tests.reference.streets import CROSSING_X, PAVEMENT_Y, Walk, street


def apart(walk: Walk) -> float:
    """From the walker's middle to the driver's body [m]."""
    a = walk.actors
    cos, sin = np.cos(a.yaw[0, 0]), np.sin(a.yaw[0, 0])
    middle = 0.5 * a.length[0, 0] - a.rear[0, 0]
    east, north = a.x[0, 1] - a.x[0, 0] - middle * cos, a.y[0, 1] - a.y[0, 0] - middle * sin
    along = abs(east * cos + north * sin) - 0.5 * a.length[0, 0]
    aside = abs(north * cos - east * sin) - 0.5 * a.width[0, 0]
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
