"""Age of a road: wheel tracks, repaired patches, resurfaced stretches and tar seams."""

from typing import NamedTuple

import numpy as np

from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.texture import TONE_NEUTRAL

TRACK_M = 0.8
"""Distance of the wheel tracks from the lane's middle [m]."""
TRACK_TONE = -5
STRETCH_EVERY_M = 220.0
PATCH_EVERY_M = 70.0
SEAM_EVERY_M = 45.0
_TRACK_TEXELS = 3
_SUBPIXEL_BITS = 4


class Line(NamedTuple):
    """A line or an outline with a tone."""

    points: np.ndarray
    """[m], shape (point, 2)."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 [m]."""
    tone: int


class Wear(NamedTuple):
    """What to draw, in order."""

    tracks: list[Line]
    patches: list[Line]
    seams: list[Line]


def wear_of(network: RoadNetwork) -> Wear:
    """Traces of age along every lane, drawn from the network's seed."""
    generator = np.random.Generator(np.random.PCG64([network.seed, 0x3EA]))
    wear = Wear([], [], [])
    for lane in network.lanes:
        for first in range(0, len(lane.points) - 1, 64):
            part = slice(first, min(first + 65, len(lane.points)))
            for side in (-TRACK_M, TRACK_M):
                wear.tracks.append(_line(_offset(lane, part, side), TRACK_TONE))
        draw = generator.random((int(lane.length / STRETCH_EVERY_M + generator.random()), 3))
        for place, extent, tone in draw:
            part = _part(lane, place * lane.length, 25.0 + 60.0 * extent)
            wear.patches.append(_strip(lane, part, -lane.edge_right, lane.edge_left, int(28.0 * tone - 14.0)))
        draw = generator.random((int(lane.length / PATCH_EVERY_M + generator.random()), 4))
        for place, extent, side, tone in draw:
            part = _part(lane, place * lane.length, 1.5 + 10.0 * extent**3)
            low = (side - 0.5) * lane.width
            wear.patches.append(_strip(lane, part, low, low + 0.4 * lane.width, int(-16.0 + 14.0 * tone)))
        draw = generator.random((int(lane.length / SEAM_EVERY_M + generator.random()), 4))
        for place, extent, side, slant in draw:
            part = _part(lane, place * lane.length, 4.0 + 20.0 * extent)
            count = part.stop - part.start
            along = (side - 0.5) * lane.width[part] + 0.6 * (slant - 0.5) * np.sin(np.arange(count) * (0.3 + slant))
            across = np.linspace(-1.0, 1.0, count) * 0.5 * lane.width[part]
            wear.seams.append(_line(_offset(lane, part, across if extent < 0.25 else along), -22))
    return wear


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
    corner = (left, low)
    right, high = left + tone.shape[1] * texel_m, low + tone.shape[0] * texel_m

    def pixels(lines: list[Line]) -> list[tuple[np.ndarray, int]]:
        return [
            (
                np.rint(((line.points - corner) / texel_m - 0.5) * (1 << _SUBPIXEL_BITS)).astype(np.int32),
                TONE_NEUTRAL + line.tone,
            )
            for line in lines
            if line.box[0] < right and line.box[2] > left and line.box[1] < high and line.box[3] > low
        ]

    tracks = [points for points, _ in pixels(wear.tracks)]
    cv2.polylines(tone, tracks, False, TONE_NEUTRAL + TRACK_TONE, _TRACK_TEXELS, cv2.LINE_8, _SUBPIXEL_BITS)
    cv2.blur(tone, (5, 5), tone)
    for outline, value in pixels(wear.patches):
        cv2.fillPoly(tone, [outline], value, cv2.LINE_8, _SUBPIXEL_BITS)
    for points, value in pixels(wear.seams):
        cv2.polylines(tone, [points], False, value, 1, cv2.LINE_8, _SUBPIXEL_BITS)


def _part(lane: Lane, start: float, extent: float) -> slice:
    """Indices of the points from a station on, two at least."""
    step = lane.length / (len(lane.points) - 1)
    first = min(int(start / step), len(lane.points) - 2)
    return slice(first, min(first + max(int(extent / step), 1) + 1, len(lane.points)))


def _offset(lane: Lane, part: slice, offset: np.ndarray | float) -> np.ndarray:
    heading = lane.heading[part]
    normal = np.stack([-np.sin(heading), np.cos(heading)], axis=1)
    return lane.points[part] + normal * np.broadcast_to(offset, heading.shape)[:, None]


def _strip(lane: Lane, part: slice, right: np.ndarray, left: np.ndarray, tone: int) -> Line:
    return _line(np.concatenate([_offset(lane, part, right[part]), _offset(lane, part, left[part])[::-1]]), tone)


def _line(points: np.ndarray, tone: int) -> Line:
    low, high = points.min(axis=0) - 0.5, points.max(axis=0) + 0.5
    return Line(points, (float(low[0]), float(low[1]), float(high[0]), float(high[1])), tone)
