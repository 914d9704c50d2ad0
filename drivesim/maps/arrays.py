"""`MapArrays`: maps packed into flat arrays that kernels read.

Lane, object and tile indices hold for all maps that are in memory together, so a kernel never needs a map's own
numbering. A map is known by its number in its source; `slot_of` says where it lies. Nothing may depend on that.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

OBJECT_CELL_M = 32.0
LEVEL_COUNT = 6
"""Levels of the ground picture; level k has texels of `TEXEL_M * 2**k`."""
TEXEL_M = 0.1
"""Finest texel [m]."""
TILE_TEXELS = 64
"""A tile is 64 x 64 texels, one byte each."""


class LanePoint(IntEnum):
    """Columns of `LaneArrays.point`."""

    X = 0
    Y = 1
    HEADING = 2
    CURVATURE = 3
    WIDTH = 4
    EDGE_LEFT = 5
    EDGE_RIGHT = 6
    ONCOMING_LEFT = 7


class ObjectColumn(IntEnum):
    """Columns of `SceneryArrays.object`."""

    X = 0
    Y = 1
    COS = 2
    SIN = 3
    HALF_LENGTH = 4
    HALF_WIDTH = 5
    BASE = 6
    TOP = 7


class LaneArrays(NamedTuple):
    """Lanes of all maps. Shapes: (lane,) unless said otherwise. An entry after each map's last lane ends its points."""

    map_first: np.ndarray
    """First lane of each map, int32, shape (slot,)."""
    map_end: np.ndarray
    """Entry after its last lane, int32, shape (slot,)."""
    point_first: np.ndarray
    """First row of `point`, int32; that of the next entry is the end."""
    point: np.ndarray
    """`LanePoint` columns, float32, shape (point, 8). Headings are unwrapped along a lane."""
    length: np.ndarray
    """Arc length [m], float32."""
    step: np.ndarray
    """Distance between points [m], float32: s lies between points floor(s / step) and the next."""
    speed_limit: np.ndarray
    """[m/s], float32."""
    type: np.ndarray
    """`LaneType`, uint8."""
    successor_first: np.ndarray
    """First entry of `successor`, int32, shape (lane + 1,)."""
    successor: np.ndarray
    """Lanes that each lane leads to, the straightest first, int32, shape (link,)."""
    predecessor_first: np.ndarray
    """First entry of `predecessor`, int32, shape (lane + 1,)."""
    predecessor: np.ndarray
    """Lanes that lead to each lane, int32, shape (link,)."""
    left: np.ndarray
    """Neighbour or -1, int32."""
    right: np.ndarray
    """Neighbour or -1, int32."""
    change: np.ndarray
    """Bit 0: a change to the left is allowed; bit 1: to the right; uint8."""
    to_drop: np.ndarray
    """Least way from this lane's start, along any successors, to a lane's end though the road goes on beside it [m],
    float32; +inf where there is none."""
    road: np.ndarray
    """Road section, unique within the map, int32."""
    junction: np.ndarray
    """Junction that the lane crosses, counted within its map, -1 for none, int32."""
    longest: np.ndarray
    """Longest vehicle that can drive on from the lane along lanes that hold it [m], float32; +inf where that is all
    (`long_vehicles.longest_onward`)."""
    circle: np.ndarray
    """Where the lane parts on a small circle, as a number that `path.left_out` reads, int32; -1 elsewhere."""


class RouteArrays(NamedTuple):
    """Routes of all maps. Per-lane rows cover every lane of the route's map, in the map's lane order."""

    map_first: np.ndarray
    """First route of each map, int32, shape (slot,)."""
    map_end: np.ndarray
    """Entry after its last route, int32, shape (slot,)."""
    row_first: np.ndarray
    """First row of the per-lane arrays, int32, shape (route,): row = row_first + lane - lane_first."""
    lane_first: np.ndarray
    """First lane of the route's map, int32, shape (route,)."""
    start_lane: np.ndarray
    """int32, shape (route,)."""
    start_s: np.ndarray
    """[m], float32, shape (route,)."""
    goal_lane: np.ndarray
    """int32, shape (route,)."""
    goal_s: np.ndarray
    """[m], float32, shape (route,)."""
    length: np.ndarray
    """Start to goal [m], float32, shape (route,)."""
    next_slot: np.ndarray
    """Which successor slot to take from this lane, int8, shape (row,); -1 at the goal or off the route."""
    best_offset: np.ndarray
    """Lanes to move, left positive, to reach the lane that leads farthest along the route, int8, shape (row,).
    0 on a best lane. (SUMO's bestLaneOffset.)"""
    drive_on: np.ndarray
    """How far the route can be followed from this lane's start without changing lane [m], float32,
    shape (row,); +inf when the goal itself is reached so."""
    remaining: np.ndarray
    """Distance from this lane's start to the goal along the route [m], float32, shape (row,); negative on
    no lane, +inf off the route."""
    is_goal: np.ndarray
    """Reaching `goal_s` on this lane completes the route, uint8, shape (row,)."""


