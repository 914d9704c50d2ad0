"""Where things may stand: a coarse picture of the ground that is taken."""

from collections.abc import Iterable, Sequence

import numpy as np

TEXEL_M = 0.25
_BORDER_M = 30.0
_BITS = 4


class Clearance:
    """Ground that is taken, texel by texel.

    Args:
        polygons: What is taken from the beginning [m], each of shape (corner, 2).
        margin_m: As much around it is taken as well [m].
    """

    def __init__(self, polygons: Sequence[np.ndarray], margin_m: float) -> None:
        import cv2

        corners = np.array([extreme(polygon, axis=0) for polygon in polygons for extreme in (np.min, np.max)])
        self._low = corners.min(axis=0) - _BORDER_M
        width, height = np.ceil((corners.max(axis=0) + _BORDER_M - self._low) / TEXEL_M).astype(int)
        taken = np.zeros((height, width), np.uint8)
        for polygon in polygons:
            self._fill(taken, polygon, self._low)
        reach = 2 * round(margin_m / TEXEL_M) + 1
        self._taken = np.asarray(cv2.dilate(taken, np.ones((reach, reach), np.uint8)), np.uint8)

    def take(self, polygons: Iterable[np.ndarray]) -> None:
        """Takes more ground [m], each of shape (corner, 2)."""
        for polygon in polygons:
            self._fill(self._taken, polygon, self._low)

    def is_free(self, polygon: np.ndarray) -> bool:
        """Whether nothing of a polygon's ground is taken; outside of the picture nothing is free."""
        low = np.floor((polygon.min(axis=0) - self._low) / TEXEL_M).astype(int)
        high = np.ceil((polygon.max(axis=0) - self._low) / TEXEL_M).astype(int) + 1
        if (low < 0).any() or (high > self._taken.shape[::-1]).any():
            return False
        own = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        self._fill(own, polygon, self._low + low * TEXEL_M)
        return not np.bitwise_and(own, self._taken[low[1] : high[1], low[0] : high[0]]).any()

    def has_room(self, x: float, y: float) -> bool:
        """Whether a point is free [m]."""
        column, row = int((x - self._low[0]) / TEXEL_M), int((y - self._low[1]) / TEXEL_M)
        height, width = self._taken.shape
        return 0 <= row < height and 0 <= column < width and not self._taken[row, column]

    @staticmethod
    def _fill(picture: np.ndarray, polygon: np.ndarray, low: np.ndarray) -> None:
        import cv2

        corners = np.rint(((polygon - low) / TEXEL_M - 0.5) * (1 << _BITS)).astype(np.int32)
        cv2.fillPoly(picture, [corners], 1, cv2.LINE_8, _BITS)
