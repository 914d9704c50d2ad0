"""The radar as a sensor of environments: configs, spaces, and what its frames must not depend on."""

import copy
import math

import gymnasium as gym
import numpy as np
import pytest

from drivesim.config import (
    RADAR_MODELS,
    CameraConfig,
    EnvConfig,
    FaultConfig,
    MapConfig,
    RadarConfig,
    SensorConfig,
    from_dict,
    nuscenes_radars,
    replace,
    to_dict,
)
from drivesim.errors import ConfigError
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.sensors.radar.sensor import Radar
from drivesim.sensors.rig import Rig
from drivesim.state import WorldState
from tests.reference.views import traffic_on

FAULTY = RadarConfig(
    faults=(
        FaultConfig(kind="ghosts", severity=3),
        FaultConfig(kind="interference", severity=1, bursts_per_s=2.0, duration_s=0.3),
        FaultConfig(kind="blindness", severity=2, probability=0.5),
    )
)
RADAR = {"type": "radar", "model": "ARS408-near"}
LATE = {**to_dict(FAULTY), "name": "late", "rate_hz": 5.0, "phase_s": 0.1, "latency_s": 0.2, "truth": True}
KEYS = ("radar", "radar_valid", "late", "late_valid", "late_time")
WORLDS = 3


@pytest.fixture(scope="module")
def maps():
    return MapBank.build(MapConfig(generator="highway", start=40, count=3, length_m=300.0)).arrays


@pytest.fixture(scope="module")
def state(maps):
    state = traffic_on(maps, worlds=9, slots=10, seed=3)
    state.worlds.key[:] = np.arange(9) * 31 + 7
    state.worlds.tick[:] = np.arange(9) % 4 + 20
    state.actors.speed[:] = 20.0
    state.weather.rain_rate[::2] = 15.0
    return state


def measured(config, maps, state, *, threads=1, due=None):
    radar = Radar(config, len(state.worlds.key))
    radar.update(maps, state, Launcher(threads), due)
    return radar.frames


def part_of(state, worlds):
    return WorldState(*(type(group)(*(array[worlds].copy() for array in group)) for group in state))


def make(count=WORLDS):
    return gym.make_vec(
        "drivesim/Highway-v0", num_envs=count, map_count=2, sensors=[RADAR, LATE],
        config={"map": {"length_m": 200.0}, "traffic": {"car_count": 6}},
    )  # fmt: skip


def drive(env, steps):
    action = np.tile(np.array([0.02, 0.3], np.float32), (env.num_envs, 1))
    return [env.step(action)[0] for _ in range(steps)]


def assert_equal(left, right, rows=slice(None)):
    for step, (a, b) in enumerate(zip(left, right, strict=True)):
        for key in KEYS:
            np.testing.assert_array_equal(a[key], b[key][rows], err_msg=f"{key} at step {step}")


def test_a_world_does_not_depend_on_its_neighbours_nor_on_where_its_map_lies(maps, state):
    together = measured(FAULTY, maps, state)
    assert together["valid"].sum() > 100
    for world in (0, 4, 8):
        alone = measured(FAULTY, maps, part_of(state, [world]))
        for channel, frames in together.items():
            np.testing.assert_array_equal(frames[world], alone[channel][0], err_msg=channel)
    number = int(state.worlds.map[4])
    other = MapBank.build(MapConfig(generator="highway", start=40 + number, count=1, length_m=300.0)).arrays
    moved = part_of(state, [4])
    moved.worlds.map[:] = 0
    for channel, frames in measured(FAULTY, other, moved).items():
        np.testing.assert_array_equal(frames[0], together[channel][4], err_msg=channel)


def test_threads_and_who_is_due_do_not_matter(maps, state):
    one, two = measured(FAULTY, maps, state), measured(FAULTY, maps, state, threads=2)
    due = np.arange(9) % 3 == 1
    some = measured(FAULTY, maps, state, due=due)
    for channel in one:
        np.testing.assert_array_equal(one[channel], two[channel])
        np.testing.assert_array_equal(some[channel][due], one[channel][due])
        assert not some[channel][~due].any()


def test_two_radars_draw_different_numbers_and_one_the_same_again(maps, state):
    first, again = measured(RadarConfig(), maps, state), measured(RadarConfig(), maps, state)
    other = measured(RadarConfig(name="other"), maps, state)
    np.testing.assert_array_equal(first["detections"], again["detections"])
    assert (first["detections"] != other["detections"]).any()


def test_observations_are_in_the_declared_space():
    env = gym.make("drivesim/Highway-v0", sensors=[RADAR, {**RADAR, "name": "few", "detections_max": 3}])
    space = env.observation_space
    assert space["radar"] == gym.spaces.Box(-1000.0, 1000.0, (64, 6), np.float32)
    assert space["radar_valid"] == gym.spaces.Box(0, 1, (64,), np.uint8)
    assert space["few"].shape == (3, 6)
    observation, _ = env.reset(seed=0)
    for _ in range(5):
        assert observation in space
        rows, valid = observation["radar"], observation["radar_valid"]
        count = valid.sum()
        assert count > 0
        assert (valid[:count] == 1).all()
        assert not rows[count:].any()
        assert (np.diff(rows[:count, 0]) >= 0.0).all()
        assert (np.abs(rows[:count, 1]) <= math.radians(60.0)).all()
        observation, *_ = env.step(env.action_space.sample())


