"""Surrogate safety measures: time to collision, deceleration to avoid a crash, post-encroachment time.

As SUMO's SSM device defines them (`MSDevice_SSM`), for encounters of two road users that keep their speeds. TTC:
Hayward (1972); DRAC: Cooper, Ferguson (1976); PET: Allen, Shin, Cooper (1978). All functions
broadcast; +inf: no TTC or PET.
"""

from typing import NamedTuple

import numpy as np

from drivesim.tasks.scores.rss import in_lane
from drivesim.tasks.scores.trace import DriveTrace

VERSION = "ssm-1"
TTC_CRITICAL_S, PET_CRITICAL_S, DRAC_CRITICAL = 1.5, 1.5, 3.35
"""Below, below and above which an encounter is called a conflict [s, s, m/s^2]."""
TTC_MAX_S = 30.0
"""Two that would meet later than this do not concern one another [s]."""
DRAC_MAX = 20.0
"""More than any brakes can do counts as this [m/s^2]."""
CROSSING_ANGLE = np.radians(15.0)
"""Paths that meet at a smaller angle do not cross [rad]."""


def following(
    gap: np.ndarray | float, rear: np.ndarray | float, front: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """TTC [s] and DRAC [m/s^2] of a car behind another.

    Args:
        gap: Bumper to bumper, positive [m].
        rear: Speed of the rear car [m/s].
        front: Speed of the front car [m/s].
    """
    gap, closing = np.asarray(gap, np.float64), np.asarray(rear, np.float64) - front
    closes = closing > 0.0
    safe = np.where(closes, closing, 1.0)
    return np.where(closes, gap / safe, np.inf), np.where(closes, closing**2 / (2.0 * gap), 0.0)


class Approach(NamedTuple):
    """Somebody's way to a stretch of its path that another one crosses."""

    entry: np.ndarray | float
    """From the front bumper to where the stretch begins [m]; negative inside."""
    exit: np.ndarray | float
    """From the front bumper to where the rear bumper has left it [m]: the stretch and the own length more."""
    speed: np.ndarray | float
    """[m/s], positive."""


def crossing(one: Approach, two: Approach) -> tuple[np.ndarray, np.ndarray]:
    """TTC [s] and DRAC [m/s^2] of two on crossing paths.

    TTC is the time in which the second one enters, if the first one has not left by then. DRAC is the least constant
    deceleration with which either enters just when the other leaves; 0 where none is needed, +inf where both are
    inside.
    """
    entries = [np.asarray(each.entry, np.float64) for each in (one, two)]
    speeds = [np.asarray(each.speed, np.float64) for each in (one, two)]
    enters = [np.maximum(entry, 0.0) / speed for entry, speed in zip(entries, speeds, strict=True)]
    leaves = [np.asarray(each.exit, np.float64) / each.speed for each in (one, two)]
    is_over = (leaves[0] <= 0.0) | (leaves[1] <= 0.0)
    meets = ~is_over & np.where(enters[0] <= enters[1], leaves[0] > enters[1], leaves[1] > enters[0])
    drac = np.full(is_over.shape, np.inf)
    for own, other in ((0, 1), (1, 0)):
        until = np.where(is_over, 1.0, leaves[other])
        brakes = 2.0 * (speeds[own] - entries[own] / until) / until
        drac = np.minimum(drac, np.where(entries[own] > 0.0, brakes, np.inf))
    return np.where(meets, np.maximum(*enters), np.inf), np.where(meets, np.maximum(drac, 0.0), 0.0)


def merging(one: Approach, two: Approach, length: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """TTC [s] and DRAC [m/s^2] of two whose lanes become one.

    The first to enter leads. If it has not left the stretch when the other enters, the other must stop before it;
    if it has, they follow one another from there on.

    Args:
        one: One of them; `exit` is where it has merged with its whole length.
        two: The other.
        length: Of the one that leads [m].
    """
    times = [np.asarray(each.entry, np.float64) / each.speed for each in (one, two)]
    first = times[0] <= times[1]

    def pick(name: str, leader: bool) -> np.ndarray:
        a, b = np.asarray(getattr(one, name), np.float64), np.asarray(getattr(two, name), np.float64)
        return np.where(first == leader, a, b)

    leader, follower = pick("speed", True), pick("speed", False)
    left, way = pick("exit", True) / leader, pick("entry", False)
    meets = left >= way / follower
    stop_ttc, stop_drac = following(np.maximum(way, 1e-9), follower, 0.0)
    after = np.maximum(way - left * follower, 1e-9)
    later, _ = following(after, follower, leader)
    gap = way - pick("entry", True) - length
    _, drac = following(np.where(gap > 0.0, gap, 1.0), follower, leader)
    return np.where(meets, stop_ttc, left + later), np.where(meets, stop_drac, np.where(gap > 0.0, drac, 0.0))


def post_encroachment(exit_time: np.ndarray | float, entry_time: np.ndarray | float) -> np.ndarray:
    """PET [s]: from when the first one's rear has left the common stretch to when the second one's front enters it."""
    return np.asarray(entry_time, np.float64) - exit_time


def passing_times(s: np.ndarray, time: np.ndarray, begin: float, end: float, length: float) -> tuple[float, float]:
    """When somebody enters a stretch of its path, and when it has left it [s]; linear between rows, NaN for never.

    Args:
        s: Its front bumper along the path, shape (tick,) [m].
        time: Shape (tick,) [s].
        begin: Of the stretch [m].
        end: Of the stretch [m].
        length: Of the road user [m].
    """
    rising = np.maximum.accumulate(np.asarray(s, np.float64))
    answer = []
    for mark in (begin, end + length):
        row = int(np.searchsorted(rising, mark))
        if row == 0 or row == len(rising):
            answer.append(np.nan)
            continue
        part = (mark - rising[row - 1]) / (rising[row] - rising[row - 1])
        answer.append(float(time[row - 1] + part * (time[row] - time[row - 1])))
    return answer[0], answer[1]


def pet_of(
    one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray], time: np.ndarray,
    lengths: tuple[float, float], widths: tuple[float, float],
) -> float:  # fmt: skip
    """PET of two recorded drives whose paths cross [s]; +inf where they do not, negative where they overlap in time.

    The stretch on each path is as long as the other road user is wide, seen at the angle at which the paths cross.

    Args:
        one: x, y of the middle of the body, shapes (tick,) [m].
        two: The same of the other, at the same times.
        time: Shape (tick,) [s].
        lengths: Of both [m].
        widths: Of both [m].
    """
    where = _meet(np.stack(one, -1), np.stack(two, -1))
    if where is None:
        return float("inf")
    (s_one, s_two), places, angle = where[0], where[1], where[2]
    if abs(np.sin(angle)) < np.sin(CROSSING_ANGLE):
        return float("inf")
    times = []
    for s, place, length, other in zip((s_one, s_two), places, lengths, reversed(widths), strict=True):
        half = 0.5 * other / abs(np.sin(angle))
        times.append(passing_times(s + 0.5 * length, time, place - half, place + half, length))
    (enter_one, leave_one), (enter_two, leave_two) = times
    pet = enter_two - leave_one if enter_one <= enter_two else enter_one - leave_two
    return float(pet) if np.isfinite(pet) else float("inf")


def _meet(a: np.ndarray, b: np.ndarray):
    """Arc lengths of two polylines, those of their first crossing, and the angle there; None where there is none."""
    da, db = np.diff(a, axis=0), np.diff(b, axis=0)
    if not len(da) or not len(db):
        return None
    cross = da[:, None, 0] * db[None, :, 1] - da[:, None, 1] * db[None, :, 0]
    apart = b[None, :-1] - a[:-1, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (apart[..., 0] * db[None, :, 1] - apart[..., 1] * db[None, :, 0]) / cross
        u = (apart[..., 0] * da[:, None, 1] - apart[..., 1] * da[:, None, 0]) / cross
        hits = np.argwhere((t >= 0.0) & (t < 1.0) & (u >= 0.0) & (u < 1.0))
    if not len(hits):
        return None
    i, j = hits[0]
    arcs = [np.concatenate([[0.0], np.cumsum(np.hypot(*d.T))]) for d in (da, db)]
    places = (arcs[0][i] + t[i, j] * np.hypot(*da[i]), arcs[1][j] + u[i, j] * np.hypot(*db[j]))
    angle = np.arctan2(cross[i, j], float(da[i] @ db[j]))
    return arcs, places, float(angle)


class SafetyResult(NamedTuple):
    """The worst moments of a drive."""

    ttc: np.ndarray
    """To the nearest road user ahead in the ego's lane that moves its way, shape (tick,) [s]."""
    drac: np.ndarray
    """Shape (tick,) [m/s^2]."""
    min_pet: float
    """Least PET to somebody whose path the ego's crosses, where both passed [s]."""

    @property
    def min_ttc(self) -> float:
        """[s]."""
        return float(self.ttc.min(initial=np.inf))

    @property
    def max_drac(self) -> float:
        """[m/s^2]."""
        return float(self.drac.max(initial=0.0))

    @property
    def exposed_s(self) -> float:
        """Rows with a TTC below `TTC_CRITICAL_S` (time exposed, TET, in rows of the trace)."""
        return float((self.ttc < TTC_CRITICAL_S).sum())


def safety_of(trace: DriveTrace) -> SafetyResult:
    """TTC, DRAC and PET of the ego to the road users near it."""
    others = trace.others
    ahead, left, heading = in_lane(trace)
    gap = ahead - 0.5 * (others.length + trace.length)
    in_path = (others.slot >= 0) & (np.abs(left) < 0.5 * (others.width + trace.width)) & (ahead > 0.0)
    in_path &= np.cos(heading) > np.cos(np.radians(45.0))
    nearest = np.where(in_path, gap, np.inf).argmin(axis=1)[:, None] if gap.size else np.zeros((len(gap), 1), int)
    pick = [np.take_along_axis(values, nearest, axis=1)[:, 0] for values in (gap, others.speed, in_path)]
    ttc, drac = following(np.maximum(pick[0], 1e-3), trace.speed, pick[1])
    there = pick[2].astype(bool)
    ttc = np.where(there & (ttc <= TTC_MAX_S), ttc, np.inf)
    return SafetyResult(ttc, np.where(there, np.minimum(drac, DRAC_MAX), 0.0), _least_pet(trace))


def _least_pet(trace: DriveTrace) -> float:
    others, least = trace.others, float("inf")
    x, y = trace.middle
    for slot in np.unique(others.slot[others.slot >= 0]).tolist():
        at = others.slot == slot
        rows = np.flatnonzero(at.any(axis=1))
        # Somebody who was out of sight in between may be another one in the same slot.
        for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
            column = at[run].argmax(axis=1)
            their = [values[run, column] for values in (others.x, others.y, others.length, others.width)]
            if np.hypot(their[0][-1] - their[0][0], their[1][-1] - their[1][0]) < 1.0:
                continue
            sizes = (trace.length, float(their[2][0])), (trace.width, float(their[3][0]))
            pet = pet_of((x[run], y[run]), (their[0], their[1]), run * trace.step_s, *sizes)
            least = min(least, pet)
    return least
