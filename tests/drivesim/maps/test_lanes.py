"""Device functions on lanes against float64 oracles, on generated roads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from drivesim.config import MapConfig
from drivesim.maps import lanes as device
from drivesim.maps.bank import MapBank
from drivesim.maps.network import RoadNetwork
from drivesim.maps.pack import pack_lanes, pack_routes
from drivesim.maps.procedural import GENERATORS
from tests.reference.curves import lane_foot, lane_pose
from tests.reference.roads import country

F32 = np.float32
COUNTRY = GENERATORS["country_road"](3, MapConfig())
WINDING = GENERATORS["country_road"](5, MapConfig())
HIGHWAY = GENERATORS["highway"](3, MapConfig(generator="highway", length_m=800.0))
NETWORKS = (COUNTRY, WINDING, HIGHWAY)
MAPS = MapBank.bare(NETWORKS).arrays
LANES, ROUTES = MAPS.lanes, MAPS.routes
ALL = {
    int(first) + index: lane
    for first, network in zip(LANES.map_first, NETWORKS, strict=True)
    for index, lane in enumerate(network.lanes)
}
WORLD_M = 2e-3
"""Float32 coordinates up to 1.5 km resolve 1.2e-4 m; headings of 3 rad times 8 m give 2e-6 m."""

lane_numbers = st.sampled_from(sorted(ALL))


@njit
def pose_at(lanes, lane, s):
    return device.pose_at(lanes, lane, s)


@njit
def project(lanes, lane, guess, x, y):
    return device.project(lanes, lane, guess, x, y)


@njit
def edges_at(lanes, lane, s):
    return device.edges_at(lanes, lane, s)


@njit
def neighbour_s(lanes, lane, other, s):
    return device.neighbour_s(lanes, lane, other, s)


@njit
def point_index(lanes, lane, s):
    return device.point_index(lanes, lane, s)


@njit
def next_lane(lanes, routes, route, lane):
    return device.next_lane(lanes, routes, route, lane)


@given(lane=lane_numbers, share=st.floats(-0.2, 1.2))
def test_a_pose_is_interpolated_between_points_and_straight_beyond_the_ends(lane, share):
    fact = ALL[lane]
    s = share * fact.length
    x, y, heading, curvature, width = pose_at(LANES, lane, F32(s))
    assert (x, y) == pytest.approx(lane_pose(fact.points, fact.heading, fact.length, s)[:2], abs=WORLD_M)
    along = np.linspace(0.0, fact.length, len(fact.points))
    inside = np.clip(s, 0.0, fact.length)
    assert heading == pytest.approx(np.interp(inside, along, np.unwrap(fact.heading)), abs=1e-5)
    assert curvature == pytest.approx(np.interp(inside, along, fact.curvature), abs=1e-6)
    assert width == pytest.approx(np.interp(inside, along, fact.width), abs=1e-5)


def test_every_result_is_a_float32():
    pose_at(LANES, 0, F32(3.0)), project(LANES, 0, F32(3.0), F32(1.0), F32(2.0)), edges_at(LANES, 0, F32(1.0))
    for function in (pose_at, project, edges_at):
        for overload in function.overloads.values():
            assert "float64" not in str(overload.signature.return_type)


@given(lane=lane_numbers, share=st.floats(0.0, 1.0), d=st.floats(-6.0, 6.0), off=st.floats(-12.0, 12.0))
def test_projecting_a_point_beside_the_lane_gives_back_where_it_was_put(lane, share, d, off):
    fact = ALL[lane]
    s = share * fact.length
    x, y, heading = lane_pose(fact.points, fact.heading, fact.length, s)
    found = project(LANES, lane, F32(s + off), F32(x - d * np.sin(heading)), F32(y + d * np.cos(heading)))
    assert found == pytest.approx((s, d), abs=2 * WORLD_M)


@given(lane=lane_numbers, beyond=st.floats(0.01, 40.0), d=st.floats(-6.0, 6.0), after=st.booleans())
def test_points_beyond_the_ends_have_s_outside_the_lane(lane, beyond, d, after):
    fact = ALL[lane]
    s = fact.length + beyond if after else -beyond
    x, y, heading = lane_pose(fact.points, fact.heading, fact.length, s)
    guess = F32(fact.length - 1.0 if after else 1.0)
    found = project(LANES, lane, guess, F32(x - d * np.sin(heading)), F32(y + d * np.cos(heading)))
    assert found == pytest.approx((s, d), abs=2 * WORLD_M)


@given(lane=lane_numbers, share=st.floats(0.05, 0.95), dx=st.floats(-8.0, 8.0), dy=st.floats(-8.0, 8.0))
def test_the_foot_of_any_near_point_is_the_one_bisection_finds(lane, share, dx, dy):
    fact = ALL[lane]
    guess = share * fact.length
    x, y, _ = lane_pose(fact.points, fact.heading, fact.length, guess)
    expected = lane_foot(fact.points, np.unwrap(fact.heading), fact.length, x + dx, y + dy, guess)
    found = project(LANES, lane, F32(guess), F32(x + dx), F32(y + dy))
    assert found == pytest.approx(expected, abs=2 * WORLD_M)


def test_lanes_go_over_into_their_successors_without_a_step():
    for lane in ALL:
        for follower in LANES.successor[LANES.successor_first[lane] : LANES.successor_first[lane + 1]]:
            end = np.array(pose_at(LANES, lane, LANES.length[lane]))
            begin = np.array(pose_at(LANES, follower, F32(0.0)))
            assert np.abs(end[:2] - begin[:2]).max() < WORLD_M
            assert abs(np.angle(np.exp(1j * (end[2] - begin[2])))) < 1e-4
            assert abs(end[3] - begin[3]) < 1e-4
            assert abs(end[4] - begin[4]) < 1e-4


def test_the_row_of_s_is_the_point_at_or_before_it():
    first, step = LANES.point_first[4], LANES.step[4]
    last = LANES.point_first[5] - first - 1
    assert point_index(LANES, 4, F32(0.0)) == (first, 0.0)
    assert point_index(LANES, 4, F32(-5.0)) == (first, 0.0)
    row, fraction = point_index(LANES, 4, F32(7.25 * step))
    assert (row, fraction) == (first + 7, pytest.approx(0.25, abs=1e-4))
    for beyond in (LANES.length[4], LANES.length[4] + F32(9.0)):
        row, fraction = point_index(LANES, 4, beyond)
        assert row == first + last - 1
        assert fraction == pytest.approx(1.0, abs=1e-4)


@given(lane=lane_numbers, share=st.floats(0.0, 1.0))
def test_edges_are_interpolated(lane, share):
    fact = ALL[lane]
    along = np.linspace(0.0, fact.length, len(fact.points))
    left, right, oncoming = edges_at(LANES, lane, F32(share * fact.length))
    assert left == pytest.approx(np.interp(share * fact.length, along, fact.edge_left), abs=0.01)
    assert right == pytest.approx(np.interp(share * fact.length, along, fact.edge_right), abs=0.01)
    if np.isfinite(fact.oncoming_left).all():
        assert oncoming == pytest.approx(np.interp(share * fact.length, along, fact.oncoming_left), abs=1e-4)
    assert not np.isnan(oncoming)


def test_where_there_is_no_oncoming_traffic_it_is_infinitely_far():
    ramp = next(i for i, lane in ALL.items() if np.isinf(lane.oncoming_left).any() and lane.length > 20.0)
    along = np.linspace(0.0, ALL[ramp].length, len(ALL[ramp].points))
    for s in along[np.isinf(ALL[ramp].oncoming_left)][1:-1:9]:
        assert edges_at(LANES, ramp, F32(s))[2] == np.inf


def test_equal_fractions_of_neighbours_are_abreast():
    pairs = [(lane, int(LANES.left[lane])) for lane in ALL if LANES.left[lane] >= 0]
    assert pairs
    for lane, other in pairs:
        for share in (0.0, 0.31, 0.5, 0.87, 1.0):
            s = F32(share) * LANES.length[lane]
            x, y, *_ = pose_at(LANES, other, neighbour_s(LANES, lane, other, s))
            back, d = project(LANES, lane, s, F32(x), F32(y))
            assert abs(back - s) < 0.02 * LANES.length[lane]
            assert d == pytest.approx(ALL[lane].width[0], abs=0.05)


def follow(network: RoadNetwork, route: int) -> list[int]:
    lanes, routes = pack_lanes(network), pack_routes(network)
    lane, seen = int(routes.start_lane[route]), []
    while lane >= 0:
        seen.append(lane)
        following = next_lane(lanes, routes, route, lane)
        lane = int(following) if following >= 0 else -1
    return seen


def test_a_route_leads_lane_by_lane_to_its_goal():
    assert follow(country(), 0) == [0, 1]
    for route in (0, 1):
        assert follow(COUNTRY, route)[-1] == COUNTRY.routes[route].goal_lane


def test_routes_of_later_maps_read_their_own_rows():
    first_route = int(ROUTES.map_first[1])
    start = int(ROUTES.start_lane[first_route])
    assert start >= LANES.map_first[1]
    assert next_lane(LANES, ROUTES, first_route, start) == LANES.successor[LANES.successor_first[start]]
