"""Weather and light on a finished picture: what it shows is lit anew, lies wet or under snow, and is seen through air.

The picture is drawn as if there were no air and full daylight. Here every pixel becomes linear light in a buffer:
daylight and head lamps on it, water or snow over it, fog before it (Koschmieder: I = J t + L (1 - t), t = exp(-b d)).
Lamps and the sun add theirs, and the buffer becomes codes again. Depth, class and instance are only read.
"""

import math

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import kernel
from drivesim.sensors.camera.air import (
    DECAY_MAX,
    DECAY_STEPS,
    ENCODE_STEPS,
    LAND,
    PATCH_M,
    PATCH_TEXELS,
    PLANT,
    ROAD,
    SKY,
)
from drivesim.sensors.camera.lamps import draw_lamps
from drivesim.sensors.camera.glare import draw_glare
from drivesim.sensors.camera.mood import CLEAR_EXTINCTION, mood_of
from drivesim.sensors.camera.scene import place_of_view

HEAD_LAMP_HEIGHT_M = np.float32(0.65)
"""Of the own head lamps above the road."""
BEAM_TAN = np.float32(0.36)
"""Tangent of the bearing at which a low beam has half its strength across: 20 degrees."""
CUT_OFF = np.float32(-0.01)
"""Tangent of the low beam's upper edge, 0.57 degrees down (UN R48)."""
KERB_RISE = np.float32(0.268)
"""The edge rises to the right by 15 degrees, to light the kerb (UN R112)."""
KERB_RISE_MAX = np.float32(0.05)
CUT_OFF_SOFT = np.float32(0.008)
BELOW_TAN = np.float32(0.1)
"""Below the edge the beam loses half its strength at this tangent."""
STRAY = np.float32(0.02)
"""What a low beam leaves above its edge."""
GROUND_RETURN = np.float32(0.5)
"""The road at a grazing angle over an upright face: less than that, and more than Lambert's law has it."""
BEAM_NEAR_2 = np.float32(9.0)
"""Square of the distance within which the lamps are no longer points [m^2]."""
WET_ROAD, WET_LAND = np.float32(0.45), np.float32(0.25)
"""What water takes of the light that ground returns."""
ROUGH = np.float32(0.42)
"""What a wet road mirrors over a puddle."""
SNOW_ALBEDO = (np.float32(0.78), np.float32(0.81), np.float32(0.86))
SNOW_ON_ROAD = np.float32(0.7)
"""Cover of the road over that of the land: cars clear it."""
SNOW_ON_PLANTS = np.float32(0.55)
_EDGE = np.float32(8.0)
"""Inverse width of the edge of a patch, in shares of the ground."""
_DECAY = np.float32(DECAY_STEPS / DECAY_MAX)
_DECAY_LAST = np.float32(DECAY_STEPS)
_ENCODE = np.float32(ENCODE_STEPS)
_PER_PATCH = np.float32(1.0 / PATCH_M)
_PATCH_ORIGIN = np.float32(1024.0 * PATCH_TEXELS)
_PATCH_MASK, _PATCH_SHIFT = np.int64(PATCH_TEXELS - 1), np.int64(PATCH_TEXELS.bit_length() - 1)
_ROAD, _LAND, _SKY, _PLANT = np.uint8(ROAD), np.uint8(LAND), np.uint8(SKY), np.uint8(PLANT)
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
f32 = np.float32
u64 = np.uint64


@device
def decayed(air, x):
    """exp(-x) for x of at least 0."""
    return air.decay[u64(np.int64(min(x * _DECAY + _HALF, _DECAY_LAST)))]


@device
def beam(mood, x, y, z):
    """Light of the own low beam at a point of the car's frame (forward, right, up) [m], and its strength that way."""
    ahead = x - mood.lamp_x
    if ahead < f32(0.3):
        return _ZERO, _ZERO
    inverse = _ONE / ahead
    across, rise = y * inverse, (z - HEAD_LAMP_HEIGHT_M) * inverse
    edge = CUT_OFF + min(max(across, _ZERO) * KERB_RISE, KERB_RISE_MAX)
    below = edge - rise
    upper = min(max(_HALF + below / CUT_OFF_SOFT, STRAY), _ONE)
    sideways, down = across / BEAM_TAN, max(below, _ZERO) / BELOW_TAN
    sideways, down = sideways * sideways, down * down
    strength = upper / ((_ONE + sideways * sideways) * (_ONE + down))
    distance_2 = ahead * ahead + y * y
    return mood.head * strength / max(distance_2, BEAM_NEAR_2), strength


@device
def patch_at(air, mood, x, y):
    """Pattern of puddles and snow, 0 to 1, at a point of the car's frame [m]."""
    east = mood.x + x * mood.cos + y * mood.sin
    north = mood.y + x * mood.sin - y * mood.cos
    column = np.int64(east * _PER_PATCH + _PATCH_ORIGIN) & _PATCH_MASK
    row = np.int64(north * _PER_PATCH + _PATCH_ORIGIN) & _PATCH_MASK
    return air.patch[u64((row << _PATCH_SHIFT) + column)]


@device
def covered(patch, share, detail):
    """How much of a point is covered where a share of the ground is; from afar the mean is seen."""
    if share <= _ZERO:
        return _ZERO
    sharp = min(max((share * (_ONE + _ONE / _EDGE) - patch) * _EDGE, _ZERO), _ONE)
    return share + (sharp - share) * detail


