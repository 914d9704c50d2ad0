"""Policy: follows the plan. The controller of `drivesim.world.plan.track`, differentiable and batched."""

import torch
from torch import Tensor

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
