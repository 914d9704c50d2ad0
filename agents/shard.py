"""A fixed share of the batch that a training learns from: worlds, ring, random stream, and the gradient of its frames.

What a shard does depends on its number, the seed and the weights alone, never on the process that carries it.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from agents.checkpoint import joined, parted
from agents.data import FrameBatch, Replay, TrainingEnv, mirrored, network_inputs, without_some_sensors
from agents.exploration import Exploration
from agents.heads import Head, channels_of, default_heads, fault_head, load_heads
from agents.interface import with_exact_twin, with_truth
from agents.learned import LearnedAgent
from agents.network import DrivingNetwork, Prediction
from agents.network.device import mixed_precision
from agents.network.inputs import SPEED_UNIT
from agents.network.target import ranging
from agents.objective import loss_weights, losses, weighted_sum
from agents.recipe import TrainArgs
from drivesim.config import (
    CameraConfig,
    EnvConfig,
    FaultConfig,
    SensorConfig,
    applicable_faults,
    cameras_of,
    fault_names,
    replace,
)
from drivesim.envs.observation import EgoColumn

STEP_S = EnvConfig().step_s
"""Control step of the training's environments [s]."""
FAULT_S = 8.0
"""How long a sensor has a fault while it is learnt [s]: many short ones show each kind on many roads."""
MakeEnv = Callable[[TrainArgs, int], TrainingEnv]
"""Builds the environment of a shard from the training's arguments and the shard's number."""


class Shard:
    """One share of the batch.

    Args:
        args: How to train; counts are those of all shards together.
        number: Which of `args.shards` it is.
        env: Its worlds.
        network: What learns; the shard reads its weights and fills its gradients.
    """

    def __init__(self, args: TrainArgs, number: int, env: TrainingEnv, network: DrivingNetwork) -> None:
        self.args, self.number, self.env = args, number, env
        self.worlds, self.batch = args.worlds // args.shards, args.batch // args.shards
        is_dense = any(head.dense for head in network.declared.values() if not args.learn or head.name in args.learn)
        self.dense_batch = args.dense_batch // args.shards if is_dense else 0
        self.rng = np.random.default_rng((args.seed, number))
        self.learner = LearnedAgent(network, device=args.device, precision=args.precision, explains=False)
        self.network = self.learner.network
        self.asked = self.network.needed_by(*args.learn) if args.learn else None
        """Heads that speak of what is learnt from; all if None."""
        self.weights = loss_weights(self.network.declared.values(), args.weights)
        self.replay = Replay(args.replay_ticks, self.worlds, self.network, camera=rig_of_training(args)[1])
        self.exploration = Exploration(self.worlds)
        self.shown: tuple[FrameBatch, Prediction] | None = None
        """The latest batch and what the network said about it."""
        env.reset(seed=args.seed + number * self.worlds)
        self.age = np.zeros(self.worlds, np.int32)
        self.learner.reset(self.worlds)

    def collect(self, expert_share: float) -> tuple[int, int]:
        """Records one tick of every world and drives on.

        Args:
            expert_share: Chance that a new segment goes to the expert.

        Returns:
            Episodes that ended, and those of them that ended well.
        """
        self.replay.add(self.env, self.age)
        observation = self.env.observe_view()
        expert = self.env.labels()["expert_action"]
        learner = self.learner.act(observation, {})
        speed = observation["ego"][:, EgoColumn.SPEED] * SPEED_UNIT
        action = self.exploration.action(self.rng, learner, expert, speed, expert_share)
        _, terminated, truncated, info = self.env.advance(action)
        ended = terminated | truncated
        over = self._begin_anew() & ~ended
        if over.any():
            self.env.reset(options={"reset_mask": over})
        self.age = np.where(ended | over, 0, self.age + 1).astype(np.int32)
        if (ended | over).any():
            self.learner.reset(self.worlds, ended | over)
        return int(ended.sum()), int((ended & info["success"]).sum()) if ended.any() else 0

    def _begin_anew(self) -> np.ndarray:
        """Draws the worlds that begin anew, bool (world,): at any moment of a drive, so that ends are seen too."""
        if not self.args.episode_s:
            return np.zeros(self.worlds, np.bool_)
        return self.rng.random(self.worlds) < STEP_S / self.args.episode_s

    def backward(self) -> dict[str, Tensor]:
        """Leaves the gradient of frames from the recording in the network; returns every loss, and `total`."""
        args = self.args
        batch = self.replay.sample(self.rng, self.batch, self.dense_batch, args.rare).to(self.learner.device)
        if args.flip:
            chosen = torch.from_numpy(self.rng.random(self.batch) < args.flip).to(self.learner.device)
            batch = mirrored(batch, chosen, self.network.labels, self.network.sensors)
        without_some_sensors(batch, args.sensor_dropout, self.rng)
        inputs = network_inputs(batch, self.learner.dtype, jitter=self.rng)
        with mixed_precision(self.learner.device, self.learner.dtype):
            prediction = self.network(inputs, dense=self.dense_batch, heads=self.asked)
        parts = losses(self.network, prediction, batch)
        total = weighted_sum(parts, self.weights)
        self.network.zero_grad(set_to_none=True)
        total.backward()
        self.shown = (batch, prediction)
        return {name: value.detach() for name, value in {**parts, "total": total}.items()}

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on from here, but the network."""
        stream = json.dumps(self.rng.bit_generator.state).encode()
        return joined(
            {
                "replay": self.replay.state(),
                "exploration": self.exploration.state(),
                "history": self.learner.state(),
                "env": self.env.snapshot(),
                "loop": {"age": self.age, "rng": np.frombuffer(stream, np.uint8)},
            }
        )

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Goes on from a `state`."""
        parts = parted(state)
        self.replay.load_state(parts["replay"], self.env)
        self.exploration.load_state(parts["exploration"])
        self.learner.load_state(parts["history"])
        self.env.restore(parts["env"])
        self.age = parts["loop"]["age"]
        self.rng.bit_generator.state = json.loads(parts["loop"]["rng"].tobytes())


