"""Metrics of perception: what a person would ask about each head. NumPy in, plain numbers out."""

import math

import numpy as np

DEPTH_CAP_M = 80.0
"""Pixels farther than this do not count (Eigen et al. 2014, arXiv:1406.2283, and everyone since on KITTI)."""


def confusion_matrix(predicted: np.ndarray, label: np.ndarray, classes: int) -> np.ndarray:
    """Pixel counts int64 (classes, classes): row label, column prediction. Matrices of parts add up to the whole's."""
    pairs = label.astype(np.int64).ravel() * classes + predicted.astype(np.int64).ravel()
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def intersection_over_union(confusion: np.ndarray) -> np.ndarray:
    """IoU per class, `TP / (TP + FP + FN)` (Everingham et al. 2010), float64 (classes,); NaN where no label has it."""
    hit = np.diag(confusion).astype(np.float64)
    union = confusion.sum(0) + confusion.sum(1) - hit
    return np.where(confusion.sum(1) > 0, hit / np.maximum(union, 1), np.nan)


def mean_iou(confusion: np.ndarray) -> float:
    """Mean IoU over the classes that the labels contain; NaN for an empty matrix."""
    scores = intersection_over_union(confusion)
    present = ~np.isnan(scores)
    return float(scores[present].mean()) if present.any() else math.nan


def absolute_relative_error(predicted: np.ndarray, depth: np.ndarray, *, cap_m: float = DEPTH_CAP_M) -> float:
    """AbsRel, the mean of `|d' - d| / d` over pixels up to `cap_m` (Eigen et al. 2014); NaN where none is."""
    return relative_error(predicted, depth, depth <= cap_m)


def absolute_error(predicted: np.ndarray, target: np.ndarray, valid: np.ndarray | None = None) -> float:
    """Mean of `|y' - y|` over the elements that are `valid`, over all if None; NaN where none is."""
    chosen = np.ones(target.shape, np.bool_) if valid is None else valid
    return float(np.abs(predicted[chosen] - target[chosen]).mean()) if chosen.any() else math.nan


def relative_error(predicted: np.ndarray, target: np.ndarray, valid: np.ndarray) -> float:
    """Mean of `|y' - y| / y` over the elements that are `valid`, where `y` is positive; NaN where none is."""
    chosen = valid & (target > 0.0)
    if not chosen.any():
        return math.nan
    return float((np.abs(predicted[chosen] - target[chosen]) / target[chosen]).mean())


def f1_score(predicted: np.ndarray, label: np.ndarray) -> float:
    """`2 TP / (2 TP + FP + FN)` of bool arrays (van Rijsbergen 1979); NaN where both are all false."""
    hit = int((predicted & label).sum())
    wrong = int((predicted ^ label).sum())
    return 2.0 * hit / (2.0 * hit + wrong) if hit + wrong else math.nan
