"""The kernel of the bird's-eye sensor: ground by the ground picture, then everything upright, the topmost on top.

A cell shows what is at its centre; but a painted line is read from texels no narrower than a cell, so that it stays
connected where it is narrower than that. Coordinates: ahead and left in the sensor's frame, level on the ground [m].
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.config.sensors.bev import BevConfig
from drivesim.geometry import to_frame
from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import entry
from drivesim.maps.arrays import LEVEL_COUNT, OBJECT_CELL_M, TEXEL_M, ObjectColumn
from drivesim.maps.ground import material_at
from drivesim.maps.network import SceneryKind
from drivesim.semantics import Semantic
from drivesim.sensors.camera.rounding import floor_int
from drivesim.sensors.camera.standing import SCENERY_INSTANCE, SCENERY_INSTANCES
from drivesim.state import ActorKind
from drivesim.state.bodies import box_of, slot_of

ROUND_KINDS = (SceneryKind.TREE, SceneryKind.CONIFER, SceneryKind.BUSH)
"""Their outline is a disc, their length its diameter."""
SCENERY_SEMANTIC = {
    SceneryKind.TREE: Semantic.VEGETATION,
    SceneryKind.CONIFER: Semantic.VEGETATION,
    SceneryKind.BUSH: Semantic.VEGETATION,
    SceneryKind.BUILDING: Semantic.BUILDING,
    SceneryKind.POST: Semantic.POLE,
    SceneryKind.LAMP: Semantic.POLE,
    SceneryKind.GUARD_RAIL: Semantic.GUARD_RAIL,
    SceneryKind.SIGN: Semantic.TRAFFIC_SIGN,
    SceneryKind.BARRIER: Semantic.WALL,
    SceneryKind.WALL: Semantic.WALL,
    SceneryKind.TRAFFIC_LIGHT: Semantic.TRAFFIC_LIGHT,
    SceneryKind.WALK_LIGHT: Semantic.TRAFFIC_LIGHT,
    SceneryKind.ROAD_SIGN: Semantic.TRAFFIC_SIGN,
    SceneryKind.MAST_ARM: Semantic.POLE,
    SceneryKind.BIN: Semantic.STATIC,
    SceneryKind.BOLLARD: Semantic.POLE,
    SceneryKind.HYDRANT: Semantic.STATIC,
    SceneryKind.BENCH: Semantic.STATIC,
    SceneryKind.BUS_SHELTER: Semantic.STATIC,
    SceneryKind.HEDGE: Semantic.VEGETATION,
}
"""Class of each kind of scenery; cameras' models say the same, but for walls of timber, which they call fences."""

_X, _Y, _COS, _SIN = (np.intp(c) for c in (ObjectColumn.X, ObjectColumn.Y, ObjectColumn.COS, ObjectColumn.SIN))
_HALF_LENGTH, _HALF_WIDTH = np.intp(ObjectColumn.HALF_LENGTH), np.intp(ObjectColumn.HALF_WIDTH)
_TOP = np.intp(ObjectColumn.TOP)
_NONE = int(ActorKind.NONE)
_ROAD, _ROAD_LINE = int(Semantic.ROAD), int(Semantic.ROAD_LINE)
_CELL = np.float32(OBJECT_CELL_M)
_HALF, _ZERO = np.float32(0.5), np.float32(0.0)
_FIRST_INSTANCE, _INSTANCES = np.int64(SCENERY_INSTANCE), np.int64(SCENERY_INSTANCES)


class Raster(NamedTuple):
    """Where the cells lie, and what they are told."""

    forward: np.float32
    """Origin ahead of the rear axle [m]."""
    left: np.float32
    """Origin left of it [m]."""
    yaw: np.float32
    """Of the raster in the ego frame [rad]."""
    ahead: np.float32
    """Upper rim [m]."""
    side: np.float32
    """Left rim [m]."""
    resolution: np.float32
    """Side of a cell [m]."""
    rows: np.int64
    columns: np.int64
    level: np.int64
    """Level of the ground picture whose texels are nearest to a cell in size."""
    inverse_texel: np.float32
    """Texels of that level per metre."""
    line_level: np.int64
    """Finest level with texels no narrower than a cell: painted lines are read there."""
    inverse_line_texel: np.float32
    """Texels of that level per metre."""
    shows_ego: np.bool_
    kind_semantic: np.ndarray
    """Class of each kind of road user, uint8, shape (kind + 1,)."""
    scenery_semantic: np.ndarray
    """Class of each kind of scenery, uint8, shape (kind + 1,)."""
    is_round: np.ndarray
    """Whether a kind of scenery is a disc, bool, shape (kind + 1,)."""
    semantic: np.ndarray
    """Written: uint8, shape (view, row, column); a channel nobody asked for has no views."""
    instance: np.ndarray
    """Written: uint16."""
    drivable: np.ndarray
    """Written: uint8."""
    top: np.ndarray
    """Scratch: height of what a cell shows [m], float32, shape (view, row, column)."""


