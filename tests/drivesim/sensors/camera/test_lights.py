"""Light heads in the camera: where they appear, what they show, by hand."""

import math

import numpy as np
import pytest

from drivesim.maps.network import Scenery, SceneryKind
from drivesim.maps.signal_scenery import HEAD_M, RoadSign, limit_look
from drivesim.semantics import LightColor, Semantic
from drivesim.sensors.camera.atlas import FACES, Face
from drivesim.sensors.camera.paint import Lens, lit_lenses
from drivesim.state import ActorKind, allocate_state
from tests.reference.views import camera_at_origin, frames_of, maps_of, put


def head(x: float, **changes) -> Scenery:
    depth, width, height = HEAD_M
    base = {"kind": SceneryKind.TRAFFIC_LIGHT, "x": x + 0.5 * depth, "y": 0.0, "yaw": 0.0, "length": depth,
            "width": width, "height": height, "base": 1.0, "light": 0}  # fmt: skip
    return Scenery(**{**base, **changes})


def state_of(color: LightColor, tick: int = 0):
    state = allocate_state(world=1, slot=4, light=2)
    put(state, 0, 0, 0.0, 0.0)
    state.lights.color[:] = color
    state.worlds.tick[:] = tick
    return state


def reddish(rgb: np.ndarray) -> np.ndarray:
    red, green, blue = (rgb[..., k].astype(int) for k in range(3))
    return (red > 200) & (green < 110) & (blue < 110)


def greenish(rgb: np.ndarray) -> np.ndarray:
    red, green = (rgb[..., k].astype(int) for k in range(2))
    return (green > 200) & (red < 140)


def amberish(rgb: np.ndarray) -> np.ndarray:
    red, green, blue = (rgb[..., k].astype(int) for k in range(3))
    return (red > 200) & (120 < green) & (green < 210) & (blue < 90)


@pytest.mark.parametrize(
    ("color", "red", "amber", "green"),
    [
        (LightColor.DARK, 0, 0, 0),
        (LightColor.RED, 1, 0, 0),
        (LightColor.RED_AMBER, 1, 1, 0),
        (LightColor.GREEN, 0, 0, 1),
        (LightColor.AMBER, 0, 1, 0),
    ],
)
def test_lamps_show_the_state_of_their_light(color, red, amber, green):
    # At 5 m and f = 100 px the head spans 7 x 20 px from 1 m (row 60) to 2 m (row 40); red is its upper third.
    frames = frames_of(camera_at_origin(), maps_of(scenery=[head(5.0)]), state_of(color))
    rgb = frames["rgb"][0]
    found = [is_lit(rgb[rows, 95:105]).any() for is_lit, rows in (
        (reddish, slice(40, 47)), (amberish, slice(46, 54)), (greenish, slice(53, 61)))]  # fmt: skip
    assert found == [bool(red), bool(amber), bool(green)]
    assert reddish(rgb).any() == bool(red)
    assert greenish(rgb).any() == bool(green)


def test_a_head_is_as_large_as_it_is_far():
    # 0.35 m at 5 m: 7 px, with the board behind it 0.12 m wider on every side at 5.14 m.
    frames = frames_of(camera_at_origin(), maps_of(scenery=[head(5.0)]), state_of(LightColor.RED))
    semantic, depth = frames["semantic"][0], frames["depth"][0]
    rows, columns = np.nonzero((semantic == Semantic.TRAFFIC_LIGHT) & (np.abs(depth - 5.0) < 1e-3))
    assert columns.max() - columns.min() + 1 in (6, 7)  # both edges lie on the middle of a pixel
    assert (rows.min(), rows.max()) == (40, 59)
    rows, columns = np.nonzero(semantic == Semantic.TRAFFIC_LIGHT)
    assert columns.max() - columns.min() + 1 == pytest.approx(100 * 0.59 / 5.15, abs=1)


