"""Gaze: things too small for the scene vector are looked at where they are, in every picture."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.config import NetworkConfig
from agents.network.encoder import cells_in_rows, places
from agents.network.perception import Context, hidden_layer
from drivesim.config import CameraConfig

CELL_PX = 8
"""Side of the cells of pictures that are looked at [px]."""
GAZE_CHANNELS = 48
"""Channels of what is seen in a cell."""
PLACES = 2
"""Numbers that tell where in a picture a cell lies."""


class Looked(NamedTuple):
    """What a `GazeReadout` says."""

    numbers: Tensor
    """(batch, count)."""
    scores: dict[str, Tensor]
    """By camera, for each of its cells and for the thing's not being in its picture, (batch, cells + 1)."""
    cameras: Mapping[str, CameraConfig]
    """Those cameras."""


def cell_of(camera: CameraConfig, place: Tensor) -> Tensor:
    """The cell of a camera's picture in which something is, numbered row by row; the number of cells if in none.

    Args:
        camera: A level pinhole that looks ahead.
        place: Ahead, left and up of the rear axle on the ground, (batch, 3) [m].

    Returns:
        int64 (batch,).
    """
    rows, columns = camera.height // CELL_PX, camera.width // CELL_PX
    focal = camera.width / (2.0 * math.tan(math.radians(camera.fov_deg) / 2.0))
    depth = (place[:, 0] - camera.x_m).clamp(min=1e-3)
    across = camera.principal_x * camera.width - focal * (place[:, 1] - camera.y_m) / depth
    down = camera.principal_y * camera.height - focal * (place[:, 2] - camera.z_m) / depth
    column, row = (across / CELL_PX).floor(), (down / CELL_PX).floor()
    inside = (place[:, 0] > camera.x_m + 0.1) & (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    return torch.where(inside, row * columns + column, rows * columns).long()


class Gaze(nn.Module):
    """Looks for one thing in a picture: a softmax over its cells says where, and what is there is handed on.

    What is learnt at one place holds at all others; coordinates tell the places apart, as in `TeleEncoder`.

    Args:
        channels: Of the maps it looks at.
        rows: Of the maps.
        columns: Of the maps.
    """

    LENGTH = GAZE_CHANNELS + PLACES + 1

    def __init__(self, channels: int, rows: int, columns: int) -> None:
        super().__init__()
        self.mix = nn.Linear(channels + PLACES, GAZE_CHANNELS)
        self.score = nn.Linear(GAZE_CHANNELS, 1)
        self.nowhere = nn.Parameter(torch.zeros(1))
        self.register_buffer("place", cells_in_rows(places(rows, columns).unsqueeze(0))[0], persistent=False)
        self.place: Tensor

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Looks.

        Args:
            maps: (batch, channels, rows, columns).

        Returns:
            What it sees, where that is and how surely it is there, (batch, LENGTH); the scores, (batch, cells + 1).
        """
        cells = cells_in_rows(maps).float()
        place = self.place.expand(len(cells), -1, -1)
        cells = functional.relu(self.mix(torch.cat((cells, place), dim=2)))
        scores = torch.cat((self.score(cells).squeeze(2), self.nowhere.expand(len(cells), 1)), dim=1)
        share = scores.softmax(1)[:, :-1]
        there = share.sum(1, keepdim=True)
        seen = torch.bmm((share / (there + 1e-6)).unsqueeze(1), torch.cat((cells, place), dim=2)).squeeze(1)
        return torch.cat((seen, there), dim=1), scores


class GazeReadout(nn.Module):
    """Some numbers about one thing, read off the cell of each picture where it is.

    The scene vector is not read: it tells one town from another, so that what a lamp shows there would be learnt by
    heart. `place_loss` tells where to look.

    Args:
        config: Sizes; the network has a camera.
        count: Numbers said.
    """

    def __init__(self, config: NetworkConfig, count: int) -> None:
        super().__init__()
        channels = (config.channels[2], config.tele_channels[3])
        self.cameras = {camera.name: camera for camera in config.cameras}
        self.gazes = nn.ModuleDict(
            {
                camera.name: Gaze(depth, camera.height // CELL_PX, camera.width // CELL_PX)
                for camera, depth in zip(config.cameras, channels, strict=False)
            }
        )
        self.layers = hidden_layer(len(self.gazes) * Gaze.LENGTH, count, config)

    def forward(self, context: Context) -> Looked:
        """Looks at the maps of all pictures."""
        maps = (context.features.eighth, context.features.tele)
        looks = {name: gaze(maps[number]) for number, (name, gaze) in enumerate(self.gazes.items())}
        numbers = self.layers(torch.cat([seen for seen, _ in looks.values()], dim=1))
        return Looked(numbers, {name: scores for name, (_, scores) in looks.items()}, self.cameras)
