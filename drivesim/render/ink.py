"""Text and flat shapes on a frame: one look for everything that is not the road."""

import math
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from drivesim.render.compose import disc, fill, rings, stroke

if TYPE_CHECKING:
    import pygame

Color = tuple[int, int, int]

PANEL: Color = (15, 18, 25)
PANEL_OPACITY = 0.78
WHITE: Color = (238, 242, 246)
DIM: Color = (150, 160, 174)
FAINT: Color = (74, 82, 96)
GREEN: Color = (84, 214, 130)
RED: Color = (255, 82, 72)
AMBER: Color = (255, 176, 64)
BLUE: Color = (96, 172, 255)
_TEXT_SUPERSAMPLE = 3
GAP = 10
"""Space between panels, and between a panel's rim and what is in it, at scale 1 [px]."""


class Box(NamedTuple):
    """A rectangle of pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends [px]."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Where it ends [px]."""
        return self.top + self.height

    def contains(self, x: float, y: float) -> bool:
        """Whether a pixel lies inside."""
        return self.left <= x < self.right and self.top <= y < self.bottom


def ui_scale(size: tuple[int, int]) -> float:
    """How large text and panels are in a window of this size; 1 at 1280 x 720."""
    return float(np.clip(min(size[0] / 1000, size[1] / 720), 0.6, 3.0))


class Ink:
    """Draws on one frame.

    Args:
        frame: RGBA uint8, shape (H, W, 4), C-contiguous, written.
        scale: How large text and panels are; None for what suits a window of the frame's size.
    """

    def __init__(self, frame: np.ndarray, *, scale: float | None = None) -> None:
        import pygame

        if not pygame.font.get_init():
            _font.cache_clear()
            pygame.font.init()
        self.frame = frame
        self.size = (frame.shape[1], frame.shape[0])
        self.scale = ui_scale(self.size) if scale is None else scale
        # The surface and the frame are the same memory.
        self.surface: pygame.Surface = pygame.image.frombuffer(frame.data, self.size, "RGBX")

    def px(self, length: float) -> int:
        """A length of the design in pixels of this frame."""
        return round(length * self.scale)

    def text(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float = 15,
        color: Color = WHITE,
        align: tuple[float, float] = (0.0, 0.0),
        bold: bool = False,
        opacity: float = 1.0,
    ) -> float:
        """Writes a line and returns its width [px].

        Args:
            text: What to write.
            x: Where [px].
            y: Where [px].
            size: Height of the line in the design.
            color: RGB.
            align: Which point of the line lies at (x, y), as fractions of its width and height.
            bold: Heavier strokes.
            opacity: In [0, 1].
        """
        if not text:
            return 0.0
        image = _text_image(text, max(self.px(size), 8), color, bold)
        if opacity < 1.0:
            image = image.copy()
            image.set_alpha(round(255 * opacity))
        width, height = image.get_size()
        self.surface.blit(image, (round(x - align[0] * width), round(y - align[1] * height)))
        return width

    def text_width(self, text: str, *, size: float = 15, bold: bool = False) -> int:
        """How wide a line would be [px]."""
        return _text_image(text, max(self.px(size), 8), WHITE, bold).get_width() if text else 0

    def panel(self, box: Box, *, color: Color = PANEL, opacity: float = PANEL_OPACITY, radius: float = 9) -> None:
        """Fills a rounded rectangle."""
        fill(self.frame, rounded_box(box, radius * self.scale), color, opacity)

    def outline(self, box: Box, *, color: Color, opacity: float = 1.0, radius: float = 9, width: float = 1.5) -> None:
        """Draws the rim of a rounded rectangle."""
        stroke(self.frame, rounded_box(box, radius * self.scale), width * self.scale, color, opacity, closed=True)

    def bar(self, box: Box, share: float, color: Color, *, from_middle: bool = False, upright: bool = False) -> None:
        """A gauge.

        Args:
            box: Where.
            share: How full, in [0, 1]; in [-1, 1] if it begins in the middle.
            color: Of the filled part.
            from_middle: Grows from the middle to the right (positive) or left.
            upright: Grows upwards instead of to the right.
        """
        radius = 0.5 * min(box.width, box.height)
        fill(self.frame, rounded_box(box, radius), FAINT, 0.6)
        share = float(np.clip(share, -1.0 if from_middle else 0.0, 1.0))
        if from_middle:
            middle, half = box.left + box.width / 2, share * box.width / 2
            part = Box(min(middle, middle + half), box.top, abs(half), box.height)
        elif upright:
            part = Box(box.left, box.top + box.height * (1 - share), box.width, box.height * share)
        else:
            part = Box(box.left, box.top, box.width * share, box.height)
        if min(part.width, part.height) >= 1.0:
            fill(self.frame, rounded_box(part, min(radius, part.width / 2, part.height / 2)), color)

    def picture(self, picture: np.ndarray, box: Box, *, smooth: bool, radius: float = 6) -> None:
        """Shows an RGB picture, uint8 (h, w, 3), stretched to a box with rounded corners."""
        left, top = round(box.left), round(box.top)
        width, height = max(round(box.width), 1), max(round(box.height), 1)
        if left < 0 or top < 0 or left + width > self.size[0] or top + height > self.size[1]:
            return
        shrinks = width < picture.shape[1]
        how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC if smooth else cv2.INTER_NEAREST
        region = self.frame[top : top + height, left : left + width]
        image = cv2.cvtColor(cv2.resize(picture, (width, height), interpolation=how), cv2.COLOR_RGB2RGBA)
        mask = _corner_mask(width, height, round(radius * self.scale))
        cv2.copyTo(image, mask, region)

    def disc(self, x: float, y: float, radius: float, color: Color, opacity: float = 1.0) -> None:
        """Fills a disc; all lengths in pixels."""
        disc(self.frame, x, y, radius, color, opacity)

    def ring(self, x: float, y: float, radius: float, width: float, color: Color, opacity: float = 1.0) -> None:
        """Draws a circle; all lengths in pixels."""
        rings(self.frame, np.array([(x, y)]), radius, color, opacity, width_px=width)

    def polygon(self, points: np.ndarray, color: Color, opacity: float = 1.0) -> None:
        """Fills a polygon, shape (point, 2) [px]."""
        fill(self.frame, np.asarray(points, np.float64), color, opacity)

    def line(self, points: np.ndarray, width: float, color: Color, opacity: float = 1.0) -> None:
        """Draws a line through points, shape (point, 2) [px]."""
        stroke(self.frame, np.asarray(points, np.float64), width, color, opacity)


