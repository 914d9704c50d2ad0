"""Loops training and evaluation: rounds of imitation, a look at held-out roads every few of them, a final report."""

import contextlib
import dataclasses
import logging
import math
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from agents import imitation
from agents.evaluate import Interval, SuiteResult, run_suite, write_json
from agents.imitation import RoundReport
from agents.interface import Agent, load_agent
from agents.learned import LearnedAgent
from agents.recipe import TrainArgs
from agents.report import write_report
from drivesim.errors import ConfigError, check_range
from drivesim.tasks.suites import SUITES, Suite, suite

LOG = logging.getLogger(__name__)
BEST_FILE = "best.safetensors"
REPORT_FOLDER = "report"
PICTURE_ROUNDS = 10
"""Rounds from one sample of pictures in the log to the next."""
CONSOLE = Console()


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunArgs(TrainArgs):
    """A training with its evaluations."""

    evaluate_every: int = 20
    """Rounds between evaluations; 0: only the final one."""
    evaluate_roads: int = 40
    """Held-out roads of the evaluations on the way; they choose the best checkpoint."""
    report_roads: int = 200
    """Held-out roads of the final report, other ones than those the best checkpoint was chosen on; 0: no report."""
    quiet: bool = False
    """Draw no progress bars."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_range("RunArgs.evaluate_every", self.evaluate_every, 0, 1_000_000)
        check_range("RunArgs.evaluate_roads", self.evaluate_roads, 1, 100_000)
        check_range("RunArgs.report_roads", self.report_roads, 0, 100_000)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalArgs:
    """An evaluation."""

    agent: str = "expert"
    """expert, classical, a checkpoint, a training folder, or module:Class."""
    suite: tuple[str, ...] = ("lane",)
    """Suites to drive: lane, highway."""
    roads: int = 0
    """Roads per suite; 0: all that the suite names."""
    seeds: int = 1
    """Every road is driven this many times, with other traffic each time."""
    worlds: int = 50
    """Roads driven at the same time; results do not depend on it."""
    threads: int = 2
    """Threads of the simulator."""
    out: str = ""
    """Folder for results.json and report.html; empty: none is written."""
    quiet: bool = False
    """Draw no progress bars."""

    def __post_init__(self) -> None:
        """Checks every field."""
        for name in self.suite:
            suite(name)
        check_range("EvalArgs.roads", self.roads, 0, 1_000_000)
        check_range("EvalArgs.seeds", self.seeds, 1, 1000)
        check_range("EvalArgs.worlds", self.worlds, 1, 100_000)
        check_range("EvalArgs.threads", self.threads, 1, 1024)


def selection_suite(env: str, roads: int) -> Suite:
    """Roads on which the best checkpoint is chosen: neither trained on nor reported on."""
    base = SUITES[env]
    return dataclasses.replace(
        base, name=f"{env}-selection", first_road=base.first_road + base.road_count, road_count=roads
    )


def train(args: RunArgs) -> int:
    """Trains, keeps the best checkpoint, reports. The command `drivesim train`."""
    if args.env not in SUITES:
        raise ConfigError(f"TrainArgs.env: no suite to evaluate {args.env!r} on; known: {', '.join(SUITES)}")
    folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    best = Selection(args, folder)
    CONSOLE.print(f"training on {args.env}: {budget(args)}; checkpoints and logs in {folder}")
    with training_display(args) as display, Scalars(folder) as scalars:

        def finish_round(report: RoundReport) -> None:
            scalars.write(report)
            display(report)
            if args.evaluate_every and report.round % args.evaluate_every == 0 and report.fraction < 1.0:
                scalars.write_evaluation(report, best.consider(report))

        result = imitation.train(args, on_round=finish_round)
    if result.interrupted:
        CONSOLE.print(f"stopped after {result.seconds:.0f} s; go on with --resume; drive with {result.checkpoint}")
        return 130
    chosen = best.choose(result.checkpoint)
    CONSOLE.print(f"trained {result.frames:,} frames in {result.seconds:.0f} s; best checkpoint: {chosen}")
    if args.report_roads:
        final = dataclasses.replace(SUITES[args.env], road_count=args.report_roads)
        outcome = evaluate_suites(load_agent(str(chosen)), [final], name=str(chosen), quiet=args.quiet)
        print_table(outcome)
        write_results(outcome, folder / REPORT_FOLDER, history=scalars.history)
    return 0


def evaluate(args: EvalArgs) -> int:
    """Drives suites and prints the table. The command `drivesim eval`."""
    if args.out:
        Path(args.out).mkdir(parents=True, exist_ok=True)
    agent = load_agent(args.agent)
    suites = [suite(name) for name in args.suite]
    if args.roads:
        suites = [dataclasses.replace(item, road_count=args.roads) for item in suites]
    results = evaluate_suites(
        agent,
        suites,
        name=args.agent,
        seeds=args.seeds,
        worlds=args.worlds,
        threads=args.threads,
        quiet=args.quiet,
    )
    print_table(results)
    if args.out:
        write_results(results, Path(args.out))
    return 0


def evaluate_suites(
    agent: Agent,
    suites: list[Suite],
    *,
    name: str,
    seeds: int = 1,
    worlds: int = 50,
    threads: int = 2,
    quiet: bool = False,
) -> list[SuiteResult]:
    """Drives every suite with a progress bar each; perception is scored where the agent explains itself."""
    labelled = agent.explain is not None and name != "expert"
    results = []
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=CONSOLE, disable=quiet, transient=True,
    ) as progress:  # fmt: skip
        for item in suites:
            task = progress.add_task(f"driving {item.name}", total=item.road_count * seeds)
            results.append(
                run_suite(
                    agent,
                    item,
                    agent_name=name,
                    seeds=range(seeds),
                    worlds=worlds,
                    threads=threads,
                    labelled=labelled,
                    progress=lambda done, _, task=task: progress.update(task, completed=done),
                )
            )
    return results


def write_results(results: list[SuiteResult], folder: Path, *, history: list[dict[str, float]] | None = None) -> None:
    """Writes `results.json` and `report.html` and says where."""
    data = write_json(results, folder / "results.json")
    page = write_report(results, folder / "report.html", history=history or [])
    CONSOLE.print(f"results: {data}  report: {page}")


def print_table(results: list[SuiteResult]) -> None:
    """The scores of every suite, and the perception scores if there are any."""
    table = Table(title="driving", title_justify="left")
    for heading in ("suite", "agent", "drives", "success", "driving score", "km/h", "comfort", "ends", "wall"):
        table.add_column(heading, overflow="fold")
    for result in results:
        reasons = ", ".join(f"{count} {name}" for name, count in result.reasons().items() if name != "success")
        table.add_row(
            result.suite,
            result.agent,
            str(len(result.episodes)),
            percent(result.success),
            "{:.1f}".format(result.mean("driving_score").mean),
            f"{3.6 * result.mean('speed_m_s').mean:.0f}",
            f"{100 * result.mean('comfort').mean:.1f} %",
            reasons or "all succeeded",
            f"{result.wall_s:.0f} s",
        )
    CONSOLE.print(table)
    for result in results:
        if result.perception:
            table = Table(title=f"perception on {result.suite}", title_justify="left")
            table.add_column("metric")
            table.add_column("value", justify="right")
            for name, value in result.perception.items():
                table.add_row(name, f"{value:.4f}")
            CONSOLE.print(table)


def percent(interval: Interval) -> str:
    """A share with its interval, in per cent."""
    return f"{100 * interval.mean:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def budget(args: TrainArgs) -> str:
    """The training budget in words."""
    return f"{args.updates} updates" if args.updates else f"{args.minutes:g} min"


class Selection:
    """Keeps the checkpoint that drives best on the selection roads."""

    def __init__(self, args: RunArgs, folder: Path) -> None:
        self.suite = selection_suite(args.env, args.evaluate_roads)
        self.file = folder / BEST_FILE
        self.device = args.device
        self.score = -math.inf

    def consider(self, report: RoundReport) -> SuiteResult:
        """Evaluates the learner as it is and keeps it if it is the best so far."""
        from agents.checkpoint import save_network

        was_training = report.network.training
        report.network.eval()
        result = run_suite(LearnedAgent(report.network, device=self.device), self.suite)
        report.network.train(was_training)
        if self._value(result) >= self.score:
            self.score = self._value(result)
            save_network(self.file, report.network, {"updates": report.updates, "seconds": report.seconds})
        return result

    def choose(self, last: Path) -> Path:
        """The best file: the last checkpoint unless an earlier one drove better on the selection roads."""
        if self.score > -math.inf:
            result = run_suite(load_agent(str(last), device=self.device), self.suite)
            if self._value(result) < self.score:
                return self.file
        partial = self.file.with_name(self.file.name + ".partial")
        shutil.copyfile(last, partial)
        partial.replace(self.file)
        return self.file

    @staticmethod
    def _value(result: SuiteResult) -> float:
        return result.success.mean + 1e-3 * result.mean("driving_score").mean


class Scalars:
    """Writes every round's numbers for TensorBoard and keeps them for the report."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history: list[dict[str, float]] = []
        self._writer: Any = None

    def __enter__(self) -> "Scalars":
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(self.folder / "tensorboard"))
        return self

    def __exit__(self, *exception: object) -> None:
        self._writer.close()

    def write(self, report: RoundReport) -> None:
        """Numbers of a round, at the frames driven so far."""
        for name, value in report.scalars.items():
            if math.isfinite(value):
                self._writer.add_scalar(name, value, report.frames)
        if report.round % PICTURE_ROUNDS == 0 and len(pictures := report.pictures()):
            self._writer.add_images("training/camera, classes, depth", pictures, report.frames, dataformats="NHWC")
        self.history.append({"seconds": report.seconds, "frames": report.frames, **report.scalars})

    def write_evaluation(self, report: RoundReport, result: SuiteResult) -> None:
        """Success on the selection roads, and the last pictures of the drives that failed."""
        self._writer.add_scalar("evaluation/success", result.success.mean, report.frames)
        self._writer.add_scalar("evaluation/driving_score", result.mean("driving_score").mean, report.frames)
        self.history[-1]["evaluation/success"] = result.success.mean
        if result.failures:
            pictures = np.stack([failure["picture"] for failure in result.failures[:8]])
            self._writer.add_images("evaluation/failures", pictures, report.frames, dataformats="NHWC")
        CONSOLE.print(f"round {report.round}: {percent(result.success)} of the selection roads")


@contextlib.contextmanager
def training_display(args: RunArgs) -> Iterator[Any]:
    """A bar over the budget with rate, losses and time left; yields what shows a round."""
    started = time.perf_counter()
    with Progress(
        TextColumn("[bold]{task.description}"), BarColumn(bar_width=24), TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[numbers]}"),
        console=CONSOLE, disable=args.quiet,
    ) as progress:  # fmt: skip
        task = progress.add_task("training", total=1.0, numbers="building roads, compiling kernels")

        def show(report: RoundReport) -> None:
            scalars = report.scalars
            numbers = [
                f"{report.frames / max(report.seconds, 1e-9):,.0f} frames/s",
                f"{scalars['train/samples_per_s']:,.0f} samples/s",
                f"loss {scalars['loss/total']:.3f}",
                f"way-points {scalars['metric/waypoint_mae_m']:.2f} m",
                f"lane {scalars['metric/lane_offset_mae_m']:.2f} m",
            ]
            progress.update(task, completed=report.fraction, numbers="  ".join(numbers))
            LOG.info("round %d after %.0f s", report.round, time.perf_counter() - started)

        yield show
        progress.update(task, completed=1.0)
