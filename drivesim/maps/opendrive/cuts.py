"""Cuts lane sections where what holds for a lane changes: limits, who may change across its marks, room for a car."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.roads import DRIVING, Road, RoadLane, Section, may_cross, speed_limit

ROOM_M = 2.2
"""Where a lane that begins or ends without width becomes wide enough for a car [m]."""
NOTHING_M = 0.5
"""A lane narrower than this at an end begins or ends there [m]."""
LOOK_M, LOOKS_MAX = 0.5, 4000
"""Widths are looked at so densely, and at so many places of a section at most [m, 1]."""
PIECE_MIN_M = 4.0
"""Cuts are no nearer to each other or to the ends of a section; what changes sooner counts from the cut before [m]."""
TAPER_MIN_M = 1.0
"""The same of cuts where lanes become wide enough [m]."""


def cut_sections(road: Road) -> Road:
    """The road with sections on which limits and permissions are the same from end to end."""
    if not any(lane.type in DRIVING for section in road.sections for lane in section.lanes.values()):
        return road
    return replace(road, sections=tuple(piece for section in road.sections for piece in _pieces(road, section)))


def _pieces(road: Road, section: Section) -> Iterator[Section]:
    inner = [section.start, *_places(road, section), section.stop]
    for k, (start, stop) in enumerate(itertools.pairwise(inner)):
        first, last = k == 0, k == len(inner) - 2
        lanes = {
            number: replace(
                lane, predecessor=lane.predecessor if first else number, successor=lane.successor if last else number
            )
            for number, lane in section.lanes.items()
        }
        yield section if first and last else replace(section, start=start, stop=stop, lanes=lanes)


def _places(road: Road, section: Section) -> list[float]:
    """Stations of the cuts of a section, ascending [m]."""
    kept: list[float] = []
    wanted = [(s, TAPER_MIN_M) for s in _tapers(road, section)]
    wanted += [(s, PIECE_MIN_M) for s in sorted({*_limits(road, section), *_permissions(section)})]
    for s, room in wanted:
        if all(abs(s - other) >= room for other in (section.start, section.stop, *kept)):
            kept.append(s)
    return sorted(kept)


def _limits(road: Road, section: Section) -> Iterator[float]:
    for (_, before), (s, limit) in zip(road.speeds, road.speeds[1:], strict=False):
        if limit != before and section.start < s < section.stop:
            yield s
    for lane in _driven(section):
        rows = _rows(lane, "speed")
        for before, after in itertools.pairwise(rows):
            if speed_limit(before, 0.0) != speed_limit(after, 0.0):
                yield section.origin + after.number("sOffset", 0.0)


def _permissions(section: Section) -> Iterator[float]:
    for lane in _driven(section):
        outer = section.lanes.get(lane.id + (1 if lane.id > 0 else -1))
        if outer is None or outer.type not in DRIVING:
            continue
        rows = _rows(lane, "roadMark")
        for before, after in itertools.pairwise(rows):
            if may_cross(before, lane.id) != may_cross(after, lane.id):
                yield section.origin + after.number("sOffset", 0.0)


def _tapers(road: Road, section: Section) -> Iterator[float]:
    """Where lanes that begin or end without width become wide enough, and where they cease to be."""
    if section.stop - section.start < 2.0 * TAPER_MIN_M:
        return
    count = int(np.clip((section.stop - section.start) / LOOK_M, 2, LOOKS_MAX))
    s = np.linspace(section.start, section.stop, count + 1)
    for lane in _driven(section):
        width = section.width_of(road, lane.id, s)
        wide = np.flatnonzero(width >= ROOM_M)
        if not len(wide):
            continue
        if width[0] < NOTHING_M:
            yield float(s[wide[0]])
        if width[-1] < NOTHING_M:
            yield float(s[wide[-1]])


def _driven(section: Section) -> Iterator[RoadLane]:
    return (lane for lane in section.lanes.values() if lane.id and lane.type in DRIVING)


def _rows(lane: RoadLane, tag: str) -> list[Element]:
    return sorted(lane.element.all(tag), key=lambda element: element.number("sOffset", 0.0))
