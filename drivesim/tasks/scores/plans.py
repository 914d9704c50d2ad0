"""NAVSIM's extended comfort: how far what a driver plans now differs from what it planned half a second ago.

Reference: autonomousvision/navsim, `ego_is_two_frame_extended_comfort`. Differs from it: NAVSIM lets its controller and
vehicle model drive a plan first and compares that; here a plan's way-points are smoothed by the cubic through the car
that fits them best.
"""

import numpy as np

from drivesim.tasks.scores.trace import DriveTrace

WAYPOINT_S = 0.5
"""Between way-points, and between the plans that are compared [s]."""
SAMPLE_S = 0.1
ACCEL_MAX, JERK_MAX, YAW_RATE_MAX, YAW_ACCEL_MAX = 0.7, 0.5, 0.1, 0.1
"""Highest root mean square of the differences [m/s^2, m/s^3, rad/s, rad/s^2]."""
STANDING = 0.2
"""Slower than this a plan has no direction [m/s]."""


def plan_signals(waypoints: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Acceleration [m/s^2], jerk [m/s^3], yaw rate [rad/s] and yaw acceleration [rad/s^2] of a plan.

    Args:
        waypoints: In the ego's frame, `WAYPOINT_S` apart, the first that long after the plan [m], shape (point, 2).
        times: Since the plan [s], `SAMPLE_S` apart, shape (sample,).

    Returns:
        Shape (4, sample).
    """
    at = WAYPOINT_S * np.arange(1, len(waypoints) + 1)
    fit, *_ = np.linalg.lstsq(np.stack([at, at**2, at**3], axis=-1), waypoints, rcond=None)
    velocity = np.stack([np.ones_like(times), 2.0 * times, 3.0 * times**2], axis=-1) @ fit
    change = np.stack([np.zeros_like(times), np.full_like(times, 2.0), 6.0 * times], axis=-1) @ fit
    speed = np.hypot(*velocity.T)
    moves = speed > STANDING
    safe = np.where(moves, speed, 1.0)
    accel = np.where(moves, (velocity * change).sum(axis=-1) / safe, 0.0)
    turn = velocity[:, 0] * change[:, 1] - velocity[:, 1] * change[:, 0]
    rate = np.where(moves, turn / safe**2, 0.0)
    return np.stack([accel, np.gradient(accel, SAMPLE_S), rate, np.gradient(rate, SAMPLE_S)])


def is_consistent(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether a plan goes on as that of `WAYPOINT_S` before: all four differences within their bounds.

    Args:
        before: Way-points, shape (point, 2).
        now: The same of the later plan.
    """
    reach = WAYPOINT_S * (len(now) - 1)
    times = np.arange(0.0, reach + 0.5 * SAMPLE_S, SAMPLE_S)
    difference = plan_signals(before, times + WAYPOINT_S) - plan_signals(now, times)
    spread = np.sqrt((difference**2).mean(axis=1))
    return bool((spread <= (ACCEL_MAX, JERK_MAX, YAW_RATE_MAX, YAW_ACCEL_MAX)).all())


def extended_comfort(trace: DriveTrace, first: int, end: int) -> float:
    """1 or 0 for the first two plans in some rows of a drive that are `WAYPOINT_S` apart; NaN where there are none."""
    if trace.plans is None:
        return np.nan
    known, apart = np.isfinite(trace.plans[:, 0, 0]), max(1, round(WAYPOINT_S / trace.step_s))
    for row in range(first, end - apart):
        if known[row] and known[row + apart]:
            return float(is_consistent(trace.plans[row], trace.plans[row + apart]))
    return np.nan
