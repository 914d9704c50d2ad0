"""Signals of a document that matter to drivers: where they stand, and which lanes they hold for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from drivesim.maps.control import SIGNAL_KINDS, SignalKind
from drivesim.maps.opendrive.catalogue import LIGHT, limit_of, turns_of, type_of
from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.lanes import Key, Stretch
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import Road

BUS_STOP = "224"
"""Germany's sign of a bus stop, which is read as such."""
STOP_BEFORE_M = 0.8
"""Where a signal stands at the end of its lane or beyond, its stop line lies this far before that [m]."""
BRING_M = 30.0
"""A light or sign to stop or yield no farther than this before a junction is that junction's [m]."""
HEIGHT_MAX_M = 12.0


@dataclass(kw_only=True, eq=False)
class Post:
    """A signal as the file has it."""

    id: str
    type: str
    kind: SignalKind
    x: float
    y: float
    yaw: float
    value: float
    height: float
    turns: int
    """Bits of `Turn` that its arrow shows; 0 for a full disc."""
    stretches: dict[Key, float] = field(default_factory=dict)
    """Lanes it holds for, with the place on each [m]."""


def posts_of(
    roads: dict[str, Road], found: dict[Key, Stretch], origin: tuple[float, float], report: MapReport
) -> dict[str, Post]:
    """Signals that matter to drivers, by id, with the lanes they and the references to them name.

    Args:
        roads: Roads by id.
        found: Stretches by key.
        origin: Where the network's origin lies in the file's coordinates [m].
        report: What is left out is noted there.
    """
    posts: dict[str, Post] = {}
    places: list[tuple[Road, Element]] = []
    known: set[str] = set()
    for road in roads.values():
        signals = road.element.one("signals")
        for element in signals.children if signals is not None else ():
            if element.tag == "signal":
                known.add(element.get("id"))
                if element.get("type") == BUS_STOP:
                    continue
                meaning = type_of(element)
                if not meaning:
                    name = "-".join(part for part in (element.get("country"), element.get("type") or "none") if part)
                    report.leave_out(f"signals of type {name[:30]}", element.place)
                    continue
                post = _post(roads, road, element, meaning, origin)
                posts[post.id] = post
            if element.tag in ("signal", "signalReference"):
                places.append((road, element))
    for road, element in places:
        if element.get("id") in posts:
            posts[element.get("id")].stretches.update(held_by(road, element, found))
        elif element.tag == "signalReference" and element.get("id") not in known:
            report.leave_out("references to signals that are not there", element.place)
    for post in posts.values():
        _lift(post, found)
        if post.kind in (SignalKind.LIGHT, SignalKind.STOP, SignalKind.YIELD):
            _bring(post, found)
    return posts


def _post(roads: dict[str, Road], road: Road, element: Element, meaning: str, origin: tuple[float, float]) -> Post:
    towards = 0.0 if element.get("orientation") == "-" else np.pi
    x, y, along = _at(road, element)
    yaw = along + towards + element.number("hOffset", 0.0)
    stands, inertial = element.one("positionRoad"), element.one("positionInertial")
    if inertial is not None:
        x, y = inertial.number("x") - origin[0], inertial.number("y") - origin[1]
        yaw = inertial.number("hdg", yaw)
    elif stands is not None and stands.get("roadId") in roads:
        x, y, along = _at(roads[stands.get("roadId")], stands)
        yaw = along + towards + stands.number("hOffset", 0.0)
    height = element.number("zOffset", 0.0) + 0.5 * element.number("height", 0.0)
    kind = SIGNAL_KINDS[meaning]
    return Post(
        id=element.get("id"), type=meaning, kind=kind, x=float(x), y=float(y), yaw=float(yaw),
        value=limit_of(element) if kind == SignalKind.LIMIT else 0.0,
        height=float(np.clip(height, 0.0, HEIGHT_MAX_M)), turns=turns_of(element) if meaning == LIGHT else 0,
    )  # fmt: skip


def _at(road: Road, element: Element) -> tuple[float, float, float]:
    """x, y [m] of an element's s and t, and the road's heading there [rad]."""
    s = np.array([element.number("s")])
    x, y = road.line.beside(s, np.array([element.number("t")]))[0]
    return float(x), float(y), float(road.line(s)[2][0])


def held_by(road: Road, element: Element, found: dict[Key, Stretch]) -> Iterator[tuple[Key, float]]:
    """Lanes of a road that a signal, or a reference to one, holds for, with its place on each."""
    s = element.number("s")
    number = max((k for k, section in enumerate(road.sections) if section.start <= s + 1e-6), default=0)
    # Ways across that are one go by the last of their sections.
    near = sorted(range(len(road.sections)), key=lambda k: abs(k - number))
    ranges = [sorted((valid.integer("fromLane"), valid.integer("toLane"))) for valid in element.all("validity")]
    orientation = element.get("orientation")
    for lane in road.sections[number].lanes if road.sections else ():
        keys = ((road.id, k, lane) for k in near)
        key = next((key for key in keys if key in found and (key[1] == number or found[key].covers(s))), ("", 0, 0))
        if key not in found or (ranges and not any(low <= lane <= high for low, high in ranges)):
            continue
        forwards = road.forwards(lane)
        if not ranges and ((orientation == "+" and not forwards) or (orientation == "-" and forwards)):
            continue
        stretch = found[key]
        place, length = stretch.along(s), stretch.length
        yield key, place if 0.0 < place < length else float(np.clip(place, 0.0, max(length - STOP_BEFORE_M, 0.0)))


def _lift(post: Post, found: dict[Key, Stretch]) -> None:
    """Takes a signal from ways across a junction to the way in, where it holds for all of them from there."""
    across = {key for key in post.stretches if found[key].junction != "-1"}
    for key in list(across):
        for before in found[key].before:
            ways = [way.key for way in before.after if way.junction != "-1"]
            if before.junction == "-1" and ways and all(way in across for way in ways):
                post.stretches[before.key] = max(before.length - STOP_BEFORE_M, 0.0)
    lifted = {key for key in across if any(before.key in post.stretches for before in found[key].before)}
    for key in across:
        if key in lifted:
            del post.stretches[key]
        else:
            post.stretches[key] = 0.0


def _bring(post: Post, found: dict[Key, Stretch]) -> None:
    """Takes a signal from a lane that only leads to the way into a junction on to that way, if it is near."""
    for key, place in list(post.stretches.items()):
        first = at = found[key]
        left = at.length - place
        while left < BRING_M and len(at.after) == 1 and at.after[0].junction == "-1":
            at = at.after[0]
            left += at.length
        leads_across = any(way.junction != "-1" for way in at.after)
        if at is not first and left < BRING_M and leads_across and first.junction == "-1":
            del post.stretches[key]
            post.stretches[at.key] = max(at.length - max(left, STOP_BEFORE_M), 0.0)
