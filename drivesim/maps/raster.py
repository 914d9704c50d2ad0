"""Draws a road network as a ground picture.

Paved ground and its border get the finest texels; farther from the road levels are coarser, and beyond 80 m only the
coarsest remains. Every level is drawn chunk by chunk on canvases of 512 x 512 texels that
stay in the cache: areas with OpenCV, wear and shadows as polygons, paint as exact coverage; a kernel then turns
the canvases into shades. Where a finer level exists, a coarser one is its average.
"""

from collections.abc import Iterator

import numpy as np

from drivesim.errors import MapError
from drivesim.kernels.entry import kernel
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M, TILE_TEXELS
from drivesim.maps.fill import Polygons, bands_of, fill_bands, fill_convex, polygons_of
from drivesim.maps.ground import ROOT_TEXELS, TILE_BYTES, GroundPicture, texel_offset
from drivesim.maps.mips import COVER_SHOWN, merge_base, merge_cover, painted
from drivesim.maps.network import Area, AreaKind, RoadNetwork, SceneryKind
from drivesim.maps.noise import asphalt_detail, grass_detail, waves
from drivesim.maps.shadows import footprints, shadow_polygons
from drivesim.maps.signal_scenery import signal_scenery
from drivesim.maps.strokes import cover_strokes, strokes_of
from drivesim.maps.texture import (
    COARSE_M,
    TONE_NEUTRAL,
    Surface,
    look_of,
    texture_tiles,
)
from drivesim.maps.wear import draw_wear, wear_of

MARGIN_M = 160.0
"""The picture reaches this far beyond the lanes [m]."""
SIDE_MAX_M = 20_000.0
"""Longest side of a picture [m]."""
LEVEL_REACH_M = (1.6, 4.0, 12.0, 32.0, 80.0)
"""How far from paved ground the tiles of a level reach [m]; the coarsest is everywhere. Distances are measured
between texels of `COARSE_M`, so that the least of these still covers the gravel border."""
GRAVEL_BORDER_M = 0.5
"""Gravel beside the asphalt where nothing else is [m]."""
YARD_M = 4.0
"""Gravel around a building [m]."""

_CHUNK_TILES = 8
_CHUNK_TEXELS = _CHUNK_TILES * TILE_TEXELS
_SUBPIXEL_BITS = 4
_SURFACE_OF = {
    AreaKind.SIDEWALK: Surface.PAVEMENT,
    AreaKind.SHOULDER: Surface.GRAVEL,
    AreaKind.DRIVABLE: Surface.ASPHALT,
    AreaKind.PARKING: Surface.PARKING,
    AreaKind.CROSSWALK: Surface.ASPHALT,
    AreaKind.CURB: Surface.CURB,
}


def draw_ground(network: RoadNetwork) -> GroundPicture:
    """The ground picture of a network; equal networks give equal bytes.

    Raises:
        MapError: The network has no lanes or spans more than `SIDE_MAX_M`.
    """
    origin, size = _bounds(network)
    areas = sorted((area for area in network.areas if area.kind in _SURFACE_OF), key=lambda area: area.kind)
    distance = _distance_from_paving(areas, origin, size)
    directory, first = _directories(distance, size, network)
    tile_count = int(first[-1])
    base, texel = np.empty((tile_count, TILE_BYTES), np.uint8), np.empty((tile_count, TILE_BYTES), np.uint8)
    cover = np.zeros((tile_count, TILE_BYTES), np.uint16)
    cover_strokes(strokes_of(network.markings, network.areas), *origin, directory[0], cover)
    canvas = _Canvas(network, areas, origin)
    look, wave = look_of(network.seed), waves()
    slow, fields = np.empty((2, 9, 9), np.float32), np.empty((9, 9), np.uint64)
    for level in range(LEVEL_COUNT):
        finer = directory[level - 1] if level else np.full(tuple(2 * n for n in directory[0].shape), -1, np.int32)
        tiles = _tiles_to_draw(directory[level], finer)
        for chunk_x, chunk_y, chosen in _chunks(tiles):
            canvas.draw(level, chunk_x, chunk_y)
            texture_tiles(
                chosen, chunk_x, chunk_y, canvas.surface, canvas.tone, canvas.shadow, level, look,
                asphalt_detail()[level], grass_detail()[level], wave, distance, COVER_SHOWN[level],
                slow, fields, cover, base, texel,
            )  # fmt: skip
        if level:
            _reduce(directory[level], finer, base, cover, texel, COVER_SHOWN[level])
    return GroundPicture(origin=origin, directory=directory, texel=texel)


