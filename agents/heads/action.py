"""Head "action": what is done about the plan."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.contract import Head, Loss, Quantity, Said, array
from agents.heads.metrics import mean_metric

if TYPE_CHECKING:
    from torch import Tensor


def action_head() -> Head:
    """Steering and acceleration that follow the plan. Has no parameters: its loss trains the plan."""
    return Head(
        name="action",
        build=_build,
        labels=(Quantity(name="expert_action", unit="1", axes=(2,), mirror=(-1.0, 1.0)),),
        losses=(Loss(name="action", weight=5.0, meaning="squared error of steering and acceleration", function=_loss),),
        explain=lambda said: {"action": array(said)},
        metrics=(
            mean_metric("steering_mae", "mean error of the steering action", "action", _error(0)),
            mean_metric("acceleration_mae", "mean error of the acceleration action", "action", _error(1)),
        ),
        reads=("plan",),
    )


def _build(config: Any, heads: Mapping[str, Head]) -> Any:
    from agents.network.policy import Policy

    return Policy(config)


def _loss(said: "Tensor", labels: "Mapping[str, Tensor]") -> "Tensor":
    from agents.losses import action_loss

    return action_loss(said, labels["expert_action"])


def _error(column: int) -> Callable[[Said, Said], np.ndarray]:
    return lambda said, truth: np.abs(said["action"][..., column] - truth["expert_action"][..., column])
