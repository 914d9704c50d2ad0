"""Drives a suite clean and once per fault and severity, and keeps what came of it in a file to be gone on with."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from agents.evaluate import NO_FAULTS, run_suite
from agents.evaluation.results import Episode
from agents.files import write_text
from agents.interface import Agent
from agents.perception import heads_of
from agents.robustness.cells import Cell, Target
from agents.robustness.scores import ByFault, paired_loss, summarise
from drivesim.config import SEVERITY_MAX, AnyWeather
from drivesim.errors import ConfigError, FileFormatError
from drivesim.state import EndReason
from drivesim.tasks.suites import Suite

ROBUSTNESS_FORMAT = 1
_CLEAN = "clean"
_COLLISION = EndReason.COLLISION.name.lower()


@dataclass(frozen=True, kw_only=True)
class Drives:
    """What an agent did on the roads under one condition."""

    fault: str
    """Name of the target; `clean` for none."""
    severity: int
    """1 to 5; 0 for none."""
    episodes: list[Episode]
    perception: dict[str, float]

    @property
    def driving_score(self) -> float:
        """Mean over the drives."""
        return sum(episode.driving_score for episode in self.episodes) / max(len(self.episodes), 1)

    @property
    def success(self) -> float:
        """Share of the drives."""
        return sum(episode.success for episode in self.episodes) / max(len(self.episodes), 1)

    @property
    def collisions(self) -> float:
        """Share of the drives that ended in one."""
        return sum(episode.end_reason == _COLLISION for episode in self.episodes) / max(len(self.episodes), 1)


@dataclass(kw_only=True)
class Robustness:
    """An agent on a suite, clean and under faults."""

    about: dict[str, Any]
    """What was driven: suite, env_id, agent, roads, seeds, version of the checkpoint."""
    scores: tuple[str, ...]
    """Metrics of perception of which 1 is the best."""
    metrics: tuple[str, ...]
    """The first metric of each measurement, in the order of the heads: what tables show."""
    clean: Drives
    cells: list[Drives] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Names of the targets that were driven."""
        return list(dict.fromkeys(cell.fault for cell in self.cells))

    def of(self, fault: str) -> dict[int, Drives]:
        """The drives with a fault by severity."""
        return {cell.severity: cell for cell in sorted(self.cells, key=lambda c: c.severity) if cell.fault == fault}

    def perception(self, baseline: ByFault | None = None) -> dict[str, Any]:
        """Every metric's clean value, mCE and mRR; see `scores.summarise`."""
        return summarise(self.clean.perception, self.perception_by_fault(), baseline, self.scores)

    def perception_by_fault(self) -> ByFault:
        """Metrics by fault and severity."""
        return {
            fault: {str(severity): drives.perception for severity, drives in self.of(fault).items()}
            for fault in self.faults
        }

    def to_json(self) -> dict[str, Any]:
        """Everything, with what follows from it for whoever reads the file."""
        return {
            "format": ROBUSTNESS_FORMAT,
            "about": self.about,
            "scores": self.scores,
            "metrics": self.metrics,
            "driving": {
                fault: {
                    str(severity): {
                        "driving_score": drives.driving_score,
                        "success": drives.success,
                        "collisions": drives.collisions,
                        "driving_score_loss": asdict(
                            paired_loss(self.clean.episodes, drives.episodes, "driving_score")
                        ),
                    }
                    for severity, drives in self.of(fault).items()
                }
                for fault in self.faults
            },
            _CLEAN: asdict(self.clean),
            "cells": [asdict(cell) for cell in self.cells],
        }


