"""The speed of training: one process, one per core, and the same while another program keeps a core busy."""

import subprocess
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from agents.bench.figures import Status
from agents.bench.timing import Rate, Window, measure
from agents.distributed import process_count, together
from agents.imitation import Session
from agents.machine import core_count
from agents.recipe import TrainArgs
from agents.shard import compile_kernels

if TYPE_CHECKING:
    from agents.bench.command import BenchArgs

ROADS = 8
WINDOW_S = 4.0
"""Shorter windows would measure how the scheduler settles rather than where it settles."""
WARM_UP_S = 2.0
BUSY = ("sh", "-c", "while :; do :; done")


@dataclass(frozen=True, kw_only=True)
class TrainingRates:
    """Frames driven and learnt from per second."""

    one: Rate
    """One process carries all shards."""
    all: Rate
    """As many processes as there are cores for."""
    beside: Rate
    """The same beside a program that never sleeps."""
    processes: int
    """Processes of `all` and `beside`."""
    shards: int

    @property
    def gain(self) -> float:
        """`all` over `one`."""
        return self.all.median / self.one.median

    @property
    def gain_beside(self) -> float:
        """`beside` over `one`, which had the machine to itself."""
        return self.beside.median / self.one.median

    def to_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        return {
            "one": self.one.to_json(),
            "all": self.all.to_json(),
            "beside": self.beside.to_json(),
            "processes": self.processes,
            "shards": self.shards,
            "gain": self.gain,
            "gain_beside": self.gain_beside,
        }


class _Training:
    """A training that stands still between its windows; processes of its group wait for its next tick."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def window(self, seconds: float) -> Window:
        """Trains for at least `seconds`."""
        ticks, wall, cpu = 0, time.perf_counter(), time.process_time()
        while (elapsed := time.perf_counter() - wall) < seconds or not ticks:
            self.session.tick()
            ticks += 1
        return Window(events=ticks * self.session.args.worlds, wall_s=elapsed, cpu_s=time.process_time() - cpu)


class _Beside:
    """A training while another program, in a session of its own, keeps one core busy."""

    def __init__(self, training: _Training) -> None:
        self.training = training

    def window(self, seconds: float) -> Window:
        """Trains for at least `seconds` beside the program."""
        busy = subprocess.Popen(BUSY, start_new_session=True)
        try:
            return self.training.window(seconds)
        finally:
            busy.kill()
            busy.wait()


def measure_training(args: "BenchArgs", status: Status) -> TrainingRates:
    """The three rates, their windows taking turns."""
    small: dict[str, Any] = {"worlds": 4, "batch": 4, "dense_batch": 2, "replay_ticks": 20} if args.quick else {}
    training = TrainArgs(map_count=2 if args.quick else ROADS, updates=10**9, device="cpu", **small)
    processes = process_count(0, training.shards, core_count())
    prepare = partial(compile_kernels, training)
    with together("agents.bench.training:carry", training, processes, prepare) as group:
        with status("training: building roads"):
            one, all_cores = _Training(Session(training)), _Training(Session(training, group=group))
        with status("training: in turns"):
            rates = measure(
                {"one": one, "all": all_cores, "beside": _Beside(all_cores)},
                unit="frames",
                windows=args.windows,
                window_s=args.window_s if args.quick else max(args.window_s, WINDOW_S),
                warm_up_s=args.window_s if args.quick else WARM_UP_S,
            )
        all_cores.session.tick(stop=True)
    return TrainingRates(processes=processes, shards=training.shards, **rates)


def carry(args: TrainArgs) -> None:
    """What the other processes do: train as long as the leader does."""
    with together("agents.bench.training:carry", args, args.shards) as group:
        session = Session(args, group=group)
        while not session.stopped:
            session.tick()
