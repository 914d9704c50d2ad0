"""`drivesim record`: a data set by several processes, or a video."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from agents.machine import core_count
from agents.recorder.args import RecordingArgs
from agents.recorder.sheet import write_sheet
from agents.watching.args import RecordArgs
from drivesim.errors import ConfigError, DrivesimError
from drivesim.export.folder import DataFolder, write_json
from drivesim.export.formats import assemble, format_named

STATISTICS_FILE = "statistics.json"
CONSOLE = Console(stderr=True)
_ROOT = str(Path(__file__).resolve().parents[2])
"""Workers run the code that this process runs."""
_END_S = 10.0
"""Workers that are asked to end have this long [s]."""


class Recorded(NamedTuple):
    """What a recording has done."""

    folder: Path
    drives: int
    """In the data set now."""
    new: int
    """Of them from this time."""
    statistics: dict[str, Any]
    seconds: float
    sheet: Path | None


def record(args: RecordingArgs) -> int:
    """Records a data set, writes a video or a sheet; told apart by what is asked for."""
    file = args.video_file
    if file is not None or args.sheet is not None:
        from agents.watching import record as record_video

        shared = {key: value for key, value in asdict(args).items() if key in RecordArgs.__dataclass_fields__}
        return record_video(RecordArgs(**{**shared, "video": file or RecordArgs().video}))
    done = record_data(args)
    _print(done)
    return 0


def record_data(args: RecordingArgs) -> Recorded:
    """Records the drives that are missing, and ties all of them together.

    Raises:
        ConfigError: The folder holds something else or a data set of another request, or another recording runs.
        OSError: The disk is full or cannot be written; drives that are done stay.
    """
    if not args.data:
        raise ConfigError("data: expected the folder of a data set, got none")
    request = args.request()
    folder = DataFolder(args.data, request)
    started = time.perf_counter()
    with folder.lock() as lock:
        folder.claim()
        folder.settle()
        there = folder.done()
        missing = [number for number in range(args.drives) if number not in there]
        if missing:
            _Crew(args, folder, missing, lock).run()
        records = folder.records()
        assemble(format_named(args.format), folder.path, request, records)
        statistics = statistics_of(records, request)
        write_json(folder.path / STATISTICS_FILE, statistics)
        sheet = write_sheet(folder.path)
    seconds = time.perf_counter() - started
    return Recorded(folder.path, len(records), len(missing), statistics, seconds, sheet)


def statistics_of(records: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    """What is in a data set, by the records of its drives."""
    objects: dict[str, int] = {}
    ends: dict[str, int] = {}
    for each in records:
        for name, count in each["objects"].items():
            objects[name] = objects.get(name, 0) + count
        reason = each["end_reason"] or "time"
        ends[reason] = ends.get(reason, 0) + 1
    speeds = [row["speed"] for each in records for row in each["numbers"]]
    return {
        "format": request["format"], "env": request["env"], "drives": len(records),
        "seconds": round(sum(each["seconds"] for each in records), 6),
        "frames": sum(each["frames"] for each in records),
        "bytes": sum(each["bytes"] for each in records), "objects": dict(sorted(objects.items())),
        "ends": dict(sorted(ends.items())), "mean_speed_m_s": round(sum(speeds) / max(len(speeds), 1), 3),
    }  # fmt: skip


class _Crew:
    """Processes that drive blocks until none is left."""

    def __init__(self, args: RecordingArgs, folder: DataFolder, missing: list[int], lock: int) -> None:
        self.args, self.folder, self.lock = args, folder, lock
        blocks: dict[int, list[int]] = {}
        for number in missing:
            blocks.setdefault(number // args.worlds, []).append(number)
        self.frames = len(missing) * args.frames_max
        self.blocks: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        for block in blocks.values():
            self.blocks.put(block)
        self.size = min(args.processes or core_count(), len(blocks))
        self.news: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.workers: list[subprocess.Popen[str]] = []

    def run(self) -> None:
        try:
            for _ in range(self.size):
                self._start()
            self._follow()
        finally:
            for worker in self.workers:
                if worker.poll() is None:
                    worker.terminate()
            for worker in self.workers:
                try:
                    worker.wait(_END_S)
                except subprocess.TimeoutExpired:
                    worker.kill()
                    worker.wait()
                for stream in (worker.stdin, worker.stdout):
                    if stream is not None:
                        stream.close()

    def _start(self) -> None:
        worker = subprocess.Popen(
            [sys.executable, "-m", "agents.recorder.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, pass_fds=(self.lock,),
            env={**os.environ, "PYTHONPATH": os.pathsep.join([_ROOT, os.environ.get("PYTHONPATH", "")])},
        )  # fmt: skip
        self.workers.append(worker)
        threading.Thread(target=self._lead, args=(worker,), daemon=True).start()

    def _lead(self, worker: "subprocess.Popen[str]") -> None:
        """Hands blocks to a worker and passes on what it tells."""
        assert worker.stdin is not None and worker.stdout is not None
        try:
            worker.stdin.write(json.dumps({"folder": str(self.folder.path), "request": self.folder.request}) + "\n")
            while True:
                try:
                    block = self.blocks.get_nowait()
                except queue.Empty:
                    break
                worker.stdin.write(json.dumps(block) + "\n")
                for line in worker.stdout:
                    message = json.loads(line)
                    if message.get("over"):
                        break
                    self.news.put(message)
                else:
                    self.news.put({"lost": True})
                    return
            worker.stdin.close()
            self.news.put({"idle": True})
        except (OSError, ValueError):
            self.news.put({"lost": True})

    def _follow(self) -> None:
        """Shows progress until all workers are idle; raises what one of them met."""
        idle = 0
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} frames"),
            TimeElapsedColumn(), TimeRemainingColumn(), console=CONSOLE, disable=self.args.quiet, transient=True,
        ) as progress:  # fmt: skip
            task = progress.add_task(f"recording {self.folder.path}", total=self.frames)
            while idle < self.size:
                message = self.news.get()
                if "frames" in message:
                    progress.advance(task, message["frames"])
                elif "refused" in message:
                    raise ConfigError(message["refused"])
                elif "failed" in message:
                    text = f"{message['failed']}; drives that are done stay, run the same command again"
                    raise OSError(message["errno"], text, message["file"] or str(self.folder.path))
                elif "lost" in message:
                    raise DrivesimError(
                        "a recording process ended; drives that are done stay, run the same command again"
                    )
                elif "idle" in message:
                    idle += 1


def _print(done: Recorded) -> None:
    numbers = done.statistics
    table = Table(title=f"{done.folder}: {numbers['format']}", title_justify="left", show_header=False)
    objects = ", ".join(f"{count:,} {name}" for name, count in numbers["objects"].items())
    rows = {
        "drives": f"{done.drives} ({done.new} new)", "labelled frames": f"{numbers['frames']:,}",
        "driven": f"{numbers['seconds']:.0f} s at {3.6 * numbers['mean_speed_m_s']:.0f} km/h",
        "size": f"{numbers['bytes'] / 1e6:.1f} MB", "road users": objects or "none",
        "ends": ", ".join(f"{count} {name}" for name, count in numbers["ends"].items()),
        "contact sheet": str(done.sheet or "none: no camera"), "took": f"{done.seconds:.1f} s",
    }  # fmt: skip
    for name, value in rows.items():
        table.add_row(name, value)
    Console().print(table)
