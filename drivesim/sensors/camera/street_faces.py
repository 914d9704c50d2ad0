"""Textures of what a street is ruled with and furnished with: lights, signs, benches, shelters, hedges."""

from collections.abc import Sequence

import numpy as np

from drivesim.sensors.camera.canvas import Canvas, smooth_noise
from drivesim.sensors.camera.paint import CLEAR, Built, Lens, Plant

_GLYPHS = {
    "0": "01110 10001 10011 10101 11001 10001 01110", "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111", "3": "01110 10001 00001 00110 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010", "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110", "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110", "9": "01110 10001 10001 01111 00001 00010 01100",
    "S": "01111 10000 10000 01110 00001 00001 11110", "T": "11111 00100 00100 00100 00100 00100 00100",
    "O": "01110 10001 10001 10001 10001 10001 01110", "P": "11110 10001 10001 11110 10000 10000 10000",
    "B": "11110 10001 10001 11110 10001 10001 11110", "U": "10001 10001 10001 10001 10001 10001 01110",
}  # fmt: skip
_MAN = "00100 01110 10101 00100 01010 01010 01010"
_WALKER = "00100 01110 11100 00110 01101 10010 00001"


def write(c: Canvas, text: str, u0: float, u1: float, v0: float, v1: float, code: int) -> None:
    """Writes characters of 5 x 7 dots into a rectangle."""
    rows = [" ".join(_GLYPHS[letter].split()[row] for letter in text).replace(" ", "0") for row in range(7)]
    dots(c, rows, u0, u1, v0, v1, code)


def dots(c: Canvas, rows: Sequence[str], u0: float, u1: float, v0: float, v1: float, code: int) -> None:
    """Draws a picture of dots, given from its top row down, into a rectangle."""
    bits = np.array([[dot == "1" for dot in row] for row in rows])
    across = np.floor((c.u - u0) / (u1 - u0) * bits.shape[1]).astype(int)
    down = np.floor((v1 - c.v) / (v1 - v0) * bits.shape[0]).astype(int)
    inside = (across >= 0) & (across < bits.shape[1]) & (down >= 0) & (down < bits.shape[0])
    shown = bits[np.clip(down, 0, bits.shape[0] - 1), np.clip(across, 0, bits.shape[1] - 1)]
    c.codes[inside & shown] = code


_LENSES = ((Lens.GREEN, 0.18), (Lens.AMBER, 0.5), (Lens.RED, 0.82))
_LENS_U, _LENS_V = 0.1 / 0.35, 0.1 / 1.0
"""Radius of a lens of 200 mm over a head's width and height."""


def light_head(arrow: str) -> np.ndarray:
    """Three lenses: full discs, or arrows that point "left", "right" or "straight" on; "" for discs."""
    c = Canvas(32, 64, Lens.HOUSING)
    for code, v in _LENSES:
        if not arrow:
            c.disc(0.5, v, _LENS_U, _LENS_V, code)
            continue
        x, y = (c.u - 0.5) / _LENS_U, (c.v - v) / _LENS_V
        along, across = {"left": (-x, y), "right": (x, y), "straight": (y, x)}[arrow]
        shaft = (np.abs(across) < 0.24) & (np.abs(along) < 0.9)
        tip = (along > 0.0) & (np.abs(across) < 0.95 - along)
        c.codes[np.broadcast_to(shaft & (along < 0.5) | tip, c.codes.shape)] = code
    return c.codes


def walk_head() -> np.ndarray:
    """A red standing figure above a green walking one."""
    c = Canvas(32, 64, Lens.HOUSING)
    dots(c, _MAN.split(), 0.16, 0.84, 0.56, 0.94, Lens.RED)
    dots(c, _WALKER.split(), 0.16, 0.84, 0.06, 0.44, Lens.GREEN)
    return c.codes


def back_board() -> np.ndarray:
    """The board behind a head, with a white rim."""
    c = Canvas(32, 64, Lens.BORDER)
    c.rect(0.06, 0.94, 0.03, 0.97, Lens.BOARD)
    return c.codes


def _octagon(c: Canvas, size: float, code: int) -> None:
    x, y = np.abs(c.u - 0.5), np.abs(c.v - 0.5)
    c.codes[(x < 0.5 * size) & (y < 0.5 * size) & (x + y < 0.7071 * size)] = code


def _triangle(c: Canvas, inset: float, code: int) -> None:
    """An isosceles triangle that stands on its tip."""
    half = 0.5 * (c.v - 0.04) / 0.94 - 1.12 * inset
    c.codes[(np.abs(c.u - 0.5) < half) & (c.v < 0.98 - inset)] = code


def _diamond(c: Canvas, size: float, code: int) -> None:
    c.codes[np.abs(c.u - 0.5) + np.abs(c.v - 0.5) < 0.5 * size] = code


