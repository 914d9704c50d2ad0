"""How many points of a lidar or radar lie on every road user."""

import numpy as np

from drivesim.config.sensors import SensorConfig
from drivesim.sensors.objects import ObjectLabels
from drivesim.sensors.truth.boxes import middles_of
from drivesim.sensors.truth.frames import pose_of

LIDAR_MARGIN_M = 0.1
"""A lidar point this far outside a box belongs to it, where the lidar does not say whom it has met [m]."""
RADAR_MARGIN_M = 0.5
"""A radar detection this far outside a box's outline belongs to it [m]; radars do not tell heights."""


def counted(instance: np.ndarray, slots: int) -> np.ndarray:
    """Points of every road user by instance ids, shape (world, point): int32, shape (world, slot)."""
    worlds = len(instance)
    world, point = np.nonzero((instance > 0) & (instance <= slots))
    flat = world * slots + instance[world, point].astype(np.int64) - 1
    return np.bincount(flat, minlength=worlds * slots).reshape(worlds, slots).astype(np.int32)


def lidar_points(objects: ObjectLabels, config: SensorConfig, points: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Points in every road user's box, by geometry.

    Args:
        objects: Truth about the road users.
        config: The lidar.
        points: x, y, z in its frame [m], shape (world, point, >= 3).
        valid: Which points there are, shape (world, point).

    Returns:
        int32, shape (world, slot).
    """
    return _inside(objects, pose_of(config).points_in_ego(points[..., :3]), valid, LIDAR_MARGIN_M, upright=True)


def radar_points(objects: ObjectLabels, config: SensorConfig, detections: np.ndarray) -> np.ndarray:
    """Detections on every road user's outline.

    Args:
        objects: Truth about the road users.
        config: The radar.
        detections: Range [m], azimuth [rad, left positive] and more, shape (world, detection, >= 2); range 0 is none.

    Returns:
        int32, shape (world, slot).
    """
    distance, azimuth = detections[..., 0].astype(np.float64), detections[..., 1].astype(np.float64)
    level = np.stack([distance * np.cos(azimuth), distance * np.sin(azimuth), np.zeros_like(distance)], axis=-1)
    return _inside(objects, pose_of(config).points_in_ego(level), distance > 0.0, RADAR_MARGIN_M, upright=False)


def _inside(
    objects: ObjectLabels, points: np.ndarray, valid: np.ndarray, margin: float, *, upright: bool
) -> np.ndarray:
    """Points of the ego frame in boxes grown by a margin, int32, shape (world, slot)."""
    middles, half = middles_of(objects), 0.5 * objects.size[:, 0].astype(np.float64) + margin
    yaw = objects.yaw[:, 0].astype(np.float64)
    count = np.zeros(yaw.shape, np.int32)
    for world, slot in zip(*np.nonzero(objects.valid[:, 0]), strict=True):
        away = points[world] - middles[world, slot]
        cos, sin = np.cos(yaw[world, slot]), np.sin(yaw[world, slot])
        along, aside = away[:, 0] * cos + away[:, 1] * sin, away[:, 1] * cos - away[:, 0] * sin
        length, width, height = half[world, slot]
        inside = valid[world] & (np.abs(along) <= length) & (np.abs(aside) <= width)
        if upright:
            inside &= np.abs(away[:, 2]) <= height
        count[world, slot] = np.count_nonzero(inside)
    return count
