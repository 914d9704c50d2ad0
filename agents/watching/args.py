"""What the commands take; the docstring below each field is its help text."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.watching.catalogue import check_suite
from drivesim.config import ENV_PRESETS, SensorConfig, sensors_from, weather_from
from drivesim.errors import ConfigError, check_choice, check_integer, check_range
from drivesim.tasks.suites import HELD_OUT_START

FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Simulated over real time, from slowest to fastest."""
ID_PREFIX, ID_SUFFIX = "drivesim/", "-v0"


@dataclass(frozen=True, kw_only=True)
class DriveArgs:
    """Drive yourself."""

    env: str = "lane"
    """What to drive: lane, highway or town, or an environment's id."""
    agent: str = "expert"
    """Who has the wheel when you give it back: expert, classical, a checkpoint or module:Class."""
    heads: tuple[str, ...] = ()
    """Heads that a checkpoint has beside those that ship, each as module:NAME."""
    weather: tuple[str, ...] = ()
    """Weathers by name, such as HardRainNight or FogNoon; of several each drive draws one. None: a clear noon."""
    sensors: str | None = None
    """Sensors to show beside those that the driver looks through: nuscenes, all, kitti, or JSON. None: no others."""
    seed: int = 0
    """Seed of traffic and start."""
    road: int | None = None
    """Generator seed of the first road; by default the first held-out one."""
    map: str | None = None
    """An OpenDRIVE file (.xodr, .xodr.gz) to drive on among a town's traffic, instead of `env`'s roads."""
    suite: str | None = None
    """A suite of situations or roads (ncap_aeb_2023, town_situations, routes_200_v2, lane, ...) or a scenario file,
    shown in a browser to choose from. O opens the browser at any time."""
    situation: str = ""
    """Words that the situations of `suite` must have in their family, parameters or result."""
    results: str | None = None
    """JSON file, or folder, that `drivesim eval --out` wrote: the browser shows what passed and what failed."""
    roads: int = 6
    """How many roads to build."""
    held_out: bool = True
    """Drive roads that training never uses."""
    record: str | None = None
    """Write a video (.mp4) instead of opening a window."""
    duration_s: float = 30.0
    """Length of that video [s]."""
    size: tuple[int, int] = (1280, 720)
    """Width and height of the window or video [px]."""
    speed: float = 1.0
    """Simulated over real time, 0.25 to 8."""
    fullscreen: bool = False
    """Fill the screen."""
    pictures: str = "runs/pictures"
    """Folder for screenshots and recordings."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_common(self.env, self.seed, self.road, self.size)
        _check_suite(self.suite, self.situation, self.map)
        weather_from(self.weather)
        if self.sensors is not None:
            rig_from(self.sensors)
        check_range("roads", self.roads, 1, 1000)
        check_range("duration_s", self.duration_s, 0.1, 36_000.0)
        check_range("speed", self.speed, FACTORS[0], FACTORS[-1])


@dataclass(frozen=True, kw_only=True)
class WatchArgs(DriveArgs):
    """Watch a driver drive."""

    agent: str = "expert"
    """Who drives: expert, classical, a checkpoint or module:Class."""
    follow: str | None = None
    """Folder of a training, also one that is about to begin: show its driver while it learns, instead of `agent`."""
    replay: str | None = None
    """A drive (.drive.json) that drivesim eval --out kept, or F5 in a window: look at it again, take the wheel at any
    moment. `agent` says what it sees, and goes on from there."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        given = [name for name in ("suite", "map", "results", "follow", "road", "record") if getattr(self, name)]
        if self.replay is not None and (given or self.weather):
            raise ConfigError(f"replay: a kept drive says what is driven; leave out --{(given or ['weather'])[0]}")


