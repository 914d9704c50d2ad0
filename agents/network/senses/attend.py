"""Attention: a few looks at many elements, each of which hands on what is measured where it looks."""

import torch
from torch import Tensor, nn


class Attend(nn.Module):
    """Softmaxes over elements: what a look hands on is the mean of features and measurements under its softmax.

    Measurements go through unchanged, so that a distance or a speed arrives as exactly as the sensor gave it, which
    layers of weights would have to learn to repeat. An element of zeros that is always there is looked at where there
    is nothing to see. What is looked for depends on a context, such as where the road bends: it adds to the weights by
    which an element's score is read off.

    Args:
        features: Learnt columns of an element, and physical ones that its score is read off as well.
        measured: Physical columns that are handed on alone.
        looks: Softmaxes.
        context: Length of the context; 0 for none.
    """

    def __init__(self, features: int, measured: int, looks: int, context: int = 0) -> None:
        super().__init__()
        self.looks = looks
        self.score = nn.Linear(features, looks)
        self.aim = nn.Linear(context, looks * features, bias=False) if context else None
        self.nothing = nn.Parameter(torch.zeros(looks))
        self.length = looks * (features + measured)

    def forward(self, features: Tensor, measured: Tensor, valid: Tensor, context: Tensor | None = None) -> Tensor:
        """Looks.

        Args:
            features: (B, element, features).
            measured: (B, element, measured).
            valid: Elements that are there, bool (B, element).
            context: (B, context).

        Returns:
            (B, length), float32.
        """
        score = self.score(features).float().transpose(1, 2)
        if self.aim is not None and context is not None:
            aim = self.aim(context).view(len(score), self.looks, features.shape[2])
            score = score + torch.bmm(aim, features.to(aim.dtype).transpose(1, 2)).float()
        score = score.masked_fill(~valid.unsqueeze(1), -torch.inf)
        nothing = self.nothing.unsqueeze(1).expand(len(score), -1, 1)
        share = torch.cat((score, nothing), dim=2).softmax(2)[..., :-1]
        seen = torch.cat((features.float(), measured.float()), dim=2) if measured.shape[2] else features.float()
        return torch.bmm(share, seen).flatten(1)
