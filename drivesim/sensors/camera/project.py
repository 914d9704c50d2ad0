"""Where points appear in a camera's picture."""

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.sensors.camera.optics import focal_px, principal_point


def project(config: CameraConfig, points: np.ndarray) -> np.ndarray:
    """Picture points (column, row) [px] of points (right, down, forward) in the camera frame [m].

    Args:
        config: The camera.
        points: Shape (..., 3).

    Returns:
        float64, shape (..., 2); nan for what a lens cannot show: behind a pinhole. The middle of pixel (u, v) is at
        (u + 0.5, v + 0.5).
    """
    points = np.asarray(points, np.float64)
    depth = np.where(points[..., 2:] > 1e-6, points[..., 2:], np.nan)
    return points[..., :2] / depth * focal_px(config) + principal_point(config)
