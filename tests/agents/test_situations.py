"""Suites of situations are driven variant by variant, and what is told of them is what happened."""

import dataclasses
import json
import re

import cv2
import numpy as np
import pytest

from agents.compare import compare, load_results
from agents.evaluation.drives import Kept
from agents.evaluation.results import groups_of, write_json
from agents.expert import ExpertAgent
from agents.report import write_report
from agents.situations import drive_situations
from drivesim.errors import ConfigError
from drivesim.scenarios import load_suite

SUITE = load_suite("ncap_aeb_2023").matching("CCRb", "CPTA", "CPFA (speed_kmh 6*")

SCORED = Kept(scored=True)


class Rolling(ExpertAgent):
    """Steers like the expert and never brakes."""

    def act(self, observation, info):
        return super().act(observation, info) * np.float32([1.0, 0.0])


@pytest.fixture(scope="module")
def good():
    return drive_situations(ExpertAgent(), SUITE, blind=True, worlds=5, kept=SCORED)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def bad(clips):
    kept = Kept(scored=True, clips=clips)
    return drive_situations(Rolling(), SUITE, agent_name="rolling", blind=True, worlds=14, kept=kept)


def test_every_variant_is_driven_and_the_expert_avoids_what_a_car_that_rolls_on_hits(good, bad):
    for result in (good, bad):
        assert [each.outcome.title for each in result.episodes] == [variant.title for variant in SUITE.variants]
        assert [each.situation for each in result.episodes] == [variant.family for variant in SUITE.variants]
    assert groups_of(good.episodes)[-1].points.mean == 1.0
    assert all(each.outcome.collided and each.outcome.score < 0.15 for each in bad.episodes)
    assert min(each.outcome.min_ttc_s for each in bad.episodes if each.situation == "CCRb") < 0.2


def test_worlds_that_take_the_next_situation_drive_it_as_if_it_were_their_first(good, bad):
    whole = drive_situations(ExpertAgent(), SUITE, blind=True, worlds=len(SUITE.variants), kept=SCORED)
    assert whole.episodes == good.episodes
    again = drive_situations(Rolling(), SUITE, blind=True, worlds=3, kept=SCORED)
    assert again.episodes == bad.episodes


def test_figures_add_up_by_family_by_day_and_night_and_in_all(good, bad):
    groups = {group.name: group for group in groups_of(bad.episodes)}
    assert list(groups) == ["CCRb", "CPFA", "CPTA", "by day", "by night", "all"]
    assert groups["by night"].outcomes == [each for each in groups["CPFA"].outcomes if each.is_night]
    assert groups["all"].collisions == len(SUITE.variants) == sum(groups[name].collisions for name in SUITE.families)
    assert groups["all"].avoidable is None
    mean = np.mean([each.outcome.score for each in bad.episodes])
    assert groups["all"].points.mean == pytest.approx(mean)
    assert groups["all"].points.low < mean < groups["all"].points.high


def test_a_reason_names_whom_where_how_fast_and_when(bad):
    kinds = {"CPFA": "a pedestrian", "CPTA": "a pedestrian", "CCRb": "a car"}
    for episode in bad.episodes:
        said = re.fullmatch(
            r"touched (.*) \(target\) (ahead|on its left|on its right) at (\d+) km/h, \d+ m along the route, "
            r"after (.*) s; (its own|not its) fault",
            episode.reason,
        )
        assert said is not None and said[1] == kinds[episode.situation]
        # The closing speed has that of the other party in it, which walks at up to 8 km/h or brakes within the step.
        assert float(said[3]) == pytest.approx(3.6 * episode.outcome.impact_speed_m_s, abs=8.5)
        assert float(said[4]) == pytest.approx(episode.duration_s, abs=0.051)


