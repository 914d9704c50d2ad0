"""Configs of what a car senses of its own motion: inertial unit, satellite receiver, wheel speed, steering, compass."""

import math
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import NamedTuple

from drivesim.config.sensors.base import Channel, SensorConfig
from drivesim.config.sensors.faults import register_fault
from drivesim.errors import ConfigError, check_choice, check_range

STANDARD_GRAVITY = 9.80665
"""[m/s^2], by which datasheets count."""
_MILLI_G = 1e-3 * STANDARD_GRAVITY
_DEG = math.pi / 180.0
_PER_ROOT_HOUR = 1.0 / 60.0
"""1/sqrt(h) in 1/sqrt(s)."""


class ImuModel(NamedTuple):
    """Errors of an inertial unit, SI units."""

    gyro_noise_density: float
    """[rad/s/sqrt(Hz)]"""
    gyro_random_walk: float
    """Of its bias [rad/s^2/sqrt(Hz)]."""
    gyro_start_bias: float
    """At most, either way [rad/s]."""
    accel_noise_density: float
    """[m/s^2/sqrt(Hz)]"""
    accel_random_walk: float
    """Of its bias [m/s^3/sqrt(Hz)]."""
    accel_start_bias: float
    """At most, either way [m/s^2]."""
    scale_error: float
    """At most, either way, of every axis."""


_STIM300_HOURS_S = 3600.0
"""Correlation time of the bias instability [s]."""