def raster_pixels(config: BevConfig, points: np.ndarray) -> np.ndarray:
    """Where points of the ego frame, shape (..., 2) [m], lie: (column, row) [cells], float64, shape (..., 2)."""
    points, yaw = np.asarray(points, np.float64), math.radians(config.yaw_deg)
    forward, left = points[..., 0] - config.x_m, points[..., 1] - config.y_m
    ahead = forward * math.cos(yaw) + left * math.sin(yaw)
    aside = left * math.cos(yaw) - forward * math.sin(yaw)
    return np.stack([config.side_m - aside, config.ahead_m - ahead], axis=-1) / config.resolution_m


def raster_of(config: BevConfig, kind_semantic: np.ndarray, frames: dict[str, np.ndarray], views: int) -> Raster:
    """What the kernel is given.

    Args:
        config: The sensor.
        kind_semantic: Class of each kind of road user, shape (kind + 1,).
        frames: Its frames by channel, shape (view, row, column).
        views: Number of views.
    """
    octave = np.log2(config.resolution_m / TEXEL_M)
    level, line_level = (int(np.clip(k, 0, LEVEL_COUNT - 1)) for k in (np.floor(octave + 0.5), np.ceil(octave - 1e-6)))
    semantic, is_round = np.zeros(len(SceneryKind) + 1, np.uint8), np.zeros(len(SceneryKind) + 1, np.bool_)
    for kind in SceneryKind:
        semantic[kind], is_round[kind] = SCENERY_SEMANTIC[kind], kind in ROUND_KINDS
    shape = (0, config.rows, config.columns)
    f = np.float32
    return Raster(
        forward=f(config.x_m), left=f(config.y_m), yaw=f(math.radians(config.yaw_deg)), ahead=f(config.ahead_m),
        side=f(config.side_m), resolution=f(config.resolution_m), rows=np.int64(config.rows),
        columns=np.int64(config.columns), level=np.int64(level), inverse_texel=f(1.0 / (TEXEL_M * 2**level)),
        line_level=np.int64(line_level), inverse_line_texel=f(1.0 / (TEXEL_M * 2**line_level)),
        shows_ego=np.bool_(config.ego), kind_semantic=kind_semantic, scenery_semantic=semantic, is_round=is_round,
        semantic=frames.get("semantic", np.zeros(shape, np.uint8)),
        instance=frames.get("instance", np.zeros(shape, np.uint16)),
        drivable=frames.get("drivable", np.zeros(shape, np.uint8)),
        top=np.zeros((views, config.rows, config.columns), np.float32),
    )  # fmt: skip


@entry(inline=False)
def draw_raster(maps, state, raster, view):
    """Fills the rasters of a view."""
    drivers = state.drivers.slot.shape[1]
    world = view // drivers
    driver = view - world * drivers
    own = slot_of(state, world, driver)
    actors = state.actors
    yaw = actors.yaw[world, own]
    cos, sin = np.float32(math.cos(yaw)), np.float32(math.sin(yaw))
    x = actors.x[world, own] + raster.forward * cos - raster.left * sin
    y = actors.y[world, own] + raster.forward * sin + raster.left * cos
    cos, sin = np.float32(math.cos(yaw + raster.yaw)), np.float32(math.sin(yaw + raster.yaw))
    map_slot = np.int64(maps.slot_of[state.worlds.map[world]])
    draw_ground(maps, map_slot, raster, view, x, y, cos, sin)
    raster.top[view] = _ZERO
    if raster.semantic.shape[0] == 0 and raster.instance.shape[0] == 0:
        return
    draw_scenery(maps, map_slot, raster, view, x, y, cos, sin)
    for slot in range(actors.kind.shape[1]):
        kind = actors.kind[world, slot]
        if kind == _NONE or (slot == own and not raster.shows_ego):
            continue
        at_x, at_y, axis_cos, axis_sin, half_length, half_width = box_of(actors, world, slot)
        ahead, left = to_frame(at_x, at_y, x, y, cos, sin)
        axis_ahead, axis_left = axis_cos * cos + axis_sin * sin, axis_sin * cos - axis_cos * sin
        draw_thing(
            raster, view, ahead, left, axis_ahead, axis_left, half_length, half_width, False,
            actors.height[world, slot], raster.kind_semantic[kind], np.uint16(slot + 1),
        )  # fmt: skip


@routine
def draw_ground(maps, map_slot, raster, view, x, y, cos, sin):
    """Fills a view with the ground's classes."""
    origin_x, origin_y = maps.origin[map_slot, 0], maps.origin[map_slot, 1]
    has_semantic, has_instance = raster.semantic.shape[0] > 0, raster.instance.shape[0] > 0
    has_drivable = raster.drivable.shape[0] > 0
    for row in range(raster.rows):
        ahead = raster.ahead - (np.float32(row) + _HALF) * raster.resolution
        for column in range(raster.columns):
            left = raster.side - (np.float32(column) + _HALF) * raster.resolution
            east = x + ahead * cos - left * sin - origin_x
            north = y + ahead * sin + left * cos - origin_y
            semantic = class_at(maps.ground, map_slot, raster.level, raster.inverse_texel, east, north)
            if raster.line_level != raster.level and semantic == _ROAD:
                coarse = class_at(maps.ground, map_slot, raster.line_level, raster.inverse_line_texel, east, north)
                if coarse == _ROAD_LINE:
                    semantic = coarse
            if has_semantic:
                raster.semantic[view, row, column] = semantic
            if has_instance:
                raster.instance[view, row, column] = 0
            if has_drivable:
                raster.drivable[view, row, column] = semantic == _ROAD or semantic == _ROAD_LINE


