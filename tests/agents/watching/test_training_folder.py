import itertools
import json
import logging
import math
import os
import shutil
import threading
import time

import numpy as np
import pytest

from agents.learned import LearnedAgent
from agents.watching.learning_panel import draw_learning, panel_size, state_of
from agents.watching.live import LiveDriver
from agents.watching.training_folder import (
    LIVE_FILE,
    POINTS_MAX,
    UNTRAINED_FILE,
    History,
    Learning,
    TrainingFolder,
)
from drivesim import assets
from drivesim.config import CameraConfig
from drivesim.render.ink import BLUE, GREEN, Ink

CHECKPOINT = assets.path("models/lane.safetensors")


def line(**entry) -> str:
    return json.dumps({key.replace("__", "/"): value for key, value in entry.items()}) + "\n"


# The history.


def test_lines_are_taken_up_as_they_come(tmp_path):
    path = tmp_path / "history.jsonl"
    history = History(path)
    assert history.read() == Learning()
    path.write_text(line(seconds=0, fraction=0))
    assert history.read() == Learning(begun=True)
    with path.open("a") as stream:
        stream.write(line(seconds=4.0, fraction=0.25, loss__total=2.5, frames=640))
        stream.write(line(seconds=8.0, fraction=0.5, loss__total=1.5, evaluation__success=0.4))
    assert history.read() == Learning(
        begun=True, seconds=8.0, fraction=0.5, loss=((4.0, 2.5), (8.0, 1.5)), success=((8.0, 0.4),)
    )
    with path.open("a") as stream:
        stream.write(line(seconds=9.0, fraction=1.0, done=True, reason="95 % twice in a row"))
    learning = history.read()
    assert learning.done and learning.reason == "95 % twice in a row"
    assert history.read() is learning


def test_a_line_counts_once_it_is_whole(tmp_path):
    path = tmp_path / "history.jsonl"
    history, text = History(path), line(seconds=4.0, loss__total=2.5)
    for end in (5, 20):
        path.write_text(text[:end])
        assert not history.read().begun
    path.write_text(text)
    assert history.read().loss == ((4.0, 2.5),)


def test_another_training_of_the_folder_begins_afresh(tmp_path):
    path = tmp_path / "history.jsonl"
    history = History(path)
    path.write_text(line(seconds=400.0, fraction=1.0, loss__total=0.5, done=True))
    assert history.read().done
    path.write_text(line(seconds=1.0))
    assert history.read() == Learning(begun=True, seconds=1.0)


@pytest.mark.parametrize(
    "text",
    ["no json", "[1, 2]", '{"seconds": ', '"text"', "[" * 100_000, "\xff\xfe", '{"seconds": "12", "fraction": null}'],
)
def test_what_is_no_entry_is_left_out(tmp_path, text):
    path = tmp_path / "history.jsonl"
    path.write_bytes(
        line(seconds=3.0).encode() + text.encode("latin-1") + b"\n" + line(seconds=5.0, fraction=7.0).encode()
    )
    learning = History(path).read()
    assert (learning.seconds, learning.fraction) == (5.0, 1.0)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "true", "1e300", '"0.5"'])
def test_what_is_no_number_is_no_point_of_a_curve(tmp_path, value):
    path = tmp_path / "history.jsonl"
    path.write_text(f'{{"seconds": 1, "loss/total": {value}, "evaluation/success": {value}}}\n')
    learning = History(path).read()
    assert learning.loss == learning.success == ()


