"""Driving suites: every road once per seed, many roads at a time, and what came of it."""

import itertools
import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gymnasium as gym
import numpy as np

from agents.evaluation.clips import CLIPS_MAX, LastSeconds
from agents.evaluation.outlines import Footprint, MapOutline, event_names, events_of, outline_of, path_of
from agents.evaluation.recorder import TraceRecorder
from agents.evaluation.scores import scores_of
from agents.files import write_text
from agents.heads import channels_of
from agents.interface import Agent, info_with_labels, sensors_of, vehicle_of, with_exact_twin, with_truth
from agents.perception import PERCEPTION_STEPS, PerceptionScore, heads_of
from agents.pictures import last_picture
from drivesim.config import CameraConfig, FaultConfig, SensorConfig, cameras_of, replace
from drivesim.errors import check_choice
from drivesim.tasks.rewards import JERK_MAX, LATERAL_ACCEL_MAX
from drivesim.tasks.score import outside_fraction
from drivesim.tasks.suites import Suite

RESULT_FORMAT = 2
CONFIDENCE_Z = 1.959964
"""Normal quantile of a two-sided 95 % interval."""
_GREATEST = {"driving_score": 100.0, "completion": 1.0, "comfort": 1.0}
"""What columns of `Episode` that have a mean and an interval cannot exceed; none is negative."""
RESAMPLES = 2000
"""Of bootstrap intervals."""
NO_FAULTS: Mapping[str, Sequence[FaultConfig]] = MappingProxyType({})
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One drive over one road."""

    road: int
    """Generator seed of the road."""
    seed: int
    success: bool
    end_reason: str
    completion: float
    """Fraction of the route driven."""
    driving_score: float
    """Leaderboard 2.1, in [0, 100]."""
    distance_m: float
    duration_s: float
    speed_m_s: float
    """Mean speed."""
    comfort: float
    """Fraction of steps inside nuPlan's bounds on lateral acceleration and longitudinal jerk."""
    situation: str = ""
    """What the suite calls this kind of drive; empty where it knows but one."""
    events: tuple[dict[str, Any], ...] = ()
    """What happened: see `agents.evaluation.outlines.events_of`."""
    scores: dict[str, float | None] = field(default_factory=dict)
    """By name, see `agents.evaluation.scores`; empty where the drive was not recorded."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(kw_only=True)
class SuiteResult:
    """What an agent did on a suite."""

    suite: str
    env_id: str
    agent: str
    episodes: list[Episode]
    perception: dict[str, float] = field(default_factory=dict)
    weather: tuple[str, ...] = ()
    """Names of the weathers of which each drive drew one; none: a clear noon."""
    wall_s: float = 0.0
    failures: list[dict[str, Any]] = field(default_factory=list)
    """Last pictures of failed drives: road, end_reason, picture uint8 (H, W, 3), and clip, a file's name, if any."""
    footprints: list[Footprint] = field(default_factory=list)
    """Drives in which something happened, on their maps; recorded drives only."""

    @property
    def success(self) -> Interval:
        """Share of drives that reached the route's end without fault."""
        return wilson(sum(episode.success for episode in self.episodes), len(self.episodes))

    def mean(self, name: str) -> Interval:
        """Mean of a column of `Episode` with a normal 95 % interval, cut off at values that the column cannot take."""
        values = np.array([getattr(episode, name) for episode in self.episodes], np.float64)
        half = CONFIDENCE_Z * values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else 0.0
        mean = float(values.mean())
        return Interval(mean=mean, low=max(mean - half, 0.0), high=min(mean + half, _GREATEST.get(name, math.inf)))

    def score(self, name: str) -> Interval | None:
        """Mean of a score with its 95 % interval over the drives that have it; None where none has.

        Wilson's interval where all values are 0 or 1, else a bootstrap.
        """
        values = [episode.scores.get(name) for episode in self.episodes]
        known = np.array([value for value in values if value is not None], np.float64)
        if not known.size:
            return None
        if np.isin(known, (0.0, 1.0)).all():
            return wilson(int(known.sum()), known.size)
        rng = np.random.default_rng(0)
        means = known[rng.integers(0, known.size, (RESAMPLES, known.size))].mean(axis=1)
        low, high = np.quantile(means, (0.025, 0.975))
        return Interval(mean=float(known.mean()), low=float(low), high=float(high))

    def score_names(self) -> list[str]:
        """Scores that drives have, in the order of `agents.evaluation.scores`."""
        return list(dict.fromkeys(name for episode in self.episodes for name in episode.scores))

    def events_per_km(self) -> dict[str, float]:
        """Every event that happened, per kilometre driven."""
        distance_km = max(sum(episode.distance_m for episode in self.episodes) / 1000.0, 1e-9)
        counts: dict[str, float] = {}
        for episode in self.episodes:
            for event in episode.events:
                counts[event["name"]] = counts.get(event["name"], 0) + event["count"]
        return {name: count / distance_km for name, count in sorted(counts.items())}

    def reasons(self) -> dict[str, int]:
        """How often each end came."""
        names = [episode.end_reason for episode in self.episodes]
        return {name: names.count(name) for name in sorted(set(names))}

    def infractions_per_km(self) -> dict[str, float]:
        """Ends other than success and time-out, per kilometre driven."""
        distance_km = sum(episode.distance_m for episode in self.episodes) / 1000.0
        return {
            name: count / max(distance_km, 1e-9)
            for name, count in self.reasons().items()
            if name not in ("success", "timeout")
        }

    def to_json(self) -> dict[str, Any]:
        """Everything but the pictures."""
        return {
            "format": RESULT_FORMAT,
            "suite": self.suite,
            "env_id": self.env_id,
            "agent": self.agent,
            "weather": list(self.weather),
            "wall_s": self.wall_s,
            "success": asdict(self.success),
            "driving_score": asdict(self.mean("driving_score")),
            "completion": asdict(self.mean("completion")),
            "comfort": asdict(self.mean("comfort")),
            "speed_m_s": asdict(self.mean("speed_m_s")),
            "reasons": self.reasons(),
            "infractions_per_km": self.infractions_per_km(),
            "events_per_km": self.events_per_km(),
            "scores": {name: asdict(value) for name in self.score_names() if (value := self.score(name))},
            "perception": self.perception,
            "episodes": [asdict(episode) for episode in self.episodes],
        }


