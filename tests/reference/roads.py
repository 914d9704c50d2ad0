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