class SceneryArrays(NamedTuple):
    """Upright things that do not move."""

    object: np.ndarray
    """`ObjectColumn` columns, float32, shape (object, 8)."""
    kind: np.ndarray
    """`SceneryKind`, uint8, shape (object,)."""
    look: np.ndarray
    """Chooses among colours and textures, uint8, shape (object,)."""
    light: np.ndarray
    """Light that its lamps show, counted within its map, -1 for none, int32, shape (object,)."""
    cell_first: np.ndarray
    """First object of each grid cell, int32, shape (cell,); that of the next entry is the end, and an entry after each
    map's last cell ends it. An object lies in the cell of its centre; walls and rails are cut into pieces no longer
    than a cell. Those of a cell are ordered by kind, so that a kernel's branches are easier to foresee."""
    grid_first: np.ndarray
    """First cell of each map, int32, shape (slot,)."""
    grid_size: np.ndarray
    """Cells in x and y, int32, shape (slot, 2). Cell (ix, iy) of a map is grid_first + iy * size_x + ix."""
    beyond: np.ndarray
    """How far any thing of a map reaches out of the cell that lists it [m], float32, shape (slot,)."""


class GroundArrays(NamedTuple):
    """The ground picture: sparse tiles of one-byte materials, with coarser levels."""

    texel: np.ndarray
    """Palette index, uint8, shape (tile, 4096); texel order inside a tile is `ground.texel_offset`."""
    directory: np.ndarray
    """Tile index or -1 where a level has no tile (look one level coarser), int32, flat."""
    directory_first: np.ndarray
    """First directory entry, int64, shape (slot, LEVEL_COUNT)."""
    tiles: np.ndarray
    """Tiles in x and y, int32, shape (slot, LEVEL_COUNT, 2). Entry (tx, ty) is first + ty * tiles_x + tx. The
    coarsest level has every tile; outside the picture the material is 0."""
    palette: np.ndarray
    """Columns R, G, B, `Semantic` id; uint8, shape (256, 4)."""


class ConflictArrays(NamedTuple):
    """Stretches of lanes in junctions on which bodies on two lanes would touch."""

    lane_first: np.ndarray
    """First conflict of each lane, int32, shape (lane + 1,)."""
    other: np.ndarray
    """The other lane, int32, shape (conflict,)."""
    begin: np.ndarray
    """Where the stretch begins on the own lane [m], float32, shape (conflict,)."""
    end: np.ndarray
    """Where it ends [m], float32, shape (conflict,)."""
    rule: np.ndarray
    """`right_of_way.Rule`: what the own lane does about the other, uint8, shape (conflict,)."""
    mirror: np.ndarray
    """The same conflict as the other lane has it, int32, shape (conflict,)."""


class WayArrays(NamedTuple):
    """What holds whoever comes to a lane. Shapes: (lane,)."""

    light: np.ndarray
    """Light that lets one onto the lane, -1 for none, int32."""
    sign: np.ndarray
    """`SignalKind.STOP` or `YIELD` on the way in, 0 for none, uint8."""
    line_s: np.ndarray
    """Where to wait, from the lane's start, negative before it [m], float32."""
    control: np.ndarray
    """`JunctionControl` of the lane's junction, uint8."""
    pace: np.ndarray
    """Speed that the lane's limit and its tightest bend allow [m/s], float32."""
    ahead: np.ndarray
    """Least way from the lane's start, along any successors, to a junction or to a light between junctions [m],
    float32; +inf where there is none."""


class SignalArrays(NamedTuple):
    """Lights and signs with their stop lines, those of a lane in the order of `stop_s`."""

    map_first: np.ndarray
    """First signal of each map, int32, shape (slot,); a map's signals are ordered by lane."""
    map_end: np.ndarray
    """Signal after the last of each map, int32, shape (slot,)."""
    lane_first: np.ndarray
    """First signal of each lane, int32, shape (lane + 1,)."""
    lane: np.ndarray
    """Lane it holds for, int32, shape (signal,)."""
    stop_s: np.ndarray
    """Stop line along the lane [m], float32, shape (signal,)."""
    kind: np.ndarray
    """`SignalKind`, uint8, shape (signal,)."""
    value: np.ndarray
    """Limit of a limit sign [m/s], float32, shape (signal,)."""
    light: np.ndarray
    """Light that tells its colour, -1 for none, int32, shape (signal,)."""
    turns: np.ndarray
    """Bits of `Turn` that its arrow shows and for which alone it holds, 0 for all, uint8, shape (signal,)."""
    x: np.ndarray
    """[m], float32, shape (signal,)."""
    y: np.ndarray
    """[m], float32, shape (signal,)."""
    yaw: np.ndarray
    """Where it faces [rad], float32, shape (signal,)."""


