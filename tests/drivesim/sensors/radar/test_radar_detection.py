"""What a radar makes of scatter points: statistics of many frames against their formulas."""

import math

import numpy as np
import pytest

from tests.reference.radar import AZIMUTH, GROUND, RANGE, RCS, SNR, VELOCITY, many_frames, person, quiet
from tests.reference.views import put

FRAMES = 250 * 40


def signal(config, distance, rcs=-4.0):
    """Mean power over the noise of a radar cross section at a distance."""
    return 10.0 ** (0.1 * (13.0 - 10.0 + rcs - 40.0 * math.log10(distance / config.device.range_m)))


@pytest.mark.parametrize(("distance", "false_alarms"), [(60.0, 1e-6), (90.0, 1e-6), (90.0, 1e-5), (110.0, 1e-5)])
def test_the_probability_of_detection_is_that_of_swerling_1(distance, false_alarms):
    config = quiet(false_alarm_probability=false_alarms)
    frames = many_frames(config, lambda state, world: person(state, world, 1, distance))
    seen = sum((abs(rows[:, RANGE] - distance) < 1.5).any() for rows in frames)
    expected = false_alarms ** (1.0 / (1.0 + signal(config, distance)))
    assert 0.05 < expected < 0.95
    assert seen / FRAMES == pytest.approx(expected, abs=4.0 * math.sqrt(expected * (1.0 - expected) / FRAMES) + 0.002)


def test_power_over_the_threshold_is_exponential_as_swerling_1_has_it():
    config = quiet()
    rows = np.concatenate(list(many_frames(config, lambda state, world: person(state, world, 1, 30.0))))
    power = 1.0 + 10.0 ** (0.1 * rows[:, SNR])
    mean = 1.0 + signal(config, 30.0)
    assert np.mean(power - power.min()) == pytest.approx(mean, rel=0.04)
    assert np.std(power) == pytest.approx(mean, rel=0.04)
    # The cross section that is told is that of this very power.
    told = 10.0 ** (0.1 * rows[:, RCS])
    assert np.median(told / (power - 1.0)) == pytest.approx(10.0**-0.4 / signal(config, 30.0), rel=0.01)


def test_false_alarms_are_poisson_and_anywhere():
    config = quiet(false_alarm_probability=1e-4, detections_max=128)
    frames = list(many_frames(config, lambda state, world: None, ticks=8))
    counts = np.array([len(rows) for rows in frames])
    # 250 m / 0.4 m by 120 m/s / 0.3 m/s cells.
    mean = 1e-4 * 625 * 400
    assert config.false_alarm_mean == pytest.approx(mean)
    assert counts.mean() == pytest.approx(mean, abs=4.0 * math.sqrt(mean / len(counts)) + 0.03)
    assert counts.var() == pytest.approx(mean, rel=0.12)
    rows = np.concatenate(frames)
    for column, half in ((VELOCITY, 60.0), (AZIMUTH, math.radians(80.0))):
        assert rows[:, column].mean() == pytest.approx(0.0, abs=4.0 * half / math.sqrt(3 * len(rows)))
        assert rows[:, column].std() == pytest.approx(half / math.sqrt(3.0), rel=0.02)
    assert rows[:, RANGE].mean() == pytest.approx(125.0, rel=0.02)
    assert (10.0 ** (0.1 * rows[:, SNR])).min() > -math.log(1e-4) - 1.001


def test_clutter_is_poisson_near_and_stands_still():
    config = quiet(clutter_mean=12.0)
    frames = list(many_frames(config, lambda state, world: state.actors.speed[world].fill(15.0), ticks=8))
    rows = np.concatenate(frames)
    counts = np.array([len(each) for each in frames])
    # Nearly all of it is found: it lies where its mean has the 13 dB that most of a weaker signal is found with.
    assert 8.0 < counts.mean() < 12.0
    assert counts.var() == pytest.approx(counts.mean(), rel=0.12)
    assert rows[:, RANGE].max() < 250.0 * 10.0 ** (-20.0 / 40.0) + 1.0
    ahead = rows[np.abs(rows[:, AZIMUTH]) < 0.5]
    assert np.abs(ahead[:, GROUND]).max() < 6.0 * (0.07 + 15.0 * math.radians(0.2) * math.tan(0.5))
    assert rows[:, VELOCITY].min() < -14.0
    assert -14.0 < rows[:, RCS].mean() < -8.0


