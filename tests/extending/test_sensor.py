"""A sensor from outside the packages: a compass with noise, five times a second, a quarter of a second late."""

import copy
from dataclasses import dataclass

import gymnasium as gym
import numpy as np
import pytest

from drivesim.config import Channel, EnvConfig, SensorConfig, from_dict, register_sensor, to_dict
from drivesim.sensors.contract import Sensor
from drivesim.sensors.noise import normals
from drivesim.state.columns import column


@dataclass(frozen=True, kw_only=True)
class CompassConfig(SensorConfig):
    """A compass whose zero drifts."""

    type: str = "compass"
    name: str = "compass"
    noise_rad: float = 0.01

    def measured(self):
        return (
            Channel(
                name="heading", key=self.name, dtype="float32", shape=(2,), low=-1.5, high=1.5, unit="-",
                frame="world", doc="Cosine and sine of the heading.",
            ),
        )  # fmt: skip


class Compass(Sensor):
    """Vectorised over the worlds that are due; its drift is a random walk, which it remembers."""

    memory_columns = {"drift": column("view", unit="rad", doc="Error of its zero.")}  # noqa: RUF012

    def truth(self, maps, state, launcher, due):
        views, worlds, slots = self.carriers(state, due)
        yaw = state.actors.yaw[worlds, slots] + np.float32(np.radians(self.config.yaw_deg))
        self.frames["heading"][views] = np.stack([np.cos(yaw), np.sin(yaw)], axis=1)

    def device(self, maps, state, launcher, due):
        views, worlds, _ = self.carriers(state, due)
        noise = normals(state.worlds.key[worlds], self.config.name, state.worlds.tick[worlds], 1)[:, 0]
        self.memory["drift"][views] += np.float32(self.config.noise_rad) * noise
        cos, sin = self.frames["heading"][views].T
        drift = self.memory["drift"][views]
        turned = (cos * np.cos(drift) - sin * np.sin(drift), sin * np.cos(drift) + cos * np.sin(drift))
        self.frames["heading"][views] = np.stack(turned, axis=1)

    def pane(self, frames):
        picture = np.zeros((33, 33, 3), np.uint8)
        for way in range(17):
            picture[round(16 - way * frames["heading"][1]), round(16 + way * frames["heading"][0])] = 255
        return picture


register_sensor(CompassConfig, Compass)

# All of the above is what a user writes; what follows drives with it.

COMPASS = {"type": "compass", "rate_hz": 5.0, "latency_s": 0.25}
CAMERA = {"width": 16, "height": 16}
DRIVE = {"map_count": 2, "sensors": [CAMERA, COMPASS]}
WORLDS, STEPS = 3, 70


def make(count=WORLDS, **options):
    return gym.make_vec("drivesim/Lane-v0", num_envs=count, **{**DRIVE, **options})


def action_at(step, count):
    """Swerves off the road after a while, so that episodes end and begin anew."""
    return np.tile(np.array([0.1 if step < 20 else 0.6, 0.3], np.float32), (count, 1))


def drive(env, first=0, last=STEPS):
    return [env.step(action_at(step, env.num_envs))[0] for step in range(first, last)]


def headings(env):
    return env.unwrapped.simulation.world.state.actors.yaw[:, 0].copy()


def assert_equal(left, right, rows=slice(None)):
    for step, (a, b) in enumerate(zip(left, right, strict=True)):
        for key in ("compass", "compass_time"):
            np.testing.assert_array_equal(a[key], b[key][rows], err_msg=f"{key} at step {step}")


@pytest.fixture(scope="module")
def driven():
    """A drive with resets, and what was seen on it."""
    env = make()
    env.reset(seed=3)
    seen = drive(env)
    assert (env.unwrapped.simulation.world.state.worlds.episode > 0).any()
    return seen


