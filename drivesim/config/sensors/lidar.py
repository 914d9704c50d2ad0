"""The lidar's config, and the devices it knows by name."""

from dataclasses import dataclass
from typing import NamedTuple

from drivesim.config.sensors.base import Channel, SensorConfig
from drivesim.config.sensors.faults import register_fault
from drivesim.errors import ConfigError, check_choice, check_integer, check_range

LIDAR_CHANNELS = ("points", "valid", "ring", "offset", "range", "intensity", "semantic", "instance", "occupancy")
LIDAR_PATTERNS = ("spinning", "solid_state")
BEAMS_MAX, COLUMNS_MAX = 256, 4096
RAYS_MAX = 1 << 18
OCCUPANCY_STEP_M = 0.02
"""Step of the heights of an occupancy grid [m]."""
_SWEEP_MAX_S = 0.5
_OF_DEVICE = (
    "pattern", "fov_deg", "range_m", "range_min_m", "sweep_s", "accuracy_m", "resolution_m", "dropout",
    "divergence_mrad",
)  # fmt: skip
"""Fields that are the device's where they are None."""


class LidarModel(NamedTuple):
    """What a device's data sheet says; values of a `LidarConfig` that are None are read from here."""

    pattern: str
    """One of `LIDAR_PATTERNS`."""
    elevations_deg: tuple[float, ...]
    """Of every beam, the topmost first [deg]."""
    columns: int
    """Azimuth steps of a sweep of the real device."""
    fov_deg: float
    """Horizontal field of view [deg]."""
    range_m: float
    """Distance at which a white (90 %) wall square to the beam is just detected [m]."""
    range_min_m: float
    """Nothing nearer gives a return [m]."""
    sweep_s: float
    """Duration of a sweep [s]."""
    accuracy_m: float
    """Least standard deviation of a range [m]."""
    resolution_m: float
    """Step of a range [m]."""
    divergence_mrad: float
    """Full angle of a beam [mrad]."""
    dropout: float
    """Share of the returns that are lost for no reason seen."""


def _even(upper: float, lower: float, count: int) -> tuple[float, ...]:
    """Elevations at even distances, the topmost first [deg]."""
    return tuple(upper + (lower - upper) * index / max(count - 1, 1) for index in range(count))


LIDAR_MODELS: dict[str, LidarModel] = {
    "VLP-16": LidarModel("spinning", _even(15.0, -15.0, 16), 1800, 360.0, 100.0, 0.9, 0.1, 0.015, 0.002, 3.0, 0.01),
    "HDL-32E": LidarModel(
        "spinning", _even(10.67, -30.67, 32), 1084, 360.0, 100.0, 0.9, 0.05, 0.01, 0.002, 3.0, 0.02
    ),
    "HDL-64E": LidarModel(
        "spinning", _even(2.0, -8.33, 32) + _even(-8.83, -24.33, 32), 2083, 360.0, 120.0, 0.9, 0.1, 0.01, 0.002, 2.0,
        0.02,
    ),
    "CARLA": LidarModel("spinning", _even(10.0, -30.0, 64), 938, 360.0, 85.0, 0.0, 0.0, 0.01, 0.0, 0.0, 0.0),
    "solid_state": LidarModel(
        "solid_state", _even(12.5, -12.5, 126), 600, 120.0, 200.0, 0.5, 0.1, 0.015, 0.005, 2.0, 0.01
    ),
    "planar": LidarModel("spinning", (0.0,), 128, 360.0, 50.0, 0.1, 0.0, 0.01, 0.0, 3.0, 0.0),
}  # fmt: skip
"""Devices by name: Velodyne's data sheets; CARLA's leaderboard sensor, whose sweep is taken at one instant; a MEMS
scanner as of 2022; and the one-beam scanner of light driving simulators, to be mounted below the roofs of cars."""


