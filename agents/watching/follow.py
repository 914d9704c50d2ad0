"""`FollowScreen`: a learner on an unseen road while it learns; before and after side by side once it is done."""

import time
from pathlib import Path

import numpy as np

from agents.heads import load_heads
from agents.interface import Agent
from agents.watching.args import WatchArgs
from agents.watching.driven_world import DrivenWorld
from agents.watching.learning_panel import draw_learning, panel_size, state_of
from agents.watching.live import LiveDriver
from agents.watching.player import Player
from agents.watching.recording import TRAINED_LABEL, UNTRAINED_LABEL
from agents.watching.screen import Screen
from agents.watching.training_folder import BEST_FILE, UNTRAINED_FILE, TrainingFolder
from drivesim.render.ink import GAP, Ink, ui_scale
from drivesim.render.stickers import Stickers
from drivesim.render.window import Event, KeyDown, Report
from drivesim.render.worker import Worker

COMPARISON_S = 25.0
"""Before and after are shown side by side for at most this long [s]."""
BOTH_ENDED_S = 2.5
"""They are left this long after both drives have ended [s]."""
LEARNER_HOLD_S = 1.2
"""A learner that failed begins its next road after this long [s]."""
HALF_PANES = ("camera", "network semantics")
_DIVIDER = (9, 11, 16, 255)
_DIVIDER_PX = 4


