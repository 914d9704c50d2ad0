"""Labels of a whole environment: names, what reading costs, and what they must not depend on."""

import gymnasium as gym
import numpy as np
import pytest

import drivesim  # noqa: F401  # registers the environments
from drivesim.sensors.camera.sensor import Camera
from drivesim.sensors.truth import labels as module
from drivesim.sensors.truth.boxes import SensorBoxes, WorldBoxes
from drivesim.sensors.truth.lanes import LaneLabels, PictureLanes
from drivesim.sensors.truth.picture import PictureBoxes
from drivesim.sensors.truth.space import SpaceLabels

FRONT = {"width": 96, "height": 48, "channels": ["rgb", "depth", "semantic", "instance"]}
SLOW = {
    "name": "late", "width": 64, "height": 40, "yaw_deg": 170.0, "x_m": 0.0, "rate_hz": 5.0, "latency_s": 0.3,
    "pitch_deg": 4.0,
}  # fmt: skip
BEV = {"type": "bev"}


def make(count=3, threads=1, **options):
    options = {"map_count": 2, "sensors": [FRONT, SLOW, BEV], "threads": threads, **options}
    env = gym.make_vec("drivesim/Highway-v0", num_envs=count, **options)
    env.reset(seed=5)
    for _ in range(25):
        env.step(env.unwrapped.expert_action())
    return env


@pytest.fixture(scope="module")
def env():
    return make()


def declared():
    names = {f"world_objects_{name}" for name in WorldBoxes._fields} | {f"lanes_{name}" for name in LaneLabels._fields}
    names |= {f"space_{name}" for name in SpaceLabels._fields} | {"objects_visibility", "objects_visibility_level"}
    for sensor in ("camera", "late", "bev"):
        names |= {f"{sensor}_objects_{name}" for name in SensorBoxes._fields}
    for camera in ("camera", "late"):
        names |= {f"{camera}_objects_{name}" for name in PictureBoxes._fields}
        names |= {f"{camera}_lanes_{name}" for name in PictureLanes._fields}
        names |= {f"{camera}_{name}" for name in ("space", "depth", "semantic", "instance")}
    return names


def test_every_declared_label_is_there_with_a_row_per_world(env):
    labels = env.unwrapped.labels()
    assert declared() <= set(labels)
    for name in declared():
        assert len(labels[name]) == 3, name
        assert not np.isnan(labels[name].astype(np.float64)).all(), name
    assert labels["camera_objects_valid"].any()
    assert labels["late_objects_valid"].any()


def test_what_nobody_reads_costs_nothing(env, monkeypatch):
    computed = []
    for name in ("object_labels", "lane_labels", "space_labels", "picture_boxes", "TruthCamera"):
        monkeypatch.setattr(module, name, lambda *_, name=name, **__: computed.append(name))
    monkeypatch.setattr(env.unwrapped.simulation.truth, "_cameras", {})
    labels = env.unwrapped.labels()
    assert "camera_objects_box" in labels and len(list(labels)) > 60
    assert computed == []
    with pytest.raises(AttributeError):
        labels["lanes_line"]
    assert computed == ["lane_labels"]


def test_labels_of_one_reading_share_a_picture(env, monkeypatch):
    rendered = []
    update = Camera.update
    monkeypatch.setattr(Camera, "update", lambda self, *a, **k: rendered.append(self) or update(self, *a, **k))
    labels = env.unwrapped.labels()
    for name in ("camera_objects_box", "camera_objects_pixels", "camera_space", "camera_depth", "objects_visibility"):
        assert labels[name] is not None
    assert len(rendered) == 2, "one each for both cameras"


def test_pictures_of_the_truth_are_those_that_a_camera_without_rate_delivers(env):
    observation, labels = env.unwrapped.observe_view(), env.unwrapped.labels()
    for channel in ("depth", "semantic", "instance"):
        np.testing.assert_array_equal(labels[f"camera_{channel}"], observation[f"camera_{channel}"])
    before = {name: labels[name].copy() for name in ("camera_depth", "late_instance")}
    later = env.unwrapped.labels()
    for name, values in before.items():
        later[name][:] = 7
        np.testing.assert_array_equal(labels[name], values)


def test_reading_labels_changes_nothing_that_is_simulated_or_delivered():
    read, unread = make(), make()
    for _ in range(8):
        labels = read.unwrapped.labels()
        for name in declared():
            assert labels[name] is not None
        action = read.unwrapped.expert_action()
        one, other = read.step(action)[0], unread.step(action)[0]
        for key in one:
            np.testing.assert_array_equal(one[key], other[key], err_msg=key)
    for name, values in read.unwrapped.snapshot().items():
        np.testing.assert_array_equal(values, unread.unwrapped.snapshot()[name], err_msg=name)


def test_labels_do_not_depend_on_the_batch_or_the_threads_and_come_back_with_a_snapshot(env):
    together = env.unwrapped.labels()
    threaded, alone = make(threads=2), make(1)
    snapshot = env.unwrapped.snapshot()
    copied = make()
    copied.unwrapped.restore(snapshot)
    for name in sorted(declared()):
        np.testing.assert_array_equal(together[name], threaded.unwrapped.labels()[name], err_msg=name)
        np.testing.assert_array_equal(together[name], copied.unwrapped.labels()[name], err_msg=name)
        np.testing.assert_array_equal(together[name][:1], alone.unwrapped.labels()[name], err_msg=name)


def test_a_single_environment_has_them_without_the_axis():
    env = gym.make("drivesim/Highway-v0", map_count=1, sensors=[FRONT])
    env.reset(seed=5)
    labels = env.unwrapped.labels()
    slots = labels["objects_valid"].shape[0]
    assert labels["camera_objects_box"].shape == (slots, 4)
    assert labels["camera_space"].shape == (48, 96)


def test_a_road_user_is_visible_over_all_cameras_where_one_sees_it(env):
    labels = env.unwrapped.labels()
    shown = (labels["camera_objects_pixels"] > 0) | (labels["late_objects_pixels"] > 0)
    np.testing.assert_array_equal(labels["objects_visibility"] > 0.0, shown)
    np.testing.assert_array_equal(labels["objects_visibility_level"] > 0, shown)
    only = shown & (labels["late_objects_valid"] == 0)
    np.testing.assert_allclose(labels["objects_visibility"][only], labels["camera_objects_visibility"][only])
