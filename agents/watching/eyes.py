"""Camera pictures for people: the driver's view, rendered anew at the size it is shown."""

from dataclasses import replace

import numpy as np

from drivesim.config import CameraConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.maps.sources import light_count
from drivesim.render.moment import Moment, load_into
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import allocate_state

WIDTH_RANGE = (32, 1600)
"""Smallest and largest picture [px]."""
CAMERAS_KEPT = 6


class Eyes:
    """Renders the view of one camera.

    Args:
        camera: Pose and optics; size and channels are chosen per picture.
        bank: The maps.
        slot_count: Road users per world.
        step_s: Control step [s].
    """

    def __init__(self, camera: CameraConfig, bank: MapBank, *, slot_count: int, step_s: float) -> None:
        self._config, self._bank, self._step_s = camera, bank, step_s
        self._lease = bank.lease(1)
        self._state = allocate_state(world=1, slot=slot_count, light=max(1, light_count(bank.source)))
        self._launcher = Launcher(1)
        self._cameras: dict[tuple[int, tuple[str, ...]], Camera] = {}

    @property
    def title(self) -> str:
        """The camera's name in plain words."""
        return self._config.name.replace("_", " ")

    @property
    def is_faithful(self) -> bool:
        """A larger picture shows what the camera delivers, but for its size: it is in colour and its device perfect."""
        return "rgb" in self._config.channels and self._config.is_perfect

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self._config.width / self._config.height

    def look(self, moment: Moment) -> None:
        """Takes up the moment that `see` renders."""
        self._lease.take(np.zeros(1, np.int64), np.array([moment.map]))
        load_into(self._state, moment)

    def see(self, width_px: float, channels: tuple[str, ...]) -> dict[str, np.ndarray]:
        """Pictures `width_px` wide, by channel; the next call for the same size overwrites them."""
        width = int(np.clip(round(width_px), *WIDTH_RANGE))
        key = (width, channels)
        if key not in self._cameras:
            if len(self._cameras) >= CAMERAS_KEPT:
                self._cameras.clear()
            height = max(round(width / self.aspect), 4)
            larger = width / self._config.width
            focal = tuple(larger * length for length in self._config.focal_px)
            config = replace(
                self._config, width=width, height=height, focal_px=focal, channels=channels, faults=(), truth=False
            )
            self._cameras[key] = Camera(config, 1, step_s=self._step_s)
        camera = self._cameras[key]
        camera.update(self._bank.arrays, self._state, self._launcher)
        return {channel: camera.frames[channel][0] for channel in channels}
