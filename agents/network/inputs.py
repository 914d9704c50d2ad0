"""What the network reads: numbers beside its pictures, every picture together with an earlier one, other sensors."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from agents.heads.contract import Quantity, Truth
from agents.network.memory import EpisodeMemory
from agents.network.senses import is_there, sense_of
from drivesim.config import CameraConfig, SensorConfig
from drivesim.envs.observation import EgoColumn
from drivesim.errors import ConfigError

SPEED_UNIT = 10.0
"""The speed column of `ego` is in [10 m/s]."""


def _turn(truth: Truth) -> np.ndarray:
    """Where the route turns; nowhere in environments that do not say."""
    count = len(truth.observation["ego"])
    return truth.observation.get("turn", np.tile(np.array((0.0, 0.0, 1.0), np.float32), (count, 1)))


INPUTS = (
    Quantity(
        name="speed",
        unit="m/s",
        source=lambda truth: truth.observation["ego"][:, EgoColumn.SPEED] * SPEED_UNIT,
    ),
    Quantity(
        name="command",
        unit="lanes, 100 m, 10 m/s, 10 m/s",
        axes=(4,),
        mirror=(-1.0, 1.0, 1.0, 1.0),
        source=lambda truth: truth.observation["command"],
    ),
    Quantity(
        name="turn",
        unit="left, there is one, 100 m",
        axes=(3,),
        mirror=(-1.0, 1.0, 1.0),
        source=_turn,
    ),
)
"""The numbers it reads; `turn` where `NetworkConfig.town` says so."""


def sensed(sensors: Iterable[SensorConfig], observation: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """What is recorded of every sensor's frames beside pictures, by sensor and part, leading axis `world`.

    Of every sensor `there`, uint8, and `age`, float32 [s]; of those that are no cameras what `Sense.read` records.

    Raises:
        ConfigError: The observation lacks a sensor, or networks cannot take one in.
    """
    read: dict[str, dict[str, np.ndarray]] = {}
    for sensor in sensors:
        keys = [channel.key for channel in sensor.delivered()]
        missing = [key for key in keys if key not in observation]
        if missing:
            raise ConfigError(f"{sensor.name}: this network expects {', '.join(keys)}; {missing[0]!r} is not observed")
        parts = {} if isinstance(sensor, CameraConfig) else sense_of(sensor).read(sensor, observation)
        frames, age = observation[sensor.measured()[0].key], observation.get(f"{sensor.name}_age")
        age = np.zeros(len(frames), np.float32) if age is None else age[:, 0]
        read[sensor.name] = {**parts, "there": is_there(frames), "age": age}
    return read


def inspected(
    sensors: Sequence[SensorConfig], observation: Mapping[str, np.ndarray]
) -> dict[str, dict[str, np.ndarray]]:
    """What `Inspector.push` measures: what is `sensed`, and of cameras the `picture`."""
    parts = sensed(sensors, observation)
    for sensor in sensors:
        if isinstance(sensor, CameraConfig):
            parts[sensor.name]["picture"] = observation[sensor.name]
    return parts


class FrameHistory(EpisodeMemory):
    """The green channel of the last frames of every world, so that the network sees motion.

    At the beginning of an episode the first frame stands in for those before it.

    Args:
        ticks: How far back the earlier picture lies.
    """

    def __init__(self, ticks: int) -> None:
        super().__init__()
        self.ticks = ticks
        self.frames = np.zeros((ticks + 1, 0, 0, 0), np.uint8)
        """Ring over time, (ticks + 1, world, H, W); row `head` is the latest."""
        self.head = 0

    def push(self, camera: np.ndarray) -> np.ndarray:
        """Adds pictures uint8 (world, H, W, 3) and returns the green of `ticks` earlier, uint8 (world, H, W)."""
        if self.frames.shape[1:] != camera.shape[:3]:
            self.frames = np.zeros((self.ticks + 1, *camera.shape[:3]), np.uint8)
            self.fresh = np.ones(len(camera), np.bool_)
        self.head = (self.head + 1) % (self.ticks + 1)
        self.frames[self.head] = camera[..., 1]
        if self.fresh.any():
            self.frames[:, self.fresh] = self.frames[self.head, self.fresh]
            self.fresh = np.zeros_like(self.fresh)
        return self.frames[(self.head + 1) % (self.ticks + 1)]

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on from here."""
        return {"frames": self.frames, "head": np.array(self.head), "fresh": self.fresh}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Goes on from a `state`."""
        self.frames, self.head, self.fresh = state["frames"].copy(), int(state["head"]), state["fresh"].copy()