@device
def light_sky(air, mood, buffer, at, red, green, blue):
    """A pixel of the sky: clouds before it, then air."""
    clear = decayed(air, mood.extinction * air.sky_path[at])
    structure = f32(0.75) + f32(0.45) * (f32(0.3) * red + f32(0.6) * green + f32(0.1) * blue)
    first = u64(3) * at
    for channel in range(3):
        level = red if channel == 0 else green if channel == 1 else blue
        own = level * mood.ambient[channel]
        own += (mood.air[channel] * structure - own) * mood.cloud
        buffer[first + u64(channel)] = own * clear + mood.air[channel] * (_ONE - clear)


@device
def light_pixel(air, mood, buffer, at, kind, depth, red, green, blue):
    """A pixel of the ground or of a thing."""
    x, y, z = air.forward[at] * depth, air.right[at] * depth, air.up[at] * depth
    x, y, z = x + air.eye[0], y + air.eye[1], z + air.eye[2]
    clear = decayed(air, (mood.extinction + CLEAR_EXTINCTION) * depth * air.norm[at])
    own, strength = _ZERO, _ZERO
    if mood.head > _ZERO:
        own, strength = beam(mood, x, y, z)
    white = _ZERO
    if kind == _ROAD or kind == _LAND:
        own *= GROUND_RETURN
        dim = _ONE - mood.wetness * (WET_ROAD if kind == _ROAD else WET_LAND)
        red, green, blue = red * dim, green * dim, blue * dim
        if mood.snow > _ZERO:
            share = mood.snow * SNOW_ON_ROAD if kind == _ROAD else mood.snow
            white = covered(patch_at(air, mood, x, y), share, air.detail[at])
    elif kind == _PLANT:
        white = mood.snow * SNOW_ON_PLANTS
    shade = f32(0.8) + f32(0.2) * min((red + green + blue) * f32(2.0), _ONE)
    veil = mood.scatter * strength
    first = u64(3) * at
    for channel in range(3):
        level = red if channel == 0 else green if channel == 1 else blue
        level += (SNOW_ALBEDO[channel] * shade - level) * white
        lit = level * (mood.ambient[channel] + own)
        buffer[first + u64(channel)] = lit * clear + (mood.air[channel] + veil) * (_ONE - clear)


@device
def mirror_pixel(air, mood, buffer, at, kind, depth):
    """Adds what water on the ground mirrors."""
    wet = mood.wetness * (ROUGH if kind == _ROAD else ROUGH * _HALF)
    if mood.puddles > _ZERO:
        x, y = air.forward[at] * depth + air.eye[0], air.right[at] * depth + air.eye[1]
        pool = covered(patch_at(air, mood, x, y), mood.puddles, air.detail[at])
        wet += (_ONE - wet) * pool
    share = wet * air.fresnel[at] * (_ONE - mood.snow)
    share *= decayed(air, (mood.extinction + CLEAR_EXTINCTION) * depth * air.norm[at])
    other = u64(3) * u64(air.mirror[at])
    first = u64(3) * at
    for channel in range(3):
        own = buffer[first + u64(channel)]
        buffer[first + u64(channel)] = own + (buffer[other + u64(channel)] - own) * share


@routine
def light_picture(frames, air, mood, buffer, pixel, count):
    """Fills a view's buffer from its picture."""
    for k in range(count):
        at, place = u64(k), u64(pixel + k)
        first = u64(3) * place
        red, green = air.decode[frames.rgb[first]], air.decode[frames.rgb[first + u64(1)]]
        blue = air.decode[frames.rgb[first + u64(2)]]
        kind = air.ground[frames.semantic[place]]
        if kind == _SKY:
            light_sky(air, mood, buffer, at, red, green, blue)
        else:
            light_pixel(air, mood, buffer, at, kind, frames.depth[place], red, green, blue)
    if mood.wetness > _ZERO or mood.puddles > _ZERO:
        for k in range(count):
            at, place = u64(k), u64(pixel + k)
            kind = air.ground[frames.semantic[place]]
            if kind == _ROAD or kind == _LAND:
                mirror_pixel(air, mood, buffer, at, kind, frames.depth[place])


@routine
def expose_picture(frames, air, buffer, pixel, count):
    """Writes a view's buffer as codes."""
    for k in range(3 * count):
        step = np.int64(min(buffer[u64(k)] * _ENCODE + _HALF, _ENCODE))
        frames.rgb[u64(3 * pixel + k)] = air.encode[u64(step)]


@kernel
def render_light(views, first, last, scene, frames, air, weather, speed, buffers):
    """Lights the pictures of `views[first:last]` as the weather of their worlds has it."""
    buffer = buffers[first]
    count = scene.mount.width * scene.mount.height_px
    for at in range(first, last):
        world, own = place_of_view(scene, views[at])
        mood = mood_of(scene, air, weather, world, own)
        pixel = views[at] * count
        light_picture(frames, air, mood, buffer, pixel, count)
        draw_lamps(scene, frames, air, mood, weather, speed, buffer, world, own, pixel)
        if mood.dazzle > _ZERO:
            draw_glare(scene, frames, air, mood, buffer, pixel)
        expose_picture(frames, air, buffer, pixel, count)
