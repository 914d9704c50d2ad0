"""Where people walk and where vehicles stand."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class FootpathKind(IntEnum):
    """What a footpath is to the traffic."""

    PAVEMENT = 1
    ZEBRA = 2
    """A crossing on which people go first."""
    LIGHTS = 3
    """A crossing with lights for people."""
    UNMARKED = 4
    """A place to cross where people wait for a gap."""
    ISLAND = 5
    """A refuge between two crossings."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Footpath:
    """A stretch on which people walk, either way. Stretches whose ends meet are joined by the ends' node."""

    points: np.ndarray
    """Middle line [m], shape (point, 2), at least 2 points."""
    width: float
    """[m]"""
    kind: FootpathKind
    start_node: int
    """Number of the place where it begins; stretches with a node in common are joined."""
    end_node: int
    light: int = -1
    """Entry of `RoadNetwork.lights` that tells people when to go; -1: none."""


@dataclass(frozen=True, kw_only=True)
class ParkingBay:
    """A place for a parked vehicle."""

    x: float
    """Centre [m]."""
    y: float
    yaw: float
    """Where a parked vehicle faces [rad]."""
    length: float
    width: float
    lane: int
    """Lane from which it is entered and left."""
    s: float
    """Abreast of its centre along `lane` [m]."""


@dataclass(frozen=True, kw_only=True)
class BusStop:
    """Where buses halt in their lane."""

    lane: int
    s: float
    """The front of a halting bus [m]."""
