"""What the device does to a perfect sweep, against its formulas and by statistics with fixed seeds."""

import math

import numpy as np
import pytest

from drivesim.sensors.lidar.returns import INTENSITY_NOISE
from tests.drivesim.sensors.lidar.scenes import image, lidar_at_origin, put_at_rest, standing, swept
from tests.reference.views import maps_of

WORLDS = 24
QUIET = {"dropout": 0.0, "resolution_m": 0.0, "divergence_mrad": 0.0}


@pytest.fixture(scope="module")
def plain():
    return maps_of()


@pytest.fixture(scope="module")
def empty():
    return standing(world=WORLDS)


def pair(config, maps, state):
    """The perfect sweep of world 0 and the measured ones of all, as range images."""
    perfect = swept(config, maps, state, until="truth")
    real = swept(config, maps, state)
    return perfect, real.frames["range"].astype(np.float64)


@pytest.mark.parametrize(("elevation", "expected_m"), [(-30.0, 0.01), (-6.0, None), (-3.9, None)])
def test_ranges_are_as_noisy_as_lisa_says(plain, empty, elevation, expected_m):
    config = lidar_at_origin(elevations_deg=(elevation,), columns=360, **QUIET)
    perfect, measured = pair(config, plain, empty)
    distance, strength = perfect.sweep.distance[0], perfect.sweep.strength[0]
    snr = strength / 0.9 * (100.0 / distance) ** 2
    sigma = min(max(0.09 / math.sqrt(2.0 * snr), 0.01), 0.2)
    if expected_m is not None:
        assert sigma == expected_m
    error = measured - distance
    # 8,640 draws: 4 standard errors of a standard deviation are 3 %, of a mean 4.3 % of sigma.
    assert (measured > 0.0).all()
    assert error.std() == pytest.approx(sigma, rel=0.03)
    assert abs(error.mean()) < 0.043 * sigma


def test_returns_weaker_than_the_threshold_are_lost(plain, empty):
    elevations = tuple(np.linspace(-2.0, -8.0, 25).tolist())
    config = lidar_at_origin(elevations_deg=elevations, **QUIET)
    perfect, measured = pair(config, plain, empty)
    distance, strength = image(perfect, "range")[:, 0], image(perfect, "intensity")[:, 0]
    snr = strength / 0.9 * (100.0 / np.maximum(distance, 1.0)) ** 2
    assert 3 < (snr < 1.0).sum() < 20
    assert ((measured > 0.0) == (snr >= 1.0)[None, :, None]).all()


def test_a_black_car_is_lost_where_a_white_one_is_seen(plain):
    # At 60 m paint of 0.68 has an SNR of 0.68 / 0.9 (100 / 60)^2 = 2.1, paint of 0.1 one of 0.3.
    seen = {}
    for name, look in (("white", 5), ("black", 0)):
        state = standing()
        put_at_rest(state, 0, 1, 60.0, 0.0, look=look)
        lidar = swept(lidar_at_origin(elevations_deg=(-0.7,), columns=2001, **QUIET), plain, state)
        seen[name] = (image(lidar, "instance") == 2).sum()
    assert seen["white"] > 5
    assert seen["black"] == 0


def test_so_many_returns_drop_out(plain, empty):
    config = lidar_at_origin(elevations_deg=(-30.0,), columns=360, **{**QUIET, "dropout": 0.1})
    _, measured = pair(config, plain, empty)
    lost = (measured == 0.0).mean()
    assert lost == pytest.approx(0.1, abs=4.0 * math.sqrt(0.1 * 0.9 / measured.size))


def test_ranges_come_in_steps(plain, empty):
    config = lidar_at_origin(elevations_deg=(-10.0, -30.0), **{**QUIET, "resolution_m": 0.05})
    _, measured = pair(config, plain, empty)
    steps = measured / 0.05
    assert np.abs(steps - np.rint(steps)).max() < 1e-3
    assert len(np.unique(np.rint(steps))) >= 4


def test_intensity_varies_a_little(plain, empty):
    config = lidar_at_origin(elevations_deg=(-30.0,), columns=360, **QUIET)
    perfect = swept(config, plain, empty, until="truth").frames["intensity"][0, 0, 0]
    real = swept(config, plain, empty).frames["intensity"]
    assert real.mean() == pytest.approx(perfect, rel=0.02)
    assert real.std() / real.mean() == pytest.approx(INTENSITY_NOISE, rel=0.1)
    assert np.abs(real * 255.0 - np.rint(real * 255.0)).max() < 1e-3


def test_edges_mix_what_lies_close_behind(plain):
    state = standing(world=WORLDS)
    for world in range(WORLDS):
        put_at_rest(state, world, 1, 6.0, -0.6, size=(4.0, 1.8, 1.5))
    # 4 degrees down the ground is 21 m away; the car's body hides some of it: far behind, so nothing is mixed.
    far = lidar_at_origin(elevations_deg=(-4.0,), columns=720, **{**QUIET, "divergence_mrad": 8.0})
    perfect, measured = pair(far, plain, state)
    met = measured > 0.0
    assert np.abs(measured - perfect.frames["range"])[met].max() < 1.0
    # Beams 10 degrees down meet the ground within a metre behind the rear face: some returns lie between the two.
    close = lidar_at_origin(elevations_deg=(-13.0,), columns=720, **{**QUIET, "divergence_mrad": 8.0})
    perfect, measured = pair(close, plain, state)
    mixed = np.abs(measured - perfect.frames["range"]) > 0.1
    assert 0 < mixed.sum() < 0.02 * mixed.size
    alone, measured = pair(lidar_at_origin(elevations_deg=(-13.0,), columns=720, **QUIET), plain, state)
    assert (np.abs(measured - alone.frames["range"]) > 0.1).sum() == 0


def test_without_noise_only_the_threshold_is_left(plain, empty):
    config = lidar_at_origin(noise=False)
    perfect, measured = pair(config, plain, empty)
    met = measured > 0.0
    np.testing.assert_array_equal(measured[met], perfect.frames["range"].astype(np.float64)[met])


def test_the_truth_is_kept_where_it_is_asked_for(plain, empty):
    config = lidar_at_origin(truth=True)
    lidar = swept(config, plain, empty)
    perfect = swept(config, plain, empty, until="truth")
    for channel, frames in lidar.truths.items():
        np.testing.assert_array_equal(frames, perfect.frames[channel], err_msg=channel)
    assert (lidar.frames["range"] != lidar.truths["range"]).any()


def test_another_tick_name_or_episode_draws_other_noise(plain):
    def measured(name="lidar", tick=0, key=1):
        state = standing()
        state.worlds.tick[:], state.worlds.key[:] = tick, key
        return swept(lidar_at_origin(name=name), plain, state).frames["range"]

    np.testing.assert_array_equal(measured(), measured())
    for change in ({"name": "other"}, {"tick": 1}, {"key": 2}):
        assert (measured(**change) != measured()).mean() > 0.3
