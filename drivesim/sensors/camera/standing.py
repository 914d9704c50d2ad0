"""Scenery as the camera wants it: rows in the order of the grid's cells, with model and colours already chosen."""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from drivesim.kernels.device import device
from drivesim.kernels.target import prefetch
from drivesim.maps.arrays import OBJECT_CELL_M, MapArrays, ObjectColumn
from drivesim.maps.network import SceneryKind
from drivesim.semantics import LightColor
from drivesim.sensors.camera.paint import SCENERY_LOOKS, SCENERY_ROW
from drivesim.sensors.camera.parts import SCENERY_MODEL, SCENERY_VARIANTS
from drivesim.sensors.camera.rounding import floor_int
from drivesim.sensors.camera.solids import is_seen, is_within, put_number, put_place, put_size

SCENERY_INSTANCE = 256
"""First instance id of scenery; a road user's is its slot + 1."""
SCENERY_INSTANCES = 60000
OVERHANG_M = 2.5
"""How far a part may stand out from its thing's outline [m]: eaves, the arm of a street lamp."""
SIZE_PX_MIN = 0.5
"""Scenery that measures less than this upright or across is not drawn: most pixel centres would miss it [px]."""
DELINEATOR_HEIGHT_MAX_M = 1.2
"""A post that is higher carries a sign."""
LIGHT_STEP = 4096
"""Rows of the colour table are fewer, and float32 counts 4,095 lights exactly."""
LIGHT_PX_MIN = 1.1
"""A light head is drawn at least this wide and high, since lens and pixels of a camera spread its lamp's light [px]."""
_LIGHT_STEP, _LIGHTS_FROM = np.int64(LIGHT_STEP), np.float32(LIGHT_STEP)
_HALF_LIGHT_PX = np.float32(0.5 * LIGHT_PX_MIN)
_FLASHING, _DARK = np.uint8(LightColor.AMBER_FLASHING), np.int64(LightColor.DARK)
_INVERSE_SIZE_PX_MIN = np.float32(1.0 / SIZE_PX_MIN)
_CELL = np.float32(OBJECT_CELL_M)
_INVERSE_CELL = np.float32(1.0 / OBJECT_CELL_M)
_CELL_RADIUS = np.float32(OBJECT_CELL_M * math.sqrt(0.5))
_SQRT_2 = np.float32(math.sqrt(2.0))
_HALF = np.float32(0.5)
f32 = np.float32
u64 = np.uint64


class StandingColumn(IntEnum):
    """Columns of `Standing.row`."""

    X = 0
    Y = 1
    RADIUS = 2
    """Of a disc around the centre that holds every part [m]."""
    COS = 3
    SIN = 4
    HALF_LENGTH = 5
    HALF_WIDTH = 6
    BASE = 7
    TOP = 8
    MODEL = 9
    COLORS = 10
    """Row of the colour table; of a light that of a dark one, plus `LIGHT_STEP` times one more than its number on the
    map."""
    INSTANCE = 11
    SIZE = 12
    """The smaller of its height and its longest side; of a light, which shines, its height [m]."""


_X, _Y, _RADIUS = int(StandingColumn.X), int(StandingColumn.Y), int(StandingColumn.RADIUS)
_COS, _SIN = int(StandingColumn.COS), int(StandingColumn.SIN)
_HALF_LENGTH, _HALF_WIDTH = int(StandingColumn.HALF_LENGTH), int(StandingColumn.HALF_WIDTH)
_BASE, _TOP, _MODEL = int(StandingColumn.BASE), int(StandingColumn.TOP), int(StandingColumn.MODEL)
_COLORS, _INSTANCE = int(StandingColumn.COLORS), int(StandingColumn.INSTANCE)
_SIZE = int(StandingColumn.SIZE)
_COLUMNS = np.int64(len(StandingColumn))


