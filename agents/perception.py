"""Scores of what an agent says it saw and planned, against the truth, summed over whole suites."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.heads import Head, Metric, Truth, default_heads
from agents.interface import Explanation
from drivesim.config import CameraConfig


def heads_of(agent: Any) -> tuple[Head, ...]:
    """The heads whose language an agent's explanations speak: its own attribute `heads`, else those that ship."""
    heads = getattr(agent, "heads", None)
    return default_heads() if heads is None else tuple(heads)


class PerceptionScore:
    """Adds up an agent's `explain()` against the labels of the observations it explains.

    Args:
        camera: The camera whose pictures are explained; None where there is none.
        heads: What is scored; by default what ships.
    """

    def __init__(self, camera: CameraConfig | None, heads: Sequence[Head] | None = None) -> None:
        self.camera = camera
        self.heads = default_heads() if heads is None else tuple(heads)
        self._counts: dict[tuple[str, int], np.ndarray] = {}
        """Summed counts by head and number of the metric in it."""

    def add(
        self,
        seen: Explanation,
        observation: Mapping[str, np.ndarray],
        labels: Mapping[str, np.ndarray],
        valid: np.ndarray,
    ) -> None:
        """Adds one step; heads that need a channel which no sensor has are left out.

        Args:
            seen: The agent's explanation, leading axis `world`.
            observation: With the truth of the camera's channels that are explained.
            labels: What the environment's `labels()` returns.
            valid: Worlds that count, bool (world,).
        """
        source = Truth(observation, labels, self.camera)
        said = {name: np.asarray(values)[valid] for name, values in seen.items()}
        for head in self.heads:
            metrics = [(index, one) for index, one in enumerate(head.metrics) if all(key in said for key in one.needs)]
            if not metrics or not all(label.is_offered(source) for label in head.labels):
                continue
            truth = {label.name: label.read(source)[valid] for label in head.labels}
            for index, metric in metrics:
                counts, key = metric.counts(said, truth), (head.name, index)
                self._counts[key] = self._counts[key] + counts if key in self._counts else counts

    def summary(self) -> dict[str, float]:
        """Every metric that had something to measure, by name."""
        scores: dict[str, float] = {}
        for head in self.heads:
            for index, metric in enumerate(head.metrics):
                scores |= self._values(metric, (head.name, index))
        return {name: value for name, value in scores.items() if not math.isnan(value)}

    def _values(self, metric: Metric, key: tuple[str, int]) -> dict[str, float]:
        if key not in self._counts:
            return {}
        return dict(zip(metric.meanings, map(float, metric.values(self._counts[key])), strict=True))
