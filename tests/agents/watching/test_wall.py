"""The wall of a drive with one sensor of every kind: what its panes show, and its switches."""

from pathlib import Path

import numpy as np
import pytest

from agents.watching.driven_world import DrivenWorld
from agents.watching.menu import PAGES
from agents.watching.player import Player
from agents.watching.rig import LABEL_LAYERS, in_order, shown_rig
from agents.watching.screen import Screen
from agents.watching.settings import WindowSettings
from agents.watching.sources import PANES_FIRST
from drivesim.config import SENSOR_PRESETS, WEATHER_PRESETS, CameraConfig, LidarConfig
from drivesim.render.window import Click, KeyDown

SIZE = (960, 540)


@pytest.fixture(scope="module")
def drive() -> DrivenWorld:
    return DrivenWorld(
        env="highway", agent="expert", seed=3, road=11, roads=1, held_out=True, sensors="all",
        report=lambda text, share: None,
    )  # fmt: skip


@pytest.fixture
def screen(drive, tmp_path) -> Screen:
    for sensor in drive.sensors:
        drive.simulation.set_fault(sensor.name, "dead", None)
    drive.set_weather(None)
    drive.layers, drive.labelled = (), frozenset()
    return Screen(Player(drive, synchronous=True), pictures=tmp_path, size=SIZE, settings=settings(tmp_path))


def settings(folder: Path) -> WindowSettings:
    return WindowSettings(folder / "window.json")


def shown(screen: Screen, dt: float = 0.05, *, pointer=None) -> np.ndarray:
    frame = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    screen.advance(dt, frozenset())
    screen.draw(frame, dt, pointer=pointer)
    return frame[..., :3].copy()


def place_of(screen: Screen, pane: str):
    return dict(screen._panes)[pane]


def part(frame: np.ndarray, box) -> np.ndarray:
    return frame[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]


def press(screen: Screen, text: str) -> None:
    """Clicks on the switch of the open menu that says something."""
    shown(screen)
    plan = screen.menu._plan
    box = next(place.box for place in (*plan.tabs, *plan.switches) if place.switch.text == text)
    screen.handle(Click(box.left + box.width / 2, box.top + box.height / 2))


# What there is to see.


def test_every_sensor_has_a_pane_and_the_lidar_two(screen, drive):
    names = {sensor.name.replace("_", " ") for sensor in drive.sensors}
    assert names | {"lidar range"} <= set(screen.side.panes)
    assert len(screen.side.shown) <= PANES_FIRST
    shown(screen)
    assert {name for name, _ in screen._panes} == screen.side.shown - {"numbers"}


def test_every_pane_shows_something(screen):
    for _ in range(5):
        frame = shown(screen, dt=0.1)
    for _, box in screen._panes:
        inner = part(frame, box)[24:]
        assert inner.std() > 3.0


def test_a_drivers_own_sensors_stay_as_they_are():
    own, asked = (CameraConfig(width=64, height=64),), (CameraConfig(), LidarConfig())
    assert shown_rig(own, None, is_needed=True) == own
    assert shown_rig(own, asked, is_needed=True) == (own[0], asked[1])
    assert shown_rig(own, asked, is_needed=False) == asked


def test_cameras_stand_as_one_looks_around():
    names = [sensor.name for sensor in in_order(SENSOR_PRESETS["nuscenes"])[:6]]
    assert names == ["cam_front_left", "cam_front", "cam_front_right", "cam_back_left", "cam_back", "cam_back_right"]


def test_numbers_run_on_over_the_steps(screen, drive):
    for _ in range(12):
        shown(screen, dt=0.1)
    strip = screen.player.before.strips["imu"]
    assert strip.values.shape[0] == 6
    assert np.ptp(strip.times) == pytest.approx(0.1 * screen.player.before.moment.world.tick + 0.09, abs=0.011)


# Panes by key and mouse.


def test_a_click_enlarges_a_pane_and_another_one_makes_it_small(screen):
    shown(screen)
    small = place_of(screen, "lidar")
    screen.handle(Click(small.left + 5, small.top + 5))
    shown(screen)
    large = place_of(screen, "lidar")
    assert large.width * large.height > 2 * small.width * small.height
    screen.handle(Click(large.left + 5, large.top + 5))
    shown(screen)
    assert place_of(screen, "lidar") == small


def test_a_key_enlarges_one_pane_after_the_other_and_then_none(screen):
    shown(screen)
    names = [name for name, _ in screen._panes]
    seen = []
    for _ in range(len(names) + 1):
        screen.handle(KeyDown("e"))
        shown(screen)
        seen.append(screen.side.enlarged)
    assert sorted(seen[:-1]) == sorted(names)
    assert seen[-1] == ""


def test_the_wall_is_as_it_was_left(screen, drive, tmp_path):
    screen.handle(KeyDown("1"))
    screen.handle(KeyDown("l"))
    screen.enlarge("radar")
    again = Screen(Player(drive, synchronous=True), pictures=tmp_path, size=SIZE, settings=settings(tmp_path))
    assert again.side.shown == screen.side.shown and screen.side.panes[0] not in again.side.shown
    assert (again.side.enlarged, again.labels) == ("radar", "boxes")


