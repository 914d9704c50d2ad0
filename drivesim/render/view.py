"""Where the eye is: the map between metres and pixels, and a camera that follows smoothly."""

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

ZOOM_MIN = 0.6
ZOOM_MAX = 60.0
"""Bounds of the zoom [px/m]."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A flat picture of the world: `(x, y)` lies at pixel `anchor`, the direction `up` points to the top.

    Pixel coordinates are continuous: pixel (column, row) covers [column, column + 1) x [row, row + 1).
    """

    x: float
    """World point under the anchor, east [m]."""
    y: float
    """North [m]."""
    up: float = math.pi / 2
    """World yaw that points to the top of the picture [rad]; pi / 2 is north-up."""
    zoom: float = 8.0
    """[px/m]"""
    size: tuple[int, int] = (1280, 720)
    """Width and height [px]."""
    anchor: tuple[float, float] = (0.5, 0.5)
    """Where (x, y) appears, as fractions of width and height."""

    @cached_property
    def screen_from_world(self) -> np.ndarray:
        """Affine matrix from metres to pixels, shape (2, 3)."""
        cos, sin = math.cos(self.up), math.sin(self.up)
        linear = self.zoom * np.array([[sin, -cos], [-cos, -sin]])
        offset = np.array([self.anchor[0] * self.size[0], self.anchor[1] * self.size[1]])
        return np.column_stack([linear, offset - linear @ (self.x, self.y)])

    @cached_property
    def world_from_screen(self) -> np.ndarray:
        """Affine matrix from pixels to metres, shape (2, 3)."""
        forward = self.screen_from_world
        # The linear part is zoom times a reflection, which is its own inverse up to zoom squared.
        linear = forward[:, :2].T / self.zoom**2
        return np.column_stack([linear, -linear @ forward[:, 2]])

    def to_screen(self, points: np.ndarray) -> np.ndarray:
        """Pixels of world points, shape (..., 2)."""
        matrix = self.screen_from_world
        return np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]

    def to_world(self, points_px: np.ndarray) -> np.ndarray:
        """World points [m] under pixels, shape (..., 2)."""
        matrix = self.world_from_screen
        return np.asarray(points_px, np.float64) @ matrix[:, :2].T + matrix[:, 2]

    def bounds(self, margin_m: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east and north end of what is visible, grown by `margin_m` [m]."""
        width, height = self.size
        corners = self.to_world(np.array([(0, 0), (width, 0), (0, height), (width, height)]))
        low, high = corners.min(axis=0) - margin_m, corners.max(axis=0) + margin_m
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def damp(value: float, rate: float, target: float, smooth_s: float, dt: float) -> tuple[float, float]:
    """One step of a critically damped spring, exact for any `dt`: it never overshoots and never depends on fps.

    With w = 2 / smooth_s:  x(t) = target + (e + (v + w e) t) exp(-w t),  e = x(0) - target.

    Returns:
        The new value and its rate of change.
    """
    omega = 2.0 / max(smooth_s, 1e-3)
    error = value - target
    slope = (rate + omega * error) * dt
    decay = math.exp(-omega * dt)
    return target + (error + slope) * decay, (rate - omega * slope) * decay


@dataclass(kw_only=True)
class FollowCamera:
    """Follows the ego: rigid in position, smooth in heading, zoom and pan."""

    car_up: bool = True
    """The car's heading points up; north otherwise."""
    zoom: float = 8.0
    """What the user asked for [px/m], before the speed's share."""
    pan: tuple[float, float] = (0.0, 0.0)
    """What the user dragged the picture by, in screen axes: right and up [m]."""
    _up: list[float] = field(default_factory=lambda: [math.pi / 2, 0.0])
    _log_zoom: list[float] = field(default_factory=lambda: [math.log(8.0), 0.0])
    _ahead: list[float] = field(default_factory=lambda: [0.0, 0.0])
    _pan_x: list[float] = field(default_factory=lambda: [0.0, 0.0])
    _pan_y: list[float] = field(default_factory=lambda: [0.0, 0.0])
    _fresh: bool = True

    def snap(self) -> None:
        """Makes the next update jump instead of glide, for a new episode."""
        self._fresh = True

    def zoom_by(self, factor: float) -> None:
        """Zooms in (above 1) or out."""
        self.zoom = min(max(self.zoom * factor, ZOOM_MIN), ZOOM_MAX)

    def drag(self, dx_px: float, dy_px: float) -> None:
        """Moves the picture by pixels; what was under the pointer stays under it."""
        scale = math.exp(-self._log_zoom[0])
        self.pan = (self.pan[0] - dx_px * scale, self.pan[1] + dy_px * scale)

    def recentre(self) -> None:
        """Returns to the car."""
        self.pan = (0.0, 0.0)

    def update(
        self,
        *,
        x: float,
        y: float,
        yaw: float,
        speed: float,
        size: tuple[int, int],
        dt: float,
        centre: tuple[float, float] = (0.5, 0.5),
    ) -> View:
        """The view of this frame.

        Args:
            x: Ego position, east [m].
            y: North [m].
            yaw: Its heading [rad].
            speed: [m/s]
            size: Picture size [px].
            dt: Time since the last frame [s].
            centre: Middle of the part of the picture that nothing covers, as fractions of width and height.
        """
        up = yaw if self.car_up else math.pi / 2
        # Faster cars need more road ahead: 30 m/s shows 1.6 times as much as standing still.
        log_zoom = math.log(self.zoom) - 0.47 * min(abs(speed) / 30.0, 1.3)
        ahead = (0.18 if self.car_up else 0.0) * size[1]
        if self._fresh:
            self._up[:], self._log_zoom[:] = [up, 0.0], [log_zoom, 0.0]
            self._ahead[:], self._pan_x[:], self._pan_y[:] = [ahead, 0.0], [self.pan[0], 0.0], [self.pan[1], 0.0]
            self._fresh = False
        up = self._up[0] + math.remainder(up - self._up[0], math.tau)
        for spring, target, smooth_s in (
            (self._up, up, 0.35),
            (self._log_zoom, log_zoom, 0.3),
            (self._ahead, ahead, 0.6),
            (self._pan_x, self.pan[0], 0.08),
            (self._pan_y, self.pan[1], 0.08),
        ):
            spring[:] = damp(spring[0], spring[1], target, smooth_s, dt)
        up, zoom = self._up[0], math.exp(self._log_zoom[0])
        cos, sin = math.cos(up), math.sin(up)
        pan_x, pan_y = self._pan_x[0], self._pan_y[0]
        return View(
            x=x + sin * pan_x + cos * pan_y,
            y=y - cos * pan_x + sin * pan_y,
            up=up,
            zoom=zoom,
            size=size,
            anchor=(centre[0], centre[1] + self._ahead[0] / size[1]),
        )
