import pytest

from agents import recipe
from agents.recipe import RunArgs, TrainArgs, average_decay, expert_share, learning_rate
from drivesim.errors import ConfigError
from drivesim.tasks.suites import HELD_OUT_START, SELECTION_START


def test_the_learning_rate_rises_then_falls_to_a_hundredth():
    rates = [learning_rate(fraction, fraction, 1.0) for fraction in (0.02, recipe.WARM_UP, 0.5, 1.0)]
    assert rates == pytest.approx([0.5, 1.0, rates[2], 0.01])
    assert 0.4 < rates[2] < 0.6


def test_the_expert_hands_over_step_by_step():
    assert [expert_share(f, 0.2) for f in (0.0, recipe.EXPERT_ALONE, recipe.EXPERT_FADED, 1.0)] == pytest.approx(
        [1.0, 1.0, 0.2, 0.2]
    )


def test_a_long_budget_that_may_end_early_opens_early():
    # 1 % of the budget is spent, but half of the updates that may be enough are done.
    early, late = TrainArgs(expected_updates=1000), TrainArgs()
    assert [args.opening(0.01, 500) for args in (early, late)] == [0.5, 0.01]
    assert learning_rate(0.5, 0.01, 1.0) == 1.0
    # Where the budget is spent sooner, it decides.
    assert early.opening(0.7, 500) == 0.7


def test_the_average_forgets_where_it_began():
    # Weights that jump from 0 to 1 and stay: after 100 updates the average has come within 1 % of them.
    average = 0.0
    for update in range(100):
        average += (1.0 - average_decay(update)) * (1.0 - average)
    assert average > 0.99
    assert average_decay(10**6) == recipe.AVERAGE_DECAY


def test_every_training_road_belongs_to_one_shard():
    args = TrainArgs(map_start=5, map_count=7, shards=2)
    assert [*args.roads(0), *args.roads(1)] == list(range(5, 12))
    assert [list(TrainArgs(map_count=1, shards=2).roads(shard)) for shard in range(2)] == [[0], [0]]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"env": "lan"}, "did you mean 'lane'"),
        ({"beside": ("higway",)}, r"TrainArgs.beside: .* did you mean 'highway'"),
        ({"beside": ("highway", "town")}, r"at least 3, got 2"),
        ({"minutes": -1.0}, "minutes"),
        ({"minutes": 0.0}, "give a budget"),
        ({"dense_batch": 1000}, "dense_batch"),
        ({"flip": 2.0}, "flip"),
        ({"worlds": 9}, r"TrainArgs.worlds: expected a multiple of 2 shards, got 9"),
        ({"processes": 3, "shards": 4}, r"TrainArgs.processes: expected a divisor of 4 shards, got 3"),
        (
            {"map_start": 1_000_000},
            r"TrainArgs.map_start: roads from 1,000,000 up are held out of training, .* 999,936 ",
        ),
        ({"map_start": 999_937}, "TrainArgs.map_start"),
        ({"seed": -1}, "TrainArgs.seed"),
    ],
)
def test_impossible_arguments_are_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        TrainArgs(**changes)


def test_roads_for_training_selection_and_report_never_meet():
    # The most that may be asked for of each.
    args = RunArgs(map_start=0, map_count=1_000_000, evaluate_roads=100_000, report_roads=1_000_000)
    used = args.roads_used
    assert sum(used["training"]) <= HELD_OUT_START
    assert HELD_OUT_START + args.report_roads <= used["selection"][0] == SELECTION_START
    with pytest.raises(ConfigError, match="report_roads"):
        RunArgs(report_roads=1_000_001)