# Labels, weather, faults.


def test_labels_are_drawn_over_cameras_and_the_raster(screen):
    for _ in range(3):
        before = shown(screen, dt=0.1)
    screen.handle(KeyDown("space"))
    before = shown(screen)
    screen.show_labels("all")
    shown(screen)
    after = shown(screen)
    assert screen.player.before.labels
    for pane in ("camera", "bev"):
        assert not np.array_equal(part(before, place_of(screen, pane))[24:], part(after, place_of(screen, pane))[24:])


def test_labels_that_nobody_asked_for_are_not_read(screen):
    shown(screen, dt=0.1)
    assert screen.player.after.labels == {}


def test_a_key_goes_through_all_labels(screen):
    seen = []
    for _ in LABEL_LAYERS:
        screen.handle(KeyDown("l"))
        shown(screen)
        seen.append(screen.labels)
    assert sorted(seen) == sorted(LABEL_LAYERS)
    assert seen[-1] == "off"


def test_weather_is_set_by_key_while_driving_and_while_standing_still(screen):
    screen.handle(KeyDown("c"))
    for _ in range(4):
        shown(screen, dt=0.1)
    assert screen.player.before.weather == next(iter(WEATHER_PRESETS))
    screen.handle(KeyDown("space"))
    screen.set_weather("HardRainNight")
    shown(screen)
    dark = shown(screen)
    assert screen.player.before.weather == "HardRainNight"
    screen.set_weather("")
    shown(screen)
    light = shown(screen)
    assert screen.player.before.weather == ""
    box = place_of(screen, "camera")
    assert part(dark, box).mean() < 0.6 * part(light, box).mean()


@pytest.mark.parametrize(("sensor", "kind"), [("camera", "dirty_lens"), ("lidar", "beam_loss"), ("radar", "blindness")])
def test_a_fault_shows_in_the_pane_its_caption_and_the_instruments(screen, sensor, kind):
    screen.handle(KeyDown("space"))
    shown(screen)
    before = shown(screen)
    screen.set_fault(sensor, kind, 5)
    shown(screen)
    after = shown(screen)
    assert screen.player.before.faults == {sensor: {kind: 5}}
    assert screen._instruments._read[1].faults == (f"{sensor} {kind.replace('_', ' ')} 5",)
    box = place_of(screen, sensor)
    assert np.abs(part(after, box)[40:].astype(int) - part(before, box)[40:]).mean() > 0.5
    screen.handle(KeyDown("y"))
    shown(screen)
    shown(screen)
    assert screen.player.before.faults == {} and screen.faults == {}


def test_a_receiver_without_a_fix_leaves_a_gap(screen):
    screen.set_fault("gnss", "outage", 3)
    for _ in range(6):
        shown(screen, dt=0.1)
    assert np.isnan(screen.player.before.strips["gnss"].values[:, -1]).all()
    screen.clear_faults()


# The menu.


def test_the_menu_sets_weather_and_faults_with_the_mouse(screen):
    screen.handle(KeyDown("m"))
    press(screen, "Weather")
    shown(screen)
    plan = screen.menu._plan
    fog = next(place.box for place in plan.switches if place.switch.name == ("weather", "FogSunset"))
    screen.handle(Click(fog.left + 4, fog.top + 4))
    assert screen.weather == "FogSunset"
    press(screen, "Faults")
    press(screen, "lidar")
    shown(screen)
    cell = next(
        place.box for place in screen.menu._plan.switches if place.switch.name == ("fault", "lidar", "cutout", 4)
    )
    screen.handle(Click(cell.left + 4, cell.top + 4))
    assert screen.faults == {("lidar", "cutout"): 4}
    press(screen, "no faults at all")
    assert screen.faults == {}
    screen.handle(Click(3.0, 3.0))
    assert not screen.menu.is_open


def test_the_menu_is_walked_through_with_keys_and_keeps_them_from_the_road(screen):
    screen.handle(KeyDown("m"))
    shown(screen)
    began = screen.player.began
    screen.handle(KeyDown("tab"))
    assert screen.menu.page == 1 and screen.player.began == began
    shown(screen)
    for key in ("down", "down", "right", "return"):
        screen.handle(KeyDown(key))
    assert screen.weather in WEATHER_PRESETS
    screen.handle(KeyDown("escape"))
    assert not screen.menu.is_open and not screen.done


@pytest.mark.parametrize("page", range(len(PAGES)))
def test_every_switch_of_the_menu_works(screen, page):
    screen.menu.is_open, screen.menu.page = True, page
    frame = shown(screen)
    for place in list(screen.menu._plan.switches)[:60]:
        screen.menu.press(place.switch.name)
    assert not np.array_equal(shown(screen), frame)
    screen.clear_faults()
    screen.set_weather("")
    shown(screen, dt=0.1)
