"""Ground and paint of a document: what each lane is, road marks, and objects that lie on the ground."""

from collections.abc import Iterator

import numpy as np

from drivesim.maps.network import Area, AreaKind, Marking, MarkingColor, MarkingType, Scenery, SceneryKind
from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.junction_surface import fill_holes
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import SURFACE, Road, Section

STEP_M = 1.5
"""Distance between the corners of a strip [m]."""
PIECE_CORNERS = 40
"""Strips are cut into polygons of so many corners on a side, so that drawing one part touches few of them."""
WIDTH_MIN_M = 0.02
AREAS = {"sidewalk": AreaKind.SIDEWALK, "walking": AreaKind.SIDEWALK, "shoulder": AreaKind.SHOULDER,
         "parking": AreaKind.PARKING, "curb": AreaKind.CURB}  # fmt: skip
"""What lanes are that are no carriageway."""
MARKS = {
    "solid": MarkingType.SOLID, "broken": MarkingType.BROKEN, "solid solid": MarkingType.SOLID_SOLID,
    "solid broken": MarkingType.SOLID_BROKEN, "broken solid": MarkingType.BROKEN_SOLID,
    "broken broken": MarkingType.BROKEN, "botts dots": MarkingType.BROKEN,
}  # fmt: skip
LINE_M = 0.13
BUILDING_M = 8.0
"""Height of a building that says none [m]."""


def areas_of(roads: dict[str, Road], report: MapReport) -> Iterator[Area]:
    """Strips of ground of all lanes, and what lies between them in junctions."""
    surfaces: list[tuple[str, Area]] = []
    for road in roads.values():
        for section in road.sections:
            for area in _section_areas(road, section):
                surfaces.append((road.junction, area))
                yield area
    yield from fill_holes(surfaces, report)


def _section_areas(road: Road, section: Section) -> Iterator[Area]:
    count = max(int(np.ceil((section.stop - section.start) / STEP_M)), 1)
    s = np.linspace(section.start, section.stop, count + 1)
    borders = section.offsets(road, s)
    x, y, heading = road.line(s)

    def strip(first: np.ndarray, second: np.ndarray, kind: AreaKind) -> Iterator[Area]:
        if np.abs(second - first).max() < WIDTH_MIN_M:
            return
        sides = [np.stack((x - t * np.sin(heading), y + t * np.cos(heading)), axis=-1) for t in (first, second)]
        for a in range(0, count, PIECE_CORNERS):
            b = a + PIECE_CORNERS + 1
            yield Area(polygon=np.concatenate((sides[0][a:b], sides[1][a:b][::-1])), kind=kind)

    carriageway = [k for k, lane in section.lanes.items() if k and lane.type in SURFACE and lane.type not in AREAS]
    for block in _blocks(carriageway):
        left, right = max(block), min(block)
        yield from strip(
            borders[left if left > 0 else left + 1], borders[right if right < 0 else right - 1], AreaKind.DRIVABLE
        )
    for number, lane in section.lanes.items():
        if number and lane.type in AREAS:
            inner = number - 1 if number > 0 else number + 1
            yield from strip(borders[inner], borders[number], AREAS[lane.type])


def _blocks(lanes: list[int]) -> Iterator[list[int]]:
    """Ids that lie side by side; -1 lies beside 1."""
    ordered = sorted(lanes)
    block: list[int] = []
    for number in ordered:
        if block and number != block[-1] + 1 and not (block[-1] == -1 and number == 1):
            yield block
            block = []
        block.append(number)
    if block:
        yield block


def markings_of(roads: dict[str, Road]) -> Iterator[Marking]:
    """Road marks at the outer borders of lanes, and in the middle."""
    for road in roads.values():
        for section in road.sections:
            for number, lane in section.lanes.items():
                marks = sorted(lane.element.all("roadMark"), key=lambda mark: mark.number("sOffset", 0.0))
                ends = [*(section.origin + mark.number("sOffset", 0.0) for mark in marks[1:]), section.stop]
                for mark, end in zip(marks, ends, strict=False):  # a lane without marks has an end all the same
                    yield from _mark(road, section, number, mark, end)


def _mark(road: Road, section: Section, lane: int, mark: Element, end: float) -> Iterator[Marking]:
    kind = MARKS.get(mark.get("type"))
    start = max(section.origin + mark.number("sOffset", 0.0), section.start)
    end = min(end, section.stop)
    if kind is None or end - start < 0.3:
        return
    s = np.linspace(start, end, max(int(np.ceil(end - start)), 1) + 1)
    width = mark.number("width", LINE_M)
    yield Marking(
        points=road.line.beside(s, section.offsets(road, s)[lane]),
        type=kind,
        color=MarkingColor.YELLOW if mark.get("color") == "yellow" else MarkingColor.WHITE,
        width_m=float(np.clip(width, 0.08, 0.5)) if width > 0.0 else LINE_M,
        dash_m=3.0,
        gap_m=6.0,
    )


