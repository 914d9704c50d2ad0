"""What is left of a driver under faults, in numbers.

    CE_c  = sum_s E_c,s / sum_s E'_c,s          of errors E, those of a baseline E'; mCE their mean over faults c
    RR_c  = mean_s S_c,s / S_clean              of scores S; of errors: mean_s E_clean / E_c,s; mRR their mean

References: Hendrycks, Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
ICLR 2019 (CE, with AlexNet as the baseline); Xie et al., "RoboBEV", 2023 (RR). The error of a score is `1 - S`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from agents.evaluation.results import CONFIDENCE_Z, Episode, Interval

ByFault = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Metrics by fault and severity, "1" to "5"."""


def corruption_error(errors: Sequence[float], baseline: Sequence[float]) -> float:
    """CE of one fault over its severities; NaN where the baseline is perfect."""
    below = math.fsum(baseline)
    return math.fsum(errors) / below if below > 0.0 else math.nan


def relative_robustness(values: Sequence[float], clean: float, *, is_score: bool) -> float:
    """RR of one fault over its severities, at best about 1; NaN where the clean value is that of knowing nothing."""
    if not values:
        return math.nan
    shares = [_share(value, clean) if is_score else _share(clean, value) for value in values]
    return math.fsum(shares) / len(shares)


def error_of(value: float, *, is_score: bool) -> float:
    """The error that a score leaves, or an error as it is."""
    return 1.0 - value if is_score else value


def paired_loss(clean: Sequence[Episode], faulty: Sequence[Episode], name: str) -> Interval:
    """How much less of a column of `Episode` faults leave, mean over the same drives with a normal 95 % interval.

    Raises:
        ValueError: They are not the same drives.
    """
    places = [
        {(episode.road, episode.seed): float(getattr(episode, name)) for episode in one} for one in (clean, faulty)
    ]
    if places[0].keys() != places[1].keys():
        raise ValueError("paired_loss: the drives are not over the same roads with the same seeds")
    losses = np.array([places[0][place] - places[1][place] for place in sorted(places[0])])
    half = CONFIDENCE_Z * losses.std(ddof=1) / math.sqrt(len(losses)) if len(losses) > 1 else 0.0
    return Interval(mean=float(losses.mean()), low=float(losses.mean() - half), high=float(losses.mean() + half))


def summarise(
    clean: Mapping[str, float],
    cells: ByFault,
    baseline: ByFault | None,
    scores: Sequence[str],
) -> dict[str, Any]:
    """Of every metric the clean value, mCE and mRR, and CE and RR of every fault.

    Args:
        clean: Metrics without faults.
        cells: Metrics under faults.
        baseline: Those of the baseline; None: there is none, and CE is left out. Severities that it lacks do not count.
        scores: The metrics of which 1 is the best; 0 is of the others.

    Returns:
        By metric: `clean`, `mCE` and `mRR` (NaN where nothing was measured), and by fault `CE` and `RR`.
    """
    table: dict[str, Any] = {}
    for metric, value in clean.items():
        is_score = metric in scores
        ce, rr = {}, {}
        for fault, severities in cells.items():
            seen = {severity: each[metric] for severity, each in severities.items() if metric in each}
            rr[fault] = relative_robustness(tuple(seen.values()), value, is_score=is_score)
            theirs = {
                severity: each[metric] for severity, each in (baseline or {}).get(fault, {}).items() if metric in each
            }
            shared = [severity for severity in seen if severity in theirs]
            if shared:
                errors, others = ([error_of(row[s], is_score=is_score) for s in shared] for row in (seen, theirs))
                ce[fault] = corruption_error(errors, others)
        table[metric] = {"clean": value, "mCE": _mean(ce), "mRR": _mean(rr), "CE": ce, "RR": rr}
    return table


def _share(above: float, below: float) -> float:
    return above / below if below > 0.0 else (1.0 if above == below else math.nan)


def _mean(values: Mapping[str, float]) -> float:
    known = [value for value in values.values() if math.isfinite(value)]
    return math.fsum(known) / len(known) if known else math.nan
