"""What lies at the kerb: parking bays, bus stops, signs of limits."""

from collections.abc import Iterator

import numpy as np

from drivesim.maps.control import Signal
from drivesim.maps.places import BusStop, ParkingBay
from drivesim.maps.procedural.town.arms import CROSSING_M, Arm
from drivesim.maps.procedural.town.draft import Draft

BAY_M = 5.7
"""Length of a bay along the kerb (FGSV EAR) [m]."""
NO_PARKING_M = 5.0
"""No bay is nearer than this to a crossing or to a junction (StVO section 12) [m]."""
BUS_STOP_MIN_M = 30.0
"""Lanes with bus stops are at least this long [m]."""
BUS_STOP_SHARE = 0.55
"""Where a bus halts along its lane."""
LIMIT_SIGN_M = 6.0
"""Signs of limits stand so far beyond a junction [m]."""
LIMIT_SIGN_BESIDE_M = 0.6


def bays_of(draft: Draft) -> Iterator[ParkingBay]:
    """Bays along the parking lanes, for cars that face as the traffic beside them goes."""
    for number, line in enumerate(draft.lines):
        for side, width in zip((1.0, -1.0), line.street.parking, strict=True):
            if width <= 0.0:
                continue
            # Along the lanes on that side; on a one-way street along those there are.
            forward = bool(line.street.forward) and not (side > 0.0 and line.street.backward)
            kerb = line.section.kerb_left if side > 0.0 else line.section.kerb_right
            for station in _bay_middles(draft, number):
                x, y, heading = line.at(station, kerb - side * 0.5 * width)
                lane, s = _beside(draft, number, station, left=side > 0.0, forward=forward)
                yield ParkingBay(
                    x=x,
                    y=y,
                    yaw=heading + (0.0 if forward else np.pi),
                    length=BAY_M,
                    width=width,
                    lane=lane,
                    s=s,
                )


def _beside(draft: Draft, number: int, station: float, *, left: bool, forward: bool) -> tuple[int, float]:
    """The lane beside a kerb of a street, and s along it abreast of a station [m]."""
    lane, s = draft.outermost(number, forward=forward, station=station)
    # On the left side of a one-way street it is the leftmost.
    while left == forward and draft.lanes[lane].left >= 0:
        lane = draft.lanes[lane].left
    return lane, s


def _bay_middles(draft: Draft, number: int) -> list[float]:
    """Stations of the middles of a street's bays [m]."""
    line = draft.lines[number]
    start, stop = draft.span(number)
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


def zebra_station(draft: Draft, number: int) -> float:
    """Station of the zebra crossing that a street has between its junctions [m]."""
    line = draft.lines[number]
    start, stop = draft.span(number)
    return float(np.clip(line.street.zebra * line.curve.length, start + 2.0, stop - 2.0))


def bus_stops_of(draft: Draft) -> Iterator[BusStop]:
    """Stops on the right lanes of the streets that have them."""
    for number, line in enumerate(draft.lines):
        if not line.street.bus_stops:
            continue
        for forward in (True, False):
            sections = draft.sections[number, forward]
            lane = max(
                (each.lanes[-1] for each in sections), key=lambda lane: draft.lanes[lane].line.length, default=-1
            )
            if lane >= 0 and draft.lanes[lane].line.length >= BUS_STOP_MIN_M:
                yield BusStop(lane=lane, s=BUS_STOP_SHARE * draft.lanes[lane].line.length)


def limit_signs(draft: Draft) -> Iterator[Signal]:
    """Signs where streets begin whose limit is not that of every street at the node."""
    for node in draft.number:
        arms = draft.arms[node]
        limits = [draft.plan.streets[arm.street].limit for arm in arms]
        for arm, limit in zip(arms, limits, strict=True):
            if max(limits) - min(limits) < 0.1 or draft.plan.streets[arm.street].is_ring:
                continue
            yield from _limit_sign(draft, arm, limit)


def _limit_sign(draft: Draft, arm: Arm, limit: float) -> Iterator[Signal]:
    line = draft.lines[arm.street]
    lanes = draft.ways_out(arm)
    if not lanes:
        return
    beyond = min(LIMIT_SIGN_M, 0.4 * draft.lanes[lanes[0]].line.length)
    x, y = line.beside(arm, arm.edge + beyond, -arm.right - LIMIT_SIGN_BESIDE_M)
    for lane in lanes:
        yield Signal(type="274", x=float(x), y=float(y), yaw=line.heading(arm, arm.edge + beyond) + np.pi, lane=lane,
                     stop_s=beyond, value=limit)  # fmt: skip
