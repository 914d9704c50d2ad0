"""The target: which returns of lidar and radar come from the vehicle ahead in the car's path, and their measures."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.network.config import NetworkConfig
from agents.network.perception import (
    CLOSING_SCALE,
    LEAD_MIDDLE_M,
    LEAD_NUMBERS,
    SPEED_SCALE_M_S,
    Context,
    LanePrediction,
    LeadPrediction,
    hidden_layer,
    lead_of,
)
from agents.network.senses import Returns, sense_of
from drivesim.config import CameraConfig, SensorConfig
from drivesim.state import CURVATURE_AHEAD_M, CURVATURE_COUNT
from drivesim.world.vehicle import LENGTH, REAR_OVERHANG

NOSE_M = LENGTH - REAR_OVERHANG
"""Front bumper of a driver's car ahead of its rear axle [m]."""
GAP_MIN_M = 0.5
PATH_M = 120
"""The path ahead is known so far [m]."""
PLACES = 5
"""Numbers that tell where a return lies from the path."""
ASIDE_SCALE_M = 2.0
HIDDEN = 32
"""Units that compare a return with the scene."""
ALONG_M, ASIDE_M, SPREAD = 0.5, 1.1, 0.02
"""A return comes from the target if it lies within these of the middle of its rear, along and aside, and within this
share of the distance more: azimuths are measured coarsely."""
TRUST = 2.0
"""Logarithm of how much more a measurement counts, to begin with, than what the scene says."""
COLUMNS = 4
"""Numbers read of each sensor's target."""


class Target(NamedTuple):
    """What the returns of one sensor tell about the vehicle ahead."""

    log_share: Tensor
    """Logarithm of how surely each return comes from it, and last, that none does; (batch, n + 1)."""
    place: Tensor
    """Of the returns, ahead and left of the rear axle, (batch, n, 2) [m]."""
    valid: Tensor
    """bool (batch, n)."""
    there: Tensor
    """How surely any comes from it, (batch,)."""
    log_distance: Tensor
    """Mean logarithm of the bumper gap [m] by its returns, (batch,)."""
    spread: Tensor
    """Standard deviation of that, (batch,)."""
    closing: Tensor | None
    """Mean speed at which they come nearer, (batch,) [m/s], of a sensor that measures it."""


def ranging(config: NetworkConfig) -> tuple[SensorConfig, ...]:
    """Those of a network's sensors that measure distances."""
    others = (sensor for sensor in config.rig if not isinstance(sensor, CameraConfig))
    return tuple(sensor for sensor in others if sense_of(sensor).returns)


def path_basis() -> np.ndarray:
    """How far left the path lies at 0, 1, ... `PATH_M` metres for a curvature of 1 / m at each distance of the label.

    The curvature is linear between those distances and constant beyond. float32 (PATH_M + 1, CURVATURE_COUNT).
    """
    along, step = np.linspace(0.0, PATH_M, 10 * PATH_M + 1, retstep=True)
    hats = np.stack([np.interp(along, CURVATURE_AHEAD_M, row) for row in np.eye(CURVATURE_COUNT)], axis=1)
    heading = (np.cumsum(hats, axis=0) - 0.5 * (hats + hats[:1])) * step
    left = (np.cumsum(heading, axis=0) - 0.5 * (heading + heading[:1])) * step
    return left[::10].astype(np.float32)


def aside_of(place: Tensor, lane: LanePrediction, basis: Tensor) -> Tensor:
    """How far left of the middle of the car's lane something lies, to second order in the lane's turning.

    Args:
        place: Ahead and left of the rear axle, (batch, n, 2) [m].
        lane: Of the car.
        basis: From `path_basis`.

    Returns:
        (batch, n) [m].
    """
    ahead, left = place.unbind(2)
    turned = basis[ahead.clamp(0.0, PATH_M).round().long()] @ lane.curvature.unsqueeze(2)
    return left + lane.offset.unsqueeze(1) + lane.heading.unsqueeze(1) * ahead - turned.squeeze(2)


def comes_from_lead(target: Target, place: Tensor, present: Tensor) -> Tensor:
    """Returns that come from the rear of the vehicle ahead.

    Args:
        target: Whose returns.
        place: Middle of its rear, ahead and left of the rear axle, (batch, 2) [m].
        present: Whether there is one, bool (batch,).

    Returns:
        bool (batch, n).
    """
    more = SPREAD * place[:, :1].abs()
    along, aside = (target.place - place.unsqueeze(1)).abs().unbind(2)
    return (along <= ALONG_M + more) & (aside <= ASIDE_M + more) & target.valid & present.unsqueeze(1)


