"""The sensors of every driver's car."""

from collections.abc import Sequence

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import WorldState


class Rig:
    """All sensors a config names.

    Args:
        configs: Sensors in the order of the observation's keys.
        world_count: Number of worlds.
        step_s: Control step [s].
        driver_count: Drivers in every world.
    """

    def __init__(
        self, configs: Sequence[CameraConfig], world_count: int, *, step_s: float = 0.1, driver_count: int = 1
    ) -> None:
        self.cameras = tuple(
            Camera(config, world_count, step_s=step_s, driver_count=driver_count) for config in configs
        )

    def update(self, maps: MapArrays, state: WorldState, launcher: Launcher, mask: np.ndarray | None = None) -> None:
        """Lets every sensor look at the worlds in `mask`, bool, shape (world,), or at all."""
        for camera in self.cameras:
            camera.update(maps, state, launcher, mask)

    def observation(self) -> dict[str, np.ndarray]:
        """The latest frames by observation key, not copied, leading axis `view`; see `Camera.frames`."""
        return {
            camera.config.key(channel): camera.frames[channel]
            for camera in self.cameras
            for channel in camera.config.channels
        }
