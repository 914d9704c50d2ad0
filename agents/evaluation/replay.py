"""Drives kept in files: how each began and every action, from which driving again makes the same to the last bit.

A file is JSON: what is needed to begin (config, map, seed, or the variant of a situation), the actions, what was set on
the way, and a checksum of all road users after every step, which tells a drive that comes out differently. Nothing in a
file is ever run or imported; a map file that it names is read as any other.
"""

import base64
import binascii
import dataclasses
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from agents.files import write_text
from drivesim import __version__
from drivesim.config import (
    SEVERITY_MAX,
    WEATHER_PRESETS,
    EnvConfig,
    MapConfig,
    MapFileConfig,
    env_config_from,
    fault_names,
    from_dict,
    replace,
    to_dict,
)
from drivesim.envs.simulation import Simulation
from drivesim.errors import ConfigError, DrivesimError, FileFormatError, check_choice
from drivesim.extensions import NO_EXTENSIONS, Extensions
from drivesim.maps.sources import source_of
from drivesim.scenarios import ScenarioSet, Variant
from drivesim.scenarios.roads import opendrive_map
from drivesim.state import WorldState

REPLAY_FORMAT = 1
REPLAY_SUFFIX = ".drive.json"
FILE_MAX_BYTES = 32 << 20
STEPS_MAX = 1_000_000
"""A day at 10 Hz."""
CHANGES_MAX = 100_000
BEFORE, AT_START = -2, -1
"""Steps of what held when a drive began, and of what was set when it had."""
ABOUT_MAX = 2000
"""Characters of each text about the drive."""
_KEYS = ("format", "drivesim", "about", "config", "variant", "map_key", "seed", "actions", "by_hand", "checksums",
         "changes")  # fmt: skip
_COLUMNS = ("kind", "x", "y", "yaw", "speed")


class Change(NamedTuple):
    """What a user set between two steps: the weather, or a fault of a sensor."""

    weather: str | None = None
    """Name of a preset; None: that of the config again."""
    sensor: str = ""
    """Whose fault it is; empty where the weather was set."""
    fault: str = ""
    severity: int | None = None
    """1 to 5, 0: not even what its config says; None: as its config says."""

    @property
    def subject(self) -> tuple[str, str]:
        """What it sets: of two changes of one subject the later one holds."""
        return self.sensor, self.fault


