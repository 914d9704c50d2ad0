"""Heads of the street: hand-worked losses and metrics."""

import math

import numpy as np
import pytest
import torch

from agents.heads import STREET_HEADS, TOWN_HEADS, default_heads
from agents.heads.contract import Truth
from agents.heads.street import MIDDLE, light_head, people_head, right_of_way_head
from agents.network.gaze import Looked
from drivesim.config import CameraConfig
from drivesim.semantics import LightColor


def metric(head, name, said, truth):
    found = next(metric for metric in head.metrics if name in metric.meanings)
    return dict(zip(found.meanings, found.values(found.counts(said, truth)), strict=True))[name]


def test_light_states_come_from_presence_and_colour():
    label = next(label for label in light_head().labels if label.name == "light_state")
    labels = {
        "light_present": np.array([True, True, True, True, False]),
        "light_color": np.array(
            [LightColor.GREEN, LightColor.AMBER, LightColor.RED, LightColor.RED_AMBER, LightColor.RED], np.uint8
        ),
    }
    assert label.read(Truth({}, labels, None)).tolist() == [1, 2, 3, 3, 0]


def test_the_light_s_loss_is_the_cross_entropy_with_half_the_weight_on_frames_with_a_light():
    said = torch.zeros(5, 6)
    said[0, 3], said[2:, 0] = 2.0, 1.0
    labels = {"light_state": torch.tensor([3, 1, 0, 0, 0], dtype=torch.uint8)}
    loss = next(loss for loss in light_head().losses if loss.name == "light")
    with_light = 0.5 * (math.log(math.exp(2.0) + 3.0) - 2.0 + math.log(4.0))
    without = math.log(math.e + 3.0) - 1.0
    assert float(loss.function(said, labels)) == pytest.approx(0.5 * (with_light + without), rel=1e-5)


def test_where_a_light_is_in_a_picture_costs_its_cross_entropy_and_its_absence_as_much():
    # A camera of 16 x 16 px has 2 x 2 cells; of 90 degrees its focal length is 8 px.
    camera = CameraConfig(width=16, height=16, fov_deg=90.0, principal_y=0.5, x_m=0.0, z_m=1.8)
    said = Looked(torch.zeros(2, 6), {"camera": torch.tensor([[0.0, 3.0, 0.0, 0.0, 0.0]] * 2)}, {"camera": camera})
    # 10 m ahead, 2 m to the right, 1 m above the camera: 1.6 px right of and 0.8 px above the middle, the upper right.
    labels = {"light_present": torch.tensor([True, False]), "light_place": torch.tensor([[10.0, -2.0], [0.0, 0.0]])}
    loss = next(loss for loss in light_head().losses if loss.name == "light_place")
    total = math.log(math.exp(3.0) + 4.0)
    assert float(loss.function(said, labels)) == pytest.approx(0.5 * (total - 3.0 + total), rel=1e-5)


def test_lights_are_judged_within_40_m():
    said = {"light_state": np.eye(4)[[1, 3, 2, 0]]}
    truth = {
        "light_state": np.array([1, 3, 3, 3], np.uint8),
        "stop_line_distance": np.array([10.0, 39.0, 20.0, 41.0], np.float32),
    }
    assert metric(light_head(), "light_accuracy", said, truth) == pytest.approx(2.0 / 3.0)


def test_people_are_recalled_within_25_m():
    said = {"person_present": np.array([0.9, 0.2, 0.1, 0.9])}
    truth = {
        "person_present": np.array([True, True, True, False]),
        "person_distance": np.array([10.0, 24.0, 26.0, 0.0], np.float32),
    }
    assert metric(people_head(), "person_recall", said, truth) == pytest.approx(0.5)
    assert metric(people_head(), "person_f1", said, truth) == pytest.approx(2.0 / (2.0 + 1.0 + 2.0))


def test_a_distance_said_right_costs_nothing_and_one_said_wrong_its_logarithm():
    loss = people_head().losses[0]
    labels = {"person_present": torch.tensor([True]), "person_distance": torch.tensor([30.0])}
    right = torch.tensor([[20.0, math.log(30.0) - MIDDLE]])
    assert float(loss.function(right, labels)) == pytest.approx(0.0, abs=1e-6)
    # Twice as far: Huber with slope one beyond 0.1.
    wrong = torch.tensor([[20.0, math.log(60.0) - MIDDLE]])
    assert float(loss.function(wrong, labels)) == pytest.approx(math.log(2.0) - 0.05, abs=1e-5)


def test_one_frame_with_somebody_weighs_as_much_as_all_without():
    loss = people_head().losses[0]
    labels = {"person_present": torch.arange(5) == 0, "person_distance": torch.full((5,), 15.0)}
    said = torch.tensor([[0.0, 0.0]] + [[-math.log(3.0), 0.0]] * 4)
    # -ln 1/2 of the one that has somebody, -ln 3/4 of each of the others.
    assert float(loss.function(said, labels)) == pytest.approx(0.5 * math.log(2.0) + 0.5 * math.log(4.0 / 3.0))


def test_towns_have_heads_of_their_own_that_the_planner_reads():
    names = [head.name for head in default_heads(town=True)]
    assert set(names) - {head.name for head in default_heads()} == set(TOWN_HEADS)
    plan = next(head for head in default_heads(town=True) if head.name == "plan")
    assert set(STREET_HEADS) <= set(plan.reads)
    assert all(names.index(name) < names.index("plan") for name in STREET_HEADS)
    assert right_of_way_head().perceived_length == 1