def heads_of_training(args: TrainArgs) -> tuple[Head, ...]:
    """The heads that ship, without those that speak of pixels where there is no camera, and those the arguments add."""
    every = default_heads(town=args.network.town, ranging=bool(ranging(args.network)))
    shipped = [head for head in every if args.network.has_camera or not head.dense]
    inspector = (fault_head({each.name: fault_names(each.type) for each in args.network.rig}),) if args.faults else ()
    return (*shipped, *inspector, *load_heads(args.heads))


def rig_of_training(args: TrainArgs) -> tuple[list[SensorConfig], CameraConfig | None]:
    """The network's sensors, with the faults that they are to have now and then, and the camera that heads learn from.

    That is the first one; beside one with faults, which may be dead, stands a twin without.
    """
    rig = [_with_faults(sensor, args.faults) for sensor in args.network.rig]
    channels = channels_of(heads_of_training(args))
    if args.faults:
        return with_exact_twin(rig, channels)
    return with_truth(rig, channels), next(iter(cameras_of(rig)), None)


def _with_faults(sensor: SensorConfig, mean: float) -> SensorConfig:
    names = applicable_faults(sensor)
    if not mean or not names:
        return sensor
    often = mean / len(names) / FAULT_S
    faults = (FaultConfig(kind=kind, severity=0, bursts_per_s=often, duration_s=FAULT_S) for kind in names)
    return replace(sensor, faults=tuple(faults))


def make_env(args: TrainArgs, number: int) -> TrainingEnv:
    """A shard's own roads and worlds: the network's sensors with their labels, worlds that begin anew at once."""
    from drivesim.envs import DriveVectorEnv

    roads = args.roads(number)
    return DriveVectorEnv(
        num_envs=args.worlds // args.shards,
        base_config=args.envs[number % len(args.envs)],
        config={"vehicle": dataclasses.asdict(args.network.vehicle)},
        weather=args.weather,
        map_start=roads.start,
        map_count=len(roads),
        sensors=rig_of_training(args)[0],
        autoreset_mode="SameStep",
    )


def compile_kernels(args: TrainArgs) -> None:
    """Drives one world of each preset for a step: processes that start after it find every kernel in the cache."""
    for name in dict.fromkeys(args.envs):
        one = dataclasses.replace(args, env=name, beside=(), shards=1, processes=0, worlds=1, map_count=1)
        env = make_env(one, 0)
        env.reset(seed=args.seed)
        env.advance(np.zeros((1, 2), np.float32))
