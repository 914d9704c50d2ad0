"""The timeline: what is kept of a drive as a bar, where in it one is, and what happened when."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from drivesim.render.ink import AMBER, BLUE, DIM, FAINT, GAP, GREEN, RED, WHITE, Box, Color, Ink

HEIGHT_PX = 30.0
_TRACK_PX = 6.0
_TEXT_PX = 66.0
"""Room for a time at either end."""
_NEAR_PX = 5.0
"""An event this close to the mouse is named."""
_WINDOW_MIN = (420.0, 300.0)
"""Smaller parts of a window have none [px at scale 1]."""
_BY_HAND: Color = (226, 138, 40)
_KNOB_PX, _MARK_PX = 6.5, 4.5
MARK_COLOR: dict[str, Color] = {"infraction": RED, "failure": RED, "success": GREEN, "trigger": BLUE}
"""Colours of what happened, by its kind."""


class TimelineMark(NamedTuple):
    """Something that happened."""

    time_s: float
    kind: str
    """A key of `MARK_COLOR`."""
    text: str


class TimelineView(NamedTuple):
    """What a timeline shows; times are since the episode began [s]."""

    first_s: float
    """The oldest moment that is kept."""
    last_s: float
    """The newest moment."""
    now_s: float
    replays: bool = False
    """What is shown has been shown before."""
    marks: tuple[TimelineMark, ...] = ()
    by_hand: tuple[tuple[float, float], ...] = ()
    """Stretches that the user drove."""


def timeline_box(free: Box, scale: float) -> Box | None:
    """Where the timeline is: along the lower end of the part of the window that no pane covers; None without room."""
    if free.width < _WINDOW_MIN[0] * scale or free.height < _WINDOW_MIN[1] * scale:
        return None
    gap, high = GAP * scale, HEIGHT_PX * scale
    return Box(free.left + gap, free.bottom - gap - high, free.width - 2 * gap, high)


def time_at(box: Box, scale: float, view: TimelineView, x: float) -> float:
    """The moment that a place of the window stands for [s]."""
    track = _track(box, scale)
    share = float(np.clip((x - track.left) / track.width, 0.0, 1.0))
    return view.first_s + share * (view.last_s - view.first_s)


def draw_timeline(ink: Ink, box: Box, view: TimelineView, pointed_x: float | None) -> Box:
    """Draws it.

    Args:
        ink: Where.
        box: From `timeline_box`.
        view: What it shows.
        pointed_x: Where the mouse points at it [px]; None where it does not.

    Returns:
        The box around it and what is said about the moment that is pointed at.
    """
    track, middle = _track(box, ink.scale), box.top + 0.5 * box.height
    ink.panel(box)
    ink.text(clock(view.now_s), box.left + ink.px(10), middle, size=13, align=(0, 0.5))
    ink.text(clock(view.last_s), box.right - ink.px(10), middle, size=13, color=DIM, align=(1, 0.5))

    def place(time_s: float) -> float:
        return track.left + track.width * _share(view, time_s)

    ink.panel(track, color=FAINT, opacity=0.9, radius=3)
    now = place(view.now_s)
    if now > track.left + 1:
        done = track._replace(width=now - track.left)
        ink.panel(done, color=WHITE if view.replays else DIM, opacity=0.95, radius=3)
    for begin, end in view.by_hand:
        left = place(begin)
        ink.panel(track._replace(left=left, width=max(place(end) - left, 2.0)), color=_BY_HAND, opacity=0.95, radius=2)
    for mark in view.marks:
        _draw_mark(ink, place(mark.time_s), track, MARK_COLOR[mark.kind], is_end=mark.kind in ("success", "failure"))
    ink.disc(now, middle, _KNOB_PX * ink.scale, WHITE if view.replays else AMBER)
    ink.disc(now, middle, 0.45 * _KNOB_PX * ink.scale, (20, 24, 32))
    if pointed_x is None:
        return box
    said = _said(ink, box, view, pointed_x)
    wide, high = ink.text_width(said, size=12) + ink.px(16), ink.px(22)
    left = min(max(pointed_x - wide / 2, box.left), box.right - wide)
    tag = Box(left, box.top - high - ink.px(4), wide, high)
    ink.panel(tag, opacity=0.94, radius=6)
    ink.text(said, tag.left + ink.px(8), tag.top + 0.5 * high, size=12, align=(0, 0.5))
    return Box(box.left, tag.top, box.width, box.bottom - tag.top)


def clock(time_s: float) -> str:
    """A time as minutes and seconds."""
    minutes, seconds = divmod(max(time_s, 0.0) + 1e-6, 60.0)
    return f"{int(minutes)}:{int(10 * seconds) / 10:04.1f}"


def _track(box: Box, scale: float) -> Box:
    high, text = _TRACK_PX * scale, _TEXT_PX * scale
    return Box(box.left + text, box.top + 0.5 * (box.height - high), max(box.width - 2 * text, 1.0), high)


def _share(view: TimelineView, time_s: float) -> float:
    whole = view.last_s - view.first_s
    return float(np.clip((time_s - view.first_s) / whole, 0.0, 1.0)) if whole > 0.0 else 1.0


def _draw_mark(ink: Ink, x: float, track: Box, color: Color, *, is_end: bool) -> None:
    """A diamond for what happened, a bar for the end."""
    y, size = track.top + 0.5 * track.height, _MARK_PX * ink.scale
    if is_end:
        half = 0.5 * size
        shape: Sequence[tuple[float, float]] = (
            (x - half, y - 2 * size), (x + half, y - 2 * size), (x + half, y + 2 * size), (x - half, y + 2 * size)
        )  # fmt: skip
    else:
        shape = ((x, y - 1.5 * size), (x + size, y), (x, y + 1.5 * size), (x - size, y))
    ink.polygon(np.array(shape), color)


def _said(ink: Ink, box: Box, view: TimelineView, x: float) -> str:
    """What is told about the place under the mouse."""
    track = _track(box, ink.scale)
    near = [
        mark
        for mark in view.marks
        if abs(track.left + track.width * _share(view, mark.time_s) - x) <= _NEAR_PX * ink.scale
    ]
    if not near:
        return clock(time_at(box, ink.scale, view, x))
    words = dict.fromkeys(f"{clock(mark.time_s)}  {mark.text}" for mark in near)
    more = f"  and {len(words) - 2} more" if len(words) > 2 else ""
    return "   ".join(list(words)[:2]) + more