@pytest.mark.parametrize("degrees", [0.0, 60.0])
def test_errors_have_the_stated_deviations_and_azimuth_errors_grow_to_the_side(degrees):
    azimuth = math.radians(degrees)
    config = quiet(model="ARS408-near", fov_deg=160.0)
    state_of = lambda state, world: person(state, world, 1, 12.0, azimuth)  # noqa: E731
    rows = np.concatenate(list(many_frames(config, state_of)))
    device = config.device
    count = len(rows)
    assert count > 0.95 * FRAMES
    expected = {
        RANGE: (12.0, device.range_accuracy_m),
        AZIMUTH: (azimuth, math.radians(device.azimuth_accuracy_deg) / math.cos(azimuth)),
        VELOCITY: (0.0, device.velocity_accuracy_mps),
    }
    for column, (mean, deviation) in expected.items():
        assert rows[:, column].mean() == pytest.approx(mean, abs=4.0 * deviation / math.sqrt(count))
        assert rows[:, column].std() == pytest.approx(deviation, rel=0.05)
    correlation = np.corrcoef(rows[:, [RANGE, AZIMUTH, VELOCITY]].T)
    assert np.abs(correlation - np.eye(3)).max() < 0.04


PAIRS = {
    "range": ((0.2, 0.0, 0.0), (0.9, 0.0, 0.0)),
    "azimuth": ((0.0, math.radians(1.5), 0.0), (0.0, math.radians(3.0), 0.0)),
    "velocity": ((0.0, 0.0, 0.2), (0.0, 0.0, 0.6)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_targets_in_one_cell_merge_and_a_cell_apart_do_not(name):
    # With range, azimuth and velocity resolutions of 0.4 m, 2 degrees and 0.3 m/s.
    config = quiet(range_accuracy_m=0.0, azimuth_accuracy_deg=0.0, velocity_accuracy_mps=0.0)
    for (away, aside, faster), count in zip(PAIRS[name], (1, 2), strict=True):

        def pair(state, world, away=away, aside=aside, faster=faster):
            person(state, world, 1, 8.0, speed=1.0)
            person(state, world, 2, 8.0 + away, aside, speed=1.0 + faster)

        frames = list(many_frames(config, pair, ticks=2))
        assert max(len(rows) for rows in frames) == count
        assert np.mean([len(rows) for rows in frames]) > 0.97 * count
        if count == 1:
            merged = np.concatenate(frames)
            # Both have the same strength: the middle is told, with the power of both.
            assert merged[:, RANGE].mean() == pytest.approx(8.0 + 0.5 * away, abs=0.01)
            assert merged[:, AZIMUTH].mean() == pytest.approx(0.5 * aside, abs=1e-3)
            assert merged[:, VELOCITY].mean() == pytest.approx(1.0 + 0.5 * faster, abs=0.01)
            power = 10.0 ** (0.1 * merged[:, SNR])
            assert power.mean() == pytest.approx(2.0 * signal(config, 8.0), rel=0.2)


def test_velocities_wrap_at_the_greatest_that_can_be_told():
    def fast(state, world):
        put(state, world, 1, 40.0, 0.0, math.pi)
        state.actors.speed[world, :2] = 40.0, 30.0

    config = quiet(velocity_max_mps=60.0, velocity_accuracy_mps=0.0, azimuth_accuracy_deg=0.0)
    rows = np.concatenate(list(many_frames(config, fast, worlds=8, ticks=2)))
    # It comes with 70 m/s, which are told as 120 - 70 going away.
    ahead = rows[np.abs(rows[:, AZIMUTH]) < 1e-3]
    assert len(ahead) > 8
    assert ahead[:, VELOCITY] == pytest.approx(50.0, abs=0.02)
    assert ahead[:, GROUND] == pytest.approx(90.0, abs=0.02)
    assert np.abs(rows[:, VELOCITY]).max() <= 60.0


def test_where_there_are_too_many_the_strongest_are_kept_nearest_first():
    def crowd(state, world):
        person(state, world, 1, 10.0)
        put(state, world, 2, 60.0, 6.0)
        person(state, world, 3, 50.0, -0.5)

    config = quiet(velocity_accuracy_mps=0.0)
    full = list(many_frames(config, crowd, worlds=16, ticks=4))
    few = list(many_frames(quiet(velocity_accuracy_mps=0.0, detections_max=2), crowd, worlds=16, ticks=4))
    for rows, kept in zip(full, few, strict=True):
        assert (np.diff(rows[:, RANGE]) >= 0.0).all()
        assert (np.diff(kept[:, RANGE]) >= 0.0).all()
        assert len(kept) == min(2, len(rows))
        if len(rows) > 2:
            weakest_kept = kept[:, SNR].min()
            left_out = np.sort(rows[:, SNR])[:-2]
            assert left_out.max() <= weakest_kept + 0.5
            assert all((kept_row == rows).all(axis=1).any() for kept_row in kept)


def test_own_motion_is_taken_off_with_the_azimuth_that_was_told():
    def turning(state, world):
        person(state, world, 1, 20.0, 0.6)
        state.actors.speed[world, 0], state.actors.yaw_rate[world, 0] = 25.0, 0.3

    config = quiet(x_m=0.0, y_m=0.0)
    rows = np.concatenate(list(many_frames(config, turning, worlds=50, ticks=10)))
    told = rows[:, VELOCITY] + 25.0 * np.cos(rows[:, AZIMUTH])
    assert rows[:, GROUND] == pytest.approx(told, abs=1e-4)
    assert rows[:, GROUND].mean() == pytest.approx(0.0, abs=0.02)
