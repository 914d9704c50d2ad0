"""The loop of `fit`: epochs of Adam over a data set, a look at frames it does not learn from after each."""

import copy
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
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
from agents.data import FrameBatch, mirrored, network_inputs
from agents.files import write_text
from agents.fit.args import FitArgs
from agents.fit.frames import Frames, batches_of, cut_camera, history_of, offered, split
from agents.fit.score import Score, evaluate_network, losses_of, score_frames
from agents.heads import HEADS, default_heads
from agents.interrupt import StopRequest
from agents.network import DrivingNetwork
from agents.network.device import choose_device, choose_dtype, mixed_precision, use_one_thread
from agents.objective import loss_weights, weighted_sum
from drivesim.errors import ConfigError, FileFormatError, check_choice
from drivesim.export.read import DataSet

BEST_FILE, LAST_FILE, STATE_FILE, HISTORY_FILE = (
    "best.safetensors", "last.safetensors", "fit.safetensors", "history.jsonl",
)  # fmt: skip
GRADIENT_NORM_MAX = 5.0
_SAME = ("data", "batch", "learning_rate", "heads", "validation", "mirror", "jitter", "seed", "weights", "network")
"""Arguments that a resumed training shares with the one it goes on with."""


@dataclass(kw_only=True)
class Fitted:
    """A network that was fitted, and how that went."""

    network: DrivingNetwork
    """The weights with the least validation loss."""
    checkpoint: Path
    """Where they are."""
    history: list[dict[str, float]] = field(default_factory=list)
    """Numbers of every epoch."""
    confusion: np.ndarray | None = None
    """Of the classes of the validation's pixels: row label, column network."""
    interrupted: bool = False

    def evaluate(self, data: str | Path, *, device: str = "auto") -> dict[str, float]:
        """Metrics on another data set, by name."""
        return evaluate_network(self.network, data, device=device).summary()


class Watcher:
    """What a fit tells whoever watches; does nothing."""

    def begin_epoch(self, epoch: int, frames: int) -> None:
        """An epoch begins, of so many frames."""

    def step(self, frames: int, loss: float) -> None:
        """So many frames were learnt from; their loss."""

    def end_epoch(self, numbers: dict[str, float], score: Score) -> None:
        """An epoch is over."""


def fit(
    data: str | Path, *, epochs: int = 10, batch_size: int = 32, out: str | Path = "runs/fit",
    watcher: Watcher | None = None, **options: Any,
) -> Fitted:  # fmt: skip
    """Fits a network to a data set.

    Args:
        data: Folder that `drivesim record` has written.
        epochs: Times that every frame is seen.
        batch_size: Frames per step of the optimiser.
        out: Folder for checkpoints and logs.
        watcher: Hears how it goes.
        **options: Further fields of `FitArgs`.

    Returns:
        The network with the least validation loss, and the numbers of every epoch.
    """
    return run(FitArgs(data=str(data), epochs=epochs, batch=batch_size, out=str(out), **options), watcher or Watcher())


def run(args: FitArgs, watcher: Watcher) -> Fitted:
    """Fits as the arguments say; Ctrl-C ends it with everything kept to go on from.

    Raises:
        ConfigError: The data set lacks what is to be learnt, or `out` holds a training.
        FileFormatError: The data set, or what to go on from, is missing, cut off or foreign.
        OSError: The disk is full; earlier checkpoints are untouched.
    """
    session = Session(args)
    if args.resume:
        session.load()
    else:
        session.claim()
    with StopRequest() as stop:
        while not session.is_over:
            if not session.epoch_of(watcher, lambda: stop.requested):
                session.save()
                break
    return session.result(interrupted=not session.is_over)


