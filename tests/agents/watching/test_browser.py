"""The browser of suites and situations: keys, the mouse, and what is played then."""

import time

import numpy as np
import pytest

from agents.watching import RecordArgs, WatchArgs, record, watch
from agents.watching.browser import Browser, Choice
from agents.watching.catalogue import Result
from agents.watching.chosen import driven_world, first_choice
from agents.watching.player import Player
from agents.watching.screen import Screen
from drivesim.errors import ConfigError
from drivesim.render.browser import plan_browser
from drivesim.render.ink import Ink
from drivesim.render.stickers import Stickers
from drivesim.render.window import Click, Drag, KeyDown, Scroll

SIZE = (1280, 720)
SUITE = "town_situations"


@pytest.fixture
def browser() -> Browser:
    found = Browser(SUITE, results={SUITE: {1: Result(False, "collision person"), 2: Result(True, "passed")}})
    found.open_now()
    found.toggle()
    return found


def drawn(browser: Browser, pointer=None) -> np.ndarray:
    frame = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    browser.draw(Ink(frame), Stickers(), pointer)
    return frame


def middle(box) -> Click:
    return Click(box.left + box.width / 2, box.top + box.height / 2)


def type_in(browser: Browser, text: str) -> None:
    for letter in text:
        browser.handle(KeyDown("space" if letter == " " else letter))


def test_typing_filters_and_backspace_and_escape_take_it_back(browser):
    whole = len(browser.entries)
    type_in(browser, "cutin ")
    assert {entry.family for entry in browser.entries} == {"CutIn", "HighwayCutIn", "ParkingCutIn", "StaticCutIn"}
    browser.handle(KeyDown("backspace"))
    assert browser.query == "cutin"
    browser.handle(KeyDown("escape"))
    assert (browser.query, len(browser.entries), browser.is_open) == ("", whole, True)
    browser.handle(KeyDown("escape"))
    assert not browser.is_open


def test_results_can_be_asked_for(browser):
    type_in(browser, "failed")
    assert [entry.number for entry in browser.entries] == [1]


def test_enter_plays_the_chosen_one_and_then_those_that_follow(browser):
    type_in(browser, "accident")
    for _ in range(2):
        browser.handle(KeyDown("down"))
    browser.handle(KeyDown("return"))
    numbers = [entry.number for entry in browser.entries]
    assert browser.choice == Choice(SUITE, (*numbers[2:], *numbers[:2]))
    assert not browser.is_open


def test_the_cursor_stays_in_sight_and_within_the_list(browser):
    drawn(browser)
    rows = len(plan_browser(SIZE, len(browser.names)).rows)
    for name, cursor in (("end", 144), ("page up", 144 - rows), ("home", 0), ("up", 0), ("page down", rows)):
        browser.handle(KeyDown(name))
        assert browser.cursor == cursor
        assert browser.first <= cursor < browser.first + rows


def test_left_and_right_change_the_suite(browser):
    browser.handle(KeyDown("right"))
    assert browser.name == "lane"
    browser.handle(KeyDown("left"))
    browser.handle(KeyDown("left"))
    assert browser.name == "routes_200_v2"


def test_a_suite_is_read_in_a_thread_while_the_window_lives(browser):
    browser.handle(KeyDown("right"))
    for _ in range(200):
        drawn(browser)
        if browser.entries:
            break
        time.sleep(0.02)
    assert browser.entries[0].number == 1_000_000
    browser.close()


def test_the_mouse_chooses_plays_scrolls_and_closes(browser):
    drawn(browser)
    plan = plan_browser(SIZE, len(browser.names))
    browser.handle(Scroll(-2.0))
    assert browser.first == 6
    browser.handle(middle(plan.rows[4]))
    assert (browser.cursor, browser.choice) == (10, None)
    browser.handle(middle(plan.rows[4]))
    assert browser.choice is not None and browser.choice.numbers[0] == 10
    browser.toggle()
    browser.handle(Click(plan.bar.left + 2, plan.bar.bottom - 1))
    assert browser.first == 145 - len(plan.rows)
    browser.handle(Drag(0.0, -plan.bar.height))
    assert browser.first == 0
    browser.choice = None
    browser.handle(middle(plan.play))
    assert browser.choice is not None
    browser.toggle()
    browser.handle(middle(plan.suites[0]))
    assert browser.name == browser.names[0]
    browser.handle(Click(3.0, 3.0))
    assert not browser.is_open


