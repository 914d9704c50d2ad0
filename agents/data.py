"""Recorded frames for training: a ring of the latest frames with their labels, batches from it, augmentation.

Pictures make up nearly all of the memory and follow from the states of the worlds and from what sensors remember, which
is pictures again where they are late or fail. So a ring keeps the states of all its ticks, what sensors remember of a
few, and when it is loaded the frames are drawn again from there on.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from agents.heads.contract import PICTURE_STEP, Quantity, Truth
from agents.network import DrivingNetwork, picture_tensor
from agents.network.inputs import INPUTS, SPEED_UNIT, inspected, sensed
from agents.network.inspection import WINDOW_TICKS, Inspector
from agents.network.senses import sense_of
from drivesim.config import CameraConfig, SensorConfig
from drivesim.envs.observation import EgoColumn

KEY_TICKS = 50
"""A ring keeps what sensors remember of one tick in so many."""
GAIN_SPREAD = 0.15
BIAS_SPREAD = 0.15
"""Photometric jitter: standard deviation of contrast (relative) and brightness (in network units, 1 = 64 levels)."""


RARE_POINT, RARE_ASIDE_M = 2, 0.5
"""Who will have moved so far aside at this way-point turns [m]."""
RARE_SPEED_M_S = 0.8
"""Who will change speed by more than this within a second starts or stops [m/s]."""


class TrainingEnv(Protocol):
    """What training needs of an environment; `DriveVectorEnv` with SAME_STEP autoreset offers it."""

    num_envs: int

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begins new episodes, where `options["reset_mask"]` is given only in those worlds."""
        ...

    def advance(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Steps; worlds that end begin anew at once."""
        ...

    def observe_view(self) -> Mapping[str, np.ndarray]:
        """The current observation."""
        ...

    def labels(self) -> Mapping[str, np.ndarray]:
        """The labels of the current observation."""
        ...

    def snapshot(self, *, sensors: bool = True) -> dict[str, np.ndarray]:
        """Everything that changes, or all but what sensors remember."""
        ...

    def restore(self, snapshot: dict[str, np.ndarray], *, sensors: bool = True) -> None:
        """Returns to a snapshot and observes it; without `sensors` these go on from what they remember."""
        ...


class FrameBatch(NamedTuple):
    """A batch of recorded frames: what the network reads and what it learns from, by name; leading axis B."""

    pictures: dict[str, Tensor]
    """Of each camera, uint8 (B, H, W, 3)."""
    earlier: dict[str, Tensor]
    """Green of each camera's earlier picture, uint8 (B, H, W)."""
    inputs: dict[str, Tensor]
    """`INPUTS`."""
    senses: dict[str, Tensor]
    """What `inputs.sensed` reads, by `<sensor>.<part>`; empty for a network of cameras alone."""
    windows: dict[str, Tensor]
    """What an `Inspector` measured, float32 (B, tick, number), by `<sensor>.inspected`; empty where no head asks."""
    labels: dict[str, Tensor]
    """What the heads learn from. Pictures among them hold every second pixel of the first D <= B frames."""

    def to(self, device: torch.device) -> "FrameBatch":
        """The batch on a device."""
        return FrameBatch(*({name: values.to(device) for name, values in part.items()} for part in self))


def mirrored(
    batch: FrameBatch, chosen: Tensor, quantities: Mapping[str, Quantity], sensors: Sequence[SensorConfig] = ()
) -> FrameBatch:
    """The batch with some frames seen in a mirror: left becomes right in pictures, other frames, inputs and labels.

    Its own inverse. The mirror turns right-hand traffic into left-hand traffic.

    Args:
        batch: Any.
        chosen: The frames, bool (B,).
        quantities: Declarations of its labels by name, as `DrivingNetwork.labels`.
        sensors: Those of which there are `senses`.
    """

    def where(values: Tensor, reflection: Tensor) -> Tensor:
        return torch.where(chosen[: len(values)].view(-1, *(1,) * (values.dim() - 1)), reflection, values)

    def reflected(values: Tensor, quantity: Quantity) -> Tensor:
        if quantity.is_picture:
            return where(values, values.flip(2))
        if quantity.mirror == 1.0:
            return values
        return where(values, values * torch.tensor(quantity.mirror, dtype=values.dtype, device=values.device))

    return FrameBatch(
        pictures={name: where(values, values.flip(2)) for name, values in batch.pictures.items()},
        earlier={name: where(values, values.flip(2)) for name, values in batch.earlier.items()},
        inputs={quantity.name: reflected(batch.inputs[quantity.name], quantity) for quantity in INPUTS},
        senses={**batch.senses, **_mirrored_senses(batch.senses, where, sensors)},
        windows=batch.windows,
        labels={name: reflected(values, quantities[name]) for name, values in batch.labels.items()},
    )


def _mirrored_senses(
    senses: Mapping[str, Tensor], where: Callable[[Tensor, Tensor], Tensor], sensors: Sequence[SensorConfig]
) -> dict[str, Tensor]:
    changed: dict[str, Tensor] = {}
    for sensor in sensors:
        if isinstance(sensor, CameraConfig):
            continue
        parts = {
            key.partition(".")[2]: values
            for key, values in senses.items()
            if key.partition(".")[0] == sensor.name and key.partition(".")[2] not in ("there", "age")
        }
        for part, values in sense_of(sensor).mirror(parts).items():
            changed[f"{sensor.name}.{part}"] = where(parts[part], values)
    return changed


def without_some_sensors(batch: FrameBatch, share: float, rng: np.random.Generator) -> None:
    """Takes sensors out of frames, in place: what they deliver becomes zeros, as of a sensor that is dead.

    At least one stays in every frame, so that there is something to learn from. What inspectors measured stays: nothing
    is wrong with these sensors.

    Args:
        batch: Of a network with more sensors than cameras.
        share: Chance of each sensor of each frame.
        rng: Where the draws come from.
    """
    names = [key.removesuffix(".there") for key in batch.senses if key.endswith(".there")]
    if not share or not names:
        return
    count = len(batch.inputs["speed"])
    lost = rng.random((len(names), count)) < share
    kept = rng.integers(0, len(names), count)
    lost[kept, np.arange(count)] = False
    for name, frames in zip(names, lost, strict=True):
        gone = torch.from_numpy(np.flatnonzero(frames)).to(batch.inputs["speed"].device)
        for values in (*_of(batch.pictures, name), *_of(batch.earlier, name), *_of(batch.senses, f"{name}.")):
            values[gone] = 0


def _of(values: Mapping[str, Tensor], prefix: str) -> list[Tensor]:
    """Values of one sensor: those of its name, or that begin with its name and a dot."""
    return [tensor for key, tensor in values.items() if key == prefix or (prefix[-1] == "." and key.startswith(prefix))]


def network_inputs(
    batch: FrameBatch, dtype: torch.dtype, *, jitter: np.random.Generator | None = None
) -> dict[str, Tensor]:
    """What `DrivingNetwork.forward` takes.

    Args:
        batch: Any.
        dtype: Floating type of the pictures.
        jitter: Where photometric jitter draws from; None for none.
    """
    pictures = {name: picture_tensor(now, batch.earlier[name], dtype) for name, now in batch.pictures.items()}
    if jitter is not None:
        pictures = {name: jittered(picture, jitter) for name, picture in pictures.items()}
    return {**pictures, **batch.inputs, **batch.senses, **batch.windows}


def jittered(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Changes contrast and brightness of every picture of (B, 4, H, W) in place, each by its own draw."""
    count = len(picture)
    gain = torch.from_numpy(np.exp(GAIN_SPREAD * rng.standard_normal(count, np.float32)))
    bias = torch.from_numpy(np.float32(BIAS_SPREAD) * rng.standard_normal(count, np.float32))
    shape = (count, 1, 1, 1)
    return picture.mul_(gain.view(shape).to(picture)).add_(bias.view(shape).to(picture))


def is_rare(truth: Truth) -> np.ndarray:
    """Frames in which a driver does or heeds something, bool (world,)."""
    labels = truth.labels
    speed = truth.observation["ego"][:, EgoColumn.SPEED] * SPEED_UNIT
    bends = np.abs(labels["waypoints"][:, RARE_POINT, 1]) > RARE_ASIDE_M
    changes = np.abs(labels["target_speed"] - speed) > RARE_SPEED_M_S
    rare = bends | changes
    if "light_present" in labels:
        rare |= (labels["light_present"] & (speed > RARE_SPEED_M_S)) | labels["person_present"]
    return rare


class Replay:
    """A ring of the latest ticks of all worlds.

    What sensors remember is kept of every `KEY_TICKS`-th tick, and states from the last of those before the oldest
    tick on.

    Args:
        ticks: Ticks it holds.
        worlds: Worlds per tick.
        network: What it reads and its heads learn from is what is recorded.
        camera: The camera whose channels its heads learn from; its own first one if None.
    """

    def __init__(self, ticks: int, worlds: int, network: DrivingNetwork, *, camera: CameraConfig | None = None) -> None:
        self.ticks, self.worlds = ticks, worlds
        self.cameras, self.history_ticks = network.cameras, network.config.history_ticks
        self.camera = next(iter(self.cameras), None) if camera is None else camera
        self.fused = network.sensors if network.fusion is not None else ()
        """Sensors of which more is recorded than pictures."""
        self.inputs, self.labels = {quantity.name: quantity for quantity in INPUTS}, network.labels
        self.count = 0
        """Ticks ever added."""
        self.pictures: dict[str, np.ndarray] = {}
        """By camera, uint8 (tick, world, H, W, 3)."""
        self.values: dict[str, np.ndarray] = {}
        """Inputs and labels by name, (tick, world, ...)."""
        self.senses: dict[str, np.ndarray] = {}
        """What `inputs.sensed` reads by `<sensor>.<part>`, (tick, world, ...)."""
        self.inspector = Inspector(network.inspected)
        self.measured: dict[str, np.ndarray] = {}
        """What it measures by `<sensor>.inspected`, float32 (tick, world, number)."""
        self.reach = max(self.history_ticks, WINDOW_TICKS if network.inspected else 0)
        """Ticks before its own that a frame is seen with."""
        self.states: dict[str, np.ndarray] = {}
        """States of the worlds by array name, (tick, ...), of the latest `ticks + KEY_TICKS` ticks."""
        self.remembered: dict[int, dict[str, np.ndarray]] = {}
        """What sensors remembered, by array name, at ticks that are multiples of `KEY_TICKS`."""
        self.rare = np.zeros((ticks, worlds), np.bool_)
        """Frames of which `is_rare` is true."""
        self.age = np.zeros((ticks, worlds), np.int32)
        """Ticks since the frame's episode began."""

    @property
    def stored(self) -> int:
        """Ticks it holds now."""
        return min(self.count, self.ticks)

    def add(self, env: TrainingEnv, age: np.ndarray) -> None:
        """Records the environment's current tick; `age` int (world,) is the ticks since each episode began."""
        states = env.snapshot(sensors=False)
        self._keep(self.count, states)
        if self.count % KEY_TICKS == 0:
            self.remembered[self.count] = {k: values for k, values in env.snapshot().items() if k not in states}
            self.remembered = {tick: held for tick, held in self.remembered.items() if tick > self.count - self._span}
        self._record(self.count, age, env)
        self.count += 1

    def sample(self, rng: np.random.Generator, size: int, dense: int, rare: float = 0.0) -> FrameBatch:
        """Frames drawn from the ring, with replacement.

        Args:
            rng: Where the draws come from.
            size: Frames in the batch.
            dense: Frames of it that carry labels that are pictures.
            rare: Share of them that are drawn among the rare ones, if there are any; the others are drawn among all.
        """
        # A full ring has lost what came before its oldest ticks.
        first = 0 if self.count <= self.ticks else self.count - self.ticks + self.reach
        tick = rng.integers(first, self.count, size)
        world = rng.integers(0, self.worlds, size)
        if rare:
            candidates = np.argwhere(self.rare[np.arange(first, self.count) % self.ticks])
            chosen = rng.random(size) < rare
            draw = rng.random(size)
            if len(candidates):
                picked = candidates[(draw * len(candidates)).astype(np.int64)]
                tick, world = np.where(chosen, first + picked[:, 0], tick), np.where(chosen, picked[:, 1], world)
        row = tick % self.ticks
        earlier = (tick - np.minimum(self.age[row, world], self.history_ticks)) % self.ticks
        back = np.minimum(self.age[row, world][:, None], np.arange(WINDOW_TICKS))
        window = (tick[:, None] - back) % self.ticks, world[:, None]

        def drawn(quantity: Quantity) -> Tensor:
            count = dense if quantity.is_picture else size
            ring = self.values[quantity.name]
            values = ring[row[:count], world[:count]]
            if quantity.ahead:
                later = [self._later(ring, tick, world, steps) for steps in quantity.ahead]
                values = np.stack((values, *later), axis=1)
            return torch.from_numpy(values)

        return FrameBatch(
            pictures={name: torch.from_numpy(ring[row, world]) for name, ring in self.pictures.items()},
            earlier={name: torch.from_numpy(ring[earlier, world, :, :, 1]) for name, ring in self.pictures.items()},
            inputs={name: drawn(quantity) for name, quantity in self.inputs.items()},
            senses={name: torch.from_numpy(ring[row, world]) for name, ring in self.senses.items()},
            windows={name: torch.from_numpy(ring[window]) for name, ring in self.measured.items()},
            labels={name: drawn(quantity) for name, quantity in self.labels.items()},
        )

    def _later(self, ring: np.ndarray, tick: np.ndarray, world: np.ndarray, steps: int) -> np.ndarray:
        """Values of the same drives so many steps later; nan where they have ended or were not driven so far."""
        row, later = tick % self.ticks, (tick + steps) % self.ticks
        there = (tick + steps < self.count) & (self.age[later, world] == self.age[row, world] + steps)
        return np.where(there.reshape(-1, *(1,) * (ring.ndim - 2)), ring[later, world], np.float32(np.nan))

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps: ages and states, oldest first, and what sensors remembered at the first of them."""
        oldest = self.count - self.stored
        key = oldest - oldest % KEY_TICKS
        rows = np.arange(key, self.count) % self._span
        return {
            "count": np.array(self.count),
            "age": self.age[np.arange(oldest, self.count) % self.ticks],
            **{f"states.{name}": values[rows] for name, values in self.states.items()},
            **{f"remembered.{name}": values for name, values in self.remembered.get(key, {}).items()},
        }

    def load_state(self, state: Mapping[str, np.ndarray], env: TrainingEnv) -> None:
        """Fills the ring from a `state`, drawing every picture again; leaves `env` at the last tick held."""
        self.count, ages = int(state["count"]), state["age"]
        held, remembered = (
            {name.removeprefix(prefix): values for name, values in state.items() if name.startswith(prefix)}
            for prefix in ("states.", "remembered.")
        )
        oldest = self.count - len(ages)
        key = oldest - oldest % KEY_TICKS
        if any(len(values) != self.count - key for values in held.values()):
            raise ValueError(f"states: expected {self.count - key} ticks, got those of a ring kept in another way")
        for tick in range(key, self.count):
            states = {name: values[tick - key] for name, values in held.items()}
            self._keep(tick, states)
            if tick == key:
                env.restore({**states, **remembered})
            else:
                env.restore(states, sensors=False)
            if tick % KEY_TICKS == 0:
                self.remembered[tick] = {k: values for k, values in env.snapshot().items() if k not in states}
            if tick >= oldest:
                self._record(tick, ages[tick - oldest], env)

    @property
    def _span(self) -> int:
        """Ticks whose states are kept."""
        return self.ticks + KEY_TICKS

    def _keep(self, tick: int, states: Mapping[str, np.ndarray]) -> None:
        for name, values in states.items():
            self._ring(self.states, name, values, rows=self._span)[tick % self._span] = values

    def _record(self, tick: int, age: np.ndarray, env: TrainingEnv) -> None:
        row = tick % self.ticks
        self.age[row] = age
        truth = Truth(env.observe_view(), env.labels(), self.camera)
        self.rare[row] = is_rare(truth)
        for camera in self.cameras:
            self._ring(self.pictures, camera.name, truth.observation[camera.name])[row] = truth.observation[camera.name]
        for sensor, parts in sensed(self.fused, truth.observation).items():
            for part, values in parts.items():
                self._ring(self.senses, f"{sensor}.{part}", values)[row] = values
        if self.inspector.sensors:
            self.inspector.begin(self.worlds, age == 0)
            speed = truth.observation["ego"][:, EgoColumn.SPEED] * SPEED_UNIT
            seen = self.inspector.push(inspected(self.inspector.sensors, truth.observation), speed)
            for name, windows in seen.items():
                self._ring(self.measured, name, windows[:, 0])[row] = windows[:, 0]
        for quantity in (*self.inputs.values(), *self.labels.values()):
            values = quantity.read(truth)
            if quantity.is_picture:
                values = values[:, ::PICTURE_STEP, ::PICTURE_STEP]
            self._ring(self.values, quantity.name, values, quantity.dtype)[row] = values

    def _ring(
        self, rings: dict[str, np.ndarray], name: str, value: np.ndarray, dtype: str = "", *, rows: int = 0
    ) -> np.ndarray:
        """The ring of arrays like `value`; allocated when the first one comes."""
        if name not in rings:
            rings[name] = np.zeros((rows or self.ticks, *value.shape), dtype or value.dtype)
        return rings[name]
