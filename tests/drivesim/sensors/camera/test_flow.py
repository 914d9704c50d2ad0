"""Optical flow: each pixel's point is found in the world, moved back by hand and projected by OpenCV."""

import math

import cv2
import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.maps.materials import Material, shade
from drivesim.sensors.camera.optics import camera_axes, rays_through
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import WorldState
from tests.reference.views import asphalt, camera_at_origin, frames_of, maps_of, put, state_of, traffic_on

GOPRO = (-0.27, 0.11, 0.0007, -0.0012, -0.022)
CHANNELS = ("rgb", "depth", "semantic", "instance", "flow")


def remember(state: WorldState) -> None:
    """The poses now are those before the step."""
    for name in ("x", "y", "yaw"):
        getattr(state.actors, f"before_{name}")[:] = getattr(state.actors, name)


def grid(config) -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)


def turned(x: np.ndarray, y: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def expected_flow(config, frames, state, world: int) -> np.ndarray:
    """By float64 geometry and `cv2.projectPoints`, NaN where a point was not before the camera."""
    actors = state.actors
    x, y = grid(config)
    ray, depth = rays_through(config, x, y), frames["depth"][world].astype(np.float64)
    instance = frames["instance"][world].astype(int)
    yaw, old_yaw = float(actors.yaw[world, 0]), float(actors.before_yaw[world, 0])
    # Ego frame (forward, left, up), then the world.
    ahead, left, up = ray[..., 0] * depth, -ray[..., 1] * depth, ray[..., 2] * depth
    ahead, left = turned(ahead, left, math.radians(config.yaw_deg))
    is_far = depth >= 1000.0
    east, north = turned(ahead + ~is_far * config.x_m, left + ~is_far * config.y_m, yaw)
    east, north = east + ~is_far * float(actors.x[world, 0]), north + ~is_far * float(actors.y[world, 0])
    for slot in np.unique(instance[(instance > 0) & (instance < 256)]) - 1:
        mine = instance == slot + 1
        by = float(actors.before_yaw[world, slot]) - float(actors.yaw[world, slot])
        moved = turned(east - float(actors.x[world, slot]), north - float(actors.y[world, slot]), by)
        east = np.where(mine, moved[0] + float(actors.before_x[world, slot]), east)
        north = np.where(mine, moved[1] + float(actors.before_y[world, slot]), north)
    east, north = east - ~is_far * float(actors.before_x[world, 0]), north - ~is_far * float(actors.before_y[world, 0])
    ahead, left = turned(east, north, -old_yaw)
    ahead, left = turned(ahead - ~is_far * config.x_m, left - ~is_far * config.y_m, -math.radians(config.yaw_deg))
    in_camera = np.stack((ahead, -left, up), -1) @ camera_axes(config).T
    (fx, fy), (cx, cy) = config.focal, config.principal_px
    matrix = np.array([(fx, 0.0, cx), (0.0, fy, cy), (0.0, 0.0, 1.0)])
    model = cv2.fisheye if config.lens == "fisheye" else cv2
    numbers = np.array(config.distortion or (0.0,) * 4)
    points = in_camera.reshape(-1, 1, 3)
    pixels = model.projectPoints(points, np.zeros(3), np.zeros(3), matrix, numbers)[0].reshape(*x.shape, 2)
    flow = pixels - np.stack((x, y), -1)
    return np.where((in_camera[..., 2] > 0.05)[..., None], flow, np.nan)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"yaw_deg": -110.0, "y_m": 0.5},
        {"pitch_deg": 8.0, "roll_deg": -5.0, "yaw_deg": 40.0},
        {"distortion": GOPRO, "focal_px": (130.0, 120.0), "pitch_deg": 2.0},
        {"lens": "fisheye", "fov_deg": 170.0, "distortion": (0.01, -0.01, 0.005, -0.001), "yaw_deg": 180.0},
    ],
    ids=["level", "aside", "tilted", "distorted", "fisheye"],
)
def test_flow_is_what_opencv_makes_of_the_points_moved_back(changes):
    maps = MapBank.build(MapConfig(generator="highway", start=40, count=1, length_m=300.0)).arrays
    state = traffic_on(maps, worlds=2, slots=12, seed=5)
    remember(state)
    generator = np.random.default_rng(2)
    state.actors.x[:] += generator.uniform(-1.5, 1.5, state.actors.x.shape).astype(np.float32)
    state.actors.y[:] += generator.uniform(-1.5, 1.5, state.actors.x.shape).astype(np.float32)
    state.actors.yaw[:] += generator.uniform(-0.06, 0.06, state.actors.x.shape).astype(np.float32)
    config = camera_at_origin(x_m=1.6, channels=CHANNELS, **changes)
    frames = frames_of(config, maps, state)
    assert len(np.unique(frames["instance"])) > 10
    for world in range(2):
        expected = expected_flow(config, frames, state, world)
        known = np.isfinite(expected[..., 0]) & (np.hypot(*np.moveaxis(expected, -1, 0)) < 300.0)
        assert known.mean() > 0.75
        np.testing.assert_allclose(frames["flow"][world][known], expected[known], atol=0.01, rtol=1e-3)