@device
def class_at(ground, map_slot, level, inverse_texel, east, north):
    """Class of the ground at a place east and north of the map's origin [m]."""
    ix, iy = floor_int(east * inverse_texel), floor_int(north * inverse_texel)
    return ground.palette[material_at(ground, map_slot, level, ix, iy), 3]


@routine
def draw_scenery(maps, map_slot, raster, view, x, y, cos, sin):
    """Draws the scenery of the grid cells that the raster can touch."""
    scenery = maps.scenery
    behind = np.float32(raster.rows) * raster.resolution - raster.ahead
    reach = math.sqrt(max(raster.ahead * raster.ahead, behind * behind) + raster.side * raster.side)
    reach = np.float32(reach) + scenery.beyond[map_slot]
    size_x, size_y = np.int64(scenery.grid_size[map_slot, 0]), np.int64(scenery.grid_size[map_slot, 1])
    east, north = x - maps.origin[map_slot, 0], y - maps.origin[map_slot, 1]
    x0 = min(max(np.int64(math.floor((east - reach) / _CELL)), np.int64(0)), size_x - 1)
    x1 = min(max(np.int64(math.floor((east + reach) / _CELL)), np.int64(0)), size_x - 1)
    y0 = min(max(np.int64(math.floor((north - reach) / _CELL)), np.int64(0)), size_y - 1)
    y1 = min(max(np.int64(math.floor((north + reach) / _CELL)), np.int64(0)), size_y - 1)
    first_cell = np.int64(scenery.grid_first[map_slot])
    first_thing = scenery.cell_first[first_cell]
    for cell_y in range(y0, y1 + 1):
        row = first_cell + cell_y * size_x
        # The cells of a row follow one another, and so do their things.
        for thing in range(scenery.cell_first[row + x0], scenery.cell_first[row + x1 + 1]):
            kind = scenery.kind[thing]
            top = scenery.object[thing, _TOP]
            ahead, left = to_frame(scenery.object[thing, _X], scenery.object[thing, _Y], x, y, cos, sin)
            axis_cos, axis_sin = scenery.object[thing, _COS], scenery.object[thing, _SIN]
            axis_ahead, axis_left = axis_cos * cos + axis_sin * sin, axis_sin * cos - axis_cos * sin
            number = _FIRST_INSTANCE + np.int64(thing - first_thing) % _INSTANCES
            draw_thing(
                raster, view, ahead, left, axis_ahead, axis_left, scenery.object[thing, _HALF_LENGTH],
                scenery.object[thing, _HALF_WIDTH], raster.is_round[kind], top, raster.scenery_semantic[kind],
                np.uint16(number),
            )  # fmt: skip


@routine
def draw_thing(
    raster, view, ahead, left, axis_ahead, axis_left, half_length, half_width, is_disc, top, semantic, number
):
    """Draws the outline of a thing over all that is lower."""
    reach_ahead = reach_left = half_length
    if not is_disc:
        reach_ahead = half_length * abs(axis_ahead) + half_width * abs(axis_left)
        reach_left = half_length * abs(axis_left) + half_width * abs(axis_ahead)
    row_0, row_1 = cells_between(raster.ahead - ahead, reach_ahead, raster.resolution, raster.rows)
    column_0, column_1 = cells_between(raster.side - left, reach_left, raster.resolution, raster.columns)
    for row in range(row_0, row_1):
        dx = raster.ahead - (np.float32(row) + _HALF) * raster.resolution - ahead
        for column in range(column_0, column_1):
            dy = raster.side - (np.float32(column) + _HALF) * raster.resolution - left
            if is_disc:
                inside = dx * dx + dy * dy <= half_length * half_length
            else:
                inside = (
                    abs(dx * axis_ahead + dy * axis_left) <= half_length
                    and abs(dy * axis_ahead - dx * axis_left) <= half_width
                )
            if inside and top >= raster.top[view, row, column]:
                raster.top[view, row, column] = top
                if raster.semantic.shape[0] > 0:
                    raster.semantic[view, row, column] = semantic
                if raster.instance.shape[0] > 0:
                    raster.instance[view, row, column] = number


@device
def cells_between(middle, reach, resolution, count):
    """Cells along one axis, first and after the last, whose centres may lie within `reach` of `middle` from the rim."""
    first = np.int64(math.floor((middle - reach) / resolution - _HALF))
    last = np.int64(math.ceil((middle + reach) / resolution + _HALF))
    return max(first, np.int64(0)), min(last, count)
