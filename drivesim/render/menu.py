"""A menu of pages, for keys and the mouse: rows of switches, laid out by themselves in any window."""

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from drivesim.render.ink import AMBER, DIM, FAINT, GAP, WHITE, Box, Ink, ui_scale

ROW_PX, CELL_PX = 23.0, 26.0
"""Height of a row, and width of a switch that says a single letter, at scale 1."""
_SIZE, _TITLE_SIZE = 12.5, 14.0
_LETTER_PX = 7.3
"""About how wide a letter is at `_SIZE` and scale 1: places do not depend on the font."""
_PAD_PX = 8.0
_FOOT_PX = 390.0
"""Least width, for the line below, at scale 1."""
_SHARE = 0.94
"""Of the window that the menu may cover."""
_SHRINK, _SCALE_MIN = 0.93, 0.2


class Switch(NamedTuple):
    """Something to press."""

    name: Hashable
    """Which one; no other of the menu has it."""
    text: str
    lit: bool = False
    """It is on."""


class MenuRow(NamedTuple):
    """A title, and switches behind it."""

    title: str
    switches: tuple[Switch, ...]


class Page(NamedTuple):
    """A page of the menu."""

    title: str
    rows: tuple[MenuRow, ...]
    aside: tuple[Switch, ...] = ()
    """Switches in a column of their own at the left: what the rows speak of."""


class Place(NamedTuple):
    """Where a switch is."""

    switch: Switch
    box: Box


class MenuPlan(NamedTuple):
    """A page laid out."""

    panel: Box
    scale: float
    tabs: tuple[Place, ...]
    switches: tuple[Place, ...]
    titles: tuple[tuple[str, float, float], ...]
    """Text, and where its left end is in height's middle [px]."""

    def at(self, x: float, y: float) -> Switch | None:
        """What lies at a place of the window [px]."""
        return next((place.switch for place in (*self.tabs, *self.switches) if place.box.contains(x, y)), None)


def plan_menu(pages: Sequence[Page], chosen: int, size: tuple[int, int], scale: float | None = None) -> MenuPlan:
    """Lays out a page in the middle of a window, smaller than the window's text where it would not fit.

    Args:
        pages: All of them, whose titles are tabs named by their number.
        chosen: The one that is open.
        size: Of the window [px].
        scale: How large text is; None for what suits the window.
    """
    scale = ui_scale(size) if scale is None else scale
    while True:
        plan = _planned(pages, chosen, size, scale)
        fits = plan.panel.width <= _SHARE * size[0] and plan.panel.height <= _SHARE * size[1]
        if fits or scale < _SCALE_MIN:
            return plan
        scale *= _SHRINK


def _planned(pages: Sequence[Page], chosen: int, size: tuple[int, int], scale: float) -> MenuPlan:
    page, pad, row_high = pages[chosen], _PAD_PX * scale, ROW_PX * scale
    gap = GAP * scale
    best: MenuPlan | None = None
    for columns in range(1, 4):
        per_column = math.ceil(len(page.rows) / columns) if page.rows else 0
        parts = [page.rows[k : k + per_column] for k in range(0, len(page.rows), per_column)] if per_column else []
        titles = [max((_wide(row.title, scale) for row in part), default=0.0) for part in parts]
        cells = [_cell_widths(part, scale) for part in parts]
        aside = max((_wide(switch.text, scale) + 2 * pad for switch in page.aside), default=0.0)
        tabs = [_wide(each.title, scale * _TITLE_SIZE / _SIZE) + 2.5 * pad for each in pages]
        inner = aside + (2 * gap if aside else 0.0)
        inner += sum(title + pad + sum(cell) for title, cell in zip(titles, cells, strict=True))
        inner += 2.5 * gap * max(len(parts) - 1, 0)
        wide = max(inner, sum(tabs), _FOOT_PX * scale) + 4 * gap
        high = max(per_column, len(page.aside)) * row_high + 1.4 * row_high + 4 * gap
        panel = Box((size[0] - wide) / 2, (size[1] - high) / 2, wide, high)
        plan = _filled(pages, page, panel, scale, parts, titles, cells, aside, tabs)
        if best is None or _excess(plan.panel, size) < _excess(best.panel, size) - 1e-9:
            best = plan
    assert best is not None
    return best


def _excess(panel: Box, size: tuple[int, int]) -> float:
    return max(panel.width / (_SHARE * size[0]), panel.height / (_SHARE * size[1]))


