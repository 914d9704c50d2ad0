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
    held,
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
BEAM_NEAR_2 = np.float32(9.0)
"""Square of the distance within which the lamps are no longer points [m^2]."""
WET_ROAD, WET_LAND = np.float32(0.45), np.float32(0.25)
"""What water takes of the light that ground returns."""
ROUGH = np.float32(0.42)
"""What a wet road mirrors over a puddle."""
SNOW_RED, SNOW_GREEN, SNOW_BLUE = np.float32(0.78), np.float32(0.81), np.float32(0.86)
SNOW_ON_ROAD = np.float32(0.7)
"""Cover of the road over that of the land: cars clear it."""
SNOW_ON_PLANTS = np.float32(0.55)
POOL_EDGE, SNOW_EDGE = np.float32(0.1), np.float32(0.6)
"""Width of the edge of puddles and of snow, in shares of the ground."""
GLOW_ACROSS, GLOW_UP = np.float32(0.5), np.float32(0.16)
"""Sines at which the glow of the head lamps in fog has half its strength."""
_PER_RANK = np.float32(1.0 / 256.0)
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
    """Light of the own low beam at a point of the car's frame (forward, right, up) [m]."""
    ahead = x - mood.lamp_x
    if ahead < f32(0.3):
        return _ZERO
    inverse = _ONE / ahead
    across, rise = y * inverse, (z - HEAD_LAMP_HEIGHT_M) * inverse
    edge = CUT_OFF + min(max(across, _ZERO) * KERB_RISE, KERB_RISE_MAX)
    below = edge - rise
    upper = min(max(_HALF + below / CUT_OFF_SOFT, STRAY), _ONE)
    sideways, down = across / BEAM_TAN, max(below, _ZERO) / BELOW_TAN
    sideways, down = sideways * sideways, down * down
    strength = upper / ((_ONE + sideways * sideways) * (_ONE + down))
    distance_2 = ahead * ahead + y * y
    return mood.head * strength / max(distance_2, BEAM_NEAR_2)


@device
def fog_glow(air, mood, at):
    """What fog returns of the own head lamps along a pixel's ray."""
    if mood.scatter < f32(1e-4) or air.forward[at] <= _ZERO:
        return _ZERO
    inverse = _ONE / air.norm[at]
    across, rise = air.right[at] * inverse / GLOW_ACROSS, (air.up[at] * inverse - CUT_OFF) / GLOW_UP
    return mood.scatter / ((_ONE + across * across) * (_ONE + rise * rise))


@device
def patch_at(air, mood, x, y):
    """Pattern of puddles and snow, 0 to 1, at a point of the car's frame [m]."""
    east = mood.x + x * mood.cos + y * mood.sin
    north = mood.y + x * mood.sin - y * mood.cos
    east, north = east * _PER_PATCH + _PATCH_ORIGIN, north * _PER_PATCH + _PATCH_ORIGIN
    column, row = np.int64(east), np.int64(north)
    right, up = east - f32(column), north - f32(row)
    low, high = (row & _PATCH_MASK) << _PATCH_SHIFT, (row + 1 & _PATCH_MASK) << _PATCH_SHIFT
    first, last = column & _PATCH_MASK, column + 1 & _PATCH_MASK
    below = f32(air.patch[u64(low + first)]) * (_ONE - right) + f32(air.patch[u64(low + last)]) * right
    above = f32(air.patch[u64(high + first)]) * (_ONE - right) + f32(air.patch[u64(high + last)]) * right
    return (below + (above - below) * up) * _PER_RANK


@device
def covered(patch, share, edge, detail):
    """How much of a point is covered where a share of the ground is; from afar the mean is seen."""
    if share <= _ZERO:
        return _ZERO
    # A soft edge takes from both sides alike.
    sharp = min(max((share * (_ONE + edge) - patch) / edge, _ZERO), _ONE)
    return share + (sharp - share) * detail


@device
def sky_light(mood, level, luma, light, air_light, structure, clear, veil):
    """A channel of the sky's light."""
    own = (level + (luma - level) * mood.pale) * light
    own += (air_light * structure - own) * mood.cloud
    return own * clear + (air_light + veil) * (_ONE - clear)


@device
def seen_light(level, snow, white, light, air_light, clear):
    """A channel of what is seen: snow over it, light on it, air before it."""
    return (level + (snow - level) * white) * light * clear + air_light * (_ONE - clear)


@device
def mixed_in(buffer, place, other, share):
    """Moves a channel of the buffer towards another."""
    own = buffer[place]
    buffer[place] = own + (buffer[other] - own) * share


