"""A texture while it is drawn: shapes in fractions of its size, and smooth noise."""

from collections.abc import Callable

import numpy as np


class Canvas:
    """A texture being drawn; places are fractions of its width (from the left) and height (from the bottom)."""

    def __init__(self, width: int, height: int, code: int) -> None:
        self.codes = np.full((height, width), code, np.uint8)
        self.u = ((np.arange(width) + 0.5) / width)[None, :]
        self.v = ((np.arange(height) + 0.5) / height)[:, None]

    def rect(self, u0: float, u1: float, v0: float, v1: float, code: int) -> None:
        """Fills a rectangle."""
        self.codes[(self.u >= u0) & (self.u < u1) & (self.v >= v0) & (self.v < v1)] = code

    def disc(self, u: float, v: float, ru: float, rv: float, code: int) -> None:
        """Fills an ellipse."""
        self.codes[((self.u - u) / ru) ** 2 + ((self.v - v) / rv) ** 2 < 1.0] = code

    def mirrored(self, draw: Callable[[float, float, float, float, int], None], *shape: float, code: int) -> None:
        """Draws a rectangle and its mirror image."""
        u0, u1, v0, v1 = shape
        draw(u0, u1, v0, v1, code)
        draw(1.0 - u1, 1.0 - u0, v0, v1, code)


def smooth_noise(width: int, height: int, cell: int, seed: int) -> np.ndarray:
    """Noise in [0, 1), random every `cell` texels and smooth between, float64, shape (height, width)."""
    # Only `Generator.random` is used: its bits are the same in every NumPy.
    generator = np.random.Generator(np.random.PCG64(seed))
    lattice = generator.random((height // cell + 2, width // cell + 2))
    y, x = np.arange(height)[:, None] / cell, np.arange(width)[None, :] / cell
    iy, ix = y.astype(np.int64), x.astype(np.int64)
    fy, fx = y - iy, x - ix
    fy, fx = fy * fy * (3 - 2 * fy), fx * fx * (3 - 2 * fx)
    low = lattice[iy, ix] * (1 - fx) + lattice[iy, ix + 1] * fx
    high = lattice[iy + 1, ix] * (1 - fx) + lattice[iy + 1, ix + 1] * fx
    return low * (1 - fy) + high * fy
