"""Attention: a few looks at many elements, each of which hands on what is measured where it looks."""

import torch
from torch import Tensor, nn


class Attend(nn.Module):
    """Softmaxes over elements: what a look hands on is the mean of features and measurements under its softmax.

    Measurements go through unchanged, so that a distance or a speed arrives as exactly as the sensor gave it, which
    layers of weights would have to learn to repeat. An element of zeros that is always there is looked at where there
    is nothing to see.

    Args:
        features: Learnt columns of an element.
        measured: Physical columns of an element.
        looks: Softmaxes.
    """

    def __init__(self, features: int, measured: int, looks: int) -> None:
        super().__init__()
        self.score = nn.Linear(features, looks)
        self.nothing = nn.Parameter(torch.zeros(looks))
        self.length = looks * (features + measured)

    def forward(self, features: Tensor, measured: Tensor, valid: Tensor) -> Tensor:
        """Looks.

        Args:
            features: (B, element, features).
            measured: (B, element, measured).
            valid: Elements that are there, bool (B, element).

        Returns:
            (B, length), float32.
        """
        score = self.score(features).float().masked_fill(~valid.unsqueeze(2), -torch.inf)
        nothing = self.nothing.expand(len(score), 1, -1)
        share = torch.cat((score, nothing), dim=1).softmax(1)[:, :-1]
        seen = torch.cat((features.float(), measured.float()), dim=2)
        return torch.einsum("bel,bef->blf", share, seen).flatten(1)
