"""Imitation of the expert by DAgger (Ross, Gordon, Bagnell 2011, arXiv:1011.0686).

Every tick all worlds advance by one step, driven by a mix of expert and learner, and what they see is recorded with the
expert's answer; then the network takes a gradient step on frames drawn from the recording. `train` is the whole loop.
"""

import dataclasses
import json
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.checkpoint import (
    TRAINING_LIMIT_BYTES,
    build_network,
    joined,
    load_optimizer,
    network_arrays,
    network_description,
    optimizer_arrays,
    parted,
    read_arrays,
    save_network,
    write_arrays,
)
from agents.data import FrameBatch, Replay, TrainingEnv, mirrored, network_inputs
from agents.exploration import Exploration
from agents.heads import Head, channels_of, default_heads, load_heads
from agents.interface import with_truth
from agents.interrupt import StopRequest
from agents.learned import LearnedAgent
from agents.network import DrivingNetwork, Prediction
from agents.network.device import choose_device, mixed_precision
from agents.network.inputs import SPEED_UNIT
from agents.objective import loss_weights, losses, metrics, weighted_sum
from agents.pictures import comparison
from agents.recipe import TrainArgs, expert_share, learning_rate
from drivesim.envs.observation import EgoColumn
from drivesim.errors import FileFormatError

LOG = logging.getLogger(__name__)
LAST_FILE = "last.safetensors"
TRAINING_FILE = "training.safetensors"
GRADIENT_NORM_MAX = 5.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class RoundReport:
    """What a finished round tells whoever listens."""

    round: int
    """Rounds finished."""
    fraction: float
    """Share of the budget spent."""
    updates: int
    """Gradient steps so far."""
    frames: int
    """Frames driven so far."""
    seconds: float
    """Training time so far [s]."""
    scalars: dict[str, float]
    """Logged numbers by name; agents/README.md explains each."""
    network: DrivingNetwork
    """The learner as it is now."""
    pictures: Callable[[], np.ndarray]
    """Draws a few frames beside what the network saw in them; see `pictures.comparison`."""


