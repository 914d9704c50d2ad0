"""Packs a road network into the flat arrays that kernels read; `arena` joins the arrays of many."""

from collections.abc import Sequence

import numpy as np

from drivesim.maps.arrays import (
    OBJECT_CELL_M,
    LaneArrays,
    LanePoint,
    MapArrays,
    ObjectColumn,
    RouteArrays,
    SceneryArrays,
)
from drivesim.maps.circles import circles_of
from drivesim.maps.facts import pack_areas, pack_conflicts, pack_lights, pack_signals
from drivesim.maps.footways import pack_bays, pack_footpaths, pack_stops
from drivesim.maps.ground import GroundPicture, pack_ground
from drivesim.maps.long_vehicles import longest_onward
from drivesim.maps.network import Lane, RoadNetwork, Scenery, SceneryKind
from drivesim.maps.right_of_way import pack_ways
from drivesim.maps.routing import LaneGraph, best_lanes, least_ways
from drivesim.maps.signal_scenery import signal_scenery

LONG_KINDS = (SceneryKind.GUARD_RAIL, SceneryKind.BARRIER, SceneryKind.WALL, SceneryKind.HEDGE)
"""Kinds that are cut into pieces no longer than a grid cell."""


def _first(counts: Sequence[int]) -> np.ndarray:
    """Offsets of consecutive stretches and the end of the last, int32, shape (stretch + 1,)."""
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int32)


def pack_map(network: RoadNetwork, picture: GroundPicture) -> MapArrays:
    """A map of its own: slot 0, every index counted from its own first entry."""
    azimuth, elevation = network.sun_azimuth, network.sun_elevation
    sun = np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)
    return MapArrays(
        lanes=pack_lanes(network),
        conflicts=pack_conflicts(network),
        ways=pack_ways(network),
        signals=pack_signals(network),
        lights=pack_lights(network),
        areas=pack_areas(network),
        footpaths=pack_footpaths(network),
        bays=pack_bays(network),
        stops=pack_stops(network),
        routes=pack_routes(network),
        scenery=pack_scenery(network, picture.origin),
        ground=pack_ground(picture),
        origin=np.array([picture.origin], np.float32),
        sun=np.array([sun], np.float32),
        left_hand=np.array([network.left_hand]),
        filled=np.ones(1, np.int64),
        slot_of=np.zeros(1, np.int32),
    )


def pack_lanes(network: RoadNetwork) -> LaneArrays:
    """Lanes of a map."""
    lanes = network.lanes
    point_first = _first([len(lane.points) for lane in lanes])
    point = np.empty((int(point_first[-1]), len(LanePoint)), np.float32)
    for lane, a, b in zip(lanes, point_first[:-1], point_first[1:], strict=True):
        point[a:b] = _lane_points(lane)
    length = np.array([lane.length for lane in lanes], np.float32)
    successors: list[list[int]] = [list(lane.successors) for lane in lanes]
    predecessors: list[list[int]] = [[] for _ in lanes]
    for index, links in enumerate(successors):
        for follower in links:
            predecessors[follower].append(index)
    neighbours = np.array([(lane.left, lane.right) for lane in lanes], np.int32).reshape(-1, 2).T
    return LaneArrays(
        map_first=np.zeros(1, np.int32),
        map_end=np.array([len(lanes)], np.int32),
        point_first=point_first,
        point=point,
        length=length,
        step=(length / (np.diff(point_first) - 1)).astype(np.float32),
        speed_limit=np.array([lane.speed_limit for lane in lanes], np.float32),
        type=np.array([lane.type for lane in lanes], np.uint8),
        successor_first=_first([len(links) for links in successors]),
        successor=_links(successors),
        predecessor_first=_first([len(links) for links in predecessors]),
        predecessor=_links(predecessors),
        left=neighbours[0].copy(),
        right=neighbours[1].copy(),
        change=np.array([lane.change_left + 2 * lane.change_right for lane in lanes], np.uint8),
        to_drop=_way_to_drop(length, successors, neighbours),
        road=np.array([lane.road for lane in lanes], np.int32),
        junction=np.array([lane.junction for lane in lanes], np.int32),
        longest=longest_onward(network),
        circle=circles_of(length, successors),
    )


def _links(links: Sequence[Sequence[int]]) -> np.ndarray:
    return np.array([lane for row in links for lane in row], np.int32)


def _way_to_drop(length: np.ndarray, successors: Sequence[Sequence[int]], neighbours: np.ndarray) -> np.ndarray:
    """`LaneArrays.to_drop`; `neighbours` are left and right, shape (2, lane)."""
    goes_on = np.array([len(links) > 0 for links in successors], bool)
    drops = np.zeros(len(length), bool)
    for side in neighbours:
        abreast = side
        while (abreast >= 0).any():
            drops |= ~goes_on & (abreast >= 0) & goes_on[abreast]
            abreast = np.where(abreast >= 0, side[abreast], -1)
    return least_ways(np.where(drops, length, np.float32(np.inf)), length, successors)


