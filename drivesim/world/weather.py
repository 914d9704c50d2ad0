"""What weather is: from the terms that people choose it by to light, visibility, grip, and how drivers allow for it.

Sight. Extinction beta and visibility V belong together by V = 3 / beta (contrast 0.05; Koschmieder 1924):

    fog   beta = 3 / 35 m (density / 100)^2          dust  beta = 3 / 100 m (dust / 100)^2
    rain  beta = 0.312 R^0.67 per km                 R in mm/h; Weber, as in Halder et al., ICCV 2019
    snow  beta = 4 S per km                          S in mm/h of water: heavy snow, above 2.5, is below 300 m

Light. Illuminance by the sun's altitude: Janiczek, DeYoung, US Naval Observatory Circular 171 (1987). Clouds over the
share N of the sky leave 1 - 0.75 N^3.4 of it (Kasten, Czeplak, Solar Energy 24 (1980) 177). Never less than
`DAYLIGHT_MIN`, which stands for lamps and the glow of the sky.

Grip. Friction by water film and speed is the table of new tyres in Bosch's Automotive Handbook, over that of the dry
road. The film is the larger of 0.1 sqrt(R) mm and 0.2 mm times the road's wetness; snow lies on it with a friction of
`SNOW_FRICTION`.

Drivers want the share 1 - `PACE_LOSS` (1 - grip) of their speed (Highway Capacity Manual, 6th edition: 0.92 of the free
flow in heavy rain, 0.83 in heavy snow). They want none at which they could not stop within V, after `SIGHT_REACTION_S`
and with `SIGHT_BRAKING` (AASHTO's for stopping sight) or `GRIP_SHARE` of what the road gives: 51 km/h at 50 m, where
German law sets 50. Headways grow by the share of grip that is lost, to twice at most (UK Highway Code, rule 227), and
with fog.
"""

import math

import numpy as np
from numba import njit

from drivesim.config.weather import OWN_SUN, WeatherConfig
from drivesim.kernels.entry import entry
from drivesim.state.weather import OWN_AZIMUTH, WeatherValue
from drivesim.world.grip import DRY_FRICTION, FILM_SPEEDS, GRAVITY, film_grip, grip_at

VISIBILITY = 3.0
"""Visibility times extinction."""
FOG_VISIBILITY, DUST_VISIBILITY = 35.0, 100.0
"""Visibility in fog and dust of 100 % [m]."""
RAIN_LEVELS = (0.0, 2.5, 7.5, 20.0, 50.0, 100.0)
"""Rain at precipitations of 0, 20, .. 100 % [mm/h]."""
SNOW_RATE_MAX = 5.0
"""[mm/h of water]"""
WIND_MAX = 20.0
"""[m/s]"""
DAYLIGHT_MIN = 1e-3
NOON_ALTITUDE = 45.0
"""Altitude of the sun at daylight 1 [deg]."""
FULLY_WET_DEPOSITS = 0.5
"""With puddles in this share of the low places no part of the road is dry."""

WET_FILM = 0.2
"""Film of a wet road [mm]."""
SNOW_FRICTION = 0.3
"""Between packed and fresh snow."""

LIGHTS_DAYLIGHT, LIGHTS_VISIBILITY, LIGHTS_RAIN, LIGHTS_SNOW = 0.05, 1000.0, 2.5, 0.5
"""Lights are on below these, or in more rain or snow [1, m, mm/h, mm/h]."""
PACE_LOSS = 0.25
SIGHT_REACTION_S, SIGHT_BRAKING, GRIP_SHARE = 1.5, 3.4, 0.7
"""[s, m/s^2, 1]"""
SIGHT_SPEED_MAX = 80.0
"""The highest speed thought of [m/s]."""
BRAKING_SPEED = 30.0
"""Drivers count on the grip at this speed [m/s]."""
FOG_HEADWAY, FOG_HEADWAY_VISIBILITY = 0.3, 100.0
"""Headways grow by this share at this visibility [m] or less."""

_CLOUDINESS, _RAIN, _SNOW, _FOG = (
    int(WeatherValue.CLOUDINESS), int(WeatherValue.RAIN_RATE), int(WeatherValue.SNOW_RATE),
    int(WeatherValue.FOG_EXTINCTION),
)  # fmt: skip
_PUDDLES, _WETNESS, _COVER, _WIND = (
    int(WeatherValue.PUDDLES), int(WeatherValue.WETNESS), int(WeatherValue.SNOW_COVER), int(WeatherValue.WIND)
)  # fmt: skip
_AZIMUTH, _ALTITUDE = int(WeatherValue.SUN_AZIMUTH), int(WeatherValue.SUN_ALTITUDE)
_HALVINGS = 24


