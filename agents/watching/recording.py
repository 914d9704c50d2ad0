"""Videos of drivers, made without a display."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from agents.watching.args import RecordArgs, first_road
from agents.watching.browser import Browser
from agents.watching.chosen import driven_world, first_choice
from agents.watching.driven_world import DrivenWorld
from agents.watching.player import Player
from agents.watching.progress import progress_bar
from agents.watching.screen import Screen
from drivesim.render.video import VideoWriter, save_png

LONGEST_VIDEO_S = 120.0
END_SHOWN_S = 1.5
"""A video goes on this long after the drive has ended [s]."""
UNTRAINED_LABEL, TRAINED_LABEL = "before training", "after training"


def write_video(args: RecordArgs, *, progress: bool = True) -> Path:
    """Writes the video and returns its path.

    Args:
        args: What to record.
        progress: Show a progress bar on the terminal's error stream.

    Raises:
        OSError: The video cannot be written.
    """
    folder = Path(args.frames) if args.frames is not None else None
    with VideoWriter(args.video, fps=args.fps, size=args.size) as writer, progress_bar(progress) as report:
        choice = None if args.suite is None else first_choice(Browser(args.suite, query=args.situation))
        drive = driven_world(args, report, choice=choice, roads=1 if args.duration_s is None else 4)
        player = Player(drive, speed=args.speed, synchronous=True, hold=args.duration_s is None)
        screen = Screen(player, pictures=Path(args.video).parent, size=writer.size, interactive=False)
        if not args.panes:
            screen.toggle_panes()
        limit_s = LONGEST_VIDEO_S if args.duration_s is None else args.duration_s
        try:
            for frame, share in _frames(screen, writer, limit_s, to_the_end=args.duration_s is None):
                if folder is not None:
                    save_png(folder / f"frame-{writer.frame_count - 1:05d}.png", frame)
                report(f"recording, {writer.duration_s:.1f} s", share)
        finally:
            screen.close()
    return Path(args.video)


def record_before_after(
    untrained: str | Path,
    trained: str | Path,
    out: str | Path,
    *,
    env: str = "lane",
    roads: int = 2,
    first: int | None = None,
    seconds_per_drive: float = 20.0,
    size: tuple[int, int] = (1280, 720),
    fps: int = 30,
    progress: bool = True,
) -> Path:
    """Writes a video of two drivers on the same unseen roads: on every road first the one, then the other.

    Args:
        untrained: Driver shown first, as `load_agent` takes it; drives until its end, as the other one.
        trained: Driver shown second.
        out: The video (.mp4 or .avi).
        env: What they drive, as in the arguments of the commands.
        roads: How many roads.
        first: Generator seed of the first road; None for the first held-out one.
        seconds_per_drive: A drive is cut off here [s].
        size: Width and height [px].
        fps: Frames per second.
        progress: Show a progress bar on the terminal's error stream.

    Returns:
        The video's path.

    Raises:
        OSError: The video cannot be written.
        FileFormatError: A checkpoint is missing, cut off or foreign.
    """
    with VideoWriter(out, fps=fps, size=size) as writer, progress_bar(progress) as report:
        screens: list[Screen] = []
        try:
            for agent, label in ((untrained, UNTRAINED_LABEL), (trained, TRAINED_LABEL)):
                drive = DrivenWorld(
                    env=env, agent=str(agent), seed=0, road=first_road(first, True), roads=roads, held_out=True,
                    report=report, bank=screens[0].drive.bank if screens else None,
                )  # fmt: skip
                player = Player(drive, synchronous=True, hold=True)
                screens.append(Screen(player, pictures=Path(out).parent, size=writer.size, interactive=False))
                screens[-1].label = label
            for number in range(2 * roads):
                road, screen = number // 2, screens[number % 2]
                screen.player.begin(road)
                for _, share in _frames(screen, writer, seconds_per_drive, to_the_end=True):
                    report(f"road {road + 1} of {roads}, {screen.label}", (number + share) / (2 * roads))
        finally:
            for screen in screens:
                screen.close()
    return Path(out)


def _frames(
    screen: Screen, writer: VideoWriter, limit_s: float, *, to_the_end: bool
) -> Iterator[tuple[np.ndarray, float]]:
    """Draws and writes frames, yielding each and how much of the drive is shown, in [0, 1].

    Args:
        screen: Of a synchronous player.
        writer: Where to.
        limit_s: Ends here [s of video].
        to_the_end: Ends sooner, where the drive does.
    """
    width, height = writer.size
    frame = np.zeros((height, width, 4), np.uint8)
    count = max(round(limit_s * writer.fps), 1)
    for number in range(count):
        dt = 1.0 / writer.fps if number else 0.0
        if number:
            screen.player.advance(dt)
        screen.draw(frame, dt)
        writer.write(frame)
        yield frame, float(screen.player.after.moment.navigation.completion) if to_the_end else number / count
        if to_the_end and screen.player.ended_s >= END_SHOWN_S:
            return
