import math

import pytest
import torch

from agents.losses import (
    action_loss,
    balanced,
    closing_loss,
    depth_loss,
    lane_loss,
    lead_distance_loss,
    masked_huber,
    path_loss,
    place_loss,
    presence_loss,
    semantic_loss,
    target_loss,
    target_speed_loss,
    waypoint_loss,
)


def test_huber_is_a_parabola_near_zero_a_line_beyond_and_blind_where_invalid():
    # delta 2: r = 1 -> 1/4; r = 5 -> 5 - 1 = 4; the third does not count. Mean (0.25 + 4) / 2 = 2.125.
    predicted, target = torch.tensor([1.0, -5.0, 9.0]), torch.tensor([0.0, 0.0, math.nan])
    valid = torch.tensor([True, True, False])
    assert masked_huber(predicted, target, valid, delta=2.0).item() == 2.125


def test_huber_of_nothing_is_zero_with_finite_gradient():
    predicted = torch.ones(2, requires_grad=True)
    value = masked_huber(predicted, torch.full((2,), math.nan), torch.zeros(2, dtype=torch.bool), delta=1.0)
    value.backward()
    assert value.item() == 0.0
    assert predicted.grad is not None
    assert predicted.grad.tolist() == [0.0, 0.0]


def test_cross_entropy_weighs_pixels_by_their_class():
    # Two pixels, two classes. Pixel 0: logits (0, 0), label 0: -ln 1/2 = ln 2. Pixel 1: logits (ln 3, 0), label 1:
    # -ln 1/4 = ln 4. Weights 1 and 3: (1 ln 2 + 3 ln 4) / 4 = 7/4 ln 2.
    logits = torch.tensor([[[[0.0, math.log(3.0)]], [[0.0, 0.0]]]])
    label = torch.tensor([[[0, 1]]])
    value = semantic_loss(logits, label, torch.tensor([1.0, 3.0]))
    assert value.item() == pytest.approx(1.75 * math.log(2.0))


def test_depth_loss_compares_logarithms_up_to_the_cap():
    # ln(20) against ln(10): r = ln 2 > 0.1, so ln 2 - 0.05. The pixel at 100 m lies beyond the cap.
    value = depth_loss(torch.tensor([[[math.log(20.0), 0.0]]]), torch.tensor([[[10.0, 100.0]]]), cap_m=80.0)
    assert value.item() == pytest.approx(math.log(2.0) - 0.05)


def test_lane_loss_means_over_columns():
    # 1 -> 1 - 0.1 = 0.9; 0.1 -> 0.01/0.4 = 0.025; mean 0.4625.
    value = lane_loss(torch.tensor([[1.0, 0.1]]), torch.zeros(1, 2))
    assert value.item() == pytest.approx(0.4625)


def test_presence_loss_is_binary_cross_entropy():
    # sigmoid(ln 3) = 3/4: label 1 costs ln 4/3, label 0 costs ln 4; mean ln(16/3) / 2.
    value = presence_loss(torch.tensor([math.log(3.0)] * 2), torch.tensor([True, False]))
    assert value.item() == pytest.approx(math.log(16.0 / 3.0) / 2.0)


def test_lead_losses_ignore_frames_without_a_lead():
    present = torch.tensor([True, False])
    # ln(e * 10) - ln(10) = 1 -> 1 - 0.05.
    distance = lead_distance_loss(torch.tensor([math.log(10.0) + 1.0, 3.0]), torch.tensor([10.0, 0.0]), present)
    assert distance.item() == pytest.approx(0.95)
    # 2 m/s off with delta 0.5 -> 2 - 0.25.
    assert closing_loss(torch.tensor([5.0, 9.0]), torch.tensor([3.0, 0.0]), present).item() == 1.75


def test_waypoint_loss_weighs_points_in_time():
    # Point 0 is off by |1| + |2| = 3 with weight 1, point 1 by |0| + |1| = 1 with weight 0.5: (3 + 0.5) / 1.5.
    predicted = torch.tensor([[[1.0, 2.0], [0.0, 1.0]]])
    value = waypoint_loss(predicted, torch.zeros(1, 2, 2), torch.tensor([1.0, 0.5]))
    assert value.item() == pytest.approx(3.5 / 1.5)


