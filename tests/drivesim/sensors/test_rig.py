"""All sensors together: keys, memories, snapshots, and how often each world is looked at."""

import gymnasium as gym
import numpy as np
import pytest

from drivesim.config import SENSOR_PRESETS, SENSOR_TYPES, CameraConfig, EnvConfig, SensorConfig, register_sensor
from drivesim.envs.observation import observation_space
from drivesim.errors import ConfigError
from drivesim.sensors.camera.sensor import Camera
from drivesim.sensors.rig import Rig

FAST = {"width": 16, "height": 12, "channels": ["rgb", "depth", "instance"]}
SLOW = {**FAST, "name": "slow", "rate_hz": 5.0, "phase_s": 0.1, "latency_s": 0.2}
WORLDS = 3


def make(*sensors, **options):
    return gym.make_vec("drivesim/Lane-v0", num_envs=WORLDS, map_count=2, sensors=list(sensors), **options)


def turn(count=WORLDS):
    return np.tile(np.array([0.4, 0.5], np.float32), (count, 1))


@pytest.mark.parametrize("name", sorted(SENSOR_PRESETS))
def test_buffers_and_spaces_are_those_of_the_declared_channels(name):
    config = EnvConfig(sensors=SENSOR_PRESETS[name])
    frames, space = Rig(config.sensors, 2).observation(), observation_space(config)
    declared = [channel for sensor in config.sensors for channel in sensor.delivered()]
    assert list(frames) == [channel.key for channel in declared]
    for channel in declared:
        assert frames[channel.key].shape == (2, *space[channel.key].shape) == (2, *channel.shape)
        assert frames[channel.key].dtype == space[channel.key].dtype == channel.dtype


def test_a_slow_camera_shows_the_picture_of_the_time_that_its_stamp_names():
    env = make(FAST, SLOW)
    observation, _ = env.reset(seed=1)
    seen = [observation]
    for tick in range(1, 13):
        observation = env.step(turn())[0]
        seen.append(observation)
        taken = max((tick - 3) // 2 * 2 + 1, 0)
        assert observation["slow_time"] == pytest.approx(np.full((WORLDS, 1), 0.1 * taken)), tick
        for channel in ("", "_depth", "_instance"):
            np.testing.assert_array_equal(observation[f"slow{channel}"], seen[taken][f"camera{channel}"])


def test_a_restored_snapshot_delivers_what_was_under_way():
    env = make(FAST, SLOW)
    env.reset(seed=1)
    for _ in range(6):
        before = env.step(turn())[0]
    snapshot = env.unwrapped.snapshot()
    after = [env.step(turn())[0] for _ in range(6)]
    env.unwrapped.restore(snapshot)
    for key, values in before.items():
        np.testing.assert_array_equal(env.unwrapped.observe_view()[key], values, err_msg=key)
    for expected in after:
        for key, values in env.step(turn())[0].items():
            np.testing.assert_array_equal(values, expected[key], err_msg=key)


def test_only_sensors_that_remember_take_room_in_a_snapshot():
    env = make(FAST, SLOW)
    env.reset(seed=1)
    names = {name for name in env.unwrapped.snapshot() if name.startswith("sensors.")}
    assert names == {"sensors.slow.taken", *(f"sensors.slow.frame.{name}" for name in FAST["channels"])}


def test_a_snapshot_of_other_sensors_is_refused_and_changes_nothing():
    env, other = make(FAST), make(FAST, SLOW)
    for each in (env, other):
        each.reset(seed=1)
    tick = other.unwrapped.simulation.world.state.worlds.tick
    other.step(turn())
    with pytest.raises(ValueError, match=r"sensors\.slow\.taken"):
        other.unwrapped.restore(env.unwrapped.snapshot())
    assert tick.tolist() == [1] * WORLDS
    with pytest.raises(ValueError, match=r"sensors\.slow\.taken"):
        env.unwrapped.restore(other.unwrapped.snapshot())


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_every_world_is_rendered_once_a_step_and_once_more_where_it_begins_anew_within_it(mode, monkeypatch):
    rendered = np.zeros(WORLDS, np.int64)

    def truth(self, maps, state, launcher, due):
        rendered[slice(None) if due is None else due] += 1

    monkeypatch.setattr(Camera, "truth", truth)
    env = make(FAST, autoreset_mode=mode)
    env.reset(seed=1)
    assert rendered.tolist() == [1] * WORLDS
    begun = np.zeros(WORLDS, np.int64)
    for step in range(1, 61):
        _, _, terminated, truncated, _ = env.step(turn())
        begun += (terminated | truncated) if mode == "SameStep" else 0
        assert rendered.tolist() == (1 + step + begun).tolist()
    assert begun.any() == (mode == "SameStep")


def test_a_rate_above_the_control_rate_is_refused():
    with pytest.raises(ConfigError, match=r"rate_hz of 'camera': expected a value in \[0, 10\], got 20"):
        EnvConfig(sensors=(CameraConfig(rate_hz=20.0),))


def test_a_kind_of_sensor_is_known_once(monkeypatch):
    monkeypatch.setattr("drivesim.config.sensors.base.SENSOR_TYPES", dict(SENSOR_TYPES))

    class Lens(CameraConfig):
        pass

    with pytest.raises(ConfigError, match="'camera' is drivesim.config.sensors.camera.CameraConfig already"):
        register_sensor(Lens, Camera)
    with pytest.raises(ConfigError, match="expected an identifier as default"):
        register_sensor(SensorConfig, Camera)
    register_sensor(CameraConfig, Camera)


def test_a_config_whose_kind_nobody_has_registered_is_refused():
    class WhiskersConfig(SensorConfig):
        type: str = "whiskers"

    with pytest.raises(ConfigError, match=r"EnvConfig\.sensors: unknown value 'whiskers'; "):
        EnvConfig(sensors=(WhiskersConfig(type="whiskers", name="whiskers"),))
