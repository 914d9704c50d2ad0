"""Textures of plants, buildings and roadside things."""

import numpy as np

from drivesim.sensors.camera.canvas import Canvas, smooth_noise
from drivesim.sensors.camera.paint import CLEAR, Built, Plant


def tree(seed: int) -> np.ndarray:
    """A broad-leaved tree: a crown of several lobes above a trunk."""
    width, height = 64, 128
    c = Canvas(width, height, CLEAR)
    c.rect(0.462, 0.538, 0.0, 0.42, Plant.BARK)
    c.rect(0.462, 0.49, 0.0, 0.42, Plant.BARK_DARK)
    generator = np.random.Generator(np.random.PCG64([seed, 1]))
    draws = generator.random((9, 4))
    depth = np.full((height, width), -1.0)
    for k, draw in enumerate(draws):
        angle = 2.0 * np.pi * (k + 0.6 * draw[0]) / len(draws)
        spread = 0.0 if k == 0 else 1.0
        u = 0.5 + spread * 0.24 * np.cos(angle)
        v = 0.63 + spread * (0.19 * np.sin(angle) + 0.05 * draw[1])
        ru, rv = 0.2 + 0.06 * draw[2], 0.14 + 0.035 * draw[3]
        _lobe(c, depth, u, v, ru, rv)
    return _leafed(c, depth, seed)


def _lobe(c: Canvas, depth: np.ndarray, u: float, v: float, ru: float, rv: float) -> None:
    """Raises `depth`, how far leaves stand out towards the light, by a ball of foliage."""
    x, y = (c.u - u) / ru, (c.v - v) / rv
    inside = 1.0 - x**2 - y**2
    lit = 0.5 + 0.5 * y + 0.25 * np.sqrt(np.maximum(inside, 0.0))
    np.copyto(depth, np.maximum(depth, lit), where=inside > 0.0)


def _leafed(c: Canvas, depth: np.ndarray, seed: int) -> np.ndarray:
    """Turns depth into leaf codes: mottled, darker below, with a ragged rim."""
    height, width = c.codes.shape
    coarse = smooth_noise(width, height, 6, seed * 2 + 11)
    fine = smooth_noise(width, height, 2, seed * 2 + 12)
    filled = depth >= 0.0
    padded = np.pad(filled, 2)
    core = np.ones_like(filled)
    for dy, dx in ((0, 2), (4, 2), (2, 0), (2, 4)):
        core &= padded[dy : dy + height, dx : dx + width]
    crown = core | (filled & (fine > 0.5))
    lift = np.clip((c.v - 0.3) / 0.6, 0.0, 1.0)
    light = 1.1 + 2.0 * np.clip(depth, 0.0, 1.0) + 1.5 * lift + 1.9 * (coarse - 0.5) + 1.3 * (fine - 0.5)
    leaves = np.clip(np.floor(light), Plant.LEAF_1, Plant.LEAF_5).astype(np.uint8)
    c.codes[crown] = leaves[crown]
    return c.codes


def conifer(seed: int) -> np.ndarray:
    """A fir: tiers of branches that narrow towards the top."""
    width, height = 64, 128
    c = Canvas(width, height, CLEAR)
    c.rect(0.46, 0.54, 0.0, 0.12, Plant.BARK_DARK)
    fine = smooth_noise(width, height, 2, seed * 2 + 31)
    coarse = smooth_noise(width, height, 5, seed * 2 + 32)
    tier = (c.v * (9.0 + seed % 2)) % 1.0
    half = (1.0 - c.v) * 0.5 * (0.68 + 0.32 * (1.0 - tier)) + 0.01
    across = np.abs(c.u - 0.5)
    crown = (c.v > 0.07) & (across < half * (0.86 + 0.28 * fine))
    light = 1.3 + 1.6 * (1.0 - tier) + 0.8 * c.v + 1.4 * (coarse - 0.5) + 1.2 * (fine - 0.5) - across / half * 0.5
    leaves = np.clip(np.floor(light), Plant.LEAF_1, Plant.LEAF_4).astype(np.uint8)
    c.codes[crown] = leaves[crown]
    return c.codes


def bush(seed: int) -> np.ndarray:
    """A low shrub with several rounded heads."""
    c = Canvas(64, 64, CLEAR)
    draws = np.random.Generator(np.random.PCG64([seed, 2])).random((6, 3))
    depth = np.full(c.codes.shape, -1.0)
    for k, draw in enumerate(draws):
        u = 0.22 + 0.56 * (k + draw[0]) / len(draws)
        _lobe(c, depth, u, 0.34 + 0.24 * draw[1], 0.2 + 0.05 * draw[2], 0.4)
    _lobe(c, depth, 0.5, 0.3, 0.44, 0.36)
    return _leafed(c, depth, seed + 40)


def facade(ground_floor: bool) -> np.ndarray:
    """One bay of a storey: a window, and on the ground floor a plinth and a door beside it."""
    c = Canvas(64, 32, Built.WALL)
    windows = ((0.1, 0.34), (0.62, 0.9)) if ground_floor else ((0.12, 0.38), (0.62, 0.88))
    for u0, u1 in windows:
        c.rect(u0 - 0.02, u1 + 0.02, 0.3, 0.82, Built.FRAME)
        c.rect(u0, u1, 0.34, 0.78, Built.WINDOW)
        c.rect(u0, u1, 0.6, 0.72, Built.WINDOW_LIGHT)
        c.rect((u0 + u1) / 2 - 0.008, (u0 + u1) / 2 + 0.008, 0.34, 0.78, Built.FRAME)
    if ground_floor:
        c.rect(0.0, 1.0, 0.0, 0.12, Built.WALL_DARK)
        c.rect(0.42, 0.56, 0.0, 0.74, Built.FRAME)
        c.rect(0.435, 0.545, 0.0, 0.72, Built.DOOR)
    return c.codes


