"""Reference lines of lines, clothoids and arcs, and the lanes that run beside them. Float64 throughout.

A road is described as OpenDRIVE does it: a reference line, stations `s` along it, lateral offsets `t` to its
left. Curvature is piecewise linear in `s`, which covers lines (0), arcs (constant) and clothoids (linear).
"""

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np

CELL_M = 1.0
"""Longest stretch integrated by one quadrature."""
SPACING_M = 1.0
"""Usual distance between the points of a lane."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)
_NODES, _WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS


class Pose(NamedTuple):
    """Where a reference line is at given stations; every array has the shape of the stations."""

    x: np.ndarray
    """[m]"""
    y: np.ndarray
    """[m]"""
    heading: np.ndarray
    """[rad], unwrapped along the line."""
    curvature: np.ndarray
    """[1/m], left positive."""
    curvature_slope: np.ndarray
    """[1/m^2], derivative of curvature by station."""

    def beside(self, offset: np.ndarray | float) -> np.ndarray:
        """Points `offset` to the left of the line [m], shape (station, 2)."""
        return np.stack((self.x - offset * np.sin(self.heading), self.y + offset * np.cos(self.heading)), axis=-1)


@final
class Curve:
    """A chain of pieces of linearly varying curvature, tangent-continuous.

    Args:
        x: Start [m].
        y: Start [m].
        heading: Direction at the start [rad].
        pieces: Rows of (length [m], curvature at the start, curvature at the end [1/m]).
    """

    def __init__(self, x: float, y: float, heading: float, pieces: Sequence[tuple[float, float, float]] | np.ndarray):
        rows = np.asarray(pieces, np.float64).reshape(-1, 3)
        rows = rows[rows[:, 0] > 1e-9]
        if not len(rows) or not np.isfinite(rows).all():
            raise ValueError("pieces: expected at least one finite row (length, curvature, curvature)")
        self.pieces = rows
        length, first, last = rows.T
        count = np.ceil(length / CELL_M).astype(np.int64)
        step = length / count
        owner = np.repeat(np.arange(len(rows)), count)
        within = (np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)) * step[owner]
        slope = (last - first) / length
        piece_heading = heading + np.concatenate(([0.0], np.cumsum(0.5 * (first + last) * length)[:-1]))
        piece_station = np.concatenate(([0.0], np.cumsum(length)))
        self.length = float(piece_station[-1])
        """[m]"""
        self.knots = piece_station
        """Stations where pieces meet, ends included [m], shape (piece + 1,)."""
        self._slope = slope[owner]
        self._curvature = first[owner] + self._slope * within
        self._heading = piece_heading[owner] + (first[owner] + 0.5 * self._slope * within) * within
        self._station = piece_station[owner] + within
        dx, dy = _advance(self._heading, self._curvature, self._slope, step[owner])
        self._x = x + np.concatenate(([0.0], np.cumsum(dx)))[:-1]
        self._y = y + np.concatenate(([0.0], np.cumsum(dy)))[:-1]

    def pose(self, station: np.ndarray) -> Pose:
        """Evaluates the line; before its start and after its end the first and last piece go on."""
        cell = np.searchsorted(self._station, station, side="right") - 1
        np.maximum(cell, 0, out=cell)
        ds = station - self._station[cell]
        heading, curvature, slope = self._heading[cell], self._curvature[cell], self._slope[cell]
        dx, dy = _advance(heading, curvature, slope, ds)
        return Pose(
            self._x[cell] + dx,
            self._y[cell] + dy,
            heading + (curvature + 0.5 * slope * ds) * ds,
            curvature + slope * ds,
            slope,
        )

    def curvature(self, station: np.ndarray) -> np.ndarray:
        """Curvature at the stations [1/m]; cheaper than `pose`."""
        cell = np.maximum(np.searchsorted(self._station, station, side="right") - 1, 0)
        return self._curvature[cell] + self._slope[cell] * (station - self._station[cell])

    def reversed(self) -> "Curve":
        """The same line run from its end to its start."""
        end = self.pose(np.array([self.length]))
        rows = self.pieces[::-1] * (1.0, -1.0, -1.0)
        return Curve(float(end.x[0]), float(end.y[0]), float(end.heading[0]) + np.pi, rows[:, [0, 2, 1]])


def _advance(
    heading: np.ndarray, curvature: np.ndarray, slope: np.ndarray, ds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Integrates (cos, sin) of `heading + curvature u + slope u^2 / 2` over u in [0, ds] by Gauss and Legendre.

    Three nodes: below 1e-12 m per metre at curvatures up to 0.1 / m.
    """
    dx, dy = np.zeros_like(ds), np.zeros_like(ds)
    for node, weight in zip(_NODES, _WEIGHTS, strict=True):
        u = node * ds
        angle = heading + (curvature + 0.5 * slope * u) * u
        dx += weight * np.cos(angle)
        dy += weight * np.sin(angle)
    return dx * ds, dy * ds


