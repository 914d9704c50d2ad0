"""When sensors measure and when it arrives, against tables worked out by hand, with a sensor that tells the tick."""

from dataclasses import dataclass

import numpy as np
import pytest

from drivesim.config import Channel, SensorConfig
from drivesim.errors import ConfigError
from drivesim.kernels.launch import Launcher
from drivesim.sensors.contract import STAGES, Sensor
from drivesim.sensors.delivery import Delivery
from drivesim.state import allocate_state
from drivesim.state.columns import column

WORLDS, DRIVERS = 3, 2


@dataclass(frozen=True, kw_only=True)
class ClockConfig(SensorConfig):
    type: str = "clock"
    name: str = "clock"

    def measured(self):
        return (
            Channel(
                name="tick", key=self.name, dtype="int32", shape=(), low=0, high=1e6, unit="-", frame="-", doc="Tick."
            ),
        )


class Clock(Sensor):
    """Tells 100 * driver + tick, and counts how often each world was measured."""

    def __init__(self, config, world_count, **options):
        super().__init__(config, world_count, **options)
        self.measured = np.zeros(world_count, np.int64)

    def truth(self, maps, state, launcher, due):
        views, worlds, slots = self.carriers(state, due)
        self.frames["tick"][views] = 100 * slots + state.worlds.tick[worlds]
        self.measured[slice(None) if due is None else due] += 1


class CountingClock(Clock):
    """Tells how many frames it has taken in the episode."""

    memory_columns = {"count": column("view", dtype=np.int32, doc="Frames so far.")}  # noqa: RUF012

    def device(self, maps, state, launcher, due):
        views, _, _ = self.carriers(state, due)
        self.memory["count"][views] += 1
        self.frames["tick"][views] = self.memory["count"][views]


class Bench:
    """A sensor with its delivery on worlds whose only life is their tick."""

    def __init__(self, kind=Clock, step_s=0.1, **options):
        self.sensor = kind(ClockConfig(**options), WORLDS, step_s=step_s, driver_count=DRIVERS)
        self.delivery = Delivery(self.sensor)
        self.state = allocate_state(world=WORLDS, slot=DRIVERS, driver=DRIVERS)

    def at(self, tick, mask=None):
        """What has been delivered to every driver, shape (world, driver), once the worlds stand at `tick`."""
        self.state.worlds.tick[:] = tick
        self.delivery.update(None, self.state, Launcher(), mask)
        return self.delivery.frames["clock"].reshape(WORLDS, DRIVERS).copy()

    def times(self):
        """The time stamps, or None."""
        stamps = self.delivery.frames.get("clock_time")
        return None if stamps is None else stamps.reshape(WORLDS, DRIVERS).copy()


