import numpy as np
import pytest
from numba import njit

from drivesim.kernels.views import view
from drivesim.maps import path, turns
from drivesim.maps.bank import MapBank
from drivesim.maps.control import Turn
from drivesim.maps.procedural.town.plan import Control, Node, Street, StreetPlan
from drivesim.maps.procedural.town.scenes import crossing, with_all_routes

f32 = np.float32


@njit
def ask(maps, way, lane, s, horizon):
    return turns.next_turn(maps, way, lane, s, horizon)


def told(bank: MapBank, route: int, lane: int, s: float, horizon: float = 200.0) -> tuple[Turn, float]:
    way = path.Way(np.int32(route), np.uint64(7), np.int64(0), np.int32(0))
    turn, distance = ask(view(bank.arrays), way, np.int32(lane), f32(s), f32(horizon))
    return Turn(int(turn)), float(distance)


@pytest.fixture(scope="module")
def bank() -> MapBank:
    return MapBank.bare([crossing(Control.PRIORITY, lanes=2)])


def test_a_route_s_turn_at_a_crossing_follows_from_where_it_comes_from_and_goes(bank):
    network = bank.network(0)
    seen = set()
    for number, route in enumerate(network.routes):
        entry, leaving = network.lanes[route.start_lane], network.lanes[route.goal_lane]
        here, there = ((np.cos(a), np.sin(a)) for a in (entry.heading[0], leaving.heading[-1]))
        cross = here[0] * there[1] - here[1] * there[0]
        expected = Turn.STRAIGHT if abs(cross) < 0.5 else (Turn.LEFT if cross > 0 else Turn.RIGHT)
        turn, distance = told(bank, number, route.start_lane, 10.0)
        assert turn == expected
        assert distance == pytest.approx(entry.length - 10.0, rel=1e-5)
        seen.add(turn)
    assert seen == {Turn.STRAIGHT, Turn.LEFT, Turn.RIGHT}


def test_inside_the_junction_the_turn_is_the_one_being_made(bank):
    for number, lane in enumerate(bank.network(0).lanes):
        if lane.junction >= 0:
            angle = np.degrees(lane.heading[-1] - lane.heading[0])
            expected = Turn.STRAIGHT if abs(angle) < 35 else (Turn.LEFT if angle > 0 else Turn.RIGHT)
            assert told(bank, -1, number, 1.0) == (expected, 0.0)


def test_beyond_the_horizon_and_behind_the_junction_nothing_is_told(bank):
    route = bank.network(0).routes[0]
    assert told(bank, 0, route.start_lane, 10.0, horizon=20.0) == (Turn.STRAIGHT, np.inf)
    assert told(bank, 0, route.goal_lane, 1.0) == (Turn.STRAIGHT, np.inf)


def test_a_bend_is_no_turn():
    nodes = (Node(x=0.0, y=0.0), Node(x=80.0, y=0.0), Node(x=80.0, y=80.0))
    plan = StreetPlan(name="bend", nodes=nodes, streets=(Street(start=0, end=1), Street(start=1, end=2)))
    network = with_all_routes(plan)
    assert all(lane.junction < 0 for lane in network.lanes)
    bent = MapBank.bare([network])
    assert told(bent, 0, network.routes[0].start_lane, 5.0) == (Turn.STRAIGHT, np.inf)


def test_a_roundabout_is_left_to_the_right_and_entering_it_is_no_choice():
    network = crossing(Control.ROUNDABOUT)
    ring = MapBank.bare([network])
    choices = 0
    for lane in network.lanes:
        ways = [way for way in lane.successors if network.lanes[way].junction >= 0]
        here = [turn for turn, distance in (told(ring, -1, way, 0.5) for way in ways) if distance == 0.0]
        assert sorted(here) == ([Turn.LEFT, Turn.RIGHT] if len(ways) == 2 else [])
        choices += len(ways) == 2
    assert choices == 4
