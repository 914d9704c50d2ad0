"""Driving suites: every road once per seed, many roads at a time, and what came of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import gymnasium as gym
import numpy as np

from agents.evaluation.clips import CLIPS_MAX
from agents.evaluation.drives import NOTHING_KEPT, Kept, Notes, drive
from agents.evaluation.results import SuiteResult, first_of
from agents.interface import Agent, sensors_of, vehicle_of
from agents.perception import judged
from agents.pictures import last_picture
from drivesim.config import AnyWeather, FaultConfig, SensorConfig, replace, weather_title
from drivesim.envs.vector import DriveVectorEnv
from drivesim.errors import check_choice
from drivesim.tasks.suites import Suite

NO_FAULTS: Mapping[str, Sequence[FaultConfig]] = MappingProxyType({})
Progress = Callable[[int, int], None]


def run_suite(
    agent: Agent,
    suite: Suite,
    *,
    agent_name: str = "agent",
    weather: Sequence[str | AnyWeather] = (),
    seeds: Sequence[int] = (0,),
    worlds: int = 50,
    threads: int = 2,
    labelled: bool = False,
    roads: range | None = None,
    faults: Mapping[str, Sequence[FaultConfig]] = NO_FAULTS,
    blocks: int = 1,
    kept: Kept = NOTHING_KEPT,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> SuiteResult:
    """Drives every road of a suite once per seed, in the car that the agent is made for.

    Args:
        agent: Who drives.
        suite: What is driven.
        agent_name: Name in the result.
        weather: Weathers, by name or as they are, of which each drive draws one; none: a clear noon.
        seeds: Seeds of traffic and start, added to the suite's own.
        worlds: Roads driven at the same time; the result does not depend on it.
        threads: Worker threads of the simulation.
        labelled: Render depth and semantics too and score the agent's `explain()` against them.
        roads: Numbers of the suite's roads to drive; all if None.
        faults: What is wrong with the agent's sensors, by name of the sensor, beside what its own rig says.
        blocks: Equal parts of the drives, in their order, of each of which perception is summed up too.
        kept: What is kept of every drive; `CLIPS_MAX` clips at most.
        progress: Called with drives done and drives in all.
        stopped: Asked before every step; True ends it, with the drives before the first that is not over.
    """
    started = time.perf_counter()
    rig, score = _rig_of(agent, faults), None
    if labelled:
        rig, score = judged(agent, rig)
    # Road by road: few roads are driven at the same time, so that few have to be held.
    drives = [(road, seed) for road in (range(suite.road_count) if roads is None else roads) for seed in seeds]
    result = SuiteResult(
        suite=suite.name,
        env_id=suite.env_id,
        agent=agent_name,
        episodes=[],
        weather=tuple(each if isinstance(each, str) else weather_title(each) for each in weather),
        asked=len(drives),
    )
    if not drives:
        return result
    numbers, vehicle = sorted({road for road, _ in drives}), vehicle_of(agent)
    made = gym.make_vec(
        suite.env_id,
        config=None if vehicle is None else {"vehicle": asdict(vehicle)},
        num_envs=min(worlds, len(drives)),
        **_maps(suite, numbers),
        weather=weather,
        sensors=list(rig),
        threads=threads,
        autoreset_mode="Disabled",
    )
    env: DriveVectorEnv = made.unwrapped  # pyright: ignore[reportAssignmentType]
    over: set[int] = set()

    def starts(held: np.ndarray) -> tuple[list[int], dict[str, Any]]:
        chosen = [drives[number] for number in held]
        begun = [suite.seed + 10_007 * seed + road for road, seed in chosen]
        return begun, {"map": np.array([0 if suite.map_file else road - numbers[0] for road, _ in chosen])}

    def watch(observation: Mapping[str, np.ndarray], running: np.ndarray, held: np.ndarray) -> None:
        if score is not None:
            score.watch(agent, env, observation, running, held * blocks // len(drives))

    def finish(number: int, world: int, notes: Notes, info: Mapping[str, Any]) -> None:
        road, seed = drives[number]
        episode, footprint = notes.episode(world, info, road=suite.first_road + road, seed=seed)
        about = {"suite": suite.name, "title": f"road {episode.road}", "agent": result.agent}
        episode = notes.keep(world, f"{suite.name}-{episode.road}-{episode.seed}", episode, about)
        if score is not None:
            score.begin(np.array([world]))
        over.add(number)
        result.episodes.append(episode)
        if footprint is not None:
            result.footprints.append(footprint)
        if not episode.success:
            picture = last_picture(env.simulation, world)
            failure = {
                "road": episode.road, "seed": seed, "end_reason": episode.end_reason, "reason": episode.reason,
                "picture": picture, "drive": episode.replay,
            }  # fmt: skip
            if notes.last is not None and sum("clip" in each for each in result.failures) < CLIPS_MAX:
                failure["clip"] = notes.last.write(world, f"{suite.name}-{episode.road}-{episode.seed}")
            result.failures.append(failure)
        if progress is not None:
            progress(len(over), len(drives))

    drive(agent, env, range(len(drives)), starts=starts, kept=kept, finish=finish, watch=watch, stopped=stopped)
    env.close()
    result.keep_drives({(suite.first_road + road, seed) for road, seed in first_of(drives, over)})
    if score is not None:
        result.perception = score.summary()
        result.perception_of_blocks = [score.summary(block) for block in range(blocks)]
    result.wall_s = time.perf_counter() - started
    return result


def _rig_of(agent: Agent, faults: Mapping[str, Sequence[FaultConfig]]) -> list[SensorConfig]:
    """The agent's sensors with faults beside their own."""
    rig = list(sensors_of(agent))
    for name in faults:
        check_choice("faults", name, [sensor.name for sensor in rig])
    return [replace(each, faults=(*each.faults, *faults[each.name])) if each.name in faults else each for each in rig]


def _maps(suite: Suite, numbers: Sequence[int]) -> dict[str, Any]:
    """The roads that are driven, as an environment takes them."""
    if suite.map_file:
        return {"map": suite.map_file}
    return {"map_start": suite.first_road + numbers[0], "map_count": numbers[-1] - numbers[0] + 1}
