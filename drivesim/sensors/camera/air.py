"""What lies between a camera and what it sees, tabulated once: where its pixels look, mirrors, and curves of light.

Weather works on finished pictures. All of it that depends on the camera alone is here: a pixel with its depth is a
point on the car's frame (forward, right, up; origin below the rear axle).
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.semantics import Semantic
from drivesim.sensors.camera.canvas import smooth_noise
from drivesim.sensors.camera.optics import focal_px, rays_through

ENCODE_STEPS = 16383
"""Codes of a picture are looked up at this many steps of linear light."""
PATCH_TEXELS = 256
PATCH_M = 0.24
"""Side of a texel of the pattern of puddles and snow [m]."""
F0 = 0.02
"""Reflectance of water seen from above (n = 1.33)."""
LAYER_M = 180.0
"""Thickness of the air that fog and rain fill [m]: how far one looks through them at the sky overhead."""
THING, ROAD, LAND, SKY, PLANT = range(5)
"""Entries of `Air.ground`."""
_DETAIL_M = 1.2
"""Length of a pixel on the ground up to which patches are seen apart [m]."""


class Air(NamedTuple):
    """Tables of one camera."""

    forward: np.ndarray
    """Rays in the car's frame per unit of depth, float32, shape (pixel,)."""
    right: np.ndarray
    up: np.ndarray
    norm: np.ndarray
    """Length of a ray per unit of depth, float32, shape (pixel,)."""
    mirror: np.ndarray
    """Pixel that sees what a mirror on the ground shows in this one, int32, shape (pixel,); itself if none."""
    fresnel: np.ndarray
    """Reflectance of water on the ground (Schlick 1994), float32, shape (pixel,); 0 above the horizon."""
    detail: np.ndarray
    """How well patches on the ground are seen apart, 0 to 1, float32, shape (pixel,)."""
    sky_path: np.ndarray
    """Way through `LAYER_M` of air [m], float32, shape (pixel,)."""
    place: np.ndarray
    """Pixel that looks in a direction (row of elevation, column of bearing from the right), int32; see `look_up`."""
    span: np.ndarray
    """Lowest bearing, bins per radian, lowest elevation, bins per radian of `place`; float32, shape (4,)."""
    eye: np.ndarray
    """The camera in the car's frame [m], float32, shape (3,)."""
    axis: np.ndarray
    """Rows right, down, forward of the camera in the car's frame, float32, shape (3, 3)."""
    decode: np.ndarray
    """Linear light of each code (sRGB, IEC 61966-2-1), float32, shape (256,)."""
    encode: np.ndarray
    """Code of linear light in steps of 1 / `ENCODE_STEPS`, uint8."""
    ground: np.ndarray
    """What a class is to the weather, uint8, shape (256,)."""
    back: np.ndarray
    """What a class returns towards the lamps that light it, over an upright face of its colour, float32, (256,)."""
    patch: np.ndarray
    """Pattern of puddles and snow, int32, flat (row, column), repeating: a texel, that to its east, to its north and to
    its north-east, from the lowest byte up, so that one look-up fetches what lies around a point."""


def srgb_decoded(code: np.ndarray) -> np.ndarray:
    """Linear light, 0 to 1, of codes 0 to 1 (IEC 61966-2-1), float64."""
    code = np.asarray(code, np.float64)
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def srgb_encoded(light: np.ndarray) -> np.ndarray:
    """Codes, 0 to 1, of linear light 0 to 1, float64."""
    light = np.asarray(light, np.float64)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1.0 / 2.4) - 0.055)


