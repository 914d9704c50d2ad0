"""The radar's config, the devices that ship, and what goes wrong with a radar."""

import math
from dataclasses import dataclass, fields, replace

from drivesim.config.sensors.base import Channel, SensorConfig
from drivesim.config.sensors.faults import register_fault
from drivesim.errors import ConfigError, check_choice, check_integer, check_range

SNR_AT_RANGE_DB = 13.0
"""Signal-to-noise ratio of `RCS_AT_RANGE_DBSM` at the range of a device [dB]."""
RCS_AT_RANGE_DBSM = 10.0
"""A car from behind [dBsm]: 3GPP TR 22.837 states ranges for it."""


@dataclass(frozen=True, kw_only=True)
class RadarDevice:
    """What a radar can do. Accuracies are standard deviations."""

    range_m: float
    """Range at which 10 dBsm ahead has 13 dB over the noise; nothing farther is delivered [m]."""
    fov_deg: float
    """Field of view in azimuth [deg]."""
    edge_loss_db: float
    """Two-way loss of the antenna at the edges of the field of view; grows with the fourth power of azimuth [dB]."""
    range_resolution_m: float
    """Nearer ones merge, where azimuth and velocity cannot be told apart either [m]."""
    range_accuracy_m: float
    """[m]"""
    azimuth_resolution_deg: float
    """[deg]"""
    azimuth_accuracy_deg: float
    """Ahead; elsewhere it is this over the cosine of the azimuth [deg]."""
    velocity_resolution_mps: float
    """[m/s]"""
    velocity_accuracy_mps: float
    """[m/s]"""
    velocity_max_mps: float
    """Radial velocities are known but for multiples of twice this: they are delivered in [-max, max) [m/s]."""


RADAR_MODELS: dict[str, RadarDevice] = {
    "ARS408-far": RadarDevice(
        range_m=250.0, fov_deg=18.0, edge_loss_db=8.9, range_resolution_m=1.79, range_accuracy_m=0.2,
        azimuth_resolution_deg=1.6, azimuth_accuracy_deg=0.1, velocity_resolution_mps=0.103,
        velocity_accuracy_mps=0.05, velocity_max_mps=83.3,
    ),
    "ARS408-near": RadarDevice(
        range_m=70.0, fov_deg=120.0, edge_loss_db=21.8, range_resolution_m=0.39, range_accuracy_m=0.1,
        azimuth_resolution_deg=3.2, azimuth_accuracy_deg=0.3, velocity_resolution_mps=0.119,
        velocity_accuracy_mps=0.05, velocity_max_mps=83.3,
    ),
    "LRR": RadarDevice(
        range_m=250.0, fov_deg=30.0, edge_loss_db=6.0, range_resolution_m=0.4, range_accuracy_m=0.2,
        azimuth_resolution_deg=2.0, azimuth_accuracy_deg=0.2, velocity_resolution_mps=0.3,
        velocity_accuracy_mps=0.07, velocity_max_mps=60.0,
    ),
    "SRR": RadarDevice(
        range_m=70.0, fov_deg=150.0, edge_loss_db=12.0, range_resolution_m=0.1, range_accuracy_m=0.06,
        azimuth_resolution_deg=6.0, azimuth_accuracy_deg=1.0, velocity_resolution_mps=0.3,
        velocity_accuracy_mps=0.07, velocity_max_mps=30.0,
    ),
}  # fmt: skip
"""Devices by name: both scans of a radar of the class of Continental's ARS 408-21, whose ranges at the edges (150 m at
9 degrees, 20 m at 60) are the edge losses; and long- and short-range radar as in 3GPP TR 22.837."""

_LIMITS = {
    "range_m": (5.0, 500.0),
    "fov_deg": (1.0, 170.0),
    "edge_loss_db": (0.0, 60.0),
    "range_resolution_m": (0.01, 50.0),
    "range_accuracy_m": (0.0, 10.0),
    "azimuth_resolution_deg": (0.1, 60.0),
    "azimuth_accuracy_deg": (0.0, 20.0),
    "velocity_resolution_mps": (0.01, 20.0),
    "velocity_accuracy_mps": (0.0, 10.0),
    "velocity_max_mps": (1.0, 500.0),
}


