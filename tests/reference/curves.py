"""Slow, independent evaluations of reference lines and of lanes given as points."""

import math

import numpy as np


def fresnel(t: float) -> tuple[float, float]:
    """C(t) and S(t), the integrals of cos and sin of pi u^2 / 2, by their power series; for |t| below 3."""
    cosine = sine = 0.0
    for n in range(60):
        sign = -1.0 if n % 2 else 1.0
        half_pi = math.pi / 2.0
        cosine += sign * half_pi ** (2 * n) / math.factorial(2 * n) * t ** (4 * n + 1) / (4 * n + 1)
        sine += sign * half_pi ** (2 * n + 1) / math.factorial(2 * n + 1) * t ** (4 * n + 3) / (4 * n + 3)
    return cosine, sine


def end_of(x: float, y: float, heading: float, pieces: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Pose at the end of pieces (length, curvature at the start, at the end): Simpson's rule, 400 steps each."""
    for length, first, last in pieces:
        steps = 400
        u = np.linspace(0.0, length, steps + 1)
        angle = heading + first * u + (last - first) * u * u / (2.0 * length)
        weights = np.ones(steps + 1)
        weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
        weights *= length / steps / 3.0
        x += math.fsum(weights * np.cos(angle))
        y += math.fsum(weights * np.sin(angle))
        heading += 0.5 * (first + last) * length
    return x, y, heading


def lane_pose(points: np.ndarray, heading: np.ndarray, length: float, s: float) -> tuple[float, float, float]:
    """x, y, heading of a lane given as evenly spaced points, straight beyond its ends."""
    along = np.linspace(0.0, length, len(points))
    inside = min(max(s, 0.0), length)
    angle = float(np.interp(inside, along, heading))
    x, y = (float(np.interp(inside, along, points[:, axis])) for axis in (0, 1))
    return x + (s - inside) * math.cos(angle), y + (s - inside) * math.sin(angle), angle


def lane_foot(
    points: np.ndarray, heading: np.ndarray, length: float, x: float, y: float, near: float
) -> tuple[float, float]:
    """s, d of the foot nearest to s = `near` whose normal meets the point: a scan for sign changes, then bisection."""

    def ahead(s: float) -> float:
        foot_x, foot_y, angle = lane_pose(points, heading, length, s)
        return (x - foot_x) * math.cos(angle) + (y - foot_y) * math.sin(angle)

    grid = np.linspace(near - 30.0, near + 30.0, 601)
    values = [ahead(s) for s in grid]
    crossings = [
        (a, b) for a, b, p, q in zip(grid[:-1], grid[1:], values[:-1], values[1:], strict=True) if p >= 0.0 > q
    ]
    low, high = min(crossings, key=lambda pair: abs(pair[0] - near))
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if ahead(middle) >= 0.0 else (low, middle)
    foot_x, foot_y, angle = lane_pose(points, heading, length, low)
    return low, -(x - foot_x) * math.sin(angle) + (y - foot_y) * math.cos(angle)
