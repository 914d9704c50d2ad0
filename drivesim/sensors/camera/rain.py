"""Rain and snow close to the lens: streaks and flakes in the air, drops on the glass.

Far drops are extinction (`lighting`); these are the few that one sees singly. All draws are functions of episode,
sensor, driver, tick and index.
"""

import math

import numpy as np

from drivesim.kernels.device import device, vectors
from drivesim.kernels.entry import kernel
from drivesim.rng import Purpose, bits
from drivesim.sensors.camera.air import ENCODE_STEPS
from drivesim.sensors.camera.lamps import box_around
from drivesim.sensors.camera.mood import mood_of
from drivesim.sensors.camera.scene import place_of_view

SHUTTER_S = np.float32(0.012)
"""Time in which a falling drop draws its streak [s]."""
NEAREST_M, FARTHEST_M = np.float32(1.0), np.float32(8.0)
"""Depths between which drops and flakes are drawn one by one [m]."""
STREAKS_PER_ROOT, STREAKS_MAX = np.float32(22.0), np.int64(260)
"""Streaks per square root of mm/h: of the many in sight, those that stand out."""
WIDTH_ALL_SEEN = np.float32(320.0)
"""In narrower pictures fewer stand out [px]."""
FLAKES_PER_ROOT, FLAKES_MAX = np.float32(150.0), np.int64(420)
FLAKE_FALL, FLAKE_MIN_M, FLAKE_SPREAD_M = np.float32(1.2), np.float32(0.003), np.float32(0.008)
"""Speed of falling snow [m/s]; flakes of 3 to 11 mm."""
DROP_MIN_M = np.float32(1e-3)
"""Drops below 1 mm leave no streak [m]."""
DROPS_MIN, DROPS_PER_ROOT, DROPS_MAX = np.float32(4.0), np.float32(5.0), np.int64(64)
"""Drops on the lens, and per square root of mm/h."""
DROP_TICKS = np.int64(14)
"""Ticks that a drop stays on the lens."""
DROP_RADIUS_MIN, DROP_RADIUS_SPREAD = np.float32(0.006), np.float32(0.026)
"""Radius of drops over the picture's width."""
REFRACTION = np.float32(3.4)
"""A drop shows so many times its own size, upside down."""
_PURPOSE = int(Purpose.SENSOR)
_IN_AIR, _ON_LENS = np.uint64(0), np.uint64(1)
_ENCODE = np.float32(ENCODE_STEPS)
_HALF, _ZERO, _ONE = np.float32(0.5), np.float32(0.0), np.float32(1.0)
f32 = np.float32
u64 = np.uint64


@device
def terminal_speed(diameter_m):
    """Speed at which a drop falls [m/s] (Atlas, Srivastava and Sekhon 1973)."""
    return f32(9.65) - f32(10.3) * f32(math.exp(f32(-600.0) * diameter_m))


@device
def diameters_per_m(rain_rate):
    """Decay of the number of drops with their diameter [1/m] (Marshall and Palmer 1948)."""
    return f32(4100.0) * f32(math.pow(rain_rate, f32(-0.21)))


@device
def drawn_diameter(per_m, share):
    """A drop's diameter [m], above `DROP_MIN_M`, from a uniform number."""
    return min(DROP_MIN_M - f32(math.log(_ONE - share)) / per_m, f32(6e-3))


@device
def share_of(drawn, first, count):
    """A number in [0, 1) from `count` bits of a draw."""
    return f32((drawn >> first) & ((u64(1) << count) - u64(1))) / f32(u64(1) << count)


@device
def code_of(air, light):
    """Code of linear light, as a float."""
    return f32(air.encode[u64(np.int64(min(light * _ENCODE + _HALF, _ENCODE)))])


@device
def tint(frames, place, color, share):
    """Blends a pixel with a colour of codes."""
    first = u64(3 * place)
    for channel in range(3):
        own = f32(frames.rgb[first + u64(channel)])
        frames.rgb[first + u64(channel)] = np.uint8(own + (color[channel] - own) * share + _HALF)


