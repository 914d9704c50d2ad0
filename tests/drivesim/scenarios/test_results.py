"""Scores of situations, worked out by hand."""

import numpy as np

from drivesim.scenarios import ScoreConfig
from drivesim.scenarios.results import score_of


def test_speed_that_is_gone_at_the_impact_counts():
    config = ScoreConfig(type="speed_reduction", reference_m_s=10.0)
    score = score_of(config, np.zeros(4, bool), np.array([10.0, 4.0, 0.0, 12.0]), np.array([True, True, False, True]))
    np.testing.assert_allclose(score, [0.0, 0.6, 1.0, 0.0])
    assert score_of(ScoreConfig(), np.bool_(True), np.float64(3.0), np.bool_(False)) == 1.0
