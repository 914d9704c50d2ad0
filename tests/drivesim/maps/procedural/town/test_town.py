"""Towns: every seed builds, everything can be reached, and lights never show green to ways that cross."""

import itertools

import cv2
import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.errors import MapError
from drivesim.maps.control import SIGNAL_KINDS, JunctionControl, SignalKind, Turn
from drivesim.maps.facts import conflicts_of
from drivesim.maps.network import AreaKind, RoadNetwork
from drivesim.maps.pack import pack_routes
from drivesim.maps.places import FootpathKind
from drivesim.maps.procedural import build_network
from drivesim.maps.procedural.town.plan import Control, Node, Street, StreetPlan
from drivesim.maps.procedural.town.scenes import EAST, NORTH, SOUTH, WEST, crossing, ncap_crossing, straight
from drivesim.maps.procedural.town.streets import street_network
from drivesim.maps.procedural.town.ways import lane_pairs
from drivesim.maps.right_of_way import Rule, rules_of
from drivesim.semantics import LightColor
from tests.reference.networks import equal

CONFIG = MapConfig(generator="town", length_m=400.0)
SEEDS = range(30)


def town(seed: int) -> RoadNetwork:
    return build_network(CONFIG, seed)


def reachable(network: RoadNetwork, start: int, *, backwards: bool = False) -> set[int]:
    after: list[set[int]] = [set() for _ in network.lanes]
    for index, lane in enumerate(network.lanes):
        for other in (*lane.successors, *(n for n in (lane.left, lane.right) if n >= 0)):
            (after[other] if backwards else after[index]).add(index if backwards else other)
    seen, queue = {start}, [start]
    while queue:
        for other in after[queue.pop()] - seen:
            seen.add(other)
            queue.append(other)
    return seen


@pytest.mark.parametrize("seed", SEEDS)
def test_every_lane_reaches_every_other(seed):
    network = town(seed)
    everything = set(range(len(network.lanes)))
    assert reachable(network, 0) == everything
    assert reachable(network, 0, backwards=True) == everything


@pytest.mark.parametrize("seed", SEEDS)
def test_routes_can_be_driven_and_are_about_as_long_as_asked_for(seed):
    network = town(seed)
    lengths = pack_routes(network).length
    assert len(lengths) == 16
    assert (lengths > 60.0).all()
    assert 200.0 < np.median(lengths) < 700.0


def test_seeds_give_all_layouts_controls_and_both_ways_of_crossing():
    networks = [town(seed) for seed in SEEDS]
    assert {network.name.split("-")[1] for network in networks} == {"grid", "grown", "ring"}
    assert {junction.control for network in networks for junction in network.junctions} == set(JunctionControl)
    kinds = {path.kind for network in networks for path in network.footpaths}
    assert kinds >= {FootpathKind.PAVEMENT, FootpathKind.ZEBRA, FootpathKind.LIGHTS}
    assert any(lane.right >= 0 for network in networks for lane in network.lanes)


def test_equal_seeds_give_equal_towns():
    assert equal(town(7), town(7))
    assert not equal(town(7), town(8))


@pytest.mark.parametrize("seed", SEEDS)
def test_crossing_ways_never_have_green_together_unless_one_turns_left(seed):
    network = town(seed)
    light_of = {s.lane: s.light for s in network.signals if SIGNAL_KINDS.get(s.type) == SignalKind.LIGHT}
    entry_of = {way: k for k, lane in enumerate(network.lanes) if lane.junction < 0 for way in lane.successors}
    for way, others in enumerate(conflicts_of(network)):
        for other, *_ in others:
            lights = [light_of.get(entry_of[k], -1) for k in (way, other)]
            if min(lights) < 0 or lights[0] == lights[1]:
                continue
            for now in np.arange(0.25, 70.0, 0.5):
                green = [showing(network, light, now) == LightColor.GREEN for light in lights]
                assert not all(green)


def showing(network: RoadNetwork, light: int, now: float) -> LightColor:
    within = (now - network.lights[light].offset_s) % network.lights[light].cycle_s
    for duration, color in network.lights[light].phases:
        if within < duration:
            return color
        within -= duration
    raise AssertionError