@vectors
def stroke(mount, frames, pixel, u0, v0, u1, v1, radius, color, share):
    """A line of a radius [px] from one place to another; thinner than a pixel, it is fainter."""
    du, dv = u1 - u0, v1 - v0
    steps = np.int64(min(max(abs(du), abs(dv)), f32(2.0) * f32(mount.height_px))) + 1
    length = max(abs(du), abs(dv))
    share *= min(f32(3.5) * radius, _ONE) * min(length + f32(2.0) * radius, _ONE)
    around = max(radius - _HALF, _ZERO)
    du, dv = du / f32(steps), dv / f32(steps)
    u0, v0 = u0 + _HALF * du, v0 + _HALF * dv
    for step in range(steps):
        u, v = u0 + f32(step) * du, v0 + f32(step) * dv
        if around <= _ZERO:
            column, row = np.int64(u), np.int64(v)
            if _ZERO <= u and column < mount.width and _ZERO <= v and row < mount.height_px:
                tint(frames, pixel + row * mount.width + column, color, share)
            continue
        first, last, top, bottom = box_around(mount, u, v, around, around)
        for row in range(top, bottom):
            for column in range(first, last):
                tint(frames, pixel + row * mount.width + column, color, share)


@vectors
def streak(mount, axis, u, v, depth, motion, drift):
    """Ends of what a drop draws while the shutter is open: u0, v0, u1, v1 [px].

    Args:
        mount: `Mount`.
        axis: `Air.axis`.
        u: Its place in the middle of that time [px].
        v: The same, downwards.
        depth: Its depth then [m].
        motion: How it moves relative to the camera, in the car's frame (forward, right, up) [m/s].
        drift: Half of the time [s].
    """
    right = axis[0, 0] * motion[0] + axis[0, 1] * motion[1] + axis[0, 2] * motion[2]
    down = axis[1, 0] * motion[0] + axis[1, 1] * motion[1] + axis[1, 2] * motion[2]
    ahead = axis[2, 0] * motion[0] + axis[2, 1] * motion[1] + axis[2, 2] * motion[2]
    x, y = (u - mount.centre_x) / mount.focal * depth, (v - mount.centre_y) / mount.focal * depth
    near, far = max(depth - ahead * drift, f32(0.3)), max(depth + ahead * drift, f32(0.3))
    return (
        mount.centre_x + mount.focal * (x - right * drift) / near,
        mount.centre_y + mount.focal * (y - down * drift) / near,
        mount.centre_x + mount.focal * (x + right * drift) / far,
        mount.centre_y + mount.focal * (y + down * drift) / far,
    )


@vectors
def draw_falling(mount, frames, air, mood, pixel, key, tick, rain_rate, snow_rate, wind, speed):
    """Streaks of rain and flakes of snow."""
    seen = min(f32(math.sqrt(f32(mount.width) / WIDTH_ALL_SEEN)), _ONE)
    streaks = min(np.int64(seen * STREAKS_PER_ROOT * f32(math.sqrt(rain_rate))), STREAKS_MAX)
    flakes = min(np.int64(seen * FLAKES_PER_ROOT * f32(math.sqrt(snow_rate))), FLAKES_MAX)
    per_m = diameters_per_m(max(rain_rate, f32(0.01)))
    for index in range(streaks + flakes):
        is_rain = index < streaks
        drawn = bits(key, _PURPOSE, tick, u64(index))
        u, v = (
            share_of(drawn, u64(0), u64(16)) * f32(mount.width),
            share_of(drawn, u64(16), u64(16)) * f32(mount.height_px),
        )
        depth = NEAREST_M + (FARTHEST_M - NEAREST_M) * share_of(drawn, u64(32), u64(12))
        size, flutter = share_of(drawn, u64(44), u64(12)), share_of(drawn, u64(56), u64(8)) - _HALF
        if is_rain:
            diameter = drawn_diameter(per_m, size)
            fall, share, bright = terminal_speed(diameter), f32(0.7), f32(1.1)
        else:
            diameter, fall = FLAKE_MIN_M + FLAKE_SPREAD_M * size * size, FLAKE_FALL + flutter
            share, bright = f32(0.85), f32(1.25)
        # The wind blows from the west; gusts and eddies differ from drop to drop.
        aside = f32(0.4) * flutter * (wind + f32(0.5))
        motion = (wind * mood.cos - speed, wind * mood.sin + aside, -fall)
        u0, v0, u1, v1 = streak(mount, air.axis, u, v, depth, motion, _HALF * SHUTTER_S)
        near = mood.head * f32(0.002) / (depth * depth)
        color = (
            code_of(air, mood.air[0] * bright + near), code_of(air, mood.air[1] * bright + near),
            code_of(air, mood.air[2] * bright + near),
        )  # fmt: skip
        stroke(mount, frames, pixel, u0, v0, u1, v1, _HALF * mount.focal * diameter / depth, color, share)


