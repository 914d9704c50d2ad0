import json
import math
import shutil
import subprocess
import sys
import threading
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from agents.watching import DriveArgs, RecordArgs, WatchArgs, record, watch
from agents.watching.actions import BUTTON_ACTIONS, KEY_ACTIONS
from agents.watching.args import FACTORS, preset_of, short_name
from agents.watching.commands import play_in_window
from agents.watching.driven_world import DrivenWorld
from agents.watching.panes import rows_of
from agents.watching.player import END_HOLD_S, Player
from agents.watching.screen import Screen
from agents.watching.sources import seen_by
from agents.watching.tick import Tick
from agents.watching.wheel import COAST, Wheel
from drivesim.config import CameraConfig, VehicleConfig
from drivesim.errors import ConfigError, DisplayError
from drivesim.render.hud import KEYS
from drivesim.render.moment import moment_of
from drivesim.render.toolbar import BUTTONS
from drivesim.render.window import Click, Drag, KeyDown, Scroll
from drivesim.semantics import Semantic
from drivesim.state import EndReason, allocate_state
from tests.agents.real_window import CLOSE, start_display

STEP_S = 0.1


class CountingDrive:
    """Stands in for a driven world: tick n has the ego at x = n metres; remembers what it was asked."""

    began_with, brings_weather, checksum = (), False, 0

    def __init__(self, last_tick: int = 1000) -> None:
        self.step_s = STEP_S
        self.config = SimpleNamespace(vehicle=VehicleConfig())
        self.last_tick = last_tick
        self.begun: list[int] = []
        self.actions: list[np.ndarray | None] = []
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self._tick = 0

    def begin(self, road_index: int) -> Tick:
        self.begun.append(road_index)
        self._tick = 0
        return self._answer()

    def step(self, action: np.ndarray | None = None) -> Tick:
        assert self.gate.wait(10.0)
        if self.failure is not None:
            raise self.failure
        self.actions.append(action)
        self._tick += 1
        return self._answer()

    def _answer(self) -> Tick:
        state = allocate_state(world=1, slot=1)
        state.actors.kind[0, 0] = 1
        state.actors.x[0, 0] = self._tick
        state.worlds.tick[0] = self._tick
        state.worlds.key[0] = len(self.begun)
        state.episode.end[0, 0] = EndReason.SUCCESS if self._tick >= self.last_tick else EndReason.RUNNING
        return Tick(moment=moment_of(state, 0, step_s=STEP_S), score=0.0)


def player_of(drive: CountingDrive, **how) -> Player:
    return Player(drive, **{"synchronous": True, **how})  # type: ignore[arg-type]  # as much of a world as it needs


# What the commands take.


@pytest.mark.parametrize("name", ["lane", "Lane-v0", "drivesim/Lane-v0"])
def test_an_environment_goes_by_its_preset_or_its_id(name):
    assert preset_of(name) == "lane"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"env": "lnae"}, "env: unknown value 'lnae'; did you mean 'lane'"),
        ({"size": (40, 400)}, r"size \(width\): expected a value in \[160, 8192\], got 40"),
        ({"speed": 30.0}, "speed: expected"),
        ({"seed": -1}, "seed: expected"),
        ({"road": -1}, "road: expected"),
    ],
)
def test_bad_arguments_are_named(fields, message):
    for kind in (WatchArgs, DriveArgs, RecordArgs):
        with pytest.raises(ConfigError, match=message):
            kind(**fields)


def test_every_key_and_button_is_in_the_legend_and_every_legend_entry_works():
    listed = {word.lower() for keys, _ in KEYS for word in keys.replace(", ", " ").split()}
    spoken = {"return": "enter", "escape": "esc", "=": "+", "[+]": "+", "[-]": "-"}
    assert {spoken.get(name, name) for name in KEY_ACTIONS} <= listed
    assert listed - set(KEY_ACTIONS) == {"esc", "arrows", "wasd", "wheel", "drag", "click", "timeline"}
    assert set(BUTTON_ACTIONS) == {name for name, _ in BUTTONS}


# The wheel.


def test_full_lock_gives_way_to_what_the_tyres_hold():
    wheel = Wheel(VehicleConfig())
    assert wheel.lock(0.0) == 1.0
    # atan(2.57882 * 5.5 / 400) = 0.03544 rad of 0.5
    assert wheel.lock(20.0) == pytest.approx(0.07088, rel=1e-3)


