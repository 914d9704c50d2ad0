"""Lenses: from points before the camera to picture points, and back to rays.

Camera frame: x right, y down, z ahead along the optical axis, as in OpenCV. Picture points are given so that pixel
(u, v) has its centre at (u + 0.5, v + 0.5); OpenCV counts them from pixel centres, half a pixel less.

A pinhole is distorted after Brown and Conrady, with OpenCV's coefficients; a fisheye after Kannala and Brandt ("A
generic camera model and calibration method for conventional, wide-angle, and fish-eye lenses", PAMI 2006), by the angle
to the optical axis, so that it sees behind itself as well. Beyond the angle at which a lens would fold the picture back
onto itself, it shows nothing.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.device import device
from drivesim.kernels.entry import kernel

COEFFICIENTS_MAX = 8
_SAMPLES = 8192
_NEWTON_STEPS = 8
_CONVERGED = 1e-10
_RADIUS_MAX = math.tan(math.radians(89.0))
_ANGLE_MAX = math.pi - 1e-3
_NEAR = 1e-9
f64 = np.float64


class Lens(NamedTuple):
    """A lens, for kernels."""

    is_fisheye: np.bool_
    focal_x: np.float64
    """[px]"""
    focal_y: np.float64
    centre_x: np.float64
    """Principal point [px]."""
    centre_y: np.float64
    limit: np.float64
    """Greatest angle to the optical axis [rad] of a fisheye, or tangent of it of a pinhole, that is in the picture."""
    k: np.ndarray
    """Distortion in OpenCV's order, the rest 0; float64, shape (COEFFICIENTS_MAX,)."""


@device
def distort_point(k, x, y):
    """Brown and Conrady: where the undistorted point (x, y) = (X / Z, Y / Z) comes to lie."""
    r2 = x * x + y * y
    radial = (1.0 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]))) / (1.0 + r2 * (k[5] + r2 * (k[6] + r2 * k[7])))
    return (
        x * radial + 2.0 * k[2] * x * y + k[3] * (r2 + 2.0 * x * x),
        y * radial + k[2] * (r2 + 2.0 * y * y) + 2.0 * k[3] * x * y,
    )


@device
def distort_angle(k, theta):
    """Kannala and Brandt: distance from the principal point, in focal lengths, of a ray `theta` off the axis [rad]."""
    t2 = theta * theta
    return theta * (1.0 + t2 * (k[0] + t2 * (k[1] + t2 * (k[2] + t2 * k[3]))))


@device
def project_point(lens, right, down, ahead):
    """Picture point of a point in the camera frame, and whether there is one: x, y [px], bool."""
    if lens.is_fisheye:
        aside = math.hypot(right, down)
        theta = math.atan2(aside, ahead)
        if not theta <= lens.limit:
            return 0.0, 0.0, False
        scale = distort_angle(lens.k, theta) / aside if aside > 0.0 else 0.0
        return lens.centre_x + lens.focal_x * scale * right, lens.centre_y + lens.focal_y * scale * down, True
    if not ahead > _NEAR:
        return 0.0, 0.0, False
    x, y = right / ahead, down / ahead
    if not x * x + y * y <= lens.limit * lens.limit:
        return 0.0, 0.0, False
    x, y = distort_point(lens.k, x, y)
    return lens.centre_x + lens.focal_x * x, lens.centre_y + lens.focal_y * y, True


@kernel
def _project_points(lens, point, pixel):
    """Fills `pixel`, float64, shape (n, 2), from `point`, float64, shape (n, 3)."""
    for index in range(point.shape[0]):
        x, y, is_seen = project_point(lens, point[index, 0], point[index, 1], point[index, 2])
        pixel[index, 0] = x if is_seen else math.nan
        pixel[index, 1] = y if is_seen else math.nan


