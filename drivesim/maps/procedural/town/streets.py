"""From a plan to a network: lanes of streets, ways across junctions, signs, lights, pavements, ground and paint."""

import dataclasses

import numpy as np

from drivesim.maps.control import Junction, JunctionControl, Signal, Turn
from drivesim.maps.curves import LaneLine
from drivesim.maps.network import Lane, LaneType, RoadNetwork, Route
from drivesim.maps.procedural.road import LaneDraft
from drivesim.maps.procedural.town.arms import Arm, arms_of, is_bend, street_lines
from drivesim.maps.procedural.town.bends import add_bend
from drivesim.maps.procedural.town.crossings import footpaths_of
from drivesim.maps.procedural.town.draft import Draft
from drivesim.maps.procedural.town.ground import STOP_BEFORE_M, areas_of, markings_of
from drivesim.maps.procedural.town.kerbside import bays_of, bus_stops_of, limit_signs
from drivesim.maps.procedural.town.lanes import add_street
from drivesim.maps.procedural.town.lights import TownLights, lights_of
from drivesim.maps.procedural.town.plan import Control, StreetPlan
from drivesim.maps.procedural.town.roundabouts import with_rings
from drivesim.maps.procedural.town.ways import lane_pairs, ring_pairs, turn_between, way_line
from drivesim.maps.road_paint import bay_lines, cycle_symbols, turn_arrows

LIGHT_BEYOND_M = 2.5
"""Lights stand so far beyond the end of the way in [m]."""
ARROW_HEIGHT_M = 5.6
"""Middle of the lights that hang over lanes [m]."""
SIGN_BESIDE_M = 0.6
"""Signs and lights stand so far outside the kerb [m]."""
CONTROL = {
    Control.PRIORITY_TO_RIGHT: JunctionControl.PRIORITY_TO_RIGHT,
    Control.PRIORITY: JunctionControl.PRIORITY,
    Control.STOP: JunctionControl.PRIORITY,
    Control.ALL_WAY_STOP: JunctionControl.ALL_WAY_STOP,
    Control.LIGHTS: JunctionControl.LIGHTS,
}


def street_network(plan: StreetPlan, *, routes: tuple[Route, ...] = ()) -> RoadNetwork:
    """The network of a plan, without scenery.

    Args:
        plan: Nodes and streets.
        routes: Drives through it, by its lanes.

    Raises:
        MapError: A street is too short for its junctions, or streets leave a node side by side or meet a roundabout
            too near together.
    """
    plan = with_rings(plan)
    lines = street_lines(plan)
    draft = Draft(plan=plan, lines=lines, arms=arms_of(plan, lines))
    for number in range(len(plan.streets)):
        add_street(draft, number)
    junctions = []
    for node, arms in enumerate(draft.arms):
        if is_bend(plan, arms):
            add_bend(draft, node)
        elif len(arms) > 1:
            draft.number[node] = len(junctions)
            junctions.append(Junction(name=f"{node}", control=CONTROL[plan.nodes[node].control]))
            _add_ways(draft, node)
    lit = lights_of(plan, draft.arms, draft.number, lambda arm: _has_pocket(draft, arm))
    network = RoadNetwork(
        name=plan.name,
        seed=plan.seed,
        lanes=tuple(_finished(lane, junction) for lane, junction in zip(draft.lanes, draft.junction, strict=True)),
        markings=tuple(markings_of(draft)),
        areas=tuple(areas_of(draft)),
        signals=(*_signals(draft, lit), *limit_signs(draft)),
        junctions=tuple(junctions),
        lights=lit.lights,
        footpaths=tuple(footpaths_of(draft, lit.of_crossing)),
        bays=tuple(bays_of(draft)),
        bus_stops=tuple(bus_stops_of(draft)),
        routes=routes,
    )
    paint = (*turn_arrows(network), *cycle_symbols(network), *bay_lines(network.bays))
    return dataclasses.replace(network, markings=(*network.markings, *paint))


def _finished(draft: LaneDraft, junction: int) -> Lane:
    return dataclasses.replace(draft.lane(), junction=junction)


def _pose(line: LaneLine, index: int) -> tuple[np.ndarray, float]:
    return line.points[index], float(line.heading[index])


def _add_ways(draft: Draft, node: int) -> None:
    """Adds the ways across a node's junction."""
    arms = draft.arms[node]
    streets = [draft.plan.streets[arm.street] for arm in arms]
    for source in arms:
        entries = draft.ways_in(source)
        exits: dict[Turn, list[Arm]] = {}
        for target in arms:
            if entries and target is not source and draft.ways_out(target):
                exits.setdefault(turn_between(source.angle + np.pi, target.angle), []).append(target)
        if entries and not exits and draft.ways_out(source):
            exits = {Turn.BACK: [source]}
        counts = {turn: min(len(draft.ways_out(target)) for target in targets) for turn, targets in exits.items()}
        if exits and any(street.is_ring and street.forward > 1 for street in streets):
            pairs = ring_pairs(len(entries), counts, is_ring=draft.plan.streets[source.street].is_ring)
        else:
            pairs = lane_pairs(
                len(entries), counts, has_pocket=_has_pocket(draft, source), has_right=_has_right(draft, source)
            )
        for place, turn, out in pairs:
            for target in exits[turn]:
                _add_way(draft, node, entries[place], draft.ways_out(target)[out], turn)
        cycle = draft.cycle_in(source)
        if cycle >= 0:
            _add_cycle_ways(draft, node, cycle, exits)
    for source in arms:
        for entry in (*draft.ways_in(source), draft.cycle_in(source)):
            if entry >= 0:
                draft.lanes[entry].successors.sort(key=lambda way: abs(_turn_angle(draft.lanes[way].line)))


