"""Where road users are: the slot of a driver, the box of a body, the way it took. Functions for kernels."""

import math

import numpy as np
from numba import njit

from drivesim.geometry import body_box, wrap_angle
from drivesim.state.episode import EndReason

_RUNNING = int(EndReason.RUNNING)
_HALF, _ONE = np.float32(0.5), np.float32(1.0)


@njit
def slot_of(state, world, driver):
    """Slot that a driver steers, as wide as a loop's index: Numba compiles a function once per type of argument."""
    return np.int64(state.drivers.slot[world, driver])


@njit
def is_driving(state, world, driver):
    """Whether a driver's episode still runs."""
    return state.episode.end[world, driver] == _RUNNING


@njit
def nose(actors, world, slot):
    """Front bumper ahead of the rear axle [m]."""
    return actors.length[world, slot] - actors.rear[world, slot]


@njit
def box_of(actors, world, slot):
    """The oriented box of a road user: centre x, y, heading cos, sin, half length, half width; float32."""
    return body_box(
        actors.x[world, slot],
        actors.y[world, slot],
        actors.yaw[world, slot],
        actors.length[world, slot],
        actors.width[world, slot],
        actors.rear[world, slot],
    )


@njit
def seen_from(actors, world, slot, x, y):
    """A place of the ground in the frame of a road user: ahead and to the left of its rear axle [m]."""
    yaw = actors.yaw[world, slot]
    cos, sin = np.float32(math.cos(yaw)), np.float32(math.sin(yaw))
    east, north = x - actors.x[world, slot], y - actors.y[world, slot]
    return east * cos + north * sin, north * cos - east * sin


@njit
def remember_poses(actors, world):
    """Keeps every pose of a world as that before the step."""
    for slot in range(actors.kind.shape[1]):
        remember_pose(actors, world, slot)


@njit
def remember_pose(actors, world, slot):
    """Keeps a road user's pose as that before the step."""
    actors.before_x[world, slot] = actors.x[world, slot]
    actors.before_y[world, slot] = actors.y[world, slot]
    actors.before_yaw[world, slot] = actors.yaw[world, slot]


@njit
def moved(actors, world, slot):
    """East and north by which the last step moved a road user [m]."""
    return (
        actors.x[world, slot] - actors.before_x[world, slot],
        actors.y[world, slot] - actors.before_y[world, slot],
    )


@njit
def pose_between(actors, world, slot, share):
    """Rear axle x, y [m] and yaw [rad] a `share` of the last step after it began, on the arc between both poses.

    An arc that turns by the angle a over the chord c lies c a / 8 outside its middle, and 4 p (1 - p) of that at the
    share p of the way, to second order in a.
    """
    east, north = moved(actors, world, slot)
    turn = wrap_angle(actors.yaw[world, slot] - actors.before_yaw[world, slot])
    bulge = _HALF * turn * share * (_ONE - share)
    x = actors.before_x[world, slot] + share * east + bulge * north
    y = actors.before_y[world, slot] + share * north - bulge * east
    return x, y, actors.before_yaw[world, slot] + share * turn


@njit
def box_between(actors, world, slot, share):
    """`box_of` a `share` of the last step after it began."""
    x, y, yaw = pose_between(actors, world, slot, share)
    return body_box(x, y, yaw, actors.length[world, slot], actors.width[world, slot], actors.rear[world, slot])


@njit
def distance(east, north):
    """Length of a way [m]."""
    return np.float32(math.sqrt(east * east + north * north))
