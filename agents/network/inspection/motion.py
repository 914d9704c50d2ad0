"""What an inspector measures of motion: an IMU's means and spread, an odometer against the car's own speed."""

import numpy as np

from agents.network.senses.contract import Parts

IMU_STATISTICS = (
    *(f"mean_{axis}" for axis in ("ax", "ay", "az", "wx", "wy", "wz")),
    *(f"deviation_{axis}" for axis in ("ax", "ay", "az", "wx", "wy", "wz")),
    "slip",
)
"""Means and deviations of every axis over the samples of a control step, gravity taken out of the upward one [2 m/s^2,
0.1 rad/s]; force to the left minus what driving the bend at the car's own speed takes [m/s^2]."""
ODOMETRY_STATISTICS = ("wheel_speed", "speed_error", "relative_error", "yaw_rate", "speed_change")
"""Wheel speed [10 m/s]; minus the car's own [m/s]; the same of it [10 %]; yaw rate [0.2 rad/s]; wheel speed minus that
before [m/s]."""
_GRAVITY = np.array((0.0, 0.0, 9.81, 0.0, 0.0, 0.0), np.float32)
_UNIT = np.array((2.0, 2.0, 2.0, 0.1, 0.1, 0.1), np.float32)
_LEFT, _YAW_RATE = 1, 5


def measure_imu(now: Parts, before: Parts, speed: np.ndarray) -> np.ndarray:
    """`IMU_STATISTICS` of `values`, (world, sample, 6)."""
    mean, deviation = now["values"].mean(axis=1), now["values"].std(axis=1)
    slip = mean[:, _LEFT] - speed * mean[:, _YAW_RATE]
    return np.concatenate(((mean - _GRAVITY) / _UNIT, deviation / _UNIT, slip[:, None]), axis=1).astype(np.float32)


def measure_odometry(now: Parts, before: Parts, speed: np.ndarray) -> np.ndarray:
    """`ODOMETRY_STATISTICS` of `values`, (world, 2): wheel speed and yaw rate."""
    wheel, yaw_rate = now["values"].T
    error = wheel - speed
    columns = (
        wheel / 10.0,
        error,
        10.0 * error / np.maximum(speed, 1.0),
        yaw_rate / 0.2,
        wheel - before["values"][:, 0],
    )
    return np.stack(columns, axis=1).astype(np.float32)
