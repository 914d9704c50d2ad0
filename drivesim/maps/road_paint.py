"""Paint that follows from lanes and bays: turn arrows before junctions, lines of parking bays."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from drivesim.maps.control import Turn
from drivesim.maps.network import Marking, MarkingType, RoadNetwork
from drivesim.maps.places import ParkingBay
from drivesim.maps.right_of_way import turn_of

ARROW_M = 5.0
"""Length of an arrow in a street [m] (RMS)."""
ARROW_TIPS_M = (7.0, 27.0)
"""Where arrows end, before a lane's end [m]."""
BAY_LINE_M = 0.1
_ARROW_OF = {
    frozenset((Turn.STRAIGHT,)): MarkingType.ARROW_STRAIGHT,
    frozenset((Turn.LEFT,)): MarkingType.ARROW_LEFT,
    frozenset((Turn.RIGHT,)): MarkingType.ARROW_RIGHT,
    frozenset((Turn.STRAIGHT, Turn.LEFT)): MarkingType.ARROW_STRAIGHT_LEFT,
    frozenset((Turn.STRAIGHT, Turn.RIGHT)): MarkingType.ARROW_STRAIGHT_RIGHT,
    frozenset((Turn.LEFT, Turn.RIGHT)): MarkingType.ARROW_LEFT_RIGHT,
}


def turn_arrows(network: RoadNetwork) -> tuple[Marking, ...]:
    """Arrows on every lane into a junction that has another beside it, and whose turns one arrow can show."""
    return tuple(_turn_arrows(network))


def _turn_arrows(network: RoadNetwork) -> Iterator[Marking]:
    lanes = network.lanes
    for lane in lanes:
        ways = [lanes[other] for other in lane.successors if lanes[other].junction >= 0]
        if lane.junction >= 0 or not ways or (lane.left < 0 and lane.right < 0):
            continue
        # A way back is an offer, not what a lane is for.
        shape = _ARROW_OF.get(frozenset(turn_of(way) for way in ways) - {Turn.BACK})
        if shape is None:
            continue
        s = np.linspace(0.0, lane.length, len(lane.points))
        for before in ARROW_TIPS_M:
            tip = lane.length - before
            if tip - ARROW_M > 2.0:
                points = np.stack([np.interp((tip - ARROW_M, tip), s, lane.points[:, axis]) for axis in (0, 1)], axis=1)
                yield Marking(points=points, type=shape)


def bay_lines(bays: Iterable[ParkingBay]) -> tuple[Marking, ...]:
    """The ends of every bay, those that two share once."""
    seen: set[tuple[int, int]] = set()
    found = []
    for bay in bays:
        cos, sin = math.cos(bay.yaw), math.sin(bay.yaw)
        for end in (-0.5 * bay.length, 0.5 * bay.length):
            middle = np.array([bay.x + end * cos, bay.y + end * sin])
            key = round(float(middle[0]) / 0.3), round(float(middle[1]) / 0.3)
            if any((key[0] + i, key[1] + j) in seen for i in (-1, 0, 1) for j in (-1, 0, 1)):
                continue
            seen.add(key)
            half = 0.5 * bay.width * np.array([-sin, cos])
            points = np.stack((middle - half, middle + half))
            found.append(Marking(points=points, type=MarkingType.SOLID, width_m=BAY_LINE_M))
    return tuple(found)