def test_flow_of_the_ground_ahead_is_that_of_perspective():
    # 1.5 m above the ground, focal length 100 px, 2 m ahead in a step: a point 6 m away was 8 m away.
    state = state_of()
    remember(state)
    state.actors.x[0, 0] += 2.0
    flow = frames_of(camera_at_origin(channels=("flow",)), maps_of(), state)["flow"][0]
    row = 50 + 25  # 25.5 px below the horizon
    depth = 1.5 * 100.0 / 25.5
    np.testing.assert_allclose(flow[row, :, 1], 150.0 / (depth + 2.0) - 25.5, rtol=1e-4)
    columns = np.arange(200) + 0.5 - 100.0
    np.testing.assert_allclose(flow[row, :, 0], columns * (depth / (depth + 2.0) - 1.0), rtol=1e-4, atol=1e-4)
    assert np.abs(flow[:40]).max() < 1e-4  # The sky is infinitely far.


def test_a_turn_moves_everything_alike_near_and_far():
    state = state_of()
    remember(state)
    put(state, 0, 1, 12.0, 0.0)
    state.actors.before_x[0, 1] = 12.0
    state.actors.yaw[0, 0] = 0.05
    flow = frames_of(camera_at_origin(channels=("flow",)), maps_of(), state)["flow"][0]
    x, _ = grid(camera_at_origin())
    # To the left by 0.05 rad: what is seen at an angle was seen that much further left.
    expected = 100.0 * np.tan(np.arctan((x - 100.0) / 100.0) - 0.05) + 100.0 - x
    np.testing.assert_allclose(flow[..., 0], expected, atol=0.01)


def test_a_car_that_keeps_pace_does_not_flow():
    state = state_of()
    put(state, 0, 1, 8.0, 0.0)
    remember(state)
    state.actors.x[0, :2] += 2.5
    frames = frames_of(camera_at_origin(channels=("flow", "instance")), maps_of(), state)
    ahead = frames["instance"][0] == 2
    assert ahead.sum() > 200
    assert np.abs(frames["flow"][0][ahead]).max() < 1e-3
    assert np.abs(frames["flow"][0][~ahead]).max() > 10.0


def test_the_picture_before_warped_by_the_flow_is_the_picture_now():
    picture = asphalt()
    tones = np.random.default_rng(1).integers(40, 220, (64, 64))
    for row in range(64):
        for column in range(64):
            tone = shade(Material.CONCRETE, float(tones[row, column]))
            picture[704 + 10 * row :, 704 + 10 * column :][:10, :10] = tone
    maps = maps_of(picture=picture)
    config = camera_at_origin(width=320, height=160, channels=CHANNELS)
    state = state_of()
    put(state, 0, 1, 9.0, 1.0)
    before = frames_of(config, maps, state)["rgb"][0].copy()
    remember(state)
    state.actors.x[0, 0] += 0.6
    state.actors.yaw[0, 0] -= 0.01
    state.actors.x[0, 1] += 1.2
    frames = frames_of(config, maps, state)
    x, y = grid(config)
    came_from = (np.stack((x, y), -1) - 0.5 + frames["flow"][0]).astype(np.float32)
    warped = cv2.remap(before, came_from[..., 0], came_from[..., 1], cv2.INTER_LINEAR)
    near = (frames["depth"][0] < 25.0) & (y > 90.0) & (y < 150.0) & (x > 20.0) & (x < 300.0)
    apart = np.abs(frames["rgb"][0].astype(float) - before)[near].mean()
    left_over = np.abs(frames["rgb"][0].astype(float) - warped)[near].mean()
    assert left_over < 0.25 * apart


def test_flow_changes_no_other_channel_and_needs_none():
    maps = MapBank.build(MapConfig(generator="highway", start=40, count=1, length_m=300.0)).arrays
    state = traffic_on(maps, worlds=5, slots=10, seed=3)
    remember(state)
    state.actors.x[:] += 1.0
    for pose in ({}, {"pitch_deg": 4.0}):
        together = frames_of(camera_at_origin(channels=CHANNELS, **pose), maps, state, threads=2)
        alone = frames_of(camera_at_origin(channels=("flow",), **pose), maps, state)
        assert list(alone) == ["flow"]
        np.testing.assert_array_equal(alone["flow"], together["flow"])
        for channel, seen in frames_of(camera_at_origin(**pose), maps, state).items():
            np.testing.assert_array_equal(seen, together[channel])


def test_a_masked_world_keeps_its_flow():
    state = state_of(world=2)
    remember(state)
    state.actors.x[:, 0] += 1.0
    camera, maps = Camera(camera_at_origin(channels=("flow",)), 2), maps_of()
    camera.update(maps, state, Launcher())
    before = camera.frames["flow"].copy()
    state.actors.x[:, 0] += 1.0
    camera.update(maps, state, Launcher(), np.array([True, False]))
    assert (camera.frames["flow"][0] != before[0]).any()
    np.testing.assert_array_equal(camera.frames["flow"][1], before[1])
