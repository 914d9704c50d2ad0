"""Towns: every seed builds, everything can be reached, and lights never show green to ways that cross."""

import functools
import itertools

import cv2
import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.maps.control import SIGNAL_KINDS, JunctionControl, SignalKind, Turn
from drivesim.maps.facts import conflicts_of
from drivesim.maps.footways import paths_of
from drivesim.maps.network import AreaKind, LaneType, MarkingType, RoadNetwork, SceneryKind
from drivesim.maps.pack import pack_routes
from drivesim.maps.places import FootpathKind
from drivesim.maps.procedural import build_network
from drivesim.maps.right_of_way import turn_of
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


def test_main_streets_have_lanes_for_turning_with_arrows_on_and_above_them():
    pockets, arrows = {Turn.LEFT: 0, Turn.RIGHT: 0}, 0
    for seed in SEEDS:
        network = town(seed)
        painted = {
            turn: {tuple(np.round(m.points[-1], 3)) for m in network.markings if m.type == kind}
            for turn, kind in ((Turn.LEFT, MarkingType.ARROW_LEFT), (Turn.RIGHT, MarkingType.ARROW_RIGHT))
        }
        forks = [lane for lane in network.lanes if lane.junction < 0 and len(lane.successors) > 1
                 and all(network.lanes[other].junction < 0 for other in lane.successors)]  # fmt: skip
        for straight, opens in ((lane.successors[0], other) for lane in forks for other in lane.successors[1:]):
            (pocket,) = network.lanes[opens].successors
            lane, (after,) = network.lanes[pocket], network.lanes[straight].successors
            turn = Turn.LEFT if lane.right == after else Turn.RIGHT
            assert after == (lane.right if turn == Turn.LEFT else lane.left)
            assert {turn_of(network.lanes[way]) for way in lane.successors} == {turn}
            assert turn not in {turn_of(network.lanes[way]) for way in network.lanes[after].successors}
            assert lane.length > 13.0
            assert lane.width == pytest.approx(3.0)
            s = np.linspace(0.0, lane.length, len(lane.points))
            tip = [np.interp(lane.length - 7.0, s, lane.points[:, k]) for k in (0, 1)]
            assert tuple(np.round(tip, 3)) in painted[turn]
            pockets[turn] += 1
            for signal in network.signals:
                if signal.lane == pocket and SIGNAL_KINDS.get(signal.type) == SignalKind.LIGHT and turn == Turn.LEFT:
                    assert signal.turns == 1 << Turn.LEFT
                    assert signal.height > 5.0
                    arrows += 1
    assert pockets[Turn.LEFT] > 20
    assert pockets[Turn.RIGHT] > 10
    assert arrows > 10


def test_cycle_lanes_show_bicycles_at_both_ends_along_their_way():
    network = next(town(seed) for seed in SEEDS if any(lane.type == LaneType.BIKING for lane in town(seed).lanes))
    painted = [m for m in network.markings if m.type == MarkingType.BICYCLE]
    for lane in network.lanes:
        if lane.type != LaneType.BIKING or lane.junction >= 0 or lane.length < 20.0:
            continue
        places = []
        for marking in painted:
            away = np.hypot(*(lane.points - marking.points[0]).T)
            if away.min() < 0.6:
                places.append(int(away.argmin()))
                along = marking.points[1] - marking.points[0]
                assert np.hypot(*along) == pytest.approx(1.7, abs=0.01)
                heading = lane.heading[places[-1]]
                assert along @ (np.cos(heading), np.sin(heading)) > 1.6
        step = lane.length / (len(lane.points) - 1)
        assert min(places) * step < 6.0
        assert max(places) * step > lane.length - 8.0


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


def cv2_polygon(polygon: np.ndarray) -> np.ndarray:
    return polygon.astype(np.float32).reshape(-1, 1, 2)


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