def objects_of(roads: dict[str, Road], report: MapReport) -> tuple[list[Area], list[Marking], list[Scenery]]:
    """Crosswalks and parking places, stop lines, buildings and other upright boxes."""
    areas: list[Area] = []
    markings: list[Marking] = []
    scenery: list[Scenery] = []
    for road in roads.values():
        objects = road.element.one("objects")
        for item in objects.all("object") if objects is not None else ():
            kind = item.get("type").lower() if item.get("type") not in ("", "-1", "none") else item.get("name").lower()
            outline = _outline(road, item)
            if "crosswalk" in kind and outline is not None:
                areas.append(Area(polygon=_four(outline), kind=AreaKind.CROSSWALK))
            elif "stopline" in kind.replace("_", "").replace(" ", "") and outline is not None:
                box = _four(outline)
                long_first = np.hypot(*(box[1] - box[0])) >= np.hypot(*(box[2] - box[1]))
                ends = (box[0] + box[3], box[1] + box[2]) if long_first else (box[0] + box[1], box[2] + box[3])
                markings.append(Marking(points=0.5 * np.stack(ends), type=MarkingType.STOP_LINE, width_m=0.5))
            elif "parking" in kind and outline is not None:
                areas.append(Area(polygon=outline, kind=AreaKind.PARKING))
            elif kind in ("building", "barrier", "wall", "pole", "tree") or "building" in kind:
                thing = _thing(road, item, kind)
                if thing is not None:
                    scenery.append(thing)
            else:
                report.leave_out(f"objects of type {kind[:30] or 'none'}", item.place)
    return areas, markings, scenery


def _outline(road: Road, item: Element) -> np.ndarray | None:
    """Corners of an object [m], shape (corner, 2), counter-clockwise; None where it has no extent."""
    s, t = item.number("s"), item.number("t")
    origin = road.line.beside(np.array([s]), np.array([t]))[0]
    heading = float(road.line(np.array([s]))[2][0]) + item.number("hdg", 0.0)
    outline = item.one("outline") or item.one("outlines", "outline")
    corners = [*outline.all("cornerLocal", "cornerRoad")] if outline is not None else []
    if corners and corners[0].tag == "cornerRoad":
        places = np.array([(corner.number("s"), corner.number("t")) for corner in corners])
        points = road.line.beside(places[:, 0], places[:, 1])
    else:
        if corners:
            local = np.array([(corner.number("u"), corner.number("v")) for corner in corners])
        else:
            half = 0.5 * item.number("length", 0.0), 0.5 * item.number("width", 0.0)
            if min(half) <= 0.0:
                return None
            local = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]) * half
        cos, sin = np.cos(heading), np.sin(heading)
        points = origin + np.stack(
            (local[:, 0] * cos - local[:, 1] * sin, local[:, 0] * sin + local[:, 1] * cos), axis=1
        )
    if len(points) > 1 and np.hypot(*(points[0] - points[-1])) < 1e-3:
        points = points[:-1]
    if len(points) < 3:
        return None
    x, y = points.T
    turned = float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
    return points if turned > 0.0 else points[::-1]


def _four(outline: np.ndarray) -> np.ndarray:
    """The outline itself if it has four corners, else the least rectangle around it."""
    if len(outline) == 4:
        return outline
    import cv2

    return cv2.boxPoints(cv2.minAreaRect(outline.astype(np.float32))).astype(np.float64)


def _thing(road: Road, item: Element, kind: str) -> Scenery | None:
    s, t = item.number("s"), item.number("t")
    x, y = road.line.beside(np.array([s]), np.array([t]))[0]
    heading = float(road.line(np.array([s]))[2][0]) + item.number("hdg", 0.0)
    length, width = item.number("length", 0.0), item.number("width", 0.0)
    radius = item.number("radius", 0.0)
    if radius > 0.0:
        length = width = 2.0 * radius
    if not (0.05 < length < 500.0 and 0.05 < width < 500.0):
        return None
    scenery = {
        "barrier": SceneryKind.BARRIER,
        "wall": SceneryKind.WALL,
        "pole": SceneryKind.POST,
        "tree": SceneryKind.TREE,
    }
    height = item.number("height", 0.0)
    return Scenery(
        kind=scenery.get(kind, SceneryKind.BUILDING), x=float(x), y=float(y), yaw=heading, length=length, width=width,
        height=float(np.clip(height if height > 0.1 else BUILDING_M, 0.2, 120.0)),
    )  # fmt: skip
