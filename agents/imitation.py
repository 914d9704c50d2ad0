"""Imitation of the expert by DAgger (Ross, Gordon, Bagnell 2011, arXiv:1011.0686).

Every tick all worlds advance by one step, driven by a mix of expert and learner, and what they see is recorded with the
expert's answer; then the network takes a gradient step on frames drawn from the recording. `train` is the whole loop.

The batch is a fixed number of shards, carried by one process or several. Every process adds the gradients of all shards
in their order and takes the same step, so that weights are equal bit by bit, whoever carried what.
"""

import copy
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
from torch import Tensor

from agents.checkpoint import (
    TRAINING_LIMIT_BYTES,
    begin_with,
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
from agents.distributed import Group, PeerLost, in_order
from agents.interface import checkpoint_path
from agents.interrupt import StopRequest
from agents.network import DrivingNetwork
from agents.network.device import choose_device
from agents.objective import metrics
from agents.pictures import comparison
from agents.recipe import TrainArgs, average_decay, expert_share, learning_rate
from agents.shard import MakeEnv, Shard, heads_of_training, make_env
from drivesim.errors import ConfigError, FileFormatError, check_choice

LOG = logging.getLogger(__name__)
LAST_FILE = "last.safetensors"
TRAINING_FILE = "training.safetensors"
LIVE_FILE = "live.safetensors"
"""The network as it is now, for whoever watches."""
UNTRAINED_FILE = "untrained.safetensors"
LIVE_PERIOD_S = (1.0, 3.0)
"""The live network is written after every round, but not sooner than the first after the last time [s]; and without
a round after the second."""
GRADIENT_NORM_MAX = 5.0
_OF_ONE_TRAINING = (
    "env", "beside", "seed", "map_start", "map_count", "shards", "worlds", "replay_ticks", "learn", "network", "heads"
)  # fmt: skip
"""Arguments that stay where a training is gone on with."""
_ENDED, _SUCCEEDED, _CLOCK, _STOP = range(-4, 0)
"""Columns at the end of a shard's row, behind its gradient and its losses."""


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
    training: dict[str, Any]
    """What a checkpoint keeps of how it was trained."""
    scalars: dict[str, float]
    """Logged numbers by name; agents/README.md explains each."""
    network: DrivingNetwork
    """The learner as it is now, its weights averaged over the latest updates."""
    pictures: Callable[[], np.ndarray]
    """Draws a few frames beside what the network saw in them; see `pictures.comparison`."""


OnRound = Callable[[RoundReport], bool | None]
"""Hears of every round, in every process; true where training is to end, which all processes must agree on."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a training left behind."""

    checkpoint: Path
    network: DrivingNetwork
    """What the checkpoint holds."""
    updates: int
    frames: int
    seconds: float
    interrupted: bool


def train(
    args: TrainArgs,
    *,
    on_round: OnRound | None = None,
    make_env: MakeEnv = make_env,
    group: Group | None = None,
) -> TrainResult:
    """Trains a network and leaves it in `args.out` as `last.safetensors`.

    Ctrl-C ends training early with its checkpoints written; a second one stops at once and leaves the earlier ones.

    Args:
        args: How to train.
        on_round: Called after every round, outside the training clock.
        make_env: Where a shard trains.
        group: The processes that carry the shards, each of which calls this; this one alone if not given.

    Raises:
        PeerLost: Another process has ended.
        FileFormatError: There is nothing to resume from, or it is cut off or foreign.
        OSError: The last checkpoint could not be written; earlier ones are untouched.
    """
    session = Session(args, make_env, group or Group())
    if args.resume:
        session.load()
    else:
        session.save_untrained()
    session.show()
    with StopRequest() as stop:
        enough = False
        while session.fraction < 1.0 and not session.stopped and not enough:
            session.tick(stop=stop.requested)
            if session.ticks % args.round_ticks == 0:
                report = session.finish_round()
                session.show(round_over=True)
                enough = on_round is not None and bool(on_round(report))
            session.show()
            if session.seconds - session.saved_seconds > 60.0 * args.save_minutes:
                session.try_save()
        session.save()
    return TrainResult(
        checkpoint=Path(args.out) / LAST_FILE,
        network=session.average,
        updates=session.updates,
        frames=session.ticks * args.worlds,
        seconds=session.seconds,
        interrupted=session.stopped,
    )


class Session:
    """Everything a process holds of a training, so that it can be saved, loaded and looked at.

    Args:
        args: How to train.
        make_env: Where a shard trains.
        group: The processes that carry the shards.
    """

    def __init__(self, args: TrainArgs, make_env: MakeEnv = make_env, group: Group | None = None) -> None:
        torch.manual_seed(args.seed)
        self.args, self.group = args, group or Group()
        if args.shards % self.group.size:
            raise ConfigError(f"TrainArgs.shards: {self.group.size} processes cannot carry {args.shards} shards evenly")
        self.device = choose_device(args.device)
        network, self._before = beginning(args)
        self.shards = [
            Shard(args, number, make_env(args, number), network) for number in self.group.numbers(args.shards)
        ]
        self.network = self.shards[0].network
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        """The weights averaged over the latest updates: what is kept, evaluated and shown."""
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=args.learning_rate, weight_decay=args.weight_decay, fused=True
        )
        self.updates = self.ticks = self.rounds = 0
        self.clock = self.seconds = self.saved_seconds = 0.0
        """Training time by this process's clock, by the leader's, and at the last checkpoint [s]."""
        self.stopped = False
        """Some process was asked to stop."""
        self.sums: dict[str, float] = {}
        """Sum of every loss over the round."""
        self.ended = np.zeros(2, np.int64)
        """Episodes of this round that ended, and those that ended well."""
        self._shown_at = -math.inf

    @property
    def fraction(self) -> float:
        """Share of the budget spent, in [0, 1]."""
        if self.args.updates:
            return min(self.updates / self.args.updates, 1.0)
        return min(self.seconds / (60.0 * self.args.minutes), 1.0)

    @property
    def opening(self) -> float:
        """How far the opening has come; see `TrainArgs.opening`."""
        return self.args.opening(self.fraction, self.updates)

    def tick(self, *, stop: bool = False) -> None:
        """One step of every world and one gradient step, in all processes alike.

        Args:
            stop: This process was asked to stop; all will know after this tick.
        """
        started = time.perf_counter()
        share = expert_share(self.opening, self.args.expert_share)
        rows, names = [], []
        for shard in self.shards:
            ended, succeeded = shard.collect(share)
            parts = shard.backward()
            names = list(parts)
            rest = torch.tensor([ended, succeeded, self.clock, float(stop)], device=self.device)
            gradients = [gradient.reshape(-1) for gradient in self._gradients()]
            rows.append(torch.cat((*gradients, torch.stack(list(parts.values())).float(), rest)))
        self._learn(self.group.gather(torch.stack(rows)), names)
        self.ticks += 1
        self.clock += time.perf_counter() - started

    def _learn(self, rows: Tensor, names: list[str]) -> None:
        """Takes a gradient step and counts, from the rows of all shards, shape (shard, column)."""
        total = in_order(rows)
        offset = 0
        for gradient in self._gradients():
            piece = total[offset : offset + gradient.numel()]
            gradient.copy_(piece.view_as(gradient)).div_(len(rows))
            offset += gradient.numel()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM_MAX)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.opening, self.fraction, self.args.learning_rate)
        self.optimizer.step()
        with torch.no_grad():
            weight = 1.0 - average_decay(self.updates)
            for average, parameter in zip(self.average.parameters(), self.network.parameters(), strict=True):
                average.lerp_(parameter, weight)
        self.updates += 1
        for name, value in zip(names, total[offset:_ENDED].tolist(), strict=True):
            self.sums[name] = self.sums.get(name, 0.0) + value / len(rows)
        self.ended += (int(total[_ENDED]), int(total[_SUCCEEDED]))
        self.seconds = float(rows[0, _CLOCK])
        self.stopped = bool(total[_STOP] > 0.0)

    def _gradients(self) -> list[Tensor]:
        """What `backward` left; parts of the network that nothing was asked of have none."""
        return [parameter.grad for parameter in self.network.parameters() if parameter.grad is not None]

    def finish_round(self) -> RoundReport:
        """Sums up the round and begins the next."""
        shown = self.shards[0].shown
        assert shown is not None
        batch, prediction = shown
        count = self.args.round_ticks
        scalars = {f"loss/{name}": value / count for name, value in self.sums.items()}
        scalars |= {f"metric/{name}": value for name, value in metrics(self.network, prediction, batch).items()}
        scalars["train/learning_rate"] = learning_rate(self.opening, self.fraction, self.args.learning_rate)
        scalars["train/expert_share"] = expert_share(self.opening, self.args.expert_share)
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
            training=self._progress(),
            scalars=scalars,
            network=self.average,
            pictures=lambda: comparison(self.network, batch, prediction),
        )

    def save_untrained(self) -> None:
        """Writes the first weights, for whoever wants to compare."""
        if self.group.leads:
            save_network(Path(self.args.out) / UNTRAINED_FILE, self.average, self._progress())

    def show(self, *, round_over: bool = False) -> None:
        """Leaves the current weights for whoever watches, where it is time to; a full disk does not end training."""
        since = time.monotonic() - self._shown_at
        if not self.group.leads or since < LIVE_PERIOD_S[0 if round_over else 1]:
            return
        try:
            save_network(Path(self.args.out) / LIVE_FILE, self.average, self._progress())
        except OSError as error:
            LOG.warning("weights not shown: %s", error)
        self._shown_at = time.monotonic()

    def save(self) -> None:
        """Writes the network for driving, and everything for going on."""
        shards = self.group.gather_objects([(f"shard{shard.number}", shard.state()) for shard in self.shards])
        self.saved_seconds = self.seconds
        if not self.group.leads:
            return
        folder = Path(self.args.out)
        save_network(folder / LAST_FILE, self.average, self._progress())
        arrays = joined(
            {
                "network": network_arrays(self.network),
                "average": network_arrays(self.average),
                "optimizer": optimizer_arrays(self.network, self.optimizer),
                "loop": {"ended": self.ended},
                **dict(pair for pairs in shards for pair in pairs),
            }
        )
        description = {
            **network_description(self.network),
            **self._progress(),
            "ticks": self.ticks,
            "rounds": self.rounds,
            "sums": self.sums,
        }
        write_arrays(folder / TRAINING_FILE, "training", arrays, description)

    def try_save(self) -> None:
        """Saves; where the disk refuses, training goes on and tries again later."""
        try:
            self.save()
        except PeerLost:
            raise
        except OSError as error:
            LOG.warning("checkpoint not written: %s", error)

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
        heads = tuple(self.network.declared.values())
        for name, network in (("network", self.network), ("average", self.average)):
            network.load_state_dict(build_network(parts[name], description, where=where, heads=heads).state_dict())
        load_optimizer(self.network, self.optimizer, parts["optimizer"])
        for shard in self.shards:
            shard.load_state(parts[f"shard{shard.number}"])
        self._before = dict(description.get("before", {}))
        self.ended, self.sums = parts["loop"]["ended"], dict(description["sums"])
        self.updates, self.ticks, self.rounds = (description[key] for key in ("updates", "ticks", "rounds"))
        self.clock = self.seconds = self.saved_seconds = description["seconds"]

    def _progress(self) -> dict[str, Any]:
        return {
            "args": self._args_dict(),
            "roads": {**{f"before_{k}": v for k, v in self._before.get("roads", {}).items()}, **self.args.roads_used},
            "updates": self.updates,
            "seconds": self.seconds,
            **({"before": self._before} if self._before else {}),
        }

    def _args_dict(self) -> dict[str, Any]:
        return json.loads(json.dumps(dataclasses.asdict(self.args)))

    def _check_same_training(self, description: dict[str, Any], file: Path) -> None:
        described = network_description(self.network)
        for name in ("heads", "sensors"):
            if description.get(name) != described[name]:
                raise FileFormatError(f"{file}: was trained with other {name} than those of this training")
        now, then = self._args_dict(), description.get("args", {})
        for name in _OF_ONE_TRAINING:
            if now[name] != then.get(name):
                raise FileFormatError(
                    f"{file}: was trained with {name} = {then.get(name)!r}, cannot go on with {now[name]!r}"
                )


def beginning(args: TrainArgs) -> tuple[DrivingNetwork, dict[str, Any]]:
    """The network that a training begins with, and how the checkpoint that it starts from was trained.

    Raises:
        ConfigError: There is no head of a name, or the checkpoint holds another network.
        FileFormatError: The checkpoint is missing, cut off or foreign.
    """
    network = DrivingNetwork(args.network, heads_of_training(args))
    for name in args.learn:
        check_choice("TrainArgs.learn", name, network.declared)
    before = begin_with(network, checkpoint_path(args.start)) if args.start else {}
    network.requires_grad_(not args.learn)
    for name in args.learn:
        network.heads[name].requires_grad_(True)
    return network, before
