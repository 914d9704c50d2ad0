import resource
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from drivesim.errors import ConfigError
from drivesim.render import video
from drivesim.render.video import VideoWriter, save_png


def frames(rng, count: int, size=(96, 64)) -> list[np.ndarray]:
    return [rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8) for _ in range(count)]


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_video_reads_back_with_its_size_rate_and_frames(tmp_path, suffix):
    path = tmp_path / "new" / f"drive{suffix}"
    with VideoWriter(path, fps=25, size=(97, 64)) as writer:
        for number in range(12):
            picture = np.zeros((64, 97, 3), np.uint8)
            picture[..., 0] = 20 * number
            writer.write(picture)
        assert writer.duration_s == pytest.approx(12 / 25)
    capture = cv2.VideoCapture(str(path))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(25)
    assert (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (96, 64)
    red = [capture.read()[1][..., 2].mean() for _ in range(12)]
    assert red == pytest.approx([20 * number for number in range(12)], abs=8)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_frames_of_another_size_and_with_alpha_are_taken(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", size=(96, 64)) as writer:
        writer.write(np.zeros((128, 200, 4), np.uint8))
        with pytest.raises(ValueError, match=r"frame: expected uint8 \(H, W, 3 or 4\), got float64"):
            writer.write(np.zeros((64, 96, 3)))
    assert (tmp_path / "a.mp4").exists()


def test_nothing_recorded_leaves_no_file(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", size=(96, 64)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_recording_is_kept(tmp_path, rng):
    with pytest.raises(KeyboardInterrupt), VideoWriter(tmp_path / "a.mp4", size=(96, 64)) as writer:
        for frame in frames(rng, 5):
            writer.write(frame)
        raise KeyboardInterrupt
    assert cv2.VideoCapture(str(tmp_path / "a.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 5


def test_an_unknown_suffix_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ConfigError, match=r"video: expected a name that ends in \.mp4 or \.avi, got '.*a\.mov'"):
        VideoWriter(tmp_path / "x" / "a.mov", size=(96, 64))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file") as caught:
        VideoWriter(tmp_path / "file" / "a.mp4", size=(96, 64))
    assert caught.value.strerror


@pytest.mark.parametrize(
    "name",
    ["file:x.mp4", "12:30.mp4", "a b.mp4", "ü€.avi", "%d.mp4", "100%03d.avi", "http://x.mp4", "-x.mp4", "%d/a:b/c.mp4"],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_a_video_is_where_its_name_says_whatever_the_name(tmp_path, rng, monkeypatch, name, absolute):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name if absolute else name
    with VideoWriter(path, size=(96, 64)) as writer:
        for frame in frames(rng, 3):
            writer.write(frame)
    found = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert [file.relative_to(tmp_path) for file in found] == [Path(name)]
    plain = tmp_path / f"plain{found[0].suffix}"
    found[0].rename(plain)
    assert cv2.VideoCapture(str(plain)).get(cv2.CAP_PROP_FRAME_COUNT) == 3


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("taken.mp4", "Is a directory"),
        ("y" * 300 + ".mp4", "File name too long"),
        ("file/a.mp4", "exists|Not a directory"),
    ],
)
def test_a_name_that_no_video_can_have_is_refused_before_anything_is_recorded(tmp_path, name, cause):
    (tmp_path / "taken.mp4").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=cause) as caught:
        VideoWriter(tmp_path / name, size=(96, 64))
    assert caught.value.filename == str(tmp_path / name)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "taken.mp4"]


def test_little_room_on_the_disk_ends_the_recording_with_an_error_and_no_file(tmp_path, rng, monkeypatch):
    writer = VideoWriter(tmp_path / "a.mp4", size=(96, 64))
    writer.write(frames(rng, 1)[0])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(OSError, match="No space left on device") as caught:
        for frame in frames(rng, 40):
            writer.write(frame)
    assert caught.value.filename == str(tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_writes_that_fail_are_found_when_the_file_is_finished(tmp_path):
    # A limit on file size is the nearest to a full disk that a test can make: write() fails in the C library.
    code = f"""
import resource
import numpy as np
from drivesim.render.video import VideoWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, {resource.RLIM_INFINITY}))
rng = np.random.default_rng(0)
try:
    with VideoWriter({str(tmp_path / "a.mp4")!r}, size=(320, 240)) as writer:
        for _ in range(60):
            writer.write(rng.integers(0, 256, (240, 320, 3)).astype(np.uint8))
except OSError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "could not be written whole (disk full?)" in done.stdout
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_written_whole_or_not_at_all(tmp_path, rng, monkeypatch):
    picture = frames(rng, 1)[0]
    path = save_png(tmp_path / "sub" / "a.png", picture)
    assert np.array_equal(cv2.imread(str(path))[..., ::-1], picture)
    rgba = np.dstack([picture, np.zeros(picture.shape[:2], np.uint8)])
    save_png(path, rgba)
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1], picture)

    def full(source, target):
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(video.os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        save_png(tmp_path / "b.png", picture)
    assert not list(tmp_path.glob("b.png*"))
