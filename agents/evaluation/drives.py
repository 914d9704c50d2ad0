"""The loop of every evaluation: an agent drives a batch of worlds, one drive after the other in each of them."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from agents.evaluation.clips import LastSeconds
from agents.evaluation.outlines import Footprint, MapOutline, event_names, events_of, outline_of, path_of
from agents.evaluation.reasons import reason_of
from agents.evaluation.recorder import TraceRecorder
from agents.evaluation.replay import REPLAY_SUFFIX, ReplayRecorder, write_replay
from agents.evaluation.results import Episode
from agents.evaluation.scores import scores_of
from agents.interface import Agent, info_with_labels
from drivesim.envs.vector import DriveVectorEnv
from drivesim.tasks.rewards import JERK_MAX, LATERAL_ACCEL_MAX
from drivesim.tasks.score import outside_fraction

Starts = Callable[[np.ndarray], tuple[list[int], dict[str, Any]]]
"""Seeds and options of `reset` for the number of the drive that every world is to hold, int, shape (world,)."""

PLANS_S = 0.5
"""Drivers are asked for their plans, and worlds take new drives, this often [s]."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of drives beside how they end."""

    scored: bool = False
    """Their traces, for scores."""
    clips: Path | None = None
    """Where their last seconds go."""
    drives: Path | None = None
    """Where whole drives go, to be driven again."""
    successes: bool = False
    """Drives that succeed are kept whole too."""


NOTHING_KEPT = Kept()


class Notes:
    """What is noted of the drives of a batch while they last.

    Args:
        env: Whose first drivers are watched.
        kept: What is kept of them.
    """

    def __init__(self, env: DriveVectorEnv, kept: Kept) -> None:
        self.simulation = env.simulation
        self.last = LastSeconds(env.simulation, kept.clips) if kept.clips is not None else None
        """Their last seconds."""
        self._course = ReplayRecorder(env.simulation) if kept.drives is not None else None
        self._kept = kept
        self._recorder = TraceRecorder(env.simulation) if kept.scored else None
        self._names = event_names(env.simulation)
        self._gentle, self._steps = np.zeros(env.num_envs), np.zeros(env.num_envs)
        self._outlines = dict[int, MapOutline]()
        if self._recorder is not None:
            self._recorder.record()

    def begin(self, worlds: np.ndarray) -> None:
        """Begins anew for drives that have begun in some worlds, by index."""
        self._gentle[worlds] = self._steps[worlds] = 0.0
        if self._recorder is not None:
            self._recorder.begin(worlds)
        if self._course is not None:
            self._course.begin(worlds)

    def ask(self, agent: Agent) -> None:
        """Notes what the agent plans, before the step; drivers that say nothing of it are let be."""
        if self._recorder is None or agent.explain is None:
            return
        waypoints = agent.explain().get("waypoints")
        if waypoints is not None:
            self._recorder.note_plans(waypoints)

    def add(self, running: np.ndarray, action: np.ndarray) -> None:
        """Notes a step of the worlds in a mask, bool, shape (world,), and its action, shape (world, 2)."""
        if self._recorder is not None:
            self._recorder.record()
        if self.last is not None:
            self.last.keep()
        if self._course is not None:
            self._course.add(action, running)
        state = self.simulation.world.state
        lateral = np.abs(state.actors.speed[:, 0] * state.actors.yaw_rate[:, 0])
        self._gentle += running & (lateral <= LATERAL_ACCEL_MAX) & (np.abs(state.actuators.jerk[:, 0]) <= JERK_MAX)
        self._steps += running

    def keep(self, world: int, name: str, episode: Episode, about: Mapping[str, str]) -> Episode:
        """Keeps a world's drive, which has just ended, whole, if its like are kept.

        Args:
            world: Index of the world.
            name: Name of its file, without the ending.
            episode: What came of it.
            about: Texts about it, as in `Replay.about`.

        Returns:
            The episode, with the file's name where there is one.
        """
        if self._course is None or self._kept.drives is None or (episode.success and not self._kept.successes):
            return episode
        told = {**about, "end": episode.end_reason, "reason": episode.reason}
        file = write_replay(self._course.replay(world, told), self._kept.drives / f"{name}{REPLAY_SUFFIX}")
        return replace(episode, replay=file.name)

    def episode(
        self, world: int, info: Mapping[str, Any], *, road: int, seed: int, **more: Any
    ) -> tuple[Episode, Footprint | None]:
        """A world's drive, which has just ended, and what it leaves on the map where something happened.

        Args:
            world: Index of the world.
            info: Of the last step.
            road: As `Episode.road`.
            seed: As `Episode.seed`.
            **more: Other fields of the episode.
        """
        simulation, state = self.simulation, self.simulation.world.state
        step_s = simulation.config.step_s
        distance, duration = float(state.episode.distance_m[world, 0]), float(state.worlds.tick[world]) * step_s
        happened = events_of(simulation, world, self._names)
        completion, scores = float(state.navigation.completion[world, 0]), dict[str, float | None]()
        footprint = None
        if self._recorder is not None:
            trace = self._recorder.trace(world)
            outside = float(outside_fraction(state.episode)[world, 0])
            counts = {event["name"]: event["count"] for event in happened}
            scores = scores_of(trace, completion=completion, outside=outside, counts=counts)
            if happened:
                number = int(state.worlds.map[world])
                if number not in self._outlines:
                    self._outlines[number] = outline_of(simulation, world)
                footprint = Footprint(road, seed, self._outlines[number], path_of(trace), happened)
        success, end_reason = bool(info["success"][world]), str(info["end_reason"][world])
        episode = Episode(
            road=road,
            seed=seed,
            success=success,
            end_reason=end_reason,
            completion=completion,
            driving_score=float(info["driving_score"][world]),
            distance_m=distance,
            duration_s=duration,
            speed_m_s=distance / max(duration, step_s),
            comfort=float(self._gentle[world] / max(self._steps[world], 1.0)),
            events=tuple(happened),
            scores=scores,
            reason="" if success else reason_of(simulation, world, end_reason, happened),
            **more,
        )
        return episode, footprint


