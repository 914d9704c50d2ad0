"""Whether a driver lets emergency vehicles pass."""

import math

import numpy as np
from numba import njit

from drivesim.kernels.parts import part
from drivesim.state import ActorKind, Event, Motion
from drivesim.state.actors import Errand
from drivesim.state.bodies import box_of, pose_between, slot_of
from drivesim.state.events import NOBODY, note_event

WAIT_S = np.float32(15.0)
"""An emergency vehicle may be held up so long (CARLA Leaderboard) [s]."""
NEAR_M = np.float32(25.0)
"""One that is farther behind is not held up [m]."""
SAME_WAY = np.float32(0.7)
"""Cosine between the headings of who goes the same way."""

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_YIELD = np.int64(Event.YIELD_EMERGENCY)
_NONE, _SCRIPTED, _ON_CALL = int(ActorKind.NONE), int(Motion.SCRIPTED), np.uint8(Errand.ON_CALL)


@njit
def held_up_by(state, parameters, world, slot):
    """Slot of an emergency vehicle on call that is close behind somebody and cannot get by; -1: none.

    Those of situations are always on call.
    """
    actors = state.actors
    x, y, cos, sin, half_length, half_width = box_of(actors, world, slot)
    for other in range(actors.kind.shape[1]):
        kind = actors.kind[world, other]
        if other == slot or kind == _NONE or not parameters.kinds.is_emergency[kind]:
            continue
        if actors.errand[world, other] != _ON_CALL and actors.motion[world, other] != _SCRIPTED:
            continue
        other_x, other_y, other_cos, other_sin, other_length, other_width = box_of(actors, world, other)
        east, north = x - other_x, y - other_y
        ahead, left = east * other_cos + north * other_sin, north * other_cos - east * other_sin
        gap = ahead - half_length - other_length
        if cos * other_cos + sin * other_sin < SAME_WAY or abs(left) >= half_width + other_width:
            continue
        if -half_length < gap < NEAR_M:
            return np.int32(other)
    return NOBODY


@part("streets")
def judge_yielding(state, parameters, world, driver):
    """Notes the event of a driver behind whom an emergency vehicle has been held up for `WAIT_S` without a break."""
    if not parameters.has_calls:
        return
    slot = slot_of(state, world, driver)
    other = held_up_by(state, parameters, world, slot)
    if other == NOBODY:
        state.episode.held_up_ticks[world, driver] = 0
    else:
        state.episode.held_up_ticks[world, driver] += 1
    is_late = np.float32(state.episode.held_up_ticks[world, driver]) * parameters.step_s >= WAIT_S
    x, y, _ = pose_between(state.actors, world, slot, _ONE)
    speed = _ZERO
    if other >= 0:
        speed = np.float32(math.fabs(state.actors.speed[world, other] - state.actors.speed[world, slot]))
    time = np.float32(state.worlds.tick[world]) * parameters.step_s
    note_event(state, world, driver, _YIELD, is_late, time, x, y, speed, other)
