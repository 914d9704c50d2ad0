"""What goes wrong on the way from a sensor, against tables worked out by hand, with a sensor that tells the tick."""

import numpy as np
import pytest

from drivesim.config import DELIVERY_FAULTS, FaultConfig, fault_names
from drivesim.errors import ConfigError
from drivesim.sensors.faults import CLOCK_OFFSET_S, DROP_PROBABILITY
from drivesim.sensors.noise import uniforms
from tests.drivesim.sensors.test_delivery import WORLDS, Bench, ClockConfig, CountingClock

KEYS = np.arange(1, WORLDS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)


def bench(*faults, kind=CountingClock, **options):
    made = Bench(kind, faults=faults, timestamps=True, **options)
    made.state.worlds.key[:] = KEYS
    return made


def course(made, ticks):
    """What the first driver of every world was delivered, and its time and age, each of shape (tick, world)."""
    rows = []
    for tick in range(ticks):
        seen = made.at(tick)[:, 0]
        rows.append((seen, made.times()[:, 0], made.delivery.frames["clock_age"].reshape(WORLDS, -1)[:, 0].copy()))
    return tuple(np.stack(column) for column in zip(*rows, strict=True))


def during(kind, severity=3, start=4, ticks=4):
    return FaultConfig(kind=kind, severity=severity, start_s=0.1 * start, duration_s=0.1 * ticks)


def test_a_dead_sensor_delivers_zeros_under_stamps_that_go_on():
    seen, time_s, age_s = course(bench(during("dead")), 10)
    assert seen[:, 0].tolist() == [1, 2, 3, 4, 0, 0, 0, 0, 9, 10]
    assert time_s[:, 0] == pytest.approx(0.1 * np.arange(10))
    assert (age_s == 0.0).all()


def test_a_frozen_sensor_delivers_the_frame_before_under_fresh_stamps():
    seen, time_s, age_s = course(bench(during("frozen")), 10)
    assert seen[:, 0].tolist() == [1, 2, 3, 4, 4, 4, 4, 4, 9, 10]
    assert time_s[:, 0] == pytest.approx(0.1 * np.arange(10))
    assert (age_s == 0.0).all()


def test_a_sensor_that_is_frozen_for_long_keeps_its_frame():
    seen, _, _ = course(bench(FaultConfig(kind="frozen", start_s=0.3), latency_s=0.2), 60)
    assert seen[:, 0].tolist() == [1] * 60  # the frame of tick 0 is the newest that had arrived before tick 3
    seen, _, _ = course(bench(FaultConfig(kind="frozen")), 60)
    assert (seen == 1).all()


@pytest.mark.parametrize(
    ("severity", "taken"),
    [
        # 50 and 100 ms are a step, 150 and 200 ms two, 300 ms three; frames of ticks 4 to 7 are late.
        (1, [0, 1, 2, 3, 3, 4, 5, 6, 8, 9, 10]),
        (2, [0, 1, 2, 3, 3, 4, 5, 6, 8, 9, 10]),
        (3, [0, 1, 2, 3, 3, 3, 4, 5, 8, 9, 10]),
        (4, [0, 1, 2, 3, 3, 3, 4, 5, 8, 9, 10]),
        (5, [0, 1, 2, 3, 3, 3, 3, 4, 8, 9, 10]),
    ],
)
def test_late_frames_arrive_as_much_later_as_the_severity_says(severity, taken):
    seen, time_s, age_s = course(bench(during("late", severity)), 11)
    assert (seen[:, 0] - 1).tolist() == taken
    assert time_s[:, 0] == pytest.approx(0.1 * np.array(taken))
    assert age_s[:, 0] == pytest.approx(0.1 * (np.arange(11) - taken), abs=1e-6)


def test_delays_add_up():
    seen, _, _ = course(bench(FaultConfig(kind="late", severity=5), latency_s=0.2), 12)
    assert (seen[:, 0] - 1).tolist() == [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]


def test_jitter_delays_by_chance_up_to_its_bound_and_never_goes_back():
    seen, _, age_s = course(bench(FaultConfig(kind="jitter", severity=5)), 300)
    steps = np.round(age_s[5:] / 0.1)
    assert set(np.unique(steps)) <= {0.0, 1.0, 2.0, 3.0}
    assert (np.diff(seen, axis=0) >= 0).all()
    # A frame is shown fresh only if it is delayed by nothing at all.
    drawn = 0.3 * uniforms(np.repeat(KEYS[:1], 300), "clock.jitter", np.arange(300), 1)[:, 0]
    arrives = np.arange(300) + np.ceil(drawn / 0.1 - 1e-6).astype(int)
    newest = [max(t for t in range(tick + 1) if arrives[t] <= tick) for tick in range(5, 300)]
    assert (seen[5:, 0] - 1).tolist() == newest


