"""The timeline of the window: scrubbing through a drive with the mouse and with keys that are held."""

from collections.abc import Mapping, Set

from agents.watching.player import Player
from drivesim.render.ink import Box, Ink
from drivesim.render.stickers import Stickers
from drivesim.render.timeline import TimelineMark, TimelineView, draw_timeline, time_at, timeline_box
from drivesim.render.window import Click, Drag, Event

SECOND_S = 1.0
"""A press on an arrow goes so far [s]."""
REPEAT_AFTER_S, REPEAT_EVERY_S = 0.35, 0.05
"""A key that is held down counts again after so long, and then so often [s]."""


class Scrubbing:
    """What the timeline shows of a player's drive, and what the mouse does on it.

    Args:
        player: Whose drive.
    """

    def __init__(self, player: Player) -> None:
        self.box: Box | None = None
        """Where the timeline was in the last frame; None where there was none."""
        self._player = player
        self._x: float | None = None
        self._scale = 1.0

    def handle(self, event: Event) -> bool:
        """Obeys the mouse on the timeline; whether it was meant for it."""
        if isinstance(event, Click):
            on_it = self.box is not None and self.box.contains(event.x, event.y)
            self._x = event.x if on_it else None
        elif isinstance(event, Drag) and self._x is not None:
            self._x += event.dx
        else:
            return False
        if self._x is None or self.box is None:
            return False
        self._player.seek(round(time_at(self.box, self._scale, self.view(), self._x) / self._player.drive.step_s))
        return True

    def view(self) -> TimelineView:
        """What is kept of the drive, and where in it one is."""
        player, history, step_s = self._player, self._player.history, self._player.drive.step_s
        # The step that is made ahead of time is nobody's past yet.
        past = history.head - int(history.head != player.kept_to)
        return TimelineView(
            first_s=history.first * step_s,
            last_s=max(past, player.tick, player.wanted_tick) * step_s,
            now_s=player.wanted_tick * step_s,
            replays=player.replays,
            marks=tuple(
                TimelineMark(mark.index * step_s, mark.kind, mark.text)
                for mark in history.marks
                if mark.index <= max(past, player.tick)
            ),
            by_hand=tuple(((first - 1) * step_s, last * step_s) for first, last in history.by_hand),
        )

    def place(self, free: Box, scale: float) -> Box:
        """Puts it along the lower end of a part of the window; what of that it leaves to others."""
        self._scale = scale
        self.box = timeline_box(free, scale) if self._player.history.keeps else None
        return free if self.box is None else free._replace(height=self.box.top - free.top)

    def draw(self, ink: Ink, stickers: Stickers, pointer: tuple[float, float] | None) -> None:
        """Draws it where it was placed."""
        box = self.box
        if box is None:
            return
        view = self.view()
        pointed = round(pointer[0]) if pointer is not None and box.contains(*pointer) else None
        stickers.lay(ink, "timeline", (box, view, pointed), lambda on: draw_timeline(on, box, view, pointed))


class Repeat:
    """Keys that count again and again while they are held down.

    Args:
        keys: Names of these keys.
    """

    def __init__(self, keys: Set[str]) -> None:
        self._keys = keys
        self._waits: dict[str, float] = {}

    def due(self, held: Set[str], dt: float) -> Mapping[str, int]:
        """How often each key that is held counts within the `dt` seconds that have passed; not for being pressed."""
        self._waits = {key: self._waits.get(key, REPEAT_AFTER_S) for key in held & self._keys}
        counts = {}
        for key in self._waits:
            self._waits[key] -= dt
            while self._waits[key] <= 0.0:
                self._waits[key] += REPEAT_EVERY_S
                counts[key] = counts.get(key, 0) + 1
        return counts
