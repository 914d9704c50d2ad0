"""Losses of the forecaster."""

import torch
from torch import Tensor
from torch.nn import functional

from agents.losses.perception import masked_huber

PATH_DELTA_M = 0.5
"""Error up to which paths are pulled less the nearer they are [m]."""


def path_loss(paths: Tensor, modes: Tensor, target: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Huber loss of the path whose end is nearest to the true one, and cross-entropy of its being that one.

    The others are left as they are, so that several ways to go on can be kept apart (Chai et al. 2019,
    arXiv:1910.05449; Varadarajan et al. 2022, arXiv:2111.14973).

    Args:
        paths: (user, mode, point, 2) [m].
        modes: Logits, (user, mode).
        target: True path, (user, point, 2) [m].
        valid: Points that are known, bool (user, point).

    Returns:
        Both, mean over the users of whom the last point is known; 0 where there are none.
    """
    whole = valid[:, -1]
    ends = (paths[:, :, -1] - target[:, None, -1]).norm(dim=-1)
    best = ends.detach().argmin(dim=1)
    chosen = paths[torch.arange(len(paths), device=paths.device), best]
    known = (valid & whole.unsqueeze(1)).unsqueeze(-1).expand_as(chosen)
    distance = masked_huber(chosen, target, known, delta=PATH_DELTA_M)
    each = functional.cross_entropy(modes, best, reduction="none")
    return distance, (each * whole).sum() / whole.sum().clamp(min=1)
