"""When a sensor has which fault: against the words of its config, and against chance."""

import numpy as np
import pytest

from drivesim.config import ANY_SENSOR, FAULT_KINDS, CameraConfig, FaultConfig, register_fault
from drivesim.config.sensors import faults as config_faults
from drivesim.errors import ConfigError
from drivesim.sensors.faults import FaultSchedule
from drivesim.sensors.noise import uniforms

STEP_S = 0.1


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr(config_faults, "FAULT_KINDS", {})
    register_fault("test_dead", ANY_SENSOR, "Nothing arrives.")
    register_fault("test_dirt", "camera", "Dirt on the lens.")


def course(*faults, worlds=1, ticks=100, name="camera"):
    """Severities over time, shape (tick, world, fault)."""
    key = np.arange(1, worlds + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    schedule = FaultSchedule(faults, sensor_type="camera", name=name, step_s=STEP_S)
    return np.stack([schedule.severities(key, np.full(worlds, tick)) for tick in range(ticks)])


def test_a_fault_begins_and_ends_when_its_config_says():
    seen = course(FaultConfig(kind="test_dirt", severity=4, start_s=1.0, duration_s=2.5))[:, 0]
    assert (seen[:, 0] == 0).all()
    assert np.flatnonzero(seen[:, 1] == 4).tolist() == list(range(10, 35))


def test_without_a_duration_it_stays():
    assert (course(FaultConfig(kind="test_dead", severity=1))[:, 0, 0] == 1).all()


def test_of_two_faults_of_a_kind_the_worse_counts():
    seen = course(FaultConfig(kind="test_dead", severity=2), FaultConfig(kind="test_dead", severity=5, start_s=5.0))
    assert seen[:50, 0, 0].tolist() == [2] * 50
    assert seen[50:, 0, 0].tolist() == [5] * 50


def test_an_episode_has_it_with_its_probability_and_throughout():
    seen = course(FaultConfig(kind="test_dirt", probability=0.3), worlds=4000, ticks=3)[..., 1] > 0
    assert (seen == seen[0]).all()
    assert seen[0].mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 4000))


def test_bursts_come_as_often_and_last_as_long_as_configured():
    fault = FaultConfig(kind="test_dirt", bursts_per_s=0.1, duration_s=0.5, start_s=1.0)
    seen = course(fault, worlds=2000, ticks=200)[..., 1] > 0
    assert not seen[:10].any()
    # Not hit at a tick: none of the five ticks up to it began a burst.
    assert seen[20:].mean() == pytest.approx(1.0 - (1.0 - 0.01) ** 5, abs=0.002)
    alone = [world.tolist() for world in seen.T if np.diff(world.astype(int)).clip(0).sum() == 1 and not world[-1]]
    lengths = [sum(world) for world in alone]
    assert min(lengths) == 5


def test_a_severity_left_to_chance_is_drawn_evenly_once_per_episode():
    seen = course(FaultConfig(kind="test_dirt", severity=0), worlds=5000, ticks=3)[..., 1]
    assert (seen == seen[0]).all()
    counts = np.bincount(seen[0], minlength=6)
    assert counts[0] == 0
    assert counts[1:] == pytest.approx([1000.0] * 5, abs=4 * np.sqrt(5000 * 0.2 * 0.8))


def test_other_sensors_draw_other_numbers():
    fault = FaultConfig(kind="test_dirt", probability=0.5)
    assert (course(fault, worlds=100, ticks=1) != course(fault, worlds=100, ticks=1, name="camera_left")).any()


def test_worlds_do_not_know_of_each_other():
    fault = FaultConfig(kind="test_dirt", bursts_per_s=0.5, duration_s=0.3, probability=0.7)
    many = course(fault, worlds=50)
    np.testing.assert_array_equal(course(fault, worlds=7), many[:, :7])


def drawn(fault, stream, key, tick):
    """Severity in every world at a tick, from the config's words and draws of `noise.uniforms` alone."""
    once = np.zeros(len(key))
    last, first = tick, max(round(fault.start_s / STEP_S), tick - max(1, round(fault.duration_s / STEP_S)) + 1)
    began = [uniforms(key, stream, np.full(len(key), each), 1)[:, 0] for each in range(first, last + 1)]
    active = np.zeros(len(key), bool)
    for each in began:
        active |= each < np.float32(fault.bursts_per_s * STEP_S)
    active &= uniforms(key, f"{stream}.episode", once, 1)[:, 0] < np.float32(fault.probability)
    chosen = 1 + np.floor(uniforms(key, f"{stream}.severity", once, 1)[:, 0] * np.float32(5.0))
    return np.where(active, chosen if fault.severity == 0 else fault.severity, 0)


def test_every_world_has_what_its_own_draws_say():
    key = np.arange(1, 201, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    faults = (
        FaultConfig(kind="test_dirt", severity=0, bursts_per_s=0.8, duration_s=0.7, start_s=0.5, probability=0.6),
        FaultConfig(kind="test_dead", severity=2, bursts_per_s=0.3, duration_s=1.2),
    )
    schedule = FaultSchedule(faults, sensor_type="camera", name="camera", step_s=STEP_S)
    for tick in (0, 5, 30, 31):
        seen = schedule.severities(key, np.full(200, tick))
        np.testing.assert_array_equal(seen[:, 1], drawn(faults[0], "camera.fault0", key, tick))
        np.testing.assert_array_equal(seen[:, 0], drawn(faults[1], "camera.fault1", key, tick))


def test_what_was_asked_before_does_not_matter():
    key, fault = np.arange(1, 9, dtype=np.uint64), FaultConfig(kind="test_dirt", bursts_per_s=2.0, duration_s=0.3)
    asked, fresh = (FaultSchedule((fault,), sensor_type="camera", name="camera", step_s=STEP_S) for _ in range(2))
    tick = np.arange(8)
    asked.severities(key, tick)
    tick += 3
    np.testing.assert_array_equal(asked.severities(key, tick), fresh.severities(key, tick))


def test_an_unknown_fault_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match=r"CameraConfig\.faults: unknown value 'test_dirty'.*test_dirt"):
        CameraConfig(faults=(FaultConfig(kind="test_dirty"),))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"severity": -1}, "severity"),
        ({"severity": 6}, "severity"),
        ({"probability": 1.5}, "probability"),
        ({"bursts_per_s": 1.0}, "duration_s: expected how long a burst lasts"),
    ],
)
def test_wrong_values_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        FaultConfig(kind="test_dead", **values)


def test_kinds_that_ship_say_what_they_do():
    for kind in FAULT_KINDS.values():
        assert kind.doc.endswith("."), kind
