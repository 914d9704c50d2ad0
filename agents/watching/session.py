"""`Session`: one world and its driver, stepped one tick at a time."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.interface import Agent, load_agent, sensors_of
from agents.watching.args import first_road, preset_of
from drivesim.config import ENV_PRESETS, replace
from drivesim.envs.episode import step_info
from drivesim.envs.simulation import Simulation
from drivesim.render.moment import Moment, moment_of, world_from_ego
from drivesim.render.window import Report


@dataclass(frozen=True, kw_only=True, eq=False)
class Tick:
    """What is to be shown of one control step."""

    moment: Moment
    score: float
    """Driving score so far, in [0, 100]."""
    explanation: Mapping[str, np.ndarray] = field(default_factory=dict)
    """What the driver says about this moment, without the world axis; empty if it says nothing."""
    plan: np.ndarray | None = None
    """The driver's own way-points, world frame [m], shape (way-point, 2)."""
    picture: np.ndarray | None = None
    """What the driver was shown, RGB uint8, shape (h, w, 3)."""


class Session:
    """A world with a driver. `begin` and `step` may run in another thread, one at a time.

    Args:
        env: Environment, as in the arguments of the commands.
        agent: Driver, as `load_agent` takes it.
        seed: Seed of traffic and start.
        road: Generator seed of the first road, or None.
        roads: Number of roads.
        held_out: Begin at the first held-out road.
        report: Told what is going on while this builds.
    """

    def __init__(
        self, *, env: str, agent: str, seed: int, road: int | None, roads: int, held_out: bool, report: Report
    ) -> None:
        report(f"loading {agent}", None)
        self.agent: Agent = load_agent(agent)
        self.agent_name = short_name(agent)
        self.knows_all = agent == "expert"
        """The driver is the expert."""
        preset = preset_of(env)
        self.env_name = preset.capitalize()
        self.first_road = first_road(road, held_out)
        self.road_count = roads
        self.seed = seed
        base = ENV_PRESETS[preset]
        self.sensors = sensors_of(self.agent)
        """The driver's cameras; semantics and depth are explained for the first."""
        self.config = replace(base, map=replace(base.map, start=self.first_road, count=roads), sensors=self.sensors)
        report("preparing the simulation (the first time compiles it)", None)
        self.simulation = Simulation(self.config, world_count=1)
        self.bank = self.simulation.bank
        self._ahead = self.bank.lease(0)
        self.agent.reset(1)
        self._action = np.zeros((1, 2), np.float32)
        # Whatever compiles or loads late does so here, not in front of somebody.
        self.begin(0)
        self.step()

    @property
    def step_s(self) -> float:
        """Duration of a control step [s]."""
        return self.config.step_s

    def begin(self, road_index: int) -> Tick:
        """Starts an episode on a road; the same road always starts the same way, lap after lap differently."""
        lap, index = divmod(road_index, self.road_count)
        self.simulation.reset(self.seed + lap, maps=[index])
        self._ahead.expect([(index + 1) % self.road_count])
        self.agent.reset(1)
        self._act()
        return self._tick()

    def step(self, action: np.ndarray | None = None) -> Tick:
        """Advances one control step with the driver's action, or with `action`, float32 (2,), instead."""
        chosen = self._action if action is None else np.asarray(action, np.float32).reshape(1, 2)
        self.simulation.world.step(chosen)
        self.simulation.observe()
        self._act()
        return self._tick()

    def close(self) -> None:
        """Ends the worker threads of the simulation."""
        self.simulation.close()

    def _act(self) -> None:
        """Asks the driver about the current observation; the answer is applied by the next step."""
        info: dict[str, Any] = step_info(self.simulation.world.state)
        info["labels"] = self.simulation.labels()
        self._action = np.asarray(self.agent.act(self.simulation.observation(), info), np.float32)

    def _tick(self) -> Tick:
        state = self.simulation.world.state
        moment = moment_of(state, 0, step_s=self.step_s)
        # The expert explains itself by the truth, which is shown anyway.
        said = {} if self.agent.explain is None or self.knows_all else self.agent.explain()
        explanation = {name: np.array(values)[0] for name, values in said.items()}
        plan = None
        if "waypoints" in explanation:
            actors = moment.actors
            pose = float(actors.x[0]), float(actors.y[0]), float(actors.yaw[0])
            plan = world_from_ego(explanation["waypoints"], *pose)
        return Tick(
            moment=moment,
            score=float(step_info(state)["driving_score"][0]),
            explanation=explanation,
            plan=plan,
            picture=self.simulation.observation()[self.sensors[0].name][0].copy(),
        )


def short_name(agent: str) -> str:
    """A name that fits on a panel: a file's stem with its folder, a class without its module."""
    if ":" in agent and not Path(agent).exists():
        return agent.rpartition(":")[2]
    path = Path(agent)
    if path.suffix and path.parent.name:
        return f"{path.parent.name}/{path.stem}"
    return path.stem if path.suffix else path.name


def lines_of(tick: Tick) -> list[tuple[str, str, str]]:
    """Lane and lead as rows of name, truth and what the driver says ("" where it says nothing)."""
    labels, expert, said = tick.moment.labels, tick.moment.expert, tick.explanation

    def both(key: str, truth: float, shape: str, scale: float = 1.0) -> tuple[str, str]:
        answer = said.get(key)
        value = "" if answer is None else shape.format(scale * float(np.ravel(answer)[0]))
        return shape.format(scale * truth), value

    present = bool(labels.lead_present)
    probability = said.get("lead_present")
    sees = probability is not None and float(probability) > 0.5
    rows = [
        ("offset", *both("lane_offset", float(labels.lane_offset), "{:+.2f} m")),
        ("heading", *both("lane_heading", float(labels.lane_heading), "{:+.1f} deg", math.degrees(1.0))),
        ("curvature 5 m", *both("lane_curvature", float(labels.lane_curvature[0]), "{:+.4f} /m")),
        ("target speed", *both("target_speed", float(expert.target_speed), "{:.0f} km/h", 3.6)),
    ]
    distance = both("lead_distance", float(labels.lead_distance), "{:.0f} m")
    closing = both("lead_closing", float(labels.lead_closing), "{:+.1f} m/s")
    none = "none" if probability is not None else ""
    rows.append(("lead", distance[0] if present else "none", distance[1] if sees else none))
    rows.append(("closing", closing[0] if present else "-", closing[1] if sees else "-" if none else ""))
    return rows
