"""Kernels of delivery: which worlds are due, where frames are kept, which have arrived, and the copying.

A sensor of a few numbers is measured faster than NumPy finds out, a dozen calls at a time, that it is due.
"""

import math

import numpy as np

from drivesim.kernels.device import device
from drivesim.kernels.entry import kernel

NONE = np.int32(-1)
"""Stands for the tick of a frame that is not there."""
EARLIER = 1e-6
"""Of a control step: rounding must not put a frame off to the next one."""


@device
def frame_number(tick, rate, phase, step):
    """Number of the latest frame that is taken no later than a tick."""
    return math.floor(((tick + EARLIER) * step - phase) * rate)


@device
def is_due(tick, rate, phase, step):
    """Whether a frame is to be taken at a tick; but for the one with which an episode begins."""
    return rate == 0.0 or frame_number(tick, rate, phase, step) > frame_number(tick - 1, rate, phase, step)


@kernel
def schedule(tick, chosen, taken, timing, latency_ticks, begins, due, place, time_out, age_out):
    """All that delivery decides at a step, before anything is measured: returns how many worlds begin and are due.

    A frame that is going to be measured is entered into `taken` in place of the oldest.

    Args:
        tick: Tick of every world, int32.
        chosen: Worlds that take part, bool.
        taken: Tick of each kept frame, int32, shape (world, depth); `NONE`: none. Changed.
        timing: Rate [Hz] (0: every tick is due), phase [s], control step [s], float64, shape (3,).
        latency_ticks: A frame arrives so many ticks after it was taken.
        begins: Written: worlds whose episode begins, bool.
        due: Written: worlds to be measured, bool.
        place: Written, int64, shape (2, world): where the frame to be measured is kept, and where the one to be
            delivered is: the newest that has arrived, or where none has, the oldest. -1: none.
        time_out: Written for every view [s], float32, shape (view, 1), or (0, 1) without time stamps: when the
            delivered frame was taken.
        age_out: The same: how long ago.
    """
    rate, phase, step = timing[0], timing[1], timing[2]
    drivers = len(time_out) // len(tick)
    begin_count, due_count = 0, 0
    for world in range(len(tick)):
        place[0, world] = place[1, world] = -1
        begins[world] = due[world] = False
        if not chosen[world]:
            continue
        now = tick[world]
        oldest, latest = find_ends(taken, world)
        if now == 0 or latest == NONE or latest > now:
            for each in range(taken.shape[1]):
                taken[world, each] = NONE
            oldest, begins[world], due[world] = 0, True, True
            begin_count += 1
        elif latest != now:
            # A moment is measured once: a sensor with a memory would otherwise live through it twice.
            due[world] = is_due(now, rate, phase, step)
        if due[world]:
            taken[world, oldest] = now
            place[0, world] = oldest
            due_count += 1
        shown = find_arrived(taken, now - latency_ticks, world)
        place[1, world] = shown
        for view in range(world * drivers, (world + 1) * drivers):
            time_out[view, 0] = taken[world, shown] * step
            age_out[view, 0] = (now - taken[world, shown]) * step
    return begin_count, due_count


@device
def find_ends(taken, world):
    """Place of a world's oldest frame, an empty one if there is, and tick of its latest."""
    oldest, latest = 0, taken[world, 0]
    for place in range(1, taken.shape[1]):
        latest = max(latest, taken[world, place])
        if taken[world, place] < taken[world, oldest]:
            oldest = place
    return oldest, latest


@device
def find_arrived(taken, arrived, world):
    """Place of a world's newest frame taken no later than the tick `arrived`, or if none was, of its oldest."""
    found, best = 0, np.int64(np.iinfo(np.int32).min)
    for place in range(taken.shape[1]):
        when = np.int64(taken[world, place])
        rank = when if when <= arrived else -when
        if when != NONE and rank > best:
            found, best = place, rank
    return found


@kernel
def copy_in(place, frames, kept):
    """Copies frames, uint8 (view, byte), into places of `kept`, uint8 (view, depth, byte), where `place` is not -1."""
    drivers = len(frames) // len(place)
    for view in range(len(frames)):
        where = place[view // drivers]
        if where >= 0:
            for byte in range(frames.shape[1]):
                kept[view, where, byte] = frames[view, byte]


@kernel
def copy_out(place, kept, frames):
    """The reverse of `copy_in`."""
    drivers = len(frames) // len(place)
    for view in range(len(frames)):
        where = place[view // drivers]
        if where >= 0:
            for byte in range(frames.shape[1]):
                frames[view, byte] = kept[view, where, byte]
