"""What came of situations: one outcome per variant, and scores per family."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drivesim.scenarios.schema import ScoreConfig, Variant


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one drive through one variant, beside how it ended."""

    title: str
    """Scenario and parameters."""
    scenario: str
    values: tuple[tuple[str, float | str], ...]
    """Parameters by name."""
    is_night: bool
    collided: bool
    impact_speed_m_s: float
    """Of the first impact, as far as the other party had not the same speed; 0 without one [m/s]."""
    score: float
    """In [0, 1], by the variant's `ScoreConfig`."""
    scored_by: str
    """Its `ScoreConfig.type`."""
    min_ttc_s: float | None
    """Least time to collision with a scripted road user ahead; None where nobody was [s]."""
    careful_collides: bool | None = None
    """Whether the careful driver of UN Regulation 157 hits something there; None where that was not asked."""


def score_of(
    config: ScoreConfig, success: np.ndarray | bool, impact_speed: np.ndarray | float, collided: np.ndarray | bool
) -> np.ndarray:
    """Scores in [0, 1] of drives by one rule.

    Args:
        config: The rule.
        success: Whether the situation ended well, bool.
        impact_speed: Speed of the first impact [m/s].
        collided: Whether there was one, bool.

    Returns:
        `success`: 1 or 0. `speed_reduction`: max(0, 1 - v_impact / v_reference), 1 without an impact.
    """
    if config.type == "success":
        return np.asarray(success, np.float64)
    reduced = np.maximum(0.0, 1.0 - np.asarray(impact_speed, np.float64) / config.reference_m_s)
    return np.where(collided, reduced, 1.0)


def scenario_info(variants: Sequence[Variant], state: Any) -> dict[str, np.ndarray]:
    """What situations add to `info`, each of shape (world,): scenario, variant, impact_speed, scenario_score."""
    numbers = state.conditions.variant
    scene, end = state.scenario, state.episode.end[:, 0]
    rows = [variants[number] for number in numbers]
    success = end == 1
    score = [
        float(score_of(row.score, success[k], scene.impact_speed[k], scene.has_impact[k])) for k, row in enumerate(rows)
    ]
    return {
        "scenario": np.array([row.title for row in rows], object),
        "variant": numbers.copy(),
        "impact_speed": scene.impact_speed.copy(),
        "scenario_score": np.array(score, np.float64),
    }