@dataclass(frozen=True, kw_only=True)
class LidarConfig(SensorConfig):
    """A scanning lidar on the car.

    Its frame is x forward, y left, z up. A sweep is `columns` firings after one another, from left to right as seen
    from above (a spinning one begins and ends behind), each with all `beams` at once. It ends at the time stamp.
    """

    type: str = "lidar"
    """Kind of sensor; selects this config in a `sensors` list."""
    name: str = "lidar"
    """Observation key of the points; other channels arrive as `<name>_<channel>`."""
    model: str = "HDL-32E"
    """Device whose data sheet gives what is None here: VLP-16, HDL-32E, HDL-64E, CARLA, solid_state, planar. The last
    has one level beam: mounted at `z_m=0.6` it meets cars, on the roof it looks over them."""
    pattern: str | None = None
    """spinning, whole turns if `fov_deg` is 360, or solid_state, a raster over a field of view."""
    beams: int | None = None
    """Rows of a sweep, at even elevations; None: those of the device."""
    upper_deg: float | None = None
    """Elevation of the topmost beam [deg]."""
    lower_deg: float | None = None
    """Elevation of the lowest beam [deg]."""
    elevations_deg: tuple[float, ...] = ()
    """Elevation of every beam, the topmost first, instead of even ones [deg]."""
    columns: int = 360
    """Firings of a sweep; 0: as many as the device's (HDL-32E 1084)."""
    fov_deg: float | None = None
    """Horizontal field of view, its middle ahead [deg]."""
    range_m: float | None = None
    """Distance at which a white (90 %) wall square to the beam is just detected; nothing farther is [m]."""
    range_min_m: float | None = None
    """Nothing nearer gives a return [m]."""
    sweep_s: float | None = None
    """Duration of a sweep: columns see own car and others where they were then; 0: all at the time stamp [s].
    Within the last control step this is exact; before it, everybody is taken to have moved as in it."""
    compensated: bool = True
    """Points are in the sensor frame of the time stamp, as if each column's own motion were known; otherwise in that of
    their own time, as the device measures them. Others' motion stays."""
    noise: bool = True
    """The device is a real one: noise of range and intensity, dropout, mixed returns at edges, steps of range."""
    accuracy_m: float | None = None
    """Least standard deviation of a range [m]."""
    noise_m: float = 0.09
    """Standard deviation of a range at a signal of half the noise [m], LISA's; see `noise_max_m`."""
    noise_max_m: float = 0.2
    """Greatest standard deviation of a range [m]."""
    resolution_m: float | None = None
    """Step of a range; 0: none [m]."""
    dropout: float | None = None
    """Share of the returns that are lost for no reason seen."""
    divergence_mrad: float | None = None
    """Full angle of a beam [mrad]: how often one meets two things at an edge, and how many drops and flakes."""
    backscatter: float = 1.0
    """Strength of the returns from fog, over that of the model; 0: fog only dims."""
    x_m: float = 0.94
    """Position ahead of the rear axle [m] (nuScenes LIDAR_TOP)."""
    z_m: float = 1.84
    """Height above the ground [m] (nuScenes LIDAR_TOP)."""
    channels: tuple[str, ...] = ("points", "valid")
    """Any of points, valid, ring, offset, range, intensity, semantic, instance, occupancy."""
    occupancy_rows: int = 100
    """Rows of the occupancy grid, the first one farthest ahead."""
    occupancy_columns: int = 80
    """Columns of the occupancy grid, the first one leftmost; the car is in the middle."""
    occupancy_cell_m: float = 0.5
    """Side of a cell [m]."""
    occupancy_behind_m: float = 15.0
    """How far behind the rear axle the grid begins [m]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        where = "LidarConfig"
        check_choice(f"{where}.model", self.model, LIDAR_MODELS)
        if self.pattern is not None:
            check_choice(f"{where}.pattern", self.pattern, LIDAR_PATTERNS)
        self._check_beams()
        check_integer(f"{where}.columns", self.columns, 0, COLUMNS_MAX)
        device = self.device
        if len(device.elevations_deg) * device.columns > RAYS_MAX:
            rays = len(device.elevations_deg) * device.columns
            raise ConfigError(f"{where}.columns: expected at most {RAYS_MAX} rays, got {rays}")
        check_range(f"{where}.fov_deg", device.fov_deg, 1.0, 360.0)
        if device.pattern == "solid_state" and device.fov_deg > 180.0:
            raise ConfigError(f"{where}.fov_deg: expected at most 180 of a solid_state one, got {device.fov_deg!r}")
        check_range(f"{where}.range_m", device.range_m, 1.0, 400.0)
        check_range(f"{where}.range_min_m", device.range_min_m, 0.0, device.range_m)
        check_range(f"{where}.sweep_s", device.sweep_s, 0.0, _SWEEP_MAX_S)
        check_range(f"{where}.accuracy_m", device.accuracy_m, 0.0, 1.0)
        check_range(f"{where}.noise_m", self.noise_m, 0.0, 1.0)
        check_range(f"{where}.noise_max_m", self.noise_max_m, device.accuracy_m, 5.0)
        check_range(f"{where}.resolution_m", device.resolution_m, 0.0, 1.0)
        check_range(f"{where}.dropout", device.dropout, 0.0, 1.0)
        check_range(f"{where}.divergence_mrad", device.divergence_mrad, 0.0, 50.0)
        check_range(f"{where}.backscatter", self.backscatter, 0.0, 100.0)
        check_range(f"{where}.z_m", self.z_m, 0.1, 20.0)
        check_integer(f"{where}.occupancy_rows", self.occupancy_rows, 1, 2048)
        check_integer(f"{where}.occupancy_columns", self.occupancy_columns, 1, 2048)
        check_range(f"{where}.occupancy_cell_m", self.occupancy_cell_m, 0.05, 10.0)
        check_range(f"{where}.occupancy_behind_m", self.occupancy_behind_m, -400.0, 400.0)
        for name in ("compensated", "noise"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{where}.{name}: expected True or False, got {getattr(self, name)!r}")
        if not self.channels:
            raise ConfigError(f"{where}.channels: expected at least one channel, got none")
        for channel in self.channels:
            check_choice(f"{where}.channels", channel, LIDAR_CHANNELS)
        if len(set(self.channels)) != len(self.channels):
            raise ConfigError(f"{where}.channels: repeated channel in {self.channels}")

    def _check_beams(self) -> None:
        where = "LidarConfig"
        even = {"beams": self.beams, "upper_deg": self.upper_deg, "lower_deg": self.lower_deg}
        if self.elevations_deg:
            for name, value in even.items():
                if value is not None:
                    raise ConfigError(f"{where}.{name}: expected None beside elevations_deg, got {value!r}")
            check_integer(f"{where}.elevations_deg: number", len(self.elevations_deg), 1, BEAMS_MAX)
            for elevation in self.elevations_deg:
                check_range(f"{where}.elevations_deg", elevation, -89.0, 89.0)
            if any(low >= high for high, low in zip(self.elevations_deg, self.elevations_deg[1:], strict=False)):
                raise ConfigError(f"{where}.elevations_deg: expected falling values, got {self.elevations_deg}")
            return
        if self.beams is not None:
            check_integer(f"{where}.beams", self.beams, 1, BEAMS_MAX)
        for name in ("upper_deg", "lower_deg"):
            if even[name] is not None:
                check_range(f"{where}.{name}", even[name], -89.0, 89.0)  # type: ignore[arg-type]  # not None
        of_model = LIDAR_MODELS[self.model].elevations_deg
        upper, lower = self._even_limits()
        if upper < lower or (upper == lower and (self.beams or len(of_model)) > 1):
            raise ConfigError(f"{where}.upper_deg: expected more than lower_deg {lower:g}, got {upper:g}")

    def _even_limits(self) -> tuple[float, float]:
        of_model = LIDAR_MODELS[self.model].elevations_deg
        upper = of_model[0] if self.upper_deg is None else self.upper_deg
        lower = of_model[-1] if self.lower_deg is None else self.lower_deg
        return upper, lower

    @property
    def device(self) -> LidarModel:
        """The model's data sheet with what this config says otherwise."""
        model = LIDAR_MODELS[self.model]
        elevations = self.elevations_deg or model.elevations_deg
        if not (self.beams is None and self.upper_deg is None and self.lower_deg is None):
            count = len(model.elevations_deg) if self.beams is None else self.beams
            elevations = _even(*self._even_limits(), count)
        own = {name: value for name in _OF_DEVICE if (value := getattr(self, name)) is not None}
        return model._replace(elevations_deg=elevations, columns=self.columns or model.columns, **own)

    @property
    def beam_count(self) -> int:
        """Rows of a sweep."""
        return len(self.device.elevations_deg)

    @property
    def column_count(self) -> int:
        """Firings of a sweep."""
        return self.device.columns

    @property
    def ray_count(self) -> int:
        """Points of a sweep, whether they have a return or not."""
        return self.beam_count * self.column_count

    @property
    def is_level(self) -> bool:
        """True where all beams of a column lie in one upright plane: no pitch, no roll."""
        return self.pitch_deg == 0.0 and self.roll_deg == 0.0

    def key(self, channel: str) -> str:
        """Observation key of a channel."""
        return self.name if channel == "points" else f"{self.name}_{channel}"

    def measured(self) -> tuple[Channel, ...]:
        """Its sweeps: point lists are ordered by column, then ring; index = column * beams + ring, ring 0 on top."""
        return tuple(self._channel(name) for name in self.channels)

    def _channel(self, name: str) -> Channel:
        dtype, layout, low, high, unit, frame, doc = _LIDAR_CHANNELS[name]
        device = self.device
        shape = {
            "points": (self.ray_count, 4),
            "list": (self.ray_count,),
            "image": (self.beam_count, self.column_count),
            "grid": (self.occupancy_rows, self.occupancy_columns),
        }[layout]
        # Compensation moves points by the car's own way within a sweep.
        reach = device.range_m + (50.0 if self.compensated else 0.0)
        low = {"reach": -reach, "sweep": -device.sweep_s}.get(low, low) if isinstance(low, str) else low
        high = {"reach": reach, "range": device.range_m}[high] if isinstance(high, str) else high
        return Channel(
            name=name, key=self.key(name), dtype=dtype, shape=shape, low=float(low), high=float(high), unit=unit,
            frame=frame, doc=doc,
        )  # fmt: skip


