"""The command `drivesim eval`: suites of roads, situations and map files are driven, told and written."""

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from agents.compare import compare_files
from agents.evaluate import run_suite
from agents.evaluation.drives import NOTHING_KEPT, Kept
from agents.evaluation.results import ALL, BY_DAY, Interval, SuiteResult, groups_of, rounded, weather_words, write_json
from agents.files import write_text
from agents.fit.command import evaluate_perception
from agents.heads import load_heads
from agents.interface import Agent, load_driver, vehicle_of
from agents.interrupt import StopRequest
from agents.report import heading, write_report
from agents.robustness.command import evaluate_robustness
from agents.situations import drive_situations
from drivesim.config import ENV_PRESETS, SEVERITY_MAX, weather_from
from drivesim.errors import ConfigError, check_choice, check_integer
from drivesim.scenarios import ScenarioSet, list_suites, load_scenario, looks_like_file
from drivesim.tasks.suites import HELD_OUT_START, SELECTION_START, SUITES, Suite, map_suite, suite

CLIP_FOLDER, DRIVE_FOLDER = "clips", "drives"
KEEPS = ("none", "failures", "all")
CONSOLE = Console()
DEFAULT_SUITE = "lane"
Whole = Suite | ScenarioSet


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvalArgs:
    """An evaluation."""

    agent: str = "expert"
    """expert, classical, a checkpoint, a training folder, or module:Class."""
    heads: tuple[str, ...] = ()
    """Heads that a checkpoint has beside those that ship, each as module:NAME."""
    suite: tuple[str, ...] = ()
    """Roads: lane, highway, town. Situations: ncap_aeb_2023, r157_alks, town_situations, routes_200_v2, or a scenario
    file (.json) of yours or a folder of them. None: lane, unless --map names a map."""
    situations: tuple[str, ...] = ()
    """Of suites of situations only those whose family, scenario or title is this or matches it, such as CPFA or
    'CCR*'."""
    map: tuple[str, ...] = ()
    """OpenDRIVE files (.xodr, .xodr.gz) to drive routes on, among the traffic of a town."""
    weather: tuple[str, ...] = ()
    """Weathers by name, such as HardRainNight or FogNoon; of several each drive draws one. None: a clear noon, or what
    a situation says."""
    roads: int = 0
    """Roads per suite, or drives per map file; 0: all that the suite names, 50 on a file, or 8 where faults are asked
    for."""
    seeds: int = 1
    """Every road or situation is driven this many times, with other traffic each time."""
    worlds: int = 50
    """Roads or situations driven at the same time; results do not depend on it."""
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
    keep: str = "failures"
    """With --out: which drives are kept whole, for drivesim watch --replay: none, failures or all."""
    out: str = ""
    """Folder for results and report; with --robustness an interrupted evaluation goes on; empty: none is written."""
    quiet: bool = False
    """Draw no progress bars."""

    def __post_init__(self) -> None:
        """Checks every field."""
        for name in self.suite:
            if not looks_like_file(name):
                check_choice("suite", name, (*SUITES, *list_suites()))
        weather_from(self.weather)
        check_choice("keep", self.keep, KEEPS)
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

    def suites(self) -> list[Whole]:
        """What is driven.

        Raises:
            ConfigError: A situation's pattern matches nothing, or an option means nothing for what is driven.
            FileFormatError: A file is missing or broken.
        """
        names = self.suite or (() if self.map else (DEFAULT_SUITE,))
        wholes = [suite(name) if name in SUITES else load_scenario(name) for name in names]
        found: list[Whole] = [*wholes, *(map_suite(file) for file in self.map)]
        sets = [each for each in found if isinstance(each, ScenarioSet)]
        if self.situations:
            if not sets:
                raise ConfigError(f"EvalArgs.situations: expected a suite of situations, got {' '.join(names)}")
            found = [each.matching(*self.situations) if isinstance(each, ScenarioSet) else each for each in found]
        for option, given in (("weather", self.weather), ("roads", self.roads), ("robustness", self.robustness)):
            if given and sets:
                raise ConfigError(
                    f"EvalArgs.{option}: means nothing for situations ({sets[0].name}), which bring theirs"
                )
        if self.roads:
            found = [
                dataclasses.replace(each, road_count=self.roads) if isinstance(each, Suite) else each for each in found
            ]
        return found


