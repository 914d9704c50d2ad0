"""The packed bank says what its networks say, whatever the number of threads."""

import dataclasses

import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.errors import ConfigError, MapError
from drivesim.maps.arrays import OBJECT_CELL_M, LanePoint, MapArrays, ObjectColumn
from drivesim.maps.bank import MapBank
from drivesim.maps.network import RoadNetwork, Scenery, SceneryKind
from drivesim.maps.pack import pack_lanes, pack_scenery
from drivesim.maps.procedural import GENERATORS, build_network
from drivesim.maps.routing import best_lanes
from tests.reference.networks import equal
from tests.reference.roads import straight_lane

CONFIG = MapConfig(generator="highway", start=40, count=2, length_m=500.0)
BANK = MapBank.build(CONFIG)
NETWORKS = [BANK.network(number) for number in range(BANK.map_count)]
LANES, ROUTES, SCENERY = BANK.arrays.lanes, BANK.arrays.routes, BANK.arrays.scenery

LANE_ROWS = np.concatenate([np.arange(a, b) for a, b in zip(LANES.map_first, LANES.map_end, strict=True)])


def same_arrays(a: MapArrays, b: MapArrays) -> bool:
    groups = [(getattr(a, name), getattr(b, name)) for name in MapArrays._fields]
    return all(np.array_equal(x, y) if isinstance(x, np.ndarray) else all(map(np.array_equal, x, y)) for x, y in groups)


def test_map_i_is_that_of_seed_start_plus_i():
    assert BANK.map_count == 2
    assert [network.seed for network in NETWORKS] == [40, 41]
    assert equal(NETWORKS[1], build_network(CONFIG, 41))


def test_two_threads_build_the_same_bank():
    threaded = MapBank.build(CONFIG, threads=2)
    assert same_arrays(threaded.arrays, BANK.arrays)
    assert all(map(equal, map(threaded.network, range(2)), NETWORKS))


def test_networks_drawn_again_give_the_same_bank():
    assert same_arrays(MapBank.from_networks(NETWORKS).arrays, BANK.arrays)


def test_a_generator_has_an_entry_for_every_name_in_the_config():
    assert set(GENERATORS) == {"country_road", "highway", "town"}
    country = build_network(MapConfig(length_m=150.0), 3)
    assert country.name == "country_road-3"
    assert country.scenery


def test_every_lane_is_packed_as_it_is():
    for number, network in enumerate(NETWORKS):
        base = LANES.map_first[number]
        assert LANES.map_end[number] - base == len(network.lanes)
        for index, lane in enumerate(network.lanes):
            row = base + index
            points = LANES.point[LANES.point_first[row] : LANES.point_first[row + 1]]
            np.testing.assert_array_equal(points[:, :2], lane.points.astype(np.float32))
            np.testing.assert_allclose(points[:, LanePoint.HEADING], np.unwrap(lane.heading), atol=1e-6)
            for column, values in (
                (LanePoint.CURVATURE, lane.curvature),
                (LanePoint.WIDTH, lane.width),
                (LanePoint.EDGE_LEFT, lane.edge_left),
                (LanePoint.EDGE_RIGHT, lane.edge_right),
                (LanePoint.ONCOMING_LEFT, lane.oncoming_left),
            ):
                np.testing.assert_array_equal(points[:, column], values.astype(np.float32))
            assert LANES.length[row] == np.float32(lane.length)
            assert LANES.step[row] == pytest.approx(lane.length / (len(lane.points) - 1), rel=1e-6)
            assert LANES.speed_limit[row] == np.float32(lane.speed_limit)
            assert LANES.type[row] == lane.type
            assert LANES.change[row] == lane.change_left + 2 * lane.change_right
            followers = [base + i for i in lane.successors]
            links = slice(*LANES.successor_first[row : row + 2])
            assert LANES.successor[links].tolist() == followers
            assert LANES.junction[row] == lane.junction
            assert LANES.left[row] == (base + lane.left if lane.left >= 0 else -1)
            assert LANES.right[row] == (base + lane.right if lane.right >= 0 else -1)


