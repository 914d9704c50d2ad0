"""Weather in the picture: formulas in float64, hand-worked numbers, and what must never change."""

import math

import numpy as np
import pytest

from drivesim.config import MapConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.maps.materials import PALETTE, Material, shade
from drivesim.sensors.camera.air import air_of, patches
from drivesim.sensors.camera.mood import exposure
from drivesim.sensors.camera.optics import mount_of, ray_optics
from drivesim.sensors.camera.rain import diameters_per_m, drawn_diameter, streak, terminal_speed
from drivesim.sensors.camera.rays import render_rays
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import ActorKind, WorldState
from tests.reference.views import ASPHALT, asphalt, camera_at_origin, frames_of, maps_of, put, state_of, traffic_on
from tests.reference.weather import codes, linear, low_beam, schlick

LEVEL = camera_at_origin(width=64, height=64, principal_y=0.375, z_m=1.51)
TILTED = camera_at_origin(width=48, height=40, pitch_deg=5.0, roll_deg=3.0)
WEATHERS = {
    "overcast": {"cloudiness": 1.0, "daylight": 0.2},
    "sunset": {"sun": (0.9, 0.43, 0.05), "daylight": 0.07, "lights": True},
    "night": {"sun": (0.8, 0.0, -0.6), "daylight": 1e-3, "lights": True},
    "fog": {"cloudiness": 1.0, "daylight": 0.25, "fog_extinction": 0.05, "extinction": 0.05},
    "rain at night": {
        "cloudiness": 1.0, "daylight": 1e-3, "rain_rate": 50.0, "extinction": 0.0043, "wetness": 1.0, "puddles": 0.4,
        "lights": True, "wind": 5.0,
    },
    "snow": {"cloudiness": 1.0, "daylight": 0.3, "snow_rate": 3.0, "extinction": 0.006, "snow_cover": 0.8},
}  # fmt: skip


def under(state: WorldState, weather: dict, worlds: slice = slice(None)) -> WorldState:
    """A copy of a state in which some worlds have a weather."""
    copy = WorldState(*(type(group)(*(array.copy() for array in group)) for group in state))
    for name, value in weather.items():
        getattr(copy.weather, name)[worlds] = value
    return copy


def part_of(state: WorldState, worlds: list[int]) -> WorldState:
    return WorldState(*(type(group)(*(array[worlds].copy() for array in group)) for group in state))


@pytest.fixture(scope="module")
def maps():
    return MapBank.build(MapConfig(generator="highway", start=40, count=3, length_m=300.0)).arrays


@pytest.fixture(scope="module")
def state(maps):
    traffic = traffic_on(maps, worlds=9, slots=10, seed=3)
    traffic.worlds.key[:] = np.arange(9) + 100
    traffic.actors.speed[:] = 20.0
    return traffic


def flat(lightness: float) -> np.ndarray:
    """A picture of plain asphalt."""
    picture = asphalt()
    picture[:] = shade(Material.ASPHALT, lightness)
    return picture


@pytest.mark.parametrize("config", [LEVEL, TILTED], ids=["level", "tilted"])
@pytest.mark.parametrize("name", WEATHERS)
def test_depth_class_and_instance_are_those_of_clear_weather(config, name, maps, state):
    clear, dull = frames_of(config, maps, state), frames_of(config, maps, under(state, WEATHERS[name]))
    for channel in ("depth", "semantic", "instance"):
        np.testing.assert_array_equal(clear[channel], dull[channel])
    assert (clear["rgb"] != dull["rgb"]).any(axis=-1).mean() > 0.5


def test_the_picture_is_the_same_with_and_without_the_other_channels(maps, state):
    rainy = under(state, WEATHERS["rain at night"])
    alone = frames_of(
        camera_at_origin(width=64, height=64, principal_y=0.375, z_m=1.51, channels=("rgb",)), maps, rainy
    )
    np.testing.assert_array_equal(alone["rgb"], frames_of(LEVEL, maps, rainy)["rgb"])


