"""Head "plan": where to be over the next three seconds, and how fast to go."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.contract import Head, Loss, PathFromAbove, Quantity, TextRow, array
from agents.heads.metrics import mean_absolute, mean_metric
from drivesim.state import WAYPOINT_COUNT

if TYPE_CHECKING:
    from torch import Tensor

    from agents.network.planner import Plan

NEAR_WEIGHT, FAR_WEIGHT = 1.0, 0.5
"""Weight of the first and the last way-point: near ones decide what the car does now, far ones are uncertain."""


def plan_head(reads: Sequence[str] = ("lane", "lead")) -> Head:
    """Way-points and target speed.

    Args:
        reads: Heads whose answers the planner reads beside the scene.
    """

    def build(config: Any, heads: Mapping[str, Head]) -> Any:
        from agents.network.planner import Planner

        return Planner(config, [heads[name] for name in reads])

    return Head(
        name="plan",
        build=build,
        labels=(
            Quantity(name="waypoints", unit="m", axes=(WAYPOINT_COUNT, 2), mirror=(1.0, -1.0)),
            Quantity(name="target_speed", unit="m/s"),
        ),
        losses=(
            Loss(
                name="waypoints",
                weight=1.0,
                meaning="distance of way-points to the expert's, near ones weighted up [m]",
                function=_waypoint_loss,
            ),
            Loss(
                name="target_speed", weight=0.5, meaning="distance of target speeds [m/s]", function=_target_speed_loss
            ),
        ),
        explain=lambda said: {"waypoints": array(said.waypoints), "target_speed": array(said.target_speed)},
        metrics=(
            mean_metric(
                "waypoint_ade_m",
                "average displacement error (ADE) of way-points [m]",
                "waypoints",
                lambda said, truth: np.linalg.norm(said["waypoints"] - truth["waypoints"], axis=-1),
            ),
            mean_absolute("target_speed_mae_m_s", "mean error of the target speed [m/s]", "target_speed"),
        ),
        panes=(
            TextRow(
                title="target speed",
                needs=("target_speed",),
                text=lambda said: f"{3.6 * said['target_speed']:.0f} km/h",
            ),
            PathFromAbove(key="waypoints"),
        ),
        reads=tuple(reads),
        config={"reads": list(reads)},
    )


def _waypoint_loss(said: "Plan", labels: "Mapping[str, Tensor]") -> "Tensor":
    import torch

    from agents.losses import waypoint_loss

    time_weight = torch.linspace(NEAR_WEIGHT, FAR_WEIGHT, WAYPOINT_COUNT, device=said.waypoints.device)
    return waypoint_loss(said.waypoints, labels["waypoints"], time_weight)


def _target_speed_loss(said: "Plan", labels: "Mapping[str, Tensor]") -> "Tensor":
    from agents.losses import target_speed_loss

    return target_speed_loss(said.target_speed, labels["target_speed"])
