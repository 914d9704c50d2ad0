import json

import pytest

from agents.bench import BenchArgs, run
from agents.bench.tables import short
from drivesim.errors import ConfigError


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"windows": 0}, "BenchArgs.windows"), ({"window_s": 0.0}, "BenchArgs.window_s"), ({"threads": 1}, "threads")],
)
def test_arguments_out_of_range_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        BenchArgs(**changes)


@pytest.mark.slow
def test_a_quick_run_prints_every_figure_and_writes_them(tmp_path, capsys):
    run(BenchArgs(quick=True, windows=1, window_s=0.02, out=str(tmp_path / "bench.json")))
    shown = capsys.readouterr().out
    for part in ("quartiles", "per core s", "floor over camera", "decide_world", "sensors", "other cars per world"):
        assert part in shown
    result = json.loads((tmp_path / "bench.json").read_text())
    expected = {"full", "full_copied", "full_threads", "town", "single", "vector", "camera", "floor", "window"}
    assert set(result["rates"]) == expected
    assert all(rate["median"] > 0 for rate in result["rates"].values())
    assert result["machine"]["versions"]["numba"]
    assert result["scene"]["other_cars_median"] >= 1


@pytest.mark.slow  # starts a process
def test_a_quick_run_of_training_compares_one_process_with_all(tmp_path, capsys):
    run(BenchArgs(train=True, quick=True, windows=1, window_s=0.1, out=str(tmp_path / "bench.json")))
    shown = capsys.readouterr().out
    assert "one process" in shown
    assert "2 processes, a core taken" in shown
    training = json.loads((tmp_path / "bench.json").read_text())["training"]
    assert all(training[name]["median"] > 0 for name in ("one", "all", "beside"))
    assert training["gain"] == pytest.approx(training["all"]["median"] / training["one"]["median"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, "0.500"), (7, "7.00"), (999.4, "999"), (999.9, "1.00 k"), (12_345, "12.3 k"), (1_234_567, "1.23 M")],
)
def test_figures_are_shown_with_three_digits(value, expected):
    assert short(value) == expected
