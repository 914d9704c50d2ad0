"""What a network needs to know of a type of sensor."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from agents.network.config import SENSORS
from drivesim.config import SensorConfig
from drivesim.errors import check_choice

Parts = dict[str, np.ndarray]
"""What is recorded of a sensor's frames, by name, leading axis `world`."""
TensorParts = dict[str, Tensor]
"""The same in a batch, leading axis B."""


class Returns(NamedTuple):
    """What came back to a sensor that measures distances: n returns of every frame."""

    features: Tensor
    """What the encoder makes of each, (B, n, `Sense.returns`)."""
    place: Tensor
    """Where it comes from, ahead and left of the rear axle, float32 (B, n, 2) [m]."""
    valid: Tensor
    """Returns that are there, bool (B, n)."""
    closing: Tensor | None = None
    """Speed at which it comes nearer, float32 (B, n) [m/s], of a sensor that measures it."""


class Sensed(NamedTuple):
    """What an encoder makes of the frames of a sensor."""

    vector: Tensor
    """(B, length)."""
    returns: Returns | None = None
    """Of a sensor that measures distances."""


class SenseEncoder(nn.Module):
    """Turns what is recorded of a sensor into a vector, and into its single returns if it measures distances.

    `forward` takes `TensorParts` and the context, float32 (B, context), and returns `Sensed`, of the lengths that it
    was built with. The context is what the cameras saw, zeros where one saw nothing.
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
    returns: int = 0
    """Columns of `Returns.features`; 0 of a sensor that measures no distances."""
    doppler: bool = False
    """Its returns tell their `closing`."""


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


def place_of(config: SensorConfig, ahead: Tensor, left: Tensor) -> Tensor:
    """Places in the frame of a level sensor, ahead and left of it, seen from the rear axle, (..., 2) [m]."""
    yaw = math.radians(config.yaw_deg)
    cos, sin = math.cos(yaw), math.sin(yaw)
    return torch.stack((config.x_m + cos * ahead - sin * left, config.y_m + sin * ahead + cos * left), dim=-1)


def is_there(frames: np.ndarray) -> np.ndarray:
    """Whether a frame holds anything: a sensor that is dead delivers zeros. uint8 (world,)."""
    return np.asarray(frames.reshape(len(frames), -1).any(axis=1), np.uint8)
