"""The sun in the lens: a veil (Stiles and Holladay), its disc, and ghosts on the line through the picture's middle."""

import math

import numpy as np

from drivesim.kernels.device import device, vectors
from drivesim.sensors.camera.air import SKY
from drivesim.sensors.camera.lamps import add, box_around
from drivesim.sensors.camera.locate import locate

STILES_HOLLADAY = np.float32(10.0 * math.pi)
"""Veiling luminance 10 E / angle^2 (cd/m^2, lux, degrees), over that of white in the same light: E / pi."""
LENS_STRAY = np.float32(0.3)
"""Stray light of a lens over that of an eye."""
ANGLE_MIN_2 = np.float32(1.0)
"""Square of the least angle for which the formula holds [deg^2]; nearer is the disc."""
SEEN_COS = np.float32(0.3)
"""The sun reaches the lens up to this cosine from the axis."""
GHOSTS = 6
GHOST_LIGHT = np.float32(0.05)
_WARM = (np.float32(1.0), np.float32(0.9), np.float32(0.7))
_TINTS = (
    (np.float32(0.5), np.float32(1.0), np.float32(0.6)), (np.float32(1.0), np.float32(0.7), np.float32(0.4)),
    (np.float32(0.4), np.float32(0.6), np.float32(1.0)),
)  # fmt: skip
_DEGREES_2 = np.float32(2.0 * math.degrees(1.0) ** 2)
_SKY = np.uint8(SKY)
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
f32 = np.float32
u64 = np.uint64


@device
def ghost(mount, buffer, u, v, radius, tint, amount):
    """A disc of light, brightest at its edge."""
    first, last, top, bottom = box_around(mount, u, v, radius, radius)
    for row in range(top, bottom):
        down = f32(row) + _HALF - v
        for column in range(first, last):
            across = f32(column) + _HALF - u
            r = f32(math.sqrt(across * across + down * down)) / radius
            if r < _ONE:
                add(buffer, row * mount.width + column, tint, amount * (f32(0.4) + f32(0.6) * r * r))


@vectors
def draw_glare(scene, frames, air, mood, buffer, pixel):
    """Adds what the sun does in the lens, if it shines on it."""
    mount, sun = scene.mount, mood.sun
    towards = sun[0] * air.axis[2, 0] + sun[1] * air.axis[2, 1] + sun[2] * air.axis[2, 2]
    if towards < SEEN_COS:
        return
    is_there, u, v, _ = locate(mount, air, sun[0], sun[1], sun[2])
    width, height = f32(mount.width), f32(mount.height_px)
    inside = is_there and _ZERO <= u < width and _ZERO <= v < height
    if inside:
        at = np.int64(v) * mount.width + np.int64(u)
        if air.ground[frames.semantic[u64(pixel + at)]] != _SKY:
            return
    light = STILES_HOLLADAY * LENS_STRAY * mood.dazzle * towards
    for at in range(mount.width * mount.height_px):
        k = u64(at)
        cos = (sun[0] * air.forward[k] + sun[1] * air.right[k] + sun[2] * air.up[k]) / air.norm[k]
        # Of small angles; beyond 30 degrees, where the veil is faint, it is a little too bright.
        angle_2 = max(_DEGREES_2 * (_ONE - cos), ANGLE_MIN_2)
        add(buffer, at, _WARM, light / angle_2)
    if not inside:
        return
    to_middle_u, to_middle_v = _HALF * width - u, _HALF * height - v
    for number in range(GHOSTS):
        share = f32(0.45) + f32(0.3) * f32(number)
        radius = width * (f32(0.018) + f32(0.011) * f32((number * 5) % 4))
        tint = _TINTS[number % 3]
        ghost(mount, buffer, u + share * to_middle_u, v + share * to_middle_v, radius, tint, GHOST_LIGHT * mood.dazzle)
