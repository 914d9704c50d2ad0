"""Weather: what light, sight and grip follow from it, when it changes, and how drivers allow for it."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.config import ENV_PRESETS, WEATHER_PRESETS, WeatherChangeConfig, WeatherConfig, replace
from drivesim.errors import ConfigError
from drivesim.maps.bank import MapBank
from drivesim.state import Lamp
from drivesim.state.weather import WeatherOrigin
from drivesim.world.grip import film_grip
from drivesim.world.step import World
from drivesim.world.weather import illuminance, sight_speed
from drivesim.world.weather_choice import weather_name

HIGHWAY = replace(ENV_PRESETS["highway"], sensors=(), traffic={"car_count": 8})
KM_H = 1.0 / 3.6


@pytest.fixture(scope="module")
def bank():
    return MapBank.build(replace(HIGHWAY.map, count=1, length_m=300.0))


def make(bank, worlds=1, config=HIGHWAY) -> World:
    return World(bank, config, worlds)


def in_weather(bank, *weathers, seed=1) -> World:
    world = make(bank, len(weathers))
    world.reset(
        seed=[seed] * len(weathers),
        weather=[WEATHER_PRESETS[each] if isinstance(each, str) else each for each in weathers],
    )
    return world


def drive_on(world: World, ticks: int) -> None:
    for _ in range(ticks):
        world.step(world.state.plan.expert_action[:, 0])


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


# Light.


@pytest.mark.parametrize(
    ("altitude", "lux", "tolerance"),
    [
        # Illuminance outdoors at well-known moments: overhead sun, sunset, ends of civil and nautical twilight.
        (90.0, 128_000, 0.05),
        (0.0, 750, 0.1),
        (-6.0, 3.4, 0.05),
        (-12.0, 0.0083, 0.1),
        (-50.0, 6e-4, 0.01),
    ],
)
def test_illuminance_is_that_of_known_moments(altitude, lux, tolerance):
    assert illuminance(altitude) == pytest.approx(lux, rel=tolerance)


def test_illuminance_never_falls_when_the_sun_rises():
    levels = [illuminance(altitude) for altitude in np.arange(-30.0, 90.0, 0.25)]
    assert all(after >= before * 0.98 for before, after in itertools.pairwise(levels))


def test_daylight_is_one_at_a_clear_noon_a_quarter_under_clouds_and_little_at_night(bank):
    world = in_weather(bank, "ClearNoon", "HardRainNoon", "ClearSunset", "HardRainSunset", "ClearNight")
    noon, overcast, sunset, dull, night = world.state.weather.daylight
    assert noon == pytest.approx(1.0, abs=1e-3)
    assert overcast == pytest.approx(0.25, abs=1e-3)  # 1 - 0.75
    assert 0.2 < sunset < 0.3 and dull == pytest.approx(0.25 * sunset, rel=0.01)
    assert night == pytest.approx(1e-3)
    assert world.state.weather.lights.tolist() == [False, True, False, True, True]


def test_the_sun_stands_where_it_is_asked_to_or_at_the_azimuth_of_the_map(bank):
    east = WeatherConfig(sun_azimuth_angle=90.0, sun_altitude_angle=30.0)
    world = in_weather(bank, east, "ClearNoon")
    assert world.state.weather.sun[0] == pytest.approx([math.cos(math.pi / 6), 0.0, 0.5], abs=1e-6)
    of_map = bank.arrays.sun[bank.arrays.slot_of[0]]
    sun = world.state.weather.sun[1]
    assert sun[2] == pytest.approx(math.sqrt(0.5))
    assert sun[:2] / np.hypot(*sun[:2]) == pytest.approx(of_map[:2] / np.hypot(*of_map[:2]), abs=1e-5)


# Sight.


def test_visibility_and_extinction_belong_together(bank):
    fog = WeatherConfig(visibility_m=60.0)
    world = in_weather(bank, fog, WeatherConfig(fog_density=100.0), WeatherConfig(fog_density=50.0), "DustStorm")
    assert 3.0 / world.state.weather.fog_extinction == pytest.approx([60.0, 35.0, 140.0, 100.0], rel=2e-3)
    assert world.state.weather.lights.all()


def test_rain_and_snow_take_sight_by_their_own_laws(bank):
    world = in_weather(bank, WeatherConfig(rain_rate_mm_h=20.0), WeatherConfig(snowfall=50.0), "SoftRainNoon")
    weather = world.state.weather
    assert weather.extinction[0] == pytest.approx(0.312e-3 * 20.0**0.67, rel=1e-5)  # 2.3 per km: 1.3 km of sight
    assert weather.extinction[1] == pytest.approx(3.0 / 300.0)
    assert weather.rain_rate[2] == pytest.approx(5.0)  # 30 %, half way from 2.5 to 7.5 mm/h
    assert (weather.fog_extinction[:2] == 0.0).all()


# Grip.


@pytest.mark.parametrize(
    ("film", "speed_km_h", "wet", "dry"),
    [
        (0.2, 50.0, 0.65, 0.85),
        (1.0, 90.0, 0.30, 0.80),
        (1.0, 130.0, 0.20, 0.75),
        (0.6, 50.0, 0.60, 0.85),
        (0.2, 70.0, 0.625, 0.825),
        (0.0, 110.0, 1.0, 1.0),
        (1.5, 20.0, 0.525, 0.85),
    ],
)
def test_friction_on_water_is_that_of_the_table(film, speed_km_h, wet, dry):
    assert film_grip(film, speed_km_h * KM_H) == pytest.approx(wet / dry)


@given(film=st.floats(0.0, 4.0), speed=st.floats(0.0, 80.0))
def test_more_water_or_speed_never_gives_more_grip(film, speed):
    here = film_grip(film, speed)
    assert 0.05 <= here <= 1.0
    assert film_grip(film + 0.1, speed) <= here + 1e-9 and film_grip(film, speed + 1.0) <= here + 1e-9


def test_wet_and_snowy_roads_have_the_grip_of_their_surface(bank):
    half = WeatherConfig(snow_cover=50.0)
    world = in_weather(bank, "ClearNoon", "WetNoon", "HardRainNoon", "SnowNoon", half)
    expected = [1.0, 0.65 / 0.85, 0.55 / 0.85, 0.3 / 0.85, 0.5 + 0.5 * 0.3 / 0.85]
    assert world.state.weather.grip == pytest.approx(expected, rel=1e-5)
    assert world.state.weather.film == pytest.approx([0.0, 0.2, 1.0, 0.0, 0.0])
    assert world.state.weather.wetness.tolist() == [0.0, 1.0, 1.0, 0.0, 0.0]


def test_a_full_brake_stops_in_the_distance_that_the_road_gives(bank):
    world = in_weather(bank, "ClearNoon", WeatherConfig(wetness=100.0), WeatherConfig(snow_cover=100.0))
    world.state.conditions.car_count[:] = 0
    world.state.conditions.friction[:] = 0.8
    actors = world.state.actors
    actors.kind[:, 1:] = 0
    actors.speed[:, 0] = 50.0 * KM_H
    brake = np.tile(np.array([0.0, -1.0], np.float32), (3, 1))
    way = np.zeros(3)
    for _ in range(60):
        before = actors.x[:, 0].copy(), actors.y[:, 0].copy()
        world.step(brake)
        way += np.hypot(actors.x[:, 0] - before[0], actors.y[:, 0] - before[1])
    assert (actors.speed[:, 0] < 0.1).all()
    friction = 0.8 * np.array([1.0, 0.65 / 0.85, 0.3 / 0.85])
    # v^2 / (2 mu g), and the pedals' lag of 0.2 s at nearly full speed.
    expected = (50.0 * KM_H) ** 2 / (2.0 * friction * 9.81)
    lag = way - expected
    assert (lag > 0.0).all() and (lag < 0.25 * 50.0 * KM_H).all()


# What drivers make of it.


def test_drivers_can_stop_within_what_they_see():
    for visibility in (20.0, 60.0, 150.0):
        speed = sight_speed(visibility, 1.0, 0.0)
        assert 1.5 * speed + speed**2 / (2.0 * 3.4) == pytest.approx(visibility, abs=1e-3)
    assert sight_speed(50.0, 1.0, 0.0) == pytest.approx(50.0 * KM_H, rel=0.03)  # StVO, section 3
    assert sight_speed(60.0, 0.35, 0.0) < sight_speed(60.0, 1.0, 0.0)


def test_everybody_is_slower_in_fog_and_snow_than_on_a_clear_day(bank):
    world = in_weather(bank, "ClearNoon", "FogNoon", "SnowNoon", seed=4)
    present = world.state.actors.kind > 0
    start = world.state.actors.speed.copy()
    assert (start[1][present[1]] <= world.state.weather.speed_max[1] + 1e-3).all()
    drive_on(world, 80)
    speed = world.state.actors.speed
    present = world.state.actors.kind > 0
    limit = world.state.weather.speed_max
    assert speed[1][present[1]].max() < limit[1] * 1.02
    clear, fog, snow = (speed[row, 0] for row in range(3))
    assert fog < 0.7 * clear and snow < 0.95 * clear


def test_lights_are_on_where_the_weather_asks_for_them(bank):
    world = in_weather(bank, "ClearNoon", "ClearNight")
    drive_on(world, 3)
    lamps, kind = world.state.actors.lamps, world.state.actors.kind
    assert not (lamps[0] & Lamp.LIGHTS).any()
    assert ((lamps[1] & Lamp.LIGHTS) > 0).tolist() == (kind[1] > 0).tolist()
    world.set_weather([WEATHER_PRESETS["ClearNight"], WEATHER_PRESETS["ClearNoon"]])
    drive_on(world, 1)
    assert (lamps[0, 0] & Lamp.LIGHTS) and not (lamps[1] & Lamp.LIGHTS).any()


# Whose weather, and when.


def test_without_a_choice_the_columns_stay_as_they_are(bank):
    world = make(bank, 2)
    world.state.weather.rain_rate[:] = 20.0
    world.reset(seed=0)
    drive_on(world, 5)
    world.reset()
    assert world.state.weather.rain_rate.tolist() == [20.0, 20.0]
    assert (world.state.weather.origin == WeatherOrigin.NONE).all()
    assert world.state.weather.daylight.tolist() == world.state.weather.grip.tolist() == [1.0, 1.0]


def test_clear_noon_drives_bit_by_bit_as_no_weather_does(bank):
    plain, clear = make(bank, 2), make(bank, 2)
    plain.reset(seed=5)
    clear.reset(seed=5, weather=[WeatherConfig()] * 2)
    for world in (plain, clear):
        drive_on(world, 40)
    one, other = plain.snapshot(), clear.snapshot()
    assert same(*({name: values for name, values in each.items() if name[:8] != "weather."} for each in (one, other)))


def test_a_change_goes_evenly_and_ends_where_it_was_to_end(bank):
    change = WeatherChangeConfig(
        before=WeatherConfig(sun_azimuth_angle=350.0),
        after=WeatherConfig(
            visibility_m=60.0, rain_rate_mm_h=40.0, cloudiness=80.0, snow_cover=20.0, sun_azimuth_angle=10.0
        ),
        start_s=1.0,
        duration_s=2.0,
    )
    world = in_weather(bank, change)
    weather = world.state.weather
    seen = {}
    for tick in range(1, 41):
        drive_on(world, 1)
        seen[tick] = [float(values[0]) for values in (weather.fog_extinction, weather.rain_rate, weather.cloudiness)]
        if tick == 20:
            assert weather.sun[0, :2] == pytest.approx([0.0, math.sqrt(0.5)], abs=1e-5)  # due north, the short way
    assert seen[10] == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)
    assert seen[15] == pytest.approx([0.25 * 0.05, 10.0, 0.2], rel=1e-4)
    assert seen[20] == pytest.approx([0.5 * 0.05, 20.0, 0.4], rel=1e-4)
    assert seen[30] == seen[40] == pytest.approx([0.05, 40.0, 0.8], rel=1e-5)
    world.reset()
    assert weather.rain_rate[0] == 0.0  # given for good, so the next episode begins with it anew


def test_a_snapshot_in_the_middle_of_a_change_goes_on_as_the_drive_did(bank):
    change = WeatherChangeConfig(before=WEATHER_PRESETS["ClearNoon"], after=WEATHER_PRESETS["FogNight"], duration_s=4.0)
    config = replace(HIGHWAY, weather=(change, WEATHER_PRESETS["HardRainNoon"]))
    world, other = make(bank, 3, config), make(bank, 3, config)
    world.reset(seed=2)
    drive_on(world, 15)
    saved = world.snapshot()
    drive_on(world, 20)
    end = world.snapshot()
    other.restore(saved)
    drive_on(other, 20)
    assert same(end, other.snapshot())


def test_worlds_of_a_batch_have_the_weather_of_single_ones(bank):
    weathers = (*list(WEATHER_PRESETS.values())[::5], WeatherChangeConfig(after=WEATHER_PRESETS["SnowNight"]))
    config = replace(HIGHWAY, weather=weathers)
    batch = make(bank, 5, config)
    batch.reset(seed=11)
    drive_on(batch, 12)
    for index in range(5):
        one = make(bank, 1, config)
        one.reset(seed=11 + index)
        drive_on(one, 12)
        together, alone = batch.snapshot(), one.snapshot()
        assert all(np.array_equal(together[name][index], alone[name][0]) for name in alone), index


def test_every_episode_draws_one_of_the_weathers_evenly(bank):
    weathers = tuple(WeatherConfig(cloudiness=10.0 * number) for number in range(5))
    world = make(bank, 200, replace(HIGHWAY, weather=weathers, traffic={"car_count": 0}))
    counts = np.zeros(5)
    world.reset(seed=0)
    for _ in range(5):
        counts += np.bincount(np.round(10.0 * world.state.weather.cloudiness).astype(int), minlength=5)
        world.reset()
    statistic = ((counts - 200.0) ** 2 / 200.0).sum()
    assert statistic < 13.3  # chi-square with 4 degrees of freedom, 1 %
    assert counts.sum() == 1000


def test_weather_changes_no_other_draw(bank):
    plain, drawn = make(bank, 4), make(bank, 4, replace(HIGHWAY, weather=(WeatherConfig(), WeatherConfig())))
    plain.reset(seed=3)
    drawn.reset(seed=3)
    assert same(plain.state.actors._asdict(), drawn.state.actors._asdict())


def test_a_given_weather_lasts_until_it_is_given_back(bank):
    world = make(bank, 2, replace(HIGHWAY, weather=(WEATHER_PRESETS["CloudyNoon"],)))
    world.reset(seed=0, weather=[WEATHER_PRESETS["FogNoon"], None])
    names = [weather_name(world.state.weather, index) for index in range(2)]
    assert names == ["FogNoon", "CloudyNoon"]
    world.reset()
    assert weather_name(world.state.weather, 0) == "FogNoon"
    world.set_weather([None, WEATHER_PRESETS["DustStorm"]], mask=np.array([True, False]))
    assert [weather_name(world.state.weather, index) for index in range(2)] == ["CloudyNoon", "CloudyNoon"]


def test_a_change_that_is_set_while_driving_counts_from_then(bank):
    world = in_weather(bank, "ClearNoon")
    drive_on(world, 10)
    change = WeatherChangeConfig(after=WeatherConfig(rain_rate_mm_h=10.0), start_s=0.5, duration_s=1.0)
    world.set_weather([change])
    assert world.state.weather.rain_rate[0] == 0.0
    drive_on(world, 10)
    assert world.state.weather.rain_rate[0] == pytest.approx(5.0, rel=1e-4)
    drive_on(world, 10)
    assert world.state.weather.rain_rate[0] == pytest.approx(10.0)


def test_back_from_a_given_weather_all_is_as_if_there_had_been_none(bank):
    world, untouched = in_weather(bank, "HardRainNight"), make(bank)
    world.set_weather([None])
    assert same(world.state.weather._asdict(), untouched.state.weather._asdict())


def test_a_weather_without_a_name_is_described(bank):
    world = in_weather(bank, WeatherConfig(rain_rate_mm_h=3.0, visibility_m=120.0), "FogNoon")
    assert weather_name(world.state.weather, 0) == "rain 3 mm/h, daylight 100 %, visibility 117 m"
    world.set_weather([WeatherChangeConfig(before=WEATHER_PRESETS["ClearNoon"], after=WEATHER_PRESETS["SnowNoon"])] * 2)
    assert weather_name(world.state.weather, 1) == "ClearNoon to SnowNoon"
    assert weather_name(make(bank).state.weather, 0) == ""


def test_there_is_one_weather_for_every_world(bank):
    with pytest.raises(ConfigError, match="expected 2 weathers"):
        make(bank, 2).reset(seed=0, weather=[None])
