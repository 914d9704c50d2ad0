"""Inspection: what is wrong with a sensor, read off its own frames."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from agents.network.config import NetworkConfig
from agents.network.perception import Context, hidden_layer

STATISTICS = 17
"""Numbers that `picture_statistics` measures."""


def picture_statistics(picture: Tensor) -> Tensor:
    """What the eye of an inspector goes to: brightness, contrast, tint, sharpness, noise, bands, motion.

    Args:
        picture: From `encoder.picture_tensor`, (batch, 4, H, W): three colours now, green earlier.

    Returns:
        Float32 (batch, STATISTICS): mean and deviation of each colour; mean sizes of first and second differences of
        green across and along; of the four-neighbour Laplacian, and its share in bright and dark places; deviation of
        row means against their neighbours; shares of black and white; mean change since the earlier picture.
    """
    now = picture[:, :3].float()
    green, earlier = now[:, 1], picture[:, 3].float()
    across, along = green.diff(dim=2), green.diff(dim=1)
    centre = green[:, 1:-1, 1:-1]
    laplacian = (
        4.0 * centre - green[:, :-2, 1:-1] - green[:, 2:, 1:-1] - green[:, 1:-1, :-2] - green[:, 1:-1, 2:]
    ).abs()
    bright = (centre > 0.0).float()
    rows = green.mean(dim=2)

    def mean(values: Tensor) -> Tensor:
        return values.flatten(1).mean(dim=1)

    columns = [
        *now.flatten(2).mean(dim=2).unbind(1),
        *deviation(now).unbind(1),
        mean(across.abs()),
        mean(along.abs()),
        mean(across.diff(dim=2).abs()),
        mean(along.diff(dim=1).abs()),
        mean(laplacian),
        mean(laplacian * bright) / (mean(bright) + 0.02),
        mean(laplacian * (1.0 - bright)) / (1.02 - mean(bright)),
        rows.diff(dim=1).diff(dim=1).abs().mean(dim=1),
        mean((green < -1.9).float()),
        mean((green > 1.9).float()),
        mean((green - earlier).abs()),
    ]
    return torch.stack(columns, dim=1)


def deviation(maps: Tensor) -> Tensor:
    """Standard deviation of every channel, (batch, channel), of maps (batch, channel, H, W)."""
    mean = maps.mean(dim=(2, 3))
    return ((maps * maps).mean(dim=(2, 3)) - mean * mean).clamp(min=0.0).sqrt()


class FaultReadout(nn.Module):
    """Logits of every fault of every sensor, from what belongs to that sensor alone.

    For a camera that is the statistics of its picture, their logarithms, and for the first camera also mean and
    deviation of its encoder's finest maps at every second place: faults are textures, which the scene vector has no
    room for. Another sensor's are its vector. What it reads of the encoders is detached, so that driving does not pay
    for inspection.

    Args:
        config: Sizes.
        kinds: Names of faults by name of the sensor.
    """

    def __init__(self, config: NetworkConfig, kinds: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        cameras = [camera.name for camera in config.cameras]
        self.first = cameras[0] if cameras else ""
        self.cameras = tuple(name for name in kinds if name in cameras)
        lengths = {
            name: 2 * STATISTICS + (2 * config.channels[0] if name == self.first else 0)
            if name in cameras
            else config.sense
            for name in kinds
        }
        self.layers = nn.ModuleDict(
            {name: hidden_layer(lengths[name], len(names), config) for name, names in kinds.items()}
        )

    def forward(self, context: Context) -> dict[str, Tensor]:
        """(batch, fault) by sensor."""
        return {name: layers(self._read(name, context)) for name, layers in self.layers.items()}

    def _read(self, name: str, context: Context) -> Tensor:
        if name not in self.cameras:
            return context.features.senses[name].detach()
        statistics = picture_statistics(context.inputs[name])
        columns = [statistics, (statistics.abs() + 1e-3).log()]
        if name == self.first:
            maps = context.features.half.detach()[:, :, ::2, ::2].float()
            columns += [maps.mean(dim=(2, 3)), deviation(maps)]
        return torch.cat(columns, dim=1)
