"""What can be chosen in the window: suites with their situations, and what came of them in an evaluation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from drivesim.errors import ConfigError, FileFormatError, hint
from drivesim.scenarios import ScenarioSet, Variant, list_suites, load_scenario
from drivesim.tasks.suites import SUITES

_RESULTS_MAX = 1 << 28
_UNITS = {"_kmh": "km/h", "_m_s2": "m/s²", "_m_s": "m/s", "_m": "m", "_s": "s", "_deg": "°"}
"""Units by the endings of parameters' names."""


class Entry(NamedTuple):
    """Something to watch: a situation, or a road."""

    number: int
    """Of the variant in its set, or the road's generator seed."""
    family: str
    text: str
    """Its parameters."""
    variant: Variant | None = None


class Result(NamedTuple):
    """What came of one in an evaluation."""

    passed: bool
    text: str
    """Why it ended, in a few words."""
    reason: str = ""
    """What happened, in a sentence, where the evaluation says so."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A suite to choose from."""

    name: str
    about: str
    entries: tuple[Entry, ...]
    scenarios: ScenarioSet | None = None
    """None of roads."""

    def matching(self, query: str, results: Mapping[int, Result]) -> tuple[Entry, ...]:
        """The entries that have all words of a query in their family, their parameters or their result."""
        words = _plain(query).split()
        return tuple(entry for entry in self.entries if _has(entry, words, results.get(entry.number)))


def suite_names() -> tuple[str, ...]:
    """Everything that a suite may be called: the situations that ship, then roads."""
    return (*list_suites(), *SUITES)


def check_suite(name: str) -> None:
    """Checks that something has this name.

    Raises:
        ConfigError: Neither a suite nor a file has it; the nearest name is given.
    """
    if name not in suite_names() and not Path(name).exists():
        raise ConfigError(f"suite: no such suite or scenario file: {name!r}; {hint(name, suite_names())}")


def open_catalogue(name: str) -> Catalogue:
    """A suite by its name, or that of a scenario file.

    Raises:
        ConfigError: Nothing has this name, or the file's content is wrong.
        FileFormatError: The file is missing, too large or not JSON.
    """
    check_suite(name)
    if name in SUITES:
        suite = SUITES[name]
        roads = range(suite.first_road, suite.first_road + suite.road_count)
        about = f"{len(roads)} held-out roads of {suite.env_id.partition('/')[2]}"
        return Catalogue(name, about, tuple(Entry(road, name, f"road {road}") for road in roads))
    scenarios = load_scenario(name)
    entries = tuple(
        Entry(number, variant.family, parameters_of(variant), variant)
        for number, variant in enumerate(scenarios.variants)
    )
    return Catalogue(scenarios.name, scenarios.description, entries, scenarios)


def parameters_of(variant: Variant) -> str:
    """A situation's parameters in words, with its scenario where that is not its family."""
    values = ", ".join(_worded(name, value) for name, value in variant.values if name != "weather")
    scenario = "" if variant.scenario == variant.family else variant.scenario
    return "  ·  ".join(filter(None, (scenario, values, variant.weather))) or variant.scenario


def details_of(entry: Entry, about: str, result: Result | None) -> list[str]:
    """Lines about an entry, the first its name."""
    lines = [f"{entry.family}  ·  {entry.text}"]
    if result is not None:
        lines.append(f"{'passed' if result.passed else 'failed'}: {result.reason or result.text}")
    variant = entry.variant
    if variant is not None:
        road, ego = variant.road, variant.ego
        facts = [road.scene.replace("_", " "), variant.weather or "clear noon"]
        facts += [f"starts at {3.6 * ego.speed_m_s:.0f} km/h"]
        facts += [f"{variant.car_count} cars around"] if variant.car_count else []
        facts += [f"at most {variant.time_limit_s:.0f} s"] if variant.time_limit_s else []
        lines.append("  ·  ".join(facts))
        users = [f"{user.name.replace('_', ' ')} ({user.kind.replace('_', ' ')})" for user in variant.users]
        if users:
            lines.append("with " + ", ".join(users))
    return [*lines, about] if about else lines


def read_results(file: str | Path) -> dict[str, dict[int, Result]]:
    """Results by suite and by number of the situation or road, from the JSON of `drivesim eval --out`.

    Of several drives of one, the first that failed counts.

    Raises:
        FileFormatError: The file is missing, too large, not JSON, or holds no results of drives.
    """
    path = Path(file)
    path = path / "results.json" if path.is_dir() else path
    try:
        if path.stat().st_size > _RESULTS_MAX:
            raise FileFormatError(f"{path}: larger than {_RESULTS_MAX >> 20} MB")
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileFormatError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: no JSON: {error}") from None
    found: dict[str, dict[int, Result]] = {}
    for suite in values if isinstance(values, list) else [values]:
        if not isinstance(suite, dict) or not isinstance(suite.get("episodes"), list):
            raise FileFormatError(f"{path}: expected suites with 'episodes', as drivesim eval --out writes them")
        of_suite = found.setdefault(str(suite.get("suite", "")), {})
        for episode in suite["episodes"]:
            number, result = _result_of(episode, path)
            if number not in of_suite or of_suite[number].passed:
                of_suite[number] = result
    return found


def _result_of(episode: Any, path: Path) -> tuple[int, Result]:
    try:
        number, passed, end = int(episode["road"]), bool(episode["success"]), str(episode["end_reason"])
        score = episode.get("driving_score")
        reason = str(episode.get("reason") or "")
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise FileFormatError(f"{path}: episodes: expected road, success and end_reason, got {error}") from None
    said = "passed" if passed else end.replace("_", " ")
    if not passed and isinstance(score, int | float):
        said += f"  {score:.0f}"
    return number, Result(passed, said, reason)


def _has(entry: Entry, words: Sequence[str], result: Result | None) -> bool:
    if not words:
        return True
    said = "" if result is None else f"{'passed' if result.passed else 'failed'} {result.text}"
    text = _plain(f"{entry.family} {entry.text} {said}")
    return all(word in text for word in words)


def _plain(text: str) -> str:
    """A text as it is compared: hyphens, underscores and capitals make no difference."""
    return text.lower().replace("_", " ").replace("-", " ")


def _worded(name: str, value: float | str) -> str:
    """A parameter with its unit in words: "speed_kmh", 20 is "speed 20 km/h"."""
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    for ending, unit in _UNITS.items():
        if name.endswith(ending):
            return f"{name.removesuffix(ending).replace('_', ' ')} {shown} {unit}"
    return f"{name.replace('_', ' ')} {shown}"
