"""The sensors of every driver's car."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from drivesim.config import SENSOR_TYPES, SEVERITY_MAX, SensorConfig, applicable_faults
from drivesim.errors import ConfigError, check_choice, check_integer
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.camera.sensor import Camera
from drivesim.sensors.camera.visible import visible_share
from drivesim.sensors.contract import Sensor
from drivesim.sensors.delivery import Delivery
from drivesim.state import WorldState
from drivesim.state.kinds import KINDS, RoadUserKind

SNAPSHOT_PREFIX = "sensors."
"""What the rig adds to a snapshot begins with this."""


def sensor_class(config: SensorConfig) -> Any:
    """The subclass of `Sensor` for a config."""
    found = SENSOR_TYPES[check_choice("sensors", config.type, SENSOR_TYPES)].sensor
    if not isinstance(found, str):
        return found
    module, _, name = found.partition(":")
    return getattr(importlib.import_module(module), name)


class Rig:
    """All sensors a config names, and the delivery of their frames.

    Args:
        configs: Sensors in the order of the observation's keys.
        world_count: Number of worlds.
        step_s: Control step [s].
        driver_count: Drivers in every world.
        kinds: Kinds of road user, in the order of their numbers.
        vehicle_model: What drives the drivers' cars.
    """

    def __init__(
        self,
        configs: Sequence[SensorConfig],
        world_count: int,
        *,
        step_s: float = 0.1,
        driver_count: int = 1,
        kinds: tuple[RoadUserKind, ...] = KINDS,
        vehicle_model: str = "kinematic",
    ) -> None:
        how: dict[str, Any] = {"step_s": step_s, "driver_count": driver_count, "kinds": kinds}
        how["vehicle_model"] = vehicle_model
        self.sensors: tuple[Sensor, ...] = tuple(sensor_class(config)(config, world_count, **how) for config in configs)
        self._deliveries = tuple(Delivery(sensor) for sensor in self.sensors)
        self.instance_camera: Camera | None = next(
            (
                each.sensor
                for each in self._deliveries
                if isinstance(each.sensor, Camera) and each.is_function and "instance" in each.sensor.frames
            ),
            None,
        )
        """The first camera whose instance pictures show this very moment."""

    def update(self, maps: MapArrays, state: WorldState, launcher: Launcher, mask: np.ndarray | None = None) -> None:
        """Lets every sensor that is due measure the worlds in `mask`, bool, shape (world,), or all."""
        for delivery in self._deliveries:
            delivery.update(maps, state, launcher, mask)

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernels that the sensors are run by, for maps and a state like these."""
        jobs = [
            job for each in self.sensors for job in (*each.compile_jobs(maps, state), *each.schedule.compile_jobs())
        ]
        return (*jobs, *(job for delivery in self._deliveries for job in delivery.compile_jobs()))

    def observation(self) -> dict[str, np.ndarray]:
        """The delivered frames by observation key, not copied, leading axis `view`."""
        return {key: frames for delivery in self._deliveries for key, frames in delivery.frames.items()}

    def truths(self) -> dict[str, np.ndarray]:
        """What perfect devices would deliver by `<key>_truth`, where a config keeps that, leading axis `view`."""
        return {key: frames for delivery in self._deliveries for key, frames in delivery.truths.items()}

    def faults(self, state: WorldState) -> dict[str, np.ndarray]:
        """Severities by `<name>_faults`, uint8, shape (world, fault), of the sensors that may have faults.

        They are those of the delivered frames; see `Delivery.fault_labels`.
        """
        return {
            f"{each.sensor.config.name}_faults": each.fault_labels(state)
            for each in self._deliveries
            if each.sensor.may_have_faults
        }

    def set_fault(self, name: str, kind: str, severity: int | None, mask: np.ndarray | None = None) -> None:
        """Gives a sensor a fault, in place of what its config says; see `Delivery.force`.

        The arrays of `observation` may be others from now on.

        Raises:
            ConfigError: There is no such sensor, it cannot have the fault, or the severity is not one.
        """
        known = {each.sensor.config.name: each for each in self._deliveries}
        delivery = known[check_choice("sensor", name, known)]
        config = delivery.sensor.config
        check_choice("kind", kind, applicable_faults(config))
        if severity is not None:
            check_integer("severity", severity, 0, SEVERITY_MAX)
        delivery.force(kind, severity, mask)

    def visible(self, state: WorldState, launcher: Launcher) -> np.ndarray:
        """Share of each road user that `instance_camera` sees, shape (world, driver, slot); see `visible_share`."""
        camera = self.instance_camera
        if camera is None:
            raise ConfigError("sensors: expected a camera with the channel instance, without rate and latency")
        return visible_share(camera.config, camera.frames["instance"], state, launcher)

    def snapshot(self) -> dict[str, np.ndarray]:
        """Copies of all that sensors remember, by `sensors.<name>.<column>`."""
        return {name: array.copy() for name, array in self._arrays().items()}

    def check(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Checks that a snapshot is one of a rig of the same sensors.

        Raises:
            ValueError: An array is missing, unknown, or of another shape or type.
        """
        prefixes = tuple(map(_prefix, self._deliveries))
        unknown = sorted(name for name in snapshot if not name.startswith(prefixes))
        if unknown:
            raise ValueError(f"snapshot: arrays {unknown} are missing or unknown")
        for delivery in self._deliveries:
            delivery.check(_part_of(snapshot, delivery), _prefix(delivery))

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Returns to a snapshot that `check` has let pass; `update` then delivers its frames.

        The arrays of `observation` may be others from now on.
        """
        for delivery in self._deliveries:
            delivery.restore(_part_of(snapshot, delivery))

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            f"{_prefix(delivery)}{name}": array
            for delivery in self._deliveries
            for name, array in delivery.columns.items()
        }


def _prefix(delivery: Delivery) -> str:
    """Stands before the names of a sensor's columns in snapshots."""
    return f"{SNAPSHOT_PREFIX}{delivery.sensor.config.name}."


def _part_of(snapshot: Mapping[str, np.ndarray], delivery: Delivery) -> dict[str, np.ndarray]:
    """A snapshot's arrays of one sensor by name of the column."""
    prefix = _prefix(delivery)
    return {name.removeprefix(prefix): array for name, array in snapshot.items() if name.startswith(prefix)}
