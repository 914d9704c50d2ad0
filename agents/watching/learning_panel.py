"""The panel that shows how a training goes: time, share done, success and loss."""

import math

import numpy as np

from agents.watching.training_folder import Curve, Learning
from drivesim.render.ink import AMBER, BLUE, DIM, FAINT, GAP, GREEN, WHITE, Box, Color, Ink

_WIDTH_PX, _HEIGHT_PX, _REASON_PX = 252, 200, 20
_PLOT_PX = 46
_QUIET_S = 60.0
"""Without news for this long the panel says so [s]."""


def panel_size(learning: Learning) -> tuple[int, int]:
    """Width and height of the panel, at scale 1 [px]."""
    return _WIDTH_PX, _HEIGHT_PX + (_REASON_PX if learning.reason else 0)


def draw_learning(ink: Ink, learning: Learning, left: float, top: float, *, quiet_s: float = 0.0) -> Box:
    """Draws the panel and returns its box.

    Args:
        ink: Where.
        learning: What is known.
        left: Its left edge [px].
        top: Its top edge [px].
        quiet_s: Time since the last news [s].
    """
    gap = ink.px(GAP)
    width, height = panel_size(learning)
    box = Box(left, top, ink.px(width), ink.px(height))
    ink.panel(box)
    x, right = box.left + 1.2 * gap, box.right - 1.2 * gap
    y = box.top + gap
    ink.text(state_of(learning, quiet_s), x, y, size=15, bold=True)
    if learning.begun:
        ink.text(f"{100 * learning.fraction:.0f} %", right, y, size=13, color=DIM, align=(1, 0))
    bar = Box(x, y + ink.px(25), right - x, ink.px(6))
    ink.bar(bar, 1.0 if learning.done else learning.fraction, GREEN if learning.done else AMBER)
    y = bar.bottom + ink.px(9)
    duration = max(learning.seconds, 1.0)
    last = f"{100 * learning.success[-1][1]:.0f} %" if learning.success else "-"
    y = _curve_head(ink, "success on unseen roads", last, GREEN, x, right, y)
    _plot(ink, Box(x, y, right - x, ink.px(_PLOT_PX)), learning.success, duration, (0.0, 1.0), GREEN, dots=True)
    y += ink.px(_PLOT_PX) + ink.px(8)
    last = f"{learning.loss[-1][1]:.2f}" if learning.loss else "-"
    y = _curve_head(ink, "loss", last, BLUE, x, right, y)
    decades = tuple((seconds, math.log10(max(loss, 1e-6))) for seconds, loss in learning.loss)
    values = [value for _, value in decades] or [0.0]
    span = (min(values) - 0.05, max(max(values), min(values) + 0.3) + 0.05)
    _plot(ink, Box(x, y, right - x, ink.px(_PLOT_PX)), decades, duration, span, BLUE, dots=False)
    if learning.reason:
        ink.text(learning.reason, x, y + ink.px(_PLOT_PX + 6), size=12, color=DIM)
    return box


def state_of(learning: Learning, quiet_s: float = 0.0) -> str:
    """The training's state in a few words, such as "training 1:23"."""
    minutes, seconds = divmod(int(learning.seconds), 60)
    if learning.done:
        return f"trained for {minutes}:{seconds:02d}"
    if not learning.begun:
        return "about to train"
    if quiet_s > _QUIET_S:
        return f"no news for {int(quiet_s // 60)}:{int(quiet_s % 60):02d}"
    return f"training {minutes}:{seconds:02d}"


def _curve_head(ink: Ink, name: str, value: str, color: Color, x: float, right: float, y: float) -> float:
    """The line above a plot; returns where the plot begins."""
    ink.text(name, x, y, size=12, color=DIM)
    ink.text(value, right, y - ink.px(2), size=14, color=color, align=(1, 0), bold=True)
    return y + ink.px(18)


def _plot(
    ink: Ink, box: Box, curve: Curve, duration_s: float, span: tuple[float, float], color: Color, *, dots: bool
) -> None:
    """A curve over the training time so far, with a line at the bottom, in the middle and at the top."""
    for share in (0.0, 0.5, 1.0):
        y = box.bottom - share * box.height
        ink.line(np.array([(box.left, y), (box.right, y)]), 1.0, FAINT, 0.9 if share == 0.0 else 0.35)
    if not curve:
        ink.text("not measured yet", box.left + box.width / 2, box.top + box.height / 2, size=11, color=FAINT,
                 align=(0.5, 0.5))  # fmt: skip
        return
    values = np.array(curve)
    share = np.clip((values[:, 1] - span[0]) / (span[1] - span[0]), 0.0, 1.0)
    points = np.column_stack([
        box.left + box.width * np.clip(values[:, 0] / duration_s, 0.0, 1.0),
        box.bottom - box.height * share,
    ])  # fmt: skip
    if len(points) > 1:
        floor = np.array([(points[-1, 0], box.bottom), (points[0, 0], box.bottom)])
        ink.polygon(np.vstack([points, floor]), color, 0.18)
        ink.line(points, 2.0 * ink.scale, color)
    for px, py in points if dots else points[-1:]:
        ink.disc(float(px), float(py), 3.0 * ink.scale, color)
    if dots:
        ink.disc(float(points[-1, 0]), float(points[-1, 1]), 1.4 * ink.scale, WHITE)
