"""`drivesim bench --sensors`: full steps of Highway worlds with one rig each, taking turns on one thread."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.bench.lidar_judge import embree_sweeps
from agents.bench.scenes import FULL_CAMERA, Batch
from agents.bench.timing import Loop, Rate, measure
from drivesim.config.rigs import nuscenes, nuscenes_cameras

if TYPE_CHECKING:
    from agents.bench.command import BenchArgs

WORLDS, MAPS, CARS, STAGGER_STEPS = 64, 16, 12, 100
QUICK_WORLDS, QUICK_MAPS, QUICK_STEPS = 2, 1, 2
COLOURS = {"width": 64, "height": 64, "channels": ["rgb"]}
WIDE = {"width": 128, "height": 64, "channels": ["rgb"]}
LIDAR = {"type": "lidar", "columns": 360}
MOTION = [{"type": "imu"}, {"type": "gnss"}, {"type": "odometry"}]
REFERENCE = "camera 64x64, 3 channels"
LIDAR_ROW, CASTING, EMBREE = "lidar 32 x 360", "  its rays alone", "  its rays by embree"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A rig to be measured."""

    name: str
    sensors: list[Any]
    aim: str = ""
    """On the 2.1 GHz Sapphire Rapids core that makes 20,000 steps/s of `REFERENCE`, or beside another row."""
    weather: str | None = None


@dataclass(frozen=True, kw_only=True)
class SensorRates:
    """What was measured."""

    rates: dict[str, Rate]
    """Frames, sweeps or rigs per second of a full step, by name."""
    aims: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Medians and windows by name."""
        return {name: rate.to_json() for name, rate in self.rates.items()}


def subjects() -> list[Subject]:
    """All rigs, those that others are compared with first."""
    size: dict[str, Any] = {"width": 128, "height": 64, "is_level": True}
    six = list(nuscenes_cameras(**size, channels=("rgb", "semantic")))
    return [
        Subject(name="no sensor", sensors=[]),
        Subject(name=REFERENCE, sensors=[FULL_CAMERA], aim="20 k"),
        Subject(name="  and all motion sensors", sensors=[FULL_CAMERA, *MOTION], aim="95 % of it"),
        Subject(name="camera 64x64 rgb", sensors=[COLOURS]),
        Subject(name="  rain at night", sensors=[COLOURS], weather="HardRainNight", aim="50 % of it"),
        Subject(name="camera 128x64 rgb", sensors=[WIDE]),
        Subject(name="  through a fisheye", sensors=[{**WIDE, "lens": "fisheye", "fov_deg": 180.0}], aim="4 k"),
        Subject(name="6 cameras 128x64, 2 ch.", sensors=six, aim="2.5 k"),
        Subject(name=LIDAR_ROW, sensors=[LIDAR], aim="2 k"),
        Subject(
            name="lidar 1 x 128",
            sensors=[{"type": "lidar", "model": "planar", "columns": 128, "z_m": 0.6, "channels": ["range"]}],
            aim="30 k",
        ),
        Subject(name="radar", sensors=[{"type": "radar"}], aim="25 k"),
        Subject(name="nuscenes rig", sensors=list(nuscenes(**size)), aim="800"),
    ]


def measure_sensors(args: "BenchArgs", status: Callable[[str], AbstractContextManager[Any]]) -> SensorRates:
    """Rates of full steps with each rig; of the lidar's casting, and of embree's where DRIVESIM_JUDGES has it."""
    worlds, maps, steps = (QUICK_WORLDS, QUICK_MAPS, QUICK_STEPS) if args.quick else (WORLDS, MAPS, STAGGER_STEPS)
    batches: dict[str, Batch] = {}
    try:
        for subject in subjects():
            with status(f"setting up: {subject.name.strip()}"):
                batches[subject.name] = Batch(
                    "drivesim/Highway-v0", worlds=worlds, maps=maps, sensors=subject.sensors, cars=CARS,
                    weather=subject.weather,
                )  # fmt: skip
                batches[subject.name].stagger(steps)
        loops = {name: batch.loop() for name, batch in batches.items()}
        simulation = batches[LIDAR_ROW].env.simulation
        lidar, maps_there, world = simulation.rig.sensors[0], simulation.bank.arrays, simulation.world
        loops[CASTING] = Loop(lambda: lidar.cast(maps_there, world.state, world.launcher, None), worlds)
        with status("measuring sensors"):
            rates = measure(
                loops, unit="frames", windows=args.windows, window_s=args.window_s, warm_up_s=min(1.0, args.window_s)
            )
        judged = [embree_sweeps(lidar, maps_there, world.state, index) for index in range(min(3, worlds))]
        casts = tuple(rate for rate in judged if rate is not None)
        if casts:
            rates[EMBREE] = Rate(unit="frames", per_second=casts, per_cpu_second=casts)
    finally:
        for batch in batches.values():
            batch.close()
    aims = {subject.name: subject.aim for subject in subjects()}
    return SensorRates(rates=rates, aims={**aims, CASTING: "8x embree"})
