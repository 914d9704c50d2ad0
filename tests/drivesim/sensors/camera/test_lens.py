"""Lenses against OpenCV, which counts picture points from pixel centres: half a pixel less than we do."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesim.config import CameraConfig
from drivesim.errors import ConfigError
from drivesim.sensors.camera.lens import directions_through, project
from drivesim.sensors.camera.optics import camera_axes, rays_through
from tests.reference.views import camera_at_origin, frames_of, maps_of, put, state_of

GOPRO = (-0.27, 0.11, 0.0007, -0.0012, -0.022)
RATIONAL = (0.42, 0.05, 0.0005, -0.0003, 0.003, 0.55, 0.08, 0.004)
KITTI_FISHEYE = (0.0165, -0.0146, 0.0104, -0.0032)
HALF = 0.5


def camera(**changes) -> CameraConfig:
    return CameraConfig(**{"width": 320, "height": 240, "focal_px": (160.0, 158.0), "principal_y": 0.48, **changes})


def matrix(config: CameraConfig) -> np.ndarray:
    (fx, fy), (cx, cy) = config.focal, config.principal_px
    return np.array([(fx, 0.0, cx - HALF), (0.0, fy, cy - HALF), (0.0, 0.0, 1.0)])


def pixel_grid(config: CameraConfig) -> tuple[np.ndarray, np.ndarray]:
    return np.meshgrid(np.arange(config.width) + HALF, np.arange(config.height) + HALF)


@pytest.mark.parametrize("distortion", [(), GOPRO[:4], GOPRO, RATIONAL], ids=["none", "four", "five", "eight"])
def test_a_pinhole_projects_as_opencv_does(distortion):
    config = camera(distortion=distortion)
    points = np.random.default_rng(3).uniform((-1.0, -0.7, 1.0), (1.0, 0.7, 1.2), (500, 3)) * 7.0
    expected = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix(config), np.array(distortion))[0]
    np.testing.assert_allclose(project(config, points), expected.reshape(-1, 2) + HALF, atol=1e-6)


@pytest.mark.parametrize("distortion", [(), KITTI_FISHEYE])
def test_a_fisheye_projects_as_opencv_does_in_front_of_it(distortion):
    config = camera(lens="fisheye", distortion=distortion)
    points = np.random.default_rng(4).uniform((-4.0, -4.0, 0.3), (4.0, 4.0, 3.0), (500, 3))
    known = np.array(distortion or (0.0,) * 4)
    expected = cv2.fisheye.projectPoints(points[:, None], np.zeros(3), np.zeros(3), matrix(config), known)[0]
    np.testing.assert_allclose(project(config, points), expected.reshape(-1, 2) + HALF, atol=1e-6)


def test_a_fisheye_sees_beside_and_behind_itself():
    # Equidistant: 95 degrees off the axis lie 95 degrees' worth of focal lengths from the middle.
    config = camera(lens="fisheye", focal_px=(100.0,), principal_y=0.5)
    angle = math.radians(95.0)
    (pixel,) = project(config, np.array([(0.0, 5.0 * math.sin(angle), 5.0 * math.cos(angle))]))
    np.testing.assert_allclose(pixel, (160.0, 120.0 + 100.0 * angle), atol=1e-9)
    np.testing.assert_allclose(project(config, np.array([0.0, 0.0, 3.0])), (160.0, 120.0))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"distortion": GOPRO},
        {"distortion": RATIONAL},
        {"distortion": (0.1, 0.02, 0.004, -0.006), "focal_px": (140.0, 200.0)},
        {"lens": "fisheye", "focal_px": (), "fov_deg": 190.0},
        {"lens": "fisheye", "focal_px": (), "fov_deg": 180.0, "distortion": KITTI_FISHEYE},
        {"lens": "fisheye", "focal_px": (90.0, 95.0), "distortion": (-0.01, 0.002, -0.0004, 0.0)},
    ],
)
def test_rays_through_pixels_project_back_onto_them(changes):
    config = camera(**changes)
    x, y = pixel_grid(config)
    through = directions_through(config, x, y)
    back = project(config, through * 13.7)
    seen = np.isfinite(through[..., 0])
    assert seen.mean() > 0.6
    assert seen[:, 60:-60].all()
    np.testing.assert_allclose(back[seen], np.stack((x, y), -1)[seen], atol=1e-4)


def test_rays_of_a_distorted_pinhole_lead_opencv_back_to_their_pixels():
    config = camera(distortion=GOPRO, focal_px=(240.0, 236.0))
    x, y = pixel_grid(config)
    found = directions_through(config, x, y).reshape(-1, 3)
    back = cv2.projectPoints(found, np.zeros(3), np.zeros(3), matrix(config), np.array(GOPRO))[0].reshape(-1, 2)
    assert np.abs(back + HALF - np.stack((x, y), -1).reshape(-1, 2)).max() < 0.01
    assert (found[:, 2] == 1.0).all()


def test_rays_of_a_fisheye_are_those_of_opencv_and_one_long():
    config = camera(lens="fisheye", distortion=KITTI_FISHEYE)
    x, y = pixel_grid(config)
    near = np.hypot(x - 160.0, y - 115.2) < 150.0
    pixels = np.stack((x[near], y[near]), -1).reshape(-1, 1, 2) - HALF
    expected = cv2.fisheye.undistortPoints(pixels, matrix(config), np.array(KITTI_FISHEYE)).reshape(-1, 2)
    found = directions_through(config, x[near], y[near])
    assert np.abs(found[:, :2] / found[:, 2:] - expected).max() * 160.0 < 0.01
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1.0, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    k=st.tuples(*(st.floats(-0.3, 0.3),) * 2, *(st.floats(-0.003, 0.003),) * 2, st.floats(-0.05, 0.05)),
    is_fisheye=st.booleans(),
)
def test_what_a_lens_sees_it_puts_back_where_it_was(k, is_fisheye):
    changes = {"lens": "fisheye", "distortion": tuple(0.1 * c for c in k[:4])} if is_fisheye else {"distortion": k}
    config = camera(width=32, height=24, focal_px=(16.0,), **changes)
    x, y = pixel_grid(config)
    through = directions_through(config, x, y)
    seen = np.isfinite(through[..., 0])
    assert seen[8:-8, 8:-8].all()
    back = project(config, through)
    known = seen & np.isfinite(back[..., 0])
    assert (known == seen).mean() > 0.99
    assert np.abs(back[known] - np.stack((x, y), -1)[known]).max() < 0.001


def test_what_lies_behind_a_pinhole_or_beyond_the_fold_of_a_lens_has_no_picture_point():
    assert np.isnan(project(camera(), np.array([(0.0, 0.0, -2.0), (1.0, 0.0, 0.0)]))).all()
    barrel = camera(distortion=(-0.3, 0.0, 0.0, 0.0))
    # r (1 - 0.3 r^2) rises until r = 1.054.
    inside, outside = project(barrel, np.array([(1.05, 0.0, 1.0), (1.06, 0.0, 1.0)]))
    assert np.isfinite(inside).all()
    assert np.isnan(outside).all()


def test_points_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"points: expected shape \(\.\.\., 3\), got \(4, 2\)"):
        project(camera(), np.zeros((4, 2)))


@pytest.mark.parametrize("fov_deg", [60.0, 120.0, 185.0])
def test_the_field_of_view_of_a_fisheye_ends_at_the_edges(fov_deg):
    config = CameraConfig(lens="fisheye", fov_deg=fov_deg, distortion=KITTI_FISHEYE, principal_y=0.5)
    left, right = directions_through(config, np.array([0.0, 128.0]), np.array([32.0, 32.0]))
    assert math.degrees(math.acos(left @ right)) == pytest.approx(min(fov_deg, 360.0 - fov_deg), abs=1e-5)


def test_points_of_the_world_are_drawn_where_opencv_projects_them():
    # The rear of a car 12 m ahead of a pitched, rolled, distorted camera, found in the instance picture.
    config = camera_at_origin(
        width=640, height=480, focal_px=(300.0, 310.0), distortion=GOPRO, pitch_deg=6.0, roll_deg=4.0,
        channels=("instance", "depth"),
    )  # fmt: skip
    state = state_of()
    put(state, 0, 1, 12.0, 1.0)
    frames = frames_of(config, maps_of(), state)
    rows, columns = np.nonzero(frames["instance"][0] == 2)
    body = np.array([(x, y, z) for x in (12.0, 16.5) for y in (0.1, 1.9) for z in (0.0, 1.5)])
    in_camera = (body - (0.0, 0.0, 1.5)) * (1.0, -1.0, 1.0) @ camera_axes(config).T
    pixels = cv2.projectPoints(in_camera, np.zeros(3), np.zeros(3), matrix(config), np.array(GOPRO))[0].reshape(-1, 2)
    # A body is rounder than its box, by a hand's breadth: 0.15 m x 300 px / 12 m.
    assert columns.min() == pytest.approx(pixels[:, 0].min(), abs=4.0)
    assert columns.max() == pytest.approx(pixels[:, 0].max(), abs=4.0)
    assert rows.max() == pytest.approx(pixels[:, 1].max(), abs=9.0)
    assert (rows.min() >= pixels[:, 1].min() - 1.0).all()


def test_depth_is_that_along_the_axis_of_a_pinhole_and_along_the_ray_of_a_fisheye():
    # A camera 1.5 m above the ground: the ground is 1.5 m below, whatever the lens.
    for lens, angles in (("pinhole", {"distortion": GOPRO, "fov_deg": 90.0}), ("fisheye", {"fov_deg": 190.0})):
        config = camera_at_origin(width=96, height=64, lens=lens, channels=("depth", "semantic"), **angles)
        frames = frames_of(config, maps_of(), state_of())
        x, y = pixel_grid(config)
        ray = rays_through(config, x, y)
        ground = frames["depth"][0] < 40.0
        assert ground.sum() > 1500
        point = ray[ground] * frames["depth"][0][ground][:, None]
        np.testing.assert_allclose(point[:, 2], -1.5, rtol=1e-4)
        if lens == "fisheye":
            np.testing.assert_allclose(np.linalg.norm(point, axis=-1), frames["depth"][0][ground], rtol=1e-5)
            assert (ray[ground][:, 0] < 0.0).any()


def test_outside_the_image_circle_there_is_nothing():
    config = camera_at_origin(width=64, height=64, focal_px=(12.0,), lens="fisheye", distortion=(-0.1, 0.0, 0.0, 0.0))
    state = state_of()
    put(state, 0, 1, 4.0, 0.0)
    frames = frames_of(config, maps_of(), state)
    dark = np.zeros((64, 64), bool)
    dark[:4, :4] = True
    assert (frames["rgb"][0][dark] == 0).all()
    assert (frames["semantic"][0][dark] == 0).all()
    assert (frames["depth"][0][dark] == 1000.0).all()
    assert (frames["instance"][0] == 2).any()
    # theta (1 - 0.1 theta^2) rises to 1.217 at theta = 1.826: a circle of 14.6 px.
    x, y = pixel_grid(config)
    assert ((frames["semantic"][0] == 0) == (np.hypot(x - 32.0, y - 32.0) > 14.6)).mean() > 0.99


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lens": "fishey"}, "CameraConfig.lens: unknown value 'fishey'; did you mean 'fisheye'?"),
        ({"fov_deg": 180.0}, r"CameraConfig.fov_deg: expected a value in \[1, 170\], got 180.0"),
        ({"lens": "fisheye", "fov_deg": 200.0}, r"CameraConfig.fov_deg: expected a value in \[1, 190\]"),
        ({"distortion": (0.1,)}, "CameraConfig.distortion: expected 0 or 4 or 5 or 8 numbers for a pinhole, got 1"),
        ({"lens": "fisheye", "distortion": GOPRO}, "CameraConfig.distortion: expected 0 or 4 numbers for a fisheye"),
        ({"focal_px": (1.0, 2.0, 3.0)}, "CameraConfig.focal_px: expected one or two numbers"),
        ({"focal_px": (0.0,)}, r"CameraConfig.focal_px: expected a value in \[1, 1e\+06\], got 0.0"),
        ({"distortion": (math.nan, 0, 0, 0)}, "CameraConfig.distortion: expected a value in"),
        ({"lens": "fisheye", "fov_deg": 180.0, "distortion": (-1.0, 0, 0, 0)}, "folds a field of view of 180 deg"),
        ({"lens": "fisheye", "fov_deg": 180.0, "distortion": (-0.2, 0, 0, 0)}, "folds a field of view of 180 deg"),
    ],
)
def test_an_impossible_lens_is_refused_by_name(changes, message):
    with pytest.raises(ConfigError, match=message):
        CameraConfig(**changes)
