"""Policy: follows the plan. The controller of `drivesim.world.plan.track`, differentiable and batched."""

import torch
from torch import Tensor, nn

from agents.network.config import NetworkConfig
from agents.network.perception import Context
from drivesim.config import VehicleConfig
from drivesim.world.plan import PURSUIT_GUARD, PURSUIT_WEIGHTS, TARGET_SPEED_S
from drivesim.world.vehicle import WHEELBASE


def track(waypoints: Tensor, target_speed: Tensor, speed: Tensor, vehicle: VehicleConfig) -> Tensor:
    """Pure pursuit of the near way-points and a proportional speed control; the formula stands in `plan.track`.

    Args:
        waypoints: Ego frame, 0.5 s apart, (batch, 6, 2) [m].
        target_speed: Speed wanted in one second, (batch,) [m/s].
        speed: Own speed, (batch,) [m/s].
        vehicle: What full steering, throttle and brake mean.

    Returns:
        Steering (left positive) and acceleration in [-1, 1], (batch, 2).
    """
    near = waypoints[:, : len(PURSUIT_WEIGHTS)]
    weights = torch.tensor([float(weight) for weight in PURSUIT_WEIGHTS], device=waypoints.device)
    circle = 2.0 * near[..., 1] / ((near * near).sum(-1) + float(PURSUIT_GUARD))
    steering = torch.atan(float(WHEELBASE) * (circle * weights).sum(-1)) / vehicle.steering_max_rad
    acceleration = (target_speed - speed) / float(TARGET_SPEED_S)
    full = torch.where(acceleration > 0.0, vehicle.throttle_max_m_s2, vehicle.brake_max_m_s2)
    return torch.stack((steering, acceleration / full), dim=1).clamp(-1.0, 1.0)


class Policy(nn.Module):
    """Follows the plan of the head `plan`; it has nothing to learn."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.vehicle = config.vehicle

    def forward(self, context: Context) -> Tensor:
        """Steering and acceleration, (batch, 2)."""
        plan = context.said["plan"]
        return track(plan.waypoints, plan.target_speed, context.inputs["speed"], self.vehicle)
