import gymnasium as gym
import pytest

import drivesim  # noqa: F401  # registers the environments

QUICK = {"map_count": 1, "sensors": "none"}


@pytest.mark.parametrize("rate_hz", [5, 20])
def test_an_environment_plays_at_its_control_rate(rate_hz):
    one = gym.make("drivesim/Lane-v0", config={"control_rate_hz": rate_hz}, disable_env_checker=True, **QUICK)
    batch = gym.make_vec("drivesim/Lane-v0", num_envs=2, config={"control_rate_hz": rate_hz}, **QUICK)
    other = gym.make("drivesim/Lane-v0", disable_env_checker=True, **QUICK)
    try:
        assert one.metadata["render_fps"] == rate_hz
        assert batch.metadata["render_fps"] == rate_hz
        # One environment's rate is not another's.
        assert other.metadata["render_fps"] == type(other.unwrapped).metadata["render_fps"] == 10
    finally:
        for env in (one, batch, other):
            env.close()
