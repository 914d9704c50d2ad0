"""Nodes of two streets that go on as one: no junction, but a curved stretch of street between their ends."""

from itertools import pairwise
from math import atan2, cos, hypot, pi, sin

import numpy as np

from drivesim.maps.curves import Curve, LaneLine, Profile, lane_line
from drivesim.maps.network import LaneType
from drivesim.maps.procedural.road import LaneDraft
from drivesim.maps.procedural.town.arms import Arm
from drivesim.maps.procedural.town.draft import Bend, Draft


def biarc(start: np.ndarray, heading: float, end: np.ndarray, end_heading: float) -> Curve:
    """Two arcs that join at equal distances along the tangents and lead smoothly from one pose to another.

    Bolton, "Biarc curves", Computer-Aided Design 7 (1975). Where both poses lie on one circle, it is that circle.

    Args:
        start: [m], shape (2,).
        heading: [rad]
        end: [m], shape (2,).
        end_heading: [rad]
    """
    ahead, back = np.array([cos(heading), sin(heading)]), np.array([cos(end_heading), sin(end_heading)])
    apart, both = end - start, ahead + back
    along, spread = float(apart @ both), 2.0 * (1.0 - float(ahead @ back))
    squared = float(apart @ apart)
    if spread < 1e-9:
        reach = squared / (2.0 * along)
    else:
        reach = (-along + (along * along + spread * squared) ** 0.5) / spread
    joint = 0.5 * (start + end + reach * (ahead - back))
    pieces = []
    direction = heading
    for begin, finish in ((start, joint), (joint, end)):
        step = finish - begin
        chord = hypot(*step)
        half = (atan2(step[1], step[0]) - direction + pi) % (2.0 * pi) - pi
        curvature = 2.0 * sin(half) / chord
        pieces.append((chord if abs(half) < 1e-6 else 2.0 * half / curvature, curvature, curvature))
        direction += 2.0 * half
    return Curve(float(start[0]), float(start[1]), heading, pieces)


def add_bend(draft: Draft, node: int) -> None:
    """Adds the lanes between the two streets of a node."""
    first, second = draft.arms[node]
    here, there = draft.lines[first.street], draft.lines[second.street]
    curve = biarc(
        here.beside(first, first.edge, 0.0),
        here.heading(first, first.edge) + pi,
        there.beside(second, second.edge, 0.0),
        there.heading(second, second.edge),
    )
    rows = []
    for source, target, forward in ((first, second, True), (second, first, False)):
        before, after = draft.ways_in(source), draft.ways_out(target)
        row: list[int] = []
        road = draft.next_road()
        for one, other in zip(before, after, strict=True):
            steps = len(draft.lanes[row[0]].line.points) - 1 if row else None
            row.append(_add(draft, curve, (first, second), forward, one, other, road, steps))
        for left, right in pairwise(row):
            draft.lanes[left].right, draft.lanes[right].left = right, left
            draft.lanes[left].change_right = draft.lanes[right].change_left = True
        cycle = draft.cycle_in(source)
        if cycle >= 0:
            goal = draft.cycle_out(target)
            goal = goal if goal >= 0 else after[-1]
            lane = _add(draft, curve, (first, second), forward, cycle, goal, draft.next_road(), None)
            draft.lanes[lane].type = LaneType.BIKING
        rows.append(tuple(row))
    draft.bends[node] = Bend(curve, (rows[0], rows[1]))


def kerbs(curve: Curve, arms: list[Arm] | tuple[Arm, Arm], beyond: float = 0.0) -> tuple[Profile, Profile]:
    """Left and right kerb of a bend, or lines so far outside of them, as offsets from its line [m]."""
    first, second = arms
    ends = (0.0, curve.length)
    return (
        Profile.through(ends, (first.right + beyond, second.left + beyond)),
        Profile.through(ends, (-first.left - beyond, -second.right - beyond)),
    )


def _offset(line: LaneLine, index: int, curve: Curve, station: float) -> float:
    """How far left of the curve a lane begins or ends [m]."""
    pose = curve.pose(np.array([station]))
    east, north = line.points[index] - (pose.x[0], pose.y[0])
    return float(north * np.cos(pose.heading[0]) - east * np.sin(pose.heading[0]))


def _add(
    draft: Draft,
    curve: Curve,
    arms: tuple[Arm, Arm],
    forward: bool,
    before: int,
    after: int,
    road: int,
    step_count: int | None,
) -> int:
    """Adds the lane between two lanes of the streets."""
    source, target = draft.lanes[before], draft.lanes[after]
    ends = (0.0, curve.length) if forward else (curve.length, 0.0)
    offsets = [_offset(source.line, -1, curve, ends[0]), _offset(target.line, 0, curve, ends[1])]
    offset = Profile.through((0.0, curve.length), offsets if forward else offsets[::-1])
    line = lane_line(curve, *ends, offset, step_count)
    away, (left, right) = offset.value(line.station), kerbs(curve, arms)
    to_left, to_right = left.value(line.station) - away, away - right.value(line.station)

    def between(name: str) -> np.ndarray:
        values = float(np.ravel(getattr(source, name))[-1]), float(np.ravel(getattr(target, name))[0])
        return np.linspace(*values, len(line.points)) if np.isfinite(values).all() else np.full(len(away), np.inf)

    lane = draft.add(
        LaneDraft(
            line=line,
            width=between("width"),
            edge_left=to_left if forward else to_right,
            edge_right=to_right if forward else to_left,
            oncoming_left=between("oncoming_left"),
            speed_limit=min(source.speed_limit, target.speed_limit),
            successors=[after],
            road=road,
        )
    )
    source.successors.append(lane)
    return lane
