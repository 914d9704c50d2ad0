"""What a new user types wrong is answered in one line that names the option, what it takes and what it got.

A misspelt option, a value out of range, a file that is not what it should be: three and more for every command, all
found before anything is built, driven or written.
"""

import sys

import pytest

from agents import cli

FILE = "notes.txt"
"""A file where a folder or a checkpoint is expected."""
MISTAKES = {
    "demo": [
        ("--road 5", 2, "unknown option '--road'; did you mean '--roads'?; see drivesim demo --help"),
        ("--roads 0", 2, "DemoArgs.roads: expected an integer in [1, 1000000], got 0"),
        ("--seed -1", 2, "DemoArgs.seed: expected an integer in [0, "),
        (f"--out {FILE}", 1, f"File exists: {FILE}"),
    ],
    "watch": [
        ("--agnt expert", 2, "unknown option '--agnt'; did you mean '--agent'?; see drivesim watch --help"),
        ("expert", 2, "unexpected word 'expert'; see drivesim watch --help"),
        ("--speed 30", 2, "speed: expected a value in [0.25, 8], got 30.0"),
        ("--seed -1", 2, "seed: expected an integer in [0, "),
        ("--seed one", 2, "--seed: expected an integer, got 'one'"),
        ("--env lan", 2, "env: unknown value 'lan'; did you mean 'lane'?"),
        ("--record a.mp4 --agent gone.safetensors", 2, "gone.safetensors: no such checkpoint"),
        (f"--record a.mp4 --agent {FILE}", 2, f"{FILE}: cut off or no safetensors file"),
        ("--record a.mkv", 2, "video: expected a name that ends in .mp4 or .avi, got 'a.mkv'"),
    ],
    "drive": [
        ("--sized 3 3", 2, "unknown option '--sized'; did you mean '--size'?"),
        ("--size 640", 2, "--size: expected 2 arguments"),
        ("--size 3 3", 2, "size (width): expected a value in [160, 8192], got 3"),
        ("--roads 0", 2, "roads: expected a value in [1, 1000], got 0"),
        ("--record a.mkv", 2, "video: expected a name that ends in .mp4 or .avi, got 'a.mkv'"),
    ],
    "train": [
        ("--batchsize 3", 2, "unknown option '--batchsize'; did you mean '--batch'?"),
        ("--tele-width 128", 2, "unknown option '--tele-width'; did you mean '--network.tele-width'?"),
        ("--batch 0", 2, "TrainArgs.batch: expected an integer in [1, 65536], got 0"),
        ("--network.width 7", 2, "NetworkConfig.width: expected a multiple of 16 up to 1024, got 7"),
        ("--seed -1", 2, "TrainArgs.seed: expected an integer in [0, "),
        ("--map-start -1", 2, "TrainArgs.map_start: expected an integer in [0, "),
        ("--weights lane=nan", 2, "TrainArgs.weights['lane']: expected a value in [0, 1e+06], got nan"),
        ("--weights lane", 2, "--weights: expected NAME=FLOAT, got 'lane'"),
        ("--env lan", 2, "TrainArgs.env: unknown value 'lan'; did you mean 'lane'?"),
        (f"--out {FILE}", 1, f"File exists: {FILE}"),
    ],
    "eval": [
        ("--suit lane", 2, "unknown option '--suit'; did you mean '--suite'?"),
        ("--suite lan", 2, "suite: unknown value 'lan'; did you mean 'lane'?"),
        ("--roads -1", 2, "EvalArgs.roads: expected an integer in [0, 1000000], got -1"),
        ("--agent exprt", 2, "agent: unknown name 'exprt'; did you mean 'expert'?"),
        ("--agent runs/gone", 2, "agent: unknown name 'runs/gone'; known: classical, expert, a checkpoint"),
        ("--agent my_modul:Careful", 2, "agent: cannot import 'my_modul' of 'my_modul:Careful'"),
        ("--agent my_module:Carefull", 2, "agent: module 'my_module' has no class 'Carefull'; did you mean 'Careful'?"),
        (f"--agent {FILE}", 2, f"{FILE}: cut off or no safetensors file"),
        (f"--out {FILE}", 1, f"File exists: {FILE}"),
    ],
    "senses": [
        ("--roads 3", 2, "SensesArgs.roads: expected an integer in [10, "),
        ("--suite lan", 2, "suite: unknown value 'lan'; did you mean 'lane'?"),
        ("--agents gone.safetensors", 2, "gone.safetensors: no such checkpoint"),
    ],
    "record": [
        ("--duration 3", 2, "unknown option '--duration'; did you mean '--duration-s'?"),
        ("--fps 0", 2, "fps: expected a value in [1, 240], got 0"),
        ("--road -1", 2, "road: expected an integer in [0, "),
        (f"--video {FILE}/a.mp4", 1, f"File exists: {FILE}"),
        ("--video a.mp4 --agent gone.safetensors", 2, "gone.safetensors: no such checkpoint"),
        ("data --format koko", 2, "--format: expected one of shards, coco, kitti, nuscenes, mcap, got 'koko'"),
        ("data --sensors nuscene", 2, "sensors: unknown value 'nuscene'; did you mean 'nuscenes'?"),
        ("data --rate-hz 3", 2, "rate_hz: expected the control rate of 10 Hz over a whole number, got 3"),
        ("data --video a.mp4", 2, "video: expected either a data set or a video, got both 'data' and 'a.mp4'"),
        (f"{FILE} --env lane", 2, f"data: {FILE} is a file, expected a folder"),
    ],
    "fit": [
        ("", 2, "data: expected the folder of a data set, got none"),
        ("gone", 2, "gone: holds no data set of `drivesim record`: there is no dataset.json"),
        ("gone --batch 0", 2, "FitArgs.batch: expected an integer in [1, 65536], got 0"),
    ],
    "bench": [
        ("--thread 2", 2, "unknown option '--thread'; did you mean '--threads'?"),
        ("--windows 0", 2, "BenchArgs.windows: expected an integer in [1, 1000], got 0"),
        ("--window-s short", 2, "--window-s: expected a number, got 'short'"),
        (f"--out {FILE}/bench.json", 1, f"File exists: {FILE}"),
    ],
    "map": [
        ("drw", 2, "action: expected one of info, check, draw, drive, export, got 'drw'; did you mean 'draw'?"),
        ("--lenght-m 300", 2, "unknown option '--lenght-m'; did you mean '--length-m'?"),
        ("--generator higway", 2, "generator: unknown value 'higway'; did you mean 'highway'?"),
        ("--length-m 1", 2, "length_m: expected a value in [100, 5000], got 1.0"),
        ("--seed -1", 2, "seed: expected an integer in [0, "),
        ("draw --out map.bmp", 2, "out: expected a name that ends in .png, got 'map.bmp'"),
    ],
    "doctor": [
        ("--trail", 2, "unknown option '--trail'; did you mean '--trial'?"),
        ("now", 2, "unexpected word 'now'"),
        ("--trial=maybe", 2, "--trial/--no-trial: ignored explicit argument 'maybe'"),
    ],
}


def test_every_command_is_tried():
    assert set(MISTAKES) == set(cli.COMMANDS)
    assert min(map(len, MISTAKES.values())) >= 3


@pytest.mark.parametrize(
    ("command", "words", "code", "expected"),
    [(command, *mistake) for command, mistakes in MISTAKES.items() for mistake in mistakes],
    ids=lambda part: str(part) if isinstance(part, str) and ":" not in part else "",
)
def test_a_mistake_is_one_line_and_costs_nothing(command, words, code, expected, tmp_path, monkeypatch, capsys):
    (tmp_path / FILE).write_text("not a checkpoint")
    (tmp_path / "my_module.py").write_text("class Careful: pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.delitem(sys.modules, "my_module", raising=False)
    try:
        answer = cli.main([command, *words.split()])
    except SystemExit as stop:
        answer = stop.code
    # A progress bar that is cut short ends its line, though nothing is on it.
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert answer == code
    assert line.startswith(f"drivesim {command}: ")
    assert expected in line
    assert sorted(file.name for file in tmp_path.iterdir() if file.name != "__pycache__") == ["my_module.py", FILE]
