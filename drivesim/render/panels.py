"""Panes: what sensors deliver and what the network makes of it, as captioned pictures; the table of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from drivesim.render.ink import DIM, GAP, PANEL, RED, WHITE, Box, Color, Ink
from drivesim.semantics import SEMANTIC_COLOR

DEPTH_NEAR_M = 2.0
DEPTH_FAR_M = 120.0
_LOG_RANGE = float(np.log(DEPTH_FAR_M / DEPTH_NEAR_M))
SKY_M = 900.0
"""Depths beyond are the sky."""
_SEMANTIC_TABLE = np.zeros((1, 256, 3), np.uint8)
_SEMANTIC_TABLE[0, : len(SEMANTIC_COLOR)] = SEMANTIC_COLOR


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
    note: str = ""
    """What is to be known about it, such as its age; left out where there is no room."""
    fault: str = ""
    """What is wrong with it."""

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
    ink.text("numbers", left + gap, y, size=12, color=DIM)
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
_FAULT_PANEL: Color = (140, 26, 24)


def _title(ink: Ink, pane: Pane, box: Box) -> None:
    """The caption: its name at the top left, cut to the pane's width, and what is wrong with it below."""
    size = 12 if box.width > 150 * ink.scale else 10
    color = _NETWORK if pane.by_network else WHITE
    pad = ink.px(5)
    room = box.width - 3.2 * pad
    title = _cut(ink, pane.title, size, room)
    note = f"  {pane.note}" if pane.note and title == pane.title else ""
    if note and ink.text_width(title, size=size) + ink.text_width(note, size=size) > room:
        note = ""
    wide = ink.text_width(title, size=size)
    label = Box(
        box.left + 0.6 * pad,
        box.top + 0.6 * pad,
        wide + (ink.text_width(note, size=size) if note else 0) + 2 * pad,
        ink.px(size + 6),
    )
    if label.bottom > box.bottom:
        return
    ink.panel(label, color=PANEL, opacity=0.62, radius=5)
    ink.text(title, label.left + pad, box.top + 1.2 * pad, size=size, color=color)
    ink.text(note, label.left + pad + wide, box.top + 1.2 * pad, size=size, color=DIM)
    if pane.fault:
        said = _cut(ink, pane.fault, size, room)
        below = Box(label.left, label.bottom + 0.4 * pad, ink.text_width(said, size=size) + 2 * pad, label.height)
        if below.bottom <= box.bottom:
            ink.panel(below, color=_FAULT_PANEL, opacity=0.88, radius=5)
            ink.text(said, below.left + pad, below.top + 0.6 * pad, size=size)
        rim = 1.5 * ink.scale
        ink.outline(Box(box.left + rim / 2, box.top + rim / 2, box.width - rim, box.height - rim), color=RED, radius=6)


def _cut(ink: Ink, text: str, size: float, room: float) -> str:
    """A text, or as much of its beginning as there is room for [px]."""
    if ink.text_width(text, size=size) <= room:
        return text
    for end in range(len(text) - 1, 0, -1):
        if ink.text_width(f"{text[:end]}…", size=size) <= room:
            return f"{text[:end].rstrip()}…"
    return ""
