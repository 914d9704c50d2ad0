"""Scores of situations, worked out by hand."""

import numpy as np
import pytest

from drivesim.scenarios import ScoreConfig
from drivesim.scenarios.results import Outcome, family_scores, score_of


def test_speed_that_is_gone_at_the_impact_counts():
    config = ScoreConfig(type="speed_reduction", reference_m_s=10.0)
    score = score_of(config, np.zeros(4, bool), np.array([10.0, 4.0, 0.0, 12.0]), np.array([True, True, False, True]))
    np.testing.assert_allclose(score, [0.0, 0.6, 1.0, 0.0])
    assert score_of(ScoreConfig(), np.bool_(True), np.float64(3.0), np.bool_(False)) == 1.0


def test_families_add_up():
    def drive(family: str, score: float, collided: bool) -> Outcome:
        return Outcome(
            variant=0, scenario=family, family=family, title=family, success=not collided, end_reason="success",
            collided=collided, impact_speed_m_s=0.0, score=score, driving_score=100.0 * score, completion=1.0,
            duration_s=1.0, min_ttc_s=1.0,
        )  # fmt: skip

    rows = family_scores([drive("a", 1.0, False), drive("b", 0.25, True), drive("a", 0.5, True)])
    assert [(row.family, row.count, row.points, row.avoided) for row in rows] == [("a", 2, 1.5, 1), ("b", 1, 0.25, 0)]
    assert rows[0].share == pytest.approx(0.75)
