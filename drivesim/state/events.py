"""Events: what happens to a driver, as counters from which ends, infractions, scores and `info` follow.

An event is active while it lasts and is counted when it begins; time, place, speed and other party are those of its
last beginning.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np
from numba import njit

from drivesim.state.bodies import pose_between, slot_of
from drivesim.state.columns import Array, column

NOBODY = np.int32(-1)
SCENERY = np.int32(-2)
"""Values of `EventState.other` that are no slots."""


class Event(IntEnum):
    """Last axis of `EventState`."""

    COLLISION_PERSON = 0
    COLLISION_VEHICLE = 1
    COLLISION_STATIC = 2
    OFF_ROAD = 3
    WRONG_WAY = 4
    ROUTE_DEVIATION = 5
    BLOCKED = 6
    RED_LIGHT = 7
    STOP_SIGN = 8
    SCENARIO_TIMEOUT = 9
    """A situation was not over in time."""
    YIELD_EMERGENCY = 10
    """An emergency vehicle was not let pass."""


COLLISIONS = (Event.COLLISION_PERSON, Event.COLLISION_VEHICLE, Event.COLLISION_STATIC)


class EventState(NamedTuple):
    """What has happened to every driver since its episode began; last axis `Event`, then those from outside."""

    active: Annotated[Array, column("world", "driver", "event", dtype=np.bool_, doc="It lasts.")]
    count: Annotated[Array, column("world", "driver", "event", dtype=np.int32, doc="How often it has begun.")]
    time: Annotated[Array, column("world", "driver", "event", unit="s", doc="When it last began, in the episode.")]
    x: Annotated[Array, column("world", "driver", "event", unit="m", doc="Rear axle then, world frame, east.")]
    y: Annotated[Array, column("world", "driver", "event", unit="m", doc="Rear axle then, world frame, north.")]
    speed: Annotated[
        Array, column("world", "driver", "event", unit="m/s", doc="Speed then, relative to the other party.")
    ]
    other: Annotated[
        Array, column("world", "driver", "event", dtype=np.int32, doc="Slot of the other party; -1: none, -2: scenery.")
    ]
    at_fault: Annotated[
        Array,
        column("world", "driver", "event", dtype=np.int32, doc="How often it was the driver's own fault (nuPlan)."),
    ]


@njit
def note_event(state, world, driver, event, happens, time, x, y, speed, other):
    """Keeps an event up to date: whether it happens at this step, and how, in case it begins."""
    events = state.events
    if happens and not events.active[world, driver, event]:
        events.count[world, driver, event] += 1
        events.time[world, driver, event] = time
        events.x[world, driver, event] = x
        events.y[world, driver, event] = y
        events.speed[world, driver, event] = speed
        events.other[world, driver, event] = other
    events.active[world, driver, event] = happens


@njit
def note(state, parameters, world, driver, event, happens, share):
    """`note_event` for what has no other party, a `share` of the last step after it began."""
    slot = slot_of(state, world, driver)
    x, y, _ = pose_between(state.actors, world, slot, share)
    time = (np.float32(state.worlds.tick[world] - 1) + share) * parameters.step_s
    note_event(state, world, driver, event, happens, time, x, y, state.actors.speed[world, slot], NOBODY)


@njit
def is_colliding(state, world, driver):
    """Whether a driver's car touches anything."""
    active = state.events.active
    for event in range(len(COLLISIONS)):
        if active[world, driver, event]:
            return True
    return False
