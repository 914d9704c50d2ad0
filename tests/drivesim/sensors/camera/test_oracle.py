"""Both renderers against the independent float64 camera, pixel for pixel, on generated roads with traffic.

They may differ where a pixel's centre lies within rounding of an edge: of a thing, of a texel, of a level of detail.
Measured over these views: depth, class and instance differ in less than 0.01 % of the pixels, colour by more than
2.5 levels in less than 0.1 %.
"""

import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.maps.procedural.town.scenes import Control, crossing
from drivesim.semantics import LightColor
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import ActorKind, allocate_state
from tests.reference.camera import Oracle
from tests.reference.views import camera_at_origin, frames_of, put, traffic_on

EDGE_SHARE = 0.0005
COLOR_EDGE_SHARE = 0.002
COLOR_LEVELS = 2.5
"""Two levels, and the half that rounding to whole ones takes."""


@pytest.fixture(scope="module", params=["country_road", "highway"])
def maps(request):
    return MapBank.build(MapConfig(generator=request.param, start=20, count=2, length_m=300.0)).arrays


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"width": 64, "height": 64, "principal_y": 0.375}, id="default-64x64"),
        pytest.param({"width": 160, "height": 80, "fov_deg": 50.0, "yaw_deg": 80.0}, id="narrow-to-the-side"),
        pytest.param({"width": 96, "height": 72, "fov_deg": 130.0, "principal_x": 0.3}, id="wide-off-centre"),
        pytest.param({"width": 90, "height": 60, "z_m": 6.0, "yaw_deg": 180.0}, id="high-to-the-back"),
        pytest.param({"width": 96, "height": 64, "pitch_deg": 12.0}, id="pitched"),
        pytest.param({"width": 80, "height": 64, "pitch_deg": -6.0, "roll_deg": 25.0, "yaw_deg": 30.0}, id="rolled"),
        pytest.param({"width": 240, "height": 135, "principal_y": 0.375}, id="magnified"),
        pytest.param({"width": 200, "height": 135, "principal_y": 0.375, "pitch_deg": 4.0}, id="magnified-pitched"),
        pytest.param(
            {"width": 128, "height": 80, "lens": "fisheye", "fov_deg": 190.0, "distortion": (0.02, -0.01, 0.003, 0.0)},
            id="fisheye",
        ),
        pytest.param(
            {
                "width": 120,
                "height": 80,
                "focal_px": (70.0, 64.0),
                "distortion": (-0.15, 0.03, 0.001, -0.002, 0.0),
                "roll_deg": -4.0,
            },
            id="distorted",
        ),
    ],
)
def test_agrees_with_the_oracle(maps, changes):
    config = camera_at_origin(x_m=1.7, z_m=changes.pop("z_m", 1.51), **changes)
    state = traffic_on(maps, worlds=4, slots=12, seed=7)
    frames = frames_of(config, maps, state)
    oracle = Oracle(config, maps)
    wrong = {"depth": 0.0, "semantic": 0.0, "instance": 0.0, "rgb": 0.0}
    for world in range(4):
        truth = oracle.render(state, world)
        wrong["depth"] += (np.abs(frames["depth"][world] - truth["depth"]) > 1e-3 * truth["depth"]).mean() / 4
        for channel in ("semantic", "instance"):
            wrong[channel] += (frames[channel][world] != truth[channel]).mean() / 4
        wrong["rgb"] += (np.abs(frames["rgb"][world] - truth["rgb"]) > COLOR_LEVELS).any(axis=-1).mean() / 4
    assert max(wrong["depth"], wrong["semantic"], wrong["instance"]) <= EDGE_SHARE, wrong
    assert wrong["rgb"] <= COLOR_EDGE_SHARE, wrong


@pytest.mark.parametrize("pitch_deg", [0.0, 5.0], ids=["level", "pitched"])
def test_agrees_about_lights_signs_and_people(pitch_deg):
    networks = [crossing(control, lanes=2, arm_m=60.0) for control in (Control.LIGHTS, Control.STOP)]
    maps = MapBank.from_networks(networks).arrays
    config = camera_at_origin(width=240, height=135, pitch_deg=pitch_deg)
    state = allocate_state(world=2, slot=8, light=max(len(network.lights) for network in networks))
    state.lights.color[:] = np.arange(state.lights.color.shape[1]) % len(LightColor)
    kinds = [ActorKind.PEDESTRIAN] * 4 + [ActorKind.CYCLIST] * 2
    for world in range(2):
        state.worlds.map[world] = world
        # Off the grid of texels, where a sample on the border of two could be either.
        put(state, world, 0, -29.963, -4.763)
        for slot, kind in enumerate(kinds, start=1):
            size = (1.8, 0.6, 1.75) if kind == ActorKind.CYCLIST else (0.4, 0.55, 1.75)
            x, y, yaw = -32.0 + 6.5 * slot, 3.0 - 2.0 * slot, 0.7 * slot
            put(state, world, slot, x, y, yaw, kind=kind, look=31 * slot, size=size)
            state.actors.gait[world, slot], state.actors.speed[world, slot] = 1.1 * slot, 0.4 * slot
    frames, oracle = frames_of(config, maps, state), Oracle(config, maps)
    for world in range(2):
        truth = oracle.render(state, world)
        for channel in ("semantic", "instance"):
            assert (frames[channel][world] != truth[channel]).mean() <= EDGE_SHARE
        wrong = (np.abs(frames["rgb"][world] - truth["rgb"]) > COLOR_LEVELS).any(axis=-1).mean()
        assert wrong <= COLOR_EDGE_SHARE


@pytest.mark.parametrize("pitch_deg", [0.0, 9.0], ids=["level", "pitched"])
@pytest.mark.parametrize(
    "weather",
    [
        pytest.param({"sun": (0.6, -0.64, 0.48)}, id="another-sun"),
        pytest.param({"sun": (-0.8, 0.599, 0.04), "daylight": 0.1}, id="sunset"),
        pytest.param({"cloudiness": 0.4, "daylight": 0.8}, id="broken-clouds"),
        pytest.param({"cloudiness": 1.0, "daylight": 0.2}, id="overcast"),
    ],
)
def test_light_agrees_with_the_oracle_before_air_comes_between(maps, weather, pitch_deg):
    config = camera_at_origin(x_m=1.7, z_m=1.51, width=96, height=64, pitch_deg=pitch_deg)
    state = traffic_on(maps, worlds=2, slots=12, seed=7)
    for name, value in weather.items():
        getattr(state.weather, name)[:] = value
    camera = Camera(config, 2)
    camera.update(maps, state, Launcher(), until="truth")
    oracle = Oracle(config, maps)
    wrong = [
        (np.abs(camera.frames["rgb"][world] - oracle.render(state, world)["rgb"]) > COLOR_LEVELS).any(axis=-1).mean()
        for world in range(2)
    ]
    assert max(wrong) <= 2.0 * COLOR_EDGE_SHARE, wrong


def test_the_views_are_worth_comparing(maps):
    state = traffic_on(maps, worlds=4, slots=12, seed=7)
    frames = frames_of(camera_at_origin(x_m=1.7, z_m=1.51), maps, state)
    assert len(np.unique(frames["semantic"])) >= 8
    assert len(np.unique(frames["instance"])) >= 20
