"""What an inspector measures of frames: a row of numbers a frame, about one in size, by type of sensor."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from agents.network.inspection.lidar import LIDAR_STATISTICS, measure_lidar
from agents.network.inspection.motion import (
    IMU_STATISTICS,
    ODOMETRY_STATISTICS,
    measure_imu,
    measure_odometry,
)
from agents.network.inspection.picture import PICTURE_STATISTICS, measure_pictures
from agents.network.inspection.radar import RADAR_STATISTICS, measure_radar
from agents.network.senses.contract import Parts
from drivesim.config import SensorConfig

DELIVERY_STATISTICS = ("there", "age", "same", "speed")
"""Of every sensor: whether its frame holds anything; its age, below 0 where its clock is ahead [0.2 s]; whether it
equals the one before; the car's own speed [10 m/s]."""
_AGE_UNIT_S, _SPEED_UNIT_M_S = np.float32(0.2), np.float32(10.0)


class Statistics(NamedTuple):
    """What is measured of the frames of a type of sensor."""

    names: tuple[str, ...]
    """Of the numbers."""
    measure: Callable[[Parts, Parts, np.ndarray], np.ndarray]
    """Numbers float32 (world, number) of frames, of those a control step earlier, and of the car's own speed [m/s].

    Frames are what `inputs.sensed` records by part, of a camera `picture`, uint8 (world, H, W, 3). Where an episode
    begins the first frame stands in for the one before.
    """


STATISTICS: dict[str, Statistics] = {}
"""By type of sensor."""


def register_statistics(sensor_type: str, statistics: Statistics) -> None:
    """Makes known what is measured of a type of sensor, from outside this package; once per process."""
    STATISTICS[sensor_type] = statistics


def statistics_of(sensor: SensorConfig) -> Statistics:
    """What is measured of a sensor's frames: that of its type, or size and spread of all its numbers."""
    return STATISTICS.get(sensor.type, _PLAIN)


def measured(
    sensor: SensorConfig,
    now: Mapping[str, np.ndarray],
    before: Mapping[str, np.ndarray],
    speed: np.ndarray,
    fresh: np.ndarray,
) -> np.ndarray:
    """Measures frames: those `DELIVERY_STATISTICS` and what `statistics_of` names, float32 (world, number).

    Args:
        sensor: Whose they are.
        now: What is recorded of them by part, with `there` and `age` [s]; see `Statistics.measure`.
        before: The same a control step earlier.
        speed: The car's own, (world,) [m/s].
        fresh: Worlds without a frame before, whose frames equal none, bool (world,).
    """
    parts = [name for name in now if name not in ("there", "age")]
    same = ~fresh
    for name in parts:
        same &= (now[name] == before[name]).reshape(len(same), -1).all(axis=1)
    delivery = (now["there"], now["age"] / _AGE_UNIT_S, same, speed / _SPEED_UNIT_M_S)
    own = statistics_of(sensor).measure(
        {name: now[name] for name in parts}, {name: before[name] for name in parts}, speed
    )
    return np.concatenate((np.stack(delivery, axis=1).astype(np.float32), own), axis=1)


def _plainly(now: Parts, before: Parts, speed: np.ndarray) -> np.ndarray:
    numbers, earlier = (
        np.concatenate([part.reshape(len(speed), -1).astype(np.float32) for part in parts.values()], axis=1)
        for parts in (now, before)
    )
    return np.stack((numbers.mean(axis=1), numbers.std(axis=1), np.abs(numbers - earlier).mean(axis=1)), axis=1)


_PLAIN = Statistics(("mean", "deviation", "change"), _plainly)
register_statistics("camera", Statistics(PICTURE_STATISTICS, measure_pictures))
register_statistics("lidar", Statistics(LIDAR_STATISTICS, measure_lidar))
register_statistics("radar", Statistics(RADAR_STATISTICS, measure_radar))
register_statistics("imu", Statistics(IMU_STATISTICS, measure_imu))
register_statistics("odometry", Statistics(ODOMETRY_STATISTICS, measure_odometry))
