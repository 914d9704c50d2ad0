"""The part of the network that tells the faults of every sensor."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from agents.network.config import NetworkConfig
from agents.network.inspection.statistics import DELIVERY_STATISTICS, statistics_of
from agents.network.perception import Context, hidden_layer
from drivesim.config import SensorConfig

SUMMARIES = 4
"""Numbers that a window is summed up in, each also as its logarithm."""
LEAST, LARGEST = 1e-3, 8.0
"""Logarithms begin at the former, and numbers end at the latter."""


class FaultReadout(nn.Module):
    """Logits of every fault of every sensor, from what was measured of that sensor's frames in the last second.

    Whether a frame is late or lost shows in its own age and in those before; what a sensor delivers must change as the
    car moves; and a lens is dirty where others are clean. Driving neither helps nor pays: nothing is read of it.

    Args:
        config: Sizes, and the sensors.
        kinds: Names of faults by name of the sensor.
    """

    sees = False
    """It needs no features; a network that is asked for nothing else encodes no frame."""

    def __init__(self, config: NetworkConfig, kinds: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        rig = {sensor.name: sensor for sensor in config.rig}
        self.layers = nn.ModuleDict(
            {name: hidden_layer(summary_length(rig[name]), len(names), config) for name, names in kinds.items()}
        )

    def forward(self, context: Context) -> dict[str, Tensor]:
        """(batch, fault) by sensor."""
        return {
            name: layers(window_summary(context.inputs[f"{name}.inspected"])) for name, layers in self.layers.items()
        }


def summary_length(sensor: SensorConfig) -> int:
    """Numbers of `window_summary`."""
    return 2 * SUMMARIES * (len(DELIVERY_STATISTICS) + len(statistics_of(sensor).names))


def window_summary(window: Tensor) -> Tensor:
    """Sums up windows: their latest numbers, mean, deviation and mean change from tick to tick, and logarithms of all.

    Args:
        window: (batch, tick, number), the latest tick first.

    Returns:
        (batch, 8 x number).
    """
    mean = window.mean(dim=1)
    deviation = (window - mean.unsqueeze(1)).square().mean(dim=1).sqrt()
    change = window.diff(dim=1).abs().mean(dim=1)
    summary = torch.cat((window[:, 0], mean, deviation, change), dim=1)
    return torch.cat((summary, 0.5 * (summary.abs() + LEAST).log()), dim=1).clamp(-LARGEST, LARGEST)
