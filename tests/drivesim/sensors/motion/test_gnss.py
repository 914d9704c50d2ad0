"""The satellite receiver: where its antenna is, how its error wanders, and its faults."""

import numpy as np
import pytest

from drivesim.config import FaultConfig, GnssConfig
from drivesim.errors import ConfigError
from drivesim.sensors.motion.gnss import Gnss
from tests.drivesim.sensors.motion.bench import Bench
from tests.reference.geodesy import ecef, enu_axes, geodetic


def bench(world_count=1, **options):
    return Bench(Gnss, GnssConfig(**options), world_count)


def there(sensor, tick):
    """Its frames with a car at (300, -120)."""
    return sensor.at(tick, x=300.0, y=-120.0, yaw=0.5)


def offsets(frames):
    """Metres east, north, up of where the antenna is."""
    return frames["enu"] - np.float32([300.0, -120.0, 1.5])


def test_an_ideal_receiver_tells_the_place_of_its_antenna():
    frames = bench(model="ideal", x_m=1.0, y_m=0.5, z_m=1.6).at(0, x=10.0, y=20.0, yaw=np.pi / 2)
    assert frames["enu"][0] == pytest.approx([9.5, 21.0, 1.6], abs=1e-5)
    assert frames["valid"].tolist() == [[1]]
    expected = geodetic(ecef(49.0, 8.43, 115.0) + np.array([9.5, 21.0, 1.6]) @ enu_axes(49.0, 8.43))
    assert frames["position"].dtype == np.float64
    assert frames["position"][0, :2] == pytest.approx(expected[:2], abs=1e-11)
    assert frames["position"][0, 2] == pytest.approx(expected[2], abs=1e-6)


def test_geodetic_and_local_positions_tell_the_same_disturbed_place():
    frames = there(bench(20), 0)
    expected = geodetic(ecef(49.0, 8.43, 115.0) + frames["enu"].astype(np.float64) @ enu_axes(49.0, 8.43))
    assert frames["position"] == pytest.approx(expected, abs=2e-4)
    assert frames["position"][:, :2] == pytest.approx(expected[:, :2], abs=1e-9)


def test_errors_have_the_deviation_of_both_parts_from_the_first_position_on():
    sensor = bench(4000, vertical_factor=2.0)
    expected = np.hypot(0.3, 2.1) * np.array([1.0, 1.0, 2.0])
    for tick in range(0, 42, 2):
        off = offsets(there(sensor, tick))
        if tick in (0, 40):
            assert off.std(axis=0) == pytest.approx(expected, rel=0.05)
            assert off.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.25)


def test_the_slow_part_loses_its_memory_by_its_time_constant():
    """After its time constant a Gauss-Markov process correlates by 1/e with what it was."""
    sensor = bench(4000, white_m=0.0, correlated_m=1.0, correlation_s=2.0)
    seen = [offsets(there(sensor, tick)) for tick in range(0, 42, 2)]
    for apart, expected in ((10, np.exp(-1.0)), (20, np.exp(-2.0))):
        assert (seen[0] * seen[apart])[:, :2].mean() == pytest.approx(expected, abs=0.04)


def test_white_noise_is_new_in_every_position():
    sensor = bench(4000, correlated_m=0.0)
    seen = [offsets(there(sensor, tick)) for tick in (0, 2)]
    assert (seen[0] * seen[1]).mean() == pytest.approx(0.0, abs=0.01)
    assert seen[1][:, :2].std() == pytest.approx(0.3, rel=0.03)


def faulty(kind, severity, world_count=300, **when):
    return bench(world_count, model="ideal", faults=(FaultConfig(kind=kind, severity=severity, **when),))


def test_an_outage_takes_the_fix_away_and_gives_it_back():
    sensor = faulty("outage", 3, 2, start_s=0.2, duration_s=0.2)
    for tick, has_fix in ((0, True), (2, False), (3, False), (4, True)):
        frames = there(sensor, tick)
        assert frames["valid"].tolist() == [[has_fix]] * 2
        assert (frames["position"] != 0.0).all() == has_fix
        assert (frames["enu"] != 0.0).all() == has_fix


def test_a_bias_is_as_long_as_its_severity_says_and_stays():
    sensor = faulty("bias", 4)
    first, later = (offsets(there(sensor, tick)) for tick in (0, 50))
    assert np.hypot(*first.T[:2]) == pytest.approx(np.full(300, 5.0), abs=1e-3)
    assert later == pytest.approx(first, abs=1e-4)
    assert np.abs(first[:, :2].mean(axis=0)).max() < 1.0


def test_a_jump_is_drawn_when_it_begins_and_held_until_it_ends():
    sensor = faulty("jump", 3, bursts_per_s=2.0, duration_s=0.6)
    seen = np.stack([offsets(there(sensor, tick))[:, :2] for tick in range(60)])
    moved = np.abs(seen).max(axis=2) > 1e-3
    assert 0.4 < moved.mean() < 0.9
    held = moved[1:] & moved[:-1]
    assert np.abs(seen[1:] - seen[:-1])[held].max() < 1e-3
    begun = moved[1:] & ~moved[:-1]
    assert seen[1:][begun].std() == pytest.approx(10.0, rel=0.1)


def test_a_drift_moves_away_in_a_straight_line():
    sensor = faulty("drift", 5, start_s=1.0)
    seen = {tick: offsets(there(sensor, tick))[:, :2] for tick in (0, 10, 15, 30)}
    assert np.abs(seen[0]).max() == np.abs(seen[10]).max() == pytest.approx(0.0, abs=1e-4)
    assert np.hypot(*seen[30].T) == pytest.approx(np.full(300, 2.0 * 2.0), abs=1e-3)
    assert seen[30] == pytest.approx(4.0 * seen[15], abs=2e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "standalon"}, "standalone"),
        ({"origin_latitude_deg": 91.0}, "origin_latitude_deg"),
        ({"correlation_s": 0.0}, "correlation_s"),
        ({"white_m": -0.1}, "white_m"),
        ({"faults": (FaultConfig(kind="jumps"),)}, "jump"),
    ],
)
def test_wrong_configs_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        GnssConfig(**options)
