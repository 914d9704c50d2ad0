"""Scores of what an agent says it saw and planned, against the truth, summed over whole suites."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from agents.heads import Head, Truth, channels_of, default_heads
from agents.interface import Agent, Explanation, with_exact_twin, with_truth
from drivesim.config import CameraConfig, SensorConfig, cameras_of
from drivesim.envs.vector import DriveVectorEnv


def heads_of(agent: Any) -> tuple[Head, ...]:
    """The heads whose language an agent's explanations speak: its own attribute `heads`, else those that ship."""
    heads = getattr(agent, "heads", None)
    return default_heads() if heads is None else tuple(heads)


PERCEPTION_STEPS = 5
"""Perception is scored at every fifth step: frames 0.1 s apart tell hardly more than frames 0.5 s apart."""


def judged(agent: Agent, rig: Sequence[SensorConfig]) -> tuple[list[SensorConfig], "PerceptionScore"]:
    """A rig with the truth that an agent's explanations are held against, and the score of them.

    The truth is that of its first camera; where a sensor has faults, of a camera beside it that nothing is wrong with.
    """
    heads = heads_of(agent)
    if any(sensor.faults for sensor in rig):
        mounted, camera = with_exact_twin(rig, channels_of(heads))
    else:
        mounted = with_truth(rig, channels_of(heads))
        camera = next(iter(cameras_of(mounted)), None)
    return mounted, PerceptionScore(camera, heads)


class _Frame(NamedTuple):
    """What was said and what is true of one step; leading axis `world`."""

    said: Explanation
    truth: dict[str, np.ndarray]
    valid: np.ndarray
    """Worlds that count."""
    block: np.ndarray
    """Which part of all drives each world's belongs to."""
    drive: np.ndarray
    """How many drives each world has begun by then."""


def _then(frame: _Frame, name: str, drive: np.ndarray) -> np.ndarray:
    """A label's values at that frame; nan in worlds that no longer counted, or were in another than these drives."""
    values = frame.truth[name]
    counts = frame.valid & (frame.drive == drive)
    return np.where(counts.reshape(-1, *(1,) * (values.ndim - 1)), values, np.float32(np.nan))


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
        self._counts: dict[int, dict[tuple[str, int], np.ndarray]] = {}
        """Summed counts by block of drives, then by head and number of the metric in it."""
        self._waiting: dict[str, list[_Frame]] = {}
        """Latest frames by head, of heads whose labels reach ahead."""
        self._drive: np.ndarray | None = None

    def watch(
        self,
        agent: Agent,
        env: DriveVectorEnv,
        observation: Mapping[str, np.ndarray],
        running: np.ndarray,
        block: np.ndarray | None = None,
    ) -> None:
        """Scores what an agent said at this step of its drives, if it is one of those that are scored.

        Args:
            agent: Who has just acted.
            env: Where.
            observation: On what.
            running: Worlds that count, bool (world,).
            block: See `add`.
        """
        # Drives begin such that all are at such a step of theirs at once.
        tick = env.simulation.world.state.worlds.tick[running]
        if agent.explain is not None and tick[:1] % self.steps == 0:
            self.add(agent.explain(), observation, env.labels(), running, block)

    def begin(self, worlds: np.ndarray) -> None:
        """Other drives begin in some worlds, by index: frames before have no truth in them."""
        if self._drive is not None:
            self._drive[worlds] += 1

    def add(
        self,
        seen: Explanation,
        observation: Mapping[str, np.ndarray],
        labels: Mapping[str, np.ndarray],
        valid: np.ndarray,
        block: np.ndarray | None = None,
    ) -> None:
        """Adds one step; heads that need a channel which no sensor has are left out.

        Args:
            seen: The agent's explanation, leading axis `world`.
            observation: With the truth of the camera's channels that are explained.
            labels: What the environment's `labels()` returns.
            valid: Worlds that count, bool (world,).
            block: Which part of all drives each world's belongs to, int (world,), for `summary`; all to part 0 if None.
        """
        block = np.zeros(len(valid), np.int64) if block is None else block
        source = Truth(observation, labels, self.camera)
        if self._drive is None:
            self._drive = np.zeros(len(valid), np.int64)
        for head in self.heads:
            metrics = [(index, one) for index, one in enumerate(head.metrics) if all(key in seen for key in one.needs)]
            if not metrics or not all(label.is_offered(source) for label in head.labels):
                continue
            truth = {label.name: label.read(source) for label in head.labels}
            frame = self._ripe(head, _Frame(seen, truth, valid, block, self._drive))
            if frame is None:
                continue
            for number in np.unique(frame.block[frame.valid]).tolist():
                chosen, sums = frame.valid & (frame.block == number), self._counts.setdefault(number, {})
                said, truth = (
                    {name: np.asarray(values)[chosen] for name, values in part.items()}
                    for part in (frame.said, frame.truth)
                )
                for index, metric in metrics:
                    counts, key = metric.counts(said, truth), (head.name, index)
                    sums[key] = sums[key] + counts if key in sums else counts

    def _ripe(self, head: Head, frame: _Frame) -> _Frame | None:
        """The frame whose truth is complete with this one: itself, or an earlier one where labels reach ahead."""
        furthest = max((steps for label in head.labels for steps in label.ahead), default=0)
        if not furthest:
            return frame
        waiting = self._waiting.setdefault(head.name, [])
        # The environment's labels are views of its state, which drives on.
        said, truth, valid, block, drive = frame
        copied = {name: np.array(values) for name, values in truth.items()}
        waiting.append(_Frame(dict(said), copied, valid.copy(), block.copy(), drive.copy()))
        if len(waiting) <= furthest // self.steps:
            return None
        frames = tuple(waiting)
        complete = {
            label.name: np.stack(
                [_then(frames[steps // self.steps], label.name, frames[0].drive) for steps in (0, *label.ahead)],
                axis=1,
            )
            if label.ahead
            else frames[0].truth[label.name]
            for label in head.labels
        }
        return waiting.pop(0)._replace(truth=complete)

    def summary(self, block: int | None = None) -> dict[str, float]:
        """Every metric that had something to measure, by name, of all drives or of a part of them."""
        parts = self._counts.values() if block is None else [self._counts.get(block, {})]
        scores: dict[str, float] = {}
        for head in self.heads:
            for index, metric in enumerate(head.metrics):
                counts = [part[head.name, index] for part in parts if (head.name, index) in part]
                if counts:
                    scores |= dict(zip(metric.meanings, map(float, metric.values(np.sum(counts, axis=0))), strict=True))
        return {name: value for name, value in scores.items() if not math.isnan(value)}
