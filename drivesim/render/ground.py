"""The ground under the window: chunks of the maps' own ground picture, put together and warped into every frame.

A chunk is 256 x 256 pixels of one map at one density. Densities are powers of two around the ground picture's
own, so a chunk is a whole number of its tiles. Chunks are made when first seen, in a thread of their own where
frames must not wait; until then a coarser chunk stands in.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M, TILE_TEXELS, GroundArrays, MapArrays
from drivesim.maps.ground import texel_offset
from drivesim.render.markings import without_paint
from drivesim.render.view import View
from drivesim.render.worker import Worker

CHUNK_PX = 256
CHUNK_CACHE_COUNT = 360
"""Chunks kept, 256 KiB each."""
DETAIL_FINE = -2
"""Finest detail: pixels of `TEXEL_M / 4`, smoothed up from level 0."""
DETAIL_COARSE = LEVEL_COUNT - 1
_TILE_BITS = 6
_MARGIN_CHUNKS = 1
_CHUNKS_PER_JOB = 3
_AHEAD_CHUNKS = 0.5
_ROW_PADDING = 24
_STRIP_PX = 256
_SHARPNESS = 0.75
"""A detail serves zooms up to its density over this."""


def density_of(detail: int) -> float:
    """Pixels per metre of a detail; detail k is level k of the ground picture where that exists."""
    return 1.0 / (TEXEL_M * 2.0**detail)


def detail_for(zoom: float) -> int:
    """The coarsest detail that is sharp at `zoom` [px/m]."""
    return int(np.clip(math.floor(-math.log2(zoom * _SHARPNESS * TEXEL_M)), DETAIL_FINE, DETAIL_COARSE))


@kernel
def _gather(ground, map_index, level, ix0, iy0, material_out):
    """Palette indices of a rectangle of texels, as `material_at` has them; row 0 is the southernmost."""
    columns = material_out.shape[1]
    for row in range(material_out.shape[0]):
        column = 0
        while column < columns:
            # A stretch of texels of one tile, which is looked up once.
            ix, iy, shift, tile = ix0 + column, iy0 + row, 0, -1
            stretch = min(TILE_TEXELS - (ix & (TILE_TEXELS - 1)), columns - column)
            while level + shift < LEVEL_COUNT:
                tx, ty = ix >> (shift + _TILE_BITS), iy >> (shift + _TILE_BITS)
                tiles_x = ground.tiles[map_index, level + shift, 0]
                if tx < 0 or ty < 0 or tx >= tiles_x or ty >= ground.tiles[map_index, level + shift, 1]:
                    break
                tile = ground.directory[ground.directory_first[map_index, level + shift] + ty * tiles_x + tx]
                if tile >= 0:
                    break
                shift += 1
            inside_y = (iy >> shift) & (TILE_TEXELS - 1)
            for step in range(stretch):
                inside_x = ((ix + step) >> shift) & (TILE_TEXELS - 1)
                value = ground.texel[tile, texel_offset(inside_x, inside_y)] if tile >= 0 else np.uint8(0)
                material_out[row, column + step] = value
            column += stretch


def _tiles_present(ground: GroundArrays, map_index: int, level: int, ix0: int, iy0: int, count: int) -> np.ndarray:
    """Which texels of a square lie in tiles that exist at this level, bool (count, count)."""
    tx = (ix0 + np.arange(count)) // TILE_TEXELS
    ty = (iy0 + np.arange(count)) // TILE_TEXELS
    tiles_x, tiles_y = (int(n) for n in ground.tiles[map_index, level])
    inside = ((ty >= 0) & (ty < tiles_y))[:, None] & ((tx >= 0) & (tx < tiles_x))[None, :]
    entry = np.clip(ty, 0, tiles_y - 1)[:, None] * tiles_x + np.clip(tx, 0, tiles_x - 1)[None, :]
    return inside & (ground.directory[int(ground.directory_first[map_index, level]) + entry] >= 0)


def ground_colors(
    ground: GroundArrays,
    map_index: int,
    level: int,
    ix0: int,
    iy0: int,
    count: int,
    *,
    bare: bool = False,
) -> np.ndarray:
    """Colours of a square of the ground picture; where a tile is missing the coarser level is smoothed up.

    Args:
        ground: All pictures.
        map_index: Which map.
        level: Level of detail.
        ix0: Westernmost texel of the square, even.
        iy0: Southernmost texel, even.
        count: Texels along a side, even.
        bare: Take painted lines off.

    Returns:
        RGB uint8, shape (count, count, 3); row 0 is the southernmost.
    """
    material = np.empty((count, count), np.uint8)
    _gather(ground, map_index, level, ix0, iy0, material)
    colors = np.take(ground.palette[:, :3], material, axis=0)
    if bare:
        colors = without_paint(colors, material)
    if level + 1 >= LEVEL_COUNT:
        return colors
    present = _tiles_present(ground, map_index, level, ix0, iy0, count)
    if present.all():
        return colors
    # Half a coarse texel of overlap on every side keeps neighbouring squares seamless.
    apron = 2
    half = count // 2 + 2 * apron
    half += half % 2
    ox, oy = (ix0 // 2 - apron) & ~1, (iy0 // 2 - apron) & ~1
    coarse = ground_colors(ground, map_index, level + 1, ox, oy, half + 2, bare=bare)
    matrix = np.array([[0.5, 0.0, ix0 / 2 - ox - 0.25], [0.0, 0.5, iy0 / 2 - oy - 0.25]])
    smooth = cv2.warpAffine(
        coarse, matrix, (count, count), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return np.where(present[..., None], colors, smooth)


class Chunk(NamedTuple):
    """Name of a chunk. Pixel rows run south, so `row` grows southwards from the map's origin."""

    map: int
    detail: int
    column: int
    row: int

    @property
    def density(self) -> float:
        """Pixels per metre."""
        return density_of(self.detail)


