"""Ground and paint of streets and junctions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from drivesim.maps.network import Area, AreaKind, Marking, MarkingType
from drivesim.maps.procedural.road import OUTLINE_STEP_M, Paint, painted_line, stations, strip
from drivesim.maps.procedural.town.arms import CROSSING_M, Arm, StreetLine, bezier, handles
from drivesim.maps.procedural.town.kerbside import bay_lines, span_of, zebra_station
from drivesim.maps.procedural.town.plan import GUTTER_M, Control

if TYPE_CHECKING:
    from drivesim.maps.procedural.town.streets import Draft

CURB_M = 0.15
"""Width of the kerb stones [m]."""
STOP_LINE_M = 0.5
DASH_M, GAP_M = 3.0, 6.0
"""Lane lines in town [m]."""
_EDGE_POINTS = 9


def areas_of(draft: "Draft") -> Iterator[Area]:
    """Carriageways, pavements, kerbs, crossings."""
    for number, line in enumerate(draft.lines):
        yield from _street_areas(draft, number, line)
    for node, arms in enumerate(draft.arms):
        if len(arms) > 1:
            yield from _junction_areas(draft, node)


def _street_areas(draft: "Draft", number: int, line: StreetLine) -> Iterator[Area]:
    street, section = line.street, line.section
    start, stop = span_of(draft, number)
    pose = line.curve.pose(stations(start, stop, OUTLINE_STEP_M))
    left, right = section.kerb_left, section.kerb_right
    if street.pavement > 0.0:
        yield from strip(pose, left + street.pavement, left, AreaKind.SIDEWALK)
        yield from strip(pose, right, right - street.pavement, AreaKind.SIDEWALK)
        yield from strip(pose, left + CURB_M, left, AreaKind.CURB)
        yield from strip(pose, right, right - CURB_M, AreaKind.CURB)
    yield from strip(pose, left, right, AreaKind.DRIVABLE)
    parking_left, parking_right = street.parking
    if parking_left > 0.0:
        yield from strip(pose, left, left - parking_left, AreaKind.PARKING)
    if parking_right > 0.0:
        yield from strip(pose, right + parking_right, right, AreaKind.PARKING)
    if street.zebra >= 0.0:
        at = zebra_station(draft, number)
        ends = line.curve.pose(np.array([at - 0.5 * CROSSING_M, at + 0.5 * CROSSING_M]))
        yield _crossing(ends.beside(left), ends.beside(right))


def _crossing(left: np.ndarray, right: np.ndarray) -> Area:
    """A crossing between two points on the left and two on the right side, each in the street's direction."""
    return Area(polygon=np.stack((right[0], right[1], left[1], left[0])), kind=AreaKind.CROSSWALK)


def _outline(draft: "Draft", arms: list[Arm], beyond: float) -> tuple[np.ndarray, list[np.ndarray]]:
    """Outline of a junction whose kerbs lie `beyond` farther out [m], and its kerbs from street to street."""
    kerbs = []
    for place, arm in enumerate(arms):
        after = arms[(place + 1) % len(arms)]
        here, there = draft.lines[arm.street], draft.lines[after.street]
        first, last = (
            here.beside(arm, arm.edge, arm.left + beyond),
            there.beside(after, after.edge, -after.right - beyond),
        )
        start, end = (
            here.beside(arm, arm.corner, arm.left + beyond),
            there.beside(after, after.corner, -after.right - beyond),
        )
        inwards, outwards = here.heading(arm, arm.corner) + np.pi, there.heading(after, after.corner)
        corner = bezier(start, *handles(start, inwards, end, outwards), end, _EDGE_POINTS)
        kerbs.append(np.concatenate((first[None], corner, last[None])))
    return np.concatenate(kerbs), kerbs


