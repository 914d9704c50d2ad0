import fcntl
import io
import json
import resource
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from agents.recorder import RecordingArgs, record, record_data
from agents.recorder.drives import mounted
from agents.watching import RecordArgs
from drivesim.config import CameraConfig
from drivesim.errors import ConfigError
from drivesim.export import folder as folders
from drivesim.export.folder import DataFolder
from drivesim.export.pictures import decoded
from tests.agents.recorder.data_sets import arguments, contents, data_set

ROOT = Path(__file__).resolve().parents[3]


def command(folder, *more, limit_bytes=0):
    """`drivesim record` of four short drives as a process of its own."""

    def limit():
        if limit_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    words = [
        str(folder),
        "--env",
        "highway",
        "--drives",
        "4",
        "--duration-s",
        "1.5",
        "--worlds",
        "1",
        "--processes",
        "2",
    ]
    return subprocess.Popen(
        [sys.executable, "-m", "agents.cli", "record", *words, "--quiet", *more], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=limit,
    )  # fmt: skip


def ended(process):
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def test_a_second_run_changes_nothing(tmp_path):
    folder = data_set("shards")
    before, times = contents(folder), {file: file.stat().st_mtime_ns for file in folder.rglob("*.*")}
    done = record_data(arguments(folder, format="shards", sensors="front"))
    assert (done.new, done.drives) == (0, 2)
    assert contents(folder) == before
    assert all(file.stat().st_mtime_ns == when for file, when in times.items() if file.name != folders.LOCK_FILE)


@pytest.mark.slow
def test_killed_at_any_moment_a_recording_goes_on_and_leaves_the_same_bytes(tmp_path):
    whole = tmp_path / "whole"
    assert ended(command(whole))[0] == 0
    kills = 0
    for drives in range(4):
        process = command(tmp_path / "killed")
        while process.poll() is None and len(list((tmp_path / "killed" / "drives").glob("*"))) < drives:
            time.sleep(0.01)
        kills += process.poll() is None
        process.kill()
        process.communicate()
    assert kills >= 2
    code, _, err = ended(command(tmp_path / "killed"))
    assert (code, err) == (0, "")
    assert contents(tmp_path / "killed") == contents(whole)


def test_drives_do_not_depend_on_how_many_are_driven_together_and_more_can_be_added(tmp_path):
    record_data(arguments(tmp_path / "one", drives=1, worlds=1, sensors="front"))
    record_data(arguments(tmp_path / "one", drives=2, worlds=1, sensors="front"))
    one, two = contents(tmp_path / "one"), contents(data_set("shards"))
    for name in one:
        if name.startswith(("shards", "drives", "previews", "statistics", "contact")):
            assert one[name] == two[name], name


def test_a_complete_drive_that_was_not_moved_yet_is_moved_and_an_incomplete_one_thrown_away(tmp_path):
    folder = DataFolder(tmp_path / "data", {"format": "shards"})
    folder.claim()
    ready = folder.begin(3)
    (ready / "shards").mkdir()
    (ready / "shards" / "a.tar").write_bytes(b"whole")
    (ready / folders.RECORD_FILE).write_text('{"number": 3}')
    ready.rename(ready.with_suffix(folders.READY))
    (folder.begin(4) / "half").write_bytes(b"ha")
    folder.settle()
    assert (folder.path / "shards" / "a.tar").read_bytes() == b"whole"
    assert folder.done() == {3}
    assert list((folder.path / folders.WORK).iterdir()) == []


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("my only copy")
    with pytest.raises(ConfigError, match=r"holds something else \(thesis.tex\)"):
        record_data(arguments(tmp_path))
    assert contents(tmp_path) == {"thesis.tex": b"my only copy"}


def test_another_request_is_refused_and_says_what_differs():
    folder = data_set("shards")
    with pytest.raises(ConfigError, match="was recorded with seed = 0, cannot go on with 5"):
        record_data(arguments(folder, format="shards", sensors="front", seed=5))


def test_only_one_recording_writes_into_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "LOCK_PATIENCE_S", 0.0)
    with (tmp_path / folders.LOCK_FILE).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="another recording writes into"):
            record_data(arguments(tmp_path))


@pytest.mark.slow
def test_a_disk_that_refuses_ends_it_with_one_line_and_nothing_is_lost(tmp_path):
    folder = tmp_path / "data"
    assert ended(command(folder, "--drives", "1"))[0] == 0
    before = contents(folder)
    code, out, err = ended(command(folder, limit_bytes=20_000))
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "File too large" in err and "run the same command again" in err
    assert {name: data for name, data in contents(folder).items() if name in before} == before
    assert ended(command(folder))[0] == 0


def test_shards_hold_what_the_readme_says():
    with tarfile.open(data_set("shards") / "shards" / "drive-000001.tar") as tar:
        names = tar.getnames()
        files = {name: tar.extractfile(name).read() for name in names}
    frame = [name for name in names if name.startswith("000001_000002.")]
    assert frame == [
        "000001_000002.json", "000001_000002.camera.jpg", "000001_000002.camera_semantic.png",
        "000001_000002.camera_instance.png", "000001_000002.camera_depth.npy",
    ]  # fmt: skip
    described = json.loads(files["000001_000002.json"])
    instance = decoded(files["000001_000002.camera_instance.png"])
    depth = np.load(io.BytesIO(files["000001_000002.camera_depth.npy"]))
    assert described["time_s"] == 1.0
    assert (instance.dtype, depth.dtype, depth.shape) == (np.uint16, np.float16, instance.shape)
    seen = [each for each in described["objects"] if each["cameras"].get("camera", {}).get("pixels", 0)]
    assert seen
    for each in seen:
        mask = instance == each["slot"] + 1
        assert mask.sum() == each["cameras"]["camera"]["pixels"]
        # The picture is of the moment of the labels: nearest pixels are about as far as the box.
        reach = np.hypot(*each["size"][:2])
        assert abs(float(depth[mask].min()) - (each["position"][0] - 1.7)) < reach


@pytest.mark.parametrize(
    ("options", "file"),
    [
        ({}, "runs/drive.mp4"),
        ({"data": "clip.mp4"}, "clip.mp4"),
        ({"video": "b.avi"}, "b.avi"),
        ({"data": "folder"}, None),
    ],
)
def test_a_video_and_a_data_set_are_told_apart_by_what_is_asked_for(options, file):
    assert RecordingArgs(**options).video_file == file


def test_a_video_gets_the_arguments_of_a_video(monkeypatch):
    seen = []
    monkeypatch.setattr("agents.watching.record", lambda args: seen.append(args) or 0)
    record(RecordingArgs(video="a.mp4", env="highway", fps=10))
    assert seen == [RecordArgs(video="a.mp4", env="highway", fps=10)]


def test_the_agent_brings_the_sensors_that_it_drives_by():
    class Driver:
        sensors = "front"

    recorded = (CameraConfig(name="left", y_m=0.5),)
    assert [each.name for each in mounted(Driver(), recorded)] == ["left", "camera"]
    with pytest.raises(ConfigError, match="drives by a sensor 'camera'"):
        mounted(Driver(), (CameraConfig(width=64),))
