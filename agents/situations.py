"""An agent drives situations, many at a time, and what came of every variant."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from agents.evaluation.careful import careful_collisions, is_judged_by_careful
from agents.evaluation.drives import NOTHING_KEPT, Kept, Notes, drive
from agents.evaluation.results import SuiteResult, first_of
from agents.interface import Agent, sensors_of, vehicle_of
from agents.perception import judged
from drivesim.config import WEATHER_PRESETS
from drivesim.envs.scenario import ScenarioVectorEnv
from drivesim.render import SceneRenderer
from drivesim.scenarios import ScenarioSet, Variant
from drivesim.scenarios.results import Outcome, score_of
from drivesim.state import WorldState

ENV_ID = "drivesim/Scenario-v0"
CLIPS_MAX = 200
"""Clips of a suite: more failures than that are none to look at one by one."""
PICTURE_PX = (320, 200)
"""Width and height of the picture of how a situation ended."""
Progress = Callable[[int, int], None]


def drive_situations(
    agent: Agent,
    scenarios: ScenarioSet,
    *,
    agent_name: str = "agent",
    seeds: int = 1,
    worlds: int = 64,
    threads: int = 2,
    blind: bool = False,
    labelled: bool = False,
    kept: Kept = NOTHING_KEPT,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> SuiteResult:
    """Drives every variant of a set once per seed, in its order.

    Args:
        agent: Who drives.
        scenarios: What is driven.
        agent_name: Name in the result.
        seeds: Drives of each variant; drive k of variant v has the seed `10,007 k + v`.
        worlds: Situations driven at the same time; the result does not depend on it.
        threads: Worker threads.
        blind: Mount no sensors: the agent drives by labels.
        labelled: Render depth and semantics too and score the agent's `explain()` against the truth.
        kept: What is kept of every drive; `CLIPS_MAX` clips at most.
        progress: Called with drives done and drives in all.
        stopped: Asked before every step; once it says True the result holds the first drives up to the first that is
            not over, so that short drives are not preferred.
    """
    variants = scenarios.variants
    drives = [(number, seed) for number in range(len(variants)) for seed in range(seeds)]
    result = SuiteResult(
        suite=scenarios.name,
        env_id=ENV_ID,
        agent=agent_name,
        episodes=[],
        asked=len(drives),
        about=scenarios.description,
    )
    vehicle, rig, score = vehicle_of(agent), [] if blind else list(sensors_of(agent)), None
    if labelled:
        rig, score = judged(agent, rig)
    env = ScenarioVectorEnv(
        min(worlds, len(drives)),
        scenario=scenarios,
        config=None if vehicle is None else {"vehicle": asdict(vehicle)},
        sensors=rig,
        threads=threads,
        autoreset_mode="Disabled",
    )
    # Kernels that are compiled first, once on a machine, are no part of the drives.
    started = time.perf_counter()
    state, least = env.simulation.world.state, np.full(env.num_envs, np.inf)
    painter = SceneRenderer(env.simulation.bank, PICTURE_PX, step_s=env.config.step_s)
    over: set[int] = set()

    def starts(held: np.ndarray) -> tuple[list[int], dict[str, Any]]:
        chosen = [drives[number] for number in held]
        variant = np.array([number for number, _ in chosen], np.int32)
        return [10_007 * seed + number for number, seed in chosen], {"variant": variant}

    def after(running: np.ndarray) -> None:
        np.minimum(least, np.where(running, times_to_collision(state), np.inf), out=least)

    def watch(observation: Mapping[str, np.ndarray], running: np.ndarray, held: np.ndarray) -> None:
        if score is not None:
            score.watch(agent, env, observation, running)

    def finish(index: int, world: int, notes: Notes, info: Mapping[str, Any]) -> None:
        number, seed = drives[index]
        variant = variants[number]
        outcome = _outcome(variant, state, bool(info["success"][world]), world, float(least[world]))
        least[world] = np.inf
        episode, footprint = notes.episode(
            world, info, road=number, seed=seed, situation=variant.family, outcome=outcome
        )
        about = {"suite": scenarios.name, "title": variant.title, "agent": agent_name}
        episode = notes.keep(world, f"{scenarios.name}-{number:03d}-{seed}", episode, about)
        if score is not None:
            score.begin(np.array([world]))
        over.add(index)
        result.episodes.append(episode)
        if footprint is not None:
            result.footprints.append(footprint)
        if not episode.success:
            failure = {
                "road": number, "seed": seed, "end_reason": episode.end_reason, "title": variant.title,
                "reason": episode.reason, "picture": painter.frame(state, world), "drive": episode.replay,
            }  # fmt: skip
            if notes.last is not None and sum("clip" in each for each in result.failures) < CLIPS_MAX:
                failure["clip"] = notes.last.write(world, f"{scenarios.name}-{number:03d}-{seed}")
            result.failures.append(failure)
        if progress is not None:
            progress(len(over), len(drives))

    drive(
        agent, env, range(len(drives)), starts=starts, kept=kept, finish=finish, watch=watch, after=after,
        stopped=stopped,
    )  # fmt: skip
    env.close()
    result.keep_drives(first_of(drives, over))
    if is_judged_by_careful(scenarios):
        result.episodes = careful_collisions(scenarios, result.episodes)
    if score is not None:
        result.perception = score.summary()
    result.wall_s = time.perf_counter() - started
    return result


def _outcome(variant: Variant, state: WorldState, success: bool, world: int, least: float) -> Outcome:
    collided, speed = bool(state.scenario.has_impact[world]), float(state.scenario.impact_speed[world])
    return Outcome(
        title=variant.title,
        scenario=variant.scenario,
        values=variant.values,
        is_night=bool(variant.weather) and WEATHER_PRESETS[variant.weather].sun_altitude_angle < 0.0,
        collided=collided,
        impact_speed_m_s=speed,
        score=float(score_of(variant.score, success, speed, collided)),
        scored_by=variant.score.type,
        min_ttc_s=least if np.isfinite(least) else None,
    )


def times_to_collision(state: WorldState) -> np.ndarray:
    """Time until the first driver's car meets the nearest scripted road user in its lane's width ahead [s].

    Both go on along the heading of the car at their present speeds; inf where nobody is ahead or the gap grows.
    """
    actors, users = state.actors, state.scenario.x.shape[1]
    least = np.full(len(actors.kind), np.inf)
    cos, sin = np.cos(actors.yaw[:, 0]), np.sin(actors.yaw[:, 0])
    for slot in range(actors.kind.shape[1] - users, actors.kind.shape[1]):
        east, north = actors.x[:, slot] - actors.x[:, 0], actors.y[:, slot] - actors.y[:, 0]
        ahead, left = east * cos + north * sin, north * cos - east * sin
        gap = ahead - (actors.length[:, 0] - actors.rear[:, 0]) - actors.rear[:, slot]
        closing = actors.speed[:, 0] - actors.speed[:, slot] * np.cos(actors.yaw[:, slot] - actors.yaw[:, 0])
        beside = np.abs(left) < 0.5 * (actors.width[:, 0] + actors.width[:, slot])
        meets = (actors.kind[:, slot] > 0) & beside & (gap > 0.0) & (closing > 0.01)
        with np.errstate(divide="ignore", invalid="ignore"):
            least = np.where(meets, np.minimum(least, gap / closing), least)
    return least
