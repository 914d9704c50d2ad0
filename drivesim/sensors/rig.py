"""The sensors of every driver's car."""

from collections.abc import Sequence

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import WorldState
from drivesim.state.kinds import KINDS, RoadUserKind


class Rig:
    """All sensors a config names.

    Args:
        configs: Sensors in the order of the observation's keys.
        world_count: Number of worlds.
        step_s: Control step [s].
        driver_count: Drivers in every world.
        kinds: Kinds of road user, in the order of their numbers.
    """

    def __init__(
        self,
        configs: Sequence[CameraConfig],
        world_count: int,
        *,
        step_s: float = 0.1,
        driver_count: int = 1,
        kinds: tuple[RoadUserKind, ...] = KINDS,
    ) -> None:
        self.cameras = tuple(
            Camera(config, world_count, step_s=step_s, driver_count=driver_count, kinds=kinds) for config in configs
        )

    def update(self, maps: MapArrays, state: WorldState, launcher: Launcher, mask: np.ndarray | None = None) -> None:
        """Lets every sensor look at the worlds in `mask`, bool, shape (world,), or at all."""
        for camera in self.cameras:
            camera.update(maps, state, launcher, mask)

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernels that the sensors are run by, for maps and a state like these."""
        return tuple(camera.compile_job(maps, state) for camera in self.cameras)

    def observation(self) -> dict[str, np.ndarray]:
        """The latest frames by observation key, not copied, leading axis `view`; see `Camera.frames`."""
        return {
            camera.config.key(channel): camera.frames[channel]
            for camera in self.cameras
            for channel in camera.config.channels
        }
