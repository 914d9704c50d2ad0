"""Numbers over time: what a sensor that delivers no picture has said for some seconds, and its curves."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import cv2
import numpy as np

from drivesim.render.compose import fixed
from drivesim.render.ink import DIM, FAINT, WHITE, Box, Color, Ink

WINDOW_S = 10.0
"""Curves show this long [s]."""
SPANS_MIN = {"m/s^2": 4.0, "rad/s": 0.2, "rad": 0.2, "m/s": 2.0, "m": 4.0}
"""Least range of values that a curve's height stands for, by unit: noise is not blown up."""
COLORS: tuple[Color, ...] = ((255, 122, 96), (116, 214, 128), (104, 166, 255), (255, 196, 92), (200, 140, 250))
_TOLD_SHARE = 0.56
"""Greatest share of a plot's width for names and numbers."""
_LETTER_PX, _LINE_PX = 8.0, 9.5
"""Least height of a letter, and of a line [px]."""
_BACK: Color = (20, 23, 29)
_SUPERSCRIPT = str.maketrans({"2": "²", "^": None})


class Strip(NamedTuple):
    """Values over time."""

    names: tuple[str, ...]
    """Of each row, with its unit: "ax m/s^2"."""
    times: np.ndarray
    """Since the episode began [s], shape (sample,)."""
    values: np.ndarray
    """Shape (row, sample); nan where there was none."""


class StripHistory:
    """Keeps what a sensor says for `WINDOW_S`."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, time_s: float, values: Mapping[str, np.ndarray], *, step_s: float) -> None:
        """Takes up the samples of one step.

        Args:
            time_s: When the last of them was taken [s]; the time of an earlier one begins anew.
            values: Samples by name with unit, the oldest first, spread evenly over the step.
            step_s: How long the step took [s].
        """
        names = tuple(values)
        if names != self._names or (self._parts and time_s < self._parts[-1][0][-1] - 1e-6):
            self._names, self._parts = names, []
        rows = np.array([np.asarray(samples, np.float64) for samples in values.values()])
        times = time_s - step_s * np.arange(rows.shape[1] - 1, -1, -1) / max(rows.shape[1], 1)
        if self._parts and abs(time_s - self._parts[-1][0][-1]) < 1e-6:
            self._parts.pop()
        self._parts.append((times, rows))
        while self._parts[0][0][-1] < time_s - WINDOW_S:
            self._parts.pop(0)

    def strip(self) -> Strip:
        """All that is kept."""
        if not self._parts:
            return Strip(self._names, np.zeros(0), np.zeros((len(self._names), 0)))
        return Strip(
            self._names,
            np.concatenate([times for times, _ in self._parts]),
            np.concatenate([rows for _, rows in self._parts], axis=1),
        )


def strip_plot(strip: Strip, size: tuple[int, int], *, scale: float = 1.0) -> np.ndarray:
    """The curves of a strip, now at the right, with their last values: RGB uint8, shape (height, width, 3).

    Rows whose names begin with the same letter and have the same unit are components of one vector, and share a plot.

    Args:
        strip: What to show.
        size: Width and height [px].
        scale: How large text is.
    """
    width, height = size
    frame = np.empty((height, width, 4), np.uint8)
    frame[:] = (*_BACK, 255)
    ink = Ink(frame, scale=scale)
    groups = _groups(strip.names)
    # The caption of the pane lies over the top.
    top = min(22.0 * scale, 0.25 * height)
    high = (height - top) / max(len(groups), 1)
    legends = [_legend_of(strip, rows, high, scale) for rows in groups]
    told = max((_width_of(ink, legend) for legend in legends), default=0.0)
    if told > _TOLD_SHARE * width:
        shrunk = _TOLD_SHARE * width / told
        # Letters are never smaller than can be read.
        small = any(legend.size * shrunk * scale < _LETTER_PX for legend in legends)
        legends = [legend._replace(size=legend.size * shrunk, unit="" if small else legend.unit) for legend in legends]
        told = _TOLD_SHARE * width
    for number, (rows, legend) in enumerate(zip(groups, legends, strict=True)):
        box = Box(0.0, top + number * high, width, high)
        _plot(ink, strip, rows, box, told)
        _tell(ink, legend, _colors(rows), box)
    return cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB)


def bounds_of(values: np.ndarray, unit: str) -> tuple[float, float]:
    """Values at the bottom and the top of a plot: what there is, with a rim, and no less than `SPANS_MIN`."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    span = max(1.15 * (high - low), SPANS_MIN.get(unit, 1e-3))
    middle = 0.5 * (low + high)
    return middle - 0.5 * span, middle + 0.5 * span


def continuous(angles: np.ndarray) -> np.ndarray:
    """Rows of angles without jumps of whole turns: a heading that swings about west draws one curve."""
    result = angles.copy()
    for row in result:
        known = np.isfinite(row)
        row[known] = np.unwrap(row[known])
    return result


