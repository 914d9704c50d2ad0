"""Weather and light on a finished picture: what it shows is lit anew, lies wet or under snow, and is seen through air.

The picture is drawn as if there were no air and full daylight. Here every pixel becomes linear light in a buffer:
daylight and head lamps on it, water or snow over it, fog before it (Koschmieder: I = J t + L (1 - t), t = exp(-b d)).
Lamps and the sun add theirs, and the buffer becomes codes again. Depth, class and instance are only read.
"""

import numpy as np

from drivesim.kernels.device import device, routine, vectors
from drivesim.kernels.entry import kernel
from drivesim.semantics import Semantic
from drivesim.sensors.camera.air import (
    ENCODE_STEPS,
    LAND,
    PATCH_M,
    PATCH_TEXELS,
    PLANT,
    ROAD,
)
from drivesim.sensors.camera.glare import draw_glare
from drivesim.sensors.camera.lamps import draw_lamps
from drivesim.sensors.camera.mood import CLEAR_EXTINCTION, mood_of
from drivesim.sensors.camera.scene import place_of_view

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
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
DECAY_1, DECAY_2, DECAY_3 = np.float32(-0.99995935), np.float32(0.49958584), np.float32(-0.16496265)
DECAY_4, DECAY_5 = np.float32(0.03831895), np.float32(-0.00510325)
_ENCODE = np.float32(ENCODE_STEPS)
_PER_PATCH = np.float32(1.0 / PATCH_M)
_PATCH_ORIGIN = np.float32(1024.0 * PATCH_TEXELS)
_PATCH_MASK, _PATCH_SHIFT = np.int32(PATCH_TEXELS - 1), np.int32(PATCH_TEXELS.bit_length() - 1)
_BYTE, _TO_EAST, _TO_NORTH, _TO_NORTH_EAST = np.int32(255), np.int32(8), np.int32(16), np.int32(24)
_ROAD, _LAND, _PLANT = np.int32(ROAD), np.int32(LAND), np.int32(PLANT)
_CLASS_SKY = np.uint8(Semantic.SKY)
AHEAD_MIN = np.float32(0.3)
"""Nothing nearer before the lamps is lit [m]."""
_PER_BEAM, _PER_BELOW, _PER_SOFT = _ONE / BEAM_TAN, _ONE / BELOW_TAN, _ONE / CUT_OFF_SOFT
_PER_GLOW_ACROSS, _PER_GLOW_UP = _ONE / GLOW_ACROSS, _ONE / GLOW_UP
f32 = np.float32
i32 = np.int32
u64 = np.uint64


@vectors
def decode_codes(rgb, decode, first, count, buffer):
    """Linear light of a view's codes."""
    for k in range(count):
        buffer[u64(k)] = decode[rgb[u64(first + k)]]


@device
def decayed(x):
    """exp(-x), x of 0 to 8 and of more as of 8: the eighth power of a Chebyshev fit, off by 2e-5 at most."""
    y = min(x * f32(0.125), _ONE)
    z = DECAY_4 + y * DECAY_5
    z = _ONE + y * (DECAY_1 + y * (DECAY_2 + y * (DECAY_3 + y * z)))
    z *= z
    z *= z
    return z * z


@vectors
def clear_air(depth, norm, sky_path, classes, first, count, extinction, clear):
    """Share of light that comes through the air before each pixel: exp(-b d); in the sky through `LAYER_M`."""
    for k in range(count):
        at, place = u64(k), u64(first + k)
        near = depth[place] * norm[at] * (extinction + CLEAR_EXTINCTION)
        clear[at] = decayed(extinction * sky_path[at] if classes[place] == _CLASS_SKY else near)


@vectors
def low_beam(forward, right, up, depth, eye, first, count, lamp_x, head, own):
    """Light of the own low beam on each pixel that faces it."""
    eye_x, eye_y, eye_z = eye[0] - lamp_x, eye[1], eye[2] - HEAD_LAMP_HEIGHT_M
    for k in range(count):
        at = u64(k)
        far = depth[u64(first + k)]
        ahead = max(eye_x + forward[at] * far, AHEAD_MIN)
        aside, above = eye_y + right[at] * far, eye_z + up[at] * far
        inverse = _ONE / ahead
        across, rise = aside * inverse, above * inverse
        below = CUT_OFF + min(max(across * KERB_RISE, _ZERO), KERB_RISE_MAX) - rise
        upper = min(max(_HALF + below * _PER_SOFT, STRAY), _ONE)
        sideways, down = across * _PER_BEAM, max(below, _ZERO) * _PER_BELOW
        spread = (_ONE + sideways * sideways) * (_ONE + down * down)
        distance_2 = max(ahead * ahead + aside * aside, BEAM_NEAR_2)
        own[at] = head * upper / (spread * distance_2) if ahead > AHEAD_MIN else _ZERO


