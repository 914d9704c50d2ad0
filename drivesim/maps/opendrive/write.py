"""Writes a road network as an OpenDRIVE document, revision 1.7."""

import gzip
import io
import os
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.network import LaneType, RoadNetwork
from drivesim.maps.opendrive.control import CONTROL
from drivesim.maps.opendrive.write_footways import write_bus_stops, write_pavements
from drivesim.maps.opendrive.write_line import cubic_pieces, metres, number, write_plan
from drivesim.maps.opendrive.write_marks import Paints, write_mark
from drivesim.maps.opendrive.write_roads import Place, Road, roads_of
from drivesim.maps.opendrive.write_things import write_controllers, write_objects, write_signals

GEO_REFERENCE = "+proj=tmerc +lat_0=0 +lon_0=0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
TYPES = {
    LaneType.DRIVING: "driving", LaneType.ENTRY: "entry", LaneType.EXIT: "exit", LaneType.ON_RAMP: "onRamp",
    LaneType.OFF_RAMP: "offRamp", LaneType.SHOULDER: "shoulder", LaneType.PARKING: "parking",
    LaneType.BIKING: "biking", LaneType.SIDEWALK: "sidewalk",
}  # fmt: skip
End = tuple[int, str]
"""A road and its "start" or "end"."""


def to_opendrive(network: RoadNetwork) -> bytes:
    """A network as an OpenDRIVE 1.7 document.

    Lanes side by side share a road, as do opposite directions that touch. Where lanes of several roads meet outside of
    a junction (at the ramps of a highway), a junction of pieces of 0.5 m joins them, since few programs know direct
    junctions. What OpenDRIVE has no word for is in `<userData>`: programmes of lights (`drivesim:light`), arrows of
    signals (`drivesim:turns`), the seed (`drivesim:map`).

    Raises:
        MapError: A lane leads both into a junction and past it, which no document can say.
    """
    roads, places = roads_of(network)
    joints = _Joints(network, roads, places)
    root = Element("OpenDRIVE")
    _write_header(root, network, roads)
    paints = Paints(network.markings)
    elements = []
    for index, road in enumerate(roads):
        element = SubElement(
            root, "road", name="", length=metres(road.line.length), id=str(index), junction=joints.crossed(index),
            rule="LHT" if network.left_hand else "RHT",
        )  # fmt: skip
        elements.append(element)
        joints.write_link(element, index)
        kind = SubElement(element, "type", s="0", type=_road_type(road))
        SubElement(kind, "speed", max=number(road.speed), unit="m/s")
        write_plan(element, road.line)
        # Flat, and said so: not every program takes a road without it.
        SubElement(SubElement(element, "elevationProfile"), "elevation", s="0", a="0", b="0", c="0", d="0")
        _write_lanes(element, network, road, places, joints, paints)
    write_objects(elements, network, roads)
    signal_ids, signal_count = write_signals(elements, network, roads, places)
    write_bus_stops(elements, network, roads, places, signal_count)
    write_pavements(root, network, len(roads))
    controllers = write_controllers(root, network, signal_ids)
    joints.write_junctions(root, controllers)
    ElementTree.indent(root, " ")
    file = io.BytesIO()
    ElementTree.ElementTree(root).write(file, encoding="UTF-8", xml_declaration=True)
    return file.getvalue()


def save_opendrive(network: RoadNetwork, path: str | Path) -> None:
    """Writes a document, packed where the name ends in ".gz"; the same network gives the same bytes.

    Raises:
        MapError: As `to_opendrive`.
        OSError: It cannot be written.
    """
    data = to_opendrive(network)
    partial = f"{path}.partial"
    try:
        Path(partial).write_bytes(gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data)
        os.replace(partial, path)
    finally:
        Path(partial).unlink(missing_ok=True)


def _write_header(root: Element, network: RoadNetwork, roads: list[Road]) -> None:
    points = np.concatenate([road.line.points for road in roads])
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    header = SubElement(
        root, "header", revMajor="1", revMinor="7", name=network.name, version="1.00", north=metres(north),
        south=metres(south), east=metres(east), west=metres(west), vendor="drivesim",
    )  # fmt: skip
    SubElement(header, "geoReference").text = GEO_REFERENCE
    SubElement(header, "userData", code="drivesim:map", value=f"seed {network.seed}")


def _road_type(road: Road) -> str:
    if road.speed > 100.0 / 3.6 + 0.1:
        return "motorway"
    return "rural" if road.speed > 60.0 / 3.6 + 0.1 else "town"


def _write_lanes(
    element: Element, network: RoadNetwork, road: Road, places: list[Place], joints: "_Joints", paints: Paints
) -> None:
    lanes = SubElement(element, "lanes")
    for start, powers in cubic_pieces(road.line.s, road.offset):
        _powers(SubElement(lanes, "laneOffset", s=metres(start)), powers)
    section = SubElement(lanes, "laneSection", s="0")
    borders = road.borders()
    for side, ids in (("left", 1), ("center", 0), ("right", -1)):
        members = [(0, None)] if not ids else [pair for pair in road.strips() if pair[0] * ids > 0]
        if not members:
            continue
        group = SubElement(section, side)
        for lane_id, strip in members:
            source = strip.source if strip is not None else -1
            kind = "none" if strip is None else TYPES[network.lanes[source].type] if source >= 0 else "shoulder"
            lane = SubElement(group, "lane", id=str(lane_id), type=kind)
            if source >= 0:
                joints.write_lane_link(lane, source, road)
            if strip is not None:
                for start, powers in cubic_pieces(road.line.s, strip.width):
                    _powers(SubElement(lane, "width", sOffset=metres(start)), powers)
            write_mark(lane, network, road, places, lane_id, borders[lane_id], paints)
            if kind == TYPES[LaneType.BIKING] or (source >= 0 and network.lanes[source].speed_limit != road.speed):
                SubElement(lane, "speed", sOffset="0", max=number(network.lanes[source].speed_limit), unit="m/s")


