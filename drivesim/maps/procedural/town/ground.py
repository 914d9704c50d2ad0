"""Ground and paint of streets and junctions."""

from collections.abc import Iterator

import numpy as np

from drivesim.maps.curves import LaneLine
from drivesim.maps.network import Area, AreaKind, LaneType, Marking, MarkingType
from drivesim.maps.procedural.road import OUTLINE_STEP_M, Paint, painted, painted_line, runs, stations, strip
from drivesim.maps.procedural.town.arms import CROSSING_M, Arm, StreetLine, bezier, handles
from drivesim.maps.procedural.town.bends import kerbs
from drivesim.maps.procedural.town.draft import Draft
from drivesim.maps.procedural.town.kerbside import zebra_station
from drivesim.maps.procedural.town.lanes import kerbs_of, median_of
from drivesim.maps.procedural.town.plan import GUTTER_M, RIGHT_WIDTH_M, Control

CURB_M = 0.15
"""Width of the kerb stones [m]."""
STOP_LINE_M = 0.5
STOP_BEFORE_M = 0.8
"""The stop line lies this far before the end of the way in [m]."""
DASH_M, GAP_M = 3.0, 6.0
"""Lane lines in town [m]."""
BROKEN = Paint(type=MarkingType.BROKEN, width_m=0.12, dash_m=DASH_M, gap_m=GAP_M)
CLOSE = Paint(type=MarkingType.BROKEN, width_m=0.25, dash_m=1.5, gap_m=1.5)
"""Where a lane parts from another."""
SOLID = Paint(type=MarkingType.SOLID, width_m=0.12)
DOUBLE = Paint(type=MarkingType.SOLID_SOLID, width_m=0.12)
_EDGE_POINTS = 9


def areas_of(draft: Draft) -> Iterator[Area]:
    """Carriageways, pavements, kerbs, crossings."""
    for number, line in enumerate(draft.lines):
        yield from _street_areas(draft, number, line)
    for node, arms in enumerate(draft.arms):
        if node in draft.bends:
            yield from _bend_areas(draft, node)
        elif len(arms) > 1:
            yield from _junction_areas(draft, node)


def _street_areas(draft: Draft, number: int, line: StreetLine) -> Iterator[Area]:
    street = line.street
    start, stop = draft.span(number)
    station = stations(start, stop, OUTLINE_STEP_M)
    pose = line.curve.pose(station)
    left, right = kerbs_of(draft, number).sides(station)
    if street.pavement > 0.0:
        yield from strip(pose, left + street.pavement, left, AreaKind.SIDEWALK)
        yield from strip(pose, right, right - street.pavement, AreaKind.SIDEWALK)
        yield from strip(pose, left + CURB_M, left, AreaKind.CURB)
        yield from strip(pose, right, right - CURB_M, AreaKind.CURB)
    median = median_of(draft, number)
    if median is None:
        yield from strip(pose, left, right, AreaKind.DRIVABLE)
    else:
        island_left, island_right = median.sides(station)
        yield from strip(pose, left, island_left, AreaKind.DRIVABLE)
        yield from strip(pose, island_right, right, AreaKind.DRIVABLE)
        for first, last in runs(island_left > island_right):
            if island_left[first] > island_right[first] and last - first > 1:
                part = line.curve.pose(station[first:last])
                outer, inner = island_left[first:last], island_right[first:last]
                yield from strip(part, outer, np.maximum(outer - CURB_M, inner), AreaKind.CURB)
                yield from strip(part, np.minimum(inner + CURB_M, outer), inner, AreaKind.CURB)
    parking_left, parking_right = street.parking
    if parking_left > 0.0:
        yield from strip(pose, left, left - parking_left, AreaKind.PARKING)
    if parking_right > 0.0:
        yield from strip(pose, right + parking_right, right, AreaKind.PARKING)
    if street.zebra >= 0.0:
        at = zebra_station(draft, number)
        ends = line.curve.pose(np.array([at - 0.5 * CROSSING_M, at + 0.5 * CROSSING_M]))
        yield _crossing(ends.beside(line.section.kerb_left), ends.beside(line.section.kerb_right))