class Session:
    """Everything of a fit, so that it can be saved and gone on with."""

    def __init__(self, args: FitArgs) -> None:
        if not args.data:
            raise ConfigError("data: expected the folder of a data set, got none")
        use_one_thread()
        torch.manual_seed(args.seed)
        self.args, self.folder = args, Path(args.out)
        self.data = DataSet(args.data)
        self.device = choose_device(args.device)
        self.dtype = choose_dtype(args.precision, self.device)
        camera = cut_camera(self.data.camera)
        history, ticks = history_of(self.data)
        if args.network.is_fused or args.network.tele_width:
            raise ConfigError("network: data sets are read for networks with one camera and nothing else")
        config = replace(args.network, height=camera.height, width=camera.width, history_ticks=ticks)
        heads = default_heads()
        self.network = DrivingNetwork(config, heads, sensors=(camera,)).to(self.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self.heads = self._chosen()
        labels = {label.name: label for head in self.heads for label in head.labels}
        self.frames = Frames(self.data, camera, history, labels)
        self.learnt, self.looked_at = split(self.data, args.validation, args.seed)
        if not self.learnt:
            raise ConfigError(f"data: {self.data.path} has too few frames to learn from")
        self.weights = loss_weights(heads, args.weights)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=args.learning_rate, fused=True)
        self.best = copy.deepcopy(self.network)
        self.epoch = self.step = self.since_best = 0
        self.least = math.inf
        self.sums: dict[str, float] = {}
        self.history: list[dict[str, float]] = []
        self.confusion: np.ndarray | None = None

    @property
    def is_over(self) -> bool:
        """All epochs are done, or the last ones brought nothing."""
        return self.epoch >= self.args.epochs or (self.args.patience > 0 and self.since_best >= self.args.patience)

    def claim(self) -> None:
        """Makes sure that no training is lost unasked.

        Raises:
            ConfigError: The folder holds one.
        """
        there = [name for name in (STATE_FILE, BEST_FILE, LAST_FILE) if (self.folder / name).is_file()]
        if there and not self.args.overwrite:
            raise ConfigError(
                f"out: {self.folder} holds a training ({there[0]}); go on with --resume, begin anew "
                "with --overwrite, or choose another folder"
            )
        for name in (STATE_FILE, BEST_FILE, LAST_FILE, HISTORY_FILE):
            (self.folder / name).unlink(missing_ok=True)

    def epoch_of(self, watcher: Watcher, is_stopped: Callable[[], bool]) -> bool:
        """Learns from every frame once, or from the rest of them; False where it was stopped on the way."""
        args = self.args
        order = np.random.default_rng([args.seed, 2, self.epoch])
        batches = batches_of(self.learnt, args.batch, order)[self.step :]
        watcher.begin_epoch(self.epoch, sum(map(len, batches)))
        self.network.train()
        for batch in self.frames.stream(batches):
            if is_stopped():
                return False
            loss = self._learn(batch)
            watcher.step(len(batch.inputs["speed"]), loss)
        self._end_epoch(watcher)
        return True

    def _learn(self, batch: FrameBatch) -> float:
        rng = np.random.default_rng([self.args.seed, 3, self.epoch, self.step])
        size = len(batch.inputs["speed"])
        if self.args.mirror:
            batch = mirrored(batch, torch.from_numpy(rng.random(size) < 0.5), self.network.labels)
        batch = batch.to(self.device)
        with mixed_precision(self.device, self.dtype):
            inputs = network_inputs(batch, self.dtype, jitter=rng if self.args.jitter else None)
            prediction = self.network(inputs, dense=size)
            parts = losses_of(self.network, prediction, batch)
            total = weighted_sum(parts, self.weights)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM_MAX)
        self.optimizer.step()
        self.step += 1
        for name, value in (*parts.items(), ("total", total)):
            self.sums[name] = self.sums.get(name, 0.0) + float(value.detach())
        return float(total.detach())

    def _end_epoch(self, watcher: Watcher) -> None:
        numbers: dict[str, float] = {"epoch": self.epoch + 1.0}
        numbers |= {f"train/loss/{name}": value / max(self.step, 1) for name, value in self.sums.items()}
        places = self.looked_at or self.learnt
        score = score_frames(self.network, self.frames, places, batch=self.args.batch, dtype=self.dtype)
        numbers |= {f"validation/{name}": value for name, value in score.summary(self.weights).items()}
        loss = numbers["validation/loss/total"]
        self.since_best += 1
        if loss < self.least:
            self.least, self.since_best, self.confusion = loss, 0, score.confusion
            self.best.load_state_dict(self.network.state_dict())
        self.epoch, self.step, self.sums = self.epoch + 1, 0, {}
        self.history.append(numbers)
        if self.since_best == 0:
            save_network(self.folder / BEST_FILE, self.best, self._told())
        self.save()
        watcher.end_epoch(numbers, score)

    def save(self) -> None:
        """Writes everything to go on from, and the numbers of every epoch."""
        save_network(self.folder / LAST_FILE, self.network, self._told())
        arrays = {
            "network": network_arrays(self.network),
            "best": network_arrays(self.best),
            "optimizer": optimizer_arrays(self.network, self.optimizer) if self.optimizer.state else {},
            "loop": {} if self.confusion is None else {"confusion": self.confusion},
        }
        description = {
            **network_description(self.network), "args": self._args(), "epoch": self.epoch, "step": self.step,
            "since_best": self.since_best, "least": self.least, "sums": self.sums, "history": self.history,
        }  # fmt: skip
        write_arrays(self.folder / STATE_FILE, "fit", joined(arrays), description)
        write_text(self.folder / HISTORY_FILE, "".join(json.dumps(row) + "\n" for row in self.history))

    def load(self) -> None:
        """Goes on from the folder's training as if it had not stopped."""
        file = self.folder / STATE_FILE
        arrays, told = read_arrays(file, "fit", limit_bytes=TRAINING_LIMIT_BYTES)
        now, then = self._args(), told.get("args", {})
        for name in _SAME:
            if now[name] != then.get(name):
                raise ConfigError(f"{name}: {file} was fitted with {then.get(name)!r}, cannot go on with {now[name]!r}")
        parts = parted(arrays)
        try:
            for name, network in (("network", self.network), ("best", self.best)):
                network.load_state_dict(build_network(parts[name], told, where=str(file)).state_dict())
            load_optimizer(self.network, self.optimizer, parts.get("optimizer", {}))
            self.epoch, self.step, self.since_best = (int(told[key]) for key in ("epoch", "step", "since_best"))
            self.least, self.sums, self.history = float(told["least"]), dict(told["sums"]), list(told["history"])
            self.confusion = parts.get("loop", {}).get("confusion")
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(f"{file}: does not fit this training: {error!r}") from error

    def result(self, *, interrupted: bool) -> Fitted:
        """The best weights so far."""
        return Fitted(
            network=self.best.eval(), checkpoint=self.folder / BEST_FILE, history=self.history,
            confusion=self.confusion, interrupted=interrupted,
        )  # fmt: skip

    def _chosen(self) -> list[Any]:
        there = offered(list(self.network.declared.values()), self.data)
        if not self.args.heads:
            return there
        for name in self.args.heads:
            check_choice("heads", name, HEADS)
            if name not in [head.name for head in there]:
                raise ConfigError(
                    f"heads: {self.data.path} has no labels for {name!r}; it has them for "
                    f"{', '.join(head.name for head in there)}"
                )
        return [head for head in there if head.name in self.args.heads]

    def _args(self) -> dict[str, Any]:
        return json.loads(json.dumps(asdict(self.args)))

    def _told(self) -> dict[str, Any]:
        """How it was trained, with the roads that have shaped it."""
        request = self.data.request
        drives = self.data.drives
        roads = [int(request["first_road"]) + min(drives), max(drives) - min(drives) + 1]
        return {"args": self._args(), "roads": {"data set": roads}, "epochs": self.epoch}