def test_keys_turn_the_wheel_steadily_and_it_centres_itself():
    wheel = Wheel(VehicleConfig())
    wheel.update(frozenset({"left", "up"}), 0.0, 0.1)
    assert wheel.action == pytest.approx([0.22, 0.35], abs=1e-6)
    for _ in range(20):
        wheel.update(frozenset({"a", "w"}), 0.0, 0.1)
    assert wheel.action == pytest.approx([1.0, 1.0])
    wheel.update(frozenset({"d", "s"}), 0.0, 0.1)
    assert wheel.action == pytest.approx([0.78, 0.65])
    for _ in range(20):
        wheel.update(frozenset(), 0.0, 0.1)
    assert wheel.action == pytest.approx([0.0, COAST])


def test_opposite_keys_cancel():
    wheel = Wheel(VehicleConfig())
    wheel.update(frozenset({"left", "right", "up", "down"}), 5.0, 1.0)
    assert wheel.action == pytest.approx([0.0, COAST])


# The player.


def test_time_passes_at_the_pace_asked_for():
    for factor in FACTORS:
        player = player_of(CountingDrive(), speed=factor)
        for _ in range(60):
            player.advance(1 / 60)
        assert player.tick == pytest.approx(factor / STEP_S, abs=1)


@pytest.mark.parametrize("rate_hz", [1, 5, 30, 100])
def test_a_second_lasts_a_second_at_any_control_rate(rate_hz):
    drive = CountingDrive()
    drive.step_s = 1.0 / rate_hz
    player = player_of(drive)
    for _ in range(180):
        player.advance(1 / 60)
    assert player.tick == pytest.approx(3 * rate_hz, abs=1)
    assert len(player.trail) == player.tick
    assert player.trail.maxlen == 60 * rate_hz


def test_moments_between_two_steps_glide():
    player = player_of(CountingDrive())
    seen = []
    for _ in range(40):
        player.advance(0.025)
        seen.append(float(player.moment.actors.x[0]))
    assert np.diff(seen[5:]) == pytest.approx(0.25, abs=1e-5)


def test_pause_stops_the_tick_and_a_step_advances_it_by_one():
    player = player_of(CountingDrive())
    for _ in range(10):
        player.advance(0.05)
    player.toggle_pause()
    stopped = player.tick
    for _ in range(10):
        player.advance(0.05)
    assert player.tick == stopped
    player.step_once()
    for _ in range(10):
        player.advance(0.05)
    assert player.tick == stopped + 1
    assert player.moment.actors.x[0] == stopped + 1
    for _ in range(3):
        player.step_once()
    player.advance(0.05)
    assert player.tick == stopped + 4
    player.toggle_pause()
    for _ in range(10):
        player.advance(0.05)
    assert player.tick > stopped + 5


def test_the_pace_moves_along_its_scale():
    player = player_of(CountingDrive())
    player.change_pace(1)
    assert player.factor == 2.0
    for _ in range(9):
        player.change_pace(-1)
    assert player.factor == FACTORS[0]


def test_restart_repeats_the_road_and_next_goes_on():
    drive = CountingDrive()
    player = player_of(drive)
    for _ in range(20):
        player.advance(0.05)
    player.restart()
    player.advance(0.05)
    assert player.tick <= 1
    player.next_road()
    player.next_road()
    player.advance(0.05)
    assert drive.begun == [0, 0, 2]
    assert player.road_index == 2
    assert player.began == 3


def test_restart_works_while_paused():
    drive = CountingDrive()
    player = player_of(drive)
    for _ in range(20):
        player.advance(0.05)
    player.toggle_pause()
    player.restart()
    for _ in range(100):
        player.advance(0.05)
        if player.began == 2:
            break
    assert player.tick == 0
    assert player.paused


def test_at_the_wheel_the_users_action_is_applied_and_given_back_the_drivers():
    drive = CountingDrive()
    player = player_of(drive)
    player.toggle_wheel()
    for _ in range(10):
        player.advance(0.05, frozenset({"left", "up"}))
    assert any(action is not None and action[0] > 0 and action[1] > 0 for action in drive.actions)
    player.toggle_wheel()
    drive.actions.clear()
    for _ in range(10):
        player.advance(0.05, frozenset({"left", "up"}))
    assert drive.actions[1:] and all(action is None for action in drive.actions[1:])


