"""Responsibility-Sensitive Safety: safe distances, and how long a drive was in danger by its own doing.

Reference: Shalev-Shwartz, Shammah, Shashua, "On a Formal Model of Safe and Scalable Self-driving Cars" (2017);
parameters are the defaults of Intel's ad-rss. All functions take numbers or arrays that broadcast.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from drivesim.tasks.scores.trace import DriveTrace

VERSION = "rss-1"


@dataclass(frozen=True, kw_only=True)
class RssParameters:
    """What is assumed of a road user; accelerations are magnitudes."""

    response_s: float = 1.0
    """Until it reacts [s]."""
    accel_max: float = 3.5
    """Until then it may accelerate by this [m/s^2]."""
    brake_min: float = 4.0
    """From then on it brakes by at least this [m/s^2]."""
    brake_max: float = 8.0
    """Who is ahead brakes by at most this [m/s^2]."""
    brake_correct: float = 3.0
    """Braking of who is in its own lane, towards one who is not [m/s^2]."""
    lateral_accel: float = 0.2
    lateral_brake: float = 0.8
    margin: float = 0.1
    """Lateral sway [m]."""


EGO = RssParameters()
OTHER = RssParameters(response_s=2.0)


def _reach(speed: np.ndarray, response: float, accel: float, brake: float) -> np.ndarray:
    """Way along `accel` during the response and the braking after it [m]; who moves away does not brake."""
    after = speed + response * accel
    return 0.5 * (speed + after) * response + np.maximum(after, 0.0) ** 2 / (2.0 * brake)


def longitudinal_same(
    rear: np.ndarray | float, front: np.ndarray | float, parameters: RssParameters = EGO
) -> np.ndarray:
    """Safe distance of a rear car from one ahead, same direction [m].

    Args:
        rear: Speed of the rear car [m/s].
        front: Speed of the front car [m/s].
        parameters: Of the rear car; its `brake_max` stands for the front car.
    """
    p = parameters
    way = _reach(np.asarray(rear, np.float64), p.response_s, p.accel_max, p.brake_min)
    return np.maximum(way - np.asarray(front, np.float64) ** 2 / (2.0 * p.brake_max), 0.0)


def longitudinal_opposite(
    correct: np.ndarray | float,
    wrong: np.ndarray | float,
    parameters: RssParameters = EGO,
    other: RssParameters | None = None,
) -> np.ndarray:
    """Safe distance of two cars that drive towards each other, of which one is in its own lane [m].

    Args:
        correct: Speed of the one in its own lane [m/s].
        wrong: Speed of the other [m/s]; positive.
        parameters: Of the first.
        other: Of the other; the same if None.
    """
    p, q = parameters, other or parameters
    own = _reach(np.abs(np.asarray(correct, np.float64)), p.response_s, p.accel_max, p.brake_correct)
    return own + _reach(np.abs(np.asarray(wrong, np.float64)), q.response_s, q.accel_max, q.brake_min)


def lateral(
    left: np.ndarray | float,
    right: np.ndarray | float,
    parameters: RssParameters = EGO,
    other: RssParameters | None = None,
) -> np.ndarray:
    """Safe lateral distance of two cars [m]; as in ad-rss, the margin shrinks where both move apart.

    Args:
        left: Lateral speed of the left car, towards the right [m/s].
        right: Lateral speed of the right car, towards the right [m/s].
        parameters: Of the left car.
        other: Of the right car; the same if None.
    """
    p, q = parameters, other or parameters
    inward = _reach(np.asarray(left, np.float64), p.response_s, p.lateral_accel, p.lateral_brake)
    outward = -_reach(-np.asarray(right, np.float64), q.response_s, q.lateral_accel, q.lateral_brake)
    return np.maximum(0.5 * (p.margin + q.margin) + inward - outward, 0.0)


class RssResult(NamedTuple):
    """What RSS says of a drive."""

    danger: np.ndarray
    """Both distances to somebody are unsafe, bool, shape (tick,)."""
    caused: np.ndarray
    """So they are, and the ego is the rear car or has come into it by moving sideways, bool, shape (tick,)."""
    responds: np.ndarray
    """Where it has caused danger for longer than its response time: it brakes by `brake_min` or stands, or moves away
    sideways; bool, shape (tick,)."""
    min_margin: float
    """Least distance over the safe one to somebody ahead whose lateral distance is unsafe [m]; +inf for nobody."""

    @property
    def danger_share(self) -> float:
        """Share of the time in danger that the ego has caused."""
        return float(self.caused.mean()) if self.caused.size else 0.0


def rss_of(trace: DriveTrace, ego: RssParameters = EGO, other: RssParameters = OTHER) -> RssResult:
    """Danger to the road users near the ego.

    Distances are along and across the circle that the ego's lane follows here, so that bends do not look like lateral
    motion. A road user whose heading is more than 90 deg from the lane's comes towards the ego.
    """
    others = trace.others
    there = others.slot >= 0
    ahead, left, heading = in_lane(trace)
    bodies = np.abs(np.cos(heading)), np.abs(np.sin(heading))
    half_length = 0.5 * (others.length * bodies[0] + others.width * bodies[1])
    half_width = 0.5 * (others.length * bodies[1] + others.width * bodies[0])
    own = np.abs(np.cos(trace.lane_heading)), np.abs(np.sin(trace.lane_heading))
    own_length = 0.5 * (trace.length * own[0] + trace.width * own[1])[:, None]
    own_width = 0.5 * (trace.length * own[1] + trace.width * own[0])[:, None]
    gap = np.maximum(np.abs(ahead) - half_length - own_length, 0.0)
    side = np.maximum(np.abs(left) - half_width - own_width, 0.0)
    cos, sin = np.cos(trace.lane_heading), np.sin(trace.lane_heading)
    speed = np.broadcast_to((trace.speed * cos - trace.lateral_speed * sin)[:, None], gap.shape)
    across = np.broadcast_to((trace.speed * sin + trace.lateral_speed * cos)[:, None], gap.shape)
    their_speed, their_across = others.speed * np.cos(heading), others.speed * np.sin(heading)
    is_front, towards = ahead >= 0.0, np.cos(heading) < 0.0
    safe = np.where(
        towards,
        np.where(is_front, longitudinal_opposite(speed, their_speed, ego, other), 0.0),
        np.where(
            is_front,
            longitudinal_same(np.maximum(speed, 0.0), their_speed, ego),
            longitudinal_same(np.maximum(their_speed, 0.0), speed, other),
        ),
    )
    safe_side = np.where(
        left < 0.0, lateral(-across, -their_across, ego, other), lateral(-their_across, -across, other, ego)
    )
    margin = np.where(there & is_front & (side < safe_side), gap - safe, np.inf)
    unsafe_along, unsafe_across = there & (gap < safe), there & (side < safe_side)
    danger = unsafe_along & unsafe_across
    moves_in = np.sign(left) * across > np.maximum(-np.sign(left) * their_across, 0.0)
    caused = danger & (np.where(moved_in(others.slot, unsafe_along, danger), moves_in, is_front))
    braking = -np.gradient(trace.speed, trace.step_s) if len(trace.speed) > 1 else np.zeros(len(trace.speed))
    is_caused = np.asarray(caused.any(axis=1))
    lasting = run_length(is_caused) * trace.step_s > ego.response_s
    proper = (braking >= ego.brake_min) | (np.abs(trace.speed) < 0.1) | ~lasting
    return RssResult(np.asarray(danger.any(axis=1)), is_caused, proper, float(margin.min(initial=np.inf)))


def moved_in(slot: np.ndarray, unsafe_along: np.ndarray, danger: np.ndarray) -> np.ndarray:
    """Whether danger to a road user came by a lateral motion: it was unsafe along the lane before it was in danger.

    Args:
        slot: Of the neighbours, shape (tick, neighbour).
        unsafe_along: bool, same shape.
        danger: bool, same shape.
    """
    result = np.zeros_like(danger)
    sideways: dict[int, bool] = {}
    before: dict[int, bool] = {}
    for tick in range(len(slot)):
        now = {}
        for column, number in enumerate(slot[tick].tolist()):
            if number < 0:
                continue
            if danger[tick, column]:
                sideways.setdefault(number, before.get(number, False))
                result[tick, column] = sideways[number]
            else:
                sideways.pop(number, None)
                now[number] = bool(unsafe_along[tick, column])
        before = now
    return result


def run_length(flags: np.ndarray) -> np.ndarray:
    """How many ticks without a break a flag has been up, int, shape (tick,)."""
    index = np.arange(1, len(flags) + 1)
    return index - np.maximum.accumulate(np.where(flags, 0, index)) if len(flags) else index


def in_lane(trace: DriveTrace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the others are along the ego's lane, taken for a circle.

    Returns:
        Ahead and to the left of the ego's middle [m] and heading relative to the lane there [rad]; shapes
        (tick, neighbour).
    """
    x, y = trace.middle
    base = (trace.yaw - trace.lane_heading)[:, None]
    dx, dy = trace.others.x - x[:, None], trace.others.y - y[:, None]
    ahead, left = dx * np.cos(base) + dy * np.sin(base), dy * np.cos(base) - dx * np.sin(base)
    curvature = trace.lane_curvature[:, None]
    bent = np.abs(curvature) > 1e-5
    k = np.where(bent, curvature, 1.0)
    angle = np.arctan2(np.sign(k) * ahead, np.sign(k) * (1.0 / k - left))
    offset = 1.0 / k - np.sign(k) * np.hypot(ahead, 1.0 / k - left)
    along = np.where(bent, angle / k, ahead)
    heading = trace.others.yaw - base - np.where(bent, angle, 0.0)
    return along, np.where(bent, offset, left), np.angle(np.exp(1j * heading))
