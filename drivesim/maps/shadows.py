"""Shadows of upright things on flat ground, as convex polygons."""

import math
from collections.abc import Iterable

import numpy as np

from drivesim.kernels.entry import kernel
from drivesim.maps.fill import CORNERS, Polygons, polygons_of
from drivesim.maps.network import Scenery, SceneryKind
from drivesim.maps.texture import SHADOW_FULL, SHADOW_LEAVES

LENGTH_MAX_M = 45.0
"""Longer shadows of a low sun are cut off."""
_ROUND = 2.0 * math.pi * np.arange(CORNERS) / CORNERS
_FOLIAGE = (SceneryKind.TREE, SceneryKind.CONIFER, SceneryKind.BUSH)


def shadow_polygons(scenery: Iterable[Scenery], azimuth: float, elevation: float) -> Polygons:
    """Shadows on the ground, foliage after all else.

    A crown is an ellipsoid over the upper two thirds of a tree, a conifer a cone, a bush an ellipsoid on the
    ground; a trunk, and everything else, is a box.

    Args:
        scenery: What casts them.
        azimuth: Direction towards the sun, counter-clockwise from east [rad].
        elevation: Height of the sun [rad].
    """
    rows = np.array(
        [(t.kind, t.x, t.y, t.yaw, t.length, t.width, t.base, t.base + t.height) for t in scenery], np.float64
    ).reshape(-1, 8)
    away = -np.array([math.cos(azimuth), math.sin(azimuth)]) / math.tan(max(elevation, 0.05))
    leafy = np.isin(rows[:, 0], _FOLIAGE)
    boxes, plants = rows[~leafy], rows[leafy]
    trunks = plants[plants[:, 0] != SceneryKind.BUSH]
    trunks = trunks.copy()
    trunks[:, 4:6] = 0.05 * trunks[:, 7:8]
    trunks[:, 7] *= 0.5
    rounds = _lobes(plants[plants[:, 0] != SceneryKind.CONIFER])
    corner = np.concatenate([
        _of_boxes(np.concatenate([boxes, trunks]), away),
        _of_cones(plants[plants[:, 0] == SceneryKind.CONIFER], away),
        _of_ellipsoids(rounds, away),
    ])  # fmt: skip
    value = np.full(len(corner), SHADOW_FULL)
    value[len(boxes) + len(trunks) :] = SHADOW_LEAVES
    return polygons_of(corner, value)


def footprints(rows: np.ndarray, border: float) -> np.ndarray:
    """Corners of boxes (x, y, yaw, length, width) grown by a border [m], shape (box, CORNERS, 2)."""
    half = 0.5 * rows[:, 3:5] + border
    cos, sin = np.cos(rows[:, 2]), np.sin(rows[:, 2])
    out = np.empty((len(rows), CORNERS, 2))
    for corner in range(CORNERS):
        a, b = ((1, 1), (-1, 1), (-1, -1), (1, -1))[min(corner, 3)]
        out[:, corner, 0] = rows[:, 0] + a * half[:, 0] * cos - b * half[:, 1] * sin
        out[:, corner, 1] = rows[:, 1] + a * half[:, 0] * sin + b * half[:, 1] * cos
    return out


def _lobes(rows: np.ndarray) -> np.ndarray:
    """Each crown as three overlapping ones, turned by its yaw, so that its outline is not an ellipse."""
    lobes = np.repeat(rows, 3, axis=0)
    number = np.tile(np.arange(3.0), len(rows))
    angle = lobes[:, 3] + 2.1 * number
    reach = 0.5 * lobes[:, 4] * np.array([0.2, 0.3, 0.36])[number.astype(int)]
    lobes[:, 1] += reach * np.cos(angle)
    lobes[:, 2] += reach * np.sin(angle)
    lobes[:, 4] *= np.array([0.85, 0.72, 0.64])[number.astype(int)]
    lobes[:, 7] *= np.array([1.0, 0.9, 0.94])[number.astype(int)]
    return lobes


def _shift(height: np.ndarray, away: np.ndarray) -> np.ndarray:
    reach = height * float(np.hypot(*away))
    return (height * np.minimum(1.0, LENGTH_MAX_M / np.maximum(reach, 1e-9)))[:, None] * away


def _of_boxes(rows: np.ndarray, away: np.ndarray) -> np.ndarray:
    foot = footprints(rows[:, 1:6], 0.0)[:, :4]
    both = np.concatenate([foot + _shift(rows[:, 6], away)[:, None], foot + _shift(rows[:, 7], away)[:, None]], axis=1)
    return _hulls(both)


def _of_cones(rows: np.ndarray, away: np.ndarray) -> np.ndarray:
    circle = np.stack([np.cos(_ROUND), np.sin(_ROUND)], axis=1)
    foot = rows[:, None, 1:3] + 0.5 * rows[:, 4, None, None] * circle[: CORNERS - 1]
    tip = rows[:, None, 1:3] + _shift(rows[:, 7], away)[:, None]
    return _hulls(np.concatenate([foot, tip], axis=1))


def _of_ellipsoids(rows: np.ndarray, away: np.ndarray) -> np.ndarray:
    stem = np.where(rows[:, 0] == SceneryKind.TREE, 0.3, 0.0) * rows[:, 7]
    centre = rows[:, 1:3] + _shift(0.5 * (stem + rows[:, 7]), away)
    along = _shift(0.5 * (rows[:, 7] - stem), away)
    radius = 0.5 * rows[:, 4]
    direction = away / max(float(np.hypot(*away)), 1e-9)
    reach = np.sqrt(radius**2 + (along**2).sum(axis=1))
    side = np.array([-direction[1], direction[0]])
    return (
        centre[:, None]
        + reach[:, None, None] * np.cos(_ROUND)[None, :, None] * direction
        + radius[:, None, None] * np.sin(_ROUND)[None, :, None] * side
    )


@kernel
def _hull(points, out):
    """Andrew's monotone chain over points sorted by x, then y; the last corner is repeated to fill `out`."""
    total = len(points)
    count = 0
    hull = np.empty((2 * total + 2, 2))
    for step in (1, -1):
        first = count
        for i in range(total):
            p = i if step > 0 else total - 1 - i
            x, y = points[p, 0], points[p, 1]
            while count >= first + 2:
                ax, ay = hull[count - 2, 0], hull[count - 2, 1]
                if (hull[count - 1, 0] - ax) * (y - ay) - (hull[count - 1, 1] - ay) * (x - ax) > 0.0:
                    break
                count -= 1
            hull[count, 0], hull[count, 1] = x, y
            count += 1
        count -= 1
    for i in range(len(out)):
        out[i, 0], out[i, 1] = hull[min(i, max(count - 1, 0)), 0], hull[min(i, max(count - 1, 0)), 1]


@kernel
def _all_hulls(points, out):
    for i in range(len(points)):
        _hull(points[i], out[i])


def _hulls(points: np.ndarray) -> np.ndarray:
    order = np.lexsort((points[..., 1], points[..., 0]), axis=-1)
    out = np.empty((len(points), CORNERS, 2))
    _all_hulls(np.take_along_axis(points, order[..., None], axis=1), out)
    return out
