"""`drivesim bench --traffic`: towns that drive by themselves, and one lane's flow against IDM's equilibrium."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.bench.sumo import SumoComparison, compare_with_sumo
from drivesim.config import ENV_PRESETS, EnvConfig, MapConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.network import Lane, RoadNetwork
from drivesim.maps.procedural import GENERATORS
from drivesim.world.census import count_worlds, new_census
from drivesim.world.step import World

if TYPE_CHECKING:
    from agents.bench.command import BenchArgs
    from agents.bench.figures import Status

Progress = Callable[[float], None]
"""Is told which share of the time has been driven."""

TOWN = MapConfig(generator="town", length_m=400.0)
COUNTED = ("collisions", "people_hit", "people_wronged", "red_lights", "vehicle_steps")
"""Fields of `Census` that add up."""
DENSITIES = ((8, True), (16, True), (32, True), (32, False), (64, True), (96, True))
"""Vehicles per town, and whether there is all else that the town preset has: people, parked cars, buses, emergency
vehicles. The whole simulated time is driven with `LONG` vehicles, a tenth with more or fewer."""
LONG = 32
CHUNK = 20
"""Towns in memory at once."""
REPORT_S = 60.0
"""Simulated time after which progress is told [s]."""
FIRST_TOWN = 5_000
"""Seed of the first town."""
SETTLE_S = 30.0
"""Driven before rates are timed [s]."""
RING_M, RING_LIMIT = 1000.0, 15.0
"""Length of the ring [m] and its limit [m/s]."""
RING_CARS = (10, 20, 30, 50, 80, 110)
RING_SETTLE_S, RING_MEASURE_S = 600.0, 20.0
RING_DRIVER = {"time_headway": 1.5, "min_gap": 2.0, "accel_max": 1.4, "brake_comfort": 2.0, "length": 4.5}
"""Of every car on the ring: IDM's T [s], s0 [m], a, b [m/s^2]; and its length [m]."""


@dataclass(frozen=True, kw_only=True)
class TownTraffic:
    """What was counted in all towns with one number of vehicles."""

    cars: int
    people: int
    """On foot and on bicycles."""
    hours: float
    """Simulated, over all towns."""
    collisions: int
    """Between vehicles."""
    people_hit: int
    """By a vehicle that moved."""
    people_wronged: int
    """Those of them who had the right of way."""
    red_lights: int
    """Run."""
    longest_s: float
    """For which a vehicle has stood [s]."""
    speed: float
    """Mean over vehicles and time [m/s]."""
    density: float
    """Vehicles per kilometre of lane."""
    flow: float
    """Vehicles per hour and lane: density times speed."""
    user_steps_per_s: float
    """Road users times steps, per second of processor time."""


@dataclass(frozen=True, kw_only=True)
class RingTraffic:
    """One number of cars on the ring."""

    density: float
    """Cars per kilometre."""
    speed: float
    """Mean [m/s]."""
    equilibrium: float
    """What IDM gives for cars of equal gaps [m/s]."""


