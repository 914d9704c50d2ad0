"""The config of the bird's-eye sensor."""

from dataclasses import dataclass

from drivesim.config.sensors.base import Channel, SensorConfig
from drivesim.errors import ConfigError, check_choice, check_range

BEV_CHANNELS = ("semantic", "instance", "drivable")
CELLS_MAX = 2048
"""Most cells along a side."""


@dataclass(frozen=True, kw_only=True)
class BevConfig(SensorConfig):
    """Classes of the ground around the car and of all that stands on it, from straight above; no device has this view.

    The raster lies level in the sensor's frame: row 0 is farthest ahead, column 0 farthest to the left.
    """

    type: str = "bev"
    """Kind of sensor; selects this config in a `sensors` list."""
    name: str = "bev"
    """Observation key of the classes; other channels arrive as `<name>_<channel>`."""
    ahead_m: float = 48.0
    """How far the raster reaches ahead [m]."""
    behind_m: float = 16.0
    """How far it reaches behind [m]; negative where it begins ahead."""
    side_m: float = 16.0
    """How far it reaches to either side [m]."""
    resolution_m: float = 0.5
    """Side of a cell [m]."""
    channels: tuple[str, ...] = ("semantic",)
    """Any of semantic (CARLA ids), instance, drivable (the ground is road, whatever stands on it)."""
    ego: bool = False
    """Show the car that carries the sensor as well."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        for name in ("z_m", "pitch_deg", "roll_deg"):
            if getattr(self, name) != 0.0:
                raise ConfigError(f"BevConfig.{name}: expected 0, since it looks straight down from everywhere")
        check_range("BevConfig.resolution_m", self.resolution_m, 0.05, 5.0)
        check_range("BevConfig.ahead_m", self.ahead_m, -200.0, 300.0)
        check_range("BevConfig.behind_m", self.behind_m, -200.0, 300.0)
        check_range("BevConfig.side_m", self.side_m, 0.5, 300.0)
        for side, cells in zip(("ahead_m + behind_m", "2 side_m"), (self.rows, self.columns), strict=True):
            if not 1 <= cells <= CELLS_MAX:
                raise ConfigError(f"BevConfig: expected {side} to be 1 to {CELLS_MAX} cells, got {cells}")
        if not isinstance(self.ego, bool):
            raise ConfigError(f"BevConfig.ego: expected True or False, got {self.ego!r}")
        if not self.channels:
            raise ConfigError("BevConfig.channels: expected at least one channel, got none")
        for channel in self.channels:
            check_choice("BevConfig.channels", channel, BEV_CHANNELS)
        if len(set(self.channels)) != len(self.channels):
            raise ConfigError(f"BevConfig.channels: repeated channel in {self.channels}")

    @property
    def rows(self) -> int:
        """Cells from ahead to behind."""
        return round((self.ahead_m + self.behind_m) / self.resolution_m)

    @property
    def columns(self) -> int:
        """Cells from left to right."""
        return round(2.0 * self.side_m / self.resolution_m)

    def key(self, channel: str) -> str:
        """Observation key of a channel."""
        return self.name if channel == "semantic" else f"{self.name}_{channel}"

    def measured(self) -> tuple[Channel, ...]:
        """Its rasters."""
        return tuple(
            Channel(
                name=name, key=self.key(name), dtype=_CELLS[name][0], shape=(self.rows, self.columns), low=0.0,
                high=_CELLS[name][1], unit="-", frame="raster (row, column)", doc=_CELLS[name][2],
            )
            for name in self.channels
        )  # fmt: skip


_CELLS: dict[str, tuple[str, float, str]] = {
    "semantic": ("uint8", 28.0, "CARLA ids of what is topmost at a cell's centre; row 0 is farthest ahead."),
    "instance": ("uint16", 65535.0, "0 ground, slot + 1 a road user, from 256 up scenery; as cameras number them."),
    "drivable": ("uint8", 1.0, "1 where the ground is road, painted or not, whatever stands on it."),
}
"""Of each channel: type, greatest value and meaning."""