def test_a_slow_driver_holds_up_the_world_but_not_the_window():
    drive = CountingDrive()
    player = player_of(drive, synchronous=False)
    drive.gate.clear()
    for _ in range(10):
        player.advance(0.05)
    assert player.lagging
    assert player.tick == 0
    drive.gate.set()
    for _ in range(200):
        player.advance(0.02)
        if player.tick >= 3:
            break
    assert player.tick >= 3


def test_what_the_driver_raises_reaches_the_caller():
    drive = CountingDrive()
    player = player_of(drive)
    drive.failure = ConfigError("camera: this network expects pictures of another size")
    with pytest.raises(ConfigError, match="another size"):
        for _ in range(10):
            player.advance(0.05)


def test_after_the_end_the_next_road_follows_unless_told_to_hold():
    for hold, begun in ((False, [0, 1]), (True, [0])):
        drive = CountingDrive(last_tick=5)
        player = player_of(drive, hold=hold)
        for _ in range(round((END_HOLD_S + 0.8) / 0.05)):
            player.advance(0.05)
        assert drive.begun == begun


# A driven world and its screen.


class Dreamer:
    """A driver that explains itself: steers straight on and imagines a world of grass."""

    sensors = (CameraConfig(width=64, height=32), CameraConfig(name="camera_tele", width=64, height=16, fov_deg=20.0))

    def reset(self, env_count, mask=None):
        self.worlds = env_count

    def act(self, observation, info):
        assert observation["camera"].shape == (self.worlds, 32, 64, 3)
        return np.zeros((self.worlds, 2), np.float32)

    def explain(self):
        points = np.array([(4.0 * step, 1.0) for step in range(1, 7)], np.float32)
        return {
            "waypoints": np.tile(points, (self.worlds, 1, 1)),
            "semantic": np.full((self.worlds, 16, 32), 10, np.uint8),
            "depth": np.full((self.worlds, 16, 32), 20.0, np.float32),
            "lane_offset": np.full(self.worlds, 0.25, np.float32),
            "lead_present": np.full(self.worlds, 0.9, np.float32),
            "lead_distance": np.full(self.worlds, 33.0, np.float32),
        }


def drive_of(agent: str, **how) -> DrivenWorld:
    reports = how.pop("reports", [])
    return DrivenWorld(
        **{"env": "lane", "seed": 3, "road": 11, "roads": 1, "held_out": True, **how},
        agent=agent,
        report=lambda text, share: reports.append((text, share)),
    )


@pytest.fixture(scope="module")
def dreaming() -> DrivenWorld:
    sys.modules.setdefault("dreams", SimpleNamespace(Dreamer=Dreamer))  # type: ignore[arg-type]  # enough of a module
    return drive_of("dreams:Dreamer")


@pytest.fixture(scope="module")
def expert() -> DrivenWorld:
    reports: list = []
    drive = drive_of("expert", roads=2, reports=reports)
    assert [text.split()[0] for text, _ in reports] == ["loading", "preparing"]
    return drive


def test_a_drive_repeats_itself(expert):
    def drive() -> list[float]:
        expert.begin(0)
        return [float(expert.step().moment.actors.x[0]) for _ in range(5)]

    assert drive() == drive()


def test_another_action_than_the_drivers_can_be_applied(expert):
    expert.begin(0)
    tick = expert.step(np.array([0.5, -1.0], np.float32))
    assert tick.moment.actuators.action == pytest.approx([0.5, -1.0])


def test_the_next_lap_differs(expert):
    first, later = expert.begin(0), expert.begin(2)
    assert first.moment.map == later.moment.map == 0
    assert first.moment.world.key != later.moment.world.key


def test_a_driver_gets_the_camera_it_asks_for_and_its_words_are_kept(dreaming):
    tick = dreaming.begin(0)
    ego = tick.moment.actors
    forward = np.array([math.cos(ego.yaw[0]), math.sin(ego.yaw[0])])
    left = np.array([-forward[1], forward[0]])
    start = np.array([ego.x[0], ego.y[0]])
    assert tick.plan[0] == pytest.approx(start + 4.0 * forward + left, abs=1e-4)
    rows = {name: (truth, said) for name, truth, said in rows_of(dreaming.heads, tick.truth, tick.explanation)}
    assert rows["offset"][1] == "+0.25 m"
    assert rows["lead"] == ("none", "33 m")


