"""The ground picture: layout of its tiles, how kernels read it, and how it is packed.

Level k has texels of `TEXEL_M * 2**k`. A level is cut into tiles of 64 x 64 texels, and only tiles that matter
exist: where one is missing, the next coarser level answers. Inside a tile the texels lie in blocks of 8 x 8,
one cache line each, because a camera walks the ground in every direction.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from drivesim.errors import MapError
from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M, TILE_TEXELS, GroundArrays
from drivesim.maps.materials import PALETTE
from drivesim.maps.mips import coarser, compose, layers_of
from drivesim.semantics import Semantic

TILE_BYTES = TILE_TEXELS * TILE_TEXELS
ROOT_TEXELS = TILE_TEXELS << (LEVEL_COUNT - 1)
"""Finest texels along the side of a tile of the coarsest level; every picture is a whole number of these."""
_LEVELS = np.int64(LEVEL_COUNT)
_TEXELS_PER_M = np.float32(1.0 / TEXEL_M)
_ROAD, _ROAD_LINE = int(Semantic.ROAD), int(Semantic.ROAD_LINE)


@njit(inline="always")
def texel_offset(ix, iy):
    """Place of texel (ix, iy), each in [0, 64), inside its tile: row of blocks, block, row, column."""
    return ((iy >> 3) << 9) | ((ix >> 3) << 6) | ((iy & 7) << 3) | (ix & 7)


@kernel
def material_at(ground, map_index, level, ix, iy):
    """Palette index of a texel.

    Args:
        ground: `GroundArrays`.
        map_index: Slot of the map.
        level: Level of detail, 0 the finest.
        ix: Column of the texel at that level, counted east from the map's origin; any integer.
        iy: Row of the texel at that level, counted north from the map's origin; any integer.

    Returns:
        uint8: from the finest level not below `level` that has the tile; 0 outside the picture.
    """
    for k in range(level, _LEVELS):
        tx = ix >> 6
        ty = iy >> 6
        tiles_x = ground.tiles[map_index, k, 0]
        if tx < 0 or ty < 0 or tx >= tiles_x or ty >= ground.tiles[map_index, k, 1]:
            return np.uint8(0)
        tile = ground.directory[ground.directory_first[map_index, k] + ty * tiles_x + tx]
        if tile >= 0:
            return ground.texel[tile, texel_offset(ix & 63, iy & 63)]
        ix >>= 1
        iy >>= 1
    return np.uint8(0)


@njit
def is_paved(maps, map_index, x, y):
    """Whether the ground at a point of a map is road, painted or not; nothing is where no picture has been drawn."""
    ix = np.int64(math.floor((x - maps.origin[map_index, 0]) * _TEXELS_PER_M))
    iy = np.int64(math.floor((y - maps.origin[map_index, 1]) * _TEXELS_PER_M))
    semantic = maps.ground.palette[material_at(maps.ground, map_index, np.int64(0), ix, iy), 3]
    return semantic == _ROAD or semantic == _ROAD_LINE


@dataclass(frozen=True, kw_only=True, eq=False)
class GroundPicture:
    """The picture of one map.

    Raises:
        MapError: Levels do not cover the same rectangle, a directory points nowhere, or the coarsest level
            has a hole.
    """

    origin: tuple[float, float]
    """Lower left corner [m]."""
    directory: tuple[np.ndarray, ...]
    """Row of `texel` or -1 per tile, one array per level, int32, shape (tiles_y, tiles_x)."""
    texel: np.ndarray
    """Palette indices, uint8, shape (tile, 4096); order inside a tile is `texel_offset`."""

    def __post_init__(self) -> None:
        """Checks the directories against each other and against the tiles."""
        if len(self.directory) != LEVEL_COUNT or self.texel.shape[1:] != (TILE_BYTES,):
            raise MapError(f"a ground picture has {LEVEL_COUNT} levels and tiles of {TILE_BYTES} texels")
        rows, columns = self.directory[-1].shape
        for level, tiles in enumerate(self.directory):
            scale = 1 << (LEVEL_COUNT - 1 - level)
            if tiles.shape != (rows * scale, columns * scale):
                raise MapError(
                    f"ground level {level} has {tiles.shape} tiles, expected {(rows * scale, columns * scale)}"
                )
            if tiles.min() < -1 or tiles.max() >= len(self.texel):
                raise MapError(f"ground level {level} points at a tile that does not exist")
        if self.directory[-1].min() < 0:
            raise MapError("the coarsest ground level has a hole")


def pack_ground(picture: GroundPicture) -> GroundArrays:
    """The arrays that kernels read."""
    sizes = [entries.size for entries in picture.directory]
    return GroundArrays(
        texel=picture.texel,
        directory=np.concatenate([entries.ravel() for entries in picture.directory]).astype(np.int32),
        directory_first=np.cumsum([0, *sizes[:-1]]).astype(np.int64).reshape(1, LEVEL_COUNT),
        tiles=np.array([entries.shape[::-1] for entries in picture.directory], np.int32).reshape(1, LEVEL_COUNT, 2),
        palette=PALETTE,
    )


def ground_from_picture(picture: np.ndarray, origin: tuple[float, float]) -> GroundPicture:
    """A ground picture with every tile of every level, for tests and small hand-made maps.

    Args:
        picture: Palette indices at the finest level, uint8, shape (row, column); row 0 is the southernmost.
        origin: Lower left corner of the picture [m].

    Returns:
        The picture, grown with palette index 0 to whole tiles of the coarsest level.
    """
    if picture.ndim != 2 or picture.dtype != np.uint8 or picture.size == 0:
        raise ValueError(
            f"picture: expected a non-empty uint8 array (row, column), got {picture.dtype} {picture.shape}"
        )
    rows, columns = (-(-size // ROOT_TEXELS) * ROOT_TEXELS for size in picture.shape)
    dense = np.zeros((rows, columns), np.uint8)
    dense[: picture.shape[0], : picture.shape[1]] = picture
    base, cover = layers_of(dense)
    texel: list[np.ndarray] = [_tiles_of(dense)]
    for level in range(1, LEVEL_COUNT):
        base, cover = coarser(base, cover)
        texel.append(_tiles_of(compose(base, cover, level)))
    first = np.cumsum([0, *(len(tiles) for tiles in texel)])
    directory = tuple(
        np.arange(first[level], first[level + 1], dtype=np.int32).reshape(
            rows // TILE_TEXELS >> level, columns // TILE_TEXELS >> level
        )
        for level in range(LEVEL_COUNT)
    )
    return GroundPicture(origin=origin, directory=directory, texel=np.concatenate(texel))


def empty_ground(origin: tuple[float, float]) -> GroundPicture:
    """A picture of nothing, one tile of the coarsest level in size, whose lower left corner is `origin` [m]."""
    sides = [1 << (LEVEL_COUNT - 1 - level) for level in range(LEVEL_COUNT)]
    directory = tuple(np.full((side, side), 0 if side == 1 else -1, np.int32) for side in sides)
    return GroundPicture(origin=origin, directory=directory, texel=np.zeros((1, TILE_BYTES), np.uint8))


def _tiles_of(dense: np.ndarray) -> np.ndarray:
    """Tiles of a dense level in directory order, uint8, shape (tile, 4096)."""
    rows, columns = (size // TILE_TEXELS for size in dense.shape)
    blocks = dense.reshape(rows, 8, 8, columns, 8, 8)
    return np.ascontiguousarray(blocks.transpose(0, 3, 1, 4, 2, 5)).reshape(rows * columns, TILE_BYTES)
