"""Same seed, same bits: whatever the batch size, the thread count, the process or the way in."""

import hashlib
import os
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import drivesim
from drivesim.maps.arena import paths_of
from drivesim.maps.bank import drawn

RUN = """
import sys
from tests.drivesim.envs.test_equivalence import digest
print(*map(digest, sys.argv[1:]))
"""
SENSORS = [{"width": 32, "height": 24, "channels": ["rgb", "depth", "semantic", "instance"]}]


def make_vec(env_id, count, **options):
    return gym.make_vec(env_id, num_envs=count, map_count=3, sensors=SENSORS, **options)


def driven(env, step):
    """Wild enough to end episodes, and a function of the observation alone, so that equal rows stay equal."""
    action = env.unwrapped.expert_action()
    action[..., 0] += np.float32(0.5) * np.float32(step % 40 > 30)
    action[..., 1] += np.float32(0.3)
    return np.clip(action, -1.0, 1.0).astype(np.float32)


def rollout(env, steps, seed):
    observation, _ = env.reset(seed=seed)
    trace = [observation]
    for step in range(steps):
        observation, reward, terminated, truncated, _ = env.step(driven(env, step))
        trace.append({**observation, "reward": reward, "terminated": terminated, "truncated": truncated})
    return trace


def assert_equal(left, right, rows=slice(None)):
    for step, (a, b) in enumerate(zip(left, right, strict=True)):
        for name in a:
            np.testing.assert_array_equal(a[name], b[name][rows], err_msg=f"{name} at step {step}")


def digest(env_id):
    """Fingerprint of the maps and of all frames of a short drive."""
    env = make_vec(env_id, 2)
    total = hashlib.sha256()
    for _, array in paths_of(drawn(env.unwrapped.simulation.bank.network(0))):
        total.update(array.tobytes())
    for frame in rollout(env, 20, seed=5):
        for name in sorted(frame):
            total.update(np.ascontiguousarray(frame[name]).tobytes())
    env.close()
    return total.hexdigest()


def digests_of_a_process(*env_ids, **variables):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    command = [sys.executable, "-c", RUN, *env_ids]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout.split()


@pytest.fixture(params=sorted(drivesim.ENV_IDS))
def env_id(request):
    return request.param


def test_batch_size_and_threads_change_no_bit(env_id):
    reference = rollout(make_vec(env_id, 64), 60, seed=10)
    assert any(frame.get("terminated", np.zeros(1)).any() for frame in reference)
    for count, threads in ((64, 2), (7, 1), (7, 2), (1, 1)):
        trace = rollout(make_vec(env_id, count, threads=threads), 60, seed=10)
        assert_equal(trace, reference, rows=slice(0, count))


@pytest.mark.parametrize("byte", [85, 170])
def test_what_memory_held_before_changes_no_bit(env_id, byte):
    # glibc fills what it hands out with this byte, which shows reads before a write and beyond an array.
    assert digests_of_a_process(env_id, MALLOC_PERTURB_=str(byte)) == [digest(env_id)]


@pytest.mark.slow
def test_no_kernel_reaches_beyond_an_array(tmp_path):
    # Compiled once more, into a cache of its own, with every index checked; those of towns take a quarter of an hour.
    env_ids = sorted(drivesim.ENV_IDS) if "DRIVESIM_BOUNDS" in os.environ else ["drivesim/Highway-v0"]
    checked = digests_of_a_process(*env_ids, NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(tmp_path))
    assert checked == [digest(env_id) for env_id in env_ids]


def test_world_i_equals_a_single_environment_of_seed_plus_i_across_resets(env_id):
    batch = make_vec(env_id, 3)
    trace = rollout(batch, 120, seed=20)
    for world in range(3):
        env = gym.make(env_id, map_count=3, sensors=SENSORS)
        observation, _ = env.reset(seed=20 + world)
        ended = False
        for step, expected in enumerate(trace):
            if step > 0:
                if ended:
                    observation, _ = env.reset()
                    reward, terminated, truncated = 0.0, False, False
                else:
                    observation, reward, terminated, truncated, _ = env.step(driven(env, step - 1))
                ended = terminated or truncated
                assert reward == expected["reward"][world]
                assert (terminated, truncated) == (expected["terminated"][world], expected["truncated"][world])
            for name in observation:
                np.testing.assert_array_equal(observation[name], expected[name][world], err_msg=f"{name} at {step}")
        env.close()


@pytest.mark.slow
def test_a_restored_snapshot_drives_the_same_200_steps(env_id):
    env = make_vec(env_id, 5)
    rollout(env, 30, seed=30)
    saved = env.unwrapped.snapshot()
    first = [env.step(driven(env, step)) for step in range(200)]
    env.unwrapped.restore(saved)
    second = [env.step(driven(env, step)) for step in range(200)]
    for a, b in zip(first, second, strict=True):
        for name in a[0]:
            np.testing.assert_array_equal(a[0][name], b[0][name])
        for x, y in zip(a[1:4], b[1:4], strict=True):
            np.testing.assert_array_equal(x, y)