def test_the_sky_a_driver_sees_is_shown_as_far_away():
    said = {
        "semantic": np.array([[Semantic.SKY, Semantic.ROAD]], np.uint8),
        "depth": np.array([[7.0, 9.0]], np.float32),
    }
    assert seen_by(said, "depth").tolist() == [[1000.0, 9.0]]
    assert seen_by(said, "semantic") is said["semantic"]
    assert seen_by({"depth": said["depth"]}, "depth").tolist() == [[7.0, 9.0]]


def test_the_expert_is_not_shown_as_a_network(expert):
    tick = expert.begin(0)
    assert tick.plan is None
    assert all(said == "" for _, _, said in rows_of(expert.heads, tick.truth, tick.explanation))


def test_names_of_drivers():
    assert short_name("expert") == "expert"
    assert short_name("runs/first/best.safetensors") == "first/best"
    assert short_name("my.module:Driver") == "Driver"


@pytest.fixture
def screen(dreaming, tmp_path) -> Screen:
    player = Player(dreaming, synchronous=True)
    return Screen(player, pictures=tmp_path, size=(960, 540))


def shown(screen: Screen, dt: float = 0.02, size=(960, 540)) -> np.ndarray:
    frame = np.zeros((size[1], size[0], 4), np.uint8)
    screen.player.advance(dt)
    screen.draw(frame, dt)
    return frame[..., :3]


@pytest.mark.parametrize("number", range(1, 7))
def test_each_pane_can_be_hidden(screen, number):
    screen.player.toggle_pause()
    screen.follow.snap()
    shown(screen)
    before = shown(screen)
    screen.handle(KeyDown(str(number)))
    assert screen.side.panes[number - 1] not in screen.side.shown
    assert not np.array_equal(shown(screen), before)
    screen.handle(KeyDown(str(number)))
    assert screen.side.panes[number - 1] in screen.side.shown


def test_zero_hides_all_panes_and_the_car_moves_to_the_middle(screen):
    screen.handle(KeyDown("0"))
    assert not screen.side.shown
    screen.follow.snap()
    frame = shown(screen)
    orange = (np.abs(frame.astype(int) - (255, 122, 24)).sum(axis=-1) < 90).nonzero()[1]
    assert np.median(orange) == pytest.approx(480, abs=12)


def test_every_key_and_button_works(screen):
    for name in KEY_ACTIONS:
        screen.handle(KeyDown(name))
        shown(screen)
    assert screen.done
    assert screen.wants_fullscreen_change
    for action in BUTTON_ACTIONS.values():
        action(screen)
        shown(screen)
    screen.handle(KeyDown("unknown"))
    screen.close()


def test_the_mouse_zooms_drags_and_presses_buttons(screen):
    zoom = screen.follow.zoom
    screen.handle(Scroll(2.0))
    assert screen.follow.zoom > zoom
    screen.handle(Drag(10.0, 0.0))
    assert screen.follow.pan[0] < 0.0
    frame = np.zeros((720, 1280, 4), np.uint8)
    screen.draw(frame, 0.02, pointer=(600.0, 600.0))
    box = screen._buttons["pause"]
    screen.handle(Click(box.left + 3, box.top + 3))
    assert screen.player.paused


@pytest.mark.parametrize("size", [(320, 240), (500, 900), (1600, 700)])
def test_the_screen_fits_any_window(screen, size):
    assert shown(screen, size=size).any()


def test_a_screenshot_and_a_recording_are_saved_under_free_names(screen, tmp_path):
    for _ in range(2):
        screen.handle(KeyDown("p"))
        shown(screen)
    pictures = sorted(tmp_path.glob("*.png"))
    assert [path.name for path in pictures] == ["drivesim-0001.png", "drivesim-0002.png"]
    assert cv2.imread(str(pictures[0])).shape == (540, 960, 3)
    screen.handle(KeyDown("v"))
    for _ in range(10):
        shown(screen, dt=0.05)
    screen.handle(KeyDown("v"))
    shown(screen)
    capture = cv2.VideoCapture(str(tmp_path / "drivesim-0001.mp4"))
    # 10 frames of 0.05 s at 30 per second.
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 15


