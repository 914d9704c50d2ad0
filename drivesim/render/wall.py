"""Where panes are beside the road: rows of pictures that fill a column, or a strip on top of an upright window."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from drivesim.render.ink import GAP, Box, ui_scale

COLUMN_SHARES = (0.27, 0.62)
"""Least and greatest share of a window's width beside the road."""
STRIP_SHARES = (0.24, 0.5)
"""Least and greatest share of an upright window's height above the road."""
LEGIBLE_PX, CAPTION_PX = 118.0, 72.0
"""Root of the area, and width, of a pane in which everything can be read, at scale 1: the wall grows until all panes
have both."""
ENLARGED_SHARE = 0.6
"""Share of the wall's height that an enlarged pane may take."""
_STEP = 8
_LEAST_PX = 4.0

Groups = tuple[tuple[float, ...], ...]


class _Packed(NamedTuple):
    """Panes in rows, from the corner of their column."""

    width: float
    height: float
    boxes: tuple[Box, ...]


_EMPTY = _Packed(0.0, 0.0, ())


def arrange(
    groups: Sequence[Sequence[float]], size: tuple[int, int], *, extra: float = 0.0, enlarged: int | None = None
) -> tuple[list[Box], Box]:
    """Places panes beside the road.

    Args:
        groups: Width over height of every pane; the panes of a group stay side by side.
        size: Of the window [px].
        extra: Height to keep free below the panes, at scale 1 [px].
        enlarged: Number of the pane that is shown as large as the wall is wide, above all others.

    Returns:
        A box for every pane in order, and the box around all of them (empty when there are none). Boxes lie inside the
        window and do not overlap; a pane keeps its proportions.
    """
    width = size[0]
    kept = tuple(tuple(map(float, group)) for group in groups if len(group))
    if not kept:
        return [], Box(width, 0.0, 0.0, 0.0)
    boxes, around = _arranged(kept, size, extra, enlarged)
    return list(boxes), around


@lru_cache(maxsize=64)
def _arranged(groups: Groups, size: tuple[int, int], extra: float, enlarged: int | None) -> tuple[tuple[Box, ...], Box]:
    width, height = size
    scale = ui_scale(size)
    gap = min(GAP * scale, 0.02 * min(size))
    upright = width < height
    low, high = STRIP_SHARES if upright else COLUMN_SHARES
    if enlarged is not None:
        low = high
    length = height if upright else width
    best, best_room = _EMPTY, -1.0
    # Whole steps, so that cameras can be rendered at exactly the size they are shown.
    for step in range(math.floor(low * length / _STEP), max(math.floor(high * length / _STEP), 1) + 1):
        reach = max(step * _STEP, 1)
        room = (width - 2 * gap, reach) if upright else (reach, height - 2 * gap - extra * scale)
        packed = _packed(groups, room[0], room[1], gap, enlarged)
        legible = min((_room(box, scale) for box in packed.boxes), default=-1.0)
        if legible > best_room + 1e-9:
            best, best_room = packed, legible
        if legible >= 1.0:
            break
    left = gap if upright else width - gap - best.width
    around = Box(left, gap, best.width, best.height)
    return tuple(box._replace(left=box.left + left, top=box.top + gap) for box in best.boxes), around


def _room(box: Box, scale: float) -> float:
    """How much of what is needed to read it a pane has."""
    return min(math.sqrt(max(box.width * box.height, 0.0)) / LEGIBLE_PX, box.width / CAPTION_PX) / scale


def _packed(groups: Groups, width: float, height: float, gap: float, enlarged: int | None) -> _Packed:
    if enlarged is None:
        return _rows(groups, width, height, gap)
    flat = [aspect for group in groups for aspect in group]
    others = tuple(
        kept
        for group, first in zip(groups, _starts(groups), strict=True)
        if (kept := tuple(aspect for number, aspect in enumerate(group, first) if number != enlarged))
    )
    share = ENLARGED_SHARE if others else 1.0
    high = min(width / flat[enlarged], share * height)
    big = Box(0.0, 0.0, high * flat[enlarged], high)
    if not others:
        return _Packed(big.width, big.height, (big,))
    rest = _rows(others, width, height - high - gap, gap)
    if not rest.boxes:
        return _EMPTY
    wide = max(big.width, rest.width)
    below = iter(
        box._replace(left=box.left + 0.5 * (wide - rest.width), top=box.top + high + gap) for box in rest.boxes
    )
    centred = big._replace(left=0.5 * (wide - big.width))
    boxes = tuple(centred if number == enlarged else next(below) for number in range(len(flat)))
    return _Packed(wide, high + gap + rest.height, boxes)


def _rows(groups: Groups, width: float, height: float, gap: float) -> _Packed:
    """The rows whose panes are largest together, at most so wide and high; none where there is no room."""
    best, best_area = _EMPTY, 0.0
    for rows in _partitions(groups):
        # A row of n panes is (column - (n - 1) gap) / (sum of aspects) high; all rows together must fit the room.
        slope = sum(1.0 / sum(row) for row in rows)
        offset = sum((len(row) - 1) * gap / sum(row) for row in rows)
        room = height - gap * (len(rows) - 1)
        column = min(width, (room + offset) / slope)
        column = math.floor(column / _STEP) * _STEP if column > 4 * _STEP else column
        highs = [(column - (len(row) - 1) * gap) / sum(row) for row in rows]
        if min(highs) < _LEAST_PX:
            continue
        boxes, top = [], 0.0
        for row, high in zip(rows, highs, strict=True):
            left = 0.0
            for aspect in row:
                boxes.append(Box(left, top, high * aspect, high))
                left += high * aspect + gap
            top += high + gap
        # Equal sizes read better than one large pane among small ones.
        area = sum(math.sqrt(box.width * box.height) for box in boxes)
        if area > best_area:
            best, best_area = _Packed(column, top - gap, tuple(boxes)), area
    return best


@lru_cache(maxsize=64)
def _partitions(groups: Groups) -> tuple[tuple[tuple[float, ...], ...], ...]:
    """For every number of rows the one way to break groups into rows that are as equally long as can be."""
    count, sums = len(groups), [0.0]
    for group in groups:
        sums.append(sums[-1] + sum(group))
    # cost[end]: least sum of squared lengths of the first `end` groups in the present number of rows.
    cost = [0.0, *[math.inf] * count]
    breaks: list[list[int]] = []
    found = []
    for _ in range(count):
        before, cost, places = cost, [math.inf] * (count + 1), [0] * (count + 1)
        for end in range(1, count + 1):
            for begin in range(end):
                value = before[begin] + (sums[end] - sums[begin]) ** 2
                if value < cost[end]:
                    cost[end], places[end] = value, begin
        breaks.append(places)
        rows, end = [], count
        for places_of_row in reversed(breaks):
            begin = places_of_row[end]
            rows.append(tuple(aspect for group in groups[begin:end] for aspect in group))
            end = begin
        found.append(tuple(reversed(rows)))
    return tuple(found)


def _starts(groups: Groups) -> list[int]:
    starts, total = [], 0
    for group in groups:
        starts.append(total)
        total += len(group)
    return starts
