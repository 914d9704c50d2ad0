"""Highways: valid and connected for many seeds, lanes abreast, ramps clear of the road, routes drivable in time."""

import math
from itertools import pairwise

import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.maps.network import AreaKind, LaneType, MarkingType, RoadNetwork, Route
from drivesim.maps.procedural.highway import highway
from drivesim.maps.routing import LaneGraph, best_lanes
from tests.reference.networks import check_drivable_edges, equal

CONFIG = MapConfig(generator="highway", length_m=800.0)
ROADS = [highway(seed, CONFIG) for seed in range(50)]
RAMPS = (LaneType.ON_RAMP, LaneType.OFF_RAMP)
every_road = pytest.mark.parametrize("road", ROADS, ids=lambda road: road.name)


def predecessors(road: RoadNetwork) -> list[list[int]]:
    before: list[list[int]] = [[] for _ in road.lanes]
    for index, lane in enumerate(road.lanes):
        for follower in lane.successors:
            before[follower].append(index)
    return before


def test_the_same_seed_gives_the_same_highway_and_another_seed_another():
    assert equal(highway(7, CONFIG), ROADS[7])
    assert not equal(ROADS[7].lanes, ROADS[8].lanes)


@pytest.mark.parametrize("length_m", [100.0, 300.0, 500.0, 3000.0, 5000.0])
def test_any_length_works_and_through_routes_have_it(length_m):
    for seed in range(3):
        road = highway(seed, MapConfig(generator="highway", length_m=length_m))
        assert len(road.routes) == (4 if length_m < 500.0 else pytest.approx(7, abs=1))
        for route in road.routes[:2]:
            assert best_lanes(road, route).length == pytest.approx(length_m, rel=0.03)


@every_road
def test_there_are_six_to_eight_routes_and_some_leave_and_some_enter(road):
    assert 6 <= len(road.routes) <= 8
    starts = [road.lanes[route.start_lane].type for route in road.routes]
    goals = [road.lanes[route.goal_lane].type for route in road.routes]
    assert LaneType.ON_RAMP in starts
    assert LaneType.OFF_RAMP in goals
    through = [route for route in road.routes if road.lanes[route.start_lane].type == LaneType.DRIVING]
    assert len({route.start_lane for route in through}) >= 4


@every_road
def test_a_lane_without_successor_is_at_the_maps_end_or_has_a_neighbour_that_goes_on(road):
    graph = LaneGraph(road)
    for members in graph.members:
        ending = [lane for lane in members if not road.lanes[lane].successors]
        if len(ending) < len(members):
            assert all(road.lanes[road.lanes[lane].left].successors for lane in ending)
            assert all(road.lanes[lane].change_left for lane in ending)


@every_road
def test_a_lane_without_predecessor_is_at_the_maps_start_or_can_be_changed_to(road):
    before = predecessors(road)
    graph = LaneGraph(road)
    for members in graph.members:
        beginning = [lane for lane in members if not before[lane]]
        if len(beginning) < len(members):
            assert all(before[road.lanes[lane].left] for lane in beginning)
            assert all(road.lanes[road.lanes[lane].left].change_right for lane in beginning)


@every_road
def test_neighbours_have_equally_many_points_that_are_abreast(road):
    for lane in road.lanes:
        if lane.left >= 0:
            other = road.lanes[lane.left]
            assert len(other.points) == len(lane.points)
            across = other.points - lane.points
            ahead = across[:, 0] * np.cos(lane.heading) + across[:, 1] * np.sin(lane.heading)
            assert np.abs(ahead).max() < 0.02 * lane.length
            np.testing.assert_allclose(np.hypot(*across.T), lane.width, atol=0.1)


@every_road
def test_two_to_four_lanes_run_each_way_with_at_most_one_more_for_ramps(road):
    for members in LaneGraph(road).members:
        types = [road.lanes[lane].type for lane in members]
        if types[0] in RAMPS:
            assert len(types) == 1
            continue
        assert 2 <= types.count(LaneType.DRIVING) <= 4
        assert all(kind == LaneType.DRIVING for kind in types[:-1])
        assert types[-1] in (LaneType.DRIVING, LaneType.ENTRY, LaneType.EXIT)


