"""The inertial unit: hand-worked motions, integrals, a finely integrated car, and the statistics of its errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.config import FaultConfig, ImuConfig
from drivesim.errors import ConfigError
from drivesim.kernels.launch import Launcher
from drivesim.sensors.motion.imu import Imu, sensor_from_ego
from drivesim.state import allocate_state
from tests.drivesim.sensors.motion.bench import Bench
from tests.judges import ask

G = 9.81


def ideal(**options):
    return Bench(Imu, ImuConfig(model="ideal", **options))


def noisy(world_count=1, **options):
    return Bench(Imu, ImuConfig(**options), world_count)


def test_a_standing_unit_feels_gravity_pushing_up_and_nothing_else():
    bench = ideal()
    for tick in range(3):
        samples = bench.at(tick)["samples"]
    assert samples == pytest.approx(np.tile([0.0, 0.0, G, 0.0, 0.0, 0.0], (1, 10, 1)), abs=1e-6)


def test_in_a_steady_turn_it_feels_the_centripetal_acceleration_of_its_own_place():
    """10 m/s at 0.5 rad/s: 5 m/s^2 to the left at the axle; 2 m ahead and 1 m left, 0.5 back and 0.25 right more."""
    bench = ideal(x_m=2.0, y_m=1.0)
    for tick in range(3):
        samples = bench.at(tick, yaw=0.05 * tick, yaw_rate=0.5, velocity=(10.0, 0.0))["samples"]
        assert samples == pytest.approx(np.tile([-0.5, 4.75, G, 0.0, 0.0, 0.5], (1, 10, 1)), abs=2e-4)


def test_it_feels_yaw_acceleration_by_its_lever_arm():
    """From rest to 0.2 rad/s in 0.1 s: 2 rad/s^2; 1.5 m ahead and 0.5 m left that is 3 to the left and 1 back."""
    bench = ideal(x_m=1.5, y_m=0.5)
    bench.at(0)
    samples = bench.at(1, yaw=0.01, yaw_rate=0.2)["samples"][0]
    assert samples[0, :2] == pytest.approx([-1.0, 3.0], abs=1e-2)
    assert samples[:, 5] == pytest.approx(0.2 * (np.arange(10) + 0.5) / 10, abs=1e-6)


def test_braking_from_10_to_9_in_a_tenth_of_a_second_is_10_back_in_every_sample():
    bench = ideal()
    bench.at(0, velocity=(10.0, 0.0))
    samples = bench.at(1, velocity=(9.0, 0.0))["samples"][0]
    assert samples[:, 0] == pytest.approx(np.full(10, -10.0), abs=1e-4)


@pytest.mark.parametrize(
    ("pose", "expected"),
    [
        ({"yaw_deg": 90.0}, (0.0, -3.0, G)),
        ({"roll_deg": 180.0}, (3.0, 0.0, -G)),
        ({"pitch_deg": 30.0}, (3.0 * 0.8660254 - G * 0.5, 0.0, 3.0 * 0.5 + G * 0.8660254)),
        ({"roll_deg": 30.0}, (3.0, G * 0.5, G * 0.8660254)),
    ],
)
def test_a_turned_unit_measures_along_its_own_axes(pose, expected):
    """While the car speeds up by 3 m/s^2. Nose down, the push up comes from behind; rolled right, from the left."""
    bench = ideal(**pose)
    bench.at(0)
    samples = bench.at(1, velocity=(0.3, 0.0))["samples"][0]
    assert samples[:, :3] == pytest.approx(np.tile(expected, (10, 1)), abs=1e-4)


def test_the_pose_is_a_rotation():
    turn = sensor_from_ego(ImuConfig(yaw_deg=33.0, pitch_deg=-12.0, roll_deg=71.0))
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)


angles = st.floats(-3.1, 3.1)
rates = st.floats(-1.5, 1.5)
speeds = st.floats(0.0, 40.0)
sides = st.floats(-2.0, 2.0)


@given(
    angles, st.floats(-0.12, 0.12), rates, rates, speeds, st.floats(-1.2, 1.2), sides, sides, st.sampled_from([1, 2])
)
def test_the_samples_add_up_to_the_change_of_yaw_and_velocity(yaw, turn, first, last, speed, gain, left, right, ticks):
    """Strapdown integration in float64, half a turn before and half a turn after every sample's force."""
    bench = ideal(x_m=1.3, y_m=-0.4, sample_rate_hz=100.0, rate_hz=10.0 / ticks, accel_range_m_s2=1e4)
    before = {"yaw": yaw, "yaw_rate": first, "velocity": (speed, left)}
    end = np.float32((yaw + turn + np.pi) % (2.0 * np.pi) - np.pi)
    after = {"yaw": end, "yaw_rate": last, "velocity": (max(speed + gain, 0.0), right)}
    bench.at(0, **before)
    samples = bench.at(ticks, **after)["samples"][0].astype(np.float64)
    assert len(samples) == 10 * ticks
    turned = (np.float64(end) - np.float64(np.float32(yaw)) + np.pi) % (2.0 * np.pi) - np.pi
    assert samples[:, 5].sum() * 0.01 == pytest.approx(turned, abs=2e-6)

    def velocity_at_the_unit(motion):
        ahead, left = motion["velocity"]
        spot = complex(ahead + 0.4 * motion["yaw_rate"], left + 1.3 * motion["yaw_rate"])
        return spot * np.exp(1j * float(np.float32(motion["yaw"])))

    heading, reached = float(np.float32(yaw)), velocity_at_the_unit(before)
    for x, y, *_, rate in samples:
        reached += 0.01 * complex(x, y) * np.exp(1j * (heading + 0.005 * rate))
        heading += 0.01 * rate
    assert abs(reached - velocity_at_the_unit(after)) < 2e-3


