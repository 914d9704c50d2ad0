"""Attention: a few looks at many elements, each of which hands on what is measured where it looks."""

import torch
from torch import Tensor, nn


class Attend(nn.Module):
    """Softmaxes over elements: what a look hands on is the mean of features and measurements under its softmax.

    Measurements go through unchanged, so that a distance or a speed arrives as exactly as the sensor gave it, which
    layers of weights would have to learn to repeat. An element of zeros that is always there is looked at where there
    is nothing to see.

    Args:
        features: Learnt columns of an element, and physical ones that its score is read off as well.
        measured: Physical columns that are handed on alone.
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
        score = self.score(features).float().transpose(1, 2).masked_fill(~valid.unsqueeze(1), -torch.inf)
        nothing = self.nothing.unsqueeze(1).expand(len(score), -1, 1)
        share = torch.cat((score, nothing), dim=2).softmax(2)[..., :-1]
        seen = torch.cat((features.float(), measured.float()), dim=2) if measured.shape[2] else features.float()
        return torch.bmm(share, seen).flatten(1)