@vectors
def fog_glow(forward, right, up, norm, count, scatter, glow):
    """What fog before each pixel returns of the own head lamps."""
    for k in range(count):
        at = u64(k)
        inverse = _ONE / norm[at]
        across, rise = right[at] * inverse * _PER_GLOW_ACROSS, (up[at] * inverse - CUT_OFF) * _PER_GLOW_UP
        strength = scatter / ((_ONE + across * across) * (_ONE + rise * rise))
        glow[at] = strength if forward[at] > _ZERO else _ZERO


@vectors
def reflect(classes, ground, back, first, count, wetness, own, dim, kinds):
    """Multiplies the lamps' light by what a class returns of it; how much water dims each pixel, and what it is."""
    road, land = _ONE - wetness * WET_ROAD, _ONE - wetness * WET_LAND
    for k in range(count):
        semantic = classes[u64(first + k)]
        kind = ground[semantic]
        own[u64(k)] *= back[semantic]
        kinds[u64(k)] = kind
        dim[u64(k)] = road if kind == _ROAD else land if kind == _LAND else _ONE


@vectors
def place_patches(forward, right, depth, eye, first, count, mood, place, across, up):
    """Where in the pattern of puddles and snow each pixel's point lies: texel, and the way to the next ones."""
    east_0 = (mood.x + eye[0] * mood.cos + eye[1] * mood.sin) * _PER_PATCH + _PATCH_ORIGIN
    north_0 = (mood.y + eye[0] * mood.sin - eye[1] * mood.cos) * _PER_PATCH + _PATCH_ORIGIN
    cos, sin = mood.cos * _PER_PATCH, mood.sin * _PER_PATCH
    for k in range(count):
        at = u64(k)
        ahead, aside = forward[at] * depth[u64(first + k)], right[at] * depth[u64(first + k)]
        east, north = east_0 + ahead * cos + aside * sin, north_0 + ahead * sin - aside * cos
        column, row = i32(east), i32(north)
        across[at], up[at] = east - f32(column), north - f32(row)
        place[at] = i32(i32(i32(row & _PATCH_MASK) << _PATCH_SHIFT) | i32(column & _PATCH_MASK))


@vectors
def read_patches(patch, count, place):
    """Puts the texels where their places were. By itself, since only this cannot be done for several at once."""
    for k in range(count):
        place[u64(k)] = patch[u64(place[u64(k)])]


@vectors
def rank_patches(texels, across, up, count, rank):
    """The pattern at each pixel, 0 to 1."""
    for k in range(count):
        at = u64(k)
        near = texels[at]
        sw, se = f32(i32(near & _BYTE)), f32(i32(i32(near >> _TO_EAST) & _BYTE))
        nw, ne = f32(i32(i32(near >> _TO_NORTH) & _BYTE)), f32(i32(i32(near >> _TO_NORTH_EAST) & _BYTE))
        south, north = sw + (se - sw) * across[at], nw + (ne - nw) * across[at]
        rank[at] = (south + (north - south) * up[at]) * _PER_RANK


@vectors
def cover(kinds, detail, count, on_road, on_land, on_plants, edge, covers):
    """How much of each pixel is covered, where these shares of its kind of ground are, in patches; takes ranks."""
    per_edge = _ONE / edge
    for k in range(count):
        at = u64(k)
        kind, seen = kinds[at], detail[at]
        share = on_road if kind == _ROAD else on_land if kind == _LAND else _ZERO
        # A soft edge takes from both sides alike; of what is too far off to be seen apart one sees the mean.
        sharp = min(max((share * (_ONE + edge) - covers[at]) * per_edge, _ZERO), _ONE)
        covers[at] = on_plants if kind == _PLANT else share + (sharp - share) * seen


