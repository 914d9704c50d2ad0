"""How a hit on a part becomes a colour: texture lookup, light on faces and plants."""

import math
from typing import NamedTuple

import numpy as np

from drivesim.kernels.device import device
from drivesim.sensors.camera.atlas import ATLAS_LEVELS, HEIGHT_SHIFT, WIDTH_SHIFT

AMBIENT = np.float32(0.52)
"""Light on a face that the sun does not reach, over that of white in the sun."""
DIRECT = np.float32(0.62)
"""What the sun adds to a face square to it (Lambert's cosine law)."""
ROUND_AMBIENT = np.float32(0.46)
"""The same for billboards, whose light wraps around like that of a ball: half of the sun at the terminator."""
ROUND_DIRECT = np.float32(0.54)
SHADOW_SHADE = np.int64(132)
"""Light of ground in a road user's shadow, of 256."""
DIFFUSE_AMBIENT, DIFFUSE_DIRECT = np.float32(0.62), np.float32(0.3)
"""The first two where no sun shines: the sky is brightest overhead."""
DIFFUSE_ROUND_AMBIENT, DIFFUSE_ROUND_DIRECT = np.float32(0.72), np.float32(0.0)
CONTACT_SHADE = np.int64(160)
"""Light of ground below a road user where no sun shines, of 256."""
DIFFUSE_FROM = np.float32(0.85)
"""Cloudiness from which on no shadow is cast."""
SUNSET = np.float32(0.0)
"""Sine of the sun's height at which it is down."""
TONES = 4
"""Palettes of the ground, from the baked shadows of scenery as they are to hardly any."""
_NO_TONE = np.int64(0)
_LAST_TONE = np.int64(TONES - 1)
MIP_RATIO = math.sqrt(2.0)
"""A level is used up to this many of its texels per pixel."""
_INVERSE_MIP_RATIO = np.float32(1.0 / MIP_RATIO)
_EXPONENT_BIAS = np.int64(127)
_WIDTH, _HEIGHT, _BYTE = np.int64(WIDTH_SHIFT), np.int64(HEIGHT_SHIFT), np.int64(255)
_FIRST = np.int64((1 << WIDTH_SHIFT) - 1)
_LAST_LEVEL = np.int64(ATLAS_LEVELS - 1)
_FULL = np.float32(256.0)
_HALF = np.float32(0.5)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
f32 = np.float32
u64 = np.uint64


class Light(NamedTuple):
    """Light in one world, as shares of that on white in the sun."""

    ambient: np.float32
    direct: np.float32
    round_ambient: np.float32
    round_direct: np.float32
    shadow: np.int64
    """Light of ground in a road user's shadow, of 256."""
    tone: np.int64
    """Palette of the ground."""


@device
def is_diffuse(sun_up, cloudiness):
    """The sun is down or behind clouds: light comes from everywhere, most from above."""
    return cloudiness >= DIFFUSE_FROM or sun_up <= SUNSET


@device
def light_of(sun_up, cloudiness, sun_is_where_it_was):
    """`Light` under a sun at a sine of elevation, behind clouds.

    Args:
        sun_up: Sine of the sun's height.
        cloudiness: Share of the sky, 0 to 1.
        sun_is_where_it_was: Cosine between the sun and that whose shadows are in the ground picture.
    """
    if is_diffuse(sun_up, cloudiness):
        return Light(
            DIFFUSE_AMBIENT, DIFFUSE_DIRECT, DIFFUSE_ROUND_AMBIENT, DIFFUSE_ROUND_DIRECT, CONTACT_SHADE, _LAST_TONE
        )
    if cloudiness <= _ZERO and sun_is_where_it_was >= f32(0.999):
        return Light(AMBIENT, DIRECT, ROUND_AMBIENT, ROUND_DIRECT, SHADOW_SHADE, _NO_TONE)
    share = min(cloudiness / DIFFUSE_FROM, _ONE)
    stray = max(share, min((_ONE - sun_is_where_it_was) * f32(8.0), _ONE))
    return Light(
        AMBIENT + (DIFFUSE_AMBIENT + DIFFUSE_DIRECT - AMBIENT) * share,
        DIRECT * (_ONE - share),
        ROUND_AMBIENT + (DIFFUSE_ROUND_AMBIENT - ROUND_AMBIENT) * share,
        ROUND_DIRECT * (_ONE - share),
        SHADOW_SHADE + np.int64(f32(256.0 - 132.0) * f32(0.7) * share),
        np.int64(stray * f32(TONES - 1) + _HALF),
    )


@device
def mip_level(texels_per_pixel):
    """Level of a texture whose finest level has this many texels per pixel."""
    # The exponent of a float32 is the whole part of its binary logarithm.
    exponent = np.int64(f32(texels_per_pixel * _INVERSE_MIP_RATIO).view(np.int32) >> 23) - _EXPONENT_BIAS
    return min(max(exponent + np.int64(1), np.int64(0)), _LAST_LEVEL)


@device
def face_light(light, cos_sun):
    """Light on a flat face, 0 to 256, from the cosine between its normal and the sun."""
    return np.int64(_FULL * min(light.ambient + light.direct * max(cos_sun, _ZERO), _ONE) + _HALF)


@device
def round_light(light, cos_sun):
    """Light on a round thing, 0 to 256."""
    return np.int64(_FULL * (light.round_ambient + light.round_direct * (_HALF + _HALF * cos_sun)) + _HALF)


@device
def texels_per_metre(atlas, face, repeats_per_metre):
    """Columns of a texture's finest level per metre."""
    columns = np.int64(1) << (atlas.level[u64(face), 0] >> _WIDTH & _BYTE)
    return repeats_per_metre * f32(columns)


@device
def texel_on(place, log2_count):
    """Texel of a place in repeats (at least 0) on an axis of 2^log2_count texels."""
    count = np.int64(1) << log2_count
    return np.int64(place * f32(count)) & (count - np.int64(1))


@device
def code_at(atlas, level, across, up):
    """Paint code of a texture's level; `across` and `up` count repeats from the left and from the bottom."""
    width, height = level >> _WIDTH & _BYTE, level >> _HEIGHT
    return atlas.texel[u64((level & _FIRST) + (texel_on(up, height) << width) + texel_on(across, width))]
