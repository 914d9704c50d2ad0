"""`Screen`: what a frame shows, and what keys and buttons do."""

import time
from pathlib import Path

import numpy as np

from agents.evaluation.replay import REPLAY_SUFFIX, write_replay
from agents.watching.actions import BUTTON_ACTIONS, KEY_ACTIONS, REPEATING, ZOOM_STEP
from agents.watching.browser import Browser, Choice
from agents.watching.instruments import Instruments
from agents.watching.menu import OWN_WEATHER, Menu
from agents.watching.player import Player
from agents.watching.rig import LABEL_LAYERS
from agents.watching.scrubbing import Repeat, Scrubbing
from agents.watching.settings import Remembered, WindowSettings
from agents.watching.side import Side
from agents.watching.sources import offer_of
from drivesim.config import WEATHER_PRESETS
from drivesim.errors import ConfigError
from drivesim.render.hud import draw_hud, draw_legend
from drivesim.render.ink import Box, Ink
from drivesim.render.stickers import Stickers
from drivesim.render.toolbar import button_at, button_boxes, draw_toolbar
from drivesim.render.topdown import Layers, TopDownView
from drivesim.render.video import VideoWriter, save_png
from drivesim.render.view import FollowCamera
from drivesim.render.window import Click, Drag, Event, KeyDown, Scroll

NOTICE_S = 2.5
BUTTONS_S = 4.0
"""The buttons go this long after the mouse last moved [s]."""
RECORDING_FPS = 30


