"""Sensor configs."""

from dataclasses import dataclass

from drivesim.errors import ConfigError, check_choice, check_integer, check_range

CAMERA_CHANNELS = ("rgb", "depth", "semantic", "instance")


@dataclass(frozen=True, kw_only=True)
class CameraConfig:
    """A pinhole camera on the car. Its pose is given in the ego frame: x forward, y left, z up."""

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
    y_m: float = 0.0
    """Position left of the centre line [m]."""
    z_m: float = 1.51
    """Height above the ground [m] (nuScenes CAM_FRONT)."""
    yaw_deg: float = 0.0
    """Heading relative to the car, left positive [deg]."""
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
        check_choice("CameraConfig.type", self.type, ("camera",))
        if not self.name.isidentifier():
            raise ConfigError(f"CameraConfig.name: expected an identifier, got {self.name!r}")
        check_integer("CameraConfig.width", self.width, 4, 4096)
        check_integer("CameraConfig.height", self.height, 4, 4096)
        check_range("CameraConfig.fov_deg", self.fov_deg, 1.0, 170.0)
        check_range("CameraConfig.principal_x", self.principal_x, -1.0, 2.0)
        check_range("CameraConfig.principal_y", self.principal_y, -1.0, 2.0)
        check_range("CameraConfig.z_m", self.z_m, 0.1, 20.0)
        check_range("CameraConfig.x_m", self.x_m, -20.0, 20.0)
        check_range("CameraConfig.y_m", self.y_m, -20.0, 20.0)
        check_range("CameraConfig.yaw_deg", self.yaw_deg, -360.0, 360.0)
        check_range("CameraConfig.pitch_deg", self.pitch_deg, -89.0, 89.0)
        check_range("CameraConfig.roll_deg", self.roll_deg, -180.0, 180.0)
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


def telephoto(*, width: int = 128, height: int = 32, fov_deg: float = 20.0) -> CameraConfig:
    """A camera of small field of view beside the front camera, for what is far ahead; its key is `camera_tele`."""
    return CameraConfig(name="camera_tele", width=width, height=height, fov_deg=fov_deg, principal_y=0.4)
