"""What a picture must not depend on: the batch, the threads, the other channels, the other cameras, the path."""

import numpy as np
import pytest

from drivesim.config import CameraConfig, MapConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.sensors.camera.optics import ray_optics
from drivesim.sensors.camera.rays import render_rays
from drivesim.sensors.camera.sensor import Camera
from drivesim.sensors.rig import Rig
from drivesim.state import WorldState
from tests.reference.views import camera_at_origin, frames_of, traffic_on

LEVEL = camera_at_origin(width=64, height=48, principal_y=0.375, z_m=1.51)
TILTED = camera_at_origin(width=48, height=40, pitch_deg=5.0, roll_deg=3.0)


@pytest.fixture(scope="module")
def maps():
    return MapBank.build(MapConfig(generator="highway", start=40, count=3, length_m=300.0)).arrays


@pytest.fixture(scope="module")
def state(maps):
    return traffic_on(maps, worlds=9, slots=10, seed=3)


def part_of(state: WorldState, worlds: list[int]) -> WorldState:
    """A state of some of the worlds."""
    return WorldState(*(type(group)(*(array[worlds].copy() for array in group)) for group in state))


@pytest.mark.parametrize("config", [LEVEL, TILTED], ids=["level", "tilted"])
def test_a_world_does_not_see_its_neighbours(config, maps, state):
    together = frames_of(config, maps, state)
    for world in (0, 4, 8):
        alone = frames_of(config, maps, part_of(state, [world]))
        for channel, frames in together.items():
            np.testing.assert_array_equal(frames[world], alone[channel][0], err_msg=channel)


def test_the_order_of_the_worlds_does_not_matter(maps, state):
    turned = [5, 3, 8, 0, 7, 1, 6, 2, 4]
    together, shuffled = frames_of(LEVEL, maps, state), frames_of(LEVEL, maps, part_of(state, turned))
    for channel, frames in together.items():
        np.testing.assert_array_equal(frames[turned], shuffled[channel], err_msg=channel)


@pytest.mark.parametrize("config", [LEVEL, TILTED], ids=["level", "tilted"])
def test_threads_do_not_matter(config, maps, state):
    one, two = frames_of(config, maps, state), frames_of(config, maps, state, threads=2)
    for channel in one:
        np.testing.assert_array_equal(one[channel], two[channel], err_msg=channel)


@pytest.mark.parametrize("base", [LEVEL, TILTED], ids=["level", "tilted"])
@pytest.mark.parametrize("channel", ["rgb", "depth", "semantic", "instance"])
def test_a_channel_is_the_same_alone_as_with_the_others(base, channel, maps, state):
    options = {name: getattr(base, name) for name in base.__dataclass_fields__}
    alone = frames_of(CameraConfig(**{**options, "channels": (channel,)}), maps, state)
    assert list(alone) == [channel]
    np.testing.assert_array_equal(alone[channel], frames_of(base, maps, state)[channel])


def test_a_masked_world_keeps_its_picture(maps, state):
    camera = Camera(LEVEL, 9)
    camera.update(maps, state, Launcher())
    before = {channel: frames.copy() for channel, frames in camera.frames.items()}
    moved = part_of(state, list(range(9)))
    moved.actors.yaw[:, 0] += 0.5
    mask = np.zeros(9, np.bool_)
    mask[[2, 6]] = True
    camera.update(maps, moved, Launcher(), mask)
    expected = frames_of(LEVEL, maps, moved)
    for channel, frames in camera.frames.items():
        np.testing.assert_array_equal(frames[mask], expected[channel][mask])
        np.testing.assert_array_equal(frames[~mask], before[channel][~mask])


def test_every_camera_of_a_rig_sees_what_it_would_see_alone(maps, state):
    configs = (
        CameraConfig(width=40, height=32, channels=("semantic", "rgb")),
        CameraConfig(name="left", width=48, height=24, yaw_deg=55.0, x_m=1.5, y_m=0.5, channels=("depth",)),
        CameraConfig(name="mast", width=32, height=32, pitch_deg=30.0, z_m=5.0, channels=("rgb", "instance")),
    )
    rig = Rig(configs, 9)
    rig.update(maps, state, Launcher())
    seen = rig.observation()
    assert list(seen) == ["camera_semantic", "camera", "left_depth", "mast", "mast_instance"]
    for config in configs:
        for channel, frames in frames_of(config, maps, state).items():
            np.testing.assert_array_equal(seen[config.key(channel)], frames)


def test_the_picture_follows_a_change_of_state_in_place(maps, state):
    camera = Camera(LEVEL, 9)
    moving = part_of(state, list(range(9)))
    camera.update(maps, moving, Launcher())
    moving.actors.x[:, 0] += 3.0
    camera.update(maps, moving, Launcher())
    np.testing.assert_array_equal(camera.frames["rgb"], frames_of(LEVEL, maps, moving)["rgb"])


def test_more_things_than_are_collected_at_once_are_all_drawn(maps, state):
    # A range of 400 m finds more than the 256 things that are collected before they are drawn.
    config = camera_at_origin(width=96, height=48, range_m=400.0, fov_deg=120.0)
    frames = frames_of(config, maps, state)
    short = frames_of(camera_at_origin(width=96, height=48, range_m=60.0, fov_deg=120.0), maps, state)
    near = short["depth"] < 40.0
    np.testing.assert_array_equal(frames["depth"][near], short["depth"][near])


@pytest.mark.parametrize("fov_deg", [60.0, 120.0])
def test_the_fast_path_draws_what_the_ray_path_draws(fov_deg, maps, state):
    # They round differently where a pixel's centre lies on an edge: measured below 0.01 %, colours below 0.1 %.
    config = camera_at_origin(width=120, height=64, principal_y=0.4, fov_deg=fov_deg)
    fast = frames_of(config, maps, state)
    camera = Camera(config, 9)
    camera._kernel, camera._optics = render_rays, ray_optics(config)
    camera.update(maps, state, Launcher())
    for channel in ("depth", "semantic", "instance"):
        differs = np.abs(fast[channel].astype(float) - camera.frames[channel]) > 1e-3 * np.abs(fast[channel])
        assert differs.mean() <= 0.0005, channel
    assert (np.abs(fast["rgb"].astype(int) - camera.frames["rgb"]) > 2).any(axis=-1).mean() <= 0.002
