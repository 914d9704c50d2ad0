"""From the car's frame to that of a sensor.

Ego frame: x forward, y left, z up, origin at the rear axle on the ground. Sensors have the same axes about their own
place, turned by yaw, then pitch (nose down), then roll (clockwise seen from behind); cameras have OpenCV's: x right,
y down, z forward.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig, SensorConfig
from drivesim.sensors.camera.optics import camera_axes


class Pose(NamedTuple):
    """A sensor's place on the car."""

    axes: np.ndarray
    """Its x, y and z axis in the ego frame, as rows: the rotation sensor_from_ego; float64, shape (3, 3)."""
    origin: np.ndarray
    """Its place in the ego frame [m], float64, shape (3,)."""

    def points(self, points: np.ndarray) -> np.ndarray:
        """Points of the ego frame in the sensor's, shape (..., 3) [m]."""
        return (np.asarray(points, np.float64) - self.origin) @ self.axes.T

    def directions(self, directions: np.ndarray) -> np.ndarray:
        """Directions or velocities of the ego frame in the sensor's, shape (..., 3)."""
        return np.asarray(directions, np.float64) @ self.axes.T

    def points_in_ego(self, points: np.ndarray) -> np.ndarray:
        """Points of the sensor's frame in the ego frame, shape (..., 3) [m]."""
        return np.asarray(points, np.float64) @ self.axes + self.origin


def pose_of(config: SensorConfig) -> Pose:
    """Where a sensor stands."""
    yaw = math.radians(config.yaw_deg)
    forward, left = np.array([math.cos(yaw), math.sin(yaw), 0.0]), np.array([-math.sin(yaw), math.cos(yaw), 0.0])
    ego_from_heading = np.stack([forward, -left, np.array([0.0, 0.0, 1.0])])
    tilted: Any = config
    axes = camera_axes(tilted) @ ego_from_heading
    if not isinstance(config, CameraConfig):
        right, down, ahead = axes
        axes = np.stack([ahead, -right, -down])
    return Pose(axes, np.array([config.x_m, config.y_m, config.z_m], np.float64))
