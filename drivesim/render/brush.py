"""A small paint box: antialiased shapes, given in metres, on a layered sprite whose paint colour is chosen later."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

SUPERSAMPLE = 2
_FRACTION_BITS = 6


@dataclass(frozen=True, eq=False)
class Sprite:
    """A picture from above with x forward to the right and y left to the top, its alpha premultiplied.

    `levels[k]` has `density / 2**k` pixels per metre. A pixel that adds light has colour but little alpha.
    """

    levels: tuple[np.ndarray, ...]
    """RGBA, uint8, shapes (row, column, 4)."""
    density: float
    """[px/m] of level 0."""
    length: float
    """Size of the body it was drawn for [m]; the picture itself is larger."""
    width: float

    def at(self, zoom: float) -> tuple[np.ndarray, float]:
        """The coarsest level that still has a pixel per screen pixel, and its density [px/m]."""
        level = int(np.clip(np.floor(np.log2(self.density / zoom) + 0.2), 0, len(self.levels) - 1))
        return self.levels[level], self.density / 2**level


class Brush:
    """Draws one body. Coordinates: x forward, y left, origin in the middle of the body [m].

    Args:
        length: Of the body [m].
        width: Of the body [m].
        margin: Room around it for mirrors and light [m].
        density: Pixels per metre of the finished sprite.
    """

    def __init__(self, length: float, width: float, *, margin: float, density: float) -> None:
        self.length, self.width, self.density = length, width, density
        self._scale = density * SUPERSAMPLE
        columns = int(np.ceil((length + 2 * margin) * density / 16)) * 16 * SUPERSAMPLE
        rows = int(np.ceil((width + 2 * margin) * density / 16)) * 16 * SUPERSAMPLE
        self._shape = (rows, columns)
        self.paint = np.zeros((rows, columns), np.float32)
        self.fixed = np.zeros((rows, columns, 3), np.float32)
        self.alpha = np.zeros((rows, columns), np.float32)

    def mask(self, outline: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
        """Coverage of a polygon, float32 in [0, 1]."""
        image = np.zeros(self._shape, np.uint8)
        cv2.fillPoly(image, [self._pixels(outline)], 255, cv2.LINE_AA, _FRACTION_BITS)
        return image.astype(np.float32) * np.float32(1 / 255)

    def polygon(
        self,
        outline: Sequence[Sequence[float]] | np.ndarray,
        color: tuple[float, float, float] | float,
        *,
        opacity: float = 1.0,
        soft: float = 0.0,
        inside: np.ndarray | None = None,
        light: bool = False,
    ) -> None:
        """Fills a polygon.

        Args:
            outline: Corners [m], shape (point, 2).
            color: RGB in [0, 255], or a number: that much of the paint colour.
            opacity: In [0, 1].
            soft: Blur of the edge, standard deviation [m].
            inside: Clips to this coverage.
            light: Adds to what lies below instead of covering it.
        """
        pixels = self._pixels(outline)
        region = self._region(pixels, soft, 0.0)
        image = self._empty(region)
        cv2.fillPoly(image, [pixels - self._corner(region)], 255, cv2.LINE_AA, _FRACTION_BITS)
        self._cover(region, image, color, opacity=opacity, soft=soft, inside=inside, light=light)

    def line(
        self,
        points: Sequence[Sequence[float]],
        thickness: float,
        color: tuple[float, float, float] | float,
        *,
        opacity: float = 1.0,
        soft: float = 0.0,
        inside: np.ndarray | None = None,
    ) -> None:
        """Draws a line `thickness` metres wide; further arguments as for `polygon`."""
        pixels = self._pixels(points)
        region = self._region(pixels, soft, thickness)
        image = self._empty(region)
        wide = max(1, round(thickness * self._scale))
        cv2.polylines(image, [pixels - self._corner(region)], False, 255, wide, cv2.LINE_AA, _FRACTION_BITS)
        self._cover(region, image, color, opacity=opacity, soft=soft, inside=inside, light=False)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, color: tuple[float, float, float] | float, **how
    ) -> None:
        """Fills an ellipse with half axes `rx`, `ry`; further arguments as for `polygon`."""
        turn = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
        self.polygon(np.column_stack([x + rx * np.cos(turn), y + ry * np.sin(turn)]), color, **how)

    def cover(self, mask: np.ndarray, color: tuple[float, float, float] | float) -> None:
        """Lays a colour over everything a mask from `mask` covers."""
        whole = (slice(0, self._shape[0]), slice(0, self._shape[1]))
        self._cover(whole, mask * np.float32(255.0), color, opacity=1.0, soft=0.0, inside=None, light=False)

    def _cover(
        self,
        region: tuple[slice, slice],
        image: np.ndarray,
        color: tuple[float, float, float] | float,
        *,
        opacity: float,
        soft: float,
        inside: np.ndarray | None,
        light: bool,
    ) -> None:
        """Lays a colour over a region by an image of coverage in [0, 255]."""
        mask = image.astype(np.float32) * np.float32(opacity / 255.0)
        if soft > 0.0:
            mask = cv2.GaussianBlur(mask, (0, 0), soft * self._scale)
        if inside is not None:
            mask *= inside[region]
        if not light:
            keep = 1.0 - mask
            self.paint[region] *= keep
            self.fixed[region] *= keep[..., None]
            self.alpha[region] = self.alpha[region] * keep + mask
        if isinstance(color, tuple):
            self.fixed[region] += mask[..., None] * np.asarray(color, np.float32)
        else:
            self.paint[region] += mask * np.float32(color)

    def sprite(self, paint: tuple[int, int, int] = (0, 0, 0)) -> Sprite:
        """The finished picture in one paint colour."""
        picture = np.empty((*self._shape, 4), np.float32)
        picture[..., :3] = self.fixed + self.paint[..., None] * np.asarray(paint, np.float32)
        picture[..., 3] = self.alpha * 255.0
        size = (self._shape[1] // SUPERSAMPLE, self._shape[0] // SUPERSAMPLE)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        levels = []
        while True:
            levels.append(np.clip(picture + 0.5, 0, 255).astype(np.uint8))
            if min(picture.shape[:2]) < 16 or len(levels) == 5:
                break
            picture = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
        return Sprite(tuple(levels), self.density, self.length, self.width)

    def _region(self, pixels: np.ndarray, soft: float, thickness: float) -> tuple[slice, slice]:
        """The part of the picture that a shape can touch."""
        margin = 2 + math.ceil((3.5 * soft + thickness) * self._scale)
        low = (pixels.min(axis=0) >> _FRACTION_BITS) - margin
        high = (pixels.max(axis=0) >> _FRACTION_BITS) + margin + 1
        (left, top), (right, bottom) = np.maximum(low, 0).tolist(), np.maximum(high, 0).tolist()
        return slice(top, min(bottom, self._shape[0])), slice(left, min(right, self._shape[1]))

    @staticmethod
    def _empty(region: tuple[slice, slice]) -> np.ndarray:
        rows, columns = region
        return np.zeros((max(rows.stop - rows.start, 1), max(columns.stop - columns.start, 1)), np.uint8)

    @staticmethod
    def _corner(region: tuple[slice, slice]) -> np.ndarray:
        return np.array([region[1].start, region[0].start], np.int32) << _FRACTION_BITS

    def _pixels(self, points: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
        rows, columns = self._shape
        points = np.asarray(points, np.float64)
        pixels = np.column_stack([columns / 2 + points[:, 0] * self._scale, rows / 2 - points[:, 1] * self._scale])
        return np.round((pixels - 0.5) * 2**_FRACTION_BITS).astype(np.int32)


def rounded(x0: float, x1: float, half_width: float, radius_front: float, radius_rear: float) -> np.ndarray:
    """Outline of a box from `x0` (rear) to `x1` (front) with elliptic corners, shape (point, 2) [m]."""
    turn = np.linspace(0.0, np.pi / 2, 9)
    across_front = min(radius_front, half_width)
    across_rear = min(radius_rear, half_width)
    front = np.column_stack(
        [
            x1 - radius_front + radius_front * np.cos(turn),
            half_width - across_front + across_front * np.sin(turn),
        ]
    )
    rear = np.column_stack(
        [
            x0 + radius_rear - radius_rear * np.sin(turn),
            half_width - across_rear + across_rear * np.cos(turn),
        ]
    )
    left = np.vstack([front, rear])
    return np.vstack([left, left[::-1] * (1, -1)])


def mirrored(points: Sequence[Sequence[float]]) -> np.ndarray:
    """A symmetric outline from its left half, listed from front to rear, shape (2 x point, 2) [m]."""
    left = np.asarray(points, np.float64)
    return np.vstack([left, left[::-1] * (1, -1)])


def smooth(points: Sequence[Sequence[float]] | np.ndarray, steps: int = 6) -> np.ndarray:
    """A closed outline rounded by a Catmull-Rom spline through its corners, shape (point x steps, 2) [m]."""
    p1 = np.asarray(points, np.float64)
    p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    t = (np.arange(steps) / steps)[None, :, None]
    p0, p1, p2, p3 = (p[:, None, :] for p in (p0, p1, p2, p3))
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * (p1 - p2) + p3 - p0) * t**3)
    return curve.reshape(-1, 2)
