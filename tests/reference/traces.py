"""Drives made by hand for scores: straight along x in the middle of a lane, and what else is said."""

from typing import Any

import numpy as np

from drivesim.tasks.scores.trace import DriveTrace, Others

LENGTH, WIDTH, REAR = 4.0, 2.0, 1.0
STEP_S = 0.1


def straight(
    ticks: int, *, speed: float | np.ndarray = 10.0, others: tuple[dict[str, Any], ...] = (), **columns
) -> DriveTrace:
    """A drive along x from 0; `others` give x, y of bodies' middles, yaw, speed as numbers or arrays over ticks."""

    def row(value: Any) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, np.float64), ticks).copy()

    speeds = row(speed)
    x = np.concatenate([[0.0], np.cumsum(speeds[:-1]) * STEP_S])

    def many(name: str, default: float, dtype: type = np.float64) -> np.ndarray:
        return np.stack([row(each.get(name, default)) for each in others] or [row(default)], axis=1).astype(dtype)

    there = Others(
        slot=np.tile(np.arange(1, 1 + len(others)) if others else [-1], (ticks, 1)),
        x=many("x", 0.0), y=many("y", 0.0), yaw=many("yaw", 0.0), speed=many("speed", 0.0),
        length=many("length", LENGTH), width=many("width", WIDTH), is_person=many("is_person", 0.0, np.bool_),
    )  # fmt: skip
    values: dict[str, Any] = {
        "x": x, "y": row(0.0), "yaw": row(0.0), "speed": speeds, "lateral_speed": row(0.0), "yaw_rate": row(0.0),
        "lane_offset": row(0.0), "lane_heading": row(0.0), "lane_curvature": row(0.0), "lane_width": row(3.5),
        "speed_limit": row(15.0), "in_junction": row(0.0).astype(bool), "is_changing": row(0.0).astype(bool),
        "remaining": x[-1] - x, "planned": row(0.0), "off_road": row(0.0).astype(bool), "against": row(0.0),
        "red_light": row(0.0).astype(bool), "faults": np.zeros(3, int),
    }  # fmt: skip
    values.update(columns)
    return DriveTrace(step_s=STEP_S, length=LENGTH, width=WIDTH, rear=REAR, others=there, **values)
