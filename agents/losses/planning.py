"""Losses of planner and policy."""

import torch
from torch import Tensor
from torch.nn import functional


def waypoint_loss(predicted: Tensor, target: Tensor, time_weight: Tensor) -> Tensor:
    """Weighted L1 `sum_t w_t (|x'_t - x_t| + |y'_t - y_t|) / sum_t w_t`, mean over the batch [m].

    L1 rather than a square: where two plans are possible it settles on one of them instead of between (Chen et al.
    2020, arXiv:1912.12294, use the same for way-points).

    Args:
        predicted: Way-points (batch, point, 2) [m].
        target: The expert's.
        time_weight: Weight of each point in time, (point,).
    """
    distance = (predicted - target).abs().sum(-1)
    return (distance * time_weight).sum(-1).mean() / time_weight.sum()


def target_speed_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """L1 of target speeds, mean over (batch,) [m/s]."""
    return functional.l1_loss(predicted, target)


def action_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of steering and acceleration, (batch, 2)."""
    return torch.mean((predicted - target) ** 2)