@routine
def lay_patches(frames, air, mood, pixel, count, on_road, on_land, on_plants, edge, planes, numbers, covers):
    """`cover` with the pattern."""
    across, up, place, kinds = planes[5], planes[6], numbers[0], numbers[1]
    place_patches(air.forward, air.right, frames.depth, air.eye, pixel, count, mood, place, across, up)
    read_patches(air.patch, count, place)
    rank_patches(place, across, up, count, covers)
    cover(kinds, air.detail, count, on_road, on_land, on_plants, edge, covers)


@vectors
def lay_snow(buffer, count, white):
    """Covers what is under snow."""
    for k in range(count):
        first, share = u64(3 * k), white[u64(k)]
        red, green, blue = buffer[first], buffer[first + u64(1)], buffer[first + u64(2)]
        # A little of the texture below shows, or snow would have no shape.
        shade = f32(0.8) + f32(0.2) * min((red + green + blue) * f32(2.0), _ONE)
        buffer[first] = red + (SNOW_RED * shade - red) * share
        buffer[first + u64(1)] = green + (SNOW_GREEN * shade - green) * share
        buffer[first + u64(2)] = blue + (SNOW_BLUE * shade - blue) * share


@vectors
def shine(classes, first, buffer, count, mood, own, dim, clear, glow):
    """Puts light on every pixel of the ground and of things, and air before it."""
    red, green, blue = mood.ambient
    air_red, air_green, air_blue = mood.air
    for k in range(count):
        at, place = u64(k), u64(3 * k)
        is_sky = classes[u64(first + k)] == _CLASS_SKY
        through, lamp = clear[at] * dim[at], own[at]
        veil, share = glow[at], _ONE - clear[at]
        old_red, old_green, old_blue = buffer[place], buffer[place + u64(1)], buffer[place + u64(2)]
        new_red = old_red * (red + lamp) * through + (air_red + veil) * share
        new_green = old_green * (green + lamp) * through + (air_green + veil) * share
        new_blue = old_blue * (blue + lamp) * through + (air_blue + veil) * share
        buffer[place] = old_red if is_sky else new_red
        buffer[place + u64(1)] = old_green if is_sky else new_green
        buffer[place + u64(2)] = old_blue if is_sky else new_blue


@device
def sky_light(mood, level, luma, light, air_light, structure, clear, veil):
    """A channel of the sky's light."""
    own = (level + (luma - level) * mood.pale) * light
    own += (air_light * structure - own) * mood.cloud
    return own * clear + (air_light + veil) * (_ONE - clear)


@vectors
def light_sky(classes, clear, first, count, mood, glow, buffer):
    """Lights the pixels of the sky, which are still as they were decoded: clouds before it, then air."""
    sky_red, sky_green, sky_blue = mood.sky
    air_red, air_green, air_blue = mood.air
    for k in range(count):
        at, is_sky = u64(3 * k), classes[u64(first + k)] == _CLASS_SKY
        red, green, blue = buffer[at], buffer[at + u64(1)], buffer[at + u64(2)]
        through = clear[u64(k)]
        luma = f32(0.3) * red + f32(0.6) * green + f32(0.1) * blue
        structure, veil = f32(0.75) + f32(0.45) * luma, glow[u64(k)]
        new_red = sky_light(mood, red, luma, sky_red, air_red, structure, through, veil)
        new_green = sky_light(mood, green, luma, sky_green, air_green, structure, through, veil)
        new_blue = sky_light(mood, blue, luma, sky_blue, air_blue, structure, through, veil)
        buffer[at] = new_red if is_sky else red
        buffer[at + u64(1)] = new_green if is_sky else green
        buffer[at + u64(2)] = new_blue if is_sky else blue


@vectors
def mirror(kinds, fresnel, mirrored, count, mood, pools, clear, buffer):
    """Adds what water on the ground mirrors; `pools` says how much of each pixel is a puddle."""
    wet, dry = mood.wetness * ROUGH, _ONE - mood.snow
    for k in range(count):
        at = u64(k)
        kind = kinds[at]
        if kind == _ROAD or kind == _LAND:
            share = wet if kind == _ROAD else wet * _HALF
            share = (share + (_ONE - share) * pools[at]) * fresnel[at] * clear[at] * dry
            own, other = u64(3 * k), u64(3 * np.int64(mirrored[at]))
            red, green, blue = buffer[own], buffer[own + u64(1)], buffer[own + u64(2)]
            buffer[own] = red + (buffer[other] - red) * share
            buffer[own + u64(1)] = green + (buffer[other + u64(1)] - green) * share
            buffer[own + u64(2)] = blue + (buffer[other + u64(2)] - blue) * share


