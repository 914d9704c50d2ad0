"""The command `drivesim bench`: measures, prints tables, writes JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from agents import machine
from agents.files import write_text
from drivesim.errors import check_integer, check_range

RESULT_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class BenchArgs:
    """Measures the simulator: medians of windows that take turns, after a warm-up; compiling is told apart."""

    peers: bool = False
    """Measure EnvPool, Gymnasium, highway-env and MetaDrive too, in virtual environments of their own; with `traffic`
    SUMO instead."""
    train: bool = False
    """Measure training alone: one process, all cores, and all cores while another program keeps one busy."""
    sensors: bool = False
    """Measure full steps with each kind of sensor and whole rigs, one thread."""
    starts: bool = False
    """Measure how long starting takes and what roads cost, instead of rates."""
    cold: bool = False
    """With `starts`: also the first start on a machine, which compiles everything."""
    roads: int = 1000
    """With `starts`: Highway roads in memory at once, to compare with 64; 0 leaves that out. They take a while."""
    traffic: bool = False
    """Drive towns without a driver of ours and count collisions, red lights run, standing; one lane against IDM."""
    towns: int = 8
    """With `traffic`: towns."""
    hours: float = 0.1
    """With `traffic`: hours simulated in each."""
    quick: bool = False
    """Few worlds, few roads: shows that everything runs; its figures mean nothing."""
    windows: int = 5
    """Windows per figure."""
    window_s: float = 0.5
    """Length of a window [s]."""
    threads: int = 2
    """Threads to compare with one."""
    out: str = "runs/bench.json"
    """File for the figures with commit, hardware and versions; empty: none is written."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_integer("BenchArgs.windows", self.windows, 1, 1000)
        check_range("BenchArgs.window_s", self.window_s, 0.01, 600.0)
        check_integer("BenchArgs.threads", self.threads, 2, 1024)
        check_integer("BenchArgs.towns", self.towns, 1, 10_000)
        check_range("BenchArgs.hours", self.hours, 0.001, 1000.0)
        check_integer("BenchArgs.roads", self.roads, 0, 100_000)


def run(args: BenchArgs) -> None:
    """Runs the benchmark, prints its tables and writes its figures."""
    # Importing these loads the compiler; `drivesim bench --help` must not wait for it.
    from agents.bench import figures, senses, starts, tables, traffic, training
    from agents.bench.comparison import compare

    if args.out:
        Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    console = Console()
    facts = machine.describe()
    console.print(f"{facts['cpu']}, {facts['cores']} cores, commit {facts['commit'] or 'unknown'}")
    result: dict[str, Any] = {"format": RESULT_FORMAT, "machine": facts, "arguments": asdict(args)}
    if args.train:
        trained = training.measure_training(args, console.status)
        console.print(tables.training_table(trained))
        result["training"] = trained.to_json()
    elif args.sensors:
        sensed = senses.measure_sensors(args, console.status)
        console.print(tables.sensor_table(sensed))
        result["sensors"] = sensed.to_json()
    elif args.starts:
        started = starts.measure_starts(args, console.status)
        console.print(tables.start_table(started))
        console.print(tables.road_table(started))
        result["starts"] = starts.to_json(started)
    elif args.traffic:
        driven = traffic.measure_traffic(args, console.status)
        console.print(tables.town_table(driven))
        console.print(tables.ring_table(driven))
        if driven.sumo is not None:
            console.print(tables.sumo_table(driven.sumo))
        result["traffic"] = driven.to_json()
    else:
        measured = figures.measure_all(args, console.status)
        console.print(tables.figure_table(measured, threads=args.threads))
        console.print(tables.legend(measured, threads=args.threads), highlight=False)
        console.print(tables.stage_table(measured.stage_us))
        result |= measured.to_json()
    if args.peers and not args.traffic:
        compared = compare(args, console.status)
        console.print(tables.peer_table(compared))
        result["peers"] = [one.to_json() for one in compared]
    if args.out:
        file = write_text(args.out, json.dumps(result, indent=1) + "\n")
        console.print(f"figures written to {file}")
