"""Reference lines and cubic functions of the station that pass within millimetres of sampled lines."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

import numpy as np

LINE_ERROR_M = 0.001
"""A geometry passes within this of the points of the line [m]."""
TURN_ERROR_RAD = 0.001
VALUE_ERROR_M = 0.001
"""A cubic passes within this of the values [m]."""
PIECE_MAX_POINTS = 4096
_TEXT, _METRES = "{:.8g}", "{:.5f}"


class Sampled(NamedTuple):
    """A line through points, which between them runs as a cubic along the headings."""

    s: np.ndarray
    """Station [m], shape (point,)."""
    points: np.ndarray
    """[m], shape (point, 2)."""
    heading: np.ndarray
    """[rad], unwrapped, shape (point,)."""
    curvature: np.ndarray
    """[1/m], shape (point,)."""

    @property
    def length(self) -> float:
        """Length [m]."""
        return float(self.s[-1])

    def reversed(self) -> "Sampled":
        """The same line, run the other way."""
        return Sampled(self.s[-1] - self.s[::-1], self.points[::-1], self.heading[::-1] + np.pi, -self.curvature[::-1])

    def at(self, s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points, headings and curvatures at stations; before its start and after its end it goes straight on."""
        cell = np.clip(np.searchsorted(self.s, s, side="right") - 1, 0, len(self.s) - 2)
        length = self.s[cell + 1] - self.s[cell]
        inside = np.clip(s, self.s[0], self.s[-1])
        u = ((inside - self.s[cell]) / length)[:, None]
        along = np.stack((np.cos(self.heading), np.sin(self.heading)), axis=-1)
        points = (
            (1.0 + 2.0 * u) * (1.0 - u) ** 2 * self.points[cell]
            + u * (1.0 - u) ** 2 * length[:, None] * along[cell]
            + u * u * (3.0 - 2.0 * u) * self.points[cell + 1]
            + u * u * (u - 1.0) * length[:, None] * along[cell + 1]
        )
        heading = np.interp(inside, self.s, self.heading)
        beyond = (s - inside)[:, None] * np.stack((np.cos(heading), np.sin(heading)), axis=-1)
        return points + beyond, heading, np.interp(inside, self.s, self.curvature)

    def project(self, points: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Stations of points and their offsets to the left [m], found by Newton's method from stations near them."""
        offset = np.zeros_like(s)
        for _ in range(12):
            origin, heading, curvature = self.at(s)
            apart = points - origin
            along = apart[:, 0] * np.cos(heading) + apart[:, 1] * np.sin(heading)
            offset = apart[:, 1] * np.cos(heading) - apart[:, 0] * np.sin(heading)
            s = s + along / np.maximum(1.0 - curvature * offset, 0.2)
        return s, offset


def sampled(points: np.ndarray, heading: np.ndarray, curvature: np.ndarray) -> Sampled:
    """A line from its points and headings; its length is that of the arcs between them."""
    heading = np.unwrap(heading)
    chord = np.hypot(*np.diff(points, axis=0).T)
    half = 0.5 * np.diff(heading)
    arc = chord / np.sinc(half / np.pi)
    return Sampled(np.concatenate(([0.0], np.cumsum(arc))), points, heading, curvature)


def write_plan(road: Element, line: Sampled) -> None:
    """Adds a `<planView>` of lines, arcs and parametric cubics."""
    plan = SubElement(road, "planView")
    first, last = 0, len(line.s) - 1
    while first < last:
        stop = _longest(partial(_fits, line, first), first, last)
        _write_piece(plan, line, first, stop)
        first = stop


def _fits(line: Sampled, first: int, stop: int) -> bool:
    return _piece_error(line, first, stop) <= 1.0


def _longest(fits: Callable[[int], bool], first: int, last: int) -> int:
    """The farthest index up to which something fits, looked for in doubling and then halving steps."""
    good, bad, step = first + 1, min(last, first + PIECE_MAX_POINTS) + 1, 1
    while good + step < bad:
        if fits(good + step):
            good, step = good + step, 2 * step
        else:
            bad = good + step
            break
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def _cubic(line: Sampled, first: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """u(p) and v(p) in the frame of the first point, p the distance from there; coefficients of powers 0 to 3."""
    length = line.s[stop] - line.s[first]
    angle = line.heading[first]
    cos, sin = np.cos(angle), np.sin(angle)
    dx, dy = line.points[stop] - line.points[first]
    end = np.array([dx * cos + dy * sin, dy * cos - dx * sin])
    turn = line.heading[stop] - angle
    start_slope, end_slope = np.array([1.0, 0.0]), np.array([np.cos(turn), np.sin(turn)])
    c = (3.0 * end / length - 2.0 * start_slope - end_slope) / length
    d = (start_slope + end_slope - 2.0 * end / length) / length**2
    rows = np.stack((np.zeros(2), start_slope, c, d))
    return rows[:, 0], rows[:, 1]


def _piece_error(line: Sampled, first: int, stop: int) -> float:
    """Greatest distance of a cubic from the points between its ends, in units of what is allowed."""
    u, v = _cubic(line, first, stop)
    p = line.s[first : stop + 1] - line.s[first]
    powers = np.stack((np.ones_like(p), p, p * p, p**3))
    angle = line.heading[first]
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = u @ powers, v @ powers
    apart = line.points[first : stop + 1] - line.points[first] - np.stack((x * cos - y * sin, x * sin + y * cos), -1)
    slopes = np.stack((np.zeros_like(p), np.ones_like(p), 2.0 * p, 3.0 * p * p))
    turn = np.arctan2(v @ slopes, u @ slopes) - (line.heading[first : stop + 1] - angle)
    turn = (turn + np.pi) % (2.0 * np.pi) - np.pi
    pace = np.hypot(u @ slopes, v @ slopes) - 1.0
    return max(
        float(np.hypot(*apart.T).max()) / LINE_ERROR_M,
        float(np.abs(turn).max()) / TURN_ERROR_RAD,
        float(np.abs(pace).max()) / 0.01 if stop > first + 1 else 0.0,
    )


def _write_piece(plan: Element, line: Sampled, first: int, stop: int) -> None:
    length = line.s[stop] - line.s[first]
    x, y = line.points[first]
    geometry = SubElement(
        plan, "geometry", s=metres(line.s[first]), x=metres(x), y=metres(y), hdg=number(line.heading[first]),
        length=metres(length),
    )  # fmt: skip
    u, v = _cubic(line, first, stop)
    end_v = abs(v[0] + length * (v[1] + length * (v[2] + length * v[3])))
    turn = line.heading[stop] - line.heading[first]
    if end_v < 1e-6 and abs(turn) < 1e-7:
        SubElement(geometry, "line")
        return
    bend = turn / length
    arc_end = np.array([np.sin(turn), 1.0 - np.cos(turn)]) / bend if abs(bend) > 1e-9 else np.array([length, 0.0])
    cubic_end = np.array([np.polyval(c[::-1], length) for c in (u, v)])
    steady = np.abs(line.curvature[first : stop + 1] - bend).max() < 1e-6
    if steady and np.hypot(*(arc_end - cubic_end)) < 1e-6:
        SubElement(geometry, "arc", curvature=number(bend))
        return
    cubic = SubElement(geometry, "paramPoly3", pRange="arcLength")
    for axis, powers in (("U", u), ("V", v)):
        for name, value in zip("abcd", powers, strict=True):
            cubic.set(f"{name}{axis}", number(value))


def cubic_pieces(s: np.ndarray, value: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Cubics through values at stations: where each begins, and its powers of the distance from there."""
    slope = np.gradient(value, s) if len(s) > 2 else np.full_like(value, (value[-1] - value[0]) / (s[-1] - s[0]))
    pieces = []
    first, last = 0, len(s) - 1

    def powers(first: int, stop: int) -> np.ndarray:
        length, rise = s[stop] - s[first], value[stop] - value[first]
        a, b = value[first], slope[first]
        return np.array([a, b, (3.0 * rise / length - 2.0 * b - slope[stop]) / length,
                         (b + slope[stop] - 2.0 * rise / length) / length**2])  # fmt: skip

    def fits(first: int, stop: int) -> bool:
        ds = s[first : stop + 1] - s[first]
        return bool(np.abs(np.polyval(powers(first, stop)[::-1], ds) - value[first : stop + 1]).max() <= VALUE_ERROR_M)

    while first < last:
        stop = _longest(lambda stop, first=first: fits(first, stop), first, last)
        pieces.append((float(s[first]), powers(first, stop)))
        first = stop
    return pieces


def number(value: float) -> str:
    """A number as text, to 1e-8 of its size."""
    return _TEXT.format(0.0 if abs(value) < 1e-14 else float(value))


def metres(value: float) -> str:
    """A length or place as text, to 1e-5 m."""
    text = _METRES.format(float(value)).rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
