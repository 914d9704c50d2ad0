"""Panels kept as pictures: drawn when what they show changes, laid over every frame in one pass."""

import math
from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np

from drivesim.render.blend import blend_picture
from drivesim.render.ink import Box, Ink

_RIM_PX = 2
_OPAQUE = 256


class Sticker(NamedTuple):
    """A panel as a picture."""

    key: Hashable
    """What it shows."""
    box: Box
    """Where the panel is."""
    left: int
    top: int
    picture: np.ndarray
    """Premultiplied RGBA uint8 (h, w, 4), its corner at (left, top)."""


class Stickers:
    """Keeps the panels of one window.

    Drawing lays colour over what is there, channel by channel: out = light + (1 - alpha) * under. A panel drawn once on
    black and once on white therefore gives away its light and its alpha, whatever shapes and text it is made of.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Sticker] = {}
        self._black = self._white = Ink(np.zeros((1, 1, 4), np.uint8))

    def lay(self, ink: Ink, name: str, key: Hashable, draw: Callable[[Ink], Box]) -> Box:
        """Lays a panel over a frame.

        Args:
            ink: Draws on the frame.
            name: Which panel; each is kept once.
            key: All that decides how it looks; while it stays the same the panel is not drawn again.
            draw: Draws the panel and returns the box that holds all of it, empty where there is nothing to draw.

        Returns:
            The panel's box.
        """
        if (ink.size, ink.scale) != (self._black.size, self._black.scale):
            self._kept.clear()
            self._black, self._white = _blank(ink, 0), _blank(ink, 255)
        kept = self._kept.get(name)
        if kept is None or kept.key != key:
            kept = self._kept[name] = self._drawn(key, draw)
        if kept.picture.size:
            blend_picture(ink.frame, kept.left, kept.top, kept.picture, _OPAQUE)
        return kept.box

    def _drawn(self, key: Hashable, draw: Callable[[Ink], Box]) -> Sticker:
        box = draw(self._black)
        draw(self._white)
        left, top = max(math.floor(box.left) - _RIM_PX, 0), max(math.floor(box.top) - _RIM_PX, 0)
        right, bottom = math.ceil(box.right) + _RIM_PX, math.ceil(box.bottom) + _RIM_PX
        if box.width <= 0.0 or box.height <= 0.0:
            right, bottom = left, top
        light, lifted = self._black.frame[top:bottom, left:right], self._white.frame[top:bottom, left:right]
        alpha = 255 - np.maximum(lifted[..., 1], light[..., 1]) + light[..., 1]
        picture = np.dstack([light[..., :3], alpha])
        light[:], lifted[:] = 0, 255
        return Sticker(key, box, left, top, picture)


def _blank(ink: Ink, value: int) -> Ink:
    return Ink(np.full((ink.size[1], ink.size[0], 4), value, np.uint8), scale=ink.scale)
