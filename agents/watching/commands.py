"""The commands themselves: the loop in a window, and the same loop into a file."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from agents.watching.args import DriveArgs, RecordArgs, WatchArgs
from agents.watching.player import Player
from agents.watching.screen import Screen
from agents.watching.session import Session
from drivesim.render.scenery import prepare_plants
from drivesim.render.vehicles import prepare_sprites
from drivesim.render.video import VideoWriter, save_png
from drivesim.render.window import Report, Window, WindowClosed

LONGEST_VIDEO_S = 120.0
END_SHOWN_S = 1.5
"""A video goes on this long after the drive has ended [s]."""
VIDEO_FPS = 30
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
                screen.session.close()
        except WindowClosed:
            pass
    return 0


def prepare(args: DriveArgs, manual: bool, report: Report) -> Screen:
    """Builds everything the loop needs, and draws once so that nothing compiles in front of the user."""
    session = Session(
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
    player = Player(session, speed=args.speed, manual=manual)
    screen = Screen(session, player, pictures=Path(args.pictures), size=args.size)
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
        # After a stall, time goes on from where it stopped.
        screen.player.advance(min(dt, 0.1), window.held)
        screen.draw(frame, dt, pointer=window.pointer)
        dt = window.present(frame)
        if on_frame is not None:
            on_frame(window, screen)


def write_video(args: RecordArgs, *, progress: bool = True) -> Path:
    """Writes the video and returns its path.

    Args:
        args: What to record.
        progress: Show a progress bar on the terminal's error stream.

    Raises:
        OSError: The video cannot be written.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with (
        VideoWriter(args.out, fps=args.fps, size=args.size) as writer,
        Progress(*columns, console=Console(stderr=True), transient=True, disable=not progress) as bars,
    ):
        task = bars.add_task("starting", total=1.0)

        def report(text: str, share: float | None) -> None:
            bars.update(task, description=text, completed=share or 0.0)

        session = Session(
            env=args.env, agent=args.agent, seed=args.seed, road=args.road, roads=1 if args.duration_s is None else 4,
            held_out=args.held_out, report=report,
        )  # fmt: skip
        try:
            _play_into(writer, session, args, report)
        finally:
            session.close()
    return Path(args.out)


def _play_into(writer: VideoWriter, session: Session, args: RecordArgs, report: Report) -> None:
    player = Player(session, speed=args.speed, synchronous=True, hold=args.duration_s is None)
    screen = Screen(session, player, pictures=Path(args.out).parent, size=writer.size, interactive=False)
    if not args.panes:
        screen.toggle_panes()
    limit_s = LONGEST_VIDEO_S if args.duration_s is None else args.duration_s
    count = max(round(limit_s * args.fps), 1)
    width, height = writer.size
    frame = np.zeros((height, width, 4), np.uint8)
    for number in range(count):
        if number:
            player.advance(1.0 / args.fps)
        screen.draw(frame, 1.0 / args.fps if number else 0.0)
        writer.write(frame)
        if args.frames is not None:
            save_png(Path(args.frames) / f"frame-{number:05d}.png", frame)
        shown = number / count if args.duration_s is not None else float(player.after.moment.navigation.completion)
        report(f"recording, {writer.duration_s:.1f} s", shown)
        if args.duration_s is None and player.ended_s >= END_SHOWN_S:
            break