def weather_words(weather: Sequence[str]) -> str:
    """Weathers of a suite in words; empty for a clear noon."""
    return " or ".join(weather)


def wilson(successes: int, count: int) -> Interval:
    """Share with Wilson's score interval (Wilson 1927), which stays inside [0, 1] at the ends."""
    if count == 0:
        return Interval(mean=math.nan, low=0.0, high=1.0)
    share, z2 = successes / count, CONFIDENCE_Z**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = CONFIDENCE_Z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    # At a share of 0 or 1 the bound is exact; rounding must not push it past.
    return Interval(
        mean=share,
        low=0.0 if successes == 0 else centre - half,
        high=1.0 if successes == count else centre + half,
    )


def run_suite(
    agent: Agent,
    suite: Suite,
    *,
    agent_name: str = "agent",
    weather: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    worlds: int = 50,
    threads: int = 2,
    labelled: bool = False,
    roads: range | None = None,
    faults: Mapping[str, Sequence[FaultConfig]] = NO_FAULTS,
    scored: bool = False,
    clips: Path | None = None,
    progress: Progress | None = None,
) -> SuiteResult:
    """Drives every road of a suite once per seed, in the car that the agent is made for.

    Args:
        agent: Who drives.
        suite: What is driven.
        agent_name: Name in the result.
        weather: Names of weathers, of which each drive draws one; none: a clear noon.
        seeds: Seeds of traffic and start, added to the suite's own.
        worlds: Roads driven at the same time; the result does not depend on it.
        threads: Worker threads of the simulation.
        labelled: Render depth and semantics too and score the agent's `explain()` against them.
        roads: Numbers of the suite's roads to drive; all if None.
        faults: What is wrong with the agent's sensors, by name of the sensor, beside what its own rig says.
        scored: Record every drive, and give it all scores.
        clips: Folder for videos of failed drives, `CLIPS_MAX` at most; none are made if None.
        progress: Called with drives done and drives in all.
    """
    started = time.perf_counter()
    result = SuiteResult(suite=suite.name, env_id=suite.env_id, agent=agent_name, episodes=[], weather=tuple(weather))
    rig, camera = _rig_of(agent, faults, labelled=labelled)
    score = PerceptionScore(camera, heads_of(agent)) if labelled else None
    # Road by road, so that the roads of a batch are neighbours and no others are built for it.
    drives = [(road, seed) for road in (range(suite.road_count) if roads is None else roads) for seed in seeds]
    for first in range(0, len(drives), worlds):
        _drive(
            agent, suite, drives[first : first + worlds], rig, threads, score, result, Kept(scored=scored, clips=clips)
        )
        if progress is not None:
            progress(len(result.episodes), len(drives))
    result.episodes.sort(key=lambda episode: (episode.seed, episode.road))
    result.footprints.sort(key=lambda footprint: (footprint.seed, footprint.road))
    result.failures.sort(key=lambda failure: failure["road"])
    if score is not None:
        result.perception = score.summary()
    result.wall_s = time.perf_counter() - started
    return result


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of drives beside how they end."""

    scored: bool = False
    """Their traces, for scores."""
    clips: Path | None = None
    """Where their last seconds go."""


def _rig_of(
    agent: Agent, faults: Mapping[str, Sequence[FaultConfig]], *, labelled: bool
) -> tuple[list[SensorConfig], CameraConfig | None]:
    """The sensors that are mounted, and the camera whose truth perception is scored against."""
    rig = list(sensors_of(agent))
    for name in faults:
        check_choice("faults", name, [sensor.name for sensor in rig])
    rig = [replace(each, faults=(*each.faults, *faults[each.name])) if each.name in faults else each for each in rig]
    if not labelled:
        return rig, None
    channels = channels_of(heads_of(agent))
    if any(sensor.faults for sensor in rig):
        return with_exact_twin(rig, channels)
    return with_truth(rig, channels), next(iter(cameras_of(rig)), None)


def _drive(
    agent: Agent,
    suite: Suite,
    roads: list[tuple[int, int]],
    rig: Sequence[SensorConfig],
    threads: int,
    score: PerceptionScore | None,
    result: SuiteResult,
    kept: Kept,
) -> None:
    count = len(roads)
    numbers = sorted({road for road, _ in roads})
    vehicle = vehicle_of(agent)
    env = gym.make_vec(
        suite.env_id,
        config=None if vehicle is None else {"vehicle": asdict(vehicle)},
        num_envs=count,
        map_start=suite.first_road + numbers[0],
        map_count=numbers[-1] - numbers[0] + 1,
        weather=result.weather,
        sensors=list(rig),
        threads=threads,
        autoreset_mode="Disabled",
    )
    base: Any = env.unwrapped
    state, step_s = base.simulation.world.state, base.config.step_s
    seeds = [suite.seed + 10_007 * seed + road for road, seed in roads]
    _, info = base.reset(seed=seeds, options={"map": np.array([road - numbers[0] for road, _ in roads])})
    agent.reset(count)
    if score is not None:
        score.begin()
    recorder = TraceRecorder(base.simulation) if kept.scored else None
    last = LastSeconds(base.simulation, kept.clips) if kept.clips is not None else None
    names, outlines = event_names(base.simulation), dict[int, MapOutline]()
    if recorder is not None:
        recorder.record()
    running = np.ones(count, np.bool_)
    gentle, steps = np.zeros(count), np.zeros(count)
    for step in itertools.count():
        if not running.any():
            break
        observation = base.observe_view()
        action = agent.act(observation, info_with_labels(base, info))
        if score is not None and agent.explain is not None and step % PERCEPTION_STEPS == 0:
            score.add(agent.explain(), observation, base.labels(), running)
        _, terminated, truncated, info = base.advance(action)
        if recorder is not None:
            recorder.record()
        if last is not None:
            last.keep()
        lateral = np.abs(state.actors.speed[:, 0] * state.actors.yaw_rate[:, 0])
        gentle += running & (lateral <= LATERAL_ACCEL_MAX) & (np.abs(state.actuators.jerk[:, 0]) <= JERK_MAX)
        steps += running
        ended = (terminated | truncated) & running
        running &= ~ended
        for world in np.flatnonzero(ended):
            distance, duration = float(state.episode.distance_m[world, 0]), float(state.worlds.tick[world]) * step_s
            happened = events_of(base.simulation, int(world), names)
            completion, scores = float(state.navigation.completion[world, 0]), dict[str, float | None]()
            if recorder is not None:
                trace = recorder.trace(int(world))
                outside = float(outside_fraction(state.episode)[world, 0])
                counts = {event["name"]: event["count"] for event in happened}
                scores = scores_of(trace, completion=completion, outside=outside, counts=counts)
                if happened:
                    number = int(state.worlds.map[world])
                    outline = outlines.setdefault(number, outline_of(base.simulation, int(world)))
                    road = suite.first_road + roads[world][0]
                    result.footprints.append(Footprint(road, roads[world][1], outline, path_of(trace), happened))
            episode = Episode(
                road=suite.first_road + roads[world][0],
                seed=roads[world][1],
                success=bool(info["success"][world]),
                end_reason=str(info["end_reason"][world]),
                completion=completion,
                driving_score=float(info["driving_score"][world]),
                distance_m=distance,
                duration_s=duration,
                speed_m_s=distance / max(duration, step_s),
                comfort=float(gentle[world] / max(steps[world], 1.0)),
                events=tuple(happened),
                scores=scores,
            )
            result.episodes.append(episode)
            if not episode.success:
                picture = last_picture(base.simulation, int(world))
                failure = {"road": episode.road, "end_reason": episode.end_reason, "picture": picture}
                if last is not None and sum("clip" in each for each in result.failures) < CLIPS_MAX:
                    failure["clip"] = last.write(int(world), f"{suite.name}-{episode.road}-{episode.seed}")
                result.failures.append(failure)
    env.close()


def write_json(results: Sequence[SuiteResult], file: str | os.PathLike[str]) -> Path:
    """Writes results under their final name only once they are complete."""
    return write_text(file, json.dumps([result.to_json() for result in results], indent=1) + "\n")
