"""Packs where people walk and where vehicles park and halt: footpaths, which lanes they cross, bays, bus stops."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from drivesim.maps.arrays import BayArrays, FootpathArrays, StopArrays
from drivesim.maps.network import LaneType, RoadNetwork, SceneryKind
from drivesim.maps.places import FootpathKind

CROSSED = (LaneType.DRIVING, LaneType.ENTRY, LaneType.EXIT, LaneType.ON_RAMP, LaneType.OFF_RAMP, LaneType.BIKING)
"""Types of lane on which people are in the way."""
SLANT_MIN = 0.3
"""Sine of the least angle at which a footpath counts as crossing a lane."""
HOP_STEP_M, HOP_REACH_M, HOP_WIDTH_M = 25.0, 30.0, 1.5
"""Ways straight across a street are looked for this often along a pavement, at most so long, and so wide [m]."""
HOP_APART_M = 12.0
"""None is nearer than this to a crossing or to a junction [m]."""
SOLID = (SceneryKind.BUILDING, SceneryKind.WALL, SceneryKind.BARRIER, SceneryKind.GUARD_RAIL, SceneryKind.TREE,
         SceneryKind.CONIFER, SceneryKind.BUSH)  # fmt: skip
"""Things that nobody walks through."""


@dataclass
class _Path:
    """A footpath or hop, and the lanes it crosses: (lane, s begin, s end, along begin, along end)."""

    points: np.ndarray
    width: float
    kind: int = 0
    light: int = -1
    node: tuple[int, int] = (-1, -1)
    host: tuple[int, int] = (-1, -1)
    host_along: tuple[float, float] = (0.0, 0.0)
    crossed: list[tuple[int, float, float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(self.points, axis=0).T))))


class _Lanes:
    """Centre lines as segments, with the box around each lane."""

    def __init__(self, network: RoadNetwork) -> None:
        self.lanes = network.lanes
        self.numbers = [index for index, lane in enumerate(network.lanes) if lane.type in CROSSED]
        corners = [
            (network.lanes[index].points.min(axis=0), network.lanes[index].points.max(axis=0)) for index in self.numbers
        ]
        self.low = np.array([low for low, _ in corners]).reshape(-1, 2)
        self.high = np.array([high for _, high in corners]).reshape(-1, 2)

    def crossed_by(self, path: _Path) -> list[tuple[int, float, float, float, float]]:
        """The lanes whose centre lines a path crosses, and the stretches that are common to both [m]."""
        found = []
        for start, end, before in zip(path.points[:-1], path.points[1:], path.along[:-1], strict=True):
            low, high = np.minimum(start, end), np.maximum(start, end)
            for row in np.flatnonzero(((self.low <= high) & (self.high >= low)).all(axis=1)):
                number = self.numbers[row]
                lane = self.lanes[number]
                for share, along in _crossings(lane.points, start, end):
                    at = share / (len(lane.points) - 1)
                    heading = float(np.interp(share, np.arange(len(lane.points)), np.unwrap(lane.heading)))
                    way = end - start
                    sine = abs(np.cos(heading) * way[1] - np.sin(heading) * way[0]) / float(np.hypot(*way))
                    slant = max(float(sine), SLANT_MIN)
                    wide = 0.5 * float(np.interp(share, np.arange(len(lane.points)), lane.width)) / slant
                    half = 0.5 * path.width / slant
                    s, there = at * lane.length, float(before) + along * float(np.hypot(*way))
                    found.append((number, max(s - half, 0.0), min(s + half, lane.length), there - wide, there + wide))
        return sorted(found, key=lambda row: row[3])


def _crossings(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> list[tuple[float, float]]:
    """Where a segment crosses a polyline: place along its points (index and fraction), share of the segment."""
    step, way = np.diff(points, axis=0), end - start
    offset = points[:-1] - start
    area = way[0] * step[:, 1] - way[1] * step[:, 0]
    parallel = np.abs(area) < 1e-9
    safe = np.where(parallel, 1.0, area)
    along = (offset[:, 0] * step[:, 1] - offset[:, 1] * step[:, 0]) / safe
    there = (offset[:, 0] * way[1] - offset[:, 1] * way[0]) / safe
    inside = ~parallel & (along >= 0.0) & (along < 1.0) & (there >= 0.0) & (there < 1.0)
    return [(float(row + there[row]), float(along[row])) for row in np.flatnonzero(inside)]


def paths_of(network: RoadNetwork) -> list[_Path]:
    """Footpaths of a network, then the hops, each with the lanes it crosses."""
    nodes = sorted({node for path in network.footpaths for node in (path.start_node, path.end_node)})
    number = {node: index for index, node in enumerate(nodes)}
    paths = [
        _Path(
            np.asarray(path.points, np.float64), path.width, int(path.kind), path.light,
            (number[path.start_node], number[path.end_node]),
        )
        for path in network.footpaths
    ]  # fmt: skip
    if not paths:
        return []
    lanes = _Lanes(network)
    for path in paths:
        path.crossed = lanes.crossed_by(path)
    return paths + _hops(network, lanes, paths)


def _hops(network: RoadNetwork, lanes: _Lanes, paths: Sequence[_Path]) -> list[_Path]:
    """Ways straight across streets between pavements, away from crossings and junctions, where nothing solid stands."""
    pavements = [index for index, path in enumerate(paths) if path.kind == FootpathKind.PAVEMENT]
    busy = [path.points for path in paths if path.crossed]
    busy += [lane.points for lane in network.lanes if lane.junction >= 0]
    busy_points = np.concatenate([np.zeros((0, 2)), *busy])
    solid = [thing for thing in network.scenery if thing.kind in SOLID]
    boxes = np.array([(t.x, t.y, t.yaw, 0.5 * t.length, 0.5 * t.width) for t in solid]).reshape(-1, 5)
    low = np.array([paths[index].points.min(axis=0) for index in pavements]).reshape(-1, 2)
    high = np.array([paths[index].points.max(axis=0) for index in pavements]).reshape(-1, 2)
    hops: list[_Path] = []
    taken = np.zeros((0, 2))
    for index in pavements:
        path = paths[index]
        count = int((path.along[-1] - HOP_STEP_M) // HOP_STEP_M) + 1
        for at in 0.5 * (path.along[-1] - (count - 1) * HOP_STEP_M) + HOP_STEP_M * np.arange(max(count, 0)):
            piece = min(int(np.searchsorted(path.along, at, side="right")) - 1, len(path.along) - 2)
            step = path.points[piece + 1] - path.points[piece]
            step = step / np.hypot(*step)
            start = path.points[piece] + (at - path.along[piece]) * step
            if (np.hypot(*(taken - start).T) < 0.5 * HOP_STEP_M).any():
                continue
            for side in (1.0, -1.0):
                end = start + side * HOP_REACH_M * np.array([-step[1], step[0]])
                nearest: tuple[float, int, float] | None = None
                reach = ((low <= np.maximum(start, end)) & (high >= np.minimum(start, end))).all(axis=1)
                for row in np.flatnonzero(reach):
                    other = pavements[row]
                    if other == index:
                        continue
                    for place, share in _crossings(paths[other].points, start, end):
                        there = float(np.interp(place, np.arange(len(paths[other].along)), paths[other].along))
                        if nearest is None or share < nearest[0]:
                            nearest = (share, other, there)
                if nearest is None:
                    continue
                share, other, there = nearest
                hop = _Path(
                    np.array([start, start + share * (end - start)]), HOP_WIDTH_M,
                    host=(index, other), host_along=(float(at), there),
                )  # fmt: skip
                hop.crossed = lanes.crossed_by(hop)
                middle = hop.points.mean(axis=0)
                if not hop.crossed or (np.hypot(*(busy_points - middle).T) < HOP_APART_M).any() or _meets(hop, boxes):
                    continue
                hops.append(hop)
                taken = np.concatenate((taken, hop.points))
    return hops


def _meets(hop: _Path, boxes: np.ndarray) -> bool:
    """Whether a straight path comes nearer to a solid thing (x, y, yaw, half length, half width) than its edge."""
    if not len(boxes):
        return False
    points = hop.points[0] + np.linspace(0.0, 1.0, 61)[:, None] * (hop.points[1] - hop.points[0])
    east, north = points[:, None, 0] - boxes[:, 0], points[:, None, 1] - boxes[:, 1]
    cos, sin = np.cos(boxes[:, 2]), np.sin(boxes[:, 2])
    margin = 0.5 * hop.width
    inside = np.abs(east * cos + north * sin) < boxes[:, 3] + margin
    return bool((inside & (np.abs(north * cos - east * sin) < boxes[:, 4] + margin)).any())


def _first(counts: Sequence[int]) -> np.ndarray:
    """Offsets of consecutive stretches, int32, shape (stretch + 1,)."""
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int32)


def pack_footpaths(network: RoadNetwork) -> FootpathArrays:
    """Footpaths of a map, and the lanes they cross."""
    paths = paths_of(network)
    crossed = [(number, *row) for number, path in enumerate(paths) for row in path.crossed]
    lane = np.array([row[1] for row in crossed], np.int64)
    spans = np.array([row[2:] for row in crossed], np.float32).reshape(-1, 4)
    ends = [(node, number, end) for number, path in enumerate(paths) for end, node in enumerate(path.node) if node >= 0]
    ends.sort()
    node_count = max((node for node, _, _ in ends), default=-1) + 1
    hops = [
        (host, along, number, end)
        for number, path in enumerate(paths)
        for end, (host, along) in enumerate(zip(path.host, path.host_along, strict=True))
        if host >= 0
    ]
    hops.sort()
    roads = [
        (min((row[3] for row in path.crossed), default=np.inf), max((row[4] for row in path.crossed), default=-np.inf))
        for path in paths
    ]

    def pairs(values: list[tuple], dtype: type) -> np.ndarray:
        return np.array(values, dtype).reshape(-1, 2)

    points = [np.column_stack((path.points, path.along)) for path in paths]
    return FootpathArrays(
        map_first=np.zeros(1, np.int32),
        map_end=np.array([len(paths)], np.int32),
        point_first=_first([len(path.points) for path in paths]),
        point=np.concatenate([np.zeros((0, 3)), *points]).astype(np.float32),
        length=np.array([path.along[-1] for path in paths], np.float32),
        width=np.array([path.width for path in paths], np.float32),
        kind=np.array([path.kind for path in paths], np.uint8),
        light=np.array([path.light for path in paths], np.int32),
        node=pairs([path.node for path in paths], np.int32),
        road=pairs(roads, np.float32),
        host=pairs([path.host for path in paths], np.int32),
        host_along=pairs([path.host_along for path in paths], np.float32),
        hop_first=_first(
            np.bincount([row[0] for row in hops], minlength=len(paths)).tolist() if hops else [0] * len(paths)
        ),
        hop=np.array([row[2] for row in hops], np.int32),
        hop_end=np.array([row[3] for row in hops], np.uint8),
        hop_along=np.array([row[1] for row in hops], np.float32),
        link_first=_first(np.bincount([row[0] for row in ends], minlength=node_count).tolist() if ends else []),
        link=np.array([row[1] for row in ends], np.int32),
        link_end=np.array([row[2] for row in ends], np.uint8),
        cross_first=_first([len(path.crossed) for path in paths]),
        cross_path=np.array([row[0] for row in crossed], np.int32),
        cross_lane=lane.astype(np.int32),
        cross_s=spans[:, :2].copy(),
        cross_along=spans[:, 2:].copy(),
        lane_first=_first(np.bincount(lane, minlength=len(network.lanes)).tolist()),
        lane_cross=np.lexsort((spans[:, 0], lane)).astype(np.int32),
    )


def pack_bays(network: RoadNetwork) -> BayArrays:
    """Parking bays of a map."""
    bays = network.bays

    def column(name: str, dtype: type = np.float32) -> np.ndarray:
        return np.array([getattr(bay, name) for bay in bays], dtype)

    return BayArrays(
        map_first=np.zeros(1, np.int32),
        map_end=np.array([len(bays)], np.int32),
        x=column("x"),
        y=column("y"),
        yaw=column("yaw"),
        length=column("length"),
        width=column("width"),
        lane=column("lane", np.int32),
        s=column("s"),
    )


def pack_stops(network: RoadNetwork) -> StopArrays:
    """Bus stops of a map."""
    stops = network.bus_stops
    return StopArrays(
        map_first=np.zeros(1, np.int32),
        map_end=np.array([len(stops)], np.int32),
        lane=np.array([stop.lane for stop in stops], np.int32),
        s=np.array([stop.s for stop in stops], np.float32),
    )
