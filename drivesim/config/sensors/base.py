"""What the configs of all sensors have, what they deliver, and the kinds there are."""

import math
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from drivesim.config.sensors.faults import NEEDS_STAMPS, FaultConfig, fault_names
from drivesim.errors import ConfigError, check_choice, check_range

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
    """Deliver `<name>_time` and `<name>_age` as well, which sensors with a rate or a latency always do."""
    truth: bool = False
    """Keep what a perfect device would have measured at the same instant: labels `<key>_truth`, for those who judge."""
    faults: tuple[FaultConfig, ...] = ()
    """What is wrong with it; which ones it has at a moment is the label `<name>_faults`."""

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
        for name in ("timestamps", "truth"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{where}.{name}: expected True or False, got {getattr(self, name)!r}")
        for fault in self.faults:
            fault.check_kind(where, kind.type, is_stamped=self.is_stamped)

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
        return (*self.measured(), *self.stamps()) if self.is_stamped else self.measured()

    def stamps(self) -> tuple[Channel, Channel]:
        """When the delivered frame was taken, and how old it is."""
        return (
            Channel(
                name="time", key=f"{self.name}_time", dtype="float32", shape=(1,), low=0.0, high=math.inf, unit="s",
                frame="since the episode began", doc="When the frame was taken.",
            ),
            Channel(
                name="age", key=f"{self.name}_age", dtype="float32", shape=(1,), low=-math.inf, high=math.inf,
                unit="s", frame="before now",
                doc="How long ago the frame was taken, by the sensor's clock: below 0 where that is ahead.",
            ),
        )  # fmt: skip

    @property
    def is_stamped(self) -> bool:
        """It delivers time stamps."""
        return self.timestamps or self.rate_hz > 0.0 or self.latency_s > 0.0


def applicable_faults(config: SensorConfig) -> tuple[str, ...]:
    """Faults that show in what a sensor delivers, in the order of their numbers."""
    return tuple(name for name in fault_names(config.type) if config.is_stamped or name not in NEEDS_STAMPS)


class SensorType(NamedTuple):
    """A kind of sensor."""

    config: type[SensorConfig]
    """Its config."""
    sensor: Any
    """Subclass of `sensors.contract.Sensor`, or where it is, as "module:Class"."""


SENSOR_TYPES: dict[str, SensorType] = {}
"""The kinds of sensor by their `type`; those that ship are entered by `config.sensors`."""


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
