"""What the careful driver of UN Regulation 157 does where an agent has driven: the yardstick of what can be avoided.

He keeps the middle of his lane and the speed of the test until he brakes, so what the others do until then is what they
do around a car that rolls on; that is driven once for every variant, and `tasks.careful` judges it.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from agents.evaluation.results import Episode
from drivesim.envs.scenario import ScenarioVectorEnv
from drivesim.scenarios import ScenarioSet
from drivesim.state import WorldState
from drivesim.tasks.careful import Track, careful_human, collides

WORLDS = 64
"""Variants at a time."""
TIME_MAX_S = 60.0
"""Nobody is watched longer than this."""
SPEED_GAIN = 0.25
"""How hard a car that rolls on holds its speed [1/(m/s)]."""
NOWHERE_M = 1e6
"""Where somebody is who is not there [m]."""


def is_judged_by_careful(scenarios: ScenarioSet) -> bool:
    """Whether all happens on straight streets without traffic, where the careful driver's model says what he does."""
    return all(
        variant.road.scene == "straight"
        and variant.car_count == 0
        and (variant.road.curvature_1_m == 0.0 or not variant.users)
        for variant in scenarios.variants
    )


def careful_collisions(scenarios: ScenarioSet, episodes: Sequence[Episode]) -> list[Episode]:
    """Drives through situations, completed by whether the careful driver collides there.

    Args:
        scenarios: For which `is_judged_by_careful`.
        episodes: Drives through its variants, which their `road` numbers.
    """
    numbers = sorted({episode.road for episode in episodes})
    hits: dict[int, bool] = {}
    for first in range(0, len(numbers), WORLDS):
        hits |= _judged(scenarios, np.array(numbers[first : first + WORLDS], np.int32))
    return [
        dataclasses.replace(episode, outcome=dataclasses.replace(episode.outcome, careful_collides=hits[episode.road]))
        if episode.outcome is not None
        else episode
        for episode in episodes
    ]


def _judged(scenarios: ScenarioSet, numbers: np.ndarray) -> dict[int, bool]:
    env = ScenarioVectorEnv(len(numbers), scenario=scenarios, sensors=[], autoreset_mode="Disabled")
    env.reset(seed=[int(number) for number in numbers], options={"variant": numbers})
    state, step_s = env.simulation.world.state, env.config.step_s
    actors, plan = state.actors, state.plan
    speed, start = actors.speed[:, 0].copy(), np.stack([actors.x[:, 0], actors.y[:, 0], actors.yaw[:, 0]])
    length, rear = actors.length[:, 0].copy(), actors.rear[:, 0].copy()
    rows, ends = [_seen(state, start)], np.full(len(numbers), np.inf)
    for step in range(1, round(TIME_MAX_S / step_s) + 1):
        action = plan.expert_action[:, 0].copy()
        action[:, 1] = np.clip(SPEED_GAIN * (speed - actors.speed[:, 0]), -1.0, 1.0)
        env.advance(action)
        rows.append(_seen(state, start))
        ends = np.where(np.isinf(ends) & state.scenario.ended, step, ends)
        if np.isfinite(ends).all():
            break
    env.close()
    seen = np.stack(rows)
    found = {}
    for world, number in enumerate(numbers):
        count = int(min(ends[world], len(rows) - 1)) + 1
        tracks = [_track(seen[:count, :, world, user], step_s) for user in range(len(scenarios.variants[number].users))]
        front = float(length[world] - rear[world])
        found[int(number)] = bool(tracks) and collides(
            careful_human, tracks, speed=float(speed[world]), front=front, length=float(length[world])
        )
    return found


def _seen(state: WorldState, start: np.ndarray) -> np.ndarray:
    """Rear and front along the lane, left of its middle, speed along it, width; shape (5, world, user)."""
    actors, users = state.actors, state.scenario.x.shape[1]
    slots = slice(actors.kind.shape[1] - users, None)
    x0, y0, yaw0 = start[:, :, None]
    turned = actors.yaw[:, slots] - yaw0
    middle = 0.5 * actors.length[:, slots] - actors.rear[:, slots]
    east = actors.x[:, slots] + middle * np.cos(actors.yaw[:, slots]) - x0
    north = actors.y[:, slots] + middle * np.sin(actors.yaw[:, slots]) - y0
    cos, sin = np.abs(np.cos(turned)), np.abs(np.sin(turned))
    half = 0.5 * (actors.length[:, slots] * cos + actors.width[:, slots] * sin)
    ahead = np.where(actors.kind[:, slots] > 0, east * np.cos(yaw0) + north * np.sin(yaw0), NOWHERE_M)
    left = north * np.cos(yaw0) - east * np.sin(yaw0)
    width = actors.length[:, slots] * sin + actors.width[:, slots] * cos
    return np.stack([ahead - half, ahead + half, left, actors.speed[:, slots] * np.cos(turned), width]).astype(
        np.float64
    )


def _track(rows: np.ndarray, step_s: float) -> Track:
    """The track of somebody seen in steps, shape (step, 5)."""
    rear, front, d, speed, width = rows.T
    time = step_s * np.arange(len(rows))
    return Track(time=time, rear=rear, front=front, d=d, speed=speed, width=float(width.max()))