def _lane_points(lane: Lane) -> np.ndarray:
    """`LanePoint` columns, shape (point, 8)."""
    return np.column_stack(
        (
            lane.points,
            np.unwrap(lane.heading),
            lane.curvature,
            lane.width,
            lane.edge_left,
            lane.edge_right,
            lane.oncoming_left,
        )
    )


def pack_routes(network: RoadNetwork) -> RouteArrays:
    """Routes of a map with their `best_lanes` tables."""
    graph, routes = LaneGraph(network), network.routes
    tables = [best_lanes(network, route, graph=graph) for route in routes]

    def rows(name: str, dtype: type) -> np.ndarray:
        return np.concatenate([np.zeros(0, dtype), *(getattr(table, name) for table in tables)]).astype(dtype)

    return RouteArrays(
        map_first=np.zeros(1, np.int32),
        map_end=np.array([len(routes)], np.int32),
        row_first=_first([len(table.next_slot) for table in tables])[:-1],
        lane_first=np.zeros(len(routes), np.int32),
        start_lane=np.array([route.start_lane for route in routes], np.int32),
        start_s=np.array([route.start_s for route in routes], np.float32),
        goal_lane=np.array([route.goal_lane for route in routes], np.int32),
        goal_s=np.array([route.goal_s for route in routes], np.float32),
        length=np.array([table.length for table in tables], np.float32),
        next_slot=rows("next_slot", np.int8),
        best_offset=rows("best_offset", np.int8),
        drive_on=rows("drive_on", np.float32),
        remaining=rows("remaining", np.float32),
        is_goal=rows("is_goal", np.uint8),
    )


def pack_scenery(network: RoadNetwork, origin: tuple[float, float]) -> SceneryArrays:
    """Scenery of a map and what stands for its signals, in the order of the grid's cells and within a cell by kind.

    Args:
        network: The map.
        origin: Lower left corner of the grid [m]. What lies beyond the grid's sides is listed in the nearest cell.
    """
    things = (*network.scenery, *signal_scenery(network))
    pieces = [piece for thing in things for piece in _cut(thing)]
    table = np.array([_object_row(piece) for piece in pieces], np.float64).reshape(-1, 8)
    corners = [np.array([origin]), table[:, :2], *(lane.points[[0, -1]] for lane in network.lanes)]
    size = np.floor((np.concatenate(corners).max(axis=0) - origin) / OBJECT_CELL_M).astype(int) + 1
    cell = np.clip(np.floor((table[:, :2] - origin) / OBJECT_CELL_M).astype(int), 0, size - 1)
    flat = cell[:, 1] * size[0] + cell[:, 0]
    kind = np.array([piece.kind for piece in pieces], np.uint8)
    order = np.lexsort((kind, flat))
    counts = np.bincount(flat, minlength=int(size[0] * size[1]))
    from_centre = np.abs(table[:, :2] - origin - (cell + 0.5) * OBJECT_CELL_M).max(axis=1, initial=0.0)
    beyond = from_centre + np.hypot(table[:, ObjectColumn.HALF_LENGTH], table[:, ObjectColumn.HALF_WIDTH])
    return SceneryArrays(
        object=table[order].astype(np.float32),
        kind=kind[order],
        look=np.array([piece.look % 256 for piece in pieces], np.uint8)[order],
        light=np.array([piece.light for piece in pieces], np.int32)[order],
        cell_first=_first(counts.tolist()),
        grid_first=np.zeros(1, np.int32),
        grid_size=size.astype(np.int32).reshape(1, 2),
        # A centimetre more than float32 may lose.
        beyond=np.array([max(beyond.max(initial=0.0) - 0.5 * OBJECT_CELL_M, 0.0) + 0.01], np.float32),
    )


def _object_row(thing: Scenery) -> tuple[float, ...]:
    """`ObjectColumn` columns."""
    return (
        thing.x,
        thing.y,
        float(np.cos(thing.yaw)),
        float(np.sin(thing.yaw)),
        0.5 * thing.length,
        0.5 * thing.width,
        thing.base,
        thing.base + thing.height,
    )


def _cut(thing: Scenery) -> list[Scenery]:
    """The thing itself, or its pieces when it is of a long kind and longer than a cell."""
    count = int(np.ceil(thing.length / OBJECT_CELL_M)) if thing.kind in LONG_KINDS else 1
    if count <= 1:
        return [thing]
    length = thing.length / count
    along = (np.arange(count) - 0.5 * (count - 1)) * length
    return [
        Scenery(
            kind=thing.kind,
            x=thing.x + float(a * np.cos(thing.yaw)),
            y=thing.y + float(a * np.sin(thing.yaw)),
            yaw=thing.yaw,
            length=length,
            width=thing.width,
            height=thing.height,
            base=thing.base,
            look=thing.look,
        )
        for a in along
    ]
