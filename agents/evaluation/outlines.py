"""What a drive leaves on the map: the lanes around, the way driven and where events began."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drivesim.envs.simulation import Simulation
from drivesim.state import Event
from drivesim.tasks.scores.trace import DriveTrace

OUTLINE_STEP_M = 4.0
"""Between points of an outline [m]."""


@dataclass(frozen=True)
class MapOutline:
    """The centres of a map's lanes."""

    lanes: tuple[np.ndarray, ...]
    """x, y [m], float32, shapes (point, 2)."""


@dataclass
class Footprint:
    """A drive on a map."""

    road: int
    seed: int
    outline: MapOutline
    path: np.ndarray
    """Rear axle, x, y [m], float32, shape (point, 2)."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """As `events_of`."""


def outline_of(simulation: Simulation, world: int) -> MapOutline:
    """The map that a world is on."""
    arrays = simulation.bank.arrays
    lanes, slot = arrays.lanes, int(arrays.slot_of[simulation.world.state.worlds.map[world]])
    outlines = []
    for lane in range(int(lanes.map_first[slot]), int(lanes.map_end[slot])):
        first, end = int(lanes.point_first[lane]), int(lanes.point_first[lane + 1])
        every = max(1, round(OUTLINE_STEP_M / float(lanes.step[lane])))
        rows = np.unique(np.append(np.arange(first, end, every), end - 1))
        outlines.append(lanes.point[rows, :2].copy())
    return MapOutline(tuple(outlines))


def events_of(simulation: Simulation, world: int, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Events of a world's first driver: name, count, at_fault, other, time [s], x, y [m], speed [m/s].

    `count` is how often, `at_fault` how often by own fault; time, place, speed relative to the other party and its slot
    (-1: none, -2: scenery) are those of the last beginning.
    """
    events = simulation.world.state.events
    return [
        {
            "name": names[number],
            "count": int(events.count[world, 0, number]),
            "at_fault": int(events.at_fault[world, 0, number]),
            "other": int(events.other[world, 0, number]),
            **{key: round(float(getattr(events, key)[world, 0, number]), 3) for key in ("time", "x", "y", "speed")},
        }
        for number in range(len(names))
        if events.count[world, 0, number] > 0
    ]


def event_names(simulation: Simulation) -> tuple[str, ...]:
    """Names of all events, those from outside last."""
    return (*(event.name.lower() for event in Event), *(event.name for event in simulation.world.extensions.events))


def path_of(trace: DriveTrace) -> np.ndarray:
    """The way driven, a point every `OUTLINE_STEP_M`; float32, shape (point, 2)."""
    driven = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(trace.x), np.diff(trace.y)))])
    rows = np.unique(np.searchsorted(driven, np.arange(0.0, driven[-1] + OUTLINE_STEP_M, OUTLINE_STEP_M)))
    rows = np.unique(np.append(rows[rows < len(driven)], len(driven) - 1))
    return np.stack([trace.x[rows], trace.y[rows]], axis=-1).astype(np.float32)
