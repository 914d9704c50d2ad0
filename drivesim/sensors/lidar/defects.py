"""What goes wrong with a lidar, by the faults of its config; severities are registered beside it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from drivesim.config import LidarConfig
from drivesim.sensors.lidar.pattern import azimuths_of
from drivesim.sensors.noise import normals, uniforms

_FIRST_SCENERY = 256
"""Instance ids from here on are no road users."""
_PATCH_SIDE = 0.02**0.5
"""Sides of a patch of 2 % of the points, of a sweep's sides."""
_FALSE_STRENGTH = 0.05
_FALSE_M = (1.0, 20.0)


class Rays(NamedTuple):
    """Some views' rays, copies, and how to draw for them; shape (view, ring, column)."""

    measured: np.ndarray
    strength: np.ndarray
    surface: np.ndarray
    config: LidarConfig
    key: np.ndarray
    """Of the world of each view, with the driver mixed in, uint64."""
    tick: np.ndarray

    def uniform(self, what: str, count: int | None = None, *, tick: bool = True) -> np.ndarray:
        """Draws in [0, 1), shape (view, count), or of the rays; the same throughout an episode without `tick`."""
        drawn = uniforms(
            self.key,
            f"{self.config.name}.{what}",
            self.tick if tick else np.zeros_like(self.tick),
            self.config.ray_count if count is None else count,
        )
        return drawn if count is not None else drawn.reshape(self.measured.shape)

    def normal(self, what: str) -> np.ndarray:
        """Draws from the standard normal distribution for every ray."""
        drawn = normals(self.key, f"{self.config.name}.{what}", self.tick, self.config.ray_count)
        return drawn.reshape(self.measured.shape)

    def lose(self, lost: np.ndarray) -> None:
        """Takes the returns of rays away."""
        self.measured[lost] = self.strength[lost] = 0.0

    def shift(self, shifted: np.ndarray, by_m: np.ndarray) -> None:
        """Moves the returns of rays along them."""
        device = self.config.device
        moved = np.clip(self.measured + by_m, max(device.range_min_m, 1e-3), device.range_m)
        chosen = shifted & (self.measured > 0.0)
        self.measured[chosen] = moved[chosen]


def _beam_loss(rays: Rays, severity: int) -> None:
    beams = rays.config.beam_count
    dead = max(1, round((0.06, 0.12, 0.25, 0.38, 0.5)[severity] * beams))
    order = rays.uniform("beam_loss", beams, tick=False).argsort(axis=1)
    for view, lost in enumerate(order[:, :dead]):
        rays.measured[view, lost] = rays.strength[view, lost] = 0.0


def _sector_loss(rays: Rays, severity: int) -> None:
    half_deg = 0.5 * rays.config.device.fov_deg
    kept = np.radians(half_deg * (105.0, 90.0, 75.0, 60.0, 45.0)[severity] / 180.0)
    beyond = np.abs(azimuths_of(rays.config)) > kept
    rays.measured[:, :, beyond] = rays.strength[:, :, beyond] = 0.0


def _density_loss(rays: Rays, severity: int) -> None:
    rays.lose(rays.uniform("density_loss") < (0.06, 0.12, 0.18, 0.24, 0.3)[severity])


def _cutout(rays: Rays, severity: int) -> None:
    _, beams, columns = rays.measured.shape
    tall, wide = max(1, round(_PATCH_SIDE * beams)), max(1, round(_PATCH_SIDE * columns))
    count = (2, 3, 5, 7, 10)[severity]
    drawn = rays.uniform("cutout", 2 * count)
    for view, places in enumerate(drawn):
        for down, along in places.reshape(count, 2):
            top, left = int(down * (beams - tall + 1)), int(along * columns)
            lost = np.arange(left, left + wide) % columns
            rays.measured[view, top : top + tall, lost] = rays.strength[view, top : top + tall, lost] = 0.0


def _crosstalk(rays: Rays, severity: int) -> None:
    share = (0.004, 0.008, 0.012, 0.016, 0.02)[severity]
    rays.shift(rays.uniform("crosstalk") < share, 3.0 * rays.normal("crosstalk.m"))


def _sunlight(rays: Rays, severity: int) -> None:
    share = (0.01, 0.02, 0.03, 0.04, 0.05)[severity]
    rays.shift(rays.uniform("sunlight") < share, 2.0 * rays.normal("sunlight.m"))


def _fog_points(rays: Rays, severity: int) -> None:
    false = rays.uniform("fog_points") < (0.02, 0.05, 0.1, 0.2, 0.3)[severity]
    near, far = _FALSE_M
    place = near + (far - near) * rays.uniform("fog_points.m") ** 2
    false &= (rays.measured == 0.0) | (place < rays.measured)
    rays.measured[false], rays.strength[false], rays.surface[false] = place[false], _FALSE_STRENGTH, 0


def _range_jitter(rays: Rays, severity: int) -> None:
    rays.shift(rays.measured > 0.0, (0.02, 0.04, 0.06, 0.08, 0.1)[severity] * rays.normal("range_jitter"))


def _missing_echo(rays: Rays, severity: int) -> None:
    instance = rays.surface >> 16
    lost = rays.uniform("missing_echo") < (0.3, 0.45, 0.6, 0.75, 0.9)[severity]
    rays.lose(lost & (instance > 0) & (instance < _FIRST_SCENERY))


DEFECTS: dict[str, Callable[[Rays, int], None]] = {
    "range_jitter": _range_jitter,
    "crosstalk": _crosstalk,
    "sunlight": _sunlight,
    "fog_points": _fog_points,
    "missing_echo": _missing_echo,
    "density_loss": _density_loss,
    "cutout": _cutout,
    "sector_loss": _sector_loss,
    "beam_loss": _beam_loss,
}
"""What each kind of fault does to rays, severity counted from 0; false points first, what is dead last."""
