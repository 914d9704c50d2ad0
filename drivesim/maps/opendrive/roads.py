"""Roads of a document with their lane sections: borders, widths, marks and links of every lane."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.geometry import Cubics, ReferenceLine, cubics, reference_line

ROADS_MAX = 30_000
SECTION_MIN_M = 1e-3
"""Shorter lane sections are left out [m]."""
LANES_MAX = 60
"""Most lanes on a side of a road."""
DRIVING = ("driving", "entry", "exit", "onRamp", "offRamp", "connectingRamp", "bidirectional", "slipLane", "bus",
           "taxi", "HOV", "mwyEntry", "mwyExit")  # fmt: skip
"""Types of lanes that cars drive on."""
SURFACE = (
    *DRIVING,
    "shoulder",
    "parking",
    "stop",
    "biking",
    "border",
    "restricted",
    "special1",
    "special2",
    "special3",
)
"""Types of lanes that a car can be on without leaving the road."""
SPEED_UNITS = {"": 1.0, "m/s": 1.0, "km/h": 1.0 / 3.6, "mph": 0.44704}
SPEED_RANGE_M_S = (2.0, 70.0)
TOWN_M_S, RURAL_M_S, MOTORWAY_M_S = 50.0 / 3.6, 100.0 / 3.6, 130.0 / 3.6


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadLane:
    """A lane of a section."""

    id: int
    type: str
    element: Element
    width: Cubics
    """Of its distance from the section's start [m]."""
    border: Cubics | None
    """Its outer border's distance from lane 0 [m], where the file gives borders instead of widths."""
    predecessor: int | None
    successor: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Section:
    """A lane section."""

    start: float
    """Station [m]."""
    stop: float
    lanes: dict[int, RoadLane]
    """By id, lane 0 included."""

    def offsets(self, road: "Road", s: np.ndarray) -> dict[int, np.ndarray]:
        """Outer border of every lane, left of the reference line, at stations [m]; lane 0 stands for the middle."""
        ds = s - self.start
        middle = road.lane_offset(s)
        found = {0: middle}
        for sign in (1, -1):
            outer = middle
            for number in sorted((k for k in self.lanes if k * sign > 0), key=abs):
                lane = self.lanes[number]
                if lane.border is not None and not len(lane.width.start):
                    outer = middle + sign * np.abs(lane.border(ds))
                else:
                    outer = outer + sign * np.maximum(lane.width(ds), 0.0)
                found[number] = outer
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadLink:
    """What a road's end is joined to."""

    kind: str
    """road or junction."""
    id: str
    contact: str
    """start or end of that road."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Road:
    """A road."""

    id: str
    element: Element
    line: ReferenceLine
    junction: str
    """Id of the junction that it crosses; "-1" for none."""
    sections: tuple[Section, ...]
    lane_offset: Cubics
    links: dict[str, RoadLink]
    """By end: "predecessor", "successor"."""
    left_hand: bool
    speeds: tuple[tuple[float, float], ...]
    """From each station on [m], the limit [m/s]."""

    def forwards(self, lane: int) -> bool:
        """Whether a lane is driven along the reference line."""
        return (lane < 0) != self.left_hand

    def speed(self, s: float) -> float:
        """Limit at a station [m/s]."""
        return [limit for start, limit in self.speeds if start <= s + 1e-6 or start == self.speeds[0][0]][-1]


def read_roads(root: Element) -> dict[str, Road]:
    """All roads by id.

    Raises:
        FileFormatError: There are none or too many, two have the same id, or one cannot be made sense of.
    """
    roads: dict[str, Road] = {}
    for element in root.all("road"):
        road = _road(element)
        if road.id in roads:
            raise element.error("there is another road of this id")
        roads[road.id] = road
        if len(roads) > ROADS_MAX:
            raise element.error(f"more than {ROADS_MAX} roads")
    if not roads:
        raise root.error("has no road")
    return roads


def _road(element: Element) -> Road:
    line = reference_line(element)
    lanes = element.one("lanes")
    if lanes is None:
        raise element.error("has no lanes")
    starts = sorted(lanes.all("laneSection"), key=lambda section: section.number("s"))
    if not starts:
        raise lanes.error("has no lane section")
    ends = [*(section.number("s") for section in starts[1:]), line.length]
    sections = [
        _section(section, max(section.number("s"), 0.0), min(end, line.length))
        for section, end in zip(starts, ends, strict=True)
    ]
    links = {}
    for end in ("predecessor", "successor"):
        link = element.one("link", end)
        if link is not None and link.get("elementType") in ("road", "junction"):
            links[end] = RoadLink(
                kind=link.get("elementType"), id=link.get("elementId"), contact=link.get("contactPoint")
            )
    return Road(
        id=element.get("id"),
        element=element,
        line=line,
        junction=element.get("junction", "-1") or "-1",
        sections=tuple(section for section in sections if section.stop - section.start > SECTION_MIN_M),
        lane_offset=cubics([*lanes.all("laneOffset")], "s"),
        links=links,
        left_hand=element.get("rule") == "LHT",
        speeds=_speeds(element),
    )


def _section(element: Element, start: float, stop: float) -> Section:
    lanes = {}
    for side in element.all("left", "center", "right"):
        for lane in side.all("lane"):
            number = lane.integer("id")
            if abs(number) > LANES_MAX:
                raise lane.error(f"id: expected at most {LANES_MAX} lanes on a side")
            link = lane.one("link")
            ids = []
            for end in ("predecessor", "successor"):
                joined = link.one(end) if link is not None else None
                ids.append(None if joined is None or not joined.get("id").strip() else joined.integer("id"))
            border = [*lane.all("border")]
            lanes[number] = RoadLane(
                id=number,
                type=lane.get("type", "none"),
                element=lane,
                width=cubics([*lane.all("width")], "sOffset"),
                border=cubics(border, "sOffset") if border else None,
                predecessor=ids[0],
                successor=ids[1],
            )
    return Section(start=start, stop=stop, lanes=lanes)


def _speeds(element: Element) -> tuple[tuple[float, float], ...]:
    """Limits along a road by its types; those that have none by what kind of road it is."""
    found = []
    for kind in element.all("type"):
        usual = {"motorway": MOTORWAY_M_S, "rural": RURAL_M_S}.get(kind.get("type"), TOWN_M_S)
        speed = kind.one("speed")
        found.append((kind.number("s", 0.0), usual if speed is None else speed_limit(speed, usual)))
    return tuple(sorted(found)) or ((0.0, TOWN_M_S),)


def speed_limit(element: Element, usual: float) -> float:
    """A limit [m/s]; `usual` where there is none."""
    text = element.get("max")
    if text in ("no limit", "undefined", ""):
        return usual
    value = element.number("max") * SPEED_UNITS.get(element.get("unit"), 1.0)
    return float(np.clip(value, *SPEED_RANGE_M_S)) if value > 0.0 else usual


def stations(road: Road, section: Section, step: float) -> np.ndarray:
    """Stations of a section at most `step` apart, with its ends and the ends of geometries [m]."""
    count = max(int(np.ceil((section.stop - section.start) / step)), 2)
    inner = road.line.knots[(road.line.knots > section.start + 1e-4) & (road.line.knots < section.stop - 1e-4)]
    s = np.union1d(np.linspace(section.start, section.stop, count + 1), inner)
    return s[np.concatenate(([True], np.diff(s) > 1e-5))]


def surface_block(section: Section, lane: int) -> tuple[int, int]:
    """Ids of the outermost lanes to the left and right that form one surface with a lane; lane 0 has no width."""

    def reach(step: int) -> int:
        last, at = lane, lane
        while True:
            at += step
            if at == 0:
                continue
            if at not in section.lanes or section.lanes[at].type not in SURFACE:
                return last
            last = at

    return reach(1), reach(-1)


def driven(sections: Sequence[Section]) -> set[int]:
    """Ids of lanes that cars drive on in any section."""
    return {k for section in sections for k, lane in section.lanes.items() if k and lane.type in DRIVING}
