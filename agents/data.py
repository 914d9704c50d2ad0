"""Recorded frames for training: a ring of the latest frames with their labels, batches from it, augmentation.

Pictures make up nearly all of the memory and are a function of the world's state; so a saved ring holds states only,
and the pictures are drawn again when it is loaded.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from agents.network import NetworkConfig, group_of
from drivesim.envs.observation import EgoColumn

SPEED_UNIT = 10.0
"""The speed column of `ego` is in [10 m/s]."""
LABEL_NAMES = (
    "expert_action",
    "waypoints",
    "target_speed",
    "lane_offset",
    "lane_heading",
    "lane_curvature",
    "lead_present",
    "lead_distance",
    "lead_closing",
)
"""Labels of the environment that training learns from."""

DEPTH_STORED_MAX_M = 1000.0
GAIN_SPREAD = 0.15
BIAS_SPREAD = 0.15
"""Photometric jitter: standard deviation of contrast (relative) and brightness (in network units, 1 = 64 levels)."""


class TrainingEnv(Protocol):
    """What training needs of an environment; `DriveVectorEnv` with SAME_STEP autoreset offers it."""

    num_envs: int

    def reset(self, *, seed: int | None = None) -> Any:
        """Begins new episodes."""
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

    def snapshot(self) -> dict[str, np.ndarray]:
        """Everything that changes; every array but scalars has leading axis `world`."""
        ...

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Returns to a snapshot and observes it."""
        ...


class Batch(NamedTuple):
    """One batch of frames with their labels, leading axis B; `semantic` and `depth` hold the first D <= B frames."""

    camera: Tensor
    """uint8 (B, H, W, 3)."""
    earlier_green: Tensor
    """Green of the earlier picture, uint8 (B, H, W)."""
    tele: Tensor
    """Telephoto picture, uint8 (B, h, w, 3); w is 0 for a network without such a camera."""
    earlier_tele_green: Tensor
    """uint8 (B, h, w)."""
    speed: Tensor
    """(B,) [m/s]."""
    command: Tensor
    """The `command` observation, (B, 4)."""
    semantic: Tensor
    """Group of every second pixel, uint8 (D, H/2, W/2)."""
    depth: Tensor
    """Depth of every second pixel, float16 (D, H/2, W/2) [m]."""
    action: Tensor
    """The expert's, (B, 2)."""
    waypoints: Tensor
    """(B, 6, 2) [m]."""
    target_speed: Tensor
    """(B,) [m/s]."""
    lane_offset: Tensor
    """(B,) [m]."""
    lane_heading: Tensor
    """(B,) [rad]."""
    lane_curvature: Tensor
    """(B, 4) [1/m]."""
    lead_present: Tensor
    """bool (B,)."""
    lead_distance: Tensor
    """(B,) [m]."""
    lead_closing: Tensor
    """(B,) [m/s]."""


def mirrored(batch: Batch, chosen: Tensor) -> Batch:
    """The batch with the frames in `chosen`, bool (B,), seen in a mirror: left becomes right in pictures and labels.

    Its own inverse. The mirror turns right-hand traffic into left-hand traffic.
    """

    def flip(values: Tensor, axis: int) -> Tensor:
        mask = chosen[: len(values)].view(-1, *(1,) * (values.dim() - 1))
        return torch.where(mask, values.flip(axis), values)

    sign = torch.where(chosen, -1.0, 1.0)
    first = torch.stack((sign, torch.ones_like(sign)), dim=1)
    second = torch.stack((torch.ones_like(sign), sign), dim=1)
    command_sign = torch.cat((sign.unsqueeze(1), torch.ones(len(sign), 3, device=sign.device)), dim=1)
    return batch._replace(
        camera=flip(batch.camera, 2),
        earlier_green=flip(batch.earlier_green, 2),
        tele=flip(batch.tele, 2),
        earlier_tele_green=flip(batch.earlier_tele_green, 2),
        semantic=flip(batch.semantic, 2),
        depth=flip(batch.depth, 2),
        command=batch.command * command_sign,
        action=batch.action * first,
        waypoints=batch.waypoints * second.unsqueeze(1),
        lane_offset=batch.lane_offset * sign,
        lane_heading=batch.lane_heading * sign,
        lane_curvature=batch.lane_curvature * sign.unsqueeze(1),
    )


