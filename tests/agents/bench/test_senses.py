"""The benchmark of sensors measures what it names."""

import pytest

from agents.bench.senses import CASTING, LIDAR_ROW, REFERENCE, subjects
from drivesim.config import EnvConfig, sensors_from


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.name.strip())
def test_every_rig_that_is_measured_is_one_that_environments_take(subject):
    assert len(EnvConfig(sensors=sensors_from(subject.sensors)).sensors) == len(subject.sensors)


def test_rows_that_others_are_compared_with_are_there():
    names = [subject.name for subject in subjects()]
    assert len(set(names)) == len(names)
    assert {REFERENCE, LIDAR_ROW} <= set(names)
    assert CASTING not in names
