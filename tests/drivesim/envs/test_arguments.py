"""Both environments refuse the same mistakes, and say which argument it was, what it takes and what it got."""

import re

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ClosedEnvironmentError, ResetNeeded

from drivesim.config import CameraConfig
from drivesim.envs import DriveEnv, DriveVectorEnv
from drivesim.errors import ActionError, ConfigError

SMALL = {"map_count": 2, "sensors": "none", "config": {"map": {"length_m": 200.0}}}
COUNT = 2
CALLS = {
    "step": lambda env: env.step(env.action_space.sample()),
    "labels": lambda env: env.labels(),
    "expert_action": lambda env: env.expert_action(),
    "snapshot": lambda env: env.snapshot(),
    "render": lambda env: env.render(),
}
OF_THE_BATCH = {
    "advance": lambda env: env.advance(env.action_space.sample()),
    "observe_view": lambda env: env.observe_view(),
}


def make(kind: type, **arguments):
    options = {**SMALL, **arguments}
    return DriveVectorEnv(COUNT, **options) if kind is DriveVectorEnv else DriveEnv(**options)


@pytest.fixture(params=[DriveEnv, DriveVectorEnv], ids=["single", "batch"])
def kind(request):
    return request.param


@pytest.fixture
def env(kind):
    env = make(kind)
    yield env
    env.close()


def calls_of(kind: type) -> dict:
    return CALLS | (OF_THE_BATCH if kind is DriveVectorEnv else {})


def test_nothing_runs_before_the_first_reset(kind, env):
    for name, call in calls_of(kind).items():
        with pytest.raises(ResetNeeded, match=r"call reset\(\) before"):
            call(env)
            pytest.fail(f"{name} ran")
    env.reset(seed=0)
    for call in calls_of(kind).values():
        call(env)


def test_a_restored_environment_needs_no_reset(kind, env):
    env.reset(seed=0)
    other = make(kind)
    other.restore(env.snapshot())
    other.step(other.expert_action())


def test_nothing_runs_after_close_and_closing_twice_does_no_harm(kind, env):
    env.reset(seed=0)
    snapshot = env.snapshot()
    env.close()
    env.close()
    more = {"reset": lambda env: env.reset(), "restore": lambda env: env.restore(snapshot)}
    for name, call in {**calls_of(kind), **more}.items():
        with pytest.raises(ClosedEnvironmentError, match="the environment is closed"):
            call(env)
            pytest.fail(f"{name} ran")


def test_the_first_reset_of_a_batch_begins_every_world():
    env = make(DriveVectorEnv)
    with pytest.raises(ResetNeeded, match="reset_mask"):
        env.reset(seed=0, options={"reset_mask": np.array([True, False])})
    with pytest.raises(ResetNeeded):
        env.step(env.action_space.sample())
    env.reset(seed=0, options={"reset_mask": np.array([True, True])})
    env.step(env.action_space.sample())


@pytest.mark.parametrize(
    ("seed", "got"),
    [
        (-1, "-1"),
        (3.0, "3.0"),
        (True, "True"),
        ("3", "'3'"),
        (2**64, str(2**64)),
        (np.float32(3.0), "np.float32(3.0)"),
        (np.bool_(True), "np.True_"),
    ],
)
def test_a_seed_is_an_integer_that_fits_64_bits(env, seed, got):
    with pytest.raises(ConfigError, match=rf"^seed: expected an integer in \[0, \d+\], got {re.escape(got)}$"):
        env.reset(seed=seed)
    with pytest.raises(ResetNeeded):
        env.step(env.action_space.sample())


@pytest.mark.parametrize("seed", [np.int64(7), np.uint8(7), np.array(7)], ids=repr)
def test_numpys_integers_are_seeds(env, seed):
    first, _ = env.reset(seed=7)
    again, _ = env.reset(seed=seed)
    np.testing.assert_array_equal(first["route"], again["route"])


