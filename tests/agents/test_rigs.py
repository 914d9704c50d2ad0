"""A driver looks through whatever it names, in colour or not: it is scored, shown and filmed all the same."""

import dataclasses

import cv2
import numpy as np
import pytest

from agents.evaluate import run_suite
from agents.report import write_report
from agents.watching import RecordArgs, record
from drivesim.config import sensors_from
from drivesim.tasks.suites import SUITES

SUITE = dataclasses.replace(SUITES["lane"], road_count=2)
SMALL = {"width": 48, "height": 24}
RIGS = {
    "depth": [{**SMALL, "channels": ["depth"]}],
    "semantic": [{**SMALL, "channels": ["semantic"]}],
    "instance": [{**SMALL, "channels": ["instance"]}],
    "depth before colour": [{**SMALL, "channels": ["depth"]}, {**SMALL, "name": "second"}],
    "none": "none",
}


class Straight:
    """Steers nowhere, so that every drive fails; counts what it was given and explains what it has no camera for."""

    rig = "none"

    def __init__(self) -> None:
        self.sensors = RIGS[self.rig]
        self.seen: set[str] = set()

    def reset(self, env_count, mask=None):
        self.count = env_count

    def act(self, observation, info):
        self.seen |= set(observation)
        return np.tile(np.float32([0.0, 1.0]), (self.count, 1))

    def explain(self):
        shape = (self.count, 12, 24)
        return {
            "depth": np.full(shape, 9.0, np.float32),
            "semantic": np.ones(shape, np.uint8),
            "lane_offset": np.zeros(self.count, np.float32),
        }


@pytest.fixture(params=RIGS)
def rig(request, monkeypatch):
    monkeypatch.setattr(Straight, "rig", request.param)
    return request.param


@pytest.mark.parametrize("labelled", [False, True])
def test_a_driver_with_any_rig_is_scored(rig, labelled, tmp_path):
    agent = Straight()
    result = run_suite(agent, SUITE, threads=1, labelled=labelled)
    cameras = sensors_from(RIGS[rig])
    keys = {camera.key(channel) for camera in cameras for channel in camera.channels}
    truth = {cameras[0].key(channel) for channel in ("depth", "semantic")} if cameras and labelled else set()
    assert agent.seen == keys | truth | {"ego", "route", "command", "turn"}
    assert ("semantic_miou" in result.perception) == bool(truth)
    assert ("lane_offset_mae_m" in result.perception) == labelled
    assert len(result.failures) == 2
    for failure in result.failures:
        picture = failure["picture"]
        assert picture.dtype == np.uint8
        assert picture.shape == ((24, 48, 3) if cameras else (144, 256, 3))
        assert picture.std() > 1.0
    assert write_report([result], tmp_path / "report.html").stat().st_size > 0


def test_a_driver_with_any_rig_is_filmed(rig, tmp_path):
    file = tmp_path / "drive.avi"
    record(RecordArgs(agent=f"{__name__}:Straight", video=str(file), duration_s=0.2, fps=10, size=(480, 270)))
    video = cv2.VideoCapture(str(file))
    read, frame = video.read()
    assert read
    assert frame.shape == (270, 480, 3)
    assert frame.std() > 5.0
