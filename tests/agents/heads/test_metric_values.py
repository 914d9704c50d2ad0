import math

import numpy as np
import pytest

from agents.heads.metrics import (
    confusion_matrix,
    detections,
    f1_score,
    intersection_over_union,
    mean,
    mean_absolute,
    mean_iou,
    subsample,
    sum_and_size,
)


def test_confusion_counts_labels_in_rows_and_predictions_in_columns():
    matrix = confusion_matrix(np.array([[0, 1], [1, 2]]), np.array([[0, 0], [1, 2]]), 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_parts_of_a_suite_add_up_to_the_whole():
    rng = np.random.default_rng(0)
    predicted, label = rng.integers(0, 5, (2, 6, 7)), rng.integers(0, 5, (2, 6, 7))
    parts = sum(confusion_matrix(predicted[i], label[i], 5) for i in range(2))
    assert np.array_equal(parts, confusion_matrix(predicted, label, 5))


def test_iou_counts_misses_and_false_alarms_and_only_classes_present():
    # Class 0: 1 hit, 1 miss -> 1/2. Class 1: 1 hit, 1 false alarm -> 1/2. Class 2: 1 hit -> 1. Class 3 is absent.
    matrix = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    assert intersection_over_union(matrix)[:3].tolist() == [0.5, 0.5, 1.0]
    assert math.isnan(intersection_over_union(matrix)[3])
    assert mean_iou(matrix) == pytest.approx(2.0 / 3.0)


def test_mean_iou_of_nothing_is_unknown():
    assert math.isnan(mean_iou(np.zeros((3, 3), np.int64)))


def test_the_mean_of_parts_weighs_every_element_alike():
    # 1 and 3 in one part, 8 in another: 12 / 3 = 4, where a mean of means would say 5.
    assert mean(sum_and_size(np.array([1.0, 3.0])) + sum_and_size(np.array([8.0]))) == 4.0
    assert math.isnan(mean(sum_and_size(np.zeros(0))))


def test_an_absolute_error_is_blind_to_its_direction():
    metric = mean_absolute("offset_mae_m", "mean error", "offset")
    counts = metric.counts({"offset": np.array([1.0, -2.0])}, {"offset": np.array([2.0, 1.0])})
    assert metric.values(counts) == (2.0,)


def test_f1_balances_false_alarms_and_misses():
    # 1 hit, 1 false alarm, 1 miss: 2 / (2 + 2) = 0.5.
    counts = detections(np.array([True, True, False, False]), np.array([True, False, True, False]))
    assert counts.tolist() == [1, 1, 1]
    assert f1_score(counts) == 0.5
    assert math.isnan(f1_score(np.zeros(3)))


def test_a_picture_is_thinned_out_to_the_pixels_a_smaller_one_stands_for():
    picture = np.arange(24).reshape(1, 4, 6)
    assert subsample(picture, (1, 2, 3)).tolist() == [[[0, 2, 4], [12, 14, 16]]]
    assert np.array_equal(subsample(picture, picture.shape), picture)