def _junction_areas(draft: "Draft", node: int) -> Iterator[Area]:
    arms = draft.arms[node]
    pavement = min(arm.pavement for arm in arms)
    outline, kerbs = _outline(draft, arms, 0.0)
    if pavement > 0.0:
        _, outer_kerbs = _outline(draft, arms, pavement)
        _, stones = _outline(draft, arms, CURB_M)
        for inner, beyond, stone in zip(kerbs, outer_kerbs, stones, strict=True):
            yield Area(polygon=np.concatenate((inner, beyond[::-1])), kind=AreaKind.SIDEWALK)
            yield Area(polygon=np.concatenate((inner, stone[::-1])), kind=AreaKind.CURB)
    yield Area(polygon=outline, kind=AreaKind.DRIVABLE)
    is_lit = draft.plan.nodes[node].control == Control.LIGHTS
    for arm in arms:
        if arm.crossing < 0.0 or is_lit:
            continue
        line, near, far = draft.lines[arm.street], arm.crossing - 0.5 * CROSSING_M, arm.crossing + 0.5 * CROSSING_M
        left = np.stack([line.beside(arm, away, arm.left) for away in (near, far)])
        right = np.stack([line.beside(arm, away, -arm.right) for away in (near, far)])
        yield _crossing(left, right)


def markings_of(draft: "Draft") -> Iterator[Marking]:
    """Lane lines, parking bays, stop and yield lines, the sides of crossings with lights."""
    yield from bay_lines(draft)
    for number, line in enumerate(draft.lines):
        yield from _lane_lines(draft, number, line)
    for node in draft.number:
        for arm in draft.arms[node]:
            yield from _stop_lines(draft, node, arm)


def _lane_lines(draft: "Draft", number: int, line: StreetLine) -> Iterator[Marking]:
    street, section = line.street, line.section
    start, stop = span_of(draft, number)
    broken = Paint(type=MarkingType.BROKEN, width_m=0.12, dash_m=DASH_M, gap_m=GAP_M)
    solid = Paint(type=MarkingType.SOLID, width_m=0.12)

    def at(offset: float, paint: Paint) -> Marking:
        return painted_line(line.curve, start, stop, lambda station: np.full(station.shape, offset), paint)

    if street.forward and street.backward:
        wide = street.forward + street.backward > 2
        yield at(section.middle, Paint(type=MarkingType.SOLID_SOLID, width_m=0.12) if wide else broken)
    for place in range(1, street.forward):
        yield at(section.middle - place * street.lane_width, broken)
    for place in range(1, street.backward):
        yield at(section.middle + place * street.lane_width, broken)
    for edge, kerb in ((section.lanes_left, section.kerb_left), (section.lanes_right, section.kerb_right)):
        if abs(kerb - edge) > GUTTER_M + 0.1:
            yield at(edge, solid)


def _stop_lines(draft: "Draft", node: int, arm: Arm) -> Iterator[Marking]:
    """The line before which a way in waits, and the sides of its crossing where that has lights."""
    from drivesim.maps.procedural.town.streets import STOP_BEFORE_M

    control, line = draft.plan.nodes[node].control, draft.lines[arm.street]
    street, section = line.street, line.section
    ranks = [draft.plan.streets[other.street].rank for other in draft.arms[node]]
    waits = control in (Control.LIGHTS, Control.ALL_WAY_STOP) or (
        control in (Control.PRIORITY, Control.STOP) and street.rank < max(ranks)
    )
    inner, outer = section.middle, section.lanes_left if arm.at_start else section.lanes_right
    if not arm.at_start:
        inner, outer = -inner, -outer
    if waits and draft.ways_in(arm):
        away = arm.edge + STOP_BEFORE_M + 0.5 * STOP_LINE_M
        points = np.stack([line.beside(arm, away, side) for side in (inner, outer)])
        is_yield = control == Control.PRIORITY
        kind = MarkingType.BLOCK if is_yield else MarkingType.STOP_LINE
        yield Marking(points=points, type=kind, width_m=STOP_LINE_M, dash_m=0.5, gap_m=0.25)
    if control == Control.LIGHTS and arm.crossing >= 0.0:
        for side in (-0.5, 0.5):
            away = arm.crossing + side * CROSSING_M
            points = np.stack([line.beside(arm, away, offset) for offset in (arm.left, -arm.right)])
            yield Marking(points=points, type=MarkingType.BLOCK, width_m=0.2, dash_m=0.5, gap_m=0.2)
