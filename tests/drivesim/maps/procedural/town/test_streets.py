"""Crossings and streets from plans: signs, measures, lanes for turning left; plans that cannot be built."""

import dataclasses

import numpy as np
import pytest

from drivesim.errors import MapError
from drivesim.maps.control import Turn
from drivesim.maps.procedural.town.plan import Control, Node, Street, StreetPlan
from drivesim.maps.procedural.town.scenes import (
    crossing,
    crossing_plan,
    ncap_crossing,
    straight,
    with_all_routes,
)
from drivesim.maps.procedural.town.streets import street_network
from drivesim.maps.right_of_way import turn_of
from drivesim.maps.routing import best_lanes


def test_a_route_that_turns_left_opens_into_the_lane_for_it_without_a_change():
    network = with_all_routes(pocket_plan())
    table = {r: best_lanes(network, route) for r, route in enumerate(network.routes)}
    taken = {}
    for r, route in enumerate(network.routes):
        lane, way = route.start_lane, []
        while lane != route.goal_lane and len(way) < 9:
            way.append(lane)
            lane = network.lanes[lane].successors[table[r].next_slot[lane]]
        turn = next(turn_of(network.lanes[k]) for k in way if network.lanes[k].junction >= 0)
        if network.lanes[route.start_lane].points[0][0] < -50.0:
            taken[turn] = [network.lanes[k].points[-1][1] for k in way if network.lanes[k].junction < 0]
        assert (table[r].best_offset[way] == 0).all()
    # Coming from the west the lane for turning left is north of the others.
    assert taken[Turn.LEFT][-1] == pytest.approx(0.0, abs=0.01)
    assert taken[Turn.STRAIGHT][-1] == pytest.approx(-1.5 - 1.625, abs=0.01)


@pytest.mark.parametrize("left", [0.0, 20.0])
def test_the_kerb_steps_back_for_a_lane_for_turning_right(left):
    network = street_network(pocket_plan(left=left, right=20.0))
    west = [lane for lane in network.lanes if lane.points[0, 0] < -1.0 and lane.heading[0] == 0.0]
    into = [lane for lane in west if any(network.lanes[k].junction >= 0 for k in lane.successors)]
    right = min(into, key=lambda lane: lane.points[-1, 1])
    (fork,) = [lane for lane in west if len(lane.successors) > 1 and lane not in into]
    assert right.width == pytest.approx(3.0)
    assert [turn_of(network.lanes[way]) for way in right.successors] == [Turn.RIGHT]
    assert right.length == pytest.approx(20.0)
    assert right.points[0, 1] == pytest.approx(fork.points[0, 1] - 0.5 * 3.25 - 1.5)
    # The kerb lies 3 m farther out than before the lane opens.
    kerbs = [float(lane.points[0, 1] - lane.edge_right[0]) for lane in (fork, right)]
    assert kerbs[0] - kerbs[1] == pytest.approx(3.0)
    assert network.lanes[fork.successors[0]].edge_right[[0, -1]] == pytest.approx([1.875, 4.875])


def pocket_plan(*, left: float = 20.0, right: float = 0.0) -> StreetPlan:
    """A crossing whose street from the west has a lane for turning left or right."""
    plan = crossing_plan(Control.LIGHTS)
    west = [plan.nodes[street.start].x < -1.0 for street in plan.streets]
    streets = tuple(
        dataclasses.replace(street, median=3.0, pocket_end=left * is_west, right_end=right * is_west)
        if abs(plan.nodes[street.start].x) > 1.0
        else street
        for street, is_west in zip(plan.streets, west, strict=True)
    )
    return dataclasses.replace(plan, streets=streets)