def _bounds(network: RoadNetwork) -> tuple[tuple[float, float], tuple[int, int]]:
    """Lower left corner in whole metres, and the size in tiles of the coarsest level (x, y)."""
    if not network.lanes:
        raise MapError(f"{network.name}: a network without lanes has no ground picture")
    points = np.concatenate([lane.points for lane in network.lanes])
    low = np.floor(points.min(axis=0) - MARGIN_M)
    span = points.max(axis=0) + MARGIN_M - low
    if span.max() > SIDE_MAX_M:
        raise MapError(f"{network.name}: spans {span.max():.0f} m, at most {SIDE_MAX_M:.0f} m can be drawn")
    size = np.ceil(span / (ROOT_TEXELS * TEXEL_M)).astype(int)
    return (float(low[0]), float(low[1])), (int(size[0]), int(size[1]))


def _fixed(points: np.ndarray, left: float, low: float, texel_m: float) -> np.ndarray:
    """Points as OpenCV's fixed-point pixels: pixel centres lie at whole numbers."""
    pixels = (points - (left, low)) / texel_m - 0.5
    return np.rint(pixels * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _distance_from_paving(areas: list[Area], origin: tuple[float, float], size: tuple[int, int]) -> np.ndarray:
    """Distance from the nearest area [m], float32, texels of `COARSE_M`."""
    import cv2

    side = ROOT_TEXELS * TEXEL_M / COARSE_M
    free = np.full((int(size[1] * side), int(size[0] * side)), 255, np.uint8)
    for area in areas:
        outline = _fixed(area.polygon, *origin, COARSE_M)
        cv2.fillPoly(free, [outline], 0, cv2.LINE_8, _SUBPIXEL_BITS)
    if free.all():
        return np.full(free.shape, 1e3, np.float32)
    return cv2.distanceTransform(free, cv2.DIST_L2, 3) * np.float32(COARSE_M)


def _directories(
    distance: np.ndarray, size: tuple[int, int], network: RoadNetwork
) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Which tiles exist on every level, and the number of the first tile of each level."""
    nearest = distance
    for _ in range(2):
        nearest = _halved(nearest)
    directories, first = [], [0]
    for level in range(LEVEL_COUNT):
        if level:
            nearest = _halved(nearest)
        reach = LEVEL_REACH_M[level] if level < len(LEVEL_REACH_M) else np.inf
        wanted = nearest <= reach
        directory = np.full(wanted.shape, -1, np.int32)
        count = int(np.count_nonzero(wanted))
        directory[wanted] = np.arange(first[-1], first[-1] + count, dtype=np.int32)
        directories.append(directory)
        first.append(first[-1] + count)
    return tuple(directories), np.array(first)


def _halved(values: np.ndarray) -> np.ndarray:
    rows = np.minimum(values[::2], values[1::2])
    return np.minimum(rows[:, ::2], rows[:, 1::2])


def _tiles_to_draw(directory: np.ndarray, finer: np.ndarray) -> np.ndarray:
    """Rows (tile, column, row, quadrants) of tiles with quadrants that no finer tile covers, int64."""
    quadrants = np.zeros(directory.shape, np.int64)
    for bit, (up, right) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        quadrants |= (finer[up::2, right::2] < 0).astype(np.int64) << bit
    rows, columns = np.nonzero((directory >= 0) & (quadrants != 0))
    return np.stack([directory[rows, columns].astype(np.int64), columns, rows, quadrants[rows, columns]], axis=1)


def _chunks(tiles: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Tiles grouped by chunk, with the tile column and row of the chunk's lower left corner."""
    key = (tiles[:, 2] // _CHUNK_TILES << 32) + tiles[:, 1] // _CHUNK_TILES
    order = np.argsort(key, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        if len(group):
            corner = tiles[group[0], 1:3] // _CHUNK_TILES * _CHUNK_TILES
            yield int(corner[0]), int(corner[1]), np.ascontiguousarray(tiles[group])


class _Canvas:
    """The canvases of one chunk, drawn again for each."""

    def __init__(self, network: RoadNetwork, areas: list[Area], origin: tuple[float, float]) -> None:
        shape = (_CHUNK_TEXELS, _CHUNK_TEXELS)
        self.surface = np.zeros(shape, np.uint8)
        self.shadow = np.zeros(shape, np.uint8)
        self.tone = np.full((_CHUNK_TEXELS // 2, _CHUNK_TEXELS // 2), TONE_NEUTRAL, np.uint8)
        self._origin = origin
        self._areas = areas
        self._boxes = np.array([(*area.polygon.min(axis=0), *area.polygon.max(axis=0)) for area in areas]).reshape(
            -1, 4
        )
        self._shadows = shadow_polygons(
            (*network.scenery, *signal_scenery(network)), network.sun_azimuth, network.sun_elevation
        )
        self._yards = _yards(network)
        self._wear = wear_of(network)
        self._border = bands_of(
            [np.concatenate([a.polygon, a.polygon[:1]]) for a in areas if a.kind == AreaKind.DRIVABLE]
        )

    def draw(self, level: int, chunk_x: int, chunk_y: int) -> None:
        """Draws the chunk whose lower left tile is (chunk_x, chunk_y) of a level."""
        texel_m = TEXEL_M * (1 << level)
        left = self._origin[0] + chunk_x * TILE_TEXELS * texel_m
        low = self._origin[1] + chunk_y * TILE_TEXELS * texel_m
        self.surface.fill(Surface.TERRAIN)
        fill_convex(self.surface, *self._yards, left, low, texel_m)
        self.shadow.fill(0)
        fill_convex(self.shadow, *self._shadows, left, low, texel_m)
        if level == 0:
            self._draw_areas(left, low)
            draw_wear(self.tone, self._wear, left, low, 2.0 * TEXEL_M)

    def _draw_areas(self, left: float, low: float) -> None:
        import cv2

        reach = _CHUNK_TEXELS * TEXEL_M + 1.0
        near = (self._boxes[:, 2:] > (left - 1.0, low - 1.0)) & (self._boxes[:, :2] < (left + reach, low + reach))
        chosen = [self._areas[i] for i in np.flatnonzero(near.all(axis=1))]
        outlines = [_fixed(area.polygon, left, low, TEXEL_M) for area in chosen]
        fill_bands(
            self.surface, self._border, GRAVEL_BORDER_M, GRAVEL_BORDER_M, int(Surface.GRAVEL), left, low, TEXEL_M
        )
        for area, outline in zip(chosen, outlines, strict=True):
            cv2.fillPoly(self.surface, [outline], int(_SURFACE_OF[area.kind]), cv2.LINE_8, _SUBPIXEL_BITS)


def _yards(network: RoadNetwork) -> Polygons:
    houses = [t for t in network.scenery if t.kind == SceneryKind.BUILDING]
    rows = np.array([(t.x, t.y, t.yaw, t.length, t.width) for t in houses], np.float64).reshape(-1, 5)
    return polygons_of(footprints(rows, YARD_M), np.full(len(rows), int(Surface.GRAVEL)))


@kernel
def _reduce(directory, finer, base, cover, texel, shown):
    """Fills the quadrants of a level that have a finer tile with its average."""
    cover_4 = cover.view(np.uint64)
    for ty in range(directory.shape[0]):
        for tx in range(directory.shape[1]):
            tile = directory[ty, tx]
            if tile < 0:
                continue
            for quadrant in range(4):
                qx, qy = quadrant & 1, quadrant >> 1
                child = finer[2 * ty + qy, 2 * tx + qx]
                if child < 0:
                    continue
                for block in range(64):
                    here = block * 64
                    to = texel_offset(32 * qx + 4 * (block & 7), 32 * qy + 4 * (block >> 3))
                    bare = True
                    for k in range(16):
                        bare = bare and cover_4[child, (here >> 2) + k] == 0
                    for y in range(4):
                        for x in range(4):
                            a, b = here + 16 * y + 2 * x, to + 8 * y + x
                            ground = merge_base(
                                base[child, a], base[child, a + 1], base[child, a + 8], base[child, a + 9]
                            )
                            base[tile, b] = ground
                            if not bare:
                                paint = merge_cover(
                                    cover[child, a], cover[child, a + 1], cover[child, a + 8], cover[child, a + 9]
                                )
                                cover[tile, b] = paint
                                ground = painted(ground, paint, shown)
                            texel[tile, b] = ground
