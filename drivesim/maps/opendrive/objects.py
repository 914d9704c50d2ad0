"""Objects of a document: crosswalks, lines and places on the ground, and what stands beside roads."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from drivesim.maps.network import Area, AreaKind, Marking, MarkingType, Scenery, SceneryKind
from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import Road

FOOTPATH = "drivesim:footpath"
"""Code of the `<userData>` that names a `FootpathKind`."""
THINGS = {
    "building": SceneryKind.BUILDING, "barrier": SceneryKind.BARRIER, "wall": SceneryKind.WALL,
    "soundbarrier": SceneryKind.WALL, "railing": SceneryKind.GUARD_RAIL, "pole": SceneryKind.POST,
    "streetlamp": SceneryKind.LAMP, "tree": SceneryKind.TREE, "vegetation": SceneryKind.BUSH,
    "obstacle": SceneryKind.BARRIER,
}  # fmt: skip
"""What stands beside roads, by object type in lower case."""
NAMES = {kind.name.lower(): kind for kind in SceneryKind}
"""Names that objects have in documents of our own."""
ROAD_MARKS = {
    "arrowStraight": MarkingType.ARROW_STRAIGHT, "arrowLeft": MarkingType.ARROW_LEFT,
    "arrowRight": MarkingType.ARROW_RIGHT, "arrowStraightLeft": MarkingType.ARROW_STRAIGHT_LEFT,
    "arrowStraightRight": MarkingType.ARROW_STRAIGHT_RIGHT, "arrowLeftRight": MarkingType.ARROW_LEFT_RIGHT,
    "signalLines": MarkingType.STOP_LINE, "symbol": MarkingType.BICYCLE,
}  # fmt: skip
"""Paint on a lane by the subtype of an object of type roadMark (1.8, table 117)."""
BICYCLE = "bicycle"
"""Name of the only symbol that is known."""
LINES = {"stopline": MarkingType.STOP_LINE, "yieldline": MarkingType.YIELD_LINE}
HEIGHTS_M = {
    SceneryKind.BUILDING: 8.0, SceneryKind.BARRIER: 1.0, SceneryKind.WALL: 2.5, SceneryKind.GUARD_RAIL: 0.75,
    SceneryKind.POST: 4.0, SceneryKind.LAMP: 8.0, SceneryKind.TREE: 8.0, SceneryKind.BUSH: 1.5,
}  # fmt: skip
"""Heights of things that say none [m]."""
HEIGHT_MAX_M, EXTENT_MIN_M, EXTENT_MAX_M = 120.0, 0.05, 500.0
PIECE_M = 8.0
"""Length of the pieces of a continuous row [m]."""
REPEATS_MAX = 2000


@dataclass(kw_only=True)
class Objects:
    """What objects stand for."""

    areas: list[Area] = field(default_factory=list)
    markings: list[Marking] = field(default_factory=list)
    scenery: list[Scenery] = field(default_factory=list)
    crosswalks: list[tuple[np.ndarray, Element]] = field(default_factory=list)
    """Corners [m], shape (4, 2), and the object."""
    bays: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    """Centre [m], where a vehicle faces [rad], length and width [m]."""


def objects_of(roads: dict[str, Road], report: MapReport) -> Objects:
    """Crosswalks, parking places, lines, islands, and upright things with their repetitions."""
    found = Objects()
    for road in roads.values():
        objects = road.element.one("objects")
        for item in objects.all("object") if objects is not None else ():
            kind = item.get("type").lower() if item.get("type") not in ("", "-1", "none") else item.get("name").lower()
            plain = kind.replace("_", "").replace(" ", "")
            outline = _outline(road, item)
            paint = _paint(item) if plain == "roadmark" else None
            line = next((mark for name, mark in LINES.items() if name in plain), None)
            if paint == MarkingType.STOP_LINE:
                line, paint = paint, None
            if "crosswalk" in kind and outline is not None:
                box = _four(outline)
                found.areas.append(Area(polygon=box, kind=AreaKind.CROSSWALK))
                found.crosswalks.append((box, item))
            elif line is not None and outline is not None:
                found.markings.append(_line(road, item, outline, line))
            elif paint is not None and item.number("length", 0.0) > EXTENT_MIN_M:
                found.markings.append(_symbol(road, item, paint))
            elif "parking" in kind and outline is not None:
                found.areas.append(Area(polygon=outline, kind=AreaKind.PARKING))
                found.bays.append(_bay(road, item, outline))
            elif kind == "trafficisland" and outline is not None:
                found.areas.append(Area(polygon=outline, kind=AreaKind.CURB))
            elif (thing := _kind(item, kind)) is not None:
                pieces = [*_things(road, item, thing, outline)]
                found.scenery += pieces
                if not pieces:
                    report.leave_out(f"objects of type {kind[:30]} without a size", item.place)
            else:
                report.leave_out(f"objects of type {kind[:30] or 'none'}", item.place)
    return found


def _kind(item: Element, kind: str) -> SceneryKind | None:
    own = NAMES.get(item.get("name"))
    if own is not None or kind in THINGS:
        return own if own is not None else THINGS[kind]
    return SceneryKind.BUILDING if "building" in kind else None


def _pose(road: Road, item: Element) -> tuple[np.ndarray, float]:
    """Where an object is [m], shape (2,), and where it faces [rad]."""
    s, t = np.array([item.number("s")]), np.array([item.number("t")])
    return road.line.beside(s, t)[0], float(road.line(s)[2][0]) + item.number("hdg", 0.0)


def _line(road: Road, item: Element, outline: np.ndarray, kind: MarkingType) -> Marking:
    box = _four(outline)
    sides = np.hypot(*(box[1] - box[0])), np.hypot(*(box[2] - box[1]))
    ends = (box[0] + box[3], box[1] + box[2]) if sides[0] >= sides[1] else (box[0] + box[1], box[2] + box[3])
    points = 0.5 * np.stack(ends)
    _, heading = _pose(road, item)
    # The tips of a yield line point to the right of its direction, which is the object's.
    if np.dot(points[1] - points[0], (np.cos(heading), np.sin(heading))) < 0.0:
        points = points[::-1]
    return Marking(points=points, type=kind, width_m=float(np.clip(min(sides), 0.2, 1.0)))


def _paint(item: Element) -> MarkingType | None:
    """What an object of type roadMark is; None where that is not known."""
    paint = ROAD_MARKS.get(item.get("subtype"))
    return None if paint == MarkingType.BICYCLE and BICYCLE not in item.get("name").lower() else paint


def _symbol(road: Road, item: Element, kind: MarkingType) -> Marking:
    """An arrow or pictogram; its object points where it does."""
    middle, heading = _pose(road, item)
    half = 0.5 * item.number("length") * np.array([np.cos(heading), np.sin(heading)])
    return Marking(points=np.stack((middle - half, middle + half)), type=kind)


def _bay(road: Road, item: Element, outline: np.ndarray) -> tuple[float, float, float, float, float]:
    (x, y), heading = _pose(road, item)
    length, width = item.number("length", 0.0), item.number("width", 0.0)
    if length < EXTENT_MIN_M or width < EXTENT_MIN_M or item.one("outline") or item.one("outlines", "outline"):
        box = _four(outline)
        first, second = box[1] - box[0], box[2] - box[1]
        (x, y), sides = box.mean(axis=0), (float(np.hypot(*first)), float(np.hypot(*second)))
        along = first if sides[0] >= sides[1] else second
        length, width, heading = max(sides), min(sides), float(np.arctan2(along[1], along[0]))
    return float(x), float(y), heading, length, width


def _outline(road: Road, item: Element) -> np.ndarray | None:
    """Corners of an object [m], shape (corner, 2), counter-clockwise; None where it has no extent."""
    s, t = item.number("s"), item.number("t")
    origin = road.line.beside(np.array([s]), np.array([t]))[0]
    heading = float(road.line(np.array([s]))[2][0]) + item.number("hdg", 0.0)
    outline = item.one("outline") or item.one("outlines", "outline")
    corners = [*outline.all("cornerLocal", "cornerRoad")] if outline is not None else []
    if corners and corners[0].tag == "cornerRoad":
        places = np.array([(corner.number("s"), corner.number("t")) for corner in corners])
        points = road.line.beside(places[:, 0], places[:, 1])
    else:
        if corners:
            local = np.array([(corner.number("u"), corner.number("v")) for corner in corners])
        else:
            half = 0.5 * item.number("length", 0.0), 0.5 * item.number("width", 0.0)
            if min(half) <= 0.0:
                return None
            local = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]) * half
        cos, sin = np.cos(heading), np.sin(heading)
        points = origin + np.stack(
            (local[:, 0] * cos - local[:, 1] * sin, local[:, 0] * sin + local[:, 1] * cos), axis=1
        )
    if len(points) > 1 and np.hypot(*(points[0] - points[-1])) < 1e-3:
        points = points[:-1]
    if len(points) < 3:
        return None
    x, y = points.T
    turned = float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
    return points if turned > 0.0 else points[::-1]


def _four(outline: np.ndarray) -> np.ndarray:
    """The outline itself if it has four corners, else the least rectangle around it."""
    if len(outline) == 4:
        return outline
    return cv2.boxPoints(cv2.minAreaRect(outline.astype(np.float32))).astype(np.float64)


def _things(road: Road, item: Element, kind: SceneryKind, outline: np.ndarray | None) -> Iterator[Scenery]:
    """An upright thing, or the row that its `<repeat>` elements make of it."""
    (x, y), yaw = _pose(road, item)
    length, width = item.number("length", 0.0), item.number("width", 0.0)
    radius = item.number("radius", 0.0)
    if radius > 0.0:
        length = width = 2.0 * radius
    if outline is not None and not (length > EXTENT_MIN_M and width > EXTENT_MIN_M and radius == 0.0):
        box = _four(outline)
        first, second = box[1] - box[0], box[2] - box[1]
        (x, y), yaw = box.mean(axis=0), float(np.arctan2(first[1], first[0]))
        length, width = float(np.hypot(*first)), float(np.hypot(*second))
    height = item.number("height", 0.0)
    height = height if height > 0.1 else HEIGHTS_M.get(kind, 1.0)
    base = float(np.clip(item.number("zOffset", 0.0), 0.0, HEIGHT_MAX_M))

    def thing(x: float, y: float, yaw: float, length: float, width: float) -> Iterator[Scenery]:
        if EXTENT_MIN_M < length < EXTENT_MAX_M and EXTENT_MIN_M < width < EXTENT_MAX_M:
            yield Scenery(kind=kind, x=float(x), y=float(y), yaw=yaw, length=length, width=width, base=base,
                          height=float(np.clip(height, 0.2, HEIGHT_MAX_M)))  # fmt: skip

    repeats = [*item.all("repeat")]
    if not repeats:
        yield from thing(x, y, yaw, length, width)
    for repeat in repeats:
        start, extent, gap = repeat.number("s"), repeat.number("length"), repeat.number("distance", 0.0)
        step = gap if gap > 0.1 else PIECE_M
        count = min(int(max(extent, 0.0) / step) + (1 if gap > 0.1 else 0), REPEATS_MAX)
        if gap <= 0.1 and extent > 0.0:
            count = max(count, 1)
            step = extent / count
        wide = repeat.number("widthStart", width) or width or 0.3
        for k in range(count):
            share = (k + (0.0 if gap > 0.1 else 0.5)) * step / max(extent, 1e-6)
            s = np.array([start + share * extent])
            t = repeat.number("tStart", 0.0) * (1.0 - share) + repeat.number("tEnd", 0.0) * share
            (px, py), along = road.line.beside(s, np.array([t]))[0], float(road.line(s)[2][0])
            if gap > 0.1:
                yield from thing(px, py, along + item.number("hdg", 0.0), length or wide, wide)
            else:
                yield from thing(px, py, along, step, wide)