def test_every_failure_has_a_clip_of_its_own_last_seconds(bad, clips):
    assert [failure["road"] for failure in bad.failures] == list(range(len(SUITE.variants)))
    for failure in bad.failures:
        frames = cv2.VideoCapture(str(clips / failure["clip"])).get(cv2.CAP_PROP_FRAME_COUNT)
        episode = bad.episodes[failure["road"]]
        assert frames == min(80, round(10.0 * episode.duration_s))


def test_the_page_shows_every_situation_and_why_it_failed(bad, tmp_path):
    page = write_report([bad], tmp_path / "report.html", clips="clips").read_text()
    assert page.count("title='CPTA") == sum(variant.family == "CPTA" for variant in SUITE.variants)
    assert "<th>gap 12</th>" in page or "<th>decel 2</th>" in page
    for failure in bad.failures:
        assert failure["clip"] in page
    assert "touched a pedestrian (target) ahead" in page and "by night" in page and SUITE.description[:40] in page


def test_two_drivers_are_compared_by_their_points(good, bad, tmp_path):
    files = [write_json([dataclasses.replace(each)], tmp_path / f"{k}.json") for k, each in enumerate((bad, good))]
    content = json.loads(files[0].read_text())[0]
    assert content["groups"][-1]["collisions"] == len(SUITE.variants)
    found = {each.name: each for each in compare(*map(load_results, files))}
    assert found["points"].second == 1.0 and found["points"].is_significant and found["points"].is_paired
    assert found["collided"].first == 1.0 and found["collided"].second == 0.0
    assert found["impact_speed_m_s"].better == -1


def test_who_interrupts_gets_the_situations_up_to_the_first_that_is_not_over():
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 90

    part = drive_situations(Rolling(), SUITE, blind=True, worlds=3, stopped=stopped)
    assert part.is_part and part.asked == len(SUITE.variants)
    assert 0 < len(part.episodes) < len(SUITE.variants)
    assert [each.road for each in part.episodes] == list(range(len(part.episodes)))


class Telling(Rolling):
    """Says how far it is from the centre of its lane, always 0.1 m too far to the left."""

    sensors = "none"

    def act(self, observation, info):
        self._offset = info["labels"]["lane_offset"] + np.float32(0.1)
        return super().act(observation, info)

    def explain(self):
        return {"lane_offset": self._offset}


@pytest.mark.parametrize("worlds", [3, 14])
def test_what_a_driver_says_is_scored_in_situations_as_on_roads(worlds):
    result = drive_situations(Telling(), SUITE, worlds=worlds, labelled=True)
    assert result.perception == {"lane_offset_mae_m": pytest.approx(0.1, abs=1e-6)}
    assert result.to_json()["perception"] == result.perception


def test_situations_are_chosen_by_family_scenario_or_title():
    suite = load_suite("ncap_aeb_2023")
    assert set(suite.matching("CPTA-*").families) == {"CPTA"}
    assert len(suite.matching("CCCscp-near").variants) == 25
    assert [each.title for each in suite.matching("CCRb (gap 12, decel 6)").variants] == ["CCRb (gap 12, decel 6)"]
    with pytest.raises(ConfigError, match="nothing in ncap_aeb_2023 matches 'CCRx'; did you mean 'CCR"):
        suite.matching("CCRx")


def test_the_careful_driver_avoids_a_cut_in_from_afar_and_not_one_at_the_bumper():
    suite = load_suite("r157_alks").matching(
        "cut_in (speed_kmh 60, relative_kmh 50, gap 10, lateral 3)",
        "cut_in (speed_kmh 60, relative_kmh 10, gap 60, lateral 0.5)",
        "lane_keeping (speed_kmh 60, curvature 0.004)",
    )
    result = drive_situations(ExpertAgent(), suite, blind=True)
    # 10 m closing at 13.9 m/s are 0.7 s; 60 m closing at 2.8 m/s are 21.6 s.
    careful = {each.outcome.title: each.outcome.careful_collides for each in result.episodes}
    assert list(careful.values()) == [False, False, True]
    assert groups_of(result.episodes)[-1].avoidable == (0, 2)
