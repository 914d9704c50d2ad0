"""Starts are measured in fresh processes, and what roads cost by making some."""

import pytest

from agents.bench import BenchArgs, starts
from agents.bench.starts import StartFigures, measure_starts, road_cost, seconds_of, to_json
from agents.bench.tables import road_table, start_table


def test_a_start_ends_with_its_last_line_and_not_with_its_process():
    slow_end = "import atexit, time; atexit.register(time.sleep, 1.0)"
    assert 0.2 < seconds_of("import time; time.sleep(0.2)\n" + slow_end) < 1.0


def test_a_start_that_fails_says_why():
    with pytest.raises(RuntimeError, match="no such road"):
        seconds_of("raise ValueError('no such road')")


def test_a_road_costs_time_and_memory():
    seconds, megabytes = road_cost("lane", 1)
    assert 0.0 < seconds < 5.0
    assert 1.0 < megabytes < 5.0


def test_every_start_is_counted_once_per_round_and_none_of_the_first(monkeypatch):
    asked = []
    monkeypatch.setattr(starts, "seconds_of", lambda program, **environment: asked.append(program) or len(asked))
    monkeypatch.setattr(starts, "road_cost", lambda preset, count: (0.1, 4.0))

    class Quiet:
        def __init__(self, text: str) -> None:
            pass

        def __enter__(self) -> None: ...

        def __exit__(self, *rest: object) -> None: ...

    figures = measure_starts(BenchArgs(starts=True, cold=True, windows=2, roads=0), Quiet)
    known = len(starts.starts())
    assert len(asked) == 3 * known + 1
    assert figures.starts_s["import drivesim"] == (known + 1, 2 * known + 1)
    assert set(figures.aims_s) == set(figures.starts_s)
    assert to_json(figures)["road_mb"] == {"lane": 4.0, "highway": 4.0, "town": 4.0}


def test_tables_show_medians_beside_aims():
    figures = StartFigures(
        starts_s={"import drivesim": (0.1, 0.2, 0.6)}, aims_s={"import drivesim": 0.3},
        road_s={"highway": 0.1}, road_mb={"highway": 3.5}, roads=1000, many_over_few=0.95,
    )  # fmt: skip
    columns = {column.header: list(column.cells) for column in start_table(figures).columns}
    assert columns == {
        "start": ["import drivesim"], "s": ["0.20"], "quartiles": ["0.15 - 0.40"], "aim": ["<= 0.3"],
    }  # fmt: skip
    assert list(road_table(figures).columns[1].cells) == ["0.100 s", "3.50 MB", "0.95x"]
