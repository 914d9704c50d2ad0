"""The network's sizes."""

import dataclasses
from dataclasses import dataclass, field

from drivesim.config import CameraConfig, SensorConfig, VehicleConfig, replace, telephoto
from drivesim.errors import ConfigError, check_choice, check_range

CAMERA_NAMES = ("camera",)
FLAGS = 2
"""Numbers that tell of each sensor of several: whether its frame is there, and how old it is."""
SENSORS: dict[str, SensorConfig] = {}
"""The sensors that a network may have beside cameras, by name; `senses.register_sense` adds to them."""
TELE_PLACE = 2
"""Numbers in the telephoto vector that tell where in the picture it looked."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Sizes of the network's parts. Stored in every checkpoint."""

    sensors: tuple[str, ...] = CAMERA_NAMES
    """What it senses with: camera (and the telephoto, if that has a width), lidar, radar, imu, odometry. With more than
    cameras it is also told which frames are there and how old they are, and can do without any of them."""
    sense: int = 96
    """Length of the vector that each sensor but the cameras comes down to."""
    height: int = 64
    """Picture height [px]; a multiple of 16."""
    width: int = 128
    """Picture width [px]; a multiple of 16."""
    fov_deg: float = 90.0
    """Horizontal field of view of that picture [deg]."""
    channels: tuple[int, ...] = (16, 32, 64, 64)
    """Encoder channels at 1/2, 1/4, 1/8 and 1/16 of the picture."""
    scene: int = 256
    """Length of the scene vector."""
    hidden: int = 128
    """Units in the hidden layers of heads and planner."""
    dense: int = 24
    """Channels of the decoder behind heads that speak of pixels."""
    tele_width: int = 0
    """Width of the telephoto picture [px], a multiple of 8; 0: the network has no such camera. Traffic needs one: 60 m
    ahead a car is two pixels wide in the first picture."""
    tele_height: int = 32
    """Its height [px]; a multiple of 8."""
    tele_fov_deg: float = 20.0
    """Its horizontal field of view [deg]."""
    tele_principal_y: float = 0.4
    """Height of its horizon, as a fraction of the picture from above; light heads are above it."""
    tele_channels: tuple[int, ...] = (16, 32, 48, 64)
    """Channels at 1/2, 1/4 and 1/8 of it, and of the vector it comes down to."""
    town: bool = False
    """It drives in towns: it is told where its route turns, and has heads for lights, stop lines, people in the way and
    right of way, which its planner reads."""
    history_ticks: int = 4
    """The network also sees the picture taken this many control steps earlier."""
    vehicle: VehicleConfig = field(default_factory=VehicleConfig)
    """The car it drives: what full steering, throttle and brake mean."""

    def __post_init__(self) -> None:
        """Checks every field."""
        for side, value in (("height", self.height), ("width", self.width)):
            if value % 16 or not 16 <= value <= 1024:
                raise ConfigError(f"NetworkConfig.{side}: expected a multiple of 16 up to 1024, got {value!r}")
        for side, value in (("tele_height", self.tele_height), ("tele_width", self.tele_width)):
            if value % 8 or not (8 <= value <= 1024 or (side == "tele_width" and value == 0)):
                raise ConfigError(f"NetworkConfig.{side}: expected a multiple of 8 up to 1024, got {value!r}")
        for name, numbers in (("channels", self.channels), ("tele_channels", self.tele_channels)):
            if len(numbers) != 4:
                raise ConfigError(f"NetworkConfig.{name}: expected 4 numbers, got {numbers!r}")
        for name in self.sensors:
            check_choice("NetworkConfig.sensors", name, (*CAMERA_NAMES, *SENSORS))
        if not self.sensors or len(set(self.sensors)) != len(self.sensors):
            raise ConfigError(f"NetworkConfig.sensors: expected different sensors, at least one, got {self.sensors!r}")
        check_range("NetworkConfig.sense", self.sense, 64, 4096)
        check_range("NetworkConfig.fov_deg", self.fov_deg, 1.0, 170.0)
        check_range("NetworkConfig.tele_fov_deg", self.tele_fov_deg, 1.0, 170.0)
        check_range("NetworkConfig.tele_principal_y", self.tele_principal_y, 0.0, 1.0)
        for value in (*self.channels, *self.tele_channels, self.scene, self.hidden, self.dense):
            check_range("NetworkConfig: every width", value, 1, 4096)
        check_range("NetworkConfig.history_ticks", self.history_ticks, 1, 20)

    @property
    def has_camera(self) -> bool:
        """It looks through cameras."""
        return "camera" in self.sensors

    @property
    def is_fused(self) -> bool:
        """It has more than cameras."""
        return self.sensors != CAMERA_NAMES

    @property
    def cameras(self) -> tuple[CameraConfig, ...]:
        """Its cameras; the first one's picture is also decoded into semantics and depth."""
        if not self.has_camera:
            return ()
        front = CameraConfig(width=self.width, height=self.height, fov_deg=self.fov_deg)
        if not self.tele_width:
            return (front,)
        tele = telephoto(width=self.tele_width, height=self.tele_height, fov_deg=self.tele_fov_deg)
        return (front, dataclasses.replace(tele, principal_y=self.tele_principal_y))

    @property
    def rig(self) -> tuple[SensorConfig, ...]:
        """Everything the network senses with, cameras first; with time stamps where there is more than cameras."""
        rig = (*self.cameras, *(SENSORS[name] for name in self.sensors if name in SENSORS))
        return tuple(replace(sensor, timestamps=True) for sensor in rig) if self.is_fused else rig

    @property
    def pictures_length(self) -> int:
        """Length of what the cameras come down to."""
        pictures = self.scene if self.has_camera else 0
        if self.has_camera and self.tele_width:
            pictures += TELE_PLACE + self.tele_channels[3]
        return pictures

    @property
    def scene_length(self) -> int:
        """Length of what heads and planner read; see `fusion.Fusion`."""
        pictures = self.pictures_length
        if not self.is_fused:
            return pictures
        senses = len(self.sensors) - self.has_camera
        return pictures + senses * self.sense + FLAGS * (len(self.cameras) + senses)
