"""Where a lidar's rays point and when, worked out once.

The *car's frame* of tables is x forward, y left, z up, turned with the car alone; the sensor's frame is turned by the
mount as well. Rays are numbered ring * columns + column, ring 0 the topmost beam.
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.config import LidarConfig
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M

FAR_M = 1e6
"""Stands for no ground and no hit [m]."""
ROW_BINS = 512
"""Bins of the table that finds a beam by its slope."""
GROUND_AREA_RAD = 1e-3
"""Least divergence for which the ground picture is read [rad]."""
_AXIS_MARGIN = 1e-4
"""Added to what bounds a column's rays: they are rounded to float32."""


class Mount(NamedTuple):
    """Where the lidar is on the car, and its scalars. The names that `camera.standing` reads are a camera's."""

    forward: np.float32
    """Ahead of the rear axle [m]."""
    left: np.float32
    """Left of the centre line [m]."""
    height: np.float32
    """Above the ground [m]."""
    yaw: np.float32
    """Relative to the car [rad]."""
    range: np.float32
    """Nothing farther is measured [m]."""
    near: np.float32
    """Nothing nearer is measured [m]."""
    beams: np.int64
    columns: np.int64
    fov: np.float32
    """Horizontal field of view [rad]."""
    step: np.float32
    """Azimuth from column to column [rad]."""
    slope_high: np.float32
    """up / horizontal of the topmost beam."""
    slope_low: np.float32
    """up / horizontal of the lowest beam."""
    divergence: np.float32
    """Full angle of a beam [rad]."""
    sweep_steps: np.float32
    """Duration of a sweep in control steps."""
    focal: np.float32
    """Endless: nothing is too small to be hit."""
    is_wide: np.bool_
    """Always: what lies outside the field of view is left out by its bearing."""
    slope_right: np.float32
    norm_right: np.float32
    slope_left: np.float32
    norm_left: np.float32


class Pattern(NamedTuple):
    """Tables of a lidar."""

    azimuth_cos: np.ndarray
    """Of each column in the sensor's frame, float32, shape (column,)."""
    azimuth_sin: np.ndarray
    share: np.ndarray
    """When each column is measured: 1 at the time stamp, 0 a control step earlier, float32, shape (column,)."""
    slope: np.ndarray
    """up / horizontal of each beam, falling, float32, shape (ring,)."""
    elevation_cos: np.ndarray
    """float32, shape (ring,)."""
    elevation_sin: np.ndarray
    ground: np.ndarray
    """Horizontal distance at which each beam of a level lidar meets the ground [m], float32, shape (ring,)."""
    level: np.ndarray
    """Level of the ground picture there, int64, shape (ring,)."""
    row_guess: np.ndarray
    """A beam not below the first one whose slope is at most that of a bin, int32, shape (ROW_BINS + 1,)."""
    bin_scale: np.float32
    """Bins per slope."""
    ray_car: np.ndarray
    """Unit directions in the car's frame of a lidar that is not level, float32, shape (ring, column, 3); else empty."""
    ray_level: np.ndarray
    """Level of the ground picture where they meet the ground, int64, shape (ring, column); else empty."""
    plane: np.ndarray
    """Unit normal of the plane that a column's rays lie near, car's frame, float32, shape (column, 3)."""
    plane_sin: np.ndarray
    """Greatest sine of a ray's angle to that plane, float32, shape (column,)."""
    axis: np.ndarray
    """Mean direction of a column's rays, car's frame, float32, shape (column, 3)."""
    axis_cos: np.ndarray
    """Least cosine of a ray's angle to it, float32, shape (column,)."""
    axis_sin: np.ndarray
    """Greatest sine of it; 1 where it is more than a right angle."""
    rotation: np.ndarray
    """Car's frame from the sensor's, float32, shape (3, 3)."""


def mount_of(config: LidarConfig, step_s: float) -> Mount:
    """The scalars of a lidar."""
    device = config.device
    f = np.float32
    fov = math.radians(device.fov_deg)
    # A tilted lidar may look at any height.
    slopes = np.tan(np.radians(device.elevations_deg)) if config.is_level else np.array([-FAR_M, FAR_M])
    return Mount(
        forward=f(config.x_m), left=f(config.y_m), height=f(config.z_m), yaw=f(math.radians(config.yaw_deg)),
        range=f(device.range_m), near=f(max(device.range_min_m, 1e-3)), beams=np.int64(config.beam_count),
        columns=np.int64(device.columns), fov=f(fov), step=f(fov / device.columns), slope_high=f(slopes.max()),
        slope_low=f(slopes.min()), divergence=f(1e-3 * device.divergence_mrad), sweep_steps=f(device.sweep_s / step_s),
        focal=f(1e9), is_wide=np.bool_(True), slope_right=f(0.0), norm_right=f(1.0), slope_left=f(0.0),
        norm_left=f(1.0),
    )  # fmt: skip


