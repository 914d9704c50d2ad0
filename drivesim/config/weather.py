"""The weather of a drive: fixed, changing while it goes on, or one of several. Field names and presets are CARLA's."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from drivesim.config.base import from_dict
from drivesim.errors import ConfigError, check_choice, check_range

OWN_SUN = -1.0
"""`WeatherConfig.sun_azimuth_angle` for the direction of the map's own sun."""
_PERCENT = (
    "cloudiness", "precipitation", "precipitation_deposits", "wind_intensity", "fog_density", "wetness", "dust_storm",
    "snowfall", "snow_cover",
)  # fmt: skip
_AS_IN_CARLA = (
    "fog_distance", "fog_falloff", "scattering_intensity", "mie_scattering_scale", "rayleigh_scattering_scale",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WeatherConfig:
    """A weather, in the terms of CARLA's `WeatherParameters`, with snow; `world.weather` says what they mean.

    Percentages are 0 to 100. The defaults are a clear day.
    """

    cloudiness: float = 0.0
    """Share of the sky behind clouds [%]."""
    precipitation: float = 0.0
    """Rain: 20, 40, 60, 80, 100 % are 2.5, 7.5, 20, 50, 100 mm/h [%]."""
    precipitation_deposits: float = 0.0
    """Puddles: share of the road's low places under water; 50 and more: no part of the road is dry [%]."""
    wind_intensity: float = 0.0
    """Wind; 100 is a gale of 20 m/s [%]."""
    sun_azimuth_angle: float = OWN_SUN
    """Direction of the sun, clockwise from north [deg]; -1: that of the map's own sun."""
    sun_altitude_angle: float = 45.0
    """Height of the sun above the horizon, -90 to 90 [deg]."""
    fog_density: float = 0.0
    """Fog: visibility is 35 m at 100, and grows with the inverse square: 140 m at 50, 3.5 km at 10 [%]."""
    fog_distance: float = 0.75
    """Where CARLA's fog begins [m]; ours begins at the eye."""
    fog_falloff: float = 0.1
    """How CARLA's fog thins with height [-]; ours does not within what a car sees."""
    wetness: float = 0.0
    """How wet the road is; rain and deposits wet it too [%]."""
    scattering_intensity: float = 1.0
    """CARLA's light that fog scatters [-]; here it follows from the fog."""
    mie_scattering_scale: float = 0.03
    """CARLA's haze around the sun [-]; kept for exchange."""
    rayleigh_scattering_scale: float = 0.0331
    """CARLA's blue of the sky [-]; kept for exchange."""
    dust_storm: float = 0.0
    """Dust: visibility is 100 m at 100, and grows with the inverse square [%]."""
    snowfall: float = 0.0
    """Falling snow; 100 is 5 mm/h of water, a visibility of 150 m [%]."""
    snow_cover: float = 0.0
    """Share of the ground, roads included, under snow [%]."""
    visibility_m: float | None = None
    """Visibility in fog and dust, whatever `fog_density` and `dust_storm` are [m]."""
    rain_rate_mm_h: float | None = None
    """Rain, whatever `precipitation` is [mm/h]."""

    def __post_init__(self) -> None:
        """Checks every field."""
        for name in _PERCENT:
            check_range(f"WeatherConfig.{name}", getattr(self, name), 0.0, 100.0)
        for name in _AS_IN_CARLA:
            check_range(f"WeatherConfig.{name}", getattr(self, name), 0.0, 1e6)
        if self.sun_azimuth_angle != OWN_SUN:
            check_range("WeatherConfig.sun_azimuth_angle", self.sun_azimuth_angle, 0.0, 360.0)
        check_range("WeatherConfig.sun_altitude_angle", self.sun_altitude_angle, -90.0, 90.0)
        if self.visibility_m is not None:
            check_range("WeatherConfig.visibility_m", self.visibility_m, 5.0, 1e6)
        if self.rain_rate_mm_h is not None:
            check_range("WeatherConfig.rain_rate_mm_h", self.rain_rate_mm_h, 0.0, 300.0)

    @classmethod
    def variant(cls, values: dict[str, Any], where: str) -> "type[WeatherConfig] | type[WeatherChangeConfig]":
        """The class that a dictionary is meant for: a change if it names what comes before or after, else a weather."""
        return WeatherChangeConfig if "before" in values or "after" in values else WeatherConfig


@dataclass(frozen=True, kw_only=True)
class WeatherChangeConfig:
    """A weather that becomes another one while driving, evenly in rain and snow per hour, extinction and the rest."""

    before: WeatherConfig = WeatherConfig()
    """Weather until the change begins."""
    after: WeatherConfig = WeatherConfig()
    """Weather from its end on."""
    start_s: float = 0.0
    """It begins this long after the episode does, or after it was set [s]."""
    duration_s: float = 60.0
    """It takes this long [s]; 0: at once."""

    def __post_init__(self) -> None:
        """Checks every field."""
        for name in ("before", "after"):
            if not isinstance(getattr(self, name), WeatherConfig):
                raise ConfigError(f"WeatherChangeConfig.{name}: expected a WeatherConfig, got {getattr(self, name)!r}")
        check_range("WeatherChangeConfig.start_s", self.start_s, 0.0, 1e6)
        check_range("WeatherChangeConfig.duration_s", self.duration_s, 0.0, 1e6)


AnyWeather = WeatherConfig | WeatherChangeConfig

_TIMES = {"Noon": 45.0, "Sunset": 15.0, "Night": -90.0}
"""Altitude of the sun in CARLA's presets [deg]."""
_SKIES = {  # cloudiness, precipitation, deposits, wind, fog density; a night that differs from that in its own row
    "ClearNoon": (5.0, 0.0, 0.0, 10.0, 2.0),
    "CloudyNoon": (60.0, 0.0, 0.0, 10.0, 3.0),
    "WetNoon": (5.0, 0.0, 50.0, 10.0, 3.0),
    "WetCloudyNoon": (60.0, 0.0, 50.0, 10.0, 3.0),
    "SoftRainNoon": (20.0, 30.0, 50.0, 30.0, 3.0),
    "MidRainyNoon": (60.0, 60.0, 60.0, 60.0, 3.0),
    "HardRainNoon": (100.0, 100.0, 90.0, 100.0, 7.0),
    "ClearSunset": (5.0, 0.0, 0.0, 10.0, 2.0),
    "CloudySunset": (60.0, 0.0, 0.0, 10.0, 3.0),
    "WetSunset": (5.0, 0.0, 50.0, 10.0, 2.0),
    "WetCloudySunset": (60.0, 0.0, 50.0, 10.0, 2.0),
    "SoftRainSunset": (20.0, 30.0, 50.0, 30.0, 2.0),
    "MidRainSunset": (60.0, 60.0, 60.0, 60.0, 3.0),
    "HardRainSunset": (100.0, 100.0, 90.0, 100.0, 7.0),
    "ClearNight": (5.0, 0.0, 0.0, 10.0, 2.0),
    "CloudyNight": (60.0, 0.0, 0.0, 10.0, 3.0),
    "WetNight": (5.0, 0.0, 50.0, 10.0, 3.0),
    "WetCloudyNight": (60.0, 0.0, 50.0, 10.0, 3.0),
    "SoftRainNight": (60.0, 30.0, 50.0, 30.0, 3.0),
    "MidRainyNight": (80.0, 60.0, 60.0, 60.0, 3.0),
    "HardRainNight": (100.0, 100.0, 90.0, 100.0, 7.0),
}
"""CARLA 0.9.15, `LibCarla/source/carla/rpc/WeatherParameters.cpp`. Nights have the fog of the noons here: there it is
60 (HardRainNight 100) and only darkens the distance, but would be fog of 100 m (35 m) by the law of `fog_density`."""
_WET_NIGHTS = {
    "WetNight": 60.0, "WetCloudyNight": 60.0, "SoftRainNight": 60.0, "MidRainyNight": 80.0, "HardRainNight": 100.0,
}  # fmt: skip


def _preset(name: str) -> WeatherConfig:
    cloudiness, precipitation, deposits, wind, fog = _SKIES[name]
    is_thin = name in ("ClearNight", "WetNight")
    return WeatherConfig(
        cloudiness=cloudiness,
        precipitation=precipitation,
        precipitation_deposits=deposits,
        wind_intensity=wind,
        sun_altitude_angle=next(angle for time, angle in _TIMES.items() if name.endswith(time)),
        fog_density=fog,
        fog_distance=75.0 if is_thin else 0.75,
        fog_falloff=1.0 if is_thin else 0.1,
        wetness=_WET_NIGHTS.get(name, 0.0),
    )


def _foggy(altitude: float) -> WeatherConfig:
    return WeatherConfig(cloudiness=80.0, wind_intensity=5.0, sun_altitude_angle=altitude, visibility_m=60.0)


def _snowy(altitude: float) -> WeatherConfig:
    return WeatherConfig(
        cloudiness=90.0, wind_intensity=20.0, sun_altitude_angle=altitude, snowfall=50.0, snow_cover=100.0
    )


WEATHER_PRESETS: dict[str, WeatherConfig] = {
    **{name: _preset(name) for name in _SKIES},
    "DustStorm": WeatherConfig(cloudiness=100.0, wind_intensity=100.0, fog_density=2.0, dust_storm=100.0),
    **{f"Fog{time}": _foggy(altitude) for time, altitude in _TIMES.items()},
    **{f"Snow{time}": _snowy(altitude) for time, altitude in _TIMES.items()},
}
"""CARLA's presets by its names, and fog of 60 m and moderate snow at the same times of day."""


def weather_from(value: Any, *, argument: str = "weather") -> tuple[AnyWeather, ...]:
    """Weathers from a preset's name, a weather, or a list of them; a weather is a config or a dictionary.

    In a dictionary of a change, `before` and `after` may be names too. An empty list, or None, is the clear noon of
    the map itself.

    Args:
        value: As above.
        argument: What it is called in errors.

    Raises:
        ConfigError: An unknown preset or key (the nearest name is given), or a value out of range.
    """
    if value is None:
        return ()
    if isinstance(value, str | dict | WeatherConfig | WeatherChangeConfig):
        return (_one(value, argument),)
    if not isinstance(value, Sequence):
        raise ConfigError(f"{argument}: expected a preset's name, a weather or a list of them, got {value!r}")
    return tuple(_one(item, f"{argument}[{index}]") for index, item in enumerate(value))


def _one(value: Any, path: str) -> AnyWeather:
    if isinstance(value, str):
        return WEATHER_PRESETS[check_choice(path, value, WEATHER_PRESETS)]
    if isinstance(value, dict):
        ends = {name: _one(value[name], f"{path}.{name}") for name in ("before", "after") if name in value}
        return from_dict(WeatherConfig, {**value, **ends}, path=path)  # or a change, see `variant`
    if not isinstance(value, WeatherConfig | WeatherChangeConfig):
        raise ConfigError(f"{path}: expected a preset's name, a dictionary or a weather's config, got {value!r}")
    return value


def weather_title(weather: AnyWeather) -> str:
    """A weather's name for people: that of its preset, or what sets it apart from a clear day."""
    if isinstance(weather, WeatherChangeConfig):
        return f"{weather_title(weather.before)} to {weather_title(weather.after)}"
    for name, preset in WEATHER_PRESETS.items():
        if preset == weather:
            return name
    clear = WeatherConfig()
    changes = [field.name for field in fields(weather) if getattr(weather, field.name) != getattr(clear, field.name)]
    return ", ".join(f"{name} {getattr(weather, name):g}" for name in changes) or "clear"
