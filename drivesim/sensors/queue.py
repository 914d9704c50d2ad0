"""Kernels of delivery: which worlds are due, where a frame is kept, which one has arrived, and the copying.

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
def find_due(tick, chosen, taken, timing, begins_out, due_out):
    """Marks the worlds whose episode begins, and those that are due; returns how many there are of either.

    Args:
        tick: Tick of every world, int32.
        chosen: Worlds that take part, bool.
        taken: Tick of each kept frame, int32, shape (world, depth); `NONE`: none.
        timing: Rate [Hz] (0: every tick is due), phase [s], control step [s], float64, shape (3,).
        begins_out: bool, shape (world,).
        due_out: bool, shape (world,).
    """
    rate, phase, step = timing[0], timing[1], timing[2]
    begin_count, due_count = 0, 0
    for world in range(len(tick)):
        begins, due = False, False
        if chosen[world]:
            now, latest = tick[world], NONE
            for place in range(taken.shape[1]):
                latest = max(latest, taken[world, place])
            begins = now == 0 or latest == NONE or latest > now
            # A moment is measured once: a sensor with a memory would otherwise live through it twice.
            due = begins or (latest != now and is_due(now, rate, phase, step))
        begins_out[world], due_out[world] = begins, due
        begin_count += begins
        due_count += due
    return begin_count, due_count


@kernel
def keep_frames(due, tick, taken, place_out):
    """Gives the new frames of the worlds in `due` the place of their oldest; others get the place -1."""
    for world in range(len(due)):
        place_out[world] = -1
        if due[world]:
            oldest = 0
            for place in range(1, taken.shape[1]):
                if taken[world, place] < taken[world, oldest]:
                    oldest = place
            taken[world, oldest] = tick[world]
            place_out[world] = oldest


@kernel
def find_arrived(tick, chosen, taken, latency_ticks, place_out):
    """Finds the newest frame that has arrived, or where none has, the oldest there is; -1 for worlds not `chosen`."""
    for world in range(len(tick)):
        place_out[world] = -1
        if chosen[world]:
            best = np.int64(np.iinfo(np.int32).min)
            place_out[world] = 0
            for place in range(taken.shape[1]):
                when = np.int64(taken[world, place])
                if when != NONE:
                    rank = when if when <= tick[world] - latency_ticks else -when
                    if rank > best:
                        best = rank
                        place_out[world] = place


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


@kernel
def stamp(place, taken, tick, step, time_out, age_out):
    """Writes when the frames at `place` were taken and how long ago [s], float32, shape (view, 1)."""
    drivers = len(time_out) // len(place)
    for view in range(len(time_out)):
        world = view // drivers
        if place[world] >= 0:
            when = taken[world, place[world]]
            time_out[view, 0] = when * step
            age_out[view, 0] = (tick[world] - when) * step
