"""Videos and pictures as files. A file gets its name only once it is whole."""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from drivesim.errors import ConfigError, check_range

CODECS: dict[str, str] = {".mp4": "mp4v", ".avi": "MJPG"}
"""FourCC by file name suffix."""
FREE_MIN_BYTES = 4_000_000
"""Recording stops when the disk has less room than this."""
_CHECK_EVERY = 30


class VideoWriter:
    """Writes a video frame by frame; also a context manager that finishes the file, even after Ctrl-C.

    Frames go to a file of another name beside it; `close` checks that all of them can be read back and renames it.

    Args:
        path: Ends in .mp4 or .avi; missing folders are made.
        fps: Frames per second.
        size: Width and height [px]; both are rounded down to even numbers, as video needs.

    Raises:
        ConfigError: The suffix is unknown, or fps or size out of range.
        OSError: The file cannot be written; names it and the cause.
    """

    def __init__(self, path: str | os.PathLike[str], *, fps: float = 30.0, size: tuple[int, int]) -> None:
        self.path = Path(path)
        suffix = self.path.suffix.lower()
        if suffix not in CODECS:
            raise ConfigError(f"video: expected a name that ends in {' or '.join(CODECS)}, got {str(path)!r}")
        check_range("fps", fps, 1.0, 240.0)
        for side, value in zip(("width", "height"), size, strict=True):
            check_range(f"video {side}", value, 16, 8192)
        self.fps = fps
        self.size = (size[0] & ~1, size[1] & ~1)
        self.frame_count = 0
        """Frames written so far."""
        self._partial = self._reserve(suffix)
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        fourcc = cv2.VideoWriter.fourcc(*CODECS[suffix])
        self._writer: cv2.VideoWriter | None = cv2.VideoWriter(str(self._partial), fourcc, fps, self.size)
        if not self._writer.isOpened():
            self._discard()
            raise OSError(errno.EIO, "OpenCV cannot write this video", str(self.path))

    def _reserve(self, suffix: str) -> Path:
        """An empty file in the video's folder.

        FFmpeg takes what is before a colon for a protocol and may fill in percent signs, so it is given an absolute
        path with a plain name. OpenCV does not say why it cannot open a file; Python does.
        """
        try:
            if self.path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # A name that no file can have is found now rather than at the end.
            with contextlib.suppress(FileNotFoundError):
                self.path.lstat()
            partial = self.path.parent.resolve() / f".video-{secrets.token_hex(6)}.partial{suffix}"
            partial.open("xb").close()
        except OSError as error:
            raise OSError(error.errno, error.strerror or str(error), str(self.path)) from None
        return partial

    @property
    def duration_s(self) -> float:
        """Length so far [s]."""
        return self.frame_count / self.fps

    def write(self, frame: np.ndarray) -> None:
        """Appends a frame, RGB or RGBA uint8, shape (H, W, 3 or 4); another size than the video's is rescaled.

        Raises:
            OSError: The disk is full; the unfinished file is removed.
        """
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] not in (3, 4):
            raise ValueError(f"frame: expected uint8 (H, W, 3 or 4), got {frame.dtype} {frame.shape}")
        if self._writer is None:
            raise ValueError("frame: this video is closed")
        if self.frame_count % _CHECK_EVERY == 0 and shutil.disk_usage(self.path.parent).free < FREE_MIN_BYTES:
            self._discard()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        if frame.shape[1::-1] != self.size:
            crop = frame[: self.size[1], : self.size[0]]
            near = abs(frame.shape[1] - self.size[0]) < 2 and abs(frame.shape[0] - self.size[1]) < 2
            frame = crop if near else cv2.resize(frame, self.size, interpolation=cv2.INTER_AREA)
        code = cv2.COLOR_RGB2BGR if frame.shape[2] == 3 else cv2.COLOR_RGBA2BGR
        with _quiet_opencv():
            self._writer.write(cv2.cvtColor(frame, code))
        self.frame_count += 1

    def close(self) -> Path | None:
        """Finishes the file and returns its path; None when nothing was written.

        Raises:
            OSError: What was written cannot be read back, as on a full disk; the file is removed.
        """
        if self._writer is None:
            return self.path if self.frame_count else None
        with _quiet_opencv():
            self._writer.release()
        self._writer = None
        if self.frame_count == 0:
            self._discard()
            return None
        # OpenCV reports no write error at all, so the proof is in the reading.
        if _readable_frames(self._partial) != self.frame_count:
            self._discard()
            raise OSError(errno.ENOSPC, "the video could not be written whole (disk full?)", str(self.path))
        try:
            os.replace(self._partial, self.path)
        except OSError as error:
            self._discard()
            raise OSError(error.errno, error.strerror, str(self.path)) from None
        return self.path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _discard(self) -> None:
        if self._writer is not None:
            with _quiet_opencv():
                self._writer.release()
            self._writer = None
        self.frame_count = 0
        self._partial.unlink(missing_ok=True)


def save_png(path: str | os.PathLike[str], picture: np.ndarray) -> Path:
    """Writes a picture, RGB or RGBA uint8 (RGBA counts as opaque), under its final name only once it is whole.

    Raises:
        OSError: The file cannot be written.
    """
    target = Path(path)
    code = cv2.COLOR_RGB2BGR if picture.shape[2] == 3 else cv2.COLOR_RGBA2BGR
    _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, code))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    try:
        partial.write_bytes(encoded.tobytes())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _readable_frames(path: Path) -> int:
    """How many frames the index of a video lists, provided the last one decodes; 0 for a broken file."""
    with _quiet_opencv():
        capture = cv2.VideoCapture(str(path))
        try:
            count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
            if count > 1:
                capture.set(cv2.CAP_PROP_POS_FRAMES, count - 1)
            return count if count > 0 and capture.read()[0] else 0
        finally:
            capture.release()


@contextlib.contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Hides OpenCV's own warnings: a failed write is reported once, by `close`."""
    logging = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)
