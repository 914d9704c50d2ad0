"""The camera's config."""

from collections.abc import Iterable
from dataclasses import dataclass

from drivesim.config.sensors.base import Channel, SensorConfig
from drivesim.errors import ConfigError, check_choice, check_integer, check_range

CAMERA_CHANNELS = ("rgb", "depth", "semantic", "instance")


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
