"""Perception: the decoder behind pictures, and the modules of the heads that perceive."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.config import NetworkConfig
from agents.network.encoder import Features
from drivesim.state import CURVATURE_COUNT

LEAD_NUMBERS = 3
"""Outputs that tell of the lead vehicle: whether there is one, how far, how fast it comes closer."""
LEAD_MIDDLE_M = 20.0
"""Lead distance at a zero output [m]."""
OFFSET_SCALE_M = 0.5
HEADING_SCALE = 0.1
CURVATURE_SCALE = 0.01
CLOSING_SCALE = 5.0
SPEED_SCALE_M_S = 10.0
"""Physical size of an output or input of one."""


class Context(NamedTuple):
    """What the module of a head may read."""

    features: Features
    inputs: Mapping[str, Tensor]
    """What the network reads beside pictures: `speed` (batch,) [m/s], `command` (batch, 4)."""
    said: Mapping[str, Any]
    """What the heads before it said, by name."""


class LanePrediction(NamedTuple):
    """The lane the car is in."""

    offset: Tensor
    """From the centre, left positive, (batch,) [m]."""
    heading: Tensor
    """Yaw minus the lane's heading, (batch,) [rad]."""
    curvature: Tensor
    """At `CURVATURE_AHEAD_M`, (batch, 4) [1/m]."""

    def columns(self) -> Tensor:
        """Everything in units of its usual size, (batch, 6)."""
        return torch.cat(
            (
                self.offset.unsqueeze(1) / OFFSET_SCALE_M,
                self.heading.unsqueeze(1) / HEADING_SCALE,
                self.curvature / CURVATURE_SCALE,
            ),
            dim=1,
        )


class LeadPrediction(NamedTuple):
    """The vehicle ahead in the car's path."""

    logit: Tensor
    """Of there being one, (batch,)."""
    log_distance: Tensor
    """Natural logarithm of the bumper gap [m], (batch,)."""
    closing: Tensor
    """Own speed minus its speed, (batch,) [m/s]."""

    def columns(self) -> Tensor:
        """Everything in units of its usual size, (batch, 3)."""
        return torch.stack(
            (self.logit.sigmoid(), self.log_distance - math.log(LEAD_MIDDLE_M), self.closing / CLOSING_SCALE), dim=1
        )


class Decoder(nn.Module):
    """Maps of every second pixel, with a lateral connection at every scale (Lin et al. 2017, arXiv:1612.03144)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = config.channels
        width = config.dense
        self.from_sixteenth = nn.Conv2d(sixteenth, width, 1)
        self.from_eighth = nn.Conv2d(eighth, width, 1)
        self.from_quarter = nn.Conv2d(quarter, width, 1)
        self.mix_quarter = nn.Conv2d(width, width, 3, padding=1)
        self.from_half = nn.Conv2d(half, width, 1)
        self.mix_half = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features: Features) -> Tensor:
        """Decodes the encoder's maps: (batch, dense, H/2, W/2); output (i, j) stands for pixel (2i, 2j)."""
        x = _twice(self.from_sixteenth(features.sixteenth)) + self.from_eighth(features.eighth)
        x = _twice(functional.relu(x)) + self.from_quarter(features.quarter)
        x = functional.relu(self.mix_quarter(functional.relu(x)))
        x = functional.relu(_twice(x) + self.from_half(features.half))
        return functional.relu(self.mix_half(x))


def _twice(maps: Tensor) -> Tensor:
    return functional.interpolate(maps, scale_factor=2, mode="nearest")


class PixelReadout(nn.Module):
    """Some numbers for every second pixel, of the decoder's maps at that pixel alone."""

    def __init__(self, config: NetworkConfig, count: int) -> None:
        super().__init__()
        self.output = nn.Conv2d(config.dense, count, 1)

    def forward(self, context: Context) -> Tensor:
        """Float32 (batch, count, H/2, W/2)."""
        return self.output(context.features.decoded).float()


def hidden_layer(inputs: int, outputs: int, config: NetworkConfig) -> nn.Sequential:
    """One hidden layer between columns read and numbers said."""
    return nn.Sequential(nn.Linear(inputs, config.hidden), nn.ReLU(), nn.Linear(config.hidden, outputs))


class SceneReadout(nn.Module):
    """Some numbers read off the scene vector."""

    def __init__(self, config: NetworkConfig, count: int) -> None:
        super().__init__()
        self.layers = hidden_layer(config.scene_length, count, config)

    def forward(self, context: Context) -> Tensor:
        """(batch, count)."""
        return self.layers(context.features.scene)


class LaneReadout(nn.Module):
    """Lane geometry from the scene vector."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.layers = hidden_layer(config.scene_length, 2 + CURVATURE_COUNT, config)

    def forward(self, context: Context) -> LanePrediction:
        """Reads the lane off the scene vector."""
        x = self.layers(context.features.scene)
        return LanePrediction(x[:, 0] * OFFSET_SCALE_M, x[:, 1] * HEADING_SCALE, x[:, 2:] * CURVATURE_SCALE)


class LeadReadout(nn.Module):
    """The lead vehicle from the scene vector and the car's own speed.

    Sensors that measure hand their distances and speeds on as they are; a linear path past the hidden layer keeps them
    exact, which a layer of ReLUs would have to learn to.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.layers = hidden_layer(config.scene_length + 1, LEAD_NUMBERS, config)
        self.measured = nn.Linear(config.scene_length + 1, LEAD_NUMBERS, bias=False) if config.is_fused else None
        self.last_layers = tuple(layer for layer in (self.layers[-1], self.measured) if layer is not None)

    def forward(self, context: Context) -> LeadPrediction:
        """Reads the lead vehicle off the scene vector at a speed."""
        speed = context.inputs["speed"].unsqueeze(1) / SPEED_SCALE_M_S
        read = torch.cat((context.features.scene, speed), dim=1)
        x = self.layers(read) if self.measured is None else self.layers(read) + self.measured(read)
        return lead_of(x)


def lead_of(numbers: Tensor) -> LeadPrediction:
    """What `LEAD_NUMBERS` outputs say of the lead, (batch, 3)."""
    logit, distance, closing = numbers.unbind(1)
    return LeadPrediction(logit, distance + math.log(LEAD_MIDDLE_M), closing * CLOSING_SCALE)
