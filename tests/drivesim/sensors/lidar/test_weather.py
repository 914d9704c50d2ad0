"""Fog, rain, snow and wet ground, against formulas worked out another way and by statistics with fixed seeds."""

import math

import numpy as np
import pytest

from drivesim.config import LidarConfig
from drivesim.semantics import Semantic
from drivesim.sensors.lidar.weather import RAIN, SNOW, drop_extinction, drop_returns, fog_return
from tests.drivesim.sensors.lidar.scenes import image, lidar_at_origin, standing, swept
from tests.reference.views import maps_of


@pytest.fixture(scope="module")
def plain():
    return maps_of()


def weathered(worlds=1, **columns):
    state = standing(world=worlds)
    for name, value in columns.items():
        getattr(state.weather, name)[:] = value
    return state


def test_extinction_follows_from_the_sizes_of_drops_and_flakes():
    # pi / 4 times 2 times the integral of N(D) D^2: rain 3.65e-4 R^0.63, snow 1.44e-3 R^0.57.
    assert drop_extinction(np.array([0.0, 1.0, 25.0]), RAIN) == pytest.approx([0.0, 3.65e-4, 2.77e-3], rel=0.01)
    assert drop_extinction(np.array([1.0, 4.0]), SNOW) == pytest.approx([1.44e-3, 1.44e-3 * 4**0.57], rel=0.01)
    # Weber's fit of measurements, 0.312 R^0.67 per km, is close.
    rate = np.array([2.5, 25.0, 100.0])
    assert drop_extinction(rate, RAIN) == pytest.approx(0.312e-3 * rate**0.67, rel=0.2)


@pytest.mark.parametrize("kind", [RAIN, SNOW])
def test_so_many_drops_in_a_ray_would_be_detected(kind):
    config, rate = LidarConfig(), 10.0
    mean, _ = drop_returns(config, np.array([rate]), kind)
    n0, slope = (8000.0, 4.1 * rate**-0.21) if kind == RAIN else (7600.0 * rate**-0.87, 2.55 * rate**-0.48)
    index = 1.328 if kind == RAIN else 1.3031
    fresnel = ((index - 1.0) / (index + 1.0)) ** 2
    size, place = np.linspace(0.0025, 20.0, 4000), np.linspace(0.005, 25.0, 2500)
    signal = fresnel * (1e-3 * size[:, None] / (3e-3 * place)) ** 2 * 100.0**2 / 0.9 / place**2
    in_ray = 0.25 * math.pi * (3e-3 * place) ** 2 * n0 * np.exp(-slope * size[:, None])
    expected = np.trapezoid(np.trapezoid(np.where(signal >= 1.0, in_ray, 0.0), place, axis=1), size)
    assert mean[0] == pytest.approx(expected, rel=0.03)


def test_fog_dims_by_exp_of_twice_the_way(plain):
    config = lidar_at_origin(backscatter=0.0)
    clear = swept(config, plain, weathered(), until="truth")
    foggy = swept(config, plain, weathered(fog_extinction=0.03), until="medium")
    ranges = image(clear, "range")
    expected = image(clear, "intensity") * np.exp(-2.0 * 0.03 * ranges)
    assert image(foggy, "intensity") == pytest.approx(expected, rel=1e-4)
    np.testing.assert_array_equal(image(foggy, "range"), ranges)


def test_the_strongest_of_the_fog_is_near_and_nearer_in_thick_fog():
    strength, place = fog_return(np.array([0.001, 0.03, 0.2]))
    assert (np.diff(strength) < 0.0).all()
    assert (np.diff(place) < 0.0).all()
    assert (place > 3.0).all()
    assert (place < 9.0).all()
    # Straight from the formula, at 0.03 / m.
    near = np.arange(0.9, 8.0, 0.001)
    response = [
        np.trapezoid(
            np.where(
                (at - near >= 0.0) & (at - near <= 5.996),
                np.sin(math.pi * (at - near) / 5.996) ** 2
                * np.exp(-0.06 * near)
                * np.clip((near - 0.9) / 4.1, 0.0, 1.0)
                / near**2,
                0.0,
            ),
            near,
        )
        for at in np.arange(4.0, 8.0, 0.02)
    ]
    assert strength[1] == pytest.approx(max(response), rel=0.02)


def test_thicker_fog_returns_more_and_shows_less(plain):
    state = weathered(worlds=4, fog_extinction=np.array([0.0, 0.01, 0.03, 0.1]))
    lidar = swept(LidarConfig(channels=("points", "valid", "semantic", "range")), plain, state)
    valid = lidar.frames["valid"] > 0
    soft = valid & (lidar.frames["semantic"] == Semantic.UNLABELED)
    assert (np.diff(soft.mean(axis=1)) > 0.02).all()
    assert soft[0].sum() == 0
    assert (np.diff((valid & ~soft).mean(axis=1)) < 0.0).all()
    distance = np.linalg.norm(lidar.frames["points"][..., :3], axis=-1)
    assert 2.0 < np.median(distance[soft]) < 9.0


@pytest.mark.parametrize(("column", "rates", "kind"), [("rain_rate", 30.0, RAIN), ("snow_rate", 3.0, SNOW)])
def test_drops_and_flakes_return_as_often_as_chance_says(plain, column, rates, kind):
    config = LidarConfig(elevations_deg=(20.0, 15.0, 10.0), columns=1000, channels=("range", "semantic"), sweep_s=0.0)
    lidar = swept(config, plain, weathered(worlds=8, **{column: rates}), until="medium")
    ranges = lidar.frames["range"]
    mean, fall = drop_returns(config, np.array([rates]), kind)
    # Of the drops those beyond the least range of 0.9 m count: Maxwell's distribution from there on.
    at = np.linspace(0.0, 12.0, 20001)
    density = at**2 * np.exp(-fall[0] * at**2)
    share = (1.0 - math.exp(-mean[0])) * density[at >= 0.9].sum() / density.sum()
    assert (ranges > 0.0).mean() == pytest.approx(share, abs=4.0 * math.sqrt(share / ranges.size))
    expected = (at * density)[at >= 0.9].sum() / density[at >= 0.9].sum()
    assert ranges[ranges > 0.0].mean() == pytest.approx(expected, rel=0.1)


def test_a_wet_road_is_darker_and_snow_is_brighter(plain):
    def seen(**columns):
        return image(swept(lidar_at_origin(), plain, weathered(**columns), until="medium"), "intensity")[4]

    assert seen(wetness=1.0) == pytest.approx(0.4 * seen(), rel=1e-4)
    assert seen(snow_cover=1.0) == pytest.approx(seen() * 0.85 / 0.17 * _share(0.6) / _share(0.5), rel=1e-4)


def _share(roughness):
    return 1.0 - 0.5 * roughness**2 / (roughness**2 + 0.33)


def test_a_world_has_its_own_weather(plain):
    state = weathered(worlds=3)
    state.weather.fog_extinction[1] = 0.1
    lidar = swept(lidar_at_origin(), plain, state)
    clear = swept(lidar_at_origin(), plain, weathered(worlds=3))
    for world, same in enumerate((True, False, True)):
        assert (lidar.frames["range"][world] == clear.frames["range"][world]).all() == same