def drive(
    agent: Agent,
    env: DriveVectorEnv,
    drives: Iterable[int],
    *,
    starts: Starts,
    kept: Kept,
    finish: Callable[[int, int, Notes, Mapping[str, Any]], None],
    watch: Callable[[Mapping[str, np.ndarray], np.ndarray, np.ndarray], None] = lambda observation, running, held: None,
    after: Callable[[np.ndarray], None] = lambda running: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Drives; a world whose drive has ended takes the next that waits. No drive depends on which world holds it.

    Args:
        agent: Who drives.
        env: Worlds, without autoreset; as many as there are drives, or fewer.
        drives: Numbers of the drives.
        starts: How to begin them.
        kept: What is noted.
        finish: Called with number, world, notes and `info` of each that has ended, before the world takes another.
        watch: Called with the observation of each step, once the agent has acted on it, the worlds that drive, and the
            number of the drive that each holds.
        after: Called after each step with the worlds that drove in it, before `finish`.
        stopped: Asked before every step; True ends all at once.
    """
    waiting, count = deque(drives), env.num_envs
    every = max(1, round(PLANS_S / env.config.step_s))
    held = np.array([waiting.popleft() for _ in range(count)])
    seeds, options = starts(held)
    _, info = env.reset(seed=seeds, options=options)
    agent.reset(count)
    notes, running = Notes(env, kept), np.ones(count, np.bool_)
    step = 0
    while running.any() and not stopped():
        observation = env.observe_view()
        action = agent.act(observation, info_with_labels(env, info))
        if step % every == 0:
            notes.ask(agent)
        watch(observation, running, held)
        _, terminated, truncated, info = env.advance(action)
        notes.add(running, action)
        after(running)
        ended = np.flatnonzero((terminated | truncated) & running)
        running[ended] = False
        for world in ended:
            finish(int(held[world]), int(world), notes, info)
        step += 1
        if not running.any():
            step = 0
        # All drives begin at such a step, so that one question about plans serves all, and at the same of their ticks.
        begin = np.flatnonzero(~running)[: len(waiting)] if step % every == 0 else ended[:0]
        if begin.size:
            held[begin] = [waiting.popleft() for _ in begin]
            mask = np.zeros(count, np.bool_)
            mask[begin] = running[begin] = True
            seeds, options = starts(held)
            _, info = env.reset(seed=seeds, options={**options, "reset_mask": mask})
            agent.reset(count, mask)
            notes.begin(begin)