@dataclass(frozen=True, kw_only=True)
class RadarConfig(SensorConfig):
    """A radar on the car that delivers detections. It looks along the ground, without pitch, roll and elevation."""

    type: str = "radar"
    """Kind of sensor; selects this config in a `sensors` list."""
    name: str = "radar"
    """Observation key of the detections."""
    x_m: float = 3.412
    """Position ahead of the rear axle [m] (nuScenes RADAR_FRONT)."""
    z_m: float = 0.5
    """Height above the ground [m] (nuScenes RADAR_FRONT)."""
    model: str = "LRR"
    """The device, a name in `RADAR_MODELS`; the fields below that are None are its own."""
    detections_max: int = 64
    """Rows of a frame; the strongest detections are delivered."""
    range_m: float | None = None
    """See `RadarDevice`, as for the fields that follow [m]."""
    fov_deg: float | None = None
    """[deg]"""
    edge_loss_db: float | None = None
    """[dB]"""
    range_resolution_m: float | None = None
    """[m]"""
    range_accuracy_m: float | None = None
    """[m]"""
    azimuth_resolution_deg: float | None = None
    """[deg]"""
    azimuth_accuracy_deg: float | None = None
    """[deg]"""
    velocity_resolution_mps: float | None = None
    """[m/s]"""
    velocity_accuracy_mps: float | None = None
    """[m/s]"""
    velocity_max_mps: float | None = None
    """[m/s]"""
    false_alarm_probability: float = 1e-6
    """Of a cell of range and velocity in which there is nothing."""
    clutter_mean: float = 8.0
    """Patches of ground and plants that may return something, per frame, on average."""
    ghost_share: float = 0.02
    """Probability that a road user has a mirror image, where a rail, barrier or wall can mirror it."""
    ghost_loss_db: float = 8.0
    """Loss of both reflections at what mirrors it [dB]."""
    beneath_loss_db: float = 15.0
    """Loss of the way to a road user hidden behind a vehicle, beneath which some of the signal passes; 60: it does not
    [dB]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_choice("RadarConfig.model", self.model, RADAR_MODELS)
        check_integer("RadarConfig.detections_max", self.detections_max, 1, 1024)
        for name, (low, high) in _LIMITS.items():
            if getattr(self, name) is not None:
                check_range(f"RadarConfig.{name}", getattr(self, name), low, high)
        for name in ("pitch_deg", "roll_deg"):
            if getattr(self, name) != 0.0:
                raise ConfigError(f"RadarConfig.{name}: expected 0, got {getattr(self, name)!r}")
        check_range("RadarConfig.z_m", self.z_m, 0.1, 5.0)
        check_range("RadarConfig.false_alarm_probability", self.false_alarm_probability, 1e-12, 1e-2)
        check_range("RadarConfig.clutter_mean", self.clutter_mean, 0.0, 100.0)
        check_range("RadarConfig.ghost_share", self.ghost_share, 0.0, 1.0)
        check_range("RadarConfig.ghost_loss_db", self.ghost_loss_db, 0.0, 60.0)
        check_range("RadarConfig.beneath_loss_db", self.beneath_loss_db, 0.0, 60.0)
        if self.false_alarm_mean > FALSE_ALARM_MEAN_MAX:
            raise ConfigError(
                f"RadarConfig.false_alarm_probability: expected at most {FALSE_ALARM_MEAN_MAX:g} false alarms per "
                f"frame, got {self.false_alarm_mean:.4g}"
            )

    @property
    def device(self) -> RadarDevice:
        """What it can do: the model's numbers, but for those that the config gives."""
        given = {field.name: getattr(self, field.name) for field in fields(RadarDevice)}
        return replace(RADAR_MODELS[self.model], **{name: value for name, value in given.items() if value is not None})

    @property
    def false_alarm_mean(self) -> float:
        """False alarms per frame, on average. Azimuth is told after detection: cells are of range and velocity."""
        device = self.device
        ranges = device.range_m / device.range_resolution_m
        velocities = 2.0 * device.velocity_max_mps / device.velocity_resolution_mps
        return self.false_alarm_probability * ranges * velocities

    def measured(self) -> tuple[Channel, ...]:
        """Its detections, nearest first."""
        return (
            Channel(
                name="detections", key=self.name, dtype="float32", shape=(self.detections_max, 6), low=-1000.0,
                high=1000.0, unit="m, rad, m/s, m/s, dBsm, dB", frame="sensor (detection, column)",
                doc="Range, azimuth (left positive), radial velocity (positive: receding), the same without the own"
                " motion, RCS, SNR; nearest first, then zeros.",
            ),
            Channel(
                name="valid", key=f"{self.name}_valid", dtype="uint8", shape=(self.detections_max,), low=0.0, high=1.0,
                unit="-", frame="detection", doc="1 where there is a detection.",
            ),
        )  # fmt: skip


FALSE_ALARM_MEAN_MAX = 100.0
"""More false alarms per frame than this are no radar."""

GHOST_SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
"""Probability of a mirror image at severities 1 to 5 of the fault `ghosts`."""
INTERFERENCE_DB = (3.0, 6.0, 10.0, 15.0, 20.0)
"""Rise of the noise floor at severities 1 to 5 of the fault `interference` [dB]."""
INTERFERENCE_DETECTIONS = (4.0, 8.0, 16.0, 28.0, 48.0)
"""Random detections per frame, on average."""
BLINDNESS_DB = (4.0, 8.0, 14.0, 22.0, math.inf)
"""Two-way loss at severities 1 to 5 of the fault `blindness` [dB]; 40 dB are nine tenths of the range."""
BLINDNESS_SECTOR = (0.0, 0.1, 0.25, 0.5, 1.0)
"""Share of the field of view through which nothing passes; where it lies is drawn once per episode."""

register_fault("ghosts", "radar", "Mirror images at rails: of 10, 20, 40, 70, 100 % of the road users.")
register_fault("interference", "radar", "Another radar: noise 3 to 20 dB higher, 4 to 48 random detections per frame.")
register_fault("blindness", "radar", "Dirt, ice or snow: 79, 63, 45, 28, 0 % of the range, up to all of the view shut.")

_NUSCENES_RADARS = (
    ("front", "ARS408-far", 3.412, 0.0, 0.5, 0.0),
    ("front_left", "ARS408-near", 2.422, 0.8, 0.78, 90.0),
    ("front_right", "ARS408-near", 2.422, -0.8, 0.78, -90.0),
    ("back_left", "ARS408-near", -0.562, 0.62, 0.53, 175.0),
    ("back_right", "ARS408-near", -0.562, -0.62, 0.53, -175.0),
)
"""Name, model, x, y, z [m], yaw [deg] (nuScenes `calibrated_sensor`, the yaws rounded)."""


def nuscenes_radars() -> tuple[RadarConfig, ...]:
    """The five radars of nuScenes' car: `radar_front`, `radar_front_left`, ..., at every control step."""
    return tuple(
        RadarConfig(name=f"radar_{name}", model=model, x_m=x, y_m=y, z_m=z, yaw_deg=yaw)
        for name, model, x, y, z, yaw in _NUSCENES_RADARS
    )
