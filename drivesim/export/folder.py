"""A data set's folder: every drive is there whole or not at all, whenever the process ends.

```
DATA/
  dataset.json          what is recorded: the request; written first, never changed
  drives/               drive-000000.json of every drive that is done: its files, statistics, tables
  .work/                drives being written, and those complete but not yet moved into place
  ...                   the format's own files
```

A drive is written into `.work/drive-000000.partial`, flushed to the disk, renamed to `.ready`, and its files are then
moved into place one by one; its record in `drives/` comes last. A folder `.ready` left by a process that was killed
is moved on, a `.partial` one is thrown away.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from drivesim.errors import ConfigError, FileFormatError
from drivesim.export.drive import drive_name

FORMAT = 1
REQUEST_FILE = "dataset.json"
RECORDS, WORK = "drives", ".work"
RECORD_FILE = ".record.json"
"""Name of a drive's record among its files, before it is moved."""
LOCK_FILE = ".lock"
LOCK_PATIENCE_S = 5.0
FLUSHED_SINGLY = 16
"""Up to so many files are flushed one by one."""
PARTIAL, READY = ".partial", ".ready"


class DataFolder:
    """The folder of a data set that is being written.

    Args:
        path: Where; made if it is not there.
        request: What is recorded, JSON-ready: the same request gives the same bytes.

    Raises:
        ConfigError: The folder holds something else, or a data set of another request.
    """

    def __init__(self, path: str | os.PathLike[str], request: Mapping[str, Any]) -> None:
        self.path = Path(path)
        self.request = json.loads(json.dumps({"drivesim_dataset": FORMAT, **request}))

    def check(self) -> None:
        """Changes nothing.

        Raises:
            ConfigError: The folder holds something else, or a data set of another request.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(f"data: {self.path} is a file, expected a folder")
        there = sorted(file.name for file in self.path.iterdir()) if self.path.is_dir() else []
        if REQUEST_FILE in there:
            _check_same(self.path, read_request(self.path), self.request)
        elif set(there) - {LOCK_FILE, _partial(Path(REQUEST_FILE)).name}:
            foreign = next(name for name in there if name != LOCK_FILE)
            raise ConfigError(
                f"data: {self.path} holds something else ({foreign}); choose a new folder, nothing was changed"
            )

    def claim(self) -> None:
        """Makes the folder this request's; what is in it already stays."""
        self.check()
        self.path.mkdir(parents=True, exist_ok=True)
        write_bytes(self.path / REQUEST_FILE, _json(self.request))
        (self.path / RECORDS).mkdir(exist_ok=True)
        (self.path / WORK).mkdir(exist_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[int]:
        """Only one recording writes at a time: the file descriptor of its lock, which processes that write inherit.

        The system takes it back when the last of them ends, however it does.

        Raises:
            ConfigError: Another one writes here.
        """
        self.check()
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK_FILE).open("w") as stream:
            # Processes of a recording that was killed take a moment to end.
            until = time.monotonic() + LOCK_PATIENCE_S
            while True:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > until:
                        raise ConfigError(f"data: another recording writes into {self.path}") from None
                    time.sleep(0.1)
            yield stream.fileno()

    def settle(self) -> None:
        """Finishes what a process that was killed had complete, and throws away what it had not."""
        for folder in sorted((self.path / WORK).iterdir()):
            if folder.suffix == READY:
                self._place(folder)
            else:
                shutil.rmtree(folder)

    def done(self) -> set[int]:
        """Numbers of the drives that are there."""
        return {int(file.stem.rpartition("-")[2]) for file in (self.path / RECORDS).glob("drive-*.json")}

    def begin(self, number: int) -> Path:
        """An empty folder for a drive's files; they will lie in the data set as they lie in it."""
        folder = self.path / WORK / f"{drive_name(number)}{PARTIAL}"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        return folder

    def finish(self, number: int, record: Mapping[str, Any]) -> None:
        """Puts a drive's files into the data set."""
        folder = self.path / WORK / f"{drive_name(number)}{PARTIAL}"
        files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
        size = sum((folder / file).stat().st_size for file in files)
        (folder / RECORD_FILE).write_bytes(_json({**record, "files": files, "bytes": size}))
        _flush_tree(folder, [*files, RECORD_FILE])
        ready = folder.with_suffix(READY)
        folder.rename(ready)
        _flush(ready.parent)
        self._place(ready)

    def drop(self, number: int) -> None:
        """Throws away what `begin` has begun."""
        shutil.rmtree(self.path / WORK / f"{drive_name(number)}{PARTIAL}", ignore_errors=True)

    def records(self) -> list[dict[str, Any]]:
        """Records of the drives that are there, in their order."""
        return [read_json(self.path / RECORDS / f"{drive_name(number)}.json") for number in sorted(self.done())]

    def _place(self, ready: Path) -> None:
        record = ready / RECORD_FILE
        for folder, _, names in sorted(os.walk(ready)):
            target = self.path / Path(folder).relative_to(ready)
            target.mkdir(parents=True, exist_ok=True)
            for name in sorted(names):
                if name != RECORD_FILE:
                    os.replace(f"{folder}/{name}", f"{target}/{name}")
        if record.is_file():
            os.replace(record, self.path / RECORDS / f"{ready.stem}.json")
        shutil.rmtree(ready)


def read_request(path: Path) -> dict[str, Any]:
    """What a data set was asked to be.

    Raises:
        FileFormatError: The folder holds no data set of this version.
    """
    if not (path / REQUEST_FILE).is_file():
        raise FileFormatError(f"{path}: holds no data set of `drivesim record`: there is no {REQUEST_FILE}")
    request = read_json(path / REQUEST_FILE)
    if request.get("drivesim_dataset") != FORMAT:
        raise FileFormatError(f"{path / REQUEST_FILE}: data set of version {FORMAT} expected")
    return request


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        FileFormatError: It is missing, cut off or something else.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileFormatError(f"{file}: cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise FileFormatError(f"{file}: expected a JSON object")
    return values


def write_bytes(file: Path, data: bytes) -> None:
    """Writes a file under its name only once it is on the disk; leaves one alone that holds just this."""
    if file.is_file() and file.stat().st_size == len(data) and file.read_bytes() == data:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(file)
    try:
        with partial.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)
    _flush(file.parent)


def write_json(file: Path, values: Any) -> None:
    """Writes JSON as `write_bytes` does."""
    write_bytes(file, _json(values))


def _json(values: Any) -> bytes:
    return (json.dumps(values, separators=(",", ":")) + "\n").encode()


def _partial(file: Path) -> Path:
    return file.with_name(f".{file.name}.partial")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_tree(folder: Path, files: list[str]) -> None:
    """Waits until a folder's files are on the disk; one by one takes many times as long as all at once."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is not None and len(files) > FLUSHED_SINGLY:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if syncfs(descriptor) == 0:
                return
        finally:
            os.close(descriptor)
    for file in files:
        _flush(folder / file)
    for inner in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        _flush(inner)


def _check_same(path: Path, then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in sorted({*then, *now}):
        if then.get(name) != now.get(name):
            old, new = (json.dumps(values.get(name))[:80] for values in (then, now))
            raise ConfigError(
                f"data: {path} was recorded with {name} = {old}, cannot go on with {new}; choose another folder"
            )
