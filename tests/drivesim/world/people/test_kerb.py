"""People step onto the road when they may, and drivers let them."""

import numpy as np
import pytest
from numba import njit

from drivesim.maps.places import FootpathKind
from drivesim.semantics import LightColor
from drivesim.state import EndReason
from drivesim.state.people import Nature
from drivesim.world.people.kerb import may_cross
from tests.reference.streets import CROSSING_X, Walk, held, on_road, street

TO_ZEBRA = {"path": 0, "along": 147.0, "next_path": 6}
"""3 m before the node, and 2.5 m from there to the kerb."""
HOP = 10
"""Leads across at x = 62.5."""


@pytest.mark.parametrize("speed", [4.0, 8.0, 13.9])
@pytest.mark.parametrize("x", [20.0, 60.0, 90.0, 110.0, 125.0, 135.0, 142.0])
def test_on_a_zebra_the_walker_crosses_and_the_car_stops_or_is_past(speed, x):
    walk = Walk(street(), (x, speed))
    walk.put(**TO_ZEBRA)
    log = walk.run(20.0)
    assert walk.end in (EndReason.RUNNING, EndReason.SUCCESS)
    assert on_road(log[:, 4]).any()
    assert log[:, 2].min() > -6.0
    crossing = (log[:, 4] > -3.5) & (log[:, 4] < 0.5)
    over = (log[:, 0] > CROSSING_X - 2.0) & (log[:, 0] < CROSSING_X + 6.5)
    assert not (crossing & over).any(), "the car is on the crossing while the walker is in its lane"


def test_a_walker_at_a_zebra_goes_before_a_car_that_can_stop():
    walk = Walk(street(), (90.0, 8.0))
    walk.put(**TO_ZEBRA)
    log = walk.run(20.0)
    first_on, first_past = np.flatnonzero(on_road(log[:, 4]))[0], np.flatnonzero(log[:, 0] > CROSSING_X)[0]
    assert first_on < first_past
    assert first_on < 60, "it does not even stop at the kerb"


def test_at_red_people_wait_at_the_kerb_and_cars_drive_on():
    walk = Walk(street(FootpathKind.LIGHTS, light=held(LightColor.RED)), (60.0, 10.0))
    walk.put(**TO_ZEBRA)
    log = walk.run(20.0)
    assert not on_road(log[:, 4]).any()
    assert log[-1, 5] == 0.0
    assert log[:, 1].min() > 9.5


def test_on_green_people_go_and_cars_wait():
    walk = Walk(street(FootpathKind.LIGHTS, light=held(LightColor.GREEN)), (60.0, 10.0))
    walk.put(**TO_ZEBRA)
    log = walk.run(20.0)
    assert on_road(log[:, 4]).any()
    assert np.flatnonzero(log[:, 0] > CROSSING_X)[0] > np.flatnonzero(log[:, 4] > 0.5)[0]
    assert walk.end in (EndReason.RUNNING, EndReason.SUCCESS)


@pytest.mark.parametrize("gap", [3.0, 4.0, 5.0])
@pytest.mark.parametrize("arrives", np.arange(1.0, 14.0, 0.5).tolist())
def test_elsewhere_people_take_the_gaps_they_ask_for(gap, arrives):
    speed, pace = 10.0, 1.34
    walk = Walk(street(FootpathKind.UNMARKED))
    walk.put(**TO_ZEBRA)
    actors = walk.actors
    front = actors.length[0, 0] - actors.rear[0, 0]
    actors.speed[0, 0] = speed
    actors.x[0, 0] = actors.s[0, 0] = CROSSING_X - 2.0 - front - arrives * speed

    # From 2.5 m along the crossing it is 0.5 m to the lane and 4 m to its other side.
    comes, leaves = 0.5 / pace, 4.0 / pace
    expected = arrives - comes > gap and arrives > leaves + 0.8
    if abs(arrives - comes - gap) < 0.02 or actors.x[0, 0] < 0.0:
        pytest.skip("too near to the limit, or off the road")
    assert _may_cross(walk, pace, gap) == expected


@njit
def _ask(maps, state, pace, gap):
    return may_cross(
        maps, state, np.int64(0), np.int32(6), np.float32(2.5), np.int8(1), np.float32(pace), np.float32(gap)
    )


def _may_cross(walk: Walk, pace: float, gap: float) -> bool:
    return bool(_ask(walk.world.bank.arrays, walk.state, pace, gap))


@pytest.mark.parametrize("speed", [8.0, 13.9])
@pytest.mark.parametrize("x", [5.0, 20.0, 30.0, 40.0])
def test_a_car_brakes_in_time_for_a_child_that_runs_out(speed, x):
    walk = Walk(street(), (x, speed))
    walk.put(HOP, 1.5, pace=2.5, crossing=HOP, nature=Nature.CHILD)
    walk.run(6.0)
    assert walk.end == EndReason.RUNNING


def test_where_nobody_could_stop_a_car_brakes_at_its_limit():
    walk = Walk(street(), (48.0, 13.9))
    walk.put(HOP, 2.5, pace=1.5, crossing=HOP, nature=Nature.CHILD)
    log = walk.run(3.0)
    # The front is 10.9 m away; stopping takes 13.9^2 / 16 = 12.1 m and the lag of the pedals.
    assert walk.end == EndReason.COLLISION
    assert log[:, 2].min() < -7.0
    assert log[-1, 1] < 9.0


def test_who_waits_in_vain_to_walk_across_goes_on_along_the_pavement():
    walk = Walk(street(), (57.5, 0.0), crawls=True)
    walk.put(HOP, 2.0, waited=250)
    log = walk.run(0.5)
    assert not on_road(log[:, 4]).any()
    assert walk.people.path[0, 0] != HOP