def _filled(
    pages: Sequence[Page],
    page: Page,
    panel: Box,
    scale: float,
    parts: Sequence[Sequence[MenuRow]],
    titles: Sequence[float],
    cells: Sequence[Sequence[float]],
    aside: float,
    tabs: Sequence[float],
) -> MenuPlan:
    pad, row_high, gap = _PAD_PX * scale, ROW_PX * scale, GAP * scale
    x, y = panel.left + 2 * gap, panel.top + 1.2 * gap
    placed_tabs, placed, words = [], [], []
    for number, (each, wide) in enumerate(zip(pages, tabs, strict=True)):
        switch = Switch(("page", number), each.title, each is page)
        placed_tabs.append(Place(switch, Box(x, y, wide, 1.25 * row_high)))
        x += wide
    top, x = y + 1.4 * row_high + gap, panel.left + 2 * gap
    for number, switch in enumerate(page.aside):
        placed.append(Place(switch, Box(x, top + number * row_high, aside, row_high)))
    x += aside + (2 * gap if aside else 0.0)
    for part, title, widths in zip(parts, titles, cells, strict=True):
        for number, row in enumerate(part):
            row_top = top + number * row_high
            words.append((row.title, x, row_top + 0.5 * row_high))
            left = x + title + pad
            for switch, wide in zip(row.switches, widths, strict=False):
                placed.append(Place(switch, Box(left, row_top, wide, row_high)))
                left += wide
        x += title + pad + sum(widths) + 2.5 * gap
    return MenuPlan(panel, scale, tuple(placed_tabs), tuple(placed), tuple(words))


def _cell_widths(rows: Sequence[MenuRow], scale: float) -> list[float]:
    """Width of each column of switches."""
    count = max((len(row.switches) for row in rows), default=0)
    return [
        max(
            CELL_PX * scale
            if len(row.switches[k].text) < 2
            else _wide(row.switches[k].text, scale) + 1.6 * _PAD_PX * scale
            for row in rows
            if k < len(row.switches)
        )
        for k in range(count)
    ]


def _wide(text: str, scale: float) -> float:
    return len(text) * _LETTER_PX * scale


def move(plan: MenuPlan, cursor: Hashable, right: int, down: int) -> Hashable:
    """The switch that lies next to another one in a direction, or the same where there is none.

    Args:
        plan: Where all are.
        cursor: Name of the one to go from; the first one where there is none of this name.
        right: -1, 0 or 1.
        down: -1, 0 or 1.
    """
    here = next((place.box for place in plan.switches if place.switch.name == cursor), None)
    if here is None:
        return plan.switches[0].switch.name if plan.switches else cursor
    x, y = here.left + here.width / 2, here.top + here.height / 2

    def cost(place: Place) -> float:
        dx, dy = place.box.left + place.box.width / 2 - x, place.box.top + place.box.height / 2 - y
        along, across = (dx * right, abs(dy)) if right else (dy * down, abs(dx))
        return along + 3.0 * across if along > 0.5 else math.inf

    nearest = min(plan.switches, key=cost)
    return nearest.switch.name if math.isfinite(cost(nearest)) else cursor


def draw_menu(ink: Ink, plan: MenuPlan, cursor: Hashable, pointed: Hashable, foot: str = "") -> Box:
    """Draws a page; returns its box.

    Args:
        ink: Where.
        plan: From `plan_menu`.
        cursor: Name of the switch that keys press.
        pointed: Name of the one under the mouse.
        foot: A line below.
    """
    panel = plan.panel
    share = plan.scale / ink.scale
    ink.panel(panel, opacity=0.94, radius=12 * share)
    ink.outline(panel, color=FAINT, radius=12 * share, width=1.2 * share)
    for place in plan.tabs:
        _draw_switch(ink, place, share, size=_TITLE_SIZE, pointed=place.switch.name == pointed, bold=True)
    for text, x, y in plan.titles:
        ink.text(text, x, y, size=_SIZE * share, color=DIM, align=(0, 0.5))
    for place in plan.switches:
        _draw_switch(ink, place, share, size=_SIZE, pointed=place.switch.name == pointed)
        if place.switch.name == cursor:
            rim = _inner(place.box, share * ink.scale)
            ink.outline(rim, color=WHITE, radius=5 * share, width=1.3 * share)
    if foot:
        ink.text(
            foot, panel.left + panel.width / 2, panel.bottom - 1.1 * GAP * plan.scale, size=10.5 * share, color=DIM,
            align=(0.5, 0.5),
        )  # fmt: skip
    return panel


def _draw_switch(ink: Ink, place: Place, share: float, *, size: float, pointed: bool, bold: bool = False) -> None:
    inner = _inner(place.box, share * ink.scale)
    switch = place.switch
    if switch.lit:
        ink.panel(inner, color=AMBER, opacity=0.92, radius=5 * share)
    elif pointed:
        ink.panel(inner, color=(70, 78, 92), opacity=0.95, radius=5 * share)
    else:
        ink.panel(inner, color=(40, 46, 58), opacity=0.7, radius=5 * share)
    ink.text(
        switch.text, inner.left + inner.width / 2, inner.top + inner.height / 2, size=size * share,
        color=(16, 16, 18) if switch.lit else WHITE, align=(0.5, 0.5), bold=bold,
    )  # fmt: skip


def _inner(box: Box, scale: float) -> Box:
    rim = 1.5 * scale
    return Box(box.left + rim, box.top + rim, max(box.width - 2 * rim, 1.0), max(box.height - 2 * rim, 1.0))
