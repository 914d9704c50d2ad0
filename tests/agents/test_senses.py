"""What a sense is worth: conditions, rows worked by hand, and a comparison that goes on where it was."""

import json
import struct

import pytest

from agents import senses
from agents.evaluation.results import Episode, SuiteResult
from agents.senses import Row, SensesArgs, compare, conditions_of, markdown_of, mean_of, read_rows
from drivesim.config import CameraConfig, RadarConfig
from drivesim.errors import ConfigError, FileFormatError


def episode(road: int, success: bool, score: float) -> Episode:
    return Episode(
        road=road, seed=0, success=success, end_reason="success" if success else "collision", completion=1.0,
        driving_score=score, distance_m=100.0, duration_s=10.0, speed_m_s=10.0, comfort=1.0,
    )  # fmt: skip


def driven_with(scores: list[float], *distances: float) -> SuiteResult:
    """A result with an error of the distance to the lead of each block."""
    episodes = [episode(road, score == 100.0, score) for road, score in enumerate(scores)]
    blocks = [{"lead_distance_relative": each, "lead_closing_mae_m_s": 2.0 * each} for each in distances]
    return SuiteResult(suite="highway", env_id="", agent="mine", episodes=episodes, perception_of_blocks=blocks)


ROW = Row.of("mine", "camera + radar", "night", driven_with([100.0, 100.0, 100.0, 60.0], 0.1, 0.3))


def test_every_sensor_of_a_rig_dies_in_turn_after_all_weathers():
    conditions = conditions_of((CameraConfig(), RadarConfig()))
    assert [each.name for each in conditions] == [*senses.WEATHERS, "camera dead", "radar dead"]
    assert [fault.kind for fault in conditions[-1].faults["radar"]] == ["dead"]
    assert len(conditions_of((CameraConfig(),))) == len(senses.WEATHERS)


def test_who_tells_faults_also_drives_with_each_kind_now_and_then():
    last = conditions_of((CameraConfig(), RadarConfig()), inspected=True)[-1]
    assert set(last.faults) == {"camera", "radar"}
    for faults in last.faults.values():
        assert {fault.severity for fault in faults} == {senses.FAULTS_SEVERITY}
        assert sum(fault.probability for fault in faults) == pytest.approx(senses.FAULTS_MEAN)


def test_telling_faults_has_a_table_of_its_own():
    def row(condition: str, **measured: float) -> Row:
        episodes = [episode(0, True, 100.0)]
        found = SuiteResult(suite="", env_id="", agent="mine", episodes=episodes, perception_of_blocks=[measured])
        return Row.of("mine", "camera", condition, found)

    day, night = (row(name, camera_false_alarms=share) for name, share in (("clear day", 0.01), ("night", 0.03)))
    faulty = row(senses.FAULTS_TITLE, camera_fault_auroc=0.97, camera_false_alarms=float("nan"))
    assert "AUROC" not in markdown_of([day, night])
    line = markdown_of([day, night, faulty]).splitlines()[-1]
    assert line == "| camera | camera | 0.970 [0.970, 0.970] | 1.0 % [1.0, 1.0] | 3.0 % [3.0, 3.0] |"


def test_a_row_sums_up_its_blocks():
    assert ROW.success.mean == 0.75
    assert ROW.driving_score.mean == 90.0
    assert ROW.driving_score.high == 100.0
    # Two blocks, 0.1 and 0.3: mean 0.2, deviation 0.1 sqrt(2), over sqrt(2) blocks, times 1.96.
    distance = ROW.perception["lead_distance_relative"]
    assert (distance.mean, distance.low) == (pytest.approx(0.2), pytest.approx(0.2 - 0.196, abs=1e-5))
    assert mean_of([3.0]).low == mean_of([3.0]).high == 3.0


def test_the_table_says_it_in_words():
    line = markdown_of([ROW]).splitlines()[-1]
    assert line.startswith("| camera + radar | night | 75.0 % [")
    assert "| 20.0 % [0.4, 39.6] | 0.40 m/s [0.01, 0.79] |" in line


def test_the_plot_shows_what_was_measured_and_leaves_gaps_for_what_was_not():
    blind = Row.of("other", "odometry", "fog", driven_with([60.0], 0.1))
    blind.perception.clear()
    width, height = struct.unpack(">2I", senses.plot_of([ROW, blind])[16:24])
    assert width > height > 500


def test_a_file_in_the_place_of_the_folder_is_refused_before_anybody_drives(tmp_path):
    (tmp_path / "results").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="expected a folder, got the file"):
        SensesArgs(out=str(tmp_path / "results"))


def test_a_comparison_goes_on_where_it_was(tmp_path, monkeypatch, capsys):
    driven = []

    def drive(agent, name, condition, args):
        driven.append(condition.name)
        if len(driven) == 3:
            raise KeyboardInterrupt
        return Row.of(name, "none", condition.name, driven_with([100.0], 0.1))

    monkeypatch.setattr(senses, "drive", drive)
    args = SensesArgs(agents=("expert",), roads=20, out=str(tmp_path), quiet=True)
    with pytest.raises(KeyboardInterrupt):
        compare(args)
    assert len(read_rows(tmp_path / "senses.json", {"suite": "highway", "roads": 20})) == 2
    assert compare(args) == 0
    names = list(senses.WEATHERS)
    assert driven == [*names[:3], *names[2:]]
    assert "heavy rain" in (tmp_path / "senses.md").read_text(encoding="utf-8")
    assert (tmp_path / "senses.png").read_bytes().startswith(b"\x89PNG")
    assert "100.0 %" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("{", FileFormatError, "no comparison of senses"),
        (json.dumps({"format": 99}), FileFormatError, "format 99, expected 2"),
        (json.dumps({"format": 2, "about": {"suite": "lane"}, "rows": []}), ConfigError, "choose another folder"),
    ],
)
def test_foreign_results_are_refused(tmp_path, text, error, words):
    file = tmp_path / "senses.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        read_rows(file, {"suite": "highway", "roads": 20})


def test_only_the_conditions_asked_for_are_driven(monkeypatch, tmp_path):
    driven = []

    def stand_in(agent, name, condition, args):
        driven.append(condition.name)
        return Row.of(name, "camera", condition.name, driven_with([100.0], 0.1))

    monkeypatch.setattr(senses, "drive", stand_in)
    driver = "assets/models/highway.safetensors"
    assert compare(SensesArgs(agents=(driver,), roads=10, conditions=("night", "camera dead"), quiet=True)) == 0
    assert driven == ["night", "camera dead"]
    for condition in ("heavy rain", "night"):
        asked = SensesArgs(agents=(driver,), roads=10, conditions=(condition,), out=str(tmp_path), quiet=True)
        assert compare(asked) == 0
    table = (tmp_path / "senses.md").read_text()
    assert "| night |" in table and "| heavy rain |" in table
    with pytest.raises(ConfigError, match=r"SensesArgs\.conditions: unknown value 'nigth'; did you mean 'night'"):
        compare(SensesArgs(agents=(driver,), roads=10, conditions=("nigth",), quiet=True))
