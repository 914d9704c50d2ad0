"""The command `drivesim eval`: what it drives, what it says, what it leaves."""

import json

import pytest

from agents import scoring
from agents.cli import main
from agents.evaluation.replay import read_replay
from agents.evaluation.results import rounded, wilson
from agents.options import parse
from agents.scoring import EvalArgs, evaluate
from drivesim import assets
from drivesim.errors import ConfigError, FileFormatError
from drivesim.scenarios import list_suites
from drivesim.tasks.suites import SUITES, map_suite

CAR = {
    "name": "standing car",
    "parameters": {"at": [40, 60]},
    "ego": {"speed_m_s": 5, "cruise_m_s": 5},
    "users": [{"name": "car", "kind": "car", "along_m": "$at"}],
    "end": [{"action": {"type": "end"}, "all": [{"type": "simulation_time", "value": 3}]}],
}


def test_help_names_every_suite(capsys):
    with pytest.raises(SystemExit):
        parse(EvalArgs, ["--help"], prog="drivesim eval")
    told = " ".join(capsys.readouterr().out.split())
    for name in (*SUITES, *list_suites()):
        assert name in told


def test_what_is_driven_is_found_by_name_file_and_folder(tmp_path):
    for name in ("b", "a"):
        (tmp_path / f"{name}.json").write_text(json.dumps({**CAR, "name": name}))
    args = EvalArgs(suite=("town", "r157_alks", str(tmp_path / "a.json"), str(tmp_path)), map=("x/town07.xodr.gz",))
    names = [each.name for each in args.suites()]
    assert names == ["town", "r157_alks", "a", tmp_path.name, "town07"]
    assert [variant.scenario for variant in args.suites()[3].variants] == ["a", "a", "b", "b"]
    assert [each.name for each in EvalArgs().suites()] == ["lane"]
    assert EvalArgs(map=("a.xodr",), roads=3).suites()[0].road_count == 3


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"suite": ("ncap_aeb_2024",)}, ConfigError, "did you mean 'ncap_aeb_2023'"),
        ({"suite": ("nowhere/x.json",)}, FileFormatError, "x.json"),
        ({"suite": ("lane",), "situations": ("CCRs",)}, ConfigError, "expected a suite of situations"),
        ({"suite": ("r157_alks",), "situations": ("cutin",)}, ConfigError, "did you mean 'cut_in'"),
        ({"suite": ("r157_alks",), "weather": ("FogNoon",)}, ConfigError, "means nothing for situations"),
        ({"suite": ("r157_alks",), "roads": 3}, ConfigError, "means nothing for situations"),
    ],
)
def test_what_cannot_be_driven_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        EvalArgs(**options).suites()


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(FileFormatError, match="found none"):
        EvalArgs(suite=(str(tmp_path),)).suites()


def test_a_scenario_file_is_driven_told_and_written(tmp_path, capsys):
    file, out = tmp_path / "mine.json", tmp_path / "out"
    file.write_text(json.dumps(CAR))
    assert main(["eval", "--suite", str(file), "--situations", "*at 60*", "--out", str(out), "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "situations of standing car" in said
    (result,) = json.loads((out / "results.json").read_text())
    assert [each["outcome"]["title"] for each in result["episodes"]] == ["standing car (at 60)"]
    assert result["episodes"][0]["driving_score"] == 100.0
    assert (out / "report.html").is_file()
    assert not (out / "drives").exists()


def test_drives_are_kept_where_asked_for(tmp_path, capsys):
    file, out = tmp_path / "mine.json", tmp_path / "out"
    file.write_text(json.dumps(CAR))
    words = ["--situations", "*at 60*", "--keep", "all", "--out", str(out), "--quiet"]
    assert main(["eval", "--suite", str(file), *words]) == 0
    assert "drives kept: 1; look at one with drivesim watch --replay" in " ".join(capsys.readouterr().out.split())
    (result,) = json.loads((out / "results.json").read_text())
    kept = read_replay(out / "drives" / result["episodes"][0]["replay"])
    assert kept.about["title"] == "standing car (at 60)"
    with pytest.raises(ConfigError, match="keep: unknown value 'al'; did you mean 'all'"):
        EvalArgs(keep="al")


def test_a_share_reads_100_only_where_it_is():
    assert [rounded(value) for value in (100.0, 0.0, 80.0, 99.5, 99.97, 0.02)] == [
        "100", "0", "80", "99.5", "99.9", "0.1",
    ]  # fmt: skip
    # 199 of 200 by Wilson: 97.22 to 99.91.
    assert scoring.short(wilson(199, 200), 100.0) == "99.5 [97,100]"
    assert scoring.short(wilson(5, 5), 100.0) == "100 [56,100]"


def test_an_interrupted_evaluation_says_so_and_leaves_what_there_is(tmp_path, monkeypatch, capsys):
    class Stopped(scoring.StopRequest):
        def __init__(self):
            super().__init__()
            self.calls = 0

        @property
        def requested(self):
            self.calls += 1
            return self.calls > 45

        @requested.setter
        def requested(self, value):
            pass

    file, out = tmp_path / "mine.json", tmp_path / "out"
    file.write_text(json.dumps(CAR))
    monkeypatch.setattr(scoring, "StopRequest", Stopped)
    assert evaluate(EvalArgs(suite=(str(file),), worlds=1, out=str(out), quiet=True)) == 130
    assert "figures are of the first 1 of 2 drives" in capsys.readouterr().out
    (result,) = json.loads((out / "results.json").read_text())
    assert result["asked"] == 2 and len(result["episodes"]) == 1
    assert "Interrupted: 1 of 2 drives" in (out / "report.html").read_text()


@pytest.mark.slow
def test_a_map_file_is_driven_over_routes_that_differ():
    suite = map_suite(str(assets.path("maps/town_a.xodr")))
    args = EvalArgs(map=(suite.map_file,), roads=4, quiet=True)
    assert args.suites()[0].name == "town_a"
    (result,) = scoring.evaluate_suites(scoring.load_driver("expert"), args.suites(), name="expert", quiet=True)
    assert [each.road for each in result.episodes] == [0, 1, 2, 3]
    assert len({round(each.distance_m) for each in result.episodes}) > 1
