"""Scores of what an agent says it saw and planned, against the truth, summed over whole suites."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from agents.heads import Head, Metric, Truth, default_heads
from agents.interface import Explanation
from drivesim.config import CameraConfig


def heads_of(agent: Any) -> tuple[Head, ...]:
    """The heads whose language an agent's explanations speak: its own attribute `heads`, else those that ship."""
    heads = getattr(agent, "heads", None)
    return default_heads() if heads is None else tuple(heads)


PERCEPTION_STEPS = 5
"""Perception is scored at every fifth step: frames 0.1 s apart tell hardly more than frames 0.5 s apart."""


class _Frame(NamedTuple):
    """What was said and what is true of one step; leading axis `world`."""

    said: Explanation
    truth: dict[str, np.ndarray]
    valid: np.ndarray
    """Worlds that count."""


def _then(frame: _Frame, name: str) -> np.ndarray:
    """A label's values at that frame; nan in worlds that no longer counted."""
    values = frame.truth[name]
    return np.where(frame.valid.reshape(-1, *(1,) * (values.ndim - 1)), values, np.float32(np.nan))


class PerceptionScore:
    """Adds up an agent's `explain()` against the labels of the observations it explains.

    Args:
        camera: The camera whose pictures are explained; None where there is none.
        heads: What is scored; by default what ships.
        steps: Control steps from one `add` to the next.
    """

    def __init__(
        self, camera: CameraConfig | None, heads: Sequence[Head] | None = None, *, steps: int = PERCEPTION_STEPS
    ) -> None:
        self.camera, self.steps = camera, steps
        self.heads = default_heads() if heads is None else tuple(heads)
        self._counts: dict[tuple[str, int], np.ndarray] = {}
        """Summed counts by head and number of the metric in it."""
        self._waiting: dict[str, list[_Frame]] = {}
        """Latest frames by head, of heads whose labels reach ahead."""

    def begin(self) -> None:
        """Other drives begin: frames that wait for truth ahead will never have it."""
        self._waiting = {}

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
        for head in self.heads:
            metrics = [(index, one) for index, one in enumerate(head.metrics) if all(key in seen for key in one.needs)]
            if not metrics or not all(label.is_offered(source) for label in head.labels):
                continue
            frame = self._ripe(head, seen, {label.name: label.read(source) for label in head.labels}, valid)
            if frame is None:
                continue
            said, truth = (
                {name: np.asarray(values)[frame.valid] for name, values in part.items()}
                for part in (frame.said, frame.truth)
            )
            for index, metric in metrics:
                counts, key = metric.counts(said, truth), (head.name, index)
                self._counts[key] = self._counts[key] + counts if key in self._counts else counts

    def _ripe(self, head: Head, said: Explanation, truth: dict[str, np.ndarray], valid: np.ndarray) -> _Frame | None:
        """The frame whose truth is complete with this one: itself, or an earlier one where labels reach ahead."""
        furthest = max((steps for label in head.labels for steps in label.ahead), default=0)
        if not furthest:
            return _Frame(said, truth, valid)
        waiting = self._waiting.setdefault(head.name, [])
        # The environment's labels are views of its state, which drives on.
        waiting.append(_Frame(dict(said), {name: np.array(values) for name, values in truth.items()}, valid.copy()))
        if len(waiting) <= furthest // self.steps:
            return None
        frames = tuple(waiting)
        complete = {
            label.name: np.stack(
                [_then(frames[steps // self.steps], label.name) for steps in (0, *label.ahead)], axis=1
            )
            if label.ahead
            else frames[0].truth[label.name]
            for label in head.labels
        }
        return waiting.pop(0)._replace(truth=complete)

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
