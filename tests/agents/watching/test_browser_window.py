"""Choosing, scrubbing and taking the wheel in a real window, with the keys and the mouse of a user."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agents import cli
from agents.evaluation.replay import read_replay
from agents.watching import WatchArgs
from drivesim.errors import ConfigError
from tests.agents.real_window import start_display

needs_a_display = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"
)
MAP = Path(__file__).resolve().parents[3] / "assets" / "maps" / "town_a.xodr"

USER = """
import json, subprocess, sys
import pygame
from agents import cli
from agents.watching import commands

frames, memory, position = {"since": 0}, {}, {"line": -1}

def send(*words):
    return lambda s: subprocess.Popen(["xdotool", *words])

def at(box, share=0.5):
    return str(int(box.left + share * box.width)), str(int(box.top + box.height / 2))

def click(place):
    def act(s):
        x, y = at(place(s))
        subprocess.Popen(["xdotool", "mousemove", "--window", memory["id"], x, y, "sleep", "0.2", "click", "1"])
    return act

def drag(place, begin, end):
    def act(s):
        (x, y), (to, _) = at(place(s), begin), at(place(s), end)
        move = ["mousemove", "--window", memory["id"]]
        subprocess.Popen(["xdotool", *move, x, y, "sleep", "0.2", "mousedown", "1", "sleep", "0.2", *move, to, y,
                          "sleep", "0.2", "mouseup", "1"])
    return act

def dragged(then):
    return lambda s: not pygame.mouse.get_pressed()[0] and s.player.paused and then(s)

def keep(name, value):
    def act(s):
        memory[name] = value(s)
    return act

def suite(name):
    return lambda s: s.browser._plan.suites[s.browser.names.index(name)]

PLAY = [
    (lambda s: None, lambda s: s.browser.is_open and len(s.browser.entries) == 501),
    (send("type", "cut out"), lambda s: s.browser.query == "cut out"),
    (send("key", "Down"), lambda s: s.browser.cursor == 1),
    (send("key", "Return"), lambda s: not s.browser.is_open and s.player.began == 2),
    (keep("variant", lambda s: s.player.after.variant), lambda s: s.player.tick > 25),
    (drag(lambda s: s.scrubbing.box, 0.8, 0.4), dragged(lambda s: 4 < s.player.tick < 18)),
    (send("key", "comma"), lambda s: s.player.replays),
    (send("key", "t"), lambda s: s.player.manual and s.player.history.head == s.player.tick),
    (send("key", "space"), lambda s: not s.player.paused),
    (send("keydown", "Down"), lambda s: len(s.player.history.by_hand) == 1 and s.player.wheel.pedal < -0.5),
    (send("keyup", "Down", "key", "t"), lambda s: not s.player.manual),
    (send("key", "o"), lambda s: s.browser.is_open),
    (click(suite("lane")), lambda s: s.browser.name == "lane"),
    (send("key", "Escape"), lambda s: s.browser.query == ""),
    (lambda s: None, lambda s: len(s.browser.entries) == 200),
    (click(lambda s: s.browser._plan.play), lambda s: s.drive.env_name == "Lane" and s.player.tick > 3),
    (send("key", "q"), lambda s: False),
]
MAP = [
    (lambda s: None, lambda s: s.player.tick > 8),
    (send("key", "Left"), lambda s: s.player.paused and s.player.replays),
    (send("key", "End"), lambda s: not s.player.paused and not s.player.replays),
    (send("key", "l"), lambda s: s.labels == "boxes"),
    (send("key", "Tab"), lambda s: s.player.began == 2),
    (send("key", "t"), lambda s: s.player.manual),
    (send("keydown", "Up"), lambda s: s.player.wheel.pedal > 0.5),
    (send("keyup", "Up", "key", "o"), lambda s: s.browser.is_open and len(s.browser.entries) > 0),
    (send("key", "Escape"), lambda s: not s.browser.is_open),
    (send("key", "q"), lambda s: False),
]
KEEP = [
    (lambda s: None, lambda s: s.player.tick > 12),
    (send("key", "c"), lambda s: s.player.after.weather != ""),
    (send("key", "t"), lambda s: s.player.manual),
    (send("keydown", "Down"), lambda s: len(s.player.history.by_hand) == 1),
    (send("keyup", "Down", "key", "space"), lambda s: s.player.paused),
    (send("key", "F5"), lambda s: s.notice.startswith("kept ") and s.notice.endswith("drivesim-0001.drive.json")),
    (send("key", "q"), lambda s: False),
]
REPLAY = [
    (lambda s: None, lambda s: s.player.replays and s.player.tick > 3 and s.player.history.head > 13),
    (lambda s: None, lambda s: s.player.history.by_hand and any(s.player.history._set)),
    (drag(lambda s: s.scrubbing.box, 0.3, 0.7), dragged(lambda s: s.player.tick > 6)),
    (send("key", "BackSpace"), lambda s: s.player.tick == 0),
    (send("key", "space"), lambda s: s.player.tick > 3),
    (send("key", "t"), lambda s: s.player.manual and not s.player.replays),
    (send("key", "q"), lambda s: False),
]
lines = {"suite": PLAY, "map": MAP, "keep": KEEP, "replay": REPLAY}[sys.argv[1]]

