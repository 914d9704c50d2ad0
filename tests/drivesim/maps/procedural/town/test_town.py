"""Towns: every seed builds, everything can be reached, and lights never show green to ways that cross."""

import dataclasses
import functools
import itertools

import cv2
import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.errors import MapError
from drivesim.maps.control import SIGNAL_KINDS, JunctionControl, SignalKind, Turn
from drivesim.maps.facts import conflicts_of
from drivesim.maps.footways import paths_of
from drivesim.maps.network import AreaKind, LaneType, MarkingType, RoadNetwork, SceneryKind
from drivesim.maps.pack import pack_routes
from drivesim.maps.places import FootpathKind
from drivesim.maps.procedural import build_network
from drivesim.maps.procedural.town.bends import biarc
from drivesim.maps.procedural.town.plan import Control, Node, Street, StreetPlan
from drivesim.maps.procedural.town.scenes import (
    EAST,
    NORTH,
    SOUTH,
    WEST,
    crossing,
    crossing_plan,
    ncap_crossing,
    straight,
    with_all_routes,
)
from drivesim.maps.procedural.town.streets import street_network
from drivesim.maps.procedural.town.ways import lane_pairs
from drivesim.maps.right_of_way import Rule, rules_of, turn_of
from drivesim.maps.routing import best_lanes
from drivesim.semantics import LightColor
from tests.reference.networks import equal

CONFIG = MapConfig(generator="town", length_m=400.0)
SEEDS = range(30)


@functools.cache
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
def test_every_lane_for_cars_reaches_every_other_and_cycle_lanes_lead_among_cars(seed):
    network = town(seed)
    cars = {k for k, lane in enumerate(network.lanes) if lane.type == LaneType.DRIVING}
    assert reachable(network, min(cars)) == cars
    assert reachable(network, min(cars), backwards=True) >= cars
    for k, lane in enumerate(network.lanes):
        if lane.type == LaneType.BIKING:
            assert lane.left == lane.right == -1
            assert reachable(network, k) >= cars or reachable(network, k).isdisjoint(cars)


@pytest.mark.parametrize("seed", range(40))
def test_lanes_join_within_a_centimetre_and_a_degree_and_are_wide_enough_to_drive_on(seed):
    network = town(seed)
    for lane in network.lanes:
        assert lane.width.min() >= (2.5 if lane.type == LaneType.DRIVING else 1.5)
        for other in lane.successors:
            after = network.lanes[other]
            assert np.hypot(*(after.points[0] - lane.points[-1])) < 0.01
            assert np.cos(after.heading[0] - lane.heading[-1]) > np.cos(np.radians(1.0))
            assert after.type == LaneType.DRIVING or lane.type == LaneType.BIKING, "no cars on cycle lanes"


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


