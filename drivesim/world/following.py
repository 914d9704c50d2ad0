"""Car following: the Intelligent Driver Model and its milder extension for cut-ins.

    a_free = a (1 - (v / v0)^4)                                                        (1)
    s_star = s0 + max(0, v T + v dv / (2 sqrt(a b)))                                   (2)
    a_idm  = a_free - a (s_star / s)^2                                                 (3)

Treiber, Hennecke, Helbing, Physical Review E 62 (2000) 1805. Differs from it: a_free is never below -b, so that a
lower limit is met with comfortable braking; s is at least `GAP_MIN`.

The IDM brakes harder than needed when somebody cuts in. With the constant-acceleration heuristic a_cah, the
acceleration that avoids a crash if the lead keeps its own, and coolness c = 0.99,

    a_acc = a_idm                                                   where a_idm >= a_cah,
    a_acc = (1 - c) a_idm + c (a_cah + b tanh((a_idm - a_cah) / b))  elsewhere           (4)

Kesting, Treiber, Helbing, Philosophical Transactions A 368 (2010) 4585. Nothing brakes harder than `BRAKE_MAX`.
"""

import math

import numpy as np
from numba import njit

f32 = np.float32

BRAKE_MAX = f32(8.0)
"""Emergency braking [m/s^2]."""
GAP_MIN = f32(0.1)
"""Gaps are taken as at least this [m]."""
COOLNESS = f32(0.99)
SPEED_MIN = f32(0.1)
"""Desired speeds are taken as at least this [m/s]."""

ZERO, HALF, ONE, TWO = f32(0.0), f32(0.5), f32(1.0), f32(2.0)


@njit
def free_acceleration(speed, desired, accel_max, brake_comfort):
    """Acceleration on a free road (1) [m/s^2]."""
    ratio = speed / max(desired, SPEED_MIN)
    ratio *= ratio
    return max(accel_max * (ONE - ratio * ratio), -brake_comfort)


@njit
def desired_gap(speed, lead_speed, headway, min_gap, accel_max, brake_comfort):
    """s_star (2) [m]."""
    root = TWO * f32(math.sqrt(accel_max * brake_comfort))
    return min_gap + max(ZERO, speed * headway + speed * (speed - lead_speed) / root)


@njit
def idm(free, speed, lead_speed, gap, headway, min_gap, accel_max, brake_comfort):
    """Acceleration of a follower (3) [m/s^2], not limited.

    Args:
        free: Its acceleration on the free road [m/s^2].
        speed: Its speed [m/s].
        lead_speed: The lead's speed along the follower's lane [m/s].
        gap: Bumper to bumper [m].
        headway: T [s].
        min_gap: s0 [m].
        accel_max: a [m/s^2].
        brake_comfort: b [m/s^2].
    """
    ratio = desired_gap(speed, lead_speed, headway, min_gap, accel_max, brake_comfort) / max(gap, GAP_MIN)
    return free - accel_max * ratio * ratio


@njit
def follow(free, speed, lead_speed, lead_accel, gap, headway, min_gap, accel_max, brake_comfort):
    """Acceleration of a follower that stays calm at cut-ins (4) [m/s^2], at least -`BRAKE_MAX`.

    Args as in `idm`; `lead_accel` is the lead's acceleration [m/s^2].
    """
    strict = idm(free, speed, lead_speed, gap, headway, min_gap, accel_max, brake_comfort)
    space = max(gap, GAP_MIN)
    lead_accel = min(lead_accel, accel_max)
    closing = speed - lead_speed
    if lead_speed * closing < -TWO * space * lead_accel:
        # The lead comes to rest before the gap is used up.
        calm = speed * speed * lead_accel / (lead_speed * lead_speed - TWO * space * lead_accel)
    else:
        approach = max(closing, ZERO)
        calm = lead_accel - approach * approach / (TWO * space)
    result = strict
    if strict < calm:
        short = f32(math.tanh((strict - calm) / brake_comfort))
        result = (ONE - COOLNESS) * strict + COOLNESS * (calm + brake_comfort * short)
    return max(result, -BRAKE_MAX)
