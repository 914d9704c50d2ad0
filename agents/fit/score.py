"""What a network sees of a data set, against its labels: the heads' metrics, squared errors, accuracy, confusion."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.data import FrameBatch, network_inputs
from agents.fit.frames import HISTORY_TICKS, Frames, batches_of, cut_camera, history_of
from agents.heads.contract import Head
from agents.heads.metrics import mean, sum_and_size
from agents.network import DrivingNetwork, Prediction
from agents.network.device import choose_device, choose_dtype, mixed_precision
from drivesim.errors import ConfigError
from drivesim.export.read import DataSet, Place

BATCH = 32
_WHERE = {"lead_distance": "lead_present", "lead_closing": "lead_present"}
"""Numbers that mean something only where another is true."""


def heads_with_labels(network: DrivingNetwork, labels: Mapping[str, Any]) -> list[Head]:
    """The heads whose labels are all there."""
    declared = network.declared.values()
    return [head for head in declared if head.labels and all(label.name in labels for label in head.labels)]


def losses_of(network: DrivingNetwork, prediction: Prediction, batch: FrameBatch) -> dict[str, Tensor]:
    """Losses of the heads that a batch has labels of, unweighted, by name."""
    return {
        loss.name: loss.function(prediction.said[head.name], batch.labels)
        for head in heads_with_labels(network, batch.labels)
        for loss in head.losses
    }


class Score:
    """Adds up what a network says of batches."""

    def __init__(self, network: DrivingNetwork) -> None:
        self.network = network
        self._counts: dict[tuple[str, int], np.ndarray] = {}
        self._squares: dict[str, np.ndarray] = {}
        self._losses: dict[str, np.ndarray] = {}
        self.confusion: np.ndarray | None = None
        """Pixels by class of the label (row) and of the network (column); None where there are no classes."""

    def add(self, prediction: Prediction, batch: FrameBatch) -> None:
        """Adds a batch of which every head was asked."""
        truth = {name: values.cpu().numpy() for name, values in batch.labels.items()}
        size = len(batch.inputs["speed"])
        for name, value in losses_of(self.network, prediction, batch).items():
            self._sum(self._losses, name, np.array([float(value) * size, size]))
        for head in heads_with_labels(self.network, batch.labels):
            said = head.explain(prediction.said[head.name])
            for number, metric in enumerate(head.metrics):
                counts = metric.counts(said, truth)
                self._sum(self._counts, (head.name, number), counts)
                if head.name == "semantic" and counts.ndim == 2:
                    self.confusion = self._counts[head.name, number]
            for label in head.labels:
                values = said.get(label.name)
                if label.is_picture or label.unit == "bool" or values is None:
                    continue
                there = truth[_WHERE[label.name]] if label.name in _WHERE else slice(None)
                squares = (values[there].astype(np.float64) - truth[label.name][there]) ** 2
                self._sum(self._squares, label.name, sum_and_size(squares))

    def summary(self, weights: Mapping[str, float] | None = None) -> dict[str, float]:
        """Everything that was measured, by name: `loss/...`, `mse/...`, `accuracy` and the heads' metrics."""
        values = {f"loss/{name}": mean(sums) for name, sums in self._losses.items()}
        if weights is not None:
            values["loss/total"] = math.fsum(weights[name] * mean(sums) for name, sums in self._losses.items())
        if self.confusion is not None and self.confusion.sum():
            values["accuracy"] = float(np.trace(self.confusion) / self.confusion.sum())
        values |= {f"mse/{name}": mean(sums) for name, sums in self._squares.items()}
        for head in self.network.declared.values():
            for number, metric in enumerate(head.metrics):
                if (head.name, number) in self._counts:
                    counts = self._counts[head.name, number]
                    values |= zip(metric.meanings, map(float, metric.values(counts)), strict=True)
        return {name: value for name, value in values.items() if not math.isnan(value)}

    @staticmethod
    def _sum(sums: dict[Any, np.ndarray], key: Any, counts: np.ndarray) -> None:
        sums[key] = sums[key] + counts if key in sums else counts


def score_frames(
    network: DrivingNetwork, frames: Frames, places: Sequence[Place], *, batch: int = BATCH, dtype: torch.dtype,
    on_batch: Callable[[int], None] | None = None,
) -> Score:  # fmt: skip
    """What a network says of frames.

    Args:
        network: Which; it is asked as it is.
        frames: Where the frames are read.
        places: Which frames.
        batch: Frames at a time.
        dtype: Floating type of the pictures.
        on_batch: Called with the size of every batch.
    """
    score, device = Score(network), next(network.parameters()).device
    training = network.training
    network.eval()
    with torch.no_grad(), mixed_precision(device, dtype):
        for part in frames.stream(batches_of(places, batch)):
            part = part.to(device)
            size = len(part.inputs["speed"])
            score.add(network(network_inputs(part, dtype), dense=size), part)
            if on_batch is not None:
                on_batch(size)
    network.train(training)
    return score


def evaluate_network(
    network: DrivingNetwork, data: str | Path | DataSet, *, device: str = "auto", precision: str = "auto",
    drives: Sequence[int] | None = None, on_batch: Callable[[int], None] | None = None,
) -> Score:  # fmt: skip
    """Scores a network on a data set, through the middle of its pictures where they are larger.

    Args:
        network: A network with one camera and nothing else.
        data: The data set, or its folder.
        device: Where it runs.
        precision: auto, bf16 or fp32.
        drives: Numbers of the drives; all if None.
        on_batch: Called with the size of every batch.

    Raises:
        ConfigError: The network has other senses, or larger pictures.
    """
    source = data if isinstance(data, DataSet) else DataSet(data)
    if network.fusion is not None or len(network.cameras) != 1:
        raise ConfigError("agent: expected a network with one camera and no other sensor; data sets are read for those")
    own = network.cameras[0]
    cut = cut_camera(source.camera, own.height, own.width)
    ticks = network.config.history_ticks or HISTORY_TICKS
    history = max(round(ticks / source.key_ticks), 1) if source.key_ticks <= ticks else history_of(source)[0]
    where = choose_device(device)
    frames = Frames(source, _renamed(cut, own.name), history, network.labels)
    return score_frames(
        network.to(where), frames, source.places(drives), dtype=choose_dtype(precision, where), on_batch=on_batch
    )


def _renamed(camera: Any, name: str) -> Any:
    from drivesim.config import replace

    return replace(camera, name=name)
