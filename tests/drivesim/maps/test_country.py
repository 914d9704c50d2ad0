"""Country roads: valid, connected, comfortable at the limit, clear of themselves, and the same for the same seed."""

from itertools import pairwise

import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.maps.network import AreaKind, MarkingColor, MarkingType, RoadNetwork
from drivesim.maps.procedural.country import country_road
from drivesim.maps.routing import best_lanes
from tests.reference.networks import check_drivable_edges, equal

CONFIG = MapConfig()
ROADS = [country_road(seed, CONFIG) for seed in range(50)]


def direction(road: RoadNetwork, forward: bool) -> list[int]:
    """Lanes of one direction in driving order."""
    lane = road.routes[0 if forward else 1].start_lane
    while before := [i for i, other in enumerate(road.lanes) if lane in other.successors]:
        lane = before[0]
    chain = [lane]
    while road.lanes[chain[-1]].successors:
        chain.append(road.lanes[chain[-1]].successors[0])
    return chain


def test_the_same_seed_gives_the_same_road_and_another_seed_another():
    assert equal(country_road(7, CONFIG), ROADS[7])
    assert not equal(ROADS[7].lanes, ROADS[8].lanes)


@pytest.mark.parametrize("length_m", [100.0, 5000.0])
def test_routes_are_as_long_as_asked_for(length_m):
    road = country_road(1, MapConfig(length_m=length_m))
    for route in road.routes:
        assert best_lanes(road, route).length == pytest.approx(length_m, rel=0.05)


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.name)
def test_both_directions_are_unbroken_and_go_on_beyond_start_and_goal(road):
    assert len(road.routes) == 2
    chains = [direction(road, forward) for forward in (True, False)]
    assert sorted(chains[0] + chains[1]) == list(range(len(road.lanes)))
    for chain, route in zip(chains, road.routes, strict=True):
        before = sum(road.lanes[i].length for i in chain[: chain.index(route.start_lane)]) + route.start_s
        after = sum(road.lanes[i].length for i in chain[chain.index(route.goal_lane) :]) - route.goal_s
        assert before >= 29.0
        assert after >= 150.0
        assert np.isfinite(best_lanes(road, route).remaining[route.start_lane])


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.name)
def test_at_the_limit_bends_are_comfortable_and_limits_fall_in_time(road):
    for chain in (direction(road, True), direction(road, False)):
        for before, after in pairwise(chain):
            first, then = road.lanes[before].speed_limit, road.lanes[after].speed_limit
            assert (first**2 - then**2) / (2.0 * 100.0) <= 2.0, "braking from 100 m ahead"
        for index in chain:
            lane = road.lanes[index]
            assert 30.0 / 3.6 - 1e-6 <= lane.speed_limit <= 80.0 / 3.6 + 1e-6
            assert lane.length >= 30.0
            assert np.abs(lane.curvature).max() * lane.speed_limit**2 <= 2.75


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.name)
def test_the_road_keeps_clear_of_itself(road):
    points = np.concatenate([road.lanes[i].points for i in direction(road, True)])[::4]
    apart = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    index = np.arange(len(points)) * 4.0
    far = np.abs(index[:, None] - index[None, :]) > 100.0
    assert apart[far].min() >= 20.0


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.name)
def test_lane_widths_vary_slowly_within_bounds_and_oncoming_traffic_begins_at_the_middle(road):
    for lane in road.lanes:
        assert lane.width.min() >= 3.2 - 1e-9
        assert lane.width.max() <= 3.9 + 1e-9
        assert np.abs(np.diff(lane.width)).max() < 0.02
        np.testing.assert_allclose(lane.oncoming_left, 0.5 * lane.width)
        assert (lane.edge_left > 1.5 * lane.width).all()
        assert (lane.edge_right > 0.5 * lane.width).all()


@pytest.mark.parametrize("seed", [0, 1, 2, 5])
def test_drivable_edges_are_where_the_surface_ends(seed):
    road = ROADS[seed]
    curbed = any(area.kind == AreaKind.CURB for area in road.areas)
    kinds = {AreaKind.DRIVABLE} if curbed else {AreaKind.DRIVABLE, AreaKind.SHOULDER}
    check_drivable_edges(road, kinds, 0.25)


def test_roads_differ_in_border_paint_and_limit():
    curbed = [any(area.kind == AreaKind.CURB for area in road.areas) for road in ROADS]
    yellow = [any(marking.color == MarkingColor.YELLOW for marking in road.markings) for road in ROADS]
    assert 5 < sum(curbed) < 25
    assert 8 < sum(yellow) < 30
    assert len({max(lane.speed_limit for lane in road.lanes) for road in ROADS}) >= 3


@pytest.mark.parametrize("road", ROADS[:20], ids=lambda road: road.name)
def test_the_centre_line_is_solid_in_sharp_bends_and_nowhere_missing(road):
    centre = road.markings[2:]
    assert all(line.type == MarkingType.SOLID for line in road.markings[:2])
    for before, after in pairwise(centre):
        np.testing.assert_allclose(before.points[-1], after.points[0], atol=1e-6)
        assert (before.type == MarkingType.BROKEN) != (after.type == MarkingType.BROKEN)
    broken = [line.points for line in centre if line.type == MarkingType.BROKEN]
    for index in direction(road, True):
        lane = road.lanes[index]
        normal = np.stack((-np.sin(lane.heading), np.cos(lane.heading)), axis=-1)
        middle = (lane.points + 0.5 * lane.width[:, None] * normal)[np.abs(lane.curvature) > 1.0 / 80.0]
        for line in broken:
            if len(middle):
                assert np.hypot(*(middle[:, None] - line[None]).transpose(2, 0, 1)).min() > 5.0


def test_a_sign_stands_wherever_the_limit_changes():
    road = ROADS[0]
    changes = {
        after for lane in road.lanes for after in lane.successors if road.lanes[after].speed_limit != lane.speed_limit
    }
    assert changes
    assert {signal.lane for signal in road.signals} == changes
    for signal in road.signals:
        assert signal.type == "274"
        assert signal.value == road.lanes[signal.lane].speed_limit
