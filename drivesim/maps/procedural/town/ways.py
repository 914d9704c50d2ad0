"""Ways across junctions: which lane leads to which, and the curve between them."""

import numpy as np

from drivesim.maps.control import Turn
from drivesim.maps.curves import LaneLine
from drivesim.maps.procedural.town.arms import handles

SPACING_M = 1.0
"""Distance between the points of a way [m]."""
BEND_MIN_M = 4.0
"""The tangents of a bend are at least so long [m]."""
STRAIGHT_MAX = np.radians(35.0)
BACK_MIN = np.radians(155.0)
_FINE = 129


def turn_between(heading: float, end_heading: float) -> Turn:
    """What a driver does who leaves along one heading and goes on along another [rad]."""
    angle = float((end_heading - heading + np.pi) % (2.0 * np.pi) - np.pi)
    if abs(angle) < STRAIGHT_MAX:
        return Turn.STRAIGHT
    if abs(angle) > BACK_MIN:
        return Turn.BACK
    return Turn.LEFT if angle > 0.0 else Turn.RIGHT


def way_line(
    start: np.ndarray,
    heading: float,
    end: np.ndarray,
    end_heading: float,
    *,
    kerb: tuple[float, float] | None = None,
) -> LaneLine:
    """A smooth line from one pose to another, its points evenly spaced.

    Args:
        start: [m], shape (2,).
        heading: [rad]
        end: [m], shape (2,).
        end_heading: [rad]
        kerb: Of a turn along a kerb: distances of the two lanes from the centre of its corner, which it goes round at
            these distances [m]; None: the line turns all the way.

    Returns:
        A line whose stations are distances along it.
    """
    ahead, back = np.array([np.cos(heading), np.sin(heading)]), np.array([np.cos(end_heading), np.sin(end_heading)])
    lead, tail = (0.0, 0.0) if kerb is None else _straight_parts(start, ahead, end, back, kerb)
    begin, finish = start + lead * ahead, end - tail * back
    first, second = handles(begin, heading, finish, end_heading)
    u = np.linspace(0.0, 1.0, _FINE)[:, None]
    v = 1.0 - u
    points = v**3 * begin + 3.0 * v * v * u * first + 3.0 * v * u * u * second + u**3 * finish
    speed = 3.0 * (v * v * (first - begin) + 2.0 * v * u * (second - first) + u * u * (finish - second))
    bend = 6.0 * (v * (second - 2.0 * first + begin) + u * (finish - 2.0 * second + first))
    pace = np.hypot(*speed.T)
    travelled = np.concatenate(([0.0], np.cumsum(0.5 * (pace[1:] + pace[:-1]) / (_FINE - 1))))
    length = float(travelled[-1])
    curvature = (speed[:, 0] * bend[:, 1] - speed[:, 1] * bend[:, 0]) / np.maximum(pace**3, 1e-9)
    angle = np.unwrap(np.arctan2(speed[:, 1], speed[:, 0]))
    if lead > 0.0 or tail > 0.0:
        points = np.concatenate((start[None], points, end[None]))
        travelled = np.concatenate(([0.0], lead + travelled, [lead + length + tail]))
        angle = np.concatenate((angle[:1], angle, angle[-1:]))
        curvature = np.concatenate(([0.0], curvature, [0.0]))
        length += lead + tail
    count = max(int(np.ceil(length / SPACING_M)), 2) + 1
    station = np.linspace(0.0, length, count)

    def at(values: np.ndarray) -> np.ndarray:
        return np.interp(station, travelled, values)

    line = np.stack((at(points[:, 0]), at(points[:, 1])), axis=1)
    line[0], line[-1] = start, end
    return LaneLine(line, at(angle), at(curvature), station, length)


def _straight_parts(
    start: np.ndarray, ahead: np.ndarray, end: np.ndarray, back: np.ndarray, kerb: tuple[float, float]
) -> tuple[float, float]:
    """How far a turn goes straight on before and after its bend around a corner's centre [m]."""
    sine = float(back[0] * ahead[1] - back[1] * ahead[0])
    if abs(sine) < 0.3:
        return 0.0, 0.0
    cosine, apart = float(ahead @ back), end - start
    along = float(back[0] * apart[1] - back[1] * apart[0]) / sine
    behind = float(apart[0] * ahead[1] - apart[1] * ahead[0]) / sine
    if min(along, behind) < BEND_MIN_M:
        return 0.0, 0.0
    bends = (kerb[1] - kerb[0] * cosine) / abs(sine), (kerb[0] - kerb[1] * cosine) / abs(sine)
    return max(along - max(bends[0], BEND_MIN_M), 0.0), max(behind - max(bends[1], BEND_MIN_M), 0.0)


