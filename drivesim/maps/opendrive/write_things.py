"""Signals with their programmes, and objects: crosswalks, stop lines, parking places, what stands beside roads."""

from collections import defaultdict
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from drivesim.maps.control import SIGNAL_KINDS, Light, Signal, SignalKind
from drivesim.maps.network import MarkingType, RoadNetwork, SceneryKind
from drivesim.maps.opendrive.objects import BICYCLE, FOOTPATH, ROAD_MARKS
from drivesim.maps.opendrive.write_footways import CROSSINGS
from drivesim.maps.opendrive.write_line import metres, number
from drivesim.maps.opendrive.write_roads import Place, Road, station_of

NEAR_POINTS = 4000
"""Points of roads that are looked at for one that an object lies beside."""
BESIDE_M = 1e-3
"""An object lies beside a road if it is abreast of one of its places within this [m]."""
DISPLACED_M = 0.05
"""A signal farther than this from its stop line has a position of its own [m]."""
NAMES = {
    SignalKind.LIGHT: "light", SignalKind.STOP: "stop", SignalKind.YIELD: "yield", SignalKind.LIMIT: "limit",
    SignalKind.PRIORITY_ROAD: "priority road", SignalKind.WALK_LIGHT: "walk light", SignalKind.OTHER: "sign",
}  # fmt: skip
OBJECTS = {
    SceneryKind.TREE: "tree", SceneryKind.CONIFER: "tree", SceneryKind.BUSH: "vegetation",
    SceneryKind.BUILDING: "building", SceneryKind.POST: "pole", SceneryKind.LAMP: "streetLamp",
    SceneryKind.GUARD_RAIL: "barrier", SceneryKind.SIGN: "pole", SceneryKind.BARRIER: "barrier",
    SceneryKind.WALL: "barrier",
}  # fmt: skip
LINES = {MarkingType.STOP_LINE: "StopLine", MarkingType.YIELD_LINE: "YieldLine"}
SYMBOLS = {kind: name for name, kind in ROAD_MARKS.items() if kind not in LINES}
"""Subtypes of what is painted on lanes."""
SYMBOL_M = 1.0
"""Width of what is painted on lanes [m]."""


def programme_text(light: Light) -> str:
    """A programme as text: its offset, then duration [s] and colour of each phase, "4.5; 24 GREEN; 3 AMBER"."""
    return "; ".join([number(light.offset_s), *(f"{number(seconds)} {color.name}" for seconds, color in light.phases)])


def write_signals(
    elements: list[Element], network: RoadNetwork, roads: list[Road], places: list[Place]
) -> tuple[dict[int, list[int]], int]:
    """Adds `<signals>` to the roads: a signal at its stop line, for a range of lanes.

    Returns:
        Ids of the signals that show each light, and the number of signals.
    """
    groups: dict[tuple, list[Signal]] = defaultdict(list)
    for signal in network.signals:
        place = places[signal.lane]
        key = (place.road, place.forward, signal.type, signal.x, signal.y, signal.light, signal.turns, signal.value)
        groups[key].append(signal)
    shown: dict[int, list[int]] = defaultdict(list)
    parents: dict[int, Element] = {}
    for count, ((road_index, forward, *_), members) in enumerate(groups.items()):
        signal, road = members[0], roads[road_index]
        s = station_of(road, network, signal.lane, min(signal.stop_s, network.lanes[signal.lane].length))
        origin, heading, _ = road.line.at(np.array([s]))
        apart = np.array([signal.x, signal.y]) - origin[0]
        angle = float(heading[0])
        t = float(apart[1] * np.cos(angle) - apart[0] * np.sin(angle))
        along = float(apart[0] * np.cos(angle) + apart[1] * np.sin(angle))
        kind = SIGNAL_KINDS.get(signal.type, SignalKind.OTHER)
        tall, wide = (0.9, 0.35) if kind == SignalKind.LIGHT else (0.6, 0.6)
        parent = parents.get(road_index)
        if parent is None:
            parent = parents[road_index] = SubElement(elements[road_index], "signals")
        faces = angle + (np.pi if forward else 0.0)
        element = SubElement(
            parent, "signal", s=metres(s), t=metres(t), id=str(count), name=f"{NAMES[kind]} {count}",
            dynamic="yes" if kind == SignalKind.LIGHT else "no", orientation="+" if forward else "-",
            zOffset=metres(max(signal.height - 0.5 * tall, 0.0)), country="OpenDRIVE" if len(signal.type) > 3 else "DE",
            type=signal.type, subtype="-1", hOffset=number(_wrapped(signal.yaw - faces)), width=metres(wide),
            height=metres(tall),
        )  # fmt: skip
        if kind == SignalKind.LIMIT:
            element.attrib.update(value=number(signal.value * 3.6), unit="km/h")
        lanes = [places[member.lane].lane for member in members]
        SubElement(element, "validity", fromLane=str(min(lanes)), toLane=str(max(lanes)))
        if abs(along) > DISPLACED_M:
            SubElement(
                element, "positionInertial", x=metres(signal.x), y=metres(signal.y), z="0", hdg=number(signal.yaw)
            )
        if signal.turns:
            SubElement(element, "userData", code="drivesim:turns", value=str(signal.turns))
        if signal.light >= 0:
            shown[signal.light].append(count)
    return shown, len(groups)


