import dataclasses

import pytest

from agents import runner
from agents.network import NetworkConfig
from agents.runner import EvalArgs, RunArgs
from drivesim.errors import ConfigError
from drivesim.tasks.suites import SUITES

TINY = NetworkConfig(channels=(8, 8, 8, 8), scene=16, hidden=16, dense=8)


def test_selection_roads_are_neither_trained_on_nor_reported_on():
    chosen, reported = runner.selection_suite("lane", 40), SUITES["lane"]
    assert chosen.first_road >= reported.first_road + reported.road_count
    assert RunArgs().map_start + RunArgs().map_count <= reported.first_road


def test_a_run_leaves_a_checkpoint_that_drives_a_report_and_its_curves(tmp_path, monkeypatch):
    monkeypatch.setitem(runner.SUITES, "lane", dataclasses.replace(SUITES["lane"], road_count=2))
    args = RunArgs(
        env="lane", out=str(tmp_path), updates=4, worlds=4, map_count=1, batch=8, dense_batch=4, replay_ticks=16,
        round_ticks=2, evaluate_every=1, evaluate_roads=1, report_roads=2, network=TINY, threads=1, quiet=True,
    )  # fmt: skip
    assert runner.train(args) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert {"best.safetensors", "last.safetensors", "report", "tensorboard"} <= names
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"report.html", "results.json"}
    assert not list(tmp_path.rglob("*.partial"))
    monkeypatch.setattr(runner, "suite", lambda name: dataclasses.replace(SUITES["lane"], road_count=1))
    assert runner.evaluate(EvalArgs(agent=str(tmp_path), suite=("lane",), quiet=True, threads=1)) == 0


def test_wrong_arguments_are_named():
    with pytest.raises(ConfigError, match=r"evaluate_roads"):
        RunArgs(evaluate_roads=0)
    with pytest.raises(ConfigError, match="did you mean 'highway'"):
        EvalArgs(suite=("higway",))
