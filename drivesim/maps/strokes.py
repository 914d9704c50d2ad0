"""Painted lines as strokes, and how much of every texel they cover.

Coverage is computed per stroke from the distances to its middle line and ends, rather than by a polygon fill: a
line of 0.12 m on texels of 0.1 m must not come out 0.1 or 0.2 m wide depending on where it falls.
"""

import math
from collections.abc import Iterable

import numpy as np
from numba import njit

from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import TEXEL_M
from drivesim.maps.ground import texel_offset
from drivesim.maps.mips import COVER_FULL, COVER_YELLOW
from drivesim.maps.network import Area, AreaKind, Marking, MarkingColor, MarkingType
from drivesim.maps.symbols import SYMBOLS, symbol_strokes, yield_strokes

_SINGLE = {
    MarkingType.SOLID: "solid",
    MarkingType.STOP_LINE: "solid",
    MarkingType.BROKEN: "broken",
    MarkingType.BLOCK: "broken",
}
_DOUBLE = {  # left line, right line
    MarkingType.SOLID_SOLID: ("solid", "solid"),
    MarkingType.SOLID_BROKEN: ("solid", "broken"),
    MarkingType.BROKEN_SOLID: ("broken", "solid"),
}
ZEBRA_M = 0.5
"""Width of a zebra stripe and of the gap beside it [m]."""
_COVER_MASK = np.int32(COVER_YELLOW - 1)


def strokes_of(markings: Iterable[Marking], areas: Iterable[Area]) -> np.ndarray:
    """Straight pieces of paint.

    Symbols and triangles are strips (`symbols`). Double lines are two lines one line width apart. Crosswalks become
    zebra stripes across their longer side.

    Returns:
        Rows (x0, y0, x1, y1, width, yellow) [m], float64, shape (stroke, 6).
    """
    rows = [np.zeros((0, 6))]
    for marking in markings:
        yellow = float(marking.color == MarkingColor.YELLOW)
        if marking.type in _DOUBLE:
            for side, style in zip((1.0, -1.0), _DOUBLE[marking.type], strict=True):
                rows.append(_line(_beside(marking.points, side * marking.width_m), marking, style, yellow))
        elif marking.type in SYMBOLS or marking.type == MarkingType.YIELD_LINE:
            shape = symbol_strokes(marking) if marking.type in SYMBOLS else yield_strokes(marking)
            rows.append(np.column_stack((shape, np.full(len(shape), yellow))))
        else:
            rows.append(_line(marking.points, marking, _SINGLE[marking.type], yellow))
    rows += [_zebra(area.polygon) for area in areas if area.kind == AreaKind.CROSSWALK and len(area.polygon) == 4]
    return np.concatenate(rows)


def _line(points: np.ndarray, marking: Marking, style: str, yellow: float) -> np.ndarray:
    if style == "broken":
        starts, ends = _dashes(points, marking.dash_m, marking.gap_m)
    else:
        starts, ends = points[:-1], points[1:]
    extra = np.broadcast_to(np.array([marking.width_m, yellow]), (len(starts), 2))
    return np.concatenate([starts, ends, extra], axis=1)


def _dashes(points: np.ndarray, dash: float, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the straight pieces of all dashes, cut at the points of the line."""
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    first = np.arange(0.5 * gap, s[-1], dash + gap)
    last = np.minimum(first + dash, s[-1])
    cuts = np.unique(np.concatenate([s, first, last]))
    middle = 0.5 * (cuts[1:] + cuts[:-1])
    index = np.searchsorted(first, middle) - 1
    inside = (index >= 0) & (middle < last[np.maximum(index, 0)]) if len(first) else np.zeros(len(middle), bool)
    places = np.stack([np.interp(cuts, s, points[:, axis]) for axis in (0, 1)], axis=1)
    return places[:-1][inside], places[1:][inside]


def _beside(points: np.ndarray, offset: float) -> np.ndarray:
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-9)[:, None]
    return points + offset * np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)


def _zebra(polygon: np.ndarray) -> np.ndarray:
    sides = np.roll(polygon, -1, axis=0) - polygon
    lengths = np.hypot(*sides.T)
    if lengths[0] + lengths[2] < lengths[1] + lengths[3]:
        polygon = np.roll(polygon, -1, axis=0)
        lengths = np.roll(lengths, -1)
    count = max(int(0.5 * (lengths[0] + lengths[2]) / (2.0 * ZEBRA_M)), 1)
    t = ((np.arange(count) + 0.5) / count)[:, None]
    start = polygon[0] + t * (polygon[1] - polygon[0])
    end = polygon[3] + t * (polygon[2] - polygon[3])
    return np.concatenate([start, end, np.full((count, 1), ZEBRA_M), np.zeros((count, 1))], axis=1)


@njit(inline="always")
def _overlap(low, high, at, texel):
    """Share of a texel centred on `at` that lies between low and high."""
    return max(min(high, at + 0.5 * texel) - max(low, at - 0.5 * texel), 0.0) / texel


@kernel
def cover_strokes(strokes, origin_x, origin_y, directory, cover):
    """Adds strokes to the coverage of the finest tiles.

    The share of a texel is the product of its shares across and along the stroke: exact for strokes along the
    axes, within a few percent of a texel for others. Strokes that meet end to end add up.

    Args:
        strokes: From `strokes_of`.
        origin_x: Lower left corner of the picture [m].
        origin_y: Likewise.
        directory: Tile index or -1, int32, shape (tiles_y, tiles_x).
        cover: Coverage, uint16, shape (tile, 4096).
    """
    for i in range(strokes.shape[0]):
        x0, y0 = strokes[i, 0] - origin_x, strokes[i, 1] - origin_y
        dx, dy = strokes[i, 2] - strokes[i, 0], strokes[i, 3] - strokes[i, 1]
        length = math.hypot(dx, dy)
        if length < 1e-6:
            continue
        cos, sin = dx / length, dy / length
        half = 0.5 * strokes[i, 4]
        reach_x, reach_y = half * abs(sin) + TEXEL_M, half * abs(cos) + TEXEL_M
        # A texel seen along a slanted stroke is wider than its side; its area stays TEXEL_M squared.
        slant = TEXEL_M * max(abs(cos), abs(sin))
        flag = np.uint16(COVER_YELLOW) if strokes[i, 5] > 0.0 else np.uint16(0)
        first_x = max(math.floor((min(x0, x0 + dx) - reach_x) / TEXEL_M), 0)
        last_x = min(math.floor((max(x0, x0 + dx) + reach_x) / TEXEL_M), directory.shape[1] * 64 - 1)
        first_y = max(math.floor((min(y0, y0 + dy) - reach_y) / TEXEL_M), 0)
        last_y = min(math.floor((max(y0, y0 + dy) + reach_y) / TEXEL_M), directory.shape[0] * 64 - 1)
        for iy in range(first_y, last_y + 1):
            for ix in range(first_x, last_x + 1):
                px, py = (ix + 0.5) * TEXEL_M - x0, (iy + 0.5) * TEXEL_M - y0
                across = py * cos - px * sin
                if abs(across) > half + TEXEL_M:
                    continue
                share = _overlap(-half, half, across, slant) * _overlap(0.0, length, px * cos + py * sin, slant)
                tile = directory[iy >> 6, ix >> 6]
                if share <= 0.0 or tile < 0:
                    continue
                offset = texel_offset(ix & 63, iy & 63)
                before = np.int32(cover[tile, offset]) & _COVER_MASK
                after = min(before + np.int32(share * COVER_FULL), np.int32(COVER_FULL))
                cover[tile, offset] = np.uint16(after) | flag