def _powers(element: Element, powers: np.ndarray) -> None:
    for name, value in zip("abcd", powers, strict=True):
        element.set(name, number(value))


class _Joints:
    """What meets at the ends of roads."""

    def __init__(self, network: RoadNetwork, roads: list[Road], places: list[Place]) -> None:
        self._network, self._roads, self._places = network, roads, places
        self._before: list[list[int]] = [[] for _ in network.lanes]
        self._meet: dict[End, set[End]] = defaultdict(set)
        self._into: dict[End, int] = {}
        """Junction at an end of a road."""
        for number_, lane in enumerate(network.lanes):
            for other in lane.successors:
                self._before[other].append(number_)
                leaving, entering = self._end(number_, at_end=True), self._end(other, at_end=False)
                ahead, behind = network.lanes[other].junction, lane.junction
                if ahead >= 0 and behind < 0:
                    self._enter(leaving, ahead)
                    self._meet[entering].add(leaving)
                elif behind >= 0 and ahead < 0:
                    self._enter(entering, behind)
                    self._meet[leaving].add(entering)
                else:
                    self._meet[leaving].add(entering)
                    self._meet[entering].add(leaving)
        for index, road in enumerate(roads):
            if road.before < 0:
                continue
            for end, joined in (("start", (road.before, "end")), ("end", (road.after, "start"))):
                self._enter(joined, road.junction)
                self._meet[index, end] = {joined}
        for end, met in self._meet.items():
            if len(met) > 1 and end not in self._into:
                raise MapError(f"{network.name}: the {end[1]} of a road meets several roads outside of a junction")

    def _enter(self, end: End, junction: int) -> None:
        if self._into.setdefault(end, junction) != junction:
            raise MapError(f"{self._network.name}: the {end[1]} of a road meets junctions {junction} and others")

    def _end(self, lane: int, *, at_end: bool) -> End:
        place = self._places[lane]
        return place.road, "end" if place.forward == at_end else "start"

    def crossed(self, road: int) -> str:
        """Junction that a road crosses, as text."""
        return str(self._roads[road].junction)

    def write_link(self, element: Element, road: int) -> None:
        """Adds what a road's ends are joined to."""
        link = SubElement(element, "link")
        for end, name in (("start", "predecessor"), ("end", "successor")):
            junction = self._into.get((road, end))
            if junction is not None:
                SubElement(link, name, elementType="junction", elementId=str(junction))
                continue
            met = sorted(self._meet.get((road, end), ()))
            if len(met) == 1:
                other, contact = met[0]
                SubElement(link, name, elementType="road", elementId=str(other), contactPoint=contact)

    def write_lane_link(self, element: Element, lane: int, road: Road) -> None:
        """Adds which lanes of the roads before and after a lane is joined to."""
        place = self._places[lane]
        link = SubElement(element, "link")
        for end, name in (("start", "predecessor"), ("end", "successor")):
            forwards = (end == "end") == place.forward
            if road.before >= 0:
                met = (lane,) if forwards else self._before[lane]
            elif (place.road, end) in self._into:
                continue
            else:
                met = self._network.lanes[lane].successors if forwards else self._before[lane]
            for other in met:
                SubElement(link, name, id=str(self._places[other].lane))

    def write_junctions(self, root: Element, controllers: dict[int, list[int]]) -> None:
        """Adds all junctions.

        Args:
            root: The document.
            controllers: Numbers of the controllers of lights, by junction.
        """
        rows: dict[int, dict[tuple[int, int, str], list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
        for number_, lane in enumerate(self._network.lanes):
            own = self._places[number_]
            for other in lane.successors:
                target = self._places[other]
                entering = self._end(other, at_end=False)
                junction = self._network.lanes[other].junction
                if lane.junction < 0 and junction >= 0:
                    rows[junction][own.road, target.road, entering[1]].append((own.lane, target.lane))
        for index, road in enumerate(self._roads):
            if road.before < 0:
                continue
            for lane_id, strip in road.strips():
                for other in self._before[strip.source] if strip.source >= 0 else ():
                    rows[road.junction][road.before, index, "start"].append((self._places[other].lane, lane_id))
        for junction in sorted({*rows, *(road.junction for road in self._roads if road.junction >= 0)}):
            element = SubElement(root, "junction", id=str(junction), name=self._name(junction), type="default")
            for count, ((incoming, target, contact), pairs) in enumerate(sorted(rows[junction].items())):
                connection = SubElement(
                    element, "connection", id=str(count), incomingRoad=str(incoming),
                    connectingRoad=str(target), contactPoint=contact,
                )  # fmt: skip
                for first, second in pairs:
                    SubElement(connection, "laneLink", {"from": str(first), "to": str(second)})
            places = self._places
            known = self._network.junctions
            for high, low in known[junction].first if junction < len(known) else ():
                SubElement(element, "priority", high=str(places[high].road), low=str(places[low].road))
            for controller in controllers.get(junction, ()):
                SubElement(element, "controller", id=str(controller), type="0")
            if junction < len(known):
                SubElement(element, "userData", code=CONTROL, value=known[junction].control.name)

    def _name(self, junction: int) -> str:
        known = self._network.junctions
        return known[junction].name if junction < len(known) else f"{junction}"
