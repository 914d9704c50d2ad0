"""What the ground is made of where rays meet it."""

import numpy as np

from drivesim.kernels.device import device
from drivesim.maps.arrays import TEXEL_M
from drivesim.maps.ground import texel_offset
from drivesim.sensors.camera.rounding import floor_int
from drivesim.sensors.camera.surface import find_tile

_TEXELS_PER_M = np.float32(1.0 / TEXEL_M)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_NOWHERE = np.int64(-(1 << 40))
f32 = np.float32
u64 = np.uint64


@device
def settle_ground(scene, sweep, view, map_index, column, ring, first):
    """Surface and strength of the rays of one beam that have met nothing but the ground, of a level lidar.

    Neighbours mostly lie in one tile, which is then looked up once.
    """
    mount, pattern, ground, surfaces = scene.mount, scene.pattern, scene.ground, scene.surfaces
    row = u64(ring)
    distance, level = pattern.ground[row], pattern.level[row]
    scale = _TEXELS_PER_M / f32(np.int64(1) << level)
    x0, y0 = view.x - scene.origin[map_index, 0], view.y - scene.origin[map_index, 1]
    cos = abs(pattern.elevation_sin[row])
    flat = _ONE - cos * cos
    at_x, at_y = _NOWHERE, _NOWHERE
    texel, coarser = np.int64(-1), np.int64(0)
    for k in range(mount.columns):
        at, c = u64(first + k), u64(k)
        if sweep.surface[at] != 0:
            continue
        ix = floor_int((x0 + column[c, 0] + distance * column[c, 2]) * scale)
        iy = floor_int((y0 + column[c, 1] + distance * column[c, 3]) * scale)
        if ix >> 6 != at_x or iy >> 6 != at_y:
            at_x, at_y = ix >> 6, iy >> 6
            texel, coarser = find_tile(ground, map_index, level, at_x, at_y)
        palette = np.uint8(0)
        if texel >= 0:
            palette = scene.texel[u64(texel + texel_offset((ix >> coarser) & 63, (iy >> coarser) & 63))]
        of = u64(palette)
        sweep.surface[at] = np.uint32(surfaces.ground[of])
        sweep.strength[at] = surfaces.ground_returned[of, 0] * cos + surfaces.ground_returned[of, 1] * flat


@device
def ground_at(scene, map_index, x, y, level):
    """Code of the ground at a point of the world [m]; see `Surfaces.ground`."""
    scale = _TEXELS_PER_M / f32(np.int64(1) << level)
    ix = floor_int((x - scene.origin[map_index, 0]) * scale)
    iy = floor_int((y - scene.origin[map_index, 1]) * scale)
    texel, coarser = find_tile(scene.ground, map_index, level, ix >> 6, iy >> 6)
    palette = np.uint8(0)
    if texel >= 0:
        palette = scene.texel[u64(texel + texel_offset((ix >> coarser) & 63, (iy >> coarser) & 63))]
    return scene.surfaces.ground[u64(palette)]
