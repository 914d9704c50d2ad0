import numpy as np
import pytest
import torch

from agents.heads import HEADS, OPTIONAL_HEADS, Head, Quantity, Said, Truth
from agents.heads.metrics import mean_metric
from agents.perception import PerceptionScore, heads_of
from drivesim.config import CameraConfig
from drivesim.semantics import Semantic


def labels(count):
    return {
        "lane_offset": np.zeros(count, np.float32),
        "lane_heading": np.zeros(count, np.float32),
        "lane_curvature": np.zeros((count, 4), np.float32),
        "target_speed": np.zeros(count, np.float32),
        "waypoints": np.zeros((count, 6, 2), np.float32),
        "lead_present": np.array([True, True, False, False][:count]),
        "lead_distance": np.array([10.0, 40.0, 0.0, 0.0][:count], np.float32),
        "lead_closing": np.array([1.0, -1.0, 0.0, 0.0][:count], np.float32),
    }


def test_scores_of_several_steps_are_those_of_all_frames_together():
    # Offsets 0.1 and 0.3 in step one, 0.5 in step two, where the second world has ended: mean 0.3.
    score = PerceptionScore(CameraConfig())
    score.add({"lane_offset": np.array([0.1, -0.3])}, {}, labels(2), np.array([True, True]))
    score.add({"lane_offset": np.array([0.5, 9.0])}, {}, labels(2), np.array([True, False]))
    assert score.summary() == {"lane_offset_mae_m": pytest.approx(0.3)}


def test_lead_distance_is_scored_where_there_is_a_lead_and_presence_by_f1():
    # Distances 11 for 10 and 36 for 40: both 10 % off. Said: yes, no, yes, no; truth: yes, yes, no, no:
    # one hit, one false alarm, one miss: F1 = 2 / (2 + 1 + 1).
    seen = {
        "lead_present": np.array([0.9, 0.2, 0.8, 0.1]),
        "lead_distance": np.array([11.0, 36.0, 5.0, 5.0]),
        "lead_closing": np.array([1.5, -0.5, 7.0, 7.0]),
    }
    score = PerceptionScore(CameraConfig())
    score.add(seen, {}, labels(4), np.ones(4, np.bool_))
    summary = score.summary()
    assert summary["lead_distance_relative"] == pytest.approx(0.1)
    assert summary["lead_distance_mae_m"] == pytest.approx(2.5)
    assert summary["lead_closing_mae_m_s"] == pytest.approx(0.5)
    assert summary["lead_f1"] == pytest.approx(0.5)


def test_semantics_are_compared_in_groups_at_the_pixels_the_prediction_stands_for():
    # The 2x2 prediction stands for pixels (0, 0), (0, 2), (2, 0), (2, 2). Truth there: road, road, car, sky.
    # Predicted: road, car, car, sky. IoU: road 1/2, vehicle 1/2, sky 1: mean 2/3.
    truth = np.full((1, 4, 4), Semantic.SKY, np.uint8)
    truth[0, 0] = Semantic.ROAD
    truth[0, 2, 0] = Semantic.TRUCK
    predicted = np.array([[[Semantic.ROAD, Semantic.CAR], [Semantic.CAR, Semantic.SKY]]], np.uint8)
    score = PerceptionScore(CameraConfig())
    score.add({"semantic": predicted}, {"camera_semantic": truth}, labels(1), np.ones(1, np.bool_))
    summary = score.summary()
    assert summary["semantic_miou"] == pytest.approx(2.0 / 3.0)
    assert summary["iou_road"] == pytest.approx(0.5)
    assert "iou_line" not in summary


def test_depth_beyond_80_m_does_not_count():
    truth = np.array([[[10.0, 1000.0]]], np.float32)
    score = PerceptionScore(CameraConfig())
    score.add({"depth": np.array([[[12.0, 1.0]]])}, {"camera_depth": truth}, labels(1), np.ones(1, np.bool_))
    assert score.summary() == {"depth_abs_rel": pytest.approx(0.2)}


def test_a_head_of_ones_own_is_scored_by_its_own_metrics():
    def off_centre(truth: Truth) -> np.ndarray:
        return np.abs(truth.labels["lane_offset"]) > 1.0

    def agreement(said: Said, truth: Said) -> np.ndarray:
        return said["off_centre"] == truth["off_centre"]

    head = Head(
        name="off_centre",
        build=lambda config, heads: torch.nn.Identity(),
        labels=(Quantity(name="off_centre", unit="bool", source=off_centre),),
        metrics=(
            mean_metric(
                "hit_rate", "share", "off_centre", lambda said, truth: said["off_centre"] == truth["off_centre"]
            ),
        ),
    )
    truth = {**labels(2), "lane_offset": np.array([1.5, 0.0], np.float32)}
    score = PerceptionScore(CameraConfig(), (head,))
    score.add({"off_centre": np.array([True, True])}, {}, truth, np.ones(2, np.bool_))
    assert score.summary() == {"hit_rate": 0.5}


def test_whoever_names_no_heads_speaks_the_language_of_those_that_ship():
    assert [head.name for head in heads_of(object())] == [name for name in HEADS if name not in OPTIONAL_HEADS]


def test_what_is_said_of_later_is_scored_once_it_is_known_in_drives_that_go_on():
    # The label is the number of the step; said is that of ten control steps, two calls, later. The second world ends.
    later = Quantity(name="step", unit="1", source=lambda truth: truth.labels["step"], ahead=(5, 10))

    def error(said: Said, truth: Said) -> np.ndarray:
        errors = np.abs(said["soon"] - truth["step"][:, 2])
        return errors[~np.isnan(errors)]

    head = Head(
        name="soon",
        build=lambda config, heads: None,  # type: ignore[arg-type,return-value]  # never built
        labels=(later,),
        metrics=(mean_metric("soon", "error", "soon", error),),
    )
    score = PerceptionScore(CameraConfig(), (head,))
    running = np.array([True, True])

    def drive(offset: float, steps: int) -> None:
        score.begin(np.array([0, 1]))
        for step in range(steps):
            said = {"soon": np.array([step + 2.0 + offset, step + 2.0])}
            score.add(said, {}, {"step": np.full(2, step, np.float32)}, running)
            if step == 2:
                running[1] = False

    drive(0.5, 3)
    assert score.summary() == {"soon": pytest.approx(0.25)}
    running[:] = (True, False)
    # Two more frames of one world, 1 off: the frames that waited in the first drive are forgotten.
    drive(1.0, 4)
    assert score.summary() == {"soon": pytest.approx((0.5 + 0.0 + 1.0 + 1.0) / 4)}


def test_what_is_said_before_a_drive_ends_is_not_held_against_the_next_one_in_its_world():
    # Said is the number of the step two calls later; at the third call the second world begins another drive at 100.
    later = Quantity(name="step", unit="1", source=lambda truth: truth.labels["step"], ahead=(5, 10))

    def error(said: Said, truth: Said) -> np.ndarray:
        return np.nan_to_num(np.abs(said["soon"] - truth["step"][:, 2]))

    head = Head(
        name="soon",
        build=lambda config, heads: None,  # type: ignore[arg-type,return-value]  # never built
        labels=(later,),
        metrics=(mean_metric("soon", "error", "soon", error),),
    )
    score = PerceptionScore(CameraConfig(), (head,))
    for step in range(5):
        if step == 2:
            score.begin(np.array([1]))
        now = np.array([step, step + 98.0 * (step >= 2)], np.float32)
        score.add({"soon": now + 2.0}, {}, {"step": now}, np.array([True, True]))
    assert score.summary() == {"soon": 0.0}
