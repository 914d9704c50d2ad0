import gymnasium as gym
import numpy as np
import pytest

from agents.adapters import to_torchrl

pytestmark = pytest.mark.filterwarnings("ignore")  # TorchRL and tensordict warn about deprecations of their own
pytest.importorskip("torchrl.envs", reason="the TorchRL adapter needs torchrl")
SENSORS = [{"width": 32, "height": 24}]


@pytest.mark.parametrize("env_id", ["drivesim/Lane-v0", "drivesim/Highway-v0"])
@pytest.mark.parametrize("action_type", ["continuous", "discrete"])
def test_torchrls_specs_describe_what_the_environment_returns(env_id, action_type):
    from torchrl.envs.utils import check_env_specs

    check_env_specs(to_torchrl(gym.make(env_id, map_count=1, sensors=SENSORS, action_type=action_type)), seed=0)


@pytest.mark.parametrize("driver", ["expert", "straight on"])
def test_a_rollout_tells_what_info_tells(driver):
    import torch

    options = {"map_count": 1, "sensors": SENSORS, "config": {"map": {"length_m": 200.0}}}
    plain = gym.make("drivesim/Lane-v0", **options)
    inner = gym.make("drivesim/Lane-v0", **options)
    env = to_torchrl(inner)
    actions = []

    def policy(td):
        action = inner.unwrapped.expert_action() if driver == "expert" else np.float32([0.0, 1.0])
        actions.append(action)
        return td.set("action", torch.from_numpy(action))

    env.set_seed(5)
    rollout = env.rollout(600, policy=policy, auto_cast_to_device=False)
    first = rollout[0]
    observation, info = plain.reset(seed=5)
    # TorchRL's rollout begins a further episode after it has seeded.
    if not np.array_equal(observation["route"], first["route"].numpy()):
        observation, info = plain.reset()
    for number, action in enumerate(actions):
        assert float(rollout["speed"][number, 0]) == pytest.approx(info["speed"])
        _, _, terminated, truncated, info = plain.step(action)
        told = rollout["next"][number]
        assert bool(told["terminated"]) == terminated
        assert bool(told["truncated"]) == truncated
        for name in ("speed", "route_completion", "driving_score", "collision", "offroad", "wrong_way"):
            assert float(told[name]) == pytest.approx(float(info[name]))
        assert bool(told["success"]) == info.get("success", False)
    assert bool(rollout["next", "done"][-1])
    assert bool(rollout["next", "success"][-1]) == (driver == "expert")


@pytest.mark.parametrize("env", [lambda: gym.make_vec("drivesim/Lane-v0", num_envs=2, map_count=1), lambda: "none"])
def test_another_thing_than_a_single_environment_is_refused(env):
    with pytest.raises(ValueError, match="env: expected what gymnasium.make.* returns, got"):
        to_torchrl(env())
