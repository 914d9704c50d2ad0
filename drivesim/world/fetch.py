"""What the step of a world will read of the map, asked for while the worlds before it are stepped.

Between two steps the cameras push lanes and routes out of the caches. The state itself is read from start to end, which
the processor foresees.
"""

import numpy as np
from numba import njit

from drivesim.kernels.target import prefetch
from drivesim.maps.lanes import point_index, route_row
from drivesim.state import CURVATURE_AHEAD_M

DRIVER_POINTS = int(CURVATURE_AHEAD_M[-1])
"""Points of a driver's lane that are asked for, about 1 m apart: as far as its curvature is labelled."""
_POINTS_PER_LINE = 2


@njit
def fetch_lanes(maps, state, parameters, action, world):
    """Asks for what is known of the first driver's lane, and so of its neighbours, and of its place on the route."""
    lanes, routes = maps.lanes, maps.routes
    if state.drivers.slot.shape[1] == 0:
        return
    lane = state.actors.lane[world, state.drivers.slot[world, 0]]
    at = np.int64(lane)
    prefetch(lanes.point_first, at)
    prefetch(lanes.length, at)
    prefetch(lanes.step, at)
    prefetch(lanes.speed_limit, at)
    prefetch(lanes.type, at)
    prefetch(lanes.to_drop, at)
    prefetch(lanes.left, at)
    prefetch(lanes.right, at)
    prefetch(lanes.change, at)
    prefetch(lanes.successor_first, at)
    prefetch(lanes.predecessor_first, at)
    row = np.int64(route_row(lanes, routes, state.navigation.route[world, 0], lane))
    prefetch(routes.next_slot, row)
    prefetch(routes.best_offset, row)
    prefetch(routes.drive_on, row)
    prefetch(routes.remaining, row)
    prefetch(routes.is_goal, row)


@njit
def fetch_points(maps, state, parameters, action, world):
    """Asks for the points of the lanes where the cars are and will be after the step."""
    lanes, actors = maps.lanes, state.actors
    for slot in range(actors.lane.shape[1]):
        # Whoever follows a script is on no lane.
        if actors.kind[world, slot] != 0 and actors.lane[world, slot] >= 0:
            row, _ = point_index(lanes, actors.lane[world, slot], actors.s[world, slot])
            ahead = DRIVER_POINTS if actors.driver[world, slot] >= 0 else 2 * _POINTS_PER_LINE
            for k in range(0, ahead, _POINTS_PER_LINE):
                prefetch(lanes.point, np.int64(row + k))