class FollowScreen:
    """Shows a training; to the window's loop it is what `Screen` is.

    Args:
        args: What was asked for; `follow` names the training's folder.
        report: Told what is going on while this builds and waits for the first weights.
    """

    def __init__(self, args: WatchArgs, report: Report) -> None:
        self._args = args
        self.training = TrainingFolder(Path(args.follow or "."), heads=load_heads(args.heads))
        first = self.training.first_driver(report)
        self.live = LiveDriver(first, self.training.take_fresh)
        self.screens = [self._screen(self.live, "learner", report)]
        """The one that is shown, or the two beside each other: before, then after."""
        self.stickers = Stickers()
        self._compared = False
        self._builder = Worker()
        self._comparison_s = self._ended_s = 0.0
        self._halves: list[np.ndarray] = []
        self.training.start()

    @property
    def main(self) -> Screen:
        """The screen that keys and the mouse speak to."""
        return self.screens[-1]

    @property
    def player(self) -> Player:
        """What the main screen plays."""
        return self.main.player

    @property
    def comparing(self) -> bool:
        """Before and after are beside each other."""
        return len(self.screens) == 2

    @property
    def done(self) -> bool:
        """The user has had enough."""
        return self.main.done

    @property
    def wants_fullscreen_change(self) -> bool:
        """The user asked for it; set to False by who obeys."""
        return self.main.wants_fullscreen_change

    @wants_fullscreen_change.setter
    def wants_fullscreen_change(self, wants: bool) -> None:
        self.main.wants_fullscreen_change = wants

    @property
    def choice(self) -> None:
        """There is nothing else to watch."""
        return None

    def handle(self, event: Event) -> None:
        """Obeys one event; beside each other, both drives pause, go on and begin anew together."""
        if self.comparing and isinstance(event, KeyDown) and event.name in ("tab", "return", "enter"):
            self._show_trained()
            return
        self.main.handle(event)
        if self.comparing and isinstance(event, KeyDown) and event.name == "r":
            self.screens[0].handle(event)

    def advance(self, dt: float, held: frozenset[str]) -> None:
        """Lets real time pass [s] while these keys are down, and follows the training."""
        if self.comparing:
            before, after = (screen.player for screen in self.screens)
            before.paused, before.factor = after.paused, after.factor
            self._comparison_s += 0.0 if after.paused else dt
            self._ended_s = self._ended_s + dt if before.ended and after.ended else 0.0
            if self._comparison_s > COMPARISON_S or self._ended_s > BOTH_ENDED_S:
                self._show_trained()
        elif self.training.learning.done and not self._compared:
            self._compare()
        self.screens[0].advance(dt, held if not self.comparing else frozenset())
        if self.comparing:
            self.main.advance(dt, held)

    def draw(self, frame: np.ndarray, dt: float, *, pointer: tuple[float, float] | None = None) -> None:
        """Draws everything into a frame, RGBA uint8 (H, W, 4), `dt` seconds after the last one."""
        if self.comparing:
            self._draw_halves(frame, dt)
        else:
            self.main.paint(frame, dt, pointer=pointer)
        self._draw_learning(frame)
        self.main.keep(frame, dt)

    def close(self) -> None:
        """Finishes a recording that runs, and ends all threads."""
        self.training.close()
        self._builder.close()
        for screen in self.screens:
            screen.close()

    def _screen(self, agent: Agent, name: str, report: Report, like: DrivenWorld | None = None) -> Screen:
        args = self._args
        drive = DrivenWorld(
            env=args.env, agent=agent, weather=args.weather, sensors=args.sensors, seed=args.seed, road=args.road,
            roads=args.roads,
            held_out=args.held_out, report=report, bank=None if like is None else like.bank,
        )  # fmt: skip
        drive.agent_name = name
        player = Player(drive, speed=args.speed, end_hold_s=LEARNER_HOLD_S)
        return Screen(player, pictures=Path(args.pictures), size=args.size)

    def _compare(self) -> None:
        """Builds the two drives in a thread while the learner goes on, then shows them."""
        if self._builder.busy:
            if not self._builder.ready:
                return
            pair: list[Screen] = self._builder.result()
            self._compared = True
            if pair:
                self.main.close()
                self.screens = pair
                self._comparison_s = self._ended_s = 0.0
            return
        road, like = self.player.road_index + 1, self.main.drive
        self._builder.submit(lambda: self._pair(road, like))

    def _pair(self, road: int, like: DrivenWorld) -> list[Screen]:
        """Screens of the untrained and of the trained driver on one road; none where either is missing."""
        untrained, trained = (self.training.load(name, again=True) for name in (UNTRAINED_FILE, BEST_FILE))
        if untrained is None or trained is None:
            return []
        screens: list[Screen] = []
        for driver, name, label in (
            (untrained, "untrained", UNTRAINED_LABEL),
            (trained, "trained", TRAINED_LABEL),
        ):
            screen = self._screen(driver, name, lambda text, share: None, like)
            screen.player.hold = True
            screen.player.begin(road)
            screen.side.shown = set(HALF_PANES)
            screen.label, screen.toolbar = label, False
            screen.scale = ui_scale(self._args.size)
            screens.append(screen)
        return screens

    def _show_trained(self) -> None:
        """Leaves the comparison; the trained driver goes on alone."""
        before, after = self.screens
        before.close()
        after.player.hold = False
        after.side.show_first()
        after.label, after.toolbar, after.scale = "", True, None
        after.follow.snap()
        self.screens = [after]

    def _draw_halves(self, frame: np.ndarray, dt: float) -> None:
        height, width = frame.shape[:2]
        half = (width - _DIVIDER_PX) // 2
        if not self._halves or self._halves[0].shape[:2] != (height, half):
            self._halves = [np.zeros((height, half, 4), np.uint8) for _ in self.screens]
        for screen, picture in zip(self.screens, self._halves, strict=True):
            screen.paint(picture, dt)
        frame[:, :half], frame[:, width - half :] = self._halves
        frame[:, half : width - half] = _DIVIDER

    def _draw_learning(self, frame: np.ndarray) -> None:
        training, learning = self.training, self.training.learning
        quiet_s = time.monotonic() - training.changed_s
        ink = Ink(frame)
        gap, (wide, high) = ink.px(GAP), map(ink.px, panel_size(learning))
        if self.comparing:
            left, top = ink.size[0] - gap - wide, ink.size[1] - gap - high
        else:
            left, top = gap, self.main.title_bottom + gap
        if top + high > ink.size[1]:
            return
        key = (learning, left, top, state_of(learning, quiet_s))
        self.stickers.lay(ink, "learning", key, lambda on: draw_learning(on, learning, left, top, quiet_s=quiet_s))
