"""What a car's bus tells: true values, errors, resolution, slip of the wheels, faults."""

import numpy as np
import pytest

from drivesim.config import FaultConfig, OdometryColumn, OdometryConfig
from drivesim.errors import ConfigError
from drivesim.sensors.motion.odometry import Odometry
from tests.drivesim.sensors.motion.bench import Bench

C = OdometryColumn
PERFECT = {
    "speed_scale_error": 0.0, "speed_noise_m_s": 0.0, "speed_step_m_s": 0.0, "steering_noise_deg": 0.0,
    "steering_step_deg": 0.0, "yaw_rate_noise_deg_s": 0.0, "yaw_rate_bias_deg_s": 0.0, "heading_noise_deg": 0.0,
    "heading_bias_deg": 0.0,
}  # fmt: skip
MOTION = {"velocity": (12.345, 0.3), "steer": 0.1234, "yaw_rate": -0.21, "yaw": 2.5, "accel": 2.0}


def bench(world_count=1, **options):
    return Bench(Odometry, OdometryConfig(**{**PERFECT, **options}), world_count)


def values(sensor, tick=0, **motion):
    return sensor.at(tick, **{**MOTION, **motion})["values"]


def test_perfect_devices_tell_the_motion():
    sensor = bench()
    sensor.state.actuators.pedal[:] = -1.5
    assert values(sensor)[0] == pytest.approx([12.345, 0.1234, -0.21, 2.5, -1.5])


def test_values_have_the_resolution_of_their_devices():
    seen = values(bench(speed_step_m_s=0.1, steering_step_deg=0.5))[0]
    assert seen[C.WHEEL_SPEED] == pytest.approx(12.3)
    assert np.degrees(seen[C.STEERING]) == pytest.approx(7.0)  # 7.07 degrees


@pytest.mark.parametrize(
    ("option", "column", "size"),
    [
        ("speed_noise_m_s", C.WHEEL_SPEED, 0.05),
        ("steering_noise_deg", C.STEERING, np.radians(0.1)),
        ("yaw_rate_noise_deg_s", C.YAW_RATE, np.radians(0.1)),
        ("heading_noise_deg", C.HEADING, np.radians(0.5)),
    ],
)
def test_white_noise_has_its_deviation_and_is_new_in_every_frame(option, column, size):
    sensor = bench(4000, **{option: getattr(OdometryConfig(), option)})
    first, other = (values(sensor, tick)[:, column].astype(float) for tick in (0, 1))
    assert first.std() == pytest.approx(size, rel=0.05)
    assert np.corrcoef(first, other)[0, 1] == pytest.approx(0.0, abs=0.06)


@pytest.mark.parametrize(
    ("option", "column", "size"),
    [
        ("speed_scale_error", C.WHEEL_SPEED, 12.345 * 0.01),
        ("yaw_rate_bias_deg_s", C.YAW_RATE, np.radians(0.2)),
        ("heading_bias_deg", C.HEADING, np.radians(2.0)),
    ],
)
def test_lasting_errors_stay_within_their_bounds_and_last(option, column, size):
    sensor = bench(4000, **{option: getattr(OdometryConfig(), option)})
    first, later = (values(sensor, tick)[:, column].astype(float) for tick in (0, 30))
    np.testing.assert_array_equal(first, later)
    assert np.ptp(first) == pytest.approx(2.0 * size, rel=0.01)
    assert first.std() == pytest.approx(size / np.sqrt(3.0), rel=0.05)


def test_a_wheel_at_rest_has_no_noise():
    sensor = bench(100, speed_noise_m_s=0.5)
    assert (values(sensor, velocity=(0.0, 0.0))[:, C.WHEEL_SPEED] == 0.0).all()
    assert (values(sensor, velocity=(0.1, 0.0))[:, C.WHEEL_SPEED] >= 0.0).all()


def test_driven_wheels_turn_faster_and_braked_ones_slower_the_more_so_on_ice():
    """Slip is acceleration over (stiffness * friction * g): 2 / (20.898 * 1.0489 * 9.81) = 0.930 %."""
    sensor = bench(wheel_slip=True)
    assert values(sensor)[0, C.WHEEL_SPEED] == pytest.approx(12.345 * 1.00930, rel=1e-4)
    assert values(sensor, accel=-2.0)[0, C.WHEEL_SPEED] == pytest.approx(12.345 * 0.99070, rel=1e-4)
    sensor.state.weather.grip[:] = 0.25
    assert values(sensor)[0, C.WHEEL_SPEED] == pytest.approx(12.345 * 1.03720, rel=1e-4)


def test_the_heading_stays_within_half_a_turn():
    seen = values(bench(2000, heading_noise_deg=5.0), yaw=np.pi - 0.01)[:, C.HEADING]
    assert (np.abs(seen) <= np.float32(np.pi)).all()
    assert 0.2 < (seen < 0.0).mean() < 0.6


@pytest.mark.parametrize(("severity", "share"), [(1, 0.02), (5, 0.2)])
def test_faulty_wheel_speed_has_noise_in_proportion(severity, share):
    sensor = bench(4000, faults=(FaultConfig(kind="speed_noise", severity=severity),))
    assert values(sensor)[:, C.WHEEL_SPEED].std() == pytest.approx(12.345 * share, rel=0.05)


def test_a_faulty_compass_is_off_to_either_side():
    seen = values(bench(400, faults=(FaultConfig(kind="compass", severity=4),)))[:, C.HEADING]
    off = (seen - 2.5 + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(off) == pytest.approx(np.full(400, np.pi / 4), abs=1e-5)
    assert 0.4 < (off > 0).mean() < 0.6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"speed_scale_error": 0.9}, "speed_scale_error"),
        ({"wheel_slip": 1}, "wheel_slip"),
        ({"heading_bias_deg": -1.0}, "heading_bias_deg"),
        ({"faults": (FaultConfig(kind="jump"),)}, "faults"),
    ],
)
def test_wrong_configs_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        OdometryConfig(**options)