def test_it_is_in_the_space_and_its_observations_fit():
    env = gym.make("drivesim/Lane-v0", **DRIVE)
    assert env.observation_space["compass"] == gym.spaces.Box(-1.5, 1.5, (2,), np.float32)
    assert env.observation_space["compass_time"].shape == (1,)
    assert env.observation_space["compass_age"].shape == (1,)
    observation, _ = env.reset(seed=0)
    for _ in range(5):
        assert observation in env.observation_space
        observation, *_ = env.step(np.zeros(2, np.float32))


def test_a_config_file_can_ask_for_it():
    config = from_dict(EnvConfig, {"sensors": [COMPASS]})
    assert config.sensors == (CompassConfig(rate_hz=5.0, latency_s=0.25),)
    assert from_dict(EnvConfig, to_dict(config)) == config


def test_frames_are_taken_five_times_a_second_and_arrive_late_with_the_time_they_were_taken():
    env = make(sensors=[{**COMPASS, "noise_rad": 0.0}])
    observation, _ = env.reset(seed=3)
    true = [headings(env)]
    for step in range(15):
        # Taken at 0.2 s, there from 0.45 s on: at the step of 0.5 s.
        taken = max(0, (step - 3) // 2 * 2)
        assert observation["compass_time"] == pytest.approx(np.full((WORLDS, 1), 0.1 * taken)), step
        assert observation["compass_age"] == pytest.approx(np.full((WORLDS, 1), 0.1 * (step - taken))), step
        expected = np.stack([np.cos(true[taken]), np.sin(true[taken])], axis=1)
        assert observation["compass"] == pytest.approx(expected, abs=1e-6)
        observation = env.step(action_at(step, WORLDS))[0]
        true.append(headings(env))


def test_judges_see_what_a_perfect_compass_would_have_shown_at_the_same_instant():
    env = make(sensors=[{**COMPASS, "truth": True, "noise_rad": 0.2}])
    env.reset(seed=3)
    true = [headings(env)]
    for step in range(12):
        labels = env.unwrapped.labels()
        taken = max(0, (step - 3) // 2 * 2)
        expected = np.stack([np.cos(true[taken]), np.sin(true[taken])], axis=1)
        assert labels["compass_truth"] == pytest.approx(expected, abs=1e-6)
        env.step(action_at(step, WORLDS))
        true.append(headings(env))
    assert "compass_truth" not in env.observation_space.spaces


def test_each_stage_can_be_looked_at_alone():
    env = make()
    env.reset(seed=3)
    simulation = env.unwrapped.simulation
    compass = simulation.rig.sensors[1]
    state = simulation.world.state
    compass.update(simulation.bank.arrays, state, simulation.world.launcher, until="truth")
    true = np.stack([np.cos(headings(env)), np.sin(headings(env))], axis=1)
    assert compass.frames["heading"] == pytest.approx(true, abs=1e-6)
    compass.device(simulation.bank.arrays, state, simulation.world.launcher, None)
    assert (np.abs(compass.frames["heading"] - true).max(axis=1) > 1e-5).all()
    assert compass.pane({"heading": compass.frames["heading"][0]}).any()


def test_a_replay_repeats_it(driven):
    env = make()
    env.reset(seed=3)
    assert_equal(drive(env), driven)


@pytest.mark.parametrize("step", [0, 7, 33])
def test_a_snapshot_holds_what_it_remembers(driven, step):
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


def test_world_i_equals_a_single_environment_of_seed_plus_i(driven):
    for world in range(WORLDS):
        env = gym.make("drivesim/Lane-v0", **DRIVE)
        env.reset(seed=3 + world)
        ended, seen = False, []
        for step in range(STEPS):
            if ended:
                observation, _ = env.reset()
                ended = False
            else:
                observation, _, terminated, truncated, _ = env.step(action_at(step, 1)[0])
                ended = terminated or truncated
            seen.append(observation)
        assert_equal(seen, driven, world)


def test_it_changes_nothing_else():
    plain, more = make(sensors=[CAMERA]), make()
    for env in (plain, more):
        env.reset(seed=3)
    for a, b in zip(drive(plain, 0, 20), drive(more, 0, 20), strict=True):
        for key in a:
            np.testing.assert_array_equal(a[key], b[key])
