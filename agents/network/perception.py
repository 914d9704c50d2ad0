"""Perception heads: what each pixel is and how far, where the lane runs, who is ahead."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.classes import GROUP_COUNT
from agents.network.config import NetworkConfig
from agents.network.encoder import Features
from drivesim.state import CURVATURE_COUNT

DEPTH_MIDDLE_M = 12.0
"""Depth at a zero output [m]."""
LEAD_MIDDLE_M = 20.0
"""Lead distance at a zero output [m]."""
OFFSET_SCALE_M = 0.5
HEADING_SCALE = 0.1
CURVATURE_SCALE = 0.01
CLOSING_SCALE = 5.0
SPEED_SCALE_M_S = 10.0
"""Physical size of an output or input of one."""


class DensePrediction(NamedTuple):
    """A class and a depth for every second pixel: output (i, j) stands for pixel (2i, 2j)."""

    semantic: Tensor
    """Logits of `GROUP_NAMES`, float32 (batch, group, H/2, W/2)."""
    log_depth: Tensor
    """Natural logarithm of the depth [m], float32 (batch, H/2, W/2)."""


class LanePrediction(NamedTuple):
    """The lane the car is in."""

    offset: Tensor
    """From the centre, left positive, (batch,) [m]."""
    heading: Tensor
    """Yaw minus the lane's heading, (batch,) [rad]."""
    curvature: Tensor
    """At `CURVATURE_AHEAD_M`, (batch, 4) [1/m]."""


class LeadPrediction(NamedTuple):
    """The vehicle ahead in the car's path."""

    logit: Tensor
    """Of there being one, (batch,)."""
    log_distance: Tensor
    """Natural logarithm of the bumper gap [m], (batch,)."""
    closing: Tensor
    """Own speed minus its speed, (batch,) [m/s]."""


class DenseHead(nn.Module):
    """A light decoder with a lateral connection at every scale (Lin et al. 2017, arXiv:1612.03144)."""

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
        self.output = nn.Conv2d(width, GROUP_COUNT + 1, 1)

    def forward(self, features: Features) -> DensePrediction:
        """Decodes the encoder's maps."""
        x = _twice(self.from_sixteenth(features.sixteenth)) + self.from_eighth(features.eighth)
        x = _twice(functional.relu(x)) + self.from_quarter(features.quarter)
        x = functional.relu(self.mix_quarter(functional.relu(x)))
        x = functional.relu(_twice(x) + self.from_half(features.half))
        x = self.output(functional.relu(self.mix_half(x))).float()
        return DensePrediction(x[:, :GROUP_COUNT], x[:, GROUP_COUNT] + math.log(DEPTH_MIDDLE_M))


def _twice(maps: Tensor) -> Tensor:
    return functional.interpolate(maps, scale_factor=2, mode="nearest")


class LaneHead(nn.Module):
    """Lane geometry from the scene vector."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(config.scene_length, config.hidden), nn.ReLU(), nn.Linear(config.hidden, 2 + CURVATURE_COUNT)
        )

    def forward(self, scene: Tensor) -> LanePrediction:
        """Reads the lane off the scene vector (batch, scene_length)."""
        x = self.layers(scene)
        return LanePrediction(x[:, 0] * OFFSET_SCALE_M, x[:, 1] * HEADING_SCALE, x[:, 2:] * CURVATURE_SCALE)


class LeadHead(nn.Module):
    """The lead vehicle from the scene vector and the car's own speed."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(config.scene_length + 1, config.hidden), nn.ReLU(), nn.Linear(config.hidden, 3)
        )

    def forward(self, scene: Tensor, speed: Tensor) -> LeadPrediction:
        """Reads the lead vehicle off the scene vector (batch, scene_length) at a speed (batch,) [m/s]."""
        x = self.layers(torch.cat((scene, speed.unsqueeze(1) / SPEED_SCALE_M_S), dim=1))
        return LeadPrediction(x[:, 0], x[:, 1] + math.log(LEAD_MIDDLE_M), x[:, 2] * CLOSING_SCALE)


def as_inputs(lane: LanePrediction, lead: LeadPrediction) -> Tensor:
    """What was perceived, scaled to about one, as inputs of the planner, (batch, 9).

    Detached: perception learns from its labels alone and stays what its name says.
    """
    columns = (
        lane.offset.unsqueeze(1) / OFFSET_SCALE_M,
        lane.heading.unsqueeze(1) / HEADING_SCALE,
        lane.curvature / CURVATURE_SCALE,
        lead.logit.sigmoid().unsqueeze(1),
        lead.log_distance.unsqueeze(1) - math.log(LEAD_MIDDLE_M),
        lead.closing.unsqueeze(1) / CLOSING_SCALE,
    )
    return torch.cat(columns, dim=1).detach()