def test_a_snapshot_can_be_restored_in_another_environment(env_id):
    one, other = make_vec(env_id, 2), make_vec(env_id, 2)
    rollout(one, 15, seed=1)
    other.reset(seed=99)
    other.unwrapped.restore(one.unwrapped.snapshot())
    for step in range(10):
        a, b = one.step(driven(one, step)), other.step(driven(other, step))
        for name in a[0]:
            np.testing.assert_array_equal(a[0][name], b[0][name])


def test_an_extra_sensor_changes_nothing_else(env_id):
    plain = gym.make_vec(env_id, num_envs=2, map_count=3, sensors=SENSORS)
    more = gym.make_vec(
        env_id,
        num_envs=2,
        map_count=3,
        sensors=[*SENSORS, {"name": "rear", "yaw_deg": 180.0, "width": 16, "height": 16}],
    )
    left, right = rollout(plain, 30, seed=4), rollout(more, 30, seed=4)
    assert_equal(left, right)


def ends(env, steps):
    """First step at which some world ended, with everything that step returned."""
    env.reset(seed=2)
    for step in range(steps):
        action = np.tile(np.array([1.0, 1.0], np.float32), (env.num_envs, 1))
        result = env.step(action)
        if (result[2] | result[3]).any():
            return step, result
    raise AssertionError("no episode ended")


def test_next_step_autoreset_returns_the_last_observation_then_a_fresh_one():
    env = make_vec("drivesim/Lane-v0", 4)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert env.unwrapped.autoreset_mode is AutoresetMode.NEXT_STEP
    _, (_, _, terminated, truncated, info) = ends(env, 300)
    ended = terminated | truncated
    assert set(np.unique(info["end_reason"][ended])) <= {"off_road", "collision", "wrong_way"}
    np.testing.assert_array_equal(info["_success"], ended)
    observation, reward, terminated, truncated, _ = env.step(np.zeros((4, 2), np.float32))
    assert (reward[ended] == 0.0).all()
    assert not (terminated | truncated)[ended].any()
    state = env.unwrapped.simulation.world.state
    assert (state.worlds.tick[ended] == 0).all()
    assert (state.worlds.episode[ended] == 1).all()
    assert observation["camera"].shape == (4, 24, 32, 3)


def test_same_step_autoreset_hands_over_the_final_observation():
    plain = make_vec("drivesim/Lane-v0", 4)
    same = make_vec("drivesim/Lane-v0", 4, autoreset_mode=AutoresetMode.SAME_STEP)
    step, expected = ends(plain, 300)
    other, result = ends(same, 300)
    ended = expected[2] | expected[3]
    assert step == other
    np.testing.assert_array_equal(result[4]["_final_obs"], ended)
    for world, final in enumerate(result[4]["final_obs"]):
        assert (final is not None) == ended[world]
        for name, values in (final or {}).items():
            np.testing.assert_array_equal(values, expected[0][name][world])
    fresh = plain.step(np.zeros((4, 2), np.float32))[0]
    for name, values in fresh.items():
        np.testing.assert_array_equal(result[0][name][ended], values[ended])
    assert result[4]["final_info"]["end_reason"][ended].all()


def test_without_autoreset_an_ended_world_stands_still_until_its_reset():
    env = make_vec("drivesim/Lane-v0", 4, autoreset_mode="Disabled")
    _, (before, _, terminated, truncated, _) = ends(env, 300)
    ended = terminated | truncated
    after = env.step(np.ones((4, 2), np.float32))[0]
    np.testing.assert_array_equal(before["ego"][ended], after["ego"][ended])
    env.reset(options={"reset_mask": ended})
    assert (env.unwrapped.simulation.world.state.episode.end[ended, 0] == 0).all()


def test_options_choose_the_road_and_the_route():
    env = make_vec("drivesim/Highway-v0", 3)
    env.reset(seed=0, options={"map": np.array([2, 0, 1])})
    np.testing.assert_array_equal(env.unwrapped.simulation.world.state.worlds.map, [2, 0, 1])
    with pytest.raises(ValueError, match="unknown key 'mpa'; did you mean 'map'"):
        env.reset(options={"mpa": [0, 0, 0]})


def test_render_gives_a_picture_of_every_world():
    env = make_vec("drivesim/Lane-v0", 2, render_mode="rgb_array")
    env.reset(seed=0)
    pictures = env.render()
    assert len(pictures) == 2
    assert pictures[0].dtype == np.uint8
    assert pictures[0].shape[2] == 3
