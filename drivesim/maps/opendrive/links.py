"""Which stretch leads to which: along a road, from road to road, and across junctions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.lanes import Key, Stretch
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import Road

GAP_MAX_M, TURN_MAX_RAD = 1.0, 0.35
"""What gapes or turns more than this is no link."""
NEAR_M, NEAR_RAD = 0.25, 0.1
"""Ends as near as this belong together though the file does not say so."""
NO_JUNCTION = "-1"


def link_stretches(root: Element, roads: dict[str, Road], found: dict[Key, Stretch], report: MapReport) -> None:
    """Fills `after` and `before` of all stretches."""
    crossings = _crossings(root, roads, report)
    for stretch in found.values():
        for key in _linked(roads, crossings, stretch, at_end=True, report=report):
            if key in found:
                _link(stretch, found[key], report)
        for key in _linked(roads, {}, stretch, at_end=False, report=report):
            if key in found:
                _link(found[key], stretch, report)
    _link_what_touches(found, report)
    _drop_dead_ends(found, report)
    _open_beginnings(found, report)


def _open_beginnings(found: dict[Key, Stretch], report: MapReport) -> None:
    """Lets lanes that nothing leads to be entered from beside, whatever marks say: else nobody ever could."""
    for stretch in found.values():
        if stretch.before or stretch.after == [] or stretch.junction != NO_JUNCTION:
            continue
        left, right = stretch.left, stretch.right
        if (left is not None and left.change_right) or (right is not None and right.change_left):
            continue
        for side, other in (("change_right", left), ("change_left", right)):
            if other is not None and other.before:
                setattr(other, side, True)
                report.repair("marks that forbid to enter a lane which nothing else leads to", stretch.place)


def _drop_dead_ends(found: dict[Key, Stretch], report: MapReport) -> None:
    """Takes out lanes for bicycles that lead nowhere: who rides on them would be stuck."""
    ending = [stretch for stretch in found.values() if stretch.is_biking and not stretch.after]
    while ending:
        stretch = ending.pop()
        report.leave_out("lanes for bicycles that lead nowhere", stretch.place)
        del found[stretch.key]
        for other in stretch.before:
            other.after.remove(stretch)
            if other.is_biking and not other.after:
                ending.append(other)


def _link(first: Stretch, second: Stretch, report: MapReport) -> None:
    if second in first.after or second is first or (second.is_biking and not first.is_biking):
        return
    gap = float(np.hypot(*(second.points[0] - first.points[-1])))
    turn = abs(_wrapped(second.direction(at_end=False) - first.direction(at_end=True)))
    if gap > GAP_MAX_M or turn > TURN_MAX_RAD:
        report.leave_out(
            "links between lanes that do not meet", f"{first.place} to {second.place}: {gap:.2f} m, {turn:.2f} rad"
        )
        return
    first.after.append(second)
    second.before.append(first)


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def _crossings(
    root: Element, roads: dict[str, Road], report: MapReport
) -> dict[tuple[str, str], list[tuple[str, str, dict[int, int]]]]:
    """Connections by (junction, incoming road): connecting road, its end, lanes by lane of the incoming road."""
    crossings = defaultdict(list)
    for junction in root.all("junction"):
        for connection in junction.all("connection"):
            road = connection.get("connectingRoad") or connection.get("linkedRoad")
            if road not in roads:
                report.leave_out("connections without a road", connection.place)
                continue
            pairs = [(link.integer("from"), link.integer("to")) for link in connection.all("laneLink")]
            name, contact = junction.get("id"), connection.get("contactPoint") or "start"
            incoming = connection.get("incomingRoad")
            crossings[name, incoming].append((road, contact, _first_of_each(pairs)))
            if not connection.get("connectingRoad") and incoming in roads:
                # Without a road between them both are linked here only, and for either direction of traffic.
                back = _first_of_each((to, from_) for from_, to in pairs)
                crossings[name, road].append((incoming, _contact_with(roads[incoming], name), back))
    return crossings


def _first_of_each(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The first lane that each is linked to."""
    found: dict[int, int] = {}
    for first, second in pairs:
        found.setdefault(first, second)
    return found


