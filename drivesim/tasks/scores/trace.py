"""`DriveTrace`: what scores of whole drives are computed from."""

from typing import NamedTuple

import numpy as np

NEIGHBOUR_COUNT = 8
"""Road users kept per step, the nearest first."""


class Others(NamedTuple):
    """Road users near the ego, nearest first; shapes (tick, neighbour)."""

    slot: np.ndarray
    """int32; -1 where there are fewer."""
    x: np.ndarray
    """Middle of the body, world frame [m]."""
    y: np.ndarray
    yaw: np.ndarray
    """[rad]."""
    speed: np.ndarray
    """Along its heading [m/s]."""
    length: np.ndarray
    """[m]."""
    width: np.ndarray
    """[m]."""
    is_person: np.ndarray
    """bool."""


class DriveTrace(NamedTuple):
    """One drive, a row per control step. World frame x east, y north; shapes (tick,), float64 unless said otherwise."""

    step_s: float
    """Between rows [s]."""
    length: float
    """Of the ego [m]."""
    width: float
    rear: float
    """Rear bumper behind the rear axle [m]."""
    x: np.ndarray
    """Rear axle [m]."""
    y: np.ndarray
    yaw: np.ndarray
    """[rad]."""
    speed: np.ndarray
    """Of the rear axle, along the heading [m/s]."""
    lateral_speed: np.ndarray
    """Of the rear axle, to the left [m/s]."""
    yaw_rate: np.ndarray
    """[rad/s]."""
    lane_offset: np.ndarray
    """Rear axle from the centre of its lane, left positive [m]."""
    lane_heading: np.ndarray
    """Yaw minus the lane's heading [rad]."""
    lane_curvature: np.ndarray
    """[1/m]."""
    lane_width: np.ndarray
    """[m]."""
    speed_limit: np.ndarray
    """[m/s]."""
    in_junction: np.ndarray
    """bool."""
    is_changing: np.ndarray
    """The route asks for a lane change, bool."""
    remaining: np.ndarray
    """Route left [m]."""
    planned: np.ndarray
    """Way of the expert's plan over the next 3 s [m]."""
    off_road: np.ndarray
    """bool."""
    against: np.ndarray
    """Driven against the traffic in this step [m]."""
    red_light: np.ndarray
    """A red light was run in this step, bool."""
    faults: np.ndarray
    """Collisions that were the ego's fault, with people, vehicles and things; int, shape (3,)."""
    others: Others
    plans: np.ndarray | None = None
    """Way-points that the driver says it plans, ego's frame, 0.5 s apart [m], shape (tick, point, 2); NaN in rows where
    it was not asked, None where it never was."""

    @property
    def middle(self) -> tuple[np.ndarray, np.ndarray]:
        """Middle of the ego's body, x and y, shapes (tick,) [m]."""
        ahead = 0.5 * self.length - self.rear
        return self.x + ahead * np.cos(self.yaw), self.y + ahead * np.sin(self.yaw)


Box = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | float, np.ndarray | float]


def boxes_touch(a: Box, b: Box, margin: float = 0.0) -> np.ndarray:
    """Whether oriented boxes share area, by the separating axis theorem (Gottschalk, Lin, Manocha 1996).

    Args:
        a: Middle x, y [m], yaw [rad], length, width [m]; arrays that broadcast.
        b: The same of the other boxes.
        margin: Boxes count as this much larger on every side [m].
    """
    ax, ay, a_yaw, a_length, a_width = a
    bx, by, b_yaw, b_length, b_width = b
    cos, sin = np.abs(np.cos(a_yaw - b_yaw)), np.abs(np.sin(a_yaw - b_yaw))
    dx, dy = np.asarray(bx) - ax, np.asarray(by) - ay
    touching = np.ones(np.broadcast(dx, cos).shape, np.bool_)
    for yaw, length, width, other_length, other_width in (
        (a_yaw, a_length, a_width, b_length, b_width),
        (b_yaw, b_length, b_width, a_length, a_width),
    ):
        ahead = np.abs(dx * np.cos(yaw) + dy * np.sin(yaw))
        left = np.abs(dy * np.cos(yaw) - dx * np.sin(yaw))
        touching &= ahead < 0.5 * (length + other_length * cos + other_width * sin) + margin
        touching &= left < 0.5 * (width + other_length * sin + other_width * cos) + margin
    return touching