def auxiliary_lengths(road: RoadNetwork, kind: LaneType) -> list[float]:
    """Lengths of acceleration or deceleration lanes, their sections joined."""
    before, lengths = predecessors(road), []
    for index, lane in enumerate(road.lanes):
        if lane.type == kind and not any(road.lanes[i].type == kind for i in before[index]):
            total, at = 0.0, index
            while True:
                total += road.lanes[at].length
                onward = [i for i in road.lanes[at].successors if road.lanes[i].type == kind]
                if not onward:
                    break
                at = onward[0]
            lengths.append(total)
    return lengths


@every_road
def test_acceleration_and_deceleration_lanes_are_at_least_150_m_long(road):
    for kind in (LaneType.ENTRY, LaneType.EXIT):
        lengths = auxiliary_lengths(road, kind)
        assert lengths
        assert min(lengths) >= 145.0


@every_road
def test_at_the_limit_bends_are_comfortable_and_limits_fall_in_time(road):
    for lane in road.lanes:
        assert np.abs(lane.curvature).max() * lane.speed_limit**2 <= 2.6
        for follower in lane.successors:
            then = road.lanes[follower].speed_limit
            assert (lane.speed_limit**2 - then**2) / (2.0 * 100.0) <= 2.1, "braking from 100 m ahead"
        if lane.type == LaneType.DRIVING:
            assert min(abs(lane.speed_limit * 3.6 - limit) for limit in (80.0, 100.0, 120.0)) < 1e-6


def test_limits_of_80_100_and_120_all_occur():
    limits = {round(lane.speed_limit * 3.6) for road in ROADS for lane in road.lanes if lane.type == LaneType.DRIVING}
    assert limits == {80, 100, 120}


def test_lanes_end_and_begin_and_ramps_come_in_every_kind():
    drops = adds = exit_only = 0
    for road in ROADS:
        graph, before = LaneGraph(road), predecessors(road)
        for members in graph.members:
            right = road.lanes[members[-1]]
            others = any(road.lanes[lane].successors for lane in members)
            drops += right.type == LaneType.DRIVING and not right.successors and others
            adds += right.type == LaneType.DRIVING and not before[members[-1]] and any(before[lane] for lane in members)
            exit_only += right.type == LaneType.EXIT and any(
                road.lanes[lane].type == LaneType.DRIVING for lane in before[members[-1]]
            )
    assert drops > 5
    assert adds > 5
    assert exit_only > 1


@pytest.mark.parametrize("road", ROADS[:15], ids=lambda road: road.name)
def test_lanes_come_near_each_other_only_where_they_are_linked(road):
    step = 6
    points = np.concatenate([lane.points[::step] for lane in road.lanes])
    owner = np.concatenate([np.full(len(lane.points[::step]), i) for i, lane in enumerate(road.lanes)])
    linked = np.eye(len(road.lanes), dtype=bool)
    for index, lane in enumerate(road.lanes):
        for other in (*lane.successors, lane.left, lane.right):
            if other >= 0:
                linked[index, other] = linked[other, index] = True
    linked = linked @ linked @ linked  # around a nose, a ramp is near the neighbour of its successor's predecessor
    apart = np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))
    apart[linked[owner[:, None], owner[None, :]]] = np.inf
    assert apart.min() > 3.4


@pytest.mark.parametrize("road", ROADS[:15], ids=lambda road: road.name)
def test_ramps_away_from_their_nose_stay_clear_of_the_road(road):
    main = np.concatenate([lane.points[::4] for lane in road.lanes if lane.type not in RAMPS])
    before = predecessors(road)
    for index, lane in enumerate(road.lanes):
        outer = (lane.type == LaneType.OFF_RAMP and not lane.successors) or (
            lane.type == LaneType.ON_RAMP and not before[index]
        )
        if outer:
            assert np.hypot(*(lane.points[::4, None] - main[None]).transpose(2, 0, 1)).min() > 8.0


def beyond_goal(road: RoadNetwork, route: Route) -> float:
    lane, total = road.lanes[route.goal_lane], -route.goal_s
    while True:
        total += lane.length
        if not lane.successors:
            return total
        lane = road.lanes[lane.successors[0]]


