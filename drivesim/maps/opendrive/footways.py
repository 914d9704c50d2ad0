"""Where people walk and vehicles park in a document: pavement lanes, crosswalks, parking lanes."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from drivesim.maps.control import Light
from drivesim.maps.opendrive.document import Element
from drivesim.maps.opendrive.lanes import Key, Stretch
from drivesim.maps.opendrive.lights import walk_light
from drivesim.maps.opendrive.objects import FOOTPATH
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import DRIVING, Road
from drivesim.maps.opendrive.signals import BUS_STOP, held_by
from drivesim.maps.places import BusStop, Footpath, FootpathKind, ParkingBay

NODE_M = 1.5
"""Ends of pavements nearer than this are one place [m]."""
CROSSING_REACH_M = 9.0
"""A crosswalk ends at the nearest end of a pavement within this [m]."""
STEP_M = 4.0
BAY_M = 6.5
"""Length of a place in a parking lane [m]."""
BAY_REACH_M, OPPOSITE_M = 9.0, 4.0
"""A parking place belongs to the nearest lane within this; lanes it faces against count as farther away [m]."""
BAY_WIDTH_MIN_M = 1.7


class _Nodes:
    """Places by number, those nearer than `NODE_M` being one."""

    def __init__(self) -> None:
        self.places: list[np.ndarray] = []
        self._cells: dict[tuple[int, int], list[int]] = {}

    def at(self, place: np.ndarray, reach: float = NODE_M) -> int:
        """Number of a place; a new one where there is none within reach."""
        best, least = -1, reach
        size = max(reach, NODE_M)
        span = int(np.ceil(size / NODE_M))
        x, y = (int(value) for value in np.floor(place / NODE_M))
        for dx in range(-span, span + 1):
            for dy in range(-span, span + 1):
                for number in self._cells.get((x + dx, y + dy), ()):
                    away = float(np.hypot(*(self.places[number] - place)))
                    if away < least:
                        best, least = number, away
        if best < 0:
            best = len(self.places)
            self.places.append(place)
            self._cells.setdefault((x, y), []).append(best)
        return best


def footpaths_of(
    roads: dict[str, Road],
    crosswalks: Sequence[tuple[np.ndarray, Element]],
    lights: list[Light],
    report: MapReport,
    junction_at: Callable[[np.ndarray], int],
) -> Iterator[Footpath]:
    """Pavements along roads, and crosswalks across them.

    Args:
        roads: Roads by id.
        crosswalks: Corners and objects.
        lights: The network's lights, to which those of crosswalks are added.
        report: What has no kind that is known is noted there.
        junction_at: Number of the junction at a place.
    """  # fmt: skip
    nodes = _Nodes()
    for road in roads.values():
        kind = _kind(road.element, FootpathKind.PAVEMENT, report)
        for section in road.sections:
            for number, lane in section.lanes.items():
                if number == 0 or lane.type not in ("sidewalk", "walking"):
                    continue
                knots = road.line.knots[(road.line.knots > section.start) & (road.line.knots < section.stop)]
                count = max(int((section.stop - section.start) / STEP_M), 1) + 1
                # Pavements of our own are lines from knot to knot.
                s = np.linspace(section.start, section.stop, count)
                if road.element.one("userData") is not None:
                    s = np.concatenate(([section.start], knots, [section.stop]))
                borders = section.offsets(road, s)
                inner, outer = borders[number - 1 if number > 0 else number + 1], borders[number]
                width = float(np.abs(outer - inner).mean())
                points = road.line.beside(s, 0.5 * (inner + outer))
                if width > 0.5 and section.stop - section.start > 0.5:
                    ends = nodes.at(points[0]), nodes.at(points[-1])
                    yield Footpath(points=points, width=width, kind=kind, start_node=ends[0], end_node=ends[1])
    for corner, item in crosswalks:
        sides = np.hypot(*(np.roll(corner, -1, axis=0) - corner).T)
        own = any(data.get("code") == FOOTPATH for data in item.all("userData"))
        if own:
            # Corners of our own begin at its start.
            ends = (corner[3] + corner[0], corner[1] + corner[2])
        elif sides[0] >= sides[1]:
            ends = (corner[1] + corner[2], corner[3] + corner[0])
        else:
            ends = (corner[0] + corner[1], corner[2] + corner[3])
        points = 0.5 * np.stack(ends)
        light = walk_light(item, lights, junction_at(points.mean(axis=0)))
        kind = _kind(item, FootpathKind.LIGHTS if light >= 0 else FootpathKind.ZEBRA, report)
        yield Footpath(
            points=points, width=float(sides[1] if own else min(sides[0], sides[1])), kind=kind, light=light,
            start_node=nodes.at(points[0], CROSSING_REACH_M), end_node=nodes.at(points[1], CROSSING_REACH_M),
        )  # fmt: skip


def _kind(element: Element, usual: FootpathKind, report: MapReport) -> FootpathKind:
    """The kind that an element's `<userData>` names."""
    for data in element.all("userData"):
        if data.get("code") == FOOTPATH:
            if data.get("value") in FootpathKind.__members__:
                return FootpathKind[data.get("value")]
            report.leave_out("footpaths of unknown kinds", element.place)
    return usual


