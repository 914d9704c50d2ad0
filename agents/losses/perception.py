"""Losses of the perception heads."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def masked_huber(predicted: Tensor, target: Tensor, valid: Tensor, *, delta: float) -> Tensor:
    """Mean Huber loss (Huber 1964) over the valid elements; 0 where none is.

    `r^2 / (2 delta)` for `|r| <= delta`, else `|r| - delta / 2`: slope one in the tails whatever `delta` is.

    Args:
        predicted: Any shape.
        target: Same shape; may hold anything where not valid.
        valid: Same shape, bool.
        delta: Residual at which the parabola ends, in the unit of `target`.
    """
    residual = torch.where(valid, predicted - target, 0.0).abs()
    value = torch.where(residual <= delta, residual * residual / (2.0 * delta), residual - 0.5 * delta)
    return value.sum() / valid.sum().clamp(min=1)


def semantic_loss(logits: Tensor, label: Tensor, class_weight: Tensor) -> Tensor:
    """Weighted cross-entropy `sum_i w(y_i) * -log softmax(z_i)[y_i] / sum_i w(y_i)`.

    Args:
        logits: (batch, class, h, w).
        label: Class indices int64 (batch, h, w).
        class_weight: (class,); rare classes count more.
    """
    return functional.cross_entropy(logits, label, weight=class_weight)


def fault_loss(logits: Sequence[Tensor], present: Sequence[Tensor]) -> Tensor:
    """Binary cross-entropy `-y log s(z) - (1 - y) log (1 - s(z))`, mean over frames and over all faults of all sensors.

    Args:
        logits: Of each sensor, (batch, fault).
        present: Whether it has the fault, bool, same shapes.
    """
    said, there = torch.cat(tuple(logits), dim=1), torch.cat(tuple(present), dim=1)
    return functional.binary_cross_entropy_with_logits(said, there.to(said.dtype))


def depth_loss(log_depth: Tensor, depth: Tensor, *, cap_m: float) -> Tensor:
    """Huber loss of `ln d' - ln d`, about the relative error, over pixels up to `cap_m`.

    Args:
        log_depth: Natural logarithm of the predicted depth [m], (batch, h, w).
        depth: True depth [m], (batch, h, w).
        cap_m: Pixels farther than this do not count.
    """
    return masked_huber(log_depth, depth.clamp(min=0.1).log(), depth <= cap_m, delta=0.1)


def lane_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Huber loss of lane geometry, mean over batch and columns.

    Args:
        predicted: Offset, heading and curvatures, each in units of its usual size: (batch, 6).
        target: The same of the label.
    """
    return masked_huber(predicted, target, torch.ones_like(predicted, dtype=torch.bool), delta=0.2)


def presence_loss(logit: Tensor, present: Tensor) -> Tensor:
    """Binary cross-entropy `-y log p - (1 - y) log(1 - p)`, `p = sigmoid(logit)`, mean over (batch,)."""
    return functional.binary_cross_entropy_with_logits(logit, present.float())


def lead_distance_loss(log_distance: Tensor, distance: Tensor, present: Tensor) -> Tensor:
    """Huber loss of `ln d' - ln d`, about the relative error, where there is a lead vehicle; all (batch,)."""
    return masked_huber(log_distance, distance.clamp(min=0.5).log(), present, delta=0.1)


def closing_loss(closing: Tensor, target: Tensor, present: Tensor) -> Tensor:
    """Huber loss of the closing speed [m/s] where there is a lead vehicle; all (batch,)."""
    return masked_huber(closing, target, present, delta=0.5)


def balanced(each: Tensor, chosen: Tensor) -> Tensor:
    """Mean of the mean over the chosen frames and the mean over the others; a half without frames counts as 0.

    Args:
        each: Loss of every frame, (batch,).
        chosen: bool (batch,).
    """
    means = [(each * part).sum() / part.sum().clamp(min=1) for part in (chosen, ~chosen)]
    return 0.5 * (means[0] + means[1])


def target_loss(log_share: Tensor, right: Tensor) -> Tensor:
    """Cross-entropy of which of several returns come from one thing, `-log sum_right share`.

    Where it is in none, "none" is right. Frames that have it and those that do not weigh the same.

    Args:
        log_share: Of every return, and last of it being none of them, (batch, n + 1).
        right: Returns that come from it, bool (batch, n); their shares are not zero.
    """
    found = right.any(1)
    allowed = torch.cat((right, ~found.unsqueeze(1)), dim=1)
    return balanced(-log_share.masked_fill(~allowed, -torch.inf).logsumexp(1), found)


def place_loss(scores: Tensor, cell: Tensor) -> Tensor:
    """Cross-entropy of where in a picture something is; frames that show it and those that do not weigh the same.

    Args:
        scores: Of every cell, and last of its being nowhere, (batch, cell + 1).
        cell: Where it is, int64 (batch,).
    """
    return balanced(functional.cross_entropy(scores, cell, reduction="none"), cell < scores.shape[1] - 1)
