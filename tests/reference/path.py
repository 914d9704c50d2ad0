"""Walking along the lanes of a `RoadNetwork` in float64, lane by lane, from its facts and its routing tables alone."""

import numpy as np

from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.routing import RouteTable


def point_on(lane: Lane, s: float) -> np.ndarray:
    """x, y [m] at s; straight on beyond the ends."""
    along = np.linspace(0.0, lane.length, len(lane.points))
    inside = min(max(s, 0.0), lane.length)
    end = 0 if s < 0.0 else -1
    beyond = (s - inside) * np.array([np.cos(lane.heading[end]), np.sin(lane.heading[end])])
    return np.array([np.interp(inside, along, lane.points[:, k]) for k in (0, 1)]) + beyond


def lane_after(network: RoadNetwork, table: RouteTable, lane: int) -> int:
    """The lane that a route takes after `lane`, else its first successor, else -1."""
    successors = network.lanes[lane].successors
    if table.next_slot[lane] >= 0:
        return successors[table.next_slot[lane]]
    return successors[0] if successors else -1


def beside(network: RoadNetwork, lane: int, count: int) -> int:
    """The lane `count` lanes to the left."""
    for _ in range(abs(count)):
        lane = network.lanes[lane].left if count > 0 else network.lanes[lane].right
    return lane


def walk(
    network: RoadNetwork, table: RouteTable, lane: int, s: float, *, changes: bool = False
) -> tuple[int, float, list[int]]:
    """Lane, s and all lanes touched on the way, `s` from the start of `lane`; `changes`: with those the route needs."""
    touched = [lane]
    while s > network.lanes[lane].length:
        source = lane
        if changes and table.next_slot[lane] < 0:
            best = beside(network, lane, int(table.best_offset[lane]))
            source = best if table.next_slot[best] >= 0 else lane
        after = lane_after(network, table, source)
        if after < 0:
            break
        s -= network.lanes[lane].length
        lane = after
        touched.append(lane)
    return lane, s, touched


def away_from(network: RoadNetwork, lanes: list[int], point: np.ndarray) -> float:
    """Distance of a point from the centre lines of lanes [m]."""
    least = np.inf
    for lane in lanes:
        points = network.lanes[lane].points
        a, b = points[:-1], points[1:]
        t = np.clip(((point - a) * (b - a)).sum(axis=1) / ((b - a) ** 2).sum(axis=1), 0.0, 1.0)
        least = min(least, np.linalg.norm(a + t[:, None] * (b - a) - point, axis=1).min())
    return float(least)
