from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesim.config import MapConfig
from drivesim.errors import ConfigError
from drivesim.maps.network import Area, AreaKind, Lane, RoadNetwork, Scenery, SceneryKind
from drivesim.maps.procedural import build_network
from drivesim.maps.procedural.roadside import (
    BELONGS,
    Roadside,
    clearance,
    drivable_outlines,
    outer_sides,
    stand,
    things,
)
from drivesim.maps.procedural.scenery import SignLook, place_scenery
from tests.reference.ground import clearance as clearance_reference
from tests.reference.ground import outside_of_lanes

NARROW = (SceneryKind.POST, SceneryKind.GUARD_RAIL)


def lane_of(points: np.ndarray, heading: np.ndarray, curvature: np.ndarray, **changes) -> Lane:
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    every = np.ones(len(points))
    values = {
        "points": points, "heading": heading, "curvature": curvature, "width": 3.5 * every, "edge_left": 5.5 * every,
        "edge_right": 2.0 * every, "oncoming_left": 1.75 * every, "length": length, "speed_limit": 20.0, **changes,
    }  # fmt: skip
    return Lane(**values)


def straight_lane(start: float, stop: float, **changes) -> Lane:
    x = np.arange(start, stop + 1.0)
    return lane_of(np.stack([x, 0.0 * x], axis=1), 0.0 * x, 0.0 * x, **changes)


def arc_lane(radius: float, length: float) -> Lane:
    s = np.arange(0.0, length + 1.0)
    points = np.stack([radius * np.sin(s / radius), radius * (1.0 - np.cos(s / radius))], axis=1)
    return lane_of(points, s / radius, np.full(len(s), 1.0 / radius))


def corners(thing: Scenery) -> np.ndarray:
    """Points on the outline of a thing, shape (point, 2)."""
    if thing.length == thing.width:
        angle = np.linspace(0.0, 2.0 * np.pi, 8, endpoint=False)
        reach = 0.5 * thing.length
        return np.stack([thing.x + reach * np.cos(angle), thing.y + reach * np.sin(angle)], axis=1)
    a = np.linspace(-0.5, 0.5, 9) * thing.length
    b = 0.5 * thing.width
    local = np.concatenate([np.stack([a, np.full(9, b)], axis=1), np.stack([a, np.full(9, -b)], axis=1)])
    cos, sin = np.cos(thing.yaw), np.sin(thing.yaw)
    return local @ np.array([[cos, sin], [-sin, cos]]) + (thing.x, thing.y)


