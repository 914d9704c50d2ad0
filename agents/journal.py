"""What a training writes down for people: TensorBoard, and a line of JSON per round for whoever follows it."""

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from agents.evaluation.results import SuiteResult
from agents.files import write_text
from agents.imitation import RoundReport

HISTORY_FILE = "history.jsonl"
PICTURE_ROUNDS = 10
"""Rounds from one sample of pictures in the log to the next."""


class Journal:
    """Writes every round's numbers for TensorBoard, and as a line of `history.jsonl`; keeps them for the report.

    A line has `seconds`, `frames`, `fraction` of the budget, every number that is logged, and `evaluation/success` if
    the selection roads were driven. The last line has `done`, and the `reason`.

    Args:
        folder: Where to.
        resume: Go on with the lines of an earlier training, up to where it is taken up again.
    """

    def __init__(self, folder: Path, *, resume: bool = False) -> None:
        self.folder, self.file = folder, folder / HISTORY_FILE
        self.history: list[dict[str, float]] = read_history(self.file) if resume else []
        self._writer: Any = None

    def __enter__(self) -> "Journal":
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(self.folder / "tensorboard"))
        self._rewrite()
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        self._writer.close()
        if kind is not None:
            with contextlib.suppress(OSError):  # What ended the training is what matters.
                self.end(reason="it has failed")

    def write(self, report: RoundReport, evaluation: SuiteResult | None) -> None:
        """Numbers of a round at the frames driven so far, and of the selection roads if they were driven after it."""
        numbers = {name: float(value) for name, value in report.scalars.items() if math.isfinite(value)}
        if evaluation is not None:
            numbers["evaluation/success"] = evaluation.success.mean
            numbers["evaluation/driving_score"] = evaluation.mean("driving_score").mean
            if evaluation.failures:
                pictures = np.stack([failure["picture"] for failure in evaluation.failures[:8]])
                self._writer.add_images("evaluation/failures", pictures, report.frames, dataformats="NHWC")
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, report.frames)
        if report.round % PICTURE_ROUNDS == 0 and len(pictures := report.pictures()):
            self._writer.add_images("training/camera, classes, depth", pictures, report.frames, dataformats="NHWC")
        place = {"seconds": report.seconds, "frames": report.frames, "fraction": report.fraction}
        if self.history and self.history[-1]["frames"] >= report.frames:
            self.history = [entry for entry in self.history if entry["frames"] < report.frames]
            self._rewrite()
        self.history.append({**place, **numbers})
        self._append(self.history[-1])

    def end(self, reason: str, **facts: Any) -> None:
        """The last line: nothing will follow, and why."""
        self._append({"done": True, "reason": reason, **facts})

    def _append(self, entry: dict[str, Any]) -> None:
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")

    def _rewrite(self) -> None:
        write_text(self.file, "".join(json.dumps(entry) + "\n" for entry in self.history))


def read_history(file: Path) -> list[dict[str, float]]:
    """The rounds in a `history.jsonl`; a line that is still being written is left out."""
    if not file.is_file():
        return []
    entries = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(entry, dict) and "frames" in entry and "seconds" in entry and not entry.get("done"):
            entries.append(entry)
    return entries