def test_what_is_under_the_mouse_lights_up(browser):
    plan = plan_browser(SIZE, len(browser.names))
    for box in (plan.rows[3], plan.suites[2], plan.play):
        pointed = drawn(browser, (box.left + 5, box.top + 5))
        assert not np.array_equal(pointed, drawn(browser))


@pytest.mark.parametrize("size", [(320, 240), (500, 900), (1280, 720), (2560, 1440)])
def test_everything_lies_within_the_panel_in_any_window(size):
    plan = plan_browser(size, 7)
    for box in (*plan.suites, *plan.rows, plan.query, plan.bar, plan.details, plan.play):
        assert plan.panel.left <= box.left and box.right <= plan.panel.right + 0.5
        assert plan.panel.top <= box.top and box.bottom <= plan.panel.bottom + 0.5
    assert plan.rows[-1].bottom <= plan.details.top


def test_what_matches_nothing_is_refused():
    with pytest.raises(ConfigError, match="nothing in town_situations matches 'moon'"):
        first_choice(Browser(SUITE, query="moon"))
    with pytest.raises(ConfigError, match="situation: chooses among those of a suite; add --suite"):
        WatchArgs(situation="cpna")
    with pytest.raises(ConfigError, match="map, suite: situations bring their maps"):
        RecordArgs(suite=SUITE, map="file.xodr")


def test_what_only_a_window_shows_is_not_asked_of_a_video_and_a_training_has_no_suite(tmp_path):
    with pytest.raises(ConfigError, match="results: are shown in a window only"):
        watch(WatchArgs(suite=SUITE, results=str(tmp_path), record=str(tmp_path / "out.mp4")))
    with pytest.raises(ConfigError, match="follow, suite: a training chooses what it shows"):
        watch(WatchArgs(suite=SUITE, follow=str(tmp_path)))


def test_a_choice_of_the_suite_that_is_driven_begins_at_once_and_another_one_is_asked_for(tmp_path):
    browser = Browser("r157_alks", query="stationary")
    choice = first_choice(browser)
    args = WatchArgs(suite="r157_alks", situation="stationary")
    drive = driven_world(args, lambda text, share: None, choice=choice)
    screen = Screen(Player(drive, synchronous=True, keeps=True), pictures=tmp_path, size=SIZE, browser=browser)
    frame = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    screen.draw(frame, 0.02)
    assert screen.player.after.variant == choice.numbers[0]
    screen.handle(KeyDown("o"))
    assert browser.is_open
    before = screen.player.tick
    for _ in range(20):
        screen.advance(0.1, frozenset({"up"}))
    assert screen.player.tick <= before + 1
    for key in ("down", "down", "return"):
        screen.handle(KeyDown(key))
    for _ in range(3):
        screen.advance(0.1, frozenset())
    screen.draw(frame, 0.02)
    assert screen.choice is None
    assert screen.player.after.variant == choice.numbers[2]
    screen.player.next_road()
    screen.advance(0.01, frozenset())
    assert screen.player.after.variant == choice.numbers[3]
    browser.choice = Choice("lane", (1_000_000,))
    screen.advance(0.1, frozenset())
    assert screen.choice == Choice("lane", (1_000_000,))
    screen.close()


def test_a_situation_is_recorded_as_a_video(tmp_path):
    out = tmp_path / "situation.mp4"
    args = RecordArgs(
        video=str(out), suite="r157_alks", situation="stationary", duration_s=0.2, size=(320, 180), fps=20, panes=False
    )
    assert record(args) == 0
    assert out.stat().st_size > 0
