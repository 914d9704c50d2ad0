import dataclasses
import json

import pytest

from agents import demo, watching
from agents.demo import DemoArgs
from agents.network import NetworkConfig
from drivesim.errors import ConfigError

TINY = NetworkConfig(channels=(8, 8, 8, 8), scene=16, hidden=16, dense=8)


def test_only_its_own_folder_begins_anew():
    assert demo.training_of(DemoArgs()).overwrite
    assert not demo.training_of(DemoArgs(out="runs/mine")).overwrite


def test_it_stops_when_held_out_roads_are_driven_and_looks_often_enough():
    args = demo.training_of(DemoArgs())
    assert (args.enough, args.minutes) == (0.95, 5.0)
    assert args.evaluate_every > 0


def test_wrong_arguments_are_named():
    with pytest.raises(ConfigError, match=r"DemoArgs.minutes"):
        DemoArgs(minutes=0.0)


@pytest.mark.slow
def test_without_a_display_it_compares_before_and_after_and_writes_a_video(tmp_path, monkeypatch, capsys):
    real = demo.training_of
    small: dict = {
        "worlds": 4, "batch": 8, "dense_batch": 4, "replay_ticks": 16, "round_ticks": 2, "map_count": 2, "minutes": 0.0,
        "evaluate_roads": 2, "processes": 1, "network": TINY, "quiet": True, "updates": 8,
    }  # fmt: skip
    monkeypatch.setattr(demo, "training_of", lambda args: dataclasses.replace(real(args), **small))
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    recorded = []
    monkeypatch.setattr(watching, "record_before_after", lambda *files: recorded.extend(files) or files[2])
    assert demo.demo(DemoArgs(out=str(tmp_path / "demo"), roads=1)) == 0
    shown = capsys.readouterr().out
    assert "5 min are over" in shown
    assert [file.name for file in recorded] == ["untrained.safetensors", "best.safetensors", "demo.mp4"]
    before, after = json.loads((tmp_path / "demo" / "report" / "results.json").read_text())
    assert (before["agent"], after["agent"]) == ("before training", "after training")
    assert "<h2>Training</h2>" in (tmp_path / "demo" / "report" / "report.html").read_text()