@vectors
def fill(plane, count, value):
    """Sets a plane."""
    for k in range(count):
        plane[u64(k)] = value


@routine
def light_picture(frames, air, mood, buffer, planes, numbers, pixel, count):
    """Fills a view's buffer from its picture.

    `planes` is scratch, float32, shape (7, pixel); `numbers` too, int32, shape (2, pixel).
    """
    clear, own, dim, glow, covers = planes[0], planes[1], planes[2], planes[3], planes[4]
    decode_codes(frames.rgb, air.decode, 3 * pixel, 3 * count, buffer)
    clear_air(frames.depth, air.norm, air.sky_path, frames.semantic, pixel, count, mood.extinction, clear)
    if mood.head > _ZERO:
        low_beam(
            air.forward, air.right, air.up, frames.depth, air.eye, pixel, count, mood.lamp_x, mood.head, own
        )  # fmt: skip
    else:
        fill(own, count, _ZERO)
    if mood.scatter > f32(1e-4):
        fog_glow(air.forward, air.right, air.up, air.norm, count, mood.scatter, glow)
    else:
        fill(glow, count, _ZERO)
    reflect(frames.semantic, air.ground, air.back, pixel, count, mood.wetness, own, dim, numbers[1])
    if mood.snow > _ZERO:
        on_road, on_plants = mood.snow * SNOW_ON_ROAD, mood.snow * SNOW_ON_PLANTS
        lay_patches(frames, air, mood, pixel, count, on_road, mood.snow, on_plants, SNOW_EDGE, planes, numbers, covers)
        lay_snow(buffer, count, covers)
    light_sky(frames.semantic, clear, pixel, count, mood, glow, buffer)
    shine(frames.semantic, pixel, buffer, count, mood, own, dim, clear, glow)
    if mood.wetness > _ZERO or mood.puddles > _ZERO:
        if mood.puddles > _ZERO:
            pools = mood.puddles
            lay_patches(frames, air, mood, pixel, count, pools, pools, _ZERO, POOL_EDGE, planes, numbers, covers)
        else:
            fill(covers, count, _ZERO)
        mirror(numbers[1], air.fresnel, air.mirror, count, mood, covers, clear, buffer)


@vectors
def expose_picture(rgb, encode, buffer, first, count):
    """Writes a view's buffer as codes."""
    for k in range(count):
        step = np.uint32(min(buffer[u64(k)] * _ENCODE + _HALF, _ENCODE))
        rgb[u64(first + k)] = encode[u64(step)]


@kernel
def render_light(views, first, last, scene, frames, air, weather, speed, buffers, planes, numbers):
    """Lights the pictures of `views[first:last]` as the weather of their worlds has it.

    Args:
        views: Numbers of views.
        first: Of the range.
        last: Of the range, plus one.
        scene: `Scene`.
        frames: `Frames`; rgb is written.
        air: `Air`.
        weather: `WeatherState`.
        speed: `ActorState.speed`.
        buffers: Scratch, float32, shape (view, 3 * pixel).
        planes: Scratch, float32, shape (view, 7, pixel).
        numbers: Scratch, int32, shape (view, 2, pixel).
    """
    buffer = buffers[first]
    count = scene.mount.width * scene.mount.height_px
    for at in range(first, last):
        world, own = place_of_view(scene, views[at])
        mood = mood_of(scene, air, weather, world, own)
        pixel = views[at] * count
        light_picture(frames, air, mood, buffer, planes[first], numbers[first], pixel, count)
        draw_lamps(scene, frames, air, mood, weather, speed, buffer, world, own, pixel)
        if mood.dazzle > _ZERO:
            draw_glare(scene, frames, air, mood, buffer, pixel)
        expose_picture(frames.rgb, air.encode, buffer, 3 * pixel, 3 * count)