def gable() -> np.ndarray:
    """The wall under a gable, with an attic window."""
    c = Canvas(64, 32, Built.WALL)
    c.rect(0.43, 0.57, 0.2, 0.62, Built.FRAME)
    c.rect(0.445, 0.555, 0.24, 0.58, Built.WINDOW)
    return c.codes


def roof() -> np.ndarray:
    """Rows of tiles."""
    c = Canvas(16, 16, Built.ROOF)
    for row in (0.0, 0.25, 0.5, 0.75):
        c.rect(0.0, 1.0, row, row + 0.07, Built.ROOF_DARK)
    return c.codes


def delineator() -> np.ndarray:
    """A white post with the slanted black band and its reflector."""
    c = Canvas(8, 64, Built.WHITE)
    c.rect(0.0, 1.0, 0.7, 0.9, Built.BLACK)
    c.rect(0.25, 0.75, 0.74, 0.86, Built.LIGHT)
    return c.codes


def rail_beam() -> np.ndarray:
    """The W-beam of a guard rail: light on its two waves, dark in the fold and at the lower edge."""
    c = Canvas(8, 16, Built.METAL)
    c.rect(0.0, 1.0, 0.4, 0.58, Built.METAL_DARK)
    c.rect(0.0, 1.0, 0.0, 0.12, Built.METAL_DARK)
    return c.codes


def rail_posts() -> np.ndarray:
    """Four metres under the beam: two posts, and one looks through between them."""
    c = Canvas(64, 8, CLEAR)
    for u in (0.25, 0.75):
        c.rect(u - 0.016, u + 0.016, 0.0, 1.0, Built.METAL_DARK)
    return c.codes


def sign_direction() -> np.ndarray:
    """A motorway panel: arrow and two lines of writing."""
    c = Canvas(64, 64, Built.PANEL)
    c.mirrored(c.rect, 0.02, 0.045, 0.03, 0.97, code=Built.WHITE)
    c.rect(0.02, 0.98, 0.03, 0.055, Built.WHITE)
    c.rect(0.02, 0.98, 0.945, 0.97, Built.WHITE)
    for v, lengths in ((0.72, (0.2, 0.12, 0.16)), (0.5, (0.12, 0.22)), (0.2, (0.18,))):
        u = 0.1
        for length in lengths:
            c.rect(u, u + length, v, v + 0.1, Built.WHITE)
            u += length + 0.04
    for k in range(10):
        c.rect(0.66 + 0.018 * k, 0.7 + 0.018 * k, 0.12 + 0.022 * k, 0.17 + 0.022 * k, Built.WHITE)
    c.rect(0.76, 0.88, 0.34, 0.38, Built.WHITE)
    c.rect(0.85, 0.88, 0.24, 0.38, Built.WHITE)
    return c.codes


def sign_limit() -> np.ndarray:
    """A speed limit: white disc, red rim, two digits."""
    c = Canvas(64, 64, CLEAR)
    c.disc(0.5, 0.5, 0.5, 0.5, Built.RED)
    c.disc(0.5, 0.5, 0.38, 0.38, Built.PANEL)
    for u in (0.28, 0.53):
        c.rect(u, u + 0.18, 0.34, 0.66, Built.BLACK)
        c.rect(u + 0.06, u + 0.12, 0.4, 0.6, Built.PANEL)
    c.rect(0.34, 0.4, 0.48, 0.52, Built.BLACK)
    return c.codes


def sign_chevron() -> np.ndarray:
    """A red board with white arrow heads that point left: it stands at the right of a left bend."""
    c = Canvas(32, 32, Built.RED)
    for place in (0.12, 0.58):
        tip = place + 0.26 - np.abs(c.v - 0.5) * 0.5
        c.codes[(c.u > tip - 0.18) & (c.u < tip)] = Built.WHITE
    return np.ascontiguousarray(c.codes[:, ::-1])


def disc_back() -> np.ndarray:
    """The grey back of a round sign."""
    c = Canvas(32, 32, CLEAR)
    c.disc(0.5, 0.5, 0.5, 0.5, Built.METAL_DARK)
    return c.codes


def barrier() -> np.ndarray:
    """Four metres of noise barrier: panels between steel posts on a concrete foot."""
    c = Canvas(64, 32, Built.PANEL)
    for row in np.arange(0.12, 1.0, 0.11):
        c.rect(0.0, 1.0, row, row + 0.035, Built.PANEL_DARK)
    c.rect(0.0, 1.0, 0.0, 0.12, Built.METAL_DARK)
    c.rect(0.0, 0.04, 0.0, 1.0, Built.METAL_DARK)
    return c.codes


def masonry() -> np.ndarray:
    """A low wall of stones with a coping."""
    c = Canvas(32, 16, Built.WALL)
    for k, row in enumerate((0.0, 0.3, 0.6)):
        c.rect(0.0, 1.0, row, row + 0.06, Built.WALL_DARK)
        for u in (0.0, 0.34, 0.67):
            u += 0.16 * (k % 2)
            c.rect(u, u + 0.035, row, row + 0.3, Built.WALL_DARK)
    return c.codes


def timber() -> np.ndarray:
    """A post-and-rail fence; one looks through between the rails."""
    c = Canvas(64, 32, CLEAR)
    for row in (0.3, 0.56, 0.82):
        c.rect(0.0, 1.0, row, row + 0.12, Built.WALL)
        c.rect(0.0, 1.0, row, row + 0.03, Built.WALL_DARK)
    c.rect(0.0, 0.05, 0.0, 1.0, Built.WALL_DARK)
    c.rect(0.5, 0.55, 0.0, 1.0, Built.WALL_DARK)
    return c.codes
