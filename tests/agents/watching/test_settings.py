import json
import logging

import pytest

from agents.watching.settings import FORMAT, Remembered, WindowSettings, settings_file

PANES = ("camera", "lidar", "numbers")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config" / "window.json"


def test_a_wall_is_remembered_and_each_rig_has_its_own(file):
    how = Remembered(("lidar", "numbers"), "lidar", "boxes")
    settings = WindowSettings(file)
    settings.remember(PANES, how)
    settings.remember(("camera",), Remembered(()))
    again = WindowSettings(file)
    assert again.recall(PANES) == how
    assert again.recall(("camera",)) == Remembered(())
    assert again.recall(("radar",)) is None


def test_the_file_is_in_the_users_folder_for_such_things(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert settings_file() == tmp_path / "drivesim" / "window.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert settings_file().parts[-3:] == (".config", "drivesim", "window.json")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"format": 99, "rigs": {}}', b'{"format": 1, "rigs": 5}', b"[" * 100_000],
)
def test_a_file_that_is_not_one_is_passed_over_with_one_line_and_replaced(file, content, caplog):
    file.parent.mkdir()
    file.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        settings = WindowSettings(file)
    assert len(caplog.records) == 1 and str(file) in caplog.text
    assert settings.recall(PANES) is None
    settings.remember(PANES, Remembered(("camera",)))
    assert WindowSettings(file).recall(PANES) == Remembered(("camera",))


@pytest.mark.parametrize(
    "entry", [5, {}, {"shown": "camera"}, {"shown": ["camera"], "enlarged": 7}, {"shown": ["camera"], "labels": None}]
)
def test_an_entry_that_makes_no_sense_is_none(file, entry):
    file.parent.mkdir()
    file.write_text(json.dumps({"format": FORMAT, "rigs": {", ".join(PANES): entry}}))
    assert WindowSettings(file).recall(PANES) is None


def test_panes_that_are_no_more_are_left_out(file):
    file.parent.mkdir()
    entry = {"shown": ["gone", "lidar", 3], "enlarged": "gone"}
    file.write_text(json.dumps({"format": FORMAT, "rigs": {", ".join(PANES): entry}}))
    assert WindowSettings(file).recall(PANES) == Remembered(("lidar",))


def test_a_folder_that_cannot_be_written_is_a_line(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("")
    WindowSettings(blocked / "window.json").remember(PANES, Remembered(PANES))
    assert "not written" in caplog.text or "passed over" in caplog.text
