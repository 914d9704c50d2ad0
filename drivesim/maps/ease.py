"""Lines that a car can follow where lanes of a file bend too suddenly for one.

Files draw ways across junctions as arcs without transition, or as curves that bend tighter than any car turns. A driver
takes such a bend as an arc that begins earlier and ends later. `eased` gives a network in which lanes are those lines;
everything along them moves with them, and edges stay where they are. `maps.forks` lets ways across begin earlier,
`maps.corners` has turns that no such shift makes drivable.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from drivesim.maps.corners import Pavement, turned
from drivesim.maps.forks import part, with_longer_ways
from drivesim.maps.network import Lane, LaneType, RoadNetwork
from drivesim.maps.right_of_way import turn_angle, ways_in

CURVATURE_MAX = 0.17
"""Bends up to this are left alone [1/m]; a car with wheels turned by 0.5 rad drives 0.21."""
SHARPNESS_MAX = 0.075
"""So are curvatures that change by no more than this per metre [1/m^2]: at 2.2 m/s, wheels turn by 0.4 rad/s."""
SHIFT_MAX_M = 0.9
"""An eased line stays within this of its lane's centre [m]."""
REACH_M = (3.0, 4.0, 5.0, 6.5, 8.0, 10.0, 13.0, 17.0, 22.0)
"""Bends shorter than this are spread out [m]: tried in this order, until the line can be followed."""
POINTS_MIN = 8
STEP_M = 0.4
"""Distance between the points that are moved [m]."""


def eased(network: RoadNetwork) -> RoadNetwork:
    """The network with lines that a car can follow in place of lanes that bend too tightly or suddenly.

    Ends of lanes, their headings there, edges and everything else stay where they are. A lane whose bend cannot be
    eased within `SHIFT_MAX_M` becomes as even as that allows.
    """
    cars = [number for number, lane in enumerate(network.lanes) if lane.type != LaneType.BIKING]
    given = network
    network = with_longer_ways(
        network, {number for number in cars if is_tight(_line(network.lanes[number]) or network.lanes[number])}
    )
    lines = {number: line for number, lane in enumerate(network.lanes) if (line := _line(lane)) is not None}
    if not lines:
        return network
    lines.update(_turns(given, network, [number for number in cars if number in lines and is_tight(lines[number])]))
    lanes = tuple(lines.get(number, lane) for number, lane in enumerate(network.lanes))
    share = [new.length / old.length for new, old in zip(lanes, network.lanes, strict=True)]

    def moved(things: tuple[Any, ...], **places: str) -> tuple[Any, ...]:
        """Things whose places along lanes, field by field, are as far along the new lines."""
        return tuple(
            dataclasses.replace(
                thing,
                **{s: min(getattr(thing, s) * share[getattr(thing, lane)], lanes[getattr(thing, lane)].length)
                   for s, lane in places.items()},
            )
            for thing in things
        )  # fmt: skip

    return dataclasses.replace(
        network,
        lanes=lanes,
        signals=moved(network.signals, stop_s="lane"),
        bays=moved(network.bays, s="lane"),
        bus_stops=moved(network.bus_stops, s="lane"),
        routes=moved(network.routes, start_s="start_lane", goal_s="goal_lane"),
    )


def _turns(given: RoadNetwork, network: RoadNetwork, numbers: Sequence[int]) -> Iterator[tuple[int, Lane]]:
    """Drivable turns instead of ways across junctions.

    Args:
        given: The network of the file.
        network: The same with longer ways.
        numbers: Lanes that are tight.
    """
    if not numbers:
        return
    pavement, entries = Pavement(network), ways_in(network)
    for number in numbers:
        lane, old = network.lanes[number], given.lanes[number]
        if lane.junction < 0 or len(entries[number]) != 1 or len(lane.successors) != 1:
            continue
        is_left = turn_angle(lane) > 0.0
        met = network.lanes[entries[number][0]], network.lanes[lane.successors[0]]
        is_kerb = [is_left == network.left_hand and (other.left if is_left else other.right) < 0 for other in met]
        leads = [float(np.hypot(*(lane.points[index] - old.points[index]))) for index in (0, -1)]
        line = turned(lane, pavement, (leads[0], leads[1]), (is_kerb[0], is_kerb[1]))
        if line is not None:
            yield number, line


