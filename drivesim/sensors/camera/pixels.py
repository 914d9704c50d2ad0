"""Writing one pixel of a thing, and asking for the memory of those that come next."""

import numpy as np

from drivesim.kernels.device import device
from drivesim.kernels.target import prefetch_write
from drivesim.sensors.camera.paint import CODE_COUNT, FIRST_GLOWING
from drivesim.sensors.camera.sky import HAZE_STEP_M
from drivesim.sensors.camera.surface import blend, write_rgb

FETCHED_PIXELS_MAX = 16384
"""Of larger pictures only the beginning is asked for: more would push out what is being drawn."""
_LINE = np.int64(64)
"""Pixels that are asked for together: as many as bytes in a cache line."""
_FETCHED_LINES_MAX = np.int64(FETCHED_PIXELS_MAX // 64)
_CODES = np.int64(CODE_COUNT)
_GLOWING = np.uint8(FIRST_GLOWING)
_FULL_LIGHT = np.int64(256)
_INVERSE_HAZE_STEP = np.float32(1.0 / HAZE_STEP_M)
u64 = np.uint64


@device
def haze_at(scene, depth):
    """Share of haze at a depth, 0 to 256."""
    step = min(np.int64(depth * _INVERSE_HAZE_STEP), np.int64(scene.sky.haze_share.shape[0] - 1))
    return scene.sky.haze_share[u64(step)]


@device
def put_pixel(scene, frames, view, pixel, code, row, light, haze_share, semantic, instance):
    """Writes one pixel of a thing in all channels but depth."""
    if frames.has_rgb:
        weight = light if code < _GLOWING else _FULL_LIGHT
        color = scene.color[u64(row * _CODES + np.int64(code))]
        write_rgb(frames.rgb, pixel, blend(color, weight, haze_share, view.haze), u64(8))
    if frames.has_semantic:
        frames.semantic[u64(pixel)] = semantic
    if frames.has_instance:
        frames.instance[u64(pixel)] = instance


@device
def fetch_frames(scene, frames, pixel, line, share, of):
    """Asks for the picture from `pixel` on up to a `share` `of` so many; returns the line of pixels to go on from."""
    lines = min(scene.mount.width * scene.mount.height_px // _LINE, _FETCHED_LINES_MAX)
    while line * of < lines * share:
        at = pixel + line * _LINE
        if frames.has_rgb:
            for k in range(3):
                prefetch_write(frames.rgb, 3 * at + k * _LINE)
        if frames.has_depth:
            for k in range(4):
                prefetch_write(frames.depth, at + k * (_LINE // 4))
        if frames.has_semantic:
            prefetch_write(frames.semantic, at)
        if frames.has_instance:
            for k in range(2):
                prefetch_write(frames.instance, at + k * (_LINE // 2))
        line += 1
    return line
