"""What every driver is: the `Agent` protocol, what it may explain, and how one is loaded by name."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypedDict

import numpy as np

from drivesim.config import SensorConfig, cameras_of, replace, sensors_from
from drivesim.errors import ConfigError, FileFormatError, hint

AGENTS: dict[str, str] = {
    "expert": "agents.expert:ExpertAgent",
    "classical": "agents.classical:ClassicalAgent",
}
"""Built-in drivers by name; imported only when asked for."""

CHECKPOINT_AGENT = "agents.learned:LearnedAgent"
"""Drives checkpoints; imported only when asked for, because torch takes a second to load."""
DEFAULT_SENSORS = "front"
"""The rig of an agent that names none."""
CHECKPOINT_SUFFIX = ".safetensors"
CHECKPOINT_NAMES = ("best.safetensors", "last.safetensors")
"""What a training folder is searched for, in this order."""


class Explanation(TypedDict, total=False):
    """What an agent saw and planned at its last `act`; leading axis `world`. Keys it has no opinion on are absent."""

    semantic: np.ndarray
    """`Semantic` ids uint8 (world, h, w), one id per group the agent tells apart; h x w divides the picture's size."""
    depth: np.ndarray
    """Distance along the optical axis float32 (world, h, w) [m]."""
    waypoints: np.ndarray
    """Planned way-points float32 (world, 6, 2), ego frame, 0.5 s apart [m]."""
    target_speed: np.ndarray
    """Speed wanted one second from now, float32 (world,) [m/s]."""
    lane_offset: np.ndarray
    """Rear axle from the centre of its lane, left positive, float32 (world,) [m]."""
    lane_heading: np.ndarray
    """Yaw minus the lane's heading, float32 (world,) [rad]."""
    lane_curvature: np.ndarray
    """Curvature at `CURVATURE_AHEAD_M`, float32 (world, 4) [1/m]."""
    lead_present: np.ndarray
    """Probability of a lead vehicle, float32 (world,)."""
    lead_distance: np.ndarray
    """Bumper gap if there is one, float32 (world,) [m]."""
    lead_closing: np.ndarray
    """Own speed minus its speed if there is one, float32 (world,) [m/s]."""


class Agent(Protocol):
    """A driver of a batch of worlds. A single environment is a batch of one: give its arrays a leading axis."""

    @property
    def explain(self) -> Callable[[], Explanation] | None:
        """Explains the last `act`; None for drivers that cannot, added by `load_agent` where a class has neither."""
        ...

    @property
    def sensors(self) -> str | Sequence[SensorConfig | dict[str, Any]]:
        """The rig it looks through, as an environment takes it; "front", added by `load_agent`, where it names none.

        The first camera is the one whose semantics and depth an explanation speaks of.
        """
        ...

    def reset(self, env_count: int, mask: np.ndarray | None = None) -> None:
        """Forgets the past, before the first observation of new episodes is acted on.

        Args:
            env_count: Worlds from now on.
            mask: Worlds whose episode begins, bool (world,); None for all.
        """
        ...

    def act(self, observation: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> np.ndarray:
        """The next action.

        Args:
            observation: Batched observation; the arrays may be views that the next step overwrites.
            info: The environment's `info`. Drivers with full knowledge read the truth under `labels`; see
                `info_with_labels`.

        Returns:
            Steering (left positive) and acceleration in [-1, 1], float32 (world, 2).
        """
        ...


def info_with_labels(env: Any, info: Mapping[str, Any]) -> dict[str, Any]:
    """The environment's `info` and, under `labels`, the truth that the expert drives by.

    Args:
        env: A `DriveVectorEnv`, or anything else whose `labels()` returns arrays with a leading axis `world`.
        info: What `reset` or `step` returned.
    """
    return {**info, "labels": env.labels()}


def load_agent(name: str, **options: Any) -> Agent:
    """A driver by name.

    Args:
        name: A key of `AGENTS`, a checkpoint file, a training folder (its best checkpoint), or `module:Class`.
        **options: Handed to the driver's constructor; checkpoints take `device`.

    Raises:
        ConfigError: Nothing has this name, or it is no driver; the nearest name is given.
        FileFormatError: The checkpoint is missing, cut off or foreign.
    """
    if name in AGENTS:
        return _from_class(AGENTS[name], options)
    path = Path(name)
    if path.is_dir():
        found = next((path / file for file in CHECKPOINT_NAMES if (path / file).is_file()), None)
        if found is None:
            raise FileFormatError(f"{path}: holds no checkpoint; looked for {', '.join(CHECKPOINT_NAMES)}")
        path = found
    if path.suffix == CHECKPOINT_SUFFIX or path.is_file():
        return _resolve(CHECKPOINT_AGENT).load(path, **options)
    if ":" in name:
        return _from_class(name, options)
    known = f"known: {', '.join(sorted(AGENTS))}, a checkpoint (*{CHECKPOINT_SUFFIX}), module:Class"
    near = hint(name, AGENTS)
    raise ConfigError(f"agent: unknown name {name!r}; {near if near.startswith('did') else known}")


def _resolve(name: str) -> Any:
    """The class behind `module:Class`."""
    module_name, _, class_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"agent: cannot import {module_name!r} of {name!r}: {error}") from error
    cls = getattr(module, class_name, None)
    if cls is None:
        public = [key for key, value in vars(module).items() if isinstance(value, type)]
        raise ConfigError(f"agent: module {module_name!r} has no class {class_name!r}; {hint(class_name, public)}")
    return cls


def _from_class(name: str, options: dict[str, Any]) -> Agent:
    cls = _resolve(name)
    for method in ("reset", "act"):
        if not callable(getattr(cls, method, None)):
            raise ConfigError(f"agent: {name!r} is no driver: it has no method {method}(); see agents.interface.Agent")
    try:
        agent = cls(**options)
    except TypeError as error:
        raise ConfigError(f"agent: {name!r} cannot be built: {error}") from error
    if getattr(agent, "explain", None) is None:
        agent.explain = None
    if getattr(agent, "sensors", None) is None:
        agent.sensors = DEFAULT_SENSORS
    sensors_of(agent)
    return agent


def sensors_of(agent: Agent) -> tuple[SensorConfig, ...]:
    """The rig an agent needs.

    Raises:
        ConfigError: It names an unknown preset or key, or no camera at all.
    """
    value = getattr(agent, "sensors", DEFAULT_SENSORS)
    rig = sensors_from(value if isinstance(value, str) else list(value))
    if not cameras_of(rig):
        raise ConfigError(f"sensors: {type(agent).__name__} needs at least one camera, got {value!r}")
    return rig


def with_truth(rig: Sequence[SensorConfig]) -> list[SensorConfig]:
    """The rig whose first camera also gives depth and semantics, to learn from and to be scored against."""
    first = cameras_of(rig)[0]
    return [replace(first, channels=("rgb", "depth", "semantic")) if sensor is first else sensor for sensor in rig]
