"""nuPlan's comfort: six signals, smoothed and differentiated by Savitzky-Golay filters, within bounds.

Reference: motional/nuplan-devkit, `ego_is_comfortable` and `state_extractors`; Savitzky, Golay, Anal. Chem. 36 (1964).
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from drivesim.tasks.scores.trace import DriveTrace

VERSION = "nuplan-comfort-1"
LONGITUDINAL_ACCEL = (-4.05, 2.40)
LATERAL_ACCEL = (-4.89, 4.89)
YAW_ACCEL = (-1.93, 1.93)
YAW_RATE = (-0.95, 0.95)
LONGITUDINAL_JERK = (-4.13, 4.13)
JERK = (-8.37, 8.37)
ACCEL_WINDOW, JERK_WINDOW = 8, 15
"""Windows at nuPlan's 10 Hz [samples]."""
BENCH2DRIVE_WINDOW = 20
"""Bench2Drive looks at so many samples at a time, at 10 Hz."""
RATE_HZ = 10.0


class ComfortSignals(NamedTuple):
    """Of the rear axle; shapes (tick,)."""

    longitudinal_accel: np.ndarray
    """[m/s^2]."""
    lateral_accel: np.ndarray
    yaw_accel: np.ndarray
    """[rad/s^2]."""
    yaw_rate: np.ndarray
    """[rad/s]."""
    longitudinal_jerk: np.ndarray
    """[m/s^3]."""
    jerk: np.ndarray


BOUNDS = ComfortSignals(LONGITUDINAL_ACCEL, LATERAL_ACCEL, YAW_ACCEL, YAW_RATE, LONGITUDINAL_JERK, JERK)  # pyright: ignore[reportArgumentType]


def savitzky_golay(values: np.ndarray, window: int, order: int, derivative: int = 0, step: float = 1.0) -> np.ndarray:
    """A derivative of the polynomial fitted to a window around every sample; at the ends, that of the last window.

    Equals `scipy.signal.savgol_filter` in mode interp, even windows included: those begin one
    sample later than half a window before and are read half a sample behind.

    Args:
        values: Shape (tick,), at least `window` of them.
        window: Samples.
        order: Of the polynomial, below `window`.
        derivative: Which one; 0: smoothed values.
        step: Distance of samples.
    """
    half = window // 2
    at = half - 0.5 if window % 2 == 0 else float(half)
    powers = np.arange(window)[:, None] ** np.arange(order + 1)[None, :]
    fit = np.linalg.pinv(powers.astype(np.float64))
    coefficients = sliding_window_view(np.asarray(values, np.float64), window) @ fit.T

    def read(row: np.ndarray, places: np.ndarray) -> np.ndarray:
        polynomial = np.polynomial.Polynomial(row)
        return (polynomial.deriv(derivative) if derivative else polynomial)(places) / step**derivative

    basis = np.array([read(unit, np.array([at]))[0] for unit in np.eye(order + 1)])
    result = np.empty(len(values))
    inner = len(values) - 2 * half
    result[half : half + inner] = (coefficients @ basis)[1 - window % 2 :][:inner]
    result[:half] = read(coefficients[0], np.arange(half))
    result[len(values) - half :] = read(coefficients[-1], np.arange(window - half, window))
    return result


def comfort_signals(trace: DriveTrace) -> ComfortSignals:
    """The six signals of a drive, at `RATE_HZ` or the control rate, whichever is slower.

    Accelerations are differences of the rear axle's velocity over the ground; shapes (sample,), empty for a drive of
    fewer than four samples. Shorter drives than a window shrink it, as in nuPlan.
    """
    every = max(1, round(1.0 / (RATE_HZ * trace.step_s)))
    step = every * trace.step_s
    speed, lateral, yaw = trace.speed[::every], trace.lateral_speed[::every], np.unwrap(trace.yaw[::every])
    count = len(speed)
    if count < 4:
        return ComfortSignals(*(np.zeros(0) for _ in ComfortSignals._fields))
    rate = np.gradient(yaw, step)
    ahead = np.gradient(speed, step) - rate * lateral
    left = np.gradient(lateral, step) + rate * speed
    short, long = min(ACCEL_WINDOW, count), min(JERK_WINDOW, count)
    ahead, left = savitzky_golay(ahead, short, 2), savitzky_golay(left, short, 2)
    return ComfortSignals(
        longitudinal_accel=ahead,
        lateral_accel=left,
        yaw_accel=savitzky_golay(yaw, long, 3, 2, step),
        yaw_rate=savitzky_golay(yaw, long, 2, 1, step),
        longitudinal_jerk=savitzky_golay(ahead, long, 2, 1, step),
        jerk=savitzky_golay(np.hypot(ahead, left), long, 2, 1, step),
    )


def within_bounds(signals: ComfortSignals) -> np.ndarray:
    """Whether every signal is within its bounds, bool, shape (sample,)."""
    inside = np.ones(len(signals.jerk), np.bool_)
    for values, (low, high) in zip(signals, BOUNDS, strict=True):
        inside &= (values > low) & (values < high)
    return inside


def is_comfortable(trace: DriveTrace) -> bool:
    """NuPlan's comfort of a drive: every signal within its bounds all the time."""
    return bool(within_bounds(comfort_signals(trace)).all())


def smoothness(trace: DriveTrace) -> float:
    """Bench2Drive's: share of consecutive stretches of 20 samples that are within the bounds throughout.

    Differs from it: yaw acceleration is differentiated, which theirs is not.
    """
    inside = within_bounds(comfort_signals(trace))
    if not inside.size:
        return 1.0
    stretches = [inside[first : first + BENCH2DRIVE_WINDOW] for first in range(0, len(inside), BENCH2DRIVE_WINDOW)]
    return float(np.mean([stretch.all() for stretch in stretches]))