@pytest.mark.parametrize("distance", [20.0, 40.0, 60.0])
@pytest.mark.parametrize("aside", [0.0, 0.3, 3.7])
def test_a_red_light_is_a_red_spot_in_a_small_picture(distance, aside):
    camera = camera_at_origin(width=128, height=64)
    frames = frames_of(camera, maps_of(scenery=[head(distance, y=aside)]), state_of(LightColor.RED))
    spot = reddish(frames["rgb"][0])
    assert 1 <= spot.sum() <= 8
    assert (frames["semantic"][0][spot] == Semantic.TRAFFIC_LIGHT).all()
    green = frames_of(camera, maps_of(scenery=[head(distance, y=aside)]), state_of(LightColor.GREEN))
    assert greenish(green["rgb"][0]).any()
    assert not reddish(green["rgb"][0]).any()


def test_nobody_sees_the_colour_from_behind():
    frames = frames_of(camera_at_origin(), maps_of(scenery=[head(5.0, yaw=math.pi)]), state_of(LightColor.RED))
    assert (frames["semantic"] == Semantic.TRAFFIC_LIGHT).any()
    assert not reddish(frames["rgb"][0]).any()


def test_flashing_amber_is_dark_half_the_time():
    maps = maps_of(scenery=[head(5.0)])
    lit = [amberish(frames_of(camera_at_origin(), maps, state_of(LightColor.AMBER_FLASHING, tick))["rgb"][0]).any()
           for tick in range(0, 20)]  # fmt: skip
    assert 0.3 < np.mean(lit) < 0.7


def test_a_camera_that_looks_up_sees_the_same_lamps():
    camera = camera_at_origin(pitch_deg=3.0)
    frames = frames_of(camera, maps_of(scenery=[head(8.0)]), state_of(LightColor.RED))
    assert reddish(frames["rgb"][0]).any()


@pytest.mark.parametrize("look", [*(sign.value for sign in RoadSign if sign != RoadSign.LIMIT), limit_look(50 / 3.6)])
def test_signs_have_their_class(look):
    sign = Scenery(kind=SceneryKind.ROAD_SIGN, x=5.0, y=0.0, length=0.05, width=0.9, height=0.9, base=1.5, look=look)
    frames = frames_of(camera_at_origin(), maps_of(scenery=[sign]), state_of(LightColor.DARK))
    share = (frames["semantic"] == Semantic.TRAFFIC_SIGN).sum() / 18.0**2
    expected = {RoadSign.STOP: 0.83, RoadSign.YIELD: 0.45, RoadSign.PRIORITY_ROAD: 0.5}.get(look, math.pi / 4)
    assert share == pytest.approx(expected, abs=0.09)


def test_every_limit_has_its_own_face():
    faces = [FACES[Face.LIMIT + k][1]().tobytes() for k in range(26)]
    assert len(set(faces)) == 26


def test_lenses_that_are_lit():
    assert lit_lenses(LightColor.RED_AMBER) == (Lens.RED, Lens.AMBER)
    assert lit_lenses(LightColor.DARK) == ()


def walker_at(gait: float, speed: float):
    state = allocate_state(world=1, slot=4)
    put(state, 0, 0, 0.0, 0.0)
    put(state, 0, 1, 6.0, 0.2, 0.5 * math.pi, kind=ActorKind.PEDESTRIAN, size=(0.4, 0.55, 1.75))
    state.actors.gait[0, 1], state.actors.speed[0, 1] = gait, speed
    return frames_of(camera_at_origin(), maps_of(), state)["semantic"][0] == Semantic.PEDESTRIAN


def test_legs_swing_with_the_gait_and_stand_straight_at_rest():
    # Walking north, seen from the west: at a quarter turn the feet are 2 * 0.17 * 1.75 m apart, 10 px at 6 m.
    def spread(mask: np.ndarray) -> int:
        columns = np.nonzero(mask[70:75].any(axis=0))[0]
        return int(columns.max() - columns.min() + 1)

    apart, together, still = spread(walker_at(2.1, 1.3)), spread(walker_at(0.55, 1.3)), spread(walker_at(2.1, 0.0))
    assert apart - still == pytest.approx(100 * 2 * 0.17 * 1.75 / 6.0, abs=2)
    assert still <= together < apart - 4
