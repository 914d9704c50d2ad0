"""Planner: where to be over the next three seconds, and how fast to go."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.network.config import NetworkConfig
from agents.network.perception import SPEED_SCALE_M_S, LanePrediction, LeadPrediction, as_inputs
from drivesim.state import CURVATURE_COUNT, WAYPOINT_COUNT

WAYPOINT_STEP_S = 0.5
"""Time between way-points [s]."""
SPEED_SCALE = 2.0
"""Change of target speed at an output of one [m/s]."""
PERCEIVED_COUNT = 2 + CURVATURE_COUNT + 3
COMMAND_COUNT = 4


class Plan(NamedTuple):
    """The planner's answer."""

    waypoints: Tensor
    """Ego frame, 0.5 s apart, (batch, 6, 2) [m]."""
    target_speed: Tensor
    """Speed wanted one second from now, (batch,) [m/s]."""


class Planner(nn.Module):
    """Plans as changes of the plan "straight on at this speed", so that a new network already drives straight."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        inputs = config.scene_length + PERCEIVED_COUNT + 1 + COMMAND_COUNT
        self.layers = nn.Sequential(
            nn.Linear(inputs, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, 2 * WAYPOINT_COUNT + 1),
        )

    def forward(
        self, scene: Tensor, lane: LanePrediction, lead: LeadPrediction, speed: Tensor, command: Tensor
    ) -> Plan:
        """Plans.

        Args:
            scene: Scene vector (batch, scene_length).
            lane: What the lane head perceived.
            lead: What the lead head perceived.
            speed: Own speed (batch,) [m/s].
            command: The `command` observation (batch, 4).
        """
        times = WAYPOINT_STEP_S * torch.arange(1, WAYPOINT_COUNT + 1, dtype=torch.float32, device=speed.device)
        x = self.layers(torch.cat((scene, as_inputs(lane, lead), speed.unsqueeze(1) / SPEED_SCALE_M_S, command), dim=1))
        change = x[:, : 2 * WAYPOINT_COUNT].view(-1, WAYPOINT_COUNT, 2) * times.view(1, -1, 1)
        straight = torch.stack((speed.unsqueeze(1) * times, torch.zeros_like(change[..., 0])), dim=-1)
        target_speed = (speed + SPEED_SCALE * x[:, -1]).clamp(min=0.0)
        return Plan(straight + change, target_speed)
