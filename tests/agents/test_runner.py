import dataclasses
import shutil
from pathlib import Path

import pytest

from agents import runner, scoring
from agents.interface import load_agent, load_driver
from agents.learned import LearnedAgent
from agents.network import NetworkConfig
from agents.recipe import RunArgs
from agents.scoring import EvalArgs, evaluate, familiar_roads, roads_used
from agents.selection import Selection
from drivesim import assets
from drivesim.errors import ConfigError
from drivesim.tasks.suites import HELD_OUT_START, SELECTION_START, SUITES

TINY = NetworkConfig(channels=(8, 8, 8, 8), scene=16, hidden=16, dense=8)


@pytest.fixture
def args(tmp_path, monkeypatch) -> RunArgs:
    monkeypatch.setitem(SUITES, "lane", dataclasses.replace(SUITES["lane"], road_count=2))
    return RunArgs(
        env="lane", out=str(tmp_path), updates=4, worlds=4, map_count=2, batch=8, dense_batch=4, replay_ticks=16,
        round_ticks=2, evaluate_every=1, evaluate_roads=2, report_roads=0, network=TINY, processes=1, quiet=True,
        device="cpu",
    )  # fmt: skip


def as_if_it_drove(monkeypatch, *successes: float) -> list[str]:
    """Evaluations on the selection roads answer with these, one after the other; returns who was driven."""
    answers, driven = iter(successes), []

    def drive(self, network):
        driven.append(network)
        return None, *(2 * [next(answers)])

    monkeypatch.setattr(Selection, "_drive", drive)
    return driven


def test_what_a_training_starts_from_is_not_overwritten_by_it(args):
    shutil.copy(assets.path("models/lane.safetensors"), Path(args.out) / "best.safetensors")
    for start in (args.out, f"{args.out}/best.safetensors"):
        again = dataclasses.replace(args, start=start, overwrite=True, network=NetworkConfig())
        with pytest.raises(ConfigError, match=r"start: .* lies in .*, which begins anew; choose another folder"):
            runner.train(again)
    assert (Path(args.out) / "best.safetensors").is_file()


def test_a_training_is_not_overwritten_unasked(args):
    (Path(args.out) / "best.safetensors").write_bytes(b"weeks of work")
    with pytest.raises(ConfigError, match=r"holds a training \(best.safetensors\); go on with --resume"):
        runner.train(args)
    assert (Path(args.out) / "best.safetensors").read_bytes() == b"weeks of work"
    runner.claim_folder(dataclasses.replace(args, resume=True))
    assert list(Path(args.out).iterdir()) == [Path(args.out) / "best.safetensors"]
    runner.claim_folder(dataclasses.replace(args, overwrite=True))
    assert list(Path(args.out).iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads": ("nowhere:HEAD",)}, "heads: cannot import 'nowhere'"),
        ({"weights": {"semantics": 1.0}}, "weights: no head has a loss 'semantics'; did you mean 'semantic'"),
    ],
)
def test_a_name_that_nothing_has_costs_no_earlier_training(args, change, message):
    best = Path(args.out) / "best.safetensors"
    best.parent.mkdir(parents=True, exist_ok=True)
    best.write_bytes(b"weeks of work")
    with pytest.raises(ConfigError, match=message):
        runner.train(dataclasses.replace(args, overwrite=True, **change))
    assert best.read_bytes() == b"weeks of work"


def test_a_resumed_training_keeps_the_best_of_before(args, monkeypatch):
    as_if_it_drove(monkeypatch, 0.9, 0.3)
    runner.train(args)
    best = (Path(args.out) / "best.safetensors").read_bytes()
    # The file is driven once more, then every round of the rest; none comes near it.
    driven = as_if_it_drove(monkeypatch, 0.9, 0.25, 0.25)
    runner.train(dataclasses.replace(args, updates=8, resume=True))
    assert len(driven) == 3
    assert (Path(args.out) / "best.safetensors").read_bytes() == best


def test_two_evaluations_in_a_row_that_are_good_enough_end_the_training(args, monkeypatch):
    as_if_it_drove(monkeypatch, 1.0, 0.5, 0.97, 0.96)
    outcome = runner.run(dataclasses.replace(args, updates=100, enough=0.95))
    assert outcome is not None
    assert (outcome.enough, outcome.result.updates) == (True, 8)


def test_the_best_checkpoint_tells_which_roads_have_shaped_it(args, monkeypatch):
    as_if_it_drove(monkeypatch, 0.9, 0.3)
    runner.train(args)
    agent = load_agent(args.out)
    assert isinstance(agent, LearnedAgent)
    assert roads_used(agent) == {"training": (0, 2), "selection": (SELECTION_START, 2)}
    assert familiar_roads(agent, [SUITES["lane"]]) == []
    agent.training["roads"] = {"training": [HELD_OUT_START - 5, 6], "selection": [HELD_OUT_START + 1, 40], "x": "odd"}
    assert familiar_roads(agent, [SUITES["lane"]]) == [
        "1 of the 2 roads of lane were used for its training",
        "1 of the 2 roads of lane were used for its selection",
    ]


def test_the_final_report_drives_on_the_device_that_was_asked_for(args, monkeypatch):
    as_if_it_drove(monkeypatch, 0.9, 0.9)
    asked = []

    def load(name, **options):
        asked.append(options)
        return load_driver(name, **options)

    monkeypatch.setattr(runner, "load_driver", load)
    monkeypatch.setattr(runner, "evaluate_suites", lambda *words, **options: [])
    for step in ("print_table", "write_results"):
        monkeypatch.setattr(runner, step, lambda *words, **options: None)
    runner.train(dataclasses.replace(args, report_roads=2))
    assert asked == [{"device": "cpu", "heads": ()}]


def test_the_final_report_drives_the_suite_of_every_preset_that_was_learnt(args, monkeypatch):
    as_if_it_drove(monkeypatch, 0.9, 0.9)
    driven = []
    monkeypatch.setattr(runner, "evaluate_suites", lambda agent, suites, **options: driven.extend(suites))
    for step in ("print_table", "write_results"):
        monkeypatch.setattr(runner, step, lambda *words, **options: None)
    runner.train(
        dataclasses.replace(
            args, beside=("highway", "lane"), shards=3, worlds=6, batch=6, dense_batch=3, report_roads=2
        )
    )
    assert [(suite.name, suite.road_count) for suite in driven] == [("lane", 2), ("highway", 2)]


def test_a_suites_roads_do_not_reach_those_of_selection():
    with pytest.raises(ConfigError, match=r"EvalArgs.roads"):
        EvalArgs(roads=SELECTION_START - HELD_OUT_START + 1)


@pytest.mark.slow
def test_a_run_leaves_a_checkpoint_that_drives_a_report_and_its_curves(args, tmp_path, monkeypatch):
    args = dataclasses.replace(args, report_roads=2)
    assert runner.train(args) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert {
        "best.safetensors",
        "last.safetensors",
        "report",
        "tensorboard",
        "history.jsonl",
        "untrained.safetensors",
    } <= names
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"report.html", "results.json"}
    assert not list(tmp_path.rglob("*.partial"))
    monkeypatch.setattr(scoring, "suite", lambda name: dataclasses.replace(SUITES["lane"], road_count=1))
    assert evaluate(EvalArgs(agent=str(tmp_path), suite=("lane",), quiet=True, threads=1)) == 0


def test_wrong_arguments_are_named():
    with pytest.raises(ConfigError, match=r"evaluate_roads"):
        RunArgs(evaluate_roads=0)
    with pytest.raises(ConfigError, match="did you mean 'highway'"):
        EvalArgs(suite=("higway",))