Decorate = Callable[[np.ndarray, Chunk], None]
"""Draws what stands on the ground into a chunk's picture, RGBA uint8 (256, 256, 4)."""
Paint = Callable[[np.ndarray, View], None]
"""Paints the lines of a map onto a picture of bare ground, RGBA uint8, seen from a view of its size."""


def chunk_view(chunk: Chunk, origin: tuple[float, float]) -> View:
    """The view whose picture a chunk is; `origin` is the map's lower left corner [m]."""
    side = CHUNK_PX / chunk.density
    return View(
        x=origin[0] + chunk.column * side,
        y=origin[1] - chunk.row * side,
        zoom=chunk.density,
        size=(CHUNK_PX, CHUNK_PX),
        anchor=(0.0, 0.0),
    )


class GroundPainter:
    """Paints the ground of any map under any view.

    Args:
        maps: Maps in memory; `GroundPainter.maps` is to be replaced when they are.
        decorate: Adds static things to a new chunk.
        markings: Paints the lines of the map of this number with sharp edges, where texels would show.
    """

    def __init__(
        self, maps: MapArrays, decorate: Decorate | None = None, markings: Callable[[int], Paint] | None = None
    ) -> None:
        self.maps = maps
        self._decorate = decorate
        self._markings = markings
        self._chunks: OrderedDict[Chunk, np.ndarray] = OrderedDict()
        self._canvas = np.zeros((0, 0, 4), np.uint8)
        self._corner = Chunk(-1, 0, 0, 0)
        self._missing: set[Chunk] = set()
        self._complete = True
        self._worker: Worker | None = None

    @property
    def complete(self) -> bool:
        """Everything of the last frame was drawn at its full detail."""
        return self._complete

    def close(self) -> None:
        """Ends the thread that makes chunks; the next `paint` that needs one starts another."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def paint(self, frame: np.ndarray, view: View, map_index: int, *, wait: bool = True) -> None:
        """Fills the part of a frame that a view covers.

        Args:
            frame: RGBA uint8, shape (H, W, 4), written; at least as large as the view, whose corner is the frame's.
            view: Where to look.
            map_index: Number of the map, which is in memory.
            wait: Make all chunks that are visible; otherwise coarser ones stand in while a thread makes them.
        """
        detail = detail_for(view.zoom)
        density = density_of(detail)
        origin_x, origin_y = (float(value) for value in self.maps.origin[self._slot(map_index)])
        west, south, east, north = view.bounds(margin_m=2.0 / density)
        first_column = math.floor((west - origin_x) * density / CHUNK_PX)
        last_column = math.floor((east - origin_x) * density / CHUNK_PX)
        first_row = math.floor((origin_y - north) * density / CHUNK_PX)
        last_row = math.floor((origin_y - south) * density / CHUNK_PX)
        self._cover(map_index, detail, first_column, last_column, first_row, last_row)
        self._refine(view, (origin_x, origin_y), wait)

        # The part of the canvas that this view needs, so that OpenCV rounds the same whatever was seen before: the same
        # view is the same picture to the last bit.
        row, column = first_row - self._corner.row, first_column - self._corner.column
        canvas = self._canvas[
            row * CHUNK_PX : (last_row + 1 - self._corner.row) * CHUNK_PX,
            column * CHUNK_PX : (last_column + 1 - self._corner.column) * CHUNK_PX,
        ]
        # canvas_from_world, then the half pixel between continuous coordinates and OpenCV's pixel centres.
        canvas_from_world = np.array([
            [density, 0.0, -origin_x * density - first_column * CHUNK_PX],
            [0.0, -density, origin_y * density - first_row * CHUNK_PX],
        ])  # fmt: skip
        world_from_screen = np.vstack([view.world_from_screen, (0.0, 0.0, 1.0)])
        matrix = canvas_from_world @ world_from_screen
        matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5
        # In strips: a row of a turned view touches as many rows of the canvas, each on another page of memory.
        for left in range(0, view.size[0], _STRIP_PX):
            strip = frame[: view.size[1], left : min(left + _STRIP_PX, view.size[0])]
            shifted = matrix.copy()
            shifted[:, 2] += matrix[:, 0] * left
            cv2.warpAffine(
                canvas,
                shifted,
                strip.shape[1::-1],
                dst=strip,
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            )

    def _slot(self, map_index: int) -> int:
        return int(self.maps.slot_of[map_index])

    def _cover(self, map_index: int, detail: int, c0: int, c1: int, r0: int, r1: int) -> None:
        """Makes the canvas cover these chunks, keeping what it has."""
        rows, columns = (size // CHUNK_PX for size in self._canvas.shape[:2])
        old = self._corner
        same = (old.map, old.detail) == (map_index, detail)
        if same and old.column <= c0 and c1 < old.column + columns and old.row <= r0 and r1 < old.row + rows:
            return
        c0, c1, r0, r1 = c0 - _MARGIN_CHUNKS, c1 + _MARGIN_CHUNKS, r0 - _MARGIN_CHUNKS, r1 + _MARGIN_CHUNKS
        rows, columns = (r1 - r0 + 1) * CHUNK_PX, (c1 - c0 + 1) * CHUNK_PX
        self._corner = Chunk(map_index, detail, c0, r0)
        # A turned view walks down columns: rows a multiple of 4 KiB apart would share a few cache sets.
        self._canvas = np.empty((rows, columns + _ROW_PADDING, 4), np.uint8)[:, :columns]
        self._missing.clear()
        for row in range(r0, r1 + 1):
            for column in range(c0, c1 + 1):
                chunk = Chunk(map_index, detail, column, row)
                picture = self._chunks.get(chunk)
                if picture is None:
                    self._missing.add(chunk)
                    picture = self._stand_in(chunk)
                else:
                    self._chunks.move_to_end(chunk)
                self._place(chunk, picture)

    def _refine(self, view: View, origin: tuple[float, float], wait: bool) -> None:
        """Makes the missing chunks that are in sight, or has them made, nearest to the middle first."""
        wanted = self._in_sight(view, origin, 0.0 if wait else _AHEAD_CHUNKS)
        if wait:
            for chunk in wanted:
                self._take(chunk, self._make(chunk))
            wanted = []
        elif self._worker is not None and self._worker.ready:
            for chunk, picture in self._worker.result():
                self._take(chunk, picture)
            wanted = [chunk for chunk in wanted if chunk in self._missing]
        self._complete = not wanted
        if not wanted:
            return
        if self._worker is None:
            self._worker = Worker()
        if not self._worker.busy:
            job = wanted[:_CHUNKS_PER_JOB]
            self._worker.submit(lambda: [(chunk, self._make(chunk)) for chunk in job])

    def _in_sight(self, view: View, origin: tuple[float, float], margin_chunks: float) -> list[Chunk]:
        """Missing chunks that reach into the view grown by a margin; a turned view leaves much of the canvas unseen."""
        if not self._missing:
            return []
        chunks = list(self._missing)
        side = CHUNK_PX / chunks[0].density
        places = np.array([(chunk.column + 0.5, -chunk.row - 0.5) for chunk in chunks]) * side + origin
        middle = np.array(view.size) / 2
        apart = view.to_screen(places) - middle
        reach = middle + (math.sqrt(0.5) + margin_chunks) * side * view.zoom
        seen = np.all(np.abs(apart) < reach, axis=1)
        nearest = np.argsort(np.hypot(*apart.T), kind="stable")
        return [chunks[index] for index in nearest[seen[nearest]]]

    def _take(self, chunk: Chunk, picture: np.ndarray) -> None:
        """Keeps a chunk, and shows it if it is still missing."""
        self._chunks[chunk] = picture
        while len(self._chunks) > CHUNK_CACHE_COUNT:
            self._chunks.popitem(last=False)
        if chunk in self._missing:
            self._place(chunk, picture)
            self._missing.discard(chunk)

    def _place(self, chunk: Chunk, picture: np.ndarray) -> None:
        row, column = (chunk.row - self._corner.row) * CHUNK_PX, (chunk.column - self._corner.column) * CHUNK_PX
        self._canvas[row : row + CHUNK_PX, column : column + CHUNK_PX] = picture

    def _make(self, chunk: Chunk) -> np.ndarray:
        """The picture of a chunk; reads nothing that painting writes, so it may run in another thread."""
        count = int(CHUNK_PX * 2.0 ** min(chunk.detail, 0))
        ix0, iy0 = chunk.column * count, -(chunk.row + 1) * count
        slot = self._slot(chunk.map)
        picture = np.empty((CHUNK_PX, CHUNK_PX, 4), np.uint8)
        picture[..., 3] = 255
        if chunk.detail >= 0:
            picture[..., :3] = ground_colors(self.maps.ground, self._slot(chunk.map), chunk.detail, ix0, iy0, count)[
                ::-1
            ]
        else:
            # Texels grow into several pixels: interpolate, with an apron so that chunks stay seamless.
            apron, scale = 4, CHUNK_PX // count
            square = (ix0 - apron, iy0 - apron, count + 2 * apron)
            colors = ground_colors(self.maps.ground, slot, 0, *square, bare=self._markings is not None)
            offset = apron - 0.5 + 0.5 / scale
            matrix = np.array([[1.0 / scale, 0.0, offset], [0.0, 1.0 / scale, offset]])
            flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
            picture[..., :3] = cv2.warpAffine(colors, matrix, (CHUNK_PX, CHUNK_PX), flags=flags)[::-1]
            if self._markings is not None:
                origin_x, origin_y = (float(value) for value in self.maps.origin[slot])
                self._markings(chunk.map)(picture, chunk_view(chunk, (origin_x, origin_y)))
        if self._decorate is not None:
            self._decorate(picture, chunk)
        return picture

    def _stand_in(self, chunk: Chunk) -> np.ndarray:
        """A coarser chunk's part, or the four finer ones, or a bare coarse look at the ground."""
        for up in (1, 2):
            scale = 2**up
            parent = Chunk(chunk.map, chunk.detail + up, chunk.column // scale, chunk.row // scale)
            picture = self._chunks.get(parent)
            if picture is not None:
                side = CHUNK_PX // scale
                top, left = (chunk.row % scale) * side, (chunk.column % scale) * side
                part = picture[top : top + side, left : left + side]
                return cv2.resize(part, (CHUNK_PX, CHUNK_PX), interpolation=cv2.INTER_LINEAR)
        finer = [
            self._chunks.get(Chunk(chunk.map, chunk.detail - 1, 2 * chunk.column + i, 2 * chunk.row + j))
            for j in (0, 1)
            for i in (0, 1)
        ]
        known = [picture for picture in finer if picture is not None]
        if len(known) == len(finer):
            whole = np.vstack([np.hstack(known[:2]), np.hstack(known[2:])])
            return cv2.resize(whole, (CHUNK_PX, CHUNK_PX), interpolation=cv2.INTER_AREA)
        level = min(max(chunk.detail, 0) + 3, DETAIL_COARSE)
        count = max(int(CHUNK_PX * 2.0 ** (chunk.detail - level)), 2)
        material = np.empty((count, count), np.uint8)
        _gather(
            self.maps.ground, self._slot(chunk.map), level, chunk.column * count, -(chunk.row + 1) * count, material
        )
        colors = self.maps.ground.palette[:, :3][material[::-1]]
        picture = np.full((CHUNK_PX, CHUNK_PX, 4), 255, np.uint8)
        picture[..., :3] = cv2.resize(colors, (CHUNK_PX, CHUNK_PX), interpolation=cv2.INTER_LINEAR)
        return picture
