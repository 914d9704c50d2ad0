"""Reference lines: chains of lines, arcs, spirals and cubic polynomials, and cubic functions of the station."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from drivesim.maps.curves import Curve
from drivesim.maps.opendrive.document import Element

PIECE_MAX_M = 50_000.0
"""Longest geometry [m]."""
POINT_MAX_M = 1e7
"""Farthest coordinate [m]."""
CURVATURE_MAX = 10.0
"""Tightest curvature of arcs and spirals [1/m]."""
SHORTEST_M = 1e-6
"""Geometries shorter than this are left out [m]."""
_POLY_STEPS = 256


class Cubics(NamedTuple):
    """A piecewise cubic function: value a + b ds + c ds^2 + d ds^3 from each start on; 0 before the first."""

    start: np.ndarray
    """[m], ascending, shape (piece,)."""
    coefficients: np.ndarray
    """Shape (piece, 4)."""

    def __call__(self, s: np.ndarray) -> np.ndarray:
        """Values at stations."""
        if not len(self.start):
            return np.zeros_like(s)
        piece = np.searchsorted(self.start, s, side="right") - 1
        a, b, c, d = self.coefficients[np.maximum(piece, 0)].T
        ds = s - self.start[np.maximum(piece, 0)]
        return np.where(piece >= 0, a + ds * (b + ds * (c + ds * d)), 0.0)


def cubics(elements: Sequence[Element], key: str) -> Cubics:
    """A function from elements with `key` and a, b, c, d; of equal starts the last holds."""
    rows = sorted(
        ((e.number(key), n, *(e.number(k, 0.0) for k in "abcd")) for n, e in enumerate(elements)), key=lambda r: r[:2]
    )
    kept = [row for k, row in enumerate(rows) if k + 1 == len(rows) or rows[k + 1][0] > row[0]]
    table = np.array([(row[0], *row[2:]) for row in kept], np.float64).reshape(-1, 5)
    return Cubics(table[:, 0], table[:, 1:])


class Piece(Protocol):
    """A geometry: x, y [m] and heading [rad] at distances from its start."""

    def __call__(self, ds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Evaluates it."""
        ...


