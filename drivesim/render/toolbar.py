"""Buttons for those who would rather use the mouse."""

import math
from collections.abc import Set

import numpy as np

from drivesim.render.ink import AMBER, DIM, GAP, RED, WHITE, Box, Color, Ink

BUTTON_PX = 34
_STATUS_PX = 34
BUTTONS: tuple[tuple[str, str], ...] = (
    ("restart", "restart  R"),
    ("slower", "slower  -"),
    ("back", "one step back  ,"),
    ("pause", "pause  Space"),
    ("step", "one step  N"),
    ("faster", "faster  +"),
    ("next", "next road  Tab"),
    ("wheel", "take the wheel  T"),
    ("picture", "screenshot  P"),
    ("record", "record  V"),
    ("browser", "suites and situations  O"),
    ("menu", "panes, weather, faults  M"),
    ("help", "keys  H"),
)
"""Names of the buttons from left to right, and what each says when pointed at."""


def button_boxes(free: Box, scale: float, cluster: Box) -> dict[str, Box]:
    """Where the buttons are: bottom right of the free area, or above the instruments; none where there is no room."""
    side, gap = BUTTON_PX * scale, GAP * scale
    width = len(BUTTONS) * side
    left, top = free.right - gap - width, free.bottom - gap - side
    if left < cluster.right + gap:
        # The line that tells the pace lies in between.
        left, top = free.left + gap, cluster.top - _STATUS_PX * scale - side
        if left + width + gap > free.right or top < free.top + 0.5 * free.height:
            return {}
    return {name: Box(left + number * side, top, side, side) for number, (name, _) in enumerate(BUTTONS)}


def draw_toolbar(ink: Ink, boxes: dict[str, Box], lit: Set[str], pointed: str | None) -> Box:
    """Draws the buttons.

    Args:
        ink: Where.
        boxes: From `button_boxes`.
        lit: Buttons that are switched on.
        pointed: The button under the mouse, from `button_at`.

    Returns:
        The box around the buttons and what is said about the one that is pointed at.
    """
    if not boxes:
        return Box(0.0, 0.0, 0.0, 0.0)
    first, last = boxes[BUTTONS[0][0]], boxes[BUTTONS[-1][0]]
    ink.panel(Box(first.left, first.top, last.right - first.left, first.height))
    for name, hint in BUTTONS:
        box, over = boxes[name], name == pointed
        if over:
            inner = Box(box.left + 2, box.top + 2, box.width - 4, box.height - 4)
            ink.panel(inner, color=(70, 78, 92), opacity=0.9, radius=7)
            wide = ink.text_width(hint, size=12) + ink.px(14)
            left = min(box.left, last.right - wide)
            ink.panel(Box(left, box.top - ink.px(28), wide, ink.px(22)), opacity=0.9, radius=6)
            ink.text(hint, left + ink.px(7), box.top - ink.px(25), size=12)
        color = (RED if name == "record" else AMBER) if name in lit else WHITE if over else DIM
        _icon(ink, name, box, color)
    top = first.top - ink.px(28)
    return Box(first.left, top, last.right - first.left, last.bottom - top)


def button_at(boxes: dict[str, Box], pointer: tuple[float, float] | None) -> str | None:
    """The button at a place [px], if there is one."""
    return None if pointer is None else next((name for name, box in boxes.items() if box.contains(*pointer)), None)


def _icon(ink: Ink, name: str, box: Box, color: Color) -> None:
    x, y, r = box.left + box.width / 2, box.top + box.height / 2, 0.24 * box.width

    def at(*points: tuple[float, float]) -> np.ndarray:
        return np.array(points) * r + (x, y)

    def triangle(shift: float, size: float = 1.0, way: float = 1.0) -> np.ndarray:
        return at((shift - 0.7 * size * way, -size), (shift + 0.9 * size * way, 0.0), (shift - 0.7 * size * way, size))

    def bar(left: float, right: float) -> np.ndarray:
        return at((left, -1), (right, -1), (right, 1), (left, 1))

    thin = 2.0 * ink.scale
    if name == "pause":
        ink.polygon(bar(-0.85, -0.25), color)
        ink.polygon(bar(0.25, 0.85), color)
    elif name in ("step", "back"):
        way = 1.0 if name == "step" else -1.0
        ink.polygon(bar(*sorted((-1.0 * way, -0.55 * way))), color)
        ink.polygon(triangle(0.3 * way, 1.0, way), color)
    elif name in ("faster", "slower"):
        way = 1.0 if name == "faster" else -1.0
        ink.polygon(triangle(-0.6 * way, 0.8, way), color)
        ink.polygon(triangle(0.5 * way, 0.8, way), color)
    elif name == "next":
        ink.polygon(triangle(-0.2), color)
        ink.polygon(bar(0.7, 1.05), color)
    elif name == "restart":
        turn = np.linspace(-0.3 * math.pi, 1.35 * math.pi, 24)
        ink.line(at(*np.column_stack([np.cos(turn), np.sin(turn)])), thin, color)
        ink.polygon(at((0.15, -1.25), (1.15, -0.85), (0.35, -0.15)), color)
    elif name == "wheel":
        ink.ring(x, y, 1.05 * r, thin, color)
        for angle in (0.0, math.pi, 0.5 * math.pi):
            ink.line(at((0, 0), (1.05 * math.cos(angle), 1.05 * math.sin(angle))), thin, color)
    elif name == "picture":
        ink.line(at((-1.1, -0.6), (1.1, -0.6), (1.1, 0.8), (-1.1, 0.8), (-1.1, -0.6)), thin, color)
        ink.ring(x, y + 0.1 * r, 0.42 * r, thin, color)
        ink.line(at((-0.35, -0.95), (0.35, -0.95)), thin, color)
    elif name == "record":
        ink.disc(x, y, 0.85 * r, color)
    elif name == "browser":
        for row in (-0.75, 0.0, 0.75):
            ink.disc(x - 0.85 * r, y + row * r, 0.22 * r, color)
            ink.line(at((-0.4, row), (0.95, row)), thin, color)
    elif name == "menu":
        for row in (-0.75, 0.0, 0.75):
            ink.line(at((-0.95, row), (0.95, row)), thin, color)
    else:
        ink.text("?", x, y, size=17, color=color, align=(0.5, 0.5), bold=True)
