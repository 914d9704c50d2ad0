"""Careful drivers as yardsticks of what can be avoided: UN Regulation 157's models, along a straight road.

- `careful_human`: the competent and careful human driver (R157, Annex 4, Appendix 3): it perceives who leaves the
  zone of wandering, evaluates for 0.4 s, and where the time to collision or the headway is critical it releases the gas
  for 0.75 s and brakes, ramped over 0.6 s, at 0.774 g; an emergency brake adds 0.85 g below a TTC of 1.5 s.
- `fuzzy_safety`: JRC's fuzzy safety model (Mattas et al., 2022), proactive and critical fuzzy surrogate metrics.
- `must_avoid_cut_in`: the regulation's own rule, 5.2.5.2.

Everything is float64; s is along the lane, d to the left of the ego lane's centre.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

GRAVITY = 9.80665
STEP_S = 0.01
BRAKE = 0.774 * GRAVITY
"""Hardest braking of a careful driver [m/s^2]."""
JERK = 12.65
"""How fast it is built up [m/s^3]."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """Where somebody is over time; arrays of shape (sample,)."""

    time: np.ndarray
    """[s], rising from 0."""
    rear: np.ndarray
    """Rear end along the lane [m]."""
    front: np.ndarray
    """Front end [m]."""
    d: np.ndarray
    """Left of the ego lane's centre [m]."""
    speed: np.ndarray
    """Along the lane [m/s]."""
    width: float

    def sampled(self, times: np.ndarray) -> "list[Other]":
        """Its states at moments; lateral speed and acceleration are those of the last 0.1 s."""
        rear, front, d, speed = (
            np.interp(times, self.time, each) for each in (self.rear, self.front, self.d, self.speed)
        )
        d_rate = (d - np.interp(times - 0.1, self.time, self.d)) / 0.1
        accel = (speed - np.interp(times - 0.1, self.time, self.speed)) / 0.1
        columns = (rear, front, d, speed, d_rate, accel)
        return [Other._make((*row, self.width)) for row in np.stack(columns, axis=-1).tolist()]


class Other(NamedTuple):
    """State of another road user."""

    rear: float
    front: float
    d: float
    speed: float
    d_rate: float
    accel: float
    width: float


class Memory(NamedTuple):
    """What the careful human driver has noticed, as moments [s]; inf: not yet."""

    noticed: float = math.inf
    critical: float = math.inf
    start_d: float = math.nan


Model = Callable[[float, float, float, Other, Memory], tuple[float, Memory]]
"""(time, ego's front, ego's speed, the other, memory) -> braking wanted [m/s^2], positive, and memory."""
HALF_LANE = 1.75
HALF_EGO = 0.95
WANDERING, EVALUATION_S, REACTION_S, RAMP_S = 0.375, 0.4, 0.75, 0.6
CRITICAL_S, GAS_RELEASE, EMERGENCY_TTC_S = 2.0, 0.4, 1.5
EMERGENCY = 0.85 * GRAVITY
LEAD_BRAKING = 5.0


def must_avoid_cut_in(ttc_s: float, closing: float) -> bool:
    """Whether R157 5.2.5.2 demands that a cut-in be mastered.

    Args:
        ttc_s: Time to collision when the other's wheel is 0.3 m inside the lane [s].
        closing: Speed at which it is approached [m/s].
    """
    return ttc_s > closing / (2.0 * 6.0) + 0.35


def careful_human(time: float, front: float, speed: float, other: Other, memory: Memory) -> tuple[float, Memory]:
    """Braking of the competent and careful human driver [m/s^2]."""
    noticed, critical, start_d = memory
    if math.isnan(start_d):
        start_d = other.d
    gap, closing = other.rear - front, speed - other.speed
    if gap < -4.0:
        return 0.0, Memory(noticed, critical, start_d)
    in_lane = abs(other.d) < HALF_LANE
    moves_in = abs(other.d - start_d) > WANDERING and abs(other.d) < abs(start_d)
    if math.isinf(noticed) and (in_lane or moves_in):
        noticed = time
    ttc = gap / closing if closing > 0.0 else math.inf
    headway = gap / max(speed, 0.1)
    is_critical = ttc <= CRITICAL_S or (headway <= CRITICAL_S and other.accel < -LEAD_BRAKING)
    if math.isinf(critical) and is_critical and time >= noticed + EVALUATION_S:
        critical = time
    wanted = 0.0
    if time >= critical:
        wanted = GAS_RELEASE
    if time >= critical + REACTION_S:
        wanted = min(BRAKE, BRAKE * (time - critical - REACTION_S) / RAMP_S)
        if ttc <= EMERGENCY_TTC_S and overlaps(other):
            wanted = max(wanted, min(EMERGENCY, wanted + GRAVITY))
    return wanted, Memory(noticed, critical, start_d)