class LightArrays(NamedTuple):
    """Programmes of lights. What they show at a moment is `state.lights`, at `light - map_first`."""

    map_first: np.ndarray
    """First light of each map, int32, shape (slot,)."""
    map_end: np.ndarray
    """Light after the last of each map, int32, shape (slot,)."""
    cycle_s: np.ndarray
    """Duration of all phases [s], float32, shape (light,)."""
    offset_s: np.ndarray
    """The first phase begins so long after the clock's 0 [s], float32, shape (light,)."""
    phase_first: np.ndarray
    """First phase of each light, int32, shape (light + 1,)."""
    phase_end_s: np.ndarray
    """When a phase ends, from the beginning of the first [s], float32, shape (phase,)."""
    phase_color: np.ndarray
    """`LightColor`, uint8, shape (phase,)."""


class AreaArrays(NamedTuple):
    """Patches of ground as polygons."""

    map_first: np.ndarray
    """First area of each map, int32, shape (slot,)."""
    map_end: np.ndarray
    """Area after the last of each map, int32, shape (slot,)."""
    kind: np.ndarray
    """`AreaKind`, uint8, shape (area,)."""
    corner_first: np.ndarray
    """First corner of each area, int32, shape (area + 1,)."""
    corner: np.ndarray
    """x, y [m], float32, shape (corner, 2); outlines are not closed."""


class FootpathArrays(NamedTuple):
    """Where people walk: the network's footpaths, then hops, ways straight across a street between two pavements."""

    map_first: np.ndarray
    """First footpath of each map, int32, shape (slot,)."""
    map_end: np.ndarray
    """Footpath after the last of each map, int32, shape (slot,)."""
    point_first: np.ndarray
    """First point of each footpath, int32, shape (footpath + 1,)."""
    point: np.ndarray
    """x, y, and along from the start [m], float32, shape (footpoint, 3)."""
    length: np.ndarray
    """[m], float32, shape (footpath,)."""
    width: np.ndarray
    """[m], float32, shape (footpath,)."""
    kind: np.ndarray
    """`FootpathKind`, 0 for a hop, uint8, shape (footpath,)."""
    light: np.ndarray
    """Light that tells people when to go, -1 for none, int32, shape (footpath,)."""
    node: np.ndarray
    """Nodes at start and end, -1 for those of hops, int32, shape (footpath, 2)."""
    road: np.ndarray
    """Where the lanes that it crosses begin and end along it [m], +inf and -inf where it crosses none; float32, shape
    (footpath, 2)."""
    host: np.ndarray
    """Pavements at a hop's start and end, -1 for others, int32, shape (footpath, 2)."""
    host_along: np.ndarray
    """Where on them [m], float32, shape (footpath, 2)."""
    hop_first: np.ndarray
    """First hop of each footpath, int32, shape (footpath + 1,)."""
    hop: np.ndarray
    """Hops that begin or end on a footpath, ordered along it, int32, shape (hop,)."""
    hop_end: np.ndarray
    """Which end of the hop lies there: 0 start, 1 end; uint8, shape (hop,)."""
    hop_along: np.ndarray
    """Where on the footpath [m], float32, shape (hop,)."""
    link_first: np.ndarray
    """First link of each node, int32, shape (footnode + 1,)."""
    link: np.ndarray
    """Footpaths that meet at a node, int32, shape (footlink,)."""
    link_end: np.ndarray
    """Which end of the footpath is the node: 0 start, 1 end; uint8, shape (footlink,)."""
    cross_first: np.ndarray
    """First crossed lane of each footpath, int32, shape (footpath + 1,)."""
    cross_path: np.ndarray
    """The footpath, int32, shape (footcross,)."""
    cross_lane: np.ndarray
    """A lane that it crosses, int32, shape (footcross,)."""
    cross_s: np.ndarray
    """Where the footpath covers the lane: begin and end along the lane [m], float32, shape (footcross, 2)."""
    cross_along: np.ndarray
    """Where the lane covers the footpath: begin and end along the footpath [m], float32, shape (footcross, 2)."""
    lane_first: np.ndarray
    """First entry of each lane in `lane_cross`, int32, shape (lane + 1,)."""
    lane_cross: np.ndarray
    """Entries of the axis footcross by lane, int32, shape (footseen,)."""


