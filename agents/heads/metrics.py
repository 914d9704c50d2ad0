"""Metrics of perception: what a person would ask about each head. Counts of parts add up to those of the whole."""

import math
from collections.abc import Callable

import numpy as np

from agents.heads.contract import Metric, Said

PRESENCE_THRESHOLD = 0.5
SCORE_BINS = 512
"""Bins of a histogram of scores."""
_LOGIT_MAX = 12.0


def mean_metric(
    name: str, meaning: str, needs: str | tuple[str, ...], values: Callable[[Said, Said], np.ndarray]
) -> Metric:
    """The mean of `values(said, truth)` over everything measured, an array of any shape each time."""
    return Metric(
        meanings={name: meaning},
        needs=(needs,) if isinstance(needs, str) else needs,
        counts=lambda said, truth: sum_and_size(values(said, truth)),
        values=lambda counts: (mean(counts),),
    )


def mean_absolute(name: str, meaning: str, key: str) -> Metric:
    """MAE, the mean of `|y' - y|` of what the explanation and the truth call `key`."""
    return mean_metric(name, meaning, key, lambda said, truth: np.abs(said[key] - truth[key]))


def sum_and_size(values: np.ndarray) -> np.ndarray:
    """Counts of a mean: sum and number of elements, float64 (2,)."""
    return np.array([values.sum(dtype=np.float64), values.size], np.float64)


def mean(counts: np.ndarray) -> float:
    """The mean of `sum_and_size` counts; NaN of nothing."""
    return float(counts[0] / counts[1]) if counts[1] else math.nan


def detections(predicted: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Hits, false alarms and misses of bool arrays, float64 (3,)."""
    return np.array([(predicted & label).sum(), (predicted & ~label).sum(), (~predicted & label).sum()], np.float64)


def f1_score(counts: np.ndarray) -> float:
    """`2 TP / (2 TP + FP + FN)` of `detections` (van Rijsbergen 1979); NaN where nothing was or was said to be."""
    hits, alarms, misses = counts
    return float(2.0 * hits / (2.0 * hits + alarms + misses)) if hits + alarms + misses else math.nan


def score_histogram(scores: np.ndarray) -> np.ndarray:
    """How many scores in [0, 1] fall into each of `SCORE_BINS` bins, even in their logit, float64 (SCORE_BINS,)."""
    clipped = np.clip(scores.astype(np.float64), 1e-12, 1.0 - 1e-12)
    place = (np.log(clipped / (1.0 - clipped)) / (2.0 * _LOGIT_MAX) + 0.5) * SCORE_BINS
    return np.bincount(np.clip(place, 0, SCORE_BINS - 1).astype(np.int64).ravel(), minlength=SCORE_BINS) * 1.0


def area_under_roc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Chance that a positive scores higher than a negative, a tie counting half (Fawcett 2006), of two histograms.

    NaN where either is empty.
    """
    if not positive.sum() or not negative.sum():
        return math.nan
    below = np.cumsum(negative) - negative
    wins = (positive * (below + 0.5 * negative)).sum()
    return float(wins / (positive.sum() * negative.sum()))


def confusion_matrix(predicted: np.ndarray, label: np.ndarray, classes: int) -> np.ndarray:
    """Pixel counts int64 (classes, classes): row label, column prediction."""
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


def subsample(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The picture (world, H, W) at every (H / h)-th row and (W / w)-th column: labels are never averaged."""
    step_y, step_x = picture.shape[1] // shape[1], picture.shape[2] // shape[2]
    return picture[:, ::step_y, ::step_x]
