import gymnasium as gym
import numpy as np
import pytest

from agents.adapters import to_sb3

pytest.importorskip("stable_baselines3", reason="the Stable-Baselines3 adapter needs stable-baselines3")

SENSORS = [{"width": 48, "height": 40}]


def make(count=4, **options):
    return gym.make_vec(
        "drivesim/Lane-v0", num_envs=count, map_count=2, sensors=SENSORS, autoreset_mode="SameStep", **options
    )


def test_an_ended_world_reports_its_last_observation_and_its_reason():
    env, plain = to_sb3(make(), keys=("camera", "ego")), make()
    env.seed(3)
    first = env.reset()
    expected, _ = plain.reset(seed=3)
    np.testing.assert_array_equal(first["camera"], expected["camera"])
    action = np.tile(np.array([1.0, 1.0], np.float32), (4, 1))
    for _ in range(300):
        observation, reward, done, infos = env.step(action)
        *_, info = plain.step(action)
        if done.any():
            break
    world = int(np.flatnonzero(done)[0])
    assert infos[world]["end_reason"] in ("off_road", "collision", "wrong_way")
    assert infos[world]["TimeLimit.truncated"] is False
    np.testing.assert_array_equal(infos[world]["terminal_observation"]["camera"], info["final_obs"][world]["camera"])
    assert reward.dtype == np.float32
    assert set(observation) == {"camera", "ego"}


def test_a_batch_that_resets_in_the_next_step_is_refused():
    env = gym.make_vec("drivesim/Lane-v0", num_envs=2, map_count=1, sensors=SENSORS)
    with pytest.raises(ValueError, match="SameStep"):
        to_sb3(env)


def test_a_misspelt_key_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'camera'"):
        to_sb3(make(2), keys=("camra",))


@pytest.mark.slow
def test_ppo_learns_to_stay_on_the_lane_from_the_camera():
    """PPO's mean return over its last rollouts at least doubles that of its first."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.vec_env import VecMonitor

    class Returns(BaseCallback):
        def __init__(self):
            super().__init__()
            self.completion = []

        def _on_step(self):
            self.completion += [info["route_completion"] for info in self.locals["infos"] if "route_completion" in info]
            return True

    env = VecMonitor(to_sb3(make(16), keys=("camera", "ego")))
    model = PPO(
        "MultiInputPolicy",
        env,
        n_steps=128,
        batch_size=256,
        n_epochs=4,
        learning_rate=5e-4,
        gamma=0.97,
        policy_kwargs={"log_std_init": -1.0},
        seed=0,
        device="cpu",
    )
    watched = Returns()
    model.learn(40_000, callback=watched)
    tenth = max(len(watched.completion) // 10, 10)
    before, after = np.mean(watched.completion[:tenth]), np.mean(watched.completion[-tenth:])
    assert after > 2.0 * before
