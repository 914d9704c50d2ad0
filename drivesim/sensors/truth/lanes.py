"""Lane lines around the car: where they run, how they are painted, and where they appear in a picture.

They are sampled at `AHEAD_M` along the lanes that the driver's route follows from the car's own place on, so point k of
every line is abreast of point k of the others.
"""

import math
from collections.abc import Mapping
from typing import Annotated, NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.geometry import to_frame
from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.maps.lanes import edges_at, first_link, neighbour_s, point_index, pose_at
from drivesim.maps.path import advance
from drivesim.sensors.camera.lens import project
from drivesim.sensors.truth.frames import pose_of
from drivesim.sensors.truth.paint import Paint
from drivesim.state import ActorKind, WorldState
from drivesim.state.bodies import slot_of
from drivesim.state.columns import Array, allocate, column
from drivesim.world.ways import way_of

AHEAD_M = np.arange(-30.0, 121.0, 2.5)
"""Where lines are sampled, along the lane from the rear axle on [m]."""
POINTS = len(AHEAD_M)
_AHEAD = AHEAD_M.astype(np.float32)
_NONE = int(ActorKind.NONE)
_ZERO, _HALF = np.float32(0.0), np.float32(0.5)
_LEFT, _RIGHT = np.int64(0), np.int64(1)


class LaneLabels(NamedTuple):
    """Lines along the ego's lane and its neighbours, in the ego frame; 0 where not valid."""

    line: Annotated[
        Array,
        column(
            "world", 4, POINTS, 2, unit="m",
            doc="Far line of the left neighbour, left and right line of the own lane, far line of the right neighbour;"
            " the lane's side where none is painted. Ego frame, at `AHEAD_M`.",
        ),
    ]  # fmt: skip
    line_valid: Annotated[Array, column("world", 4, POINTS, dtype=np.bool_, doc="There is such a lane.")]
    line_type: Annotated[
        Array, column("world", 4, POINTS, dtype=np.uint8, doc="`MarkingType`; 0 where none is painted.")
    ]
    line_color: Annotated[
        Array, column("world", 4, POINTS, dtype=np.uint8, doc="`MarkingColor`; 0 where none is painted.")
    ]
    center: Annotated[
        Array,
        column("world", 3, POINTS, 2, unit="m", doc="Centre of the left neighbour, of the own lane, of the right."),
    ]
    center_valid: Annotated[Array, column("world", 3, POINTS, dtype=np.bool_, doc="There is such a lane.")]
    edge: Annotated[
        Array, column("world", 2, POINTS, 2, unit="m", doc="Where the drivable surface ends on the left, on the right.")
    ]
    edge_valid: Annotated[Array, column("world", 2, POINTS, dtype=np.bool_, doc="The own lane goes so far.")]


class PictureLanes(NamedTuple):
    """The same lines in a camera's picture."""

    line: Annotated[
        Array, column("world", 4, POINTS, 2, unit="px", doc="`lanes_line` projected; nan where not valid or behind.")
    ]
    line_valid: Annotated[Array, column("world", 4, POINTS, dtype=np.bool_, doc="The point is in the picture.")]
    line_visible: Annotated[Array, column("world", 4, POINTS, dtype=np.bool_, doc="And nothing stands before it.")]
    center: Annotated[Array, column("world", 3, POINTS, 2, unit="px", doc="`lanes_center` projected.")]
    center_valid: Annotated[Array, column("world", 3, POINTS, dtype=np.bool_, doc="The point is in the picture.")]
    center_visible: Annotated[Array, column("world", 3, POINTS, dtype=np.bool_, doc="And nothing stands before it.")]
    edge: Annotated[Array, column("world", 2, POINTS, 2, unit="px", doc="`lanes_edge` projected.")]
    edge_valid: Annotated[Array, column("world", 2, POINTS, dtype=np.bool_, doc="The point is in the picture.")]
    edge_visible: Annotated[Array, column("world", 2, POINTS, dtype=np.bool_, doc="And nothing stands before it.")]


def lane_labels(maps: MapArrays, state: WorldState, paint: Paint, launcher: Launcher) -> LaneLabels:
    """Lane lines for the first driver of every world.

    Args:
        maps: Roads.
        state: The worlds.
        paint: Lines of the maps that the worlds are on.
        launcher: Runs the kernel.
    """
    worlds = len(state.worlds.map)
    labels = allocate(LaneLabels, {"world": worlds})
    launcher.run(trace_lanes, np.arange(worlds), maps, state, paint, labels)
    return labels


def picture_lanes(config: CameraConfig, lanes: LaneLabels, pictures: Mapping[str, np.ndarray]) -> PictureLanes:
    """Lane lines in a camera's picture.

    Args:
        config: The camera.
        lanes: In the ego frame.
        pictures: Instance pictures of the truth, shape (world, row, column), by "instance".
    """
    found: dict[str, np.ndarray] = {}
    for name in ("line", "center", "edge"):
        points, valid = getattr(lanes, name), getattr(lanes, f"{name}_valid")
        pixels = ground_pixels(config, points)
        pixels[~valid] = np.nan
        inside = in_picture(config, pixels)
        found[name], found[f"{name}_valid"] = pixels.astype(np.float32), inside
        found[f"{name}_visible"] = inside & ~_is_covered(pictures["instance"], pixels, inside)
    return PictureLanes(**found)


