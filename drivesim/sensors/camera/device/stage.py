"""The stage `device` of a camera: the kernel that develops pictures, its arguments, and compression."""

import math
import zlib
from typing import Any

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.sensors.camera.device.develop import Film, FilmScratch, develop
from drivesim.sensors.camera.device.light import byte_of_linear, linear_of_byte, normal_quantiles
from drivesim.sensors.camera.lens import directions_through
from drivesim.state import WorldState
from drivesim.state.columns import column

EXPOSURE_COLUMNS = {
    "exposed": column("view", doc="Automatic exposure: time times gain over those of the reference; 0: none yet."),
}
"""What automatic exposure remembers."""


class Device:
    """What a camera's device does to its pictures.

    Args:
        config: The camera.
        rgb: Its pictures, uint8, shape (view, row, column, 3); changed in place.
        exposed: The memory of automatic exposure, shape (view,); any array of that length without.
        driver_count: Drivers in every world.
        step_s: Control step [s].
    """

    def __init__(
        self, config: CameraConfig, rgb: np.ndarray, exposed: np.ndarray, *, driver_count: int, step_s: float
    ) -> None:
        self._config, self._rgb, self._exposed = config, rgb, exposed
        self._driver_count, self._step_s = driver_count, step_s
        self._falloff = falloff_of(config).ravel().astype(np.float32)

    def bind(self, state: WorldState, flow: np.ndarray) -> tuple[Film, FilmScratch]:
        """The kernel's arguments; `flow` of all views, empty where `needs_flow` is not so."""
        config, f = self._config, np.float32
        is_smeared = config.motion_blur or config.readout_s > 0.0
        since_s = 1.0 / config.rate_hz if config.rate_hz > 0.0 else self._step_s
        film = Film(
            rgb=self._rgb.reshape(-1), flow=flow.reshape(-1), key=state.worlds.key, tick=state.worlds.tick,
            exposed=self._exposed, falloff=self._falloff, linear=linear_of_byte(), encoded=byte_of_linear(),
            normal=normal_quantiles(), balance=np.array(config.white_balance, np.float32),
            name=np.uint64(zlib.crc32(config.name.encode())), drivers=np.int64(self._driver_count),
            width=np.int64(config.width), height=np.int64(config.height), is_auto=np.bool_(config.exposure == "auto"),
            exposure_s=f(config.exposure_s), gain=f(config.gain), exposure_max_s=f(config.exposure_max_s),
            gain_max=f(config.gain_max),
            follow=f(-math.expm1(-since_s / config.exposure_lag_s) if config.exposure_lag_s > 0.0 else 1.0),
            is_smeared=np.bool_(is_smeared), has_blur=np.bool_(config.motion_blur),
            readout=f(config.readout_s / self._step_s), step_s=f(self._step_s),
            shot=f(config.shot_noise), read=f(config.read_noise),
        )  # fmt: skip
        numbers = 3 * config.width * config.height
        views = len(self._rgb)
        # Memory that no range of views touches is never committed.
        scratch = FilmScratch(
            light=np.zeros((views, numbers), np.float32),
            smeared=np.zeros((views, numbers if is_smeared else 0), np.float32),
        )
        return film, scratch

    def run(self, launcher: Launcher, views: np.ndarray, arguments: tuple[Film, FilmScratch]) -> None:
        """Develops the pictures of some views."""
        launcher.run(develop, views, *arguments)
        if self._config.jpeg_quality > 0:
            for view in views.tolist():
                compress(self._rgb[view], self._config.jpeg_quality)


def develop_job(arguments: tuple[Any, ...]) -> Job:
    """The kernel to compile beforehand."""
    return launch_job(develop, *arguments)


def falloff_of(config: CameraConfig) -> np.ndarray:
    """Share of the light that reaches each pixel, float64, shape (row, column): natural vignetting, cos^4.

    It is 0 where no ray goes; and at right angles to the axis and beyond, where a fisheye does better than the law, the
    share is that at 80 degrees.
    """
    u, v = np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)
    through = directions_through(config, u, v)
    cos = through[..., 2] / np.linalg.norm(through, axis=-1)
    cos = np.maximum(cos, math.cos(math.radians(80.0)))
    return np.nan_to_num(1.0 - config.vignetting * (1.0 - cos**4))


def compress(rgb: np.ndarray, quality: int) -> None:
    """Puts a picture, uint8 (H, W, 3), through JPEG, in place."""
    import cv2  # heavy, and few cameras compress

    done, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError(f"OpenCV could not compress a picture of {rgb.shape}")
    rgb[...] = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]
