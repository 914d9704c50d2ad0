"""The whole driver: encoder -> heads that perceive -> planner -> policy."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, autocast, nn

from agents.heads.contract import Head, labels_of
from agents.network.config import NetworkConfig
from agents.network.encoder import Encoder, Features, TeleEncoder
from agents.network.fusion import Fusion
from agents.network.inspection import FaultReadout
from agents.network.perception import Context, Decoder
from drivesim.config import SensorConfig, cameras_of
from drivesim.errors import ConfigError

OUTPUT_GAIN = 0.1
"""Scale of the last layers' first weights."""


class Prediction(NamedTuple):
    """Everything the network says about one batch."""

    features: Features
    """The encoder's maps and scene vector."""
    said: dict[str, Any]
    """What each head's module said, by the head's name; heads that speak of pixels only where they were asked."""

    @property
    def action(self) -> Tensor:
        """Steering and acceleration in [-1, 1], (batch, 2)."""
        return self.said["action"]


class DrivingNetwork(nn.Module):
    """Drives from its sensors, cameras each seen now and a little earlier, its own speed and the navigation command.

    It is never told the route's points, nor its last action: an imitator that sees its last action learns to repeat it
    (de Haan, Jayaraman, Levine 2019, arXiv:1905.11979).

    Args:
        config: Sizes.
        heads: What it says; each may read those before it. Those that speak of pixels need a camera.
        sensors: Its sensors, where they are not those of the config today: a checkpoint keeps the ones it learnt with.

    Raises:
        ConfigError: Heads or sensors do not fit together.
    """

    def __init__(
        self, config: NetworkConfig, heads: Sequence[Head], *, sensors: Sequence[SensorConfig] | None = None
    ) -> None:
        super().__init__()
        self.config = config
        self.sensors = config.rig if sensors is None else tuple(sensors)
        _check_sensors(self.sensors, config)
        self.cameras = cameras_of(self.sensors)
        self.declared = {head.name: head for head in heads}
        """The heads' declarations by name, in the order in which they speak."""
        self.labels = labels_of(heads)
        """What all heads learn from, by name."""
        _check_heads(heads, config)
        self.driving = self.needed_by("action")
        """Heads without which it cannot drive: `action`, and what that reads."""
        self.encoder = Encoder(config) if self.cameras else None
        self.tele_encoder = TeleEncoder(config) if len(self.cameras) > 1 else None
        self.fusion = Fusion(config, self.sensors) if config.is_fused else None
        self.decoder = Decoder(config) if any(head.dense for head in heads) else None
        self.heads = nn.ModuleDict({head.name: head.build(config, self.declared) for head in heads})
        kinds = {name for head in self.heads.values() if isinstance(head, FaultReadout) for name in head.layers}
        self.inspected = tuple(sensor for sensor in self.sensors if sensor.name in kinds)
        """Sensors whose windows it reads, of an `Inspector`."""
        self._initialise()

    def needed_by(self, *names: str) -> frozenset[str]:
        """Heads, what they read, what those read, and so on."""
        return frozenset(names).union(*(self.needed_by(*self.declared[name].reads) for name in names))

    def forward(
        self, inputs: Mapping[str, Tensor], *, dense: int = 0, heads: Collection[str] | None = None
    ) -> Prediction:
        """Perceives, plans and acts.

        Args:
            inputs: By name: for each camera its picture from `picture_tensor`, (batch, 4, H, W); `speed` (batch,)
                [m/s]; `command` (batch, 4); with more sensors than cameras what `Fusion.forward` takes; where faults
                are told, `<sensor>.inspected`, the windows of `Inspector.push`.
            dense: Frames, counted from the first, for which the heads that speak of pixels are asked too.
            heads: Names of the others that are asked, such as `driving`; all if None. See `complete`.
        """
        sees = heads is None or dense or any(getattr(self.heads[name], "sees", True) for name in heads)
        features = self._encode(inputs) if sees else _unseen(inputs)
        said = self.decode(features.first(dense)) if dense else {}
        return Prediction(features, self._asked(features, inputs, said, heads))

    def complete(self, prediction: Prediction, inputs: Mapping[str, Tensor]) -> dict[str, Any]:
        """What every head says, of a prediction for which only some were asked, and what it was made from."""
        features = prediction.features
        return self._asked(features, inputs, {**self.decode(features), **prediction.said}, None)

    def _asked(
        self, features: Features, inputs: Mapping[str, Tensor], said: dict[str, Any], heads: Collection[str] | None
    ) -> dict[str, Any]:
        """What was said, and what the wanted heads that do not speak of pixels say to it."""
        # Small and exact: metres and radians need more than bfloat16's eight bits.
        with autocast(features.scene.device.type, enabled=False):
            for name, head in self.declared.items():
                if not head.dense and name not in said and (heads is None or name in heads):
                    said[name] = self.heads[name](Context(features, inputs, said))
        return said

    def _encode(self, inputs: Mapping[str, Tensor]) -> Features:
        pictures: dict[str, Tensor] = {}
        features = _unseen(inputs)
        if self.encoder is not None:
            features = self.encoder(inputs[self.cameras[0].name])
            pictures[self.cameras[0].name] = features.scene
        if self.tele_encoder is not None:
            vector, maps = self.tele_encoder(inputs[self.cameras[1].name])
            pictures[self.cameras[1].name], features = vector, features._replace(tele=maps)
        if self.fusion is None:
            return features._replace(scene=torch.cat(tuple(pictures.values()), dim=1))
        scene, returns = self.fusion(pictures, inputs)
        return features._replace(scene=scene, returns=returns)

    def decode(self, features: Features) -> dict[str, Any]:
        """What the heads that speak of pixels say of pictures already encoded, by name."""
        if self.decoder is None:
            return {}
        context = Context(features._replace(decoded=self.decoder(features)), {}, {})
        return {name: self.heads[name](context) for name, head in self.declared.items() if head.dense}

    def spoken(self, prediction: Prediction) -> list[Head]:
        """The heads that said something."""
        return [head for name, head in self.declared.items() if name in prediction.said]

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
        for head in self.heads.values():
            layers = [module for module in head.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
            for layer in getattr(head, "last_layers", layers[-1:]):
                with torch.no_grad():
                    layer.weight.mul_(OUTPUT_GAIN)


def _unseen(inputs: Mapping[str, Tensor]) -> Features:
    """Features of a batch of which nothing is encoded."""
    nothing = inputs["speed"].new_zeros(len(inputs["speed"]), 0)
    return Features(nothing, nothing, nothing, nothing, nothing, {})


def _check_sensors(sensors: Sequence[SensorConfig], config: NetworkConfig) -> None:
    sizes, expected = ([(sensor.height, sensor.width) for sensor in cameras_of(each)] for each in (sensors, config.rig))
    if sizes != expected:
        raise ConfigError(f"sensors: this network looks at pictures of {expected}, got cameras of {sizes}")
    types, expected_types = ([sensor.type for sensor in each] for each in (sensors, config.rig))
    if types != expected_types:
        raise ConfigError(f"sensors: this network senses with {expected_types}, got {types}")


def _check_heads(heads: Sequence[Head], config: NetworkConfig) -> None:
    blind = [head.name for head in heads if head.dense and not config.has_camera]
    if blind:
        raise ConfigError(f"heads: {', '.join(blind)} speak of pixels, but this network has no camera")
    spoken: set[str] = set()
    for head in heads:
        if not head.name.isidentifier() or head.name in spoken:
            raise ConfigError(f"heads: expected different identifiers as names, got {head.name!r}")
        missing = [name for name in head.reads if name not in spoken]
        if missing:
            raise ConfigError(f"heads: {head.name!r} reads {', '.join(missing)}, which no head before it is called")
        spoken.add(head.name)
    if "action" not in spoken:
        raise ConfigError("heads: none is called 'action', so the network cannot drive")
