"""Scores of what an agent says it saw and planned, against the truth, summed over whole suites."""

import math
from collections.abc import Mapping

import numpy as np

from agents.interface import Explanation
from agents.losses.metrics import DEPTH_CAP_M, confusion_matrix, intersection_over_union, mean_iou
from agents.network.classes import GROUP_COUNT, GROUP_NAMES, group_of
from drivesim.config import CameraConfig

PRESENCE_THRESHOLD = 0.5


class _Mean:
    """A mean that grows with every batch."""

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def add(self, values: np.ndarray) -> None:
        self.total += float(values.sum(dtype=np.float64))
        self.count += values.size

    @property
    def value(self) -> float:
        return self.total / self.count if self.count else math.nan


class PerceptionScore:
    """Adds up an agent's `explain()` against the labels of the observations it explains.

    Args:
        camera: The camera whose semantics and depth are explained.
    """

    def __init__(self, camera: CameraConfig) -> None:
        self._semantic, self._depth = camera.key("semantic"), camera.key("depth")
        self.confusion = np.zeros((GROUP_COUNT, GROUP_COUNT), np.int64)
        self._means: dict[str, _Mean] = {}
        self._presence = np.zeros(3, np.int64)  # hits, false alarms, misses

    def add(
        self,
        seen: Explanation,
        observation: Mapping[str, np.ndarray],
        labels: Mapping[str, np.ndarray],
        valid: np.ndarray,
    ) -> None:
        """Adds one step.

        Args:
            seen: The agent's explanation, leading axis `world`.
            observation: Truth pictures under the camera's keys for `semantic` and `depth`.
            labels: The environment's labels.
            valid: Worlds that count, bool (world,).
        """
        if "semantic" in seen and self._semantic in observation:
            predicted = group_of(seen["semantic"][valid])
            truth = group_of(_subsample(observation[self._semantic][valid], predicted.shape))
            self.confusion += confusion_matrix(predicted, truth, GROUP_COUNT)
        if "depth" in seen and self._depth in observation:
            predicted = seen["depth"][valid]
            truth = _subsample(observation[self._depth][valid], predicted.shape)
            near = truth <= DEPTH_CAP_M
            self._add("depth_absrel", np.abs(predicted[near] - truth[near]) / truth[near])
        for name in ("lane_offset", "lane_heading", "lane_curvature", "target_speed"):
            said = seen.get(name)
            if said is not None:
                self._add(f"{name}_mae", np.abs(said[valid] - labels[name][valid]))
        if "waypoints" in seen:
            self._add("waypoint_ade_m", np.linalg.norm(seen["waypoints"][valid] - labels["waypoints"][valid], axis=-1))
        if "lead_present" in seen and "lead_distance" in seen and "lead_closing" in seen:
            said, is_there = seen["lead_present"][valid] > PRESENCE_THRESHOLD, labels["lead_present"][valid]
            self._presence += [(said & is_there).sum(), (said & ~is_there).sum(), (~said & is_there).sum()]
            truth = labels["lead_distance"][valid][is_there]
            error = np.abs(seen["lead_distance"][valid][is_there] - truth)
            self._add("lead_distance_relative_error", error / np.maximum(truth, 1.0))
            self._add("lead_distance_mae_m", error)
            closing = labels["lead_closing"][valid][is_there]
            self._add("lead_closing_mae_m_s", np.abs(seen["lead_closing"][valid][is_there] - closing))

    def summary(self) -> dict[str, float]:
        """Every metric that had something to measure, by name."""
        scores: dict[str, float] = {}
        if self.confusion.any():
            scores["semantic_miou"] = mean_iou(self.confusion)
            for name, value in zip(GROUP_NAMES, intersection_over_union(self.confusion), strict=True):
                if not math.isnan(value):
                    scores[f"iou_{name}"] = float(value)
        scores |= {name: mean.value for name, mean in self._means.items() if mean.count}
        hits, alarms, misses = self._presence
        if hits + alarms + misses:
            scores["lead_f1"] = float(2 * hits / (2 * hits + alarms + misses))
        return scores

    def _add(self, name: str, values: np.ndarray) -> None:
        self._means.setdefault(name, _Mean()).add(values)


def _subsample(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The picture (world, H, W) at every (H / h)-th row and (W / w)-th column: labels are never averaged."""
    step_y, step_x = picture.shape[1] // shape[1], picture.shape[2] // shape[2]
    return picture[:, ::step_y, ::step_x]
