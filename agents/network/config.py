"""The network's sizes."""

from dataclasses import dataclass, field

from drivesim.config import CameraConfig, VehicleConfig, telephoto
from drivesim.errors import ConfigError, check_range

TELE_PLACE = 2
"""Numbers in the telephoto vector that tell where in the picture it looked."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Sizes of the network's parts. Stored in every checkpoint."""

    height: int = 64
    """Picture height [px]; a multiple of 16."""
    width: int = 128
    """Picture width [px]; a multiple of 16."""
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
    tele_channels: tuple[int, ...] = (16, 32, 48, 64)
    """Channels at 1/2, 1/4 and 1/8 of it, and of the vector it comes down to."""
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
        check_range("NetworkConfig.tele_fov_deg", self.tele_fov_deg, 1.0, 170.0)
        for value in (*self.channels, *self.tele_channels, self.scene, self.hidden, self.dense):
            check_range("NetworkConfig: every width", value, 1, 4096)
        check_range("NetworkConfig.history_ticks", self.history_ticks, 1, 20)

    @property
    def camera(self) -> CameraConfig:
        """The camera whose picture is also decoded into semantics and depth."""
        return CameraConfig(width=self.width, height=self.height)

    @property
    def tele(self) -> CameraConfig | None:
        """The telephoto camera, if there is one."""
        if not self.tele_width:
            return None
        return telephoto(width=self.tele_width, height=self.tele_height, fov_deg=self.tele_fov_deg)

    @property
    def sensors(self) -> tuple[CameraConfig, ...]:
        """Everything the network looks through."""
        return (self.camera,) if self.tele is None else (self.camera, self.tele)

    @property
    def scene_length(self) -> int:
        """Length of what heads and planner read: the scene vector, and the telephoto vector behind it."""
        return self.scene + (TELE_PLACE + self.tele_channels[3] if self.tele_width else 0)
