"""Footpaths are packed with their joints, the lanes they cross and the places where one could walk across."""

import dataclasses

import numpy as np
import pytest

from drivesim.maps.bank import MapBank
from drivesim.maps.footways import HOP_APART_M, pack_footpaths
from drivesim.maps.network import Scenery, SceneryKind
from tests.reference.networks import four_way
from tests.reference.streets import CROSSING_X, PAVEMENT_Y, street

FOOTPATHS = 8


def test_paths_that_share_a_node_are_linked():
    paths = pack_footpaths(street())
    node = paths.node[6, 0]
    links = slice(paths.link_first[node], paths.link_first[node + 1])
    assert list(zip(paths.link[links], paths.link_end[links], strict=True)) == [(0, 1), (1, 0), (6, 0)]


def test_a_crossing_knows_its_lanes_and_they_know_it():
    paths = pack_footpaths(street())
    rows = range(paths.cross_first[6], paths.cross_first[7])
    assert [paths.cross_lane[row] for row in rows] == [0, 1]
    # The zebra is 4 m wide; from y = -6.5 the lanes lie 3 to 6.5 m and 6.5 to 10 m along it.
    assert paths.cross_s[rows[0]] == pytest.approx((CROSSING_X - 2.0, CROSSING_X + 2.0))
    assert paths.cross_along[rows[0]] == pytest.approx((3.0, 6.5))
    assert paths.cross_s[rows[1]] == pytest.approx((300.0 - CROSSING_X - 2.0, 300.0 - CROSSING_X + 2.0))
    assert paths.cross_along[rows[1]] == pytest.approx((6.5, 10.0))
    assert paths.road[6] == pytest.approx((3.0, 10.0))
    for lane in range(2):
        seen = paths.lane_cross[paths.lane_first[lane] : paths.lane_first[lane + 1]]
        assert set(seen) == set(np.flatnonzero(paths.cross_lane == lane))
        assert (np.diff(paths.cross_s[seen, 0]) >= 0.0).all()


def test_hops_lead_straight_across_from_pavement_to_pavement():
    paths = pack_footpaths(street())
    hops = np.flatnonzero(paths.host[:, 0] >= 0)
    assert len(hops) >= 8
    assert (hops >= FOOTPATHS).all()
    for hop in hops:
        first = paths.point_first[hop]
        start, end = paths.point[first, :2], paths.point[first + 1, :2]
        assert start[0] == pytest.approx(end[0])
        assert (start[1], end[1]) == pytest.approx((-PAVEMENT_Y, PAVEMENT_Y))
        assert abs(start[0] - CROSSING_X) >= HOP_APART_M - 3.0
        for end_of, (host, along) in enumerate(zip(paths.host[hop], paths.host_along[hop], strict=True)):
            row = paths.point_first[host]
            at = paths.point[row, 0] + along
            assert at == pytest.approx(start[0], abs=1e-3)
            listed = slice(paths.hop_first[host], paths.hop_first[host + 1])
            assert (hop, end_of) in zip(paths.hop[listed], paths.hop_end[listed], strict=True)


def test_nobody_hops_through_a_wall():
    wall = Scenery(kind=SceneryKind.WALL, x=75.0, y=5.0, length=60.0, width=0.3)
    paths = pack_footpaths(dataclasses.replace(street(), scenery=(wall,)))
    hops = np.flatnonzero(paths.host[:, 0] >= 0)
    at = paths.point[paths.point_first[hops], 0]
    assert len(hops)
    assert not ((at > 45.0) & (at < 105.0)).any()


def test_a_map_keeps_its_paths_among_others():
    single = MapBank.bare([street()]).arrays.footpaths
    bank = MapBank.bare([four_way(), street(), street(bays=3)]).arrays
    assert bank.footpaths.map_first[bank.slot_of[0]] == bank.footpaths.map_end[bank.slot_of[0]]
    slot = bank.slot_of[2]
    first, last = bank.footpaths.map_first[slot], bank.footpaths.map_end[slot]
    assert last - first == single.map_end[0]
    for path in range(last - first):
        rows = slice(bank.footpaths.cross_first[first + path], bank.footpaths.cross_first[first + path + 1])
        own = slice(single.cross_first[path], single.cross_first[path + 1])
        lanes = bank.footpaths.cross_lane[rows] - bank.lanes.map_first[slot]
        np.testing.assert_array_equal(lanes, single.cross_lane[own])
        np.testing.assert_array_equal(bank.footpaths.cross_path[rows], first + path)
    assert bank.bays.map_end[slot] - bank.bays.map_first[slot] == 3
    assert bank.bays.lane[bank.bays.map_first[slot]] == bank.lanes.map_first[slot]
