"""Rain, interference and blindness: what they take from a radar, and what they add."""

import math

import numpy as np
import pytest

from drivesim.config import FaultConfig, RadarConfig
from drivesim.config.sensors.radar import BLINDNESS_DB, BLINDNESS_SECTOR, INTERFERENCE_DB, INTERFERENCE_DETECTIONS
from drivesim.kernels.launch import Launcher
from drivesim.sensors.radar.sensor import Radar, rain_attenuation
from tests.reference.radar import AZIMUTH, EMPTY, RANGE, SNR, VELOCITY, frames_of, many_frames, person, quiet
from tests.reference.views import put, state_of


def mean_power(config, make, **how):
    rows = np.concatenate(list(many_frames(config, make, **how)))
    return np.mean(10.0 ** (0.1 * rows[:, SNR]))


def test_rain_attenuates_as_the_itu_says():
    # P.838-3 at 77 GHz, one way: 10 mm/h about 5.9 dB/km, 50 mm/h about 18.8 dB/km.
    assert rain_attenuation(np.array([0.0, 10.0, 50.0])) == pytest.approx([0.0, 11.8e-3, 37.5e-3], rel=0.02)


def test_rain_takes_its_loss_both_ways_and_only_where_it_falls():
    state = state_of(world=2)
    for world in range(2):
        person(state, world, 1, 40.0)
    state.weather.rain_rate[1] = 50.0
    dry, wet = frames_of(quiet(), state, until="medium")
    assert dry[0, SNR] - wet[0, SNR] == pytest.approx(2.0 * 0.040 * 18.75, abs=0.02)
    np.testing.assert_array_equal(dry[:, :SNR], wet[:, :SNR])
    dry, wet = frames_of(quiet(), state, until="device")
    # The same draws: the power over the noise has another mean, no more.
    scale = (1.0 + 10.0 ** (0.1 * wet[0, SNR])) / (1.0 + 10.0 ** (0.1 * dry[0, SNR]))
    assert 10.0 * math.log10(scale) == pytest.approx(-1.5, abs=0.1)


def test_heavy_rain_shortens_the_range_as_it_is_known_to():
    # Range at which 10 dBsm keeps 13 dB: specs of 77 GHz radars lose a tenth to four tenths at 50 to 100 mm/h.
    for rate, low, high in ((50.0, 0.6, 0.9), (100.0, 0.5, 0.9)):
        loss = rain_attenuation(np.array(rate))
        share = next(x for x in np.linspace(1.0, 0.1, 901) if -40.0 * math.log10(x) >= loss * 250.0 * x)
        assert low <= share <= high


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_interference_raises_the_noise_and_adds_random_detections(severity):
    fault = FaultConfig(kind="interference", severity=severity)
    config = quiet(faults=(fault,), detections_max=128)
    frames = list(many_frames(config, lambda state, world: None, worlds=100, ticks=10))
    counts = np.array([len(rows) for rows in frames])
    mean = INTERFERENCE_DETECTIONS[severity - 1]
    assert counts.mean() == pytest.approx(mean, rel=0.05)
    assert counts.var() == pytest.approx(mean, rel=0.2)
    rows = np.concatenate(frames)
    assert rows[:, VELOCITY].std() == pytest.approx(60.0 / math.sqrt(3.0), rel=0.05)

    def near(state, world):
        person(state, world, 1, 6.0)

    sound, disturbed = quiet(), quiet(faults=(fault,), velocity_max_mps=1.0)
    power = mean_power(sound, near, ticks=8)
    rows = np.concatenate(list(many_frames(disturbed, near, ticks=8)))
    own = rows[np.abs(rows[:, RANGE] - 6.0) < 1.0]
    own = own[np.abs(own[:, AZIMUTH]) < 0.03]
    assert 10.0 * math.log10(power / np.mean(10.0 ** (0.1 * own[:, SNR]))) == pytest.approx(
        INTERFERENCE_DB[severity - 1], abs=0.6
    )


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_blindness_loses_signal_and_shuts_a_sector_that_stays(severity):
    config = quiet(fov_deg=100.0, faults=(FaultConfig(kind="blindness", severity=severity),))
    worlds = 400

    def ring(state, world):
        state.worlds.key[world] = world * 7919 + 11
        person(state, world, 1, 6.0, math.radians(-48.0 + 96.0 * (world % 200) / 199.0))

    frames = list(many_frames(config, ring, worlds=worlds, ticks=3))
    seen = np.array([len(rows) > 0 for rows in frames]).reshape(3, worlds)
    # Through what is open, nearly every frame shows who is 6 m away.
    shut = ~seen.any(axis=0)
    share = BLINDNESS_SECTOR[severity - 1]
    assert shut.mean() == pytest.approx(share, abs=4.0 * math.sqrt(share * (1.0 - share) / worlds) + 0.04)
    power = mean_power(config, ring, worlds=worlds, ticks=8)
    loss = 10.0 * math.log10(mean_power(quiet(fov_deg=100.0), ring, worlds=worlds, ticks=8) / power)
    assert loss == pytest.approx(BLINDNESS_DB[severity - 1], abs=1.0)


def test_at_its_worst_blindness_leaves_nothing():
    def crowd(state, world):
        for slot in range(1, 4):
            put(state, world, slot, 10.0 * slot, 4.0 * slot - 8.0)

    config = quiet(clutter_mean=30.0, faults=(FaultConfig(kind="blindness", severity=5),))
    assert sum(len(rows) for rows in many_frames(config, crowd, worlds=50, ticks=4)) == 0


def test_faults_come_and_go_as_scheduled_and_the_device_stage_is_that_of_a_sound_radar():
    fault = FaultConfig(kind="blindness", severity=5, start_s=0.2, duration_s=0.3)
    state = state_of(world=3)
    for world in range(3):
        person(state, world, 1, 15.0)
    with_fault, sound = (Radar(quiet(faults=faults), 3) for faults in ((fault,), ()))
    state.worlds.tick[:] = 1, 3, 5
    for radar in (with_fault, sound):
        radar.update(EMPTY, state, Launcher(1))
    assert sound.frames["valid"][:, 0].tolist() == [1, 1, 1]
    assert with_fault.frames["valid"][:, 0].tolist() == [1, 0, 1]
    np.testing.assert_array_equal(with_fault.frames["detections"][[0, 2]], sound.frames["detections"][[0, 2]])
    with_fault.update(EMPTY, state, Launcher(1), until="device")
    np.testing.assert_array_equal(with_fault.frames["detections"], sound.frames["detections"])


def test_several_faults_at_once_add_up():
    faults = (FaultConfig(kind="interference", severity=2), FaultConfig(kind="blindness", severity=1))
    state = state_of()
    person(state, 0, 1, 8.0)
    both, one = (Radar(RadarConfig(faults=given), 1) for given in (faults, faults[:1]))
    for radar in (both, one):
        radar.update(EMPTY, state, Launcher(1))
    losses = [radar._defects(state)[0] for radar in (both, one)]
    assert losses[0][3] == BLINDNESS_DB[0]
    assert losses[0][1] == losses[1][1] == INTERFERENCE_DB[1]