@every_road
def test_every_route_is_connected_and_the_road_goes_on_200_m_beyond_its_goal(road):
    for route in road.routes:
        table = best_lanes(road, route)
        assert math.isfinite(table.remaining[route.start_lane])
        assert table.length > 500.0
        assert beyond_goal(road, route) >= 200.0
        assert route.start_s >= 30.0 or road.lanes[route.start_lane].type != LaneType.ON_RAMP


@every_road
def test_every_lane_change_a_route_needs_is_allowed_over_a_long_enough_stretch(road):
    for route in road.routes:
        table = best_lanes(road, route)
        lane, room = route.start_lane, -route.start_s
        for _ in range(200):
            fact, offset = road.lanes[lane], int(table.best_offset[lane])
            if table.is_goal[lane]:
                break
            if offset == 0:
                lane, room = fact.successors[table.next_slot[lane]], 0.0
                continue
            allowed = fact.change_left if offset > 0 else fact.change_right
            room += fact.length if allowed else 0.0
            if room >= 100.0:
                lane, room = fact.left if offset > 0 else fact.right, 0.0
                continue
            assert table.next_slot[lane] >= 0 or table.drive_on[lane] > fact.length, "too little room to change lane"
            lane = fact.successors[0]
        else:
            pytest.fail("the route never ends")


@every_road
def test_a_lane_change_is_allowed_from_both_sides_or_from_none(road):
    for lane in road.lanes:
        if lane.left >= 0:
            assert lane.change_left == road.lanes[lane.left].change_right
        else:
            assert not lane.change_left
        assert lane.right >= 0 or not lane.change_right


@pytest.mark.parametrize("seed", [0, 3, 4])
def test_drivable_edges_are_where_the_surface_ends(seed):
    check_drivable_edges(ROADS[seed], {AreaKind.DRIVABLE}, 0.3, tip_points=6)


@pytest.mark.parametrize("road", ROADS[:10], ids=lambda road: road.name)
def test_oncoming_traffic_begins_across_the_median(road):
    for lane in road.lanes:
        if lane.type == LaneType.DRIVING:
            assert (lane.oncoming_left > lane.edge_left + 3.0).all()
            x = lane.points - (lane.oncoming_left + 1.7)[:, None] * np.stack(
                (np.sin(lane.heading), -np.cos(lane.heading)), axis=-1
            )
            opposite = [other for other in road.lanes if other.left < 0 and other.type == LaneType.DRIVING]
            near = min(opposite, key=lambda other: np.hypot(*(other.points - x[len(x) // 2]).T).min())
            index = np.hypot(*(near.points - x[len(x) // 2]).T).argmin()
            assert np.hypot(*(near.points[index] - x[len(x) // 2])) < 1.0
            assert math.cos(near.heading[index] - lane.heading[len(x) // 2]) < -0.99


def on_line(points: np.ndarray, line: np.ndarray) -> bool:
    return bool(np.hypot(*(points[:, None] - line[None]).transpose(2, 0, 1)).min(axis=1).max() < 0.6)


@pytest.mark.parametrize("road", ROADS[:10], ids=lambda road: road.name)
def test_the_paint_between_lanes_says_whether_they_may_be_changed(road):
    for lane in road.lanes:
        if lane.left < 0 or len(lane.points) < 12:
            continue
        normal = np.stack((-np.sin(lane.heading), np.cos(lane.heading)), axis=-1)
        border = (lane.points + 0.5 * lane.width[:, None] * normal)[3:-3:5]
        painted = [marking.type for marking in road.markings if on_line(border, marking.points)]
        expected = {MarkingType.BROKEN, MarkingType.BLOCK} if lane.change_left else {MarkingType.SOLID}
        assert len(painted) == 1
        assert painted[0] in expected


@pytest.mark.parametrize("road", ROADS[:10], ids=lambda road: road.name)
def test_lane_widths_and_edges_change_without_a_step_except_where_surfaces_part(road):
    for lane in road.lanes:
        assert np.ptp(lane.width) == 0.0
        steps = np.abs(np.diff(lane.edge_right))
        assert (steps > 0.35).sum() <= 1, "only where the gore's tip ends"


def test_strips_of_one_line_are_continuous():
    for road in ROADS[:5]:
        for marking in road.markings:
            assert np.isfinite(marking.points).all()
            steps = [math.dist(a, b) for a, b in pairwise(marking.points)]
            assert max(steps) < 4.5
