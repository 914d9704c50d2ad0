"""Roundabouts: one-way rings that are entered by yielding and left to the right."""

import dataclasses

import numpy as np
import pytest

from drivesim.errors import MapError
from drivesim.maps.facts import conflicts_of
from drivesim.maps.pack import pack_routes
from drivesim.maps.procedural.town.plan import Control, Node, Street, StreetPlan
from drivesim.maps.procedural.town.scenes import (
    EAST,
    NORTH,
    SOUTH,
    WEST,
    crossing,
    crossing_plan,
    with_all_routes,
)
from drivesim.maps.procedural.town.streets import street_network
from drivesim.maps.right_of_way import Rule, rules_of


def test_a_roundabout_is_a_one_way_ring_that_is_entered_by_yielding():
    network = crossing(Control.ROUNDABOUT, zebras=True)
    assert len(network.junctions) == 4
    signs = [signal for signal in network.signals if signal.type != "274"]
    assert {signal.type for signal in signs} == {"205"}
    assert len({signal.lane for signal in signs}) == 4
    conflicts = conflicts_of(network)
    rules = rules_of(network, conflicts)
    entries = {way for signal in signs for way in network.lanes[signal.lane].successors}
    assert len(entries) == 4
    for way, row in enumerate(rules):
        assert set(row) <= {Rule.GIVES_WAY if way in entries else Rule.GOES_FIRST}
    ring = [lane for lane in network.lanes if lane.curvature.min() > 0.05 and lane.junction < 0]
    assert len(ring) == 4
    for lane in ring:
        radius = np.hypot(*lane.points.T)
        assert radius == pytest.approx(15.5, abs=0.01)
        assert lane.width == pytest.approx(5.0)
        # Round the middle counter-clockwise, as right-hand traffic goes.
        assert lane.points[0, 0] * np.sin(lane.heading[0]) - lane.points[0, 1] * np.cos(lane.heading[0]) > 15.0
    # Nobody walks on the island.
    assert min(np.hypot(*path.points.T).min() for path in network.footpaths) > 15.5 + 2.5


@pytest.mark.parametrize("arms", [(EAST, NORTH, WEST, SOUTH), (EAST, NORTH, WEST), (EAST, WEST)])
def test_every_way_through_a_roundabout_can_be_driven(arms):
    network = crossing(Control.ROUNDABOUT, arms=arms)
    assert len(network.routes) == len(arms) * (len(arms) - 1)
    assert (pack_routes(network).length < 2 * 90.0 + 2.0 * np.pi * 15.5).all()


@pytest.mark.parametrize("lanes", [1, 2])
@pytest.mark.parametrize("arms", [(EAST, NORTH, WEST, SOUTH), (EAST, NORTH, WEST)])
def test_a_roundabout_of_two_lanes_is_left_from_both_and_nobody_who_goes_on_crosses_who_leaves(arms, lanes):
    plan = crossing_plan(Control.ROUNDABOUT, arms=arms, lanes=lanes, arm_m=120.0)
    middle = dataclasses.replace(plan.nodes[0], ring_lanes=2)
    network = with_all_routes(dataclasses.replace(plan, nodes=(middle, *plan.nodes[1:])))
    assert len(network.routes) == len(arms) * (len(arms) - 1)
    assert (pack_routes(network).length < 2 * 120.0 + 2.0 * np.pi * 26.0).all()
    # On the rays between the streets there are the two lanes of the ring and nothing else.
    ring = [k for k, lane in enumerate(network.lanes) if lane.junction < 0 and lane.curvature.min() > 0.03]
    assert {round(float(np.hypot(*network.lanes[k].points[0])), 3) for k in ring} == {26.0 - 2.125, 26.0 + 2.125}
    conflicts = conflicts_of(network)
    for k in ring:
        lane, is_inner = network.lanes[k], network.lanes[k].right >= 0
        turned = {network.lanes[way].heading[-1] > network.lanes[way].heading[0]: way for way in lane.successors
                  if network.lanes[way].junction >= 0}  # fmt: skip
        if turned:
            assert set(turned) == ({True, False} if is_inner else {False})
        if is_inner and turned:
            others = network.lanes[lane.right].successors
            assert not {other for other, *_ in conflicts[turned[True]]} & set(others)


def test_streets_too_near_together_for_a_roundabout_are_refused():
    nodes = tuple(Node(x=90.0 * np.cos(a), y=90.0 * np.sin(a)) for a in (0.0, 0.9, 3.0))
    nodes = (Node(x=0.0, y=0.0, control=Control.ROUNDABOUT), *nodes)
    streets = tuple(Street(start=0, end=k) for k in (1, 2, 3))
    with pytest.raises(MapError, match="too near together"):
        street_network(StreetPlan(name="tight", nodes=nodes, streets=streets))
