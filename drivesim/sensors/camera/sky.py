"""Sky pictures and haze.

The sky is a picture over (elevation, bearing from the sun), one for each of a few heights of the sun: a gradient,
clouds, the glow around the sun. Its lowest row has the colour of the haze that distant things fade into, so that
ground and sky meet without a seam.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from drivesim.sensors.camera.paint import lanes_of

HAZE_LENGTH_M = 800.0
"""Distance at which a share 1 - 1/e of a colour is haze: extinction 1/800 per metre (Koschmieder)."""
HAZE_STEP_M = 2.0
SKY_DEPTH_M = 1000.0
"""Depth reported for the sky [m]; ground farther than this is sky as well."""
SUN_HEIGHTS = np.linspace(0.15, 1.35, 7)
"""Elevations of the sun for which pictures exist [rad]."""
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


def _noise(x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Smooth noise in [0, 1) at any points, random at whole numbers, repeating every 64."""
    lattice = np.random.Generator(np.random.PCG64([seed, 0x5C7])).random((64, 64))
    ix, iy = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = x - ix, y - iy
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    corners = [lattice[(iy + dy) & 63, (ix + dx) & 63] for dy in (0, 1) for dx in (0, 1)]
    low, high = corners[0] * (1 - fx) + corners[1] * fx, corners[2] * (1 - fx) + corners[3] * fx
    return low * (1 - fy) + high * fy


def _clouds(elevation: np.ndarray, bearing: np.ndarray) -> np.ndarray:
    """Cloud cover in [0, 1] of a layer seen in perspective, thinning into the haze."""
    reach = 1.0 / (np.tan(np.minimum(elevation, 1.5)) + 0.09)
    x, y = reach * np.cos(bearing), reach * np.sin(bearing)
    amount = np.zeros(np.broadcast_shapes(elevation.shape, bearing.shape))
    for octave, weight in enumerate((0.5, 0.26, 0.15, 0.09)):
        scale = 0.8 * 2.0**octave
        amount += weight * _noise(x * scale + 17.3 * octave, y * scale + 5.1 * octave, octave)
    cover = np.clip((amount - 0.46) / 0.24, 0.0, 1.0)
    return cover * cover * (3 - 2 * cover) * np.clip((elevation - 0.02) / 0.12, 0.0, 1.0)


def _picture(rows: int, columns: int, sun: float) -> tuple[np.ndarray, np.ndarray]:
    """RGB of one sky, float64, shape (rows, columns, 3), and of its haze."""
    elevation = (np.arange(rows)[:, None] + 0.5) * (0.5 * math.pi / rows)
    bearing = (np.arange(columns)[None, :] + 0.5) * (2.0 * math.pi / columns)
    warmth = math.exp(-sun / 0.22)
    haze = np.array((206.0, 216.0, 226.0)) + warmth * np.array((26.0, -8.0, -42.0))
    zenith = np.array((58.0, 108.0, 186.0)) * (1.0 - 0.35 * warmth)
    rise = (1.0 - np.exp(-elevation / 0.42))[..., None]
    color = haze + (zenith - haze) * rise
    between = np.sin(elevation) * math.sin(sun) + np.cos(elevation) * math.cos(sun) * np.cos(bearing)
    angle = np.arccos(np.clip(between, -1.0, 1.0))[..., None]
    glow = 0.5 * np.exp(-angle / 0.34) + np.exp(-((angle / 0.05) ** 2))
    glow = glow * np.clip(elevation / 0.1, 0.0, 1.0)[..., None]
    cover = _clouds(elevation, bearing)[..., None]
    lit = np.array((250.0, 250.0, 250.0)) + warmth * np.array((2.0, -22.0, -60.0))
    color = color + (lit - color) * 0.85 * cover
    color = color + (np.array((255.0, 250.0, 232.0)) - color) * np.minimum(glow, 1.0)
    return color, haze


@lru_cache(maxsize=8)
def sky_pictures(columns: int) -> Sky:
    """Skies with `columns` bearings, a power of two; elevations are as fine."""
    rows = columns // 4
    color = np.zeros((len(SUN_HEIGHTS), rows, columns), np.uint32)
    haze = np.zeros((len(SUN_HEIGHTS), 3), np.uint8)
    for index, sun in enumerate(SUN_HEIGHTS):
        rgb, haze_rgb = _picture(rows, columns, float(sun))
        levels = np.clip(np.rint(rgb), 0, 255).astype(np.uint32)
        color[index] = levels[..., 0] | levels[..., 1] << 8 | levels[..., 2] << 16
        haze[index] = np.rint(haze_rgb)
    return Sky(
        color=color.ravel(),
        haze=lanes_of(haze),
        haze_share=haze_share((np.arange(1 + int(SKY_DEPTH_M / HAZE_STEP_M)) + 0.5) * HAZE_STEP_M),
        bearing_shift=np.int64(33 - int(columns).bit_length()),
        picture_size=np.int64(rows * columns),
    )
