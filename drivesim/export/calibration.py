"""Calibration in the words of data sets: OpenCV's pixel coordinates, quaternions, transforms.

OpenCV, KITTI and nuScenes count pixels by their centres: (0, 0) is the middle of the first one, which is (0.5, 0.5) in
continuous coordinates, those of `CameraConfig` and of labels.
"""

import math

import numpy as np

from drivesim.config import CameraConfig, SensorConfig
from drivesim.export.drive import Pose
from drivesim.sensors.truth.frames import pose_of

PIXEL_CENTRE = 0.5
"""Continuous minus OpenCV's pixel coordinates [px]."""


def intrinsic(camera: CameraConfig) -> np.ndarray:
    """OpenCV's camera matrix, float64, shape (3, 3)."""
    (fx, fy), (cx, cy) = camera.focal, camera.principal_px
    return np.array([[fx, 0.0, cx - PIXEL_CENTRE], [0.0, fy, cy - PIXEL_CENTRE], [0.0, 0.0, 1.0]])


def ego_from_sensor(config: SensorConfig) -> np.ndarray:
    """Homogeneous transform of a sensor's points into the ego frame, float64, shape (4, 4)."""
    pose, matrix = pose_of(config), np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = pose.axes.T, pose.origin
    return matrix


def world_from_ego(pose: Pose) -> np.ndarray:
    """Homogeneous transform of the car's points into the world, float64, shape (4, 4)."""
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    return np.array([[cos, -sin, 0.0, pose.x], [sin, cos, 0.0, pose.y], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])


def inverse(matrix: np.ndarray) -> np.ndarray:
    """Of a homogeneous transform without scale."""
    turn = matrix[:3, :3].T
    result = np.eye(4)
    result[:3, :3], result[:3, 3] = turn, -turn @ matrix[:3, 3]
    return result


def quaternion(turn: np.ndarray) -> list[float]:
    """w, x, y, z of a rotation matrix, w >= 0 (Shepperd 1978: divides by the largest of the four)."""
    trace = float(np.trace(turn))
    squares = np.array([trace, *(2.0 * turn[i, i] - trace for i in range(3))])
    k = int(squares.argmax())
    q = np.empty(4)
    q[k] = 0.5 * math.sqrt(1.0 + squares[k])
    scale = 0.25 / q[k]
    axial = [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
    if k == 0:
        q[1:] = [scale * value for value in axial]
    else:
        i, j, m = k - 1, k % 3, (k + 1) % 3
        q[0] = scale * axial[i]
        q[1 + j] = scale * (turn[i, j] + turn[j, i])
        q[1 + m] = scale * (turn[i, m] + turn[m, i])
    return (q if q[0] >= 0.0 else -q).tolist()


def yaw_quaternion(yaw: float) -> list[float]:
    """w, x, y, z of a turn about the upright axis."""
    half = 0.5 * math.remainder(yaw, 2.0 * math.pi)
    return [math.cos(half), 0.0, 0.0, math.sin(half)]
