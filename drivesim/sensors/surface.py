"""The ground as the camera sees it: rows of samples walked through the picture in fixed point, and cast shadows.

A row of a level camera sees a straight line of ground, so its samples advance by a constant step. Where in its tile
every sample lies is worked out first, for the whole row, in integers that the compiler turns into vectors; then the
row is cut into runs inside one tile, and a run is nothing but loads and stores.
"""

import math

import numpy as np
from numba import njit

from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M
from drivesim.maps.ground import TILE_BYTES, texel_offset
from drivesim.sensors.paint import CLASS_SHIFT, LANE_BITS

_LEVELS = np.int64(LEVEL_COUNT)
_TEXELS_PER_M = np.float32(1.0 / TEXEL_M)
_TILE_BYTES = np.int64(TILE_BYTES)
_FRACTION = np.float32(65536.0)
_CLASS_SHIFT = np.uint64(CLASS_SHIFT)
_LANE_ONES = np.uint64(1 | 1 << LANE_BITS | 1 << 2 * LANE_BITS)
_GREEN, _BLUE = np.uint64(LANE_BITS), np.uint64(2 * LANE_BITS)
_FULL = np.uint64(256)
_HALF = np.uint64(128)
i32 = np.int32
u64 = np.uint64
f32 = np.float32


@njit(forceinline=True)
def find_tile(ground, map_index, level, tx, ty):
    """First texel of the tile that answers for tile (tx, ty) of a level, and how many levels coarser it is.

    The first texel is -1 outside the picture.
    """
    for k in range(level, _LEVELS):
        tiles_x = np.int64(ground.tiles[map_index, k, 0])
        if tx < 0 or ty < 0 or tx >= tiles_x or ty >= ground.tiles[map_index, k, 1]:
            return np.int64(-1), np.int64(0)
        tile = np.int64(ground.directory[u64(ground.directory_first[map_index, k] + ty * tiles_x + tx)])
        if tile >= 0:
            return tile * _TILE_BYTES, k - level
        tx >>= 1
        ty >>= 1
    return np.int64(-1), np.int64(0)


@njit(forceinline=True)
def sample_row(ground, texel, material, map_index, level, x, y, step_x, step_y, line, semantic, place, is_first):
    """Adds a row of ground samples to `line.color`.

    Args:
        ground: `GroundArrays`.
        texel: `ground.texel`, flat.
        material: Colour lanes with the class on top of each palette index, uint64, shape (256,).
        map_index: Which map.
        level: Level of the picture.
        x: First sample from the map's origin [m].
        y: First sample from the map's origin [m].
        step_x: From sample to sample [m].
        step_y: From sample to sample [m].
        line: Scratch of one row, `Line`.
        semantic: Where the classes go, flat.
        place: First pixel of the row in `semantic`; negative where these samples give no classes.
        is_first: The row's first samples replace what is in `line.color`.
    """
    width = line.color.shape[0]
    scale = _TEXELS_PER_M / f32(1 << level)
    x, y = x * scale, y * scale
    tile_x, tile_y = np.int64(math.floor(x)) >> 6, np.int64(math.floor(y)) >> 6
    from_x, from_y = i32((x - f32(tile_x << 6)) * _FRACTION), i32((y - f32(tile_y << 6)) * _FRACTION)
    by_x, by_y = i32(step_x * scale * _FRACTION), i32(step_y * scale * _FRACTION)
    for u in range(width):
        ix = i32(i32(from_x + i32(i32(u) * by_x)) >> 16)
        iy = i32(i32(from_y + i32(i32(u) * by_y)) >> 16)
        # `texel_offset`, kept in 32 bits.
        block = i32(i32(i32(iy & 56) << 6) | i32(i32(ix & 56) << 3))
        line.offset[u] = i32(block | i32(i32(i32(iy & 7) << 3) | i32(ix & 7)))
        line.tile[u] = i32(i32(i32(iy >> 6) << 14) + i32(ix >> 6))
    first = np.int64(0)
    while first < width:
        tile = line.tile[u64(first)]
        last = first + 1
        while last + 8 <= width and line.tile[u64(last + 7)] == tile:
            last += 8
        while last < width and line.tile[u64(last)] == tile:
            last += 1
        at_x = tile_x + ((np.int64(from_x) + first * by_x) >> 22)
        at_y = tile_y + ((np.int64(from_y) + first * by_y) >> 22)
        base, coarser = find_tile(ground, map_index, level, at_x, at_y)
        if base < 0 or coarser > 0:
            for u in range(first, last):
                index = np.uint8(0)
                if base >= 0:
                    ix = ((tile_x << 6) + ((np.int64(from_x) + u * by_x) >> 16)) >> coarser
                    iy = ((tile_y << 6) + ((np.int64(from_y) + u * by_y) >> 16)) >> coarser
                    index = texel[u64(base + texel_offset(ix & 63, iy & 63))]
                color = material[index]
                if place >= 0:
                    semantic[u64(place + u)] = np.uint8(color >> _CLASS_SHIFT)
                line.color[u64(u)] = color if is_first else line.color[u64(u)] + color
        elif is_first and place >= 0:
            for u in range(first, last):
                color = material[texel[u64(base + line.offset[u64(u)])]]
                line.color[u64(u)] = color
                semantic[u64(place + u)] = np.uint8(color >> _CLASS_SHIFT)
        elif is_first:
            for u in range(first, last):
                line.color[u64(u)] = material[texel[u64(base + line.offset[u64(u)])]]
        elif place >= 0:
            for u in range(first, last):
                color = material[texel[u64(base + line.offset[u64(u)])]]
                line.color[u64(u)] += color
                semantic[u64(place + u)] = np.uint8(color >> _CLASS_SHIFT)
        else:
            for u in range(first, last):
                line.color[u64(u)] += material[texel[u64(base + line.offset[u64(u)])]]
        first = last


