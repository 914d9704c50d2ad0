import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.network.policy import track
from drivesim.config import ENV_PRESETS, VehicleConfig
from drivesim.state.parameters import parameters_from
from drivesim.world.plan import track as world_track

PARAMETERS = parameters_from(ENV_PRESETS["lane"], slot_count=1)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), speed=st.floats(0.0, 40.0), change=st.floats(-12.0, 12.0))
def test_the_network_follows_plans_exactly_as_the_expert_does(seed, speed, change):
    rng = np.random.default_rng(seed)
    times = 0.5 * np.arange(1, 7)
    waypoints = np.stack((speed * times, np.zeros(6)), axis=1) + rng.normal(0.0, 1.0, (6, 2)) * times[:, None]
    waypoints, target = waypoints.astype(np.float32), np.float32(max(speed + change, 0.0))
    expected = world_track(waypoints, np.float32(speed), target, PARAMETERS)
    got = track(
        torch.from_numpy(waypoints)[None],
        torch.tensor([target]),
        torch.tensor([speed], dtype=torch.float32),
        VehicleConfig(),
    )
    np.testing.assert_allclose(got[0].numpy(), expected, atol=1e-5)


def test_a_mirrored_plan_gives_the_mirrored_action():
    torch.manual_seed(0)
    waypoints, speed, target = torch.randn(20, 6, 2) * 3.0 + 4.0, torch.rand(20) * 20.0, torch.rand(20) * 20.0
    action = track(waypoints, target, speed, VehicleConfig())
    mirrored = track(waypoints * torch.tensor([1.0, -1.0]), target, speed, VehicleConfig())
    torch.testing.assert_close(mirrored, action * torch.tensor([-1.0, 1.0]))


def test_a_plan_straight_on_at_this_speed_asks_for_nothing():
    waypoints = torch.stack((torch.arange(1, 7) * 5.0, torch.zeros(6)), dim=-1)[None]
    action = track(waypoints, torch.tensor([10.0]), torch.tensor([10.0]), VehicleConfig())
    assert action.tolist() == [[0.0, 0.0]]


def test_a_standing_car_with_a_plan_on_the_spot_keeps_its_wheels_straight_and_finite_gradients():
    waypoints = torch.zeros(1, 6, 2, requires_grad=True)
    action = track(waypoints, torch.zeros(1), torch.zeros(1), VehicleConfig())
    action.sum().backward()
    assert action.tolist() == [[0.0, 0.0]]
    assert waypoints.grad is not None
    assert torch.isfinite(waypoints.grad).all()