def stop_sign() -> np.ndarray:
    """A red octagon that says STOP."""
    c = Canvas(64, 64, CLEAR)
    _octagon(c, 1.0, Built.WHITE)
    _octagon(c, 0.93, Built.RED)
    write(c, "STOP", 0.14, 0.9, 0.36, 0.66, Built.WHITE)
    return c.codes


def yield_sign() -> np.ndarray:
    """A white triangle on its tip with a red rim."""
    c = Canvas(64, 64, CLEAR)
    _triangle(c, 0.0, Built.RED)
    _triangle(c, 0.12, Built.WHITE)
    return c.codes


def priority_sign() -> np.ndarray:
    """A yellow square on its tip with a white rim."""
    c = Canvas(64, 64, CLEAR)
    _diamond(c, 1.0, Built.BLACK)
    _diamond(c, 0.96, Built.WHITE)
    _diamond(c, 0.68, Built.PANEL)
    return c.codes


def limit_sign(kmh: int) -> np.ndarray:
    """A white disc with a red rim and a number."""
    c = Canvas(64, 64, CLEAR)
    c.disc(0.5, 0.5, 0.5, 0.5, Built.RED)
    c.disc(0.5, 0.5, 0.39, 0.39, Built.WHITE)
    text = str(kmh)
    half = {1: 0.11, 2: 0.24, 3: 0.31}[len(text)]
    write(c, text, 0.5 - half, 0.5 + half + 0.5 * half / len(text) * 0.4, 0.31, 0.69, Built.BLACK)
    return c.codes


def sign_back(shape: str) -> np.ndarray:
    """The grey back of an "octagon", a "triangle" or a "diamond"."""
    c = Canvas(32, 32, CLEAR)
    {"octagon": _octagon, "diamond": _diamond}.get(shape, lambda c, _, code: _triangle(c, 0.0, code))(
        c, 1.0, Built.METAL_DARK
    )
    return c.codes


def bench_side() -> np.ndarray:
    """A bench along its length: slats of seat and back on two legs; one looks through between."""
    c = Canvas(64, 32, CLEAR)
    for v in (0.46, 0.66, 0.8, 0.92):
        c.rect(0.0, 1.0, v, v + 0.09, Built.PANEL)
    for u in (0.1, 0.86):
        c.rect(u, u + 0.05, 0.0, 0.95, Built.METAL_DARK)
    return c.codes


def shelter_pane() -> np.ndarray:
    """A wall of a bus shelter: frame, posts and a notice; one looks through the glass."""
    c = Canvas(64, 64, CLEAR)
    c.rect(0.0, 1.0, 0.92, 1.0, Built.METAL_DARK)
    c.rect(0.0, 1.0, 0.08, 0.11, Built.METAL_DARK)
    for u in (0.0, 0.48, 0.97):
        c.rect(u, u + 0.03, 0.0, 1.0, Built.METAL_DARK)
    c.rect(0.08, 0.34, 0.3, 0.78, Built.WHITE)
    c.rect(0.11, 0.31, 0.34, 0.74, Built.PANEL)
    return c.codes


def bollard() -> np.ndarray:
    """A dark post with a white band."""
    c = Canvas(16, 32, Built.BLACK)
    c.rect(0.0, 1.0, 0.72, 0.86, Built.WHITE)
    return c.codes


def bin_side() -> np.ndarray:
    """A litter bin: a body with a slot below its lid."""
    c = Canvas(32, 32, Built.PANEL)
    c.rect(0.0, 1.0, 0.94, 1.0, Built.METAL_DARK)
    c.rect(0.2, 0.8, 0.76, 0.86, Built.BLACK)
    return c.codes


def hydrant() -> np.ndarray:
    """A pillar hydrant."""
    c = Canvas(32, 64, CLEAR)
    c.rect(0.3, 0.7, 0.0, 0.86, Built.RED)
    c.rect(0.12, 0.88, 0.5, 0.68, Built.RED)
    c.rect(0.2, 0.8, 0.0, 0.1, Built.METAL_DARK)
    c.disc(0.5, 0.86, 0.26, 0.12, Built.RED)
    return c.codes


def hedge() -> np.ndarray:
    """Two metres of a clipped hedge."""
    width, height = 64, 32
    fine, coarse = smooth_noise(width, height, 2, 91), smooth_noise(width, height, 6, 92)
    light = 1.2 + 1.3 * np.linspace(0.0, 1.0, height)[:, None] + 1.8 * (fine - 0.5) + 1.2 * (coarse - 0.5)
    return np.clip(np.floor(light), Plant.LEAF_1, Plant.LEAF_4).astype(np.uint8)
