"""Roads of a document with their lane sections: borders, widths, marks and links of every lane."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.geometry import Cubics, ReferenceLine, centre_of, cubics, reference_line
from drivesim.maps.opendrive.report import MapReport

ROADS_MAX = 30_000
SECTION_MIN_M = 1e-3
"""Shorter lane sections are left out [m]."""
REACH_MAX_M = 300.0
"""Farthest border of a lane from the reference line [m]."""
LANES_MAX = 60
"""Most lanes on a side of a road."""
DRIVING = ("driving", "entry", "exit", "onRamp", "offRamp", "connectingRamp", "bidirectional", "slipLane",
           "shared", "HOV", "mwyEntry", "mwyExit")  # fmt: skip
"""Types of lanes that cars drive on."""
BIKING = "biking"
"""Type of lanes that bicycles ride on."""
CLOSED = ("bus", "taxi", "tram")
"""Types of lanes that cars may not use, though they could."""
SURFACE = (
    *DRIVING,
    *CLOSED,
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
    origin: float
    """Station from which widths, marks and limits of its lanes count [m]: the start, but for pieces of a section."""
    lanes: dict[int, RoadLane]
    """By id, lane 0 included."""

    def record(self, lane: int, tag: str) -> Element | None:
        """What holds for a lane in the middle of the section: of its elements of a tag the last that begins before."""
        found = None
        for element in sorted(self.lanes[lane].element.all(tag), key=lambda each: each.number("sOffset", 0.0)):
            if found is None or self.origin + element.number("sOffset", 0.0) <= 0.5 * (self.start + self.stop):
                found = element
        return found

    def width_of(self, road: "Road", lane: int, s: np.ndarray) -> np.ndarray:
        """Width of a lane at stations [m]."""
        borders = self.offsets(road, s)
        return np.abs(borders[lane] - borders[lane + 1 if lane < 0 else lane - 1])

    def offsets(self, road: "Road", s: np.ndarray) -> dict[int, np.ndarray]:
        """Outer border of every lane, left of the reference line, at stations [m]; lane 0 stands for the middle.

        Raises:
            FileFormatError: A border is farther away than `REACH_MAX_M`.
        """
        ds = s - self.origin
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
        farthest = max(float(np.abs(border).max(initial=0.0)) for border in found.values())
        if not farthest <= REACH_MAX_M:
            raise road.element.error(
                f"lanes reach {farthest:.3g} m from the reference line near {self.start:.2f} m, "
                f"expected at most {REACH_MAX_M:.0f} m"
            )
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


def read_roads(root: Element, report: MapReport) -> dict[str, Road]:
    """All roads by id, moved to the origin if they lie far from it.

    Raises:
        FileFormatError: There are none or too many, two have the same id, or one cannot be made sense of.
    """
    roads: dict[str, Road] = {}
    report.origin = origin = centre_of(root)
    if origin != (0.0, 0.0):
        report.repair("a map far from its origin, moved there", f"{origin[0]:.0f} m, {origin[1]:.0f} m")
    for element in root.all("road"):
        road = _road(element, origin, report)
        if road.id in roads:
            raise element.error("there is another road of this id")
        roads[road.id] = road
        if len(roads) > ROADS_MAX:
            raise element.error(f"more than {ROADS_MAX} roads")
    if not roads:
        raise root.error("has no road")
    return roads


def _road(element: Element, origin: tuple[float, float], report: MapReport) -> Road:
    line = reference_line(element, origin)
    lanes = element.one("lanes")
    if lanes is None:
        raise element.error("has no lanes")
    starts = sorted(lanes.all("laneSection"), key=lambda section: section.number("s"))
    if not starts:
        raise lanes.error("has no lane section")
    ends = [*(section.number("s") for section in starts[1:]), line.length]
    sections = [
        _section(section, max(section.number("s"), 0.0), min(end, line.length), report)
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


def _section(element: Element, start: float, stop: float, report: MapReport) -> Section:
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
                type=_type(lane, report),
                element=lane,
                width=cubics([*lane.all("width")], "sOffset"),
                border=cubics(border, "sOffset") if border else None,
                predecessor=ids[0],
                successor=ids[1],
            )
    for number in sorted({k for outer in lanes for k in range(min(outer, 0), max(outer, 0))} - {0, *lanes}):
        report.repair("lanes missing between others, taken as having no width", f"{element.place}, lane {number}")
        nothing = Element("lane", {"id": str(number)}, element.line, element.document)
        lanes[number] = RoadLane(
            id=number, type="none", element=nothing, width=cubics((), "sOffset"), border=None, predecessor=None,
            successor=None,
        )  # fmt: skip
    return Section(start=start, stop=stop, origin=start, lanes=lanes)


def _type(lane: Element, report: MapReport) -> str:
    """A lane's type; "restricted" for one that its `<access>` closes to cars."""
    kind = lane.get("type", "none")
    if kind in CLOSED:
        report.leave_out(f"lanes of type {kind}, on which no car drives", lane.place)
    if kind in DRIVING and not _is_open(lane):
        report.leave_out("lanes closed to cars by <access>", lane.place)
        return "restricted"
    return kind


def _is_open(lane: Element) -> bool:
    """Whether cars may use a lane by its `<access>` elements; of revisions 1.4 to 1.8."""
    allowed: list[str] = []
    for access in lane.all("access"):
        # Since revision 1.8 those it is about are elements of their own.
        names = [child.get("type") for child in access.all("restriction")] or [access.get("restriction")]
        names = [name.lower().replace(" ", "") for name in names]
        if access.get("rule", "deny") == "allow":
            allowed += names
        elif set(names) & {"passengercar", "autonomoustraffic"}:
            return False
    return not allowed or bool(set(allowed) & {"passengercar", "autonomoustraffic", "none", "simulator"})


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


def may_cross(mark: Element, lane: int) -> tuple[bool, bool]:
    """Whether the mark at a lane's outer border may be crossed inwards and outwards."""
    said = mark.get("laneChange")
    if said in ("both", "none"):
        return said == "both", said == "both"
    if said in ("increase", "decrease"):
        outwards = (said == "increase") == (lane > 0)
        return not outwards, outwards
    kind = mark.get("type")
    if kind in ("solid", "solid solid", "curb"):
        return False, False
    if kind in ("solid broken", "broken solid"):
        first_is_solid = kind == "solid broken"
        # The first line is the inner one; who is beside the broken line may cross.
        return first_is_solid, not first_is_solid
    return True, True


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
