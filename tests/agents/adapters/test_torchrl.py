import gymnasium as gym
import pytest

from agents.adapters import to_torchrl


@pytest.mark.parametrize("env_id", ["drivesim/Lane-v0", "drivesim/Highway-v0"])
@pytest.mark.filterwarnings("ignore")  # TorchRL and tensordict warn about their own deprecations while importing
def test_torchrls_specs_describe_what_the_environment_returns(env_id):
    utils = pytest.importorskip("torchrl.envs.utils", reason="the TorchRL adapter needs torchrl")
    env = to_torchrl(gym.make(env_id, map_count=1, sensors=[{"width": 32, "height": 24}]))
    utils.check_env_specs(env, seed=0)