def test_between_steps_it_follows_a_finely_integrated_car():
    """A slalom at 15 m/s whose steering angle is a sine of 0.5 Hz, rear axle, integrated in steps of 0.1 ms."""
    wheelbase, fine, per_sample = 2.5789, 1e-4, 100
    time = np.arange(0, 6.0 + fine / 2, fine)
    speed = 15.0 + 1.5 * np.sin(0.8 * time)
    rate = speed / wheelbase * np.tan(0.04 * np.sin(np.pi * time))
    yaw = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * fine)])
    unit = (speed + 1j * rate) * np.exp(1j * yaw)
    accel = np.gradient(unit, fine) * np.exp(-1j * yaw)
    bench = ideal(x_m=1.0)
    errors = []
    for tick in range(60):
        at = tick * 1000
        samples = bench.at(tick, yaw=yaw[at], yaw_rate=rate[at], velocity=(speed[at], 0.0))["samples"][0]
        if tick > 0:
            span = np.arange(at - 1000, at).reshape(10, per_sample)
            errors.append(
                samples[:, [0, 1, 5]]
                - np.stack([accel[span].real.mean(1), accel[span].imag.mean(1), rate[span].mean(1)], axis=1)
            )
    peak = [np.abs(accel.real).max(), np.abs(accel.imag).max(), np.abs(rate).max()]
    assert (np.abs(errors).max(axis=(0, 1)) / peak < [0.05, 0.01, 0.002]).all()


def test_a_slower_unit_tells_all_that_was_between_its_frames():
    bench = ideal(rate_hz=5.0)
    seen = []
    for tick in range(0, 12, 2):
        samples = bench.at(tick, yaw=0.01 * tick**2, yaw_rate=0.2 * tick, velocity=(5.0, 0.0))["samples"][0]
        seen.append(samples[:, 5].sum() * 0.01)
    assert samples.shape == (20, 6)
    assert np.cumsum(seen[1:]) == pytest.approx(0.01 * np.arange(2, 12, 2) ** 2, abs=1e-6)


