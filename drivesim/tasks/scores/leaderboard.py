"""CARLA Leaderboard 2.0 and 2.1 with all that they count, and Bench2Drive's measures.

`tasks.score` is the score of a running episode; what is here also counts the minimum speed, which needs the whole
drive. References: carla-simulator/leaderboard, branches master (2.0) and leaderboard-2.1; Thinklab-SJTU/Bench2Drive.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from drivesim.tasks.score import leaderboard_score
from drivesim.tasks.scores.trace import DriveTrace

VERSION_2_0 = "leaderboard-2.0"
VERSION_2_1 = "leaderboard-2.1-min-speed"
"""Leaderboard 2.1 with the minimum speed, which `tasks.score.VERSION` leaves out."""
BENCH2DRIVE = "bench2drive"

MULTIPLIERS_2_0: Mapping[str, float] = MappingProxyType(
    {
        "collision_pedestrian": 0.50,
        "collision_vehicle": 0.60,
        "collision_static": 0.65,
        "red_light": 0.70,
        "stop_sign": 0.80,
        "scenario_timeout": 0.70,
        "yield_emergency_vehicle": 0.70,
    }
)
"""p_j of every kind of infraction in Leaderboard 2.0."""
MINIMUM_SPEED_2_0 = 0.3
MINIMUM_SPEED_2_1 = 0.4
"""What a checkpoint passed at no speed at all costs."""
CHECKPOINTS = 4
"""The mean speed is compared so often along a route."""
EFFICIENCY_MAX = 1000.0
"""Bench2Drive leaves out shares of the traffic's speed above this [%]."""


def leaderboard_2_0(
    completion: np.ndarray | float,
    outside: np.ndarray | float,
    infractions: Mapping[str, np.ndarray | float],
    slowness: np.ndarray | tuple[float, ...] = (),
) -> np.ndarray:
    """The driving score RC * (1 - outside) * prod p_j^n_j of Leaderboard 2.0, in [0, 100].

    Args:
        completion: Fraction of the route driven, any shape.
        outside: Fraction driven outside the route's lanes, same shape.
        infractions: Number by kind, a key of `MULTIPLIERS_2_0`.
        slowness: `1 - v / 100` at every checkpoint, shape (..., checkpoint).

    Raises:
        KeyError: An unknown kind of infraction.
    """
    factor = np.prod(
        [MULTIPLIERS_2_0[kind] ** np.asarray(count) for kind, count in infractions.items()] or [1.0], axis=0
    )
    factor = factor * np.prod(1.0 - MINIMUM_SPEED_2_0 * np.asarray(slowness, np.float64), axis=-1)
    return 100.0 * np.asarray(completion) * (1.0 - np.asarray(outside)) * factor


def leaderboard_2_1(
    completion: np.ndarray | float,
    outside: np.ndarray | float,
    infractions: Mapping[str, np.ndarray | float],
    slowness: np.ndarray | tuple[float, ...] = (),
) -> np.ndarray:
    """The driving score of Leaderboard 2.1 with the minimum speed, in [0, 100]; arguments as `leaderboard_2_0`."""
    extra = MINIMUM_SPEED_2_1 * np.asarray(slowness, np.float64).sum(axis=-1)
    return leaderboard_score(np.asarray(completion), np.asarray(outside), infractions, extra)


def bench2drive_success(
    completion: np.ndarray | np.float64, infractions: Mapping[str, np.ndarray | float]
) -> np.ndarray:
    """Whether the route was completed without any infraction but the minimum speed; bool."""
    return (np.asarray(completion) >= 1.0) & (sum((np.asarray(n) for n in infractions.values()), np.float64(0.0)) == 0)


def speed_shares(trace: DriveTrace) -> np.ndarray:
    """Mean speed over that of the traffic around, between checkpoints; float64, shape (checkpoints reached,).

    Checkpoints part the route into `CHECKPOINTS` equal stretches; one that was not reached is not judged, and neither
    is one up to which no other vehicle was near. The traffic is the vehicles that `DriveTrace.others` holds.
    """
    if len(trace.x) == 0:
        return np.zeros(0)
    length = trace.remaining[0]
    stretch = np.minimum((length - trace.remaining) / max(length, 1e-9) * CHECKPOINTS, CHECKPOINTS - 1e-9).astype(int)
    vehicles = (trace.others.slot >= 0) & ~trace.others.is_person
    reached = CHECKPOINTS if trace.remaining[-1] <= 0.0 else int(stretch[-1])
    shares = []
    for number in range(reached):
        rows = stretch == number
        around = trace.others.speed[rows][vehicles[rows]]
        if around.size and around.mean() > 0.0:
            shares.append(float(np.abs(trace.speed[rows]).mean() / around.mean()))
    return np.array(shares)


def slowness(shares: np.ndarray) -> np.ndarray:
    """`1 - v / 100` of `speed_shares`, none below 0; the four checkpoints' penalties."""
    return np.clip(1.0 - np.asarray(shares), 0.0, 1.0)


def efficiency(shares: np.ndarray) -> float:
    """Bench2Drive's driving efficiency: the mean of `speed_shares` [%], values above 1000 left out; NaN for none."""
    percent = 100.0 * np.asarray(shares)
    percent = percent[percent <= EFFICIENCY_MAX]
    return float(percent.mean()) if percent.size else float("nan")


def per_km(counts: np.ndarray | float, distance_m: np.ndarray | float) -> np.ndarray:
    """Infractions per kilometre driven, of all drives together."""
    return np.sum(counts, axis=0) / np.maximum(np.sum(distance_m) / 1000.0, 1e-9)
