"""Where the time of a step goes: each line of `world.step.step_world` run alone over all worlds, and each sensor.

Worlds are independent, so running one line for all worlds, then the next, ends in the same state as a step does.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from agents.bench.scenes import Batch
from drivesim.envs.observation import observe_worlds
from drivesim.kernels.entry import entry
from drivesim.state import EndReason
from drivesim.world import contacts, driver, scenario, signals, step, traffic, weather
from drivesim.world.people import move


@entry()
def change_weather(maps, state, parameters, action, running, world):
    """The weather."""
    state.worlds.tick[world] += 1
    weather.change_weather(maps, state, parameters, world)


@entry()
def change_lights(maps, state, parameters, action, running, world):
    """Traffic lights."""
    signals.change_lights(maps, state, parameters, world)


@entry()
def apply_actions(maps, state, parameters, action, running, world):
    """The drivers' cars."""
    step.apply_actions(maps, state, parameters, action, world)


@entry()
def has_poses(maps, state, parameters, action, running, world):
    """Whether the state still means something."""
    running[world] = step.has_poses(state, world)


@entry()
def locate_drivers(maps, state, parameters, action, running, world):
    """The drivers' places on the lanes."""
    step.locate_drivers(maps, state, parameters, world)


@entry()
def direct_scenario(maps, state, parameters, action, running, world):
    """What a situation has its road users do."""
    scenario.direct_scenario(maps, state, parameters, world)


@entry()
def move_traffic(maps, state, parameters, action, running, world):
    """The other cars."""
    traffic.move_traffic(maps, state, parameters, world)


@entry()
def move_people(maps, state, parameters, action, running, world):
    """People on foot."""
    move.move_people(maps, state, parameters, world)


@entry()
def detect_contacts(maps, state, parameters, action, running, world):
    """What drivers touch."""
    contacts.detect_contacts(maps, state, parameters, world)


@entry()
def judge_drivers(maps, state, parameters, action, running, world):
    """Infractions, progress, end and reward."""
    step.judge_drivers(maps, state, parameters, world)


@entry()
def judge_scenario(maps, state, parameters, action, running, world):
    """Whether a situation is over."""
    scenario.judge_scenario(state, parameters, world)


@entry()
def decide_world(maps, state, parameters, action, running, world):
    """Every decision, the experts' included."""
    driver.decide_world(maps, state, parameters, world)


WORLD_STAGES: tuple[Callable[..., None], ...] = (
    change_weather,
    change_lights,
    apply_actions,
    has_poses,
    locate_drivers,
    direct_scenario,
    move_traffic,
    move_people,
    detect_contacts,
    judge_drivers,
    judge_scenario,
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
        maps = simulation.bank.arrays
        action = state.plan.expert_action.copy()
        running = state.episode.end[:, 0] == EndReason.RUNNING
        for stage in WORLD_STAGES:
            arguments = (maps, state, world.parameters, action, running)
            self._time(stage.__name__, world.launcher.run, stage, np.flatnonzero(running), *arguments)
        ended = state.episode.end[:, 0] != EndReason.RUNNING
        if ended.any():
            self._time("reset", lambda: world.reset(mask=ended))
        self._time("sensors", simulation.rig.update, maps, state, world.launcher, None)
        worlds = np.arange(self.batch.worlds)
        self._time("vectors", world.launcher.run, observe_worlds, worlds, maps, state, simulation.vectors)
        self._steps += 1

    def _time(self, name: str, function: Callable[..., Any], *args: Any) -> None:
        # This thread's processor time: stages are too short to be told from what else the machine does.
        began = time.thread_time()
        function(*args)
        self._spent[name] = self._spent.get(name, 0.0) + time.thread_time() - began
