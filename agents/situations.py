"""An agent drives situations, many at a time: one outcome per variant."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from agents.interface import Agent, info_with_labels, sensors_of
from drivesim.config import SensorConfig
from drivesim.envs.scenario import ScenarioVectorEnv
from drivesim.scenarios import ScenarioSet
from drivesim.scenarios.results import Outcome, score_of
from drivesim.state import WorldState

Progress = Callable[[int, int], None]


def drive_situations(
    agent: Agent,
    scenarios: ScenarioSet,
    *,
    sensors: Sequence[SensorConfig] | None = None,
    worlds: int = 128,
    threads: int = 2,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Drives every variant of a set once, in its order.

    Args:
        agent: Who drives.
        scenarios: What is driven.
        sensors: What is mounted; what the agent asks for if None.
        worlds: Variants driven at the same time; the outcomes do not depend on it.
        threads: Worker threads.
        seed: Variant k is driven with `seed + k`.
        progress: Called with variants done and variants in all.
    """
    outcomes: list[Outcome] = []
    count = len(scenarios.variants)
    rig = list(sensors_of(agent)) if sensors is None else list(sensors)
    for first in range(0, count, worlds):
        numbers = np.arange(first, min(first + worlds, count), dtype=np.int32)
        outcomes += _drive(agent, scenarios, numbers, rig, threads, seed)
        if progress is not None:
            progress(len(outcomes), count)
    return outcomes


def _drive(
    agent: Agent, scenarios: ScenarioSet, numbers: np.ndarray, rig: list[SensorConfig], threads: int, seed: int
) -> list[Outcome]:
    count = len(numbers)
    env = ScenarioVectorEnv(count, scenario=scenarios, sensors=rig, threads=threads, autoreset_mode="Disabled")
    state, step_s = env.simulation.world.state, env.config.step_s
    _, info = env.reset(seed=[seed + int(number) for number in numbers], options={"variant": numbers})
    agent.reset(count)
    running, least = np.ones(count, np.bool_), np.full(count, np.inf)
    found: dict[int, Outcome] = {}
    for _ in itertools.count():
        if not running.any():
            break
        action = agent.act(env.observe_view(), info_with_labels(env, info))
        _, terminated, truncated, info = env.advance(action)
        least = np.where(running, np.minimum(least, times_to_collision(state)), least)
        ended = (terminated | truncated) & running
        running &= ~ended
        for world in np.flatnonzero(ended):
            found[int(world)] = _outcome(scenarios, int(numbers[world]), state, info, int(world), step_s, least[world])
    env.close()
    return [found[world] for world in range(count)]


def _outcome(
    scenarios: ScenarioSet,
    number: int,
    state: WorldState,
    info: dict[str, Any],
    world: int,
    step_s: float,
    least: float,
) -> Outcome:
    variant = scenarios.variants[number]
    success, collided = bool(info["success"][world]), bool(state.scenario.has_impact[world])
    speed = float(state.scenario.impact_speed[world])
    return Outcome(
        variant=number,
        scenario=variant.scenario,
        family=variant.family,
        title=variant.title,
        success=success,
        end_reason=str(info["end_reason"][world]),
        collided=collided,
        impact_speed_m_s=speed,
        score=float(score_of(variant.score, success, speed, collided)),
        driving_score=float(info["driving_score"][world]),
        completion=float(state.navigation.completion[world, 0]),
        duration_s=float(state.worlds.tick[world]) * step_s,
        min_ttc_s=float(least),
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
