"""What a street network is planned from: nodes where streets meet, and streets between them. Plans are data."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.curves import Curve
from drivesim.maps.procedural.road import KMH


class Control(IntEnum):
    """What a node looks like and who goes first there."""

    PRIORITY_TO_RIGHT = 0
    PRIORITY = 1
    """Streets of the greatest `Street.rank` have priority, the others a sign to yield."""
    STOP = 2
    """As `PRIORITY`, with stop signs."""
    ALL_WAY_STOP = 3
    LIGHTS = 4
    ROUNDABOUT = 5
    """A one-way ring around the node; whoever enters it yields."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """Where streets end or meet. With one street it is the end of the map."""

    x: float
    """[m]"""
    y: float
    control: Control = Control.PRIORITY_TO_RIGHT
    corner_radius: float = 6.0
    """Of the kerbs between two streets [m]."""
    ring_lanes: int = 1
    """Of a roundabout, 1 or 2."""
    zebras: bool = False
    """Zebra crossings over every street; with `Control.LIGHTS` there are crossings with lights instead."""


@dataclass(frozen=True, kw_only=True)
class Street:
    """A street from node to node, a straight line or one arc."""

    start: int
    """Node it begins at."""
    end: int
    forward: int = 1
    """Lanes from start to end."""
    backward: int = 1
    """Lanes from end to start; 0: one-way."""
    lane_width: float = 3.25
    """[m]"""
    limit: float = 50.0 * KMH
    """[m/s]"""
    bend: float = 0.0
    """Curvature of its middle line, positive to the left of the way from start to end [1/m]."""
    rank: int = 0
    """Of two streets the one with the greater rank has priority where nodes say so."""
    parking: tuple[float, float] = (0.0, 0.0)
    """Width of the parking lanes on the left and right side, seen from the start [m]; 0: none."""
    cycle: float = 0.0
    """Width of the cycle lanes on both sides [m]; 0: none."""
    median: float = 0.0
    """Width of the island between both directions, and of the lanes for turning left that lie in it [m]; 0: none."""
    pocket_start: float = 0.0
    """Length of the lane for turning left before the junction at its start, without its taper [m]; 0: none."""
    pocket_end: float = 0.0
    """The same before the junction at its end [m]."""
    right_start: float = 0.0
    """Length of the lane for turning right before the junction at its start, for which the kerb steps back; where there
    is one for turning left as well, both are equally long [m]."""
    right_end: float = 0.0
    """The same before the junction at its end [m]."""
    pavement: float = 2.5
    """Width of the pavements on both sides [m]; 0: none."""
    zebra: float = -1.0
    """A zebra crossing at this share of its length; -1: none."""
    bus_stops: bool = False
    """Buses halt in its right lanes, where it is long enough."""
    is_ring: bool = False
    """Part of a roundabout: its left side is the island, where nobody walks or lives."""


@dataclass(frozen=True, kw_only=True)
class StreetPlan:
    """A network to be.

    Raises:
        MapError: A street names a node that does not exist, or has no length or no lane.
    """

    name: str
    nodes: tuple[Node, ...]
    streets: tuple[Street, ...]
    seed: int = 0
    clock_s: float = 60.0
    """Cycle of all lights [s]."""

    def __post_init__(self) -> None:
        """Checks every street."""
        for number, node in enumerate(self.nodes):
            if node.ring_lanes not in (1, 2):
                raise MapError(f"{self.name}: node {number}: has {node.ring_lanes} lanes on its ring, expected 1 or 2")
        for number, street in enumerate(self.streets):
            where = f"{self.name}: street {number}"
            for node in (street.start, street.end):
                if not 0 <= node < len(self.nodes):
                    raise MapError(f"{where}: ends at node {node}, expected 0 .. {len(self.nodes) - 1}")
            if street.forward + street.backward < 1 or min(street.forward, street.backward) < 0:
                raise MapError(f"{where}: has {street.forward} and {street.backward} lanes, expected at least one")
            has_pocket = street.pocket_start > 0.0 or street.pocket_end > 0.0
            if has_pocket and (street.median < POCKET_WIDTH_MIN_M or not (street.forward and street.backward)):
                raise MapError(
                    f"{where}: has a median of {street.median} m, expected at least {POCKET_WIDTH_MIN_M} m between "
                    "lanes in both directions where there are lanes for turning left"
                )
            for left, right, parking, lanes in (
                (street.pocket_start, street.right_start, street.parking[0], street.backward),
                (street.pocket_end, street.right_end, street.parking[1], street.forward),
            ):
                if right > 0.0 and (parking > 0.0 or not lanes or left not in (0.0, right)):
                    raise MapError(
                        f"{where}: has a lane for turning right of {right} m, expected lanes beside it, no parking, "
                        f"and none for turning left of another length, got {lanes}, {parking} m and {left} m"
                    )
            chord = self.chord(street)
            if not chord > 1.0:
                raise MapError(f"{where}: its nodes are {chord} m apart, expected more than 1 m")
            if abs(street.bend) * chord >= 1.8:
                raise MapError(f"{where}: a curvature of {street.bend} / m is too much for a chord of {chord:.1f} m")

    def chord(self, street: Street) -> float:
        """Distance between the nodes of a street [m]."""
        a, b = self.nodes[street.start], self.nodes[street.end]
        return float(np.hypot(b.x - a.x, b.y - a.y))

    def line(self, street: Street) -> Curve:
        """Middle line of a street from node to node."""
        return line_between(street, self.nodes[street.start], self.nodes[street.end])


def line_between(street: Street, start: Node, end: Node) -> Curve:
    """Middle line of a street between two nodes."""
    chord, direction = (
        float(np.hypot(end.x - start.x, end.y - start.y)),
        float(np.arctan2(end.y - start.y, end.x - start.x)),
    )
    if street.bend == 0.0:
        return Curve(start.x, start.y, direction, [(chord, 0.0, 0.0)])
    half = float(np.arcsin(0.5 * chord * street.bend))
    return Curve(start.x, start.y, direction - half, [(2.0 * half / street.bend, street.bend, street.bend)])


@dataclass(frozen=True, kw_only=True)
class CrossSection:
    """Lateral offsets of a street from its middle line, left positive, seen from its start [m]."""

    inner_forward: float
    """Left side of the lanes forward."""
    inner_backward: float
    """Right side of the lanes backward; that of those forward where there is no median."""
    lanes_left: float
    """Left side of the outermost lane for cars."""
    lanes_right: float
    kerb_left: float
    """End of the carriageway, with cycle lanes and parking."""
    kerb_right: float


def cross_section(street: Street) -> CrossSection:
    """Offsets of a street; what it has in both directions is centred on its middle line."""
    width = street.lane_width
    middle, median = 0.5 * (street.forward - street.backward) * width, 0.5 * street.median
    left, right = middle + median + street.backward * width, middle - median - street.forward * width
    outer_left, outer_right = street.parking
    cycle_left = street.cycle if street.backward else 0.0
    cycle_right = street.cycle if street.forward else 0.0
    return CrossSection(
        inner_forward=middle - median,
        inner_backward=middle + median,
        lanes_left=left,
        lanes_right=right,
        kerb_left=left + cycle_left + outer_left + GUTTER_M,
        kerb_right=right - cycle_right - outer_right - GUTTER_M,
    )


POCKET_WIDTH_MIN_M = 2.75
"""Lanes for turning left are at least so wide (RASt 06) [m]."""
RIGHT_WIDTH_M = 3.0
"""Width of lanes for turning right [m]."""
TAPER_M = 22.0
"""A lane for turning left or right opens over this length [m]."""
GUTTER_M = 0.25
"""Between the outermost lane and the kerb [m]."""


def opening_before(start: float, stop: float, length_m: float, *, forward: bool) -> tuple[float, float] | None:
    """Stations between which lanes for turning open, in the order in which they are driven [m].

    Where the street is too short for them, the taper begins before the street does.

    Args:
        start: Where the street begins [m].
        stop: Where it ends [m].
        length_m: Of the lanes, without their taper.
        forward: Whether they lead to its end, not to its beginning.

    Returns:
        None where the lanes have no length.
    """
    if length_m <= 0.0:
        return None
    if forward:
        return stop - length_m - TAPER_M, stop - length_m
    return start + length_m + TAPER_M, start + length_m
