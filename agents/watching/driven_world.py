"""`DrivenWorld`: one world and its driver, stepped one tick at a time."""

import copy
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from agents.evaluation.outlines import event_names
from agents.evaluation.replay import AT_START, BEFORE, Beginning, Change, Replay, beginning_of, checksums_of
from agents.heads import Head
from agents.interface import Agent, load_driver, sensors_of, vehicle_of
from agents.perception import heads_of
from agents.watching.args import first_road, preset_of, rig_from, short_name
from agents.watching.panes import path_of, truth_of
from agents.watching.rig import Frames, frames_of, label_names, shown_rig
from agents.watching.tick import Answer, SavedDrive, Tick
from drivesim.config import ENV_PRESETS, cameras_of, fault_names, map_from, replace, sensors_from, weather_from
from drivesim.envs.episode import step_info
from drivesim.envs.scenario import arranged
from drivesim.envs.simulation import Simulation
from drivesim.extensions import NO_EXTENSIONS
from drivesim.maps.bank import MapBank
from drivesim.render.moment import moment_of, world_from_ego
from drivesim.render.strips import Strip, StripHistory
from drivesim.render.window import Report
from drivesim.scenarios import ScenarioSet
from drivesim.state.scenario import Phase
from drivesim.world.weather_choice import weather_name


