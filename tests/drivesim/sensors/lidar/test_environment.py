"""The lidar in environments: made by name, in spaces, single and batched; wrong input; pictures."""

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401  # registers the environments
from drivesim.config import LIDAR_CHANNELS, LIDAR_MODELS, LidarConfig, sensors_from
from drivesim.errors import ConfigError
from drivesim.sensors.lidar.sensor import Lidar

SMALL = {"type": "lidar", "columns": 60, "beams": 8, "channels": list(LIDAR_CHANNELS), "timestamps": True}


def test_a_single_environment_delivers_what_its_space_says():
    env = gym.make("drivesim/Highway-v0", sensors=[SMALL])
    observation, _ = env.reset(seed=3)
    for _ in range(3):
        assert env.observation_space.contains(observation)
        observation, *_ = env.step(np.zeros(2, np.float32))
    assert observation["lidar"].shape == (480, 4)
    assert observation["lidar_valid"].mean() > 0.2
    assert observation["lidar_range"].shape == (8, 60)
    env.close()


def test_a_batch_equals_single_environments():
    batch = gym.make_vec("drivesim/Highway-v0", num_envs=2, sensors=[SMALL])
    observation, _ = batch.reset(seed=3)
    alone = gym.make("drivesim/Highway-v0", sensors=[SMALL])
    single, _ = alone.reset(seed=4)
    for _ in range(3):
        for key in single:
            np.testing.assert_array_equal(observation[key][1], single[key], err_msg=key)
        assert batch.observation_space.contains(observation)
        observation, *_ = batch.step(np.zeros((2, 2), np.float32))
        single, *_ = alone.step(np.zeros(2, np.float32))
    batch.close()
    alone.close()


@pytest.mark.parametrize("model", LIDAR_MODELS)
def test_models_are_made_by_name_and_changed_by_field(model):
    (config,) = sensors_from([{"type": "lidar", "model": model, "columns": 0}])
    assert isinstance(config, LidarConfig)
    assert config.device == LIDAR_MODELS[model]
    (changed,) = sensors_from([{"type": "lidar", "model": model, "range_m": 42.0, "beams": 1, "lower_deg": -80.0}])
    assert isinstance(changed, LidarConfig)
    assert changed.device.range_m == 42.0
    assert changed.beam_count == 1
    assert changed.device.divergence_mrad == LIDAR_MODELS[model].divergence_mrad


def test_data_sheets():
    assert [len(LIDAR_MODELS[name].elevations_deg) for name in ("VLP-16", "HDL-32E", "HDL-64E", "CARLA")] == [
        16, 32, 64, 64,
    ]  # fmt: skip
    assert LIDAR_MODELS["HDL-32E"].elevations_deg[0] == 10.67
    assert LIDAR_MODELS["HDL-32E"].elevations_deg[-1] == -30.67
    assert np.diff(LIDAR_MODELS["VLP-16"].elevations_deg) == pytest.approx(np.full(15, -2.0))
    assert (np.diff(LIDAR_MODELS["HDL-64E"].elevations_deg) < 0.0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "HDL32"}, "did you mean 'HDL-32E'"),
        ({"channels": ["point"]}, "did you mean 'points'"),
        ({"channels": []}, "at least one channel"),
        ({"channels": ["range", "range"]}, "repeated"),
        ({"beams": 0}, "beams"),
        ({"colums": 3}, "did you mean 'columns'"),
        ({"columns": 5000}, "columns"),
        ({"elevations_deg": [1.0, 2.0]}, "falling"),
        ({"elevations_deg": [1.0], "beams": 1}, "beside elevations_deg"),
        ({"upper_deg": -40.0}, "upper_deg"),
        ({"range_m": float("nan")}, "range_m"),
        ({"sweep_s": 2.0}, "sweep_s"),
        ({"pattern": "spining"}, "did you mean 'spinning'"),
        ({"pattern": "solid_state"}, "fov_deg"),
        ({"z_m": 0.0}, "z_m"),
        ({"noise_max_m": 0.0}, "noise_max_m"),
        ({"compensated": 1}, "compensated"),
        ({"faults": [{"kind": "beam_los"}]}, "did you mean 'beam_loss'"),
    ],
)
def test_wrong_input_is_refused_by_name(options, message):
    with pytest.raises(ConfigError, match=message):
        sensors_from([{"type": "lidar", **options}])


def test_panes_are_pictures():
    env = gym.make("drivesim/Highway-v0", sensors=[SMALL])
    env.reset(seed=1)
    lidar = env.unwrapped.simulation.rig.sensors[0]
    assert isinstance(lidar, Lidar)
    frames = {name: array[0] for name, array in lidar.frames.items()}
    for names, shape in ((frames, (256, 256, 3)), (("range",), (64, 60, 3)), (("occupancy",), (100, 80, 3))):
        picture = lidar.pane({name: frames[name] for name in names})
        assert picture is not None
        assert picture.dtype == np.uint8
        assert picture.shape == shape
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10
    assert lidar.pane({"valid": frames["valid"]}) is None
    env.close()
