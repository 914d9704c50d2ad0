"""What ground looks like from near: noise, fields, wear and shadow, turned into shades of the palette.

Every texel starts from a luma of its material. To that are added the finest noise that its level can hold (the
average of the finer levels' noise, so that levels agree), waves of 6 to 100 m, and the rows of a field; wear and
patches are drawn into `tone` beforehand. Shadow scales the result.
"""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit

from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import TEXEL_M
from drivesim.maps.materials import NEAREST_SHADE, Material
from drivesim.maps.mips import COVER_YELLOW, painted
from drivesim.maps.noise import DETAIL_MORE, DETAIL_UNIT, WAVE_M, floor, wave_at
from drivesim.rng import mix

TONE_NEUTRAL = 128
"""Value of `tone` that changes nothing; a step is one luma."""
COARSE_M = TEXEL_M * 16
"""Texel of the distance field [m]."""
SHADOW_FULL = 255
SHADOW_LEAVES = 160
"""Shadow values from here down are of foliage and let spots of light through."""

_WAVE_M = np.float32(WAVE_M)
_DETAIL_UNIT = np.float32(DETAIL_UNIT)
_SHADE_DEPTH = np.float32(0.52 / 255.0)
_PER_FIELD_LENGTH = np.float32(1.0 / 170.0)
"""Fields per metre."""
_PER_FIELD_WIDTH = np.float32(1.0 / 64.0)
_VERGE_M = np.float32(5.0)
_VERGE_FRAY_M = np.float32(1.2)
VERGE_LEVELS = 3
"""Levels from the finest on whose own tiles may lie beside a road."""
_FAR_M = np.float32(100.0)
"""Stands for the distance from the road on levels whose own tiles all lie beyond the verge."""
_EIGHTH = np.float32(0.125)
_COVER_MASK = np.int32(COVER_YELLOW - 1)
_COVER_COLOR = np.uint16(COVER_YELLOW)
_f = np.float32


class Surface(IntEnum):
    """What the area canvas holds. `TERRAIN` is verge or field, by its distance from the road."""

    TERRAIN = 0
    GRAVEL = 1
    PAVEMENT = 2
    ASPHALT = 3
    PARKING = 4
    CURB = 5


_ASPHALT, _PARKING = int(Surface.ASPHALT), int(Surface.PARKING)
_ASPHALT_8 = np.uint64(_ASPHALT * 0x0101010101010101)


class Look(NamedTuple):
    """How the ground of one map differs from that of others."""

    asphalt: np.float32
    """Luma of its asphalt."""
    grass: np.float32
    """Luma of its grass."""
    field_cos: np.float32
    """Direction of its fields."""
    field_sin: np.float32
    fields: np.uint64
    """Chooses what grows where."""
    shift_x: np.int64
    """Moves the noise [finest texels]; a multiple of 64."""
    shift_y: np.int64


_MATERIAL = np.array(
    [Material.GRASS, Material.GRAVEL, Material.CONCRETE, Material.ASPHALT, Material.ASPHALT, Material.CONCRETE],
    np.int64,
)
_LUMA = np.array([0, 122, 142, 0, -12, 168], np.float32)
_GRAIN = np.array([0, 0.9, 0.45, 1, 1.1, 0.35], np.float32)
_GRASS_GRAIN = np.array([0, 1.2, 0, 0, 0, 0], np.float32)
_FIELD_MATERIAL = np.array(
    [Material.GRASS, Material.GRASS, Material.GRASS, Material.STRAW, Material.SOIL, Material.GRASS, Material.STRAW,
     Material.GRASS], np.int64
)  # fmt: skip
_FIELD_LUMA = np.array([4, 10, -14, 44, -10, 0, 24, -4], np.float32)
_FIELD_GRAIN = np.array([1, 0.7, 0.7, 0.7, 0.7, 1, 0.9, 0.9], np.float32)
_FIELD_ROW_M = np.array([8, 5, 1.6, 15, 1.6, 8, 6, 3.2], np.float32)
_FIELD_ROW_LUMA = np.array([0, 4, 4, -3, 4, 0, 2, 3], np.float32)


def look_of(seed: int) -> Look:
    """The look of a map's ground."""
    draw = np.random.Generator(np.random.PCG64([seed, 0x6E0])).random(6)
    angle = 2.0 * math.pi * float(draw[2])
    return Look(
        asphalt=np.float32(92.0 + 24.0 * draw[0]),
        grass=np.float32(88.0 + 16.0 * draw[1]),
        field_cos=np.float32(math.cos(angle)),
        field_sin=np.float32(math.sin(angle)),
        fields=np.uint64(int(draw[3] * 2.0**52)),
        shift_x=np.int64(int(draw[4] * 4096) * 64),
        shift_y=np.int64(int(draw[5] * 4096) * 64),
    )