class DrivenWorld:
    """A world with a driver. `begin` and `step` may run in another thread, one at a time.

    Args:
        env: Environment, as in the arguments of the commands.
        agent: Driver, as `load_agent` takes it, or one that is loaded.
        heads: Heads that a checkpoint has beside those that ship.
        seed: Seed of traffic and start.
        weather: Names of weathers, of which each drive draws one; none: a clear noon.
        road: Generator seed of the first road, or None.
        roads: Number of roads.
        held_out: Begin at the first held-out road.
        report: Told what is going on while this builds.
        bank: The roads, where another drive on the same ones has built them; None builds them.
        sensors: Sensors to show, as an environment takes them; None for those that the driver looks through.
        map_file: An OpenDRIVE file to drive on among a town's traffic, instead of generated roads.
        scenarios: Situations to drive, one after the other, instead of roads; they bring their maps.
        order: Numbers of those of them that are driven; all of them if None.
        suite: What they were asked for as.
        replay: A drive that was kept: begins as it did, in its car, instead of all these.
    """

    def __init__(
        self,
        *,
        env: str,
        agent: str | Agent,
        seed: int,
        road: int | None,
        roads: int,
        held_out: bool,
        report: Report,
        heads: Sequence[Head] = (),
        weather: Sequence[str] = (),
        bank: MapBank | None = None,
        sensors: Any = None,
        map_file: str | None = None,
        scenarios: ScenarioSet | None = None,
        order: Sequence[int] | None = None,
        suite: str = "",
        replay: Replay | None = None,
    ) -> None:
        made = None if replay is None else replay.beginning.made()
        scenarios = scenarios if made is None else made[1].scenarios
        name = agent if isinstance(agent, str) else type(agent).__name__
        report(f"loading {name}", None)
        self.agent: Agent = load_driver(agent, heads=heads) if isinstance(agent, str) else agent
        self.heads = heads_of(self.agent)
        """In whose words the driver explains itself."""
        self.agent_name = short_name(name)
        self.knows_all = agent == "expert"
        """The driver is the expert."""
        preset = preset_of(env) if map_file is None and scenarios is None else "town"
        self.env_name = preset.capitalize() if map_file is None else Path(map_file).name.partition(".")[0]
        self.in_town = preset == "town"
        """Streets cross here."""
        self.map_file = map_file
        """The file that is driven on, or None."""
        self.first_road = first_road(road, held_out)
        self._roads = roads if map_file is None else 1
        self.seed = seed
        self.scenarios = scenarios
        self.suite = suite
        """What the situations were asked for as; empty where roads are driven."""
        self.order: tuple[int, ...] = ()
        """Numbers of the situations that are driven one after the other."""
        if scenarios is not None:
            self.env_name = scenarios.name
            self.order = tuple(range(len(scenarios.variants)) if order is None else order)
        self._replay = replay
        if replay is not None and made is not None:
            maps = made[0].map
            self.env_name, self._roads = replay.about.get("suite") or "a kept drive", 1
            self.seed, self.map_file = replay.beginning.seed, getattr(maps, "path", None)
            self.first_road = getattr(maps, "start", 0)
            self.in_town = getattr(maps, "generator", "town") == "town"
        base = ENV_PRESETS[preset]
        sensors = replay.beginning.config.sensors if sensors is None and replay is not None else sensors
        asked = None if not sensors else rig_from(sensors) if isinstance(sensors, str) else sensors_from(sensors)
        self.sensors = shown_rig(sensors_of(self.agent), asked, is_needed=not self.knows_all)
        self.cameras = cameras_of(self.sensors)
        """Its cameras; semantics and depth are explained for the first."""
        self.layers: Sequence[str] = ()
        """Layers of labels that every step gets ready, of `render.overlay`."""
        self.labelled: frozenset[str] = frozenset()
        """Names of the sensors over which they are drawn."""
        self._changes: deque[Change] = deque()
        self._strips: dict[str, StripHistory] = {}
        extensions, vehicle, weathers = NO_EXTENSIONS, vehicle_of(self.agent), weather_from(weather)
        if made is not None:
            base, extensions = made
            maps, vehicle, weathers = base.map, base.vehicle, base.weather
        elif scenarios is not None:
            given = arranged({}, scenarios)
            base, extensions = given["config"], given["extensions"]
            maps = base.map
        elif map_file is not None:
            maps = map_from(map_file)
        else:
            maps = replace(base.map, start=self.first_road, count=roads)
        self.config = replace(
            base,
            map=maps,
            vehicle=vehicle or base.vehicle,
            sensors=self.sensors,
            weather=weathers,
        )
        report("preparing the simulation (the first time compiles it)", None)
        self.simulation = Simulation(self.config, world_count=1, bank=bank, extensions=extensions)
        self.bank = self.simulation.bank
        self._ahead = self.bank.lease(0)
        self.agent.reset(1)
        self.answer = Answer(np.zeros(2, np.float32), {})
        """The driver's at the present moment."""
        self.event_names = event_names(self.simulation)
        """Of all events, by their numbers."""
        # Whatever compiles or loads late does so here, not in front of somebody.
        self.begin(0)
        self.step()

    @property
    def step_s(self) -> float:
        """Duration of a control step [s]."""
        return self.config.step_s

    @property
    def road_count(self) -> int:
        """Roads or situations that are driven one after the other, again and again."""
        return self._roads if self.scenarios is None else len(self.order)

    @property
    def brings_weather(self) -> bool:
        """Situations set the weather when they begin, whatever was set before."""
        return self.scenarios is not None and any(variant.weather for variant in self.scenarios.variants)

    @property
    def shows(self) -> tuple[Any, ...]:
        """What of a moment is in its `Tick`, as it was asked for last."""
        return tuple(self.layers), self.labelled

    @property
    def action(self) -> np.ndarray:
        """What the driver wants to do next, float32 (2,)."""
        return self.answer.action

    def begin(self, road_index: int) -> Tick:
        """Starts an episode on a road; the same road always starts the same way, lap after lap differently."""
        _one_thread_per_operator()
        lap, index = divmod(road_index, self.road_count)
        self._strips.clear()
        if self._replay is not None:
            self._begin_again(self._replay, lap)
        elif self.scenarios is None:
            self.simulation.reset(self.seed + lap, maps=[index])
            self._ahead.expect([(index + 1) % self.road_count])
        else:
            # Seeded as `agents.situations` does, so that what is watched is what was scored.
            variant = self.order[index]
            self.simulation.reset(self.seed + lap + variant, variants=[variant])
            following = self.scenarios.variants[self.order[(index + 1) % self.road_count]]
            self._ahead.expect([self.scenarios.roads.roads.index(following.road)])
        self.began_with = self.take_changes()
        """What was set before this drive and taken up at its start."""
        self.agent.reset(1)
        self._act()
        return self.look()

    def _begin_again(self, replay: Replay, lap: int) -> None:
        lasting = [change for step, change in replay.changes if step == BEFORE]
        if lasting:
            # A world that has begun takes them up, and begins again with them.
            replay.beginning.reset(self.simulation, lap)
            for change in lasting:
                self.change(change)
            self.take_changes()
        replay.beginning.reset(self.simulation, lap)
        for step, change in replay.changes:
            if step == AT_START:
                self.change(change)

    def step(self, action: np.ndarray | None = None) -> Tick:
        """Advances one control step with the driver's action, or with `action`, float32 (2,), instead."""
        self.take_changes()
        return self.advance(self.action if action is None else action)

    def advance(self, action: np.ndarray, *, answer: Answer | None = None, rehearses: bool = False) -> Tick:
        """Advances one control step, and takes up no changes.

        Args:
            action: float32 (2,).
            answer: What the driver said when this step was driven first; None asks it.
            rehearses: It meets the moment again for its memory, though its answer is known.
        """
        self.simulation.world.step(np.asarray(action, np.float32).reshape(1, 2))
        self.simulation.observe()
        if answer is None or rehearses:
            self._act()
        if answer is not None:
            self.answer = answer
        return self.look()

    def set_weather(self, name: str | None) -> None:
        """Another weather from the next step on, by its preset's name; None for that of the config."""
        self._changes.append(Change(weather=name))

    def set_fault(self, sensor: str, kind: str, severity: int | None) -> None:
        """A fault of a sensor from the next step on; see `Simulation.set_fault`."""
        self._changes.append(Change(sensor=sensor, fault=kind, severity=severity))

    def change(self, change: Change) -> None:
        """What was set when a drive was kept, from the next step on; a sensor that is not mounted now has no faults."""
        if not change.sensor or any(sensor.name == change.sensor for sensor in self.sensors):
            self._changes.append(change)

    @property
    def has_changes(self) -> bool:
        """Something was set that no step has taken up yet."""
        return bool(self._changes)

    def refresh(self) -> Tick:
        """Takes up what was set, and shows this moment anew without a step."""
        self.take_changes()
        return self.look()

    def save(self) -> SavedDrive:
        """This moment, to go on from again and again."""
        agent: Any = self.agent
        memory = agent.state() if _can_tell(agent) else None
        return SavedDrive(self.simulation.snapshot(), copy.deepcopy(self._strips), self.answer, copy.deepcopy(memory))

    def restore(self, saved: SavedDrive) -> None:
        """Goes back to a moment; what a driver remembers of the time since then stays."""
        self.simulation.restore(saved.snapshot)
        self._strips, self.answer = copy.deepcopy(saved.strips), saved.answer

    def remember(self, saved: SavedDrive) -> None:
        """Gives the driver the memory of a moment that was restored; one that cannot tell it begins anew there."""
        if saved.memory is not None:
            self.agent.load_state(copy.deepcopy(saved.memory))  # type: ignore[attr-defined]  # told by `_can_tell`
        else:
            self.agent.reset(1)
            self._act()
            self.answer = saved.answer

    def take_changes(self) -> tuple[Change, ...]:
        """What others set is taken up by the thread that steps; what there was."""
        taken = []
        while self._changes:
            taken.append(change := self._changes.popleft())
            if change.sensor:
                self.simulation.set_fault(change.sensor, change.fault, change.severity)
            else:
                self.simulation.world.set_weather([*weather_from(change.weather)] or [None])
        if taken:
            self.simulation.observe()
        return tuple(taken)

    @property
    def beginning(self) -> Beginning:
        """How this drive began."""
        return beginning_of(self.simulation, 0)

    @property
    def checksum(self) -> int:
        """Of all road users now, see `checksums_of`."""
        return int(checksums_of(self.simulation.world.state, (0,))[0])

    def trigger_name(self, number: int) -> str:
        """What an event of the present situation is called."""
        assert self.scenarios is not None, "only situations have such events"
        variant = self.scenarios.variants[int(self.simulation.world.state.conditions.variant[0])]
        event = variant.all_events[number]
        said = " ".join(filter(None, (event.action.user, event.action.type.replace("_", " "))))
        return event.name.replace("_", " ") or said

    def close(self) -> None:
        """Ends the worker threads of the simulation."""
        self.simulation.close()

    def _act(self) -> None:
        """Asks the driver about the current observation; the answer is applied by the next step."""
        info: dict[str, Any] = step_info(self.simulation.world.state)
        info["labels"] = self.simulation.labels()
        action = np.array(self.agent.act(self.simulation.observation(), info), np.float32)[0]
        # The expert explains itself by the truth, which is shown anyway.
        said = {} if self.agent.explain is None or self.knows_all else self.agent.explain()
        self.answer = Answer(action, {name: np.array(values)[0] for name, values in said.items()})

    def look(self) -> Tick:
        """The present moment."""
        state = self.simulation.world.state
        moment = moment_of(state, 0, step_s=self.step_s)
        explanation = self.answer.explanation
        observation, plan = self.simulation.observation(), path_of(self.heads, explanation)
        labels = self.simulation.labels()
        if plan is not None:
            actors = moment.actors
            plan = world_from_ego(plan, float(actors.x[0]), float(actors.y[0]), float(actors.yaw[0]))
        return Tick(
            moment=moment,
            weather=weather_name(state.weather, 0),
            score=float(step_info(state)["driving_score"][0]),
            explanation=explanation,
            truth=truth_of(self.heads, observation, labels, next(iter(self.cameras), None)),
            plan=plan,
            frames=(frames := {sensor.name: frames_of(sensor, observation) for sensor in self.sensors}),
            strips=self._strips_of(frames, moment.time_s),
            faults=self._faults(labels),
            labels=self._labels(labels),
            variant=int(state.conditions.variant[0]),
            triggered=frozenset(np.flatnonzero(state.scenario.phase[0] == Phase.BEGUN).tolist()),
        )

    def _strips_of(self, frames: Mapping[str, Frames], time_s: float) -> dict[str, Strip]:
        """What sensors without a picture have said for some time, up to now."""
        for sensor in self.simulation.rig.sensors:
            name = sensor.config.name
            values = sensor.strip(frames[name])
            if values is None:
                continue
            if not np.all(frames[name].get("valid", True)):
                values = {key: np.full_like(samples, np.nan) for key, samples in values.items()}
            self._strips.setdefault(name, StripHistory()).add(time_s, values, step_s=self.step_s)
        return {name: history.strip() for name, history in self._strips.items()}

    def _faults(self, labels: Mapping[str, np.ndarray]) -> dict[str, dict[str, int]]:
        found = {}
        for sensor in self.sensors:
            key = f"{sensor.name}_faults"
            if key in labels:
                severities = labels[key][0]
                found[sensor.name] = {
                    kind: int(severity)
                    for kind, severity in zip(fault_names(sensor.type), severities, strict=True)
                    if severity
                }
        return {name: faults for name, faults in found.items() if faults}

    def _labels(self, labels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        names = {
            name for sensor in self.sensors if sensor.name in self.labelled for name in label_names(sensor, self.layers)
        }
        return {name: labels[name][0].copy() for name in sorted(names)}


def _can_tell(agent: Agent) -> bool:
    """Whether a driver can say what it remembers, and be told."""
    return hasattr(agent, "state") and hasattr(agent, "load_state")


def _one_thread_per_operator() -> None:
    """Keeps OpenCV, and torch where a driver uses it, from splitting operators in the thread that calls this.

    A split operator waits for every core, so beside a training or any other busy program it takes many times longer.
    """
    cv2.setNumThreads(1)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
