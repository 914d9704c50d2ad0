"""What stands beside the road: the cameras' panes and the numbers, drawn once per control step as one picture."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from agents.heads import Head, PicturePane
from agents.watching.driven_world import Tick
from agents.watching.eyes import Eyes
from agents.watching.panes import pane_names, picture_panes, rows_of
from drivesim.render.ink import GAP, Box, Ink, ui_scale
from drivesim.render.panels import Line, Pane, arrange, draw_lines, draw_panes
from drivesim.semantics import Semantic
from drivesim.sensors.camera.sky import SKY_DEPTH_M

_LINE_PX, _LINES_FRAME_PX, _LINES_WIDTH_PX = 19.0, 46.0, 300.0
_TICKS_KEPT = 4
_BACKGROUND = (9, 11, 16, 255)
_CAMERA = PicturePane(title="camera", key="rgb", channel="rgb", paint=lambda picture: picture)


class SidePicture(NamedTuple):
    """The panes of one control step."""

    left: int
    """Where the picture's corner lies in the window [px]."""
    top: int
    picture: np.ndarray
    """RGBA uint8, shape (h, w, 4); empty where no pane is shown."""
    free: Box
    """What it leaves of the window."""


class _Layout(NamedTuple):
    size: tuple[int, int]
    scale: float
    shown: frozenset[str]


class Side:
    """Draws the panes; `prepare` may run in another thread than `picture`, so that nobody waits for it.

    Args:
        eyes: The driver's cameras; pictures are explained for the first.
        heads: In whose words the driver explains itself.
    """

    def __init__(self, eyes: Sequence[Eyes], heads: Sequence[Head]) -> None:
        self.panes = pane_names(heads)
        """Names of the panes there are, in the order of their keys."""
        self._heads = heads
        self.shown: set[str] = set(self.panes)
        """Panes that are wanted."""
        self._eyes = eyes
        self._wanted: _Layout | None = None
        self._ready: OrderedDict[Tick, tuple[_Layout, SidePicture]] = OrderedDict()
        self._busy = threading.Lock()

    def show_all(self) -> None:
        """Wants every pane."""
        self.shown = set(self.panes)

    def prepare(self, tick: Tick) -> None:
        """Draws a step ahead of time, for the layout that was asked for last."""
        layout = self._wanted
        if layout is not None:
            with self._busy:
                self._draw(tick, layout)

    def picture(self, tick: Tick, size: tuple[int, int], scale: float | None = None) -> SidePicture:
        """The panes of a step; draws them unless `prepare` did.

        Args:
            tick: The step.
            size: Of the window [px].
            scale: How large text is; None for what suits the window.
        """
        layout = self._wanted = _Layout(size, ui_scale(size) if scale is None else scale, frozenset(self.shown))
        with self._busy:
            kept = self._ready.get(tick)
            return kept[1] if kept is not None and kept[0] == layout else self._draw(tick, layout)

    def _draw(self, tick: Tick, layout: _Layout) -> SidePicture:
        drawn = self._drawn(tick, layout)
        self._ready[tick] = layout, drawn
        self._ready.move_to_end(tick)
        while len(self._ready) > _TICKS_KEPT:
            self._ready.popitem(last=False)
        return drawn

    def _drawn(self, tick: Tick, layout: _Layout) -> SidePicture:
        (width, height), scale = layout.size, ui_scale(layout.size)
        numbers = "numbers" in layout.shown and width >= height
        rows = rows_of(self._heads, tick.truth, tick.explanation) if numbers else []
        extra = _LINES_FRAME_PX + _LINE_PX * len(rows) if numbers else 0.0
        plan = self._plan(tick, layout.shown)
        boxes, around = arrange([[eyes.aspect for eyes, _, _ in row] for row in plan], layout.size, extra=extra)
        if not boxes and not numbers:
            return SidePicture(0, 0, np.zeros((0, 0, 4), np.uint8), Box(0.0, 0.0, width, height))
        gap = GAP * scale
        wide = around.width or _LINES_WIDTH_PX * scale
        if width < height:
            left, top, right, bottom = 0, 0, width, round(around.bottom + gap)
            free = Box(0.0, bottom, width, height - bottom)
        else:
            left, top, right, bottom = max(round(width - 2 * gap - wide), 0), 0, width, height
            free = Box(0.0, 0.0, left, height)
        picture = np.empty((bottom - top, right - left, 4), np.uint8)
        picture[:] = _BACKGROUND
        ink = Ink(picture, scale=layout.scale)
        for eyes in self._eyes:
            eyes.look(tick.moment)
        panes = [
            self._pane(tick.explanation, *entry, box.width)
            for entry, box in zip((entry for row in plan for entry in row), boxes, strict=True)
        ]
        draw_panes(ink, panes, [box._replace(left=box.left - left) for box in boxes])
        if numbers:
            lines = [Line(name=name, truth=truth, network=said) for name, truth, said in rows]
            draw_lines(ink, lines, width - gap - wide - left, around.bottom + gap, wide)
        return SidePicture(left, top, picture, free)

    def _plan(self, tick: Tick, shown: frozenset[str]) -> list[list[tuple[Eyes, PicturePane, bool]]]:
        """The panes row by row: whose view, which picture, and whether the driver drew it."""
        first = next(iter(self._eyes), None)
        plan: list[list[tuple[Eyes, PicturePane, bool]]] = []
        if "camera" in shown:
            plan += [[(eyes, _CAMERA, False)] for eyes in self._eyes if eyes.has_color]
        for pane in picture_panes(self._heads):
            if first is None:
                break
            row = [(first, pane, False)] if pane.channel and pane.title in shown else []
            if pane.key in tick.explanation and f"network {pane.title}" in shown:
                row.append((first, pane, True))
            plan += [row] if row else []
        return plan

    def _pane(
        self, said: Mapping[str, np.ndarray], eyes: Eyes, pane: PicturePane, by_network: bool, width: float
    ) -> Pane:
        if by_network:
            values, title = seen_by(said, pane.key), "network"
        else:
            values = eyes.see(width, (pane.channel,))[pane.channel]
            title = pane.title if eyes is self._eyes[0] else eyes.title
        return Pane(title=title, picture=pane.paint(values), by_network=by_network, smooth=pane.smooth)


def seen_by(said: Mapping[str, np.ndarray], key: str) -> np.ndarray:
    """A picture of a driver's; nobody learns how far the sky is, so its depth is that of the sky."""
    values = np.asarray(said[key])
    semantic = said.get("semantic")
    if key != "depth" or semantic is None or semantic.shape != values.shape:
        return values
    return np.where(semantic == Semantic.SKY, np.float32(SKY_DEPTH_M), values)