@pytest.mark.parametrize("seed", SEEDS)
def test_pavements_and_crossings_meet_at_their_nodes(seed):
    ends: dict[int, list[np.ndarray]] = {}
    for path in town(seed).footpaths:
        ends.setdefault(path.start_node, []).append(path.points[0])
        ends.setdefault(path.end_node, []).append(path.points[-1])
    for places in ends.values():
        assert len(places) > 1
        assert np.ptp(np.array(places), axis=0).max() < 0.1


def test_houses_stand_on_no_carriageway():
    for seed in range(6):
        network = town(seed)
        points = np.concatenate([lane.points for lane in network.lanes])
        for house in (thing for thing in network.scenery if thing.length > 4.0 and thing.width > 4.0):
            cos, sin = np.cos(house.yaw), np.sin(house.yaw)
            dx, dy = (points - (house.x, house.y)).T
            inside = (abs(dx * cos + dy * sin) < 0.5 * house.length + 1.0) & (
                abs(dy * cos - dx * sin) < 0.5 * house.width + 1.0
            )
            assert not inside.any()


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


def test_lanes_keep_to_their_turns():
    # Three lanes in, two on straight on, one on either side: the outer ones turn, the middle goes on.
    pairs = lane_pairs(3, {Turn.STRAIGHT: 2, Turn.LEFT: 1, Turn.RIGHT: 1})
    assert (0, Turn.LEFT, 0) in pairs
    assert (2, Turn.RIGHT, 0) in pairs
    assert {lane for lane, turn, _ in pairs if turn == Turn.STRAIGHT} <= {1, 2}
    assert sorted(lane_pairs(1, {Turn.LEFT: 1, Turn.RIGHT: 2})) == [(0, Turn.LEFT, 0), (0, Turn.RIGHT, 1)]


@pytest.mark.parametrize(("lanes", "straight_on", "left", "right"), [*itertools.product((1, 2, 3), repeat=4)])
def test_every_lane_leads_on_and_ways_straight_on_do_not_cross(lanes, straight_on, left, right):
    pairs = lane_pairs(lanes, {Turn.STRAIGHT: straight_on, Turn.LEFT: left, Turn.RIGHT: right})
    assert {lane for lane, *_ in pairs} == set(range(lanes))
    outs = [out for _, turn, out in sorted(pairs) if turn == Turn.STRAIGHT]
    assert outs == sorted(outs)
    assert all(0 <= out < {Turn.STRAIGHT: straight_on, Turn.LEFT: left, Turn.RIGHT: right}[t] for _, t, out in pairs)


@pytest.mark.parametrize(
    ("streets", "message"),
    [
        ((Street(start=0, end=3),), "ends at node 3, expected 0 .. 2"),
        ((Street(start=0, end=1, forward=0, backward=0),), "expected at least one"),
        ((Street(start=0, end=0),), "0.0 m apart"),
        ((Street(start=0, end=1), Street(start=1, end=2), Street(start=0, end=2)), "side by side"),
    ],
)
def test_plans_that_cannot_be_built_are_refused(streets, message):
    nodes = (Node(x=0.0, y=0.0), Node(x=100.0, y=0.0), Node(x=220.0, y=5.0))
    with pytest.raises(MapError, match=message):
        street_network(StreetPlan(name="wrong", nodes=nodes, streets=streets))


def test_a_street_shorter_than_its_junctions_is_refused():
    nodes = (Node(x=0.0, y=0.0), Node(x=14.0, y=0.0), Node(x=14.0, y=90.0), Node(x=0.0, y=90.0))
    streets = tuple(Street(start=k, end=(k + 1) % 4) for k in range(4))
    with pytest.raises(MapError, match="too short for its junctions"):
        street_network(StreetPlan(name="tight", nodes=nodes, streets=streets))