IMU_MODELS: dict[str, ImuModel] = {
    "adis16448": ImuModel(1.6968e-4, 1.9393e-5, 0.2 * _DEG, 2.0e-3, 3.0e-3, 20.0 * _MILLI_G, 5e-3),
    "bmi088": ImuModel(8e-5, 1e-5, 0.2 * _DEG, 1.4e-3, 1.2e-3, 20.0 * _MILLI_G, 5e-3),
    # A Gauss-Markov bias of deviation s and time constant tau walks by s sqrt(2 / tau) over times far below tau.
    "stim300": ImuModel(
        0.15 * _DEG * _PER_ROOT_HOUR,
        0.5 * _DEG / 3600.0 * math.sqrt(2.0 / _STIM300_HOURS_S),
        0.01 * _DEG,
        0.07 * _PER_ROOT_HOUR,
        0.05 * _MILLI_G * math.sqrt(2.0 / _STIM300_HOURS_S),
        1.0 * _MILLI_G,
        1e-3,
    ),
    "ideal": ImuModel(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
}
"""adis16448: as calibrated for EuRoC MAV; bmi088: a consumer's; stim300: tactical grade, whose angle random walk of
0.15 deg/sqrt(h), velocity random walk of 0.07 m/s/sqrt(h), bias of 0.5 deg/h and 0.05 mg are datasheet values; ideal:
no errors."""


class GnssModel(NamedTuple):
    """Errors of a satellite receiver's position."""

    white_m: float
    """Deviation of its white part, east and north [m]."""
    correlated_m: float
    """Deviation of its Gauss-Markov part, east and north [m]."""
    correlation_s: float
    """Time constant of that part [s]."""


GNSS_MODELS: dict[str, GnssModel] = {
    "standalone": GnssModel(0.3, 2.1, 100.0),
    "code": GnssModel(0.25, 0.5, 80.0),
    "rtk": GnssModel(0.01, 0.005, 150.0),
    "ideal": GnssModel(0.0, 0.0, 100.0),
}
"""standalone: a consumer's receiver, half of whose positions are within 2.5 m; code: thermal noise and multipath of the
code alone, orbits and atmosphere corrected; rtk: carrier phase with a base station; ideal: no errors."""


def _override(model: NamedTuple, config: SensorConfig) -> tuple[float, ...]:
    """A model's values, but for those that the config gives itself."""
    own = (getattr(config, name) for name in model._fields)
    return tuple(value if given is None else given for value, given in zip(model, own, strict=True))


def _check_errors(config: SensorConfig, *names: str) -> None:
    """Checks that values which may be None are none, or from 0 up and finite."""
    for name in names:
        value = getattr(config, name)
        if value is not None:
            check_range(f"{type(config).__name__}.{name}", value, 0.0, 1e6)


@dataclass(frozen=True, kw_only=True)
class ImuConfig(SensorConfig):
    """An inertial unit: accelerometers and gyroscopes on three axes, several samples a frame.

    Measured = (1 + scale error) * true + bias + noise, clipped to its range. White noise has the deviation density *
    sqrt(sample rate); the bias starts anywhere within `*_start_bias` and walks (Kalibr's model).
    """

    type: str = "imu"
    """Kind of sensor; selects this config in a `sensors` list."""
    name: str = "imu"
    """Observation key of the samples."""
    rate_hz: float = 10.0
    """Frames per second [Hz]; the control rate must be a multiple of it, `sample_rate_hz` as well."""
    sample_rate_hz: float = 100.0
    """Samples per second [Hz]; a frame has `sample_rate_hz / rate_hz` of them."""
    model: str = "adis16448"
    """One of `IMU_MODELS`; the following take the place of its values."""
    gyro_noise_density: float | None = None
    """[rad/s/sqrt(Hz)]; None: the model's."""
    gyro_random_walk: float | None = None
    """Of the bias [rad/s^2/sqrt(Hz)]; None: the model's."""
    gyro_start_bias: float | None = None
    """Greatest bias when an episode begins [rad/s]; None: the model's."""
    accel_noise_density: float | None = None
    """[m/s^2/sqrt(Hz)]; None: the model's."""
    accel_random_walk: float | None = None
    """Of the bias [m/s^3/sqrt(Hz)]; None: the model's."""
    accel_start_bias: float | None = None
    """Greatest bias when an episode begins [m/s^2]; None: the model's."""
    scale_error: float | None = None
    """Greatest relative error of an axis, drawn once per episode; None: the model's."""
    accel_range_m_s2: float = 4.0 * STANDARD_GRAVITY
    """Specific force saturates here [m/s^2]."""
    gyro_range_deg_s: float = 300.0
    """Angular rate saturates here [deg/s]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_range("ImuConfig.rate_hz", self.rate_hz, 0.1, 100.0)
        check_range("ImuConfig.sample_rate_hz", self.sample_rate_hz, self.rate_hz, 10_000.0)
        if abs(self.sample_rate_hz / self.rate_hz - self.sample_count) > 1e-6:
            raise ConfigError(
                f"ImuConfig.sample_rate_hz: expected a multiple of rate_hz {self.rate_hz:g}, "
                f"got {self.sample_rate_hz!r}"
            )
        check_choice("ImuConfig.model", self.model, IMU_MODELS)
        _check_errors(self, *ImuModel._fields)
        check_range("ImuConfig.accel_range_m_s2", self.accel_range_m_s2, 1.0, 1e4)
        check_range("ImuConfig.gyro_range_deg_s", self.gyro_range_deg_s, 1.0, 1e4)

    @property
    def sample_count(self) -> int:
        """Samples of a frame."""
        return round(self.sample_rate_hz / self.rate_hz)

    @property
    def errors(self) -> ImuModel:
        """The model's errors with this config's own in their place."""
        return ImuModel(*_override(IMU_MODELS[self.model], self))

    def measured(self) -> tuple[Channel, ...]:
        """Its samples, the oldest first."""
        high = max(self.accel_range_m_s2, self.gyro_range_deg_s * _DEG)
        return (
            Channel(
                name="samples", key=self.name, dtype="float32", shape=(self.sample_count, 6), low=-high, high=high,
                unit="m/s^2, rad/s", frame="sensor",
                doc="Specific force x, y, z (9.81 up at rest), angular rate x, y, z: means over each sample's time, "
                "of which the last ends when the frame is taken.",
            ),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class GnssConfig(SensorConfig):
    """A satellite receiver. Its position's error is white noise and a Gauss-Markov process on every axis."""

    type: str = "gnss"
    """Kind of sensor; selects this config in a `sensors` list."""
    name: str = "gnss"
    """Observation key of the position; others arrive as `<name>_enu` and `<name>_valid`."""
    z_m: float = 1.5
    """Height of the antenna above the ground [m]."""
    rate_hz: float = 5.0
    """Positions per second [Hz]."""
    latency_s: float = 0.1
    """From the instant of a position to its arrival [s]."""
    model: str = "standalone"
    """One of `GNSS_MODELS`; the following three take the place of its values."""
    white_m: float | None = None
    """Deviation of the white error, east and north [m]; None: the model's."""
    correlated_m: float | None = None
    """Deviation of the Gauss-Markov error, east and north [m]; None: the model's."""
    correlation_s: float | None = None
    """Time constant of the Gauss-Markov error [s]; None: the model's."""
    vertical_factor: float = 1.75
    """Errors of the altitude over those east and north."""
    origin_latitude_deg: float = 49.0
    """WGS84 latitude of the world frame's origin [deg]."""
    origin_longitude_deg: float = 8.43
    """WGS84 longitude of the world frame's origin [deg]."""
    origin_altitude_m: float = 115.0
    """Height of the world frame's origin above the WGS84 ellipsoid [m]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_choice("GnssConfig.model", self.model, GNSS_MODELS)
        _check_errors(self, *GnssModel._fields)
        if self.correlation_s is not None:
            check_range("GnssConfig.correlation_s", self.correlation_s, 1e-3, 1e6)
        check_range("GnssConfig.vertical_factor", self.vertical_factor, 0.0, 100.0)
        check_range("GnssConfig.origin_latitude_deg", self.origin_latitude_deg, -90.0, 90.0)
        check_range("GnssConfig.origin_longitude_deg", self.origin_longitude_deg, -180.0, 180.0)
        check_range("GnssConfig.origin_altitude_m", self.origin_altitude_m, -1000.0, 10_000.0)

    @property
    def errors(self) -> GnssModel:
        """The model's errors with this config's own in their place."""
        return GnssModel(*_override(GNSS_MODELS[self.model], self))

    def measured(self) -> tuple[Channel, ...]:
        """The position twice, and whether there is one."""
        return (
            Channel(
                name="position", key=self.name, dtype="float64", shape=(3,), low=-math.inf, high=math.inf,
                unit="deg, deg, m", frame="WGS84",
                doc="Antenna: latitude, longitude, height above the ellipsoid; zeros without a fix.",
            ),
            Channel(
                name="enu", key=f"{self.name}_enu", dtype="float32", shape=(3,), low=-math.inf, high=math.inf,
                unit="m", frame="world", doc="The same east, north and up of the origin; zeros without a fix.",
            ),
            Channel(
                name="valid", key=f"{self.name}_valid", dtype="uint8", shape=(1,), low=0.0, high=1.0,
                unit="-", frame="-", doc="1: there is a fix.",
            ),
        )  # fmt: skip


class OdometryColumn(IntEnum):
    """Columns of the odometry's frame."""

    WHEEL_SPEED = 0
    """Of the rear wheels, mean [m/s]."""
    STEERING = 1
    """Front wheel angle, left positive [rad]."""
    YAW_RATE = 2
    """Left positive [rad/s]."""
    HEADING = 3
    """Of the compass, counter-clockwise from east [rad], in [-pi, pi]."""
    PEDAL = 4
    """Acceleration that the pedals ask for, after their lag; braking is negative [m/s^2]."""


@dataclass(frozen=True, kw_only=True)
class OdometryConfig(SensorConfig):
    """What a car's own bus tells of its motion: wheel speed, steering angle, yaw rate, compass, pedals."""

    type: str = "odometry"
    """Kind of sensor; selects this config in a `sensors` list."""
    name: str = "odometry"
    """Observation key of the values."""
    speed_scale_error: float = 0.01
    """Greatest relative error of the wheel's radius, drawn once per episode."""
    speed_noise_m_s: float = 0.05
    """Deviation of the wheel speed's white noise [m/s]; a wheel at rest has none."""
    speed_step_m_s: float = 0.01
    """Resolution of the wheel speed [m/s]; 0: none."""
    wheel_slip: bool = False
    """Driven wheels turn faster than the car moves, and braked ones slower: by force over load and stiffness."""
    steering_noise_deg: float = 0.1
    """Deviation of the steering angle's white noise, at the wheel [deg]."""
    steering_step_deg: float = 0.1
    """Resolution of the steering angle [deg]; 0: none."""
    yaw_rate_noise_deg_s: float = 0.1
    """Deviation of the yaw rate's white noise [deg/s]."""
    yaw_rate_bias_deg_s: float = 0.2
    """Greatest offset of the yaw rate, drawn once per episode [deg/s]."""
    heading_noise_deg: float = 0.5
    """Deviation of the compass' white noise [deg]."""
    heading_bias_deg: float = 2.0
    """Greatest offset of the compass, drawn once per episode [deg]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_range("OdometryConfig.speed_scale_error", self.speed_scale_error, 0.0, 0.5)
        if not isinstance(self.wheel_slip, bool):
            raise ConfigError(f"OdometryConfig.wheel_slip: expected True or False, got {self.wheel_slip!r}")
        own = {field.name for field in fields(OdometryConfig)} - {field.name for field in fields(SensorConfig)}
        for name in sorted(own - {"speed_scale_error", "wheel_slip"}):
            check_range(f"OdometryConfig.{name}", getattr(self, name), 0.0, 180.0)

    def measured(self) -> tuple[Channel, ...]:
        """Its values, in the order of `OdometryColumn`."""
        return (
            Channel(
                name="values", key=self.name, dtype="float32", shape=(len(OdometryColumn),), low=-1000.0, high=1000.0,
                unit="m/s, rad, rad/s, rad, m/s^2", frame="ego, heading world",
                doc="Wheel speed, front wheel angle, yaw rate, compass heading, acceleration that the pedals ask for.",
            ),
        )  # fmt: skip


GYRO_BIAS_FAULT_DEG_S = (0.5, 1.0, 2.0, 5.0, 10.0)
ACCEL_BIAS_FAULT_M_S2 = (0.1, 0.2, 0.5, 1.0, 2.0)
GNSS_BIAS_FAULT_M = (1.0, 2.0, 3.0, 5.0, 10.0)
GNSS_JUMP_FAULT_M = (2.0, 5.0, 10.0, 20.0, 50.0)
GNSS_DRIFT_FAULT_M_S = (0.1, 0.2, 0.5, 1.0, 2.0)
SPEED_NOISE_FAULT = (0.02, 0.05, 0.1, 0.15, 0.2)
COMPASS_FAULT_DEG = (5.0, 10.0, 20.0, 45.0, 90.0)

register_fault("bias", "imu", "Every axis is off, either way: 0.5, 1, 2, 5, 10 deg/s and 0.1, 0.2, 0.5, 1, 2 m/s^2.")
register_fault("outage", "gnss", "No fix, at any severity.")
register_fault("jump", "gnss", "Off by a normal offset east and north, drawn when it begins: 2, 5, 10, 20, 50 m.")
register_fault("drift", "gnss", "Moves away in a straight line from when it begins: 0.1, 0.2, 0.5, 1, 2 m/s.")
register_fault("bias", "gnss", "Off in one direction, the same all episode: 1, 2, 3, 5, 10 m.")
register_fault("speed_noise", "odometry", "Wheel speed times 1 + noise of deviation 0.02, 0.05, 0.1, 0.15, 0.2.")
register_fault("compass", "odometry", "The compass is off, either way: 5, 10, 20, 45, 90 deg.")
