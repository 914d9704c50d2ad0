"""Points on road users, with points put there by hand."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from drivesim.config import EnvConfig, SensorConfig
from drivesim.kernels.launch import Launcher
from drivesim.sensors.objects import object_labels
from drivesim.sensors.truth.labels import Moment, Truth
from drivesim.sensors.truth.points import counted, lidar_points, radar_points
from drivesim.state.parameters import parameters_from
from tests.reference.views import put, state_of


@dataclass(frozen=True, kw_only=True)
class Ranger(SensorConfig):
    type: str = "lidar"
    name: str = "roof"


@dataclass(frozen=True, kw_only=True)
class Doppler(SensorConfig):
    type: str = "radar"
    name: str = "nose"


@pytest.fixture
def state():
    state = state_of()
    # Rear bumper at (20, 3), facing north: its box is x in [19.1, 20.9], y in [3, 7.5], z in [0, 1.5].
    put(state, 0, 1, 20.0, 3.0, math.pi / 2)
    return state


def parameters():
    return parameters_from(EnvConfig(), 4)


def objects_of(state):
    return object_labels(state, parameters(), Launcher())


def test_lidar_points_are_counted_by_whom_they_have_met():
    instance = np.array([[0, 2, 2, 300, 1], [3, 3, 3, 0, 4]], np.uint16)
    assert counted(instance, 3).tolist() == [[1, 2, 0], [0, 0, 3]]


def test_without_that_those_in_its_box_count(state):
    # The lidar stands 1 m ahead of the axle, 1.8 m high, turned to the left: its x is the ego's y.
    config = Ranger(x_m=1.0, z_m=1.8, yaw_deg=90.0)
    ego = np.array(
        [(20.0, 5.0, 1.0), (19.2, 3.1, 0.1), (20.0, 5.0, 1.55), (20.0, 5.0, 1.7), (18.9, 5.0, 1.0), (20, 7.7, 1)]
    )
    points = np.stack([ego[:, 1], -(ego[:, 0] - 1.0), ego[:, 2] - 1.8, np.ones(6)], axis=-1)[None]
    assert lidar_points(objects_of(state), config, points, np.ones((1, 6), bool)).tolist() == [[0, 3, 0, 0]]
    assert lidar_points(objects_of(state), config, points, np.arange(6)[None] > 0).tolist() == [[0, 2, 0, 0]]


def test_radar_detections_count_on_the_outline_and_half_a_metre_around(state):
    config = Doppler(x_m=3.0, z_m=0.5)
    ego = np.array([(20.0, 5.0), (18.7, 5.0), (18.5, 5.0), (20.0, 7.9), (20.0, 8.1)])
    detections = np.zeros((1, 8, 6), np.float32)
    detections[0, :5, 0] = np.hypot(ego[:, 0] - 3.0, ego[:, 1])
    detections[0, :5, 1] = np.arctan2(ego[:, 1], ego[:, 0] - 3.0)
    assert radar_points(objects_of(state), config, detections).tolist() == [[0, 3, 0, 0]]


def test_the_labels_take_the_delivered_frames_and_add_up_sensors_of_a_kind(state):
    rig = Ranger(name="roof"), Ranger(name="bumper", x_m=3.0), Doppler()
    frames = {
        "roof_instance": np.array([[2, 2, 0]], np.uint16),
        "bumper": np.array([[(17.0, 5.0, 1.0, 0.5), (0.0, 0.0, 0.0, 0.0)]], np.float32),
        "nose": np.zeros((1, 4, 6), np.float32),
    }
    moment = Moment(None, state, parameters(), Launcher(), None, frames)
    labels = Truth(rig, 1).labels(moment)
    assert labels["roof_objects_points"]()["roof_objects_points"].tolist() == [[0, 2, 0, 0]]
    assert labels["bumper_objects_points"]()["bumper_objects_points"].tolist() == [[0, 1, 0, 0]]
    assert labels["objects_lidar_points"]()["objects_lidar_points"].tolist() == [[0, 3, 0, 0]]
    assert labels["objects_radar_points"]()["objects_radar_points"].tolist() == [[0, 0, 0, 0]]
    position = labels["nose_objects_position"]()["nose_objects_position"]
    assert position[0, 1] == pytest.approx([20.0, 5.25, 0.75], abs=1e-4)
