"""Single-track models of the PyPI package `commonroad-vehicle-models`, integrated finely in float64."""

from collections.abc import Callable

import numpy as np
from vehiclemodels.parameters_vehicle2 import parameters_vehicle2
from vehiclemodels.vehicle_dynamics_ks import vehicle_dynamics_ks
from vehiclemodels.vehicle_dynamics_st import vehicle_dynamics_st

PARAMETERS = parameters_vehicle2()
STEP_S = 2e-3


def simulate(model: Callable, state: list[float], inputs: np.ndarray, hold_s: float) -> np.ndarray:
    """States after each row of `inputs` (steering rate, acceleration), each held for `hold_s`; shape (row, state)."""
    x, rows = np.array(state), []
    for u in inputs:
        for _ in range(round(hold_s / STEP_S)):
            k1 = np.array(model(x, u, PARAMETERS))
            k2 = np.array(model(x + STEP_S / 2 * k1, u, PARAMETERS))
            k3 = np.array(model(x + STEP_S / 2 * k2, u, PARAMETERS))
            k4 = np.array(model(x + STEP_S * k3, u, PARAMETERS))
            x = x + STEP_S / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        rows.append(x)
    return np.array(rows)


def simulate_kinematic(speed: float, steer: float, inputs: np.ndarray, hold_s: float) -> np.ndarray:
    """Columns x, y, steer, speed, yaw of the rear axle, from the origin."""
    return simulate(vehicle_dynamics_ks, [0.0, 0.0, steer, speed, 0.0], inputs, hold_s)


def simulate_dynamic(speed: float, inputs: np.ndarray, hold_s: float) -> np.ndarray:
    """Columns x, y, steer, speed, yaw, yaw rate, slip of the centre of gravity, straight ahead from the origin."""
    return simulate(vehicle_dynamics_st, [0.0, 0.0, 0.0, speed, 0.0, 0.0, 0.0], inputs, hold_s)
