import dataclasses
import json

import numpy as np
import pytest

from agents import evaluate
from agents.evaluate import run_suite
from agents.evaluation.results import SuiteResult, wilson, write_json
from agents.expert import ExpertAgent
from drivesim.config import VehicleConfig
from drivesim.errors import ConfigError
from drivesim.tasks.suites import SUITES, suite

SHORT = dataclasses.replace(SUITES["lane"], road_count=3)


class Asleep:
    """Holds the wheel straight and the pedal down."""

    explain = None

    def reset(self, env_count, mask=None):
        self.count = env_count

    def act(self, observation, info):
        return np.tile(np.array([0.0, 1.0], np.float32), (self.count, 1))


@pytest.fixture(scope="module")
def asleep():
    return run_suite(Asleep(), SHORT, agent_name="asleep", threads=1)


def test_wilsons_interval_agrees_with_the_worked_example():
    # Agresti and Coull 1998: 0 of 10 gives [0, 0.2775]; 5 of 10 gives [0.2366, 0.7634].
    none, half = wilson(0, 10), wilson(5, 10)
    assert (none.low, none.high) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert (half.mean, half.low, half.high) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)
    assert wilson(10, 10).high == 1.0


def test_who_never_steers_leaves_the_road_and_is_told_so(asleep):
    assert len(asleep.episodes) == 3
    assert asleep.success.mean == 0.0
    assert set(asleep.reasons()) <= {"off_road", "wrong_way", "collision"}
    assert all(0.0 <= episode.completion < 1.0 for episode in asleep.episodes)
    assert len(asleep.failures) == 3
    assert asleep.failures[0]["picture"].shape == (64, 128, 3)
    assert sum(asleep.infractions_per_km().values()) > 0.0


def test_results_do_not_depend_on_how_many_roads_are_driven_at_once(asleep):
    again = run_suite(Asleep(), SHORT, agent_name="asleep", worlds=2, threads=1)
    assert again.episodes == asleep.episodes


def test_a_world_whose_drive_is_over_takes_the_next(asleep):
    result = run_suite(Asleep(), dataclasses.replace(SHORT, road_count=7), seeds=range(2), worlds=4, threads=1)
    roads = [SHORT.first_road + road for road in range(7)]
    assert [(each.seed, each.road) for each in result.episodes] == [(s, road) for s in range(2) for road in roads]
    assert result.episodes[:3] == asleep.episodes


def test_of_an_interrupted_suite_the_drives_before_the_first_that_is_not_over_are_kept(asleep):
    suite = dataclasses.replace(SHORT, road_count=7)
    whole = run_suite(Asleep(), suite, threads=1)
    done = []

    def progress(over, total):
        done.append(over)

    part = run_suite(Asleep(), suite, threads=1, worlds=3, progress=progress, stopped=lambda: len(done) >= 4)
    assert part.is_part
    assert part.episodes == whole.episodes[: len(part.episodes)]
    assert done[:4] == [1, 2, 3, 4]


def test_of_no_roads_there_is_a_result_without_drives():
    # As of a shard that has none: more shards than roads.
    result = run_suite(Asleep(), SHORT, roads=range(0), threads=1)
    assert result.episodes == []
    assert not result.is_part


def test_perception_is_summed_up_of_equal_parts_of_the_drives_too():
    class Sees(Asleep):
        def explain(self):
            return {"lead_present": np.ones(self.count, np.float32)}

    suite = dataclasses.replace(SHORT, road_count=4)
    halves = [run_suite(Sees(), suite, roads=part, labelled=True, threads=1) for part in (range(2), range(2, 4))]
    both = run_suite(Sees(), suite, blocks=2, worlds=3, labelled=True, threads=1)
    assert both.perception_of_blocks == [half.perception for half in halves]
    assert both.perception == run_suite(Sees(), suite, worlds=4, labelled=True, threads=1).perception


def test_part_of_a_suite_is_driven_as_the_whole_would_be(asleep):
    part = run_suite(Asleep(), SHORT, roads=range(1, 3), threads=1)
    assert part.episodes == asleep.episodes[1:]


def test_a_driver_is_scored_in_the_car_that_it_is_made_for(monkeypatch):
    class Made(Asleep):
        vehicle = VehicleConfig(throttle_max_m_s2=2.0)

    cars = []
    real = evaluate.gym.make_vec

    def make_vec(*words, **options):
        env = real(*words, **options)
        cars.append(env.unwrapped.config.vehicle.throttle_max_m_s2)
        return env

    monkeypatch.setattr(evaluate.gym, "make_vec", make_vec)
    for driver in (Made(), Asleep()):
        run_suite(driver, dataclasses.replace(SHORT, road_count=1), threads=1)
    assert cars == [2.0, VehicleConfig().throttle_max_m_s2]


def test_the_expert_needs_no_picture_to_succeed():
    result = run_suite(ExpertAgent(), SHORT, threads=1)
    assert result.success.mean == 1.0
    assert result.mean("driving_score").mean > 95.0


def test_the_json_holds_every_drive_and_appears_only_when_complete(tmp_path, asleep):
    path = write_json([asleep], tmp_path / "deep" / "results.json")
    (content,) = json.loads(path.read_text())
    assert content["success"]["mean"] == 0.0
    assert len(content["episodes"]) == 3
    assert content["episodes"][0]["road"] == 1_000_000
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # Standard deviation 14.14, half interval 1.96 * 14.14 / sqrt(2) = 19.6.
        ((40.0, 60.0), (50.0, 30.4, 69.6)),
        # Half interval 98: cut off at the worst and the best score.
        ((0.0, 100.0), (50.0, 0.0, 100.0)),
    ],
)
def test_a_mean_carries_its_normal_interval_inside_possible_values(scores, expected):
    template = {
        "road": 1, "seed": 0, "success": True, "end_reason": "success", "completion": 1.0, "distance_m": 1.0,
        "duration_s": 1.0, "speed_m_s": 1.0, "comfort": 1.0,
    }  # fmt: skip
    from agents.evaluation.results import Episode

    result = SuiteResult(
        suite="s", env_id="e", agent="a", episodes=[Episode(driving_score=score, **template) for score in scores]
    )
    mean = result.mean("driving_score")
    assert (mean.mean, mean.low, mean.high) == pytest.approx(expected, abs=0.01)


def test_an_unknown_suite_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'highway'"):
        suite("higway")