@lru_cache(maxsize=64)
def _profile(is_fisheye: bool, k: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Undistorted and distorted distance from the axis, rising, as far as the lens does not fold the picture back."""
    if is_fisheye:
        true = np.linspace(0.0, _ANGLE_MAX, _SAMPLES)
        t2 = true * true
        seen = true * (1.0 + t2 * (k[0] + t2 * (k[1] + t2 * (k[2] + t2 * k[3]))))
    else:
        true = np.tan(np.linspace(0.0, math.atan(_RADIUS_MAX), _SAMPLES))
        r2 = true * true
        below = 1.0 + r2 * (k[5] + r2 * (k[6] + r2 * k[7]))
        seen = true * (1.0 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]))) / np.where(below > 0.0, below, np.nan)
    rises = np.diff(seen) > 0.0
    count = len(true) if rises.all() else int(rises.argmin()) + 1
    return true[:count], seen[:count]


def lens_of(config: CameraConfig) -> Lens:
    """The lens of a camera."""
    given = tuple(float(number) for number in config.distortion)
    k = given + (0.0,) * (COEFFICIENTS_MAX - len(given))
    is_fisheye = config.lens == "fisheye"
    limit = float(_profile(is_fisheye, k)[0][-1]) if is_fisheye or any(k) else math.inf
    focal_x, focal_y = config.focal
    centre_x, centre_y = config.principal_px
    return Lens(
        is_fisheye=np.bool_(is_fisheye), focal_x=f64(focal_x), focal_y=f64(focal_y), centre_x=f64(centre_x),
        centre_y=f64(centre_y), limit=f64(limit), k=np.array(k, np.float64),
    )  # fmt: skip


def project(config: CameraConfig, points: np.ndarray) -> np.ndarray:
    """Picture points [px] of points in the camera frame, float64, shape (..., 2); NaN for those that have none.

    The inverse of `directions_through`. Points behind a pinhole, and those beyond the reach of a lens, have no picture
    point; whether one lies inside the picture is another question.

    Args:
        config: The camera.
        points: Right, down, ahead of the eye [m], shape (..., 3).

    Raises:
        ValueError: `points` has another shape.
    """
    points = np.asarray(points, np.float64)
    if points.ndim == 0 or points.shape[-1] != 3:
        raise ValueError(f"points: expected shape (..., 3), got {points.shape}")
    flat = np.ascontiguousarray(points.reshape(-1, 3))
    pixels = np.empty((len(flat), 2))
    _project_points(lens_of(config), flat, pixels)
    return pixels.reshape(*points.shape[:-1], 2)


def directions_through(config: CameraConfig, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Directions (right, down, ahead) of the rays through picture points [px], float64, shape (..., 3).

    Those of a pinhole have a length of 1 along the optical axis, those of a fisheye a length of 1: by so much depth is
    counted. Points that no ray reaches have NaN.
    """
    focal_x, focal_y = config.focal
    centre_x, centre_y = config.principal_px
    right, down = np.broadcast_arrays((x - centre_x) / focal_x, (y - centre_y) / focal_y)
    if config.is_rectilinear:
        return np.stack(np.broadcast_arrays(right, down, 1.0), axis=-1)
    lens = lens_of(config)
    return _through_fisheye(lens, right, down) if lens.is_fisheye else _through_pinhole(lens, right, down)


def _through_fisheye(lens: Lens, right: np.ndarray, down: np.ndarray) -> np.ndarray:
    k = lens.k
    true, seen = _profile(True, tuple(k.tolist()))
    spread = np.hypot(right, down)
    theta = np.interp(spread, seen, true)
    for _ in range(_NEWTON_STEPS):
        t2 = theta * theta
        value = theta * (1.0 + t2 * (k[0] + t2 * (k[1] + t2 * (k[2] + t2 * k[3]))))
        slope = 1.0 + t2 * (3.0 * k[0] + t2 * (5.0 * k[1] + t2 * (7.0 * k[2] + t2 * 9.0 * k[3])))
        step = (value - spread) / np.where(np.abs(slope) > 1e-6, slope, 1.0)
        theta = np.clip(theta - step, 0.0, lens.limit)
        if np.abs(step).max(initial=0.0) < _CONVERGED:
            break
    aside = np.sin(theta) / np.where(spread > 0.0, spread, 1.0)
    direction = np.stack((right * aside, down * aside, np.cos(theta)), axis=-1)
    return np.where((spread <= seen[-1])[..., None], direction, np.nan)


def _through_pinhole(lens: Lens, right: np.ndarray, down: np.ndarray) -> np.ndarray:
    k = lens.k
    true, seen = _profile(False, tuple(k.tolist()))
    spread = np.hypot(right, down)
    shrink = np.interp(spread, seen, true) / np.where(spread > 0.0, spread, 1.0)
    x, y = right * shrink, down * shrink
    error = np.zeros_like(x)
    for _ in range(_NEWTON_STEPS):
        r2 = x * x + y * y
        above, below = 1.0 + r2 * (k[0] + r2 * (k[1] + r2 * k[4])), 1.0 + r2 * (k[5] + r2 * (k[6] + r2 * k[7]))
        radial = above / below
        # d radial / d r2
        bend = k[0] + r2 * (2.0 * k[1] + r2 * 3.0 * k[4]) - radial * (k[5] + r2 * (2.0 * k[6] + r2 * 3.0 * k[7]))
        bend = bend / below
        off_x = x * radial + 2.0 * k[2] * x * y + k[3] * (r2 + 2.0 * x * x) - right
        off_y = y * radial + k[2] * (r2 + 2.0 * y * y) + 2.0 * k[3] * x * y - down
        xx = radial + 2.0 * x * x * bend + 2.0 * k[2] * y + 6.0 * k[3] * x
        yy = radial + 2.0 * y * y * bend + 6.0 * k[2] * y + 2.0 * k[3] * x
        xy = 2.0 * x * y * bend + 2.0 * k[2] * x + 2.0 * k[3] * y
        determinant = xx * yy - xy * xy
        determinant = np.where(np.abs(determinant) > 1e-9, determinant, np.inf)
        x = x - (off_x * yy - off_y * xy) / determinant
        y = y - (off_y * xx - off_x * xy) / determinant
        error = np.maximum(np.abs(off_x), np.abs(off_y))
        if error.max(initial=0.0) < _CONVERGED:
            break
    is_seen = (error < 1e-6) & (x * x + y * y <= lens.limit * lens.limit)
    return np.where(is_seen[..., None], np.stack((x, y, np.ones_like(x)), axis=-1), np.nan)