def test_long_curves_are_thinned_and_keep_their_ends(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text("".join(line(seconds=second, loss__total=second) for second in range(5 * POINTS_MAX)))
    curve = History(path).read().loss
    assert POINTS_MAX // 2 <= len(curve) <= POINTS_MAX
    assert curve[0] == (0.0, 0.0) and curve[-1] == (5 * POINTS_MAX - 1, 5 * POINTS_MAX - 1)
    assert all(early[0] < late[0] for early, late in itertools.pairwise(curve))


# The weights.


def replace(target, content: bytes) -> None:
    partial = target.with_name("new")
    partial.write_bytes(content)
    os.replace(partial, target)


def test_it_waits_for_the_first_weights_and_says_so(tmp_path):
    folder = TrainingFolder(tmp_path / "not there yet")
    said = []

    def report(text, share):
        said.append(text)
        if len(said) == 2:
            folder.folder.mkdir()
            shutil.copy(CHECKPOINT, folder.folder / UNTRAINED_FILE)

    assert isinstance(folder.first_driver(report), LearnedAgent)
    assert said == [f"waiting for the training in {folder.folder}"] * 2


def test_nobody_waits_for_ever(tmp_path):
    folder = TrainingFolder(tmp_path)
    with pytest.raises(InterruptedError):
        folder.first_driver(lambda text, share: folder.close())


def test_new_weights_are_handed_out_once(tmp_path):
    folder = TrainingFolder(tmp_path)
    folder.start()
    content = CHECKPOINT.read_bytes()
    try:
        for _ in range(2):
            replace(tmp_path / LIVE_FILE, content)
            deadline = time.monotonic() + 20.0
            while (fresh := folder.take_fresh()) is None and time.monotonic() < deadline:
                time.sleep(0.02)
            assert isinstance(fresh, LearnedAgent)
            assert folder.take_fresh() is None
    finally:
        folder.close()


def test_half_written_and_foreign_weights_are_left_out_with_a_line_in_the_log(tmp_path, caplog):
    folder, content = TrainingFolder(tmp_path), CHECKPOINT.read_bytes()
    for broken in (content[: len(content) // 2], b"", b"PK\x03\x04" * 100):
        replace(tmp_path / LIVE_FILE, broken)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert folder.load(LIVE_FILE) is None
            assert folder.load(LIVE_FILE) is None
        assert len(caplog.records) == 1 and LIVE_FILE in caplog.text
    replace(tmp_path / LIVE_FILE, content)
    assert folder.load(LIVE_FILE) is not None
    assert folder.load(LIVE_FILE) is None
    assert folder.load(LIVE_FILE, again=True) is not None


class Remembering:
    """A driver whose answer is its number and how often it or its predecessors acted."""

    sensors = (CameraConfig(),)

    def __init__(self, number: int) -> None:
        self.number, self.acted = number, 0

    def reset(self, env_count, mask=None):
        self.acted = 0

    def act(self, observation, info):
        self.acted += 1
        return np.array([[self.number, self.acted]], np.float32)

    def explain(self):
        return {"number": self.number}

    def state(self):
        return {"acted": np.array(self.acted)}

    def load_state(self, state):
        self.acted = int(state["acted"])


def test_a_live_driver_takes_up_weights_between_two_steps_and_keeps_its_memory():
    waiting = []
    live = LiveDriver(Remembering(1), lambda: waiting.pop() if waiting else None)
    live.reset(1)
    answers = [live.act({}, {})[0].tolist() for _ in range(2)]
    waiting.append(Remembering(2))
    answers += [live.act({}, {})[0].tolist() for _ in range(2)]
    assert answers == [[1, 1], [1, 2], [2, 3], [2, 4]]
    assert live.explain() == {"number": 2}
    assert live.taken == 1


def test_weights_for_other_cameras_are_left_out(caplog):
    other = Remembering(2)
    other.sensors = (CameraConfig(width=32),)
    waiting = [other]
    live = LiveDriver(Remembering(1), lambda: waiting.pop() if waiting else None)
    with caplog.at_level(logging.WARNING):
        assert live.act({}, {})[0, 0] == 1
    assert "other cameras" in caplog.text
    assert live.taken == 0


def test_following_ends_with_its_thread(tmp_path):
    folder = TrainingFolder(tmp_path)
    folder.start()
    names = [thread.name for thread in threading.enumerate()]
    assert "drivesim-training-folder" in names
    folder.close()
    folder._thread.join(5.0)
    assert not folder._thread.is_alive()


# The panel.

LEARNING = Learning(
    seconds=83.0, fraction=0.64, begun=True,
    loss=tuple((float(second), 5.0 * math.exp(-second / 30.0)) for second in range(83)),
    success=((20.0, 0.1), (40.0, 0.5), (60.0, 0.9)),
)  # fmt: skip


def test_the_state_of_a_training_in_words():
    assert state_of(Learning()) == "about to train"
    assert state_of(LEARNING) == "training 1:23"
    assert state_of(LEARNING, quiet_s=65.0) == "no news for 1:05"
    assert state_of(Learning(begun=True, done=True, seconds=360.0), quiet_s=900.0) == "trained for 6:00"


def panel(learning: Learning) -> np.ndarray:
    frame = np.zeros((720, 1280, 4), np.uint8)
    box = draw_learning(Ink(frame), learning, 10.0, 10.0)
    assert (box.width, box.height) == panel_size(learning)
    rows, columns = np.nonzero(frame[..., :3].any(axis=2))
    assert rows.max() <= box.bottom + 1 and columns.max() <= box.right + 1
    return frame[..., :3].astype(int)


def places(frame: np.ndarray, color) -> tuple[np.ndarray, np.ndarray]:
    return np.nonzero(np.abs(frame - np.array(color)).sum(axis=-1) < 25)


def test_success_climbs_and_loss_falls_in_their_plots():
    frame = panel(LEARNING)
    # The plots begin below the line that names them.
    for color, first_row, climbs in ((GREEN, 78, True), (BLUE, 148, False)):
        rows, columns = places(frame, color)
        inside = (rows >= first_row) & (columns < 200)
        early, late = rows[inside & (columns < 90)], rows[inside & (columns > 130)]
        assert len(early) > 10 and len(late) > 10
        assert (late.mean() < early.mean()) == climbs


def test_the_panel_draws_what_little_is_known():
    short = Learning(begun=True, loss=((0.0, 1.0),), reason="six minutes are over")
    for learning in (Learning(), Learning(begun=True), short, Learning(done=True)):
        assert panel(learning).any()
    huge = Learning(begun=True, seconds=1.0, loss=((0.0, 0.0), (5.0, 1e9)), success=((9.0, 7.0),))
    assert panel(huge).any()
