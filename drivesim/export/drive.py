"""What is recorded: a drive with its rig, and its frames with their labels."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from drivesim.config import CameraConfig, SensorConfig, cameras_of, to_dict
from drivesim.maps.network import RoadNetwork
from drivesim.semantics import Semantic

START_US = 1_600_000_000_000_000
"""Time stamp of the first drive's first frame [us since 1970]."""
DRIVE_US = 1_000_000_000
"""From one drive to the next [us]."""


@dataclass(frozen=True, kw_only=True)
class Drive:
    """A drive that is recorded: one car on one road."""

    number: int
    """In the data set, from 0."""
    seed: int
    """Of traffic and start."""
    road: int
    """Generator seed of the road."""
    env: str
    """Name of the environment's preset."""
    sensors: tuple[SensorConfig, ...]
    """Those whose frames are recorded, in the order of the rig."""
    step_s: float
    """Control step [s]."""
    key_ticks: int
    """Control steps from one labelled frame to the next."""
    quality: int
    """Of JPEG pictures, 1 to 100."""
    frames_max: int
    """Labelled frames it has at most."""
    network: RoadNetwork | None = None
    """The road's facts, for formats that hold maps."""

    @property
    def cameras(self) -> tuple[CameraConfig, ...]:
        """Its cameras that give colours."""
        return tuple(camera for camera in cameras_of(self.sensors) if "rgb" in camera.channels)

    def of_type(self, kind: str) -> tuple[SensorConfig, ...]:
        """Its sensors of a type."""
        return tuple(sensor for sensor in self.sensors if sensor.type == kind)

    @property
    def name(self) -> str:
        """`drive-000012`."""
        return drive_name(self.number)


def drive_name(number: int) -> str:
    """Name of a drive's files."""
    return f"drive-{number:06d}"


class Pose(NamedTuple):
    """The car at the moment of a frame, in the world: x east, y north."""

    x: float
    """Of the rear axle [m]."""
    y: float
    yaw: float
    """Counter-clockwise from east [rad]."""
    speed: float
    """Of the rear axle along the heading [m/s]."""
    yaw_rate: float
    """[rad/s]"""
    acceleration: float
    """Along the heading [m/s^2]."""


class Frame(NamedTuple):
    """A moment of a drive. Arrays have no axis `world`."""

    number: int
    """Labelled frames before it."""
    time_us: int
    """Since the drive began [us]."""
    is_key: bool
    """It has labels; others only have what sensors measured."""
    observation: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]
    """Those that the format asks for."""
    pose: Pose
    numbers: Mapping[str, np.ndarray]
    """What networks read and learn beside pictures, by name."""

    def stamp_us(self, drive: Drive) -> int:
        """Time stamp that no other frame of the data set has [us since 1970]."""
        return START_US + drive.number * DRIVE_US + self.time_us


def slots(labels: Mapping[str, np.ndarray]) -> list[int]:
    """Slots of the road users that are there."""
    return np.flatnonzero(labels["objects_valid"]).tolist()


def class_name(semantic: int) -> str:
    """Lower-case name of a class of road users: car, truck, pedestrian, ..."""
    return Semantic(int(semantic)).name.lower()


def instance_name(drive: Drive, labels: Mapping[str, np.ndarray], slot: int) -> str:
    """Name of a road user that nobody else in the data set has."""
    return f"{drive.name}-{int(labels['objects_track'][slot])}"


def json_ready(values: Any) -> Any:
    """Arrays as lists and numbers as plain ones; float32 keep their shortest form."""
    if isinstance(values, np.ndarray):
        return json_ready(values.tolist()) if values.dtype != np.float32 else _short(values)
    if isinstance(values, np.generic):
        return json_ready(np.asarray(values))
    if isinstance(values, Mapping):
        return {str(key): json_ready(value) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [json_ready(value) for value in values]
    return values


def _short(values: np.ndarray) -> Any:
    """float32 as the shortest numbers that give the same float32 again."""
    if values.ndim:
        return [_short(value) for value in values]
    return float(str(values))


def sensor_dicts(sensors: tuple[SensorConfig, ...]) -> list[dict[str, Any]]:
    """Configs, JSON-ready."""
    return json.loads(json.dumps([to_dict(sensor) for sensor in sensors]))