@njit(forceinline=True)
def material_near(ground, texel, map_index, level, x, y):
    """Palette index at a point [m from the map's origin] of a level."""
    scale = _TEXELS_PER_M / f32(1 << level)
    ix, iy = np.int64(math.floor(x * scale)), np.int64(math.floor(y * scale))
    base, coarser = find_tile(ground, map_index, level, ix >> 6, iy >> 6)
    if base < 0:
        return np.uint8(0)
    return texel[u64(base + texel_offset((ix >> coarser) & 63, (iy >> coarser) & 63))]


@njit(forceinline=True)
def write_rgb(rgb, pixel, lanes, shift):
    """Writes lanes that hold colour times 2^shift."""
    place = u64(3) * u64(pixel)
    rgb[place] = np.uint8(lanes >> shift)
    rgb[place + u64(1)] = np.uint8(lanes >> (shift + _GREEN))
    rgb[place + u64(2)] = np.uint8(lanes >> (shift + _BLUE))


@njit(forceinline=True)
def finish_row(line, log2_count, haze_share, haze, rgb, place):
    """Averages the summed samples of a row, blends them with haze and writes the pixels from `place` on."""
    weight = u64(256 - haze_share)
    count = u64(log2_count)
    rest = haze * (u64(haze_share) << count) + _LANE_ONES * (_HALF << count)
    shift = u64(8) + count
    for u in range(line.color.shape[0]):
        write_rgb(rgb, place + u, line.color[u64(u)] * weight + rest, shift)


@njit(forceinline=True)
def blend(color, weight, haze_share, haze):
    """Lanes, times 256, of a colour lit by `weight` (0 to 256) and seen through `haze_share` (0 to 256) of haze."""
    lit = (u64(weight) * (_FULL - u64(haze_share)) + _HALF) >> u64(8)
    return color * lit + haze * u64(haze_share) + _LANE_ONES * _HALF


@njit(forceinline=True)
def darken(rgb, pixel, shade, haze_share, haze):
    """Multiplies a ground pixel's own light by `shade` (0 to 256) and leaves the haze before it as it is."""
    place = u64(3) * u64(pixel)
    extra = u64(haze_share) * (_FULL - u64(shade))
    for channel in range(3):
        glow = (((haze >> (u64(channel) * _GREEN)) & u64(255)) * extra) >> u64(8)
        at = place + u64(channel)
        rgb[at] = np.uint8((u64(rgb[at]) * u64(shade) + glow + _HALF) >> u64(8))