class BayArrays(NamedTuple):
    """Places for parked vehicles. Shapes: (bay,)."""

    map_first: np.ndarray
    """First bay of each map, int32, shape (slot,)."""
    map_end: np.ndarray
    """Bay after the last of each map, int32, shape (slot,)."""
    x: np.ndarray
    """Centre [m], float32."""
    y: np.ndarray
    """[m], float32."""
    yaw: np.ndarray
    """Where a parked vehicle faces [rad], float32."""
    length: np.ndarray
    """[m], float32."""
    width: np.ndarray
    """[m], float32."""
    lane: np.ndarray
    """Lane from which it is entered and left, int32."""
    s: np.ndarray
    """Abreast of its centre along `lane` [m], float32."""


class StopArrays(NamedTuple):
    """Where buses halt. Shapes: (stop,)."""

    map_first: np.ndarray
    """First bus stop of each map, int32, shape (slot,)."""
    map_end: np.ndarray
    """Bus stop after the last of each map, int32, shape (slot,)."""
    lane: np.ndarray
    """Lane in which they halt, int32."""
    s: np.ndarray
    """The front of a halting bus along it [m], float32."""


class MapArrays(NamedTuple):
    """Maps in memory."""

    lanes: LaneArrays
    conflicts: ConflictArrays
    ways: WayArrays
    signals: SignalArrays
    lights: LightArrays
    areas: AreaArrays
    footpaths: FootpathArrays
    bays: BayArrays
    stops: StopArrays
    routes: RouteArrays
    scenery: SceneryArrays
    ground: GroundArrays
    origin: np.ndarray
    """Lower left corner of the ground picture and of the object grid [m], float32, shape (slot, 2)."""
    sun: np.ndarray
    """Unit vector towards the sun, float32, shape (slot, 3)."""
    left_hand: np.ndarray
    """Traffic keeps to the left, bool, shape (slot,)."""
    filled: np.ndarray
    """Number that grows with every map that comes, 0 where none has been, int64, shape (slot,)."""
    slot_of: np.ndarray
    """Where each map of the source lies, -1 where it is not in memory, int32, shape (map,)."""


class Axis(NamedTuple):
    """Which entries of an array belong to a map."""

    axis: str
    """Name of the array's first axis."""
    points_at: str | None = None
    """Axis of which the array holds indices; negative ones point nowhere."""


