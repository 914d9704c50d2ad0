"""Small roads laid out by hand, whose coordinates can be read off."""

import numpy as np

from drivesim.maps.network import Lane, RoadNetwork, Route, Scenery

WIDTH_M = 3.5
SPEED_LIMIT = 20.0


def straight_lane(x: float, y: float, length: float, **options) -> Lane:
    """A lane that runs east from (x, y); `left_edge`, `right_edge`, `oncoming` are distances from its centre."""
    count = round(length) + 1
    column = np.ones(count)
    left_edge, right_edge = options.pop("left_edge", WIDTH_M / 2), options.pop("right_edge", WIDTH_M / 2)
    return Lane(
        points=np.stack([np.linspace(x, x + length, count), y * column], axis=1),
        heading=0.0 * column,
        curvature=0.0 * column,
        width=WIDTH_M * column,
        edge_left=left_edge * column,
        edge_right=right_edge * column,
        oncoming_left=options.pop("oncoming", np.inf) * column,
        length=length,
        speed_limit=SPEED_LIMIT,
        **options,
    )


def country(scenery: tuple[Scenery, ...] = (), goal_s: float = 100.0) -> RoadNetwork:
    """One lane each way, 200 m + 100 m, and shoulders of 0.5 m; the ego drives on y = 0 from x = 10 to 200 + `goal_s`.

    The oncoming lane, on y = 3.5, is not part of the network.
    """
    edges = {"left_edge": 1.5 * WIDTH_M + 0.5, "right_edge": 0.5 * WIDTH_M + 0.5, "oncoming": 0.5 * WIDTH_M}
    return RoadNetwork(
        name="country",
        seed=0,
        lanes=(
            straight_lane(0.0, 0.0, 200.0, successors=(1,), **edges),
            straight_lane(200.0, 0.0, 100.0, road=1, **edges),
        ),
        routes=(Route(start_lane=0, start_s=10.0, goal_lane=1, goal_s=goal_s),),
        scenery=scenery,
    )


def fork() -> RoadNetwork:
    """Two lanes abreast, y = 0 and y = 3.5, 200 m; each leads on to a lane of its own; the goal is on the right one."""
    right = {"left_edge": 1.5 * WIDTH_M}
    left = {"right_edge": 1.5 * WIDTH_M}
    return RoadNetwork(
        name="fork",
        seed=0,
        lanes=(
            straight_lane(0.0, 0.0, 200.0, successors=(2,), left=1, change_left=True, **right),
            straight_lane(0.0, WIDTH_M, 200.0, successors=(3,), right=0, change_right=True, **left),
            straight_lane(200.0, 0.0, 100.0, road=1, **right),
            straight_lane(200.0, WIDTH_M, 100.0, road=2, **left),
        ),
        routes=(Route(start_lane=1, start_s=10.0, goal_lane=2, goal_s=50.0),),
    )


def connectors(count: int = 20, length: float = 5.0) -> RoadNetwork:
    """Two chains of `count` short lanes that join at x = 0, a lane of 100 m, and two chains that part there.

    All are drawn on y = 0. Lanes 0 .. count - 1 and count .. 2 count - 1 lead to lane 2 count, whose successors are
    2 count + 1 and 3 count + 1. The route goes from the first chain to the last.
    """
    lanes: list[Lane] = []
    common = 2 * count
    for index in range(common):
        after = index + 1 if (index + 1) % count else common
        lanes.append(straight_lane((index % count - count) * length, 0.0, length, successors=(after,), road=index))
    lanes.append(straight_lane(0.0, 0.0, 100.0, successors=(common + 1, common + 1 + count), road=common))
    for k in range(2 * count):
        after = (common + 2 + k,) if (k + 1) % count else ()
        lanes.append(
            straight_lane(100.0 + k % count * length, 0.0, length, successors=after, road=common + 1 + k),
        )
    route = Route(start_lane=0, start_s=0.5, goal_lane=len(lanes) - 1, goal_s=0.9 * length)
    return RoadNetwork(name="connectors", seed=0, lanes=tuple(lanes), routes=(route,))
