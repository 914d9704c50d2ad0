"""The runner drives every variant of a set and says what came of it."""

import numpy as np

from agents.expert import ExpertAgent
from agents.situations import drive_situations
from drivesim.scenarios import load_suite
from drivesim.scenarios.results import family_scores


def test_the_expert_avoids_what_a_car_that_rolls_on_hits():
    scenarios = load_suite("ncap_aeb_2023").only("CCRb", "CPTA")

    class Rolling(ExpertAgent):
        def act(self, observation, info):
            return super().act(observation, info) * np.float32([1.0, 0.0])

    good = drive_situations(ExpertAgent(), scenarios, sensors=(), worlds=5)
    bad = drive_situations(Rolling(), scenarios, sensors=(), worlds=12)
    assert [outcome.title for outcome in good] == [variant.title for variant in scenarios.variants]
    assert [row.share for row in family_scores(good)] == [1.0, 1.0]
    assert all(outcome.collided for outcome in bad)
    assert max(row.share for row in family_scores(bad)) < 0.1
    assert min(outcome.min_ttc_s for outcome in bad if outcome.family == "CCRb") < 0.2
