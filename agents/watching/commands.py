"""The commands themselves, and the loop in a window."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from agents.evaluation.replay import Replay, read_replay
from agents.watching.args import DriveArgs, RecordArgs, WatchArgs
from agents.watching.browser import Browser, Choice
from agents.watching.catalogue import read_results
from agents.watching.chosen import driven_world, first_choice
from agents.watching.player import Player
from agents.watching.recording import write_video
from agents.watching.screen import Screen
from agents.watching.settings import WindowSettings, settings_file
from agents.watching.sheet import write_sheet
from drivesim import __version__
from drivesim.errors import ConfigError, DrivesimError
from drivesim.render.scenery import prepare_plants
from drivesim.render.vehicles import prepare_sprites
from drivesim.render.window import Event, Report, Window, WindowClosed

LONGEST_FRAME_S = 0.1
"""After a stall longer than this, time goes on from where it stopped [s]."""


class Show(Protocol):
    """What the loop plays: `Screen`, or one made of several."""

    @property
    def wants_fullscreen_change(self) -> bool:
        """The user asked for it; set to False by who obeys."""
        ...

    @wants_fullscreen_change.setter
    def wants_fullscreen_change(self, wants: bool) -> None: ...

    @property
    def done(self) -> bool:
        """The user has had enough."""
        ...

    @property
    def choice(self) -> Choice | None:
        """Something else that is to be watched instead."""
        ...

    def handle(self, event: Event) -> None:
        """Obeys one event."""
        ...

    def advance(self, dt: float, held: frozenset[str]) -> None:
        """Lets real time pass [s] while these keys are down."""
        ...

    def draw(self, frame: np.ndarray, dt: float, *, pointer: tuple[float, float] | None = None) -> None:
        """Draws into a frame, RGBA uint8 (H, W, 4), `dt` seconds after the last one."""
        ...

    def close(self) -> None:
        """Finishes a recording that runs, and ends all threads."""
        ...


Drawn = TypeVar("Drawn", bound=Show)
FrameHook = Callable[[Window, Any], None]
"""Called after every frame with the window and what it shows."""


def watch(args: WatchArgs) -> int:
    """Opens a window and shows a driver drive, or with `follow` a training; returns when it is closed.

    Raises:
        DisplayError: No window can be opened, or it vanished; what was recorded is saved.
    """
    return play_in_window(args, manual=False)


def drive(args: DriveArgs) -> int:
    """Opens a window with the user at the wheel."""
    return play_in_window(args, manual=True)


def record(args: RecordArgs) -> int:
    """Writes a video of a driver, or a picture of what sensors deliver, without a window."""
    path = write_sheet(args) if args.sheet is not None else write_video(args)
    sys.stdout.write(f"{path}\n")
    return 0


def play_in_window(args: DriveArgs, *, manual: bool, on_frame: FrameHook | None = None) -> int:
    """Opens the window, builds everything behind a progress screen, and plays until the user quits.

    Args:
        args: What to show; with `record` a video is written instead.
        manual: The user begins at the wheel.
        on_frame: Called after every frame.
    """
    if args.record is not None:
        if isinstance(args, WatchArgs) and args.follow is not None:
            raise ConfigError("follow: a training is shown in a window only; leave out --record")
        if args.results is not None:
            raise ConfigError("results: are shown in a window only; leave out --record")
        shared = {key: value for key, value in asdict(args).items() if key in RecordArgs.__dataclass_fields__}
        return record(RecordArgs(**shared, video=args.record))
    follow = args.follow if isinstance(args, WatchArgs) else None
    if follow is not None and args.suite is not None:
        raise ConfigError("follow, suite: a training chooses what it shows; leave out one of both")
    replay = read_replay(args.replay) if isinstance(args, WatchArgs) and args.replay is not None else None
    title = f"drivesim - {follow or (replay and replay.title) or args.agent}"
    with Window(args.size, title, fullscreen=args.fullscreen) as window:
        try:
            screen = window.wait_for(lambda report: prepare(args, manual, report, replay), "starting")
            try:
                run(window, screen, on_frame)
                while (choice := screen.choice) is not None:
                    screen = _replaced(window, screen, choice, args)
                    run(window, screen, on_frame)
            finally:
                # A display that vanishes must not take the recording with it.
                screen.close()
        except WindowClosed:
            pass
    return 0


def prepare(args: DriveArgs, manual: bool, report: Report, replay: Replay | None = None) -> Show:
    """Builds everything the loop needs, and draws once so that nothing compiles in front of the user."""
    if isinstance(args, WatchArgs) and args.follow:
        return _drawn(_follow_screen(args, report), args.size, report)
    show = _screen(args, manual, report, replay=replay)
    return _drawn(show, args.size, report)


def _drawn(show: Drawn, size: tuple[int, int], report: Report) -> Drawn:
    """Draws once off screen."""
    report("drawing the first picture", None)
    prepare_sprites()
    prepare_plants()
    width, height = size
    show.draw(np.zeros((height, width, 4), np.uint8), 0.0)
    return show


def _replaced(window: Window, screen: Show, choice: Choice, args: DriveArgs) -> Show:
    """A screen for what was chosen; the old one goes on where that cannot be had."""
    assert isinstance(screen, Screen), "others offer no choice"
    old, screen.choice = screen, None
    try:
        fresh = window.wait_for(
            lambda report: _drawn(_screen(args, False, report, browser=old.browser, choice=choice), args.size, report),
            f"opening {choice.suite}",
        )
    except (DrivesimError, OSError) as error:
        old.say(str(error))
        return old
    old.close()
    return fresh


def _screen(
    args: DriveArgs,
    manual: bool,
    report: Report,
    *,
    browser: Browser | None = None,
    choice: Choice | None = None,
    replay: Replay | None = None,
) -> Screen:
    if browser is None:
        results = read_results(args.results) if args.results is not None else None
        browser = Browser(args.suite, query=args.situation, results=results)
        if args.suite is not None:
            choice = first_choice(browser)
            browser.is_open = True
    drive = driven_world(args, report, choice=choice, replay=replay)
    player = Player(drive, speed=args.speed, manual=manual, keeps=True)
    settings = WindowSettings(settings_file())
    screen = Screen(player, pictures=Path(args.pictures), size=args.size, settings=settings, browser=browser)
    if replay is not None:
        screen.say(told_of(replay, player.play(replay, report)))
    return screen


def told_of(replay: Replay, differs: int | None) -> str:
    """What is to be known of a kept drive that has been driven again: its driver, or where it came out differently."""
    if differs is not None:
        return f"not as it was from step {differs} on: kept by drivesim {replay.version}, this is {__version__}"
    driver = replay.about.get("agent", "")
    return f"driven by {driver}" if driver else "as it was"


def _follow_screen(args: WatchArgs, report: Report) -> Show:
    # Loads torch, which a window of the expert does without.
    from agents.watching.follow import FollowScreen

    return FollowScreen(args, report)


def run(window: Window, screen: Show, on_frame: FrameHook | None = None) -> None:
    """Plays until the user quits, or wants to watch something else.

    Args:
        window: Where.
        screen: What.
        on_frame: Called after every frame.

    Raises:
        WindowClosed: The user closed the window.
        DisplayError: The display has vanished.
    """
    frame = np.zeros((1, 1, 4), np.uint8)
    dt = 0.0
    while not screen.done and screen.choice is None:
        for event in window.events():
            screen.handle(event)
        if screen.wants_fullscreen_change:
            screen.wants_fullscreen_change = False
            window.toggle_fullscreen()
        width, height = window.size
        if frame.shape[:2] != (height, width):
            frame = np.zeros((height, width, 4), np.uint8)
        screen.advance(min(dt, LONGEST_FRAME_S), window.held)
        screen.draw(frame, dt, pointer=window.pointer)
        dt = window.present(frame)
        if on_frame is not None:
            on_frame(window, screen)
