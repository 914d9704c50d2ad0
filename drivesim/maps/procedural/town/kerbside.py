"""What lies at the kerb: parking bays, bus stops, signs of limits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from drivesim.maps.control import Signal
from drivesim.maps.network import Marking, MarkingType
from drivesim.maps.places import BusStop, ParkingBay
from drivesim.maps.procedural.town.arms import CROSSING_M, Arm

if TYPE_CHECKING:
    from drivesim.maps.procedural.town.streets import Draft

BAY_M = 5.7
"""Length of a bay along the kerb (FGSV EAR) [m]."""
NO_PARKING_M = 5.0
"""No bay is nearer than this to a crossing or to a junction (StVO section 12) [m]."""
BUS_STOP_MIN_M = 45.0
"""Streets with bus stops are at least this long between their junctions [m]."""
BUS_STOP_SHARE = 0.55
"""Where a bus halts along its lane."""
LIMIT_SIGN_M = 6.0
"""Signs of limits stand so far beyond a junction [m]."""
LIMIT_SIGN_BESIDE_M = 0.6
_LINE_M = 0.1


def span_of(draft: "Draft", number: int) -> tuple[float, float]:
    """Stations of a street at which its junctions end [m]."""
    ends = {arm.at_start: arm.edge for arms in draft.arms for arm in arms if arm.street == number}
    return ends[True], draft.lines[number].curve.length - ends[False]


def bays_of(draft: "Draft") -> Iterator[ParkingBay]:
    """Bays along the parking lanes, for cars that face as the traffic beside them goes."""
    for number, line in enumerate(draft.lines):
        for side, width in zip((1.0, -1.0), line.street.parking, strict=True):
            if width <= 0.0:
                continue
            lane, forward = _beside(draft, number, left=side > 0.0)
            kerb = line.section.kerb_left if side > 0.0 else line.section.kerb_right
            start, stop = span_of(draft, number)
            for station in _bay_middles(draft, number):
                pose = line.curve.pose(np.array([station]))
                x, y = pose.beside(kerb - side * 0.5 * width)[0]
                share = (station - start) / (stop - start)
                yield ParkingBay(
                    x=float(x),
                    y=float(y),
                    yaw=float(pose.heading[0]) + (0.0 if forward else np.pi),
                    length=BAY_M,
                    width=width,
                    lane=lane,
                    s=(share if forward else 1.0 - share) * draft.lanes[lane].line.length,
                )


def _beside(draft: "Draft", number: int, *, left: bool) -> tuple[int, bool]:
    """The lane beside a kerb of a street, and whether it runs from the street's start to its end."""
    forward = draft.lanes_of[number, True]
    backward = draft.lanes_of[number, False]
    if left:
        return (backward[-1], False) if backward else (forward[0], True)
    return (forward[-1], True) if forward else (backward[0], False)


def _bay_middles(draft: "Draft", number: int) -> list[float]:
    """Stations of the middles of a street's bays [m]."""
    line = draft.lines[number]
    start, stop = span_of(draft, number)
    pieces = [(start + NO_PARKING_M, stop - NO_PARKING_M)]
    if line.street.zebra >= 0.0:
        at, clear = zebra_station(draft, number), 0.5 * CROSSING_M + NO_PARKING_M
        pieces = [(start + NO_PARKING_M, at - clear), (at + clear, stop - NO_PARKING_M)]
    middles: list[float] = []
    for first, last in pieces:
        count = int(max(last - first, 0.0) / BAY_M)
        begin = first + 0.5 * (last - first - count * BAY_M)
        middles += [begin + (k + 0.5) * BAY_M for k in range(count)]
    return middles


def zebra_station(draft: "Draft", number: int) -> float:
    """Station of the zebra crossing that a street has between its junctions [m]."""
    line = draft.lines[number]
    start, stop = span_of(draft, number)
    return float(np.clip(line.street.zebra * line.curve.length, start + 2.0, stop - 2.0))


def bay_lines(draft: "Draft") -> Iterator[Marking]:
    """Paint between the bays."""
    for number, line in enumerate(draft.lines):
        middles = np.array(_bay_middles(draft, number)) if max(line.street.parking) > 0.0 else np.empty(0)
        if not len(middles):
            continue
        station = np.unique(np.round(np.concatenate((middles - 0.5 * BAY_M, middles + 0.5 * BAY_M)), 3))
        pose = line.curve.pose(station)
        for side, width in zip((1.0, -1.0), line.street.parking, strict=True):
            kerb = line.section.kerb_left if side > 0.0 else line.section.kerb_right
            if width > 0.0:
                for ends in np.stack((pose.beside(kerb), pose.beside(kerb - side * width)), axis=1):
                    yield Marking(points=ends, type=MarkingType.SOLID, width_m=_LINE_M)


def bus_stops_of(draft: "Draft") -> Iterator[BusStop]:
    """Stops on the right lanes of the streets that have them."""
    for number, line in enumerate(draft.lines):
        if not line.street.bus_stops:
            continue
        for forward in (True, False):
            lanes = draft.lanes_of[number, forward]
            if lanes and draft.lanes[lanes[-1]].line.length >= BUS_STOP_MIN_M:
                yield BusStop(lane=lanes[-1], s=BUS_STOP_SHARE * draft.lanes[lanes[-1]].line.length)


def limit_signs(draft: "Draft") -> Iterator[Signal]:
    """Signs where streets begin whose limit is not that of every street at the node."""
    for node in draft.number:
        arms = draft.arms[node]
        limits = [draft.plan.streets[arm.street].limit for arm in arms]
        for arm, limit in zip(arms, limits, strict=True):
            if max(limits) - min(limits) < 0.1 or draft.plan.streets[arm.street].is_ring:
                continue
            yield from _limit_sign(draft, arm, limit)


def _limit_sign(draft: "Draft", arm: Arm, limit: float) -> Iterator[Signal]:
    line = draft.lines[arm.street]
    lanes = draft.ways_out(arm)
    if not lanes:
        return
    beyond = min(LIMIT_SIGN_M, 0.4 * draft.lanes[lanes[0]].line.length)
    x, y = line.beside(arm, arm.edge + beyond, -arm.right - LIMIT_SIGN_BESIDE_M)
    for lane in lanes:
        yield Signal(type="274", x=float(x), y=float(y), yaw=line.heading(arm, arm.edge + beyond) + np.pi, lane=lane,
                     stop_s=beyond, value=limit)  # fmt: skip
