"""nuPlan's closed-loop score of a drive, of the parts that need no human drive to compare with.

    score = prod m_k * sum w_j s_j / sum w_j

Reference: motional/nuplan-devkit, metric aggregator `closed_loop_nonreactive_agents_weighted_average`. Differs from it:
progress is along the route, of which an expert drives all, not along an expert's recorded drive.
"""

from typing import NamedTuple

import numpy as np

from drivesim.tasks.scores.comfort import is_comfortable
from drivesim.tasks.scores.trace import DriveTrace, boxes_touch

VERSION = "nuplan-closed-loop-1"
TTC_LEAST_S, TTC_HORIZON_S, TTC_STEP_S = 0.95, 3.0, 0.1
PROGRESS_LEAST = 0.2
OVERSPEED_MAX = 2.23
"""Mean speed over the limit at which compliance is 0 [m/s]."""
AGAINST_M = (2.0, 6.0)
"""Metres against the traffic within one second that cost nothing, and half."""
STANDING_SPEED = 5e-3
"""Slower than this there is no time to collision [m/s]."""
AHEAD_COS, BEHIND_COS = np.cos(np.radians(30.0)), np.cos(np.radians(150.0))
"""Who is within 30 deg of the heading, seen from the rear axle, is ahead; beyond 150 deg behind."""
WEIGHTS = {"progress": 5.0, "ttc": 5.0, "speed_limit": 4.0, "comfort": 2.0}


class NuplanScore(NamedTuple):
    """Parts in [0, 1]; the first four multiply, the others are weighted by `WEIGHTS`."""

    no_fault: float
    drivable: float
    makes_progress: float
    direction: float
    progress: float
    ttc: float
    speed_limit: float
    comfort: float

    @property
    def score(self) -> float:
        """In [0, 1]."""
        mean = sum(WEIGHTS[name] * getattr(self, name) for name in WEIGHTS) / sum(WEIGHTS.values())
        return self.no_fault * self.drivable * self.makes_progress * self.direction * mean


def nuplan_score(trace: DriveTrace) -> NuplanScore:
    """The score's parts of a drive."""
    driven = progress_share(trace)
    return NuplanScore(
        no_fault=no_fault(trace.faults),
        drivable=float(not trace.off_road.any()),
        makes_progress=float(driven >= PROGRESS_LEAST),
        direction=direction(trace.against, trace.step_s),
        progress=driven,
        ttc=float(not (times_to_collision(trace) < TTC_LEAST_S).any()),
        speed_limit=speed_limit_compliance(trace.speed, trace.speed_limit),
        comfort=float(is_comfortable(trace)),
    )


def no_fault(faults: np.ndarray) -> float:
    """0 after any collision with a person or vehicle by own fault, 0.5 after one with a thing, 0 after more; else 1."""
    people, vehicles, things = (int(count) for count in faults)
    if people or vehicles or things > 1:
        return 0.0
    return 0.5 if things else 1.0


def progress_share(trace: DriveTrace) -> float:
    """Share of the route that was ahead at the beginning and has been driven, in [0, 1]."""
    if not len(trace.remaining) or trace.remaining[0] <= 0.0:
        return 1.0
    return float(np.clip(1.0 - trace.remaining[-1] / trace.remaining[0], 0.0, 1.0))


def direction(against: np.ndarray, step_s: float) -> float:
    """1, 0.5 or 0 by the most metres against the traffic within one second."""
    window = max(1, round(1.0 / step_s))
    most = np.convolve(against, np.ones(window)).max(initial=0.0) if len(against) else 0.0
    return 1.0 if most <= AGAINST_M[0] else 0.5 if most <= AGAINST_M[1] else 0.0


def speed_limit_compliance(speed: np.ndarray, limit: np.ndarray) -> float:
    """1 less the mean speed over the limit over `OVERSPEED_MAX`, at least 0."""
    if not len(speed):
        return 1.0
    return max(0.0, 1.0 - float(np.maximum(speed - limit, 0.0).mean()) / OVERSPEED_MAX)


def times_to_collision(
    trace: DriveTrace, horizon_s: float = TTC_HORIZON_S, step_s: float = TTC_STEP_S, *, first_s: float | None = None
) -> np.ndarray:
    """Time after which the ego's box would meet another one's if both went straight on [s], shape (tick,).

    Only who is ahead counts, and in a junction who is beside as well. +inf: within the horizon there is nobody, or the
    ego stands.

    Args:
        trace: The drive.
        horizon_s: How far to look [s].
        step_s: Between looks [s].
        first_s: The first look [s]; one step if None.
    """
    others = trace.others
    x, y = trace.middle
    dx, dy = others.x - trace.x[:, None], others.y - trace.y[:, None]
    far = np.maximum(np.hypot(dx, dy), 1e-9)
    cos = (dx * np.cos(trace.yaw)[:, None] + dy * np.sin(trace.yaw)[:, None]) / far
    counts = (others.slot >= 0) & (cos > np.where(trace.in_junction[:, None], BEHIND_COS, AHEAD_COS))
    counts &= (np.abs(trace.speed) > STANDING_SPEED)[:, None]
    reach = horizon_s * (np.abs(trace.speed)[:, None] + np.abs(others.speed)) + trace.length + others.length
    rows, columns = np.nonzero(counts & (far < reach))
    result = np.full(len(trace.x), np.inf)
    ego_x, ego_y = trace.speed * np.cos(trace.yaw), trace.speed * np.sin(trace.yaw)
    theirs = [
        values[rows, columns] for values in (others.x, others.y, others.yaw, others.speed, others.length, others.width)
    ]
    time = step_s if first_s is None else first_s
    while time <= horizon_s + 1e-9 and len(rows):
        one = (x[rows] + time * ego_x[rows], y[rows] + time * ego_y[rows], trace.yaw[rows], trace.length, trace.width)
        two = (
            theirs[0] + time * theirs[3] * np.cos(theirs[2]), theirs[1] + time * theirs[3] * np.sin(theirs[2]),
            theirs[2], theirs[4], theirs[5],
        )  # fmt: skip
        meets = boxes_touch(one, two)
        np.minimum.at(result, rows[meets], time)
        rows, columns = rows[~meets], columns[~meets]
        theirs = [values[~meets] for values in theirs]
        time += step_s
    return result