def jittered(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Changes contrast and brightness of every picture of (B, 4, H, W) in place, each by its own draw."""
    count = len(picture)
    gain = torch.from_numpy(np.exp(GAIN_SPREAD * rng.standard_normal(count, np.float32)))
    bias = torch.from_numpy(np.float32(BIAS_SPREAD) * rng.standard_normal(count, np.float32))
    shape = (count, 1, 1, 1)
    return picture.mul_(gain.view(shape).to(picture)).add_(bias.view(shape).to(picture))


class FrameHistory:
    """The green channel of the last frames of every world, so that the network sees motion.

    At the beginning of an episode the first frame stands in for those before it.

    Args:
        ticks: How far back the earlier picture lies.
    """

    def __init__(self, ticks: int) -> None:
        self.ticks = ticks
        self.frames = np.zeros((ticks + 1, 0, 0, 0), np.uint8)
        """Ring over time, (ticks + 1, world, H, W); row `head` is the latest."""
        self.head = 0
        self.fresh = np.zeros(0, np.bool_)
        """Worlds whose next frame is the first of an episode, (world,)."""

    def begin(self, env_count: int, mask: np.ndarray | None = None) -> None:
        """The next frame of the worlds in `mask` (of all if None) begins an episode."""
        if len(self.fresh) != env_count or mask is None:
            self.fresh = np.ones(env_count, np.bool_)
        else:
            self.fresh |= mask

    def push(self, camera: np.ndarray) -> np.ndarray:
        """Adds pictures uint8 (world, H, W, 3) and returns the green of `ticks` earlier, uint8 (world, H, W)."""
        if self.frames.shape[1:] != camera.shape[:3]:
            self.frames = np.zeros((self.ticks + 1, *camera.shape[:3]), np.uint8)
            self.fresh = np.ones(len(camera), np.bool_)
        self.head = (self.head + 1) % (self.ticks + 1)
        self.frames[self.head] = camera[..., 1]
        if self.fresh.any():
            self.frames[:, self.fresh] = self.frames[self.head, self.fresh]
            self.fresh = np.zeros_like(self.fresh)
        return self.frames[(self.head + 1) % (self.ticks + 1)]

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on from here."""
        return {"frames": self.frames, "head": np.array(self.head), "fresh": self.fresh}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Goes on from a `state`."""
        self.frames, self.head, self.fresh = state["frames"].copy(), int(state["head"]), state["fresh"].copy()


class Replay:
    """A ring of the latest ticks of all worlds, allocated once.

    Args:
        ticks: Ticks it holds.
        worlds: Worlds per tick.
        config: Picture size and how far back the earlier picture lies.
    """

    def __init__(self, ticks: int, worlds: int, config: NetworkConfig) -> None:
        self.ticks, self.worlds, self.config = ticks, worlds, config
        self.count = 0
        """Ticks ever added."""
        frames, (height, width) = (ticks, worlds), (config.height, config.width)
        self.camera = np.zeros((*frames, height, width, 3), np.uint8)
        self.tele = np.zeros((*frames, config.tele_height, config.tele_width, 3), np.uint8)
        self.semantic = np.zeros((*frames, height // 2, width // 2), np.uint8)
        self.depth = np.zeros((*frames, height // 2, width // 2), np.float16)
        self.speed = np.zeros(frames, np.float32)
        self.command = np.zeros((*frames, 4), np.float32)
        self.age = np.zeros(frames, np.int32)
        """Ticks since the frame's episode began."""
        self.labels: dict[str, np.ndarray] = {}
        self.states: dict[str, np.ndarray] = {}
        """Snapshots of the environment, one per tick, by array name."""

    @property
    def stored(self) -> int:
        """Ticks it holds now."""
        return min(self.count, self.ticks)

    def add(self, env: TrainingEnv, age: np.ndarray) -> None:
        """Records the environment's current tick; `age` int (world,) is the ticks since each episode began."""
        row = self.count % self.ticks
        snapshot = env.snapshot()
        if not self.states:
            self.states = {name: np.zeros((self.ticks, *value.shape), value.dtype) for name, value in snapshot.items()}
        for name, value in snapshot.items():
            self.states[name][row] = value
        self.age[row] = age
        self._record(row, env)
        self.count += 1

    def sample(self, rng: np.random.Generator, size: int, dense: int) -> Batch:
        """Frames drawn evenly from the ring, with replacement.

        Args:
            rng: Where the draws come from.
            size: Frames in the batch.
            dense: Frames of it that carry semantics and depth.
        """
        # A full ring has lost the earlier pictures of its oldest ticks.
        first = 0 if self.count <= self.ticks else self.count - self.ticks + self.config.history_ticks
        tick = rng.integers(first, self.count, size)
        world = rng.integers(0, self.worlds, size)
        row = tick % self.ticks
        earlier = (tick - np.minimum(self.age[row, world], self.config.history_ticks)) % self.ticks
        chosen, chosen_dense = (row, world), (row[:dense], world[:dense])
        labels = {name: torch.from_numpy(values[chosen]) for name, values in self.labels.items()}
        return Batch(
            camera=torch.from_numpy(self.camera[chosen]),
            earlier_green=torch.from_numpy(self.camera[earlier, world, :, :, 1]),
            tele=torch.from_numpy(self.tele[chosen]),
            earlier_tele_green=torch.from_numpy(self.tele[earlier, world, :, :, 1]),
            speed=torch.from_numpy(self.speed[chosen]),
            command=torch.from_numpy(self.command[chosen]),
            semantic=torch.from_numpy(self.semantic[chosen_dense]),
            depth=torch.from_numpy(self.depth[chosen_dense]),
            action=labels.pop("expert_action"),
            **labels,
        )

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps: the states of the ticks it holds, oldest first, and their ages."""
        rows = np.arange(self.count - self.stored, self.count) % self.ticks
        return {
            "count": np.array(self.count),
            "age": self.age[rows],
            **{f"states.{name}": values[rows] for name, values in self.states.items()},
        }

    def load_state(self, state: Mapping[str, np.ndarray], env: TrainingEnv) -> None:
        """Fills the ring from a `state`, drawing every picture again; leaves `env` at the last tick held."""
        self.count = int(state["count"])
        ages = state["age"]
        prefix = "states."
        held = {name.removeprefix(prefix): values for name, values in state.items() if name.startswith(prefix)}
        self.states = {name: np.zeros((self.ticks, *values.shape[1:]), values.dtype) for name, values in held.items()}
        for index, age in enumerate(ages):
            row = (self.count - len(ages) + index) % self.ticks
            for name, values in held.items():
                self.states[name][row] = values[index]
            self.age[row] = age
            env.restore({name: values[index] for name, values in held.items()})
            self._record(row, env)

    def _record(self, row: int, env: TrainingEnv) -> None:
        observation, labels = env.observe_view(), env.labels()
        self.camera[row] = observation[self.config.camera.name]
        if self.config.tele is not None:
            self.tele[row] = observation[self.config.tele.name]
        self.semantic[row] = group_of(observation["camera_semantic"][:, ::2, ::2])
        self.depth[row] = np.minimum(observation["camera_depth"][:, ::2, ::2], DEPTH_STORED_MAX_M)
        self.speed[row] = observation["ego"][:, EgoColumn.SPEED] * SPEED_UNIT
        self.command[row] = observation["command"]
        if not self.labels:
            self.labels = {
                name: np.zeros((self.ticks, *labels[name].shape), labels[name].dtype) for name in LABEL_NAMES
            }
        for name in LABEL_NAMES:
            self.labels[name][row] = labels[name]
