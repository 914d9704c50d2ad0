import json

import numpy as np
import pytest

from agents.evaluation.results import SuiteResult
from agents.imitation import RoundReport
from agents.journal import Journal, read_history


def report(number: int) -> RoundReport:
    return RoundReport(
        round=number, fraction=0.1 * number, updates=number, frames=100 * number, seconds=2.0 * number, training={},
        scalars={"loss/total": 1.0 / number, "train/success": float("nan")}, network=None,  # type: ignore[arg-type]  # not looked at
        pictures=lambda: np.zeros((0, 1, 1, 3), np.uint8),
    )  # fmt: skip


@pytest.fixture
def evaluation(monkeypatch) -> SuiteResult:
    from agents.evaluation.results import Episode

    episodes = [
        Episode(road=road, seed=0, success=road < 3, end_reason="x", completion=1.0, driving_score=50.0,
                distance_m=1.0, duration_s=1.0, speed_m_s=1.0, comfort=1.0)
        for road in range(4)
    ]  # fmt: skip
    return SuiteResult(suite="s", env_id="e", agent="a", episodes=episodes)


def lines(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


def test_every_round_is_a_line_and_the_last_line_says_so(tmp_path, evaluation):
    with Journal(tmp_path) as journal:
        journal.write(report(1), None)
        journal.write(report(2), evaluation)
        journal.end("its budget is spent", seconds=4.0)
    first, second, last = lines(tmp_path)
    assert first == {"seconds": 2.0, "frames": 100, "fraction": 0.1, "loss/total": 1.0}
    assert second["evaluation/success"] == 0.75
    assert last == {"done": True, "reason": "its budget is spent", "seconds": 4.0}
    assert list((tmp_path / "tensorboard").iterdir())


def test_a_line_that_is_still_being_written_is_left_out(tmp_path):
    with Journal(tmp_path) as journal:
        journal.write(report(1), None)
    file = tmp_path / "history.jsonl"
    file.write_text(file.read_text() + '{"seconds": 4.0, "fra')
    assert [entry["frames"] for entry in read_history(file)] == [100]


def test_a_resumed_training_goes_on_from_where_it_was_saved(tmp_path):
    with Journal(tmp_path) as journal:
        for number in (1, 2, 3):
            journal.write(report(number), None)
        journal.end("it was stopped")
    with Journal(tmp_path, resume=True) as journal:
        assert not any("done" in line for line in lines(tmp_path))
        # The checkpoint was older than the last round.
        journal.write(report(2), None)
        journal.write(report(3), None)
    assert [line["frames"] for line in lines(tmp_path)] == [100, 200, 300]


def test_a_training_that_fails_leaves_no_reader_waiting(tmp_path):
    with pytest.raises(ZeroDivisionError), Journal(tmp_path) as journal:
        journal.write(report(1), None)
        raise ZeroDivisionError
    assert lines(tmp_path)[-1] == {"done": True, "reason": "it has failed"}