@pytest.mark.parametrize("config", [LEVEL, TILTED], ids=["level", "tilted"])
def test_batch_order_threads_and_neighbours_do_not_matter(config, maps, state):
    mixed = state
    for number, weather in enumerate(WEATHERS.values()):
        mixed = under(mixed, weather, slice(number, number + 1))
    together = frames_of(config, maps, mixed)["rgb"]
    np.testing.assert_array_equal(together, frames_of(config, maps, mixed, threads=2)["rgb"])
    turned = [5, 3, 8, 0, 7, 1, 6, 2, 4]
    np.testing.assert_array_equal(together[turned], frames_of(config, maps, part_of(mixed, turned))["rgb"])
    np.testing.assert_array_equal(together[4], frames_of(config, maps, part_of(mixed, [4]))["rgb"][0])
    # The worlds without weather have the bits that they have without such neighbours.
    np.testing.assert_array_equal(together[6:], frames_of(config, maps, state)["rgb"][6:])


def test_fog_takes_contrast_as_beer_and_lambert_say():
    extinction, config = 0.03, camera_at_origin(channels=("rgb", "depth"))
    foggy = under(state_of(), {"fog_extinction": extinction, "extinction": extinction, "cloudiness": 1.0})
    light = [frames_of(config, maps_of(picture=flat(lightness)), foggy)["rgb"][0] for lightness in (60.0, 140.0)]
    depth = frames_of(config, maps_of(), foggy)["depth"][0]
    ground = depth[:, 0] < 1000.0
    # What there is without fog is read off the nearest row.
    near = int(np.flatnonzero(ground)[-1])
    slope = (np.arange(200) + 0.5 - 100.0) / 100.0
    distance = depth * np.sqrt(1.0 + slope**2 + (1.5 / np.maximum(depth[:, :1], 1e-9)) ** 2)
    contrast = linear(light[1]) - linear(light[0])
    expected = contrast[near, 100] * np.exp(-(extinction + 1.0 / 800.0) * (distance - distance[near, 100]))[..., None]
    # One grey level, where the darker ground is.
    level = linear(np.minimum(light[0].astype(float) + 1.0, 255.0)) - linear(light[0])
    assert (np.abs(contrast - expected)[ground] <= 2.0 * level[ground]).all()


def test_the_sky_in_thick_fog_has_the_colour_of_the_air_before_far_ground():
    thick = under(state_of(), {"fog_extinction": 0.1, "extinction": 0.1, "cloudiness": 1.0, "daylight": 0.3})
    frames = frames_of(camera_at_origin(), maps_of(), thick)
    far = np.abs(frames["rgb"][0, 51, 100].astype(int) - frames["rgb"][0, 40, 100])
    assert far.max() <= 2


def test_head_lamps_light_the_road_as_the_formula_says():
    dark = under(state_of(), {"daylight": 0.0, "lights": True, "sun": (0.0, 1.0, -0.2)})
    dark.actors.length[0, 0], dark.actors.rear[0, 0] = 4.0, 1.0
    config = camera_at_origin(channels=("rgb", "depth"))
    frames = frames_of(config, maps_of(), dark)
    palette = linear(PALETTE[ASPHALT, :3])
    v, u = np.mgrid[0:100, 0:200] + 0.5
    depth = 150.0 / np.maximum(v - 50.0, 1e-9)
    left, x = -(u - 100.0) / 100.0 * depth, depth - 3.0
    seen = (depth < 60.0) & (x > 1.0)
    lit = 400.0 * 0.6 * 0.5 * low_beam(np.where(seen, x, 1.0), left, np.zeros_like(x))
    clear = np.exp(-np.sqrt(depth**2 + left**2 + 1.5**2) / 800.0)
    expected = codes(palette * (lit * clear)[..., None])
    off = np.abs(frames["rgb"][0] - expected)[seen]
    assert off.max() <= 1.5, off.max()
    assert expected[seen].max() > 60.0