def test_looking_twice_at_one_moment_changes_nothing_of_the_truth():
    bench = ideal()
    bench.at(0)
    motion = {"yaw": 0.01, "yaw_rate": 0.2, "velocity": (3.0, 0.0)}
    first = bench.at(1, **motion)["samples"]
    np.testing.assert_array_equal(bench.at(1, until="truth")["samples"], first)


def test_white_noise_has_the_density_times_the_root_of_the_rate():
    bench = noisy(64, sample_rate_hz=200.0, gyro_random_walk=0.0, accel_random_walk=0.0)
    drawn = np.stack([bench.at(tick)["samples"] for tick in range(60)])
    deviation = (drawn - drawn.mean(axis=(0, 2), keepdims=True)).std(axis=(0, 1, 2))
    expected = np.repeat([2.0e-3, 1.6968e-4], 3) * np.sqrt(200.0)
    assert deviation == pytest.approx(expected, rel=0.02)


def test_biases_begin_anywhere_within_their_bounds_and_scales_too():
    quiet = {"gyro_noise_density": 0.0, "accel_noise_density": 0.0, "gyro_random_walk": 0.0, "accel_random_walk": 0.0}
    bench = noisy(2000, gyro_start_bias=0.01, accel_start_bias=0.2, scale_error=0.0, **quiet)
    off = bench.at(0)["samples"][:, 0] - [0.0, 0.0, G, 0.0, 0.0, 0.0]
    bounds = np.repeat([0.2, 0.01], 3)
    assert (np.abs(off) <= bounds * 1.0001 + 1e-6).all()
    assert off.std(axis=0) == pytest.approx(bounds / np.sqrt(3.0), rel=0.05)
    bench = noisy(2000, gyro_start_bias=0.0, accel_start_bias=0.0, scale_error=0.01, **quiet)
    scale = bench.at(0)["samples"][:, 0, 2] / G - 1.0
    assert np.abs(scale).max() <= 0.0101
    assert scale.std() == pytest.approx(0.01 / np.sqrt(3.0), rel=0.05)


def test_the_walk_of_the_bias_grows_with_the_root_of_time():
    bench = noisy(3000, gyro_noise_density=0.0, accel_noise_density=0.0)
    for tick in range(41):
        bench.at(tick)
        if tick in (10, 40):
            expected = np.repeat([3.0e-3, 1.9393e-5], 3) * np.sqrt(0.1 * (tick + 1))
            assert bench.sensor.memory["bias"].std(axis=0) == pytest.approx(expected, rel=0.05)


def test_it_saturates():
    bench = noisy(accel_range_m_s2=5.0, gyro_range_deg_s=10.0)
    bench.at(0)
    samples = bench.at(1, yaw=0.1, yaw_rate=1.0, velocity=(3.0, 0.0))["samples"][0]
    assert samples[:, [0, 2]] == pytest.approx(np.full((10, 2), 5.0))
    assert samples[1:, 5] == pytest.approx(np.full(9, np.radians(10.0)))


@pytest.mark.parametrize("severity", [1, 5])
def test_a_faulty_bias_moves_every_axis_by_as_much_as_its_severity_says(severity):
    fault = FaultConfig(kind="bias", severity=severity, start_s=0.2)
    bench = Bench(Imu, ImuConfig(model="ideal", faults=(fault,)), 50)
    assert bench.at(1)["samples"] == pytest.approx(np.tile([0.0, 0.0, G, 0.0, 0.0, 0.0], (50, 10, 1)), abs=1e-6)
    off = bench.at(2)["samples"] - [0.0, 0.0, G, 0.0, 0.0, 0.0]
    size = np.repeat([{1: 0.1, 5: 2.0}[severity], np.radians({1: 0.5, 5: 10.0}[severity])], 3)
    assert np.abs(off) == pytest.approx(np.broadcast_to(size, off.shape), abs=1e-5)
    assert 0.3 < (off > 0).mean() < 0.7