OnRound = Callable[[RoundReport], None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a training left behind."""

    checkpoint: Path
    updates: int
    frames: int
    seconds: float
    interrupted: bool


def train(args: TrainArgs, *, on_round: OnRound | None = None, env: TrainingEnv | None = None) -> TrainResult:
    """Trains a network and leaves it in `args.out` as `last.safetensors`.

    Ctrl-C ends training early with its checkpoints written; a second one stops at once and leaves the earlier ones.

    Args:
        args: How to train.
        on_round: Called after every round, outside the training clock.
        env: Where to train; built from `args` if not given.

    Raises:
        FileFormatError: There is nothing to resume from, or it is cut off or foreign.
        OSError: The last checkpoint could not be written; earlier ones are untouched.
    """
    session = Session(args, env or make_env(args))
    if args.resume:
        session.load()
    with StopRequest() as stop:
        while session.fraction < 1.0 and not stop.requested:
            started = time.perf_counter()
            session.collect()
            session.update()
            session.seconds += time.perf_counter() - started
            if session.ticks % args.round_ticks == 0:
                report = session.finish_round()
                if on_round is not None:
                    on_round(report)
            if session.seconds - session.saved_seconds > 60.0 * args.save_minutes:
                session.try_save()
        session.save()
    return TrainResult(
        checkpoint=Path(args.out) / LAST_FILE,
        updates=session.updates,
        frames=session.ticks * args.worlds,
        seconds=session.seconds,
        interrupted=stop.requested,
    )


def make_env(args: TrainArgs) -> TrainingEnv:
    """The environment to train in: the network's cameras with their labels, worlds that begin anew at once."""
    from drivesim.envs import DriveVectorEnv

    return DriveVectorEnv(
        num_envs=args.worlds,
        base_config=args.env,
        map_start=args.map_start,
        map_count=args.map_count,
        sensors=with_truth(args.network.sensors, channels_of(heads_of_training(args))),
        threads=args.threads or torch.get_num_threads(),
        autoreset_mode="SameStep",
    )


def heads_of_training(args: TrainArgs) -> tuple[Head, ...]:
    """The heads that ship, and those the arguments add."""
    return (*default_heads(), *load_heads(args.heads))


class Session:
    """Everything a training holds, so that it can be saved, loaded and looked at."""

    def __init__(self, args: TrainArgs, env: TrainingEnv) -> None:
        if args.threads:
            torch.set_num_threads(args.threads)
        torch.manual_seed(args.seed)
        self.args, self.env = args, env
        self.rng = np.random.default_rng(args.seed)
        self.device = choose_device(args.device)
        self.learner = LearnedAgent(
            DrivingNetwork(args.network, heads_of_training(args)), device=args.device, precision=args.precision
        )
        self.network = self.learner.network
        self.weights = loss_weights(self.network.declared.values(), args.weights)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=args.learning_rate, weight_decay=args.weight_decay, fused=True
        )
        self.replay = Replay(args.replay_ticks, args.worlds, self.network)
        self.exploration = Exploration(args.worlds)
        self.updates = self.ticks = self.rounds = 0
        self.seconds = self.saved_seconds = 0.0
        self.sums: dict[str, torch.Tensor] = {}
        """Sum of every loss over the round."""
        self.ended = np.zeros(2, np.int64)
        """Episodes of this round that ended, and those that ended well."""
        self.shown: tuple[FrameBatch, Prediction] | None = None
        """The latest batch and what the network said about it."""
        env.reset(seed=args.seed)
        self.age = np.zeros(args.worlds, np.int32)
        self.learner.reset(args.worlds)

    @property
    def fraction(self) -> float:
        """Share of the budget spent, in [0, 1]."""
        if self.args.updates:
            return min(self.updates / self.args.updates, 1.0)
        return min(self.seconds / (60.0 * self.args.minutes), 1.0)

    def collect(self) -> None:
        """Records one tick of every world and drives on."""
        self.replay.add(self.env, self.age)
        observation = self.env.observe_view()
        expert = self.env.labels()["expert_action"]
        learner = self.learner.act(observation, {})
        speed = observation["ego"][:, EgoColumn.SPEED] * SPEED_UNIT
        share = expert_share(self.fraction, self.args.expert_share)
        action = self.exploration.action(self.rng, learner, expert, speed, share)
        _, terminated, truncated, info = self.env.advance(action)
        ended = terminated | truncated
        self.age = np.where(ended, 0, self.age + 1).astype(np.int32)
        if ended.any():
            self.learner.reset(self.args.worlds, ended)
            self.ended += (int(ended.sum()), int((ended & info["success"]).sum()))
        self.ticks += 1

    def update(self) -> None:
        """One gradient step on frames from the recording."""
        args = self.args
        batch = self.replay.sample(self.rng, args.batch, args.dense_batch).to(self.device)
        if args.flip:
            chosen = torch.from_numpy(self.rng.random(args.batch) < args.flip).to(self.device)
            batch = mirrored(batch, chosen, self.network.labels)
        inputs = network_inputs(batch, self.learner.dtype, jitter=self.rng)
        with mixed_precision(self.device, self.learner.dtype):
            prediction = self.network(inputs, dense=args.dense_batch)
        parts = losses(self.network, prediction, batch)
        total = weighted_sum(parts, self.weights)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM_MAX)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.fraction, args.learning_rate)
        self.optimizer.step()
        self.updates += 1
        for name, value in {**parts, "total": total}.items():
            self.sums[name] = self.sums.get(name, torch.zeros((), device=self.device)) + value.detach()
        self.shown = (batch, prediction)

    def finish_round(self) -> RoundReport:
        """Sums up the round and begins the next."""
        assert self.shown is not None
        batch, prediction = self.shown
        count = self.args.round_ticks
        scalars = {f"loss/{name}": float(value) / count for name, value in self.sums.items()}
        scalars |= {f"metric/{name}": value for name, value in metrics(self.network, prediction, batch).items()}
        scalars["train/learning_rate"] = learning_rate(self.fraction, self.args.learning_rate)
        scalars["train/expert_share"] = expert_share(self.fraction, self.args.expert_share)
        scalars["train/samples_per_s"] = self.updates * self.args.batch / max(self.seconds, 1e-9)
        scalars["train/success"] = self.ended[1] / self.ended[0] if self.ended[0] else math.nan
        self.sums, self.ended = {}, np.zeros(2, np.int64)
        self.rounds += 1
        return RoundReport(
            round=self.rounds,
            fraction=self.fraction,
            updates=self.updates,
            frames=self.ticks * self.args.worlds,
            seconds=self.seconds,
            scalars=scalars,
            network=self.network,
            pictures=lambda: comparison(self.network, batch, prediction),
        )

    def save(self) -> None:
        """Writes the network for driving, and everything for going on."""
        folder = Path(self.args.out)
        training = {"args": self._args_dict(), "updates": self.updates, "seconds": self.seconds}
        save_network(folder / LAST_FILE, self.network, training)
        sums = {f"sum.{name}": value.numpy(force=True) for name, value in self.sums.items()}
        arrays = joined(
            {
                "network": network_arrays(self.network),
                "optimizer": optimizer_arrays(self.network, self.optimizer),
                "replay": self.replay.state(),
                "exploration": self.exploration.state(),
                "history": self.learner.state(),
                "env": self.env.snapshot(),
                "loop": {"age": self.age, "ended": self.ended, **sums},
            }
        )
        description = {
            **network_description(self.network),
            **training,
            "ticks": self.ticks,
            "rounds": self.rounds,
            "rng": self.rng.bit_generator.state,
        }
        write_arrays(folder / TRAINING_FILE, "training", arrays, description)
        self.saved_seconds = self.seconds

    def try_save(self) -> None:
        """Saves; where the disk refuses, training goes on and tries again later."""
        try:
            self.save()
        except OSError as error:
            LOG.warning("checkpoint not written: %s", error)
            self.saved_seconds = self.seconds

    def load(self) -> None:
        """Goes on from the folder's checkpoint as if training had never stopped."""
        file = Path(self.args.out) / TRAINING_FILE
        arrays, description = read_arrays(file, "training", limit_bytes=TRAINING_LIMIT_BYTES)
        self._check_same_training(description, file)
        try:
            self._load_parts(parted(arrays), description, str(file))
        except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(f"{file}: does not fit this training: {error!r}") from error

    def _load_parts(self, parts: dict[str, dict[str, np.ndarray]], description: dict[str, Any], where: str) -> None:
        self.network.load_state_dict(
            build_network(
                parts["network"], description, where=where, heads=tuple(self.network.declared.values())
            ).state_dict()
        )
        load_optimizer(self.network, self.optimizer, parts["optimizer"])
        self.replay.load_state(parts["replay"], self.env)
        self.exploration.load_state(parts["exploration"])
        self.learner.load_state(parts["history"])
        self.env.restore(parts["env"])
        self.age, self.ended = parts["loop"]["age"], parts["loop"]["ended"]
        self.sums = {
            name.removeprefix("sum."): torch.from_numpy(value).to(self.device)
            for name, value in parts["loop"].items()
            if name.startswith("sum.")
        }
        self.updates, self.ticks, self.rounds = (description[key] for key in ("updates", "ticks", "rounds"))
        self.seconds = self.saved_seconds = description["seconds"]
        self.rng.bit_generator.state = description["rng"]

    def _args_dict(self) -> dict[str, Any]:
        return json.loads(json.dumps(dataclasses.asdict(self.args)))

    def _check_same_training(self, description: dict[str, Any], file: Path) -> None:
        described = network_description(self.network)
        for name in ("heads", "sensors"):
            if description.get(name) != described[name]:
                raise FileFormatError(f"{file}: was trained with other {name} than those of this training")
        now, then = self._args_dict(), description.get("args", {})
        for name in ("env", "seed", "map_start", "map_count", "worlds", "replay_ticks", "network", "heads"):
            if now[name] != then.get(name):
                raise FileFormatError(
                    f"{file}: was trained with {name} = {then.get(name)!r}, cannot go on with {now[name]!r}"
                )
