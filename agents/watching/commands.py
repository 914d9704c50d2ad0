"""The commands themselves: the loop in a window, and the same loop into a file."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from agents.watching.args import DriveArgs, RecordArgs, WatchArgs
from agents.watching.driven_world import DrivenWorld
from agents.watching.player import Player
from agents.watching.recording import write_video
from agents.watching.screen import Screen
from drivesim.render.scenery import prepare_plants
from drivesim.render.vehicles import prepare_sprites
from drivesim.render.window import Report, Window, WindowClosed

LONGEST_FRAME_S = 0.1
"""After a stall longer than this, time goes on from where it stopped [s]."""
FrameHook = Callable[[Window, Screen], None]


def watch(args: WatchArgs) -> int:
    """Opens a window and shows a driver drive; returns when it is closed.

    Raises:
        DisplayError: No window can be opened, or it vanished; what was recorded is saved.
    """
    return play_in_window(args, manual=False)


def drive(args: DriveArgs) -> int:
    """Opens a window with the user at the wheel."""
    return play_in_window(args, manual=True)


def record(args: RecordArgs) -> int:
    """Writes a video of a driver, without a window."""
    path = write_video(args)
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
        shared = {key: value for key, value in asdict(args).items() if key in RecordArgs.__dataclass_fields__}
        return record(RecordArgs(**shared, out=args.record))
    title = f"drivesim - {args.agent}"
    with Window(args.size, title, fullscreen=args.fullscreen) as window:
        try:
            screen = window.wait_for(lambda report: prepare(args, manual, report), "starting")
            try:
                run(window, screen, on_frame)
            finally:
                # A display that vanishes must not take the recording with it.
                screen.close()
        except WindowClosed:
            pass
    return 0


def prepare(args: DriveArgs, manual: bool, report: Report) -> Screen:
    """Builds everything the loop needs, and draws once so that nothing compiles in front of the user."""
    drive = DrivenWorld(
        env=args.env,
        agent=args.agent,
        seed=args.seed,
        road=args.road,
        roads=args.roads,
        held_out=args.held_out,
        report=report,
    )
    report("drawing the first picture", None)
    prepare_sprites()
    prepare_plants()
    player = Player(drive, speed=args.speed, manual=manual)
    screen = Screen(player, pictures=Path(args.pictures), size=args.size)
    width, height = args.size
    screen.draw(np.zeros((height, width, 4), np.uint8), 0.0)
    return screen


def run(window: Window, screen: Screen, on_frame: FrameHook | None = None) -> None:
    """Plays until the user quits.

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
    while not screen.done:
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
