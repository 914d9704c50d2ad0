"""Weathers as people choose them: names, dictionaries, changes, lists, and what is refused."""

import json

import pytest

from drivesim.config import (
    ENV_PRESETS,
    WEATHER_PRESETS,
    EnvConfig,
    WeatherChangeConfig,
    WeatherConfig,
    env_config_from,
    from_dict,
    load,
    replace,
    save,
    to_dict,
    weather_from,
    weather_title,
)
from drivesim.errors import ConfigError

# CARLA 0.9.15, LibCarla/source/carla/rpc/WeatherParameters.cpp, in the order of its constructor: cloudiness,
# precipitation, deposits, wind, azimuth, altitude, fog density, fog distance, fog falloff, wetness, scattering, Mie,
# Rayleigh, dust.
CARLA = {
    "ClearNoon": (5, 0, 0, 10, -1, 45, 2, 0.75, 0.1, 0, 1, 0.03, 0.0331, 0),
    "WetCloudyNoon": (60, 0, 50, 10, -1, 45, 3, 0.75, 0.1, 0, 1, 0.03, 0.0331, 0),
    "SoftRainNoon": (20, 30, 50, 30, -1, 45, 3, 0.75, 0.1, 0, 1, 0.03, 0.0331, 0),
    "HardRainNoon": (100, 100, 90, 100, -1, 45, 7, 0.75, 0.1, 0, 1, 0.03, 0.0331, 0),
    "WetSunset": (5, 0, 50, 10, -1, 15, 2, 0.75, 0.1, 0, 1, 0.03, 0.0331, 0),
    "MidRainSunset": (60, 60, 60, 60, -1, 15, 3, 0.75, 0.1, 0, 1, 0.03, 0.0331, 0),
    "ClearNight": (5, 0, 0, 10, -1, -90, 60, 75, 1.0, 0, 1, 0.03, 0.0331, 0),
    "WetNight": (5, 0, 50, 10, -1, -90, 60, 75, 1.0, 60, 1, 0.03, 0.0331, 0),
    "MidRainyNight": (80, 60, 60, 60, -1, -90, 60, 0.75, 0.1, 80, 1, 0.03, 0.0331, 0),
    "HardRainNight": (100, 100, 90, 100, -1, -90, 100, 0.75, 0.1, 100, 1, 0.03, 0.0331, 0),
    "DustStorm": (100, 0, 0, 100, -1, 45, 2, 0.75, 0.1, 0, 1, 0.03, 0.0331, 100),
}
ORDER = (
    "cloudiness", "precipitation", "precipitation_deposits", "wind_intensity", "sun_azimuth_angle",
    "sun_altitude_angle", "fog_density", "fog_distance", "fog_falloff", "wetness", "scattering_intensity",
    "mie_scattering_scale", "rayleigh_scattering_scale", "dust_storm",
)  # fmt: skip


@pytest.mark.parametrize("name", CARLA)
def test_presets_have_the_numbers_of_carla_but_for_the_fog_of_its_nights(name):
    preset = WEATHER_PRESETS[name]
    expected = dict(zip(ORDER, CARLA[name], strict=True))
    if name.endswith("Night"):
        del expected["fog_density"]
        assert preset.fog_density <= 7.0
    assert {field: getattr(preset, field) for field in expected} == expected


def test_every_preset_of_carla_is_there_and_fog_and_snow_beside_them():
    kinds = ("Clear", "Cloudy", "Wet", "WetCloudy", "SoftRain", "HardRain", "Fog", "Snow")
    names = {f"{kind}{time}" for kind in kinds for time in ("Noon", "Sunset", "Night")}
    names |= {"MidRainyNoon", "MidRainSunset", "MidRainyNight", "DustStorm"}  # CARLA's own spelling
    assert set(WEATHER_PRESETS) == names
    assert WEATHER_PRESETS["FogNight"].visibility_m == 60.0
    assert WEATHER_PRESETS["SnowNoon"].snow_cover == 100.0


def test_a_config_takes_a_name_a_dictionary_a_change_or_a_list_of_them():
    base = ENV_PRESETS["highway"]
    change = {"before": "ClearNoon", "after": {"fog_density": 80.0}, "start_s": 5.0, "duration_s": 20.0}
    config = env_config_from({"weather": ["HardRainNight", {"snowfall": 10}, change]}, base=base)
    assert config.weather == (
        WEATHER_PRESETS["HardRainNight"],
        WeatherConfig(snowfall=10.0),
        WeatherChangeConfig(
            before=WEATHER_PRESETS["ClearNoon"], after=WeatherConfig(fog_density=80.0), start_s=5.0, duration_s=20.0
        ),
    )
    assert env_config_from({"weather": "FogNoon"}, base=base).weather == (WEATHER_PRESETS["FogNoon"],)
    assert env_config_from({"weather": None}, base=config).weather == ()
    assert base.weather == ()


def test_weathers_survive_json_and_files(tmp_path):
    change = WeatherChangeConfig(before=WEATHER_PRESETS["ClearNoon"], after=WEATHER_PRESETS["FogNight"])
    config = replace(ENV_PRESETS["lane"], weather=(WEATHER_PRESETS["SnowNoon"], change))
    assert from_dict(EnvConfig, json.loads(json.dumps(to_dict(config)))) == config
    save(config, tmp_path / "config.json")
    assert load(EnvConfig, tmp_path / "config.json") == config


def test_a_config_written_before_there_was_weather_still_loads():
    values = to_dict(ENV_PRESETS["lane"])
    del values["weather"]
    assert from_dict(EnvConfig, values) == ENV_PRESETS["lane"]


def test_titles_name_presets_and_say_what_is_special_about_others():
    assert weather_title(WEATHER_PRESETS["DustStorm"]) == "DustStorm"
    assert weather_title(WeatherConfig(fog_density=30.0, rain_rate_mm_h=2.0)) == "fog_density 30, rain_rate_mm_h 2"
    assert weather_title(WeatherChangeConfig(after=WEATHER_PRESETS["FogNoon"])) == "clear to FogNoon"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("HardRainNigt", ["'HardRainNigt'", "did you mean 'HardRainNight'"]),
        ({"fog_densty": 3.0}, ["'fog_densty'", "did you mean 'fog_density'"]),
        ({"precipitation": 101.0}, ["WeatherConfig.precipitation", "[0, 100]", "101"]),
        ({"sun_azimuth_angle": -2.0}, ["WeatherConfig.sun_azimuth_angle", "[0, 360]"]),
        ({"sun_altitude_angle": 91.0}, ["WeatherConfig.sun_altitude_angle", "[-90, 90]"]),
        ({"cloudiness": float("nan")}, ["WeatherConfig.cloudiness", "nan"]),
        ({"visibility_m": 0.0}, ["WeatherConfig.visibility_m", "[5,"]),
        ({"snowfall": "much"}, ["weather.snowfall", "float", "'much'"]),
        ({"before": "ClearNoon", "after": "Fogg"}, ["weather.after", "'Fogg'"]),
        ({"after": "FogNoon", "duration_s": -1.0}, ["WeatherChangeConfig.duration_s"]),
        (["ClearNoon", 3], ["weather[1]", "got 3"]),
        (3.5, ["weather", "got 3.5"]),
    ],
)
def test_a_wrong_weather_is_refused_by_name(value, words):
    with pytest.raises(ConfigError) as caught:
        weather_from(value)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_bare_weather_in_a_config_is_refused_with_what_is_expected():
    with pytest.raises(ConfigError, match=r"EnvConfig\.weather: expected a tuple"):
        EnvConfig(weather=WeatherConfig())  # type: ignore[arg-type]  # that is the mistake