@pytest.mark.parametrize("generator", ["country_road", "highway"])
@settings(max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_nothing_stands_within_reach_of_a_lane(generator, seed):
    network = build_network(MapConfig(generator=generator, length_m=300.0), seed)
    assert len(network.scenery) > 50
    points = [corners(thing)[::3] for thing in network.scenery]
    least = np.repeat([0.75 if thing.kind in NARROW else 0.95 for thing in network.scenery], [len(p) for p in points])
    assert (outside_of_lanes(network, np.concatenate(points)) >= least).all()


@pytest.mark.parametrize("generator", ["country_road", "highway"])
def test_the_same_seed_gives_the_same_things(generator):
    a, b, c = (build_network(MapConfig(generator=generator), seed).scenery for seed in (5, 5, 6))
    assert a == b
    assert a != c


@pytest.mark.parametrize("generator", ["country_road", "highway"])
def test_a_camera_sees_some_things_but_not_too_many(generator):
    seen = []
    for seed in range(4):
        network = build_network(MapConfig(generator=generator), seed)
        place = np.array([(thing.x, thing.y) for thing in network.scenery])
        for route in network.routes:
            lane = network.lanes[route.start_lane]
            for index in range(0, len(lane.points), 20):
                dx, dy = (place - lane.points[index]).T
                cos, sin = np.cos(lane.heading[index]), np.sin(lane.heading[index])
                ahead, aside = dx * cos + dy * sin, dy * cos - dx * sin
                seen.append(int(((np.hypot(ahead, aside) < 100.0) & (np.abs(aside) < ahead)).sum()))
    assert 10 <= np.median(seen) <= 28
    assert np.max(seen) <= 60


def test_country_roads_have_posts_trees_and_houses():
    counts = Counter()
    for seed in range(6):
        counts += Counter(thing.kind for thing in build_network(MapConfig(generator="country_road"), seed).scenery)
    for kind in (SceneryKind.TREE, SceneryKind.CONIFER, SceneryKind.BUSH, SceneryKind.BUILDING, SceneryKind.POST,
                 SceneryKind.SIGN, SceneryKind.WALL):  # fmt: skip
        assert counts[kind] >= 6
    assert counts[SceneryKind.GUARD_RAIL] == 0


def test_highways_have_rails_and_blue_panels():
    counts, looks = Counter(), Counter()
    for seed in range(4):
        scenery = build_network(MapConfig(generator="highway"), seed).scenery
        counts += Counter(thing.kind for thing in scenery)
        looks += Counter(thing.look for thing in scenery if thing.kind == SceneryKind.SIGN)
    assert counts[SceneryKind.GUARD_RAIL] > 100
    assert counts[SceneryKind.BARRIER] > 10
    assert looks[SignLook.DIRECTION] > 0 and looks[SignLook.SPEED_LIMIT] > 0


def test_rails_and_walls_come_in_pieces_of_at_most_20_m():
    for generator in ("country_road", "highway"):
        for thing in build_network(MapConfig(generator=generator), 1).scenery:
            if thing.kind in (SceneryKind.GUARD_RAIL, SceneryKind.WALL, SceneryKind.BARRIER):
                assert 1.0 < thing.length <= 20.5


def test_an_unknown_kind_of_road_is_named_with_its_neighbour():
    network = RoadNetwork(name="road", seed=1, lanes=(straight_lane(0.0, 100.0),))
    with pytest.raises(ConfigError, match="did you mean 'country'"):
        place_scenery(network, "contry")


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6))
def test_clearance_equals_the_reference(seed):
    rng = np.random.default_rng(seed)
    outlines = []
    for _ in range(3):
        count = int(rng.integers(3, 40))
        angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, count))
        radius = rng.uniform(3.0, 15.0, count)
        centre = rng.uniform(-10.0, 10.0, 2)
        outlines.append(centre + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
    x, y = rng.uniform(-30.0, 30.0, (2, 40))
    for i, found in enumerate(clearance(x, y, outlines)):
        expected = min(clearance_reference(x[i], y[i], outline) for outline in outlines)
        assert found == pytest.approx(expected if expected > 0.0 else -1.0, abs=1e-9)


def test_the_edge_is_followed_outside_a_bend():
    side = Roadside([arc_lane(80.0, 100.0)], -1)
    x, y, heading = side.at(np.array([0.0, 40.0, 90.0]), 1.5)
    assert np.hypot(x, y - 80.0) == pytest.approx(np.full(3, 83.5), abs=0.02)
    assert heading == pytest.approx([0.0, 0.5, 1.125], abs=1e-3)


def test_stations_are_closer_in_bends():
    straight, bend = Roadside([straight_lane(0.0, 300.0)], -1), Roadside([arc_lane(90.0, 300.0)], -1)
    assert np.diff(straight.stations(50.0, 14.0, 0.0)) == pytest.approx(50.0)
    assert np.diff(bend.stations(50.0, 14.0, 0.0)) == pytest.approx(14.0, rel=0.02)


def test_a_roadside_goes_on_from_lane_to_lane():
    lanes = (straight_lane(0.0, 60.0, successors=(1,)), straight_lane(60.0, 130.0))
    sides = outer_sides(RoadNetwork(name="road", seed=1, lanes=lanes))
    assert [side.length for side in sides] == [130.0]
    x, _, _ = sides[0].at(np.array([10.0, 61.0, 129.0]), 1.0)
    assert x == pytest.approx([10.0, 61.0, 129.0])


def test_a_sign_stands_where_the_limit_changes():
    lanes = (straight_lane(0.0, 100.0, successors=(1,)), straight_lane(100.0, 200.0, speed_limit=12.0))
    scenery = place_scenery(RoadNetwork(name="road", seed=3, lanes=lanes), "country")
    signs = [t for t in scenery if t.kind == SceneryKind.SIGN and t.look == SignLook.SPEED_LIMIT]
    assert sorted(round(t.x) for t in signs) == [45, 102]
    for sign in signs:
        assert -5.0 < sign.y < -3.0
        assert sign.yaw == pytest.approx(0.0)
        assert any(t.kind == SceneryKind.POST and abs(t.x - sign.x) < 0.3 and abs(t.y - sign.y) < 0.3 for t in scenery)


def test_what_would_overlap_or_block_the_road_is_left_out():
    road = np.array([[0.0, -3.0], [100.0, -3.0], [100.0, 3.0], [0.0, 3.0]])
    rows = things(
        SceneryKind.BUILDING, np.array([50.0, 52.0, 80.0, 20.0]), np.array([15.0, 17.0, 9.0, 15.0]),
        length=10.0, width=8.0, height=5.0, clearance=3.0, room=4.0,
    )  # fmt: skip
    kept = stand(rows, [road])
    assert [(thing.x, thing.y) for thing in kept] == [(50.0, 15.0), (20.0, 15.0)]


def test_a_long_thing_is_clear_over_its_whole_length():
    road = np.array([[0.0, -3.0], [100.0, -3.0], [100.0, 3.0], [0.0, 3.0]])
    rows = things(
        SceneryKind.GUARD_RAIL, np.array([50.0, 50.0]), np.array([4.2, 12.0]), yaw=np.array([0.0, 1.2]),
        length=20.0, width=0.3, height=0.75, clearance=0.8, room=0.5,
    )  # fmt: skip
    assert [thing.y for thing in stand(rows, [road])] == [4.2]


def test_a_part_stands_only_with_the_thing_it_belongs_to():
    road = np.array([[0.0, -3.0], [100.0, -3.0], [100.0, 3.0], [0.0, 3.0]])
    pole = {"length": 0.1, "width": 0.1, "height": 2.0, "clearance": 1.0}
    x = np.array([20.0, 20.1, 60.0, 60.1])
    rows = things(
        SceneryKind.POST, x, np.array([5.0, 5.0, 3.5, 3.5]), room=np.array([0.5, BELONGS, 0.5, BELONGS]), **pole
    )
    assert [thing.x for thing in stand(rows, [road])] == [20.0, 20.1]


def test_networks_without_areas_are_kept_clear_by_their_lanes():
    network = RoadNetwork(name="road", seed=1, lanes=(straight_lane(0.0, 100.0),))
    outlines = drivable_outlines(network)
    assert clearance(np.array([50.0, 50.0]), np.array([5.0, 6.5]), outlines).tolist() == [-1.0, 1.0]


def test_a_ramp_beside_the_road_is_kept_clear_too():
    ramp = Area(polygon=np.array([[0.0, -12.0], [100.0, -12.0], [100.0, -7.0], [0.0, -7.0]]), kind=AreaKind.DRIVABLE)
    road = Area(polygon=np.array([[0.0, -2.0], [100.0, -2.0], [100.0, 5.5], [0.0, 5.5]]), kind=AreaKind.DRIVABLE)
    network = RoadNetwork(name="road", seed=1, lanes=(straight_lane(0.0, 100.0),), areas=(road, ramp))
    for thing in place_scenery(network, "highway"):
        for x, y in corners(thing):
            assert clearance_reference(x, y, ramp.polygon) > 0.75
