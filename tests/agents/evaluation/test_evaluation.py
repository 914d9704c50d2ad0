import dataclasses

import cv2
import numpy as np
import pytest

from agents.evaluate import run_suite
from agents.evaluation.drives import Kept
from agents.evaluation.scores import DIRECTIONS
from agents.expert import ExpertAgent
from agents.report import write_report
from drivesim.tasks.suites import SUITES

SHORT = dataclasses.replace(SUITES["highway"], road_count=3)

SCORED = Kept(scored=True)


class Asleep:
    """Holds the wheel straight and the pedal down."""

    explain = None
    sensors = "none"

    def reset(self, env_count, mask=None):
        self.count = env_count

    def act(self, observation, info):
        return np.tile(np.array([0.0, 1.0], np.float32), (self.count, 1))


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def asleep(clips):
    return run_suite(Asleep(), SHORT, agent_name="asleep", threads=1, kept=Kept(scored=True, clips=clips))


@pytest.fixture(scope="module")
def expert():
    return run_suite(ExpertAgent(), SHORT, agent_name="expert", threads=1, kept=SCORED)


def test_every_drive_has_every_score(asleep, expert):
    for result in (asleep, expert):
        assert result.score_names() == list(DIRECTIONS)
        assert all(episode.scores.keys() == DIRECTIONS.keys() for episode in result.episodes)


def test_the_expert_is_better_than_who_sleeps(asleep, expert):
    for name in ("leaderboard-2.0", "bench2drive_success", "pdms-closed-loop-1", "nuplan-closed-loop-1"):
        assert expert.score(name).mean > 1.3 * asleep.score(name).mean
    assert expert.score("bench2drive_success").mean == 1.0
    assert expert.score("pdms-closed-loop-1").mean > 0.9


def test_scores_do_not_depend_on_how_many_roads_are_driven_at_once(expert):
    again = run_suite(ExpertAgent(), SHORT, agent_name="expert", threads=1, worlds=1, kept=SCORED)
    assert again.episodes == expert.episodes


def test_recording_changes_no_drive(expert):
    plain = run_suite(ExpertAgent(), SHORT, agent_name="expert", threads=1)
    assert [dataclasses.replace(episode, scores={}) for episode in expert.episodes] == plain.episodes


def test_what_happened_is_told_with_its_place_on_the_map(asleep, expert):
    assert not expert.footprints
    assert len(asleep.footprints) == len(asleep.episodes) == 3
    for footprint, episode in zip(asleep.footprints, asleep.episodes, strict=True):
        assert footprint.events == list(episode.events)
        last = max(footprint.events, key=lambda event: event["time"])
        assert np.hypot(*(footprint.path[-1] - [last["x"], last["y"]])) < 10.0
        near = min(np.hypot(*(lane - footprint.path[0]).T).min() for lane in footprint.outline.lanes)
        assert near < 4.0


def test_failures_have_clips_that_can_be_played(asleep, clips, tmp_path):
    for failure in asleep.failures:
        video = cv2.VideoCapture(str(clips / failure["clip"]))
        assert video.get(cv2.CAP_PROP_FRAME_COUNT) > 5
    page = write_report([asleep], tmp_path / "report.html", clips="clips").read_text()
    assert f"href='clips/{asleep.failures[0]['clip']}'" in page
    assert "Where it happened" in page and "nuplan-comfort-1" in page and "off road per km" in page


def test_situations_have_a_table_of_their_own(asleep, tmp_path):
    named = [dataclasses.replace(each, situation=f"kind {each.road % 2}") for each in asleep.episodes]
    page = write_report([dataclasses.replace(asleep, episodes=named)], tmp_path / "report.html").read_text()
    assert "Situations of highway" in page and "kind 0" in page and "kind 1" in page