def test_predecessors_are_the_successors_reversed():
    def pairs(first: np.ndarray, links: np.ndarray) -> list[tuple[int, int]]:
        return [(int(lane), int(link)) for lane in LANE_ROWS for link in links[first[lane] : first[lane + 1]]]

    forward = pairs(LANES.successor_first, LANES.successor)
    assert sorted(forward) == sorted((b, a) for a, b in pairs(LANES.predecessor_first, LANES.predecessor))


def test_road_sections_are_those_of_the_network():
    for number, network in enumerate(NETWORKS):
        rows = slice(LANES.map_first[number], LANES.map_end[number])
        np.testing.assert_array_equal(LANES.road[rows], [lane.road for lane in network.lanes])


def way_to_drop(network: RoadNetwork, lane: int, way: float = 0.0, hops: int = 20) -> float:
    """Follows every path from the start of a lane."""
    lanes = network.lanes
    here = lanes[lane]
    way += here.length
    if hops == 0:
        return np.inf
    if here.successors:
        return min(way_to_drop(network, follower, way, hops - 1) for follower in here.successors)
    abreast = [other for other in lanes if other.road == here.road and other is not here]
    return way if any(other.successors for other in abreast) else np.inf


def test_the_way_to_a_dropped_lane_is_the_shortest_of_all_paths():
    ways = np.array([way_to_drop(network, index) for network in NETWORKS for index in range(len(network.lanes))])
    np.testing.assert_allclose(LANES.to_drop[LANE_ROWS], ways, rtol=1e-5)
    assert np.isfinite(ways).any() and np.isinf(ways).any()


def test_every_route_is_packed_with_its_table():
    row = 0
    for number, network in enumerate(NETWORKS):
        base = LANES.map_first[number]
        for route in network.routes:
            table = best_lanes(network, route)
            rows = slice(ROUTES.row_first[row], ROUTES.row_first[row] + len(network.lanes))
            for name in ("next_slot", "best_offset", "drive_on", "remaining", "is_goal"):
                np.testing.assert_array_equal(getattr(ROUTES, name)[rows], getattr(table, name))
            assert ROUTES.lane_first[row] == base
            assert ROUTES.start_lane[row] == base + route.start_lane
            assert ROUTES.goal_lane[row] == base + route.goal_lane
            assert ROUTES.start_s[row] == np.float32(route.start_s)
            assert ROUTES.goal_s[row] == np.float32(route.goal_s)
            assert ROUTES.length[row] == np.float32(table.length)
            row += 1
        assert ROUTES.map_end[number] == row


def test_every_thing_is_listed_once_in_the_cell_of_its_centre():
    for number, network in enumerate(NETWORKS):
        size_x, size_y = SCENERY.grid_size[number].tolist()
        for iy in range(size_y):
            for ix in range(size_x):
                cell = SCENERY.grid_first[number] + iy * size_x + ix
                inside = slice(SCENERY.cell_first[cell], SCENERY.cell_first[cell + 1])
                assert (np.diff(SCENERY.kind[inside].astype(int)) >= 0).all()
                local = SCENERY.object[inside, :2] - BANK.arrays.origin[number]
                low = np.array([ix, iy]) * OBJECT_CELL_M
                assert (local >= low - 1e-3).all() or ix == 0 or iy == 0
                assert (local <= low + OBJECT_CELL_M + 1e-3).all()
        assert network.scenery


def test_things_keep_their_measures_and_long_rails_are_cut_to_a_cell():
    rail = Scenery(kind=SceneryKind.GUARD_RAIL, x=50.0, y=20.0, yaw=0.5, length=70.0, width=0.3, height=0.7, look=300)
    house = Scenery(kind=SceneryKind.BUILDING, x=10.0, y=5.0, length=40.0, width=8.0, height=6.0, base=1.0, look=2)
    network = RoadNetwork(name="test", seed=0, lanes=(straight_lane(0.0, 0.0, 100.0),), scenery=(rail, house))
    packed = pack_scenery(network, (-10.0, -10.0))
    assert packed.kind.tolist() == [SceneryKind.BUILDING] + [SceneryKind.GUARD_RAIL] * 3
    assert packed.look.tolist() == [2, 44, 44, 44]
    building, pieces = packed.object[0], packed.object[1:]
    np.testing.assert_allclose(pieces[:, ObjectColumn.HALF_LENGTH], 70.0 / 6.0, rtol=1e-6)
    np.testing.assert_allclose(pieces[:, :2].mean(axis=0), [50.0, 20.0], atol=1e-5)
    gaps = np.hypot(*np.diff(pieces[:, :2], axis=0).T)
    np.testing.assert_allclose(gaps, 70.0 / 3.0, rtol=1e-6)
    np.testing.assert_allclose(pieces[:, ObjectColumn.COS], np.cos(0.5), rtol=1e-6)
    np.testing.assert_allclose(building, [10.0, 5.0, 1.0, 0.0, 20.0, 4.0, 1.0, 7.0])


