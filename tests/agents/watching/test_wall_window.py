"""The wall in a real window, with the keys and the mouse of a user."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.agents.real_window import start_display

USER = """
import json, subprocess, sys
import pygame
from agents.watching import WatchArgs
from agents.watching.commands import play_in_window

frames, memory = {"since": 0}, {}

def key(name):
    return lambda s: subprocess.Popen(["xdotool", "key", name])

def click_at(box):
    x, y = str(int(box.left + box.width / 2)), str(int(box.top + box.height / 2))
    subprocess.Popen(["xdotool", "mousemove", "--window", memory["id"], x, y, "sleep", "0.2", "click", "1"])

def switch(name):
    def act(s):
        plan = s.menu._plan
        click_at(next(place.box for place in (*plan.tabs, *plan.switches) if place.switch.name == name))
    return act

def pane(name):
    return lambda s: click_at(dict(s._panes)[name])

def shows(s, fault):
    return s.player.before.faults.get(fault[0], {}).get(fault[1]) == fault[2]

# (what the user does, what must then become true); the next line waits for it.
PLAY = [
    (key("m"), lambda s: s.menu.is_open and s.menu._plan is not None),
    (switch(("page", 1)), lambda s: s.menu.page == 1 and ("weather", "FogNoon") in names(s)),
    (switch(("weather", "FogNoon")), lambda s: s.player.before.weather == "FogNoon"),
    (key("Tab"), lambda s: s.menu.page == 2 and ("sensor", 3) in names(s)),
    (switch(("sensor", 3)), lambda s: ("fault", "lidar", "sector_loss", 4) in names(s)),
    (switch(("fault", "lidar", "sector_loss", 4)), lambda s: shows(s, ("lidar", "sector_loss", 4))),
    (key("m"), lambda s: not s.menu.is_open),
    (pane("lidar"), lambda s: s.side.enlarged == "lidar"),
    (key("e"), lambda s: s.side.enlarged == "lidar range"),
    (key("1"), lambda s: s.side.panes[0] not in s.side.shown),
    (key("l"), lambda s: s.labels == "boxes" and len(s.player.before.labels) > 0),
    (key("y"), lambda s: s.player.before.faults == {}),
    (key("c"), lambda s: s.weather == "FogSunset"),
    (key("space"), lambda s: s.player.paused),
    (key("c"), lambda s: s.player.before.weather == "FogNight"),
    (key("q"), lambda s: False),
]
position = {"line": -1}

def names(s):
    return {place.switch.name for place in (*s.menu._plan.tabs, *s.menu._plan.switches)}

def on_frame(window, s):
    frames["since"] += 1
    line = position["line"]
    if line < 0:
        memory["id"] = str(pygame.display.get_wm_info()["window"])
        subprocess.run(["xdotool", "windowfocus", memory["id"]])
    elif frames["since"] < 5 or not PLAY[line][1](s):
        if frames["since"] > 600:
            raise SystemExit(f"line {line} of the play did not come true")
        return
    position["line"], frames["since"] = line + 1, 0
    PLAY[line + 1][0](s)

code = play_in_window(
    WatchArgs(env="highway", sensors="all", road=11, roads=1, size=(1100, 620), pictures=sys.argv[1]),
    manual=False, on_frame=on_frame,
)
print(json.dumps({"code": code, "lines_played": position["line"]}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
def test_a_user_switches_weather_faults_and_panes_and_finds_the_wall_as_it_was_left(tmp_path):
    script = tmp_path / "user.py"
    script.write_text(USER)
    server, environment = start_display("1280x800x24")
    environment["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    try:
        done = subprocess.run(
            [sys.executable, str(script), str(tmp_path / "pictures")],
            env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"code": 0, "lines_played": 15}
    assert done.stderr == ""
    (rig,) = json.loads((tmp_path / "config" / "drivesim" / "window.json").read_text())["rigs"].values()
    assert rig["enlarged"] == "lidar range" and rig["labels"] == "boxes" and "camera" not in rig["shown"]