_POINTS, _IMAGE = "column * beams + ring", "range image (ring, column)"
_LIDAR_CHANNELS: dict[str, tuple[str, str, float | str, float | str, str, str, str]] = {
    "points": ("float32", "points", "reach", "reach", "m", "sensor", "x, y, z and intensity 0 to 1; zeros if invalid."),
    "valid": ("uint8", "list", 0.0, 1.0, "-", _POINTS, "1 for points with a return."),
    "ring": ("uint8", "list", 0.0, BEAMS_MAX - 1.0, "-", _POINTS, "Beam of each point, 0 the topmost."),
    "offset": ("float32", "list", "sweep", 0.0, "s", _POINTS, "When it was measured, before the frame's time stamp."),
    "range": ("float32", "image", 0.0, "range", "m", _IMAGE, "Along the beam; 0: no return."),
    "intensity": ("float32", "image", 0.0, 1.0, "-", _IMAGE, "Reflectivity seen, range made up for; 0: no return."),
    "semantic": ("uint8", "list", 0.0, 28.0, "-", _POINTS, "True class of what returned it; 0 for fog, rain, snow."),
    "instance": ("uint16", "list", 0.0, 65535.0, "-", _POINTS, "True; slot + 1 a road user, from 256 up scenery."),
    "occupancy": (
        "uint8", "grid", 0.0, 255.0, f"{OCCUPANCY_STEP_M:g} m", "ego, ahead is up",
        "0 no return in the cell, else 1 + height of the highest one above the road.",
    ),
}  # fmt: skip
"""Of each channel: type, layout, least and greatest value, unit, frame and meaning."""

