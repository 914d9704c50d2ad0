"""Robustness in numbers that a reader can work out."""

import math

import pytest

from agents.evaluation.results import Episode
from agents.robustness.scores import corruption_error, paired_loss, relative_robustness, summarise


def episode(road, score):
    return Episode(
        road=road, seed=0, success=True, end_reason="success", completion=1.0, driving_score=score, distance_m=1.0,
        duration_s=1.0, speed_m_s=1.0, comfort=1.0,
    )  # fmt: skip


def test_corruption_error_is_errors_over_those_of_the_baseline():
    assert corruption_error((0.2, 0.4), (0.4, 0.8)) == pytest.approx(0.5)
    assert corruption_error((0.3, 0.3), (0.1, 0.2)) == pytest.approx(2.0)
    assert math.isnan(corruption_error((0.1,), (0.0,)))


def test_relative_robustness_is_what_is_left():
    assert relative_robustness((0.6, 0.3), 0.9, is_score=True) == pytest.approx((0.6 / 0.9 + 0.3 / 0.9) / 2)
    # An error of 0.1 that becomes 0.2 and 0.4 leaves a half and a quarter.
    assert relative_robustness((0.2, 0.4), 0.1, is_score=False) == pytest.approx(0.375)
    assert relative_robustness((0.0,), 0.0, is_score=False) == 1.0
    assert math.isnan(relative_robustness((0.5,), 0.0, is_score=True))


def test_means_over_faults_take_scores_and_errors_each_in_its_way():
    clean = {"miou": 0.8, "mae": 0.1}
    cells = {
        "camera/fog": {"1": {"miou": 0.6, "mae": 0.2}, "5": {"miou": 0.4, "mae": 0.4}},
        "camera/snow": {"1": {"miou": 0.8, "mae": 0.1}, "5": {"miou": 0.8, "mae": 0.1}},
    }
    baseline = {
        "camera/fog": {"1": {"miou": 0.5, "mae": 0.3}, "3": {"miou": 0.4, "mae": 0.4}, "5": {"miou": 0.3, "mae": 0.6}}
    }
    table = summarise(clean, cells, baseline, ("miou",))
    # Fog: (0.4 + 0.6) / (0.5 + 0.7) = 0.8333; the baseline knows no snow, and its severity 3 was not asked for.
    assert table["miou"]["mCE"] == pytest.approx(1.0 / 1.2)
    assert table["mae"]["mCE"] == pytest.approx(0.6 / 0.9)
    # Fog leaves (0.75 + 0.5) / 2 of the IoU, snow all of it.
    assert table["miou"]["mRR"] == pytest.approx((0.625 + 1.0) / 2)
    assert table["mae"]["RR"] == pytest.approx({"camera/fog": (0.5 + 0.25) / 2, "camera/snow": 1.0})
    assert math.isnan(summarise(clean, cells, None, ("miou",))["miou"]["mCE"])


def test_a_driver_is_its_own_baseline_with_an_error_of_one():
    cells = {"camera/fog": {"1": {"miou": 0.6}, "2": {"miou": 0.4}}}
    assert summarise({"miou": 0.8}, cells, cells, ("miou",))["miou"]["mCE"] == pytest.approx(1.0)


def test_losses_are_paired_by_road():
    clean = [episode(1, 100.0), episode(2, 50.0)]
    # Losses 20 and 10: mean 15, deviation 7.07, half interval 1.96 * 7.07 / sqrt(2) = 9.8.
    loss = paired_loss(clean, [episode(2, 40.0), episode(1, 80.0)], "driving_score")
    assert (loss.mean, loss.low, loss.high) == pytest.approx((15.0, 5.2, 24.8), abs=0.01)
    with pytest.raises(ValueError, match="same roads"):
        paired_loss(clean, [episode(1, 80.0)], "driving_score")