@dataclass(frozen=True, kw_only=True)
class RecordArgs:
    """Write a video of a driver."""

    video: str = "runs/drive.mp4"
    """The video (.mp4 or .avi)."""
    sheet: str | None = None
    """Instead of a video, a picture (.png) of every sensor in every weather and with every fault."""
    env: str = "lane"
    """What to drive: lane, highway or town, or an environment's id."""
    agent: str = "expert"
    """Who drives: expert, classical, a checkpoint or module:Class."""
    heads: tuple[str, ...] = ()
    """Heads that a checkpoint has beside those that ship, each as module:NAME."""
    weather: tuple[str, ...] = ()
    """Weathers by name, such as HardRainNight or FogNoon; of several each drive draws one. None: a clear noon."""
    sensors: str | None = None
    """Sensors to show beside those that the driver looks through: nuscenes, all, kitti, or JSON. None: no others."""
    seed: int = 0
    """Seed of traffic and start."""
    road: int | None = None
    """Generator seed of the first road; by default the first held-out one."""
    map: str | None = None
    """An OpenDRIVE file (.xodr, .xodr.gz) to drive on among a town's traffic, instead of `env`'s roads."""
    suite: str | None = None
    """A suite of situations or roads, or a scenario file: the first that matches `situation` is driven."""
    situation: str = ""
    """Words that it must have in its family or parameters."""
    held_out: bool = True
    """Drive roads that training never uses."""
    duration_s: float | None = None
    """Length of the video [s]; by default until the drive ends, at most two minutes."""
    size: tuple[int, int] = (1280, 720)
    """Width and height [px]."""
    fps: int = 30
    """Frames per second."""
    speed: float = 1.0
    """Simulated over shown time, 0.25 to 8."""
    frames: str | None = None
    """Folder for every frame as a PNG picture too."""
    panes: bool = True
    """Show the camera panes."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_common(self.env, self.seed, self.road, self.size)
        _check_suite(self.suite, self.situation, self.map)
        weather_from(self.weather)
        if self.sensors is not None:
            rig_from(self.sensors)
        if self.duration_s is not None:
            check_range("duration_s", self.duration_s, 0.1, 36_000.0)
        check_range("fps", self.fps, 1, 240)
        check_range("speed", self.speed, FACTORS[0], FACTORS[-1])


def _check_suite(suite: str | None, situation: str, map_file: str | None) -> None:
    if suite is not None:
        check_suite(suite)
        if map_file is not None:
            raise ConfigError("map, suite: situations bring their maps; leave out one of both")
    elif situation:
        raise ConfigError("situation: chooses among those of a suite; add --suite")


def check_common(env: str, seed: int, road: int | None, size: tuple[int, int]) -> None:
    """Checks what all three commands take."""
    preset_of(env)
    check_integer("seed", seed, 0, 2**62)
    if road is not None:
        check_integer("road", road, 0, 2**31 - 1)
    for side, value in zip(("width", "height"), size, strict=True):
        check_range(f"size ({side})", value, 160, 8192)


def rig_from(text: str) -> tuple[SensorConfig, ...]:
    """Sensors from a rig's name or from JSON as `gymnasium.make` takes it.

    Raises:
        ConfigError: It is neither, or an unknown name; the nearest one is given.
    """
    try:
        named: Any = json.loads(text) if text.lstrip()[:1] in ("[", "{") else text
    except ValueError as error:
        raise ConfigError(f"sensors: neither a rig's name nor JSON: {error}") from error
    return sensors_from(named)


def preset_of(env: str) -> str:
    """Preset behind "lane", "Lane-v0" or "drivesim/Lane-v0".

    Raises:
        ConfigError: The name is unknown; the nearest one is given.
    """
    name = env.removeprefix(ID_PREFIX).removesuffix(ID_SUFFIX).lower()
    return check_choice("env", name, ENV_PRESETS)


def first_road(road: int | None, held_out: bool) -> int:
    """Generator seed of the first road."""
    return road if road is not None else HELD_OUT_START if held_out else 0


def short_name(agent: str) -> str:
    """A name that fits on a panel: a file's stem with its folder, a class without its module."""
    if ":" in agent and not Path(agent).exists():
        return agent.rpartition(":")[2]
    path = Path(agent)
    if path.suffix and path.parent.name:
        return f"{path.parent.name}/{path.stem}"
    return path.stem if path.suffix else path.name
