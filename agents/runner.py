"""Loops training and evaluation: rounds of imitation, a look at held-out roads every few of them, a final report."""

import contextlib
import dataclasses
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from agents import imitation
from agents.distributed import Group, process_count, together
from agents.heads import load_heads
from agents.imitation import LAST_FILE, LIVE_FILE, TRAINING_FILE, UNTRAINED_FILE, RoundReport, TrainResult
from agents.interface import checkpoint_path, load_driver
from agents.journal import HISTORY_FILE, Journal
from agents.machine import core_count
from agents.network.device import choose_device
from agents.objective import loss_weights
from agents.recipe import RunArgs, TrainArgs
from agents.scoring import CONSOLE, evaluate_suites, percent, print_table, write_results
from agents.selection import BEST_FILE, Selection
from agents.shard import compile_kernels, heads_of_training
from agents.spectator import Spectator
from drivesim.errors import ConfigError, check_choice
from drivesim.tasks.suites import SUITES

LOG = logging.getLogger(__name__)
REPORT_FOLDER = "report"
WORTH_KEEPING = (BEST_FILE, LAST_FILE, TRAINING_FILE)
TRAINING_FILES = (*WORTH_KEEPING, LIVE_FILE, UNTRAINED_FILE, HISTORY_FILE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a training."""

    result: TrainResult
    chosen: Path
    """The checkpoint that drives best on the selection roads; the last one of a training that was interrupted."""
    enough: bool
    """The selection roads ended it."""
    history: list[dict[str, float]]
    """Numbers of every round."""
    spectator: Spectator
    """The window that follows it, if there is one."""


def train(args: RunArgs) -> int:
    """Trains, keeps the best checkpoint, reports. The command `drivesim train`."""
    outcome = run(args)
    if outcome is None:
        return 0
    if outcome.result.interrupted:
        return 130
    if args.report_roads:
        names = dict.fromkeys(args.envs)
        finals = [dataclasses.replace(SUITES[name], road_count=args.report_roads) for name in names]
        driver = load_driver(str(outcome.chosen), device=args.device, heads=load_heads(args.heads))
        results = evaluate_suites(driver, finals, name=str(outcome.chosen), weather=args.weather, quiet=args.quiet)
        print_table(results)
        write_results(results, Path(args.out) / REPORT_FOLDER, history=outcome.history)
    return 0


def run(args: RunArgs) -> Outcome | None:
    """Trains and evaluates on all processes, each of which calls this; None in those that do not lead."""
    for name in args.envs:
        check_choice("TrainArgs.env", name, SUITES)
    # Whatever the arguments name is looked up before an earlier training gives way.
    loss_weights(heads_of_training(args), args.weights)
    imitation.beginning(args)
    # One GPU carries all shards; several are given a process each by torchrun.
    cores = core_count() if choose_device(args.device).type == "cpu" else 1
    spectator = Spectator(args.env, Path(args.out), heads=args.heads)

    def prepare() -> None:
        claim_folder(args)
        CONSOLE.print(f"training on {', '.join(args.envs)}: {budget(args)}; checkpoints and logs in {args.out}")
        compile_kernels(args)
        if args.watch:
            spectator.open()

    try:
        processes = process_count(args.processes, args.shards, cores)
        with together("agents.runner:run", args, processes, prepare) as group:
            return _run(args, group, spectator)
    except BaseException:
        spectator.close()
        raise


def _run(args: RunArgs, group: Group, spectator: Spectator) -> Outcome | None:
    folder = Path(args.out)
    best = Selection(args, group)
    with (
        training_display(quiet=args.quiet or not group.leads) as display,
        Journal(folder, resume=args.resume) if group.leads else contextlib.nullcontext() as journal,
    ):

        def finish_round(report: RoundReport) -> bool:
            display(report)
            evaluation = best.consider(report)
            if journal is not None:
                journal.write(report, evaluation)
                if evaluation is not None:
                    CONSOLE.print(f"round {report.round}: {percent(evaluation.success)} of the selection roads")
            return best.enough

        result = imitation.train(args, on_round=finish_round, group=group)
        chosen = result.checkpoint if result.interrupted else best.choose(result)
        if journal is None:
            return None
        reason = "it was stopped" if result.interrupted else "good enough" if best.enough else "its budget is spent"
        journal.end(reason, seconds=result.seconds, frames=result.frames, checkpoint=chosen.name)
    if result.interrupted:
        spectator.close()
        CONSOLE.print(f"stopped after {result.seconds:.0f} s; go on with --resume; drive with {result.checkpoint}")
    else:
        CONSOLE.print(f"trained {result.frames:,} frames in {result.seconds:.0f} s; best checkpoint: {chosen}")
    return Outcome(result=result, chosen=chosen, enough=best.enough, history=journal.history, spectator=spectator)


def claim_folder(args: RunArgs) -> None:
    """Makes sure that no training is lost unasked.

    Raises:
        ConfigError: The folder holds a training that is neither to be resumed nor overwritten.
    """
    folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    if args.resume:
        return
    if args.start and checkpoint_path(args.start).resolve().parent == folder.resolve():
        raise ConfigError(f"TrainArgs.start: {args.start} lies in {folder}, which begins anew; choose another folder")
    there = [name for name in WORTH_KEEPING if (folder / name).is_file()]
    if there and not args.overwrite:
        raise ConfigError(
            f"TrainArgs.out: {folder} holds a training ({there[0]}); go on with --resume, begin anew with "
            "--overwrite, or choose another folder"
        )
    for name in TRAINING_FILES:
        (folder / name).unlink(missing_ok=True)


def budget(args: TrainArgs) -> str:
    """The training budget in words."""
    return f"{args.updates} updates" if args.updates else f"{args.minutes:g} min"


@contextlib.contextmanager
def training_display(*, quiet: bool) -> Iterator[Any]:
    """A bar over the budget with rate, losses and time left; yields what shows a round."""
    started = time.perf_counter()
    with Progress(
        TextColumn("[bold]{task.description}"), BarColumn(bar_width=24), TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[numbers]}"),
        console=CONSOLE, disable=quiet,
    ) as progress:  # fmt: skip
        task = progress.add_task("training", total=1.0, numbers="building roads, compiling kernels")

        def show(report: RoundReport) -> None:
            scalars = report.scalars
            numbers = [
                f"{report.frames / max(report.seconds, 1e-9):,.0f} frames/s",
                f"{scalars['train/samples_per_s']:,.0f} samples/s",
                f"loss {scalars['loss/total']:.3f}",
            ]
            shown = {"way-points": "metric/waypoint_ade_m", "lane": "metric/lane_offset_mae_m"}
            numbers += [f"{title} {scalars[name]:.2f} m" for title, name in shown.items() if name in scalars]
            progress.update(task, completed=report.fraction, numbers="  ".join(numbers))
            LOG.info("round %d after %.0f s", report.round, time.perf_counter() - started)

        yield show
        progress.update(task, completed=1.0)
