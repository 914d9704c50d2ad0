"""`drivesim/Scenario-v0` behaves like every other environment."""

import gymnasium as gym
import numpy as np
import pytest

import drivesim
from drivesim.errors import ConfigError
from drivesim.scenarios import load_suite


def test_a_suite_is_made_by_name_and_a_variant_chosen():
    assert drivesim.__version__
    env = gym.make("drivesim/Scenario-v0", suite="ncap_aeb_2023", sensors="none")
    _, info = env.reset(seed=1, options={"variant": 4})
    title = load_suite("ncap_aeb_2023").variants[4].title
    assert info["variant"] == 4 and info["scenario"] == title
    done = False
    while not done:
        _, _, terminated, truncated, info = env.step(np.zeros(2, np.float32))
        done = terminated or truncated
    assert info["end_reason"] == "collision"
    assert info["impact_speed"] == pytest.approx(10 / 3.6, rel=1e-3)
    assert info["scenario_score"] == pytest.approx(0.0, abs=1e-3)
    _, info = env.reset(seed=3)
    again = env.reset(seed=3)[1]
    assert info["variant"] == again["variant"], "drawn by the seed"
    env.close()


def test_a_batch_holds_different_situations_and_goes_on_by_itself():
    env = gym.make_vec("drivesim/Scenario-v0", num_envs=4, suite="r157_alks", sensors="none")
    _, info = env.reset(seed=0, options={"variant": np.array([0, 30, 300, 500])})
    assert info["variant"].tolist() == [0, 30, 300, 500]
    ended = np.zeros(4, bool)
    for _ in range(320):
        _, _, terminated, truncated, info = env.step(env.unwrapped.expert_action())
        ended |= terminated | truncated
    assert ended.all() and (info["scenario_score"] <= 1.0).all()
    env.close()


def test_wrong_arguments_are_named():
    with pytest.raises(ConfigError, match="expected the name of a suite or a scenario file"):
        gym.make("drivesim/Scenario-v0")
    with pytest.raises(ConfigError, match="did you mean 'r157_alks'"):
        gym.make("drivesim/Scenario-v0", suite="r157_alk")
    with pytest.raises(ConfigError, match="situations bring their maps"):
        gym.make("drivesim/Scenario-v0", suite="r157_alks", map_count=3)
    env = gym.make("drivesim/Scenario-v0", suite="r157_alks", sensors="none")
    with pytest.raises(ConfigError, match="variants: expected numbers from -1 to 500"):
        env.reset(options={"variant": 501})
