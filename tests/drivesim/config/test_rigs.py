"""Rigs against the calibration they are made from, turned into matrices by OpenCV's help."""

import math

import cv2
import numpy as np
import pytest

from drivesim.config import SENSOR_PRESETS, CameraConfig, cameras_of, sensors_from
from drivesim.config.rigs import NUSCENES_CAMERAS, RIGS, kitti, nuscenes_cameras, pose_from_quaternion
from drivesim.sensors.camera.lens import project
from drivesim.sensors.camera.optics import camera_axes


def rotation_of(quaternion) -> np.ndarray:
    """Matrix of a quaternion w, x, y, z, by way of `cv2.Rodrigues`."""
    w, *axis = np.array(quaternion) / np.linalg.norm(quaternion)
    sin = float(np.linalg.norm(axis))
    return cv2.Rodrigues(np.array(axis) / max(sin, 1e-12) * 2.0 * math.atan2(sin, w))[0]


def ego_from_camera(config: CameraConfig) -> np.ndarray:
    """Columns right, down, ahead of a camera in the ego frame, from the words of its config."""
    right, down, ahead = camera_axes(config) * (1.0, -1.0, 1.0)  # (forward, left, up) of the heading frame
    yaw = math.radians(config.yaw_deg)
    turn = np.array([(math.cos(yaw), -math.sin(yaw), 0.0), (math.sin(yaw), math.cos(yaw), 0.0), (0.0, 0.0, 1.0)])
    return turn @ np.stack((right, down, ahead), axis=1)


@pytest.mark.parametrize("mounted", NUSCENES_CAMERAS, ids=lambda mounted: mounted.name)
def test_nuscenes_cameras_stand_as_their_quaternions_say(mounted):
    (config,) = (camera for camera in nuscenes_cameras() if camera.name == mounted.name)
    between = rotation_of(mounted.rotation).T @ ego_from_camera(config)
    assert math.degrees(math.acos(min((np.trace(between) - 1.0) / 2.0, 1.0))) < 0.1
    assert (config.x_m, config.y_m, config.z_m) == mounted.position


@pytest.mark.parametrize(
    ("name", "yaw_deg"),
    [
        ("cam_front", 0.0), ("cam_front_left", 55.0), ("cam_front_right", -56.0), ("cam_back", 180.0),
        ("cam_back_left", 108.0), ("cam_back_right", -110.0),
    ],
)  # fmt: skip
def test_nuscenes_cameras_look_where_the_data_set_says(name, yaw_deg):
    (config,) = (camera for camera in nuscenes_cameras() if camera.name == name)
    assert abs((config.yaw_deg - yaw_deg + 180.0) % 360.0 - 180.0) < 2.0
    assert abs(config.pitch_deg) < 2.0
    assert abs(config.roll_deg) < 2.0


@pytest.mark.parametrize(
    ("quaternion", "expected"),
    [
        ((0.5, -0.5, 0.5, -0.5), (0.0, 0.0, 0.0)),
        # Looking to the left: the same, turned by 90 degrees about the vertical.
        ((math.sqrt(0.5), -math.sqrt(0.5), 0.0, 0.0), (90.0, 0.0, 0.0)),
    ],
)
def test_angles_of_quaternions_worked_out_by_hand(quaternion, expected):
    np.testing.assert_allclose(pose_from_quaternion(*quaternion), expected, atol=1e-9)


@pytest.mark.parametrize("yaw_deg", [-150.0, 20.0])
@pytest.mark.parametrize("pitch_deg", [-30.0, 12.0])
@pytest.mark.parametrize("roll_deg", [-40.0, 5.0])
def test_angles_come_back_from_the_quaternion_of_a_pose(yaw_deg, pitch_deg, roll_deg):
    matrix = ego_from_camera(CameraConfig(yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=roll_deg))
    axis = cv2.Rodrigues(matrix)[0].ravel()
    angle = float(np.linalg.norm(axis))
    quaternion = (math.cos(angle / 2.0), *(axis / angle * math.sin(angle / 2.0)))
    np.testing.assert_allclose(pose_from_quaternion(*quaternion), (yaw_deg, pitch_deg, roll_deg), atol=1e-6)


def test_scaled_pictures_show_the_same_as_the_real_ones():
    point = np.array([(1.3, 0.6, 7.0)])
    for mounted, config in zip(NUSCENES_CAMERAS, nuscenes_cameras(), strict=True):
        x, y = mounted.focal * point[0, :2] / point[0, 2] + np.array(mounted.centre) + 0.5
        np.testing.assert_allclose(project(config, point)[0], (x * 128 / 1600, y * 72 / 900), rtol=1e-9)
        fov = 2.0 * math.degrees(math.atan(64.0 / config.focal[0]))
        assert fov == pytest.approx(89.4 if mounted.name == "cam_back" else 64.6, abs=0.6)


def test_level_cameras_of_nuscenes_keep_their_horizon():
    for tilted, level in zip(nuscenes_cameras(), nuscenes_cameras(is_level=True), strict=True):
        assert level.is_level
        ahead = np.array((math.cos(math.radians(tilted.pitch_deg)), 0.0, math.sin(math.radians(tilted.pitch_deg))))
        horizon = project(tilted, np.array([(0.0, -ahead[2], ahead[0])]))[0, 1]
        assert level.principal_px[1] == pytest.approx(horizon, abs=0.05)


def test_kitti_is_a_rectified_pair_of_0_54_m():
    left, right = kitti()[:2]
    assert isinstance(left, CameraConfig) and isinstance(right, CameraConfig)
    assert left.is_level and right.is_level
    point = np.array([(0.8, 0.3, 10.0)])
    by_x, by_y = (project(left, point) - project(right, point - np.array((0.54, 0.0, 0.0))))[0]
    assert by_x == pytest.approx(left.focal[0] * 0.54 / 10.0)
    assert by_y == pytest.approx(0.0, abs=1e-9)
    assert left.y_m - right.y_m == pytest.approx(0.54)
    assert left.focal[0] == pytest.approx(721.54 * 160 / 1242)


@pytest.mark.parametrize("name", RIGS)
def test_rigs_are_presets_with_names_of_their_own(name):
    rig = sensors_from(name)
    assert rig == SENSOR_PRESETS[name]
    assert len({sensor.name for sensor in rig}) == len(rig)
    assert cameras_of(rig)


def test_the_wide_camera_of_openpilot_sees_the_field_of_the_road_camera_and_more():
    road, wide = cameras_of(RIGS["openpilot"])
    assert 2.0 * math.degrees(math.atan(64.0 / road.focal[0])) == pytest.approx(40.0, abs=0.1)
    assert 2.0 * math.degrees(math.atan(64.0 / wide.focal[0])) == pytest.approx(119.0, abs=0.2)
