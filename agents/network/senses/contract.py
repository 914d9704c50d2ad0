"""What a network needs to know of a type of sensor."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor, nn

from agents.network.config import SENSORS
from drivesim.config import SensorConfig
from drivesim.errors import check_choice

Parts = dict[str, np.ndarray]
"""What is recorded of a sensor's frames, by name, leading axis `world`."""
TensorParts = dict[str, Tensor]
"""The same in a batch, leading axis B."""


class SenseEncoder(nn.Module):
    """Turns what is recorded of a sensor into a vector.

    `forward` takes `TensorParts` and the context, float32 (B, context), and returns float32 (B, length), of the lengths
    that it was built with. The context is what the cameras saw, zeros where one saw nothing.
    """

    def __init__(self, config: Any, length: int, context: int) -> None:
        super().__init__()
        self.config, self.length, self.context = config, length, context


class Sense(NamedTuple):
    """How a network takes in a type of sensor."""

    channels: tuple[str, ...]
    """Channels that the sensor's config must ask for; empty where it has no choice."""
    read: Callable[[Any, Mapping[str, np.ndarray]], Parts]
    """What is recorded, of a config and an observation; compact types, for a ring of frames is long."""
    mirror: Callable[[TensorParts], TensorParts]
    """The same frames seen in a mirror where left is right."""
    encoder: Callable[[Any, int, int], SenseEncoder]
    """Builds the module, of a config, the length of its vector and that of the context."""


SENSES: dict[str, Sense] = {}
"""By type of sensor."""


def register_sense(config: SensorConfig, sense: Sense) -> None:
    """Makes known how a network takes in a type of sensor, from outside this package; once per process.

    Args:
        config: The sensor that networks have by default, under its name; its type is what `sense` is for.
        sense: How it is taken in.
    """
    SENSES[config.type] = sense
    SENSORS[config.name] = config


def sense_of(config: SensorConfig) -> Sense:
    """How a sensor is taken in.

    Raises:
        ConfigError: Networks cannot take in this type.
    """
    return SENSES[check_choice(f"sensors: {config.name}", config.type, SENSES)]


def is_there(frames: np.ndarray) -> np.ndarray:
    """Whether a frame holds anything: a sensor that is dead delivers zeros. uint8 (world,)."""
    return np.asarray(frames.reshape(len(frames), -1).any(axis=1), np.uint8)