AXES = {
    "lanes.map_first": Axis("slot", "lane"),
    "lanes.map_end": Axis("slot", "lane"),
    "lanes.point_first": Axis("lane", "point"),
    "lanes.point": Axis("point"),
    "lanes.length": Axis("lane"),
    "lanes.step": Axis("lane"),
    "lanes.speed_limit": Axis("lane"),
    "lanes.type": Axis("lane"),
    "lanes.successor_first": Axis("lane", "successor"),
    "lanes.successor": Axis("successor", "lane"),
    "lanes.predecessor_first": Axis("lane", "predecessor"),
    "lanes.predecessor": Axis("predecessor", "lane"),
    "lanes.left": Axis("lane", "lane"),
    "lanes.right": Axis("lane", "lane"),
    "lanes.change": Axis("lane"),
    "lanes.to_drop": Axis("lane"),
    "lanes.road": Axis("lane"),
    "lanes.junction": Axis("lane"),
    "lanes.longest": Axis("lane"),
    "lanes.circle": Axis("lane"),
    "conflicts.lane_first": Axis("lane", "conflict"),
    "conflicts.other": Axis("conflict", "lane"),
    "conflicts.begin": Axis("conflict"),
    "conflicts.end": Axis("conflict"),
    "conflicts.rule": Axis("conflict"),
    "conflicts.mirror": Axis("conflict", "conflict"),
    "ways.light": Axis("lane", "light"),
    "ways.sign": Axis("lane"),
    "ways.line_s": Axis("lane"),
    "ways.control": Axis("lane"),
    "ways.pace": Axis("lane"),
    "ways.ahead": Axis("lane"),
    "signals.map_first": Axis("slot", "signal"),
    "signals.map_end": Axis("slot", "signal"),
    "signals.lane_first": Axis("lane", "signal"),
    "signals.lane": Axis("signal", "lane"),
    "signals.stop_s": Axis("signal"),
    "signals.kind": Axis("signal"),
    "signals.value": Axis("signal"),
    "signals.light": Axis("signal", "light"),
    "signals.turns": Axis("signal"),
    "signals.x": Axis("signal"),
    "signals.y": Axis("signal"),
    "signals.yaw": Axis("signal"),
    "lights.map_first": Axis("slot", "light"),
    "lights.map_end": Axis("slot", "light"),
    "lights.cycle_s": Axis("light"),
    "lights.offset_s": Axis("light"),
    "lights.phase_first": Axis("light", "phase"),
    "lights.phase_end_s": Axis("phase"),
    "lights.phase_color": Axis("phase"),
    "areas.map_first": Axis("slot", "area"),
    "areas.map_end": Axis("slot", "area"),
    "areas.kind": Axis("area"),
    "areas.corner_first": Axis("area", "corner"),
    "areas.corner": Axis("corner"),
    "footpaths.map_first": Axis("slot", "footpath"),
    "footpaths.map_end": Axis("slot", "footpath"),
    "footpaths.point_first": Axis("footpath", "footpoint"),
    "footpaths.point": Axis("footpoint"),
    "footpaths.length": Axis("footpath"),
    "footpaths.width": Axis("footpath"),
    "footpaths.kind": Axis("footpath"),
    "footpaths.light": Axis("footpath", "light"),
    "footpaths.node": Axis("footpath", "footnode"),
    "footpaths.road": Axis("footpath"),
    "footpaths.host": Axis("footpath", "footpath"),
    "footpaths.host_along": Axis("footpath"),
    "footpaths.hop_first": Axis("footpath", "hop"),
    "footpaths.hop": Axis("hop", "footpath"),
    "footpaths.hop_end": Axis("hop"),
    "footpaths.hop_along": Axis("hop"),
    "footpaths.link_first": Axis("footnode", "footlink"),
    "footpaths.link": Axis("footlink", "footpath"),
    "footpaths.link_end": Axis("footlink"),
    "footpaths.cross_first": Axis("footpath", "footcross"),
    "footpaths.cross_path": Axis("footcross", "footpath"),
    "footpaths.cross_lane": Axis("footcross", "lane"),
    "footpaths.cross_s": Axis("footcross"),
    "footpaths.cross_along": Axis("footcross"),
    "footpaths.lane_first": Axis("lane", "footseen"),
    "footpaths.lane_cross": Axis("footseen", "footcross"),
    "bays.map_first": Axis("slot", "bay"),
    "bays.map_end": Axis("slot", "bay"),
    "bays.x": Axis("bay"),
    "bays.y": Axis("bay"),
    "bays.yaw": Axis("bay"),
    "bays.length": Axis("bay"),
    "bays.width": Axis("bay"),
    "bays.lane": Axis("bay", "lane"),
    "bays.s": Axis("bay"),
    "stops.map_first": Axis("slot", "stop"),
    "stops.map_end": Axis("slot", "stop"),
    "stops.lane": Axis("stop", "lane"),
    "stops.s": Axis("stop"),
    "routes.map_first": Axis("slot", "route"),
    "routes.map_end": Axis("slot", "route"),
    "routes.row_first": Axis("route", "row"),
    "routes.lane_first": Axis("route", "lane"),
    "routes.start_lane": Axis("route", "lane"),
    "routes.start_s": Axis("route"),
    "routes.goal_lane": Axis("route", "lane"),
    "routes.goal_s": Axis("route"),
    "routes.length": Axis("route"),
    "routes.next_slot": Axis("row"),
    "routes.best_offset": Axis("row"),
    "routes.drive_on": Axis("row"),
    "routes.remaining": Axis("row"),
    "routes.is_goal": Axis("row"),
    "scenery.object": Axis("object"),
    "scenery.kind": Axis("object"),
    "scenery.look": Axis("object"),
    "scenery.light": Axis("object"),
    "scenery.cell_first": Axis("cell", "object"),
    "scenery.grid_first": Axis("slot", "cell"),
    "scenery.grid_size": Axis("slot"),
    "scenery.beyond": Axis("slot"),
    "ground.texel": Axis("tile"),
    "ground.directory": Axis("directory", "tile"),
    "ground.directory_first": Axis("slot", "directory"),
    "ground.tiles": Axis("slot"),
    "origin": Axis("slot"),
    "sun": Axis("slot"),
    "left_hand": Axis("slot"),
    "filled": Axis("slot"),
}
"""Axis of every array of `MapArrays` of which a map has a stretch."""
SHARED = ("ground.palette", "slot_of")
"""Arrays of `MapArrays` that belong to no map."""
