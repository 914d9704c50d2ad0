"""The instruments: speed, limit, wheel and pedals, score, reasons, banners, legend of keys."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from drivesim.render.ink import AMBER, BLUE, DIM, FAINT, GAP, GREEN, PANEL, RED, WHITE, Box, Color, Ink
from drivesim.render.reasons import IN_TOWN, ON_ROADS, Reason
from drivesim.render.stickers import Stickers
from drivesim.state import EndReason

WHEEL_TURN_RAD = 2.0
"""How far the drawn steering wheel turns for steering = 1."""

FAULTS_MAX = 3
"""So many faults are named."""

KEYS: tuple[tuple[str, str], ...] = (
    ("Space", "pause / go on"),
    ("N  .   ,", "one step forth, back"),
    ("Left  Right", "a second back, forth (at the wheel: steer)"),
    ("U  I", "the event before, the next one"),
    ("Backspace  End", "to the start, to the newest moment"),
    ("drag  timeline", "any moment of the drive"),
    ("+  -   ]  [", "faster, slower"),
    ("R", "restart this road"),
    ("Tab  Enter", "next road"),
    ("T", "take the wheel from here / give it back"),
    ("arrows  WASD", "drive"),
    ("wheel  Z  X", "zoom"),
    ("drag, Home", "move the view, back to the car"),
    ("F", "car up / north up"),
    ("1 2 3 4 5", "the first panes, as the menu lists them"),
    ("6 7 8 9", "the next ones"),
    ("0", "all panes, none"),
    ("E  click", "enlarge the next pane, this one"),
    ("O", "open a suite or a situation"),
    ("M", "menu: panes, weather, faults"),
    ("L", "labels over cameras"),
    ("C", "another weather"),
    ("Y", "no faults"),
    ("G  B", "route, trail"),
    ("J  K", "expert's plan, network's plan"),
    ("P", "screenshot"),
    ("V", "record / stop"),
    ("F5", "keep this drive in a file"),
    ("F11", "full screen"),
    ("H  F1", "this legend"),
    ("Esc  Q", "quit"),
)
"""The legend: keys and what they do."""


@dataclass(frozen=True, kw_only=True)
class Readout:
    """Everything the instruments show; plain values."""

    speed: float = 0.0
    """[m/s]"""
    limit: float = 0.0
    """[m/s]; 0 for none."""
    steering: float = 0.0
    """Action in [-1, 1], left positive."""
    pedal: float = 0.0
    """Action in [-1, 1], throttle positive."""
    completion: float = 0.0
    """Fraction of the route."""
    score: float = 0.0
    """Driving score in [0, 100]."""
    time_s: float = 0.0
    """Since the episode began [s]."""
    reason: Reason = Reason.FREE_ROAD
    """What binds."""
    lead_gap: float = math.inf
    """[m]"""
    in_town: bool = False
    """Streets cross here."""
    end: EndReason = EndReason.RUNNING
    title: str = ""
    """Environment and driver."""
    subtitle: str = ""
    """Road and seed."""
    notes: tuple[str, ...] = ()
    """More about it, one a line."""
    weather: str = ""
    """Its name; empty for the clear noon of the map itself."""
    faults: tuple[str, ...] = ()
    """What is wrong with the sensors, one a line."""
    label: str = ""
    """What sets this drive apart from another one that is shown beside or after it."""
    manual: bool = False
    """The user drives."""
    paused: bool = False
    replays: bool = False
    """What is shown has been shown before."""
    recording_s: float = -1.0
    """Length of the video so far [s]; negative when none is recorded."""
    factor: float = 1.0
    """Simulated over real time."""
    fps: float = 0.0
    """Frames per second; 0 hides it."""
    notice: str = ""
    """A passing message."""
    lagging: bool = False
    """The driver or the machine is slower than real time."""
    interactive: bool = True
    """Somebody sits in front of it; a video shows no keys."""


def draw_hud(ink: Ink, stickers: Stickers, readout: Readout, free: Box) -> tuple[Box, Box]:
    """Draws all instruments into the part of the window that no pane covers; returns the title's and the dials' box."""
    seen = legible(readout)
    title = stickers.lay(
        ink,
        "title",
        (
            free,
            seen.title,
            seen.subtitle,
            seen.notes,
            seen.weather,
            seen.faults,
            seen.time_s,
            seen.completion,
            seen.score,
            seen.end,
        ),
        lambda on: draw_title(on, seen, free),
    )
    cluster = stickers.lay(
        ink,
        "cluster",
        (free, seen.speed, seen.limit, seen.steering, seen.pedal, seen.reason, seen.lead_gap, seen.in_town),
        lambda on: draw_cluster(on, seen, free),
    )
    if seen.interactive:
        status = (free, seen.factor, seen.fps, seen.lagging)
        stickers.lay(ink, "status", status, lambda on: draw_status(on, seen, cluster))
    # Banners keep clear of the title where there is room beside it.
    beside = title.right + ink.px(GAP)
    roomy = free.right - beside > ink.px(330)
    middle = max(free.left + free.width / 2, beside + ink.px(165)) if roomy else free.left + free.width / 2
    top = free.top if roomy else title.bottom
    stickers.lay(
        ink,
        "banner",
        (
            middle,
            top,
            seen.label,
            seen.end,
            seen.manual,
            seen.paused,
            seen.replays,
            seen.recording_s,
            seen.notice,
            seen.interactive,
        ),
        lambda on: draw_banner(on, seen, middle, top),
    )
    return title, cluster


def legible(readout: Readout) -> Readout:
    """The readout with its numbers rounded to what can be read off the instruments."""
    return replace(
        readout,
        speed=round(abs(readout.speed) * 3.6) / 3.6,
        steering=round(readout.steering, 2),
        pedal=round(readout.pedal, 2),
        completion=round(readout.completion, 3),
        score=float(round(readout.score)),
        time_s=math.floor(readout.time_s * 10.0) / 10.0,
        lead_gap=round(readout.lead_gap) if math.isfinite(readout.lead_gap) else math.inf,
        recording_s=round(readout.recording_s, 1),
        fps=float(round(readout.fps)),
    )


def draw_title(ink: Ink, readout: Readout, free: Box) -> Box:
    """Top left: who drives where, how far, how well; returns its box."""
    gap = ink.px(GAP)
    said = list(readout.faults[:FAULTS_MAX])
    if len(readout.faults) > FAULTS_MAX:
        said[-1] = f"{said[-1]}  and {len(readout.faults) - FAULTS_MAX} more"
    lines = [(text, DIM) for text in (*readout.notes, readout.weather) if text]
    lines += [(text, RED) for text in said]
    minutes, seconds = divmod(readout.time_s, 60.0)
    time = f"{minutes:02.0f}:{seconds:04.1f}"
    second = ink.text_width(readout.subtitle, size=12) + 1.2 * gap + ink.text_width("00:00.0", size=12)
    wide = max(
        ink.text_width(readout.title, size=16, bold=True), second, *(ink.text_width(t, size=12) for t, _ in lines)
    )
    width = min(max(wide + 2.4 * gap, ink.px(252)), free.width - 2 * gap)
    box = Box(free.left + gap, free.top + gap, width, ink.px(94 + 18 * len(lines)))
    ink.panel(box)
    x, y = box.left + 1.2 * gap, box.top + gap
    ink.text(readout.title, x, y, size=16, bold=True)
    ink.text(readout.subtitle, x, y + ink.px(22), size=12, color=DIM)
    ink.text(time, box.right - 1.2 * gap, y + ink.px(22), size=12, color=DIM, align=(1, 0))
    for number, (text, color) in enumerate(lines):
        ink.text(text, x, y + ink.px(40 + 18 * number), size=12, color=color)
    bar = Box(x, box.bottom - ink.px(34), box.width - 2.4 * gap, ink.px(6))
    ink.bar(bar, readout.completion, GREEN if readout.end in (EndReason.RUNNING, EndReason.SUCCESS) else RED)
    y = bar.bottom + ink.px(5)
    ink.text(f"route {100 * readout.completion:.0f} %", x, y, size=13)
    ink.text(f"score {readout.score:.0f}", box.right - 1.2 * gap, y, size=13, align=(1, 0))
    return box


def draw_cluster(ink: Ink, readout: Readout, free: Box) -> Box:
    """Bottom left: speed, limit, wheel, pedals, and the reason; returns its box."""
    gap = ink.px(GAP)
    width, height = ink.px(342), ink.px(112)
    box = Box(free.left + gap, free.bottom - gap - height, width, height)
    ink.panel(box)
    kmh = abs(readout.speed) * 3.6
    x = box.left + ink.px(104)
    over = readout.limit > 0.0 and readout.speed > 1.08 * readout.limit
    ink.text(f"{kmh:.0f}", x, box.top + ink.px(8), size=46, color=RED if over else WHITE, align=(1, 0), bold=True)
    ink.text("km/h", x, box.top + ink.px(60), size=13, color=DIM, align=(1, 0))
    _limit_sign(ink, box.left + ink.px(146), box.top + ink.px(42), ink.px(25), readout.limit)
    _wheel(ink, box.left + ink.px(222), box.top + ink.px(42), ink.px(28), readout.steering)
    high = ink.px(58)
    for share, color, place in ((-readout.pedal, RED, 278), (readout.pedal, GREEN, 300)):
        gauge = Box(box.left + ink.px(place), box.top + ink.px(14), ink.px(10), high)
        ink.bar(gauge, max(share, 0.0), color, upright=True)
    ink.text("B", box.left + ink.px(283), box.top + ink.px(73), size=9, color=DIM, align=(0.5, 0))
    ink.text("T", box.left + ink.px(305), box.top + ink.px(73), size=9, color=DIM, align=(0.5, 0))
    _reasons(ink, readout, box)
    return box


def draw_banner(ink: Ink, readout: Readout, middle: float, top: float) -> Box:
    """Top centre: label, the end of the episode, who drives, pause, recording, passing messages; returns their box."""
    pills: list[tuple[str, Color, float, Color | None]] = []
    if readout.label:
        pills.append((readout.label, (30, 58, 104), 20, None))
    if readout.end != EndReason.RUNNING:
        good = readout.end == EndReason.SUCCESS
        name = readout.end.name.lower().replace("_", " ")
        pills.append(("arrived" if good else name, (20, 92, 52) if good else (128, 28, 26), 24, None))
    if readout.manual:
        text = "you drive   ·   T gives the wheel back" if readout.interactive else "driven by hand"
        pills.append((text, (150, 84, 14), 15, None))
    if readout.replays:
        pills.append(("replay   ·   T takes over from here", (30, 58, 104), 15, None))
    if readout.paused:
        pills.append(("paused   ·   Space goes on" if readout.interactive else "paused", PANEL, 15, None))
    if readout.recording_s >= 0.0:
        pills.append((f"recording  {readout.recording_s:.1f} s", (112, 20, 22), 14, RED))
    if readout.notice:
        pills.append((readout.notice, PANEL, 14, None))
    y, half = top + ink.px(GAP), 0.0
    for text, color, size, dot in pills:
        box = _pill(ink, text, middle, y, color=color, size=size, dot=dot)
        y, half = box.bottom + ink.px(6), max(half, box.width / 2)
    return Box(middle - half, top, 2 * half, y - top)


def draw_status(ink: Ink, readout: Readout, cluster: Box) -> Box:
    """A quiet line above the dials: pace and frame rate; returns its box."""
    words = [f"{readout.factor:g}x"] if readout.fps <= 0 else [f"{readout.factor:g}x", f"{readout.fps:.0f} fps"]
    words.append("slower than real time" if readout.lagging else "H keys")
    text = "   ".join(words)
    box = Box(cluster.left, cluster.top - ink.px(28), ink.text_width(text, size=12) + ink.px(18), ink.px(22))
    ink.panel(box, opacity=0.6, radius=6)
    ink.text(text, box.left + ink.px(9), box.top + ink.px(3), size=12, color=AMBER if readout.lagging else DIM)
    return box


def draw_legend(ink: Ink, keys: Sequence[tuple[str, str]] = KEYS) -> Box:
    """The legend of keys in the middle of the window; returns its box."""
    pitch, gap = ink.px(23), ink.px(GAP)
    half = math.ceil(len(keys) / 2)
    wide = min(ink.px(880), ink.size[0] - 2 * gap)
    box = Box((ink.size[0] - wide) / 2, 0, wide, pitch * half + ink.px(66))
    box = box._replace(top=max((ink.size[1] - box.height) / 2, 0))
    ink.panel(box, opacity=0.92, radius=14)
    ink.outline(box, color=FAINT, radius=14, width=1.2)
    ink.text("Keys", box.left + 2 * gap, box.top + 1.4 * gap, size=19, bold=True)
    for number, (key, meaning) in enumerate(keys):
        column, row = divmod(number, half)
        x = box.left + 2 * gap + column * (wide - 2 * gap) / 2
        y = box.top + ink.px(50) + row * pitch
        ink.text(key, x, y, size=13, color=BLUE)
        ink.text(meaning, x + ink.px(124), y, size=13)
    return box


def draw_progress(ink: Ink, text: str, share: float | None, time_s: float) -> None:
    """A full-window screen while something long runs.

    Args:
        ink: Where; all of it is painted over.
        text: What is going on.
        share: How much is done in [0, 1]; None where nobody knows.
        time_s: Real time, for the moving road.
    """
    ink.frame[:] = (22, 26, 34, 255)
    width, height = ink.size
    x, y = width / 2, height / 2
    # A road that runs towards the viewer, its dashes moving.
    far, foot = 0.2 * height, 1.02 * height
    ink.polygon(_trapezium(x, far, foot, 3.0, 0.32 * width), (34, 39, 49))
    for number in range(9):
        near = ((number + time_s * 1.6) % 9) / 9
        low, high = near**2.4, (near + 0.055) ** 2.4
        top, bottom = (far + (foot - far) * part for part in (low, high))
        wide = (1 + 7 * ink.scale * low, 1 + 7 * ink.scale * high)
        ink.polygon(_trapezium(x, top, bottom, *wide), (196, 200, 206), 0.15 + 0.55 * low)
    box = Box(x - ink.px(200), y - ink.px(44), ink.px(400), ink.px(92))
    ink.panel(box, opacity=0.94, radius=14)
    ink.text("drivesim", x, box.top + ink.px(10), size=22, align=(0.5, 0), bold=True)
    ink.text(text, x, box.top + ink.px(42), size=14, color=DIM, align=(0.5, 0))
    bar = Box(box.left + ink.px(24), box.bottom - ink.px(20), box.width - ink.px(48), ink.px(6))
    if share is not None:
        ink.bar(bar, share, AMBER)
    else:
        ink.bar(bar, 0.0, AMBER)
        place = 0.5 - 0.5 * math.cos(time_s * 2.2)
        ink.bar(Box(bar.left + place * 0.75 * bar.width, bar.top, 0.25 * bar.width, bar.height), 1.0, AMBER)


def _trapezium(x: float, top: float, bottom: float, half_top: float, half_bottom: float) -> np.ndarray:
    return np.array([(x - half_top, top), (x + half_top, top), (x + half_bottom, bottom), (x - half_bottom, bottom)])


def _limit_sign(ink: Ink, x: float, y: float, radius: float, limit: float) -> None:
    if limit <= 0.0:
        ink.ring(x, y, radius - 2, 2 * ink.scale, FAINT)
        return
    ink.disc(x, y, radius, (250, 250, 250))
    ink.ring(x, y, radius * 0.87, radius * 0.26, (208, 30, 36))
    digits = f"{limit * 3.6:.0f}"
    ink.text(
        digits, x, y + ink.px(1), size=19 if len(digits) < 3 else 14, color=(16, 16, 18), align=(0.5, 0.5), bold=True
    )


def _wheel(ink: Ink, x: float, y: float, radius: float, steering: float) -> None:
    ink.ring(x, y, radius, 4.5 * ink.scale, (206, 212, 220))
    for spoke in (0.0, math.pi, 1.5 * math.pi):
        # Screen y grows downwards, so a turn to the left is clockwise in these coordinates' own sense.
        angle = spoke + steering * WHEEL_TURN_RAD
        tip = (x + radius * math.cos(angle), y - radius * math.sin(angle))
        ink.line(np.array([(x, y), tip]), 4.0 * ink.scale, (206, 212, 220))
    ink.disc(x, y, 0.3 * radius, (206, 212, 220))
    # A mark at the rim's top shows how far it is turned.
    angle = 0.5 * math.pi + steering * WHEEL_TURN_RAD
    ink.disc(x + radius * math.cos(angle), y - radius * math.sin(angle), 3.4 * ink.scale, AMBER)


def _reasons(ink: Ink, readout: Readout, box: Box) -> None:
    x, y = box.left + ink.px(12), box.bottom - ink.px(24)
    listed = IN_TOWN if readout.in_town or readout.reason not in ON_ROADS else ON_ROADS
    if readout.reason not in listed:
        listed = (readout.reason, *listed[1:])
    for reason in listed if ink.scale >= 0.8 else (readout.reason,):
        active = reason == readout.reason
        label = reason.value
        if reason == Reason.LEAD and active and math.isfinite(readout.lead_gap):
            label = f"lead {readout.lead_gap:.0f} m"
        size = 11
        if active:
            wide = ink.text_width(label, size=size) + ink.px(10)
            ink.panel(
                Box(x - ink.px(5), y - ink.px(4), wide, ink.px(20)), color=_REASON_COLOR[reason], opacity=0.9, radius=6
            )
        width = ink.text(label, x, y, size=size, color=WHITE if active else FAINT)
        x += width + ink.px(10)


_REASON_COLOR: dict[Reason, Color] = {
    Reason.FREE_ROAD: (34, 112, 68),
    Reason.LIMIT: (44, 92, 156),
    Reason.CURVE: (130, 92, 24),
    Reason.LEAD: (150, 50, 40),
    Reason.LANE_CHANGE: (104, 62, 148),
    Reason.EXIT: (104, 62, 148),
    Reason.LIGHT: (150, 50, 40),
    Reason.PERSON: (150, 50, 40),
    Reason.GIVES_WAY: (150, 84, 14),
}


def _pill(ink: Ink, text: str, x: float, y: float, *, color: Color, size: float, dot: Color | None = None) -> Box:
    """A centred message; returns its box."""
    wide = ink.text_width(text, size=size) + ink.px(30 if dot is None else 48)
    high = ink.px(size + 16)
    box = Box(x - wide / 2, y, wide, high)
    ink.panel(box, color=color, opacity=0.88, radius=size)
    if dot is not None:
        ink.disc(box.left + ink.px(18), y + high / 2, 5 * ink.scale, dot)
    ink.text(text, x + (ink.px(9) if dot else 0), y + high / 2, size=size, align=(0.5, 0.5))
    return box
