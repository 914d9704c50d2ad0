"""The road ahead along a route, as points to draw."""

import numpy as np

from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import MapArrays
from drivesim.maps.lanes import route_row
from drivesim.maps.path import Way, advance, course_point, course_start, fade, fade_rate
from drivesim.render.moment import Moment

f32 = np.float32
SPACING_M = 2.0
_SPACING = f32(SPACING_M)


@kernel
def _walk(maps, way, lane, s, target, x, y, speed, points_out):
    """Fills `points_out` (point, 2) from the car at (x, y) along its course; returns how many were filled."""
    routes = maps.routes
    lane, s, offset = course_start(maps, lane, s, target, x, y)
    rate = fade_rate(speed)
    for index in range(points_out.shape[0]):
        row = route_row(maps.lanes, routes, way.route, lane)
        if not routes.remaining[row] < np.inf:
            return index
        left = offset * fade(rate * _SPACING * f32(index))
        points_out[index, 0], points_out[index, 1] = course_point(maps, way, lane, s, left)
        if routes.is_goal[row] and s >= routes.goal_s[way.route]:
            return index + 1
        lane, s = advance(maps, way, lane, s + _SPACING, changing=True)
        if s > maps.lanes.length[lane]:
            return index + 1
    return points_out.shape[0]


def route_ahead(maps: MapArrays, moment: Moment, distance_m: float) -> np.ndarray:
    """Points of the route from the ego on, `SPACING_M` apart, world frame [m], shape (point, 2).

    They lead from where the car is to the middle of the lane it is told to drive on, and show the same course as the
    observation `route`. Empty when the car has left its route.
    """
    actors, navigation = moment.actors, moment.navigation
    lane = np.int32(actors.lane[0])
    slot = maps.slot_of[moment.map]
    first, last = int(maps.lanes.map_first[slot]), int(maps.lanes.map_end[slot])
    if not first <= lane < last:
        return np.zeros((0, 2))
    target = np.int32(actors.target_lane[0])
    if navigation.command[0] == 0.0 or not first <= target < last:
        target = lane
    points = np.zeros((max(int(distance_m / SPACING_M), 2), 2), np.float32)
    way = Way(np.int32(navigation.route), np.uint64(0), np.int64(0), np.int32(first))
    x, y = f32(actors.x[0]), f32(actors.y[0])
    count = _walk(maps, way, lane, f32(actors.s[0]), target, x, y, f32(actors.speed[0]), points)
    return points[:count].astype(np.float64)