def write_controllers(root: Element, network: RoadNetwork, shown: dict[int, list[int]]) -> dict[int, list[int]]:
    """Adds a `<controller>` with its programme for every light that a signal shows.

    Returns:
        Ids of the controllers of each junction.
    """
    by_junction: dict[int, list[int]] = defaultdict(list)
    for light in sorted(shown):
        controller = SubElement(root, "controller", id=str(light), name=f"light {light}", sequence="0")
        for signal in shown[light]:
            SubElement(controller, "control", signalId=str(signal), type="0")
        SubElement(controller, "userData", code="drivesim:light", value=programme_text(network.lights[light]))
        by_junction[network.lights[light].junction].append(light)
    return by_junction


class _Objects:
    def __init__(self, elements: list[Element], roads: list[Road]) -> None:
        self._elements, self._roads = elements, roads
        self._points = np.concatenate([road.line.points for road in roads])
        self._s = np.concatenate([road.line.s for road in roads])
        self._road = np.repeat(np.arange(len(roads)), [len(road.line.s) for road in roads])
        self._parents: dict[int, Element] = {}
        self._count = 0

    def add(self, x: float, y: float, yaw: float, **values: str) -> Element:
        road, s, t, angle = self._beside(np.array([x, y]))
        parent = self._parents.get(road)
        if parent is None:
            parent = self._parents[road] = SubElement(self._elements[road], "objects")
        element = SubElement(
            parent, "object", id=str(self._count), s=metres(s), t=metres(t), hdg=number(_wrapped(yaw - angle)),
            orientation="none", pitch="0", roll="0",
        )  # fmt: skip
        element.attrib.update(values)
        self._count += 1
        return element

    def _beside(self, place: np.ndarray) -> tuple[int, float, float, float]:
        """The nearest road that a place lies beside, s and t there [m], and the road's heading [rad].

        Beyond a road's end nothing lies beside it; where that holds for all roads nearby, the nearest has to do.
        """
        away = np.sum((self._points - place) ** 2, axis=1)
        order = np.argsort(away, kind="stable")[:NEAR_POINTS]
        found: tuple[int, float, float, float] | None = None
        for near in order[np.sort(np.unique(self._road[order], return_index=True)[1])]:
            road = int(self._road[near])
            line = self._roads[road].line
            station, _ = line.project(place[None], self._s[near : near + 1])
            s = np.clip(station, 0.0, line.length)
            origin, heading, _ = line.at(s)
            apart, angle = place - origin[0], float(heading[0])
            along = apart[0] * np.cos(angle) + apart[1] * np.sin(angle)
            here = road, float(s[0]), float(apart[1] * np.cos(angle) - apart[0] * np.sin(angle)), angle
            if abs(along) < BESIDE_M:
                return here
            found = found or here
        assert found is not None, "there are roads"
        return found


def write_objects(elements: list[Element], network: RoadNetwork, roads: list[Road]) -> None:
    """Adds `<objects>` to the roads."""
    objects = _Objects(elements, roads)
    for footpath in network.footpaths:
        if footpath.kind not in CROSSINGS:
            continue
        start, end = footpath.points[0], footpath.points[-1]
        (x, y), (dx, dy) = 0.5 * (start + end), end - start
        length, width = float(np.hypot(dx, dy)), footpath.width
        element = objects.add(
            x, y, float(np.arctan2(dy, dx)), type="crosswalk", name="crosswalk", length=metres(length),
            width=metres(width), height="0", zOffset="0",
        )  # fmt: skip
        outlines = SubElement(SubElement(element, "outlines"), "outline", id="0", closed="true", outer="true")
        for k, (u, v) in enumerate(((-1, -1), (1, -1), (1, 1), (-1, 1))):
            SubElement(
                outlines, "cornerLocal", u=metres(0.5 * length * u), v=metres(0.5 * width * v), z="0", height="0",
                id=str(k),
            )  # fmt: skip
        SubElement(element, "userData", code=FOOTPATH, value=footpath.kind.name)
        if footpath.light >= 0:
            value = programme_text(network.lights[footpath.light])
            SubElement(element, "userData", code="drivesim:light", value=value)
    for marking in network.markings:
        (x, y), (dx, dy) = 0.5 * (marking.points[0] + marking.points[-1]), marking.points[-1] - marking.points[0]
        if marking.type in LINES:
            kind = {"type": "none", "name": LINES[marking.type], "width": metres(marking.width_m)}
        elif marking.type in SYMBOLS:
            name = BICYCLE if marking.type == MarkingType.BICYCLE else "arrow"
            kind = {"type": "roadMark", "subtype": SYMBOLS[marking.type], "name": name, "width": metres(SYMBOL_M)}
        else:
            continue
        objects.add(
            x, y, float(np.arctan2(dy, dx)), length=metres(np.hypot(dx, dy)), height="0", zOffset="0", **kind
        )  # fmt: skip
    for bay in network.bays:
        element = objects.add(
            bay.x, bay.y, bay.yaw, type="parkingSpace", name="bay", length=metres(bay.length), width=metres(bay.width),
            height="0", zOffset="0",
        )  # fmt: skip
        SubElement(element, "parkingSpace", access="all")
    for thing in network.scenery:
        objects.add(
            thing.x, thing.y, thing.yaw, type=OBJECTS.get(thing.kind, "obstacle"), name=thing.kind.name.lower(),
            length=metres(thing.length), width=metres(thing.width), height=metres(thing.height),
            zOffset=metres(thing.base),
        )  # fmt: skip


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)