def _bend_areas(draft: Draft, node: int) -> Iterator[Area]:
    """Ground of a curved stretch between two streets."""
    curve, arms = draft.bends[node].curve, draft.arms[node]
    station = stations(0.0, curve.length, 0.5 * OUTLINE_STEP_M)
    pose = curve.pose(station)
    pavement = min(arm.pavement for arm in arms)

    def sides(beyond: float) -> tuple[np.ndarray, np.ndarray]:
        left, right = kerbs(curve, arms, beyond)
        return left.value(station), right.value(station)

    left, right = sides(0.0)
    if pavement > 0.0:
        for beyond, kind in ((pavement, AreaKind.SIDEWALK), (CURB_M, AreaKind.CURB)):
            outer_left, outer_right = sides(beyond)
            yield from strip(pose, outer_left, left, kind)
            yield from strip(pose, right, outer_right, kind)
    yield from strip(pose, left, right, AreaKind.DRIVABLE)


def _crossing(left: np.ndarray, right: np.ndarray) -> Area:
    """A crossing between two points on the left and two on the right side, each in the street's direction."""
    return Area(polygon=np.stack((right[0], right[1], left[1], left[0])), kind=AreaKind.CROSSWALK)


def _outline(draft: Draft, arms: list[Arm], beyond: float) -> tuple[np.ndarray, list[np.ndarray]]:
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


def _junction_areas(draft: Draft, node: int) -> Iterator[Area]:
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


def markings_of(draft: Draft) -> Iterator[Marking]:
    """Lane lines, stop and yield lines, the sides of crossings with lights."""
    for number in range(len(draft.lines)):
        for forward in (True, False):
            sections = draft.sections[number, forward]
            for place, section in enumerate(sections):
                yield from _lane_lines(draft, section.lanes, turns=_turn_lanes(draft, number, forward) * (place == 2))
            if sections:
                yield from _middle_line(draft, number, forward)
                yield from _right_line(draft, number, forward)
    for bend in draft.bends.values():
        for lanes in bend.lanes:
            yield from _lane_lines(draft, lanes)
        if bend.lanes[0] and bend.lanes[1]:
            lane = draft.lanes[bend.lanes[0][0]]
            wide = len(bend.lanes[0]) + len(bend.lanes[1]) > 2
            half = 0.5 * (np.asarray(lane.width) + _gap(draft, bend.lanes[0][0]))
            yield painted(_beside(lane.line, half), DOUBLE if wide else BROKEN)
    for number, lane in enumerate(draft.lanes):
        if lane.type == LaneType.BIKING and draft.junction[number] < 0:
            yield painted(_beside(lane.line, 0.5 * np.asarray(lane.width)), SOLID)
    for number, line in enumerate(draft.lines):
        yield from _parking_lines(draft, number, line)
    for node in draft.number:
        for arm in draft.arms[node]:
            yield from _stop_lines(draft, node, arm)


def _beside(line: LaneLine, offset: np.ndarray | float) -> np.ndarray:
    """Points at an offset to the left of a lane [m], shape (point, 2)."""
    away = np.broadcast_to(offset, line.heading.shape)[:, None]
    return line.points + away * np.stack((-np.sin(line.heading), np.cos(line.heading)), axis=-1)


def _gap(draft: Draft, lane: int) -> np.ndarray:
    """Between a lane's left side and the oncoming traffic [m]."""
    return np.asarray(draft.lanes[lane].oncoming_left) - 0.5 * np.asarray(draft.lanes[lane].width)


def _turn_lanes(draft: Draft, number: int, forward: bool) -> tuple[int, ...]:
    """Which of the lines between the lanes of a direction lie beside lanes for turning: the first, the last."""
    street = draft.lines[number].street
    left, right = (street.pocket_end, street.right_end) if forward else (street.pocket_start, street.right_start)
    return (*((0,) if left > 0.0 else ()), *((-1,) if right > 0.0 else ()))


def _lane_lines(draft: Draft, lanes: tuple[int, ...], *, turns: tuple[int, ...] = ()) -> Iterator[Marking]:
    """Lines between lanes that run side by side; beside lanes for turning the dashes are short."""
    count = len(lanes) - 1
    short = {place % count for place in turns} if count else set()
    for place, lane in enumerate(lanes[:-1]):
        paint = CLOSE if place in short else BROKEN
        yield painted(_beside(draft.lanes[lane].line, -0.5 * np.asarray(draft.lanes[lane].width)), paint)


