"""The network's sizes."""

from dataclasses import dataclass, field

from drivesim.config import CameraConfig, VehicleConfig
from drivesim.errors import ConfigError, check_range


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
    """Units in the hidden layers of lane head, lead head and planner."""
    dense: int = 24
    """Channels of the decoder behind semantics and depth."""
    history_ticks: int = 4
    """The network also sees the picture taken this many control steps earlier."""
    vehicle: VehicleConfig = field(default_factory=VehicleConfig)
    """The car it drives: what full steering, throttle and brake mean."""

    def __post_init__(self) -> None:
        """Checks every field."""
        for side, value in (("height", self.height), ("width", self.width)):
            if value % 16 or not 16 <= value <= 1024:
                raise ConfigError(f"NetworkConfig.{side}: expected a multiple of 16 up to 1024, got {value!r}")
        if len(self.channels) != 4:
            raise ConfigError(f"NetworkConfig.channels: expected 4 numbers, got {self.channels!r}")
        for value in (*self.channels, self.scene, self.hidden, self.dense):
            check_range("NetworkConfig: every width", value, 1, 4096)
        check_range("NetworkConfig.history_ticks", self.history_ticks, 1, 20)

    @property
    def camera(self) -> CameraConfig:
        """The camera the network looks through."""
        return CameraConfig(width=self.width, height=self.height)
