"""The target: the path of the lane, returns that come from the vehicle ahead, what of a measurement is handed on."""

import math

import numpy as np
import pytest
import torch

from agents.heads import default_heads
from agents.network import DrivingNetwork, NetworkConfig
from agents.network.encoder import Features
from agents.network.perception import Context, LanePrediction
from agents.network.senses import Returns
from agents.network.target import (
    NOSE_M,
    PATH_M,
    MeasuredLeadReadout,
    Search,
    Target,
    TargetReadout,
    aside_of,
    comes_from_lead,
    path_basis,
    ranging,
)

CONFIG = NetworkConfig(sensors=("lidar", "radar", "odometry"))
BASIS = torch.from_numpy(path_basis())
FEATURES = 4


def lane_of(offset: float = 0.0, heading: float = 0.0, curvature: float = 0.0) -> LanePrediction:
    return LanePrediction(torch.tensor([offset]), torch.tensor([heading]), torch.full((1, 4), curvature))


def returns_of(*places: tuple[float, float], closing: tuple[float, ...] | None = None) -> Returns:
    return Returns(
        torch.zeros(1, len(places), FEATURES),
        torch.tensor([places]),
        torch.ones(1, len(places), dtype=torch.bool),
        None if closing is None else torch.tensor([closing]),
    )


def target_of(log_share: list[float], *, distance: float, closing: float | None) -> Target:
    """Of one return, as a `Search` would say."""
    shares = torch.tensor([log_share])
    return Target(
        log_share=shares,
        place=torch.tensor([[[NOSE_M + distance, 0.0]]]),
        valid=torch.ones(1, 1, dtype=torch.bool),
        there=shares[:, 0].exp(),
        log_distance=torch.tensor([math.log(distance)]),
        spread=torch.tensor([0.01]),
        closing=None if closing is None else torch.tensor([closing]),
    )


def test_a_constant_curvature_bends_the_path_by_half_of_it_times_the_square_of_the_way():
    along = np.arange(PATH_M + 1)
    assert path_basis().sum(axis=1) == pytest.approx(0.5 * along**2, abs=1e-2)


def test_a_curvature_that_begins_bends_the_path_by_its_double_integral():
    # That at 40 m alone: 0 until 20 m, then linear, so after 20 m more (20)^2 / 6; beyond 40 m constant.
    last = path_basis()[:, -1]
    assert last[:21] == pytest.approx(0.0, abs=1e-3)
    assert last[40] == pytest.approx(400.0 / 6.0, abs=0.3)
    assert last[60] == pytest.approx(400.0 / 6.0 + 20.0 * 10.0 + 0.5 * 400.0, abs=0.8)


@pytest.mark.parametrize("radius", [250.0, -400.0])
@pytest.mark.parametrize(("offset", "heading"), [(0.0, 0.0), (0.8, 0.03), (-1.2, -0.05)])
def test_what_lies_on_the_lane_s_middle_lies_aside_by_nothing(radius, offset, heading):
    # An arc in the lane's frame, seen from a car that is off its middle and turned.
    angle = np.linspace(0.05, 0.24, 7) * np.sign(radius)
    lane_x, lane_y = radius * np.sin(angle), radius * (1.0 - np.cos(angle)) - offset
    cos, sin = math.cos(heading), math.sin(heading)
    ahead, left = lane_x * cos + lane_y * sin, lane_y * cos - lane_x * sin
    place = torch.tensor(np.stack((ahead, left), axis=1), dtype=torch.float32).unsqueeze(0)
    aside = aside_of(place, lane_of(offset, heading, 1.0 / radius), BASIS)
    # Second order: a hundredth of the way at most.
    assert (aside[0].abs() <= 0.01 * place[0, :, 0] + 0.05).all()
    shifted = aside_of(place + torch.tensor([0.0, 3.5]), lane_of(offset, heading, 1.0 / radius), BASIS)
    assert torch.allclose(shifted - aside, torch.full_like(aside, 3.5), atol=1e-3)


@pytest.mark.parametrize(
    ("place", "comes"),
    [
        ((40.0, 0.0), True),
        ((41.2, 0.0), True),  # 0.5 m and 2 % of 40 m: 1.3 m along
        ((41.4, 0.0), False),
        ((40.0, -1.8), True),  # 1.1 m and 2 %: 1.9 m aside
        ((40.0, 2.0), False),
    ],
)
def test_returns_near_the_rear_of_the_vehicle_ahead_come_from_it(place, comes):
    target = target_of([0.0, -9.0], distance=1.0, closing=None)._replace(place=torch.tensor([[place]]))
    rear = torch.tensor([[40.0, 0.0]])
    assert comes_from_lead(target, rear, torch.tensor([True])).item() == comes
    assert not comes_from_lead(target, rear, torch.tensor([False])).item()
    missing = target._replace(valid=torch.zeros(1, 1, dtype=torch.bool))
    assert not comes_from_lead(missing, rear, torch.tensor([True])).item()