class Beginning(NamedTuple):
    """How a drive begins: whoever begins so meets the same."""

    config: EnvConfig
    """With one map alone; that of the situation where there is one."""
    seed: int
    variant: Variant | None = None
    """The situation; None on roads."""

    def made(self) -> tuple[EnvConfig, Extensions]:
        """What a `Simulation` is made of to hold this drive alone."""
        if self.variant is None:
            return self.config, NO_EXTENSIONS
        scenarios = ScenarioSet(self.variant.scenario, (self.variant,))
        return replace(self.config, map=scenarios.roads), Extensions(scenarios=scenarios)

    def reset(self, simulation: Simulation, lap: int = 0) -> None:
        """Begins in a simulation of one world made so; later laps meet other traffic."""
        if self.variant is None:
            simulation.reset(self.seed + lap, maps=[0])
        else:
            simulation.reset(self.seed + lap, variants=[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """A drive that is kept."""

    beginning: Beginning
    actions: np.ndarray
    """Steering and acceleration as they were given to the world, float32 (step, 2)."""
    checksums: np.ndarray
    """Of the road users at the start and after every step, uint32 (step + 1,); see `checksums_of`."""
    by_hand: tuple[tuple[int, int], ...] = ()
    """Steps that a user drove, counted from 1: first and last of each stretch."""
    changes: tuple[tuple[int, Change], ...] = ()
    """What was set, and after which step, or `BEFORE` or `AT_START`."""
    about: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Texts for people: suite, title, agent, end, reason."""
    version: str = __version__
    """Of drivesim, that drove."""

    @property
    def title(self) -> str:
        """What it is called."""
        return " ".join(filter(None, (self.about.get("suite", ""), self.about.get("title", "")))) or "a drive"


def beginning_of(simulation: Simulation, world: int) -> Beginning:
    """How the drive began that a world holds, the first episode of its seed."""
    config, state = simulation.config, simulation.world.state
    seed, scenarios = int(state.worlds.seed[world]), simulation.world.extensions.scenarios
    if scenarios is not None:
        return Beginning(config, seed, scenarios.variants[int(state.conditions.variant[world])])
    if isinstance(config.map, MapConfig):
        number = int(state.worlds.map[world])
        config = replace(config, map=replace(config.map, start=config.map.start + number, count=1))
    return Beginning(config, seed)


def checksums_of(state: WorldState, worlds: Sequence[int] | np.ndarray) -> np.ndarray:
    """CRC-32 of the kinds, poses and speeds of all road users of some worlds, uint32 (world,).

    Slots that hold nobody do not count, so that it does not depend on how many there are.
    """
    actors = state.actors
    sums = np.zeros(len(worlds), np.uint32)
    for row, world in enumerate(worlds):
        there = actors.kind[world] > 0
        total = 0
        for name in _COLUMNS:
            total = zlib.crc32(getattr(actors, name)[world][there].tobytes(), total)
        sums[row] = total
    return sums


class ReplayRecorder:
    """How the drives of a batch began, and every step since.

    Args:
        simulation: Whose first drivers they are; one that has begun.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        worlds = np.arange(simulation.world_count)
        self._first = np.zeros(len(worlds), np.int64)
        """Number of the step with which the drive of each world begins."""
        self._actions: list[np.ndarray] = []
        self._sums = [checksums_of(simulation.world.state, worlds)]

    def begin(self, worlds: np.ndarray) -> None:
        """Begins anew for drives that have begun in some worlds, by index."""
        self._first[worlds] = len(self._actions)
        self._sums[-1][worlds] = checksums_of(self._simulation.world.state, worlds)

    def add(self, action: np.ndarray, running: np.ndarray) -> None:
        """Notes a step of the worlds in a mask, bool (world,), and the action that they took, shape (world, 2)."""
        worlds = np.flatnonzero(running)
        sums = np.zeros(len(running), np.uint32)
        sums[worlds] = checksums_of(self._simulation.world.state, worlds)
        self._actions.append(np.array(action, np.float32))
        self._sums.append(sums)

    def replay(self, world: int, about: Mapping[str, str]) -> Replay:
        """The drive that a world holds, from its beginning until now."""
        first = self._first[world]
        return Replay(
            beginning=beginning_of(self._simulation, world),
            actions=np.array([action[world] for action in self._actions[first:]], np.float32).reshape(-1, 2),
            checksums=np.array([sums[world] for sums in self._sums[first:]], np.uint32),
            about=about,
        )


def write_replay(replay: Replay, file: str | os.PathLike[str]) -> Path:
    """Writes a drive under its final name only once it is complete; makes the folder."""
    config, seed, variant = replay.beginning
    values = {
        "format": REPLAY_FORMAT,
        "drivesim": replay.version,
        "about": dict(replay.about),
        "config": {**to_dict(config), "map": None if variant is not None else _map_values(config)},
        "variant": None if variant is None else _variant_values(variant),
        "map_key": map_key(replay.beginning),
        "seed": seed,
        "actions": _coded(replay.actions.astype("<f4")),
        "by_hand": [list(pair) for pair in replay.by_hand],
        "checksums": _coded(replay.checksums.astype("<u4")),
        "changes": [[step, change._asdict()] for step, change in replay.changes],
    }
    return write_text(file, json.dumps(values, allow_nan=False) + "\n")


def read_replay(file: str | os.PathLike[str]) -> Replay:
    """A drive that was kept. A map file that is not where it was is looked for beside the drive's own.

    Raises:
        FileFormatError: The file is missing, cut off, too large, foreign, of another format, or names a map file that
            is missing or has changed; the message names the file.
    """
    path = Path(file)
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise FileFormatError(f"{path}: larger than {FILE_MAX_BYTES >> 20} MB")
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise FileFormatError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{path}: no kept drive, or cut off: {error}") from None
    if not isinstance(values, dict) or "format" not in values or "actions" not in values:
        raise FileFormatError(f"{path}: no kept drive: expected what drivesim eval --out or F5 in a window writes")
    if values["format"] != REPLAY_FORMAT:
        raise FileFormatError(f"{path}: format {values['format']!r}, expected {REPLAY_FORMAT}")
    try:
        return _replay(values, path.parent)
    except (DrivesimError, OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        said = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise FileFormatError(f"{path}: {said}") from None


def map_key(beginning: Beginning) -> str:
    """What tells the content of the map file that is driven on from others; empty where there is none."""
    if beginning.variant is not None:
        road = beginning.variant.road
        return opendrive_map(road.file, road.length_m).key if road.file else ""
    return source_of(beginning.config.map).key if isinstance(beginning.config.map, MapFileConfig) else ""


def _replay(values: dict[str, Any], folder: Path) -> Replay:
    unknown = sorted(values.keys() ^ set(_KEYS))
    if unknown:
        raise ConfigError(f"keys {unknown} are missing or unknown")
    given = dict(_kind("config", values["config"], dict))
    variant = None if values["variant"] is None else _variant(_kind("variant", values["variant"], dict), folder)
    map_values = given.pop("map", None)
    if (map_values is None) != (variant is not None):
        raise ConfigError("config.map: expected one where there is no situation, and none beside one")
    if variant is None:
        given["map"] = _kind("config.map", map_values, dict)
        if "path" in given["map"]:
            given["map"] = {**given["map"], "path": _found(given["map"]["path"], folder)}
    config = env_config_from(given, base=EnvConfig())
    if variant is None and isinstance(config.map, MapConfig) and config.map.count != 1:
        raise ConfigError(f"config.map.count: expected 1, got {config.map.count}")
    if config.action_type != "continuous":
        raise ConfigError(f"config.action_type: expected 'continuous', got {config.action_type!r}")
    beginning = Beginning(config, _whole("seed", values["seed"], 2**64), variant)
    if map_key(beginning) != values["map_key"]:
        raise ConfigError("the map file that was driven on has changed since")
    actions = _decoded("actions", values["actions"], "<f4").reshape(-1, 2)
    checksums = _decoded("checksums", values["checksums"], "<u4")
    steps = len(actions)
    if steps > STEPS_MAX or len(checksums) != steps + 1:
        raise ConfigError(f"checksums: expected {steps + 1}, got {len(checksums)}")
    if not np.isfinite(actions).all():
        raise ConfigError("actions: expected finite numbers")
    changes = _kind("changes", values["changes"], list)
    if len(changes) > CHANGES_MAX:
        raise ConfigError(f"changes: expected at most {CHANGES_MAX}, got {len(changes)}")
    return Replay(
        beginning=beginning,
        actions=actions,
        checksums=checksums,
        by_hand=tuple(_stretch(pair, steps) for pair in _kind("by_hand", values["by_hand"], list)),
        changes=tuple(_change(pair, steps, config) for pair in changes),
        about={
            str(key)[:ABOUT_MAX]: str(text)[:ABOUT_MAX] for key, text in _kind("about", values["about"], dict).items()
        },
        version=str(values["drivesim"])[:ABOUT_MAX],
    )


def _map_values(config: EnvConfig) -> dict[str, Any]:
    values = to_dict(config.map)
    if isinstance(config.map, MapFileConfig):
        values["path"] = str(Path(config.map.path).resolve())
    elif not isinstance(config.map, MapConfig):
        raise ConfigError(f"map: a drive on {config.map!r} cannot be kept: no file can say what the map is")
    return values


def _variant_values(variant: Variant) -> dict[str, Any]:
    values = to_dict(variant)
    if variant.road.file:
        values["road"]["file"] = str(Path(variant.road.file).resolve())
    return values


def _variant(values: dict[str, Any], folder: Path) -> Variant:
    values = dict(values)
    pairs = _kind("variant.values", values.pop("values", []), list)
    road = _kind("variant.road", values.get("road", {}), dict)
    if road.get("file"):
        values["road"] = {**road, "file": _found(road["file"], folder)}
    named = tuple((str(name), value if isinstance(value, int | float) else str(value)) for name, value in pairs)
    return dataclasses.replace(from_dict(Variant, values, path="variant"), values=named)


def _found(file: Any, folder: Path) -> str:
    """A map file where it was, or beside the drive."""
    path = Path(_kind("map file", file, str))
    found = next((each for each in (path, folder / path.name) if each.is_file()), None)
    if found is None:
        raise ConfigError(f"the map file {path} is neither there nor beside this file")
    return str(found)


def _coded(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _decoded(name: str, text: Any, dtype: str) -> np.ndarray:
    try:
        return np.frombuffer(base64.b64decode(_kind(name, text, str), validate=True), dtype).astype(dtype[1:])
    except (binascii.Error, ValueError) as error:
        raise ConfigError(f"{name}: no array in base64: {error}") from None


def _kind(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ConfigError(f"{name}: expected {kind.__name__}, got {type(value).__name__}")
    return value


def _whole(name: str, value: Any, end: int) -> int:
    if type(value) is not int or not 0 <= value < end:
        raise ConfigError(f"{name}: expected an integer from 0 to {end - 1}, got {value!r}")
    return value


def _stretch(pair: Any, steps: int) -> tuple[int, int]:
    first, last = (_whole("by_hand", number, steps + 1) for number in _kind("by_hand", pair, list))
    if not 1 <= first <= last:
        raise ConfigError(f"by_hand: expected first and last of a stretch of steps, got {pair}")
    return first, last


def _change(pair: Any, steps: int, config: EnvConfig) -> tuple[int, Change]:
    step, values = _kind("changes", pair, list)
    change = Change(**_kind("changes", values, dict))
    if change.weather is not None:
        check_choice("changes.weather", change.weather, WEATHER_PRESETS)
    if change.sensor:
        types = {sensor.name: sensor.type for sensor in config.sensors}
        check_choice("changes.sensor", change.sensor, types)
        check_choice("changes.fault", change.fault, fault_names(types[change.sensor]))
    if change.severity is not None:
        _whole("changes.severity", change.severity, SEVERITY_MAX + 1)
    return step if step in (BEFORE, AT_START) else _whole("changes", step, steps + 1), change
