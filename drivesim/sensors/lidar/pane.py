"""Pictures of a sweep for people: points from above, or the range image."""

import math

import cv2
import numpy as np

from drivesim.config import LidarConfig

SIDE_PX = 256
REACH_M = 40.0
"""Distance that a picture from above shows to every side, if the range is not less [m]."""
_GROUND = np.array((13, 16, 24), np.float64)
_RING = np.array((34, 40, 54), np.float64)
_CAR = (236, 238, 242)
_HEIGHTS_M = (-0.2, 3.2)
"""Heights above the road at the ends of the colours [m]."""
_STOPS = np.array(
    ((38, 64, 128), (36, 112, 176), (42, 168, 176), (104, 206, 128), (206, 222, 84), (252, 176, 52), (240, 92, 66)),
    np.float64,
)
"""Colours by height from low to high."""


def colors_of(share: np.ndarray) -> np.ndarray:
    """Colours of numbers from 0 to 1, float64, shape (..., 3)."""
    place = np.clip(share, 0.0, 1.0) * (len(_STOPS) - 1)
    low = np.minimum(place.astype(np.int64), len(_STOPS) - 2)
    rest = (place - low)[..., None]
    return _STOPS[low] * (1.0 - rest) + _STOPS[low + 1] * rest


def from_above(points: np.ndarray, config: LidarConfig) -> np.ndarray:
    """Points of a sweep from above, ahead is up, coloured by height and as bright as their intensity.

    Args:
        points: x, y, z [m] in the sensor's frame and intensity; zeros for no return; float32, shape (point, 4).
        config: Of the lidar.

    Returns:
        uint8, shape (SIDE_PX, SIDE_PX, 3).
    """
    reach = min(config.device.range_m, REACH_M)
    scale = 0.5 * SIDE_PX / reach
    picture = np.tile(_GROUND, (SIDE_PX, SIDE_PX, 1))
    middle = (SIDE_PX // 2, SIDE_PX // 2)
    for distance in np.arange(10.0, reach * math.sqrt(2.0), 10.0):
        cv2.circle(picture, middle, round(distance * scale), _RING.tolist(), 1, cv2.LINE_AA)
    seen = points[(points[:, :3] != 0.0).any(axis=1)].astype(np.float64)
    yaw = math.radians(config.yaw_deg)
    ahead = math.cos(yaw) * seen[:, 0] - math.sin(yaw) * seen[:, 1]
    left = math.sin(yaw) * seen[:, 0] + math.cos(yaw) * seen[:, 1]
    height = seen[:, 2] + config.z_m
    rows = np.floor(middle[1] - ahead * scale).astype(np.int64)
    columns = np.floor(middle[0] - left * scale).astype(np.int64)
    inside = (rows >= 0) & (rows < SIDE_PX) & (columns >= 0) & (columns < SIDE_PX)
    order = np.flatnonzero(inside)[np.argsort(height[inside], kind="stable")]
    color = colors_of((height - _HEIGHTS_M[0]) / (_HEIGHTS_M[1] - _HEIGHTS_M[0]))
    color *= (0.6 + 0.4 * np.sqrt(np.clip(2.0 * seen[:, 3], 0.0, 1.0)))[:, None]
    standing = order[height[order] > 0.3]
    # What stands is drawn two pixels wide, over the ground.
    for down, right in ((0, 1), (1, 0), (1, 1)):
        at = np.minimum(rows[standing] + down, SIDE_PX - 1), np.minimum(columns[standing] + right, SIDE_PX - 1)
        picture[at] = 0.8 * color[standing]
    picture[rows[order], columns[order]] = color[order]
    shape = np.array(((0.0, -5.0), (-3.5, 4.0), (0.0, 2.0), (3.5, 4.0))) + middle
    cv2.fillConvexPoly(picture, np.rint(shape).astype(np.int32), _CAR, cv2.LINE_AA)
    return picture.astype(np.uint8)


def range_picture(ranges: np.ndarray, config: LidarConfig) -> np.ndarray:
    """A range image, near is warm, no return is black; rows are repeated so that it is not too flat.

    Args:
        ranges: [m], 0 for no return, float32, shape (ring, column).
        config: Of the lidar.

    Returns:
        uint8, shape (about 64 or more, column, 3).
    """
    near = 1.0 - np.log1p(ranges) / math.log1p(config.device.range_m)
    picture = np.where(ranges[..., None] > 0.0, colors_of(1.15 * near), 0.0).astype(np.uint8)
    return np.repeat(picture, max(1, -(-64 // len(ranges))), axis=0)


def occupancy_picture(grid: np.ndarray) -> np.ndarray:
    """An occupancy grid coloured by height, uint8, shape (row, column, 3)."""
    color = colors_of((grid.astype(np.float64) - 1.0) / 150.0)
    return np.where(grid[..., None] > 0, color, _GROUND).astype(np.uint8)
