"""Motion sensors in environments: spaces, batches, threads, snapshots, truth, and dead reckoning along a real drive."""

import copy

import gymnasium as gym
import numpy as np
import pytest

from drivesim.config import ImuConfig

MOTION = (
    {"type": "imu", "x_m": 0.8, "y_m": 0.2, "z_m": 0.5},
    {"type": "gnss", "faults": [{"kind": "jump", "bursts_per_s": 1.0, "duration_s": 0.5}]},
    {"type": "odometry"},
)
WORLDS, STEPS = 3, 40


def make(count=WORLDS, sensors=MOTION, **options):
    return gym.make_vec("drivesim/Lane-v0", num_envs=count, map_count=2, sensors=list(sensors), **options)


def action_at(step, count):
    """A slalom, which at last leaves the road."""
    return np.tile(np.array([0.15 * np.sin(0.7 * step) + 0.01 * step, 0.3], np.float32), (count, 1))


def drive(env, first=0, last=STEPS):
    return [env.step(action_at(step, env.num_envs))[0] for step in range(first, last)]


def assert_equal(left, right, rows=slice(None)):
    for step, (a, b) in enumerate(zip(left, right, strict=True)):
        for key, value in a.items():
            np.testing.assert_array_equal(value, b[key][rows], err_msg=f"{key} at step {step}")


@pytest.fixture(scope="module")
def driven():
    env = make()
    env.reset(seed=3)
    seen = drive(env)
    assert (env.unwrapped.simulation.world.state.worlds.episode > 0).any()
    return seen


def test_observations_fit_the_spaces(driven):
    env = make()
    high = np.float32(ImuConfig().accel_range_m_s2)
    assert env.single_observation_space["imu"] == gym.spaces.Box(-high, high, (10, 6), np.float32)
    assert env.single_observation_space["gnss"].dtype == np.float64
    for observation in driven:
        assert all(observation[key] in space for key, space in env.observation_space.spaces.items())


def test_equal_for_any_batch_and_number_of_threads(driven):
    env = make(9, threads=2)
    env.reset(seed=3)
    assert_equal(driven, drive(env), slice(WORLDS))


@pytest.mark.parametrize("step", [0, 7, 25])
def test_a_snapshot_holds_biases_and_errors(driven, step):
    env, other = make(), make()
    env.reset(seed=3)
    drive(env, 0, step)
    snapshot = env.unwrapped.snapshot()
    drive(env, step)
    other.reset(seed=8)
    for each in (env, other):
        each.unwrapped.restore(snapshot)
        assert_equal(drive(each, step), driven[step:])


def test_a_copy_goes_on_as_the_original(driven):
    env = make()
    env.reset(seed=3)
    drive(env, 0, 9)
    twin = copy.deepcopy(env)
    for each in (env, twin):
        assert_equal(drive(each, 9), driven[9:])


def test_truth_is_what_ideal_devices_say(driven):
    ideal = (
        {**MOTION[0], "model": "ideal"},
        {"type": "gnss", "model": "ideal"},
        {"type": "odometry", "truth": True},
    )
    kept, perfect = make(sensors=[{**each, "truth": True} for each in MOTION]), make(sensors=ideal)
    for env in (kept, perfect):
        env.reset(seed=3)
    for step in range(15):
        labels, exact = kept.unwrapped.labels(), perfect.unwrapped.observe_view()
        for key in ("imu", "gnss_enu", "gnss_valid"):
            np.testing.assert_array_equal(labels[f"{key}_truth"], exact[key], err_msg=f"{key} at step {step}")
        for env in (kept, perfect):
            env.step(action_at(step, WORLDS))
    seen = kept.unwrapped.observe_view()
    np.testing.assert_array_equal(seen["gnss_enu"], driven[14]["gnss_enu"])
    np.testing.assert_array_equal(seen["imu"], driven[14]["imu"])


@pytest.mark.parametrize("model", ["kinematic", "dynamic"])
def test_an_ideal_unit_leads_to_where_the_car_went(model):
    """Dead reckoning by the samples alone: after five seconds within 3 cm, the heading within 0.01 mrad."""
    env = make(1, sensors=[{"type": "imu", "model": "ideal"}], config={"vehicle": {"model": model}})
    env.reset(seed=5)
    state = env.unwrapped.simulation.world.state
    actors = state.actors

    def swerve(step):
        return env.step(env.unwrapped.expert_action() + np.float32([[0.04 * np.sin(step), 0.0]]))[0]

    for step in range(3):
        swerve(step)
    yaw, place = float(actors.yaw[0, 0]), complex(actors.x[0, 0], actors.y[0, 0])
    start = place
    velocity = complex(*state.actuators.velocity[0, 0]) * np.exp(1j * yaw)
    for step in range(3, 53):
        samples = swerve(step)["imu"][0].astype(np.float64)
        for x, y, *_, rate in samples:
            after = velocity + 0.01 * complex(x, y) * np.exp(1j * (yaw + 0.005 * rate))
            place += 0.005 * (velocity + after)
            velocity, yaw = after, yaw + 0.01 * rate
    assert state.worlds.episode[0] == 0
    assert abs(place - start) > 20.0
    assert abs(place - complex(actors.x[0, 0], actors.y[0, 0])) < 0.03
    assert (yaw - actors.yaw[0, 0] + np.pi) % (2 * np.pi) - np.pi == pytest.approx(0.0, abs=1e-5)


def test_absent_faults_and_present_sensors_change_nothing_of_the_drive():
    plain, more = make(sensors=()), make()
    for env in (plain, more):
        env.reset(seed=3)
    for a, b in zip(drive(plain, 0, 20), drive(more, 0, 20), strict=True):
        for key in a:
            np.testing.assert_array_equal(a[key], b[key])


def test_a_unit_at_twenty_hertz_control_has_its_own_number_of_samples():
    env = make(1, sensors=[{"type": "imu", "rate_hz": 20.0}], config={"control_rate_hz": 20})
    env.reset(seed=0)
    assert env.step(action_at(0, 1))[0]["imu"].shape == (1, 5, 6)