def ground_pixels(config: CameraConfig, points: np.ndarray) -> np.ndarray:
    """Where points on the ground, in the ego frame, shape (..., 2) [m], appear; nan behind; float64 (..., 2) [px]."""
    upright = np.concatenate([points, np.zeros((*points.shape[:-1], 1))], axis=-1)
    return project(config, pose_of(config).points(upright))


def in_picture(config: CameraConfig, pixels: np.ndarray) -> np.ndarray:
    """Whether points, shape (..., 2), lie in the picture, bool (...)."""
    with np.errstate(invalid="ignore"):
        inside = (pixels >= 0.0) & (pixels < (config.width, config.height))
    return np.logical_and(inside[..., 0], inside[..., 1])


def _is_covered(instance: np.ndarray, pixels: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Whether the pixel at a point of the ground shows something else."""
    covered = np.zeros(inside.shape, np.bool_)
    place = np.nonzero(inside)
    column_at, row_at = pixels[place].astype(np.int64).T
    covered[place] = instance[place[0], row_at, column_at] > 0
    return covered


@entry(inline=False)
def trace_lanes(maps, state, paint, labels, world):
    """Fills the `LaneLabels` of a world, zeroed before; nothing for a driver whose car has left the road."""
    actors, own = state.actors, slot_of(state, world, 0)
    if actors.kind[world, own] == _NONE:
        return
    lanes = maps.lanes
    x, y, yaw = actors.x[world, own], actors.y[world, own], actors.yaw[world, own]
    cos, sin = np.float32(math.cos(yaw)), np.float32(math.sin(yaw))
    map_slot = maps.slot_of[state.worlds.map[world]]
    base = paint.first[map_slot] - np.int64(lanes.point_first[lanes.map_first[map_slot]])
    way = way_of(maps, state, world, own)
    for k in range(POINTS):
        lane, s = actors.lane[world, own], actors.s[world, own] + _AHEAD[k]
        if s > _ZERO:
            lane, s = advance(maps, way, lane, s)
        else:
            while s < _ZERO:
                before = first_link(lanes.predecessor_first, lanes.predecessor, lane)
                if before < 0:
                    break
                lane = before
                s += lanes.length[lane]
        if s < _ZERO or s > lanes.length[lane]:
            continue
        trace_lane(lanes, paint, base, labels, world, k, lane, s, x, y, cos, sin)


@routine
def trace_lane(lanes, paint, base, labels, world, k, lane, s, x, y, cos, sin):
    """Fills point k of every line, given the own lane's place there."""
    put_center(lanes, labels, world, 1, k, lane, s, x, y, cos, sin)
    put_line(lanes, paint, base, labels, world, 1, k, lane, s, _LEFT, x, y, cos, sin)
    put_line(lanes, paint, base, labels, world, 2, k, lane, s, _RIGHT, x, y, cos, sin)
    left, right = lanes.left[lane], lanes.right[lane]
    if left >= 0:
        there = neighbour_s(lanes, lane, left, s)
        put_center(lanes, labels, world, 0, k, left, there, x, y, cos, sin)
        put_line(lanes, paint, base, labels, world, 0, k, left, there, _LEFT, x, y, cos, sin)
    if right >= 0:
        there = neighbour_s(lanes, lane, right, s)
        put_center(lanes, labels, world, 2, k, right, there, x, y, cos, sin)
        put_line(lanes, paint, base, labels, world, 3, k, right, there, _RIGHT, x, y, cos, sin)
    edge_left, edge_right, _ = edges_at(lanes, lane, s)
    for side in range(2):
        ahead, aside = beside(lanes, lane, s, edge_left if side == 0 else -edge_right, x, y, cos, sin)
        labels.edge[world, side, k, 0], labels.edge[world, side, k, 1] = ahead, aside
        labels.edge_valid[world, side, k] = True


@device
def beside(lanes, lane, s, offset, x, y, cos, sin):
    """A point `offset` to the left of a lane, in the frame at (x, y) with heading (cos, sin)."""
    at_x, at_y, heading, _, _ = pose_at(lanes, lane, s)
    at_x -= offset * np.float32(math.sin(heading))
    at_y += offset * np.float32(math.cos(heading))
    return to_frame(at_x, at_y, x, y, cos, sin)


@routine
def put_center(lanes, labels, world, index, k, lane, s, x, y, cos, sin):
    """Writes a point of a lane's centre."""
    ahead, aside = beside(lanes, lane, s, _ZERO, x, y, cos, sin)
    labels.center[world, index, k, 0], labels.center[world, index, k, 1] = ahead, aside
    labels.center_valid[world, index, k] = True


@routine
def put_line(lanes, paint, base, labels, world, index, k, lane, s, side, x, y, cos, sin):
    """Writes a point of the line on one side of a lane."""
    row, share = point_index(lanes, lane, s)
    at = base + np.int64(row)
    nearest = at + (share >= _HALF)
    offset = paint.offset[nearest, side]
    if paint.type[at, side] == paint.type[at + 1, side]:
        offset = paint.offset[at, side] + share * (paint.offset[at + 1, side] - paint.offset[at, side])
    ahead, aside = beside(lanes, lane, s, offset, x, y, cos, sin)
    labels.line[world, index, k, 0], labels.line[world, index, k, 1] = ahead, aside
    labels.line_valid[world, index, k] = True
    labels.line_type[world, index, k] = paint.type[nearest, side]
    labels.line_color[world, index, k] = paint.color[nearest, side]
