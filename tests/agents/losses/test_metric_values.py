import math

import numpy as np
import pytest

from agents.losses import (
    absolute_error,
    absolute_relative_error,
    confusion_matrix,
    f1_score,
    intersection_over_union,
    mean_iou,
    relative_error,
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


def test_depth_error_is_relative_and_capped():
    # 12 for 10 is 0.2 off, 10 for 20 is 0.5 off; the sky does not count.
    assert absolute_relative_error(np.array([12.0, 10.0, 3.0]), np.array([10.0, 20.0, 1000.0])) == pytest.approx(0.35)


def test_absolute_error_means_over_what_is_valid():
    predicted, target = np.array([1.0, 2.0, 9.0]), np.array([0.0, 4.0, 0.0])
    assert absolute_error(predicted, target, np.array([True, True, False])) == 1.5
    assert absolute_error(predicted, target) == 4.0
    assert math.isnan(absolute_error(predicted, target, np.zeros(3, np.bool_)))


def test_relative_error_ignores_what_has_no_size():
    assert relative_error(np.array([11.0, 5.0]), np.array([10.0, 0.0]), np.ones(2, np.bool_)) == pytest.approx(0.1)


def test_f1_balances_false_alarms_and_misses():
    # 1 hit, 1 false alarm, 1 miss: 2 / (2 + 2) = 0.5.
    predicted = np.array([True, True, False, False])
    assert f1_score(predicted, np.array([True, False, True, False])) == 0.5
    assert math.isnan(f1_score(np.zeros(2, np.bool_), np.zeros(2, np.bool_)))
