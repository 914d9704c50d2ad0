"""Shadows of road users on the ground.

The shadow that a box casts along the sun is its outline swept along the sun's direction: a zonotope, the set within
three slabs, whose directions are the box's two axes and the sun's. A ground ray is clipped by those slabs as it would
be by a box.
"""

import math

import numpy as np

from drivesim.kernels.device import device
from drivesim.sensors.camera.solids import NEAR_M, is_within

SHADOW_LENGTH_MAX = np.float32(8.0)
"""Half a shadow is at most this many times as long as its box is high, per unit of the sun's flat direction."""
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
_FAR = np.float32(1e9)
_STEEP = np.float32(1e-4)
f32 = np.float32


@device
def cast_shadow(view, mount, parts, actors, world, slot):
    """The shadow of a road user: whether it may be seen, centre, three half edges, all as (forward, right) [m]."""
    half_l = _HALF * actors.length[world, slot]
    half_w = _HALF * actors.width[world, slot]
    tall = actors.height[world, slot] * parts.shadow_height[actors.kind[world, slot]]
    per_tall = min(_HALF / max(view.sun_up, _STEEP), SHADOW_LENGTH_MAX)
    cast_f, cast_r = -per_tall * tall * view.sun_forward, -per_tall * tall * view.sun_right
    dx, dy = actors.x[world, slot] - view.x, actors.y[world, slot] - view.y
    forward, right = dx * view.cos + dy * view.sin + cast_f, dx * view.sin - dy * view.cos + cast_r
    # Half the diagonal, half the shadow, and the way from the axle to the centre.
    radius = half_l + half_w + abs(cast_f) + abs(cast_r) + half_l
    if not is_within(mount, forward, right, radius):
        return False, forward, right, _ZERO, _ZERO, _ZERO, _ZERO, cast_f, cast_r
    yaw = actors.yaw[world, slot]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    ahead = half_l - actors.rear[world, slot]
    axis_f, axis_r = cos * view.cos + sin * view.sin, cos * view.sin - sin * view.cos
    forward, right = forward + ahead * axis_f, right + ahead * axis_r
    aside_f, aside_r = forward - cast_f, right - cast_r
    is_near = aside_f * aside_f + aside_r * aside_r <= mount.range * mount.range
    return (
        is_near, forward, right, half_l * axis_f, half_l * axis_r, half_w * axis_r, -half_w * axis_f, cast_f, cast_r,
    )  # fmt: skip


@device
def clip_slab(edge_f, edge_r, other_f, other_r, third_f, third_r, forward, right, by_f, by_r, enter, leave):
    """Clips a ground ray from the eye, direction (by_f, by_r), by the slab along one half edge of a zonotope."""
    normal_f, normal_r = edge_r, -edge_f
    reach = abs(normal_f * other_f + normal_r * other_r) + abs(normal_f * third_f + normal_r * third_r)
    middle = normal_f * forward + normal_r * right
    by = normal_f * by_f + normal_r * by_r
    if abs(by) <= f32(1e-9):
        return enter, leave if abs(middle) <= reach else -_FAR
    inverse = _ONE / by
    low, high = (middle - reach) * inverse, (middle + reach) * inverse
    return max(enter, min(low, high)), min(leave, max(low, high))


@device
def shadow_span(shadow, by_f, by_r):
    """First and last depth of a ground ray inside a shadow; the last is below the first for a miss."""
    _, forward, right, a_f, a_r, b_f, b_r, c_f, c_r = shadow
    enter, leave = NEAR_M, _FAR
    enter, leave = clip_slab(a_f, a_r, b_f, b_r, c_f, c_r, forward, right, by_f, by_r, enter, leave)
    enter, leave = clip_slab(b_f, b_r, a_f, a_r, c_f, c_r, forward, right, by_f, by_r, enter, leave)
    if c_f * c_f + c_r * c_r > f32(1e-6):
        enter, leave = clip_slab(c_f, c_r, a_f, a_r, b_f, b_r, forward, right, by_f, by_r, enter, leave)
    return enter, leave


@device
def shadow_slopes(shadow):
    """Range of slopes (right / forward) of a shadow as seen from the eye; everything when it reaches the eye's side."""
    _, forward, right, a_f, a_r, b_f, b_r, c_f, c_r = shadow
    low, high = _FAR, -_FAR
    for corner in range(8):
        s_a = _ONE if corner & 1 else -_ONE
        s_b = _ONE if corner & 2 else -_ONE
        s_c = _ONE if corner & 4 else -_ONE
        at_f = forward + s_a * a_f + s_b * b_f + s_c * c_f
        at_r = right + s_a * a_r + s_b * b_r + s_c * c_r
        if at_f < NEAR_M:
            return -_FAR, _FAR
        slope = at_r / at_f
        low, high = min(low, slope), max(high, slope)
    return low, high
