"""Sensor configs: what all of them have, what they deliver, the kinds there are, and the camera."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from drivesim.errors import ConfigError, check_choice, check_integer, check_range

CAMERA_CHANNELS = ("rgb", "depth", "semantic", "instance")
LATENCY_MAX_S = 10.0
RATE_MAX_HZ = 100.0


class Channel(NamedTuple):
    """One array that a sensor delivers. Spaces, buffers, snapshots and the README's table are read from this."""

    name: str
    """Key in the sensor's own frames."""
    key: str
    """Key in the observation."""
    dtype: str
    """NumPy's name of the type."""
    shape: tuple[int, ...]
    """Of one frame."""
    low: float
    """Least value."""
    high: float
    """Greatest value."""
    unit: str
    """SI; "-" for none."""
    frame: str
    """Coordinate frame, or what the axes are."""
    doc: str
    """One line for people."""


@dataclass(frozen=True, kw_only=True)
class SensorConfig:
    """What the configs of all sensors have. Its pose is given in the ego frame: x forward, y left, z up.

    A kind of sensor is a subclass that gives `type` a default of its own and implements `measured`; see
    `drivesim/sensors/README.md`.
    """

    type: str
    """Kind of sensor; selects its config in a `sensors` list."""
    name: str
    """Names its observation keys."""
    x_m: float = 0.0
    """Position ahead of the rear axle [m]."""
    y_m: float = 0.0
    """Position left of the centre line [m]."""
    z_m: float = 0.0
    """Height above the ground [m]."""
    yaw_deg: float = 0.0
    """Heading relative to the car, left positive [deg]."""
    pitch_deg: float = 0.0
    """Nose-down tilt [deg]."""
    roll_deg: float = 0.0
    """Clockwise roll seen from behind the sensor [deg]."""
    rate_hz: float = 0.0
    """Frames per second, at most `control_rate_hz` [Hz]; 0: one at every control step. A frame that would fall between
    two control steps is taken at the later one."""
    phase_s: float = 0.0
    """Frames are taken this long after multiples of 1 / rate, and one when the episode begins [s]."""
    latency_s: float = 0.0
    """Time from taking a frame to its delivery [s]; it arrives at the first control step that is not earlier."""
    timestamps: bool = False
    """Deliver `<name>_time` as well, which sensors with a rate or a latency always do."""

    def __post_init__(self) -> None:
        """Checks every field."""
        kind = type(self)
        where = kind.__name__
        check_choice(f"{where}.type", self.type, (kind.type,))
        if not self.name.isidentifier():
            raise ConfigError(f"{where}.name: expected an identifier, got {self.name!r}")
        check_range(f"{where}.x_m", self.x_m, -20.0, 20.0)
        check_range(f"{where}.y_m", self.y_m, -20.0, 20.0)
        check_range(f"{where}.z_m", self.z_m, 0.0, 20.0)
        check_range(f"{where}.yaw_deg", self.yaw_deg, -360.0, 360.0)
        check_range(f"{where}.pitch_deg", self.pitch_deg, -89.0, 89.0)
        check_range(f"{where}.roll_deg", self.roll_deg, -180.0, 180.0)
        check_range(f"{where}.rate_hz", self.rate_hz, 0.0, RATE_MAX_HZ)
        if self.rate_hz == 0.0 and self.phase_s != 0.0:
            raise ConfigError(f"{where}.phase_s: expected 0 without a rate_hz, got {self.phase_s!r}")
        period_s = 1.0 / self.rate_hz if self.rate_hz > 0.0 else math.inf
        if not 0.0 <= self.phase_s < period_s:
            raise ConfigError(f"{where}.phase_s: expected a value in [0, {period_s:g}), got {self.phase_s!r}")
        check_range(f"{where}.latency_s", self.latency_s, 0.0, LATENCY_MAX_S)
        if not isinstance(self.timestamps, bool):
            raise ConfigError(f"{where}.timestamps: expected True or False, got {self.timestamps!r}")

    @classmethod
    def variant(cls, values: dict[str, Any], where: str) -> "type[SensorConfig]":
        """The config class that a dictionary is meant for: the one registered for its `type`, a camera without one.

        Raises:
            ConfigError: There is no such type; the nearest one is named.
        """
        if cls is not SensorConfig:
            return cls
        return SENSOR_TYPES[check_choice(f"{where}.type", values.get("type", "camera"), SENSOR_TYPES)].config

    def measured(self) -> tuple[Channel, ...]:
        """What the device measures, in the order of the observation."""
        raise NotImplementedError(f"{type(self).__name__} must say which channels it measures")

    def delivered(self) -> tuple[Channel, ...]:
        """All that arrives in the observation: what is measured, and when it was where that is worth saying."""
        return (*self.measured(), self.time_channel()) if self.is_stamped else self.measured()

    def time_channel(self) -> Channel:
        """When the delivered frame was taken."""
        return Channel(
            name="time", key=f"{self.name}_time", dtype="float32", shape=(1,), low=0.0, high=math.inf, unit="s",
            frame="since the episode began", doc="When the frame was taken.",
        )  # fmt: skip

    @property
    def is_stamped(self) -> bool:
        """It delivers time stamps."""
        return self.timestamps or self.rate_hz > 0.0 or self.latency_s > 0.0


