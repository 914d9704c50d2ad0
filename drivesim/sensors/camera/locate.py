"""Where in a picture a point of the car's frame is seen, through whatever lens."""

import math

import numpy as np

from drivesim.kernels.device import device, vectors

OUTSIDE_PX = np.float32(4.0)
"""Points this far outside the picture are still placed [px]."""
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
f32 = np.float32
u64 = np.uint64


@device
def unit_ray(air, pixel):
    """Direction of a pixel in the car's frame."""
    at = u64(pixel)
    inverse = _ONE / air.norm[at]
    return air.forward[at] * inverse, air.right[at] * inverse, air.up[at] * inverse


@device
def steps_along(air, pixel, other, x, y, z, count):
    """How many pixels a direction lies from a pixel, towards its neighbour `other` which is `count` away."""
    a_x, a_y, a_z = unit_ray(air, pixel)
    b_x, b_y, b_z = unit_ray(air, other)
    b_x, b_y, b_z = b_x - a_x, b_y - a_y, b_z - a_z
    along = (x - a_x) * b_x + (y - a_y) * b_y + (z - a_z) * b_z
    return count * along / max(b_x * b_x + b_y * b_y + b_z * b_z, f32(1e-12))


@vectors
def locate(mount, air, x, y, z):
    """Finds the pixel that looks in a direction of the car's frame (forward, right, up).

    Returns:
        Whether there is one, at most `OUTSIDE_PX` outside the picture; its place (u, v) [px], whose whole numbers are
        pixels' upper left corners; and the length of the direction.
    """
    length = f32(math.sqrt(x * x + y * y + z * z))
    inverse = _ONE / max(length, f32(1e-6))
    x, y, z = x * inverse, y * inverse, z * inverse
    cos, sin = f32(math.cos(mount.yaw)), f32(math.sin(mount.yaw))
    ahead, aside = x * cos - y * sin, x * sin + y * cos
    bearing = f32(math.atan2(aside, ahead))
    elevation = f32(math.atan2(z, math.sqrt(ahead * ahead + aside * aside)))
    rows, columns = air.place.shape[0], air.place.shape[1]
    column, row = (bearing - air.span[0]) * air.span[1], (elevation - air.span[2]) * air.span[3]
    column = min(max(column, _ZERO), f32(columns - 1))
    row = min(max(row, _ZERO), f32(rows - 1))
    pixel = np.int64(air.place[u64(np.int64(row)), u64(np.int64(column))])
    down = np.int64(pixel // mount.width)
    across = pixel - down * mount.width
    by_u = np.int64(1) if across + 1 < mount.width else np.int64(-1)
    by_v = np.int64(1) if down + 1 < mount.height_px else np.int64(-1)
    u = steps_along(air, pixel, pixel + by_u, x, y, z, f32(by_u))
    v = steps_along(air, pixel, pixel + by_v * mount.width, x, y, z, f32(by_v))
    own_x, own_y, own_z = unit_ray(air, pixel)
    is_there = abs(u) <= OUTSIDE_PX and abs(v) <= OUTSIDE_PX and x * own_x + y * own_y + z * own_z > _HALF
    return is_there, f32(across) + _HALF + u, f32(down) + _HALF + v, length


@device
def is_hidden(mount, frames, air, pixel, u, v, distance, slack):
    """Whether something nearer than `distance` - `slack` stands before a place in the picture."""
    column = min(max(np.int64(u), np.int64(0)), mount.width - 1)
    row = min(max(np.int64(v), np.int64(0)), mount.height_px - 1)
    at = row * mount.width + column
    return frames.depth[u64(pixel + at)] * air.norm[u64(at)] < distance - slack
