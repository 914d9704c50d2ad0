"""Fills canvases: convex polygons, and bands along lines.

OpenCV draws whole areas faster; these draw thousands of small shapes in one call, exactly at texel centres, and
unite those that overlap.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from drivesim.kernels.entry import kernel

CORNERS = 14
"""Corners of every polygon; those with fewer repeat their last."""
RUN_SEGMENTS = 32
"""Lines are cut into runs of at most this many segments, each with a box to skip it by."""


class Polygons(NamedTuple):
    """Convex polygons, counter-clockwise."""

    corner: np.ndarray
    """[m], float64, shape (polygon, CORNERS, 2)."""
    value: np.ndarray
    """What they are filled with, uint8, shape (polygon,)."""
    box: np.ndarray
    """x0, y0, x1, y1 [m], float64, shape (polygon, 4)."""


def polygons_of(corner: np.ndarray, value: np.ndarray) -> Polygons:
    """Polygons with their boxes."""
    box = np.concatenate([corner.min(axis=1), corner.max(axis=1)], axis=1) if len(corner) else np.zeros((0, 4))
    return Polygons(corner, value.astype(np.uint8), box)


class Bands(NamedTuple):
    """Lines of some width, cut into runs."""

    point: np.ndarray
    """[m], float64, shape (point, 2)."""
    first: np.ndarray
    """First point of each run, int64, shape (run,)."""
    count: np.ndarray
    """Its points, int64, shape (run,)."""
    box: np.ndarray
    """x0, y0, x1, y1 of the run without its width [m], float64, shape (run, 4)."""


def bands_of(lines: Sequence[np.ndarray]) -> Bands:
    """Bands along polylines, each [m] of shape (point, 2)."""
    point = np.concatenate([np.zeros((0, 2)), *lines])
    first, count, boxes = [], [], []
    base = 0
    for line in lines:
        starts = np.arange(0, max(len(line) - 1, 1), RUN_SEGMENTS)
        first.append(base + starts)
        count.append(np.minimum(starts + RUN_SEGMENTS, len(line) - 1) - starts + 1)
        low, high = np.minimum.reduceat(line, starts), np.maximum.reduceat(line, starts)
        last = line[starts + count[-1] - 1]
        boxes.append(np.concatenate([np.minimum(low, last), np.maximum(high, last)], axis=1))
        base += len(line)
    none = np.zeros(0, np.int64)
    return Bands(
        point,
        np.concatenate([none, *first]),
        np.concatenate([none, *count]),
        np.concatenate([np.zeros((0, 4)), *boxes]),
    )


@kernel
def fill_convex(canvas, corner, value, box, left, low, texel_m):
    """Fills the texels whose centres lie inside a polygon; the greatest value wins.

    Args:
        canvas: uint8, shape (row, column).
        corner: `Polygons.corner`.
        value: `Polygons.value`.
        box: `Polygons.box`.
        left: x of the canvas' left side [m].
        low: y of its lower side [m].
        texel_m: [m].

    Returns:
        How many polygons touch the canvas.
    """
    rows, columns = canvas.shape
    right, high = left + columns * texel_m, low + rows * texel_m
    touched = 0
    for n in range(len(corner)):
        if box[n, 0] >= right or box[n, 2] <= left or box[n, 1] >= high or box[n, 3] <= low:
            continue
        touched += 1
        first = max(math.ceil((box[n, 1] - low) / texel_m - 0.5), 0)
        last = min(math.floor((box[n, 3] - low) / texel_m - 0.5), rows - 1)
        for row in range(first, last + 1):
            y = low + (row + 0.5) * texel_m
            x0, x1 = 1e300, -1e300
            for k in range(CORNERS):
                m = k + 1 if k + 1 < CORNERS else 0
                ay, by = corner[n, k, 1], corner[n, m, 1]
                if (ay > y) != (by > y):
                    x = corner[n, k, 0] + (corner[n, m, 0] - corner[n, k, 0]) * (y - ay) / (by - ay)
                    x0, x1 = min(x0, x), max(x1, x)
            if x0 > x1:
                continue
            start = max(math.ceil((x0 - left) / texel_m - 0.5), 0)
            stop = min(math.floor((x1 - left) / texel_m - 0.5), columns - 1)
            for column in range(start, stop + 1):
                canvas[row, column] = max(canvas[row, column], value[n])
    return touched


@kernel
def fill_bands(canvas, bands, half, core, value, left, low, texel_m):
    """Draws bands over `canvas` where that brings a texel nearer to `value`.

    Args:
        canvas: uint8, shape (row, column).
        bands: `Bands`.
        half: Half their width [m].
        core: Within this distance of the line the value is reached; beyond, it fades out towards `half` [m].
        value: What is drawn; between `core` and `half` a mix with the value of canvas texel (0, 0) as it came.
        left: x of the canvas' left side [m].
        low: y of its lower side [m].
        texel_m: [m].
    """
    rows, columns = canvas.shape
    right, high = left + columns * texel_m, low + rows * texel_m
    ground = np.int64(canvas[0, 0])
    fade = 1.0 / max(half - core, 1e-9)
    for run in range(len(bands.first)):
        box = bands.box[run]
        if box[0] - half >= right or box[2] + half <= left or box[1] - half >= high or box[3] + half <= low:
            continue
        for k in range(bands.first[run], bands.first[run] + bands.count[run] - 1):
            ax, ay = bands.point[k, 0] - left, bands.point[k, 1] - low
            dx, dy = bands.point[k + 1, 0] - bands.point[k, 0], bands.point[k + 1, 1] - bands.point[k, 1]
            per_length_2 = 1.0 / max(dx * dx + dy * dy, 1e-12)
            first_x = max(int((min(ax, ax + dx) - half) / texel_m), 0)
            last_x = min(int((max(ax, ax + dx) + half) / texel_m), columns - 1)
            first_y = max(int((min(ay, ay + dy) - half) / texel_m), 0)
            last_y = min(int((max(ay, ay + dy) + half) / texel_m), rows - 1)
            for row in range(first_y, last_y + 1):
                py = (row + 0.5) * texel_m - ay
                for column in range(first_x, last_x + 1):
                    px = (column + 0.5) * texel_m - ax
                    t = min(max((px * dx + py * dy) * per_length_2, 0.0), 1.0)
                    away_2 = (px - t * dx) ** 2 + (py - t * dy) ** 2
                    if away_2 >= half * half:
                        continue
                    drawn = value
                    if away_2 > core * core:
                        drawn = value + np.int64((ground - value) * (math.sqrt(away_2) - core) * fade)
                    if abs(np.int64(canvas[row, column]) - value) > abs(drawn - value):
                        canvas[row, column] = drawn
