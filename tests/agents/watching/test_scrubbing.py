"""Scrubbing through a drive: what keys and the mouse ask for, and what is shown then."""

import hashlib

import numpy as np
import pytest

from agents.watching.driven_world import DrivenWorld
from agents.watching.player import Player
from agents.watching.screen import Screen
from agents.watching.scrubbing import REPEAT_AFTER_S, REPEAT_EVERY_S, Repeat
from drivesim.render.window import Click, Drag, KeyDown
from tests.agents.watching.test_history import Forgetful

SIZE = (960, 540)


@pytest.fixture(scope="module")
def drive() -> DrivenWorld:
    return DrivenWorld(
        env="lane", agent=Forgetful(), seed=3, road=11, roads=1, held_out=True, report=lambda text, share: None,
        sensors=[{"type": "camera", "width": 64, "height": 32}],
    )  # fmt: skip


def screen_of(drive: DrivenWorld, tmp_path, **how) -> Screen:
    return Screen(Player(drive, synchronous=True, keeps=True), pictures=tmp_path, size=SIZE, **how)


@pytest.fixture
def screen(drive, tmp_path) -> Screen:
    return screen_of(drive, tmp_path)


def run(screen: Screen, seconds: float, *, held=frozenset(), dt: float = 0.05) -> np.ndarray:
    frame = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    for _ in range(round(seconds / dt)):
        screen.advance(dt, held)
        screen.draw(frame, dt)
    return frame


def digest(screen: Screen) -> str:
    """Of the frame as it is once time stands still."""
    frame = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    screen.advance(0.0, frozenset())
    screen.follow.snap()
    screen.draw(frame, 0.0)
    return hashlib.sha256(frame.tobytes()).hexdigest()


def test_what_is_shown_after_scrubbing_is_what_was_shown_the_first_time_to_the_last_bit(drive, tmp_path):
    screen = screen_of(drive, tmp_path, interactive=False)
    screen.trail = True
    player = screen.player
    player.toggle_pause()
    first = {}
    for _ in range(25):
        player.step_once()
        shown = digest(screen)
        first[player.tick] = shown
    assert len(set(first.values())) == 25
    for tick in (25, 3, 4, 12, 11, 1, 24):
        player.history._ticks.clear()
        player.seek(tick)
        assert digest(screen) == first[tick], tick


def test_keys_go_back_and_forth_and_stop_time(screen):
    run(screen, 3.0)
    player = screen.player
    head = player.history.head
    now = player.tick
    screen.handle(KeyDown("left"))
    run(screen, 0.05)
    assert (player.tick, player.paused, player.replays) == (now - 10, True, True)
    screen.handle(KeyDown(","))
    screen.handle(KeyDown(","))
    run(screen, 0.2)
    assert player.tick == now - 12
    screen.handle(KeyDown("n"))
    run(screen, 0.2)
    assert player.tick == now - 11
    screen.handle(KeyDown("right"))
    run(screen, 0.05)
    assert player.tick == now - 1
    screen.handle(KeyDown("backspace"))
    run(screen, 0.05)
    assert (player.tick, len(player.trail)) == (0, 0)
    assert player.history.head == head
    screen.handle(KeyDown("end"))
    run(screen, 0.05)
    assert player.tick == head
    assert not player.paused


def test_a_replay_plays_up_to_the_newest_moment_and_goes_on_from_there(screen):
    run(screen, 2.0)
    player, head = screen.player, screen.player.history.head
    screen.player.seek(5)
    run(screen, 0.05)
    screen.handle(KeyDown("space"))
    run(screen, 1.0)
    assert 13 <= player.tick <= 16
    assert player.history.head == head
    run(screen, 2.0)
    assert player.history.head > head
    assert not player.replays


def test_the_wheel_is_taken_at_the_moment_shown_and_what_came_after_it_is_gone(screen):
    run(screen, 3.0)
    player = screen.player
    player.seek(12)
    run(screen, 0.05)
    screen.handle(KeyDown("t"))
    screen.handle(KeyDown("space"))
    run(screen, 1.0, held=frozenset({"down"}))
    assert player.manual
    assert player.tick == player.history.head <= 23
    assert player.history.by_hand[0][0] == 13
    assert player.after.moment.actuators.action[1] == -1.0
    screen.handle(KeyDown("t"))
    run(screen, 1.0)
    assert not player.manual
    assert player.after.moment.actuators.action[1] == pytest.approx(0.4)
    assert len(player.history.by_hand) == 1


def test_at_the_wheel_the_arrows_steer_and_do_not_scrub(screen):
    run(screen, 1.0)
    screen.handle(KeyDown("t"))
    screen.handle(KeyDown("left"))
    run(screen, 0.3, held=frozenset({"left"}))
    assert screen.player.manual
    assert screen.player.wheel.steering > 0.0


def test_scrubbing_gives_the_wheel_back(screen):
    screen.handle(KeyDown("t"))
    run(screen, 1.0)
    screen.handle(KeyDown(","))
    assert not screen.player.manual


def test_the_mouse_drags_along_the_timeline(screen):
    run(screen, 3.0)
    box, head = screen.scrubbing.box, screen.player.history.head
    assert box is not None
    middle, y = box.left + box.width / 2, box.top + box.height / 2
    screen.handle(Click(middle, y))
    run(screen, 0.05)
    assert screen.player.tick == pytest.approx(head / 2, abs=1)
    screen.handle(Drag(-box.width, 30.0))
    run(screen, 0.05)
    assert screen.player.tick == 0
    pan = screen.follow.pan
    screen.handle(Click(300.0, 200.0))
    screen.handle(Drag(20.0, 0.0))
    assert screen.follow.pan != pan
    assert screen.player.tick == 0


def test_a_key_that_is_held_counts_again_after_a_while():
    repeat = Repeat(frozenset({"left"}))
    assert repeat.due(frozenset({"left", "a"}), REPEAT_AFTER_S - 0.01) == {}
    assert repeat.due(frozenset({"left"}), 0.02 + 2 * REPEAT_EVERY_S) == {"left": 3}
    assert repeat.due(frozenset(), 1.0) == {}
    assert repeat.due(frozenset({"left"}), 0.1) == {}


def test_events_are_marked_and_jumped_between(screen):
    run(screen, 0.5)
    screen.handle(KeyDown("t"))
    run(screen, 12.0, held=frozenset({"left", "up"}), dt=0.1)
    marks = screen.player.history.marks
    assert {mark.kind for mark in marks} <= {"infraction", "failure"}
    assert marks
    screen.handle(KeyDown("backspace"))
    run(screen, 0.05)
    screen.handle(KeyDown("i"))
    run(screen, 0.05)
    assert screen.player.tick == marks[0].index
    screen.handle(KeyDown("u"))
    run(screen, 0.05)
    assert screen.player.tick == 0


def test_a_screen_without_a_history_has_no_timeline(drive, tmp_path):
    screen = Screen(Player(drive, synchronous=True), pictures=tmp_path, size=SIZE)
    run(screen, 1.0)
    assert screen.scrubbing.box is None
    now = screen.player.tick
    screen.handle(KeyDown("left"))
    run(screen, 0.2)
    assert screen.player.tick >= now