def _turn_angle(line: LaneLine) -> float:
    return float(line.heading[-1] - line.heading[0])


def _has_pocket(draft: Draft, arm: Arm) -> bool:
    """Whether the leftmost lane to the arm's node is one for turning left."""
    street = draft.plan.streets[arm.street]
    return (street.pocket_start if arm.at_start else street.pocket_end) > 0.0


def _has_right(draft: Draft, arm: Arm) -> bool:
    """Whether the rightmost lane to the arm's node is one for turning right."""
    street = draft.plan.streets[arm.street]
    return (street.right_start if arm.at_start else street.right_end) > 0.0


def _add_cycle_ways(draft: Draft, node: int, cycle: int, exits: dict[Turn, list[Arm]]) -> None:
    """Ways of a cycle lane: straight on and to the right, where it has to also to the left.

    They lead to cycle lanes; where there is none, among the cars.
    """
    for turn in (Turn.STRAIGHT, Turn.RIGHT, Turn.LEFT, Turn.BACK):
        if turn in (Turn.LEFT, Turn.BACK) and draft.lanes[cycle].successors:
            break
        for target in exits.get(turn, ()):
            goal = draft.cycle_out(target)
            way = _add_way(draft, node, cycle, goal if goal >= 0 else draft.ways_out(target)[-1], turn)
            draft.lanes[way].type = LaneType.BIKING


def _add_way(draft: Draft, node: int, entry: int, out: int, turn: Turn) -> int:
    before, after = draft.lanes[entry], draft.lanes[out]
    radius = draft.plan.nodes[node].corner_radius
    kerb = None
    if turn == Turn.RIGHT:
        kerb = radius + float(np.ravel(before.edge_right)[-1]), radius + float(np.ravel(after.edge_right)[0])
    elif turn == Turn.LEFT and np.isinf(after.oncoming_left).all():
        # Into a one-way street, whose left lane lies along the kerb.
        kerb = radius + float(np.ravel(before.edge_left)[-1]), radius + float(np.ravel(after.edge_left)[0])
    line = way_line(*_pose(before.line, -1), *_pose(after.line, 0), kerb=kerb)
    width = np.linspace(float(np.ravel(before.width)[-1]), float(np.ravel(after.width)[0]), len(line.points))
    way = draft.add(
        LaneDraft(
            line=line,
            width=width,
            edge_left=0.5 * width,
            edge_right=0.5 * width,
            speed_limit=min(before.speed_limit, after.speed_limit),
            successors=[out],
            road=draft.next_road(),
        ),
        draft.number[node],
    )
    before.successors.append(way)
    return way


def _signals(draft: Draft, lit: TownLights) -> list[Signal]:
    """Lights and signs of every way in."""
    signals = []
    for node in draft.number:
        control, arms = draft.plan.nodes[node].control, draft.arms[node]
        ranks = [draft.plan.streets[arm.street].rank for arm in arms]
        for place, arm in enumerate(arms):
            minor = ranks[place] < max(ranks)
            kind = {
                Control.LIGHTS: "1000001",
                Control.ALL_WAY_STOP: "206",
                Control.PRIORITY: "205" if minor else "306",
                Control.STOP: "206" if minor else "306",
            }.get(control)
            if kind is None or draft.plan.streets[arm.street].is_ring:
                continue
            away = arm.edge - (LIGHT_BEYOND_M if control == Control.LIGHTS else 0.0)
            line = draft.lines[arm.street]
            x, y = line.beside(arm, away, arm.left + SIGN_BESIDE_M)
            cycle = draft.cycle_in(arm)
            for order, lane in enumerate((*draft.ways_in(arm), *((cycle,) if cycle >= 0 else ()))):
                signal = Signal(
                    type=kind, x=float(x), y=float(y), yaw=line.heading(arm, away), lane=lane,
                    stop_s=max(draft.lanes[lane].line.length - STOP_BEFORE_M, 0.0),
                    light=lit.of_arm.get((node, place), -1),
                )  # fmt: skip
                if order == 0 and (node, place) in lit.of_left:
                    signal = _arrow(draft, arm, signal, lit.of_left[node, place])
                signals.append(signal)
    return signals


def _arrow(draft: Draft, arm: Arm, signal: Signal, light: int) -> Signal:
    """The light of a lane for turning left, above it."""
    line = draft.lines[arm.street]
    middle = 0.5 * (line.section.inner_forward + line.section.inner_backward)
    x, y = line.beside(arm, arm.edge - LIGHT_BEYOND_M, middle if arm.at_start else -middle)
    turns = 0
    for way in draft.lanes[signal.lane].successors:
        turns |= 1 << turn_between(0.0, _turn_angle(draft.lanes[way].line))
    return dataclasses.replace(signal, x=float(x), y=float(y), light=light, turns=turns, height=ARROW_HEIGHT_M)
