"""Where the time of a step goes: each line of `world.step.step_world` run alone over all worlds, and each sensor.

Worlds are independent, so running one line for all worlds, then the next, ends in the same state as a step does.
"""

import time
from collections.abc import Callable
from typing import Any

from numba import njit

from agents.bench.scenes import Batch
from drivesim.envs.observation import observe_worlds
from drivesim.state import EndReason
from drivesim.world import contacts, driver, step, traffic


@njit(nogil=True, cache=True)
def apply_actions(maps, state, parameters, action, running, first, last):
    """The drivers' cars."""
    for world in range(first, last):
        if running[world]:
            state.worlds.tick[world] += 1
            step.apply_actions(maps, state, parameters, action, world)


@njit(nogil=True, cache=True)
def is_finite(maps, state, parameters, action, running, first, last):
    """Whether the state still means something."""
    for world in range(first, last):
        if running[world]:
            running[world] = step.is_finite(state, world)


@njit(nogil=True, cache=True)
def locate_drivers(maps, state, parameters, action, running, first, last):
    """The drivers' places on the lanes."""
    for world in range(first, last):
        if running[world]:
            step.locate_drivers(maps, state, parameters, world)


@njit(nogil=True, cache=True)
def move_traffic(maps, state, parameters, action, running, first, last):
    """The other cars."""
    for world in range(first, last):
        if running[world]:
            traffic.move_traffic(maps, state, parameters, world)


@njit(nogil=True, cache=True)
def detect_contacts(maps, state, parameters, action, running, first, last):
    """What drivers touch."""
    for world in range(first, last):
        if running[world]:
            contacts.detect_contacts(maps, state, world)


@njit(nogil=True, cache=True)
def judge_drivers(maps, state, parameters, action, running, first, last):
    """Infractions, progress, end and reward."""
    for world in range(first, last):
        if running[world]:
            step.judge_drivers(maps, state, parameters, world)


@njit(nogil=True, cache=True)
def decide_world(maps, state, parameters, action, running, first, last):
    """Every decision, the experts' included."""
    for world in range(first, last):
        if running[world]:
            driver.decide_world(maps, state, parameters, world)


WORLD_STAGES: tuple[Callable[..., None], ...] = (
    apply_actions,
    is_finite,
    locate_drivers,
    move_traffic,
    detect_contacts,
    judge_drivers,
    decide_world,
)
"""One per line of `step_world`, in its order, and the decision after it."""


class Breakdown:
    """Steps a batch stage by stage and keeps the time of each."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._spent: dict[str, float] = {}
        self._steps = 0

    def run(self, steps: int) -> dict[str, float]:
        """Microseconds per frame by stage, over `steps` steps after one that compiles."""
        self._step()
        self._spent, self._steps = {}, 0
        for _ in range(steps):
            self._step()
        frames = self._steps * self.batch.worlds
        return {name: 1e6 * spent / frames for name, spent in self._spent.items()}

    def _step(self) -> None:
        simulation = self.batch.env.simulation
        world, state = simulation.world, simulation.world.state
        maps, worlds = simulation.bank.arrays, self.batch.worlds
        action = state.plan.expert_action.copy()
        running = state.episode.end[:, 0] == EndReason.RUNNING
        for stage in WORLD_STAGES:
            arguments = (maps, state, world.parameters, action, running)
            self._time(stage.__name__, world.launcher.run, stage, worlds, *arguments)
        ended = state.episode.end[:, 0] != EndReason.RUNNING
        if ended.any():
            self._time("reset", lambda: world.reset(mask=ended))
        self._time("sensors", simulation.rig.update, maps, state, world.launcher, None)
        view = simulation.observation()
        vectors = (view["ego"], view["route"], view["command"])
        self._time("vectors", world.launcher.run, observe_worlds, worlds, maps, state, *vectors)
        self._steps += 1

    def _time(self, name: str, function: Callable[..., Any], *args: Any) -> None:
        # This thread's processor time: stages are too short to be told from what else the machine does.
        began = time.thread_time()
        function(*args)
        self._spent[name] = self._spent.get(name, 0.0) + time.thread_time() - began
