"""Radar: a set of detections, each looked at by the same layers, then attended to."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.senses.attend import Attend
from agents.network.senses.contract import Parts, Returns, Sense, Sensed, SenseEncoder, TensorParts, place_of

RANGE, AZIMUTH, RADIAL_SPEED, COMPENSATED_SPEED, RCS, SNR = range(6)
"""Columns of a detection."""
FEATURES, LOOKS = 32, 4
_UNIT = (50.0, 1.0, 10.0, 10.0, 20.0, 20.0)
"""Of each column, its usual size."""
MEASURED = 5


def _read(config: Any, observation: Mapping[str, np.ndarray]) -> Parts:
    return {
        "detections": observation[config.name].astype(np.float32, copy=False),
        "valid": observation[f"{config.name}_valid"].astype(np.uint8, copy=False),
    }


def _mirror(parts: TensorParts) -> TensorParts:
    sign = torch.ones(6, device=parts["detections"].device)
    sign[AZIMUTH] = -1.0
    return {**parts, "detections": parts["detections"] * sign}


class RadarEncoder(SenseEncoder):
    """Detections as a set (Zaheer et al. 2017, arXiv:1703.06114), with attention instead of their sum."""

    def __init__(self, config: Any, length: int, context: int) -> None:
        super().__init__(config, length, context)
        self.element = nn.Sequential(nn.Linear(8, FEATURES), nn.ReLU(), nn.Linear(FEATURES, FEATURES), nn.ReLU())
        self.attend = Attend(FEATURES, MEASURED, LOOKS, context)
        self.rest = nn.Linear(self.attend.length, length - LOOKS * MEASURED)

    def forward(self, parts: TensorParts, context: Tensor) -> Sensed:
        """Encodes `detections` (B, n, 6) and `valid` (B, n)."""
        seen, valid = parts["detections"].float(), parts["valid"] > 0
        distance = seen[..., RANGE].clamp(min=1.0)
        left = distance * seen[..., AZIMUTH].sin()
        columns = seen / seen.new_tensor(_UNIT)
        features = self.element(torch.cat((columns, distance.log().unsqueeze(2), left.unsqueeze(2) / 10.0), dim=2))
        measured = torch.stack(
            (
                distance.log() - 3.0,
                distance / 50.0,
                left / 5.0,
                seen[..., RADIAL_SPEED] / 5.0,
                seen[..., COMPENSATED_SPEED] / 10.0,
            ),
            dim=2,
        )
        looked = self.attend(features, measured, valid, context)
        exact = looked.view(len(looked), LOOKS, FEATURES + MEASURED)[..., FEATURES:].flatten(1)
        place = place_of(self.config, seen[..., RANGE] * seen[..., AZIMUTH].cos(), left)
        vector = torch.cat((functional.relu(self.rest(looked)).float(), exact), dim=1)
        return Sensed(vector, Returns(features, place, valid, -seen[..., RADIAL_SPEED]))


RADAR = Sense(channels=(), read=_read, mirror=_mirror, encoder=RadarEncoder, returns=FEATURES, doppler=True)