@dataclass(frozen=True, kw_only=True)
class TrafficFigures:
    """All that was measured."""

    towns: int
    rows: tuple[TownTraffic, ...]
    ring: tuple[RingTraffic, ...]
    plot: str
    sumo: SumoComparison | None = None
    """Where peers are asked for."""

    def to_json(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def measure_traffic(args: "BenchArgs", status: "Status") -> TrafficFigures:
    """Drives towns and the ring, and plots flow over density beside `args.out`."""
    towns, hours = (2, 0.01) if args.quick else (args.towns, args.hours)
    counts = [Count(cars=cars, with_people=people) for cars, people in DENSITIES]
    with status("building towns") as shown:
        for first in range(0, towns, CHUNK):
            seeds = range(FIRST_TOWN + first, FIRST_TOWN + min(first + CHUNK, towns))
            bank = MapBank.bare([GENERATORS["town"](seed, TOWN) for seed in seeds])
            for count in counts:
                share = 1.0 if count.cars == LONG else 0.1
                count.drive(bank, len(seeds), share * hours * 3600.0, progress_of(shown, count, first, towns))
    rows = [count.row() for count in counts]
    with status("a ring of one lane"):
        ring = tuple(ring_traffic(cars) for cars in (RING_CARS[:2] if args.quick else RING_CARS))
    sumo = None
    if args.peers:
        with status("SUMO beside ours"):
            network = GENERATORS["town"](FIRST_TOWN, TOWN)
            sumo = compare_with_sumo(network, LONG, windows=args.windows, window_s=args.window_s)
    plot = str(Path(args.out).with_suffix(".traffic.png")) if args.out else ""
    if plot:
        draw(rows, ring, plot)
    return TrafficFigures(towns=towns, rows=tuple(rows), ring=ring, plot=plot, sumo=sumo)


def progress_of(shown: Any, count: "Count", first: int, towns: int) -> Progress:
    """What tells on the shown status how far one chunk of towns has come."""
    label = f"{count.cars} vehicles{' and people' if count.with_people else ''}"

    def tell(share: float) -> None:
        if shown is not None:
            shown.update(f"{label}: {100.0 * share:.0f} % of the towns from number {first + 1} of {towns}")

    return tell


class Count:
    """Counts one number of vehicles over towns that are driven chunk by chunk."""

    def __init__(self, *, cars: int, with_people: bool) -> None:
        self.cars, self.with_people = cars, with_people
        traffic = ENV_PRESETS["town"].traffic if with_people else TrafficConfig()
        self.traffic = replace(traffic, car_count=cars)
        self._counts: dict[str, int] = dict.fromkeys(COUNTED, 0)
        self._seconds = self._spent = self._speed_sum = self._lane_seconds = 0.0
        self._longest = self._timed = 0
        self._step_s = EnvConfig().step_s

    def drive(self, bank: MapBank, towns: int, seconds: float, progress: Progress | None = None) -> None:
        """Drives the first maps of a bank without a driver of ours for so long [s] and counts."""
        world = World(bank, EnvConfig(traffic=self.traffic, sensors=()), towns, driver_count=0)
        world.reset(0, maps=np.arange(towns))
        action, worlds = np.zeros((towns, 0, 2), np.float32), np.arange(towns)
        census = new_census(towns, world.state.actors.kind.shape[1])
        steps, settle = round(seconds / self._step_s), round(min(SETTLE_S, 0.5 * seconds) / self._step_s)
        for step in range(steps):
            begun = time.process_time()
            world.step(action)
            if step >= settle:
                self._spent += time.process_time() - begun
                self._timed += int((world.state.actors.kind != 0).sum())
            world.launcher.run(count_worlds, worlds, bank.arrays, world.state, world.parameters, census)
            if progress is not None and step % round(REPORT_S / self._step_s) == 0:
                progress(step / steps)
        for name in COUNTED:
            self._counts[name] += int(getattr(census, name).sum())
        self._longest = max(self._longest, int(census.longest.max()))
        self._speed_sum += float(census.speed_sum.sum())
        self._seconds += towns * seconds
        self._lane_seconds += lane_metres(bank, towns) * seconds

    def row(self) -> TownTraffic:
        """What has been counted."""
        vehicles = self._counts["vehicle_steps"]
        speed = self._speed_sum / max(vehicles, 1)
        density = 1000.0 * vehicles * self._step_s / self._lane_seconds
        people = self.traffic.pedestrian_count + self.traffic.cyclist_count
        return TownTraffic(
            cars=self.cars, people=people, hours=self._seconds / 3600.0, collisions=self._counts["collisions"],
            people_hit=self._counts["people_hit"], people_wronged=self._counts["people_wronged"],
            red_lights=self._counts["red_lights"], longest_s=self._longest * self._step_s, speed=speed,
            density=density, flow=3.6 * density * speed, user_steps_per_s=self._timed / max(self._spent, 1e-9),
        )  # fmt: skip


def lane_metres(bank: MapBank, towns: int) -> float:
    """Length of all lanes outside junctions of all maps [m]."""
    lanes, total = bank.arrays.lanes, 0.0
    for town in range(towns):
        slot = int(bank.arrays.slot_of[town])
        first, end = int(lanes.map_first[slot]), int(lanes.map_end[slot])
        total += float(lanes.length[first:end][lanes.junction[first:end] < 0].sum())
    return total


def ring_network() -> RoadNetwork:
    """A closed lane: two half circles that lead to each other."""
    radius, half = RING_M / (2.0 * math.pi), 0.5 * RING_M
    lanes = []
    for start in (0.0, math.pi):
        angle = np.linspace(start, start + math.pi, 501)
        one = np.ones(len(angle))
        lanes.append(
            Lane(
                points=radius * np.stack((np.cos(angle), np.sin(angle)), axis=1), heading=angle + 0.5 * math.pi,
                curvature=one / radius, width=3.5 * one, edge_left=1.75 * one, edge_right=1.75 * one,
                oncoming_left=np.inf * one, length=half, speed_limit=RING_LIMIT, successors=(1 - len(lanes),),
                road=len(lanes),
            )
        )  # fmt: skip
    return RoadNetwork(name="ring", seed=0, lanes=tuple(lanes))


def ring_traffic(cars: int) -> RingTraffic:
    """Mean speed of equal cars on the ring after they have settled."""
    config = EnvConfig(traffic=TrafficConfig(car_count=cars), sensors=())
    world = World(MapBank.bare([ring_network()]), config, 1, driver_count=0)
    world.reset(0, maps=[0])
    actors, lanes = world.state.actors, world.bank.arrays.lanes
    place = RING_M * np.arange(cars) / cars
    actors.kind[0], actors.speed[0], actors.driver[0] = 1, 0.0, -1
    actors.lane[0] = actors.target_lane[0] = place // (0.5 * RING_M)
    actors.s[0] = place % (0.5 * RING_M)
    actors.second_lane[0] = actors.change_ticks[0] = -1
    actors.speed_factor[0], actors.speed_max[0] = 1.0, np.inf
    actors.rear[0], actors.wheelbase[0], actors.width[0] = 0.9, 2.7, 1.8
    for name, value in RING_DRIVER.items():
        getattr(actors, name)[0] = value
    point = lanes.point_first[actors.lane[0]] + np.round(actors.s[0] / lanes.step[actors.lane[0]]).astype(int)
    actors.x[0], actors.y[0] = lanes.point[point, 0], lanes.point[point, 1]
    world.decide()
    action, speeds = np.zeros((1, 0, 2), np.float32), []
    for step in range(round((RING_SETTLE_S + RING_MEASURE_S) / config.step_s)):
        world.step(action)
        if step * config.step_s >= RING_SETTLE_S:
            speeds.append(float(actors.speed[0].mean()))
    density = cars / RING_M
    return RingTraffic(
        density=1000.0 * density, speed=float(np.mean(speeds)), equilibrium=equilibrium_speed(density)
    )  # fmt: skip


def equilibrium_speed(density: float) -> float:
    """Speed at which IDM keeps equal gaps at a density [1/m]: gap = (s0 + v T) / sqrt(1 - (v / v0)^4), by bisection.

    Treiber, Hennecke, Helbing, Physical Review E 62 (2000) 1805, equation (6).
    """
    gap = 1.0 / density - RING_DRIVER["length"]
    low, high = 0.0, RING_LIMIT
    for _ in range(60):
        speed = 0.5 * (low + high)
        wanted = RING_DRIVER["min_gap"] + speed * RING_DRIVER["time_headway"]
        if wanted / math.sqrt(max(1e-12, 1.0 - (speed / RING_LIMIT) ** 4)) < gap:
            low = speed
        else:
            high = speed
    return low


def draw(rows: list[TownTraffic], ring: tuple[RingTraffic, ...], path: str) -> None:
    """Plots speed and flow over density, of the towns and of the ring."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 6.8), layout="constrained")
    (town_speed, town_flow), (ring_speed, ring_flow) = figure.subplots(2, 2)
    for label, people, style in (("without people", False, "s"), ("with people", True, "o-")):
        some = sorted((one for one in rows if (one.people > 0) == people), key=lambda one: one.density)
        places = [one.density for one in some]
        town_speed.plot(places, [one.speed for one in some], style, label=label)
        town_flow.plot(places, [one.flow for one in some], style, label=label)
    densities = np.linspace(4.0, 140.0, 200)
    curve = np.array([equilibrium_speed(k / 1000.0) for k in densities])
    ring_speed.plot(densities, curve, color="0.6", label="IDM equilibrium")
    ring_flow.plot(densities, 3.6 * densities * curve, color="0.6", label="IDM equilibrium")
    ring_speed.plot([one.density for one in ring], [one.speed for one in ring], "o", label="equal cars")
    ring_flow.plot([one.density for one in ring], [3.6 * one.density * one.speed for one in ring], "o")
    for axes, title in ((town_speed, "towns"), (town_flow, "towns"), (ring_speed, "ring"), (ring_flow, "ring")):
        axes.set(title=title, xlabel="vehicles per km of lane", xlim=(0.0, None), ylim=(0.0, None))
    for axes in (town_speed, ring_speed):
        axes.set_ylabel("mean speed [m/s]")
        axes.legend()
    for axes in (town_flow, ring_flow):
        axes.set_ylabel("flow [vehicles per hour and lane]")
    figure.savefig(path, dpi=120)
