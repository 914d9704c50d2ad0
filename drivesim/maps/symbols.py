"""Arrows, pictograms and triangles of paint as strokes.

A triangle is cut into strips parallel to its base, each a stroke: their coverage adds up to the triangle's. Arrows are
those of the German guidelines for road markings (RMS, Z 297) in streets: 5 m long, drawn into any length. The
bicycle of cycle lanes is 1 m wide, and long enough to look right to who rides towards it.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from drivesim.maps.network import Marking, MarkingType

STRIP_M = 0.05
"""Greatest width of a strip of a triangle [m]."""
ARROW_M, BICYCLE_M = 5.0, 1.7
"""Lengths for which the shapes below are given [m]."""
_WHEEL_POINTS = 12


class _Shape(NamedTuple):
    """A symbol: x along it from its foot, y to its left [m]."""

    length: float
    shaft_m: float
    """Width of its shafts."""
    shafts: tuple[tuple[float, float, float, float], ...]
    """From (x0, y0) to (x1, y1)."""
    heads: tuple[tuple[float, float, float, float, float], ...] = ()
    """Triangles: middle of the base, tip, width of the base."""


def _wheel(x: float, y: float, along: float, across: float) -> tuple[tuple[float, float, float, float], ...]:
    """A wheel around (x, y) with these half axes [m]."""
    angle = [2.0 * math.pi * k / _WHEEL_POINTS for k in range(_WHEEL_POINTS + 1)]
    rim = [(x + along * math.sin(a), y + across * math.cos(a)) for a in angle]
    return tuple((*one, *other) for one, other in pairwise(rim))


_SHAPES: dict[MarkingType, _Shape] = {
    MarkingType.ARROW_STRAIGHT: _Shape(ARROW_M, 0.15, ((0.0, 0.0, 3.3, 0.0),), ((3.2, 0.0, 5.0, 0.0, 0.75),)),
    MarkingType.ARROW_LEFT: _Shape(
        ARROW_M,
        0.15,
        ((0.0, 0.0, 3.0, 0.0), (2.95, 0.0, 3.75, 0.45)),
        ((3.68, 0.38, 4.4, 1.3, 1.1),),
    ),
    MarkingType.ARROW_STRAIGHT_LEFT: _Shape(
        ARROW_M,
        0.15,
        ((0.0, 0.0, 3.3, 0.0), (1.1, 0.0, 1.9, 0.45)),
        ((3.2, 0.0, 5.0, 0.0, 0.75), (1.83, 0.38, 2.5, 1.2, 1.0)),
    ),
    MarkingType.ARROW_LEFT_RIGHT: _Shape(
        ARROW_M,
        0.15,
        ((0.0, 0.0, 3.0, 0.0), (2.95, 0.0, 3.75, 0.45), (2.95, 0.0, 3.75, -0.45)),
        ((3.68, 0.38, 4.4, 1.3, 1.1), (3.68, -0.38, 4.4, -1.3, 1.1)),
    ),
    # Seen from its right side: wheels, frame, fork, handlebar, saddle.
    MarkingType.BICYCLE: _Shape(
        BICYCLE_M,
        0.08,
        (
            *_wheel(0.5, 0.28, 0.46, 0.18),
            *_wheel(0.5, -0.28, 0.46, 0.18),
            (0.5, -0.28, 0.5, -0.03),
            (0.5, -0.28, 1.15, -0.13),
            (0.5, -0.03, 1.4, -0.16),
            (0.5, -0.03, 1.15, 0.16),
            (1.15, -0.13, 1.15, 0.16),
            (0.5, 0.28, 1.5, 0.12),
            (1.5, 0.12, 1.6, 0.28),
            (1.42, -0.26, 1.42, -0.06),
        ),
    ),
}
_MIRRORED = {
    MarkingType.ARROW_RIGHT: MarkingType.ARROW_LEFT,
    MarkingType.ARROW_STRAIGHT_RIGHT: MarkingType.ARROW_STRAIGHT_LEFT,
}
SYMBOLS = frozenset((*_SHAPES, *_MIRRORED))
"""Types whose marking has two points, foot and tip."""


def symbol_strokes(marking: Marking) -> np.ndarray:
    """Strokes of a symbol, rows (x0, y0, x1, y1, width) [m]."""
    foot, tip = marking.points[0], marking.points[-1]
    along = tip - foot
    length = math.hypot(*along)
    shape = _SHAPES[_MIRRORED.get(marking.type, marking.type)]
    along, scale = along / length, length / shape.length
    left = np.array([-along[1], along[0]])
    if marking.type in _MIRRORED:
        left = -left

    def at(x: float, y: float) -> np.ndarray:
        return foot + scale * (x * along + y * left)

    ends = np.array(shape.shafts).reshape(-1, 2, 2)
    ends = foot + scale * (ends[..., :1] * along + ends[..., 1:] * left)
    rows = [np.column_stack((ends.reshape(-1, 4), np.full(len(ends), shape.shaft_m)))]
    for x, y, tip_x, tip_y, wide in shape.heads:
        base, point = at(x, y), at(tip_x, tip_y)
        across = point - base
        across = 0.5 * scale * wide * np.array([-across[1], across[0]]) / math.hypot(*across)
        rows.append(triangle_strokes((base + across)[None], (base - across)[None], point[None]))
    return np.concatenate(rows)


def yield_strokes(marking: Marking) -> np.ndarray:
    """Triangles along a line, their tips to the right of its direction, rows (x0, y0, x1, y1, width) [m].

    `width_m` is how far they reach, `dash_m` the width of their bases, `gap_m` the gap between two.
    """
    start, end = marking.points[0], marking.points[-1]
    along = end - start
    length = math.hypot(*along)
    along = along / length
    period = marking.dash_m + marking.gap_m
    count = max(int((length + marking.gap_m) / period), 1)
    first = 0.5 * (length - count * period + marking.gap_m)
    begin = start + (first + period * np.arange(count))[:, None] * along
    right = np.array([along[1], -along[0]])
    finish = begin + marking.dash_m * along
    # The line lies in the middle of what is painted.
    shift = 0.5 * marking.width_m * right
    return triangle_strokes(begin - shift, finish - shift, 0.5 * (begin + finish) + shift)


def triangle_strokes(a: np.ndarray, b: np.ndarray, tip: np.ndarray) -> np.ndarray:
    """Strips of triangles with the base from a to b, arguments of shape (triangle, 2), rows (x0, y0, x1, y1, width)."""
    base = b - a
    base = base / np.hypot(*base.T)[:, None]
    height = np.abs(base[:, 0] * (tip - a)[:, 1] - base[:, 1] * (tip - a)[:, 0])
    count = max(math.ceil(float(height.max()) / STRIP_M), 1)
    share = ((np.arange(count) + 0.5) / count)[:, None, None]
    start, end = a + share * (tip - a), b + share * (tip - b)
    wide = np.broadcast_to((height / count)[None, :, None], (count, len(a), 1))
    return np.concatenate([start, end, wide], axis=2).reshape(-1, 5)