def test_the_sun_is_a_unit_vector_above_the_horizon():
    np.testing.assert_allclose(np.linalg.norm(BANK.arrays.sun, axis=1), 1.0, rtol=1e-6)
    assert (BANK.arrays.sun[:, 2] > 0.0).all()
    azimuth = np.arctan2(BANK.arrays.sun[:, 1], BANK.arrays.sun[:, 0])
    np.testing.assert_allclose(azimuth, [network.sun_azimuth for network in NETWORKS], atol=1e-6)


def test_kernels_get_the_declared_types():
    assert {LANES.point.dtype, LANES.length.dtype, ROUTES.remaining.dtype, SCENERY.object.dtype} == {
        np.dtype("float32")
    }
    assert {LANES.successor.dtype, ROUTES.row_first.dtype, SCENERY.cell_first.dtype} == {np.dtype("int32")}
    assert {ROUTES.next_slot.dtype, ROUTES.best_offset.dtype} == {np.dtype("int8")}
    assert BANK.arrays.origin.dtype == np.float32
    assert LANES.point.flags.c_contiguous


def bytes_of_lanes(network: RoadNetwork) -> int:
    return sum(array.nbytes for array in pack_lanes(network))


def test_memory_is_reported_by_part():
    sizes = BANK.memory_bytes()
    # After each map's last lane stands an entry of `point_first` alone, for which the other columns have room.
    assert 0.95 * sizes["lanes"] < sum(bytes_of_lanes(network) for network in NETWORKS) <= sizes["lanes"]
    assert sizes["ground"] > sizes["lanes"] > 0
    assert sizes["total"] == pytest.approx(
        sum(sizes[name] for name in ("lanes", "routes", "scenery", "ground")), rel=0.01
    )


def test_progress_counts_up_to_the_number_of_maps():
    heard = []
    MapBank.from_networks(NETWORKS, progress=lambda done, count: heard.append((done, count)))
    assert heard == [(1, 2), (2, 2)]


def test_an_empty_bank_and_an_unknown_generator_are_errors():
    with pytest.raises(MapError, match="at least one map"):
        MapBank.from_networks([])
    with pytest.raises(ConfigError, match="did you mean 'highway'"):
        MapConfig(generator="hihgway")


def test_a_failure_while_building_reaches_the_caller():
    def fail(done: int, count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        MapBank.from_networks(NETWORKS, progress=fail)


def test_a_lane_has_as_many_links_as_its_network_says():
    star = [straight_lane(0.0, 0.0, 10.0, successors=(7,)) for _ in range(7)]
    ends = [straight_lane(20.0, 0.0, 10.0) for _ in range(6)]
    middle = straight_lane(10.0, 0.0, 10.0, successors=tuple(range(8, 14)))
    packed = pack_lanes(RoadNetwork(name="star", seed=0, lanes=(*star, middle, *ends)))
    assert packed.predecessor[packed.predecessor_first[7] : packed.predecessor_first[8]].tolist() == list(range(7))
    assert packed.successor[packed.successor_first[7] : packed.successor_first[8]].tolist() == list(range(8, 14))


def test_a_bank_of_one_map_without_routes_or_scenery_can_be_packed():
    bare = dataclasses.replace(NETWORKS[0], routes=(), scenery=())
    bank = MapBank.from_networks([bare])
    assert bank.route_counts(np.zeros(1, np.int64)).tolist() == [0]
    assert bank.arrays.scenery.object.shape == (0, 8)