def evaluate(args: EvalArgs) -> int:
    """Drives suites and prints the tables. The command `drivesim eval`."""
    if args.out:
        Path(args.out).mkdir(parents=True, exist_ok=True)
    if args.compare:
        return compare_files(args.compare, args.out, CONSOLE)
    suites = args.suites()
    agent = load_driver(args.agent, device=args.device, heads=load_heads(args.heads))
    if args.perception:
        values = evaluate_perception(agent, args.perception, device=args.device, quiet=args.quiet)
        if args.out:
            write_text(Path(args.out) / "perception.json", json.dumps(values, indent=1) + "\n")
        return 0
    of_roads = [item for item in suites if isinstance(item, Suite)]
    for line in (*familiar_roads(agent, of_roads), *other_car(agent, of_roads)):
        CONSOLE.print(f"[bold]note[/] {line}")
    if args.robustness is not None:
        return evaluate_robustness(args, agent, of_roads, CONSOLE)
    with StopRequest() as stop:
        results = evaluate_suites(
            agent,
            suites,
            name=args.agent,
            weather=args.weather,
            seeds=args.seeds,
            worlds=args.worlds,
            threads=args.threads,
            kept=kept_of(args),
            quiet=args.quiet,
            stopped=lambda: stop.requested,
        )
    if results:
        print_table(results)
        for result in results:
            print_groups(result)
        print_scores(results)
        for result in results:
            print_failures(result)
        if args.out:
            write_results(results, Path(args.out))
    if stop.requested:
        done, asked = sum(len(each.episodes) for each in results), sum(each.asked for each in results)
        CONSOLE.print(
            f"interrupted: the figures are of the first {done} of {asked} drives" if results else "interrupted"
        )
        return 130
    return 0


def kept_of(args: EvalArgs) -> Kept:
    """What an evaluation keeps of its drives."""
    if not args.out:
        return Kept(scored=True)
    return Kept(
        scored=True,
        clips=Path(args.out) / CLIP_FOLDER if args.clips else None,
        drives=Path(args.out) / DRIVE_FOLDER if args.keep != "none" else None,
        successes=args.keep == "all",
    )


def familiar_roads(agent: Agent, suites: list[Suite]) -> list[str]:
    """A line for every suite with roads that have shaped the agent, as its checkpoint tells."""
    lines = []
    for purpose, (first, count) in roads_used(agent).items():
        for item in suites:
            shared = min(first + count, item.first_road + item.road_count) - max(first, item.first_road)
            if shared > 0 and not item.map_file:
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
        if own is not None and item.name in ENV_PRESETS and own != ENV_PRESETS[item.name].vehicle
    ]


def evaluate_suites(
    agent: Agent,
    suites: Sequence[Whole],
    *,
    name: str,
    weather: Sequence[str] = (),
    seeds: int = 1,
    worlds: int = 50,
    threads: int = 2,
    kept: Kept = NOTHING_KEPT,
    quiet: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> list[SuiteResult]:
    """Drives every suite with a progress bar each; perception is scored where the agent explains itself.

    Args:
        agent: Who drives.
        suites: What is driven.
        name: Name in the results.
        weather: Names of weathers, of which each drive over a road draws one; none: a clear noon.
        seeds: Drives of every road or situation.
        worlds: Roads or situations driven at the same time.
        threads: Worker threads of the simulation.
        kept: What is kept of every drive.
        quiet: Draw no bars.
        stopped: Asked before every step; True ends all, and suites without a whole drive are left out.
    """
    is_expert = name == "expert"
    results = []
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(), console=CONSOLE, disable=quiet, transient=True,
    ) as progress:  # fmt: skip
        for item in suites:
            count = len(item.variants) if isinstance(item, ScenarioSet) else item.road_count
            task = progress.add_task(f"driving {item.name}", total=count * seeds)

            def show(done: int, _: int, task: TaskID = task) -> None:
                progress.update(task, completed=done)

            options: dict[str, Any] = {
                "agent_name": name,
                "worlds": worlds,
                "threads": threads,
                "labelled": agent.explain is not None and not is_expert,
                "kept": kept,
                "progress": show,
                "stopped": stopped,
            }
            if isinstance(item, ScenarioSet):
                result = drive_situations(agent, item, seeds=seeds, blind=is_expert, **options)
            else:
                result = run_suite(agent, item, seeds=range(seeds), weather=weather, **options)
            if result.episodes:
                results.append(result)
            if stopped():
                break
    return results