def test_a_full_disk_is_a_notice_and_the_drive_goes_on(screen, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    screen.handle(KeyDown("v"))
    for _ in range(4):
        shown(screen, dt=0.05)
    assert screen.writer is None
    assert "No space left" in screen._notice


def test_closing_finishes_a_recording(screen, tmp_path):
    screen.handle(KeyDown("v"))
    for _ in range(4):
        shown(screen, dt=0.05)
    screen.close()
    assert cv2.VideoCapture(str(tmp_path / "drivesim-0001.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 6


# The commands.


def test_record_writes_a_video_of_the_length_asked_for_and_says_where(tmp_path, capsys):
    out = tmp_path / "drive.mp4"
    args = RecordArgs(
        video=str(out), road=11, duration_s=0.5, size=(320, 180), fps=20, frames=str(tmp_path / "frames"), panes=False
    )
    assert record(args) == 0
    assert capsys.readouterr().out == f"{out}\n"
    capture = cv2.VideoCapture(str(out))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 10
    assert len(list((tmp_path / "frames").glob("*.png"))) == 10


def test_watch_with_record_needs_no_display(tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    out = tmp_path / "watch.mp4"
    assert watch(WatchArgs(record=str(out), road=11, duration_s=0.2, size=(320, 180))) == 0
    assert cv2.VideoCapture(str(out)).get(cv2.CAP_PROP_FRAME_COUNT) == 6


def test_a_video_that_cannot_be_written_is_refused_before_any_road_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr("agents.watching.recording.DrivenWorld", None)
    with pytest.raises(ConfigError, match=r"video: expected a name that ends in \.mp4"):
        record(RecordArgs(video=str(tmp_path / "drive.mkv")))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_watch_without_a_display_offers_a_video(monkeypatch):
    import pygame

    pygame.display.quit()
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DisplayError, match=r"--record out\.mp4"):
        watch(WatchArgs())


def test_closing_the_window_while_it_loads_ends_the_command(monkeypatch):
    import pygame

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    release = threading.Event()
    monkeypatch.setattr("agents.watching.commands.prepare", lambda args, manual, report: release.wait(30))
    pygame.display.init()
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert watch(WatchArgs(size=(320, 240))) == 0
    release.set()


def test_a_failure_while_loading_is_raised_in_the_caller(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.raises(ConfigError, match="agent: unknown name 'exprt'; did you mean 'expert'"):
        watch(WatchArgs(agent="exprt", size=(320, 240)))


def test_the_loop_plays_until_the_user_quits(monkeypatch, tmp_path):
    import pygame

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    frames = []

    def on_frame(window, screen):
        frames.append(screen.player.manual)
        if len(frames) == 4:
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_q, unicode="q", mod=0))

    args = DriveArgs(road=11, roads=1, size=(320, 240), pictures=str(tmp_path))
    assert play_in_window(args, manual=True, on_frame=on_frame) == 0
    assert len(frames) == 5
    assert all(frames)


USER = """
import json, subprocess, sys
import pygame
from pathlib import Path
from agents.watching import WatchArgs
from agents.watching.commands import play_in_window

facts, frames, memory = {}, {"count": 0, "since": 0}, {}

def send(*words):
    return lambda screen, window: subprocess.Popen(["xdotool", *words])

def press_pause_button(screen, window):
    box = screen._buttons["pause"]
    x, y = str(int(box.left + box.width / 2)), str(int(box.top + box.height / 2))
    subprocess.Popen(["xdotool", "mousemove", "--window", memory["id"], x, y, "sleep", "0.2", "click", "1"])

def point_at(x, y):
    return lambda screen, window: subprocess.Popen(["xdotool", "mousemove", "--window", memory["id"], str(x), str(y)])

def keep(name, value):
    def act(screen, window):
        memory[name] = value(screen, window)
    return act

# (what the user does, what must then become true); the next line waits for it.
PLAY = [
    (send("key", "h"), lambda s, w: s.legend),
    (send("key", "h"), lambda s, w: not s.legend),
    (send("key", "space"), lambda s, w: s.player.paused),
    (keep("tick", lambda s, w: s.player.tick), lambda s, w: frames["since"] >= 15),
    (send("key", "n"), lambda s, w: s.player.tick == memory["tick"] + 1),
    (keep("still", lambda s, w: s.player.tick), lambda s, w: frames["since"] >= 15),
    (send("key", "t"), lambda s, w: s.player.manual),
    (point_at(300, 300), lambda s, w: "pause" in s._buttons),
    (press_pause_button, lambda s, w: not s.player.paused),
    (send("keydown", "Left"), lambda s, w: s.player.wheel.steering > 0.01),
    (send("keyup", "Left", "keydown", "Down"), lambda s, w: s.player.after.moment.actors.speed[0] < 3.0),
    (send("keyup", "Down", "key", "t"), lambda s, w: not s.player.manual),
    (keep("zoom", lambda s, w: s.follow.zoom), lambda s, w: True),
    (send("click", "4"), lambda s, w: s.follow.zoom > memory["zoom"]),
    (send("key", "plus"), lambda s, w: s.player.factor == 2.0),
    (lambda s, w: subprocess.Popen(["xdotool", "windowsize", memory["id"], "900", "500"]),
     lambda s, w: w.size == (900, 500)),
    (send("key", "p"), lambda s, w: len(list(Path(sys.argv[1]).glob("*.png"))) == 1),
    (send("key", "r"), lambda s, w: s.player.began == 2),
    (lambda s, w: subprocess.Popen([sys.executable, sys.argv[2], memory["id"]]), lambda s, w: False),
]
position = {"line": -1}

def on_frame(window, screen):
    frames["count"] += 1
    frames["since"] += 1
    line = position["line"]
    if line < 0:
        memory["id"] = str(pygame.display.get_wm_info()["window"])
        subprocess.run(["xdotool", "windowfocus", memory["id"]])
    elif not PLAY[line][1](screen, window):
        if frames["since"] > 900:
            raise SystemExit(f"line {line} of the play did not come true")
        return
    if line == 3:
        facts["ticks_while_paused"] = screen.player.tick - memory["tick"]
    if line == 5:
        facts["ticks_after_a_step"] = screen.player.tick - memory["still"]
    position["line"], frames["since"] = line + 1, 0
    PLAY[line + 1][0](screen, window)

facts["code"] = play_in_window(
    WatchArgs(road=11, roads=1, size=(1100, 620), pictures=sys.argv[1]), manual=False, on_frame=on_frame
)
facts["lines_played"] = position["line"]
print(json.dumps(facts))
"""


VANISH = """
import sys
from agents import cli
from agents.watching import WatchArgs, commands

play, frames, told = commands.play_in_window, [], []

def on_frame(window, screen):
    frames.append(1)
    if len(frames) == 2:
        screen.ask_recording()
    if screen.writer is not None and screen.writer.frame_count >= 5 and not told:
        told.append(print("recording", flush=True))

commands.play_in_window = lambda args, *, manual: play(args, manual=manual, on_frame=on_frame)
sys.exit(cli.main(["watch", "--road", "11", "--roads", "1", "--size", "640", "360", "--pictures", sys.argv[1]]))
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
def test_a_display_that_vanishes_leaves_one_line_and_the_recording(tmp_path):
    script = tmp_path / "vanish.py"
    script.write_text(VANISH)
    server, environment = start_display("640x480x24")
    try:
        with subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as program:  # fmt: skip
            said = program.stdout.readline()
            server.kill()
            _, err = program.communicate(timeout=120)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert (said, err) == ("recording\n", "drivesim watch: the display has vanished\n")
    assert program.returncode == 2
    assert cv2.VideoCapture(str(tmp_path / "drivesim-0001.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) >= 5


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
def test_a_user_at_a_real_window(tmp_path):
    script = tmp_path / "user.py"
    closer = tmp_path / "close.py"
    script.write_text(USER)
    closer.write_text(CLOSE)
    server, environment = start_display("1280x800x24")
    try:
        done = subprocess.run(
            [sys.executable, str(script), str(tmp_path / "pictures"), str(closer)],
            env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts == {"ticks_while_paused": 0, "ticks_after_a_step": 0, "code": 0, "lines_played": 18}
    assert done.stderr == ""
