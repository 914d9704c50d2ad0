"""Loops training and evaluation: rounds of imitation, a look at held-out roads every few of them, a final report."""

import contextlib
import dataclasses
import json
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from agents import imitation
from agents.compare import compare_files
from agents.distributed import Group, process_count, together
from agents.evaluate import Interval, SuiteResult, run_suite, weather_words, write_json
from agents.files import write_text
from agents.fit.command import evaluate_perception
from agents.heads import load_heads
from agents.imitation import LAST_FILE, LIVE_FILE, TRAINING_FILE, UNTRAINED_FILE, RoundReport, TrainResult
from agents.interface import Agent, load_driver, vehicle_of
from agents.journal import HISTORY_FILE, Journal
from agents.machine import core_count
from agents.network.device import choose_device
from agents.objective import loss_weights
from agents.recipe import RunArgs, TrainArgs
from agents.report import heading, write_report
from agents.robustness.command import evaluate_robustness
from agents.selection import BEST_FILE, Selection
from agents.shard import compile_kernels, heads_of_training
from agents.spectator import Spectator
from drivesim.config import ENV_PRESETS, SEVERITY_MAX, weather_from
from drivesim.errors import ConfigError, check_choice, check_integer
from drivesim.tasks.suites import HELD_OUT_START, SELECTION_START, SUITES, Suite, suite

LOG = logging.getLogger(__name__)
REPORT_FOLDER = "report"
CLIP_FOLDER = "clips"
WORTH_KEEPING = (BEST_FILE, LAST_FILE, TRAINING_FILE)
TRAINING_FILES = (*WORTH_KEEPING, LIVE_FILE, UNTRAINED_FILE, HISTORY_FILE)
CONSOLE = Console()


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalArgs:
    """An evaluation."""

    agent: str = "expert"
    """expert, classical, a checkpoint, a training folder, or module:Class."""
    heads: tuple[str, ...] = ()
    """Heads that a checkpoint has beside those that ship, each as module:NAME."""
    suite: tuple[str, ...] = ("lane",)
    """Suites to drive: lane, highway."""
    weather: tuple[str, ...] = ()
    """Weathers by name, such as HardRainNight or FogNoon; of several each drive draws one. None: a clear noon."""
    roads: int = 0
    """Roads per suite; 0: all that the suite names, or 8 where faults are asked for."""
    seeds: int = 1
    """Every road is driven this many times, with other traffic each time."""
    worlds: int = 50
    """Roads driven at the same time; results do not depend on it."""
    threads: int = 2
    """Threads of the simulator."""
    device: str = "auto"
    """Where a network runs: auto, cpu, cuda, ..."""
    robustness: tuple[str, ...] | None = None
    """Drive again with these faults of sensors: fog, camera/fog, camera_tele.dead, delivery, ...; none named: all."""
    severities: tuple[int, ...] = (1, 2, 3, 4, 5)
    """How bad the faults of --robustness are."""
    perception: str = ""
    """Folder of a data set: score what a checkpoint sees of it, instead of driving."""
    baseline: str = ""
    """File of an earlier --robustness by which errors are measured; empty: the shipped driver's."""
    compare: tuple[str, ...] = ()
    """Two results.json of earlier evaluations: say what differs significantly, instead of driving."""
    clips: bool = True
    """With --out: videos of the last seconds of failed drives."""
    out: str = ""
    """Folder for results and report; with --robustness an interrupted evaluation goes on; empty: none is written."""
    quiet: bool = False
    """Draw no progress bars."""

    def __post_init__(self) -> None:
        """Checks every field."""
        for name in self.suite:
            suite(name)
        weather_from(self.weather)
        if len(self.compare) not in (0, 2):
            raise ConfigError(f"EvalArgs.compare: expected two files, got {len(self.compare)}")
        check_integer("EvalArgs.roads", self.roads, 0, SELECTION_START - HELD_OUT_START)
        check_integer("EvalArgs.seeds", self.seeds, 1, 1000)
        check_integer("EvalArgs.worlds", self.worlds, 1, 100_000)
        check_integer("EvalArgs.threads", self.threads, 1, 1024)
        for severity in self.severities:
            check_integer("EvalArgs.severities", severity, 1, SEVERITY_MAX)
        if len(set(self.severities)) != len(self.severities) or not self.severities:
            raise ConfigError(f"EvalArgs.severities: expected each once, and one at least, got {self.severities}")


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
        final = dataclasses.replace(SUITES[args.env], road_count=args.report_roads)
        driver = load_driver(str(outcome.chosen), device=args.device, heads=load_heads(args.heads))
        results = evaluate_suites(driver, [final], name=str(outcome.chosen), weather=args.weather, quiet=args.quiet)
        print_table(results)
        write_results(results, Path(args.out) / REPORT_FOLDER, history=outcome.history)
    return 0


