"""Sky pictures and haze.

The sky is a picture over (elevation, bearing from the sun), one for each of a few heights of the sun: a gradient,
clouds, the glow around the sun. Its lowest row has the colour of the haze that distant things fade into, so that
ground and sky meet without a seam.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit

from drivesim.kernels.entry import kernel
from drivesim.sensors.camera.paint import lanes_of

HAZE_LENGTH_M = 800.0
"""Distance at which a share 1 - 1/e of a colour is haze: extinction 1/800 per metre (Koschmieder)."""
HAZE_STEP_M = 2.0
SKY_DEPTH_M = 1000.0
"""Depth reported for the sky [m]; ground farther than this is sky as well."""
SUN_HEIGHTS = np.concatenate([np.linspace(0.15, 1.35, 7), (0.05, 0.0, -0.1)])
"""Elevations of the sun for which pictures exist [rad]; those after the highest are dusk."""
_DUSK_RAD = 0.15
"""Below this the light turns red, and after sunset blue."""
FULL_TURN = 2.0**32
"""Bearings are fixed-point fractions of a turn in a uint32, so that adding them wraps around."""


class Sky(NamedTuple):
    """Sky pictures of one angular resolution."""

    color: np.ndarray
    """Red, green and blue in the low three bytes, uint32, flat; (sun height, elevation row, bearing column)."""
    haze: np.ndarray
    """Colour of the haze per sun height, uint64 lanes."""
    haze_share: np.ndarray
    """Share of haze by distance in steps of `HAZE_STEP_M`, 0 to 256, int64."""
    bearing_shift: np.int64
    """Right shift that turns a bearing into a column."""
    picture_size: np.int64
    """Texels per picture."""


def haze_share(distance_m: np.ndarray | float) -> np.ndarray:
    """Share of haze in a colour seen from a distance [m], 0 to 256."""
    return np.rint(256.0 * -np.expm1(-np.asarray(distance_m, np.float64) / HAZE_LENGTH_M)).astype(np.int64)


def sun_height_index(elevation: np.ndarray) -> np.ndarray:
    """Index of the nearest of `SUN_HEIGHTS`."""
    return np.abs(np.asarray(elevation)[..., None] - SUN_HEIGHTS).argmin(axis=-1).astype(np.int32)


def bearing_fixed(angle: np.ndarray) -> np.ndarray:
    """Angles [rad] as fractions of a turn, uint32."""
    return (np.round(np.asarray(angle, np.float64) / (2.0 * math.pi) * FULL_TURN).astype(np.int64) & 0xFFFFFFFF).astype(
        np.uint32
    )


@lru_cache(maxsize=1)
def _lattices() -> np.ndarray:
    """Random values in [0, 1) of each octave of the clouds, float64, shape (octave, 64, 64)."""
    return np.stack([np.random.Generator(np.random.PCG64([octave, 0x5C7])).random((64, 64)) for octave in range(4)])


@njit
def _noise(lattice, x, y):
    """Smooth noise in [0, 1) at any point, random at whole numbers, repeating every 64."""
    ix, iy = math.floor(x), math.floor(y)
    fx, fy = x - ix, y - iy
    fx, fy = fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy)
    x0, y0 = int(ix) & 63, int(iy) & 63
    x1, y1 = (x0 + 1) & 63, (y0 + 1) & 63
    low = lattice[y0, x0] * (1.0 - fx) + lattice[y0, x1] * fx
    high = lattice[y1, x0] * (1.0 - fx) + lattice[y1, x1] * fx
    return low * (1.0 - fy) + high * fy


@njit
def _clouds(lattices, x, y):
    """Cloud cover in [0, 1] at a point of a layer."""
    amount, scale, weight = 0.0, 0.8, np.array((0.5, 0.26, 0.15, 0.09))
    for octave in range(4):
        amount += weight[octave] * _noise(lattices[octave], x * scale + 17.3 * octave, y * scale + 5.1 * octave)
        scale *= 2.0
    cover = min(max((amount - 0.46) / 0.24, 0.0), 1.0)
    return cover * cover * (3.0 - 2.0 * cover)


@kernel
def _paint(lattices, sun, haze, zenith, lit, glare, color_out):
    """Paints the sky from the horizon up.

    Args:
        lattices: `_lattices()`.
        sun: Its elevation [rad].
        haze: RGB at the horizon.
        zenith: RGB overhead.
        lit: RGB of clouds.
        glare: RGB around the sun.
        color_out: Receives `Sky.color`, uint32, shape (row, column); as fine upwards as around.
    """
    rows, columns = color_out.shape
    texel = 2.0 * math.pi / columns
    for row in range(rows):
        elevation = (row + 0.5) * texel
        rise = 1.0 - math.exp(-elevation / 0.42)
        # A layer of clouds in perspective, thinning into the haze.
        reach = 1.0 / (math.tan(min(elevation, 1.5)) + 0.09)
        thin = 0.85 * min(max((elevation - 0.02) / 0.12, 0.0), 1.0)
        clear = min(max(elevation / 0.1, 0.0), 1.0)
        up, ahead = math.sin(elevation) * math.sin(sun), math.cos(elevation) * math.cos(sun)
        for column in range(columns):
            bearing = (column + 0.5) * texel
            east, north = math.cos(bearing), math.sin(bearing)
            angle = math.acos(min(max(up + ahead * east, -1.0), 1.0))
            glow = 0.5 * math.exp(-angle / 0.34)
            if angle < 0.4:
                glow += math.exp(-((angle / 0.05) ** 2))
            glow = min(glow * clear, 1.0)
            cover = thin * _clouds(lattices, reach * east, reach * north)
            word = np.uint32(0)
            for channel in range(3):
                level = haze[channel] + (zenith[channel] - haze[channel]) * rise
                level += (lit[channel] - level) * cover
                level += (glare[channel] - level) * glow
                word |= np.uint32(min(max(round(level), 0), 255)) << np.uint32(8 * channel)
            color_out[row, column] = word


def _haze_of(sun: float) -> np.ndarray:
    """RGB of the haze under a sun at an elevation [rad], float64."""
    day = np.array((206.0, 216.0, 226.0)) + math.exp(-max(sun, 0.0) / 0.22) * np.array((26.0, -8.0, -42.0))
    return day + (np.array((128.0, 138.0, 170.0)) - day) * min(max(-sun, 0.0) / 0.1, 1.0)


class SkyPictures:
    """Skies with `columns` bearings, a power of two, and `rows` elevations as fine; painted when first asked for."""

    def __init__(self, columns: int, rows: int) -> None:
        self._color = np.zeros((len(SUN_HEIGHTS), rows, columns), np.uint32)
        self._painted = np.zeros(len(SUN_HEIGHTS), np.bool_)
        self.sky = Sky(
            color=self._color.ravel(),
            haze=lanes_of(np.rint([_haze_of(float(sun)) for sun in SUN_HEIGHTS]).astype(np.uint8)),
            haze_share=haze_share((np.arange(1 + int(SKY_DEPTH_M / HAZE_STEP_M)) + 0.5) * HAZE_STEP_M),
            bearing_shift=np.int64(33 - int(columns).bit_length()),
            picture_size=np.int64(rows * columns),
        )

    def paint(self, heights: np.ndarray) -> None:
        """Paints the skies of some `SUN_HEIGHTS`, by index."""
        for index in np.flatnonzero(np.bincount(heights, minlength=len(SUN_HEIGHTS)).astype(bool) & ~self._painted):
            sun = float(SUN_HEIGHTS[index])
            warmth, dusk = math.exp(-max(sun, 0.0) / 0.22), min(max(1.0 - sun / _DUSK_RAD, 0.0), 1.0)
            zenith = np.array((58.0, 108.0, 186.0)) * (1.0 - 0.35 * warmth)
            lit = 250.0 + warmth * np.array((2.0, -22.0, -60.0))
            lit += (np.array((150.0, 146.0, 164.0)) - lit) * min(max(-sun, 0.0) / 0.1, 1.0)
            glare = np.array((255.0, 250.0, 232.0)) + dusk * np.array((0.0, -62.0, -115.0))
            _paint(_lattices(), sun, _haze_of(sun), zenith, lit, glare, self._color[index])
            self._painted[index] = True


@lru_cache(maxsize=8)
def sky_pictures(columns: int, rows: int) -> SkyPictures:
    """The one set of pictures of a size, shared by all cameras."""
    return SkyPictures(columns, rows)
