"""The whole driver: encoder -> perception -> planner -> policy."""

from typing import NamedTuple

import torch
from torch import Tensor, autocast, nn

from agents.network.config import NetworkConfig
from agents.network.encoder import Encoder, Features, TeleEncoder
from agents.network.perception import DenseHead, DensePrediction, LaneHead, LanePrediction, LeadHead, LeadPrediction
from agents.network.planner import Plan, Planner
from agents.network.policy import track

OUTPUT_GAIN = 0.1
"""Scale of the last layers' first weights."""


class Prediction(NamedTuple):
    """Everything the network says about one batch."""

    features: Features
    """The encoder's maps and scene vector."""
    lane: LanePrediction
    lead: LeadPrediction
    plan: Plan
    action: Tensor
    """Steering and acceleration in [-1, 1], (batch, 2)."""
    dense: DensePrediction | None
    """Semantics and depth, where they were asked for."""


class DrivingNetwork(nn.Module):
    """Drives from one camera or two, each seen now and a little earlier, its own speed and the navigation command.

    It is never told the route's points, nor its last action: an imitator that sees its last action learns to repeat it
    (de Haan, Jayaraman, Levine 2019, arXiv:1905.11979).
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.tele_encoder = TeleEncoder(config) if config.tele_width else None
        self.dense_head = DenseHead(config)
        self.lane_head = LaneHead(config)
        self.lead_head = LeadHead(config)
        self.planner = Planner(config)
        self._initialise()

    def forward(
        self, picture: Tensor, tele: Tensor | None, speed: Tensor, command: Tensor, *, dense: int = 0
    ) -> Prediction:
        """Perceives, plans and acts.

        Args:
            picture: From `picture_tensor`, (batch, 4, H, W).
            tele: The telephoto picture, likewise (batch, 4, h, w); None for a network without such a camera.
            speed: Own speed (batch,) [m/s].
            command: The `command` observation (batch, 4).
            dense: Frames, counted from the first, whose semantics and depth are decoded too.
        """
        features = self.encoder(picture)
        if self.tele_encoder is not None and tele is not None:
            features = features._replace(scene=torch.cat((features.scene, self.tele_encoder(tele)), dim=1))
        decoded = self.decode(Features(*(part[:dense] for part in features))) if dense else None
        # Small and exact: metres and radians need more than bfloat16's eight bits.
        with autocast(picture.device.type, enabled=False):
            lane = self.lane_head(features.scene)
            lead = self.lead_head(features.scene, speed)
            plan = self.planner(features.scene, lane, lead, speed, command)
            action = track(plan.waypoints, plan.target_speed, speed, self.config.vehicle)
        return Prediction(features, lane, lead, plan, action, decoded)

    def _initialise(self) -> None:
        """He's initialisation (He et al. 2015, arXiv:1502.01852), with outputs that begin near zero.

        PyTorch's own halves the signal with every layer; small networks then take twice the time to learn.
        """
        if next(self.parameters()).is_meta:
            return  # Only shapes are asked for; drawing "meta" numbers would load torch's compiler for seconds.
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for head in (self.lane_head, self.lead_head, self.planner):
            _shrink(head.layers[-1])
        _shrink(self.dense_head.output)

    def decode(self, features: Features) -> DensePrediction:
        """Semantics and depth of pictures already encoded."""
        return self.dense_head(features)


def _shrink(layer: nn.Module) -> None:
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    with torch.no_grad():
        layer.weight.mul_(OUTPUT_GAIN)
