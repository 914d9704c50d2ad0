"""Textures of people and bicycles."""

import numpy as np

from drivesim.sensors.camera.canvas import Canvas
from drivesim.sensors.camera.paint import CLEAR, Vehicle


def head(hair: float, behind: float) -> np.ndarray:
    """A head: hair over the upper share `hair`, and over a share `behind` of the width from the rear."""
    c = Canvas(16, 16, Vehicle.SKIN)
    c.rect(0.0, 1.0, 1.0 - hair, 1.0, Vehicle.HAIR)
    c.rect(0.0, behind, 0.25, 1.0, Vehicle.HAIR)
    return c.codes


def helmet(share: float) -> np.ndarray:
    """A head under a helmet."""
    c = Canvas(16, 16, Vehicle.SKIN)
    c.rect(0.0, 1.0, 1.0 - share, 1.0, Vehicle.HELMET)
    return c.codes


def bicycle() -> np.ndarray:
    """A bicycle from the side, its front at the right: wheels, frame, fork, saddle; one looks through between."""
    c = Canvas(128, 64, CLEAR)
    tall = 1.05
    for u in (0.185, 0.815):
        c.disc(u, 0.33, 0.185, 0.33, Vehicle.TYRE)
        c.disc(u, 0.33, 0.158, 0.28, CLEAR)
        for k in range(4):
            angle = np.pi * k / 4.0
            _bar(c, u - 0.15 * np.cos(angle), 0.33 - 0.27 * np.sin(angle), u + 0.15 * np.cos(angle),
                 0.33 + 0.27 * np.sin(angle), 0.006, Vehicle.HUB)  # fmt: skip
    for u0, v0, u1, v1 in (
        (0.46, 0.28, 0.36, 0.78), (0.46, 0.28, 0.7, 0.72), (0.38, 0.7, 0.7, 0.78), (0.46, 0.28, 0.185, 0.33),
        (0.185, 0.33, 0.38, 0.72), (0.815, 0.33, 0.7, 0.8),
    ):  # fmt: skip
        _bar(c, u0, v0, u1, v1, 0.016, Vehicle.BODY)
    _bar(c, 0.7, 0.78, 0.72, 0.97, 0.014, Vehicle.TRIM)
    _bar(c, 0.36, 0.78, 0.35, 0.88, 0.012, Vehicle.TRIM)
    c.rect(0.28, 0.42, 0.86, 0.92, Vehicle.TRIM)
    c.disc(0.46, 0.28, 0.04, 0.07 * tall, Vehicle.HUB)
    return c.codes


def bicycle_end() -> np.ndarray:
    """A bicycle from in front or behind: a tyre."""
    c = Canvas(8, 32, CLEAR)
    c.rect(0.2, 0.8, 0.0, 0.66, Vehicle.TYRE)
    return c.codes


def _bar(c: Canvas, u0: float, v0: float, u1: float, v1: float, half: float, code: int) -> None:
    """A straight tube; `half` is half its thickness as a share of the width, which is twice the height."""
    du, dv = u1 - u0, 0.5 * (v1 - v0)
    length = np.hypot(du, dv)
    along = ((c.u - u0) * du + 0.5 * (c.v - v0) * dv) / length
    across = ((c.u - u0) * dv - 0.5 * (c.v - v0) * du) / length
    c.codes[(np.abs(across) < half) & (along > 0.0) & (along < length)] = code