def _contact_with(road: Road, junction: str) -> str:
    """Which end of a road lies at a junction."""
    link = road.links.get("predecessor")
    return "start" if link is not None and (link.kind, link.id) == ("junction", junction) else "end"


def _linked(
    roads: dict[str, Road],
    crossings: dict[tuple[str, str], list[tuple[str, str, dict[int, int]]]],
    stretch: Stretch,
    *,
    at_end: bool,
    report: MapReport,
) -> Iterator[Key]:
    """Keys of the stretches that the file joins to an end of a stretch."""
    road_id, number, lane = stretch.key
    road = roads[road_id]
    onwards = road.forwards(lane) == at_end
    record = road.sections[number].lanes[lane]
    linked = record.successor if onwards else record.predecessor
    beside = number + (1 if onwards else -1)
    if 0 <= beside < len(road.sections):
        yield (road_id, beside, lane if linked is None else linked)
        return
    link = road.links.get("successor" if onwards else "predecessor")
    if link is None:
        return
    if link.kind == "road":
        if link.id not in roads:
            report.leave_out("links to roads that do not exist", road.element.place)
        elif linked is not None:
            yield _end_of(roads[link.id], link.contact, linked)
        return
    for other, contact, lanes in crossings.get((link.id, road_id), ()):
        if lane in lanes:
            yield _end_of(roads[other], contact, lanes[lane])


def _end_of(road: Road, contact: str, lane: int) -> Key:
    return (road.id, len(road.sections) - 1 if contact == "end" else 0, lane)


def _link_what_touches(found: dict[Key, Stretch], report: MapReport) -> None:
    """Joins loose ends to what they meet; the loose ends of ways across a junction also to what lies a little off."""
    begins, ends = defaultdict(list), defaultdict(list)
    for stretch in found.values():
        begins[_cell(stretch.points[0])].append(stretch)
        ends[_cell(stretch.points[-1])].append(stretch)
    for stretch in found.values():
        if not stretch.after:
            other = _nearest(stretch, begins, at_end=True)
            if other is not None:
                _link(stretch, other, report)
                report.repair("links between lanes that meet but were not joined", stretch.place)
        if not stretch.before and stretch.junction != NO_JUNCTION:
            other = _nearest(stretch, ends, at_end=False)
            if other is not None:
                _link(other, stretch, report)
                report.repair("links between lanes that meet but were not joined", stretch.place)


def _nearest(stretch: Stretch, cells: dict[tuple[int, int], list[Stretch]], *, at_end: bool) -> Stretch | None:
    """The stretch that goes on from a loose end, None where there is none.

    Ways across lead onto roads for certain, so theirs are looked for farther away than loose ends of roads, which may
    be real and beside the beginning of something else.
    """
    across = stretch.junction != NO_JUNCTION
    place = stretch.points[-1 if at_end else 0]
    x, y = _cell(place)
    best, least = None, GAP_MAX_M if across else NEAR_M
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            for other in cells.get((x + dx, y + dy), ()):
                if (
                    other is stretch
                    or other.is_biking != stretch.is_biking
                    or (across and other.junction == stretch.junction)
                ):
                    continue
                if not across and (other.before if at_end else other.after):
                    continue
                gap = float(np.hypot(*(other.points[0 if at_end else -1] - place)))
                turn = abs(_wrapped(other.direction(at_end=not at_end) - stretch.direction(at_end=at_end)))
                if gap < least and turn < (TURN_MAX_RAD if across else NEAR_RAD):
                    best, least = other, gap
    return best


def _cell(point: np.ndarray) -> tuple[int, int]:
    return int(np.floor(point[0])), int(np.floor(point[1]))