class Search(nn.Module):
    """Finds the returns of one sensor that come from the vehicle ahead: a softmax over them and over there being none.

    Each is compared with the scene by a hidden layer (additive attention; Bahdanau et al. 2014, arXiv:1409.0473).

    Args:
        features: Columns of a return.
        scene: Length of what it is compared with.
    """

    def __init__(self, features: int, scene: int) -> None:
        super().__init__()
        self.item = nn.Linear(features + PLACES, HIDDEN)
        self.scene = nn.Linear(scene, HIDDEN)
        self.score = nn.Linear(HIDDEN, 1, bias=False)
        self.none = nn.Linear(scene, 1)

    def forward(self, returns: Returns, aside: Tensor, scene: Tensor) -> Target:
        """Looks.

        Args:
            returns: Of the sensor.
            aside: See `aside_of`.
            scene: (batch, scene).
        """
        ahead, left = returns.place.unbind(2)
        log_gap = torch.stack((ahead - NOSE_M, left), dim=2).norm(dim=2).clamp(min=GAP_MIN_M).log()
        far, near = log_gap - math.log(LEAD_MIDDLE_M), (aside / ASIDE_SCALE_M).clamp(-4.0, 4.0)
        where = torch.stack((near, near * near / 4.0, ahead / 50.0, left / 10.0, far), dim=2)
        items = self.item(torch.cat((returns.features.float(), where), dim=2))
        score = self.score(functional.relu(items + self.scene(scene).unsqueeze(1))).squeeze(2)
        score = score.masked_fill(~returns.valid, -torch.inf)
        log_share = torch.cat((score, self.none(scene)), dim=1).log_softmax(1)
        share = log_share[:, :-1].exp()
        there = share.sum(1)

        def mean(values: Tensor) -> Tensor:
            return (share * values).sum(1) / (there + 1e-6)

        middle = mean(log_gap)
        spread = (mean((log_gap - middle.unsqueeze(1)).square()) + 1e-6).sqrt()
        closing = None if returns.closing is None else mean(returns.closing)
        return Target(log_share, returns.place, returns.valid, there, middle, spread, closing)


class TargetReadout(nn.Module):
    """The vehicle ahead in the returns of every sensor that measures distances."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        scene = config.scene_length + 2 + CURVATURE_COUNT + 1
        searches = {sensor.name: Search(sense_of(sensor).returns, scene) for sensor in ranging(config)}
        self.last_layers = tuple(layer for search in searches.values() for layer in (search.score, search.none))
        self.searches = nn.ModuleDict(searches)
        self.register_buffer("basis", torch.from_numpy(path_basis()), persistent=False)
        self.basis: Tensor

    def forward(self, context: Context) -> dict[str, Target]:
        """Looks along the lane that was perceived; by sensor."""
        lane = LanePrediction(*(part.detach() for part in context.said["lane"]))
        speed = context.inputs["speed"].unsqueeze(1) / SPEED_SCALE_M_S
        scene = torch.cat((context.features.scene, lane.columns(), speed), dim=1)
        found = context.features.returns
        return {
            name: search(found[name], aside_of(found[name].place, lane, self.basis), scene)
            for name, search in self.searches.items()
        }


class MeasuredLeadReadout(nn.Module):
    """The lead vehicle from what sensors measured of it, and from the scene where that is all there is.

    Distance and closing speed are means of the scene's answer and those of the sensors (a mixture of experts; Jacobs et
    al. 1991), weighted by a softmax that reads how surely and how sharply each sensor has found its target: so what is
    measured arrives as exactly as it was.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        sensors = ranging(config)
        self.names = tuple(sensor.name for sensor in sensors)
        self.doppler = tuple(sensor.name for sensor in sensors if sense_of(sensor).doppler)
        read = config.scene_length + 1 + COLUMNS * len(self.names)
        self.layers = hidden_layer(read, LEAD_NUMBERS + len(self.names) + len(self.doppler), config)

    def forward(self, context: Context) -> LeadPrediction:
        """Weighs what is said and measured."""
        targets: Mapping[str, Target] = context.said["target"]
        speed = context.inputs["speed"].unsqueeze(1) / SPEED_SCALE_M_S
        measured = [_columns(targets[name]) for name in self.names]
        x = self.layers(torch.cat((context.features.scene, speed, *measured), dim=1))
        own = lead_of(x[:, :LEAD_NUMBERS])
        distance, closing = x[:, LEAD_NUMBERS:].split((len(self.names), len(self.doppler)), dim=1)
        return LeadPrediction(
            own.logit,
            _weighed(own.log_distance, distance, [targets[name] for name in self.names], "log_distance"),
            _weighed(own.closing, closing, [targets[name] for name in self.doppler], "closing"),
        )


def _columns(target: Target) -> Tensor:
    """What is read of a target, (batch, COLUMNS)."""
    closing = torch.zeros_like(target.there) if target.closing is None else target.closing / CLOSING_SCALE
    measured = torch.stack((target.log_distance - math.log(LEAD_MIDDLE_M), target.spread, closing), dim=1)
    there = target.there.unsqueeze(1)
    return torch.cat((there, there * measured), dim=1)


def _weighed(own: Tensor, gates: Tensor, targets: list[Target], quantity: str) -> Tensor:
    """Mean of what the scene says, (batch,), and of a quantity of the targets, by gates (batch, target)."""
    if not targets:
        return own
    trust = [gate + TRUST + (target.there + 1e-6).log() for gate, target in zip(gates.unbind(1), targets, strict=True)]
    weight = torch.stack((torch.zeros_like(own), *trust), dim=1).softmax(1)
    values = torch.stack((own, *(getattr(target, quantity) for target in targets)), dim=1)
    return (weight * values).sum(1)
