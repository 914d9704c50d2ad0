"""The browser's picture: a list of suites, the rows of one of them, a line to type into, and what is said of a row."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from drivesim.render.ink import AMBER, DIM, FAINT, GAP, GREEN, RED, WHITE, Box, Color, Ink, ui_scale

ROW_PX = 22.0
_SHARE_WIDE, _SHARE_HIGH = 0.95, 0.94
_WIDE_MAX, _ASIDE_PX = 1180.0, 232.0
_HEAD_PX, _DETAILS_PX, _FOOT_PX = 78.0, 112.0, 24.0
_BAR_PX = 10.0
_SIZE = 12.5
_FAMILY, _RESULT = 0.25, 0.21
"""Shares of a row's width for its family and its result."""
_CURSOR: Color = (52, 62, 80)
_POINTED: Color = (34, 40, 52)
_STATE_COLOR: dict[str, Color] = {"": DIM, "passed": GREEN, "failed": RED}


class BrowserSuite(NamedTuple):
    """A suite in the list at the left."""

    name: str
    note: str
    """How many situations, or how many were passed."""
    chosen: bool = False


class BrowserRow(NamedTuple):
    """A situation."""

    family: str
    text: str
    """Its parameters."""
    result: str = ""
    state: str = ""
    """"passed", "failed", or empty where nobody has driven it."""


class BrowserPage(NamedTuple):
    """What a browser shows."""

    suites: tuple[BrowserSuite, ...]
    query: str
    counted: str
    """How many rows there are, and of how many."""
    rows: tuple[BrowserRow, ...]
    """Those in sight."""
    first: int
    """Number of the first of them among all."""
    total: int
    cursor: int
    """Number of the chosen row among all."""
    details: tuple[str, ...]
    """Lines about the chosen row; the first is its name."""
    empty: str = ""
    """Instead of rows, where there is none."""


class BrowserPlan(NamedTuple):
    """Where everything is."""

    panel: Box
    scale: float
    suites: tuple[Box, ...]
    query: Box
    rows: tuple[Box, ...]
    bar: Box
    details: Box
    play: Box

    def suite_at(self, x: float, y: float) -> int | None:
        """Number of the suite at a place [px]."""
        return next((k for k, box in enumerate(self.suites) if box.contains(x, y)), None)

    def row_at(self, x: float, y: float) -> int | None:
        """Number of the row at a place [px], counted from the first in sight."""
        return next((k for k, box in enumerate(self.rows) if box.contains(x, y)), None)


def plan_browser(size: tuple[int, int], suite_count: int, scale: float | None = None) -> BrowserPlan:
    """Lays a browser out in the middle of a window.

    Args:
        size: Of the window [px].
        suite_count: Suites in the list.
        scale: How large text is; None for what suits the window.
    """
    scale = ui_scale(size) if scale is None else scale
    gap, row = GAP * scale, ROW_PX * scale
    wide, high = min(_SHARE_WIDE * size[0], _WIDE_MAX * scale), _SHARE_HIGH * size[1]
    panel = Box((size[0] - wide) / 2, (size[1] - high) / 2, wide, high)
    aside = min(_ASIDE_PX * scale, 0.3 * wide)
    top = panel.top + _HEAD_PX * scale
    suites = tuple(
        Box(panel.left + gap, top + number * 1.7 * row, aside - gap, 1.6 * row) for number in range(suite_count)
    )
    left = panel.left + aside + 1.5 * gap
    inner = panel.right - gap - left
    foot = panel.bottom - _FOOT_PX * scale
    details_high = min(_DETAILS_PX * scale, 0.3 * high)
    details = Box(left, foot - details_high, inner, details_high - 0.5 * gap)
    count = max(int((details.top - 0.5 * gap - top) / row), 1)
    rows = tuple(Box(left, top + number * row, inner - 2 * _BAR_PX * scale, row) for number in range(count))
    bar = Box(panel.right - gap - _BAR_PX * scale, top, _BAR_PX * scale, count * row)
    query = Box(left, panel.top + 1.1 * gap, inner, 1.4 * row)
    play_wide = 92 * scale
    play = Box(details.right - play_wide - gap, details.top + gap, play_wide, 1.5 * row)
    return BrowserPlan(panel, scale, suites, query, rows, bar, details, play)


