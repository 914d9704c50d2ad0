"""Camera panes: what the car sees, what the network makes of it, arranged beside the road."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from drivesim.render.ink import DIM, GAP, PANEL, WHITE, Box, Color, Ink, ui_scale
from drivesim.semantics import SEMANTIC_COLOR

DEPTH_NEAR_M = 2.0
DEPTH_FAR_M = 120.0
_LOG_RANGE = float(np.log(DEPTH_FAR_M / DEPTH_NEAR_M))
SKY_M = 900.0
"""Depths beyond are the sky."""
_SEMANTIC_TABLE = np.zeros((1, 256, 3), np.uint8)
_SEMANTIC_TABLE[0, : len(SEMANTIC_COLOR)] = SEMANTIC_COLOR
_COLUMN_SHARE = 0.27
_COLUMN_STEP = 8
_STRIP_SHARE = 0.24


@dataclass(frozen=True, kw_only=True, eq=False)
class Pane:
    """A picture with a title."""

    title: str
    picture: np.ndarray
    """RGB uint8, shape (h, w, 3)."""
    by_network: bool = False
    """Drawn by the driver rather than by the simulator."""
    smooth: bool = True
    """Interpolated when enlarged; labels are not."""

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.picture.shape[1] / self.picture.shape[0]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the table of numbers."""

    name: str
    truth: str
    network: str = ""


def semantic_picture(ids: np.ndarray) -> np.ndarray:
    """Class ids, any integer type, shape (h, w), as colours; unknown ids are black."""
    gray = np.where((ids >= 0) & (ids < len(SEMANTIC_COLOR)), ids, 0).astype(np.uint8)
    return cv2.LUT(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), _SEMANTIC_TABLE)


def depth_picture(depth: np.ndarray) -> np.ndarray:
    """Depth [m], shape (h, w), as colours: near is bright, log-scaled, the sky nearly black."""
    depth = np.asarray(depth, np.float32)
    # `fmin` takes the number where the other is a nan.
    metres = np.maximum(np.fmin(depth, np.float32(DEPTH_FAR_M)), np.float32(DEPTH_NEAR_M))
    gray = (255.5 - 225.0 / _LOG_RANGE * np.log(metres / np.float32(DEPTH_NEAR_M))).astype(np.uint8)
    gray[depth > SKY_M] = 8
    return cv2.cvtColor(cv2.applyColorMap(gray, cv2.COLORMAP_MAGMA), cv2.COLOR_BGR2RGB)


def arrange(rows: Sequence[Sequence[float]], size: tuple[int, int], *, extra: float = 0.0) -> tuple[list[Box], Box]:
    """Places panes beside the road: in a column on the right, or in a strip on top of an upright window.

    Args:
        rows: Width over height of every pane, row by row.
        size: Of the window [px].
        extra: Height to keep free below the panes, at scale 1 [px].

    Returns:
        A box for every pane in order, and the box around all of them (empty when there are none). Boxes lie inside
        the window and do not overlap.
    """
    width, height = size
    scale = ui_scale(size)
    gap = GAP * scale
    rows = [row for row in rows if len(row)]
    if not rows:
        return [], Box(width, 0.0, 0.0, 0.0)
    if width < height:
        flat = [aspect for row in rows for aspect in row]
        high = min(_STRIP_SHARE * height, (width - gap * (len(flat) + 1)) / sum(flat))
        boxes, left = [], gap
        for aspect in flat:
            boxes.append(Box(left, gap, high * aspect, high))
            left += high * aspect + gap
        return boxes, Box(gap, gap, left - 2 * gap, high)
    room = height - gap * (len(rows) + 1) - extra * scale
    # A row of n panes is (column - (n - 1) gap) / (sum of aspects) high; all rows together must fit the room.
    slope = sum(1.0 / sum(row) for row in rows)
    offset = sum((len(row) - 1) * gap / sum(row) for row in rows)
    # Whole steps, so that cameras can be rendered at exactly the size they are shown.
    column = max(math.floor(min(_COLUMN_SHARE * width, (room + offset) / slope) / _COLUMN_STEP) * _COLUMN_STEP, 1.0)
    left, top, boxes = width - gap - column, gap, []
    for row in rows:
        high = (column - (len(row) - 1) * gap) / sum(row)
        x = left
        for aspect in row:
            boxes.append(Box(x, top, high * aspect, high))
            x += high * aspect + gap
        top += high + gap
    return boxes, Box(left, gap, column, top - 2 * gap)


def draw_panes(ink: Ink, panes: Sequence[Pane], boxes: Sequence[Box]) -> None:
    """Draws panes into their boxes, from `arrange`."""
    for pane, box in zip(panes, boxes, strict=True):
        rim = 2 * ink.scale
        ink.panel(Box(box.left - rim, box.top - rim, box.width + 2 * rim, box.height + 2 * rim), radius=8, opacity=0.9)
        ink.picture(pane.picture, box, smooth=pane.smooth)
        _title(ink, pane, box)


def draw_lines(ink: Ink, lines: Sequence[Line], left: float, top: float, width: float) -> Box:
    """Draws the table of numbers: name, truth, and what the driver says where it says anything."""
    pitch, gap = ink.px(19), ink.px(GAP)
    answered = any(line.network for line in lines)
    box = Box(left, top, width, pitch * (len(lines) + 1) + 1.4 * gap)
    if box.bottom > ink.size[1] or not lines:
        return Box(left, top, width, 0.0)
    ink.panel(box)
    columns = (left + 0.7 * width, left + width - gap) if answered else (left + width - gap,) * 2
    y = top + 0.7 * gap
    ink.text("lane and lead", left + gap, y, size=12, color=DIM)
    ink.text("truth", columns[0], y, size=12, color=DIM, align=(1, 0))
    if answered:
        ink.text("driver", columns[1], y, size=12, color=_NETWORK, align=(1, 0))
    for number, line in enumerate(lines, 1):
        row = y + number * pitch
        ink.text(line.name, left + gap, row, size=13, color=DIM)
        ink.text(line.truth, columns[0], row, size=13, align=(1, 0))
        ink.text(line.network, columns[1], row, size=13, color=_NETWORK, align=(1, 0))
    return box


_NETWORK: Color = (255, 130, 208)


def _title(ink: Ink, pane: Pane, box: Box) -> None:
    size = 12 if box.width > 150 * ink.scale else 10
    pad = ink.px(5)
    color = _NETWORK if pane.by_network else WHITE
    x, y = box.left + 1.6 * pad, box.top + 1.2 * pad
    label = Box(
        box.left + 0.6 * pad, box.top + 0.6 * pad, ink.text_width(pane.title, size=size) + 2 * pad, ink.px(size + 6)
    )
    ink.panel(label, color=PANEL, opacity=0.62, radius=5)
    ink.text(pane.title, x, y, size=size, color=color)