@device
def light_sky(air, mood, buffer, at, red, green, blue):
    """A pixel of the sky: clouds before it, then air."""
    clear = decayed(air, mood.extinction * air.sky_path[at])
    luma = f32(0.3) * red + f32(0.6) * green + f32(0.1) * blue
    structure = f32(0.75) + f32(0.45) * luma
    veil = fog_glow(air, mood, at)
    first = u64(3) * at
    buffer[first] = sky_light(mood, red, luma, mood.sky[0], mood.air[0], structure, clear, veil)
    buffer[first + u64(1)] = sky_light(mood, green, luma, mood.sky[1], mood.air[1], structure, clear, veil)
    buffer[first + u64(2)] = sky_light(mood, blue, luma, mood.sky[2], mood.air[2], structure, clear, veil)


@device
def light_pixel(air, mood, buffer, at, kind, back, depth, red, green, blue):
    """A pixel of the ground or of a thing."""
    x, y, z = air.forward[at] * depth, air.right[at] * depth, air.up[at] * depth
    x, y, z = x + air.eye[0], y + air.eye[1], z + air.eye[2]
    clear = decayed(air, (mood.extinction + CLEAR_EXTINCTION) * depth * air.norm[at])
    own = _ZERO
    if mood.head > _ZERO:
        own = beam(mood, x, y, z) * back
    white = _ZERO
    if kind == _ROAD or kind == _LAND:
        dim = _ONE - mood.wetness * (WET_ROAD if kind == _ROAD else WET_LAND)
        red, green, blue = red * dim, green * dim, blue * dim
        if mood.snow > _ZERO:
            share = mood.snow * SNOW_ON_ROAD if kind == _ROAD else mood.snow
            white = covered(patch_at(air, mood, x, y), share, SNOW_EDGE, air.detail[at])
    elif kind == _PLANT:
        white = mood.snow * SNOW_ON_PLANTS
    shade = f32(0.8) + f32(0.2) * min((red + green + blue) * f32(2.0), _ONE)
    veil = fog_glow(air, mood, at)
    first = u64(3) * at
    buffer[first] = seen_light(red, SNOW_RED * shade, white, mood.ambient[0] + own, mood.air[0] + veil, clear)
    place = first + u64(1)
    buffer[place] = seen_light(green, SNOW_GREEN * shade, white, mood.ambient[1] + own, mood.air[1] + veil, clear)
    place = first + u64(2)
    buffer[place] = seen_light(blue, SNOW_BLUE * shade, white, mood.ambient[2] + own, mood.air[2] + veil, clear)


@device
def mirror_pixel(air, mood, buffer, at, kind, depth):
    """Adds what water on the ground mirrors."""
    wet = mood.wetness * (ROUGH if kind == _ROAD else ROUGH * _HALF)
    if mood.puddles > _ZERO:
        x, y = air.forward[at] * depth + air.eye[0], air.right[at] * depth + air.eye[1]
        pool = covered(patch_at(air, mood, x, y), mood.puddles, POOL_EDGE, air.detail[at])
        wet += (_ONE - wet) * pool
    share = wet * air.fresnel[at] * (_ONE - mood.snow)
    share *= decayed(air, (mood.extinction + CLEAR_EXTINCTION) * depth * air.norm[at])
    other = u64(3) * u64(air.mirror[at])
    first = u64(3) * at
    mixed_in(buffer, first, other, share)
    mixed_in(buffer, first + u64(1), other + u64(1), share)
    mixed_in(buffer, first + u64(2), other + u64(2), share)


@routine
def light_picture(frames, air, mood, buffer, pixel, count):
    """Fills a view's buffer from its picture."""
    air = held(air)
    rgb, depths, classes = frames.rgb, frames.depth, frames.semantic
    for k in range(count):
        at, place = u64(k), u64(pixel + k)
        first = u64(3) * place
        red, green, blue = air.decode[rgb[first]], air.decode[rgb[first + u64(1)]], air.decode[rgb[first + u64(2)]]
        semantic = classes[place]
        kind = air.ground[semantic]
        if kind == _SKY:
            light_sky(air, mood, buffer, at, red, green, blue)
        else:
            light_pixel(air, mood, buffer, at, kind, air.back[semantic], depths[place], red, green, blue)
    if mood.wetness > _ZERO or mood.puddles > _ZERO:
        for k in range(count):
            at, place = u64(k), u64(pixel + k)
            kind = air.ground[classes[place]]
            if kind == _ROAD or kind == _LAND:
                mirror_pixel(air, mood, buffer, at, kind, depths[place])


@routine
def expose_picture(frames, air, buffer, pixel, count):
    """Writes a view's buffer as codes."""
    rgb, encode = frames.rgb, air.encode
    for k in range(3 * count):
        step = np.int64(min(buffer[u64(k)] * _ENCODE + _HALF, _ENCODE))
        rgb[u64(3 * pixel + k)] = encode[u64(step)]


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
