"""`LiveDriver`: the driver of a training that goes on; it takes up new weights between two steps."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from agents.interface import Explanation
from agents.learned import LearnedAgent

LOG = logging.getLogger(__name__)


class LiveDriver:
    """Drives with the newest weights.

    Args:
        first: What it drives with at first; later weights must look through the same cameras.
        newer: Returns newer weights as a driver, once each, or None.
    """

    def __init__(self, first: LearnedAgent, newer: Callable[[], LearnedAgent | None]) -> None:
        self._driver, self._newer = first, newer
        self.sensors = first.sensors
        self.taken = 0
        """Newer weights taken up so far."""

    def reset(self, env_count: int, mask: np.ndarray | None = None) -> None:
        """Forgets the earlier pictures of the worlds in `mask`, of all if None."""
        self._driver.reset(env_count, mask)

    def act(self, observation: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> np.ndarray:
        """Steering and acceleration, float32 (world, 2), of the newest weights that fit."""
        newer = self._newer()
        if newer is not None:
            self._take(newer)
        return self._driver.act(observation, info)

    def explain(self) -> Explanation:
        """What the network saw and planned at the last `act`."""
        return self._driver.explain()

    def _take(self, newer: LearnedAgent) -> None:
        if newer.sensors != self.sensors:
            LOG.warning("left out weights of a network that looks through other cameras")
            return
        # It goes on with what its predecessor remembers of the last pictures.
        newer.load_state(self._driver.state())
        self._driver = newer
        self.taken += 1