def is_tight(lane: Lane) -> bool:
    """Whether a lane bends more tightly or suddenly than a car can follow."""
    return not _is_even(np.unwrap(lane.heading), lane.length / (len(lane.points) - 1))


def _is_even(heading: np.ndarray, step: float) -> bool:
    """Whether a line with these headings at even steps can be followed."""
    bend = np.diff(heading) / step
    apart = max(round(1.0 / step), 1)
    change = np.abs(bend[apart:] - bend[:-apart]).max(initial=0.0) / (apart * step)
    return bool(np.abs(bend).max() <= CURVATURE_MAX and change <= SHARPNESS_MAX)


def _line(lane: Lane) -> Lane | None:
    """A lane's eased line; None where the lane is one."""
    if not is_tight(lane):
        return None
    count = len(lane.points)
    even = part(lane, 0.0, 1.0, max(int(np.ceil(lane.length / STEP_M)), POINTS_MIN) + 1)
    step = lane.length / (len(even.points) - 1)
    found = None
    for reach in REACH_M:
        points = _spread(even, step, reach)
        shift = _left_of(points, even)
        if np.abs(shift).max() > SHIFT_MAX_M:
            break
        found = _along(even, points, shift)
        if not is_tight(found):
            break
    return None if found is None else part(found, 0.0, 1.0, count)


def _spread(lane: Lane, step: float, reach: float) -> np.ndarray:
    """Points that minimise the integral of |x'''|^2 + (2 pi / reach)^6 |x - centre|^2 along the lane, its ends fixed.

    A low-pass filter of sixth order, whose lines change their curvature as little as they can.
    """
    count = len(lane.points)
    third = np.diff(np.eye(count), n=3, axis=0) / step**3
    matrix = third.T @ third + (2.0 * np.pi / reach) ** 6 * np.eye(count)
    known = lane.points.copy()
    for index, inner, sign in ((0, 1, 1.0), (-1, -2, -1.0)):
        angle = lane.heading[index]
        known[inner] = known[index] + sign * step * np.array([np.cos(angle), np.sin(angle)])
    fixed = np.array([0, 1, count - 2, count - 1])
    free = np.arange(2, count - 2)
    wanted = (2.0 * np.pi / reach) ** 6 * lane.points[free] - matrix[np.ix_(free, fixed)] @ known[fixed]
    known[free] = np.linalg.solve(matrix[np.ix_(free, free)], wanted)
    return known


def _left_of(points: np.ndarray, lane: Lane) -> np.ndarray:
    """How far points lie to the left of the points of a lane of equal index [m]."""
    normal = np.stack((-np.sin(lane.heading), np.cos(lane.heading)), axis=-1)
    return np.sum((points - lane.points) * normal, axis=1)


def _headings(points: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Headings of a line through points, with given ones at its ends [rad]."""
    chord = np.unwrap(np.arctan2(*np.diff(points, axis=0).T[::-1]))
    heading = np.concatenate((chord[:1], 0.5 * (chord[1:] + chord[:-1]), chord[-1:]))
    heading += 2.0 * np.pi * np.round((ends[0] - heading[0]) / (2.0 * np.pi))
    heading[0] = ends[0]
    heading[-1] = ends[-1] + 2.0 * np.pi * np.round((heading[-2] - ends[-1]) / (2.0 * np.pi))
    return heading


def _along(lane: Lane, points: np.ndarray, shift: np.ndarray) -> Lane:
    """The lane along a line through points that lie `shift` to the left of its own, with even steps again."""
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    length = float(along[-1])
    wanted = np.linspace(0.0, length, len(points))
    rows = np.stack((lane.width, lane.edge_left - shift, lane.edge_right + shift, lane.oncoming_left - shift))
    width, left, right, oncoming = (
        np.interp(wanted, along, row) if np.isfinite(row).all() else row for row in rows
    )  # fmt: skip
    even = np.stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)], axis=1)
    heading = _headings(even, np.unwrap(lane.heading))
    return dataclasses.replace(
        lane, points=even, heading=heading, curvature=np.gradient(heading, wanted), width=width,
        edge_left=np.maximum(left, 0.0), edge_right=np.maximum(right, 0.0), oncoming_left=np.maximum(oncoming, 0.0),
        length=length,
    )  # fmt: skip
