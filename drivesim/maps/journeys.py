"""Routes drawn through a network: from somewhere on a road to somewhere on another, about as long as asked for."""

import numpy as np

from drivesim.maps.draw import Draw
from drivesim.maps.network import LaneType, RoadNetwork, Route
from drivesim.maps.routing import LaneGraph

_ROUTES = 2
"""Purpose of random draws."""
START_M, GOAL_M = 12.0, 8.0
"""Routes begin so far behind a street's beginning and end so far before its end [m]."""
LENGTH_SHARE = (0.6, 1.4)
"""Lengths of routes over the length asked for."""
TRIES = 40


def is_strongly_connected(network: RoadNetwork) -> bool:
    """Whether every lane for cars leads to every other, with lane changes."""
    after: list[set[int]] = [set() for _ in network.lanes]
    before: list[set[int]] = [set() for _ in network.lanes]
    for index, lane in enumerate(network.lanes):
        for other in (*lane.successors, lane.left, lane.right):
            if other >= 0:
                after[index].add(other)
                before[other].add(index)
    cars = {index for index, lane in enumerate(network.lanes) if lane.type != LaneType.BIKING}
    if not cars:
        return True
    for links in (after, before):
        start = min(cars)
        seen, queue = {start}, [start]
        while queue:
            new = links[queue.pop()] - seen
            seen |= new
            queue += new
        if not cars <= seen:
            return False
    return True


def draw_routes(network: RoadNetwork, count: int, length_m: float) -> tuple[Route, ...]:
    """Routes about `length_m` long; those that are nearest to it where a town is too small."""
    draw = Draw(network.seed, _ROUTES)
    graph = LaneGraph(network)
    streets = [
        members[-1]
        for members in graph.members
        if network.lanes[members[0]].junction < 0
        and network.lanes[members[0]].type != LaneType.BIKING
        and network.lanes[members[0]].length > START_M + GOAL_M + 5.0
    ]
    routes: list[Route] = []
    for _ in range(count if streets else 0):
        goal = draw.pick(streets)
        goal_s = network.lanes[goal].length - GOAL_M
        distance, _ = graph.distances(int(graph.group[goal]), goal_s)
        best, least = -1, np.inf
        for _ in range(TRIES):
            start = draw.pick(streets)
            length = float(distance[graph.group[start]]) - START_M
            off = abs(np.log(max(length, 1.0) / length_m))
            if start != goal and np.isfinite(length) and off < least:
                best, least = start, off
            if LENGTH_SHARE[0] * length_m <= length <= LENGTH_SHARE[1] * length_m:
                break
        if best >= 0:
            routes.append(Route(start_lane=best, start_s=START_M, goal_lane=goal, goal_s=goal_s))
    if not routes:
        routes = _along_lanes(network)
    return tuple(routes)


def _along_lanes(network: RoadNetwork) -> list[Route]:
    """Routes from one end to the other of every lane, for maps that are too small for others."""
    return [
        Route(start_lane=number, start_s=START_M, goal_lane=number, goal_s=lane.length - GOAL_M)
        for number, lane in enumerate(network.lanes)
        if lane.type != LaneType.BIKING and lane.length > START_M + GOAL_M + 5.0
    ]
