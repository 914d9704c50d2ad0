"""The driver that knows everything: the traffic's own driver model on the ego's route."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.interface import DEFAULT_SENSORS, Explanation
from drivesim.errors import ConfigError


class ExpertAgent:
    """Drives by the labels the world computes for every observation."""

    sensors = DEFAULT_SENSORS

    def __init__(self) -> None:
        self._explanation: Explanation = {}

    def reset(self, env_count: int, mask: np.ndarray | None = None) -> None:
        """Nothing to forget: the driver model's memory is part of the world's state."""

    def act(self, observation: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> np.ndarray:
        """The expert's action; needs `info` from `info_with_labels`."""
        if "labels" not in info:
            raise ConfigError("expert: info has no 'labels'; pass agents.interface.info_with_labels(env, info)")
        labels = info["labels"]
        self._explanation = {
            "waypoints": labels["waypoints"].copy(),
            "target_speed": labels["target_speed"].copy(),
            "lane_offset": labels["lane_offset"].copy(),
            "lane_heading": labels["lane_heading"].copy(),
            "lane_curvature": labels["lane_curvature"].copy(),
            "lead_present": labels["lead_present"].astype(np.float32),
            "lead_distance": labels["lead_distance"].copy(),
            "lead_closing": labels["lead_closing"].copy(),
        }
        return labels["expert_action"].copy()

    def explain(self) -> Explanation:
        """The plan and the truth behind the last action."""
        return self._explanation
