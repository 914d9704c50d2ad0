"""OpenDRIVE evaluated as its standard is written, one place at a time, in float64: reference lines and lane centres."""

import gzip
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

_NODES = (-math.sqrt(0.6), 0.0, math.sqrt(0.6))
_WEIGHTS = (5.0 / 9.0, 8.0 / 9.0, 5.0 / 9.0)
PANEL_M = 0.25
"""Integrals are taken by three Gauss points per panel this long [m]."""


def read(path: Path) -> ElementTree.Element:
    """The root element of a file of good faith."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return ElementTree.fromstring(re.sub(rb"^.*?(?=<OpenDRIVE)", b"", data, count=1, flags=re.DOTALL))


def _number(element: ElementTree.Element, name: str, default: float = 0.0) -> float:
    text = element.get(name)
    return default if text is None else float(text)


def _last(elements: list[ElementTree.Element], key: str, at: float) -> ElementTree.Element | None:
    """The last of the elements that begins at or before a place."""
    begun = [element for element in elements if _number(element, key) <= at + 1e-9]
    return max(begun, key=lambda element: _number(element, key)) if begun else None


def cubic(elements: list[ElementTree.Element], key: str, at: float) -> float:
    """A piecewise cubic of elements with a, b, c, d; 0 before the first."""
    element = _last(elements, key, at)
    if element is None:
        return 0.0
    ds = at - _number(element, key)
    return sum(_number(element, name) * ds**power for power, name in enumerate("abcd"))


def _along(length: float, direction: Callable[[float], float]) -> tuple[float, float]:
    """Integral of (cos, sin) of a direction from 0 to a length."""
    count = max(math.ceil(length / PANEL_M), 1)
    half = 0.5 * length / count
    x = y = 0.0
    for panel in range(count):
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            angle = direction((2 * panel + 1 + node) * half)
            x += weight * half * math.cos(angle)
            y += weight * half * math.sin(angle)
    return x, y


def local_pose(geometry: ElementTree.Element, ds: float) -> tuple[float, float, float]:
    """u, v [m] and direction [rad] at a distance from a geometry's start, in its own frame."""
    (kind,) = [child for child in geometry if child.tag in ("line", "arc", "spiral", "poly3", "paramPoly3")]
    length = _number(geometry, "length")
    if kind.tag == "line":
        return ds, 0.0, 0.0
    if kind.tag == "arc":
        curvature = _number(kind, "curvature")
        if abs(curvature) < 1e-12:
            return ds, 0.0, 0.0
        return math.sin(curvature * ds) / curvature, (1.0 - math.cos(curvature * ds)) / curvature, curvature * ds
    if kind.tag == "spiral":
        first, last = _number(kind, "curvStart"), _number(kind, "curvEnd")

        def direction(at: float) -> float:
            return first * at + 0.5 * (last - first) / length * at * at

        return (*_along(ds, direction), direction(ds))
    if kind.tag == "poly3":
        a, b, c, d = (_number(kind, name) for name in "abcd")
        low, high = 0.0, ds
        for _ in range(60):
            u = 0.5 * (low + high)
            low, high = (u, high) if _arc_length(b, c, d, u) < ds else (low, u)
        return u, a + b * u + c * u**2 + d * u**3, math.atan(b + 2.0 * c * u + 3.0 * d * u**2)
    p = ds if kind.get("pRange") == "arcLength" else ds / length
    u, v = (sum(_number(kind, n + axis) * p**k for k, n in enumerate("abcd")) for axis in "UV")
    du, dv = (sum(k * _number(kind, n + axis) * p ** (k - 1) for k, n in enumerate("abcd") if k) for axis in "UV")
    return u, v, math.atan2(dv, du)


def _arc_length(b: float, c: float, d: float, u: float) -> float:
    count = max(math.ceil(u / PANEL_M), 1)
    half = 0.5 * u / count
    return sum(
        weight * half * math.hypot(1.0, b + 2.0 * c * x + 3.0 * d * x * x)
        for panel in range(count)
        for node, weight in zip(_NODES, _WEIGHTS, strict=True)
        for x in ((2 * panel + 1 + node) * half,)
    )


def reference_pose(road: ElementTree.Element, s: float) -> tuple[float, float, float]:
    """x, y [m] and direction [rad] of a road's reference line at a station."""
    geometry = _last(road.findall("planView/geometry"), "s", s)
    assert geometry is not None, f"road {road.get('id')} has no geometry at {s} m"
    u, v, turn = local_pose(geometry, s - _number(geometry, "s"))
    heading = _number(geometry, "hdg")
    return (
        _number(geometry, "x") + u * math.cos(heading) - v * math.sin(heading),
        _number(geometry, "y") + u * math.sin(heading) + v * math.cos(heading),
        heading + turn,
    )


def section_at(road: ElementTree.Element, s: float) -> ElementTree.Element:
    """The lane section at a station."""
    section = _last(road.findall("lanes/laneSection"), "s", s)
    assert section is not None, f"road {road.get('id')} has no lane section at {s} m"
    return section


def lane_centre(road: ElementTree.Element, lane: int, s: float) -> tuple[float, float]:
    """x, y [m] of the middle of a lane at a station."""
    section = section_at(road, s)
    ds = s - _number(section, "s")
    by_id = {int(each.get("id", "0")): each for each in section.iter("lane")}
    sign = 1 if lane > 0 else -1
    middle = cubic(road.findall("lanes/laneOffset"), "s", s)
    inner = outer = middle
    for number in range(sign, lane + sign, sign):
        widths, borders = by_id[number].findall("width"), by_id[number].findall("border")
        inner = outer
        outer = outer + sign * cubic(widths, "sOffset", ds) if widths else middle + cubic(borders, "sOffset", ds)
    x, y, heading = reference_pose(road, s)
    t = 0.5 * (inner + outer)
    return x - t * math.sin(heading), y + t * math.cos(heading)