_SHARE = "{} % of the points"
register_fault("beam_loss", "lidar", "Beams are dead: 6, 12, 25, 38, 50 % of them, the same throughout an episode.")
register_fault(
    "sector_loss",
    "lidar",
    "Nothing beyond 105, 90, 75, 60, 45 of the 180 degrees to either side, less if it sees less.",
)
register_fault("density_loss", "lidar", f"{_SHARE.format('6, 12, 18, 24, 30')} are missing.")
register_fault("cutout", "lidar", "2, 3, 5, 7, 10 patches of 2 % of the points each are missing.")
register_fault("crosstalk", "lidar", f"{_SHARE.format('0.4, 0.8, 1.2, 1.6, 2')} are off by N(0, 3 m): others' pulses.")
register_fault("sunlight", "lidar", f"{_SHARE.format('1, 2, 3, 4, 5')} are off by N(0, 2 m): a low sun's light.")
register_fault("fog_points", "lidar", f"{_SHARE.format('2, 5, 10, 20, 30')} are false ones, 1 to 20 m away.")
register_fault("range_jitter", "lidar", "Ranges vary by N(0, 0.02, 0.04, 0.06, 0.08, 0.1 m) more than they should.")
register_fault("missing_echo", "lidar", "Dark or wet bodies: 30, 45, 60, 75, 90 % of road users' points are missing.")