def on_frame(window, s):
    frames["since"] += 1
    line = position["line"]
    if line < 0:
        memory["id"] = str(pygame.display.get_wm_info()["window"])
        subprocess.run(["xdotool", "windowfocus", memory["id"]])
    elif frames["since"] < 5 or not lines[line][1](s):
        if frames["since"] > 900:
            raise SystemExit(f"line {line} of the play did not come true")
        return
    position["line"], frames["since"] = line + 1, 0
    lines[line + 1][0](s)

play = commands.play_in_window
commands.play_in_window = lambda args, *, manual: play(args, manual=manual, on_frame=on_frame)
code = cli.main(sys.argv[2:])
print(json.dumps({"code": code, "left": len(lines) - 1 - position["line"]}))
"""


def played(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What a user's session printed."""
    script = tmp_path / "user.py"
    script.write_text(USER)
    server, environment = start_display("1280x800x24")
    environment["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    try:
        return subprocess.run(
            [sys.executable, str(script), *words], env=environment, capture_output=True, text=True, timeout=400,
            check=False,
        )  # fmt: skip
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()


@pytest.mark.slow
@needs_a_display
def test_a_user_chooses_a_situation_scrubs_takes_the_wheel_and_goes_on_to_another_suite(tmp_path):
    done = played(tmp_path, "suite", "watch", "--suite", "r157_alks", "--size", "1100", "620")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"code": 0, "left": 0}
    assert done.stderr == ""


@pytest.mark.slow
@needs_a_display
@pytest.mark.parametrize("words", [("watch", "--map", str(MAP)), ("map", "drive", str(MAP))])
def test_a_map_file_is_driven_in_a_window(tmp_path, words):
    done = played(tmp_path, "map", *words, "--size", "1100", "620")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"code": 0, "left": 0}
    assert done.stderr == ""


@pytest.mark.slow
@needs_a_display
def test_a_drive_is_kept_in_a_window_and_looked_at_again_in_another(tmp_path):
    folder = tmp_path / "kept"
    done = played(tmp_path, "keep", "watch", "--env", "lane", "--pictures", str(folder), "--size", "1100", "620")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"code": 0, "left": 0}
    file = folder / "drivesim-0001.drive.json"
    kept = read_replay(file)
    assert kept.by_hand and kept.changes
    done = played(tmp_path, "replay", "watch", "--replay", str(file), "--size", "1100", "620")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"code": 0, "left": 0}
    assert done.stderr == ""


@needs_a_display
def test_a_file_that_is_no_drive_opens_no_window(tmp_path, capsys):
    file = tmp_path / "foreign.drive.json"
    file.write_text('{"episodes": []}')
    assert cli.main(["watch", "--replay", str(file)]) == 2
    assert f"{file}: no kept drive" in capsys.readouterr().err


@pytest.mark.parametrize(
    "given", [{"suite": "lane"}, {"map": "a.xodr"}, {"weather": ("FogNoon",)}, {"record": "a.mp4"}]
)
def test_a_kept_drive_says_itself_what_is_driven(given):
    with pytest.raises(ConfigError, match=f"replay: a kept drive says what is driven; leave out --{next(iter(given))}"):
        WatchArgs(replay="a.drive.json", **given)
