"""Contracts every registered environment keeps, proved by the same tests."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import drivesim

SENSORS = [{"type": "camera", "name": "camera", "width": 32, "height": 24, "channels": ["rgb", "depth", "semantic"]}]
SMALL = {"map_count": 2, "sensors": SENSORS}


@pytest.fixture(params=sorted(drivesim.ENV_IDS))
def env_id(request):
    return request.param


@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
def test_gymnasiums_checker_finds_nothing_to_warn_of(env_id, action_type):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make(env_id, render_mode="rgb_array", action_type=action_type, **SMALL)
        check_env(env.unwrapped)
        env.close()


def test_observations_lie_in_their_space_until_the_end(env_id):
    env = gym.make(env_id, **SMALL)
    observation, _ = env.reset(seed=3)
    env.action_space.seed(3)
    for _ in range(60):
        assert observation in env.observation_space
        assert set(observation) == set(env.observation_space.spaces)
        observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            observation, _ = env.reset()
    env.close()


def test_a_returned_observation_is_never_written_again(env_id):
    env = gym.make(env_id, **SMALL)
    first, _ = env.reset(seed=0)
    kept = {name: values.copy() for name, values in first.items()}
    for _ in range(5):
        env.step(np.array([0.2, 0.5], np.float32))
    for name, values in first.items():
        np.testing.assert_array_equal(values, kept[name])
    env.close()


def test_rewards_are_the_sum_of_their_reported_terms(env_id):
    env = gym.make(env_id, **SMALL)
    env.reset(seed=1)
    for _ in range(20):
        _, reward, _, _, info = env.step(env.unwrapped.expert_action())
        terms = [value for name, value in info.items() if name.startswith("reward_")]
        assert len(terms) == 8
        assert reward == pytest.approx(sum(terms), abs=1e-5)
    env.close()


def test_info_names_what_happened_at_every_step_and_the_reason_at_the_end(env_id):
    env = gym.make(env_id, **SMALL)
    env.reset(seed=1)
    for _ in range(400):
        _, _, terminated, truncated, info = env.step(np.array([1.0, 1.0], np.float32))
        assert {"speed", "route_completion", "collision", "offroad", "red_light", "driving_score"} <= set(info)
        if terminated or truncated:
            break
    assert terminated
    assert info["success"] is False
    assert info["end_reason"] in ("off_road", "collision", "wrong_way")
    env.close()


def test_rendering_changes_no_observation(env_id):
    seen = []
    for mode in (None, "rgb_array"):
        env = gym.make(env_id, render_mode=mode, **SMALL)
        observation, _ = env.reset(seed=5)
        for _ in range(3):
            picture = env.render() if mode else None
            observation, *_ = env.step(np.array([0.0, 0.5], np.float32))
        seen.append(observation)
        assert picture is None or (picture.dtype == np.uint8 and picture.ndim == 3)
        env.close()
    for name in seen[0]:
        np.testing.assert_array_equal(seen[0][name], seen[1][name])


def test_a_discrete_action_moves_one_lane_and_keeps_the_speed_asked_for():
    env = gym.make("drivesim/Highway-v0", action_type="discrete", config={"traffic": {"car_count": 0}}, **SMALL)
    assert env.action_space.n == 5
    env.reset(seed=0)
    state = env.unwrapped.simulation.world.state
    before = float(state.held.speed[0, 0])
    for _ in range(3):
        env.step(3)
    assert float(state.held.speed[0, 0]) > before
    env.close()


def test_the_command_and_limit_reach_the_observation(env_id):
    env = gym.make(env_id, **SMALL)
    observation, _ = env.reset(seed=2)
    state, bank = env.unwrapped.simulation.world.state, env.unwrapped.simulation.bank
    limit = bank.arrays.lanes.speed_limit[state.actors.lane[0, 0]]
    assert observation["ego"][7] == pytest.approx(limit / 10.0)
    assert observation["command"][2] == pytest.approx(limit / 10.0, rel=0.02)
    np.testing.assert_allclose(np.hypot(*np.diff(observation["route"], axis=0).T), 5.0, atol=0.3)
    env.close()


def test_a_camera_that_a_car_cannot_carry_is_refused_by_name():
    with pytest.raises(ValueError, match=r"width: expected an integer in .4, 4096., got 0"):
        gym.make("drivesim/Lane-v0", sensors=[{"width": 0}])
    with pytest.raises(ValueError, match=r"unknown key 'widht'; did you mean 'width'"):
        gym.make("drivesim/Lane-v0", sensors=[{"widht": 64}])
    with pytest.raises(ValueError, match=r"unknown value 'fornt'; did you mean 'front'"):
        gym.make("drivesim/Lane-v0", sensors="fornt")
    with pytest.raises(ValueError, match=r"unknown argument 'sensor'; did you mean 'sensors'"):
        gym.make("drivesim/Lane-v0", sensor="front")
    with pytest.raises(ValueError, match=r"unknown value 'highwy'; did you mean 'highway'"):
        gym.make("drivesim/Lane-v0", config="highwy")
    with pytest.raises(gym.error.Error, match="Lane"):
        gym.make("drivesim/Lan-v0")


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (np.array([np.nan, 0.0], np.float32), "finite"),
        (np.array([0.0, np.inf], np.float32), "finite"),
        (np.zeros(3, np.float32), r"shape"),
    ],
)
def test_an_action_that_means_nothing_is_refused(action, message):
    env = gym.make("drivesim/Lane-v0", **SMALL).unwrapped
    env.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        env.step(action)
    env.close()
