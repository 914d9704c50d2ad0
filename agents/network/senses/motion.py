"""Motion: an IMU's samples and an odometer's numbers, through a layer each."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.senses.contract import Parts, Sense, Sensed, SenseEncoder, TensorParts
from drivesim.config import OdometryColumn

IMU_UNIT = (5.0, 5.0, 10.0, 0.2, 0.2, 0.2)
"""Usual sizes: specific force x, y, z [m/s^2], angular rate x, y, z [rad/s]."""
ODOMETRY_COLUMNS = [int(OdometryColumn.WHEEL_SPEED), int(OdometryColumn.YAW_RATE)]
"""What networks read of it: steering and pedals are their own last action, which an imitator learns to repeat, and
a heading from north says nothing about the road."""
IMU_MIRROR = (1.0, -1.0, 1.0, -1.0, 1.0, -1.0)
"""In a mirror where left is right, force keeps its sign along and up, a rate across."""


def _reader(config: Any, observation: Mapping[str, np.ndarray]) -> Parts:
    return {"values": observation[config.name].astype(np.float32, copy=False)}


def _mirror_of(signs: tuple[float, ...]) -> Callable[[TensorParts], TensorParts]:
    def mirror(parts: TensorParts) -> TensorParts:
        values = parts["values"]
        return {"values": values * torch.tensor(signs, dtype=values.dtype, device=values.device)}

    return mirror


class ValuesEncoder(SenseEncoder):
    """One layer over a sensor's numbers in units of their usual size."""

    def __init__(self, config: Any, length: int, context: int, unit: tuple[float, ...], count: int) -> None:
        super().__init__(config, length, context)
        self.layer = nn.Linear(count, length)
        self.register_buffer("unit", torch.tensor(unit), persistent=False)
        self.unit: Tensor

    def forward(self, parts: TensorParts, context: Tensor) -> Sensed:
        """Encodes `values`, (B, ..., number)."""
        return Sensed(functional.relu(self.layer((parts["values"] / self.unit).flatten(1))).float())


IMU = Sense(
    channels=(),
    read=_reader,
    mirror=_mirror_of(IMU_MIRROR),
    encoder=lambda config, length, context: ValuesEncoder(
        config, length, context, IMU_UNIT, math.prod(config.measured()[0].shape)
    ),
)
ODOMETRY = Sense(
    channels=(),
    read=lambda config, observation: {
        "values": observation[config.name][:, ODOMETRY_COLUMNS].astype(np.float32, copy=False)
    },
    mirror=_mirror_of((1.0, -1.0)),
    encoder=lambda config, length, context: ValuesEncoder(config, length, context, (10.0, 0.2), len(ODOMETRY_COLUMNS)),
)