def _groups(names: Sequence[str]) -> list[list[int]]:
    def vector(row: int) -> tuple[str, str]:
        return names[row][0], _unit(names[row])

    return [list(rows) for _, rows in groupby(range(len(names)), vector)]


def _unit(name: str) -> str:
    return name.partition(" ")[2].split(" ")[-1]


def _plot(ink: Ink, strip: Strip, rows: Sequence[int], box: Box, told: float) -> None:
    """A plot of rows in `box`, of which the last `told` pixels are for names and numbers."""
    unit = _unit(strip.names[rows[0]])
    values = continuous(strip.values[rows]) if unit == "rad" else strip.values[rows]
    low, high = bounds_of(values, unit)
    rim, right = 2.0 * ink.scale, box.width - told
    inner = box.height - 2.0 * rim

    def row_of(value: np.ndarray | float) -> np.ndarray:
        return box.top + rim + inner * (1.0 - (np.asarray(value, np.float64) - low) / (high - low))

    ink.line(np.array([(0.0, box.top), (box.width, box.top)]), 1.0 * ink.scale, FAINT, 0.5)
    if low < 0.0 < high:
        ink.line(np.array([(0.0, row_of(0.0)), (right, row_of(0.0))]), 1.0 * ink.scale, FAINT, 0.8)
    if strip.times.size:
        x = right - (strip.times[-1] - strip.times) / WINDOW_S * right
        for color, line in zip(_colors(rows), values, strict=True):
            _curve(ink, x, np.clip(row_of(line), box.top, box.bottom - 1.0), np.isfinite(line), color)


def _curve(ink: Ink, x: np.ndarray, y: np.ndarray, known: np.ndarray, color: Color) -> None:
    points = fixed(np.column_stack([x, np.where(known, y, 0.0)]))
    cuts = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
    runs = [run for run, keep in zip(np.split(points, cuts), np.split(known, cuts), strict=True) if keep[:1].all()]
    thick = max(1, round(1.3 * ink.scale))
    cv2.polylines(ink.frame, [run for run in runs if len(run)], False, (*color, 255), thick, cv2.LINE_AA, 4)


class _Legend(NamedTuple):
    texts: list[str]
    unit: str
    size: float


def _legend_of(strip: Strip, rows: Sequence[int], high: float, scale: float) -> _Legend:
    """Names and last values of rows."""
    unit = _unit(strip.names[rows[0]])
    last = strip.values[rows, -1] if strip.times.size else np.full(len(rows), math.nan)
    said = ["-" if not math.isfinite(value) else _number(value, unit) for value in last]
    names = [strip.names[row].removesuffix(unit).strip() for row in rows]
    lines = len(rows) + 1 if len(rows) > 1 else 1
    if lines > 1 and high < _LINE_PX * lines:
        # Without a line of its own for the unit.
        lines, unit = lines - 1, ""
    size = float(np.clip(0.8 * high / lines / scale, 7.0, 11.0))
    texts = [f"{name} {text}" for name, text in zip(names, said, strict=True)]
    return _Legend(texts, unit.translate(_SUPERSCRIPT), size)


def _width_of(ink: Ink, legend: _Legend) -> float:
    wide = max(ink.text_width(text, size=legend.size) for text in legend.texts)
    return wide + (0 if len(legend.texts) > 1 else ink.text_width(f" {legend.unit}", size=legend.size)) + 10 * ink.scale


def _tell(ink: Ink, legend: _Legend, colors: Sequence[Color], box: Box) -> None:
    """Writes a legend at the right of a plot."""
    middle, right = box.top + 0.5 * box.height, box.right - 4 * ink.scale
    size, lines = legend.size, len(legend.texts) + bool(legend.unit)
    if len(legend.texts) == 1:
        ink.text(legend.unit, right, middle, size=size, color=DIM, align=(1, 0.5))
        right -= ink.text_width(f" {legend.unit}", size=size) if legend.unit else 0
        ink.text(legend.texts[0], right, middle, size=size, color=colors[0], align=(1, 0.5))
        return
    pitch = min(box.height / lines, 1.25 * size * ink.scale)
    for number, (text, color) in enumerate(zip(legend.texts, colors, strict=True)):
        ink.text(text, right, middle + (number - 0.5 * (lines - 1)) * pitch, size=size, color=color, align=(1, 0.5))
    ink.text(legend.unit, right, middle + 0.5 * (lines - 1) * pitch, size=size, color=DIM, align=(1, 0.5))


def _number(value: float, unit: str) -> str:
    return f"{value:+.3f}" if unit.startswith("rad") else f"{value:+.1f}" if abs(value) < 1000 else f"{value:+.0f}"


def _colors(rows: Sequence[int]) -> list[Color]:
    return [COLORS[number % len(COLORS)] for number in range(len(rows))] if len(rows) > 1 else [WHITE]
