"""Arrows and triangles of paint as strokes.

A triangle is cut into strips parallel to its base, each a stroke: their coverage adds up to the triangle's. Arrows are
those of the German guidelines for road markings (RMS, Z 297) in streets: 5 m long, drawn into any length.
"""

import math

import numpy as np

from drivesim.maps.network import Marking, MarkingType

STRIP_M = 0.05
"""Greatest width of a strip of a triangle [m]."""
ARROW_M = 5.0
"""Length for which the shapes below are given [m]."""
_SHAFT_M = 0.15
_SHAPES: dict[MarkingType, tuple[tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]] = {
    MarkingType.ARROW_STRAIGHT: (((0.0, 0.0, 3.3, 0.0),), ((3.2, 0.0, 5.0, 0.0, 0.75),)),
    MarkingType.ARROW_LEFT: (
        ((0.0, 0.0, 3.0, 0.0), (2.95, 0.0, 3.75, 0.45)),
        ((3.68, 0.38, 4.4, 1.3, 1.1),),
    ),
    MarkingType.ARROW_STRAIGHT_LEFT: (
        ((0.0, 0.0, 3.3, 0.0), (1.1, 0.0, 1.9, 0.45)),
        ((3.2, 0.0, 5.0, 0.0, 0.75), (1.83, 0.38, 2.5, 1.2, 1.0)),
    ),
    MarkingType.ARROW_LEFT_RIGHT: (
        ((0.0, 0.0, 3.0, 0.0), (2.95, 0.0, 3.75, 0.45), (2.95, 0.0, 3.75, -0.45)),
        ((3.68, 0.38, 4.4, 1.3, 1.1), (3.68, -0.38, 4.4, -1.3, 1.1)),
    ),
}
"""Shafts (x0, y0, x1, y1) and heads (middle of the base x, y, tip x, y, width of the base): along and left [m]."""
_MIRRORED = {
    MarkingType.ARROW_RIGHT: MarkingType.ARROW_LEFT,
    MarkingType.ARROW_STRAIGHT_RIGHT: MarkingType.ARROW_STRAIGHT_LEFT,
}
ARROWS = frozenset((*_SHAPES, *_MIRRORED))
"""Types whose marking has two points, foot and tip."""


def arrow_strokes(marking: Marking) -> np.ndarray:
    """Strokes of an arrow, rows (x0, y0, x1, y1, width) [m]."""
    foot, tip = marking.points[0], marking.points[-1]
    along = tip - foot
    length = math.hypot(*along)
    along, scale = along / length, length / ARROW_M
    left = np.array([-along[1], along[0]])
    if marking.type in _MIRRORED:
        left = -left
    shafts, heads = _SHAPES[_MIRRORED.get(marking.type, marking.type)]

    def at(x: float, y: float) -> np.ndarray:
        return foot + scale * (x * along + y * left)

    rows = [np.array([(*at(x0, y0), *at(x1, y1), _SHAFT_M)]) for x0, y0, x1, y1 in shafts]
    for x, y, tip_x, tip_y, wide in heads:
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