def test_worlds_draw_for_themselves():
    many, alone = noisy(9), Bench(Imu, ImuConfig(), 1)
    alone.state.worlds.key[:] = many.state.worlds.key[4]
    for tick in range(4):
        a, b = many.at(tick)["samples"], alone.at(tick)["samples"]
    np.testing.assert_array_equal(a[4], b[0])
    assert len(np.unique(a[:, 0, 0])) == 9


def test_every_driver_of_a_world_has_a_unit_of_its_own():
    unit = Imu(ImuConfig(), 3, driver_count=2)
    state = allocate_state(world=3, slot=2, driver=2)
    for tick in range(2):
        state.worlds.tick[:] = tick
        state.actuators.velocity[:, 1, 0] = 0.5 * tick
        unit.update(None, state, Launcher(), np.array([True, False, True]))
    samples = unit.frames["samples"].reshape(3, 2, 10, 6)
    assert (samples[1] == 0.0).all()
    assert np.abs(samples[[0, 2], 0, :, 0].mean(axis=1)).max() < 0.5
    assert samples[[0, 2], 1, :, 0].mean(axis=1) == pytest.approx([5.0, 5.0], abs=0.5)
    assert len(np.unique(samples[0, :, 0, 3])) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "adis16488"}, "adis16448"),
        ({"sample_rate_hz": 105.0}, "multiple of rate_hz"),
        ({"sample_rate_hz": 5.0}, "sample_rate_hz"),
        ({"rate_hz": 0.0}, "rate_hz"),
        ({"gyro_noise_density": -1.0}, "gyro_noise_density"),
        ({"accel_start_bias": float("nan")}, "accel_start_bias"),
        ({"gyro_range_deg_s": 0.0}, "gyro_range_deg_s"),
        ({"faults": (FaultConfig(kind="outage"),)}, "faults"),
    ],
)
def test_wrong_configs_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        ImuConfig(**options)


def test_a_control_rate_that_is_no_multiple_of_its_rate_is_refused():
    with pytest.raises(ConfigError, match="control rate 15"):
        Imu(ImuConfig(sample_rate_hz=100.0), 1, step_s=1.0 / 15.0)


_ALLAN = """
import allantools
for name in ("accel", "gyro"):
    rows = []
    for series in given[name]:
        taus, deviations, _, _ = allantools.oadev(series, rate=100.0, data_type="freq", taus=given[name + "_taus"])
        assert np.allclose(taus, given[name + "_taus"])
        rows.append(deviations)
    answer[name] = np.sqrt((np.array(rows) ** 2).mean(axis=0))
"""


@pytest.mark.slow
@pytest.mark.parametrize("model", ["adis16448", "bmi088"])
def test_allantools_finds_the_noise_density_and_the_random_walk(model):
    """Ten minutes at rest in 16 worlds; s^2 = N^2 / tau + K^2 tau / 3 (IEEE 952) at a short and a long time."""
    worlds, ticks = 16, 6000
    bench = noisy(worlds, model=model)
    record = np.empty((ticks, worlds, 10, 6), np.float32)
    for tick in range(ticks):
        record[tick] = bench.at(tick)["samples"]
    series = record.transpose(1, 3, 0, 2).reshape(worlds, 6, -1).astype(np.float64)
    taus = {"accel": np.array([0.1, 20.0]), "gyro": np.array([0.3, 60.0])}
    given_ = {"accel": series[:, :3].reshape(-1, ticks * 10), "gyro": series[:, 3:].reshape(-1, ticks * 10)}
    found = ask(_ALLAN, given_ | {f"{name}_taus": each for name, each in taus.items()}, "allantools")
    errors = ImuConfig(model=model).errors
    for name in ("accel", "gyro"):
        times = taus[name]
        rows = np.stack([1.0 / times, times / 3.0], axis=1)
        density, walk = np.sqrt(np.linalg.solve(rows, found[name] ** 2))
        assert density == pytest.approx(getattr(errors, f"{name}_noise_density"), rel=0.05)
        assert walk == pytest.approx(getattr(errors, f"{name}_random_walk"), rel=0.05)