@pytest.mark.parametrize("seeds", [[7, 8], (7, 8), np.array([7, 8]), [np.int32(7), 8]], ids=repr)
def test_every_world_may_get_a_seed_of_its_own(seeds):
    env = make(DriveVectorEnv)
    first, _ = env.reset(seed=7)
    again, _ = env.reset(seed=seeds)
    np.testing.assert_array_equal(first["route"], again["route"])


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ([7], "seed: expected 2 seeds, got 1"),
        ([7, -8], "seed: expected an integer in .*, got -8"),
        ([7, None], "seed: expected an integer in .*, got None"),
        ([7, True], "seed: expected an integer in .*, got True"),
        (np.array([7.0, 8.0]), "seed: expected an integer in .*, got 7.0"),
        (2**64 - 1, "seed: expected an integer in .*, got 18446744073709551615"),
    ],
)
def test_a_list_of_seeds_has_a_good_one_for_every_world(seeds, message):
    with pytest.raises(ConfigError, match=message):
        make(DriveVectorEnv).reset(seed=seeds)


@pytest.mark.parametrize("name", ["map", "route"])
@pytest.mark.parametrize("value", [2**31, 2**32, 2**32 + 1, 2**70, -2, 0.0, True, "0", None], ids=repr)
def test_a_map_or_route_is_a_small_integer(kind, env, name, value):
    value_of = [0, value] if kind is DriveVectorEnv else value
    with pytest.raises(ConfigError, match=rf"options\['{name}'\]: expected an integer in \[-1, \d+\], got"):
        env.reset(seed=0, options={"map": [0] * COUNT if kind is DriveVectorEnv else 0, name: value_of})


def test_a_map_is_one_of_the_bank_and_a_route_one_of_its_map(kind, env):
    many = (lambda value: [value] * COUNT) if kind is DriveVectorEnv else (lambda value: value)
    with pytest.raises(ConfigError, match=r"options\['map'\]: expected an integer in \[-1, 1\], got 2"):
        env.reset(seed=0, options={"map": many(2)})
    with pytest.raises(ConfigError, match="routes: map 1 has 2 routes, got number 1000"):
        env.reset(seed=0, options={"map": many(1), "route": many(1000)})
    env.reset(seed=0, options={"map": many(np.int64(1)), "route": many(0)})
    assert set(np.ravel(env.simulation.world.state.worlds.map)) == {1}


@pytest.mark.parametrize("values", [0, [0], [[0, 0]], np.zeros((2, 1), int)], ids=repr)
def test_a_batch_takes_one_map_per_world(values):
    with pytest.raises(ConfigError, match=r"options\['map'\]: expected 2 integers, one per world, got"):
        make(DriveVectorEnv).reset(seed=0, options={"map": values})


@pytest.mark.parametrize(
    "mask", [[True, False], np.array([1, 0]), np.array([True]), np.array([[True], [False]]), True], ids=repr
)
def test_a_reset_mask_is_one_bool_per_world(mask):
    env = make(DriveVectorEnv)
    env.reset(seed=0)
    with pytest.raises(ConfigError, match=r"options\['reset_mask'\]: expected a bool array of shape \(2,\), got"):
        env.reset(options={"reset_mask": mask})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mpa": 0}, "options: unknown key 'mpa'; did you mean 'map'"),
        ({3: 0}, "options: unknown key 3; known: conditions, map"),
        ([("map", 0)], "options: expected a dictionary, got"),
        ("map", "options: expected a dictionary, got 'map'"),
    ],
)
def test_unknown_options_are_refused_by_name(env, options, message):
    with pytest.raises(ConfigError, match=message):
        env.reset(seed=0, options=options)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (np.zeros(3), r"action: expected .*shape"),
        (np.zeros(()), r"action: expected .*shape"),
        (None, r"action: expected .*shape"),
        (np.array([np.nan, 0.0]), "action: expected finite values"),
        (np.array([0.0, 1e300]), "action: expected finite values"),
        (np.array(["a", "b"]), "action: expected numbers"),
        (np.array([True, False]), "action: expected numbers"),
    ],
    ids=repr,
)
def test_an_action_that_means_nothing_is_refused(kind, env, action, message):
    env.reset(seed=0)
    batched = np.stack([np.asarray(action)] * COUNT) if kind is DriveVectorEnv else action
    with pytest.raises(ActionError, match=message), np.errstate(over="ignore"):
        env.step(batched)


