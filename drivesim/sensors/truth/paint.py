"""Which painted line runs along each side of every lane, found once per map.

A lane knows its width, a map its markings; no map says which marking bounds which lane. The one that crosses the
normal of the lane nearest to half its width from the centre does, if it is within `BESIDE_M` of there.
"""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import LanePoint, MapArrays
from drivesim.maps.network import MarkingType, RoadNetwork
from drivesim.maps.symbols import SYMBOLS

BESIDE_M = 0.75
"""A line this far from half the lane's width is still the lane's [m]."""
MAPS_KEPT = 512
"""Tables of so many maps are kept."""
_PIECES = 24
"""Pieces of lines that are looked at together."""
_REACH = np.float32(6.0)
"""No lane is wider than twice this [m]."""
_BESIDE, _HALF = np.float32(BESIDE_M), np.float32(0.5)


class Paint(NamedTuple):
    """Lines beside the points of the lanes of some maps: on the left, then on the right."""

    first: np.ndarray
    """First row of each map that is in memory, int64, shape (slot,); -1 where there is none."""
    offset: np.ndarray
    """The line, or where none is painted the lane's side, left of the centre [m], float32, shape (row, 2)."""
    type: np.ndarray
    """`MarkingType`, 0 where none is painted, uint8, shape (row, 2)."""
    color: np.ndarray
    """`MarkingColor` likewise."""


class PaintTables:
    """`Paint` of the maps that are asked for.

    Args:
        network: The facts about a map, by its number; asked once per map.
    """

    def __init__(self) -> None:
        self._of_map: dict[int, Paint] = {}
        self._joined: tuple[tuple[int, ...], Paint] | None = None

    def of(self, numbers: Iterable[int], maps: MapArrays, network: Callable[[int], RoadNetwork]) -> Paint:
        """Lines of maps by their numbers; all of them must be in memory."""
        wanted = sorted(set(numbers))
        if self._joined is None or not set(wanted) <= set(self._joined[0]):
            if len(self._of_map) > MAPS_KEPT:
                self._of_map = {number: self._of_map[number] for number in wanted if number in self._of_map}
            for number in wanted:
                if number not in self._of_map:
                    self._of_map[number] = paint_of(network(number), maps, int(maps.slot_of[number]))
            self._joined = (
                tuple(self._of_map),
                Paint(
                    np.zeros(0, np.int64),
                    *(
                        np.concatenate([getattr(each, name) for each in self._of_map.values()])
                        for name in Paint._fields[1:]
                    ),
                ),
            )
        known, joined = self._joined
        first = np.full(len(maps.lanes.map_first), -1, np.int64)
        begins = np.cumsum([0, *(len(self._of_map[number].offset) for number in known)])
        for number, begin in zip(known, begins, strict=False):
            slot = maps.slot_of[number] if number < len(maps.slot_of) else -1
            if slot >= 0:
                first[slot] = begin
        return joined._replace(first=first)


_NO_LANE_LINES = (MarkingType.STOP_LINE, MarkingType.YIELD_LINE, *SYMBOLS)


def paint_of(network: RoadNetwork, maps: MapArrays, slot: int) -> Paint:
    """Lines of one map, whose arrays lie at a slot."""
    lanes = maps.lanes
    begin = int(lanes.point_first[lanes.map_first[slot]])
    end = int(lanes.point_first[lanes.map_end[slot]])
    point = lanes.point[begin:end]
    segments, style = [np.zeros((0, 4))], [np.zeros((0, 2), np.uint8)]
    for marking in network.markings:
        if marking.type not in _NO_LANE_LINES:
            segments.append(np.concatenate([marking.points[:-1], marking.points[1:]], axis=1))
            style.append(np.tile(np.array([marking.type, marking.color], np.uint8), (len(marking.points) - 1, 1)))
    segment = np.concatenate(segments).astype(np.float32)
    found = Paint(
        np.zeros(0, np.int64),
        np.zeros((len(point), 2), np.float32),
        np.zeros((len(point), 2), np.uint8),
        np.zeros((len(point), 2), np.uint8),
    )
    pieces = [segment[k : k + _PIECES] for k in range(0, len(segment), _PIECES)]
    bounds = np.array([(*_ends(p).min(axis=0), *_ends(p).max(axis=0)) for p in pieces], np.float32).reshape(-1, 4)
    find_paint(point, segment, np.concatenate(style), bounds, found.offset, found.type, found.color)
    return found


def _ends(segment: np.ndarray) -> np.ndarray:
    return segment.reshape(-1, 2)


@kernel
def find_paint(point, segment, style, bounds, offset, kind, color):
    """Fills `offset`, `kind` and `color` (row, 2) for rows of `LaneArrays.point`.

    Args:
        point: `LanePoint` columns, float32, shape (row, 8).
        segment: Straight pieces of lines: both ends [m], float32, shape (segment, 4).
        style: `MarkingType` and `MarkingColor` of each, uint8, shape (segment, 2).
        bounds: West, south, east and north of every `_PIECES` of them [m], float32, shape (piece, 4).
        offset: Written; see `Paint`.
        kind: Written.
        color: Written.
    """
    for row in range(point.shape[0]):
        x, y, heading = point[row, LanePoint.X], point[row, LanePoint.Y], point[row, LanePoint.HEADING]
        cos, sin = np.float32(math.cos(heading)), np.float32(math.sin(heading))
        half = _HALF * point[row, LanePoint.WIDTH]
        near_left, near_right = _BESIDE, _BESIDE
        offset[row, 0], offset[row, 1] = half, -half
        for piece in range(bounds.shape[0]):
            if (
                bounds[piece, 0] > x + _REACH
                or bounds[piece, 1] > y + _REACH
                or bounds[piece, 2] < x - _REACH
                or bounds[piece, 3] < y - _REACH
            ):
                continue
            for k in range(piece * _PIECES, min((piece + 1) * _PIECES, segment.shape[0])):
                east, north = segment[k, 0] - x, segment[k, 1] - y
                along, aside = east * cos + north * sin, north * cos - east * sin
                east, north = segment[k, 2] - x, segment[k, 3] - y
                along_end, aside_end = east * cos + north * sin, north * cos - east * sin
                if (along > 0) == (along_end > 0):
                    continue
                met = aside + (aside_end - aside) * (along / (along - along_end))
                if abs(met - half) < near_left:
                    near_left = abs(met - half)
                    offset[row, 0], kind[row, 0], color[row, 0] = met, style[k, 0], style[k, 1]
                if abs(met + half) < near_right:
                    near_right = abs(met + half)
                    offset[row, 1], kind[row, 1], color[row, 1] = met, style[k, 0], style[k, 1]