@dataclass(frozen=True, kw_only=True)
class CameraConfig(SensorConfig):
    """A pinhole camera on the car."""

    type: str = "camera"
    """Kind of sensor; selects this config in a `sensors` list."""
    name: str = "camera"
    """Observation key of the colour picture; other channels arrive as `<name>_<channel>`."""
    width: int = 128
    """Picture width [px]."""
    height: int = 64
    """Picture height [px]."""
    fov_deg: float = 90.0
    """Horizontal field of view of a centred picture of this width [deg]; focal = width / (2 tan(fov / 2))."""
    principal_x: float = 0.5
    """Principal point, as a fraction of the width."""
    principal_y: float = 0.375
    """Principal point, as a fraction of the height: a lens shift that keeps the camera level and the sky small."""
    x_m: float = 1.7
    """Position ahead of the rear axle [m] (nuScenes CAM_FRONT)."""
    z_m: float = 1.51
    """Height above the ground [m] (nuScenes CAM_FRONT)."""
    pitch_deg: float = 0.0
    """Nose-down tilt [deg]; other than 0 the slower ray path renders."""
    roll_deg: float = 0.0
    """Clockwise roll seen from behind the camera [deg]; other than 0 the slower ray path renders."""
    channels: tuple[str, ...] = ("rgb",)
    """Any of rgb, depth [m along the optical axis], semantic (CARLA ids), instance."""
    range_m: float = 150.0
    """Upright things farther than this are not drawn [m]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_integer("CameraConfig.width", self.width, 4, 4096)
        check_integer("CameraConfig.height", self.height, 4, 4096)
        check_range("CameraConfig.fov_deg", self.fov_deg, 1.0, 170.0)
        check_range("CameraConfig.principal_x", self.principal_x, -1.0, 2.0)
        check_range("CameraConfig.principal_y", self.principal_y, -1.0, 2.0)
        check_range("CameraConfig.z_m", self.z_m, 0.1, 20.0)
        check_range("CameraConfig.range_m", self.range_m, 10.0, 1000.0)
        if not self.channels:
            raise ConfigError("CameraConfig.channels: expected at least one channel, got none")
        for channel in self.channels:
            check_choice("CameraConfig.channels", channel, CAMERA_CHANNELS)
        if len(set(self.channels)) != len(self.channels):
            raise ConfigError(f"CameraConfig.channels: repeated channel in {self.channels}")

    @property
    def is_level(self) -> bool:
        """True where the column path applies: no pitch, no roll."""
        return self.pitch_deg == 0.0 and self.roll_deg == 0.0

    def key(self, channel: str) -> str:
        """Observation key of a channel."""
        return self.name if channel == "rgb" else f"{self.name}_{channel}"

    def measured(self) -> tuple[Channel, ...]:
        """Its pictures, row 0 at the top."""
        return tuple(self._channel(name) for name in self.channels)

    def _channel(self, name: str) -> Channel:
        dtype, depth, high, unit, doc = _CAMERA_PIXELS[name]
        return Channel(
            name=name, key=self.key(name), dtype=dtype, shape=(self.height, self.width, *depth), low=0.0, high=high,
            unit=unit, frame="picture (row, column)", doc=doc,
        )  # fmt: skip


_CAMERA_PIXELS: dict[str, tuple[str, tuple[int, ...], float, str, str]] = {
    "rgb": ("uint8", (3,), 255.0, "-", "Colour."),
    "depth": ("float32", (), 1000.0, "m", "Along the optical axis; 1000 for the sky and ground beyond 1000 m."),
    "semantic": ("uint8", (), 28.0, "-", "CARLA >= 0.9.14 ids, `semantics.Semantic`."),
    "instance": ("uint16", (), 65535.0, "-", "0 nothing, slot + 1 a road user, from 256 up scenery; never the ego."),
}
"""Of each channel of a camera: type, shape of a pixel, greatest value, unit and meaning."""


def telephoto(*, width: int = 128, height: int = 32, fov_deg: float = 20.0) -> CameraConfig:
    """A camera of small field of view beside the front camera, for what is far ahead; its key is `camera_tele`."""
    return CameraConfig(name="camera_tele", width=width, height=height, fov_deg=fov_deg, principal_y=0.4)


def cameras_of(sensors: Iterable[SensorConfig]) -> tuple[CameraConfig, ...]:
    """The cameras among sensors, in their order."""
    return tuple(sensor for sensor in sensors if isinstance(sensor, CameraConfig))


class SensorType(NamedTuple):
    """A kind of sensor."""

    config: type[SensorConfig]
    """Its config."""
    sensor: Any
    """Subclass of `sensors.contract.Sensor`, or where it is, as "module:Class"."""


SENSOR_TYPES: dict[str, SensorType] = {
    "camera": SensorType(CameraConfig, "drivesim.sensors.camera.sensor:Camera"),
}
"""The kinds of sensor by their `type`."""


def register_sensor(config: type[SensorConfig], sensor: Any) -> None:
    """Makes a kind of sensor known, from outside this package; once per process, where it is defined.

    Args:
        config: Its config; the default of `type` names the kind.
        sensor: Its subclass of `sensors.contract.Sensor`, or "module:Class".

    Raises:
        ConfigError: The kind has no name, or another one has the same.
    """
    kind = next((field.default for field in fields(config) if field.name == "type"), None)
    if not isinstance(kind, str) or not kind.isidentifier():
        raise ConfigError(f"{config.__name__}.type: expected an identifier as default, got {kind!r}")
    known = SENSOR_TYPES.setdefault(kind, SensorType(config, sensor)).config
    if (known.__module__, known.__qualname__) != (config.__module__, config.__qualname__):
        raise ConfigError(f"{config.__name__}.type: {kind!r} is {known.__module__}.{known.__qualname__} already")
    SENSOR_TYPES[kind] = SensorType(config, sensor)
