"""`drivesim fit` and `drivesim eval --perception`."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from agents.fit.args import FitArgs
from agents.fit.loop import Watcher, run
from agents.fit.score import Score, evaluate_network
from agents.network import DrivingNetwork
from drivesim.export.read import DataSet

CONSOLE = Console()
SHOWN = (
    "loss/total", "accuracy", "semantic_miou", "depth_abs_rel", "lane_offset_mae_m", "lead_f1", "waypoint_ade_m",
)  # fmt: skip
"""Numbers in the line of an epoch."""


def fit_command(args: FitArgs) -> int:
    """Fits a network to a data set. The command `drivesim fit`."""
    with _bars(quiet=args.quiet) as progress:
        shown = _Shown(args, progress)
        try:
            fitted = run(args, shown)
        finally:
            shown.close()
    if not args.quiet and fitted.confusion is not None:
        CONSOLE.print(confusion_table(fitted.confusion, _class_names(fitted.network)))
    if fitted.interrupted:
        CONSOLE.print(f"stopped in epoch {len(fitted.history) + 1}; go on with --resume")
        return 130
    CONSOLE.print(f"best of {len(fitted.history)} epochs: {fitted.checkpoint}; curves: {args.out}/tensorboard")
    return 0


def evaluate_perception(agent: Any, data: str, *, device: str, quiet: bool) -> dict[str, float]:
    """Scores a driver's network on a data set, and prints the table. `drivesim eval --perception`."""
    network = getattr(agent, "network", None)
    if not isinstance(network, DrivingNetwork):
        from drivesim.errors import ConfigError

        raise ConfigError("agent: expected a checkpoint, whose network sees pictures; --perception scores no others")
    source = DataSet(data)
    with _bars(quiet=quiet) as progress:
        task = progress.add_task(f"looking at {data}", total=len(source.places()))
        score = evaluate_network(network, source, device=device, on_batch=lambda count: progress.advance(task, count))
    values = score.summary()
    table = Table(title=f"perception on {data}: {len(source.places())} frames", title_justify="left")
    table.add_column("number")
    table.add_column("value", justify="right")
    for name, value in values.items():
        table.add_row(name, f"{value:.4f}")
    CONSOLE.print(table)
    if score.confusion is not None:
        CONSOLE.print(confusion_table(score.confusion, _class_names(network)))
    return values


def confusion_table(matrix: np.ndarray, names: list[str]) -> Table:
    """Share of each class's pixels [%] that the network takes for each class."""
    table = Table(title="confusion: true class by row, the network's by column [% of the row]", title_justify="left")
    for name in ("", *names):
        table.add_column(name, justify="right" if name else "left")
    for name, row in zip(names, matrix, strict=True):
        table.add_row(name, *(f"{100.0 * count / max(row.sum(), 1):.1f}" for count in row))
    return table


def _class_names(network: DrivingNetwork) -> list[str]:
    return list(network.declared["semantic"].config["groups"])


def _bars(*, quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        console=CONSOLE, disable=quiet, transient=True,
    )  # fmt: skip


class _Shown(Watcher):
    """A progress bar for every epoch, a line after it, and curves for TensorBoard."""

    def __init__(self, args: FitArgs, progress: Progress) -> None:
        self.args, self.progress = args, progress
        self.task: Any = None
        self.writer: Any = None

    def begin_epoch(self, epoch: int, frames: int) -> None:
        if self.task is not None:
            self.progress.remove_task(self.task)
        self.task = self.progress.add_task(f"epoch {epoch + 1} of {self.args.epochs}", total=frames)

    def step(self, frames: int, loss: float) -> None:
        self.progress.update(self.task, advance=frames)

    def end_epoch(self, numbers: dict[str, float], score: Score) -> None:
        epoch = int(numbers["epoch"])
        if self.writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(Path(self.args.out) / "tensorboard"))
        for name, value in numbers.items():
            self.writer.add_scalar(name, value, epoch)
        self.writer.flush()
        if not self.args.quiet:
            words = [f"{name} {numbers[f'validation/{name}']:.4f}" for name in SHOWN if f"validation/{name}" in numbers]
            self.progress.console.print(f"epoch {epoch}: learnt {numbers['train/loss/total']:.4f}, " + ", ".join(words))

    def close(self) -> None:
        """Ends the curves."""
        if self.writer is not None:
            self.writer.close()
