"""What a camera's pixels look at, worked out once: rays, ground under each row or pixel, level of detail, sky.

The camera stands level in a heading frame (forward, right, up) whose forward axis is its own heading on the ground.
A ray is scaled so that its parameter is the depth: metres along the optical axis, and along the ray of a fisheye.
"""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M, TILE_TEXELS
from drivesim.sensors.camera.lens import directions_through
from drivesim.sensors.camera.sky import SKY_DEPTH_M, bearing_fixed, haze_share

DARK = -1
"""Sample count of pixels that no ray reaches: outside the image circle."""
_NOTHING = 4.0
"""Cosine of a cone that nothing meets."""
SAMPLES_MAX = 4
"""Most samples of the ground along a pixel's long side."""
_FETCH_TEXELS = 4.0
"""Rows this far apart are fetched; a cache line holds 8 x 8 texels."""
SAMPLE_DEPTH_MAX_M = 300.0
"""No sample of a pixel that sees ground farther than this lies beyond it [m]."""
BAND_SAMPLES = 8192
"""About how many samples are aimed ahead of being read."""
_TWO_FROM_TEXELS, _ALL_FROM_TEXELS, _LONGEST_TEXELS = 2.5, 4.0, 4.0
"""Texels along a pixel from which it gets two samples, all samples, and the next coarser level."""
MAGNIFIED_TEXELS = 0.25
"""The ground of pixels narrower than this, in texels of its finest picture, is interpolated between texels, which would
show as squares. Small pictures have no such pixels, and pay nothing."""
_LONG_SIDE = 4.0
"""The ground is sampled along a pixel's width instead of its height where that is this much longer."""


class Mount(NamedTuple):
    """Where the camera is on the car, and its scalars."""

    forward: np.float32
    """Ahead of the rear axle [m]."""
    left: np.float32
    """Left of the centre line [m]."""
    height: np.float32
    """Above the ground [m]."""
    yaw: np.float32
    """Relative to the car [rad]."""
    focal: np.float32
    """[px]"""
    centre_x: np.float32
    """Principal point [px]."""
    centre_y: np.float32
    """Principal point [px]."""
    range: np.float32
    """Upright things whose centre is farther than this are not drawn [m]."""
    width: np.int64
    height_px: np.int64
    is_wide: np.bool_
    """Some ray points sideways or back, so that nothing can be left out for its bearing."""
    slope_right: np.float32
    """right / forward of the rightmost ray."""
    norm_right: np.float32
    """sqrt(1 + slope_right^2)."""
    slope_left: np.float32
    """right / forward of the leftmost ray."""
    norm_left: np.float32
    """sqrt(1 + slope_left^2)."""


class LevelOptics(NamedTuple):
    """Tables of a level camera: columns have a bearing, rows have a ground depth."""

    slope: np.ndarray
    """right / forward of each column's rays, float32, shape (column,)."""
    inverse_norm: np.ndarray
    """1 / sqrt(1 + slope^2), float32, shape (column,)."""
    drop: np.ndarray
    """down / forward of each row's rays, float32, shape (row,)."""
    inverse_drop: np.ndarray
    """1 / drop, float32, shape (row,)."""
    ground_row: np.int64
    """First row that sees the ground."""
    depth: np.ndarray
    """Ground depth of each row [m], float32, shape (row,); the sky's above the horizon."""
    level: np.ndarray
    """Level of the ground picture, int64, shape (row,)."""
    sample_count: np.ndarray
    """1, 2 or 4, int64, shape (row,)."""
    sample_depth: np.ndarray
    """Depth of the samples [m], float32, shape (row, SAMPLES_MAX); sample_count // 2 is the central one."""
    sample_fetch: np.ndarray
    """1 for samples on cache lines that the samples before them are not on, uint8, shape (row, SAMPLES_MAX)."""
    level_near: np.ndarray
    """Least depth at which a level of the ground picture is sampled [m], float32, shape (level,)."""
    level_far: np.ndarray
    """Greatest depth [m], float32; 0 where a level is not used."""
    band_rows: np.int64
    """Rows whose samples are aimed, and their memory asked for, before the first of them is read."""
    magnified_row: np.int64
    """First row whose pixels are narrower than `MAGNIFIED_TEXELS`."""
    haze: np.ndarray
    """Share of haze on the ground, 0 to 256, int64, shape (row,)."""
    sky_place: np.ndarray
    """First column of the sky picture's row, int32, shape (row * column,) of the rows above `ground_row`."""
    bearing: np.ndarray
    """Bearing of each column from the heading, uint32, shape (column,)."""