def fuzzy_safety(time: float, front: float, speed: float, other: Other, memory: Memory) -> tuple[float, Memory]:
    """Braking of the fuzzy safety model [m/s^2]."""
    noticed, critical, start_d = memory
    dist, closing = other.rear - front, speed - other.speed
    if dist < -4.0:
        return 0.0, memory
    if not overlaps(other):
        sideways = abs(other.d) - HALF_EGO - 0.5 * other.width
        comes = other.d * other.d_rate < -1e-6
        if not comes or sideways / abs(other.d_rate) > max(dist, 0.0) / max(closing, 1e-6) + 0.1:
            return 0.0, memory
    proactive, reactive = pfs(dist, speed, other.speed), cfs(dist, speed, other.speed, 0.0)
    if proactive == 0.0 and reactive == 0.0:
        return 0.0, Memory(noticed, math.inf, start_d)
    if math.isinf(critical):
        critical = time
    if time < critical + REACTION_S:
        return 0.0, Memory(noticed, critical, start_d)
    wanted = reactive * (6.0 - 4.0) + 4.0 if reactive > 0.0 else proactive * 4.0
    if reactive >= 1.0:
        wanted = BRAKE
    return min(wanted, BRAKE), Memory(noticed, critical, start_d)


def pfs(dist: float, speed: float, lead_speed: float) -> float:
    """Proactive fuzzy surrogate safety metric, 0 (safe) to 1: of distances at which braking is due."""
    room = dist - 2.0
    safe = speed * 0.75 + speed**2 / (2.0 * 4.0) - lead_speed**2 / (2.0 * 7.0) + 2.0
    unsafe = speed * 0.75 + speed**2 / (2.0 * 6.0) - lead_speed**2 / (2.0 * 7.0)
    if room > safe:
        return 0.0
    return 1.0 if room < unsafe else (room - safe) / (unsafe - safe)


def cfs(dist: float, speed: float, lead_speed: float, accel: float) -> float:
    """Critical fuzzy surrogate safety metric, 0 (safe) to 1: of distances that take braking of 4 and 6 m/s^2."""
    if speed <= lead_speed:
        return 0.0
    a = max(accel, -4.0)
    u = speed + 0.75 * a
    if u < lead_speed:
        return 1.0 if dist < (speed - lead_speed) ** 2 / abs(2.0 * accel) else 0.0
    need = [(speed + a * 0.375 - lead_speed) * 0.75 + (u - lead_speed) ** 2 / (2.0 * brake) for brake in (4.0, 6.0)]
    if dist > need[0]:
        return 0.0
    return 1.0 if dist < need[1] else (dist - need[0]) / (need[1] - need[0])


def overlaps(other: Other) -> bool:
    """Whether somebody stands in the way of the ego in the middle of its lane."""
    return abs(other.d) < HALF_EGO + 0.5 * other.width


def collides(model: Model, tracks: Sequence[Track], *, speed: float, front: float, length: float) -> bool:
    """Whether a driver of a model who keeps the middle of its lane hits anybody.

    Args:
        model: `careful_human` or `fuzzy_safety`.
        tracks: The others.
        speed: Ego's speed at first [m/s].
        front: Its front along the lane at first [m].
        length: [m]
    """
    memories, braking = [Memory()] * len(tracks), 0.0
    times = STEP_S * np.arange(int(max(float(track.time[-1]) for track in tracks) / STEP_S))
    for time, *others in zip(times.tolist(), *(track.sampled(times) for track in tracks), strict=True):
        wanted = 0.0
        for index, other in enumerate(others):
            if overlaps(other) and other.rear < front and other.front > front - length:
                return True
            asked, memories[index] = model(time, front, speed, other, memories[index])
            wanted = max(wanted, asked)
        braking = min(wanted, braking + JERK * STEP_S)
        front += max(speed, 0.0) * STEP_S
        speed = max(speed - braking * STEP_S, 0.0)
    return False
