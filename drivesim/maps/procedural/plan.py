"""The plan of a carriageway: which lanes it has from where to where, as numbers, before any geometry.

A carriageway is a stack of strips, each one lane wide, counted from the left. Lanes come and go on the right only:
a lane ends or begins with a taper, or goes over into a ramp.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from drivesim.maps.draw import Draw
from drivesim.maps.network import LaneType

BEHIND_M = 60.0
"""Road behind a route's start [m]."""
BEYOND_M = 260.0
"""Road beyond a route's goal [m]."""
LANE_COUNT = (2, 4)
AUXILIARY_M = (160.0, 230.0)
"""Length of acceleration and deceleration lanes [m]."""
AUXILIARY_TAPER_M = 70.0
LANE_TAPER_M = 100.0
GORE_SOLID_M = 40.0
"""The line beside a ramp's nose is solid for so long [m]."""
EXIT_SLOW_M = 120.0
"""A deceleration lane has its lowest limit over so long before the ramp [m]."""
RAMPS_FROM_M = 500.0
"""Shorter routes have no ramps [m]."""
INTERCHANGE_M = 1600.0
"""Distance between interchanges on long routes, about [m]."""
_ROOM_M = 60.0
_WEAVE_M = 620.0
"""Longest lane that joins an on-ramp to an off-ramp [m]."""


class StripEnd(IntEnum):
    """How a strip begins or ends."""

    MAP = 0
    """It goes on beyond the map."""
    TAPER = 1
    """The surface widens or narrows beside it."""
    RAMP = 2
    """It is the end of a ramp."""
    JOIN = 3
    """Another strip at the same place goes on."""


class Kind(IntEnum):
    """What happens along an interchange."""

    PLAIN = 0
    CHANGE = 1
    """A lane ends or begins."""
    FULL = 2
    """On-ramp, then off-ramp."""
    ENTRY = 3
    """On-ramp, then perhaps a lane ends or begins."""
    EXIT = 4
    """Perhaps a lane ends or begins, then an off-ramp."""


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A lane of the carriageway."""

    place: int
    """Counted from the left, from 0."""
    start: float
    """[m] along the carriageway."""
    stop: float
    type: LaneType = LaneType.DRIVING
    opens: StripEnd = StripEnd.MAP
    closes: StripEnd = StripEnd.MAP

    @property
    def taper(self) -> float:
        """Length of its tapers [m]."""
        return LANE_TAPER_M if self.type == LaneType.DRIVING else AUXILIARY_TAPER_M


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Strips of a carriageway and where it is cut into sections."""

    length: float
    strips: tuple[Strip, ...]
    cuts: np.ndarray
    """Stations where lanes begin, end or change their rules, both ends of the map included [m], ascending."""

    def count(self, station: float) -> int:
        """Strips abreast at a station."""
        return sum(strip.start <= station < strip.stop for strip in self.strips)


def interchange_kinds(draw: Draw, route_m: float) -> tuple[list[Kind], list[Kind]]:
    """What happens along either carriageway; together they have an on-ramp and an off-ramp if there is room."""
    if route_m < RAMPS_FROM_M:
        options = (Kind.PLAIN, Kind.CHANGE) if route_m >= 250.0 else (Kind.PLAIN,)
        return [draw.pick(options)], [draw.pick(options)]
    pairs = ((Kind.FULL, Kind.FULL), (Kind.FULL, Kind.EXIT), (Kind.ENTRY, Kind.EXIT), (Kind.ENTRY, Kind.FULL))
    first = draw.pick(pairs)
    if draw.chance(0.5):
        first = (first[1], first[0])
    sides = [first[0]], [first[1]]
    for _ in range(max(round(route_m / INTERCHANGE_M), 1) - 1):
        for side in sides:
            side.append(draw.pick((Kind.FULL, Kind.ENTRY, Kind.EXIT, Kind.CHANGE)))
    return sides


class _Draft:
    """Strips laid so far; all stations are multiples of 5 m."""

    def __init__(self, lane_count: int) -> None:
        self.strips: list[Strip] = []
        self.open = [Strip(place=place, start=0.0, stop=np.inf) for place in range(lane_count)]

    @property
    def count(self) -> int:
        return len(self.open)

    def end_right(self, stop: float, closes: StripEnd) -> Strip:
        ended = replace(self.open.pop(), stop=stop, closes=closes)
        self.strips.append(ended)
        return ended

    def begin_right(self, start: float, opens: StripEnd) -> None:
        self.open.append(Strip(place=self.count, start=start, stop=np.inf, opens=opens))

    def auxiliary(self, start: float, stop: float, lane_type: LaneType, opens: StripEnd, closes: StripEnd) -> None:
        self.strips.append(Strip(place=self.count, start=start, stop=stop, type=lane_type, opens=opens, closes=closes))


