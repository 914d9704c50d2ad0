"""Fusion: the vectors of all sensors side by side, with what is missing taken out and its absence told."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from agents.network.config import NetworkConfig
from agents.network.senses import Returns, sense_of
from drivesim.config import CameraConfig, SensorConfig

AGE_UNIT_S = 0.2
AGE_MAX_S = 2.0


class Fusion(nn.Module):
    """Encodes the sensors that are no cameras, and joins them with the pictures' vectors.

    The vector of a sensor whose frame is not there is zero; beside the vectors stand, for every sensor, whether its
    frame is there and how old it is. So heads and planner can tell nothing seen from nothing to see. A network learns
    to do without a sensor by having had none in some frames of its training, see `data.without_some_sensors`.

    Args:
        config: Sizes.
        rig: The sensors, cameras first.
    """

    def __init__(self, config: NetworkConfig, rig: Sequence[SensorConfig]) -> None:
        super().__init__()
        self.names = tuple(sensor.name for sensor in rig)
        senses = [sensor for sensor in rig if not isinstance(sensor, CameraConfig)]
        self.encoders = nn.ModuleDict(
            {each.name: sense_of(each).encoder(each, config.sense, config.pictures_length) for each in senses}
        )

    def forward(
        self, pictures: Mapping[str, Tensor], inputs: Mapping[str, Tensor]
    ) -> tuple[Tensor, dict[str, Returns]]:
        """Joins.

        Args:
            pictures: Vectors by camera, (B, ...).
            inputs: `speed` (B,), `<sensor>.there` and `<sensor>.age` (B,) of every sensor, and what is recorded of the
                others.

        Returns:
            The scene, float32 (B, scene_length), and by name what came back to the sensors that measure distances,
            nothing valid where a frame is not there.
        """
        parted: dict[str, dict[str, Tensor]] = {name: {} for name in self.names}
        for key, values in inputs.items():
            name, dot, part = key.partition(".")
            if dot and part != "inspected":
                parted[name][part] = values
        there = {name: parted[name]["there"].float().unsqueeze(1) for name in self.names}
        vectors = {name: vector.float() * there[name] for name, vector in pictures.items()}
        nothing = inputs["speed"].new_zeros(len(inputs["speed"]), 0)
        context = torch.cat(tuple(vectors.values()), dim=1) if vectors else nothing
        returns: dict[str, Returns] = {}
        for name, encoder in self.encoders.items():
            vector, found = encoder(parted[name], context)
            vectors[name] = vector.float() * there[name]
            if found is not None:
                returns[name] = found._replace(valid=found.valid & (there[name] > 0.0))
        ages = [(parted[name]["age"].float() / AGE_UNIT_S).clamp(max=AGE_MAX_S / AGE_UNIT_S) for name in self.names]
        flags = torch.cat((*there.values(), torch.stack(ages, dim=1)), dim=1)
        return torch.cat((*(vectors[name] for name in self.names), flags), dim=1), returns
