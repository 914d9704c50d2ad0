"""`drivesim eval --robustness`: drives, prints, writes."""

import dataclasses
import json
import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from agents.evaluation.results import rounded
from agents.files import write_text
from agents.interface import CHECKPOINT_NAMES, Agent, sensors_of
from agents.report import write_page
from agents.robustness.cells import Target, targets_of
from agents.robustness.drive import Robustness, read_robustness, run_robustness
from agents.robustness.page import contact_sheet, percent, sections
from agents.robustness.scores import ByFault, paired_loss
from drivesim import assets
from drivesim.errors import FileFormatError
from drivesim.tasks.suites import Suite

DEFAULT_ROADS = 8
"""Roads per cell where nobody says how many."""
BASELINE_ASSET = "models/{suite}.robustness.json"
"""What the shipped driver of a suite sees under faults."""


def evaluate_robustness(args: Any, agent: Agent, suites: Sequence[Suite], console: Console) -> int:
    """Drives every suite clean and with every fault, prints the tables, and writes them if there is a folder.

    Args:
        args: An `EvalArgs`.
        agent: Who drives.
        suites: What is driven.
        console: Where to print.
    """
    targets, folder, parts = targets_of(sensors_of(agent), args.robustness), Path(args.out), []
    for suite in suites:
        baseline = load_baseline(args.baseline, suite.name)
        file = folder / f"robustness_{suite.name}.json" if args.out else None
        result = _drive(args, agent, suite, targets, file, console)
        print_tables(result, baseline, console)
        if args.out:
            write_baseline(result, folder / f"baseline_{suite.name}.json")
            parts += sections(result, baseline, contact_sheet(agent, suite, targets))
    if args.out:
        page = write_page(parts, folder / "robustness.html", title="drivesim robustness", note=args.agent)
        console.print(f"results: {folder}/robustness_*.json  report: {page}")
    return 0


def load_baseline(name: str, suite: str) -> ByFault | None:
    """Metrics by fault of the driver that others are measured by.

    Args:
        name: A file of `drivesim eval --robustness` or `write_baseline`; empty: what ships, if it does.
        suite: Name of the suite.

    Raises:
        FileFormatError: A file that was named is missing or foreign.
    """
    try:
        file = Path(name) if name else assets.path(BASELINE_ASSET.format(suite=suite))
    except FileFormatError:
        return None
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if "perception" in values:
            return values["perception"]
    except (OSError, ValueError, TypeError) as error:
        raise FileFormatError(f"baseline: cannot read {file}: {error}") from error
    return read_robustness(file).perception_by_fault()


def write_baseline(result: Robustness, file: Path) -> Path:
    """Writes what others can be measured by: perception under every fault, without the drives."""
    rows = {
        fault: {
            severity: {name: round(value, 5) for name, value in each.items() if name in result.metrics}
            for severity, each in severities.items()
        }
        for fault, severities in result.perception_by_fault().items()
    }
    lines = ",\n".join(f"  {json.dumps(fault)}: {json.dumps(severities)}" for fault, severities in rows.items())
    return write_text(file, f'{{"about": {json.dumps(result.about)},\n "perception": {{\n{lines}\n}}}}\n')


def print_tables(result: Robustness, baseline: ByFault | None, console: Console) -> None:
    """The loss of driving score of every fault, and what is left of perception."""
    severities = sorted({cell.severity for cell in result.cells})
    title = f"robustness on {result.about['suite']}: success [%] by severity, driving score, greatest loss of it"
    table = Table(title=title, title_justify="left")
    table.add_column("fault", no_wrap=True)
    for title in (*map(str, severities), "score", "loss"):
        table.add_column(title, justify="right", no_wrap=True)
    clean = [rounded(100 * result.clean.success)] * len(severities)
    table.add_row("clean", *clean, f"{result.clean.driving_score:.1f}", "")
    for fault in result.faults:
        drives = result.of(fault)
        losses = [paired_loss(result.clean.episodes, each.episodes, "driving_score") for each in drives.values()]
        worst = max(losses, key=lambda loss: loss.mean)
        shares = [rounded(100 * drives[severity].success) if severity in drives else "" for severity in severities]
        mean = math.fsum(each.driving_score for each in drives.values()) / len(drives)
        table.add_row(fault, *shares, f"{mean:.1f}", f"{worst.mean:.1f} [{worst.low:.1f}, {worst.high:.1f}]")
    console.print(table)
    if not result.clean.perception:
        return
    table = Table(title="perception", title_justify="left")
    for title in ("metric", "clean", "mCE", "mRR"):
        table.add_column(title, justify="left" if title == "metric" else "right")
    for metric, values in result.perception(baseline).items():
        if metric in result.metrics:
            table.add_row(metric, f"{values['clean']:.4f}", percent(values["mCE"]), percent(values["mRR"]))
    console.print(table)
    if baseline is None:
        console.print("no baseline for this suite: mCE is left out")


def _drive(
    args: Any, agent: Agent, suite: Suite, targets: Sequence[Target], file: Path | None, console: Console
) -> Robustness:
    if not args.roads:
        suite = dataclasses.replace(suite, road_count=DEFAULT_ROADS)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        console=console, disable=args.quiet, transient=True,
    ) as progress:  # fmt: skip
        task = progress.add_task(f"cells of {suite.name}", total=None)
        return run_robustness(
            agent,
            suite,
            targets,
            about={"agent": args.agent, "version": _version(args.agent)},
            severities=args.severities,
            seeds=range(args.seeds),
            worlds=args.worlds,
            threads=args.threads,
            labelled=agent.explain is not None and args.agent != "expert",
            file=file,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )


def _version(name: str) -> int:
    """Tells checkpoints of one name apart; 0 for other drivers."""
    path = Path(name)
    files = [path / file for file in CHECKPOINT_NAMES] if path.is_dir() else [path]
    found = next((file for file in files if file.is_file()), None)
    return 0 if found is None else zlib.crc32(found.read_bytes())
