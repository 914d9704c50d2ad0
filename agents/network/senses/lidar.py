"""Lidar: its range image, encoded as a picture for the shape of things and attended to for their distance."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.senses.attend import Attend
from agents.network.senses.contract import Parts, Returns, Sense, Sensed, SenseEncoder, TensorParts, place_of
from drivesim.config import LidarConfig
from drivesim.sensors.lidar.pattern import azimuths_of

RANGE_STEP_M = 0.005
"""Recorded ranges are whole numbers of these [m]."""
_RANGE_STEPS_MAX = 32767
CHANNELS = (16, 32, 48)
"""At 1/2, 1/4 and 1/8 of the image."""
LOOKS, MEASURED, FEATURES = 4, 3, 24


def driver_lidar() -> LidarConfig:
    """The lidar that networks have by default: a scanner behind the windscreen, its beams closest around the horizon.

    Half of its 32 beams look at what is beyond 30 m, the others at the road's markings; 160 columns over 100 degrees.
    It sees a dark surface (10 %) at 80 m, as devices for motorways do at the least.
    """
    horizon = [0.75 - 0.25 * beam for beam in range(16)]
    road = [horizon[-1] - 0.25 - 0.12 * step * (step + 1) / 2 - 0.25 * step for step in range(16)]
    return LidarConfig(
        pattern="solid_state", elevations_deg=(*horizon, *road), columns=160, fov_deg=100.0, range_m=240.0,
        channels=("range", "intensity"),
    )  # fmt: skip


def _read(config: Any, observation: Mapping[str, np.ndarray]) -> Parts:
    steps = observation[f"{config.name}_range"] * np.float32(1.0 / RANGE_STEP_M) + np.float32(0.5)
    return {
        "range": np.minimum(steps, _RANGE_STEPS_MAX).astype(np.int16),
        "intensity": (observation[f"{config.name}_intensity"] * np.float32(255.0)).clip(0, 255).astype(np.uint8),
    }


def _mirror(parts: TensorParts) -> TensorParts:
    return {name: values.flip(-1) for name, values in parts.items()}


class LidarEncoder(SenseEncoder):
    """Convolutions over (beam, column); the last map is flattened as the cameras' is, so that position is kept.

    Looks go to cells of 2 x 2 rays, for each of which the nearest return speaks; what they look for depends on the
    whole image too.
    """

    def __init__(self, config: Any, length: int, context: int) -> None:
        super().__init__(config, length, context)
        half, quarter, eighth = CHANNELS
        self.stem = nn.Sequential(nn.Conv2d(6, half, 3, 2, 1), nn.ReLU())
        self.quarter = nn.Sequential(nn.Conv2d(half, quarter, 3, 2, 1), nn.ReLU())
        self.eighth = nn.Sequential(nn.Conv2d(quarter, eighth, 3, 2, 1), nn.ReLU())
        self.lift = nn.Conv2d(quarter, half, 1)
        self.element = nn.Sequential(nn.Linear(half + MEASURED, FEATURES), nn.ReLU())
        self.attend = Attend(FEATURES, MEASURED, LOOKS, context + length // 2)
        elevation, azimuth = np.radians(config.device.elevations_deg)[:, None], azimuths_of(config)[None, :]
        rows, columns = len(elevation), azimuth.shape[1]
        cells = math.prod(-(-size // 8) for size in (rows, columns))
        self.whole = nn.Linear(cells * eighth, length // 2)
        self.rest = nn.Linear(self.attend.length, length - length // 2 - LOOKS * MEASURED)
        flat, up = np.cos(elevation), np.broadcast_to(np.sin(elevation), (rows, columns))
        direction = np.stack((flat * np.cos(azimuth), flat * np.sin(azimuth), up)).astype(np.float32)
        self.register_buffer("direction", torch.from_numpy(direction), persistent=False)
        self.direction: Tensor

    def forward(self, parts: TensorParts, context: Tensor) -> Sensed:
        """Encodes `range` and `intensity`, (B, beam, column)."""
        distance = parts["range"].float() * RANGE_STEP_M
        there = distance > 0.0
        point = distance.unsqueeze(1) * self.direction
        inverse = torch.where(there, 4.0 / distance.clamp(min=2.0), torch.zeros_like(distance))
        height = point[:, 2] + self.config.z_m
        intensity, aside = parts["intensity"].float() / 128.0, (point[:, 1] / 4.0).clamp(-4.0, 4.0)
        image = torch.stack(
            (inverse, intensity, there.float(), height / 2.0 * there, distance / 50.0, aside), dim=-1
        ).permute(0, 3, 1, 2)
        half = self.stem(image)
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        whole = functional.relu(self.whole(eighth.flatten(1)))
        features = half + functional.interpolate(self.lift(quarter), size=half.shape[2:], mode="nearest")
        nearest, ahead, left = nearest_of_cells(inverse, point[:, 0], point[:, 1])
        columns = torch.stack((ahead.clamp(min=1.0).log() - 3.0, left / 5.0, ahead / 50.0), dim=-1)
        valid = (nearest > 0.0).flatten(1)
        elements = torch.cat((features.permute(0, 2, 3, 1).float(), columns), dim=-1).flatten(1, 2)
        around = torch.cat((context, whole.float()), dim=1)
        cells = self.element(elements)
        looked = self.attend(cells, columns.flatten(1, 2), valid, around)
        exact = looked.view(len(looked), LOOKS, FEATURES + MEASURED)[..., -MEASURED:].flatten(1)
        rest = functional.relu(self.rest(looked))
        vector = torch.cat((whole.float(), rest.float(), exact), dim=1)
        return Sensed(vector, Returns(cells, place_of(self.config, ahead, left).flatten(1, 2), valid))


def nearest_of_cells(inverse: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """Greatest inverse range of every cell of 2 x 2 rays, and other values of the ray that it belongs to.

    Of equal ones the first speaks; the image is padded to even sizes.
    """
    rows, columns = inverse.shape[-2:]
    padding = (0, columns % 2, 0, rows % 2)
    stacked = [functional.pad(values, padding) for values in (inverse, *others)]
    best = [values[..., ::2, ::2] for values in stacked]
    for row, column in ((0, 1), (1, 0), (1, 1)):
        other = [values[..., row::2, column::2] for values in stacked]
        nearer = other[0] > best[0]
        best = [torch.where(nearer, new, old) for new, old in zip(other, best, strict=True)]
    return tuple(best)


LIDAR = Sense(channels=("range", "intensity"), read=_read, mirror=_mirror, encoder=LidarEncoder, returns=FEATURES)
