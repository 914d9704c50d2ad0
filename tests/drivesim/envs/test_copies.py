"""Copies of environments: as tree searches make them, and as processes hand them to each other."""

import copy
import gc
import pickle
import subprocess
import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401  # registers the environments
from drivesim.config import MapConfig
from drivesim.envs import Simulation
from drivesim.maps.bank import MapBank
from drivesim.maps.procedural import build_network

SENSORS = [{"width": 24, "height": 16, "channels": ["rgb", "depth"]}]
ROAD = {"map": {"length_m": 200.0}}


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def make(**changes) -> Any:
    return gym.make("drivesim/Highway-v0", **{"map_count": 1, "sensors": SENSORS, "config": ROAD, **changes})


def same(one: Any, other: Any) -> None:
    """Two answers of `step` or `reset` are equal bit for bit."""
    for a, b in zip(one, other, strict=True):
        if isinstance(a, dict):
            assert a.keys() == b.keys()
            for key in a:
                np.testing.assert_array_equal(a[key], b[key], err_msg=key)
        else:
            assert a == b


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
def test_a_copy_goes_on_as_the_original_does_and_then_its_own_way(copied):
    env = make()
    env.reset(seed=0)
    for _ in range(5):
        env.step(env.unwrapped.expert_action())
    other = copied(env)
    frames = []
    for _ in range(5):
        action = env.unwrapped.expert_action()
        np.testing.assert_array_equal(action, other.unwrapped.expert_action())
        expected, answer = env.step(action), other.step(action)
        same(answer, expected)
        frames.append(answer[0]["camera"])
    assert not any(np.array_equal(frames[0], later) for later in frames[1:]), "the copy's camera is live"
    before = env.unwrapped.snapshot()
    for _ in range(3):
        other.step(np.array([0.3, 1.0], np.float32))
    for name, array in env.unwrapped.snapshot().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
def test_copies_of_copies_drive_as_one_environment_does(copied):
    env, truth = make(), make()
    same(env.reset(seed=3), truth.reset(seed=3))
    for generation in range(20):
        env = copied(env)
        if generation % 4 == 3:
            gc.collect()  # the ones before are gone, and their addresses are used again
        if generation % 10 == 9:
            same(env.reset(), truth.reset())
        else:
            action = truth.unwrapped.expert_action()
            same(env.step(action), truth.step(action))


def test_a_copy_made_before_the_first_episode_begins_the_same_one():
    env = make()
    other, third = copy.deepcopy(env), pickled(env)
    expected = env.reset(seed=7)
    same(other.reset(seed=7), expected)
    same(third.reset(seed=7), expected)
    with pytest.raises(gym.error.ResetNeeded):
        copy.deepcopy(make()).step(np.zeros(2, np.float32))


def test_random_seeds_that_follow_are_the_same():
    env = make()
    env.reset(seed=1)
    other = copy.deepcopy(env)
    assert env.unwrapped.np_random.integers(2**31) == other.unwrapped.np_random.integers(2**31)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_a_batch_on_threads_is_copied_with_its_bookkeeping(copied, mode):
    env: Any = gym.make_vec(
        "drivesim/Highway-v0",
        num_envs=8,
        threads=2,
        map_count=1,
        sensors=SENSORS,
        config=ROAD,
        autoreset_mode=mode,
    )
    env.reset(seed=0)
    ended = False
    full = np.tile(np.float32([0.5, 1.0]), (8, 1))
    while not ended:
        _, _, terminated, truncated, _ = env.step(full)
        ended = (terminated | truncated).any()
    other = copied(env)
    for _ in range(3):
        expected, answer = env.step(full), other.step(full)
        same(answer[:1], expected[:1])
        for a, b in zip(answer[1:4], expected[1:4], strict=True):
            np.testing.assert_array_equal(a, b)
    env.close()
    other.close()


def test_maps_are_shared_by_copies_and_not_pickled():
    env = make()
    env.reset(seed=0)
    other = copy.deepcopy(env)
    assert other.unwrapped.simulation.bank is env.unwrapped.simulation.bank
    assert len(pickle.dumps(env)) < 1_000_000
    assert len(pickle.dumps(other)) < 1_000_000


def test_maps_of_nobody_else_travel_with_a_pickle():
    network = build_network(MapConfig(generator="country_road", length_m=150.0), 5)
    env = make(sensors="none")
    simulation = Simulation(env.unwrapped.config, world_count=1, bank=MapBank.bare([network]))
    simulation.reset(0)
    other = pickled(simulation)
    assert other.bank.network(0).name == network.name
    for each in (simulation, other):
        each.world.step(np.zeros((1, 2), np.float32))
    for name, array in simulation.snapshot().items():
        np.testing.assert_array_equal(array, other.snapshot()[name], err_msg=name)


def test_another_process_goes_on_from_a_pickle(tmp_path):
    env = make()
    env.reset(seed=2)
    file = tmp_path / "env.pickle"
    file.write_bytes(pickle.dumps(env))
    program = (
        "import pickle, sys; env = pickle.loads(open(sys.argv[1], 'rb').read());"
        "answer = env.step(env.unwrapped.expert_action()); open(sys.argv[1], 'wb').write(pickle.dumps(answer))"
    )
    subprocess.run([sys.executable, "-c", program, str(file)], check=True, capture_output=True)
    same(pickle.loads(file.read_bytes()), env.step(env.unwrapped.expert_action()))


def test_a_copy_of_an_environment_that_draws_draws_for_itself():
    env = make(render_mode="rgb_array", sensors="none")
    env.reset(seed=0)
    picture = env.render()
    other = copy.deepcopy(env)
    np.testing.assert_array_equal(other.render(), picture)
    for _ in range(5):
        other.step(np.array([0.0, 1.0], np.float32))
    np.testing.assert_array_equal(env.render(), picture)
    assert not np.array_equal(other.render(), picture)
