"""Planner: where to be over the next three seconds, and how fast to go."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.heads.contract import Head
from agents.network.config import NetworkConfig
from agents.network.perception import SPEED_SCALE_M_S, Context
from drivesim.errors import ConfigError
from drivesim.state import WAYPOINT_COUNT

WAYPOINT_STEP_S = 0.5
"""Time between way-points [s]."""
SPEED_SCALE = 2.0
"""Change of target speed at an output of one [m/s]."""
COMMAND_COUNT, TURN_COUNT = 4, 3


class Plan(NamedTuple):
    """The planner's answer."""

    waypoints: Tensor
    """Ego frame, 0.5 s apart, (batch, 6, 2) [m]."""
    target_speed: Tensor
    """Speed wanted one second from now, (batch,) [m/s]."""


class Planner(nn.Module):
    """Plans as changes of the plan "straight on at this speed", so that a new network already drives straight.

    Args:
        config: Sizes.
        reads: Heads whose answers it reads beside the scene.

    Raises:
        ConfigError: One of them says nothing that can be read.
    """

    def __init__(self, config: NetworkConfig, reads: Sequence[Head]) -> None:
        super().__init__()
        self.columns = {head.name: head.perceived for head in reads if head.perceived is not None}
        """What each of the heads read offers, by name."""
        mute = [head.name for head in reads if head.perceived is None]
        if mute:
            raise ConfigError(f"plan: cannot read {', '.join(mute)}: `Head.perceived` is not given")
        self.told = ("command", "turn") if config.town else ("command",)
        """What the navigator says."""
        told = COMMAND_COUNT + (TURN_COUNT if config.town else 0)
        perceived = sum(head.perceived_length for head in reads)
        self.layers = nn.Sequential(
            nn.Linear(config.scene_length + perceived + 1 + told, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, config.hidden),
            nn.ReLU(),
            nn.Linear(config.hidden, 2 * WAYPOINT_COUNT + 1),
        )

    def forward(self, context: Context) -> Plan:
        """Plans. What it reads of perception is detached, so that this learns from its own labels alone."""
        speed = context.inputs["speed"]
        perceived = [columns(context.said[name]).detach() for name, columns in self.columns.items()]
        own = speed.unsqueeze(1) / SPEED_SCALE_M_S
        told = [context.inputs[name] for name in self.told]
        x = self.layers(torch.cat((context.features.scene, *perceived, own, *told), dim=1))
        times = WAYPOINT_STEP_S * torch.arange(1, WAYPOINT_COUNT + 1, dtype=torch.float32, device=speed.device)
        change = x[:, : 2 * WAYPOINT_COUNT].view(-1, WAYPOINT_COUNT, 2) * times.view(1, -1, 1)
        straight = torch.stack((speed.unsqueeze(1) * times, torch.zeros_like(change[..., 0])), dim=-1)
        target_speed = (speed + SPEED_SCALE * x[:, -1]).clamp(min=0.0)
        return Plan(straight + change, target_speed)