def draw_browser(
    ink: Ink, plan: BrowserPlan, page: BrowserPage, pointed: tuple[str, int] | None, foot: str = ""
) -> Box:
    """Draws it; returns its box.

    Args:
        ink: Where.
        plan: From `plan_browser`.
        page: What it shows.
        pointed: "suite", "row" or "play" under the mouse, with its number.
        foot: A line below.
    """
    panel, gap = plan.panel, GAP * plan.scale
    ink.panel(panel, opacity=0.96, radius=14)
    ink.outline(panel, color=FAINT, radius=14, width=1.2)
    ink.text(
        "Suites", panel.left + 1.6 * gap, plan.query.top + plan.query.height / 2, size=18, bold=True, align=(0, 0.5)
    )
    for number, (suite, box) in enumerate(zip(page.suites, plan.suites, strict=False)):
        _draw_suite(ink, suite, box, pointed == ("suite", number))
    _draw_query(ink, plan.query, page)
    _draw_heads(ink, plan)
    for number, (row, box) in enumerate(zip(page.rows, plan.rows, strict=False)):
        chosen = page.first + number == page.cursor
        if chosen or pointed == ("row", number):
            ink.panel(box, color=_CURSOR if chosen else _POINTED, opacity=0.95, radius=5)
        _draw_row(ink, row, box, chosen)
    if not page.rows and page.empty:
        box = plan.rows[0]
        ink.text(page.empty, box.left + gap, box.top + 0.5 * box.height, size=13, color=DIM, align=(0, 0.5))
    _draw_bar(ink, plan, page)
    _draw_details(ink, plan, page, pointed == ("play", 0))
    ink.text(
        foot, panel.left + panel.width / 2, panel.bottom - 0.5 * _FOOT_PX * plan.scale, size=11, color=DIM,
        align=(0.5, 0.5),
    )  # fmt: skip
    return panel


def fitted(ink: Ink, text: str, wide: float, *, size: float, bold: bool = False) -> str:
    """A text that is no wider than `wide` [px]: cut off with an ellipsis where it would be."""
    if ink.text_width(text, size=size, bold=bold) <= wide:
        return text
    count = bisect_right(range(len(text)), wide, key=lambda end: ink.text_width(f"{text[:end]}…", size=size, bold=bold))
    return f"{text[: max(count - 1, 0)].rstrip()}…"


def wrapped(ink: Ink, text: str, wide: float, *, size: float, most: int) -> list[str]:
    """A text in at most so many lines no wider than `wide` [px]."""
    lines, rest = [], text.split()
    while rest and len(lines) < most - 1:
        count = 1
        while count < len(rest) and ink.text_width(" ".join(rest[: count + 1]), size=size) <= wide:
            count += 1
        lines.append(" ".join(rest[:count]))
        rest = rest[count:]
    return [*lines, fitted(ink, " ".join(rest), wide, size=size)] if rest else lines


def _draw_suite(ink: Ink, suite: BrowserSuite, box: Box, pointed: bool) -> None:
    color = AMBER if suite.chosen else _CURSOR if pointed else _POINTED
    ink.panel(box, color=color, opacity=0.94, radius=6)
    dark = (16, 16, 18) if suite.chosen else WHITE
    x, pad = box.left + ink.px(9), ink.px(18)
    ink.text(fitted(ink, suite.name, box.width - pad, size=13, bold=True), x, box.top + 0.32 * box.height, size=13,
             color=dark, align=(0, 0.5), bold=True)  # fmt: skip
    ink.text(fitted(ink, suite.note, box.width - pad, size=10.5), x, box.top + 0.74 * box.height, size=10.5,
             color=(52, 40, 16) if suite.chosen else DIM, align=(0, 0.5))  # fmt: skip