def run_robustness(
    agent: Agent,
    suite: Suite,
    targets: Sequence[Target],
    *,
    about: Mapping[str, Any] | None = None,
    severities: Sequence[int] = range(1, SEVERITY_MAX + 1),
    seeds: Sequence[int] = (0,),
    worlds: int = 50,
    threads: int = 2,
    labelled: bool = False,
    file: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Robustness:
    """Drives every road of a suite clean, and again with each fault at each severity, from the same starts.

    Perception is scored along the drives of each cell, which faults lead elsewhere than clean ones.

    Args:
        agent: Who drives.
        suite: What is driven.
        targets: Faults and weathers, see `cells.targets_of`.
        about: What else tells this evaluation from others.
        severities: Which, 1 to 5.
        seeds: Seeds of traffic and start, added to the suite's own.
        worlds: Roads driven at the same time; results do not depend on it.
        threads: Worker threads of the simulation.
        labelled: Score the agent's explanations too.
        file: Kept up to date after every cell; cells that it holds are not driven again.
        progress: Called with cells done and cells in all.

    Raises:
        ConfigError: The file holds another evaluation.
        FileFormatError: The file is none of ours.
    """
    whole = {
        "suite": suite.name, "env_id": suite.env_id, "roads": suite.road_count, "seeds": list(seeds), **(about or {})
    }  # fmt: skip

    def drive(fault: str, severity: int, faults: Mapping[str, Any], weather: Sequence[AnyWeather] = ()) -> Drives:
        result = run_suite(
            agent, suite, seeds=seeds, worlds=worlds, threads=threads, labelled=labelled, faults=faults, weather=weather
        )
        return Drives(fault=fault, severity=severity, episodes=result.episodes, perception=result.perception)

    done = _read(file, whole) if file is not None and file.is_file() else None
    cells = [Cell(target, severity) for target in targets for severity in severities]
    if progress is not None:
        progress(0, len(cells) + 1)
    clean = drive(_CLEAN, 0, NO_FAULTS) if done is None else done.clean
    known = {} if done is None else {(cell.fault, cell.severity): cell for cell in done.cells}
    measured = [metric for head in heads_of(agent) for metric in head.metrics]
    result = Robustness(
        about=whole,
        scores=tuple(name for metric in measured if metric.is_score for name in metric.meanings),
        metrics=tuple(name for metric in measured if (name := next(iter(metric.meanings))) in clean.perception),
        clean=clean,
        cells=list(known.values()),
    )
    for number, cell in enumerate(cells, start=1):
        if (cell.target.name, cell.severity) not in known:
            target, severity = cell
            result.cells.append(drive(target.name, severity, target.faults(severity), target.weather(severity)))
            if file is not None:
                write_text(file, json.dumps(result.to_json()) + "\n")
        if progress is not None:
            progress(number + 1, len(cells) + 1)
    wanted = {(cell.target.name, cell.severity): place for place, cell in enumerate(cells)}
    # A file may hold more than was asked for this time.
    asked = [cell for cell in result.cells if (cell.fault, cell.severity) in wanted]
    result.cells = sorted(asked, key=lambda cell: wanted[cell.fault, cell.severity])
    return result


def read_robustness(file: Path) -> Robustness:
    """What `run_robustness` has written.

    Raises:
        FileFormatError: The file is cut off, foreign or of another version.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if values["format"] != ROBUSTNESS_FORMAT:
            raise FileFormatError(f"{file}: format {values['format']!r}, expected {ROBUSTNESS_FORMAT}")
        return Robustness(
            about=values["about"],
            scores=tuple(values["scores"]),
            metrics=tuple(values["metrics"]),
            clean=_drives(values[_CLEAN]),
            cells=[_drives(cell) for cell in values["cells"]],
        )
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{file}: no evaluation of robustness: {error}") from error


def _read(file: Path, about: Mapping[str, Any]) -> Robustness:
    there = read_robustness(file)
    unlike = sorted(name for name in {*about, *there.about} if about.get(name) != there.about.get(name))
    if unlike:
        other = ", ".join(f"{name} {there.about.get(name)!r}" for name in unlike)
        raise ConfigError(f"out: {file} holds another evaluation ({other}); choose another folder or remove it")
    return there


def _drives(values: dict[str, Any]) -> Drives:
    episodes = [Episode(**{**each, "events": tuple(each["events"])}) for each in values.pop("episodes")]
    return Drives(**values, episodes=episodes)