@kernel
def _distance_at(distance, x, y):
    """Bilinear, held at the border; x and y in texels of the field, whose values are at texel centres."""
    x = min(max(x - _f(0.5), _f(0.0)), _f(distance.shape[1] - 1.001))
    y = min(max(y - _f(0.5), _f(0.0)), _f(distance.shape[0] - 1.001))
    x0, y0 = np.int64(x), np.int64(y)
    u, v = x - _f(x0), y - _f(y0)
    low = distance[y0, x0] + u * (distance[y0, x0 + 1] - distance[y0, x0])
    high = distance[y0 + 1, x0] + u * (distance[y0 + 1, x0 + 1] - distance[y0 + 1, x0])
    return low + v * (high - low)


@kernel
def _field_at(look, u, v):
    """Key of the field at (u, v), metres along and across the fields of the map; its top bits say what grows."""
    row = np.int64(floor(u * _PER_FIELD_LENGTH))
    key = mix(look.fields ^ np.uint64(row & 0xFFFF))
    shift = _f(key >> np.uint64(40)) * _f(2.0**-24)
    strip = np.int64(floor(v * _PER_FIELD_WIDTH + shift))
    return mix(key ^ np.uint64(strip & 0xFFFF))


@kernel
def _verge_width(long, noise):
    """Width of the grass between a road and its fields [m]; noise frays its edge by at most `_VERGE_FRAY_M`."""
    return _VERGE_M + _f(0.12) * long + min(max(_f(0.03) * noise, -_VERGE_FRAY_M), _VERGE_FRAY_M)


@njit(inline="always")
def _crop(field):
    """Row of the field tables."""
    return np.int64(field >> np.uint64(61))


@njit(inline="always")
def _row_light(crop, phase):
    """Luma of a field's rows; phase [rows] is not below -4."""
    odd = np.int32(phase * _f(2.0) + _f(8.0)) & np.int32(1)
    return _FIELD_ROW_LUMA[crop] * _f(np.int32(1) - np.int32(2) * odd)


@njit(inline="always")
def _row_scale(crop, texel_m):
    """Rows per metre; 0 where they are narrower than three texels and would flicker."""
    return _f(1.0) / _FIELD_ROW_M[crop] if _FIELD_ROW_M[crop] > _f(3.0) * texel_m else _f(0.0)


@njit(inline="always")
def _shade_of(material, light):
    return NEAREST_SHADE[material, np.int32(min(max(light + _f(0.5), _f(0.0)), _f(255.0)))]


@kernel
def _lit(shadow, leaf):
    """Share of light under a shadow value; `leaf` is the noise that lets light through foliage."""
    dark = _f(shadow)
    if shadow != 0 and shadow <= SHADOW_LEAVES:
        dark = min(max(dark + _f(5.0) * leaf, _f(0.0)), _f(255.0))
    return _f(1.0) - _SHADE_DEPTH * dark


@kernel
def _verge_shade(look, long, noise, lit):
    """Grass along the road, straw where both noises run high."""
    light = look.grass + _f(6.0) + _f(0.7) * long + noise
    material = np.int64(Material.GRASS)
    if long + _f(0.8) * noise > _f(13.0):
        material = np.int64(Material.STRAW)
        light += _f(10.0)
    return _shade_of(material, light * lit)


@kernel
def _worn(cover, wear):
    """Coverage left of worn paint; never so little that a thin line would break (see `mips`)."""
    fresh = min(max(_f(1.0) - _f(0.02) * wear, _f(0.84)), _f(1.0))
    return np.uint16(_f(np.int32(cover) & _COVER_MASK) * fresh) | (cover & _COVER_COLOR)