@pytest.mark.parametrize("seed", SEEDS)
def test_lanes_lie_on_drivable_ground_and_opposite_ones_apart(seed):
    network = town(seed)
    drivable = [
        cv2_polygon(area.polygon) for area in network.areas if area.kind in (AreaKind.DRIVABLE, AreaKind.CROSSWALK)
    ]
    for lane in network.lanes:
        left = np.stack((-np.sin(lane.heading), np.cos(lane.heading)), axis=1)
        # A whole lane between junctions, a car of 1.8 m across them, a little of it over the kerb in some bends.
        half, beyond = (0.5 * lane.width[:, None] - 0.02, 0.05) if lane.junction < 0 else (0.9, 0.4)
        for points, out in (
            (lane.points, 0.05),
            (lane.points + half * left, beyond),
            (lane.points - half * left, beyond),
        ):
            for x, y in points[1:-1]:
                assert any(cv2.pointPolygonTest(polygon, (float(x), float(y)), True) >= -out for polygon in drivable)
        if lane.junction >= 0:
            assert np.isinf(lane.oncoming_left).all()
            continue
        opposite = [other for other in network.lanes if other.junction < 0 and other.road == lane.road ^ 1]
        assert np.isfinite(lane.oncoming_left).all() == bool(opposite)
        if opposite:
            # Oncoming traffic begins at the left side of the nearest lane the other way.
            nearest = min(np.hypot(*(lane.points[0] - other.points[-1])) - 0.5 * other.width[-1] for other in opposite)
            assert lane.oncoming_left[0] == pytest.approx(nearest, abs=0.01)
            for other in opposite:
                closest = np.hypot(*(lane.points[:, None] - other.points[None]).transpose(2, 0, 1)).min()
                assert closest >= 0.5 * (lane.width[0] + other.width[0]) - 0.02


def cv2_polygon(polygon: np.ndarray) -> np.ndarray:
    return polygon.astype(np.float32).reshape(-1, 1, 2)


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


def test_streets_too_near_together_for_a_roundabout_are_refused():
    nodes = tuple(Node(x=90.0 * np.cos(a), y=90.0 * np.sin(a)) for a in (0.0, 0.9, 3.0))
    nodes = (Node(x=0.0, y=0.0, control=Control.ROUNDABOUT), *nodes)
    streets = tuple(Street(start=0, end=k) for k in (1, 2, 3))
    with pytest.raises(MapError, match="too near together"):
        street_network(StreetPlan(name="tight", nodes=nodes, streets=streets))


def test_bays_lie_beside_their_lanes_and_away_from_crossings():
    bays = 0
    for seed in range(8):
        network = town(seed)
        crossings = np.concatenate([path.points for path in network.footpaths if path.kind != FootpathKind.PAVEMENT])
        for bay in network.bays:
            lane = network.lanes[bay.lane]
            index = bay.s / lane.length * (len(lane.points) - 1)
            row = round(index)
            away = np.array([bay.x, bay.y]) - [np.interp(index, np.arange(len(lane.points)), c) for c in lane.points.T]
            ahead = np.array([np.cos(bay.yaw), np.sin(bay.yaw)])
            assert np.cos(bay.yaw - lane.heading[row]) > 0.99
            assert abs(away @ ahead) < 0.4
            assert np.hypot(*away) >= 0.5 * (lane.width[row] + bay.width) - 0.05
            assert np.hypot(*(crossings - (bay.x, bay.y)).T).min() > 2.0 + 0.5 * bay.length
            bays += 1
    assert bays > 100


def test_bus_stops_and_limit_signs_are_where_they_belong():
    stops = 0
    for seed in range(8):
        network = town(seed)
        for stop in network.bus_stops:
            lane = network.lanes[stop.lane]
            assert lane.right < 0
            assert 12.0 < stop.s < lane.length - 12.0
            stops += 1
        signs = [signal for signal in network.signals if signal.type == "274"]
        assert signs
        for sign in signs:
            lane = network.lanes[sign.lane]
            assert sign.value == lane.speed_limit
            assert np.cos(sign.yaw - lane.heading[0]) < -0.9
    assert stops > 8
