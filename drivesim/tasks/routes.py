"""The way along a route."""

import numpy as np
from numba import njit

from drivesim.maps.lanes import route_row

_ZERO, _INF = np.float32(0.0), np.float32(np.inf)


@njit
def distance_to_goal(maps, route, lane, s):
    """Distance along the route from s on a lane [m]; 0 where the goal is reached, +inf off the route.

    The goal counts as reached, too, from the lane that follows the one it lies on. Beside the goal, on a lane that
    does not count, the route is left.
    """
    lanes, routes = maps.lanes, maps.routes
    row = route_row(lanes, routes, route, lane)
    left = routes.remaining[row] - s
    if routes.is_goal[row] != 0:
        return max(left, _ZERO)
    if left < _INF:
        return left if left > _ZERO else _INF
    for k in range(lanes.predecessor_first[lane], lanes.predecessor_first[lane + 1]):
        before = lanes.predecessor[k]
        if routes.is_goal[route_row(lanes, routes, route, before)] != 0:
            return _ZERO
    return _INF