def test_dropped_frames_leave_the_one_before_which_grows_old():
    for severity, probability in enumerate(DROP_PROBABILITY, start=1):
        made = bench(FaultConfig(kind="dropped", severity=severity))
        seen, time_s, age_s = course(made, 400)
        lost = age_s[1:] > 0.0
        assert lost.mean() == pytest.approx(probability, abs=4 * np.sqrt(0.25 / lost.size))
        # It has measured all the same: a lost frame was taken.
        assert seen.max() == 400 or lost[-1].any()
        assert time_s + age_s == pytest.approx(np.repeat(0.1 * np.arange(400)[:, None], WORLDS, axis=1), abs=1e-4)
        np.testing.assert_array_equal(np.round(time_s / 0.1).astype(int) + 1, seen)


def test_an_episode_begins_with_a_frame_that_is_not_lost():
    made = bench(FaultConfig(kind="dropped", severity=5))
    for first in range(20):
        made.state.worlds.key[:] = KEYS + np.uint64(first)
        course(made, 2)
        assert (made.at(0) == 1).all()


@pytest.mark.parametrize("severity", [1, 5])
def test_a_wrong_clock_is_off_by_the_same_in_a_whole_episode(severity):
    _, time_s, age_s = course(bench(FaultConfig(kind="clock", severity=severity), latency_s=0.3), 40)
    true = np.maximum(0.1 * (np.arange(40)[:, None] - 3), 0.0)
    offset = (time_s - true)[10:]
    assert np.abs(offset) == pytest.approx(np.full((30, WORLDS), CLOCK_OFFSET_S[severity - 1]), abs=1e-5)
    assert offset == pytest.approx(np.repeat(offset[:1], 30, axis=0), abs=1e-5)
    assert age_s[10:] == pytest.approx(0.3 - offset, abs=1e-5)
    assert (time_s >= 0.0).all()


def test_frames_of_a_clock_that_is_ahead_are_younger_than_nothing():
    _, time_s, age_s = course(bench(FaultConfig(kind="clock", severity=4)), 6)
    ahead = time_s[5] > 0.5
    assert age_s[:, ahead] == pytest.approx(-0.1)
    assert age_s[:, ~ahead] == pytest.approx(0.1)


def test_clocks_are_ahead_in_about_half_of_the_episodes():
    made = bench(FaultConfig(kind="clock", severity=5))
    ahead = []
    for episode in range(100):
        made.state.worlds.key[:] = KEYS * np.uint64(2 * episode + 1)
        _, time_s, _ = course(made, 6)
        ahead += (time_s[5] > 0.5).tolist()
    assert 0.35 < np.mean(ahead) < 0.65


def test_the_label_tells_of_now_for_faults_of_the_way():
    made = bench(during("late", 3), latency_s=0.2)
    names = fault_names("clock")
    late = []
    for tick in range(12):
        made.at(tick)
        late.append(made.delivery.fault_labels(made.state)[:, names.index("late")].tolist())
    assert [row[0] for row in late] == [0, 0, 0, 0, 3, 3, 3, 3, 0, 0, 0, 0]


def test_a_sensor_without_faults_in_its_config_can_be_given_one_and_rid_of_it():
    made = Bench(timestamps=True)
    assert made.delivery.is_direct
    assert made.at(5)[0, 0] == 5
    made.delivery.force("frozen", 3)
    made.delivery.force("dead", 2, np.array([False, True, False]))
    assert not made.delivery.is_direct
    assert made.at(5)[:, 0].tolist() == [5, 0, 5]
    assert made.at(8)[:, 0].tolist() == [5, 0, 5]
    assert made.times()[:, 0] == pytest.approx(np.full(WORLDS, 0.8))
    made.delivery.force("frozen", None)
    made.delivery.force("dead", None)
    assert made.sensor.forced is None
    assert made.at(9)[:, 0].tolist() == [9, 9, 9]


def test_what_is_forced_comes_before_the_config_and_outlasts_episodes():
    made = bench(FaultConfig(kind="dead", severity=4))
    assert (made.at(1) == 0).all()
    made.delivery.force("dead", 0)
    assert (made.at(2) > 0).all()
    assert (made.at(0) == 1).all()
    made.delivery.force("dead", None)
    assert (made.at(1) == 0).all()


def test_worlds_do_not_know_of_each_other():
    faults = [FaultConfig(kind=kind, bursts_per_s=1.0, duration_s=0.4) for kind in DELIVERY_FAULTS]
    together, alone = bench(*faults, latency_s=0.1), bench(*faults, latency_s=0.1)
    alone.state.worlds.key[:] = KEYS[::-1]
    for many, mirrored in zip(course(together, 80), course(alone, 80), strict=True):
        np.testing.assert_array_equal(many, mirrored[:, ::-1])


def test_a_clock_that_is_off_needs_stamps_to_show():
    with pytest.raises(ConfigError, match=r"ClockConfig\.faults: 'clock' shows in time stamps alone"):
        ClockConfig(faults=(FaultConfig(kind="clock"),))