def run(args: RunArgs) -> Outcome | None:
    """Trains and evaluates on all processes, each of which calls this; None in those that do not lead."""
    check_choice("TrainArgs.env", args.env, SUITES)
    # Whatever the arguments name is looked up before an earlier training gives way.
    loss_weights(heads_of_training(args), args.weights)
    # One GPU carries all shards; several are given a process each by torchrun.
    cores = core_count() if choose_device(args.device).type == "cpu" else 1
    spectator = Spectator(args.env, Path(args.out), heads=args.heads)

    def prepare() -> None:
        claim_folder(args)
        CONSOLE.print(f"training on {args.env}: {budget(args)}; checkpoints and logs in {args.out}")
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
    there = [name for name in WORTH_KEEPING if (folder / name).is_file()]
    if there and not args.overwrite:
        raise ConfigError(
            f"TrainArgs.out: {folder} holds a training ({there[0]}); go on with --resume, begin anew with "
            "--overwrite, or choose another folder"
        )
    for name in TRAINING_FILES:
        (folder / name).unlink(missing_ok=True)


def evaluate(args: EvalArgs) -> int:
    """Drives suites and prints the table. The command `drivesim eval`."""
    if args.out:
        Path(args.out).mkdir(parents=True, exist_ok=True)
    if args.compare:
        return compare_files(args.compare, args.out, CONSOLE)
    agent = load_driver(args.agent, device=args.device, heads=load_heads(args.heads))
    if args.perception:
        values = evaluate_perception(agent, args.perception, device=args.device, quiet=args.quiet)
        if args.out:
            write_text(Path(args.out) / "perception.json", json.dumps(values, indent=1) + "\n")
        return 0
    suites = [suite(name) for name in args.suite]
    if args.roads:
        suites = [dataclasses.replace(item, road_count=args.roads) for item in suites]
    for line in (*familiar_roads(agent, suites), *other_car(agent, suites)):
        CONSOLE.print(f"[bold]note[/] {line}")
    if args.robustness is not None:
        return evaluate_robustness(args, agent, suites, CONSOLE)
    results = evaluate_suites(
        agent,
        suites,
        name=args.agent,
        weather=args.weather,
        seeds=args.seeds,
        worlds=args.worlds,
        threads=args.threads,
        scored=True,
        clips=Path(args.out) / CLIP_FOLDER if args.out and args.clips else None,
        quiet=args.quiet,
    )
    print_table(results)
    print_scores(results)
    if args.out:
        write_results(results, Path(args.out))
    return 0


def familiar_roads(agent: Agent, suites: list[Suite]) -> list[str]:
    """A line for every suite with roads that have shaped the agent, as its checkpoint tells."""
    lines = []
    for purpose, (first, count) in roads_used(agent).items():
        for item in suites:
            shared = min(first + count, item.first_road + item.road_count) - max(first, item.first_road)
            if shared > 0:
                lines.append(f"{shared} of the {item.road_count} roads of {item.name} were used for its {purpose}")
    return lines


def roads_used(agent: Agent) -> dict[str, tuple[int, int]]:
    """First generator seed and number of the roads that have shaped an agent, by what for, if it can tell."""
    claims = getattr(agent, "training", {}).get("roads", {})
    pairs = claims.items() if isinstance(claims, dict) else ()
    return {
        str(purpose): (pair[0], pair[1])
        for purpose, pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(number, int) for number in pair)
    }


