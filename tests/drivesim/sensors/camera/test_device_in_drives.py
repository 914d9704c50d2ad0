"""The device in an environment: what it remembers is in snapshots, and a world of a batch is a world alone."""

import gymnasium
import numpy as np
import pytest

import drivesim  # noqa: F401  # registers the environments

CAMERA = {
    "width": 48, "height": 32, "channels": ("rgb", "flow"), "exposure": "auto", "exposure_lag_s": 0.5,
    "exposure_max_s": 0.012, "shot_noise": 1e-3, "read_noise": 1e-5, "motion_blur": True, "readout_s": 0.02,
    "vignetting": 1.0, "jpeg_quality": 80,
}  # fmt: skip


def env_of(worlds: int, *sensors):
    config = {"map": {"length_m": 300.0, "count": 2}, "traffic": {"car_count": 6}}
    return gymnasium.make_vec("drivesim/Highway-v0", num_envs=worlds, sensors=list(sensors), config=config)


def drive(env, steps: int) -> list[dict[str, np.ndarray]]:
    action = np.tile(np.array((0.02, 0.6), np.float32), (env.num_envs, 1))
    return [env.step(action)[0] for _ in range(steps)]


def test_a_restored_snapshot_takes_the_same_pictures_again():
    env = env_of(3, CAMERA)
    env.reset(seed=4)
    drive(env, 5)
    snapshot = env.unwrapped.snapshot()
    first = drive(env, 4)
    env.unwrapped.restore(snapshot)
    for one, other in zip(first, drive(env, 4), strict=True):
        for key in ("camera", "camera_flow"):
            np.testing.assert_array_equal(one[key], other[key])
    assert np.abs(first[-1]["camera_flow"]).max() > 1.0
    env.close()


def test_a_world_of_a_batch_takes_the_pictures_of_one_alone():
    batch, alone = env_of(3, CAMERA), env_of(1, CAMERA)
    batch.reset(seed=7)
    alone.reset(seed=9)
    for one, other in zip(drive(batch, 4), drive(alone, 4), strict=True):
        np.testing.assert_array_equal(one["camera"][2], other["camera"][0])
    batch.close()
    alone.close()


@pytest.mark.parametrize("rig", ["nuscenes", "openpilot", "kitti", "carla_leaderboard"])
def test_rigs_drive(rig):
    env = gymnasium.make_vec("drivesim/Lane-v0", num_envs=2, sensors=rig)
    observation, _ = env.reset(seed=1)
    pictures = [picture for picture in observation.values() if picture.ndim == 4]
    assert len(pictures) >= 2
    assert all(picture.std() > 10.0 for picture in pictures)
    env.close()
