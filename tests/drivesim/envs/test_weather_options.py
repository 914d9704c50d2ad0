"""Weather through the environments: keyword, options of `reset`, and while driving."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401  # registers the environments
from drivesim.config import WEATHER_PRESETS, WeatherChangeConfig
from drivesim.errors import ConfigError

HOW = {"map_count": 1, "sensors": "none", "config": {"map": {"length_m": 200.0}}}


@pytest.fixture
def one():
    env = gym.make("drivesim/Lane-v0", **HOW).unwrapped
    yield env
    env.close()


@pytest.fixture
def three():
    env = gym.make_vec("drivesim/Lane-v0", num_envs=3, **HOW).unwrapped
    yield env
    env.close()


def daylight(env) -> list[float]:
    return [round(float(value), 3) for value in env.simulation.world.state.weather.daylight]


def test_an_environment_is_made_in_a_weather_by_keyword_or_config():
    for how in ({"weather": "ClearNight"}, {"config": {"weather": "ClearNight", "map": {"length_m": 200.0}}}):
        env: Any = gym.make("drivesim/Lane-v0", **{**HOW, **how}).unwrapped
        env.reset(seed=0)
        assert daylight(env) == [0.001]
        assert env.config.weather == (WEATHER_PRESETS["ClearNight"],)
        env.close()


def test_an_option_of_reset_gives_a_weather_that_lasts_until_it_is_given_back(one):
    one.reset(seed=0, options={"weather": "ClearNight"})
    one.reset()
    assert daylight(one) == [0.001]
    one.reset(options={"weather": {"cloudiness": 100.0}})
    assert daylight(one) == [0.25]
    one.reset(options={"weather": None})
    assert daylight(one) == [1.0]


def test_a_batch_takes_one_weather_for_all_or_one_for_each(three):
    three.reset(seed=0, options={"weather": "ClearNight"})
    assert daylight(three) == [0.001] * 3
    mask = np.array([True, True, False])
    three.reset(options={"weather": ["ClearNoon", None, "HardRainNoon"], "reset_mask": mask})
    assert daylight(three) == [1.0, 1.0, 0.001]


def test_the_weather_changes_in_the_middle_of_a_drive(one):
    one.reset(seed=0)
    one.step(np.zeros(2, np.float32))
    one.set_weather("FogNight")
    assert daylight(one) == [0.001]
    _, _, _, _, info = one.step(np.zeros(2, np.float32))
    assert np.isfinite(info["speed"])
    one.set_weather(WeatherChangeConfig(after=WEATHER_PRESETS["ClearNight"], duration_s=0.2))
    assert daylight(one) == [1.0]
    for _ in range(3):
        one.step(np.zeros(2, np.float32))
    assert daylight(one) == [0.001]


def test_worlds_that_begin_anew_by_themselves_keep_what_they_were_given(three):
    three.reset(seed=0, options={"weather": ["ClearNight", "ClearNoon", None]})
    three.simulation.world.state.episode.tick_limit[:] = 2
    for _ in range(4):
        three.step(np.zeros((3, 2), np.float32))
    assert three.simulation.world.state.worlds.episode.tolist() == [1, 1, 1]
    assert daylight(three) == [0.001, 1.0, 1.0]


@pytest.mark.parametrize(
    ("value", "words"),
    [("ClearNigth", "did you mean 'ClearNight'"), (["ClearNoon"], "expected one weather"), (7, "got 7")],
)
def test_a_wrong_weather_is_refused_and_nothing_changes(one, value, words):
    one.reset(seed=0)
    before = one.snapshot()
    with pytest.raises(ConfigError, match=words):
        one.reset(options={"weather": value})
    with pytest.raises(ConfigError, match=words):
        one.set_weather(value)
    after = one.snapshot()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_list_of_another_length_than_the_batch_is_refused(three):
    with pytest.raises(ConfigError, match="one weather or 3"):
        three.reset(seed=0, options={"weather": ["ClearNoon"] * 2})
