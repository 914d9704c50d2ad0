"""From a plan to a network: lanes of streets, ways across junctions, signs, lights, pavements, ground and paint."""

import dataclasses
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from drivesim.maps.control import Junction, JunctionControl, Signal, Turn
from drivesim.maps.curves import LaneLine, Profile, lane_line
from drivesim.maps.network import Lane, RoadNetwork, Route
from drivesim.maps.procedural.road import LaneDraft
from drivesim.maps.procedural.town.arms import Arm, StreetLine, arms_of, street_lines
from drivesim.maps.procedural.town.crossings import footpaths_of
from drivesim.maps.procedural.town.ground import areas_of, markings_of
from drivesim.maps.procedural.town.kerbside import bays_of, bus_stops_of, limit_signs
from drivesim.maps.procedural.town.lights import lights_of
from drivesim.maps.procedural.town.plan import Control, StreetPlan
from drivesim.maps.procedural.town.roundabouts import with_rings
from drivesim.maps.procedural.town.ways import lane_pairs, turn_between, way_line

STOP_BEFORE_M = 0.8
"""The stop line lies this far before the end of the way in [m]."""
SIGN_BESIDE_M = 0.6
"""Signs and lights stand so far outside the kerb [m]."""
CONTROL = {
    Control.PRIORITY_TO_RIGHT: JunctionControl.PRIORITY_TO_RIGHT,
    Control.PRIORITY: JunctionControl.PRIORITY,
    Control.STOP: JunctionControl.PRIORITY,
    Control.ALL_WAY_STOP: JunctionControl.ALL_WAY_STOP,
    Control.LIGHTS: JunctionControl.LIGHTS,
}


@dataclass(kw_only=True)
class Draft:
    """A network in the making."""

    plan: StreetPlan
    lines: list[StreetLine]
    arms: list[list[Arm]]
    """Arms of every node, counter-clockwise."""
    lanes: list[LaneDraft] = field(default_factory=list)
    junction: list[int] = field(default_factory=list)
    """Junction of every lane; -1: none."""
    lanes_of: dict[tuple[int, bool], list[int]] = field(default_factory=dict)
    """Lanes of a street by (street, runs from start to end), from left to right."""
    number: dict[int, int] = field(default_factory=dict)
    """Junction of a node."""

    def ways_in(self, arm: Arm) -> list[int]:
        """Lanes that lead to the arm's node, from left to right."""
        return self.lanes_of.get((arm.street, not arm.at_start), [])

    def ways_out(self, arm: Arm) -> list[int]:
        """Lanes that lead away from it, from left to right."""
        return self.lanes_of.get((arm.street, arm.at_start), [])

    def add(self, draft: LaneDraft, junction: int = -1) -> int:
        """Adds a lane; returns its number."""
        self.lanes.append(draft)
        self.junction.append(junction)
        return len(self.lanes) - 1


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
        _add_street(draft, number)
    junctions = []
    for node, arms in enumerate(draft.arms):
        if len(arms) > 1:
            draft.number[node] = len(junctions)
            junctions.append(Junction(name=f"{node}", control=CONTROL[plan.nodes[node].control]))
            _add_ways(draft, node)
    lights, light_of_arm, light_of_crossing = lights_of(plan, draft.arms, draft.number)
    return RoadNetwork(
        name=plan.name,
        seed=plan.seed,
        lanes=tuple(_finished(lane, junction) for lane, junction in zip(draft.lanes, draft.junction, strict=True)),
        markings=tuple(markings_of(draft)),
        areas=tuple(areas_of(draft)),
        signals=(*_signals(draft, light_of_arm), *limit_signs(draft)),
        junctions=tuple(junctions),
        lights=lights,
        footpaths=tuple(footpaths_of(draft, light_of_crossing)),
        bays=tuple(bays_of(draft)),
        bus_stops=tuple(bus_stops_of(draft)),
        routes=routes,
    )


def _finished(draft: LaneDraft, junction: int) -> Lane:
    return dataclasses.replace(draft.lane(), junction=junction)