def test_replays_and_restored_snapshots_and_copies_repeat_every_frame():
    env, other = make(), make()
    for each in (env, other):
        each.reset(seed=3)
    first = drive(env, 8)
    assert_equal(drive(other, 8), first)
    snapshot = env.unwrapped.snapshot()
    twin = copy.deepcopy(env)
    expected = drive(env, 12)
    assert any(step["late_valid"].any() for step in expected)
    assert_equal(drive(twin, 12), expected)
    other.reset(seed=8)
    other.unwrapped.restore(snapshot)
    assert_equal(drive(other, 12), expected)


def test_world_i_equals_a_single_environment_of_seed_plus_i():
    batch = make()
    batch.reset(seed=3)
    expected = drive(batch, 10)
    for world in range(WORLDS):
        env = make(1)
        env.reset(seed=3 + world)
        assert_equal(drive(env, 10), expected, slice(world, world + 1))


def test_labels_say_what_a_perfect_radar_would_have_delivered_and_which_faults_there_are():
    env = make()
    env.reset(seed=3)
    observation = drive(env, 8)[-1]
    labels = env.unwrapped.labels()
    assert labels["late_truth"].shape == observation["late"].shape
    rows = labels["late_truth"][labels["late_valid_truth"] == 1]
    assert len(rows) > 0
    standing = rows[np.abs(rows[:, 3]) == 0.0]
    assert len(standing) > 0, "rails have no velocity of their own"
    assert labels["late_faults"].shape[0] == WORLDS


def test_a_camera_sees_the_same_with_and_without_a_radar_beside_it():
    frames = []
    for sensors in ([{"width": 16, "height": 16}], [{"width": 16, "height": 16}, RADAR]):
        env = gym.make_vec("drivesim/Highway-v0", num_envs=2, map_count=1, sensors=sensors)
        env.reset(seed=1)
        frames.append(env.step(np.zeros((2, 2), np.float32))[0]["camera"])
    np.testing.assert_array_equal(*frames)


def test_a_config_round_trips_and_knows_its_model():
    config = from_dict(SensorConfig, {"type": "radar", "model": "SRR", "range_m": 40})
    assert isinstance(config, RadarConfig)
    assert config.device == replace(RADAR_MODELS["SRR"], range_m=40.0)
    assert from_dict(SensorConfig, to_dict(config)) == config
    assert replace(config, model="LRR").device == replace(RADAR_MODELS["LRR"], range_m=40.0)


@pytest.mark.parametrize("name", RADAR_MODELS)
def test_every_model_is_a_radar_with_few_false_alarms(name):
    config = RadarConfig(model=name)
    assert config.device == RADAR_MODELS[name]
    assert 0.05 < config.false_alarm_mean < 0.5


def test_edge_losses_are_the_ranges_that_the_data_sheet_gives():
    # 150 m at 9 degrees of the far scan's 250 m; 20 m at 60 degrees of the near scan's 70 m.
    for name, edge in (("ARS408-far", 150.0), ("ARS408-near", 20.0)):
        device = RADAR_MODELS[name]
        assert 40.0 * math.log10(device.range_m / edge) == pytest.approx(device.edge_loss_db, abs=0.1)


def test_the_nuscenes_car_has_five_radars_where_they_are():
    radars = {radar.name: radar for radar in nuscenes_radars()}
    assert list(radars) == [
        f"radar_{name}" for name in ("front", "front_left", "front_right", "back_left", "back_right")
    ]
    assert (radars["radar_front"].x_m, radars["radar_front"].z_m) == (3.412, 0.5)
    for name, sign in (("left", 1.0), ("right", -1.0)):
        assert radars[f"radar_front_{name}"].yaw_deg == sign * 90.0
        assert radars[f"radar_back_{name}"].y_m == sign * 0.62
    config = EnvConfig(sensors=(CameraConfig(), *radars.values()))
    assert len(Rig(config.sensors, 1).observation()) == 1 + 2 * 5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "ARS408"}, "RadarConfig.model: unknown value 'ARS408'; did you mean 'ARS408-"),
        ({"range_m": 0.0}, r"RadarConfig.range_m: expected a value in \[5, 500\], got 0.0"),
        ({"fov_deg": 180.0}, r"RadarConfig.fov_deg: expected a value in \[1, 170\], got 180.0"),
        ({"range_m": math.nan}, "RadarConfig.range_m: expected a value"),
        ({"detections_max": 0}, r"RadarConfig.detections_max: expected an integer in \[1, 1024\], got 0"),
        ({"detections_max": 1.5}, "RadarConfig.detections_max: expected an integer"),
        ({"pitch_deg": 2.0}, "RadarConfig.pitch_deg: expected 0, got 2.0"),
        ({"roll_deg": -1.0}, "RadarConfig.roll_deg: expected 0, got -1.0"),
        ({"ghost_share": 1.1}, r"RadarConfig.ghost_share: expected a value in \[0, 1\], got 1.1"),
        ({"clutter_mean": -1.0}, "RadarConfig.clutter_mean: expected a value"),
        ({"false_alarm_probability": 0.0}, "RadarConfig.false_alarm_probability: expected a value"),
        ({"false_alarm_probability": 1e-2}, "expected at most 100 false alarms per frame, got 2500"),
        ({"velocity_max_mps": "60"}, "RadarConfig.velocity_max_mps: expected a value"),
        ({"faults": (FaultConfig(kind="ghost"),)}, "RadarConfig.faults: unknown value 'ghost'; did you mean 'ghosts'"),
    ],
)
def test_wrong_values_are_named(values, message):
    with pytest.raises(ConfigError, match=message):
        RadarConfig(**values)


def test_a_misspelt_key_is_named():
    with pytest.raises(ConfigError, match="unknown key 'rnage_m'; did you mean 'range_m'"):
        from_dict(SensorConfig, {"type": "radar", "rnage_m": 40.0})