def light_of_way(network: RoadNetwork, way: int) -> int:
    """The light for a way across a junction: an arrow for its turn, or else a disc; -1: none."""
    entries = [k for k, lane in enumerate(network.lanes) if way in lane.successors]
    lights = [s for s in network.signals if s.lane in entries and SIGNAL_KINDS.get(s.type) == SignalKind.LIGHT]
    arrows = [s.light for s in lights if s.turns >> turn_of(network.lanes[way]) & 1]
    return (arrows + [s.light for s in lights if s.turns == 0] + [-1])[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_crossing_ways_never_have_green_together_but_those_of_one_light(seed):
    network = town(seed)
    if not network.lights:
        return
    moments = np.arange(0.25, max(light.cycle_s for light in network.lights), 0.5)
    green = np.array([[showing(network, k, now) == LightColor.GREEN for now in moments]
                      for k in range(len(network.lights))])  # fmt: skip
    lights = {way: light_of_way(network, way) for way, lane in enumerate(network.lanes) if lane.junction >= 0}
    arrows = {signal.light for signal in network.signals if signal.turns}
    for way, others in enumerate(conflicts_of(network)):
        for other, *_ in others:
            mine, its = lights[way], lights[other]
            if min(mine, its) >= 0 and mine != its:
                assert not (green[mine] & green[its]).any()
            # Whoever has a green arrow meets nobody who has green, not even of the same light.
            assert mine < 0 or mine not in arrows or mine != its
    for path in paths_of(network):
        for lane, *_ in path.crossed:
            if path.light >= 0 and lights.get(lane, -1) in arrows:
                assert not (green[path.light] & green[lights[lane]]).any(), "nor anybody who walks"


def test_main_streets_have_lanes_for_turning_left_with_arrows_above_and_on_them():
    pockets = arrows = 0
    for seed in SEEDS:
        network = town(seed)
        painted = {tuple(np.round(m.points[-1], 3)) for m in network.markings if m.type == MarkingType.ARROW_LEFT}
        opening = {lane.successors[-1]: k for k, lane in enumerate(network.lanes)
                   if lane.junction < 0 and len(lane.successors) == 2
                   and all(network.lanes[other].junction < 0 for other in lane.successors)}  # fmt: skip
        for opens, before in opening.items():
            (pocket,) = network.lanes[opens].successors
            lane = network.lanes[pocket]
            beside = network.lanes[network.lanes[before].successors[0]]
            assert beside.successors == (lane.right,)
            assert {turn_of(network.lanes[way]) for way in lane.successors} == {Turn.LEFT}
            assert Turn.LEFT not in {turn_of(network.lanes[way]) for way in network.lanes[lane.right].successors}
            assert lane.length > 13.0
            assert lane.width == pytest.approx(3.0)
            s = np.linspace(0.0, lane.length, len(lane.points))
            tip = [np.interp(lane.length - 7.0, s, lane.points[:, k]) for k in (0, 1)]
            assert tuple(np.round(tip, 3)) in painted
            pockets += 1
            for signal in network.signals:
                if signal.lane == pocket and SIGNAL_KINDS.get(signal.type) == SignalKind.LIGHT:
                    assert signal.turns == 1 << Turn.LEFT
                    assert signal.height > 5.0
                    arrows += 1
    assert pockets > 20
    assert arrows > 10


def test_a_route_that_turns_left_opens_into_the_lane_for_it_without_a_change():
    network = with_all_routes(pocket_plan())
    table = {r: best_lanes(network, route) for r, route in enumerate(network.routes)}
    taken = {}
    for r, route in enumerate(network.routes):
        lane, way = route.start_lane, []
        while lane != route.goal_lane and len(way) < 9:
            way.append(lane)
            lane = network.lanes[lane].successors[table[r].next_slot[lane]]
        turn = next(turn_of(network.lanes[k]) for k in way if network.lanes[k].junction >= 0)
        if network.lanes[route.start_lane].points[0][0] < -50.0:
            taken[turn] = [network.lanes[k].points[-1][1] for k in way if network.lanes[k].junction < 0]
        assert (table[r].best_offset[way] == 0).all()
    # Coming from the west the lane for turning left is north of the others.
    assert taken[Turn.LEFT][-1] == pytest.approx(0.0, abs=0.01)
    assert taken[Turn.STRAIGHT][-1] == pytest.approx(-1.5 - 1.625, abs=0.01)


def pocket_plan() -> StreetPlan:
    """A crossing whose street from the west has a lane for turning left."""
    plan = crossing_plan(Control.LIGHTS)
    streets = tuple(
        dataclasses.replace(street, median=3.0, pocket_end=20.0 * (plan.nodes[street.start].x < -1.0))
        if abs(plan.nodes[street.start].x) > 1.0
        else street
        for street in plan.streets
    )
    return dataclasses.replace(plan, streets=streets)


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


# The last of these had trees and lamps on lanes in bends.
@pytest.mark.parametrize("seed", [*range(12), 1_000_029, 1_000_023, 1_000_039])
def test_nothing_stands_on_a_lane_and_no_house_on_another_or_on_a_pavement(seed):
    network = town(seed)
    points = np.concatenate([lane.points for lane in network.lanes])
    half = np.concatenate([0.5 * lane.width for lane in network.lanes])
    for thing in network.scenery:
        cos, sin = np.cos(thing.yaw), np.sin(thing.yaw)
        dx, dy = (points - (thing.x, thing.y)).T
        outside = (
            np.maximum(abs(dx * cos + dy * sin) - 0.5 * thing.length, 0.0),
            np.maximum(abs(dy * cos - dx * sin) - 0.5 * thing.width, 0.0),
        )
        # Crowns of trees hang over lanes; their trunks are thin.
        away = np.hypot(*outside) if thing.kind != SceneryKind.TREE else np.hypot(dx, dy)
        assert (away > np.where(half > 1.0, half, 0.0)).all(), thing
    houses = [thing for thing in network.scenery if thing.kind == SceneryKind.BUILDING]
    assert len(houses) > 20
    plans = [cv2.boxPoints(((h.x, h.y), (h.length, h.width), np.degrees(h.yaw))) for h in houses]
    for one, other in itertools.combinations(plans, 2):
        assert cv2.intersectConvexConvex(one, other)[0] == 0.0
    for path in network.footpaths:
        for one in plans:
            assert all(cv2.pointPolygonTest(one, (float(x), float(y)), True) < -0.8 for x, y in path.points)


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
        ((Street(start=0, end=4),), "ends at node 4, expected 0 .. 3"),
        ((Street(start=0, end=1, forward=0, backward=0),), "expected at least one"),
        ((Street(start=0, end=0),), "0.0 m apart"),
        ((Street(start=0, end=1), Street(start=1, end=2), Street(start=0, end=2)), "bend too sharply at node 0"),
        ((Street(start=0, end=1), Street(start=0, end=2), Street(start=3, end=0)), "side by side"),
        ((Street(start=0, end=1, pocket_end=20.0),), "has a median of 0.0 m, expected at least 2.75 m"),
    ],
)
def test_plans_that_cannot_be_built_are_refused(streets, message):
    nodes = (Node(x=0.0, y=0.0), Node(x=100.0, y=0.0), Node(x=220.0, y=5.0), Node(x=-90.0, y=0.0))
    with pytest.raises(MapError, match=message):
        street_network(StreetPlan(name="wrong", nodes=nodes, streets=streets))


