"""Signals of a document: which lanes they hold for, when lights change, and who goes first where nothing says so."""

from collections import defaultdict

import numpy as np

from drivesim.maps.control import Junction, JunctionControl, Light, Signal, SignalKind
from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.lanes import Key, Stretch
from drivesim.maps.opendrive.lights import lights_of
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import Road
from drivesim.maps.opendrive.signals import STOP_BEFORE_M, Post, posts_of

CONTROL = "drivesim:control"
"""Code of the `<userData>` of a junction that names its `JunctionControl`."""
SIGN_BESIDE_M = 1.0
"""How far beside its lane a sign that is made up stands [m]."""


def signals_of(
    root: Element, roads: dict[str, Road], found: dict[Key, Stretch], numbers: dict[str, int], report: MapReport
) -> tuple[tuple[Signal, ...], list[Light], tuple[Junction, ...]]:
    """Signals, lights and junctions of a network.

    Args:
        root: The document.
        roads: Its roads.
        found: Stretches in the order of the network's lanes.
        numbers: Number of every junction by its id.
        report: What is made up is noted there.
    """
    posts = posts_of(roads, found, report.origin, report)
    lane_of = {key: number for number, key in enumerate(found)}
    lights, light_of = lights_of(root, posts, found, numbers, report)
    signals = [
        Signal(type=post.type, x=post.x, y=post.y, yaw=post.yaw, lane=lane_of[key], stop_s=stop, value=post.value,
               height=post.height, light=light_of.get(post.id, -1), turns=post.turns)
        for post in posts.values()
        for key, stop in post.stretches.items()
    ]  # fmt: skip
    junctions = []
    names = {element.get("id"): element for element in root.all("junction")}
    for name in numbers:
        element = names.get(name)
        first, control = _priorities(element, found, lane_of, report), _said(element)
        if control is None:
            control, made = _control(name, posts, found, lane_of, report, is_said=bool(first))
            signals += made
        junctions.append(Junction(name=name, control=control, first=first))
    return tuple(signals), lights, tuple(junctions)


def _entries(name: str, found: dict[Key, Stretch]) -> list[Stretch]:
    """Ways into a junction."""
    return [
        stretch
        for stretch in found.values()
        if stretch.junction != name and not stretch.is_biking and any(way.junction == name for way in stretch.after)
    ]


def _control(
    name: str,
    posts: dict[str, Post],
    found: dict[Key, Stretch],
    lane_of: dict[Key, int],
    report: MapReport,
    *,
    is_said: bool,
) -> tuple[JunctionControl, list[Signal]]:
    """Who goes first at a junction; where the file says nothing and its roads differ, signs that are made up.

    Args:
        name: Its id.
        posts: All signals.
        found: All stretches.
        lane_of: Number of every lane.
        report: What is made up is noted there.
        is_said: The junction has `<priority>` elements.
    """
    entries = _entries(name, found)
    keys = {entry.key for entry in entries} | {key for key, stretch in found.items() if stretch.junction == name}
    kinds = defaultdict(set)
    for post in posts.values():
        for key in post.stretches:
            if key in keys:
                kinds[post.kind].add(key[0])
    if kinds[SignalKind.LIGHT]:
        return JunctionControl.LIGHTS, []
    roads = {entry.key[0] for entry in entries}
    if kinds[SignalKind.STOP] and roads <= kinds[SignalKind.STOP]:
        return JunctionControl.ALL_WAY_STOP, []
    if is_said or kinds[SignalKind.STOP] or kinds[SignalKind.YIELD] or kinds[SignalKind.PRIORITY_ROAD]:
        return JunctionControl.PRIORITY, []
    rank: dict[str, tuple[float, int]] = {}
    for road in roads:
        mine = [entry for entry in entries if entry.key[0] == road]
        rank[road] = (max(entry.speed for entry in mine), len(mine))
    if len(set(rank.values())) < 2:
        return JunctionControl.PRIORITY_TO_RIGHT, []
    signs = []
    for entry in entries:
        if rank[entry.key[0]] == max(rank.values()):
            continue
        report.add("signs to yield where roads differ and no sign says who goes first", entry.place)
        heading = entry.direction(at_end=True)
        aside = float(entry.edge_right[-1]) + SIGN_BESIDE_M
        x, y = entry.points[-1] + aside * np.array([np.sin(heading), -np.cos(heading)])
        signs.append(
            Signal(type="205", x=float(x), y=float(y), yaw=heading + np.pi, lane=lane_of[entry.key],
                   stop_s=max(entry.length - STOP_BEFORE_M, 0.0))
        )  # fmt: skip
    return JunctionControl.PRIORITY, signs


def _priorities(
    junction: Element | None, found: dict[Key, Stretch], lane_of: dict[Key, int], report: MapReport
) -> tuple[tuple[int, int], ...]:
    """Pairs of ways across by a junction's `<priority>` elements: the first goes before the second.

    They name connecting roads; an incoming road stands for all the ways that begin on it.
    """
    if junction is None:
        return ()
    ways: dict[str, list[int]] = defaultdict(list)
    for key, number in lane_of.items():
        stretch = found[key]
        if stretch.junction == junction.get("id"):
            for road in {key[0], *(before.key[0] for before in stretch.before)}:
                ways[road].append(number)
    pairs: dict[tuple[int, int], None] = {}
    for element in junction.all("priority"):
        high, low = ways.get(element.get("high")), ways.get(element.get("low"))
        if not high or not low:
            report.leave_out("priorities of roads that do not cross their junction", element.place)
            continue
        mine = [(first, second) for first in high for second in low if first != second]
        if any((second, first) in pairs for first, second in mine):
            report.leave_out("priorities that contradict others", element.place)
            continue
        pairs.update(dict.fromkeys(mine))
    return tuple(pairs)


def _said(junction: Element | None) -> JunctionControl | None:
    """Who goes first at a junction by its `<userData>`; None where it has none."""
    for data in junction.all("userData") if junction is not None else ():
        if data.get("code") == CONTROL and data.get("value") in JunctionControl.__members__:
            return JunctionControl[data.get("value")]
    return None
