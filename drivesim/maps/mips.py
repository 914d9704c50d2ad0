"""Coarser levels of the ground picture.

A level is kept as two layers: the ground without paint (palette indices), and how much of each texel paint
covers. Ground is averaged by luma (in light, not in code values) inside the material that wins the vote of the
four children. Paint coverage is averaged exactly, and becomes a painted texel again only when layers are
composed, so that a line neither dies nor grows from level to level:

* A line of width w that crosses a texel of size t covers at most w / t of it, and at least one texel of those it
  runs through gets half of that. A texel therefore shows paint from 0.4 of `LINE_WIDTH_M / t` up (wear takes the
  rest): a line of 0.12 m stays connected and one or two texels wide at every level.
* That holds up to texels of 1.6 m, so that a lane keeps ground between its two lines. Coarser texels show
  paint only when an eighth of them is painted; thinner lines there just lighten the ground.
* The shown contrast of a painted texel goes with the square root of its coverage: a far line fades half as fast
  as in a plain average.
"""

import math

import numpy as np
from numba import njit

from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M
from drivesim.maps.materials import LIGHTNESS, MATERIAL_OF, NEAREST_SHADE, RAMPS, Material, shade

LINE_WIDTH_M = 0.12
"""The thinnest line that must survive."""
COVER_FULL = 1 << 14
"""Coverage of a texel that is all paint; coverages are uint16 with `COVER_YELLOW` set where the paint is yellow."""
COVER_YELLOW = 1 << 15
PAINT_GAIN = 2.25
"""Luma of fresh white paint over that of the asphalt beside it, lit alike."""

_WIDEST_LINE_TEXEL_M = 1.6
_COVER_MASK = np.int32(COVER_YELLOW - 1)
_YELLOW = np.uint16(COVER_YELLOW)
_UNIT = np.float32(1.0 / COVER_FULL)
_GAIN = np.float32(PAINT_GAIN)
_YELLOW_GAIN = np.float32(0.8)
_LIGHT_MAX = np.float32(255.0)
_HALF = np.float32(0.5)
_WHITE, _YELLOW_PAINT = int(Material.WHITE_PAINT), int(Material.YELLOW_PAINT)
_MATERIAL_COUNT = len(RAMPS)
_LIGHT_STEPS = 1 << 10


def _build_thresholds() -> np.ndarray:
    texel = TEXEL_M * 2.0 ** np.arange(LEVEL_COUNT)
    thin = 0.4 * np.minimum(LINE_WIDTH_M / texel, 1.0)
    return np.where(texel <= _WIDEST_LINE_TEXEL_M + 1e-6, thin, 0.125).astype(np.float32)


def _build_shade_of_light() -> np.ndarray:
    # Row: material; column: the sum of four squared lumas, divided by 256 (the middle of each step is looked up).
    luma = np.sqrt((np.arange(_LIGHT_STEPS) + 0.5) * 256.0 / 4.0)
    return np.stack([shade(Material(material), luma) for material in range(_MATERIAL_COUNT)])


COVER_SHOWN = _build_thresholds()
"""Least coverage at which a texel shows paint, float32, shape (level,)."""
_SHADE_OF_LIGHT = _build_shade_of_light()
_LIGHT_BITS = np.int32(18)
_LIGHT_MASK = np.int32((1 << 18) - 1)
# Squared luma in the low bits, wide enough for the sum of four; the material above them.
_LIGHT = LIGHTNESS.astype(np.int32) ** 2 + (MATERIAL_OF.astype(np.int32) << 18)


@njit(inline="always")
def merge_base(a, b, c, d):
    """Palette index of the texel that covers four unpainted ones; a tied vote goes to the first child's pair."""
    pa, pb, pc, pd = _LIGHT[a], _LIGHT[b], _LIGHT[c], _LIGHT[d]
    light = (pa + pb + pc + pd) & _LIGHT_MASK
    ma, mb, mc, md = pa >> _LIGHT_BITS, pb >> _LIGHT_BITS, pc >> _LIGHT_BITS, pd >> _LIGHT_BITS
    material = ma
    if ma != mb and ma != mc and ma != md:
        if mb == mc or mb == md:
            material = mb
        elif mc == md:
            material = mc
    return _SHADE_OF_LIGHT[material, light >> 8]


