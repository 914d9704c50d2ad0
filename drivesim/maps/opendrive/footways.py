"""Where people walk and vehicles park in a document: pavement lanes, crosswalks, parking lanes."""

from collections.abc import Iterator, Sequence

import numpy as np

from drivesim.maps.network import Area, AreaKind
from drivesim.maps.opendrive.lanes import Key, Stretch
from drivesim.maps.opendrive.roads import DRIVING, Road
from drivesim.maps.places import Footpath, FootpathKind, ParkingBay

NODE_M = 1.5
"""Ends of pavements nearer than this are one place [m]."""
CROSSING_REACH_M = 9.0
"""A crosswalk ends at the nearest end of a pavement within this [m]."""
STEP_M = 4.0
BAY_M = 6.5
"""Length of a place in a parking lane [m]."""
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


def footpaths_of(roads: dict[str, Road], areas: Sequence[Area]) -> Iterator[Footpath]:
    """Pavements along roads, and crosswalks across them."""
    nodes = _Nodes()
    for road in roads.values():
        for section in road.sections:
            for number, lane in section.lanes.items():
                if number == 0 or lane.type not in ("sidewalk", "walking"):
                    continue
                s = np.linspace(section.start, section.stop, max(int((section.stop - section.start) / STEP_M), 1) + 1)
                borders = section.offsets(road, s)
                inner, outer = borders[number - 1 if number > 0 else number + 1], borders[number]
                width = float(np.abs(outer - inner).mean())
                points = road.line.beside(s, 0.5 * (inner + outer))
                if width > 0.5 and section.stop - section.start > 0.5:
                    ends = nodes.at(points[0]), nodes.at(points[-1])
                    yield Footpath(
                        points=points, width=width, kind=FootpathKind.PAVEMENT, start_node=ends[0], end_node=ends[1]
                    )
    for area in areas:
        if area.kind != AreaKind.CROSSWALK or len(area.polygon) != 4:
            continue
        corner = area.polygon
        sides = np.hypot(*(np.roll(corner, -1, axis=0) - corner).T)
        ends = (corner[1] + corner[2], corner[3] + corner[0]) if sides[0] >= sides[1] else (
            corner[0] + corner[1], corner[2] + corner[3]
        )  # fmt: skip
        points = 0.5 * np.stack(ends)
        yield Footpath(
            points=points,
            width=float(min(sides[0], sides[1])),
            kind=FootpathKind.ZEBRA,
            start_node=nodes.at(points[0], CROSSING_REACH_M),
            end_node=nodes.at(points[1], CROSSING_REACH_M),
        )


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