def _middle_line(draft: Draft, number: int, forward: bool) -> Iterator[Marking]:
    """The line on the left of a direction: where it meets the other, or along an island."""
    line, median = draft.lines[number], median_of(draft, number)
    street, section = line.street, line.section
    if not (street.forward and street.backward):
        return
    start, stop = draft.span(number)
    if median is None:
        if forward:
            wide = street.forward + street.backward > 2
            offset = section.inner_forward
            yield painted_line(line.curve, start, stop, lambda _: offset, DOUBLE if wide else BROKEN)
        return
    side = section.inner_forward if forward else section.inner_backward
    pocket = median.pocket(forward=forward)
    if pocket is None:
        yield painted_line(line.curve, start, stop, lambda _: side, SOLID)
        return
    opens, open_ = pocket
    yield painted_line(line.curve, start if forward else stop, opens, lambda _: side, SOLID)
    # The lane for turning left crosses wide dashes; beyond them it has a line of its own towards the other direction.
    yield painted_line(line.curve, opens, open_, lambda _: side, CLOSE)
    yield painted_line(line.curve, opens, stop if forward else start, median.border(forward=forward).value, SOLID)


def _right_line(draft: Draft, number: int, forward: bool) -> Iterator[Marking]:
    """The wide dashes that are crossed on the way into a lane for turning right."""
    kerbs = kerbs_of(draft, number)
    span = kerbs.opening(forward=forward)
    if span is not None and kerbs.has_right(forward=forward):
        outer = kerbs.section.lanes_right if forward else kerbs.section.lanes_left
        yield painted_line(draft.lines[number].curve, *span, lambda _: outer, CLOSE)


def _parking_lines(draft: Draft, number: int, line: StreetLine) -> Iterator[Marking]:
    """Between the lanes and the parking places."""
    start, stop = draft.span(number)
    for side, width, kerb in zip(
        (1.0, -1.0), line.street.parking, (line.section.kerb_left, line.section.kerb_right), strict=True
    ):
        if width > 0.0:
            offset = kerb - side * (width + GUTTER_M)
            yield painted_line(line.curve, start, stop, lambda _, offset=offset: offset, SOLID)


def _stop_lines(draft: Draft, node: int, arm: Arm) -> Iterator[Marking]:
    """The line before which a way in waits, and the sides of its crossing where that has lights."""
    control, line = draft.plan.nodes[node].control, draft.lines[arm.street]
    street, section = line.street, line.section
    ranks = [draft.plan.streets[other.street].rank for other in draft.arms[node]]
    waits = control in (Control.LIGHTS, Control.ALL_WAY_STOP) or (
        control in (Control.PRIORITY, Control.STOP) and street.rank < max(ranks)
    )
    pocket = street.pocket_start if arm.at_start else street.pocket_end
    if arm.at_start:
        inner, outer = section.inner_backward, section.lanes_left + street.cycle * (street.backward > 0)
        inner = section.inner_forward if pocket > 0.0 else inner
    else:
        inner, outer = -section.inner_forward, street.cycle * (street.forward > 0) - section.lanes_right
        inner = -section.inner_backward if pocket > 0.0 else inner
    outer += RIGHT_WIDTH_M * ((street.right_start if arm.at_start else street.right_end) > 0.0)
    if waits and draft.ways_in(arm):
        away = arm.edge + STOP_BEFORE_M + 0.5 * STOP_LINE_M
        points = np.stack([line.beside(arm, away, side) for side in (inner, outer)])
        kind = MarkingType.YIELD_LINE if control == Control.PRIORITY else MarkingType.STOP_LINE
        yield Marking(points=points, type=kind, width_m=STOP_LINE_M, dash_m=0.5, gap_m=0.25)
    if control == Control.LIGHTS and arm.crossing >= 0.0:
        for side in (-0.5, 0.5):
            away = arm.crossing + side * CROSSING_M
            points = np.stack([line.beside(arm, away, offset) for offset in (arm.left, -arm.right)])
            yield Marking(points=points, type=MarkingType.BLOCK, width_m=0.2, dash_m=0.5, gap_m=0.2)
