import pytest

from agents import recipe
from agents.recipe import TrainArgs, expert_share, learning_rate
from drivesim.errors import ConfigError


def test_the_learning_rate_rises_then_falls_to_a_hundredth():
    rates = [learning_rate(fraction, 1.0) for fraction in (0.02, recipe.WARM_UP, 0.5, 1.0)]
    assert rates == pytest.approx([0.5, 1.0, rates[2], 0.01])
    assert 0.4 < rates[2] < 0.6


def test_the_expert_hands_over_step_by_step():
    assert [expert_share(f, 0.2) for f in (0.0, recipe.EXPERT_ALONE, recipe.EXPERT_FADED, 1.0)] == pytest.approx(
        [1.0, 1.0, 0.2, 0.2]
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"env": "lan"}, "did you mean 'lane'"),
        ({"minutes": -1.0}, "minutes"),
        ({"minutes": 0.0}, "give a budget"),
        ({"dense_batch": 1000}, "dense_batch"),
        ({"flip": 2.0}, "flip"),
    ],
)
def test_impossible_arguments_are_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        TrainArgs(**changes)