def bays_of(roads: dict[str, Road], found: dict[Key, Stretch]) -> Iterator[ParkingBay]:
    """Places in parking lanes beside driving lanes."""
    lane_of = {key: number for number, key in enumerate(found)}
    for road in roads.values():
        for index, section in enumerate(road.sections):
            for number, lane in section.lanes.items():
                inner = number - 1 if number > 0 else number + 1
                key = (road.id, index, inner)
                if lane.type != "parking" or key not in found or section.lanes[inner].type not in DRIVING:
                    continue
                stretch = found[key]
                for s in np.arange(section.start + 0.5 * BAY_M, section.stop - 0.5 * BAY_M, BAY_M):
                    at = np.array([s])
                    borders = section.offsets(road, at)
                    width = float(np.abs(borders[number] - borders[inner])[0])
                    if width < BAY_WIDTH_MIN_M:
                        continue
                    x, y = road.line.beside(at, 0.5 * (borders[number] + borders[inner]))[0]
                    heading = float(road.line(at)[2][0]) + (0.0 if road.forwards(inner) else np.pi)
                    share = (s - stretch.station[0]) / (stretch.station[-1] - stretch.station[0])
                    yield ParkingBay(
                        x=float(x), y=float(y), yaw=heading, length=BAY_M - 0.5, width=width, lane=lane_of[key],
                        s=float(np.clip(share, 0.0, 1.0) * stretch.length * 0.999),
                    )  # fmt: skip


def marked_bays_of(
    places: Sequence[tuple[float, float, float, float, float]], found: dict[Key, Stretch]
) -> Iterator[ParkingBay]:
    """Parking places that are objects, with the lanes beside which they lie; those far from any lane are left out.

    Args:
        places: Centre [m], where a vehicle faces [rad], length and width [m].
        found: Stretches in the order of the network's lanes.
    """
    if not places:
        return
    driven = [(k, s) for k, s in enumerate(found.values()) if s.junction == "-1" and not s.is_biking]
    points = np.concatenate([stretch.points for _, stretch in driven]) if driven else np.zeros((0, 2))
    heading = np.concatenate([stretch.heading for _, stretch in driven]) if driven else np.zeros(0)
    owner = np.repeat(np.arange(len(driven)), [len(stretch.points) for _, stretch in driven])
    for x, y, yaw, length, width in places:
        away = np.hypot(*(points - (x, y)).T)
        # Across the street lie lanes of the other direction; parked vehicles mostly face as traffic goes.
        away = away + np.where(np.cos(heading - yaw) < -0.5, OPPOSITE_M, 0.0)
        if not len(away) or away.min() > BAY_REACH_M:
            continue
        number, stretch = driven[int(owner[int(np.argmin(away))])]
        step = np.diff(stretch.points, axis=0)
        square = np.maximum(np.sum(step**2, axis=1), 1e-12)
        share = np.clip(np.sum((np.array([x, y]) - stretch.points[:-1]) * step, axis=1) / square, 0.0, 1.0)
        near = int(np.argmin(np.hypot(*(stretch.points[:-1] + share[:, None] * step - (x, y)).T)))
        along = np.concatenate(([0.0], np.cumsum(np.sqrt(square))))
        s = float(along[near] + share[near] * np.sqrt(square[near]))
        yield ParkingBay(x=x, y=y, yaw=yaw, length=length, width=width, lane=number, s=min(s, stretch.length * 0.999))


def bus_stops_of(roads: dict[str, Road], found: dict[Key, Stretch]) -> Iterator[BusStop]:
    """Bus stops by their signs (Germany's 224), each on the outermost lane that it holds for."""
    lane_of = {key: number for number, key in enumerate(found)}
    for road in roads.values():
        signals = road.element.one("signals")
        for element in signals.all("signal") if signals is not None else ():
            if element.get("type") != BUS_STOP:
                continue
            held = [(key, s) for key, s in held_by(road, element, found) if not found[key].is_biking]
            if held:
                key, s = max(held, key=lambda pair: abs(pair[0][2]))
                yield BusStop(lane=lane_of[key], s=s)
