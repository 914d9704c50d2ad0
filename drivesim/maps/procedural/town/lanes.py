"""Lanes of streets between their junctions: for cars, for turning left, for cyclists."""

from itertools import pairwise

import numpy as np

from drivesim.maps.curves import Profile, lane_line
from drivesim.maps.network import LaneType
from drivesim.maps.procedural.road import KMH, LaneDraft
from drivesim.maps.procedural.town.draft import Draft, Section
from drivesim.maps.procedural.town.medians import Median

CYCLE_LIMIT = 30.0 * KMH
"""Of cycle lanes [m/s]."""


def median_of(draft: Draft, number: int) -> Median | None:
    """The strip between the directions of a street; None: it has none."""
    line = draft.lines[number]
    if line.street.median <= 0.0 or not (line.street.forward and line.street.backward):
        return None
    return Median(line.street, line.section, *draft.span(number))


def add_street(draft: Draft, number: int) -> None:
    """Adds the lanes of a street between the junctions at its ends."""
    start, stop = draft.span(number)
    street, median = draft.lines[number].street, median_of(draft, number)
    for forward, count in ((True, street.forward), (False, street.backward)):
        sections: list[Section] = []
        draft.sections[number, forward] = sections
        if count == 0:
            continue
        cuts = [start, stop]
        pocket = median.pocket(forward=forward) if median is not None else None
        if pocket is not None:
            cuts[1:1] = sorted(pocket)
        stretches = list(pairwise(cuts)) if forward else list(pairwise(cuts))[::-1]
        for place, (first, last) in enumerate(stretches):
            sections.append(_section(draft, number, forward, first, last, has_pocket=place == 2))
            if place == 1:
                opening = _pocket_lane(draft, number, forward, first, last)
                draft.lanes[sections[0].lanes[0]].successors.append(opening)
            if place > 0:
                before, after = sections[-2].lanes, sections[-1].lanes
                for one, other in zip(before, after[-len(before) :], strict=True):
                    draft.lanes[one].successors.insert(0, other)
            if place == 2:
                draft.lanes[opening].successors.append(sections[-1].lanes[0])
        if street.cycle > 0.0:
            draft.cycle_lanes[number, forward] = _cycle_lane(draft, number, forward)


def _section(draft: Draft, number: int, forward: bool, start: float, stop: float, *, has_pocket: bool) -> Section:
    """Lanes side by side from station to station, that for turning left included."""
    line = draft.lines[number]
    street, section = line.street, line.section
    side = -1.0 if forward else 1.0
    inner = section.inner_forward if forward else section.inner_backward
    count = street.forward if forward else street.backward
    offsets = [(inner + side * (place + 0.5) * street.lane_width, street.lane_width) for place in range(count)]
    if has_pocket:
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


def _pocket_lane(draft: Draft, number: int, forward: bool, start: float, stop: float) -> int:
    """The lane that parts from the left lane and leads into that for turning left."""
    median = median_of(draft, number)
    assert median is not None
    profile = median.pocket_line(forward=forward)
    lane = _add(draft, number, forward, (start, stop), profile, median.street.median, draft.next_road(), None)
    station = draft.lanes[lane].line.station
    draft.lanes[lane].width = 2.0 * np.abs(median.border(forward=forward).value(station) - profile.value(station))
    return lane


def _cycle_lane(draft: Draft, number: int, forward: bool) -> int:
    line = draft.lines[number]
    outer, side = (line.section.lanes_right, -0.5) if forward else (line.section.lanes_left, 0.5)
    offset = Profile.constant(outer + side * line.street.cycle)
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
    left, right = np.full(away.shape, section.kerb_left), np.full(away.shape, section.kerb_right)
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