@final
class Profile:
    """A piecewise polynomial of the station: lane widths, lateral offsets.

    Args:
        start: Ascending stations where pieces begin [m], shape (piece,). The first also serves all before it.
        coefficients: Powers of (s - start), lowest first, shape (piece, power).
    """

    def __init__(self, start: np.ndarray, coefficients: np.ndarray):
        self.start = np.asarray(start, np.float64)
        self.coefficients = np.asarray(coefficients, np.float64)

    @staticmethod
    def constant(value: float) -> "Profile":
        """The same value everywhere."""
        return Profile(np.zeros(1), np.array([[value]]))

    @staticmethod
    def through(stations: Sequence[float] | np.ndarray, values: Sequence[float] | np.ndarray) -> "Profile":
        """Passes through (station, value) with flat, twice differentiable transitions; constant outside.

        Each transition is the quintic 10 u^3 - 15 u^4 + 6 u^5.
        """
        station, value = np.asarray(stations, np.float64), np.asarray(values, np.float64)
        rows = np.zeros((len(station) + 1, 6))
        rows[:, 0] = np.concatenate((value[:1], value))
        rise, length = np.diff(value), np.diff(station)
        for power, factor in ((3, 10.0), (4, -15.0), (5, 6.0)):
            rows[1:-1, power] = factor * rise / length**power
        return Profile(np.concatenate((station[:1] - 1.0, station)), rows)

    def __mul__(self, factor: float) -> "Profile":
        """Scales the values."""
        return Profile(self.start, self.coefficients * factor)

    def __add__(self, amount: float) -> "Profile":
        """Shifts the values."""
        shifted = self.coefficients.copy()
        shifted[:, 0] += amount
        return Profile(self.start, shifted)

    def value(self, station: np.ndarray) -> np.ndarray:
        """Values at the stations."""
        return self.derivatives(station)[0]

    def derivatives(self, station: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, first and second derivative by station."""
        if self.coefficients.size == 1:
            flat = np.zeros_like(station, np.float64)
            return flat + self.coefficients[0, 0], flat, flat
        piece = np.maximum(np.searchsorted(self.start, station, side="right") - 1, 0)
        powers = self.coefficients[piece]
        u = station - self.start[piece]
        value, first, second = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
        for power in range(powers.shape[1] - 1, -1, -1):
            second = second * u + 2.0 * first
            first = first * u + value
            value = value * u + powers[:, power]
        return value, first, second


class LaneLine(NamedTuple):
    """A lane's centre line, along the direction of travel."""

    points: np.ndarray
    """[m], shape (point, 2), evenly spaced."""
    heading: np.ndarray
    """[rad], shape (point,), unwrapped, starting in [-pi, pi]."""
    curvature: np.ndarray
    """[1/m], shape (point,)."""
    station: np.ndarray
    """Station on the reference line abreast of each point [m], shape (point,)."""
    length: float
    """Arc length [m]."""


def lane_line(curve: Curve, start: float, stop: float, offset: Profile, step_count: int | None = None) -> LaneLine:
    """The line at a lateral offset from a reference line, from station `start` to `stop`.

    With c = 1 - curvature t, the offset line moves hypot(c, t') per metre of station, heads
    atan2(t', c) to the left of the reference line, and its curvature is the derivative of its heading by
    its own arc length.

    Args:
        curve: Reference line.
        start: First station [m].
        stop: Last station [m]; below `start` the lane runs against the reference line.
        offset: Lateral offset t(s), left of the reference line [m].
        step_count: Distances between points; by default as many as come near `SPACING_M`.
    """
    low, high = min(start, stop), max(start, stop)
    node = np.linspace(low, high, max(int(np.ceil((high - low) / CELL_M)), 2) + 1)
    knots = curve.knots[(curve.knots > low + 1e-6) & (curve.knots < high - 1e-6)]
    nearest = node[np.round((knots - low) / (node[1] - node[0])).astype(np.int64)]
    node = np.union1d(node, knots[np.abs(knots - nearest) > 1e-6])
    speed, halfway = _speed(curve, offset, node), _speed(curve, offset, 0.5 * (node[1:] + node[:-1]))
    cells = np.diff(node) / 6.0 * (speed[:-1] + 4.0 * halfway + speed[1:])
    travelled = np.concatenate(([0.0], np.cumsum(cells)))
    length = float(travelled[-1])
    if step_count is None:
        step_count = max(round(length / SPACING_M), 1)
    station = _inverse(node, travelled, speed, np.linspace(0.0, length, step_count + 1))
    pose = curve.pose(station)
    t, slope, bend = offset.derivatives(station)
    c = 1.0 - pose.curvature * t
    squared = c * c + slope * slope
    turn = (bend * c + slope * (pose.curvature_slope * t + pose.curvature * slope)) / squared
    heading = pose.heading + np.arctan2(slope, c)
    curvature = (pose.curvature + turn) / np.sqrt(squared)
    points = pose.beside(t)
    if stop < start:
        points, heading, curvature, station = points[::-1], heading[::-1] + np.pi, -curvature[::-1], station[::-1]
    heading = heading - 2.0 * np.pi * np.round(heading[0] / (2.0 * np.pi))
    return LaneLine(points, heading, curvature, station, length)


def _speed(curve: Curve, offset: Profile, station: np.ndarray) -> np.ndarray:
    """Metres along the offset line per metre of station."""
    t, slope, _ = offset.derivatives(station)
    return np.hypot(1.0 - curve.curvature(station) * t, slope)


def _inverse(station: np.ndarray, travelled: np.ndarray, speed: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Stations at given distances travelled: cubic Hermite interpolation of the inverse function."""
    cell = np.clip(np.searchsorted(travelled, wanted, side="right") - 1, 0, len(station) - 2)
    h = travelled[cell + 1] - travelled[cell]
    u = (wanted - travelled[cell]) / h
    rise = station[cell + 1] - station[cell]
    first, last = h / speed[cell], h / speed[cell + 1]
    bend = (first - rise) * (1.0 - u) + (rise - last) * u
    return station[cell] + u * rise + u * (1.0 - u) * bend
