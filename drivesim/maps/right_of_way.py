"""Who goes first where ways across a junction meet: the law, worked out once per map.

For two ways that cross or join, the first of these that tells them apart decides:

1. `Junction.first`, what the map itself says;
2. an all-way stop: in turn, who has stopped first;
3. signs on the ways in: a stop sign gives way to a yield sign, and both to a way without;
4. who turns back gives way;
5. from opposite arms, who turns across the other's path (left in right-hand traffic) gives way;
6. from one arm, the straighter way goes first, of equals the one nearer to the kerb;
7. who comes from the right goes first; in left-hand traffic, who comes from the left.

With lights the same order holds among those that may go together, and while they are dark. Vienna Convention on Road
Traffic (1968), articles 10, 11, 18 and 23; `tests/drivesim/maps/test_right_of_way.py` compares with SUMO.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from drivesim.maps.arrays import WayArrays
from drivesim.maps.control import SIGNAL_KINDS, Junction, JunctionControl, Signal, SignalKind, Turn
from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.routing import least_ways

STRAIGHT_MAX, BACK_MIN = np.radians(35.0), np.radians(155.0)
"""Ways that turn by less lead straight on, by more back [rad]."""
ONCOMING_MIN, SAME_MAX = np.radians(135.0), np.radians(45.0)
"""Directions that differ by more are opposite, by less the same [rad]."""
EQUAL_TURN = np.radians(10.0)
"""Ways of one arm that turn by angles less apart are equally straight [rad]."""
LINE_M = 1.0
"""Without a stop line, who waits stands so far before the junction [m]."""
LATERAL_ACCEL = 2.0
"""At which curves are driven [m/s^2]."""
_RANKS = {SignalKind.STOP: 2, SignalKind.YIELD: 1}
_UNCONTROLLED = Junction(name="")


class Rule(IntEnum):
    """What somebody on one way does about somebody on another that it meets."""

    GOES_FIRST = 0
    GIVES_WAY = 1
    IN_TURN = 2
    """Who has stopped first, or comes first, goes first; of two that came together the other."""
    IN_TURN_FIRST = 3
    """The same, and of two that came together the own way."""


@dataclass(frozen=True)
class WayAcross:
    """What right of way follows from."""

    rank: int
    """0 without a sign, 1 with a yield sign, 2 with a stop sign."""
    heading: float
    """Where it begins [rad]."""
    turn: float
    """By which it turns, left positive [rad]."""
    start: tuple[float, float]
    """[m]"""


def turn_angle(lane: Lane) -> float:
    """By how much a lane turns from its start to its end, left positive [rad]."""
    heading = np.unwrap(lane.heading)
    return float(heading[-1] - heading[0])


def turn_of(lane: Lane) -> Turn:
    """What a driver does on a way across a junction."""
    angle = turn_angle(lane)
    if abs(angle) < STRAIGHT_MAX:
        return Turn.STRAIGHT
    if abs(angle) > BACK_MIN:
        return Turn.BACK
    return Turn.LEFT if angle > 0.0 else Turn.RIGHT


def rule_between(control: JunctionControl, mine: WayAcross, other: WayAcross, *, left_hand: bool = False) -> Rule:
    """What `mine` does about `other` by the rules 2 to 7 above."""
    if control == JunctionControl.ALL_WAY_STOP:
        first = rule_between(JunctionControl.PRIORITY_TO_RIGHT, mine, other, left_hand=left_hand) == Rule.GOES_FIRST
        return Rule.IN_TURN_FIRST if first else Rule.IN_TURN
    if mine.rank != other.rank:
        return _first_is(mine.rank < other.rank)
    side = -1.0 if left_hand else 1.0
    back, other_back = abs(mine.turn) > BACK_MIN, abs(other.turn) > BACK_MIN
    if back != other_back:
        return _first_is(other_back)
    angle = side * ((other.heading - mine.heading + np.pi) % (2.0 * np.pi) - np.pi)
    if abs(angle) > ONCOMING_MIN:
        across, other_across = side * mine.turn > STRAIGHT_MAX, side * other.turn > STRAIGHT_MAX
        return Rule.IN_TURN if across == other_across else _first_is(other_across)
    if abs(angle) < SAME_MAX:
        if abs(abs(mine.turn) - abs(other.turn)) > EQUAL_TURN:
            return _first_is(abs(mine.turn) < abs(other.turn))
        east, north = other.start[0] - mine.start[0], other.start[1] - mine.start[1]
        to_left = side * (north * np.cos(mine.heading) - east * np.sin(mine.heading))
        return Rule.IN_TURN if to_left == 0.0 else _first_is(bool(to_left > 0.0))
    return _first_is(bool(angle < 0.0))


def _first_is(mine: bool) -> Rule:
    return Rule.GOES_FIRST if mine else Rule.GIVES_WAY


def rules_of(network: RoadNetwork, conflicts: Sequence[Sequence[tuple[int, float, float]]]) -> list[list[Rule]]:
    """A rule for every conflict of every lane.

    Args:
        network: The map.
        conflicts: What `facts.conflicts_of` says.

    Returns:
        Rules in the order of `conflicts`.
    """
    entries, signals = ways_in(network), _by_lane(network.signals)
    ways = {
        lane: _way(network, lane, entries[lane], signals)
        for lane, row in enumerate(conflicts)
        if row
    }  # fmt: skip
    firsts = {pair for junction in network.junctions for pair in junction.first}
    rules: list[list[Rule]] = []
    for lane, row in enumerate(conflicts):
        control = junction_of(network, lane).control
        found = []
        for other, *_ in row:
            if (lane, other) in firsts or (other, lane) in firsts:
                found.append(_first_is((lane, other) in firsts))
            else:
                found.append(rule_between(control, ways[lane], ways[other], left_hand=network.left_hand))
        rules.append(found)
    return rules


def junction_of(network: RoadNetwork, lane: int) -> Junction:
    """The junction that a lane crosses; one without signs where the map says nothing about it."""
    number = network.lanes[lane].junction
    return network.junctions[number] if 0 <= number < len(network.junctions) else _UNCONTROLLED


def ways_in(network: RoadNetwork) -> list[list[int]]:
    """For every lane, the lanes that lead to it."""
    found: list[list[int]] = [[] for _ in network.lanes]
    for index, lane in enumerate(network.lanes):
        for after in lane.successors:
            found[after].append(index)
    return found


def _by_lane(signals: Sequence[Signal]) -> dict[int, list[Signal]]:
    found: dict[int, list[Signal]] = {}
    for signal in signals:
        found.setdefault(signal.lane, []).append(signal)
    return found


def _kind(signal: Signal) -> SignalKind:
    return SIGNAL_KINDS.get(signal.type, SignalKind.OTHER)


def _way(network: RoadNetwork, lane: int, entries: Sequence[int], signals: dict[int, list[Signal]]) -> WayAcross:
    there = network.lanes[lane]
    holding = [signal for place in (lane, *entries) for signal in signals.get(place, ())]
    rank = max((_RANKS.get(_kind(signal), 0) for signal in holding), default=0)
    x, y = there.points[0]
    return WayAcross(rank, float(there.heading[0]), turn_angle(there), (float(x), float(y)))


def pack_ways(network: RoadNetwork) -> WayArrays:
    """What holds whoever comes to a lane: light, sign, line; and how far ahead such lanes are."""
    count = len(network.lanes)
    entries, signals = ways_in(network), _by_lane(network.signals)
    light, sign = np.full(count, -1, np.int32), np.zeros(count, np.uint8)
    line, control = np.full(count, -LINE_M, np.float32), np.zeros(count, np.uint8)
    ahead, pace = np.full(count, np.inf, np.float32), np.zeros(count, np.float32)
    for index, lane in enumerate(network.lanes):
        steepest = max(float(np.abs(lane.curvature).max()), 1e-9)
        pace[index] = min(lane.speed_limit, np.sqrt(LATERAL_ACCEL / steepest))
        if lane.junction >= 0:
            ahead[index], control[index] = 0.0, junction_of(network, index).control
            before = [place for place in entries[index] if network.lanes[place].junction < 0]
            held = [(signal, signal.stop_s - network.lanes[k].length) for k in before for signal in signals.get(k, ())]
            held += [(signal, signal.stop_s) for signal in signals.get(index, ())]
            bit = 1 << turn_of(lane)
            lights = [
                row for row in held if _kind(row[0]) == SignalKind.LIGHT and (row[0].turns == 0 or row[0].turns & bit)
            ]
            signs = [row for row in held if _kind(row[0]) in _RANKS]
            lights.sort(key=lambda row: row[0].turns == 0)
            signs.sort(key=lambda row: -_RANKS[_kind(row[0])])
            if lights:
                light[index] = lights[0][0].light
            if signs:
                sign[index] = _kind(signs[0][0])
            for _, place in (*lights[:1], *signs[:1]):
                line[index] = min(place, 0.0)
                break
            continue
        if any(network.lanes[after].junction >= 0 for after in lane.successors):
            continue
        for signal in signals.get(index, ()):
            if _kind(signal) == SignalKind.LIGHT and signal.light >= 0:
                light[index], line[index], ahead[index] = signal.light, signal.stop_s, signal.stop_s
                break
    length = np.array([lane.length for lane in network.lanes], np.float32)
    ahead = least_ways(ahead, length, [lane.successors for lane in network.lanes])
    return WayArrays(light=light, sign=sign, line_s=line, control=control, pace=pace, ahead=ahead)
