"""Weather between a camera and the world: which views have any, and the kernels that put it into their pictures."""

import zlib
from typing import Any

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, WarmUp, launch_job
from drivesim.sensors.camera.air import air_of
from drivesim.sensors.camera.lighting import render_light
from drivesim.sensors.camera.rain import render_rain
from drivesim.sensors.camera.scene import Frames, Scene
from drivesim.state import WorldState
from drivesim.state.weather import WeatherState


def has_weather(weather: WeatherState) -> np.ndarray:
    """Worlds that are not in the light of a clear noon under their map's sun, bool, shape (world,)."""
    some = (
        weather.cloudiness + weather.rain_rate + weather.snow_rate + weather.fog_extinction + weather.extinction
        + weather.wetness + weather.puddles + weather.snow_cover
    )  # fmt: skip
    return (some > 0.0) | (weather.daylight != 1.0) | weather.lights | (weather.sun != 0.0).any(axis=1)


def is_falling(weather: WeatherState) -> np.ndarray:
    """Worlds in rain or snow, bool, shape (world,)."""
    return (weather.rain_rate > 0.0) | (weather.snow_rate > 0.0)


def without_air(scene: Scene) -> Scene:
    """The scene as it looks with no haze before it: what lies between comes later."""
    optics = scene.optics
    return scene._replace(
        sky=scene.sky._replace(haze_share=np.zeros_like(scene.sky.haze_share)),
        optics=optics._replace(haze=np.zeros_like(optics.haze)),
    )


class Medium:
    """The weather before one camera.

    Args:
        config: The camera; it has colours.
        view_count: Number of its views.
    """

    def __init__(self, config: CameraConfig, view_count: int) -> None:
        self._config, self._view_count = config, view_count
        self._stream = np.uint64(zlib.crc32(config.name.encode()))
        self._light: tuple[Any, ...] = ()
        self._rain: tuple[Any, ...] = ()
        self.picture: tuple[Any, ...] = ()
        """What the camera's own kernel is given where there is weather: no air, and depth and classes of every view."""

    def __getstate__(self) -> dict[str, Any]:
        """A copy is bound anew."""
        return {**self.__dict__, "_light": (), "_rain": (), "picture": ()}

    def bind(self, scene: Scene, frames: Frames, scratch: Any, state: WorldState) -> None:
        """Makes what the kernels are given.

        Args:
            scene: The camera's.
            frames: The camera's.
            scratch: The camera's.
            state: The worlds.
        """
        pixels = self._view_count * self._config.width * self._config.height
        kept = frames._replace(
            depth=frames.depth if frames.has_depth else np.zeros(pixels, np.float32),
            semantic=frames.semantic if frames.has_semantic else np.zeros(pixels, np.uint8),
            has_depth=np.bool_(True),
            has_semantic=np.bool_(True),
        )
        air, bare = air_of(self._config), without_air(scene)
        channels = 3 * self._config.width * self._config.height
        self.picture = (bare, kept, scratch)
        common = (bare, kept, air, state.weather, state.actors.speed)
        self._light = (
            *common,
            np.zeros((self._view_count, channels), np.float32),
            np.zeros((self._view_count, 7, channels // 3), np.float32),
            np.zeros((self._view_count, 2, channels // 3), np.int32),
        )
        copies = np.zeros((self._view_count, channels), np.uint8)
        self._rain = (*common, state.worlds.key, self._stream, copies)
        # Where nobody knew beforehand that there would be weather, this says that something is compiled, once.
        WarmUp(self.compile_jobs()).finish()

    def run(self, launcher: Launcher, views: np.ndarray, falling: np.ndarray) -> None:
        """Puts the weather into the pictures of some views; into those in `falling`, bool, rain and snow as well."""
        launcher.run(render_light, views, *self._light)
        if falling.any():
            launcher.run(render_rain, views[falling], *self._rain)

    def compile_jobs(self) -> tuple[Job, ...]:
        """Its kernels."""
        return launch_job(render_light, *self._light), launch_job(render_rain, *self._rain)