def weather_values(weather: WeatherConfig) -> np.ndarray:
    """A weather in physical units, float32, shape (`WeatherValue`,)."""
    rain = weather.rain_rate_mm_h
    if rain is None:
        rain = float(np.interp(weather.precipitation, np.linspace(0.0, 100.0, len(RAIN_LEVELS)), RAIN_LEVELS))
    fog, dust = weather.fog_density / 100.0, weather.dust_storm / 100.0
    extinction = VISIBILITY * (fog * fog / FOG_VISIBILITY + dust * dust / DUST_VISIBILITY)
    if weather.visibility_m is not None:
        extinction = VISIBILITY / weather.visibility_m
    azimuth = OWN_AZIMUTH
    if weather.sun_azimuth_angle != OWN_SUN:
        azimuth = math.radians(90.0 - weather.sun_azimuth_angle)
    values = np.zeros(len(WeatherValue), np.float32)
    values[WeatherValue.CLOUDINESS] = weather.cloudiness / 100.0
    values[WeatherValue.RAIN_RATE] = rain
    values[WeatherValue.SNOW_RATE] = SNOW_RATE_MAX * weather.snowfall / 100.0
    values[WeatherValue.FOG_EXTINCTION] = extinction
    values[WeatherValue.PUDDLES] = weather.precipitation_deposits / 100.0
    values[WeatherValue.WETNESS] = weather.wetness / 100.0
    values[WeatherValue.SNOW_COVER] = weather.snow_cover / 100.0
    values[WeatherValue.WIND] = WIND_MAX * weather.wind_intensity / 100.0
    values[WeatherValue.SUN_AZIMUTH] = azimuth
    values[WeatherValue.SUN_ALTITUDE] = math.radians(weather.sun_altitude_angle)
    return values


@njit
def illuminance(altitude):
    """Light of sun and clear sky on level ground by the sun's altitude [deg], in lux."""
    if altitude < -18.0:
        return 6e-4
    x = altitude / 90.0
    if altitude >= 20.0:
        power = 3.74 + x * (3.97 + x * (-4.07 + x * 1.47))
    elif altitude >= 5.0:
        power = 3.05 + x * (13.28 + x * (-45.98 + x * 64.33))
    elif altitude >= -0.8:
        power = 2.88 + x * (22.26 + x * (-207.64 + x * 1034.30))
    elif altitude >= -5.0:
        power = 2.88 + x * (21.81 + x * (-258.11 + x * -858.36))
    elif altitude >= -12.0:
        power = 2.70 + x * (12.17 + x * (-431.69 + x * -1899.83))
    else:
        power = 13.84 + x * (262.72 + x * (1447.42 + x * 2797.93))
    return 10.0**power


@njit
def sight_speed(visibility, grip, film):
    """Highest speed from which a driver can stop within the visibility [m/s].

    Args:
        visibility: V [m].
        grip: Friction of the road over that of the dry road at 50 km/h.
        film: Water on it [mm].
    """
    low, high = 0.0, SIGHT_SPEED_MAX
    for _ in range(_HALVINGS):
        speed = 0.5 * (low + high)
        braking = min(SIGHT_BRAKING, GRIP_SHARE * DRY_FRICTION * GRAVITY * grip_at(grip, film, speed))
        if SIGHT_REACTION_S * speed + speed * speed / (2.0 * braking) <= visibility:
            low = speed
        else:
            high = speed
    return low


@njit
def _blend(weather, world, column, share):
    """A value of a weather that is this share of its change on."""
    before, after = np.float64(weather.before[world, column]), np.float64(weather.after[world, column])
    return before + share * (after - before)


@njit
def _azimuth(maps, state, values, world):
    """Direction of the sun in a row of `WeatherValue`, counter-clockwise from east [rad]."""
    if values[world, _AZIMUTH] > OWN_AZIMUTH:
        return np.float64(values[world, _AZIMUTH])
    sun = maps.slot_of[state.worlds.map[world]]
    return math.atan2(np.float64(maps.sun[sun, 1]), np.float64(maps.sun[sun, 0]))


@njit
def _shine(maps, state, share, world):
    """Sets sun and daylight."""
    weather = state.weather
    azimuth = _azimuth(maps, state, weather.before, world)
    turn = _azimuth(maps, state, weather.after, world) - azimuth
    azimuth += share * (turn - 2.0 * math.pi * math.floor(turn / (2.0 * math.pi) + 0.5))
    altitude = _blend(weather, world, _ALTITUDE, share)
    weather.sun[world, 0] = math.cos(altitude) * math.cos(azimuth)
    weather.sun[world, 1] = math.cos(altitude) * math.sin(azimuth)
    weather.sun[world, 2] = math.sin(altitude)
    clouds = _blend(weather, world, _CLOUDINESS, share)
    weather.cloudiness[world] = clouds
    light = illuminance(math.degrees(altitude)) / illuminance(NOON_ALTITUDE)
    weather.daylight[world] = max(light * (1.0 - 0.75 * clouds**3.4), DAYLIGHT_MIN)


