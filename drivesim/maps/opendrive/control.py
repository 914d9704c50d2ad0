"""Signals of a document: which lanes they hold for, when lights change, and who goes first where nothing says so."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from drivesim.maps.control import SIGNAL_KINDS, Junction, JunctionControl, Light, Signal, SignalKind
from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.lanes import Key, Stretch
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import SPEED_UNITS, Road
from drivesim.maps.programme import staged_lights

STOP_BEFORE_M = 0.8
"""A stop line lies at least this far before the end of its lane [m]."""
LIGHT_TYPES = ("1000001", "1000007", "1000008", "1000009", "1000010", "1000011", "1000012", "1000013", "1000014",
               "1000015", "1000016", "1000017", "1000018", "1000019", "1000020", "F", "W", "A")  # fmt: skip
"""Lights for vehicles, by ASAM's and CARLA's numbers."""
PRIORITY_TYPES = ("301", "306")
STAGE_S = 25.0
"""Time of a cycle that goes to each stage [s]."""
SIGN_BESIDE_M = 1.0
OPPOSITE_MIN = np.radians(140.0)


@dataclass(kw_only=True, eq=False)
class _Post:
    """A signal as the file has it."""

    id: str
    type: str
    kind: SignalKind
    x: float
    y: float
    yaw: float
    value: float
    height: float
    stretches: dict[Key, float] = field(default_factory=dict)
    """Lanes it holds for, with the place on each [m]."""


def signals_of(
    root: Element, roads: dict[str, Road], found: dict[Key, Stretch], numbers: dict[str, int], report: MapReport
) -> tuple[tuple[Signal, ...], tuple[Light, ...], tuple[Junction, ...]]:
    """Signals, lights and junctions of a network.

    Args:
        root: The document.
        roads: Its roads.
        found: Stretches in the order of the network's lanes.
        numbers: Number of every junction by its id.
        report: What is made up is noted there.
    """
    posts = _posts(roads, found, report)
    for post in posts.values():
        _lift(post, found)
    lane_of = {key: number for number, key in enumerate(found)}
    lights, light_of = _lights(root, posts, found, numbers)
    signals = [
        Signal(type=post.type, x=post.x, y=post.y, yaw=post.yaw, lane=lane_of[key], stop_s=stop, value=post.value,
               height=post.height, light=light_of.get(post.id, -1))
        for post in posts.values()
        for key, stop in post.stretches.items()
    ]  # fmt: skip
    junctions = []
    names = {element.get("id"): element for element in root.all("junction")}
    for name in numbers:
        control, made = _control(name, posts, found, lane_of, report)
        signals += made
        first = tuple(_priorities(names.get(name), found, lane_of))
        junctions.append(Junction(name=name, control=control, first=first))
    return tuple(signals), lights, tuple(junctions)


def _posts(roads: dict[str, Road], found: dict[Key, Stretch], report: MapReport) -> dict[str, _Post]:
    """Signals that matter to drivers, by id, with the lanes they and the references to them name."""
    posts: dict[str, _Post] = {}
    places: list[tuple[Road, Element]] = []
    for road in roads.values():
        signals = road.element.one("signals")
        for element in signals.children if signals is not None else ():
            if element.tag == "signal":
                post = _post(road, element)
                if post is None:
                    report.leave_out(f"signals of type {element.get('type')[:20] or 'none'}", element.place)
                    continue
                posts[post.id] = post
            if element.tag in ("signal", "signalReference"):
                places.append((road, element))
    for road, element in places:
        if element.get("id") in posts:
            post = posts[element.get("id")]
            post.stretches.update(_held(road, element, found))
        elif element.tag == "signalReference":
            report.leave_out("references to signals that are not there", element.place)
    return posts


def _post(road: Road, element: Element) -> _Post | None:
    kind_name = "1000001" if element.get("type") in LIGHT_TYPES else element.get("type")
    if kind_name in PRIORITY_TYPES:
        kind_name = "306"
    kind = SIGNAL_KINDS.get(kind_name)
    if kind is None:
        return None
    s = np.array([element.number("s")])
    x, y = road.line.beside(s, np.array([element.number("t")]))[0]
    along = float(road.line(s)[2][0])
    towards = along + np.pi if element.get("orientation") != "-" else along
    value = 0.0
    if kind == SignalKind.LIMIT:
        unit = SPEED_UNITS.get(element.get("unit") or "km/h", 1.0 / 3.6)
        value = float(np.clip(element.number("value", 0.0) * unit, 0.0, 70.0))
    height = element.number("zOffset", 0.0) + 0.5 * element.number("height", 0.0)
    return _Post(
        id=element.get("id"), type=kind_name, kind=kind, x=float(x), y=float(y), yaw=towards, value=value,
        height=float(np.clip(height, 0.0, 12.0)),
    )  # fmt: skip


def _held(road: Road, element: Element, found: dict[Key, Stretch]) -> Iterator[tuple[Key, float]]:
    """Lanes of a road that a signal, or a reference to one, holds for, with its place on each."""
    s = element.number("s")
    number = max((k for k, section in enumerate(road.sections) if section.start <= s + 1e-6), default=0)
    ranges = [sorted((valid.integer("fromLane"), valid.integer("toLane"))) for valid in element.all("validity")]
    orientation = element.get("orientation")
    for lane in road.sections[number].lanes:
        key = (road.id, number, lane)
        if key not in found or (ranges and not any(low <= lane <= high for low, high in ranges)):
            continue
        forwards = road.forwards(lane)
        if not ranges and ((orientation == "+" and not forwards) or (orientation == "-" and forwards)):
            continue
        stretch = found[key]
        share = (s - stretch.station[0]) / (stretch.station[-1] - stretch.station[0])
        length = stretch.length
        yield key, float(np.clip(share * length, 0.0, max(length - STOP_BEFORE_M, 0.0)))


def _lift(post: _Post, found: dict[Key, Stretch]) -> None:
    """Takes a signal from ways across a junction to the way in, where it holds for all of them from there."""
    across = {key for key in post.stretches if found[key].junction != "-1"}
    for key in list(across):
        for before in found[key].before:
            ways = [way.key for way in before.after if way.junction != "-1"]
            if before.junction == "-1" and ways and all(way in across for way in ways):
                post.stretches[before.key] = max(before.length - STOP_BEFORE_M, 0.0)
    lifted = {key for key in across if any(before.key in post.stretches for before in found[key].before)}
    for key in across:
        if key in lifted:
            del post.stretches[key]
        else:
            post.stretches[key] = 0.0


def _junction_of(post: _Post, found: dict[Key, Stretch]) -> str:
    for key in post.stretches:
        stretch = found[key]
        for _ in range(8):
            if stretch.junction != "-1":
                return stretch.junction
            if not stretch.after:
                break
            stretch = stretch.after[0]
    return "-1"


def _lights(
    root: Element, posts: dict[str, _Post], found: dict[Key, Stretch], numbers: dict[str, int]
) -> tuple[tuple[Light, ...], dict[str, int]]:
    """Lights, and which of them each signal shows.

    OpenDRIVE says which lights change together and leaves the times to others. Those of a controller, and those before
    the same road, make a group; groups of opposite directions go together, all others one after the other.
    """
    controller_of: dict[str, str] = {}
    for controller in root.all("controller"):
        for control in controller.all("control"):
            controller_of.setdefault(control.get("signalId"), controller.get("id"))
    by_junction: dict[str, list[_Post]] = defaultdict(list)
    for post in posts.values():
        if post.kind == SignalKind.LIGHT:
            by_junction[_junction_of(post, found)].append(post)
    lights: list[Light] = []
    light_of: dict[str, int] = {}
    for name in sorted(by_junction):
        groups = _groups(by_junction[name], controller_of, found)
        stages = _stages([_heading(group, found) for group in groups])
        count = max(max(stages) + 1, 2)
        programme = staged_lights(count, STAGE_S * count, 0.0, numbers.get(name, -1))
        for group, stage in zip(groups, stages, strict=True):
            light_of.update({post.id: len(lights) + stage for post in group})
        lights += programme
    return tuple(lights), light_of


def _groups(posts: list[_Post], controller_of: dict[str, str], found: dict[Key, Stretch]) -> list[list[_Post]]:
    """Signals that show the same: of one controller, or before the same road."""
    group = list(range(len(posts)))

    def root_of(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    first: dict[tuple[str, str], int] = {}
    for k, post in enumerate(posts):
        marks = [("road", key[0]) for key in post.stretches if found[key].junction == "-1"]
        if post.id in controller_of:
            marks.append(("controller", controller_of[post.id]))
        for mark in marks:
            group[root_of(k)] = root_of(first.setdefault(mark, k))
    members: dict[int, list[_Post]] = defaultdict(list)
    for k, post in enumerate(posts):
        members[root_of(k)].append(post)
    return [*members.values()]


def _heading(group: list[_Post], found: dict[Key, Stretch]) -> float:
    """Direction in which those drive for whom a group of lights is [rad]."""
    for post in group:
        for key in post.stretches:
            stretch = found[key]
            return stretch.direction(at_end=stretch.junction == "-1")
    return group[0].yaw + np.pi


def _stages(headings: list[float]) -> list[int]:
    stage = [-1] * len(headings)
    count = 0
    for i, heading in enumerate(headings):
        if stage[i] >= 0:
            continue
        stage[i] = count
        for j in range(i + 1, len(headings)):
            turn = abs((headings[j] - heading + np.pi) % (2.0 * np.pi) - np.pi)
            if stage[j] < 0 and turn > OPPOSITE_MIN:
                stage[j] = count
                break
        count += 1
    return stage


def _entries(name: str, found: dict[Key, Stretch]) -> list[Stretch]:
    """Ways into a junction."""
    return [
        stretch
        for stretch in found.values()
        if stretch.junction != name and any(way.junction == name for way in stretch.after)
    ]


def _control(
    name: str, posts: dict[str, _Post], found: dict[Key, Stretch], lane_of: dict[Key, int], report: MapReport
) -> tuple[JunctionControl, list[Signal]]:
    """Who goes first at a junction; where the file says nothing and its roads differ, signs that are made up."""
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
    if kinds[SignalKind.STOP] or kinds[SignalKind.YIELD] or kinds[SignalKind.PRIORITY_ROAD]:
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
        report.repair("signs to yield made up where roads differ and no sign says who goes first", entry.place)
        heading = entry.direction(at_end=True)
        aside = float(entry.edge_right[-1]) + SIGN_BESIDE_M
        x, y = entry.points[-1] + aside * np.array([np.sin(heading), -np.cos(heading)])
        signs.append(
            Signal(type="205", x=float(x), y=float(y), yaw=heading + np.pi, lane=lane_of[entry.key],
                   stop_s=max(entry.length - STOP_BEFORE_M, 0.0))
        )  # fmt: skip
    return JunctionControl.PRIORITY, signs


def _priorities(
    junction: Element | None, found: dict[Key, Stretch], lane_of: dict[Key, int]
) -> Iterator[tuple[int, int]]:
    """Pairs of lanes by a junction's `<priority>` elements: the first goes before the second."""
    for element in junction.all("priority") if junction is not None else ():
        high, low = element.get("high"), element.get("low")
        for first in found:
            for second in found:
                if first[0] == high and second[0] == low:
                    yield lane_of[first], lane_of[second]
