"""Area that two convex polygons share, by clipping one with the edges of the other (Sutherland-Hodgman), float64."""

import math

import numpy as np


def corners(x: float, y: float, yaw: float, length: float, width: float) -> np.ndarray:
    """Corners of an oriented box, counter-clockwise, shape (4, 2)."""
    half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [length / 2, width / 2]
    turn = np.array([[math.cos(yaw), math.sin(yaw)], [-math.sin(yaw), math.cos(yaw)]])
    return half @ turn + [x, y]


def disc(x: float, y: float, radius: float, sides: int = 720) -> np.ndarray:
    """A polygon inscribed in a circle, counter-clockwise, shape (sides, 2)."""
    angle = np.linspace(0.0, 2.0 * math.pi, sides, endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def clip(subject: list[np.ndarray], start: np.ndarray, end: np.ndarray) -> list[np.ndarray]:
    """The part of a polygon to the left of the line from `start` to `end`."""

    def side(point: np.ndarray) -> float:
        return float((end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0]))

    kept = []
    for here, there in zip(subject, [*subject[1:], *subject[:1]], strict=True):
        a, b = side(here), side(there)
        if a >= 0.0:
            kept.append(here)
        if a * b < 0.0:
            kept.append(here + (there - here) * (a / (a - b)))
    return kept


def shared_area(subject: np.ndarray, clipper: np.ndarray) -> float:
    """Area of the intersection of two convex polygons [m^2], shapes (point, 2), counter-clockwise."""
    polygon = list(subject)
    for start, end in zip(clipper, np.roll(clipper, -1, axis=0), strict=True):
        polygon = clip(polygon, start, end)
        if len(polygon) < 3:
            return 0.0
    x, y = np.array(polygon).T
    return 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