def test_a_wet_road_is_darker_below_and_mirrors_the_sky_far_off():
    # Level, so a row mirrors the row as far above the horizon.
    config = camera_at_origin(channels=("rgb",))
    cloudy = {"cloudiness": 1.0, "daylight": 0.2}
    dry = linear(frames_of(config, maps_of(), under(state_of(), cloudy))["rgb"][0])
    wet = linear(frames_of(config, maps_of(), under(state_of(), {**cloudy, "wetness": 1.0}))["rgb"][0])
    v = np.arange(100) + 0.5
    drop = (v - 50.0) / 100.0
    for row in (60, 75, 99):
        norm = math.sqrt(1.0 + drop[row] ** 2 + (0.5 / 100.0) ** 2)
        clear = math.exp(-1.5 / drop[row] * norm / 800.0)
        share = 0.42 * float(schlick(np.array(drop[row] / norm))) * clear
        air = dry[50, 100]
        own = (dry[row, 100] - air * (1.0 - clear)) * (1.0 - 0.45) + air * (1.0 - clear)
        expected = own + (dry[99 - row, 100] - own) * share
        assert np.abs(codes(wet[row, 100]) - codes(expected)).max() <= 2.5, row
    assert codes(wet[99, 100]).mean() < codes(dry[99, 100]).mean() - 8.0


def test_the_darker_the_day_the_darker_the_picture(maps, state):
    days = [frames_of(LEVEL, maps, under(state, {"daylight": light}))["rgb"].mean() for light in (0.9, 0.3, 0.05, 0.01)]
    assert days == sorted(days, reverse=True)
    assert frames_of(LEVEL, maps, under(state, WEATHERS["night"]))["rgb"].mean() < days[-1]


def test_at_noon_nothing_is_added_to_the_exposure():
    assert exposure.py_func(np.float32(1.0)) == (1.0, 1.0)
    light, gain = exposure.py_func(np.float32(1e-3))
    assert light == pytest.approx(1e-3**2 / 0.02, rel=1e-5)
    assert gain == pytest.approx((1e-3**2 / 0.02) ** -0.6, rel=1e-4)


def test_a_shadow_moves_with_the_sun():
    config = camera_at_origin()
    state = state_of()
    put(state, 0, 1, 12.0, 0.0)
    beside = {}
    for name, north in (("north", 0.8), ("south", -0.8)):
        rgb = frames_of(config, maps_of(), under(state, {"sun": (0.0, north, 0.6)}))["rgb"][0].astype(int)
        # Ground 2.4 m to either side of the car's flank, 14 m ahead: column 100 + 100 * 1.7 / 14, row 50 + 150 / 14.
        beside[name] = rgb[60, 100 - 12].sum(), rgb[60, 100 + 12].sum()
    left, right = beside["north"]
    assert right < 0.75 * left
    left, right = beside["south"]
    assert left < 0.75 * right


def test_behind_clouds_nothing_casts_a_shadow_to_its_side():
    state = state_of()
    put(state, 0, 1, 12.0, 0.0)
    weather = {"sun": (0.0, 0.8, 0.6), "cloudiness": 1.0}
    rgb = frames_of(camera_at_origin(), maps_of(), under(state, weather))["rgb"][0].astype(int)
    np.testing.assert_allclose(rgb[60, 100 - 12], rgb[60, 100 + 12], atol=2)


def test_a_brake_lamp_shines_at_night_and_not_through_a_car():
    lit = state_of()
    put(lit, 0, 1, 20.0, 0.0, lamps=1)
    night = under(lit, {**WEATHERS["night"]})
    config = camera_at_origin(channels=("rgb",))
    seen = frames_of(config, maps_of(), night)["rgb"][0].astype(int)
    # Lamps 0.72 m to either side and 0.75 m up, 20 m ahead.
    spot = seen[51:56, 94:99]
    assert spot[..., 0].max() > 200
    assert spot[..., 0].max() > 1.5 * spot[..., 2].max()
    hidden = under(lit, {**WEATHERS["night"]})
    put(hidden, 0, 2, 12.0, 0.0, kind=ActorKind.TRUCK, size=(6.0, 2.5, 3.5))
    hidden.weather.lights[:] = False
    dark = frames_of(config, maps_of(), hidden)["rgb"][0].astype(int)
    assert dark[51:56, 94:99].max() < 60