def plan_carriageway(draw: Draw, route_m: float, kinds: Sequence[Kind]) -> Plan:
    """Lays the strips of one carriageway.

    Args:
        draw: Random numbers.
        route_m: Length of the through routes [m].
        kinds: One per interchange, in driving order.
    """
    draft = _Draft(draw.pick(range(LANE_COUNT[0], LANE_COUNT[1] + 1)))
    span = route_m / len(kinds)
    for number, kind in enumerate(kinds):
        _interchange(draw, draft, kind, BEHIND_M + number * span, BEHIND_M + (number + 1) * span, number == 0)
    length = BEHIND_M + route_m + BEYOND_M
    strips = (*draft.strips, *(replace(strip, stop=length) for strip in draft.open))
    cuts = {0.0, length}
    for strip in strips:
        cuts |= {strip.start, strip.stop}
        if strip.opens == StripEnd.RAMP:
            cuts.add(strip.start + GORE_SOLID_M)
        if strip.closes == StripEnd.RAMP:
            cuts |= {strip.stop - GORE_SOLID_M, strip.stop - EXIT_SLOW_M}
    return Plan(length=length, strips=strips, cuts=np.array(sorted(cuts)))


def _near(station: float) -> float:
    return 5.0 * round(station / 5.0)


def _interchange(draw: Draw, draft: _Draft, kind: Kind, begin: float, end: float, first: bool) -> None:
    on_nose = _near(begin + (draw.between(110.0, 180.0) if first else draw.between(570.0, 610.0)))
    on_stop = _near(on_nose + draw.between(*AUXILIARY_M))
    off_nose = _near(end - draw.between(60.0, 130.0))
    off_start = _near(off_nose - draw.between(*AUXILIARY_M))
    if kind == Kind.FULL:
        apart = off_start - on_stop - 2.0 * AUXILIARY_TAPER_M
        if apart < _ROOM_M or (off_nose - on_nose < _WEAVE_M and draw.chance(0.4)):
            middle = _near(0.5 * (on_nose + off_nose))
            draft.auxiliary(on_nose, middle, LaneType.ENTRY, StripEnd.RAMP, StripEnd.JOIN)
            draft.auxiliary(middle, off_nose, LaneType.EXIT, StripEnd.JOIN, StripEnd.RAMP)
            return
    if kind in (Kind.FULL, Kind.ENTRY):
        adds_lane = kind == Kind.ENTRY and draft.count < LANE_COUNT[1] and draw.chance(0.3)
        if adds_lane:
            draft.auxiliary(on_nose, on_stop, LaneType.ENTRY, StripEnd.RAMP, StripEnd.JOIN)
            draft.begin_right(on_stop, StripEnd.JOIN)
        else:
            draft.auxiliary(on_nose, on_stop, LaneType.ENTRY, StripEnd.RAMP, StripEnd.TAPER)
        if kind == Kind.ENTRY:
            _change(draw, draft, on_stop + AUXILIARY_TAPER_M + _ROOM_M, end - _ROOM_M)
    elif kind in (Kind.EXIT, Kind.CHANGE):
        _change(draw, draft, begin + 80.0, (off_start if kind == Kind.EXIT else end) - AUXILIARY_TAPER_M - _ROOM_M)
    if kind in (Kind.FULL, Kind.EXIT):
        if draft.count > LANE_COUNT[0] and draft.open[-1].start < off_start - 200.0 and draw.chance(0.25):
            draft.end_right(off_start, StripEnd.JOIN)
            draft.auxiliary(off_start, off_nose, LaneType.EXIT, StripEnd.JOIN, StripEnd.RAMP)
        else:
            draft.auxiliary(off_start, off_nose, LaneType.EXIT, StripEnd.TAPER, StripEnd.RAMP)


def _change(draw: Draw, draft: _Draft, low: float, high: float) -> None:
    """Ends or begins the rightmost lane between two stations, tapers included, if there is room."""
    fewer, more = draft.count > LANE_COUNT[0], draft.count < LANE_COUNT[1]
    drops = fewer and (not more or draw.chance(0.5))
    at = draw.between(0.2, 0.8) * (high - LANE_TAPER_M - low)
    if at < 0.0:
        return
    if drops:
        draft.end_right(_near(low + at), StripEnd.TAPER)
    else:
        draft.begin_right(_near(low + at + LANE_TAPER_M), StripEnd.TAPER)
