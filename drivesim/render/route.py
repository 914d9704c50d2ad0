"""The road ahead along a route, as points to draw."""

import math

import numpy as np
from numba import njit

from drivesim.maps.arrays import MapArrays
from drivesim.maps.lanes import neighbour_s, next_lane, pose_at, project, route_row
from drivesim.render.moment import Moment

f32 = np.float32
SPACING_M = 2.0
_SPACING = f32(SPACING_M)
_MERGE_M = f32(24.0)
_CHANGE_M = f32(60.0)
_CHANGE_MIN_M = f32(12.0)
_ZERO, _ONE = f32(0.0), f32(1.0)


@njit(inline="always")
def _ease(t):
    t = min(max(t, _ZERO), _ONE)
    return t * t * (f32(3.0) - f32(2.0) * t)


@njit(nogil=True, cache=True)
def _walk(lanes, routes, route, lane, s_guess, x, y, points_out):
    """Fills `points_out` (point, 2) from the car at (x, y) along its route; returns how many were filled."""
    s, d = project(lanes, lane, s_guess, x, y)
    target, changed, change = np.int32(-1), _ZERO, _CHANGE_M
    for index in range(points_out.shape[0]):
        row = route_row(lanes, routes, route, lane)
        if not routes.remaining[row] < np.inf:
            return index
        if target < 0 and routes.best_offset[row] != 0 and index > 5:
            target = lanes.left[lane] if routes.best_offset[row] > 0 else lanes.right[lane]
            changed = _ZERO
            change = max(min(_CHANGE_M, f32(0.8) * (lanes.length[lane] - s)), _CHANGE_MIN_M)
        px, py, heading, _, _ = pose_at(lanes, lane, s)
        if target >= 0:
            qx, qy, _, _, _ = pose_at(lanes, target, neighbour_s(lanes, lane, target, s))
            share = _ease(changed / change)
            px, py = px + (qx - px) * share, py + (qy - py) * share
            changed += _SPACING
        aside = d * (_ONE - _ease(f32(index) * _SPACING / _MERGE_M))
        points_out[index, 0] = px - aside * f32(math.sin(heading))
        points_out[index, 1] = py + aside * f32(math.cos(heading))
        if routes.is_goal[row] and s >= routes.goal_s[route]:
            return index + 1
        s += _SPACING
        if target >= 0 and (changed >= change or s > lanes.length[lane]):
            s = neighbour_s(lanes, lane, target, s)
            lane, target = target, np.int32(-1)
        while s > lanes.length[lane]:
            following = next_lane(lanes, routes, route, lane)
            if following < 0:
                return index + 1
            s -= lanes.length[lane]
            lane = following
    return points_out.shape[0]


def route_ahead(maps: MapArrays, moment: Moment, distance_m: float) -> np.ndarray:
    """Points of the route from the ego on, `SPACING_M` apart, world frame [m], shape (point, 2).

    They lead from where the car is to the middle of its lane and glide across where the route asks for a lane
    change. Empty when the car has left its route.
    """
    actors = moment.actors
    lane = int(actors.target_lane[0])
    slot = maps.slot_of[moment.map]
    first, last = int(maps.lanes.map_first[slot]), int(maps.lanes.map_end[slot])
    if not first <= lane < last:
        lane = int(actors.lane[0])
    if not first <= lane < last:
        return np.zeros((0, 2))
    points = np.zeros((max(int(distance_m / SPACING_M), 2), 2), np.float32)
    s = f32(actors.s[0] * maps.lanes.length[lane] / maps.lanes.length[int(actors.lane[0])])
    x, y = f32(actors.x[0]), f32(actors.y[0])
    count = _walk(maps.lanes, maps.routes, int(moment.navigation.route), np.int32(lane), s, x, y, points)
    return points[:count].astype(np.float64)
