"""A slow bird's-eye raster in float64, with look-ups of its own: everything tested against every cell."""

import math

import numpy as np

from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M, MapArrays, ObjectColumn
from drivesim.maps.network import SceneryKind
from drivesim.semantics import Semantic

CLOSE_M = 2e-3
"""Cells whose centre is this near to an outline or the rim of a texel may come out either way [m]."""
CLASS_OF = {
    SceneryKind.TREE: Semantic.VEGETATION, SceneryKind.CONIFER: Semantic.VEGETATION,
    SceneryKind.BUSH: Semantic.VEGETATION, SceneryKind.BUILDING: Semantic.BUILDING, SceneryKind.POST: Semantic.POLE,
    SceneryKind.LAMP: Semantic.POLE, SceneryKind.GUARD_RAIL: Semantic.GUARD_RAIL,
    SceneryKind.SIGN: Semantic.TRAFFIC_SIGN, SceneryKind.BARRIER: Semantic.WALL, SceneryKind.WALL: Semantic.WALL,
    SceneryKind.TRAFFIC_LIGHT: Semantic.TRAFFIC_LIGHT, SceneryKind.WALK_LIGHT: Semantic.TRAFFIC_LIGHT,
    SceneryKind.ROAD_SIGN: Semantic.TRAFFIC_SIGN, SceneryKind.MAST_ARM: Semantic.POLE,
    SceneryKind.BIN: Semantic.STATIC, SceneryKind.BOLLARD: Semantic.POLE, SceneryKind.HYDRANT: Semantic.STATIC,
    SceneryKind.BENCH: Semantic.STATIC, SceneryKind.BUS_SHELTER: Semantic.STATIC,
    SceneryKind.HEDGE: Semantic.VEGETATION,
}  # fmt: skip


def raster(config, maps: MapArrays, state, world: int, semantic_of_kind) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Frames of a world's first driver, and which cells are clear of every outline and texel's rim."""
    rows, columns = config.rows, config.columns
    actors = state.actors
    own = int(state.drivers.slot[world, 0])
    yaw = float(actors.yaw[world, own])
    eye = np.array([actors.x[world, own], actors.y[world, own]], np.float64)
    eye += _turned(np.array([config.x_m, config.y_m]), yaw)
    heading = yaw + math.radians(config.yaw_deg)
    ahead = config.ahead_m - (np.arange(rows) + 0.5) * config.resolution_m
    left = config.side_m - (np.arange(columns) + 0.5) * config.resolution_m
    at = eye + _turned(np.stack(np.meshgrid(ahead, left, indexing="ij"), axis=-1), heading)
    slot = int(maps.slot_of[state.worlds.map[world]])
    octave = math.log2(config.resolution_m / TEXEL_M)
    fine, clear = _ground(maps, slot, at, min(max(math.floor(octave + 0.5), 0), LEVEL_COUNT - 1))
    coarse, clear_too = _ground(maps, slot, at, min(max(math.ceil(octave - 1e-6), 0), LEVEL_COUNT - 1))
    semantic = np.where((fine == Semantic.ROAD) & (coarse == Semantic.ROAD_LINE), Semantic.ROAD_LINE, fine)
    clear &= clear_too
    instance = np.zeros((rows, columns), np.uint16)
    drivable = np.isin(fine, (Semantic.ROAD, Semantic.ROAD_LINE)).astype(np.uint8)
    top = np.zeros((rows, columns))
    for x, y, cos, sin, half_length, half_width, height, is_disc, number, kind_class in _things(
        maps, slot, state, world, own, semantic_of_kind, config.ego
    ):
        dx, dy = at[..., 0] - x, at[..., 1] - y
        if is_disc:
            outside = np.hypot(dx, dy) - half_length
        else:
            outside = np.maximum(np.abs(dx * cos + dy * sin) - half_length, np.abs(dy * cos - dx * sin) - half_width)
        clear &= np.abs(outside) > CLOSE_M
        shown = (outside <= 0.0) & (height >= top)
        top[shown], semantic[shown], instance[shown] = height, kind_class, number
    return {"semantic": semantic.astype(np.uint8), "instance": instance, "drivable": drivable}, clear


def _turned(point: np.ndarray, angle: float) -> np.ndarray:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.stack([point[..., 0] * cos - point[..., 1] * sin, point[..., 0] * sin + point[..., 1] * cos], axis=-1)


def _ground(maps: MapArrays, slot: int, at: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
    ground, place = maps.ground, at - maps.origin[slot].astype(np.float64)
    found = np.zeros(at.shape[:2], np.uint8)
    clear = np.ones(at.shape[:2], bool)
    for row, column in np.ndindex(*found.shape):
        for k in range(level, LEVEL_COUNT):
            size = TEXEL_M * 2**k
            texel = place[row, column] / size
            rim = np.abs(texel - np.round(texel)).min() * size
            ix, iy = (int(v) for v in np.floor(texel))
            tiles_x, tiles_y = (int(v) for v in ground.tiles[slot, k])
            clear[row, column] &= rim > CLOSE_M
            if not (0 <= ix < 64 * tiles_x and 0 <= iy < 64 * tiles_y):
                break
            tile = ground.directory[ground.directory_first[slot, k] + iy // 64 * tiles_x + ix // 64]
            if tile >= 0:
                x, y = ix % 64, iy % 64
                found[row, column] = ground.texel[tile].reshape(8, 8, 8, 8)[y // 8, x // 8, y % 8, x % 8]
                break
    return ground.palette[found, 3], clear


def _things(maps, slot, state, world, own, semantic_of_kind, shows_ego):
    scenery = maps.scenery
    cells = int(scenery.grid_size[slot].prod())
    first_cell = int(scenery.grid_first[slot])
    first, last = int(scenery.cell_first[first_cell]), int(scenery.cell_first[first_cell + cells])
    for index in range(first, last):
        row = scenery.object[index].astype(np.float64)
        x, y, cos, sin, half_length, half_width, _, top = (row[c] for c in ObjectColumn)
        kind = SceneryKind(int(scenery.kind[index]))
        is_disc = kind in (SceneryKind.TREE, SceneryKind.CONIFER, SceneryKind.BUSH)
        yield x, y, cos, sin, half_length, half_width, top, is_disc, 256 + (index - first) % 60000, CLASS_OF[kind]
    actors = state.actors
    for user in range(actors.kind.shape[1]):
        kind = int(actors.kind[world, user])
        if kind == 0 or (user == own and not shows_ego):
            continue
        length, width, height, rear, x, y, yaw = (
            float(getattr(actors, name)[world, user]) for name in ("length", "width", "height", "rear", "x", "y", "yaw")
        )
        cos, sin = math.cos(yaw), math.sin(yaw)
        ahead = 0.5 * length - rear
        yield (
            x + ahead * cos, y + ahead * sin, cos, sin, 0.5 * length, 0.5 * width, height, False, user + 1,
            semantic_of_kind[kind],
        )  # fmt: skip
