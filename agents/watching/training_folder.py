"""What a training tells about itself while it runs: its numbers and its newest weights, read from its folder.

A training replaces `live.safetensors` as it learns, appends a JSON object per line to `history.jsonl`, and leaves
`untrained.safetensors` at its beginning and `best.safetensors` at its end. All of them are foreign here: whatever is
missing, half written or of another kind is left out and looked at again when it has changed.
"""

import json
import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.heads import Head
from agents.learned import LearnedAgent
from drivesim.errors import DrivesimError

LOG = logging.getLogger(__name__)
LIVE_FILE, UNTRAINED_FILE, BEST_FILE = "live.safetensors", "untrained.safetensors", "best.safetensors"
HISTORY_FILE = "history.jsonl"
POLL_S = 0.25
POINTS_MAX = 400
"""Points of a curve that are kept; beyond, every other one is dropped."""
REASON_MAX = 36
"""Letters of a reason that are kept."""
_NUMBER_LIMIT = 1e12
_LINE_LIMIT_BYTES = 1 << 16
_READ_LIMIT_BYTES = 1 << 22
"""Bytes of the history that are taken up at a time."""

Curve = tuple[tuple[float, float], ...]
"""Training time [s] and value."""


@dataclass(frozen=True, kw_only=True)
class Learning:
    """How far a training has come."""

    seconds: float = 0.0
    """Training time [s]."""
    fraction: float = 0.0
    """Of the budget, in [0, 1]."""
    loss: Curve = ()
    success: Curve = ()
    """Share of the selection roads that reached their goal, in [0, 1]."""
    begun: bool = False
    done: bool = False
    reason: str = ""
    """Why it ended."""


class History:
    """Reads a growing `history.jsonl`.

    Args:
        path: Where it is, or will be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._complained = False
        self.learning = Learning()

    def read(self) -> Learning:
        """Takes up the lines that are new; a file that has become shorter is another training."""
        try:
            with self._path.open("rb") as stream:
                if stream.seek(0, 2) < self._offset:
                    self._offset, self.learning = 0, Learning()
                stream.seek(self._offset)
                data = stream.read(_READ_LIMIT_BYTES)
        except OSError:
            return self.learning
        # What follows the last line's end is still being written.
        whole, end, rest = data.rpartition(b"\n")
        self._offset += len(whole) + len(end)
        if len(rest) > _LINE_LIMIT_BYTES:
            self._offset += len(rest)
        for line in whole.splitlines():
            self._take(line)
        return self.learning

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line[:_LINE_LIMIT_BYTES])
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            if not self._complained and line.strip():
                LOG.warning("%s: left out a line that is no JSON object: %.60r", self._path, line)
                self._complained = True
            return
        known = self.learning
        seconds = _number(entry, "seconds", known.seconds)
        self.learning = replace(
            known,
            seconds=seconds,
            fraction=min(max(_number(entry, "fraction", known.fraction), 0.0), 1.0),
            loss=_extended(known.loss, seconds, _number(entry, "loss/total")),
            success=_extended(known.success, seconds, _number(entry, "evaluation/success")),
            begun=True,
            done=entry.get("done") is True,
            reason=str(entry.get("reason", known.reason))[:REASON_MAX],
        )


class TrainingFolder:
    """Follows a training in a thread of its own.

    Args:
        folder: Its folder, which need not be there yet.
        heads: Heads that it learns beside those that ship.
    """

    def __init__(self, folder: Path, *, heads: Sequence[Head] = ()) -> None:
        self.folder = folder
        self._heads = heads
        self.learning = Learning()
        """The newest numbers."""
        self.changed_s = time.monotonic()
        """When they changed last, as `time.monotonic` counts."""
        self._history = History(folder / HISTORY_FILE)
        self._stamps: dict[str, tuple[int, int, int]] = {}
        self._fresh: LearnedAgent | None = None
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to follow; `close` ends it."""
        self._thread = threading.Thread(target=self._follow, daemon=True, name="drivesim-training-folder")
        self._thread.start()

    def close(self) -> None:
        """Stops following."""
        self._closed.set()

    def take_fresh(self) -> LearnedAgent | None:
        """The newest weights as a driver, once; None while there are no newer ones."""
        with self._lock:
            fresh, self._fresh = self._fresh, None
        return fresh

    def first_driver(self, report: Callable[[str, float | None], None]) -> LearnedAgent:
        """Waits for weights of any age; `report` is told so.

        Raises:
            InterruptedError: `close` was called.
        """
        while not self._closed.is_set():
            self._look()
            names = (BEST_FILE, LIVE_FILE) if self.learning.done else (LIVE_FILE, UNTRAINED_FILE, BEST_FILE)
            found = next((driver for name in names if (driver := self.load(name)) is not None), None)
            if found is not None:
                return found
            report(f"waiting for the training in {self.folder}", None)
            self._closed.wait(POLL_S)
        raise InterruptedError("the training is no longer followed")

    def load(self, name: str, *, again: bool = False) -> LearnedAgent | None:
        """The driver in a file of the folder, if it is there and whole, and was not loaded before unless `again`."""
        path = self.folder / name
        try:
            status = path.stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if self._stamps.get(name) == stamp and not again:
            return None
        self._stamps[name] = stamp
        try:
            return LearnedAgent.load(path, heads=self._heads, device="cpu")
        except (DrivesimError, OSError, ValueError, RuntimeError) as error:
            LOG.warning("left out: %s", error)
            return None

    def _follow(self) -> None:
        while not self._closed.wait(POLL_S):
            self._look()
            fresh = self.load(LIVE_FILE)
            if fresh is not None:
                with self._lock:
                    self._fresh = fresh

    def _look(self) -> None:
        before = self.learning
        self.learning = self._history.read()
        if self.learning is not before:
            self.changed_s = time.monotonic()


def _number(entry: dict[str, Any], key: str, otherwise: float = math.nan) -> float:
    value: Any = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _NUMBER_LIMIT:
        return otherwise
    return float(value)


def _extended(curve: Curve, seconds: float, value: float) -> Curve:
    """A curve with one more point, if it is a number."""
    if math.isnan(value):
        return curve
    if len(curve) >= POINTS_MAX:
        curve = (*curve[:-1:2], curve[-1])
    return (*curve, (seconds, value))