class Screen:
    """Draws a player's moments and obeys its user.

    Args:
        player: Who plays it.
        pictures: Folder for screenshots and recordings.
        size: First size, for the zoom [px].
        interactive: Show buttons, frame rate and passing messages; never wait for ground to be drawn.
        label: What sets this drive apart from another one that is shown beside or after it.
        settings: Where it is remembered how the wall looks; None where it is not.
        browser: Suites and situations to choose from; None where there is no choice.
    """

    def __init__(
        self,
        player: Player,
        *,
        pictures: Path,
        size: tuple[int, int],
        interactive: bool = True,
        label: str = "",
        settings: WindowSettings | None = None,
        browser: Browser | None = None,
    ) -> None:
        self.browser = browser
        self.choice: Choice | None = None
        """Something to watch that this screen cannot show; taken by who can."""
        self.player, self.drive, self.label = player, player.drive, label
        self.topdown = TopDownView(self.drive.bank)
        self.side = Side(offer_of(self.drive), self.drive.heads)
        self.labels = "off"
        """Which labels are drawn, a name in `LABEL_LAYERS`."""
        self.weather = ""
        """The weather that was set; empty for the drive's own."""
        self.faults: dict[tuple[str, str], int] = {}
        """Severities of the faults that were set, by sensor and kind."""
        self.menu = Menu(self)
        self.scrubbing = Scrubbing(player)
        self._settings = settings
        self._recall()
        player.prepare = self.side.prepare
        self.scale: float | None = None
        """How large text is; None for what suits the frame."""
        self.toolbar = True
        """Show buttons while the mouse moves."""
        self.title_bottom = 0.0
        """Where the title of the last frame ended [px]."""
        self.follow = FollowCamera(zoom=min(size) / 54.0)
        self.route, self.trail, self.expert_plan, self.network_plan = True, False, True, True
        self.legend = False
        self.done = False
        self.wants_fullscreen_change = False
        self.writer: VideoWriter | None = None
        self.stickers = Stickers()
        self._pictures, self.interactive = pictures, interactive
        self._notice, self._notice_until = "", 0.0
        self._buttons: dict[str, Box] = {}
        self._panes: tuple[tuple[str, Box], ...] = ()
        self._began, self._jumps = player.began, player.jumps
        self._repeat = Repeat(frozenset(REPEATING))
        self._wants_picture = self._wants_recording = False
        self._recorded_s = 0.0
        self._pointer: tuple[float, float] | None = None
        self._buttons_until = time.monotonic() + 2 * BUTTONS_S
        self._instruments = Instruments(self)

    def handle(self, event: Event) -> None:
        """Obeys one event."""
        if (self.browser is not None and self.browser.handle(event)) or self.menu.handle(event):
            return
        if isinstance(event, Click) and (button := button_at(self._buttons, (event.x, event.y))) is not None:
            BUTTON_ACTIONS[button](self)
        elif self.scrubbing.handle(event):
            return
        elif isinstance(event, KeyDown):
            action = KEY_ACTIONS.get(event.name)
            if action is not None:
                action(self)
        elif isinstance(event, Scroll):
            self.follow.zoom_by(ZOOM_STEP**event.steps)
        elif isinstance(event, Drag):
            self.follow.drag(event.dx, event.dy)
        elif isinstance(event, Click):
            pane = next((name for name, box in self._panes if box.contains(event.x, event.y)), None)
            if pane is not None:
                self.enlarge(pane)

    def say(self, text: str) -> None:
        """Shows a passing message."""
        self._notice, self._notice_until = text, time.monotonic() + NOTICE_S

    @property
    def notice(self) -> str:
        """The passing message that is shown now."""
        return self._notice if time.monotonic() < self._notice_until else ""

    def toggle_pane(self, name: str) -> None:
        """Shows or hides a pane."""
        self.side.shown ^= {name}
        self._remember()

    def toggle_panes(self) -> None:
        """Shows all panes, or none."""
        if self.side.shown:
            self.side.shown = set()
        else:
            self.side.show_first()
        self._remember()

    def enlarge(self, name: str) -> None:
        """Shows a pane larger than all others, or no longer."""
        self.side.enlarged = "" if name == self.side.enlarged and name in self.side.shown else name
        self.side.shown |= {name} if self.side.enlarged else set()
        self._remember()

    def enlarge_next(self) -> None:
        """Enlarges the first pane, then the one after it, and so on; after the last none."""
        names = [name for name, _ in self._panes]
        at = names.index(self.side.enlarged) + 1 if self.side.enlarged in names else 0
        self.side.enlarged = names[at] if at < len(names) else ""
        self._remember()

    def show_labels(self, name: str) -> None:
        """Draws these labels over the sensors' pictures, a name in `LABEL_LAYERS`."""
        self.labels, self.side.layers = name, LABEL_LAYERS[name]
        self._remember()
        self.player.refresh()

    def next_labels(self) -> None:
        """Draws the next ones of `LABEL_LAYERS`."""
        names = list(LABEL_LAYERS)
        self.show_labels(names[(names.index(self.labels) + 1) % len(names)])
        self.say(f"labels: {self.labels}")

    def set_weather(self, name: str) -> None:
        """Gives the drive a weather by its preset's name, for this and all later roads; empty: its own again."""
        self.weather = name
        self.drive.set_weather(name or None)
        self.player.refresh()

    def next_weather(self) -> None:
        """The next preset, after the last one the drive's own weather again."""
        names = ["", *WEATHER_PRESETS]
        self.set_weather(names[(names.index(self.weather) + 1) % len(names)])
        self.say(f"weather: {self.weather or OWN_WEATHER}")

    def set_fault(self, sensor: str, kind: str, severity: int) -> None:
        """Gives a sensor a fault until it is set again; 0 takes away what was set."""
        if severity:
            self.faults[sensor, kind] = severity
        else:
            self.faults.pop((sensor, kind), None)
        self.drive.set_fault(sensor, kind, severity or None)
        self.player.refresh()

    def clear_faults(self) -> None:
        """Takes away all faults that were set."""
        for sensor, kind in list(self.faults):
            self.set_fault(sensor, kind, 0)

    def browse(self) -> None:
        """Opens the browser or closes it."""
        if self.browser is not None:
            self.browser.toggle()
        else:
            self.say("nothing to choose from here")

    def keep_drive(self) -> None:
        """Writes the drive so far to a file, for `drivesim watch --replay`."""
        place = self._instruments.where(self.player.after)
        about = {"suite": self.drive.env_name, "title": place, "agent": self.drive.agent_name}
        try:
            file = write_replay(self.player.replay(about), free_name(self._pictures, REPLAY_SUFFIX))
        except (OSError, ConfigError) as error:
            self.say(f"not kept: {getattr(error, 'strerror', None) or error}")
        else:
            self.say(f"kept {file}")

    def ask_picture(self) -> None:
        """Saves the next frame."""
        self._wants_picture = True

    def ask_recording(self) -> None:
        """Starts a recording with the next frame, or finishes it."""
        self._wants_recording = True

    def advance(self, dt: float, held: frozenset[str]) -> None:
        """Lets real time pass [s] while these keys are down; in a menu they do not drive, in a browser time stands."""
        self.drive.layers = self.side.layers
        self.drive.labelled = self.side.sensors_shown() if self.side.layers else frozenset()
        if self.browser is not None and self.browser.is_open:
            self.browser.advance(held, dt)
            held, dt = frozenset(), 0.0
        self._take_choice()
        held = frozenset() if self.menu.is_open else held
        for key, count in self._repeat.due(held, dt).items():
            for _ in range(count):
                KEY_ACTIONS[key](self)
        self.player.advance(dt, held)

    def draw(self, frame: np.ndarray, dt: float, *, pointer: tuple[float, float] | None = None) -> None:
        """Draws into a frame, RGBA uint8 (H, W, 4), `dt` seconds after the last one, and saves it where asked to."""
        self.paint(frame, dt, pointer=pointer)
        self.keep(frame, dt)

    def paint(self, frame: np.ndarray, dt: float, *, pointer: tuple[float, float] | None = None) -> None:
        """The drawing part of `draw`."""
        player = self.player
        if (player.began, player.jumps) != (self._began, self._jumps):
            self._began, self._jumps = player.began, player.jumps
            self.follow.snap()
        moment, size = player.moment, (frame.shape[1], frame.shape[0])
        left, top, panes, free, self._panes = self.side.picture(player.before, size, self.scale)
        actors = moment.actors
        view = self.follow.update(
            x=float(actors.x[0]),
            y=float(actors.y[0]),
            yaw=float(actors.yaw[0]),
            speed=float(actors.speed[0]),
            size=(round(free.width), round(free.height)),
            dt=dt,
        )
        self.topdown.draw(
            frame[round(free.top) :],
            view,
            moment,
            layers=Layers(
                route=self.route, trail=self.trail, expert_plan=self.expert_plan, network_plan=self.network_plan
            ),
            network_plan=player.plan,
            trail=np.array(player.trail).reshape(-1, 2) if self.trail else (),
            wait=not self.interactive,
        )
        # Cars at the edge of the view reach into the panes' part of the frame.
        frame[top : top + panes.shape[0], left : left + panes.shape[1]] = panes
        ink = Ink(frame, scale=self.scale)
        if self.interactive and self.toolbar:
            free = self.scrubbing.place(free, ink.scale)
        title, cluster = draw_hud(ink, self.stickers, self._instruments.read(moment, dt), free)
        self.title_bottom = title.bottom
        if self.interactive:
            if self.toolbar:
                self.scrubbing.draw(ink, self.stickers, None if self._covered else pointer)
            shown = self.toolbar and not self._covered and self._pointing(pointer)
            self._buttons = button_boxes(free, ink.scale, cluster) if shown else {}
            buttons, lit, pointed = self._buttons, frozenset(self._lit()), button_at(self._buttons, pointer)
            key = (tuple(buttons.values()), lit, pointed)
            self.stickers.lay(ink, "toolbar", key, lambda on: draw_toolbar(on, buttons, lit, pointed))
        self.menu.draw(ink, self.stickers, pointer)
        if self.legend:
            self.stickers.lay(ink, "legend", None, draw_legend)
        if self.browser is not None:
            self.browser.draw(ink, self.stickers, pointer)

    def close(self) -> None:
        """Finishes a recording that runs, and ends all threads."""
        writer, self.writer = self.writer, None
        try:
            if writer is not None:
                writer.close()
        finally:
            self.player.close()
            self.topdown.close()
            self.drive.close()

    @property
    def _covered(self) -> bool:
        """Something lies over the road, and the mouse is meant for it."""
        return self.menu.is_open or (self.browser is not None and self.browser.is_open)

    def _take_choice(self) -> None:
        """Plays what was chosen, where it is of the suite that is driven anyway."""
        choice = None if self.browser is None else self.browser.choice
        if self.browser is None or choice is None:
            return
        self.browser.choice = None
        if choice.suite != self.drive.suite:
            self.choice = choice
            return
        self.drive.order = choice.numbers
        self.player.paused = self.player.manual = False
        self.player.begin(0)

    def _recall(self) -> None:
        """Arranges the wall as it was when it was last looked at."""
        kept = None if self._settings is None else self._settings.recall(self.side.panes)
        if kept is not None:
            self.side.shown, self.side.enlarged = set(kept.shown), kept.enlarged
            if kept.labels in LABEL_LAYERS:
                self.labels, self.side.layers = kept.labels, LABEL_LAYERS[kept.labels]

    def _remember(self) -> None:
        if self._settings is not None:
            shown = tuple(pane for pane in self.side.panes if pane in self.side.shown)
            self._settings.remember(self.side.panes, Remembered(shown, self.side.enlarged, self.labels))

    def _pointing(self, pointer: tuple[float, float] | None) -> bool:
        """The mouse has moved of late, or the window is new: buttons are of use."""
        now = time.monotonic()
        if pointer != self._pointer:
            self._pointer, self._buttons_until = pointer, now + BUTTONS_S
        return now < self._buttons_until

    def _lit(self) -> set[str]:
        states = {
            "pause": self.player.paused,
            "wheel": self.player.manual,
            "record": self.writer is not None,
            "help": self.legend,
            "browser": self.browser is not None and self.browser.is_open,
            "menu": self.menu.is_open,
        }
        return {name for name, on in states.items() if on}

    def keep(self, frame: np.ndarray, dt: float) -> None:
        """Saves the frame where asked to; a full disk ends the recording, not the drive."""
        try:
            if self._wants_picture:
                self._wants_picture = False
                self.say(f"saved {save_png(free_name(self._pictures, '.png'), frame)}")
            if self._wants_recording:
                self._wants_recording = False
                self._toggle_recording(frame)
            if self.writer is not None and self.interactive:
                self._recorded_s += dt
                while self._recorded_s >= 1.0 / RECORDING_FPS:
                    self._recorded_s -= 1.0 / RECORDING_FPS
                    self.writer.write(frame)
        except OSError as error:
            self.writer = None
            self.say(f"not saved: {error.strerror or error}")

    def _toggle_recording(self, frame: np.ndarray) -> None:
        if self.writer is None:
            size = (frame.shape[1], frame.shape[0])
            self.writer = VideoWriter(free_name(self._pictures, ".mp4"), fps=RECORDING_FPS, size=size)
            self._recorded_s = 0.0
        else:
            writer, self.writer = self.writer, None
            path = writer.close()
            self.say(f"saved {path}" if path else "nothing recorded")


def free_name(folder: Path, suffix: str) -> Path:
    """The first of drivesim-0001, drivesim-0002, ... that does not exist in a folder."""
    number = 1
    while (path := folder / f"drivesim-{number:04d}{suffix}").exists():
        number += 1
    return path
