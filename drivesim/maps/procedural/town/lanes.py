"""Lanes of streets between their junctions: for cars, for turning, for cyclists."""

from itertools import pairwise

import numpy as np

from drivesim.maps.curves import Profile, lane_line
from drivesim.maps.network import LaneType
from drivesim.maps.procedural.road import KMH, LaneDraft
from drivesim.maps.procedural.town.draft import Draft, Section
from drivesim.maps.procedural.town.kerbs import Kerbs
from drivesim.maps.procedural.town.medians import Median
from drivesim.maps.procedural.town.plan import RIGHT_WIDTH_M

CYCLE_LIMIT = 30.0 * KMH
"""Of cycle lanes [m/s]."""


def median_of(draft: Draft, number: int) -> Median | None:
    """The strip between the directions of a street; None: it has none."""
    line = draft.lines[number]
    if line.street.median <= 0.0 or not (line.street.forward and line.street.backward):
        return None
    return Median(line.street, line.section, *draft.span(number))


def kerbs_of(draft: Draft, number: int) -> Kerbs:
    """The kerbs of a street."""
    line = draft.lines[number]
    return Kerbs(line.street, line.section, *draft.span(number))


def add_street(draft: Draft, number: int) -> None:
    """Adds the lanes of a street between the junctions at its ends."""
    start, stop = draft.span(number)
    street, kerbs = draft.lines[number].street, kerbs_of(draft, number)
    for forward, count in ((True, street.forward), (False, street.backward)):
        sections: list[Section] = []
        draft.sections[number, forward] = sections
        if count == 0:
            continue
        cuts = [start, stop]
        span = kerbs.opening(forward=forward)
        if span is not None:
            cuts[1:1] = sorted(span)
        left = (street.pocket_end if forward else street.pocket_start) > 0.0
        stretches = list(pairwise(cuts)) if forward else list(pairwise(cuts))[::-1]
        opening: dict[int, int] = {}
        for place, (first, last) in enumerate(stretches):
            sections.append(_section(draft, number, forward, first, last, has_turns=place == 2))
            lanes = sections[-1].lanes
            if place == 1:
                # By which lane they part from, and join: the first or the last.
                if left:
                    opening[0] = _left_lane(draft, number, forward, first, last)
                if kerbs.has_right(forward=forward):
                    opening[-1] = _right_lane(draft, number, forward, first, last)
                for side, lane in opening.items():
                    draft.lanes[sections[0].lanes[side]].successors.append(lane)
            if place > 0:
                before, skipped = sections[-2].lanes, int(place == 2 and left)
                for one, other in zip(before, lanes[skipped : skipped + len(before)], strict=True):
                    draft.lanes[one].successors.insert(0, other)
            if place == 2:
                for side, lane in opening.items():
                    draft.lanes[lane].successors.append(lanes[side])
        if street.cycle > 0.0:
            draft.cycle_lanes[number, forward] = _cycle_lane(draft, number, forward)


def _section(draft: Draft, number: int, forward: bool, start: float, stop: float, *, has_turns: bool) -> Section:
    """Lanes side by side from station to station, those for turning included."""
    line = draft.lines[number]
    street, section = line.street, line.section
    side = -1.0 if forward else 1.0
    inner = section.inner_forward if forward else section.inner_backward
    count = street.forward if forward else street.backward
    offsets = [(inner + side * (place + 0.5) * street.lane_width, street.lane_width) for place in range(count)]
    if has_turns and (street.right_end if forward else street.right_start) > 0.0:
        offsets.append((inner + side * (count * street.lane_width + 0.5 * RIGHT_WIDTH_M), RIGHT_WIDTH_M))
    if has_turns and (street.pocket_end if forward else street.pocket_start) > 0.0:
        offsets.insert(0, (0.5 * (section.inner_forward + section.inner_backward), street.median))
    road = 2 * number + (not forward) if not draft.sections[number, forward] else draft.next_road()
    lanes: list[int] = []
    for away, width in offsets:
        steps = len(draft.lanes[lanes[0]].line.points) - 1 if lanes else None
        lanes.append(_add(draft, number, forward, (start, stop), Profile.constant(away), width, road, steps))
    for left, right in pairwise(lanes):
        draft.lanes[left].right, draft.lanes[right].left = right, left
        draft.lanes[left].change_right = draft.lanes[right].change_left = True
    return Section(start, stop, tuple(lanes))


def _left_lane(draft: Draft, number: int, forward: bool, start: float, stop: float) -> int:
    """The lane that parts from the left lane and leads into that for turning left."""
    median = median_of(draft, number)
    assert median is not None
    profile = median.pocket_line(forward=forward)
    lane = _add(draft, number, forward, (start, stop), profile, median.street.median, draft.next_road(), None)
    station = draft.lanes[lane].line.station
    draft.lanes[lane].width = 2.0 * np.abs(median.border(forward=forward).value(station) - profile.value(station))
    return lane


def _right_lane(draft: Draft, number: int, forward: bool, start: float, stop: float) -> int:
    """The lane that parts from the right lane and leads into that for turning right."""
    kerbs = kerbs_of(draft, number)
    profile = kerbs.lane_line(forward=forward)
    lane = _add(draft, number, forward, (start, stop), profile, RIGHT_WIDTH_M, draft.next_road(), None)
    station = draft.lanes[lane].line.station
    draft.lanes[lane].width = 2.0 * np.abs(kerbs.border(forward=forward).value(station) - profile.value(station))
    return lane


def _cycle_lane(draft: Draft, number: int, forward: bool) -> int:
    line = draft.lines[number]
    offset = kerbs_of(draft, number).cycle_line(forward=forward)
    lane = _add(
        draft, number, forward, draft.span(number), offset, line.street.cycle, draft.next_road(), None,
    )  # fmt: skip
    draft.lanes[lane].type = LaneType.BIKING
    draft.lanes[lane].speed_limit = min(line.street.limit, CYCLE_LIMIT)
    return lane


def _add(
    draft: Draft,
    number: int,
    forward: bool,
    span: tuple[float, float],
    offset: Profile,
    width: float,
    road: int,
    step_count: int | None,
) -> int:
    """Adds a lane with the surface and the oncoming traffic beside it."""
    line, median = draft.lines[number], median_of(draft, number)
    street, section = line.street, line.section
    first, last = span if forward else span[::-1]
    course = lane_line(line.curve, first, last, offset, step_count)
    away = offset.value(course.station)
    left, right = kerbs_of(draft, number).sides(course.station)
    oncoming = np.full(away.shape, section.inner_backward if forward else section.inner_forward)
    if median is not None:
        island_left, island_right = median.sides(course.station)
        is_there = island_left > island_right
        if forward:
            left = np.where(is_there, island_right, left)
        else:
            right = np.where(is_there, island_left, right)
        if median.pocket(forward=not forward) is not None:
            oncoming = median.border(forward=not forward).value(course.station)
    has_oncoming = bool(street.backward and street.forward)
    ahead = oncoming - away if forward else away - oncoming
    return draft.add(
        LaneDraft(
            line=course,
            width=np.full(away.shape, width),
            edge_left=left - away if forward else away - right,
            edge_right=away - right if forward else left - away,
            oncoming_left=ahead if has_oncoming else np.inf,
            speed_limit=street.limit,
            road=road,
        )
    )
