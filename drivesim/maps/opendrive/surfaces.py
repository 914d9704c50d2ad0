"""Ground and paint of a document: what each lane is, and road marks."""

from collections.abc import Iterator

import numpy as np

from drivesim.maps.network import Area, AreaKind, Marking, MarkingColor, MarkingType
from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.junction_surface import fill_holes, round_corners
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


def areas_of(roads: dict[str, Road], report: MapReport) -> Iterator[Area]:
    """Strips of ground of all lanes, and what lies between them in junctions."""
    surfaces: list[tuple[str, Area]] = []
    for road in roads.values():
        for section in road.sections:
            for area in _section_areas(road, section):
                surfaces.append((road.junction, area))
                yield area
    yield from fill_holes(surfaces, report)
    yield from round_corners(surfaces, report)


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
