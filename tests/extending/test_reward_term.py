"""A reward term from outside the packages: it is part of the reward and of `info`."""

import numpy as np
import pytest

from drivesim.envs import DriveVectorEnv
from drivesim.errors import ConfigError
from drivesim.extensions import Extensions, ExtraTerm, StepView


def keeps_right(step: StepView) -> np.ndarray:
    return -step.state.labels.lane_offset


TERM = ExtraTerm(name="keeps_right", function=keeps_right, weight=3.0)


def test_it_adds_to_the_reward_and_is_reported_under_its_name():
    env = DriveVectorEnv(num_envs=3, map_count=1, sensors="none", extensions=Extensions(terms=(TERM,)))
    plain = DriveVectorEnv(num_envs=3, map_count=1, sensors="none")
    env.reset(seed=0), plain.reset(seed=0)
    for _ in range(20):
        action = np.tile(np.float32([-0.01, 0.1]), (3, 1))
        _, reward, _, _, info = env.step(action)
        _, without, _, _, unaware = plain.step(action)
        offset = env.labels()["lane_offset"]
        assert info["reward_keeps_right"] == pytest.approx(-3.0 * offset)
        assert reward == pytest.approx(without - 3.0 * offset, abs=1e-5)
    assert "reward_keeps_right" not in unaware
    assert np.abs(offset).max() > 0.05


@pytest.mark.parametrize("name", ["progress", "two words", ""])
def test_a_taken_or_unusable_name_is_refused(name):
    with pytest.raises(ConfigError, match=r"Extensions.terms: expected a new identifier as name, got"):
        Extensions(terms=(ExtraTerm(name=name, function=keeps_right),))