def nearest_first() -> Search:
    """A search that takes the return nearest to the path, told by the second number of its place."""
    search = Search(FEATURES, 3)
    with torch.no_grad():
        for parameter in search.parameters():
            parameter.zero_()
        search.item.weight[0, FEATURES + 1] = 1000.0
        search.score.weight[0, 0] = -1.0
        search.none.bias.fill_(-300.0)
    return search


def test_what_the_return_that_is_found_measured_is_handed_on_unchanged():
    returns = returns_of((30.0, 0.1), (20.0, 4.0), (53.0, 12.0), closing=(2.5, -1.0, 7.0))
    aside = torch.tensor([[0.1, 4.0, 6.0]])
    found = nearest_first()(returns, aside, torch.zeros(1, 3))
    assert found.there.item() == pytest.approx(1.0)
    assert found.log_distance.exp().item() == pytest.approx(math.hypot(30.0 - NOSE_M, 0.1), rel=1e-4)
    assert found.spread.item() < 2e-3
    assert found.closing.item() == pytest.approx(2.5)


def test_of_returns_that_are_all_far_from_the_path_none_is_taken():
    returns = returns_of((20.0, 7.0), (40.0, -6.0))
    found = nearest_first()(returns, torch.tensor([[7.0, -6.0]]), torch.zeros(1, 3))
    assert found.there.item() < 1e-6
    assert found.log_share[0, -1].item() == pytest.approx(0.0, abs=1e-6)
    assert found.closing is None


def test_of_a_sensor_that_is_not_there_comes_no_target_and_finite_gradients():
    returns = returns_of((20.0, 0.0), (40.0, 1.0), closing=(1.0, 2.0))
    returns = returns._replace(valid=torch.zeros(1, 2, dtype=torch.bool))
    search = Search(FEATURES, 3)
    found = search(returns, torch.zeros(1, 2), torch.ones(1, 3))
    assert found.there.item() == 0.0
    total = found.log_distance.sum() + found.spread.sum() + found.closing.sum() + found.log_share[:, -1].sum()
    total.backward()
    assert all(torch.isfinite(each.grad).all() for each in search.parameters() if each.grad is not None)


def said_with(lidar: Target, radar: Target) -> tuple[float, float]:
    """Distance [m] and closing speed [m/s] of a readout whose scene says 20 m and 0 m/s."""
    readout = MeasuredLeadReadout(CONFIG)
    with torch.no_grad():
        for parameter in readout.parameters():
            parameter.zero_()
    scene = torch.zeros(1, CONFIG.scene_length)
    nothing = torch.zeros(1, 0)
    features = Features(nothing, nothing, nothing, nothing, scene, {})
    context = Context(features, {"speed": torch.zeros(1)}, {"target": {"lidar": lidar, "radar": radar}})
    said = readout(context)
    return said.log_distance.exp().item(), said.closing.item()


NOT_FOUND = [-20.0, 0.0]
FOUND = [0.0, -20.0]


def test_what_no_sensor_finds_is_what_the_scene_says():
    lidar, radar = target_of(NOT_FOUND, distance=50.0, closing=None), target_of(NOT_FOUND, distance=50.0, closing=9.0)
    distance, closing = said_with(lidar, radar)
    assert distance == pytest.approx(20.0, rel=1e-3)
    assert closing == pytest.approx(0.0, abs=1e-3)


def test_what_sensors_find_outweighs_what_the_scene_says_as_much_as_trust_says():
    lidar, radar = target_of(FOUND, distance=50.0, closing=None), target_of(FOUND, distance=50.0, closing=9.0)
    distance, closing = said_with(lidar, radar)
    trust = math.exp(2.0)
    assert math.log(distance) == pytest.approx(
        (math.log(20.0) + 2 * trust * math.log(50.0)) / (1 + 2 * trust), rel=1e-4
    )
    assert closing == pytest.approx(9.0 * trust / (1 + trust), rel=1e-4)


def test_a_network_searches_in_each_sensor_that_measures_distances_and_learns_where():
    torch.manual_seed(0)
    heads = [head for head in default_heads(ranging=True) if not head.dense]
    network = DrivingNetwork(CONFIG, heads)
    assert [sensor.name for sensor in ranging(CONFIG)] == ["lidar", "radar"]
    assert isinstance(network.heads["target"], TargetReadout)
    assert "target" in network.driving
    assert ranging(NetworkConfig()) == ()
