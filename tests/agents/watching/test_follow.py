import json
import shutil
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from agents.spectator import Spectator
from agents.watching import WatchArgs, record_before_after
from agents.watching.args import RecordArgs
from agents.watching.commands import watch
from agents.watching.follow import COMPARISON_S, HALF_PANES, FollowScreen
from agents.watching.recording import TRAINED_LABEL, UNTRAINED_LABEL
from agents.watching.training_folder import BEST_FILE, HISTORY_FILE, LIVE_FILE, UNTRAINED_FILE
from drivesim import assets
from drivesim.errors import ConfigError, FileFormatError
from drivesim.render.window import KeyDown
from tests.agents.real_window import CLOSE, start_display

CHECKPOINT = assets.path("models/lane.safetensors")
SIZE = (640, 360)


@pytest.fixture
def folder(tmp_path):
    """A training that has just begun."""
    shutil.copy(CHECKPOINT, tmp_path / UNTRAINED_FILE)
    (tmp_path / HISTORY_FILE).write_text(json.dumps({"seconds": 0, "fraction": 0}) + "\n")
    return tmp_path


def finish(folder) -> None:
    shutil.copy(CHECKPOINT, folder / BEST_FILE)
    with (folder / HISTORY_FILE).open("a") as stream:
        stream.write(json.dumps({"seconds": 90, "fraction": 1.0, "evaluation/success": 1.0, "done": True}) + "\n")


def following(folder, **how) -> FollowScreen:
    args = WatchArgs(follow=str(folder), road=11, roads=2, size=SIZE, pictures=str(folder), **how)
    return FollowScreen(args, lambda text, share: None)


def play(screen: FollowScreen, until, limit_s: float = 60.0) -> np.ndarray:
    """Frames until something is true; the last one."""
    frame = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    deadline = time.monotonic() + limit_s
    while not until():
        assert time.monotonic() < deadline
        screen.advance(0.05, frozenset())
        screen.draw(frame, 0.05)
        time.sleep(0.002)
    return frame[..., :3].copy()


def test_a_learner_is_followed_to_its_end_and_before_and_after_are_shown_on_one_road(folder):
    screen = following(folder)
    try:
        play(screen, lambda: screen.player.tick >= 3)
        shutil.copy(CHECKPOINT, folder / LIVE_FILE)
        play(screen, lambda: screen.live.taken == 1)
        assert not screen.comparing and screen.main.side.shown == set(screen.main.side.panes)
        finish(folder)
        play(screen, lambda: screen.comparing)
        before, after = screen.screens
        assert (before.label, after.label) == (UNTRAINED_LABEL, TRAINED_LABEL)
        frame = play(
            screen,
            lambda: before.player.tick >= 2 and after.player.tick >= 2 and not before.side.shown ^ set(HALF_PANES),
        )
        first, second = before.player.after.moment, after.player.after.moment
        assert first.map == second.map and first.world.key == second.world.key
        assert before.player.drive.bank is after.player.drive.bank
        # Both halves show a road, and a bar lies between them.
        assert frame[:, :300].any() and frame[:, 340:].any()
        assert (frame[:, 319:321] == (9, 11, 16)).all()
        screen.handle(KeyDown("space"))
        play(screen, lambda: before.player.paused and after.player.paused)
        screen.handle(KeyDown("tab"))
        assert not screen.comparing
        assert screen.main is after and after.label == "" and after.side.shown == set(after.side.panes)
        screen.handle(KeyDown("q"))
        assert screen.done
    finally:
        screen.close()


def test_a_finished_training_is_shown_as_such_and_the_comparison_ends_by_itself(folder):
    finish(folder)
    screen = following(folder)
    try:
        play(screen, lambda: screen.comparing)
        screen._comparison_s = COMPARISON_S
        play(screen, lambda: not screen.comparing)
        trained = screen.player
        play(screen, lambda: trained.tick > 3)
        assert not trained.hold
    finally:
        screen.close()


