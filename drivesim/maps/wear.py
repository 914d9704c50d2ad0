"""Age of a road: wheel tracks, repaired patches, resurfaced stretches and tar seams."""

from typing import NamedTuple

import numpy as np

from drivesim.maps.fill import Bands, bands_of, fill_bands
from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.texture import TONE_NEUTRAL

TRACK_M = 0.8
"""Distance of the wheel tracks from the lane's middle [m]."""
TRACK_HALF_M = 0.45
TRACK_CORE_M = 0.1
TRACK_TONE = -6
SEAM_TONE = -22
STRETCH_EVERY_M = 220.0
PATCH_EVERY_M = 70.0
SEAM_EVERY_M = 45.0
_SUBPIXEL_BITS = 4


class Shapes(NamedTuple):
    """Outlines or lines, each with a tone."""

    points: list[np.ndarray]
    """[m], each of shape (point, 2)."""
    tone: list[int]
    box: np.ndarray
    """x0, y0, x1, y1 [m], shape (shape, 4)."""


class Wear(NamedTuple):
    """What to draw, in order."""

    tracks: Bands
    patches: Shapes
    seams: Shapes


def wear_of(network: RoadNetwork) -> Wear:
    """Traces of age along every lane, drawn from the network's seed."""
    generator = np.random.Generator(np.random.PCG64([network.seed, 0x3EA]))
    tracks: list[np.ndarray] = []
    patches: list[tuple[np.ndarray, int]] = []
    seams: list[tuple[np.ndarray, int]] = []
    for lane in network.lanes:
        every = slice(0, len(lane.points))
        tracks += [_offset(lane, every, -TRACK_M), _offset(lane, every, TRACK_M)]
        draw = generator.random((int(lane.length / STRETCH_EVERY_M + generator.random()), 3))
        for place, extent, tone in draw.tolist():
            part = _part(lane, place * lane.length, 25.0 + 60.0 * extent)
            patches.append((_strip(lane, part, -lane.edge_right, lane.edge_left), int(28.0 * tone - 14.0)))
        draw = generator.random((int(lane.length / PATCH_EVERY_M + generator.random()), 4))
        for place, extent, side, tone in draw.tolist():
            part = _part(lane, place * lane.length, 1.5 + 10.0 * extent**3)
            low = (side - 0.5) * lane.width
            patches.append((_strip(lane, part, low, low + 0.4 * lane.width), int(-16.0 + 14.0 * tone)))
        draw = generator.random((int(lane.length / SEAM_EVERY_M + generator.random()), 4))
        for place, extent, side, slant in draw.tolist():
            part = _part(lane, place * lane.length, 4.0 + 20.0 * extent)
            count = part.stop - part.start
            along = (side - 0.5) * lane.width[part] + 0.6 * (slant - 0.5) * np.sin(np.arange(count) * (0.3 + slant))
            across = np.linspace(-1.0, 1.0, count) * 0.5 * lane.width[part]
            seams.append((_offset(lane, part, across if extent < 0.25 else along), SEAM_TONE))
    return Wear(bands_of(tracks), _shapes(patches), _shapes(seams))


def draw_wear(tone: np.ndarray, wear: Wear, left: float, low: float, texel_m: float) -> None:
    """Draws the wear inside a canvas of luma offsets, which is cleared first.

    Args:
        tone: uint8, shape (row, column).
        wear: From `wear_of`.
        left: x of the canvas' left side [m].
        low: y of its lower side [m].
        texel_m: [m].
    """
    import cv2

    tone.fill(TONE_NEUTRAL)
    fill_bands(tone, wear.tracks, TRACK_HALF_M, TRACK_CORE_M, TONE_NEUTRAL + TRACK_TONE, left, low, texel_m)
    for outline, value in _pixels(wear.patches, tone.shape, left, low, texel_m):
        cv2.fillPoly(tone, [outline], value, cv2.LINE_8, _SUBPIXEL_BITS)
    for points, value in _pixels(wear.seams, tone.shape, left, low, texel_m):
        cv2.polylines(tone, [points], False, value, 1, cv2.LINE_8, _SUBPIXEL_BITS)


def _pixels(
    shapes: Shapes, size: tuple[int, ...], left: float, low: float, texel_m: float
) -> list[tuple[np.ndarray, int]]:
    """Shapes that touch a canvas in OpenCV's fixed-point pixels, with the canvas value of their tone."""
    right, high = left + size[1] * texel_m, low + size[0] * texel_m
    box = shapes.box
    near = np.flatnonzero((box[:, 0] < right) & (box[:, 2] > left) & (box[:, 1] < high) & (box[:, 3] > low))
    scale = (1 << _SUBPIXEL_BITS) / texel_m
    shift = np.array([left, low]) + 0.5 * texel_m
    return [
        (np.rint((shapes.points[i] - shift) * scale).astype(np.int32), TONE_NEUTRAL + shapes.tone[i])
        for i in near.tolist()
    ]


def _shapes(drawn: list[tuple[np.ndarray, int]]) -> Shapes:
    points = [outline for outline, _ in drawn]
    boxes = [(*outline.min(axis=0), *outline.max(axis=0)) for outline in points]
    return Shapes(points, [tone for _, tone in drawn], np.array(boxes, np.float64).reshape(-1, 4))


def _part(lane: Lane, start: float, extent: float) -> slice:
    """Indices of the points from a station on, two at least."""
    step = lane.length / (len(lane.points) - 1)
    first = min(int(start / step), len(lane.points) - 2)
    return slice(first, min(first + max(int(extent / step), 1) + 1, len(lane.points)))


def _offset(lane: Lane, part: slice, offset: np.ndarray | float) -> np.ndarray:
    heading = lane.heading[part]
    points = lane.points[part].copy()
    points[:, 0] -= offset * np.sin(heading)
    points[:, 1] += offset * np.cos(heading)
    return points


def _strip(lane: Lane, part: slice, right: np.ndarray, left: np.ndarray) -> np.ndarray:
    return np.concatenate([_offset(lane, part, right[part]), _offset(lane, part, left[part])[::-1]])
