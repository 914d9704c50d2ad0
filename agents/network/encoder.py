"""Encoders: pictures to feature maps at four scales and one scene vector."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.config import TELE_PLACE, NetworkConfig
from agents.network.senses.contract import Returns

PICTURE_CHANNELS = 4
"""Red, green, blue now; green of the earlier picture."""


class Features(NamedTuple):
    """What the encoders hand on. Maps are (batch, channels, h, w) in channels_last order, empty without cameras."""

    half: Tensor
    """At 1/2 of the picture."""
    quarter: Tensor
    eighth: Tensor
    sixteenth: Tensor
    scene: Tensor
    """The whole scene, float32 (batch, scene_length)."""
    returns: dict[str, Returns]
    """What came back to the sensors that measure distances, by name."""
    tele: Tensor | None = None
    """Maps of the telephoto picture at 1/8 of it, (batch, result, h/8, w/8), where there is one."""
    decoded: Tensor | None = None
    """The decoder's maps of every second pixel, (batch, dense, H/2, W/2), where they were asked for."""

    def first(self, count: int) -> "Features":
        """Those of the first frames, for heads that speak of pixels: maps and scene."""
        half, quarter, eighth, sixteenth, scene = (part[:count] for part in self[:5])
        tele = None if self.tele is None else self.tele[:count]
        return Features(half, quarter, eighth, sixteenth, scene, {}, tele)


def picture_tensor(camera: Tensor, earlier_green: Tensor, dtype: torch.dtype) -> Tensor:
    """The encoder's input: (value - 128) / 64, which bfloat16 holds without loss.

    Args:
        camera: Pictures uint8 (batch, H, W, 3).
        earlier_green: Green of the earlier pictures uint8 (batch, H, W): motion shows in brightness alone.
        dtype: Floating type of the result.

    Returns:
        (batch, 4, H, W), channels_last.
    """
    stacked = torch.cat((camera, earlier_green.unsqueeze(-1)), dim=-1)
    return stacked.to(dtype).sub_(128.0).mul_(1.0 / 64.0).permute(0, 3, 1, 2)


def _block(inputs: int, outputs: int, depth: int) -> nn.Sequential:
    """A convolution of stride 2, then `depth - 1` of stride 1, each with its ReLU."""
    layers: list[nn.Module] = []
    for index in range(depth):
        stride = 2 if index == 0 else 1
        layers += [nn.Conv2d(inputs if index == 0 else outputs, outputs, 3, stride, 1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class Encoder(nn.Module):
    """Stem and three blocks of convolutions; the last map is flattened, so that position in the picture is kept."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = config.channels
        self.stem = _block(PICTURE_CHANNELS, half, 1)
        self.quarter = _block(half, quarter, 1)
        self.eighth = _block(quarter, eighth, 2)
        self.sixteenth = _block(eighth, sixteenth, 2)
        cells = (config.height // 16) * (config.width // 16)
        self.scene = nn.Linear(cells * sixteenth, config.scene)

    def forward(self, picture: Tensor) -> Features:
        """Encodes pictures (batch, 4, H, W) from `picture_tensor`."""
        half = self.stem(picture)
        quarter = self.quarter(half)
        eighth = self.eighth(quarter)
        sixteenth = self.sixteenth(eighth)
        scene = functional.relu(self.scene(sixteenth.flatten(1)))
        return Features(half, quarter, eighth, sixteenth, scene.float(), {})


def places(rows: int, columns: int) -> Tensor:
    """Coordinates of a map's places from -1 to 1, across and down, float32 (2, rows, columns)."""
    # Not by torch: on its "meta" device, where shapes are found, these operations load its compiler for seconds.
    across, down = (np.linspace(-1.0, 1.0, count, dtype=np.float32) for count in (columns, rows))
    return torch.from_numpy(np.stack(np.meshgrid(across, down)))


def cells_in_rows(maps: Tensor) -> Tensor:
    """Maps (batch, channel, row, column) as (batch, cell, channel), row by row."""
    return maps.permute(0, 2, 3, 1).flatten(1, 2)


class TeleEncoder(nn.Module):
    """Looks for one thing in a telephoto picture: a softmax over its places says where, and what is there is handed on.

    What is learnt at one place holds at all others, which a linear map of the flattened picture would have to learn
    place by place; the map's coordinates tell the places apart (CoordConv; Liu et al. 2018, arXiv:1807.03247).
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        half, quarter, eighth, result = config.tele_channels
        self.stem = _block(PICTURE_CHANNELS, half, 1)
        self.quarter = _block(half, quarter, 1)
        self.eighth = _block(quarter, eighth, 2)
        self.mix = nn.Conv2d(eighth + TELE_PLACE, result, 3, padding=1)
        self.score = nn.Conv2d(result, 1, 1)
        self.register_buffer("place", places(config.tele_height // 8, config.tele_width // 8), persistent=False)
        self.place: Tensor

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Looks at pictures (batch, 4, h, w) from `picture_tensor`.

        Returns:
            The telephoto vector, float32 (batch, result + 2), and the maps behind it, (batch, result, h/8, w/8).
        """
        maps = self.eighth(self.quarter(self.stem(picture)))
        place = self.place.expand(len(maps), -1, -1, -1)
        maps = functional.relu(self.mix(torch.cat((maps, place.to(maps.dtype)), dim=1)))
        share = self.score(maps).float().flatten(1).softmax(1)
        return (torch.cat((maps.float(), place), dim=1).flatten(2) * share.unsqueeze(1)).sum(2), maps