@pytest.mark.parametrize(
    ("control", "kinds"),
    [
        (Control.PRIORITY_TO_RIGHT, set()),
        (Control.PRIORITY, {"205", "306"}),
        (Control.STOP, {"206", "306"}),
        (Control.ALL_WAY_STOP, {"206"}),
        (Control.LIGHTS, {"1000001"}),
    ],
)
def test_a_crossing_has_the_signs_of_its_control(control, kinds):
    network = crossing(control)
    assert {signal.type for signal in network.signals} == kinds
    assert len([lane for lane in network.lanes if lane.junction == 0]) == 12
    assert len(network.routes) == 12
    for signal in network.signals:
        ahead = network.lanes[signal.lane]
        assert 0.5 < ahead.length - signal.stop_s < 1.5
        x, y = np.array([signal.x, signal.y]) - ahead.points[-1]
        heading = ahead.heading[-1]
        assert -x * np.sin(heading) + y * np.cos(heading) < -1.5, "on the right"
        assert np.cos(signal.yaw - heading) < -0.99, "towards those who come"


def test_ncap_s_crossing_has_its_measures():
    network = ncap_crossing()
    entry = next(
        lane for lane in network.lanes if lane.successors and abs(lane.heading[0]) < 1e-6 and lane.junction < 0
    )
    assert entry.points[0] == pytest.approx([-250.0, -1.75])
    assert entry.width == pytest.approx(3.5)
    # The box reaches from corner to corner: half the carriageway of 7.5 m and the radius of 8 m.
    assert entry.points[-1][0] == pytest.approx(-(0.5 * 7.5 + 8.0), abs=0.01)


def test_a_straight_street_is_as_long_and_bent_as_asked_for():
    network = straight(length_m=400.0, bend=1.0 / 500.0)
    assert network.lanes[0].curvature == pytest.approx(1.0 / 500.0, rel=0.01)
    assert np.hypot(*(network.lanes[0].points[-1] - network.lanes[0].points[0])) == pytest.approx(400.0, rel=0.01)


@pytest.mark.parametrize(
    ("streets", "message"),
    [
        ((Street(start=0, end=4),), "ends at node 4, expected 0 .. 3"),
        ((Street(start=0, end=1, forward=0, backward=0),), "expected at least one"),
        ((Street(start=0, end=0),), "0.0 m apart"),
        ((Street(start=0, end=1), Street(start=1, end=2), Street(start=0, end=2)), "bend too sharply at node 0"),
        ((Street(start=0, end=1), Street(start=0, end=2), Street(start=3, end=0)), "side by side"),
        ((Street(start=0, end=1, pocket_end=20.0),), "has a median of 0.0 m, expected at least 2.75 m"),
        ((Street(start=0, end=1, right_end=20.0, parking=(0.0, 2.0)),), "expected lanes beside it, no parking"),
        ((Street(start=0, end=1, right_start=20.0, backward=0),), "expected lanes beside it, no parking"),
    ],
)
def test_plans_that_cannot_be_built_are_refused(streets, message):
    nodes = (Node(x=0.0, y=0.0), Node(x=100.0, y=0.0), Node(x=220.0, y=5.0), Node(x=-90.0, y=0.0))
    with pytest.raises(MapError, match=message):
        street_network(StreetPlan(name="wrong", nodes=nodes, streets=streets))


def test_a_street_shorter_than_its_junctions_is_refused():
    places = ((0.0, 0.0), (14.0, 0.0), (0.0, 90.0), (0.0, -90.0), (14.0, 90.0), (14.0, -90.0))
    nodes = tuple(Node(x=x, y=y) for x, y in places)
    streets = tuple(Street(start=a, end=b) for a, b in ((0, 1), (0, 2), (0, 3), (1, 4), (1, 5)))
    with pytest.raises(MapError, match="too short for its junctions"):
        street_network(StreetPlan(name="tight", nodes=nodes, streets=streets))


@pytest.mark.parametrize(("angle_deg", "refused"), [(38.0, True), (42.0, False)])
def test_streets_leave_a_node_at_40_deg_or_more(angle_deg, refused):
    x, y = 160.0 * np.cos(np.radians(angle_deg)), 160.0 * np.sin(np.radians(angle_deg))
    nodes = (Node(x=0.0, y=0.0), Node(x=160.0, y=0.0), Node(x=x, y=y), Node(x=-90.0, y=0.0))
    plan = StreetPlan(name="fork", nodes=nodes, streets=tuple(Street(start=0, end=end) for end in (1, 2, 3)))
    if refused:
        with pytest.raises(MapError, match="side by side"):
            street_network(plan)
    else:
        assert len(street_network(plan).lanes) > 6
