"""Reads an OpenDRIVE file into a road network."""

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from drivesim.errors import FileFormatError, MapError
from drivesim.maps.control import Signal
from drivesim.maps.journeys import draw_routes
from drivesim.maps.network import Lane, RoadNetwork, Route
from drivesim.maps.opendrive.control import signals_of
from drivesim.maps.opendrive.cuts import cut_sections
from drivesim.maps.opendrive.document import Element, read_document
from drivesim.maps.opendrive.footways import bays_of, bus_stops_of, footpaths_of, marked_bays_of
from drivesim.maps.opendrive.join import close_gaps, lanes_of, merge_short, merge_ways
from drivesim.maps.opendrive.lanes import Key, Stretch, stretches_of
from drivesim.maps.opendrive.links import NO_JUNCTION, link_stretches
from drivesim.maps.opendrive.objects import objects_of
from drivesim.maps.opendrive.plain import plain_junctions
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import Road, read_roads
from drivesim.maps.opendrive.surfaces import areas_of, markings_of
from drivesim.maps.routing import LaneGraph, best_lanes

NEAR_JUNCTION_M = 15.0
"""A crossing with lights this near to a junction is part of it [m]."""
ROUTES = 50
"""Routes drawn through a map."""
CHANGE_M = 45.0
"""A change of lane that a route needs takes so long [m]."""
AREA_MAX_M2 = 1e8
"""Largest rectangle that is drawn as one ground [m^2]."""
_FLAT = ("elevation", "superelevation", "crossfall", "shape")


def load_map(path: str | Path, *, route_length_m: float = 600.0) -> tuple[RoadNetwork, MapReport]:
    """A map from an OpenDRIVE file (.xodr, or packed .xodr.gz), revisions 1.4 to 1.8.

    Args:
        path: The file.
        route_length_m: Length of the routes drawn through it, about [m].

    Returns:
        The network, and what was left out or mended.

    Raises:
        FileFormatError: It is no OpenDRIVE file, or holds something that cannot be made sense of; says where.
        MapError: What it describes is no road network.
        OSError: It cannot be read.
    """
    root = read_document(path)
    if root.tag != "OpenDRIVE":
        raise root.error("expected an <OpenDRIVE> document")
    report = MapReport(path=str(path))
    header = root.one("header")
    if header is not None:
        report.revision = f"{header.get('revMajor', '?')}.{header.get('revMinor', '?')}"
        reference = header.one("geoReference")
        report.geo_reference = reference.text.strip() if reference is not None else ""
    roads = read_roads(root, report)
    report.roads = len(roads)
    report.length_m = sum(road.line.length for road in roads.values())
    _note_what_is_not_flat(roads, report)
    try:
        network = _network(root, roads, Path(path), report)
        routes = _startable(network, draw_routes(network, ROUTES, route_length_m))
        if not routes:
            raise MapError("no lane is long enough for a route")
        return dataclasses.replace(network, routes=routes), report
    except MapError as error:
        raise MapError(f"{path}: {error}") from error


def _startable(network: RoadNetwork, routes: Sequence[Route]) -> tuple[Route, ...]:
    """The routes, begun on the lane to which a change is needed where there is no room to make it."""
    graph = LaneGraph(network)
    found = []
    for route in routes:
        table = best_lanes(network, route, graph=graph)
        lane, change = route.start_lane, int(table.best_offset[route.start_lane])
        if change and float(table.drive_on[lane]) - route.start_s < CHANGE_M * abs(change):
            members = graph.members[int(graph.group[lane])]
            lane = members[int(graph.place[lane]) - change]
        start = min(route.start_s, 0.5 * network.lanes[lane].length)
        found.append(dataclasses.replace(route, start_lane=lane, start_s=start))
    return tuple(found)


def _network(root: Element, roads: dict[str, Road], path: Path, report: MapReport) -> RoadNetwork:
    roads = {name: cut_sections(road) for name, road in roads.items()}
    found = stretches_of(roads, report)
    if not found:
        raise FileFormatError(f"{path}: has no lane that can be driven on")
    _check_extent(path, found)
    link_stretches(root, roads, found, report)
    found = merge_ways(merge_short(found, report))
    close_gaps(found, report)
    if not found:
        raise FileFormatError(f"{path}: has no lane that can be driven on")
    plain = set(plain_junctions(found, lanes_of(found, {}, MapReport(path=""))))
    for stretch in found.values():
        if stretch.junction in plain:
            stretch.junction = NO_JUNCTION
    for name in sorted(plain):
        report.leave_out("junctions at which nobody meets anybody", f"junction {name}")
    names = list(dict.fromkeys(stretch.junction for stretch in found.values() if stretch.junction != NO_JUNCTION))
    numbers = {name: number for number, name in enumerate(names)}
    report.junctions = len(numbers)
    objects = objects_of(roads, report)
    signals, lights, junctions = signals_of(root, roads, found, numbers, report)
    lanes = lanes_of(found, numbers, report)
    footpaths = footpaths_of(roads, objects.crosswalks, lights, report, partial(_junction_at, lanes))
    return RoadNetwork(
        name=path.name.removesuffix(".gz").removesuffix(".xodr"),
        seed=0,
        lanes=lanes,
        markings=(*markings_of(roads), *objects.markings),
        areas=(*areas_of(roads, report), *objects.areas),
        scenery=tuple(objects.scenery),
        signals=tuple(_within(signal, lanes[signal.lane].length) for signal in signals),
        junctions=junctions,
        footpaths=tuple(footpaths),
        lights=tuple(lights),
        bays=(*bays_of(roads, found), *marked_bays_of(objects.bays, found)),
        bus_stops=tuple(bus_stops_of(roads, found)),
        left_hand=sum(road.left_hand for road in roads.values()) * 2 > len(roads),
    )


def _junction_at(lanes: Sequence[Lane], place: np.ndarray) -> int:
    """Number of the junction nearest to a place, within `NEAR_JUNCTION_M`; -1 where there is none."""
    best, least = -1, NEAR_JUNCTION_M
    for lane in lanes:
        if lane.junction >= 0:
            away = float(np.hypot(*(lane.points - place).T).min())
            if away < least:
                best, least = lane.junction, away
    return best


def _check_extent(path: Path, found: dict[Key, Stretch]) -> None:
    ends = np.concatenate([stretch.points[[0, -1]] for stretch in found.values()])
    width, height = ends.max(axis=0) - ends.min(axis=0)
    if not width * height <= AREA_MAX_M2:
        raise FileFormatError(
            f"{path}: <planView>: roads are spread over {width / 1e3:.1f} km x {height / 1e3:.1f} km, "
            f"expected at most {AREA_MAX_M2 / 1e6:.0f} km^2"
        )


def _within(signal: Signal, length: float) -> Signal:
    return dataclasses.replace(signal, stop_s=min(signal.stop_s, length))


def _note_what_is_not_flat(roads: dict[str, Road], report: MapReport) -> None:
    for road in roads.values():
        for profile in road.element.all("elevationProfile", "lateralProfile"):
            for element in profile.all(*_FLAT):
                if any(abs(element.number(key, 0.0)) > 1e-6 for key in "abcd"):
                    report.leave_out(f"{element.tag} of roads", road.element.place)