class _CurvePiece:
    def __init__(self, x: float, y: float, heading: float, length: float, first: float, last: float) -> None:
        self._curve = Curve(x, y, heading, [(length, first, last)])

    def __call__(self, ds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        pose = self._curve.pose(ds)
        return pose.x, pose.y, pose.heading


class _ParamPoly3:
    """u(p), v(p) in the frame of the start; p grows evenly with the station, as the standard has it."""

    def __init__(self, x: float, y: float, heading: float, u: np.ndarray, v: np.ndarray, scale: float) -> None:
        self._x, self._y, self._heading, self._u, self._v, self._scale = x, y, heading, u, v, scale

    def __call__(self, ds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        p = ds * self._scale
        u, v = (c[0] + p * (c[1] + p * (c[2] + p * c[3])) for c in (self._u, self._v))
        du, dv = (c[1] + p * (2.0 * c[2] + p * 3.0 * c[3]) for c in (self._u, self._v))
        cos, sin = np.cos(self._heading), np.sin(self._heading)
        return self._x + u * cos - v * sin, self._y + u * sin + v * cos, self._heading + np.arctan2(dv, du)


class _Poly3:
    """v(u); the station is the arc length, so u is found by integrating it."""

    def __init__(self, x: float, y: float, heading: float, c: np.ndarray, length: float) -> None:
        self._frame, self._c = (x, y, heading), c
        u = np.linspace(0.0, length, _POLY_STEPS)
        pace = np.hypot(1.0, c[1] + u * (2.0 * c[2] + u * 3.0 * c[3]))
        self._u, self._s = u, np.concatenate(([0.0], np.cumsum(0.5 * (pace[1:] + pace[:-1]) * np.diff(u))))

    def __call__(self, ds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, y, heading = self._frame
        c, u = self._c, np.interp(ds, self._s, self._u)
        v, slope = c[0] + u * (c[1] + u * (c[2] + u * c[3])), c[1] + u * (2.0 * c[2] + u * 3.0 * c[3])
        cos, sin = np.cos(heading), np.sin(heading)
        return x + u * cos - v * sin, y + u * sin + v * cos, heading + np.arctan(slope)


class ReferenceLine:
    """The reference line of a road.

    Attributes:
        length: [m]
        knots: Stations where geometries meet, ends included [m].
    """

    def __init__(self, pieces: Sequence[tuple[float, float, Piece]]) -> None:
        """Joins pieces (start, length [m], geometry), ascending."""
        self._pieces = [piece for *_, piece in pieces]
        self._start = np.array([start for start, *_ in pieces])
        self._length = np.array([length for _, length, _ in pieces])
        self.length = float(self._start[-1] + self._length[-1])
        self.knots = np.unique(np.append(self._start, self.length))

    def __call__(self, s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, y [m] and heading [rad] at stations; beyond its ends as the outermost geometries go on."""
        which = np.clip(np.searchsorted(self._start, s, side="right") - 1, 0, len(self._pieces) - 1)
        x, y, heading = np.empty_like(s), np.empty_like(s), np.empty_like(s)
        for index in np.unique(which):
            chosen = which == index
            x[chosen], y[chosen], heading[chosen] = self._pieces[index](s[chosen] - self._start[index])
        return x, y, heading

    def beside(self, s: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Points t to the left of it [m], shape (station, 2)."""
        x, y, heading = self(s)
        return np.stack((x - t * np.sin(heading), y + t * np.cos(heading)), axis=-1)


def reference_line(road: Element) -> ReferenceLine:
    """The reference line of a `<road>`.

    Raises:
        FileFormatError: It has no geometry, or one that is no line, or beyond all bounds.
    """
    plan = road.one("planView")
    pieces = []
    for element in plan.all("geometry") if plan is not None else ():
        length = element.number("length")
        if length < SHORTEST_M:
            continue
        if length > PIECE_MAX_M:
            raise element.error(f"length: expected at most {PIECE_MAX_M:.0f} m, got {length}")
        pieces.append((element.number("s"), length, _piece(element, length)))
    if not pieces:
        raise road.error("has no geometry")
    return ReferenceLine(sorted(pieces, key=lambda piece: piece[0]))


def _piece(element: Element, length: float) -> Piece:
    x, y, heading = (element.number(name) for name in ("x", "y", "hdg"))
    if max(abs(x), abs(y)) > POINT_MAX_M:
        raise element.error(f"x, y: expected at most {POINT_MAX_M:.0f} m, got {x}, {y}")
    kinds = [child for child in element.children if child.tag in ("line", "arc", "spiral", "poly3", "paramPoly3")]
    kind = kinds[0] if kinds else Element("line", {}, element.line, element.document)
    if kind.tag in ("line", "arc", "spiral"):
        first = kind.number("curvature" if kind.tag == "arc" else "curvStart", 0.0 if kind.tag == "line" else None)
        last = kind.number("curvEnd") if kind.tag == "spiral" else first
        if max(abs(first), abs(last)) > CURVATURE_MAX:
            raise kind.error(f"curvature: expected at most {CURVATURE_MAX} / m, got {max(abs(first), abs(last))}")
        return _CurvePiece(x, y, heading, length, first, last)
    if kind.tag == "poly3":
        return _Poly3(x, y, heading, np.array([kind.number(key) for key in "abcd"]), length)
    u, v = (np.array([kind.number(key + axis) for key in "abcd"]) for axis in "UV")
    if not (np.abs(np.concatenate((u, v))) < POINT_MAX_M).all():
        raise kind.error("coefficients: expected numbers below 1e7")
    return _ParamPoly3(x, y, heading, u, v, 1.0 if kind.get("pRange") == "arcLength" else 1.0 / length)