def test_without_the_untrained_weights_the_learner_drives_on(folder):
    finish(folder)
    screen = following(folder)
    (folder / UNTRAINED_FILE).unlink()
    try:
        play(screen, lambda: screen._compared)
        assert not screen.comparing
        ticks = screen.player.tick
        play(screen, lambda: screen.player.tick > ticks + 2)
    finally:
        screen.close()


def test_a_screenshot_holds_both_halves_and_the_curves(folder):
    finish(folder)
    screen = following(folder)
    try:
        play(screen, lambda: screen.comparing)
        screen.handle(KeyDown("p"))
        frame = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
        screen.draw(frame, 0.05)
        picture = cv2.imread(str(folder / "drivesim-0001.png"))[..., ::-1]
        assert np.array_equal(picture, frame[..., :3])
        for size in ((320, 240), (400, 900)):
            screen.draw(np.zeros((size[1], size[0], 4), np.uint8), 0.05)
    finally:
        screen.close()


def test_a_training_is_no_video(tmp_path):
    with pytest.raises(ConfigError, match="follow: .* leave out --record"):
        watch(WatchArgs(follow=str(tmp_path), record=str(tmp_path / "a.mp4")))
    assert "follow" not in RecordArgs.__dataclass_fields__


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_no_window_is_opened_without_a_display(tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    spectator = Spectator("lane", tmp_path)
    spectator.open()
    assert not spectator.is_open


def xdotool(*words: str) -> str:
    """What the tool answers."""
    return subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.slow  # a program of its own loads torch and opens a window
@pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
def test_a_window_of_its_own_waits_for_a_training_and_closes_when_its_user_wants(tmp_path, monkeypatch):
    server, environment = start_display("1400x900x24")
    monkeypatch.setenv("DISPLAY", environment["DISPLAY"])
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    monkeypatch.chdir(tmp_path)
    spectator = Spectator("lane", tmp_path / "training")
    spectator.open()
    try:
        window = xdotool("search", "--sync", "--onlyvisible", "--class", ".").split()[0]
        title, deadline = f"drivesim - {tmp_path / 'training'}", time.monotonic() + 30.0
        # It shows before its title is set.
        while xdotool("getwindowname", window).strip() != title:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(1.0)
        assert spectator.is_open
        subprocess.run([sys.executable, "-c", CLOSE, window], timeout=30, check=True)
        assert spectator.wait()
    finally:
        spectator.close()
        server.kill()
        server.wait()
        server.stdout.close()


def test_a_video_shows_before_and_after_on_the_same_roads(tmp_path):
    out = tmp_path / "before: after.mp4"
    path = record_before_after(
        CHECKPOINT, CHECKPOINT, out, roads=2, first=11, seconds_per_drive=0.5, size=SIZE, fps=8, progress=False
    )
    assert path == out
    plain = tmp_path / "plain.mp4"
    out.rename(plain)
    capture = cv2.VideoCapture(str(plain))
    # Two roads, two drives of half a second each.
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 16
    frames = [capture.read()[1].astype(int) for _ in range(16)]
    # Where the car is, the first picture of both drives is the same; the label above it is not.
    car, label = (slice(200, 330), slice(150, 300)), (slice(0, 40), slice(200, 460))
    assert np.abs(frames[0][car] - frames[4][car]).mean() < 4.0
    assert np.abs(frames[0][label] - frames[4][label]).max() > 100
    assert np.abs(frames[0][car] - frames[8][car]).mean() > 8.0


def test_a_missing_checkpoint_leaves_no_video(tmp_path):
    with pytest.raises(FileFormatError, match=r"gone\.safetensors: no such checkpoint"):
        record_before_after(tmp_path / "gone.safetensors", CHECKPOINT, tmp_path / "a.mp4", progress=False)
    assert list(tmp_path.iterdir()) == []
