"""Scenario files and suites: reading, checking, expanding their grids.

A file is JSON: one scenario, or a suite `{"name", "description", "scenarios": [...]}`. A scenario has a `name`, its
`parameters` (lists by name, of which the cross product is driven) or `rows` (explicit ones), `let` (numbers computed
from them, in order), and the parts of a `Variant`.
"""

import dataclasses
import fnmatch
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from drivesim.config.base import from_dict, load_values
from drivesim.errors import ConfigError, FileFormatError, check_choice, hint
from drivesim.scenarios.parameters import grid_of, substitute
from drivesim.scenarios.roads import ScenarioRoads
from drivesim.scenarios.schema import SCENARIO_KEYS, Variant

SUITES_FOLDER = Path(__file__).with_name("suites")
FILE_SUFFIX = ".json"
_SUITE_KEYS = ("name", "description", "scenarios")
_OWN = ("scenario", "values")
"""Fields of a `Variant` that a file does not set."""


@dataclass(frozen=True, eq=False)
class ScenarioSet:
    """Variants that one batch of worlds can hold, in a fixed order. Compared by identity."""

    name: str
    variants: tuple[Variant, ...]
    description: str = ""

    def __post_init__(self) -> None:
        """Checks that there is a variant."""
        if not self.variants:
            raise ConfigError(f"{self.name}: expected at least one variant")

    @cached_property
    def roads(self) -> ScenarioRoads:
        """Their maps."""
        return ScenarioRoads([variant.road for variant in self.variants])

    @property
    def families(self) -> tuple[str, ...]:
        """Families in the order in which they come."""
        return tuple(dict.fromkeys(variant.family for variant in self.variants))

    @cached_property
    def event_weathers(self) -> tuple[str, ...]:
        """Names of the weathers that events bring, each once."""
        actions = [event.action for variant in self.variants for event in variant.all_events]
        return tuple(dict.fromkeys(action.weather for action in actions if action.weather))

    def only(self, *families: str) -> "ScenarioSet":
        """The variants of some families.

        Raises:
            ConfigError: One is unknown; the nearest name is given.
        """
        for family in families:
            check_choice("families", family, self.families)
        chosen = tuple(variant for variant in self.variants if variant.family in families)
        return ScenarioSet(self.name, chosen, self.description)

    def matching(self, *patterns: str) -> "ScenarioSet":
        """The variants whose family, scenario or title is one of some names or matches one of them as a pattern.

        Raises:
            ConfigError: One matches nothing; the nearest name is given.
        """
        chosen: set[int] = set()
        for pattern in patterns:
            found = {
                number
                for number, variant in enumerate(self.variants)
                for name in (variant.family, variant.scenario, variant.title)
                if name == pattern or fnmatch.fnmatchcase(name, pattern)
            }
            if not found:
                names = dict.fromkeys((*self.families, *(variant.scenario for variant in self.variants)))
                raise ConfigError(f"situations: nothing in {self.name} matches {pattern!r}; {hint(pattern, names)}")
            chosen |= found
        return dataclasses.replace(self, variants=tuple(self.variants[number] for number in sorted(chosen)))


def list_suites() -> tuple[str, ...]:
    """Names of the suites that ship."""
    return tuple(sorted(path.stem for path in SUITES_FOLDER.glob("*.json")))


def load_suite(name: str) -> ScenarioSet:
    """A suite that ships, by its name.

    Raises:
        ConfigError: There is none of that name; the nearest one is given.
    """
    return load_scenario(SUITES_FOLDER / f"{check_choice('suite', name, list_suites())}.json")


def looks_like_file(name: str) -> bool:
    """Whether a name means a scenario file or a folder of them rather than a suite that ships."""
    return Path(name).exists() or name.endswith(FILE_SUFFIX) or os.sep in name


def load_scenario(file: str | os.PathLike[str]) -> ScenarioSet:
    """All variants of a scenario file or a suite's, of a folder of such files, or of a suite that ships by its name.

    Raises:
        FileFormatError: The file is missing, too large or not JSON; the message names the line.
        ConfigError: Its content is wrong; the message names the file and the key.
    """
    if isinstance(file, str) and file in list_suites():
        return load_suite(file)
    path = Path(file)
    if path.is_dir():
        files = sorted(path.glob(f"*{FILE_SUFFIX}"))
        if not files:
            raise FileFormatError(f"{path}: expected scenario files (*{FILE_SUFFIX}) in the folder, found none")
        sets = [load_scenario(each) for each in files]
        return ScenarioSet(path.resolve().name, tuple(variant for each in sets for variant in each.variants))
    if not path.is_file() and path.parent == Path():
        raise FileFormatError(f"{path}: no such scenario file or suite; {hint(str(path), list_suites())}")
    return scenario_from(load_values(path), where=str(path), name=path.stem, folder=path.parent)


def scenario_from(
    values: Mapping[str, Any], *, where: str = "scenario", name: str = "scenario", folder: Path = Path()
) -> ScenarioSet:
    """All variants of the plain values of a scenario or a suite; see `load_scenario`.

    Args:
        values: As they stand in a file.
        where: Stands in front of every error.
        name: Name of what has none.
        folder: Where map files are that a road names.
    """
    if "scenarios" not in values:
        variants = tuple(variants_of(values, where, folder))
        return ScenarioSet(str(values.get("name", name)), variants, str(values.get("description", "")))
    for key in values:
        if key not in _SUITE_KEYS:
            raise ConfigError(f"{where}: unknown key {key!r}; {hint(str(key), _SUITE_KEYS)}")
    scenarios = values["scenarios"]
    if not isinstance(scenarios, list) or not scenarios:
        raise ConfigError(f"{where}: scenarios: expected a list of scenarios, got {type(scenarios).__name__}")
    variants = [
        variant
        for index, scenario in enumerate(scenarios)
        for variant in variants_of(scenario, f"{where}: scenarios[{index}]", folder)
    ]
    return ScenarioSet(str(values.get("name", name)), tuple(variants), str(values.get("description", "")))


def variants_of(values: Any, where: str, folder: Path) -> list[Variant]:
    """The variants of one scenario's plain values; map files are sought from a folder."""
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: expected an object, got {type(values).__name__}")
    for key, kind in SCENARIO_KEYS.items():
        if key in values and not isinstance(values[key], kind):
            raise ConfigError(f"{where}.{key}: expected {kind.__name__}, got {type(values[key]).__name__}")
    if not values.get("name"):
        raise ConfigError(f"{where}: expected a name")
    for key in _OWN:
        if key in values:
            raise ConfigError(f"{where}: unknown key {key!r}; {hint(key, SCENARIO_KEYS)}")
    parts = {key: value for key, value in values.items() if key not in SCENARIO_KEYS}
    variants = []
    for row in grid_of(values, where):
        known = dict(row)
        for name, text in values.get("let", {}).items():
            known[name] = substitute(text, known, f"{where}.let.{name}")
        try:
            variants.append(_variant(values["name"], row, substitute(parts, known, where), where, folder))
        except ConfigError as error:
            shown = str(error)
            raise ConfigError(shown if shown.startswith(where) else f"{where}: {shown}") from None
    return variants


def _variant(name: str, row: dict[str, Any], parts: dict[str, Any], where: str, folder: Path) -> Variant:
    family, road = str(parts.pop("family", name)), parts.get("road")
    if isinstance(road, dict) and isinstance(road.get("file"), str) and road["file"]:
        parts["road"] = {**road, "file": str(folder / road["file"])}
    variant = from_dict(Variant, {**parts, "scenario": str(name), "family": family}, path=where)
    return dataclasses.replace(variant, values=tuple(row.items()))
