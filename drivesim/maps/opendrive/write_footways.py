"""Pavements, as roads with nothing but a sidewalk, and crosswalks and bus stops."""

from collections import defaultdict
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from drivesim.maps.network import RoadNetwork
from drivesim.maps.opendrive.objects import FOOTPATH
from drivesim.maps.opendrive.signals import BUS_STOP
from drivesim.maps.opendrive.write_line import metres, number
from drivesim.maps.opendrive.write_roads import Place, Road, station_of
from drivesim.maps.places import Footpath, FootpathKind

CROSSINGS = (FootpathKind.ZEBRA, FootpathKind.LIGHTS)
"""Kinds of footpath that are written as crosswalks."""
SEGMENT_MIN_M = 1e-4
SIGN_BESIDE_M = 0.8
"""How far beside the road's edge the sign of a bus stop stands [m]."""
SIGN_HEIGHT_M, SIGN_M = 2.2, 0.6


def write_pavements(root: Element, network: RoadNetwork, first_id: int) -> None:
    """Adds a road for every footpath that is no crosswalk.

    Its reference line runs along the middle, straight from point to point; the one lane is moved to lie around it.
    """
    count = first_id
    for path in network.footpaths:
        if path.kind in CROSSINGS:
            continue
        _write_pavement(root, path, count)
        count += 1


def _write_pavement(root: Element, path: Footpath, road_id: int) -> None:
    step = np.diff(path.points, axis=0)
    length = np.hypot(*step.T)
    total = float(length[length > SEGMENT_MIN_M].sum())
    road = SubElement(
        root, "road", name="", length=metres(total), id=str(road_id), junction="-1", rule="RHT"
    )  # fmt: skip
    SubElement(road, "link")
    plan = SubElement(road, "planView")
    s = 0.0
    for point, (dx, dy), extent in zip(path.points, step, length, strict=False):
        if extent <= SEGMENT_MIN_M:
            continue
        geometry = SubElement(
            plan, "geometry", s=metres(s), x=metres(point[0]), y=metres(point[1]),
            hdg=number(float(np.arctan2(dy, dx))), length=metres(extent),
        )  # fmt: skip
        SubElement(geometry, "line")
        s += float(extent)
    SubElement(SubElement(road, "elevationProfile"), "elevation", s="0", a="0", b="0", c="0", d="0")
    lanes = SubElement(road, "lanes")
    SubElement(lanes, "laneOffset", s="0", a=number(0.5 * path.width), b="0", c="0", d="0")
    section = SubElement(lanes, "laneSection", s="0")
    centre = SubElement(SubElement(section, "center"), "lane", id="0", type="none")
    SubElement(centre, "roadMark", sOffset="0", type="none", color="white", laneChange="none")
    lane = SubElement(SubElement(section, "right"), "lane", id="-1", type="sidewalk")
    SubElement(lane, "link")
    SubElement(lane, "width", sOffset="0", a=number(path.width), b="0", c="0", d="0")
    SubElement(road, "userData", code=FOOTPATH, value=path.kind.name)


def write_bus_stops(
    elements: list[Element], network: RoadNetwork, roads: list[Road], places: list[Place], first_id: int
) -> None:
    """Adds the sign of every bus stop to the road that it is on, at the front of a halting bus."""
    by_road: dict[int, list[int]] = defaultdict(list)
    for index, stop in enumerate(network.bus_stops):
        by_road[places[stop.lane].road].append(index)
    count = first_id
    for road_index, stops in by_road.items():
        parent = elements[road_index].find("signals")
        if parent is None:
            parent = SubElement(elements[road_index], "signals")
        road = roads[road_index]
        for index in stops:
            stop = network.bus_stops[index]
            place, lane = places[stop.lane], network.lanes[stop.lane]
            s = station_of(road, network, stop.lane, stop.s)
            share = stop.s / lane.length * (len(lane.points) - 1)
            index_range = np.arange(len(lane.points))
            middle = np.array([np.interp(share, index_range, lane.points[:, axis]) for axis in (0, 1)])
            origin, heading, _ = road.line.at(np.array([s]))
            apart, angle = middle - origin[0], float(heading[0])
            t = float(apart[1] * np.cos(angle) - apart[0] * np.sin(angle))
            edge = lane.edge_left if network.left_hand else lane.edge_right
            beside = float(np.interp(share, index_range, edge)) + SIGN_BESIDE_M
            outwards = (1.0 if place.forward else -1.0) * (1.0 if network.left_hand else -1.0)
            element = SubElement(
                parent, "signal", s=metres(s), t=metres(t + outwards * beside), id=str(count), name=f"bus stop {count}",
                dynamic="no", orientation="+" if place.forward else "-", zOffset=metres(SIGN_HEIGHT_M), country="DE",
                type=BUS_STOP, subtype="-1", width=metres(SIGN_M), height=metres(SIGN_M),
            )  # fmt: skip
            SubElement(element, "validity", fromLane=str(place.lane), toLane=str(place.lane))
            count += 1
