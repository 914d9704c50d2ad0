"""How long it takes to start, and what a road costs: every start in a process of its own, as a user would make it."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.bench.timing import Loop, measure
from drivesim import assets
from drivesim.config import ENV_PRESETS
from drivesim.envs import DriveVectorEnv
from drivesim.maps.arena import bytes_of
from drivesim.maps.bank import drawn
from drivesim.maps.sources import source_of

if TYPE_CHECKING:
    from agents.bench.command import BenchArgs
    from agents.bench.figures import Status

FEW_ROADS = 64
WORLDS = 64
ROADS_TIMED = 8
"""Roads built to know what one costs."""
MEMORY_MB = 2**31
"""More than any number of roads takes."""
_READY = "ready"

_MAKE = """
import gymnasium, drivesim
env = gymnasium.make({env!r}, map_count={roads})
env.reset(seed=0)
env.step(env.unwrapped.expert_action())
"""
_WATCH = """
import numpy
from agents.watching.args import WatchArgs
from agents.watching.commands import prepare
screen = prepare(WatchArgs(env={env!r}, agent={agent!r}), False, lambda text, share=None: None)
screen.player.advance(0.1)
screen.draw(numpy.zeros((720, 1280, 4), numpy.uint8), 0.1)
"""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A way to start the simulator."""

    name: str
    program: str
    aim_s: float
    """What the median should not exceed [s]."""


@dataclass(frozen=True, kw_only=True)
class StartFigures:
    """What was measured."""

    starts_s: dict[str, tuple[float, ...]]
    """From the start of the process until its first step or frame is done, by `Start.name` [s]."""
    aims_s: dict[str, float]
    road_s: dict[str, float]
    """Processor time to make a road, median, by preset [s]."""
    road_mb: dict[str, float]
    """Memory of a road, mean, by preset [MB]."""
    roads: int
    many_over_few: float
    """Rate of 64 worlds on that many Highway roads over that on 64 roads, all in memory; 0 where not measured."""


def starts() -> list[Start]:
    """What is started: warm, if it has been before."""
    make = "make + reset + step, {}"
    network = str(assets.path("models/highway.safetensors"))
    return [
        Start(name="import drivesim", program="import drivesim", aim_s=0.3),
        Start(name=make.format("Lane"), program=_MAKE.format(env="drivesim/Lane-v0", roads=64), aim_s=1.0),
        Start(name=make.format("Highway"), program=_MAKE.format(env="drivesim/Highway-v0", roads=64), aim_s=1.5),
        Start(
            name=make.format("Highway, 1,000 roads"),
            program=_MAKE.format(env="drivesim/Highway-v0", roads=1000),
            aim_s=1.5,
        ),
        Start(name="watch, expert", program=_WATCH.format(env="highway", agent="expert"), aim_s=3.0),
        Start(name="watch, network", program=_WATCH.format(env="highway", agent=network), aim_s=6.0),
    ]


def cold_start() -> Start:
    """The first start on a machine."""
    return Start(
        name="make + reset + step, Lane, cold", program=_MAKE.format(env="drivesim/Lane-v0", roads=64), aim_s=40.0
    )


def seconds_of(program: str, **environment: str) -> float:
    """Time until a program of its own process is through [s]; its end, which nobody waits for, is left out.

    Raises:
        RuntimeError: The program has failed.
    """
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", f"{program}\nprint({_READY!r}, flush=True)"],
        env={**os.environ, "PYTHONPATH": path, "SDL_VIDEODRIVER": "dummy", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    is_ready = any(line.strip() == _READY for line in iter(process.stdout.readline, ""))
    seconds = time.perf_counter() - started
    _, errors = process.communicate()
    if not is_ready:
        raise RuntimeError(f"a start failed:\n{errors}")
    return seconds


def measure_starts(args: "BenchArgs", status: "Status") -> StartFigures:
    """Takes all figures; starts take turns, after one round that nobody counts."""
    rounds = 1 if args.quick else args.windows
    chosen = starts()
    taken: dict[str, list[float]] = {start.name: [] for start in chosen}
    for turn in range(rounds + 1):
        for start in chosen:
            with status(f"{start.name}, {turn} of {rounds}"):
                seconds = seconds_of(start.program)
            if turn > 0:
                taken[start.name].append(seconds)
    if args.cold:
        chosen.append(cold_start())
        with status(chosen[-1].name), tempfile.TemporaryDirectory() as empty:
            taken[chosen[-1].name] = [seconds_of(chosen[-1].program, NUMBA_CACHE_DIR=empty)]
    with status("roads"):
        costs = {preset: road_cost(preset, 2 if args.quick else ROADS_TIMED) for preset in ENV_PRESETS}
    ratio = 0.0
    if args.roads > 0:
        with status(f"{args.roads} roads"):
            ratio = many_over_few(args)
    return StartFigures(
        starts_s={name: tuple(values) for name, values in taken.items()},
        aims_s={start.name: start.aim_s for start in chosen},
        road_s={preset: cost[0] for preset, cost in costs.items()},
        road_mb={preset: cost[1] for preset, cost in costs.items()},
        roads=args.roads,
        many_over_few=ratio,
    )


def road_cost(preset: str, count: int) -> tuple[float, float]:
    """Processor time [s], median, and memory [MB], mean, of a preset's roads."""
    source = source_of(ENV_PRESETS[preset].map)
    drawn(source.build(0))
    seconds, size = [], []
    for number in range(1, count + 1):
        began = time.process_time()
        packed = drawn(source.build(number))
        seconds.append(time.process_time() - began)
        size.append(bytes_of(packed) / 1e6)
    return float(np.median(seconds)), float(np.mean(size))


def many_over_few(args: "BenchArgs") -> float:
    """How fast Highway worlds step on `args.roads` roads, over the rate on 64; all roads are in memory."""
    subjects: dict[str, Any] = {}
    leases = []
    for name, roads in (("few", min(FEW_ROADS, args.roads)), ("many", args.roads)):
        env = DriveVectorEnv(WORLDS, base_config="highway", map_count=roads, map_memory_mb=MEMORY_MB)
        leases.append(env.simulation.bank.lease(roads))
        leases[-1].take(np.arange(roads), np.arange(roads))
        env.reset(seed=0)
        subjects[name] = Loop(lambda env=env: env.advance(env.expert_action()), WORLDS)
    rates = measure(subjects, unit="frames", windows=args.windows, window_s=args.window_s)
    return rates["many"].median / rates["few"].median


def to_json(figures: StartFigures) -> dict[str, Any]:
    """The figures as plain values."""
    return json.loads(json.dumps(asdict(figures)))
