"""Angles, frames and oriented boxes, as functions that kernels call.

A box is given by its centre, the cosine and sine of its heading, and half its length and width. All functions work in
the precision of their arguments.
"""

import math

import numpy as np
from numba import njit

_HALF = np.float32(0.5)
_PI, _TWO_PI = np.float32(math.pi), np.float32(2.0 * math.pi)


@njit
def wrap_angle(angle):
    """The float32 angle in [-pi, pi) that differs from `angle` by whole turns [rad]."""
    turns = np.float32(math.floor((angle + _PI) / _TWO_PI))
    return np.float32(angle - turns * _TWO_PI)


@njit
def to_frame(x, y, origin_x, origin_y, cos, sin):
    """A point seen from a frame at `origin` with heading (cos, sin): ahead, to the left [m]."""
    east, north = x - origin_x, y - origin_y
    return east * cos + north * sin, north * cos - east * sin


@njit
def from_frame(ahead, left, origin_x, origin_y, cos, sin):
    """The inverse of `to_frame`: x, y [m]."""
    return origin_x + ahead * cos - left * sin, origin_y + ahead * sin + left * cos


@njit
def body_box(x, y, yaw, length, width, rear):
    """The oriented box of a car whose rear axle is at (x, y), `rear` ahead of its rear bumper; float32.

    Returns:
        Centre x, y [m], heading cos, sin, half length, half width [m].
    """
    cos, sin = np.float32(math.cos(yaw)), np.float32(math.sin(yaw))
    half_length = _HALF * length
    ahead = half_length - rear
    return x + ahead * cos, y + ahead * sin, cos, sin, half_length, _HALF * width


@njit
def boxes_overlap(ax, ay, acos, asin, a_length, a_width, bx, by, bcos, bsin, b_length, b_width):
    """Whether two oriented boxes share area, by the separating axis theorem; `length` and `width` are halves [m].

    Touching without shared area is no overlap. Reference: Gottschalk, Lin, Manocha, "OBBTree", SIGGRAPH 1996.
    """
    ahead, left = to_frame(bx, by, ax, ay, acos, asin)
    cos = abs(acos * bcos + asin * bsin)
    sin = abs(acos * bsin - asin * bcos)
    if abs(ahead) >= a_length + b_length * cos + b_width * sin:
        return False
    if abs(left) >= a_width + b_length * sin + b_width * cos:
        return False
    ahead, left = to_frame(ax, ay, bx, by, bcos, bsin)
    if abs(ahead) >= b_length + a_length * cos + a_width * sin:
        return False
    return abs(left) < b_width + a_length * sin + a_width * cos


@njit
def box_meets_circle(ax, ay, acos, asin, a_length, a_width, x, y, radius):
    """Whether an oriented box and a disc share area."""
    ahead, left = to_frame(x, y, ax, ay, acos, asin)
    outside_ahead = max(abs(ahead) - a_length, ahead * 0)
    outside_left = max(abs(left) - a_width, left * 0)
    return outside_ahead * outside_ahead + outside_left * outside_left < radius * radius