@kernel
def _survey(look, wave, distance, level, tile_x, tile_y, slow_out, field_out):
    """Waves, distance from the road and field at the 9 x 9 corners of a tile's blocks.

    Between the corners the first two are taken as linear: they change little over 8 texels.
    """
    texel_m = _f(TEXEL_M * 2.0**level)
    to_wave, to_coarse = texel_m / _WAVE_M, texel_m / _f(COARSE_M)
    shift_x, shift_y = look.shift_x >> level, look.shift_y >> level
    u_step, v_step = look.field_cos * texel_m, -look.field_sin * texel_m
    u0 = (_f(tile_x * 64) * look.field_cos + _f(tile_y * 64) * look.field_sin) * texel_m
    v0 = (_f(tile_y * 64) * look.field_cos - _f(tile_x * 64) * look.field_sin) * texel_m
    side = _f(64.0)
    field = _field_at(look, u0, v0)
    # A field is convex: a tile with the same one at its four corners holds no other.
    one_field = (
        field == _field_at(look, u0 + side * u_step, v0 + side * v_step)
        and field == _field_at(look, u0 - side * v_step, v0 + side * u_step)
        and field == _field_at(look, u0 + side * (u_step - v_step), v0 + side * (u_step + v_step))
    )
    for row in range(9):
        y = tile_y * 64 + row * 8
        for column in range(9):
            x = tile_x * 64 + column * 8
            slow_out[0, row, column] = wave_at(wave, _f(x + shift_x) * to_wave, _f(y + shift_y) * to_wave)
            slow_out[1, row, column] = _FAR_M
            if level < VERGE_LEVELS:
                slow_out[1, row, column] = _distance_at(distance, _f(x) * to_coarse, _f(y) * to_coarse)
            field_out[row, column] = field
            if not one_field:
                i, j = _f(column * 8), _f(row * 8)
                field_out[row, column] = _field_at(look, u0 + i * u_step - j * v_step, v0 + i * v_step + j * u_step)


@kernel
def _across(slow, which, row, column, t):
    """A slow value at the left end of a texel row of a block, and its step per texel."""
    first = slow[which, row, column] + t * (slow[which, row + 1, column] - slow[which, row, column])
    last = slow[which, row, column + 1] + t * (slow[which, row + 1, column + 1] - slow[which, row, column + 1])
    return first, (last - first) * _EIGHTH


