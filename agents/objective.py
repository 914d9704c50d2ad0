"""What training minimises: every loss of a batch, by name, and their weighted sum; and the metrics of a batch."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from agents.data import FrameBatch
from agents.heads.contract import Head
from agents.network import DrivingNetwork, Prediction
from drivesim.errors import ConfigError, hint


def losses(network: DrivingNetwork, prediction: Prediction, batch: FrameBatch) -> dict[str, Tensor]:
    """Every loss of the heads that spoke, unweighted, by name."""
    return {
        loss.name: loss.function(prediction.said[head.name], batch.labels)
        for head in network.spoken(prediction)
        for loss in head.losses
    }


def loss_weights(heads: Iterable[Head], changed: Mapping[str, float]) -> dict[str, float]:
    """Weight of every loss: the heads' own, unless changed.

    Raises:
        ConfigError: A weight is changed of a loss that no head has.
    """
    weights = {loss.name: loss.weight for head in heads for loss in head.losses}
    for name in changed:
        if name not in weights:
            raise ConfigError(f"weights: no head has a loss {name!r}; {hint(name, weights)}")
    return {**weights, **changed}


def weighted_sum(parts: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """The scalar that is minimised: `sum_k w_k loss_k`."""
    return torch.stack([weights[name] * value for name, value in parts.items()]).sum()


def metrics(network: DrivingNetwork, prediction: Prediction, batch: FrameBatch) -> dict[str, float]:
    """The metrics of every head that spoke; NaN where the batch has nothing to measure."""
    measured: dict[str, float] = {}
    for head in network.spoken(prediction):
        said = head.explain(prediction.said[head.name])
        truth = {label.name: batch.labels[label.name].cpu().numpy() for label in head.labels}
        for metric in head.metrics:
            measured |= zip(metric.meanings, metric.values(metric.counts(said, truth)), strict=True)
    return measured