class RayOptics(NamedTuple):
    """Tables of any camera: one entry per pixel."""

    ray: np.ndarray
    """(forward, right, up), float32, shape (pixel, 3)."""
    sample_count: np.ndarray
    """0 above the horizon, `DARK` outside the image circle, else 1, 2 or 4, int64, shape (pixel,)."""
    level: np.ndarray
    """Level of the ground picture, int64, shape (pixel,)."""
    is_magnified: np.ndarray
    """1 for pixels narrower than `MAGNIFIED_TEXELS`, uint8, shape (pixel,)."""
    sample: np.ndarray
    """Ground points (forward, right) [m], float32, shape (pixel, SAMPLES_MAX, 2)."""
    depth: np.ndarray
    """Ground depth [m], float32, shape (pixel,)."""
    haze: np.ndarray
    """0 to 256, int64, shape (pixel,)."""
    sky_place: np.ndarray
    """First column of the sky picture's row, int32, shape (pixel,)."""
    bearing: np.ndarray
    """From the heading, uint32, shape (pixel,)."""
    flat: np.ndarray
    """Unit direction on the ground (forward, right), and up per metre along it; float32, shape (pixel, 3)."""
    block: np.ndarray
    """`BlockColumn` columns of each block of pixels, float32, shape (block_y * block_x, len(BlockColumn))."""
    tile: np.ndarray
    """The same of each tile of blocks."""
    forward: np.ndarray
    """Axis (forward, right, up) along which depth is counted; 0 where it is counted along rays. float32, shape (3,)."""


class BlockColumn(IntEnum):
    """What the rays of a block of pixels have in common, so that all can be left out at once."""

    FORWARD = 0
    """Middle of their directions on the ground, unit vector."""
    RIGHT = 1
    COS = 2
    """Of the greatest angle to it; -1 for blocks that look straight up or down, 4 for those that see nothing."""
    SIN = 3
    LOW = 4
    """Least and greatest up per metre along the ground."""
    HIGH = 5


BLOCK_PX = 8
"""Side of a block of pixels that is culled as one by the ray path [px]."""
TILE_BLOCKS = 4
"""Side of a tile of blocks that is culled as one before them."""
_SLOPE_MAX = 1e6


def focal_px(config: CameraConfig) -> float:
    """The one focal length by which things far away are drawn coarser [px]: the geometric mean of both."""
    focal_x, focal_y = config.focal
    return focal_x if focal_x == focal_y else math.sqrt(focal_x * focal_y)


def camera_axes(config: CameraConfig) -> np.ndarray:
    """Rows right, down, forward of the camera in the heading frame (forward, right, up), float64, shape (3, 3)."""
    pitch, roll = math.radians(config.pitch_deg), math.radians(config.roll_deg)
    ahead, right, down = np.array((1.0, 0.0, 0.0)), np.array((0.0, 1.0, 0.0)), np.array((0.0, 0.0, -1.0))
    forward = math.cos(pitch) * ahead + math.sin(pitch) * down
    below = math.cos(pitch) * down - math.sin(pitch) * ahead
    return np.stack(
        (math.cos(roll) * right + math.sin(roll) * below, math.cos(roll) * below - math.sin(roll) * right, forward)
    )