def other_car(agent: Agent, suites: list[Suite]) -> list[str]:
    """A line for every suite whose car is not the one that the agent is made for, and that it is scored in."""
    own = vehicle_of(agent)
    return [
        f"on {item.name} it drives the car it was trained with, which is not the suite's"
        for item in suites
        if own is not None and own != ENV_PRESETS[item.name].vehicle
    ]


def evaluate_suites(
    agent: Agent,
    suites: list[Suite],
    *,
    name: str,
    weather: Sequence[str] = (),
    seeds: int = 1,
    worlds: int = 50,
    threads: int = 2,
    scored: bool = False,
    clips: Path | None = None,
    quiet: bool = False,
) -> list[SuiteResult]:
    """Drives every suite with a progress bar each; perception is scored where the agent explains itself.

    Args:
        agent: Who drives.
        suites: What is driven.
        name: Name in the results.
        weather: Names of weathers, of which each drive draws one; none: a clear noon.
        seeds: Drives of every road.
        worlds: Roads driven at the same time.
        threads: Worker threads of the simulation.
        scored: Record every drive, and give it all scores.
        clips: Folder for videos of failed drives; none are made if None.
        quiet: Draw no bars.
    """
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
                    weather=weather,
                    seeds=range(seeds),
                    worlds=worlds,
                    threads=threads,
                    labelled=labelled,
                    scored=scored,
                    clips=clips,
                    progress=lambda done, _, task=task: progress.update(task, completed=done),
                )
            )
    return results


def write_results(results: list[SuiteResult], folder: Path, *, history: list[dict[str, float]] | None = None) -> None:
    """Writes `results.json` and `report.html` and says where."""
    data = write_json(results, folder / "results.json")
    page = write_report(results, folder / "report.html", history=history or [], clips=CLIP_FOLDER)
    CONSOLE.print(f"results: {data}  report: {page}")


def print_table(results: list[SuiteResult]) -> None:
    """The scores of every suite, and the perception scores if there are any."""
    weathers = {weather_words(result.weather) for result in results} - {""}
    title = f"driving in {', '.join(sorted(weathers))}" if weathers else "driving"
    table = Table(title=title, title_justify="left")
    for title in ("suite", "agent", "drives", "success", "driving score", "km/h", "comfort", "ends", "wall"):
        table.add_column(title, overflow="fold")
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
    seen = [result for result in results if result.perception]
    if seen:
        table = Table(title="perception", title_justify="left")
        table.add_column("metric")
        for result in seen:
            table.add_column(heading(result, results), justify="right", overflow="fold")
        for name in dict.fromkeys(name for result in seen for name in result.perception):
            values = (result.perception.get(name) for result in seen)
            table.add_row(name, *("" if value is None else f"{value:.4f}" for value in values))
        CONSOLE.print(table)


def print_scores(results: list[SuiteResult]) -> None:
    """Every score of every suite, with its interval."""
    table = Table(title="scores, mean and 95 % interval", title_justify="left")
    table.add_column("score")
    for result in results:
        table.add_column(heading(result, results), justify="right", overflow="fold")
    for name in dict.fromkeys(name for result in results for name in result.score_names()):
        values = [result.score(name) for result in results]
        table.add_row(name, *("" if v is None else f"{v.mean:.3f} [{v.low:.3f}, {v.high:.3f}]" for v in values))
    CONSOLE.print(table)


def percent(interval: Interval) -> str:
    """A share with its interval, in per cent."""
    return f"{100 * interval.mean:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


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
                f"way-points {scalars['metric/waypoint_ade_m']:.2f} m",
                f"lane {scalars['metric/lane_offset_mae_m']:.2f} m",
            ]
            progress.update(task, completed=report.fraction, numbers="  ".join(numbers))
            LOG.info("round %d after %.0f s", report.round, time.perf_counter() - started)

        yield show
        progress.update(task, completed=1.0)