def _draw_query(ink: Ink, box: Box, page: BrowserPage) -> None:
    ink.panel(box, color=(28, 34, 44), opacity=0.95, radius=7)
    ink.outline(box, color=FAINT, radius=7, width=1.2)
    x, y = box.left + ink.px(11), box.top + 0.5 * box.height
    counted = ink.text_width(page.counted, size=12)
    ink.text(page.counted, box.right - ink.px(11), y, size=12, color=DIM, align=(1, 0.5))
    room = box.width - counted - ink.px(44)
    if page.query:
        # The end of a long line is what is being typed.
        text = page.query
        while len(text) > 1 and ink.text_width(text, size=14) > room:
            text = text[1:]
        x += ink.text(text, x, y, size=14, align=(0, 0.5))
    else:
        hint = fitted(ink, "type to filter: words of family, parameters, passed, failed", room, size=13)
        ink.text(hint, x + ink.px(6), y, size=13, color=DIM, align=(0, 0.5))
    ink.panel(
        Box(x + ink.px(1), box.top + 0.2 * box.height, ink.px(2), 0.6 * box.height), color=AMBER, opacity=1.0, radius=1
    )


def _columns(box: Box, scale: float) -> tuple[float, float, float]:
    """Left ends of a row's three texts [px]."""
    pad = 8 * scale
    return box.left + pad, box.left + _FAMILY * box.width, box.right - _RESULT * box.width


def _draw_heads(ink: Ink, plan: BrowserPlan) -> None:
    row = plan.rows[0]
    y = 0.5 * (plan.query.bottom + row.top)
    for x, text in zip(_columns(row, ink.scale), ("family", "parameters", "result"), strict=True):
        ink.text(text, x, y, size=11, color=DIM, align=(0, 0.5))


def _draw_row(ink: Ink, row: BrowserRow, box: Box, chosen: bool) -> None:
    family, text, result = _columns(box, ink.scale)
    y, gap = box.top + 0.5 * box.height, ink.px(GAP)
    ink.text(fitted(ink, row.family, text - family - gap, size=_SIZE), family, y, size=_SIZE, align=(0, 0.5))
    ink.text(fitted(ink, row.text, result - text - gap, size=_SIZE), text, y, size=_SIZE,
             color=WHITE if chosen else (196, 203, 212), align=(0, 0.5))  # fmt: skip
    if row.state:
        ink.disc(result + ink.px(4), y, 4.0 * ink.scale, _STATE_COLOR[row.state])
    ink.text(fitted(ink, row.result, box.right - result - 2 * gap, size=_SIZE), result + ink.px(15), y, size=_SIZE,
             color=_STATE_COLOR[row.state], align=(0, 0.5))  # fmt: skip


def _draw_bar(ink: Ink, plan: BrowserPlan, page: BrowserPage) -> None:
    shown = len(plan.rows)
    if page.total <= shown:
        return
    bar = plan.bar
    ink.panel(bar, color=(28, 34, 44), opacity=0.9, radius=4)
    high = max(bar.height * shown / page.total, 18 * ink.scale)
    top = bar.top + (bar.height - high) * page.first / max(page.total - shown, 1)
    ink.panel(bar._replace(top=top, height=high), color=(112, 122, 138), opacity=0.95, radius=4)


def _draw_details(ink: Ink, plan: BrowserPlan, page: BrowserPage, pointed: bool) -> None:
    box, gap = plan.details, ink.px(GAP)
    ink.panel(box, color=(24, 29, 38), opacity=0.95, radius=8)
    if not page.details:
        return
    room, y = plan.play.left - box.left - 2 * gap, box.top + gap
    lines = _detail_lines(ink, page.details, room, box.width - 2 * gap)
    for text, size, color, high in lines:
        if y + high > box.bottom:
            break
        ink.text(text, box.left + gap, y, size=size, color=color, bold=size > 13)
        y += high
    ink.panel(plan.play, color=AMBER if not pointed else (255, 200, 110), opacity=0.97, radius=8)
    ink.text("play", plan.play.left + plan.play.width / 2, plan.play.top + plan.play.height / 2, size=15,
             color=(16, 16, 18), align=(0.5, 0.5), bold=True)  # fmt: skip


def _detail_lines(ink: Ink, details: Sequence[str], room: float, wide: float) -> list[tuple[str, float, Color, float]]:
    name, *rest = details
    lines: list[tuple[str, float, Color, float]] = [
        (fitted(ink, name, room, size=14.5, bold=True), 14.5, WHITE, ink.px(22))
    ]
    for number, text in enumerate(rest):
        # The first lines stand beside the button.
        for line in wrapped(ink, text, room if number == 0 else wide, size=12, most=2):
            lines.append((line, 12, (196, 203, 212), ink.px(16.5)))
    return lines
