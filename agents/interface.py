"""What every driver is: the `Agent` protocol, what it may explain, and how one is loaded by name."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from drivesim import assets
from drivesim.config import CameraConfig, SensorConfig, VehicleConfig, cameras_of, replace, sensors_from
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
TWIN_NAME = "exact_twin"
"""Of the camera that judges see through beside a faulty one."""
CHECKPOINT_SUFFIX = ".safetensors"
CHECKPOINT_NAMES = ("best.safetensors", "last.safetensors")
"""What a training folder is searched for, in this order."""


Explanation = dict[str, np.ndarray]
"""What an agent saw and planned at its last `act`: arrays by name, with leading axis `world`.

Names, shapes, units and frames are those of the labels that the heads in `agents.heads` declare; `semantic` holds one
`Semantic` id per group that the agent tells apart, `lead_present` a probability, and pictures may be smaller than the
camera's, in whole steps. What the agent has no opinion on is absent. An agent with an attribute `heads` explains itself
in the words of those heads.
"""


class Agent(Protocol):
    """A driver of a batch of worlds. A single environment is a batch of one: give its arrays a leading axis."""

    @property
    def explain(self) -> Callable[[], Explanation] | None:
        """Explains the last `act`; None for drivers that cannot, added by `load_agent` where a class has neither."""
        ...

    @property
    def sensors(self) -> str | Sequence[SensorConfig | dict[str, Any]]:
        """The rig it looks through, as an environment takes it; "front", added by `load_agent`, where it names none.

        The first camera is the one whose semantics and depth an explanation speaks of. "none" is a rig without any.
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


def checkpoint_path(name: str) -> Path:
    """The file that is meant by the path of a checkpoint or of its training folder, or any path as it is.

    A path that begins with `assets/` and is not there means what ships with the project.

    Raises:
        FileFormatError: It is a folder without a checkpoint.
    """
    path = Path(name)
    if not path.exists() and path.parts[:1] == ("assets",):
        path = assets.path(path.relative_to("assets").as_posix())
    if not path.is_dir():
        return path
    found = next((path / file for file in CHECKPOINT_NAMES if (path / file).is_file()), None)
    if found is None:
        raise FileFormatError(f"{path}: holds no checkpoint; looked for {', '.join(CHECKPOINT_NAMES)}")
    return found


def load_agent(name: str, **options: Any) -> Agent:
    """A driver by name.

    Args:
        name: A key of `AGENTS`, what `checkpoint_path` takes, or `module:Class`, whose module is also looked for in the
            working folder.
        **options: Handed to the driver's constructor; checkpoints take `device`.

    Raises:
        ConfigError: Nothing has this name, or it is no driver; the nearest name is given.
        FileFormatError: The checkpoint is missing, cut off or foreign.
    """
    if name in AGENTS:
        return _from_class(AGENTS[name], options)
    path = checkpoint_path(name)
    if path.suffix == CHECKPOINT_SUFFIX or path.is_file():
        return _resolve(CHECKPOINT_AGENT).load(path, **options)
    if ":" in name:
        return _from_class(name, options)
    known = f"known: {', '.join(sorted(AGENTS))}, a checkpoint (*{CHECKPOINT_SUFFIX}), its folder, module:Class"
    near = hint(name, AGENTS)
    raise ConfigError(f"agent: unknown name {name!r}; {near if near.startswith('did') else known}")


def load_driver(name: str, *, device: str = "auto", heads: Sequence[Any] = ()) -> Agent:
    """A driver by name, with what only checkpoints take.

    Args:
        name: As `load_agent` takes it.
        device: Where the network of a checkpoint runs.
        heads: Heads of a checkpoint beside those that ship, from `heads.load_heads`.

    Raises:
        ConfigError: As `load_agent`; or the driver is no checkpoint, so that it has no heads.
        FileFormatError: As `load_agent`.
    """
    if is_checkpoint(name):
        return load_agent(name, device=device, heads=heads)
    if heads:
        unused = ", ".join(head.name for head in heads)
        raise ConfigError(f"heads: expected a checkpoint, which may have {unused}, got agent {name!r}")
    return load_agent(name)


def is_checkpoint(name: str) -> bool:
    """The name of an agent means a checkpoint file or a training folder."""
    path = Path(name)
    return name not in AGENTS and (path.is_dir() or path.suffix == CHECKPOINT_SUFFIX or path.is_file())


def _resolve(name: str) -> Any:
    """The class behind `module:Class`."""
    module_name, _, class_name = name.partition(":")
    find_in_working_folder()
    try:
        module = importlib.import_module(module_name)
    except (ImportError, ValueError) as error:
        near = hint(module_name, (file.stem for file in Path().glob("*.py")))
        also = f"; {near}" if near.startswith("did") else ""
        raise ConfigError(f"agent: cannot import {module_name!r} of {name!r}: {error}{also}") from error
    cls = getattr(module, class_name, None)
    if cls is None:
        public = [key for key, value in vars(module).items() if isinstance(value, type)]
        raise ConfigError(f"agent: module {module_name!r} has no class {class_name!r}; {hint(class_name, public)}")
    return cls


def find_in_working_folder() -> None:
    """Lets imports find modules in the working folder, as `python -m` does; an installed command does not.

    Behind the first entry, the folder of the script that runs: what lies beside that script still comes first.
    """
    folder = os.getcwd()
    if "" not in sys.path and folder not in sys.path:
        sys.path.insert(1, folder)


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
    """The rig an agent looks through; empty if it drives by the vectors of the observation alone.

    Raises:
        ConfigError: It names an unknown preset or key.
    """
    return sensors_from(getattr(agent, "sensors", DEFAULT_SENSORS))


def vehicle_of(agent: Agent) -> VehicleConfig | None:
    """The car an agent is made for, its attribute `vehicle`; None where it drives whatever it is given."""
    return getattr(agent, "vehicle", None)


def with_truth(rig: Sequence[SensorConfig], channels: Sequence[str] = ("depth", "semantic")) -> list[SensorConfig]:
    """The rig whose first camera, if there is one, also gives the true `channels`: to learn from and be scored by."""
    cameras = cameras_of(rig)
    if not cameras:
        return list(rig)
    first = cameras[0]
    labelled = replace(first, channels=tuple(dict.fromkeys((*first.channels, *channels))))
    return [labelled if sensor is first else sensor for sensor in rig]


def with_exact_twin(
    rig: Sequence[SensorConfig], channels: Sequence[str] = ("depth", "semantic")
) -> tuple[list[SensorConfig], CameraConfig | None]:
    """The rig, and beside its first camera one that nothing is wrong with, for the true `channels`; and that camera.

    To score who drives by a camera that is late, frozen or dead, against what is there at the moment.
    """
    cameras = cameras_of(rig)
    if not cameras:
        return list(rig), None
    twin = replace(
        cameras[0],
        name=TWIN_NAME,
        channels=tuple(channels),
        faults=(),
        rate_hz=0.0,
        phase_s=0.0,
        latency_s=0.0,
        timestamps=False,
    )
    return [*rig, twin], twin