@kernel
def texture_tiles(
    tiles, canvas_x, canvas_y, surface, tone, shadow, level, look, asphalt, grass, wave, distance, shown,
    slow, fields, cover, base_out, texel_out,
):  # fmt: skip
    """Fills tiles from the canvases.

    Args:
        tiles: Rows (tile, column, row, quadrants): where to write, where it lies, and a bit per quadrant to fill.
        canvas_x: Tile column of the canvases' lower left corner.
        canvas_y: Tile row of it.
        surface: `Surface`, uint8, shape (row, column) of texels at this level.
        tone: Luma offsets around `TONE_NEUTRAL`, uint8, at half that resolution.
        shadow: 0 lit to 255, uint8, shape of `surface`.
        level: Level of the tiles.
        look: `Look`.
        asphalt: `asphalt_detail()` of the level.
        grass: `grass_detail()` of the level.
        wave: `waves()`.
        distance: Distance from the nearest road [m], float32, texels of `COARSE_M`.
        shown: `COVER_SHOWN` of the level.
        slow: Work space, float32, shape (2, 9, 9).
        fields: Work space, uint64, shape (9, 9).
        cover: Paint coverage, uint16, shape (tile, 4096); worn here.
        base_out: Receives the ground without paint, uint8, shape (tile, 4096).
        texel_out: Receives the finished texels, likewise.
    """
    texel_m = _f(TEXEL_M * 2.0**level)
    mask = np.int64(asphalt.shape[0] - DETAIL_MORE - 1)
    shift_x, shift_y = look.shift_x >> level, look.shift_y >> level
    u_step, v_step = look.field_cos * texel_m, -look.field_sin * texel_m
    surface_8, shadow_8 = surface.view(np.uint64), shadow.view(np.uint64)
    for n in range(tiles.shape[0]):
        tile = tiles[n, 0]
        _survey(look, wave, distance, level, tiles[n, 1], tiles[n, 2], slow, fields)
        for block in range(64):
            bx, by = block & 7, block >> 3
            if not (tiles[n, 3] >> ((bx >> 2) | ((by >> 2) << 1))) & 1:
                continue
            x0, y0 = tiles[n, 1] * 64 + bx * 8, tiles[n, 2] * 64 + by * 8
            left, low = (tiles[n, 1] - canvas_x) * 64 + bx * 8, (tiles[n, 2] - canvas_y) * 64 + by * 8
            kinds, common, darkest = np.uint64(0), ~np.uint64(0), np.uint64(0)
            for row in range(8):
                kinds |= surface_8[low + row, left >> 3]
                common &= surface_8[low + row, left >> 3]
                darkest |= shadow_8[low + row, left >> 3]
            bare = kinds == 0 and darkest == 0
            all_asphalt = kinds == common and kinds == _ASPHALT_8 and darkest == 0
            nearest, farthest = _FAR_M, -_FAR_M
            for corner in range(4):
                row, column = by + (corner >> 1), bx + (corner & 1)
                beyond = slow[1, row, column] - _verge_width(slow[0, row, column], _f(0.0))
                nearest, farthest = min(nearest, beyond), max(farthest, beyond)
            all_verge = farthest < -_VERGE_FRAY_M
            field = fields[by, bx]
            crop = _crop(field)
            one_field = field == fields[by, bx + 1] and field == fields[by + 1, bx] and field == fields[by + 1, bx + 1]
            all_field = one_field and nearest > _VERGE_FRAY_M
            first = (x0 + shift_x) & mask
            u0 = (_f(x0) * look.field_cos + _f(y0) * look.field_sin) * texel_m
            v0 = (_f(y0) * look.field_cos - _f(x0) * look.field_sin) * texel_m
            row_scale = _row_scale(crop, texel_m)
            for row in range(8):
                noise_y = (y0 + row + shift_y) & mask
                long_0, long_step = _across(slow, 0, by, bx, _f(row) * _EIGHTH)
                far_0, far_step = _across(slow, 1, by, bx, _f(row) * _EIGHTH)
                phase_0 = (v0 + _f(row) * u_step) * row_scale
                phase_0 -= _f(floor(phase_0))
                at = block * 64 + row * 8
                if bare and all_field:
                    material = _FIELD_MATERIAL[crop]
                    level_light = look.grass + _FIELD_LUMA[crop] + long_0
                    for column in range(8):
                        i = _f(column)
                        noise = _f(grass[noise_y, first + column]) * _DETAIL_UNIT
                        light = level_light + i * long_step + noise * _FIELD_GRAIN[crop]
                        light += _row_light(crop, phase_0 + i * v_step * row_scale)
                        base = _shade_of(material, light)
                        base_out[tile, at + column] = base
                        texel_out[tile, at + column] = base
                    continue
                if bare and all_verge:
                    for column in range(8):
                        noise = _f(grass[noise_y, first + column]) * _DETAIL_UNIT
                        base = _verge_shade(look, long_0 + _f(column) * long_step, noise, _f(1.0))
                        base_out[tile, at + column] = base
                        texel_out[tile, at + column] = base
                    continue
                if all_asphalt:
                    level_light = look.asphalt + _f(0.35) * long_0 - _f(TONE_NEUTRAL)
                    for column in range(8):
                        grain = _f(asphalt[noise_y, first + column]) * _DETAIL_UNIT
                        light = level_light + _f(0.35) * long_step * _f(column) + grain
                        light += _f(tone[(low + row) >> 1, (left + column) >> 1])
                        base = _shade_of(np.int64(Material.ASPHALT), light)
                        base_out[tile, at + column] = base
                        paint = cover[tile, at + column]
                        if paint != 0:
                            long = long_0 + _f(column) * long_step
                            paint = _worn(paint, _f(grass[first + column, noise_y]) * _DETAIL_UNIT + long)
                            cover[tile, at + column] = paint
                            base = painted(base, paint, shown)
                        texel_out[tile, at + column] = base
                    continue
                for column in range(8):
                    i = _f(column)
                    kind = surface[low + row, left + column]
                    long = long_0 + i * long_step
                    noise = _f(grass[noise_y, first + column]) * _DETAIL_UNIT
                    lit = _lit(shadow[low + row, left + column], noise)
                    if kind != 0:
                        grain = _f(asphalt[noise_y, first + column]) * _DETAIL_UNIT
                        light = _LUMA[kind] + _f(0.35) * long + _GRAIN[kind] * grain + _GRASS_GRAIN[kind] * noise
                        if kind == _ASPHALT or kind == _PARKING:
                            offset = np.int32(tone[(low + row) >> 1, (left + column) >> 1]) - np.int32(TONE_NEUTRAL)
                            light += look.asphalt + _f(offset)
                        base = _shade_of(_MATERIAL[kind], light * lit)
                    elif far_0 + i * far_step < _verge_width(long, noise):
                        base = _verge_shade(look, long, noise, lit)
                    else:
                        v = v0 + i * v_step + _f(row) * u_step
                        here = crop
                        if not one_field:
                            here = _crop(_field_at(look, u0 + i * u_step - _f(row) * v_step, v))
                        phase = v * _row_scale(here, texel_m)
                        light = look.grass + _FIELD_LUMA[here] + long + noise * _FIELD_GRAIN[here]
                        light += _row_light(here, phase - _f(floor(phase)))
                        base = _shade_of(_FIELD_MATERIAL[here], light * lit)
                    base_out[tile, at + column] = base
                    paint = cover[tile, at + column]
                    if paint != 0:
                        paint = _worn(paint, _f(grass[first + column, noise_y]) * _DETAIL_UNIT + long)
                        cover[tile, at + column] = paint
                        base = painted(base, paint, shown)
                    texel_out[tile, at + column] = base
