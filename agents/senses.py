"""`drivesim senses`: what a sensor is worth. Drivers with different ones, in every weather, and with each one dead.

Drivers that tell faults are also driven with faults of every kind, to see whether they do.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from agents.evaluate import run_suite
from agents.evaluation.results import CONFIDENCE_Z, Interval, SuiteResult, wilson
from agents.files import write_bytes, write_text
from agents.interface import Agent, load_driver, sensors_of
from agents.perception import heads_of
from agents.report import new_figure, png
from drivesim.config import FaultConfig, SensorConfig, applicable_faults
from drivesim.errors import ConfigError, FileFormatError, check_choice, check_integer
from drivesim.tasks.suites import HELD_OUT_START, SELECTION_START, SUITES, suite

FORMAT = 2
BLOCKS = 10
"""Roads count in so many blocks; errors of perception have their interval from the spread between blocks."""
MEASURES = {"lead_distance_relative": "lead distance", "lead_closing_mae_m_s": "closing speed"}
"""Metrics of perception in the table, by their title."""
FAULTS_TITLE, FAULTS_SEVERITY, FAULTS_MEAN = "faults now and then", 3, 0.5
"""Of the drives by which the telling of faults is judged: mean number of faults of each sensor in a drive."""
AUROC, FALSE_ALARMS = "_fault_auroc", "_false_alarms"
"""Metrics of the head `faults`, behind the sensor's name."""
WEATHERS = {
    "clear day": ("ClearNoon",),
    "night": ("ClearNight",),
    "fog 60 m": ("FogNoon",),
    "heavy rain": ("HardRainNoon",),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class SensesArgs:
    """A comparison of what drivers sense with."""

    agents: tuple[str, ...] = ("assets/models/highway.safetensors",)
    """Drivers: checkpoints, training folders or module:Class."""
    suite: str = "highway"
    """What they drive: lane, highway."""
    roads: int = 200
    """Held-out roads for every driver and condition."""
    conditions: tuple[str, ...] = ()
    """Only these, such as "night" "radar dead"; all that a driver is driven under if none is named."""
    worlds: int = 20
    """Roads driven at the same time; results do not depend on it."""
    threads: int = 2
    """Threads of the simulator."""
    device: str = "auto"
    """Where networks run: auto, cpu, cuda, ..."""
    out: str = ""
    """Folder for senses.json, .md and .png; an interrupted comparison goes on there. Empty: none is written."""
    quiet: bool = False
    """Draw no progress bar."""

    def __post_init__(self) -> None:
        """Checks every field."""
        suite(self.suite)
        if not self.agents:
            raise ConfigError("SensesArgs.agents: expected at least one driver, got none")
        check_integer("SensesArgs.roads", self.roads, BLOCKS, SELECTION_START - HELD_OUT_START)
        check_integer("SensesArgs.worlds", self.worlds, 1, 100_000)
        check_integer("SensesArgs.threads", self.threads, 1, 1024)
        if self.out and Path(self.out).exists() and not Path(self.out).is_dir():
            raise ConfigError(f"SensesArgs.out: expected a folder, got the file {self.out}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Condition:
    """Under what drivers drive."""

    name: str
    weather: tuple[str, ...] = ()
    faults: Mapping[str, Sequence[FaultConfig]] = dataclasses.field(default_factory=dict)
    """By name of the sensor."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """A driver under a condition."""

    agent: str
    senses: str
    """What it senses with."""
    condition: str
    success: Interval
    driving_score: Interval
    perception: dict[str, Interval]
    """By metric, of `MEASURES`."""
    inspection: dict[str, Interval]
    """By metric of the head `faults`; empty where the driver has none."""

    @classmethod
    def of(cls, agent: str, senses: str, condition: str, result: SuiteResult) -> "Row":
        """Sums up what it drove."""
        episodes, blocks = result.episodes, result.perception_of_blocks
        return cls(
            agent=agent,
            senses=senses,
            condition=condition,
            success=wilson(sum(episode.success for episode in episodes), len(episodes)),
            driving_score=mean_of([episode.driving_score for episode in episodes], most=100.0),
            perception=_measured(blocks, lambda name: name in MEASURES),
            inspection=_measured(blocks, lambda name: name.endswith((AUROC, FALSE_ALARMS)), most=1.0),
        )


def _measured(
    blocks: Sequence[Mapping[str, float]], is_wanted: Callable[[str], bool], *, most: float = math.inf
) -> dict[str, Interval]:
    """The wanted metrics of perception, each over the blocks in which there was something to measure."""
    values: dict[str, list[float]] = {}
    for block in blocks:
        for name, value in block.items():
            if is_wanted(name) and math.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: mean_of(each, most=most) for name, each in values.items()}


def conditions_of(rig: Sequence[SensorConfig], *, inspected: bool = False) -> list[Condition]:
    """Every weather, then clear days with each sensor of a rig dead.

    Args:
        rig: The sensors.
        inspected: The driver tells faults: last, it drives with some of every kind.
    """
    weathers = [Condition(name=name, weather=weather) for name, weather in WEATHERS.items()]
    dead = [Condition(name=f"{each.name} dead", faults={each.name: (FaultConfig(kind="dead"),)}) for each in rig]
    conditions = weathers + (dead if len(rig) > 1 else [])
    if inspected:
        faults = {each.name: _every_fault(each) for each in rig if applicable_faults(each)}
        conditions.append(Condition(name=FAULTS_TITLE, faults=faults))
    return conditions


def _every_fault(sensor: SensorConfig) -> tuple[FaultConfig, ...]:
    kinds = applicable_faults(sensor)
    probability = FAULTS_MEAN / len(kinds)
    return tuple(FaultConfig(kind=kind, severity=FAULTS_SEVERITY, probability=probability) for kind in kinds)


def conditions_for(agent: Agent) -> list[Condition]:
    """The conditions under which a driver is driven."""
    inspected = any(head.name == "faults" for head in heads_of(agent))
    return conditions_of(sensors_of(agent), inspected=inspected)


def senses_of(rig: Sequence[SensorConfig]) -> str:
    """A rig in words."""
    return " + ".join(sensor.name.replace("_", " ") for sensor in rig)


def mean_of(values: Sequence[float], *, most: float = math.inf) -> Interval:
    """The mean with a normal 95 % interval, cut off at 0 and at `most`."""
    array = np.asarray(values, np.float64)
    half = CONFIDENCE_Z * array.std(ddof=1) / math.sqrt(len(array)) if len(array) > 1 else 0.0
    mean = float(array.mean())
    return Interval(mean=mean, low=max(mean - half, 0.0), high=min(mean + half, most))


def compare(args: SensesArgs) -> int:
    """Drives, prints the table, and writes it if there is a folder."""
    console = Console()
    file = Path(args.out) / "senses.json" if args.out else None
    about = {"suite": args.suite, "roads": args.roads}
    rows = read_rows(file, about) if file is not None and file.is_file() else []
    drivers = {name: load_driver(name, device=args.device) for name in args.agents}
    offered = {name: conditions_for(driver) for name, driver in drivers.items()}
    known = dict.fromkeys(condition.name for each in offered.values() for condition in each)
    for wanted in args.conditions:
        check_choice("SensesArgs.conditions", wanted, known)
    chosen = args.conditions or tuple(known)
    todo = [(name, condition) for name, each in offered.items() for condition in each if condition.name in chosen]
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console,
        disable=args.quiet,
    ) as progress:  # fmt: skip
        task = progress.add_task("senses", total=len(todo))
        for name, condition in todo:
            progress.update(task, description=f"{senses_of(sensors_of(drivers[name]))}: {condition.name}")
            if not any(row.agent == name and row.condition == condition.name for row in rows):
                rows.append(drive(drivers[name], name, condition, args))
                if file is not None:
                    values = {"format": FORMAT, "about": about, "rows": _plain(rows)}
                    write_text(file, json.dumps(values, indent=1) + "\n")
            progress.advance(task)
    # Those driven earlier for the same folder too.
    places = [(name, condition.name) for name, each in offered.items() for condition in each]
    wanted = [row for place in places for row in rows if (row.agent, row.condition) == place]
    console.print(table_of(wanted))
    if (inspected := inspection_table(wanted)).row_count:
        console.print(inspected)
    if file is not None:
        table = write_text(file.with_suffix(".md"), markdown_of(wanted))
        console.print(f"results: {file}, {table}, {write_bytes(file.with_suffix('.png'), plot_of(wanted))}")
    return 0


def drive(agent: Agent, name: str, condition: Condition, args: SensesArgs) -> Row:
    """Drives the suite's roads."""
    result = run_suite(
        agent,
        dataclasses.replace(SUITES[args.suite], road_count=args.roads),
        agent_name=name,
        weather=condition.weather,
        faults=condition.faults,
        worlds=args.worlds,
        threads=args.threads,
        labelled=agent.explain is not None,
        blocks=BLOCKS,
    )
    return Row.of(name, senses_of(sensors_of(agent)), condition.name, result)


def table_of(rows: Sequence[Row]) -> Table:
    """For the terminal."""
    table = Table(title="what a sense is worth", title_justify="left")
    for title in _TITLES:
        table.add_column(title, overflow="fold")
    for before, row in zip([None, *rows], rows, strict=False):
        if before is not None and before.agent != row.agent:
            table.add_section()
        table.add_row(*_cells(row))
    return table


def inspection_table(rows: Sequence[Row]) -> Table:
    """For the terminal: how well faults are told, of each driver and sensor."""
    table = Table(title=f"what is wrong with a sensor, at severity {FAULTS_SEVERITY}", title_justify="left")
    for title in _INSPECTION_TITLES:
        table.add_column(title, overflow="fold")
    for cells in _inspection_cells(rows):
        table.add_row(*cells)
    return table


def markdown_of(rows: Sequence[Row]) -> str:
    """For the README."""
    text = _markdown(_TITLES, [_cells(row) for row in rows])
    inspected = list(_inspection_cells(rows))
    return text + ("\n" + _markdown(_INSPECTION_TITLES, inspected) if inspected else "")


def plot_of(rows: Sequence[Row]) -> bytes:
    """A PNG of every measure under each condition, with intervals; drivers side by side."""
    conditions = list(dict.fromkeys(row.condition for row in rows))
    drivers = list(dict.fromkeys((row.agent, row.senses) for row in rows))
    figure, axes = new_figure(rows=len(_PLOTS), columns=1, height=2.2)
    for axis, (title, factor, interval_of) in zip(axes.ravel(), _PLOTS, strict=True):
        for number, driver in enumerate(drivers):
            aside = (number - (len(drivers) - 1) / 2) * 0.7 / len(drivers)
            own = [row for row in rows if (row.agent, row.senses) == driver]
            found = [(conditions.index(row.condition) + aside, interval_of(row)) for row in own]
            known = [(place, each) for place, each in found if each is not None]
            middles = np.array([factor * each.mean for _, each in known])
            ends = np.array([(factor * each.low, factor * each.high) for _, each in known]).reshape(-1, 2)
            spread = np.abs(ends.T - middles)
            axis.errorbar([place for place, _ in known], middles, spread, fmt="o", ms=4, lw=1.2, label=driver[1])
        axis.set_title(title, loc="left")
        axis.set_xticks(range(len(conditions)), [name.replace("_", " ") for name in conditions])
        axis.grid(axis="y", alpha=0.3)
    axes.ravel()[0].legend(fontsize=7, frameon=False, ncols=2, loc="lower left")
    return png(figure)


_PLOTS: Sequence[tuple[str, float, Callable[[Row], Interval | None]]] = (
    ("success [%]", 100.0, lambda row: row.success),
    ("driving score", 1.0, lambda row: row.driving_score),
    ("error of the lead's distance [%]", 100.0, lambda row: row.perception.get("lead_distance_relative")),
    ("error of the closing speed [m/s]", 1.0, lambda row: row.perception.get("lead_closing_mae_m_s")),
)
"""Title, factor and value of what is plotted."""


def _markdown(titles: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in (titles, ("---",) * len(titles), *cells))


_INSPECTION_TITLES = ("senses", "sensor", "AUROC", "false alarms on a clear day", "in other weather at most")


def _inspection_cells(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """One line for each sensor of each driver that tells faults."""
    for agent in dict.fromkeys(row.agent for row in rows):
        found = {row.condition: row for row in rows if row.agent == agent and row.inspection}
        faulty, clean = found.get(FAULTS_TITLE), [found[name] for name in WEATHERS if name in found]
        if faulty is None:
            continue
        for sensor in [name.removesuffix(AUROC) for name in faulty.inspection if name.endswith(AUROC)]:
            alarms = [row.inspection[sensor + FALSE_ALARMS] for row in clean if sensor + FALSE_ALARMS in row.inspection]
            area = faulty.inspection[sensor + AUROC]
            yield (
                faulty.senses,
                sensor.replace("_", " "),
                f"{area.mean:.3f} [{area.low:.3f}, {area.high:.3f}]",
                _share(alarms[0]) if alarms else "-",
                _share(max(alarms[1:], key=lambda each: each.mean)) if alarms[1:] else "-",
            )


def _share(interval: Interval) -> str:
    return f"{100 * interval.mean:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


_TITLES = ("senses", "condition", "success", "driving score", *MEASURES.values())


def _cells(row: Row) -> tuple[str, ...]:
    distance, closing = (row.perception.get(name) for name in MEASURES)
    return (
        row.senses,
        row.condition,
        _share(row.success),
        f"{row.driving_score.mean:.1f} [{row.driving_score.low:.1f}, {row.driving_score.high:.1f}]",
        "-" if distance is None else _share(distance),
        "-" if closing is None else f"{closing.mean:.2f} m/s [{closing.low:.2f}, {closing.high:.2f}]",
    )


def read_rows(file: Path, about: Mapping[str, Any]) -> list[Row]:
    """Rows that an earlier comparison has written.

    Raises:
        ConfigError: They are of another suite or other roads.
        FileFormatError: The file is cut off or foreign.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise FileFormatError(f"{file}: format {values['format']!r}, expected {FORMAT}")
        if values["about"] != dict(about):
            raise ConfigError(f"out: {file} compares on {values['about']}, not on {dict(about)}; choose another folder")
        return [_row_from(row) for row in values["rows"]]
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, ConfigError | FileFormatError):
            raise
        raise FileFormatError(f"{file}: no comparison of senses: {error!r}") from error


def _row_from(values: Mapping[str, Any]) -> Row:
    intervals = {name: Interval(**values[name]) for name in ("success", "driving_score")}
    measured = {
        part: {name: Interval(**interval) for name, interval in values[part].items()}
        for part in ("perception", "inspection")
    }
    return Row(**{**values, **intervals, **measured})


def _plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(row) for row in rows]
