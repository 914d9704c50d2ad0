"""Device functions on `LaneArrays`: where a lane is, and where a point is relative to a lane.

A lane is its points joined by straight chords, with heading, curvature and widths interpolated linearly.
Coordinates (s, d) mean: at arc length s, d to the left of the lane, along the normal of the interpolated heading;
`project` solves exactly for what `pose_at` gives. Beyond its ends a lane goes on straight.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.arrays import LanePoint

# Typed, not literal: numba compiles a function once per literal.
X, Y = np.intp(LanePoint.X), np.intp(LanePoint.Y)
HEADING, CURVATURE, WIDTH = np.intp(LanePoint.HEADING), np.intp(LanePoint.CURVATURE), np.intp(LanePoint.WIDTH)
EDGE_LEFT, EDGE_RIGHT = np.intp(LanePoint.EDGE_LEFT), np.intp(LanePoint.EDGE_RIGHT)
ONCOMING_LEFT = np.intp(LanePoint.ONCOMING_LEFT)

ZERO, ONE = np.float32(0.0), np.float32(1.0)
STRETCH_MIN = np.float32(0.2)
"""Lower bound of 1 - curvature * d in a Newton step, so that points near the centre of curvature converge."""
STEP_MAX = np.float32(50.0)
"""Longest Newton step [m]."""
CLOSE = np.float32(4e-3)
"""A Newton step this short is the last [m]: it leaves less than 1e-4 m in s and d, as float32 does at 1 km."""
ITERATIONS = 12


@njit
def point_index(lanes, lane, s):
    """Row of `lanes.point` at or before s, and the fraction in [0, 1] of the way to the next row."""
    first = lanes.point_first[lane]
    last = lanes.point_first[lane + 1] - first - 2
    u = s / lanes.step[lane]
    # In this order of arguments a NaN becomes 0 instead of an index out of bounds.
    u = min(max(ZERO, u), np.float32(last + 1))
    index = min(np.int32(u), np.int32(last))
    return first + index, u - np.float32(index)


@njit
def column_at(lanes, row, fraction, column):
    """One `LanePoint` column, interpolated between `row` and the next."""
    low = lanes.point[row, column]
    return low + fraction * (lanes.point[row + 1, column] - low)


@njit
def pose_at(lanes, lane, s):
    """Where the lane is at s.

    Returns:
        x, y [m], heading [rad], curvature [1/m], width [m]; all float32. Before 0 and beyond the length the lane goes
        on straight, with the curvature and width of its end.
    """
    row, fraction = point_index(lanes, lane, s)
    heading = column_at(lanes, row, fraction, HEADING)
    x = column_at(lanes, row, fraction, X)
    y = column_at(lanes, row, fraction, Y)
    beyond = s - min(max(s, ZERO), lanes.length[lane])
    if beyond != ZERO:
        x += beyond * np.float32(math.cos(heading))
        y += beyond * np.float32(math.sin(heading))
    return x, y, heading, column_at(lanes, row, fraction, CURVATURE), column_at(lanes, row, fraction, WIDTH)


@njit
def project(lanes, lane, s_guess, x, y):
    """Coordinates of a point relative to a lane, by Newton's method on the lane's normal.

    Args:
        lanes: `LaneArrays`.
        lane: Lane index.
        s_guess: Where to begin [m], for example s of the step before plus the distance driven. The nearer, the
            faster; where the lane bends back on itself the guess decides which foot point is found.
        x: Point [m], float32.
        y: Point [m], float32.

    Returns:
        s, d [m], float32. s < 0 or s > length where the point lies before or beyond the lane.
    """
    s = np.float32(s_guess)
    d = ZERO
    length = lanes.length[lane]
    for _ in range(ITERATIONS):
        row, fraction = point_index(lanes, lane, s)
        heading = column_at(lanes, row, fraction, HEADING)
        cos, sin = np.float32(math.cos(heading)), np.float32(math.sin(heading))
        dx = x - column_at(lanes, row, fraction, X)
        dy = y - column_at(lanes, row, fraction, Y)
        inside = min(max(s, ZERO), length)
        along = dx * cos + dy * sin - (s - inside)
        d = dy * cos - dx * sin
        stretch = ONE
        if s == inside:
            stretch = max(ONE - column_at(lanes, row, fraction, CURVATURE) * d, STRETCH_MIN)
        move = min(max(along / stretch, -STEP_MAX), STEP_MAX)
        s += move
        if abs(move) < CLOSE:
            break
    return s, d


@njit
def edges_at(lanes, lane, s):
    """Distances from the lane's centre at s to the drivable surface's left and right end and to oncoming traffic.

    Returns:
        edge_left, edge_right, oncoming_left [m], float32; oncoming_left is +inf where there is none, and negative in
        left-hand traffic.
    """
    row, fraction = point_index(lanes, lane, s)
    oncoming = lanes.point[row, ONCOMING_LEFT]
    following = lanes.point[row + 1, ONCOMING_LEFT]
    if oncoming < np.inf and following < np.inf:
        oncoming += fraction * (following - oncoming)
    else:
        oncoming = max(oncoming, following)
    return column_at(lanes, row, fraction, EDGE_LEFT), column_at(lanes, row, fraction, EDGE_RIGHT), oncoming


@njit
def neighbour_s(lanes, lane, other, s):
    """The s on neighbour `other` that is abreast of s on `lane`: equal fractions of their lengths."""
    return s * (lanes.length[other] / lanes.length[lane])


@njit
def route_row(lanes, routes, route, lane):
    """Row of a lane in the per-lane arrays of a route. The lane must be of the route's map."""
    return routes.row_first[route] + lane - routes.lane_first[route]


@njit
def link_count(first, lane):
    """How many successors or predecessors a lane has; `first` is `successor_first` or `predecessor_first`."""
    return first[lane + 1] - first[lane]


@njit
def first_link(first, links, lane):
    """The first successor or predecessor of a lane; -1 where it has none."""
    at = first[lane]
    return links[at] if first[lane + 1] > at else np.int32(-1)


@njit
def first_successor(lanes, lane):
    """The straightest lane that continues `lane`; -1 where it has none."""
    return first_link(lanes.successor_first, lanes.successor, lane)


@njit
def next_lane(lanes, routes, route, lane):
    """The lane that a route takes after `lane`, or -1 at the goal, off the route, or where it needs a lane change."""
    slot = routes.next_slot[route_row(lanes, routes, route, lane)]
    if slot < 0:
        return np.int32(-1)
    return lanes.successor[lanes.successor_first[lane] + slot]
