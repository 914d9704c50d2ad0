"""What a perfect camera in the place of one of the rig's sees now, whatever channels, rate or faults that one has."""

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np

from drivesim.config.sensors import CameraConfig, SensorConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import WorldState
from drivesim.state.kinds import RoadUserKind

PICTURES = ("depth", "semantic", "instance")
"""Pictures of the truth."""
_POSE = ("x_m", "y_m", "z_m", "yaw_deg", "pitch_deg", "roll_deg")


class TruthCamera:
    """A camera that renders when asked.

    Args:
        config: The camera of the rig.
        world_count: Number of worlds.
        driver_count: Drivers in every world.
        step_s: Control step [s].
        kinds: Kinds of road user.
    """

    def __init__(
        self,
        config: CameraConfig,
        world_count: int,
        *,
        driver_count: int,
        step_s: float,
        kinds: tuple[RoadUserKind, ...],
    ) -> None:
        defaults = {
            field.name: field.default for field in fields(SensorConfig) if field.name not in (*_POSE, "type", "name")
        }
        plain = replace(config, **defaults, channels=PICTURES)
        self._camera = Camera(plain, world_count, step_s=step_s, driver_count=driver_count, kinds=kinds)

    def pictures(self, maps: MapArrays, state: WorldState, launcher: Launcher) -> Mapping[str, np.ndarray]:
        """Depth, classes and instances for the first driver, leading axis `world`; the next call overwrites them."""
        self._camera.update(maps, state, launcher, until="truth")
        drivers = self._camera.driver_count
        return {name: frames[::drivers] for name, frames in self._camera.frames.items()}