@kernel
def merge_cover(a, b, c, d):
    """Coverage of the texel that covers four others; the colour is that of most of the paint."""
    yellow = np.int32(0)
    total = np.int32(0)
    for cover in (a, b, c, d):
        amount = np.int32(cover) & _COVER_MASK
        total += amount
        if cover & _YELLOW:
            yellow += amount
    mean = np.uint16((total + 2) >> 2)
    return mean | _YELLOW if 2 * yellow > total else mean


@kernel
def painted(base, cover, shown):
    """Palette index of a texel with paint on it; `shown` is the level's entry of `COVER_SHOWN`."""
    amount = np.float32(np.int32(cover) & _COVER_MASK) * _UNIT
    if amount <= np.float32(0.0):
        return base
    ground = np.float32(LIGHTNESS[base])
    paint = _GAIN * ground
    material = _WHITE
    if cover & _YELLOW:
        paint *= _YELLOW_GAIN
        material = _YELLOW_PAINT
    if amount >= shown:
        amount = np.float32(math.sqrt(amount))
    else:
        material = np.int64(MATERIAL_OF[base])
    light = min(ground + (paint - ground) * amount, _LIGHT_MAX)
    return NEAREST_SHADE[material, np.int32(light + _HALF)]


@kernel
def _coarser(base, cover, base_out, cover_out):
    for row in range(base_out.shape[0]):
        for column in range(base_out.shape[1]):
            y, x = 2 * row, 2 * column
            base_out[row, column] = merge_base(base[y, x], base[y, x + 1], base[y + 1, x], base[y + 1, x + 1])
            cover_out[row, column] = merge_cover(cover[y, x], cover[y, x + 1], cover[y + 1, x], cover[y + 1, x + 1])


@kernel
def _compose(base, cover, shown, picture_out):
    for row in range(base.shape[0]):
        for column in range(base.shape[1]):
            picture_out[row, column] = painted(base[row, column], cover[row, column], shown)


def layers_of(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Splits palette indices into unpainted ground and paint coverage.

    Args:
        picture: uint8, shape (row, column).

    Returns:
        Ground, uint8, and coverage, uint16; painted texels lie on asphalt lit as they are.
    """
    light = LIGHTNESS.astype(np.float64)
    under = np.arange(256, dtype=np.uint8)
    cover = np.zeros(256, np.uint16)
    white = MATERIAL_OF == Material.WHITE_PAINT
    yellow = MATERIAL_OF == Material.YELLOW_PAINT
    under[white] = shade(Material.ASPHALT, light[white] / PAINT_GAIN)
    under[yellow] = shade(Material.ASPHALT, light[yellow] / (PAINT_GAIN * float(_YELLOW_GAIN)))
    cover[white] = COVER_FULL
    cover[yellow] = COVER_FULL | COVER_YELLOW
    return under[picture], cover[picture]


def coarser(base: np.ndarray, cover: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The next level of both layers.

    Args:
        base: Ground without paint, uint8, shape (row, column), both even.
        cover: Paint coverage, uint16, same shape.

    Returns:
        Ground and coverage, shape (row / 2, column / 2).
    """
    rows, columns = base.shape[0] // 2, base.shape[1] // 2
    base_out, cover_out = np.empty((rows, columns), np.uint8), np.empty((rows, columns), np.uint16)
    _coarser(base, cover, base_out, cover_out)
    return base_out, cover_out


def compose(base: np.ndarray, cover: np.ndarray, level: int) -> np.ndarray:
    """Palette indices of a level from its layers, uint8, shape (row, column)."""
    picture = np.empty_like(base)
    _compose(base, cover, COVER_SHOWN[level], picture)
    return picture
