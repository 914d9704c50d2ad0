"""The ground as the camera sees it: rows of samples walked through the picture in fixed point, and cast shadows.

A row of a level camera sees a straight line of ground, so its samples advance by a constant step. Where in its tile
every sample lies is worked out first, for the whole row, in integers that the compiler turns into vectors; then the
row is cut into runs inside one tile, and a run is nothing but loads and stores.
"""

import numpy as np

from drivesim.kernels.device import device
from drivesim.kernels.target import prefetch
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M
from drivesim.maps.ground import TILE_BYTES, texel_offset
from drivesim.sensors.camera.paint import CLASS_SHIFT, LANE_BITS

_LEVELS = np.int64(LEVEL_COUNT)
_TEXELS_PER_M = np.float32(1.0 / TEXEL_M)
_TILE_BYTES = np.int64(TILE_BYTES)
_FRACTION = np.float32(65536.0)
_CLASS_SHIFT = np.uint64(CLASS_SHIFT)
_LANE_ONES = np.uint64(1 | 1 << LANE_BITS | 1 << 2 * LANE_BITS)
_GREEN, _BLUE = np.uint64(LANE_BITS), np.uint64(2 * LANE_BITS)
_FULL = np.uint64(256)
_HALF = np.uint64(128)
_PREFETCH_STEP = 4
_ABSENT = np.int64(-(1 << 48))
"""Less than any entry for a tile that is there."""
i32 = np.int32
u64 = np.uint64
f32 = np.float32


@device
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


@device
def fetch_tiles(ground, map_index, level, low_x, low_y, count_x, count_y):
    """Asks the memory for what `list_tiles` will read."""
    tiles_x, tiles_y = np.int64(ground.tiles[map_index, level, 0]), np.int64(ground.tiles[map_index, level, 1])
    for ty in range(max(low_y, np.int64(0)), min(low_y + count_y, tiles_y)):
        row = np.int64(ground.directory_first[map_index, level]) + ty * tiles_x
        prefetch(ground.directory, row + min(max(low_x, np.int64(0)), tiles_x))


@device
def list_tiles(ground, map_index, level, low_x, low_y, count_x, count_y, base, first):
    """Writes where the texels of a rectangle of tiles begin to `base` from `first` on, row by row.

    An entry is the tile's first texel less 4096 times the entry's number: added to what `aim_row` writes, it gives a
    sample's texel. `_ABSENT` stands for a tile outside the picture, and `_ABSENT` - 1 - (8 * texel + k) for one that
    a level k coarser answers for.

    Returns:
        Whether every tile is there.
    """
    is_whole = True
    for ty in range(count_y):
        for tx in range(count_x):
            entry = first + ty * count_x + tx
            texel, coarser = find_tile(ground, map_index, level, low_x + tx, low_y + ty)
            if texel < 0:
                base[u64(entry)] = _ABSENT
            elif coarser > 0:
                base[u64(entry)] = _ABSENT - np.int64(1) - (texel * np.int64(8) + coarser)
            else:
                base[u64(entry)] = texel - (entry << np.int64(12))
            is_whole = is_whole and texel >= 0 and coarser == 0
    return is_whole


@device
def coarse_texel(texel, begin, where, table, low_x, low_y, count_x):
    """Palette index for a sample whose tile is missing; `begin` is the tile's entry in the table."""
    if begin == _ABSENT:
        return np.uint8(0)
    known = _ABSENT - np.int64(1) - begin
    coarser = known & 7
    entry = (where >> 12) - table
    tile_y = entry // count_x
    tile_x = entry - tile_y * count_x
    ix = ((low_x + tile_x) << 6) + (((where >> 6) & 7) << 3) + (where & 7)
    iy = ((low_y + tile_y) << 6) + (((where >> 9) & 7) << 3) + ((where >> 3) & 7)
    return texel[u64((known >> 3) + texel_offset((ix >> coarser) & 63, (iy >> coarser) & 63))]


@device
def aim_row(level, x, y, step_x, step_y, low_x, low_y, count_x, table, code, place, width):
    """Works out where the samples of a row lie: entry of the tile table times 4096 plus place in the tile.

    Args:
        level: Level of the picture.
        x: First sample from the map's origin [m].
        y: First sample from the map's origin [m].
        step_x: From sample to sample [m].
        step_y: From sample to sample [m].
        low_x: Column of the table's first tile.
        low_y: Row of the table's first tile.
        count_x: Tiles per row of the table.
        table: First entry of the level's tiles.
        code: Receives the places, int32.
        place: Where in `code`.
        width: Number of samples.
    """
    scale = _TEXELS_PER_M / f32(1 << level)
    from_x = i32((x * scale - f32(low_x << 6)) * _FRACTION)
    from_y = i32((y * scale - f32(low_y << 6)) * _FRACTION)
    by_x, by_y = i32(step_x * scale * _FRACTION), i32(step_y * scale * _FRACTION)
    stride, start = i32(count_x), i32(table)
    for u in range(width):
        ix = i32(i32(from_x + i32(i32(u) * by_x)) >> 16)
        iy = i32(i32(from_y + i32(i32(u) * by_y)) >> 16)
        # `texel_offset`, kept in 32 bits.
        block = i32(i32(i32(iy & 56) << 6) | i32(i32(ix & 56) << 3))
        offset = i32(block | i32(i32(i32(iy & 7) << 3) | i32(ix & 7)))
        entry = i32(start + i32(i32(i32(iy >> 6) * stride) + i32(ix >> 6)))
        code[u64(place + u)] = i32(i32(entry << 12) | offset)


