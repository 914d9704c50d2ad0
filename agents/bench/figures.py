"""The figures of the simulator alone."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.bench import scenes
from agents.bench.floor import Floor
from agents.bench.stages import Breakdown
from agents.bench.timing import Loop, Rate, measure

if TYPE_CHECKING:
    from agents.bench.command import BenchArgs

Status = Callable[[str], AbstractContextManager[Any]]
VECTOR_WORLDS = 256
VECTOR_MAPS = 16
SINGLE_MAPS = 16
STAGE_STEPS = 40


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured."""

    full: Rate
    """Step with 64x64 colour, depth and semantics, through the zero-copy view [frames/s]."""
    full_copied: Rate
    """The same through Gymnasium's `step`, which copies [frames/s]."""
    full_threads: Rate
    """As `full`, on more threads [frames/s]."""
    town: Rate
    """As `full`, in as many worlds on as many towns [frames/s]."""
    single: Rate
    """One environment, 96x96 colour [steps/s]."""
    window: Rate
    """Frames of the window of `drivesim watch`, drawn but not shown [frames/s]."""
    vector: Rate
    """State alone [car-steps/s]."""
    camera: Rate
    """The camera of `full` alone [frames/s]."""
    floor: Rate
    """The floor kernel at the same moment [frames/s]."""
    stage_us: dict[str, float]
    """Time of each stage of a step of `full` [us per frame]."""
    town_users: float
    """Mean road users per world of `town`, the ego included."""
    other_cars: tuple[int, int, int]
    """Cars besides the ego in the worlds of `full`: 1 % of worlds have fewer, half do, 99 % do."""
    vector_cars: float
    """Mean road users per world of `vector`, the ego included."""
    worlds: int
    maps: int
    build_s: float
    """Drawing the roads of `full` and allocating its worlds [s]."""
    first_step_s: float
    """The first step: compiling, or loading what was compiled before [s]."""

    @property
    def thread_gain(self) -> float:
        """`full_threads` over `full`."""
        return self.full_threads.median / self.full.median

    @property
    def town_share(self) -> float:
        """`town` over `full`."""
        return self.town.median / self.full.median

    @property
    def above_floor(self) -> float:
        """How many times longer the camera takes than its floor, in processor time: both run on one thread."""
        return self.floor.median_per_cpu / self.camera.median_per_cpu

    def to_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        rates = {
            name: rate.to_json() for name in self.__dataclass_fields__ if isinstance(rate := getattr(self, name), Rate)
        }
        return {
            "rates": rates,
            "thread_gain": self.thread_gain,
            "town_share": self.town_share,
            "camera_above_floor": self.above_floor,
            "stage_us_per_frame": self.stage_us,
            "scene": {
                "worlds": self.worlds,
                "maps": self.maps,
                "other_cars_percentile_1": self.other_cars[0],
                "other_cars_median": self.other_cars[1],
                "other_cars_percentile_99": self.other_cars[2],
                "vector_road_users_mean": self.vector_cars,
                "town_road_users_mean": self.town_users,
            },
            "build_s": self.build_s,
            "first_step_s": self.first_step_s,
        }


def measure_all(args: "BenchArgs", status: Status) -> Figures:
    """Every figure, one scene after the other."""
    windows: dict[str, Any] = {"windows": args.windows, "window_s": args.window_s}
    if args.quick:
        windows["warm_up_s"] = args.window_s
    with status("full step with camera: drawing roads, compiling"):
        began = time.perf_counter()
        worlds, maps = (16, 2) if args.quick else (scenes.FULL_WORLDS, scenes.FULL_MAPS)
        batch = scenes.full_batch(worlds, maps)
        built = time.perf_counter()
        batch.step()
        stepped = time.perf_counter()
    with status("full step in towns: drawing streets, compiling"):
        town = scenes.town_batch(worlds, maps)
        town.step()
    with status("full step with camera"):
        if not args.quick:
            batch.stagger()
            town.stagger()
        cars = np.percentile(batch.road_users() - 1, (1, 50, 99), method="lower")
        threaded = scenes.OnThreads(batch, args.threads)
        full = measure(
            {
                "one": batch.loop(),
                "copied": Loop(batch.step_with_copies, worlds),
                "threads": threaded,
                "town": town.loop(),
            },
            unit="frames",
            **windows,
        )
        threaded.close()
        town_users = float(town.road_users().mean())
        town.close()
    with status("camera beside its floor"):
        camera = _camera_beside_floor(batch, windows)
    with status("stages of a step: compiling each alone"):
        stage_us = Breakdown(batch).run(2 if args.quick else STAGE_STEPS)
        batch.close()
    vector, vector_cars = _vector(args, windows, status)
    return Figures(
        full=full["one"],
        full_copied=full["copied"],
        full_threads=full["threads"],
        town=full["town"],
        town_users=town_users,
        single=_single(args, windows, status),
        window=_window(windows, status),
        vector=vector,
        camera=camera["camera"],
        floor=camera["floor"],
        stage_us=stage_us,
        other_cars=(int(cars[0]), int(cars[1]), int(cars[2])),
        vector_cars=vector_cars,
        worlds=worlds,
        maps=maps,
        build_s=built - began,
        first_step_s=stepped - built,
    )


def _camera_beside_floor(batch: scenes.Batch, windows: dict[str, Any]) -> dict[str, Rate]:
    simulation = batch.env.simulation
    world = simulation.world

    def draw() -> None:
        simulation.rig.update(simulation.bank.arrays, world.state, world.launcher, None)

    floor = Floor(batch)
    subjects = {"camera": Loop(draw, batch.worlds), "floor": Loop(floor.draw, batch.worlds)}
    return measure(subjects, unit="frames", **windows)


def _single(args: "BenchArgs", windows: dict[str, Any], status: Status) -> Rate:
    with status("single environment"):
        single = scenes.colour_single(2 if args.quick else SINGLE_MAPS)
        rate = measure({"single": single.loop()}, unit="steps", **windows)["single"]
        single.close()
        return rate


def _vector(args: "BenchArgs", windows: dict[str, Any], status: Status) -> tuple[Rate, float]:
    with status("state alone"):
        batch = scenes.vector_batch(*((8, 2) if args.quick else (VECTOR_WORLDS, VECTOR_MAPS)))
        if not args.quick:
            batch.stagger()
        users = float(batch.road_users().sum())
        rate = measure({"vector": Loop(batch.step, users)}, unit="car-steps", **windows)["vector"]
        batch.close()
        return rate, users / batch.worlds


def _window(windows: dict[str, Any], status: Status) -> Rate:
    with status("the window"):
        watched = scenes.Watched()
        rate = measure({"window": watched.loop()}, unit="frames", **windows)["window"]
        watched.close()
        return rate
