"""What stands beside the road: the wall of panes and the numbers, drawn once per control step as one picture."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.heads import Head
from agents.watching.panes import rows_of
from agents.watching.sources import Offer, SensorSource, Source
from agents.watching.tick import Tick
from drivesim.render.ink import GAP, Box, Ink, ui_scale
from drivesim.render.panels import Line, draw_lines, draw_panes
from drivesim.render.wall import arrange

NUMBERS = "numbers"
_LINE_PX, _LINES_FRAME_PX, _LINES_WIDTH_PX = 19.0, 46.0, 300.0
_TICKS_KEPT = 4
_BACKGROUND = (9, 11, 16, 255)


class SidePicture(NamedTuple):
    """The panes of one control step."""

    left: int
    """Where the picture's corner lies in the window [px]."""
    top: int
    picture: np.ndarray
    """RGBA uint8, shape (h, w, 4); empty where no pane is shown."""
    free: Box
    """What it leaves of the window."""
    places: tuple[tuple[str, Box], ...] = ()
    """Panes by name, and where they are in the window."""


class _Layout(NamedTuple):
    size: tuple[int, int]
    scale: float
    shown: frozenset[str]
    enlarged: str
    layers: tuple[str, ...]


class Side:
    """Draws the panes; `prepare` may run in another thread than `picture`, so that nobody waits for it.

    Args:
        offer: What there is to show.
        heads: Of the driver, for the numbers.
    """

    def __init__(self, offer: Offer, heads: Sequence[Head]) -> None:
        self.panes = offer.names
        """Names of the panes there are, in the order of their keys."""
        self.shown: set[str] = set(offer.first)
        """Panes that are wanted."""
        self.enlarged = ""
        """The pane that is shown larger than all others; empty for none."""
        self.layers: tuple[str, ...] = ()
        """Labels drawn over the sensors' pictures, of `render.overlay`."""
        self._offer, self._heads = offer, heads
        self._wanted: _Layout | None = None
        self._ready: OrderedDict[Tick, tuple[_Layout, SidePicture]] = OrderedDict()
        self._busy = threading.Lock()

    def show_first(self) -> None:
        """Wants the panes that are shown until somebody says otherwise."""
        self.shown = set(self._offer.first)

    def sensors_shown(self) -> frozenset[str]:
        """Names of the sensors that have a pane on the wall."""
        return frozenset(
            source.config.name
            for source in self._offer.sources
            if isinstance(source, SensorSource) and source.name in self.shown
        )

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
        enlarged = self.enlarged if self.enlarged in self.shown else ""
        layout = self._wanted = _Layout(
            size, ui_scale(size) if scale is None else scale, frozenset(self.shown), enlarged, self.layers
        )
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
        sources = [source for source in self._offer.sources if source.name in layout.shown and source.is_there(tick)]
        numbers = NUMBERS in layout.shown and width >= height
        rows = rows_of(self._heads, tick.truth, tick.explanation) if numbers else []
        extra = _LINES_FRAME_PX + _LINE_PX * len(rows) if numbers else 0.0
        enlarged = next((number for number, source in enumerate(sources) if source.name == layout.enlarged), None)
        boxes, around = arrange(_groups(sources), layout.size, extra=extra, enlarged=enlarged)
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
        panes = [
            source.paint(tick, (round(box.width), round(box.height)), layout.layers, layout.scale)
            for source, box in zip(sources, boxes, strict=True)
        ]
        draw_panes(ink, panes, [box._replace(left=box.left - left) for box in boxes])
        if numbers:
            lines = [Line(name=name, truth=truth, network=said) for name, truth, said in rows]
            draw_lines(ink, lines, width - gap - wide - left, around.bottom + gap, wide)
        places = tuple((source.name, box) for source, box in zip(sources, boxes, strict=True))
        return SidePicture(left, top, picture, free, places)


def _groups(sources: Sequence[Source]) -> list[list[float]]:
    """Proportions of the panes, those of one group together."""
    groups: list[list[float]] = []
    last = ""
    for source in sources:
        if source.group == last:
            groups[-1].append(source.aspect)
        else:
            groups.append([source.aspect])
        last = source.group
    return groups