def lane_pairs(
    lanes: int, exits: dict[Turn, int], *, has_pocket: bool = False, has_right: bool = False
) -> list[tuple[int, Turn, int]]:
    """Which lane of a way in leads where.

    The leftmost lane turns left, the rightmost right. Straight on go all lanes, but those that turn where there are
    three or more, and as many as fit: each keeps its place, counted from the right.

    Args:
        lanes: Lanes of the way in, counted from the left.
        exits: Lanes of the way out by turn.
        has_pocket: The leftmost lane is for turning left only, and no other is, where anything else is possible too.
        has_right: The same of the rightmost lane and turning right.

    Returns:
        Rows (lane in, turn, lane out), both counted from the left.
    """
    if has_right and lanes > 1 and Turn.RIGHT in exits and len(exits) > 1:
        others = {turn: count for turn, count in exits.items() if turn != Turn.RIGHT}
        pairs = lane_pairs(lanes - 1, others, has_pocket=has_pocket)
        return [*pairs, (lanes - 1, Turn.RIGHT, exits[Turn.RIGHT] - 1)]
    if has_pocket and lanes > 1 and Turn.LEFT in exits and len(exits) > 1:
        others = {turn: count for turn, count in exits.items() if turn != Turn.LEFT}
        return [(0, Turn.LEFT, 0), *((lane + 1, turn, out) for lane, turn, out in lane_pairs(lanes - 1, others))]
    pairs = []
    straight = exits.get(Turn.STRAIGHT, 0)
    first, last = 0, lanes - 1
    if straight:
        if Turn.LEFT in exits and (lanes > 2 or lanes > straight) and lanes > 1:
            first = 1
        if Turn.RIGHT in exits and last - first + 1 > straight and last > first:
            last -= 1
        for lane in range(first, last + 1):
            from_right = min(last - lane, straight - 1)
            pairs.append((lane, Turn.STRAIGHT, straight - 1 - from_right))
    half = lanes // 2
    for turn, side in ((Turn.LEFT, 0), (Turn.RIGHT, lanes - 1)):
        if turn not in exits:
            continue
        count = exits[turn]
        if straight or lanes == 1:
            pairs.append((side, turn, 0 if turn == Turn.LEFT else count - 1))
            continue
        other = Turn.RIGHT if turn == Turn.LEFT else Turn.LEFT
        members = range(lanes) if other not in exits else (range(half) if turn == Turn.LEFT else range(half, lanes))
        for lane in members:
            place = lane if turn == Turn.LEFT else count - (lanes - lane)
            pairs.append((lane, turn, min(max(place, 0), count - 1)))
    return pairs


def ring_pairs(lanes: int, exits: dict[Turn, int], *, is_ring: bool) -> list[tuple[int, Turn, int]]:
    """Which lane leads where at a roundabout of two lanes.

    On the ring the outer lane leads out wherever a street does, the inner one on and out. So nobody who goes on crosses
    anybody who leaves. From a street with one lane both lanes of the ring can be entered, from a wider one the inner
    lane from its leftmost.

    Args:
        lanes: Lanes of the way in, counted from the left.
        exits: Lanes of the way out by turn; from the ring it goes on straight and leaves to the right.
        is_ring: The way in is on the ring.

    Returns:
        Rows (lane in, turn, lane out), both counted from the left.
    """
    if not is_ring:
        entry = next(iter(exits))
        outer = [(lane, entry, 1) for lane in range(min(1, lanes - 1), lanes)]
        return [(0, entry, 0), *outer]
    if Turn.RIGHT not in exits:
        return [(lane, Turn.STRAIGHT, lane) for lane in range(lanes)]
    return [(0, Turn.STRAIGHT, 0), (0, Turn.RIGHT, 0), (1, Turn.RIGHT, exits[Turn.RIGHT] - 1)]
