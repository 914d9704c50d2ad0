"""Head "target": which returns of lidar and radar come from the vehicle ahead."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.heads.contract import Head, Loss, Quantity, Said, array
from agents.heads.metrics import PRESENCE_THRESHOLD, mean_metric

if TYPE_CHECKING:
    from torch import Tensor

    from agents.network.target import Target

HIT_M, HIT_SHARE = 0.5, 0.05
"""A target is found where its distance is right within this, and this share of it."""


def target_head() -> Head:
    """Where in the returns of each sensor that measures distances the vehicle ahead is."""
    return Head(
        name="target",
        build=_build,
        labels=(
            Quantity(name="lead_present", unit="bool"),
            Quantity(name="lead_distance", unit="m"),
            Quantity(name="lead_place", unit="m", axes=(2,), mirror=(1.0, -1.0)),
        ),
        losses=(
            Loss(
                name="target",
                weight=0.3,
                meaning="cross-entropy of which returns of each sensor come from the vehicle ahead, or none",
                function=_loss,
            ),
        ),
        explain=_explain,
        metrics=(
            mean_metric(
                "target_recall",
                "share of frames with a vehicle ahead that a sensor finds, its distance right within 5 % and 0.5 m",
                ("target_there", "target_distance"),
                _hits,
            ),
        ),
        reads=("lane",),
    )


def _build(config: Any, heads: Mapping[str, Head]) -> Any:
    from agents.network.target import TargetReadout

    return TargetReadout(config)


def _loss(said: "Mapping[str, Target]", labels: "Mapping[str, Tensor]") -> "Tensor":
    import torch

    from agents.losses import target_loss
    from agents.network.target import comes_from_lead

    each = [
        target_loss(target.log_share, comes_from_lead(target, labels["lead_place"], labels["lead_present"]))
        for target in said.values()
    ]
    return torch.stack(each).mean()


def _explain(said: "Mapping[str, Target]") -> dict[str, np.ndarray]:
    """Of the sensor that has found it most surely."""
    there = np.stack([array(target.there) for target in said.values()])
    distance = np.exp(np.stack([array(target.log_distance) for target in said.values()]))
    best = there.argmax(axis=0)[np.newaxis]
    return {
        "target_there": np.take_along_axis(there, best, axis=0)[0],
        "target_distance": np.take_along_axis(distance, best, axis=0)[0],
    }


def _hits(said: Said, truth: Said) -> np.ndarray:
    there = truth["lead_present"]
    true = truth["lead_distance"][there]
    right = np.abs(said["target_distance"][there] - true) <= HIT_M + HIT_SHARE * true
    return right & (said["target_there"][there] > PRESENCE_THRESHOLD)
