import math
from itertools import pairwise

import numpy as np
import pytest
from numba import njit

from drivesim.config import MapConfig
from drivesim.kernels.views import view
from drivesim.maps import path
from drivesim.maps.bank import MapBank
from drivesim.maps.procedural import build_network
from drivesim.maps.routing import best_lanes
from tests.reference.path import beside, point_on, walk
from tests.reference.roads import connectors

f32 = np.float32
MAPS = 3


@pytest.fixture(scope="module")
def bank() -> MapBank:
    config = MapConfig(generator="highway", length_m=800.0)
    return MapBank.bare([*(build_network(config, seed) for seed in range(MAPS)), connectors()])


@njit
def walk_both(maps, way, lane, s):
    """Where `advance` ends without and with changes, and the point of the course there."""
    kept, kept_s = path.advance(maps, way, lane, s, changing=False)
    lane, s = path.advance(maps, way, lane, s, changing=True)
    x, y = path.course_point(maps, way, lane, s, f32(0.0))
    return kept, kept_s, lane, s, x, y


@njit
def branches(maps, way, lane, out):
    """The lane after `lane` of users 0, 1, ..."""
    for user in range(out.shape[0]):
        out[user] = path.following(maps, path.Way(way.route, way.key, np.int64(user), way.first_lane, way.length), lane)


@njit
def measure(maps, way, lane, s, goal_lane, goal_s, most):
    return path.distance_along(maps, way, lane, s, goal_lane, goal_s, most)


def way_on(bank: MapBank, number: int, route: int = -1) -> path.Way:
    arrays = bank.arrays
    return path.Way(
        np.int32(route), np.uint64(7), np.int64(0), np.int32(arrays.lanes.map_first[number]), np.float32(0.0)
    )


def test_walks_end_where_the_reference_ends(bank, rng):
    maps = view(bank.arrays)
    crossed = 0
    for _ in range(300):
        number = int(rng.integers(MAPS + 1))
        network, arrays = bank.network(number), bank.arrays
        route = int(rng.integers(len(network.routes)))
        table = best_lanes(network, network.routes[route])
        lane = int(rng.choice(np.flatnonzero(np.isfinite(table.remaining))))
        first, distance = int(arrays.lanes.map_first[number]), float(rng.uniform(0.0, 600.0))
        way = way_on(bank, number, int(arrays.routes.map_first[number]) + route)
        kept, kept_s, shown, shown_s, x, y = walk_both(maps, way, np.int32(first + lane), f32(distance))
        expected, expected_s, _ = walk(network, table, lane, distance)
        assert (kept - first, kept_s) == (expected, pytest.approx(expected_s, abs=0.01))
        expected, expected_s, touched = walk(network, table, lane, distance, changes=True)
        assert (shown - first, shown_s) == (expected, pytest.approx(expected_s, abs=0.01))
        crossed += any(b not in network.lanes[a].successors for a, b in pairwise(touched))
        if table.next_slot[expected] >= 0:
            assert (x, y) == pytest.approx(tuple(point_on(network.lanes[expected], expected_s)), abs=0.02)
    assert crossed > 20


def test_a_needed_crossing_is_shown_on_the_last_metres_and_ends_on_the_lane_that_leads_on(bank):
    maps, arrays = view(bank.arrays), bank.arrays
    seen = 0
    for number in range(MAPS):
        network, first = bank.network(number), int(arrays.lanes.map_first[number])
        for index, route in enumerate(network.routes):
            table = best_lanes(network, route)
            for lane in np.flatnonzero((table.next_slot < 0) & (table.best_offset != 0) & np.isfinite(table.drive_on)):
                way = way_on(bank, number, int(arrays.routes.map_first[number]) + index)
                end = float(table.drive_on[lane])
                other = network.lanes[beside(network, int(lane), int(table.best_offset[lane]))]
                for back, where in ((30.0, network.lanes[lane]), (0.0, other)):
                    s = end - back
                    if s < 0.0:
                        continue
                    *_, x, y = walk_both(maps, way, np.int32(first + lane), f32(s))
                    share = s / network.lanes[lane].length
                    expected = point_on(where, share * where.length)
                    assert (x, y) == pytest.approx(tuple(expected), abs=0.03)
                    seen += 1
    assert seen > 20


def test_every_user_draws_its_own_branch_whatever_other_maps_are_in_the_bank(bank):
    alone = MapBank.bare([connectors()])
    drawn = []
    for some, number in ((alone, 0), (bank, MAPS)):
        first = int(some.arrays.lanes.map_first[number])
        taken = np.zeros(64, np.int32)
        branches(view(some.arrays), way_on(some, number), np.int32(first + 40), taken)
        drawn.append(taken - first)
    np.testing.assert_array_equal(*drawn)
    assert set(drawn[0].tolist()) == {41, 61}
    assert 20 < (drawn[0] == 41).sum() < 44


def test_distances_are_measured_over_any_number_of_lanes(bank):
    maps, first = view(bank.arrays), int(bank.arrays.lanes.map_first[MAPS])
    way = way_on(bank, MAPS)

    def distance(lane: int, s: float, goal: int, goal_s: float, most: float) -> float:
        return float(measure(maps, way, np.int32(first + lane), f32(s), np.int32(first + goal), f32(goal_s), f32(most)))

    assert distance(0, 2.0, 40, 30.0, 500.0) == pytest.approx(128.0)
    assert distance(20, 2.0, 40, 30.0, 500.0) == pytest.approx(128.0)
    assert distance(0, 2.0, 40, 30.0, 127.0) == math.inf
    assert distance(0, 2.0, 0, 1.0, 500.0) == math.inf, "it is behind"
    assert distance(0, 2.0, 25, 1.0, 500.0) == math.inf, "it is on the other chain"


def test_an_offset_fades_smoothly_and_within_seconds():
    assert path.fade(f32(0.0)) == 1.0
    # (1 + u) exp(-u): 0.736 at 1, 0.092 at 4
    assert [path.fade(f32(u)) for u in (1.0, 4.0)] == pytest.approx([0.7358, 0.0916], abs=1e-4)
    assert path.fade_rate(f32(25.0)) == pytest.approx(0.04)
    assert path.fade_rate(f32(0.0)) == pytest.approx(0.12)