def _add_street(draft: Draft, number: int) -> None:
    """Adds the lanes of a street between the junctions at its ends."""
    line = draft.lines[number]
    street, section = line.street, line.section
    ends = {arm.at_start: arm.edge for arms in draft.arms for arm in arms if arm.street == number}
    start, stop = ends[True], line.curve.length - ends[False]
    for forward, count in ((True, street.forward), (False, street.backward)):
        lanes = []
        for place in range(count):
            away = section.middle + (-1.0 if forward else 1.0) * (place + 0.5) * street.lane_width
            offset = Profile.constant(away)
            first = lane_line(draft.lines[number].curve, *((start, stop) if forward else (stop, start)), offset)
            to_left = (section.kerb_left - away) if forward else (away - section.kerb_right)
            to_right = (away - section.kerb_right) if forward else (section.kerb_left - away)
            has_oncoming = bool(street.backward and street.forward)
            lanes.append(
                draft.add(
                    LaneDraft(
                        line=first,
                        width=street.lane_width,
                        edge_left=to_left,
                        edge_right=to_right,
                        oncoming_left=(place + 0.5) * street.lane_width if has_oncoming else np.inf,
                        speed_limit=street.limit,
                        road=2 * number + (not forward),
                    )
                )
            )
        for left, right in pairwise(lanes):
            draft.lanes[left].right, draft.lanes[right].left = right, left
            draft.lanes[left].change_right = draft.lanes[right].change_left = True
        draft.lanes_of[number, forward] = lanes


def _pose(line: LaneLine, index: int) -> tuple[np.ndarray, float]:
    return line.points[index], float(line.heading[index])


def _add_ways(draft: Draft, node: int) -> None:
    """Adds the ways across a node's junction."""
    arms = draft.arms[node]
    for source in arms:
        entries = draft.ways_in(source)
        if not entries:
            continue
        exits: dict[Turn, list[Arm]] = {}
        for target in arms:
            if target is not source and draft.ways_out(target):
                exits.setdefault(turn_between(source.angle + np.pi, target.angle), []).append(target)
        if not exits:
            exits = {Turn.BACK: [source]} if draft.ways_out(source) else {}
        pairs = lane_pairs(len(entries), {turn: min(len(draft.ways_out(a)) for a in t) for turn, t in exits.items()})
        for place, turn, out in pairs:
            for target in exits[turn]:
                _add_way(draft, node, entries[place], draft.ways_out(target)[out])
    for source in arms:
        for entry in draft.ways_in(source):
            lane = draft.lanes[entry]
            lane.successors.sort(
                key=lambda way: abs(draft.lanes[way].line.heading[-1] - draft.lanes[way].line.heading[0])
            )


def _add_way(draft: Draft, node: int, entry: int, out: int) -> None:
    before, after = draft.lanes[entry], draft.lanes[out]
    line = way_line(*_pose(before.line, -1), *_pose(after.line, 0))
    width = np.linspace(float(np.asarray(before.width)), float(np.asarray(after.width)), len(line.points))
    way = draft.add(
        LaneDraft(
            line=line,
            width=width,
            edge_left=0.5 * width,
            edge_right=0.5 * width,
            speed_limit=min(before.speed_limit, after.speed_limit),
            successors=[out],
            road=2 * len(draft.plan.streets) + len(draft.lanes),
        ),
        draft.number[node],
    )
    before.successors.append(way)


def _signals(draft: Draft, light_of_arm: dict[tuple[int, int], int]) -> list[Signal]:
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
            light = light_of_arm.get((node, place), -1)
            away = arm.edge - (2.5 if control == Control.LIGHTS else 0.0)
            x, y = draft.lines[arm.street].beside(arm, away, arm.left + SIGN_BESIDE_M)
            for lane in draft.ways_in(arm):
                signals.append(
                    Signal(type=kind, x=float(x), y=float(y), yaw=draft.lines[arm.street].heading(arm, away), lane=lane,
                           stop_s=max(draft.lanes[lane].line.length - STOP_BEFORE_M, 0.0), light=light)
                )  # fmt: skip
    return signals
