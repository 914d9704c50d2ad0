"""The fault detector: its scores against hand-worked areas."""

import numpy as np
import pytest
import torch

from agents.heads import HEADS, Truth, fault_head
from agents.heads.metrics import area_under_roc, score_histogram

KINDS = {"camera": ("dead", "noise"), "radar": ("ghosts",)}


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    positive, negative = np.array([0.9, 0.6, 0.6]), np.array([0.1, 0.6, 0.7])
    # 0.9 beats all three; each 0.6 beats one and ties with one: (3 + 2 * 1.5) / 9.
    area = area_under_roc(score_histogram(positive), score_histogram(negative))
    assert area == pytest.approx(6.0 / 9.0)


def test_histograms_add_up_and_tell_close_scores_apart_where_they_pile_up():
    sure = score_histogram(np.array([0.999]))
    surer = score_histogram(np.array([0.9995]))
    assert area_under_roc(surer, sure) == 1.0
    assert np.array_equal(sure + surer, score_histogram(np.array([0.999, 0.9995])))
    assert np.isnan(area_under_roc(sure, 0.0 * sure))


def test_kinds_are_compared_with_healthy_frames_and_alarms_counted_on_them():
    metric = fault_head(KINDS).metrics[0]
    severity = np.array([[0, 0], [0, 0], [3, 0], [0, 2]], np.uint8)
    score = np.array([[0.1, 0.2], [0.6, 0.1], [0.9, 0.95], [0.05, 0.15]], np.float32)
    counts = metric.counts({"camera_faults": score}, {"camera_faults": severity})
    area, alarms = metric.values(counts + counts)
    # dead: 0.9 beats 0.1 and 0.6 -> 1; noise: 0.15 beats 0.1 alone -> 1 / 2. One of two healthy frames has an alarm.
    assert area == pytest.approx(0.75)
    assert alarms == pytest.approx(0.5)


def test_an_environment_without_faults_has_healthy_sensors():
    label = fault_head(KINDS).labels[0]
    truth = Truth({"ego": np.zeros((3, 5))}, {}, None)
    assert label.read(truth).tolist() == [[0, 0]] * 3


def test_it_is_built_again_from_its_config():
    head = fault_head(KINDS)
    assert HEADS["faults"](**head.config).config == head.config


def test_its_loss_is_the_cross_entropy_of_every_fault():
    head = fault_head(KINDS)
    said = {"camera": torch.tensor([[0.0, 2.0]]), "radar": torch.tensor([[-1.0]])}
    labels = {"camera_faults": torch.tensor([[0, 4]]), "radar_faults": torch.tensor([[0]])}
    expected = (np.log(2.0) + np.log1p(np.exp(-2.0)) + np.log1p(np.exp(-1.0))) / 3.0
    assert head.losses[0].function(said, labels).item() == pytest.approx(expected, rel=1e-6)