def write_results(results: list[SuiteResult], folder: Path, *, history: list[dict[str, float]] | None = None) -> None:
    """Writes `results.json` and `report.html` and says where."""
    data = write_json(results, folder / "results.json")
    page = write_report(results, folder / "report.html", history=history or [], clips=CLIP_FOLDER, drives=DRIVE_FOLDER)
    CONSOLE.print(f"results: {data}  report: {page}")
    count = sum(bool(episode.replay) for result in results for episode in result.episodes)
    if count:
        CONSOLE.print(f"drives kept: {count}; look at one with drivesim watch --replay {folder / DRIVE_FOLDER}/FILE")


def print_table(results: list[SuiteResult]) -> None:
    """The scores of every suite, and the perception scores if there are any."""
    weathers = {weather_words(result.weather) for result in results} - {""}
    agents = ", ".join(dict.fromkeys(result.agent for result in results))
    title = f"driving of {agents}" + (f" in {', '.join(sorted(weathers))}" if weathers else "")
    table = Table(title=title, title_justify="left")
    for title in ("suite", "drives", "success", "score", "km/h", "comfort"):
        table.add_column(title, overflow="fold", no_wrap=title != "suite")
    for result in results:
        table.add_row(
            heading(result, results),
            str(len(result.episodes)),
            percent(result.success),
            "{:.1f}".format(result.mean("driving_score").mean),
            f"{3.6 * result.mean('speed_m_s').mean:.0f}",
            f"{100 * result.mean('comfort').mean:.1f} %",
        )
    CONSOLE.print(table)
    for result in results:
        reasons = ", ".join(f"{count} {name}" for name, count in result.reasons().items() if name != "success")
        rate = f"{result.wall_s:.0f} s, {len(result.episodes) / max(result.wall_s, 1e-9):.1f} drives/s"
        CONSOLE.print(f"{heading(result, results)}: {reasons or 'all succeeded'}; {rate}", highlight=False)
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


def print_groups(result: SuiteResult) -> None:
    """The figures of a suite of situations by family, by day and by night, and in all; nothing for roads."""
    groups = groups_of(result.episodes)
    if not groups:
        return
    careful, scored = groups[-1].avoidable is not None, groups[-1].has_points
    table = Table(
        title=f"situations of {result.suite}, 95 % intervals; hits: drives with a collision", title_justify="left",
        show_edge=False,
    )  # fmt: skip
    table.add_column("family", no_wrap=True)
    points = ("points", "points %") if scored else ()
    avoidable = ("avoidable",) if careful else ()
    for title in ("n", "success %", *points, "driving score", "hits", *avoidable):
        table.add_column(title, justify="right")
    for group in groups:
        if group.name in (BY_DAY, ALL):
            table.add_section()
        cells = [group.name, str(len(group.episodes)), short(group.success, 100.0)]
        if scored:
            cells += [f"{sum(each.score for each in group.outcomes):.1f}", short(group.points, 100.0)]
        cells += [short(group.driving_score), str(group.collisions)]
        if group.avoidable is not None:
            cells.append(f"{group.avoidable[0]} of {group.avoidable[1]}")
        table.add_row(*cells)
    CONSOLE.print(table)
    if careful:
        CONSOLE.print("avoidable: hits among the drives in which UN Regulation 157's careful driver has none")


def print_failures(result: SuiteResult) -> None:
    """A line for every failed drive through a situation, or why drives over roads failed."""
    for episode in result.episodes:
        if episode.reason:
            title = f"road {episode.road}" if episode.outcome is None else episode.outcome.title
            CONSOLE.print(f"{result.suite}: {title}: {episode.reason}", markup=False, highlight=False, soft_wrap=True)


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


def short(interval: Interval, scale: float = 1.0) -> str:
    """A mean in [0, 100] with its interval in few characters: the bounds are whole, and no narrower for it."""
    low, high = math.floor(scale * interval.low + 1e-9), math.ceil(scale * interval.high - 1e-9)
    return f"{rounded(scale * interval.mean)} [{low},{high}]"


def percent(interval: Interval) -> str:
    """A share with its interval, in per cent."""
    return f"{100 * interval.mean:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"