@pytest.mark.parametrize(
    ("options", "taken"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ({"rate_hz": 10.0}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ({"rate_hz": 5.0}, [0, 0, 2, 2, 4, 4, 6, 6, 8]),
        ({"rate_hz": 5.0, "phase_s": 0.1}, [0, 1, 1, 3, 3, 5, 5, 7, 7]),
        ({"rate_hz": 3.0}, [0, 0, 0, 0, 4, 4, 4, 7, 7]),
        ({"latency_s": 0.2}, [0, 0, 0, 1, 2, 3, 4, 5, 6]),
        ({"latency_s": 0.25}, [0, 0, 0, 0, 1, 2, 3, 4, 5]),
        ({"rate_hz": 5.0, "latency_s": 0.3}, [0, 0, 0, 0, 0, 2, 2, 4, 4]),
        ({"rate_hz": 5.0, "phase_s": 0.1, "latency_s": 0.5}, [0, 0, 0, 0, 0, 0, 1, 1, 3]),
        ({"rate_hz": 2.0, "latency_s": 0.1, "step_s": 0.2}, [0, 0, 0, 0, 3, 3, 5, 5, 5]),
    ],
)
def test_a_frame_arrives_when_its_rate_phase_and_latency_say(options, taken):
    bench = Bench(**options)
    for tick, expected in enumerate(taken):
        np.testing.assert_array_equal(bench.at(tick), [[expected, 100 + expected]] * WORLDS, err_msg=f"tick {tick}")
        if not options:
            assert bench.times() is None
        else:
            assert bench.times() == pytest.approx(np.full((WORLDS, DRIVERS), expected * bench.sensor.step_s))


def test_time_stamps_can_be_asked_for_without_rate_and_latency():
    bench = Bench(timestamps=True)
    bench.at(7)
    assert bench.times() == pytest.approx(np.full((WORLDS, DRIVERS), 0.7))


def test_a_sensor_that_is_not_due_does_nothing():
    bench = Bench(rate_hz=2.5)
    for tick in range(9):
        bench.at(tick)
    assert bench.sensor.measured.tolist() == [3] * WORLDS


def test_only_the_worlds_of_a_mask_are_measured_and_delivered():
    bench = Bench(latency_s=0.1)
    bench.at(0)
    for tick in range(1, 4):
        ticks = bench.at(tick, np.array([True, False, True]))
    assert ticks[:, 0].tolist() == [2, 0, 2]
    assert bench.sensor.measured.tolist() == [4, 1, 4]


def test_an_episode_begins_with_a_frame_of_its_own_and_without_memories():
    bench = Bench(CountingClock, latency_s=0.2)
    for tick in range(7):
        counts = bench.at(tick)
    assert counts.tolist() == [[5, 5]] * WORLDS
    assert bench.at(np.array([7, 0, 7]))[:, 0].tolist() == [6, 1, 6]


def test_a_moment_is_measured_once():
    bench = Bench(CountingClock)
    for tick in (0, 0, 1, 1, 2, 2, 2):
        counts = bench.at(tick)
    assert counts.tolist() == [[3, 3]] * WORLDS


def test_worlds_with_different_clocks_are_delivered_what_each_is_due():
    bench, alone = Bench(rate_hz=5.0, latency_s=0.3), Bench(rate_hz=5.0, latency_s=0.3)
    for tick in range(12):
        together = bench.at(np.array([tick, max(tick - 3, 0), max(tick - 4, 0)]))
        assert together[0, 0] == alone.at(tick)[0, 0]
    assert together[:, 0].tolist() == [8, 4, 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate_hz": -1.0}, r"ClockConfig\.rate_hz: expected a value in \[0, 100\]"),
        ({"phase_s": 0.1}, r"ClockConfig\.phase_s: expected 0 without a rate_hz"),
        ({"rate_hz": 5.0, "phase_s": 0.2}, r"ClockConfig\.phase_s: expected a value in \[0, 0\.2\)"),
        ({"latency_s": 11.0}, r"ClockConfig\.latency_s: expected a value in \[0, 10\]"),
        ({"latency_s": float("nan")}, r"ClockConfig\.latency_s"),
        ({"name": "a b"}, r"ClockConfig\.name: expected an identifier"),
    ],
)
def test_a_delivery_that_cannot_be_is_refused_by_name(options, message):
    with pytest.raises(ConfigError, match=message):
        ClockConfig(**options)


def test_stages_run_in_order_and_no_further_than_asked():
    ran = []

    class Staged(Clock):
        pass

    for stage in STAGES:
        setattr(Staged, stage, lambda self, *_, stage=stage: ran.append(stage))
    sensor = Staged(ClockConfig(), 1)
    for last in STAGES:
        ran.clear()
        sensor.update(None, None, None, until=last)
        assert tuple(ran) == STAGES[: STAGES.index(last) + 1]
    with pytest.raises(ConfigError, match="did you mean 'medium'"):
        sensor.update(None, None, None, until="medum")


def test_a_sensor_that_keeps_nothing_stamps_the_worlds_of_a_mask():
    made = Bench(timestamps=True)
    assert made.delivery.is_direct
    made.at(3)
    mask = np.arange(WORLDS) == 1
    made.at(5, mask)
    assert made.times()[:, 0] == pytest.approx(np.where(mask, 0.5, 0.3))
