"""The ground close by, where a texel of its finest picture is several pixels wide: colours between texels.

Nearest texels would show as squares. Colours are interpolated bilinearly between the centres of texels, per sample;
classes stay those of the nearest texel, so that labels are sharp.
"""

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.maps.arrays import TEXEL_M
from drivesim.maps.ground import texel_offset
from drivesim.sensors.camera.paint import CLASS_SHIFT, LANE_BITS
from drivesim.sensors.camera.rounding import floor_int
from drivesim.sensors.camera.surface import find_tile

_TEXELS_PER_M = np.float32(1.0 / TEXEL_M)
_LANE_ONES = np.uint64(1 | 1 << LANE_BITS | 1 << 2 * LANE_BITS)
_BYTES = np.uint64(255) * _LANE_ONES
_HALVES = np.uint64(128) * _LANE_ONES
_EIGHT = np.uint64(8)
_CLASS_SHIFT = np.uint64(CLASS_SHIFT)
_FULL = np.int64(256)
_ONE = np.float64(65536.0)
_NOWHERE = np.int64(-(1 << 40))
f64 = np.float64
u64 = np.uint64


@device
def texel_color(ground, texel, tint, map_index, ix, iy):
    """Colour lanes of a texel of the finest level, or of what answers for it."""
    base, coarser = find_tile(ground, map_index, np.int64(0), ix >> 6, iy >> 6)
    if base < 0:
        return tint[0]
    return tint[u64(texel[u64(base + texel_offset((ix >> coarser) & 63, (iy >> coarser) & 63))])]


@device
def mix_texels(c00, c10, c01, c11, fx, fy):
    """Colour lanes between four texels; `fx` and `fy` from 0 to 255 are the way to those on the right and above."""
    w11 = (fx * fy + 128) >> 8
    mixed = c00 * u64(_FULL - fx - fy + w11) + c10 * u64(fx - w11) + c01 * u64(fy - w11) + c11 * u64(w11)
    return ((mixed + _HALVES) >> _EIGHT) & _BYTES


@routine
def color_between(ground, texel, tint, map_index, x, y):
    """Colour lanes at a point of the ground [m from the map's origin]."""
    gx, gy = x * _TEXELS_PER_M - np.float32(0.5), y * _TEXELS_PER_M - np.float32(0.5)
    ix, iy = floor_int(gx), floor_int(gy)
    fx, fy = np.int64((gx - np.float32(ix)) * np.float32(256.0)), np.int64((gy - np.float32(iy)) * np.float32(256.0))
    return mix_texels(
        texel_color(ground, texel, tint, map_index, ix, iy),
        texel_color(ground, texel, tint, map_index, ix + 1, iy),
        texel_color(ground, texel, tint, map_index, ix, iy + 1),
        texel_color(ground, texel, tint, map_index, ix + 1, iy + 1),
        min(fx, np.int64(255)),
        min(fy, np.int64(255)),
    )


@routine
def magnify_row(ground, texel, tint, map_index, x, y, step_x, step_y, is_first, color):
    """Puts interpolated colours in place of those of nearest texels, for one sample of each pixel of a row.

    Args:
        ground: `GroundArrays`.
        texel: Texels of all tiles, flat.
        tint: Colour lanes of each palette index, uint64, shape (256,).
        map_index: Where the map lies.
        x: First sample from the map's origin [m].
        y: The same northwards.
        step_x: From sample to sample [m].
        step_y: The same northwards.
        is_first: It is the first sample: the colours that are there are forgotten. Those of later ones are added.
        color: Sums of the row as `gather_row` leaves them, with the class on top; changed in place.
    """
    at_x, at_y = np.int64((f64(x) / TEXEL_M - 0.5) * _ONE), np.int64((f64(y) / TEXEL_M - 0.5) * _ONE)
    by_x, by_y = np.int64(f64(step_x) / TEXEL_M * _ONE), np.int64(f64(step_y) / TEXEL_M * _ONE)
    last_x, last_y = _NOWHERE, _NOWHERE
    c00, c10, c01, c11 = u64(0), u64(0), u64(0), u64(0)
    for column in range(color.shape[0]):
        ix, iy = at_x >> 16, at_y >> 16
        if ix != last_x or iy != last_y:
            c00 = texel_color(ground, texel, tint, map_index, ix, iy)
            c10 = texel_color(ground, texel, tint, map_index, ix + 1, iy)
            c01 = texel_color(ground, texel, tint, map_index, ix, iy + 1)
            c11 = texel_color(ground, texel, tint, map_index, ix + 1, iy + 1)
            last_x, last_y = ix, iy
        mixed = mix_texels(c00, c10, c01, c11, (at_x >> 8) & 255, (at_y >> 8) & 255)
        kept = color[u64(column)]
        if is_first:
            kept = (kept >> _CLASS_SHIFT) << _CLASS_SHIFT
        color[u64(column)] = kept + mixed
        at_x += by_x
        at_y += by_y