@vectors
def draw_drop(mount, frames, copy, pixel, u, v, radius):
    """A drop on the lens: a small upside-down picture of what lies around it."""
    first, last, top, bottom = box_around(mount, u, v, radius, radius)
    for row in range(top, bottom):
        down = (f32(row) + _HALF - v) / radius
        for column in range(first, last):
            across = (f32(column) + _HALF - u) / radius
            r_2 = across * across + down * down
            if r_2 >= _ONE:
                continue
            bend = REFRACTION * radius * (_HALF + _HALF * r_2)
            from_u, from_v = np.int64(u - across * bend), np.int64(v - down * bend)
            from_u = min(max(from_u, np.int64(0)), mount.width - 1)
            from_v = min(max(from_v, np.int64(0)), mount.height_px - 1)
            source = u64(3 * (from_v * mount.width + from_u))
            dim = _ONE - f32(0.3) * r_2 * r_2
            color = (
                f32(copy[source]) * dim, f32(copy[source + u64(1)]) * dim, f32(copy[source + u64(2)]) * dim,
            )  # fmt: skip
            share = min((_ONE - r_2) * f32(3.0), f32(0.92))
            tint(frames, pixel + row * mount.width + column, color, share)


@vectors
def keep(rgb, first, count, copy):
    """Copies a view's picture."""
    for k in range(count):
        copy[u64(k)] = rgb[u64(first + k)]


@vectors
def draw_drops(mount, frames, copy, pixel, key, tick, rain_rate):
    """Drops on the lens; each stays some ticks, and its place follows from the ticks it stays."""
    count = min(np.int64(DROPS_MIN + DROPS_PER_ROOT * f32(math.sqrt(rain_rate))), DROPS_MAX)
    keep(frames.rgb, 3 * pixel, 3 * mount.width * mount.height_px, copy)
    for index in range(count):
        phase = np.int64(bits(key, _PURPOSE, u64(0), u64(index)) & u64(0xFFFF)) % DROP_TICKS
        drawn = bits(key, _PURPOSE, u64(1 + (np.int64(tick) + phase) // DROP_TICKS), u64(index))
        u, v = (
            share_of(drawn, u64(0), u64(16)) * f32(mount.width),
            share_of(drawn, u64(16), u64(16)) * f32(mount.height_px),
        )
        size = share_of(drawn, u64(32), u64(16))
        radius = f32(mount.width) * (DROP_RADIUS_MIN + DROP_RADIUS_SPREAD * size * size)
        draw_drop(mount, frames, copy, pixel, u, v, max(radius, f32(0.9)))


@kernel
def render_rain(views, first, last, scene, frames, air, weather, speed, world_key, stream, copies):
    """Draws falling rain and snow, and drops on the lens, into the pictures of `views[first:last]`.

    Args:
        views: Numbers of views.
        first: Of the range.
        last: Of the range, plus one.
        scene: `Scene`.
        frames: `Frames`; rgb is written.
        air: `Air`.
        weather: `WeatherState`.
        speed: `ActorState.speed`.
        world_key: `WorldRecord.key`.
        stream: The sensor's name as a number.
        copies: Scratch, uint8, shape (view, 3 * pixel).
    """
    count = scene.mount.width * scene.mount.height_px
    for at in range(first, last):
        world, own = place_of_view(scene, views[at])
        mood = mood_of(scene, air, weather, world, own)
        pixel = views[at] * count
        driver = u64(views[at] - world * scene.slot.shape[1])
        key = bits(world_key[world], stream, driver, _IN_AIR)
        lens_key = bits(world_key[world], stream, driver, _ON_LENS)
        tick = u64(scene.tick[world])
        rain_rate, snow_rate = weather.rain_rate[world], weather.snow_rate[world]
        draw_falling(
            scene.mount, frames, air, mood, pixel, key, tick, rain_rate, snow_rate, weather.wind[world],
            speed[world, own],
        )  # fmt: skip
        if rain_rate > _ZERO:
            draw_drops(scene.mount, frames, copies[first], pixel, lens_key, tick, rain_rate)