def test_a_street_shorter_than_its_junctions_is_refused():
    places = ((0.0, 0.0), (14.0, 0.0), (0.0, 90.0), (0.0, -90.0), (14.0, 90.0), (14.0, -90.0))
    nodes = tuple(Node(x=x, y=y) for x, y in places)
    streets = tuple(Street(start=a, end=b) for a, b in ((0, 1), (0, 2), (0, 3), (1, 4), (1, 5)))
    with pytest.raises(MapError, match="too short for its junctions"):
        street_network(StreetPlan(name="tight", nodes=nodes, streets=streets))


@pytest.mark.parametrize("seed", SEEDS)
def test_lanes_lie_on_drivable_ground_and_opposite_ones_apart(seed):
    network = town(seed)
    areas = [area.polygon for area in network.areas if area.kind in (AreaKind.DRIVABLE, AreaKind.CROSSWALK)]
    low, high = (np.array([extreme(area, axis=0) for area in areas]) for extreme in (np.min, np.max))
    streets = [lane for lane in network.lanes if lane.junction < 0]
    for lane in network.lanes:
        left = np.stack((-np.sin(lane.heading), np.cos(lane.heading)), axis=1)
        first, last = lane.points.min(axis=0) - 3.0, lane.points.max(axis=0) + 3.0
        near = ((low < last) & (high > first)).all(axis=1)
        drivable = [cv2_polygon(areas[row]) for row in np.flatnonzero(near)]
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
        elif np.isfinite(lane.oncoming_left).all():
            # Oncoming traffic begins at the left side of the nearest lane the other way.
            beside = lane.points + lane.oncoming_left[:, None] * left
            between = np.full(len(beside), np.inf)
            for other in streets:
                if (other.points.min(axis=0) > last + 30.0).any() or (other.points.max(axis=0) < first - 30.0).any():
                    continue
                away = np.hypot(*(beside[:, None] - other.points[None]).transpose(2, 0, 1))
                nearest = away.argmin(axis=1)
                against = np.cos(other.heading[nearest] - lane.heading) < -0.9
                here = away.min(axis=1) - 0.5 * other.width[nearest]
                between = np.where(against, np.minimum(between, here), between)
            # Points of lanes are a metre apart.
            assert between.min() > -0.05
            assert np.median(between) < 0.2


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