def test_target_speed_loss_is_the_mean_distance():
    assert target_speed_loss(torch.tensor([3.0, 5.0]), torch.tensor([4.0, 8.0])).item() == 2.0


def test_action_loss_is_the_mean_square():
    # (0.5^2 + 0 + 1 + 0) / 4 = 0.3125.
    value = action_loss(torch.tensor([[0.5, 0.0], [1.0, 0.0]]), torch.zeros(2, 2))
    assert value.item() == 0.3125


def test_both_halves_of_a_balanced_mean_weigh_the_same():
    # Chosen: 4. Others: (1 + 2 + 3) / 3 = 2. Mean 3. Without any chosen: 0.5 * 2.5.
    each = torch.tensor([4.0, 1.0, 2.0, 3.0])
    assert balanced(each, torch.tensor([True, False, False, False])).item() == 3.0
    assert balanced(each, torch.zeros(4, dtype=torch.bool)).item() == 1.25


def test_where_something_is_costs_the_cross_entropy_of_its_cell():
    # Two cells and nowhere. Shown in cell 1 at logits (0, ln 2, 0): -ln 1/2. Nowhere at (0, 0, ln 6): -ln 3/4.
    scores = torch.tensor([[0.0, math.log(2.0), 0.0], [0.0, 0.0, math.log(6.0)]])
    value = place_loss(scores, torch.tensor([1, 2])).item()
    assert value == pytest.approx(0.5 * (math.log(2.0) + math.log(4.0 / 3.0)))


def test_a_target_costs_the_cross_entropy_of_all_returns_that_come_from_it_or_of_none():
    # Shares (1/2, 1/4, 1/8, none 1/8). Returns 1 and 2 are right: -ln 3/8. Nothing is: -ln 1/8.
    shares = torch.tensor([[0.5, 0.25, 0.125, 0.125]]).log().expand(2, -1)
    right = torch.tensor([[False, True, True], [False, False, False]])
    assert target_loss(shares, right).item() == pytest.approx(0.5 * (math.log(8.0 / 3.0) + math.log(8.0)))


def test_a_return_that_is_not_there_costs_nothing_and_has_finite_gradients():
    score = torch.tensor([[-math.inf, 0.0, 0.0]], requires_grad=True)
    target_loss(score.log_softmax(1), torch.tensor([[False, True]])).backward()
    assert score.grad is not None
    assert torch.isfinite(score.grad).all()


def test_the_path_that_ends_nearest_is_pulled_and_named():
    # Ends: 3 m and 1 m off. Path 1 is best: errors (0.25, 0) and (1, 0) by components; Huber with delta 0.5:
    # 0.25^2 / 1 = 0.0625, 0, 1 - 0.25 = 0.75, 0: mean 0.203125. Logits (0, ln 3): -ln 3/4.
    target = torch.tensor([[[1.0, 0.0], [2.0, 0.0]]])
    paths = torch.tensor([[[[1.0, 0.0], [5.0, 0.0]], [[1.25, 0.0], [3.0, 0.0]]]])
    modes = torch.tensor([[0.0, math.log(3.0)]])
    distance, mode = path_loss(paths, modes, target, torch.ones(1, 2, dtype=torch.bool))
    assert distance.item() == pytest.approx(0.203125)
    assert mode.item() == pytest.approx(math.log(4.0 / 3.0))


def test_who_is_gone_after_three_seconds_teaches_no_path():
    paths = torch.randn(1, 2, 2, 2, requires_grad=True)
    valid = torch.tensor([[True, False]])
    distance, mode = path_loss(paths, torch.zeros(1, 2), torch.zeros(1, 2, 2), valid)
    assert distance.item() == mode.item() == 0.0
    assert path_loss(paths[:0], torch.zeros(0, 2), torch.zeros(0, 2, 2), valid[:0])[0].item() == 0.0