@device
def fetch_row(texel, base, code, place, width):
    """Asks the memory for the cache lines of a row; neighbouring samples mostly share theirs."""
    for u in range(0, width, _PREFETCH_STEP):
        where = np.int64(code[u64(place + u)])
        prefetch(texel, max(base[u64(where >> 12)] + where, np.int64(0)))


@device
def index_at(texel, base, code, place):
    """Palette index of an aimed sample whose tile is there."""
    where = np.int64(code[u64(place)])
    return texel[u64(base[u64(where >> 12)] + where)]


@device
def gather_whole_row(texel, material, tint, base, code, place, count, color):
    """`gather_row` for a level that has all of its tiles: nothing but loads and stores."""
    width = color.shape[0]
    if count == 1:
        for u in range(width):
            color[u64(u)] = material[index_at(texel, base, code, place + u)]
    elif count == 2:
        for u in range(width):
            color[u64(u)] = (
                tint[index_at(texel, base, code, place + u)] + material[index_at(texel, base, code, place + width + u)]
            )
    else:
        for u in range(width):
            color[u64(u)] = (
                tint[index_at(texel, base, code, place + u)]
                + tint[index_at(texel, base, code, place + width + u)]
                + material[index_at(texel, base, code, place + 2 * width + u)]
                + tint[index_at(texel, base, code, place + 3 * width + u)]
            )


@device
def gather_row(texel, material, tint, base, code, place, count, table, low_x, low_y, count_x, color):
    """Sums the samples that `aim_row` has aimed for a row of pixels, with the class of the central ones on top.

    Args:
        texel: Texels of all tiles, flat.
        material: Colour lanes with the class on top of each palette index, uint64, shape (256,).
        tint: The same without the class.
        base: Where tiles begin, see `list_tiles`.
        code: From `aim_row`; first sample of every pixel, second of every pixel and so on.
        place: Where in `code`.
        count: Samples of a pixel: 1, 2 or 4.
        table: As given to `aim_row`.
        low_x: As given to `aim_row`.
        low_y: As given to `list_tiles`.
        count_x: As given to `aim_row`.
        color: Receives the sums, uint64, shape (column,).
    """
    width = color.shape[0]
    for u in range(width):
        lanes = u64(0)
        for k in range(count):
            where = np.int64(code[u64(place + k * width + u)])
            begin = base[u64(where >> 12)]
            if begin > _ABSENT:
                index = texel[u64(begin + where)]
            else:
                index = coarse_texel(texel, begin, where, table, low_x, low_y, count_x)
            lanes += material[index] if k == count >> 1 else tint[index]
        color[u64(u)] = lanes


@device
def write_rgb(rgb, pixel, lanes, shift):
    """Writes lanes that hold colour times 2^shift."""
    place = u64(3) * u64(pixel)
    rgb[place] = np.uint8(lanes >> shift)
    rgb[place + u64(1)] = np.uint8(lanes >> (shift + _GREEN))
    rgb[place + u64(2)] = np.uint8(lanes >> (shift + _BLUE))


@device
def blend_samples(lanes, log2_count, haze_share, haze):
    """Mean of summed ground samples, blended with haze: lanes, and the power of two by which they are scaled."""
    count = u64(log2_count)
    rest = haze * (u64(haze_share) << count) + _LANE_ONES * (_HALF << count)
    return lanes * u64(256 - haze_share) + rest, u64(8) + count


@device
def write_classes(color, semantic, place):
    """Writes the classes on top of a row's colours to the pixels from `place` on."""
    for u in range(color.shape[0]):
        semantic[u64(place + u)] = np.uint8(color[u64(u)] >> _CLASS_SHIFT)


@device
def finish_row(color, log2_count, haze_share, haze, rgb, place):
    """Averages the summed samples of a row, blends them with haze and writes the pixels from `place` on."""
    # The class on top is shifted out by the multiplication or lies above the bits that are written.
    for u in range(color.shape[0]):
        lanes, shift = blend_samples(color[u64(u)], log2_count, haze_share, haze)
        write_rgb(rgb, place + u, lanes, shift)


@device
def blend(color, weight, haze_share, haze):
    """Lanes, times 256, of a colour lit by `weight` (0 to 256) and seen through `haze_share` (0 to 256) of haze."""
    lit = (u64(weight) * (_FULL - u64(haze_share)) + _HALF) >> u64(8)
    return color * lit + haze * u64(haze_share) + _LANE_ONES * _HALF


@device
def darken(rgb, pixel, shade, haze_share, haze):
    """Multiplies a ground pixel's own light by `shade` (0 to 256) and leaves the haze before it as it is."""
    place = u64(3) * u64(pixel)
    extra = u64(haze_share) * (_FULL - u64(shade))
    for channel in range(3):
        glow = (((haze >> (u64(channel) * _GREEN)) & u64(255)) * extra) >> u64(8)
        at = place + u64(channel)
        rgb[at] = np.uint8((u64(rgb[at]) * u64(shade) + glow + _HALF) >> u64(8))
