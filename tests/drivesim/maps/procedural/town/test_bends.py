"""Bends are streets: no junction, lanes that keep their places."""

import numpy as np
import pytest

from drivesim.maps.network import LaneType
from drivesim.maps.procedural.town.bends import biarc
from drivesim.maps.procedural.town.plan import Node, Street, StreetPlan
from drivesim.maps.procedural.town.streets import street_network


def test_a_bend_is_a_street_of_its_own_whose_lanes_keep_their_places():
    nodes = (Node(x=-90.0, y=0.0), Node(x=0.0, y=0.0), Node(x=0.0, y=90.0))
    streets = (Street(start=0, end=1, forward=2, backward=2, cycle=1.6),
               Street(start=1, end=2, forward=2, backward=2, cycle=1.6))  # fmt: skip
    network = street_network(StreetPlan(name="bend", nodes=nodes, streets=streets))
    assert not network.junctions
    assert not [lane for lane in network.lanes if lane.junction >= 0]
    bent = [lane for lane in network.lanes if abs(lane.heading[-1] - lane.heading[0]) > 1.0]
    assert sorted(lane.type for lane in bent) == [LaneType.DRIVING] * 4 + [LaneType.BIKING] * 2
    # Round one middle: the node's mirror image in the line between the ends, 18.35 m = 9 + 2 * 3.25 + 1.6 + 0.25 + 1 m
    # before the node where the inner kerb has a radius of 9 m.
    radius = 9.0 + 2 * 3.25 + 1.6 + 0.25
    for lane in bent:
        away = np.hypot(*(lane.points - (-radius, radius)).T)
        assert np.ptp(away) < 0.01
        assert lane.curvature == pytest.approx(np.sign(lane.curvature[0]) / away, rel=1e-3)
    assert sorted(float(np.hypot(*(lane.points[0] - (-radius, radius)))) - radius for lane in bent) == pytest.approx(
        [-7.3, -4.875, -1.625, 1.625, 4.875, 7.3], abs=0.01
    )


def test_two_poses_are_joined_by_two_arcs():
    for end, heading in (((30.0, 10.0), 0.4), ((20.0, -6.0), -1.2), ((25.0, 0.0), 0.0), ((10.0, 10.0), np.pi / 2)):
        curve = biarc(np.array([0.0, 0.0]), 0.0, np.array(end), heading)
        last = curve.pose(np.array([curve.length]))
        assert (last.x[0], last.y[0]) == pytest.approx(end, abs=1e-6)
        assert np.cos(last.heading[0] - heading) == pytest.approx(1.0, abs=1e-9)
        assert len(curve.pieces) == 2
    assert curve.pieces[:, 1] == pytest.approx(0.1)