@njit
def update_weather(maps, state, share, world):
    """Sets all columns that follow from what was chosen, at this share of the change."""
    weather = state.weather
    _shine(maps, state, share, world)
    rain, snow = _blend(weather, world, _RAIN, share), _blend(weather, world, _SNOW, share)
    fog, cover = _blend(weather, world, _FOG, share), _blend(weather, world, _COVER, share)
    puddles = _blend(weather, world, _PUDDLES, share)
    rain_film = 0.1 * math.sqrt(rain)
    wetness = min(max(_blend(weather, world, _WETNESS, share), puddles / FULLY_WET_DEPOSITS, rain_film / WET_FILM), 1.0)
    extinction = fog + 0.312e-3 * rain**0.67 + 4e-3 * snow
    visibility = VISIBILITY / max(extinction, 1e-6)
    film = (1.0 - cover) * max(rain_film, WET_FILM * wetness)
    grip = (1.0 - cover) * film_grip(film, FILM_SPEEDS[0]) + cover * SNOW_FRICTION / DRY_FRICTION
    fast_grip = grip_at(grip, film, BRAKING_SPEED)
    weather.rain_rate[world], weather.snow_rate[world] = rain, snow
    weather.fog_extinction[world], weather.extinction[world] = fog, extinction
    weather.wetness[world], weather.puddles[world], weather.snow_cover[world] = wetness, puddles, cover
    weather.wind[world] = _blend(weather, world, _WIND, share)
    weather.film[world], weather.grip[world] = film, grip
    weather.lights[world] = (
        weather.daylight[world] < LIGHTS_DAYLIGHT
        or visibility < LIGHTS_VISIBILITY
        or rain >= LIGHTS_RAIN
        or snow >= LIGHTS_SNOW
    )
    weather.pace[world] = 1.0 - PACE_LOSS * (1.0 - grip)
    weather.speed_max[world] = sight_speed(visibility, grip, film)
    fog_headway = 1.0 + FOG_HEADWAY * min(1.0, FOG_HEADWAY_VISIBILITY / visibility) if fog > 0.0 else 1.0
    weather.headway[world] = (2.0 - fast_grip) * fog_headway
    weather.braking[world] = DRY_FRICTION * GRAVITY * fast_grip if fast_grip < 1.0 else np.inf
    # What was straight enough at another speed may not be at this one.
    for slot in range(state.actors.straight.shape[1]):
        state.actors.straight[world, slot] = np.float32(0.0)


@njit
def begin_weather(maps, state, world):
    """Sets the weather with which an episode begins."""
    if state.weather.origin[world] > 0:
        update_weather(maps, state, share_of_change(state, np.float32(0.0), world), world)


@njit
def share_of_change(state, time, world):
    """How far the weather's change has come at a time since it was set [s], 0 to 1."""
    start, duration = np.float64(state.weather.start[world]), np.float64(state.weather.duration[world])
    if time < start:
        return 0.0
    return 1.0 if time >= start + duration else (time - start) / duration


@njit
def change_weather(maps, state, parameters, world):
    """Advances a change of the weather to the present tick."""
    weather = state.weather
    if weather.origin[world] == 0 or weather.start[world] == np.inf:
        return
    step_s = np.float64(parameters.step_s)
    time = step_s * (state.worlds.tick[world] - weather.since[world])
    if weather.start[world] <= time <= weather.start[world] + weather.duration[world] + step_s:
        update_weather(maps, state, share_of_change(state, time, world), world)


@njit
def begin_change(state, parameters, world, values, duration, now):
    """Lets the present weather of a world become another one from a time of its episode on.

    Args:
        state: `WorldState`, of a world that has been given a weather.
        parameters: `WorldParameters`.
        world: Index of the world.
        values: A row of `WeatherValue`.
        duration: How long it takes [s].
        now: Time since the episode began [s].
    """
    weather = state.weather
    share = share_of_change(state, now - np.float32(weather.since[world] * parameters.step_s), world)
    for column in range(weather.before.shape[1]):
        # Half-way between a sun that turns and the map's own there is none to begin with.
        if column != _AZIMUTH or share >= 1.0:
            weather.before[world, column] = _blend(weather, world, column, share)
        weather.after[world, column] = values[column]
    # No shorter than a step, so that the next one sees it.
    weather.since[world], weather.start[world] = 0, now
    weather.duration[world] = max(duration, parameters.step_s)


@entry(inline=False)
def set_weather_worlds(maps, state, parameters, world):
    """Sets the weather of a world to what is chosen for it, at the present tick."""
    time = np.float64(parameters.step_s) * (state.worlds.tick[world] - state.weather.since[world])
    update_weather(maps, state, share_of_change(state, time, world), world)