def rotation_of(config: LidarConfig) -> np.ndarray:
    """Car's frame from the sensor's, float64: roll first, then nose-down pitch, then yaw."""
    yaw, pitch, roll = (math.radians(angle) for angle in (config.yaw_deg, config.pitch_deg, config.roll_deg))
    about_z = np.array([[math.cos(yaw), -math.sin(yaw), 0.0], [math.sin(yaw), math.cos(yaw), 0.0], [0.0, 0.0, 1.0]])
    # About the left axis a positive turn lowers the nose; about the forward axis it lowers the right side.
    about_y = np.array(
        [[math.cos(pitch), 0.0, math.sin(pitch)], [0.0, 1.0, 0.0], [-math.sin(pitch), 0.0, math.cos(pitch)]]
    )
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, math.cos(roll), -math.sin(roll)], [0.0, math.sin(roll), math.cos(roll)]])
    return about_z @ about_y @ about_x


def azimuths_of(config: LidarConfig) -> np.ndarray:
    """Azimuth of every column in the sensor's frame, falling: from left to right [rad], float64."""
    fov, count = math.radians(config.device.fov_deg), config.column_count
    return 0.5 * fov - (np.arange(count) + 0.5) * fov / count


def offsets_of(config: LidarConfig) -> np.ndarray:
    """When every column is measured, before the time stamp [s], float64, at most 0; the last one at it."""
    count = config.column_count
    return -config.device.sweep_s * (count - 1 - np.arange(count)) / count


def pattern_of(config: LidarConfig, step_s: float) -> Pattern:
    """The tables of a lidar in worlds with this control step [s]."""
    device = config.device
    azimuth, elevation = azimuths_of(config), np.radians(device.elevations_deg)
    slope = np.tan(elevation).astype(np.float32)
    with np.errstate(divide="ignore"):
        ground = np.where(slope < 0.0, np.minimum(-config.z_m / np.minimum(slope, -1e-9), FAR_M), FAR_M)
    ray = np.stack(
        (
            np.cos(elevation)[:, None] * np.cos(azimuth),
            np.cos(elevation)[:, None] * np.sin(azimuth),
            np.repeat(np.sin(elevation)[:, None], len(azimuth), axis=1),
        ),
        axis=-1,
    )
    rotation = rotation_of(config)
    ray_car = ray @ rotation.T
    bin_scale = np.float32(ROW_BINS / max(float(slope.max()) - float(slope.min()), 1e-3))
    edges = slope.max() - np.arange(-1, ROW_BINS) / bin_scale
    f = np.float32
    return Pattern(
        azimuth_cos=np.cos(azimuth).astype(f), azimuth_sin=np.sin(azimuth).astype(f),
        share=(1.0 + offsets_of(config) / step_s).astype(f), slope=slope, elevation_cos=np.cos(elevation).astype(f),
        elevation_sin=np.sin(elevation).astype(f), ground=ground.astype(f),
        level=ground_level(ground, config.z_m, 1e-3 * device.divergence_mrad),
        row_guess=np.searchsorted(-slope, -(edges + 2e-6)).astype(np.int32), bin_scale=bin_scale,
        ray_car=(np.zeros((1, 1, 3)) if config.is_level else ray_car).astype(f),
        ray_level=np.zeros((1, 1), np.int64) if config.is_level else _ray_levels(config, ray_car),
        **_column_bounds(ray_car),
        rotation=rotation.astype(f),
    )  # fmt: skip


def ground_level(distance: np.ndarray, height: float, divergence: float) -> np.ndarray:
    """Level of the ground picture whose texels have the area that a beam lights up at a horizontal distance [m]."""
    width = np.hypot(distance, height) * max(divergence, GROUND_AREA_RAD)
    side = width * np.sqrt(np.hypot(distance, height) / height)
    return np.clip(np.floor(np.log2(side / TEXEL_M)), 0, LEVEL_COUNT - 1).astype(np.int64)


def _ray_levels(config: LidarConfig, ray: np.ndarray) -> np.ndarray:
    """`ground_level` of every ray."""
    up, flat = ray[..., 2], np.hypot(ray[..., 0], ray[..., 1])
    distance = np.where(up < 0.0, np.minimum(config.z_m * flat / np.maximum(-up, 1e-9), FAR_M), FAR_M)
    return ground_level(distance, config.z_m, 1e-3 * config.device.divergence_mrad)


def _column_bounds(ray: np.ndarray) -> dict[str, np.ndarray]:
    """What bounds each column's rays; `ray` is float64, shape (ring, column, 3)."""
    by_column = ray.transpose(1, 0, 2)
    _, _, turned = np.linalg.svd(by_column, full_matrices=True)
    normal = turned[:, -1, :]
    if ray.shape[0] == 1:
        # Any plane through the ray; the upright one is as good as another.
        normal = np.cross(by_column[:, 0], [0.0, 0.0, 1.0])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    off_plane = np.abs(np.einsum("crk,ck->cr", by_column, normal)).max(axis=1)
    axis = by_column.mean(axis=1)
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    cosine = np.einsum("crk,ck->cr", by_column, axis).min(axis=1) - _AXIS_MARGIN
    f = np.float32
    return {
        "plane": normal.astype(f),
        "plane_sin": (off_plane + _AXIS_MARGIN).astype(f),
        "axis": axis.astype(f),
        "axis_cos": cosine.astype(f),
        "axis_sin": np.where(cosine > 0.0, np.sqrt(1.0 - np.maximum(cosine, 0.0) ** 2), 1.0).astype(f),
    }
