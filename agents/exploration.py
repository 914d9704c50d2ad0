"""Who drives while training data is collected, and what disturbs them."""

from collections.abc import Mapping

import numpy as np

SEGMENT_TICKS = (10, 60)
"""Shortest and longest time one driver keeps the wheel."""
BURST_CHANCE = 0.02
"""Chance per tick and world that a disturbance begins."""
BURST_TICKS = (4, 12)
BURST_LATERAL_M_S2 = 1.2
"""Standard deviation of the lateral acceleration a disturbance steers for [m/s^2]."""
BURST_PEDAL = 0.3
"""Standard deviation of what it adds to the acceleration action."""
WHEELBASE_OVER_LOCK_M = 2.6 / 0.5
"""Turns curvature [1/m] into a steering action, about; only the size of disturbances depends on it."""


class Exploration:
    """Per world: who has the wheel, and the disturbance at work.

    The expert or the learner drives for a segment, redrawn by chance (DAgger's mixture; Ross, Gordon, Bagnell 2011,
    arXiv:1011.0686). Short disturbances show what recovery looks like (Laskey et al. 2017, arXiv:1703.09327).
    """

    def __init__(self, worlds: int) -> None:
        self.expert = np.ones(worlds, np.bool_)
        """The expert has the wheel."""
        self.segment_left = np.zeros(worlds, np.int64)
        self.burst_left = np.zeros(worlds, np.int64)
        self.burst = np.zeros((worlds, 2), np.float32)
        """Lateral acceleration [m/s^2] and pedal of the current disturbance."""

    def action(
        self,
        rng: np.random.Generator,
        learner: np.ndarray,
        expert: np.ndarray,
        speed: np.ndarray,
        expert_share: float,
    ) -> np.ndarray:
        """The action to take, float32 (world, 2).

        Args:
            rng: Draws the same amount whatever happens.
            learner: The learner's action (world, 2).
            expert: The expert's action (world, 2).
            speed: Own speed (world,) [m/s].
            expert_share: Chance that a new segment goes to the expert.
        """
        worlds = len(self.expert)
        begins = self.segment_left <= 0
        self.expert = np.where(begins, rng.random(worlds) < expert_share, self.expert)
        self.segment_left = np.where(begins, rng.integers(*SEGMENT_TICKS, worlds), self.segment_left) - 1
        starts = (rng.random(worlds) < BURST_CHANCE) & (self.burst_left <= 0)
        fresh = rng.standard_normal((worlds, 2), np.float32) * np.array([BURST_LATERAL_M_S2, BURST_PEDAL], np.float32)
        self.burst = np.where(starts[:, None], fresh, self.burst)
        self.burst_left = np.where(starts, rng.integers(*BURST_TICKS, worlds), self.burst_left - 1)
        action = np.where(self.expert[:, None], expert, learner)
        steering = self.burst[:, 0] / np.maximum(speed, 5.0) ** 2 * WHEELBASE_OVER_LOCK_M
        disturbance = np.stack((steering, self.burst[:, 1]), axis=1)
        action = action + np.where((self.burst_left > 0)[:, None], disturbance, 0.0)
        return np.clip(action, -1.0, 1.0).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on from here."""
        return {
            "expert": self.expert,
            "segment_left": self.segment_left,
            "burst_left": self.burst_left,
            "burst": self.burst,
        }

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Goes on from a `state`."""
        self.expert, self.segment_left = state["expert"].copy(), state["segment_left"].copy()
        self.burst_left, self.burst = state["burst_left"].copy(), state["burst"].copy()
