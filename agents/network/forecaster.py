"""Forecaster: which road users are seen, how they move, and where they may go, said cell by cell of every picture."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.config import NetworkConfig
from agents.network.encoder import cells_in_rows, places
from agents.network.gaze import CELL_PX, PLACES, cell_of
from agents.network.perception import SPEED_SCALE_M_S, Context
from drivesim.config import CameraConfig

MODE_COUNT = 4
"""Paths that a road user may take."""
POINT_COUNT, POINT_STEP_S = 6, 0.5
"""Points of a path, and the time between them [s]."""
MIDDLE_UP_M = 0.8
"""Height of the point of a road user whose cell speaks of it [m]."""
DEPTH_MIDDLE_M = 15.0
"""Depth at an output of zero [m]."""
PRESENCE_MIDDLE = -3.0
"""Logit of presence at an output of zero: most cells show nobody (Lin et al. 2017, arXiv:1708.02002)."""
VELOCITY_SCALE = 5.0
"""Velocity at an output of one [m/s]."""
CELL_CHANNELS = 64


class Cells(NamedTuple):
    """What the cells of one camera's picture say; ego frame, ahead and left."""

    logit: Tensor
    """Of the middle of a road user's being in the cell, (batch, cell)."""
    place: Tensor
    """Where it is, (batch, cell, 2) [m]."""
    velocity: Tensor
    """Over the ground, (batch, cell, 2) [m/s]."""
    paths: Tensor
    """How far it will have gone, 0.5 s apart, (batch, cell, mode, point, 2) [m]."""
    modes: Tensor
    """Logits of the paths, (batch, cell, mode)."""


class Forecast(NamedTuple):
    """What a `Forecaster` says."""

    cells: dict[str, Cells]
    """By camera."""
    cameras: Mapping[str, CameraConfig]
    """Those cameras, the first one first; a road user in several pictures is the last one's."""


def cells_of(cameras: Mapping[str, CameraConfig], place: Tensor) -> dict[str, Tensor]:
    """Which cell of which camera speaks of road users: of the pictures that show one the last.

    Args:
        cameras: By name.
        place: Where they are, (batch, slot, 2), ego frame [m].

    Returns:
        By camera the cell of each, int64 (batch, slot); the number of cells where that camera does not speak of it.
    """
    points = torch.cat((place, torch.full_like(place[..., :1], MIDDLE_UP_M)), dim=-1)
    taken = torch.zeros(place.shape[:2], dtype=torch.bool, device=place.device)
    found: dict[str, Tensor] = {}
    for name, camera in reversed(list(cameras.items())):
        nowhere = (camera.height // CELL_PX) * (camera.width // CELL_PX)
        cell = cell_of(camera, points.flatten(0, 1)).view(place.shape[:2])
        found[name] = cell.masked_fill(taken, nowhere)
        taken = taken | (cell < nowhere)
    return found


class CellReadout(nn.Module):
    """What the cells of one picture say, of its maps at 1/8 and the scene.

    Args:
        config: Sizes.
        camera: Whose picture it is.
        channels: Of its maps.
    """

    def __init__(self, config: NetworkConfig, camera: CameraConfig, channels: int) -> None:
        super().__init__()
        rows, columns = camera.height // CELL_PX, camera.width // CELL_PX
        self.local = nn.Conv2d(channels + PLACES, CELL_CHANNELS, 3, padding=1)
        self.around = nn.Linear(config.scene_length + 1, CELL_CHANNELS)
        self.hidden = nn.Linear(CELL_CHANNELS, CELL_CHANNELS)
        self.output = nn.Linear(CELL_CHANNELS, 5 + MODE_COUNT * (1 + 2 * POINT_COUNT))
        self.register_buffer("place", places(rows, columns), persistent=False)
        self.place: Tensor
        focal = camera.width / (2.0 * math.tan(math.radians(camera.fov_deg) / 2.0))
        self.ahead, self.cell_width = camera.x_m, CELL_PX / focal
        self.leftmost = (camera.principal_x * camera.width - 0.5 * CELL_PX) / focal

    def forward(self, maps: Tensor, scene: Tensor) -> Cells:
        """Reads maps (batch, channels, rows, columns) beside scene and speed (batch, scene_length + 1)."""
        count = len(maps)
        # In the maps' own precision, which costs a quarter of single precision; where cells lie is the same for all.
        weight, bias = self.local.parameters()
        near = functional.conv2d(maps, weight[:, :-PLACES].to(maps.dtype), padding=1)
        where = functional.conv2d(self.place.unsqueeze(0), weight[:, -PLACES:], bias, padding=1)
        x = cells_in_rows(near).float() + cells_in_rows(where) + self.around(scene).unsqueeze(1)
        said = self.output(functional.relu(self.hidden(functional.relu(x))))
        logit, depth, aside, velocity, modes, paths = said.split((1, 1, 1, 2, MODE_COUNT, said.shape[2] - 9), dim=2)
        depth = DEPTH_MIDDLE_M * depth.clamp(-3.0, 3.0).exp()
        columns = self.place.shape[2]
        column = torch.arange(said.shape[1], device=said.device) % columns
        left = depth * (self.leftmost - self.cell_width * (column.view(1, -1, 1) + aside))
        velocity = VELOCITY_SCALE * velocity
        times = POINT_STEP_S * torch.arange(1, POINT_COUNT + 1, dtype=torch.float32, device=said.device).view(-1, 1)
        change = paths.reshape(count, -1, MODE_COUNT, POINT_COUNT, 2)
        paths = (velocity.detach()[:, :, None, None] + change) * times
        return Cells(
            logit.squeeze(2) + PRESENCE_MIDDLE, torch.cat((depth + self.ahead, left), dim=2), velocity, paths, modes
        )


class Forecaster(nn.Module):
    """Forecasts as changes of "on at this velocity", of everyone whose middle lies in a cell of some picture."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        channels = (config.channels[2], config.tele_channels[3])
        self.cameras = {camera.name: camera for camera in config.cameras}
        readouts = {
            camera.name: CellReadout(config, camera, depth)
            for camera, depth in zip(config.cameras, channels, strict=False)
        }
        self.readouts = nn.ModuleDict(readouts)
        self.last_layers = tuple(readout.output for readout in readouts.values())
        """Those whose first weights are small."""

    def forward(self, context: Context) -> Forecast:
        """Looks at the maps of all pictures."""
        features = context.features
        speed = context.inputs["speed"].unsqueeze(1) / SPEED_SCALE_M_S
        scene = torch.cat((features.scene, speed), dim=1)
        maps = (features.eighth, features.tele)
        cells = {name: readout(maps[number], scene) for number, (name, readout) in enumerate(self.readouts.items())}
        return Forecast(cells, self.cameras)