def rounded_box(box: Box, radius: float) -> np.ndarray:
    """Outline of a rectangle with round corners, shape (point, 2) [px]."""
    radius = min(radius, box.width / 2, box.height / 2)
    reach = np.array([(box.width / 2 - radius, box.height / 2 - radius)])
    return _CORNER_SIDE * reach + _CORNER_ARC * radius + (box.left + box.width / 2, box.top + box.height / 2)


_TURN = np.linspace(0.0, np.pi / 2, 7)[None, :] + np.pi / 2 * np.arange(4)[:, None]
_CORNER_ARC = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=-1).reshape(-1, 2)
_CORNER_SIDE = np.repeat(np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]), 7, axis=0)


@lru_cache(maxsize=512)
def _text_image(text: str, pixels: int, color: Color, bold: bool) -> "pygame.Surface":
    import pygame

    # Hinted glyphs of this size would sit on whole pixels, unevenly spaced; scaled down they keep their places.
    large = _font(pixels * _TEXT_SUPERSAMPLE, bold).render(text, True, color)
    width, height = large.get_size()
    size = (max(math.ceil(width / _TEXT_SUPERSAMPLE), 1), max(math.ceil(height / _TEXT_SUPERSAMPLE), 1))
    return pygame.transform.smoothscale(large.convert_alpha() if pygame.display.get_surface() else large, size)


@lru_cache(maxsize=64)
def _font(pixels: int, bold: bool) -> "pygame.font.Font":
    import pygame

    if _font.cache_info().currsize == 0:
        # Fonts do not outlive pygame: drawing with one that did ends the process.
        pygame.register_quit(_font.cache_clear)
    return pygame.font.Font(_font_file(bold), pixels)


@lru_cache(maxsize=2)
def _font_file(bold: bool) -> str | None:
    """DejaVu Sans as matplotlib brings it, or None for pygame's own font."""
    spec = find_spec("matplotlib")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder) / "mpl-data" / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf"
        if file.is_file():
            return str(file)
    return None


@lru_cache(maxsize=32)
def _corner_mask(width: int, height: int, radius: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    outline = rounded_box(Box(0, 0, width, height), radius)
    cv2.fillPoly(mask, [np.round(outline - 0.5).astype(np.int32)], 255)
    return mask
