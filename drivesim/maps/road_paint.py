"""Paint that follows from lanes and bays: turn arrows before junctions, bicycles on cycle lanes, lines of bays."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from drivesim.maps.control import Turn
from drivesim.maps.network import Lane, LaneType, Marking, MarkingType, RoadNetwork
from drivesim.maps.places import ParkingBay
from drivesim.maps.right_of_way import turn_of

ARROW_M = 5.0
"""Length of an arrow in a street [m] (RMS)."""
ARROW_TIPS_M = (7.0, 27.0)
"""Where arrows end, before a lane's end [m]."""
BICYCLE_M = 1.7
"""Length of the pictogram of cycle lanes [m]."""
BICYCLE_END_M, BICYCLE_EVERY_M = 4.0, 50.0
"""It is painted so far from either end of a cycle lane, and in between at least this often [m]."""
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
    """Arrows on the lanes into junctions that have others beside them, where not all of them lead the same way.

    A lane whose turns no arrow can show has none.
    """
    return tuple(_turn_arrows(network))


def _turn_arrows(network: RoadNetwork) -> Iterator[Marking]:
    lanes = network.lanes
    for lane in lanes:
        if lane.junction >= 0 or (lane.left < 0 and lane.right < 0):
            continue
        turns = _turns(network, lane)
        shape = _ARROW_OF.get(turns)
        if shape is None or (
            len(turns) == 1 and all(_turns(network, other) == turns for other in _abreast(lanes, lane))
        ):
            continue
        s = np.linspace(0.0, lane.length, len(lane.points))
        for before in ARROW_TIPS_M:
            tip = lane.length - before
            if tip - ARROW_M > 2.0:
                points = np.stack([np.interp((tip - ARROW_M, tip), s, lane.points[:, axis]) for axis in (0, 1)], axis=1)
                yield Marking(points=points, type=shape)


def cycle_symbols(network: RoadNetwork) -> tuple[Marking, ...]:
    """Pictograms on the cycle lanes between junctions, for who rides or walks into them from either end."""
    found = []
    for lane in network.lanes:
        first, last = BICYCLE_END_M, lane.length - BICYCLE_END_M - BICYCLE_M
        if lane.type != LaneType.BIKING or lane.junction >= 0 or last < first:
            continue
        count = max(math.ceil((last - first) / BICYCLE_EVERY_M), 1) + 1 if last - first > BICYCLE_EVERY_M / 5.0 else 1
        s = np.linspace(0.0, lane.length, len(lane.points))
        for foot in np.linspace(first, last, count):
            points = [np.interp((foot, foot + BICYCLE_M), s, lane.points[:, axis]) for axis in (0, 1)]
            found.append(Marking(points=np.stack(points, axis=1), type=MarkingType.BICYCLE))
    return tuple(found)


def _turns(network: RoadNetwork, lane: Lane) -> frozenset[Turn]:
    """Where a lane leads at its end; a way back is an offer, not what a lane is for."""
    ways = [network.lanes[other] for other in lane.successors]
    return frozenset(turn_of(way) for way in ways if way.junction >= 0) - {Turn.BACK}


def _abreast(lanes: Sequence[Lane], lane: Lane) -> Iterator[Lane]:
    """The lanes beside a lane, on both sides."""
    for side in ("left", "right"):
        other = getattr(lane, side)
        while other >= 0:
            yield lanes[other]
            other = getattr(lanes[other], side)


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