def patches() -> np.ndarray:
    """The pattern of puddles and snow, uint8, shape (PATCH_TEXELS, PATCH_TEXELS); each value is there equally often."""
    size = PATCH_TEXELS
    x = np.arange(size)

    def wrapped(cell: int, seed: int) -> np.ndarray:
        # Blending a picture with itself, half a period on, makes it repeat.
        noise = smooth_noise(size, size, cell, seed)
        share = 0.5 - 0.5 * np.cos(2.0 * math.pi * (x + 0.5) / size)
        across = share * noise + (1.0 - share) * np.roll(noise, size // 2, axis=1)
        return share[:, None] * across + (1.0 - share[:, None]) * np.roll(across, size // 2, axis=0)

    noise = wrapped(16, 71) + 0.45 * wrapped(8, 72) + 0.25 * wrapped(4, 73) + 0.12 * wrapped(2, 74)
    rank = np.empty(size * size, np.uint8)
    rank[np.argsort(noise.ravel(), kind="stable")] = np.arange(size * size) * 256 // (size * size)
    return rank.reshape(size, size)


def _with_neighbours(texel: np.ndarray) -> np.ndarray:
    """`Air.patch` of a pattern."""
    east, north = np.roll(texel, -1, axis=1), np.roll(texel, -1, axis=0)
    around = (texel, east, north, np.roll(east, -1, axis=0))
    return np.stack(around, axis=-1).reshape(-1, 4).view("<i4").ravel().astype(np.int32)


def _classes() -> np.ndarray:
    ground = np.zeros(256, np.uint8)
    ground[[Semantic.ROAD, Semantic.ROAD_LINE, Semantic.SIDEWALK]] = ROAD
    ground[[Semantic.TERRAIN, Semantic.GROUND, Semantic.WATER]] = LAND
    ground[Semantic.SKY], ground[Semantic.VEGETATION] = SKY, PLANT
    return ground


def _returns() -> np.ndarray:
    """Of the road, seen at a grazing angle, half; of paint and signs, which have glass beads in them, more."""
    back = np.ones(256)
    back[[Semantic.ROAD, Semantic.SIDEWALK, Semantic.TERRAIN, Semantic.GROUND]] = 0.5
    back[Semantic.ROAD_LINE], back[Semantic.TRAFFIC_SIGN], back[Semantic.GUARD_RAIL] = 1.2, 6.0, 1.5
    return back


def _look_up(ray: np.ndarray, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """`Air.place` and `Air.span` for rays, shape (row, column, 3)."""
    bearing = np.arctan2(ray[..., 1], ray[..., 0])
    elevation = np.arctan2(ray[..., 2], np.hypot(ray[..., 0], ray[..., 1]))
    low = np.array([bearing.min(), elevation.min()])
    per_rad = np.array([columns, rows]) / np.maximum(np.array([bearing.max(), elevation.max()]) - low, 1e-6)
    place = np.full((rows, columns), -1, np.int64)
    column = np.clip((bearing - low[0]) * per_rad[0], 0, columns - 1).astype(np.int64)
    row = np.clip((elevation - low[1]) * per_rad[1], 0, rows - 1).astype(np.int64)
    place[row.ravel(), column.ravel()] = np.arange(row.size)
    # Gaps take the nearest pixel below, then above, then beside them.
    for axis, flip in ((0, False), (0, True), (1, False), (1, True)):
        turned = np.flip(place, axis) if flip else place
        known = np.where(turned >= 0, np.arange(turned.shape[axis]).reshape((-1, 1) if axis == 0 else (1, -1)), -1)
        last = np.maximum.accumulate(known, axis=axis)
        filled = np.take_along_axis(turned, np.maximum(last, 0), axis=axis)
        turned = np.where(last >= 0, filled, turned)
        place = np.flip(turned, axis) if flip else turned
    return place, np.array([low[0], per_rad[0], low[1], per_rad[1]])


def air_of(config: CameraConfig) -> Air:
    """The tables of a camera."""
    u, v = np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)
    ray = rays_through(config, u, v)
    norm = np.linalg.norm(ray, axis=-1)
    cos, sin = math.cos(math.radians(config.yaw_deg)), math.sin(math.radians(config.yaw_deg))
    to_car = np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])  # rows: forward, right, up of the car
    in_car = ray @ to_car.T
    rise = ray[..., 2] / norm
    place, span = _look_up(ray, config.height, config.width)
    pixel = np.arange(config.width * config.height).reshape(ray.shape[:2])
    elevation, bearing = np.arcsin(np.clip(rise, -1.0, 1.0)), np.arctan2(ray[..., 1], ray[..., 0])
    row = np.clip((-elevation - span[2]) * span[3], 0, config.height - 1).astype(np.int64)
    column = np.clip((bearing - span[0]) * span[1], 0, config.width - 1).astype(np.int64)
    mirror = np.where(rise < 0.0, place[row, column], pixel)
    mirror = np.where(rise.ravel()[mirror.ravel()].reshape(mirror.shape) < 0.0, pixel, mirror)
    down = np.maximum(-rise, 0.0)
    with np.errstate(divide="ignore"):
        depth = np.where(down > 0.0, config.z_m / np.maximum(down, 1e-9), np.inf)
        length = np.where(down > 0.0, depth**2 / (config.z_m * focal_px(config)), np.inf)
    middle = rays_through(config, np.array(0.5 * config.width), np.array(0.5 * config.height))
    across = rays_through(config, np.array(0.5 * config.width + 0.5), np.array(0.5 * config.height)) - middle
    below = rays_through(config, np.array(0.5 * config.width), np.array(0.5 * config.height + 0.5)) - middle
    across, below = across / np.linalg.norm(across), below / np.linalg.norm(below)
    ahead = np.cross(across, below)
    axis = np.stack((across, below, ahead * np.sign(ahead @ middle)))
    f = np.float32
    return Air(
        forward=in_car[..., 0].ravel().astype(f),
        right=in_car[..., 1].ravel().astype(f),
        up=in_car[..., 2].ravel().astype(f),
        norm=norm.ravel().astype(f),
        mirror=mirror.ravel().astype(np.int32),
        fresnel=np.where(rise < 0.0, F0 + (1.0 - F0) * (1.0 - down) ** 5, 0.0).ravel().astype(f),
        detail=np.clip(_DETAIL_M / np.maximum(length, 1e-9), 0.0, 1.0).ravel().astype(f),
        sky_path=(LAYER_M / np.maximum(rise, LAYER_M / 1e5)).ravel().astype(f),
        place=place.astype(np.int32),
        span=span.astype(f),
        eye=np.array((config.x_m, -config.y_m, config.z_m), f),
        axis=(axis @ to_car.T).astype(f),
        decode=srgb_decoded(np.arange(256) / 255.0).astype(f),
        encode=np.rint(255.0 * srgb_encoded(np.arange(ENCODE_STEPS + 1) / ENCODE_STEPS)).astype(np.uint8),
        ground=_classes(),
        back=_returns().astype(f),
        patch=_with_neighbours(patches()),
    )
