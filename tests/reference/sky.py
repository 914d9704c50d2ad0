"""The sky, slow and plain: every texel at once in float64 NumPy."""

import math

import numpy as np


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


def sky(rows: int, columns: int, sun: float) -> tuple[np.ndarray, np.ndarray]:
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
