"""Small circles in the lane graph, such as roundabouts: who goes round one leaves it before the lap is over.

Branches are drawn once for every lane and road user. One whose draws keep it on a circle would go round for ever, and
a few of them close the circle for all who wait to enter. So on a circle one more draw says where a user leaves at last.
"""

import heapq
from collections.abc import Sequence

import numpy as np

CIRCLE_MAX_M = 200.0
"""Longest circle that is one: a ring of two lanes is 165 m long, the way round a block 240 m and more [m]."""
FORKS_MAX, SLOTS_MAX = 16, 8
"""More forks on a circle, or more ways on from one of them, are not told apart."""


def circles_of(length: np.ndarray, successors: Sequence[Sequence[int]]) -> np.ndarray:
    """`LaneArrays.circle`.

    Args:
        length: Of each lane [m], shape (lane,).
        successors: Of each lane.

    Returns:
        int32, shape (lane,); -1 where a lane does not part on a circle.
    """
    codes = np.full(len(length), -1, np.int32)
    for lane, links in enumerate(successors):
        if codes[lane] >= 0 or len(links) < 2:
            continue
        circle = _shortest_circle(lane, length, successors)
        forks = [at for at in circle if len(successors[at]) > 1]
        if not circle or len(forks) > FORKS_MAX or any(len(successors[at]) > SLOTS_MAX for at in forks):
            continue
        for place, at in enumerate(forks):
            after = circle[(circle.index(at) + 1) % len(circle)]
            code = (min(circle) * FORKS_MAX + place) * FORKS_MAX + len(forks) - 1
            codes[at] = code * SLOTS_MAX + list(successors[at]).index(after)
    return codes


def _shortest_circle(start: int, length: np.ndarray, successors: Sequence[Sequence[int]]) -> list[int]:
    """Lanes of the shortest way from a lane back to itself, none if that is longer than `CIRCLE_MAX_M`."""
    before: dict[int, int] = {}
    waiting = [(float(length[start]), after, start) for after in successors[start]]
    heapq.heapify(waiting)
    while waiting:
        way, lane, source = heapq.heappop(waiting)
        if way > CIRCLE_MAX_M:
            break
        if lane in before:
            continue
        before[lane] = source
        if lane == start:
            circle = [before[start]]
            while circle[-1] != start:
                circle.append(before[circle[-1]])
            return circle[::-1]
        for after in successors[lane]:
            heapq.heappush(waiting, (way + float(length[lane]), after, lane))
    return []
