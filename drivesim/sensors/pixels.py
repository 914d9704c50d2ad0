"""Writing one pixel of a thing."""

import numpy as np

from drivesim.sensors.device import device
from drivesim.sensors.paint import CODE_COUNT, FIRST_GLOWING
from drivesim.sensors.sky import HAZE_STEP_M
from drivesim.sensors.surface import blend, write_rgb

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