@pytest.mark.parametrize(("speed", "depth"), [(9.0, 3.0), (4.0, 1.5)])
def test_a_streak_is_as_long_as_the_drop_falls_while_the_shutter_is_open(speed, depth):
    config = camera_at_origin()
    motion = (np.float32(0.0), np.float32(0.0), np.float32(-speed))
    u0, v0, u1, v1 = streak.py_func(
        mount_of(config), air_of(config).axis, np.float32(80.0), np.float32(30.0), np.float32(depth), motion,
        np.float32(0.006),
    )  # fmt: skip
    # f v t / Z with f = 100 px and t = 12 ms.
    assert v1 - v0 == pytest.approx(100.0 * speed * 0.012 / depth, rel=1e-4)
    assert u1 == pytest.approx(u0, abs=1e-3)


def test_drops_are_those_of_marshall_and_palmer():
    # 1 mm: 9.65 - 10.3 exp(-0.6) = 4.00 m/s; 5 mm: 9.14 m/s.
    assert terminal_speed.py_func(np.float32(1e-3)) == pytest.approx(4.0, abs=0.01)
    assert terminal_speed.py_func(np.float32(5e-3)) == pytest.approx(9.14, abs=0.01)
    share = (np.arange(4000) + 0.5) / 4000
    drawn = [drawn_diameter.py_func(diameters_per_m.py_func(np.float32(20.0)), np.float32(value)) for value in share]
    # Above 1 mm their mean lies 1 / 4.1 R^0.21 mm higher; what is larger than 6 mm is cut off.
    assert np.mean(drawn) * 1e3 == pytest.approx(1.0 + 20.0**0.21 / 4.1, abs=0.01)


def test_a_drop_on_the_lens_stays_and_goes(maps, state):
    wet = under(state, {"rain_rate": 30.0})
    still = under(wet, {"rain_rate": 30.0})
    pictures = []
    for tick in (40, 41, 70):
        still.worlds.tick[:] = tick
        pictures.append(frames_of(LEVEL, maps, still)["rgb"].astype(int))
    changed = [(np.abs(picture - pictures[0]).max(axis=-1) > 12).mean() for picture in pictures[1:]]
    assert 0.0 < changed[0] < 0.6 * changed[1]


def test_patches_cover_the_share_they_are_asked_to():
    ranks = patches()
    assert np.bincount(ranks.ravel(), minlength=256).tolist() == [ranks.size // 256] * 256
    assert np.abs(np.diff(ranks.astype(int), axis=1)).max() < 128
    assert np.abs(ranks[:, 0].astype(int) - ranks[:, -1]).max() < 128


def test_snow_is_white_and_hides_lane_lines_in_part(maps, state):
    clear = frames_of(LEVEL, maps, state)
    snowy = frames_of(LEVEL, maps, under(state, {"snow_cover": 1.0, "daylight": 0.3, "cloudiness": 1.0}))["rgb"]
    land = clear["semantic"] == 10
    assert snowy[land].mean() > 140
    saturation = snowy[land].max(axis=-1).astype(int) - snowy[land].min(axis=-1)
    assert saturation.mean() < 25


def test_both_paths_draw_the_same_weather(maps, state):
    rainy = under(state, WEATHERS["rain at night"])
    fast = frames_of(LEVEL, maps, rainy)["rgb"]
    camera = Camera(LEVEL, 9)
    camera._kernel, camera._optics = render_rays, ray_optics(LEVEL)
    camera.update(maps, rainy, Launcher())
    assert (np.abs(fast.astype(int) - camera.frames["rgb"]) > 3).any(axis=-1).mean() <= 0.01


def test_a_low_sun_veils_the_picture_unless_something_hides_it():
    config = camera_at_origin(channels=("rgb",))
    low = {"sun": (math.cos(0.1), 0.0, math.sin(0.1)), "daylight": 1.0}
    facing = frames_of(config, maps_of(), under(state_of(), low))["rgb"][0].astype(int)
    # The sun stands 10 px above the horizon's row.
    assert facing[38:42, 99:101].min() > 240
    hidden = state_of()
    put(hidden, 0, 1, 8.0, 0.0, kind=ActorKind.TRUCK, size=(6.0, 2.5, 3.9))
    shaded = frames_of(config, maps_of(), under(hidden, low))["rgb"][0].astype(int)
    assert shaded[55, 75].sum() < facing[55, 75].sum() - 12