class Standing(NamedTuple):
    """Scenery of all maps, for kernels."""

    row: np.ndarray
    """`StandingColumn` columns, float32, flat; the things of a cell follow each other."""
    cell_first: np.ndarray
    """First thing of each cell, int32, shape (cell,); that of the next entry is the end."""
    cell_size: np.ndarray
    """Greatest `SIZE` of each cell's things [m], float32, shape (cell,)."""
    grid_first: np.ndarray
    """First cell of each map, int32, shape (slot,)."""
    grid_size: np.ndarray
    """Cells in x and y, int32, shape (slot, 2)."""
    beyond: np.ndarray
    """How far any part of a map's things reaches out of the cell that lists it [m], float32, shape (slot,)."""
    has_light: np.ndarray
    """1 for maps with lights that change, uint8, shape (slot,)."""


def scenery_variant(kind: np.ndarray, look: np.ndarray, x: np.ndarray, y: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Which of a kind's models: plants and roofs vary with where they stand, everything else with its look."""
    place = np.floor(x).astype(np.int64) ^ np.floor(y).astype(np.int64)
    varied = (kind <= SceneryKind.BUSH) | (kind == SceneryKind.BUILDING)
    variant = np.where(varied, place, look.astype(np.int64)) % SCENERY_VARIANTS[kind]
    return np.where(kind == SceneryKind.POST, top > DELINEATOR_HEIGHT_MAX_M, variant)


def standing_for(maps: MapArrays) -> Standing:
    """Tables with room for the scenery of all maps; `stand` fills in a map's."""
    scenery = maps.scenery
    return Standing(
        row=np.empty(len(scenery.object) * len(StandingColumn), np.float32),
        cell_first=scenery.cell_first,
        cell_size=np.empty(len(scenery.cell_first), np.float32),
        grid_first=scenery.grid_first,
        grid_size=scenery.grid_size,
        beyond=np.zeros(len(scenery.beyond), np.float32),
        has_light=np.zeros(len(scenery.beyond), np.uint8),
    )


def stand(standing: Standing, maps: MapArrays, slot: int) -> int:
    """Fills in the scenery of a map; returns how many things it has."""
    scenery = maps.scenery
    first_cell = int(scenery.grid_first[slot])
    cells = int(scenery.grid_size[slot].prod())
    bounds = scenery.cell_first[first_cell : first_cell + cells + 1]
    first, last = int(bounds[0]), int(bounds[-1])
    thing = scenery.object[first:last]
    kind, look = scenery.kind[first:last].astype(np.int64), scenery.look[first:last].astype(np.int64)
    row = standing.row.reshape(-1, len(StandingColumn))[first:last]
    for name in ("X", "Y", "COS", "SIN", "HALF_LENGTH", "HALF_WIDTH", "BASE", "TOP"):
        row[:, StandingColumn[name]] = thing[:, ObjectColumn[name]]
    reach = thing[:, ObjectColumn.HALF_LENGTH] + thing[:, ObjectColumn.HALF_WIDTH]
    hangs_over = (kind == SceneryKind.BUILDING) | (kind == SceneryKind.LAMP)
    row[:, StandingColumn.RADIUS] = reach + np.where(hangs_over, OVERHANG_M, 0.0)
    variant = scenery_variant(
        kind, look, thing[:, ObjectColumn.X], thing[:, ObjectColumn.Y], thing[:, ObjectColumn.TOP]
    )
    row[:, StandingColumn.MODEL] = SCENERY_MODEL[kind] + variant
    row[:, StandingColumn.COLORS] = SCENERY_ROW + kind * SCENERY_LOOKS + look % SCENERY_LOOKS
    shines = (kind == SceneryKind.TRAFFIC_LIGHT) | (kind == SceneryKind.WALK_LIGHT)
    light = LIGHT_STEP * (1 + scenery.light[first:last].astype(np.int64)) + SCENERY_ROW + kind * SCENERY_LOOKS
    row[shines, StandingColumn.COLORS] = light[shines]
    standing.has_light[slot] = bool((shines & (scenery.light[first:last] >= 0)).any())
    row[:, StandingColumn.INSTANCE] = SCENERY_INSTANCE + np.arange(len(thing)) % SCENERY_INSTANCES
    longest = 2.0 * np.maximum(thing[:, ObjectColumn.HALF_LENGTH], thing[:, ObjectColumn.HALF_WIDTH])
    row[:, StandingColumn.SIZE] = np.minimum(longest, thing[:, ObjectColumn.TOP] - thing[:, ObjectColumn.BASE])
    row[shines, StandingColumn.SIZE] = (thing[:, ObjectColumn.TOP] - thing[:, ObjectColumn.BASE])[shines]
    cell_size = standing.cell_size[first_cell : first_cell + cells]
    cell_size[:] = 0.0
    np.maximum.at(cell_size, np.repeat(np.arange(cells), np.diff(bounds)), row[:, StandingColumn.SIZE])
    standing.beyond[slot] = scenery.beyond[slot] + OVERHANG_M
    return len(thing)


def cell_count_max(range_m: float, beyond_m: float) -> int:
    """Most cells that `list_cells` can find."""
    return (math.ceil(2.0 * (range_m + beyond_m) / OBJECT_CELL_M) + 2) ** 2


@device
def is_cell_seen(view, mount, x, y, size, beyond):
    """Whether something listed in the grid cell with its centre at (x, y) may be in the picture.

    It is at most `size` large, and no part reaches more than `beyond` out of the cell [m].
    """
    dx, dy = x - view.x, y - view.y
    forward, right = dx * view.cos + dy * view.sin, dx * view.sin - dy * view.cos
    radius = _CELL_RADIUS + beyond * _SQRT_2
    reach = mount.range + radius
    return (
        forward - radius <= size * mount.focal * _INVERSE_SIZE_PX_MIN
        and forward * forward + right * right <= reach * reach
        and is_within(mount, forward, right, radius)
    )


@device
def cell_rectangle(view, mount, standing, map_index, origin_x, origin_y):
    """Cells that may be in sight: first column, column after the last, first row, row after the last."""
    low_x, high_x, low_y, high_y = view.x, view.x, view.y, view.y
    if mount.is_wide:
        low_x, high_x, low_y, high_y = (
            low_x - mount.range,
            high_x + mount.range,
            low_y - mount.range,
            high_y + mount.range,
        )
    else:
        # The seen triangle, its sides lengthened until they are `range` ahead, holds everything in range.
        for slope in (mount.slope_left, mount.slope_right):
            x = view.x + mount.range * (view.cos + slope * view.sin)
            y = view.y + mount.range * (view.sin - slope * view.cos)
            low_x, high_x = min(low_x, max(x, view.x - mount.range)), max(high_x, min(x, view.x + mount.range))
            low_y, high_y = min(low_y, max(y, view.y - mount.range)), max(high_y, min(y, view.y + mount.range))
    size_x, size_y = np.int64(standing.grid_size[map_index, 0]), np.int64(standing.grid_size[map_index, 1])
    beyond = standing.beyond[map_index]
    x0 = max(floor_int((low_x - beyond - origin_x) * _INVERSE_CELL), np.int64(0))
    x1 = min(floor_int((high_x + beyond - origin_x) * _INVERSE_CELL) + 1, size_x)
    y0 = max(floor_int((low_y - beyond - origin_y) * _INVERSE_CELL), np.int64(0))
    y1 = min(floor_int((high_y + beyond - origin_y) * _INVERSE_CELL) + 1, size_y)
    return x0, x1, y0, y1


@device
def fetch_cells(view, mount, standing, map_index, origin_x, origin_y):
    """Asks the memory for what `list_cells` will read."""
    x0, x1, y0, y1 = cell_rectangle(view, mount, standing, map_index, origin_x, origin_y)
    for iy in range(y0, y1):
        row = np.int64(standing.grid_first[map_index]) + iy * np.int64(standing.grid_size[map_index, 0])
        prefetch(standing.cell_first, row + x0)
        prefetch(standing.cell_first, row + x1)
        prefetch(standing.cell_size, row + x0)
        prefetch(standing.cell_size, row + x1)


@device
def list_cells(view, mount, standing, map_index, origin_x, origin_y, runs):
    """Lists the things of all cells in sight as runs [first, last) and asks the memory for their rows.

    Returns:
        Number of runs written to `runs`, int32, shape (run, 2).
    """
    x0, x1, y0, y1 = cell_rectangle(view, mount, standing, map_index, origin_x, origin_y)
    first_cell, size_x = np.int64(standing.grid_first[map_index]), np.int64(standing.grid_size[map_index, 0])
    beyond = standing.beyond[map_index]
    count = np.int64(0)
    for iy in range(y0, y1):
        y = origin_y + (f32(iy) + _HALF) * _CELL
        for ix in range(x0, x1):
            cell = u64(first_cell + iy * size_x + ix)
            first, last = standing.cell_first[cell], standing.cell_first[cell + u64(1)]
            x = origin_x + (f32(ix) + _HALF) * _CELL
            if first < last and is_cell_seen(view, mount, x, y, standing.cell_size[cell], beyond):
                runs[u64(count), 0], runs[u64(count), 1] = first, last
                count += 1
                for index in range(first, last):
                    prefetch(standing.row, np.int64(index) * _COLUMNS)
    return count


@device
def light_row(colors, shown, world, blink_is_on):
    """Row of the colour table of a light by its entry in `StandingColumn.COLORS`, and what it shows.

    Args:
        colors: The entry, int64.
        shown: `state.lights.color`.
        world: World of the light.
        blink_is_on: Flashing lamps are in their bright half.
    """
    light = colors // _LIGHT_STEP - 1
    color = _DARK
    if 0 <= light < shown.shape[1] and (shown[world, light] != _FLASHING or blink_is_on):
        color = np.int64(shown[world, light])
    return colors % _LIGHT_STEP + color, color


@device
def collect_standing(view, mount, standing, index, shown, world, blink_is_on, things, count):
    """Puts a piece of scenery into `things` if it is in sight; returns how many there are then."""
    at = u64(np.int64(index) * _COLUMNS)
    row = standing.row
    dx, dy = row[at + u64(_X)] - view.x, row[at + u64(_Y)] - view.y
    forward, right = dx * view.cos + dy * view.sin, dx * view.sin - dy * view.cos
    is_large = forward <= row[at + u64(_SIZE)] * mount.focal * _INVERSE_SIZE_PX_MIN
    if not (is_large and is_seen(mount, forward, right, row[at + u64(_RADIUS)])):
        return count
    cos, sin = row[at + u64(_COS)], row[at + u64(_SIN)]
    colors = row[at + u64(_COLORS)]
    half_width, base, top = row[at + u64(_HALF_WIDTH)], row[at + u64(_BASE)], row[at + u64(_TOP)]
    if colors >= _LIGHTS_FROM:
        colors = f32(light_row(np.int64(colors), shown, world, blink_is_on)[0])
        least = _HALF_LIGHT_PX * f32(math.sqrt(forward * forward + right * right)) / mount.focal
        middle, half_height = _HALF * (top + base), max(_HALF * (top - base), least)
        half_width, base, top = max(half_width, least), middle - half_height, middle + half_height
    put_number(things, count, row[at + u64(_MODEL)], colors, row[at + u64(_INSTANCE)])
    put_place(things, count, forward, right, cos * view.cos + sin * view.sin, cos * view.sin - sin * view.cos)
    put_size(things, count, row[at + u64(_HALF_LENGTH)], half_width, base, top)
    return count + 1
