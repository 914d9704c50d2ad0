"""The benchmark of sensors measures what it names."""

from contextlib import nullcontext

import pytest

from agents.bench.command import BenchArgs
from agents.bench.senses import CASTING, LIDAR_ROW, REFERENCE, measure_sensors, subjects
from drivesim.config import EnvConfig, sensors_from


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name.strip())
def test_every_rig_that_is_measured_is_one_that_environments_take(subject):
    assert len(EnvConfig(sensors=sensors_from(subject.sensors)).sensors) == len(subject.sensors)


def test_rows_that_others_are_compared_with_are_there():
    names = [subject.name for subject in subjects()]
    assert len(set(names)) == len(names)
    assert {REFERENCE, LIDAR_ROW} <= set(names)
    assert CASTING not in names


@pytest.mark.slow
def test_every_rig_is_measured(monkeypatch):
    monkeypatch.delenv("DRIVESIM_JUDGES", raising=False)
    measured = measure_sensors(BenchArgs(quick=True, windows=1, window_s=0.02), lambda text: nullcontext())
    assert list(measured.rates) == [*(subject.name for subject in subjects()), CASTING]
    assert all(rate.median > 0.0 for rate in measured.rates.values())
    assert measured.to_json().keys() == measured.rates.keys()