def rays_through(config: CameraConfig, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rays (forward, right, up) through picture points [px], float64, shape (..., 3); parameter = depth.

    NaN for points that no ray reaches, see `lens.directions_through`.
    """
    return directions_through(config, x, y) @ camera_axes(config)


def ground_detail(side: np.ndarray, long: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Level of the ground picture and number of samples for pixels that cover `side` by `long` metres of ground.

    The level's texel is as wide as the pixel's side, within a factor of sqrt(2), and twice that for pixels so long that
    `SAMPLES_MAX` samples would leave most of the texels along them unseen. Samples follow the long side.
    """
    level = np.floor(np.log2(np.maximum(side, 1e-6) / TEXEL_M) + 0.5)
    level += long > _LONGEST_TEXELS * TEXEL_M * 2.0**level
    level = np.clip(level, 0, LEVEL_COUNT - 1).astype(np.int64)
    texels = long / (TEXEL_M * 2.0**level)
    return level, np.where(texels < _TWO_FROM_TEXELS, 1, np.where(texels < _ALL_FROM_TEXELS, 2, SAMPLES_MAX))


def sky_columns(config: CameraConfig) -> int:
    """Bearings of the sky picture: about one per pixel at the centre of the picture, a power of two."""
    return int(np.clip(2 ** math.ceil(math.log2(2.0 * math.pi * focal_px(config))), 256, 4096))


def _sky_places(ray: np.ndarray, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """First column of the sky picture's row, and bearing from the heading, of rays."""
    rows = columns // 4
    elevation = np.arctan2(ray[..., 2], np.hypot(ray[..., 0], ray[..., 1]))
    row = np.clip(np.floor(elevation / (0.5 * math.pi) * rows), 0, rows - 1).astype(np.int32)
    return row * np.int32(columns), bearing_fixed(np.arctan2(-ray[..., 1], ray[..., 0]))


def mount_of(config: CameraConfig) -> Mount:
    """The scalars of a camera."""
    f = np.float32
    # Straight edges end in corners; those of a distorted picture may bulge anywhere.
    corners_x, corners_y = (2, 2) if config.is_rectilinear else (config.width, config.height)
    corner_x, corner_y = np.meshgrid(
        np.linspace(0.0, config.width, corners_x + 1), np.linspace(0.0, config.height, corners_y + 1)
    )
    corners = rays_through(config, corner_x, corner_y)
    corners = corners[np.isfinite(corners[..., 0])]
    is_wide = bool((corners[..., 0] < 1e-3).any())
    slope = np.zeros(1) if is_wide else corners[..., 1] / corners[..., 0]
    centre_x, centre_y = config.principal_px
    return Mount(
        forward=f(config.x_m), left=f(config.y_m), height=f(config.z_m), yaw=f(math.radians(config.yaw_deg)),
        focal=f(focal_px(config)), centre_x=f(centre_x), centre_y=f(centre_y), range=f(config.range_m),
        width=np.int64(config.width), height_px=np.int64(config.height),
        is_wide=np.bool_(is_wide), slope_right=f(slope.max()), norm_right=f(math.hypot(1.0, slope.max())),
        slope_left=f(slope.min()), norm_left=f(math.hypot(1.0, slope.min())),
    )  # fmt: skip


def level_optics(config: CameraConfig) -> LevelOptics:
    """Tables of a level camera."""
    focal = focal_px(config)
    centre_x, centre_y = config.principal_px
    slope = (np.arange(config.width) + 0.5 - centre_x) / focal
    rows = np.arange(config.height) + 0.5
    drop = (rows - centre_y) / focal
    ground = drop > config.z_m / SKY_DEPTH_M
    ground_row = int(config.height - ground.sum())
    depth = np.where(ground, config.z_m / np.where(ground, drop, 1.0), SKY_DEPTH_M)
    drop_min = config.z_m / SKY_DEPTH_M
    long = config.z_m / np.maximum(drop - 0.5 / focal, drop_min) - config.z_m / np.maximum(drop + 0.5 / focal, drop_min)
    level, count = ground_detail(depth / focal, long)
    share = (np.arange(SAMPLES_MAX) + 0.5) / count[:, None] - 0.5
    sample_depth = config.z_m / np.maximum(drop[:, None] + share / focal, config.z_m / SAMPLE_DEPTH_MAX_M)
    used = [sample_depth[ground & (level == k)].ravel() for k in range(LEVEL_COUNT)]
    above = rays_through(config, (np.arange(config.width) + 0.5)[None, :], rows[:ground_row, None])
    ahead = np.stack((np.ones_like(slope), slope, np.zeros_like(slope)), axis=-1)
    sky_place, _ = _sky_places(above, sky_columns(config))
    _, bearing = _sky_places(ahead, sky_columns(config))
    with np.errstate(divide="ignore"):
        inverse_drop = 1.0 / drop
    return LevelOptics(
        slope=slope.astype(np.float32),
        inverse_norm=(1.0 / np.sqrt(1.0 + slope**2)).astype(np.float32),
        drop=drop.astype(np.float32),
        inverse_drop=inverse_drop.astype(np.float32),
        ground_row=np.int64(ground_row),
        depth=depth.astype(np.float32),
        level=level,
        sample_count=count.astype(np.int64),
        sample_depth=sample_depth.astype(np.float32),
        sample_fetch=_fetched(level, count, sample_depth, ground_row),
        level_near=np.array([depths.min(initial=np.inf) for depths in used], np.float32),
        level_far=np.array([depths.max(initial=0.0) for depths in used], np.float32),
        band_rows=np.int64(max(1, BAND_SAMPLES // (config.width * SAMPLES_MAX))),
        magnified_row=np.int64(config.height - (ground & (depth / focal < MAGNIFIED_TEXELS * TEXEL_M)).sum()),
        haze=haze_share(depth),
        sky_place=sky_place.ravel(),
        bearing=bearing,
    )


def _fetched(level: np.ndarray, count: np.ndarray, depth: np.ndarray, ground_row: int) -> np.ndarray:
    """Which samples to fetch: those at least `_FETCH_TEXELS` texels from the last fetched ones of their level."""
    fetched = np.zeros((len(level), SAMPLES_MAX), np.uint8)
    last_level, last_depth = -1, 0.0
    for row in range(ground_row, len(level)):
        for k in range(int(count[row])):
            step = abs(last_depth - depth[row, k])
            if level[row] != last_level or step >= _FETCH_TEXELS * TEXEL_M * 2.0 ** level[row]:
                fetched[row, k] = 1
                last_level, last_depth = level[row], depth[row, k]
    return fetched


class BandSize(NamedTuple):
    """Room that a range of worlds needs to draw the ground."""

    samples: int
    """Samples of a band."""
    tiles: int
    """Tiles that the rows of all levels can touch, whatever the camera's heading."""


def band_size(config: CameraConfig, optics: LevelOptics) -> BandSize:
    """Room that a level camera needs to draw the ground."""
    spread = float(np.abs(optics.slope).max())
    tiles = 0
    for level, far in enumerate(optics.level_far.tolist()):
        if far > 0.0:
            diameter = 2.0 * far * math.hypot(1.0, spread)
            tiles += (math.ceil(diameter / (TEXEL_M * 2.0**level * TILE_TEXELS)) + 3) ** 2
    return BandSize(int(optics.band_rows) * config.width * SAMPLES_MAX, tiles)


def ray_optics(config: CameraConfig) -> RayOptics:
    """Tables of any camera."""
    u, v = np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)
    ray = rays_through(config, u, v)
    is_dark = np.isnan(ray[..., 0])
    ray[is_dark] = 0.0
    height = config.z_m

    def ground_point(x: np.ndarray, y: np.ndarray, depth_max: float = SKY_DEPTH_M) -> np.ndarray:
        through = rays_through(config, x, y)
        # Next to where the lens shows nothing, a pixel is as large as its whole half.
        through = np.where(np.isnan(through), ray if through.ndim == 3 else ray[..., None, :], through)
        depth = height / np.maximum(-through[..., 2], height / depth_max)
        return through[..., :2] * depth[..., None]

    is_ground = -ray[..., 2] > height / SKY_DEPTH_M
    depth = np.where(is_ground, height / np.where(is_ground, -ray[..., 2], 1.0), SKY_DEPTH_M)
    by_u = ground_point(u + 0.5, v) - ground_point(u - 0.5, v)
    by_v = ground_point(u, v + 0.5) - ground_point(u, v - 0.5)
    across, along = np.linalg.norm(by_u, axis=-1), np.linalg.norm(by_v, axis=-1)
    area = np.abs(by_u[..., 0] * by_v[..., 1] - by_u[..., 1] * by_v[..., 0])
    by_width = across * across > _LONG_SIDE * area
    side = np.where(by_width, area / np.maximum(along, 1e-9), across)
    level, count = ground_detail(side, np.where(by_width, across, area / np.maximum(across, 1e-9)))
    share = (np.arange(SAMPLES_MAX) + 0.5) / count[..., None] - 0.5
    sample = ground_point(
        u[..., None] + np.where(by_width[..., None], share, 0.0),
        v[..., None] + np.where(by_width[..., None], 0.0, share),
        SAMPLE_DEPTH_MAX_M,
    )
    sky_place, bearing = _sky_places(ray, sky_columns(config))
    flat = _flat_rays(ray)
    block = _block_cones(flat, is_dark, BLOCK_PX)
    return RayOptics(
        ray=ray.reshape(-1, 3).astype(np.float32),
        sample_count=np.where(is_ground, count, np.where(is_dark, DARK, 0)).ravel().astype(np.int64),
        level=level.ravel(),
        is_magnified=(is_ground & (side < MAGNIFIED_TEXELS * TEXEL_M) & (level == 0)).ravel().astype(np.uint8),
        sample=sample.reshape(-1, SAMPLES_MAX, 2).astype(np.float32),
        depth=depth.ravel().astype(np.float32),
        haze=haze_share(depth).ravel(),
        sky_place=sky_place.ravel(),
        bearing=bearing.ravel(),
        flat=flat.reshape(-1, 3).astype(np.float32),
        block=block,
        tile=_block_cones(flat, is_dark, BLOCK_PX * TILE_BLOCKS),
        forward=(camera_axes(config)[2] * (config.lens == "pinhole")).astype(np.float32),
    )


def _flat_rays(ray: np.ndarray) -> np.ndarray:
    """Unit directions of rays on the ground (forward, right), and how far up they go per metre of it."""
    flat = np.linalg.norm(ray[..., :2], axis=-1)
    is_steep = flat <= np.abs(ray[..., 2]) / _SLOPE_MAX
    length = np.where(is_steep, 1.0, flat)
    slope = np.where(is_steep, np.sign(ray[..., 2]) * _SLOPE_MAX, ray[..., 2] / length)
    return np.concatenate((np.where(is_steep[..., None], 0.0, ray[..., :2] / length[..., None]), slope[..., None]), -1)


def _block_cones(flat: np.ndarray, is_dark: np.ndarray, side: int) -> np.ndarray:
    """`BlockColumn` columns of blocks of `side` x `side` pixels, row by row."""
    rows, columns = (-(-size // side) for size in is_dark.shape)
    block = np.zeros((rows, columns, len(BlockColumn)))
    for row in range(rows):
        for column in range(columns):
            part = np.s_[row * side : (row + 1) * side, column * side : (column + 1) * side]
            rays = flat[part][~is_dark[part]]
            if len(rays) == 0:
                block[row, column, BlockColumn.COS] = _NOTHING
                continue
            middle = rays[:, :2].sum(axis=0)
            length = np.linalg.norm(middle)
            axis = middle / max(length, 1e-9)
            cos = (rays[:, :2] @ axis).min() - 1e-6
            if length < 1e-6 or cos < 0.0:
                # Rays to all sides, or so far apart that angles no longer add up to less than a turn.
                axis, cos = np.zeros(2), -1.0
            low, high = rays[:, 2].min(), rays[:, 2].max()
            block[row, column] = *axis, cos, math.sqrt(max(1.0 - cos * cos, 0.0)), low, high
    return block.reshape(-1, len(BlockColumn)).astype(np.float32)