@pytest.mark.parametrize("action", [5, -1, 1.0, True, [1], None], ids=repr)
def test_a_meta_action_that_does_not_exist_is_refused(kind, action):
    env = make(kind, action_type="discrete")
    env.reset(seed=0)
    with pytest.raises(ActionError, match="action: expected"):
        env.step([action] * COUNT if kind is DriveVectorEnv else action)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threads": 0}, r"threads: expected an integer in \[1, 1024\], got 0"),
        ({"threads": "2"}, r"threads: expected an integer in \[1, 1024\], got '2'"),
        ({"threads": 1.5}, r"threads: expected an integer in \[1, 1024\], got 1\.5"),
        ({"map_count": 0}, r"map_count: expected an integer in \[1, \d+\], got 0"),
        ({"map_count": 1.0}, r"map_count: expected int, got float 1\.0"),
        ({"map_start": -1}, r"map_start: expected an integer in \[0, \d+\], got -1"),
        ({"map_start": "a"}, r"map_start: expected int, got str 'a'"),
        ({"action_type": "discret"}, r"action_type: unknown value 'discret'; did you mean 'discrete'"),
        ({"render_mode": "rgb"}, r"render_mode: unknown value 'rgb'; did you mean 'rgb_array'"),
        ({"config": 3}, r"config: expected a preset name, a JSON file, a dictionary or an EnvConfig, got 3"),
        ({"config": "nowhere/lane"}, r"nowhere/lane: no such config file"),
        ({"sensors": 3}, r"sensors: expected a preset name, a sensor or a list of them, got 3"),
        ({"sensors": [None]}, r"sensors\[0\]: expected a dictionary or a sensor's config, got None"),
        ({"thread": 2}, r"unknown argument 'thread'; did you mean 'threads'"),
    ],
    ids=lambda part: str(part) if isinstance(part, dict) else "",
)
def test_a_wrong_argument_is_refused_by_name(kind, arguments, message):
    with pytest.raises((ConfigError, ValueError), match=message):
        make(kind, **arguments)


@pytest.mark.parametrize("count", [0, -1, 2.0, "2", True, None], ids=repr)
def test_a_batch_has_a_whole_number_of_worlds(count):
    with pytest.raises(ConfigError, match=rf"num_envs: expected an integer in \[1, 1000000\], got {count!r}"):
        gym.make_vec("drivesim/Lane-v0", num_envs=count, map_count=1)


def test_numpys_integers_are_counts():
    env = gym.make_vec("drivesim/Lane-v0", num_envs=np.int64(2), map_count=np.int64(1), threads=np.int64(1))
    assert type(env.num_envs) is int
    env.close()


@pytest.mark.parametrize(
    "sensors",
    [CameraConfig(width=32, height=16), {"width": 32, "height": 16}, [{"width": 32, "height": 16}]],
    ids=["config", "dictionary", "list"],
)
def test_one_sensor_needs_no_list(kind, sensors):
    assert make(kind, sensors=sensors).config.sensors == (CameraConfig(width=32, height=16),)


def test_a_fault_is_set_while_it_runs(kind):
    env = make(kind, sensors={"type": "camera", "width": 16, "height": 8})
    with pytest.raises(ResetNeeded, match=r"set_fault\(\)"):
        env.set_fault("camera", "dead", 1)
    env.reset(seed=1)
    env.set_fault("camera", "dead", 1)
    assert not env.step(env.action_space.sample())[0]["camera"].any()
    if kind is DriveVectorEnv:
        with pytest.raises(ConfigError, match=r"mask: expected a bool array of shape \(2,\)"):
            env.set_fault("camera", "dead", 1, mask=np.ones(3, np.bool_))
    env.close()
    with pytest.raises(ClosedEnvironmentError):
        env.set_fault("camera", "dead", 1)
