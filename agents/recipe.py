"""How a training goes: its arguments, and what changes in its course."""

import dataclasses
import math

from agents.network import NetworkConfig
from agents.objective import LossWeights
from drivesim.config import ENV_PRESETS
from drivesim.errors import ConfigError, check_choice, check_integer, check_range

WARM_UP = 0.04
"""Fraction of the budget over which the learning rate rises."""
EXPERT_ALONE = 0.1
"""Fraction of the budget in which the expert drives every segment; the learner knows nothing yet."""
EXPERT_FADED = 0.5
"""Fraction of the budget after which the expert's share no longer falls."""

SEED_MAX = 2**62
"""Greatest seed; those of worlds, made from it, stay below 2^64."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainArgs:
    """How to train."""

    env: str = "lane"
    """Preset of the environment: lane or highway."""
    out: str = "runs/lane"
    """Folder for checkpoints and logs."""
    minutes: float = 2.0
    """Budget of training time [min]; evaluation and start-up do not count."""
    updates: int = 0
    """Budget in gradient steps instead; repeats bit by bit on one machine. 0: `minutes` counts."""
    seed: int = 0
    """Seed of network, worlds and draws."""
    map_start: int = 0
    """First generator seed of the training roads."""
    map_count: int = 64
    """Training roads."""
    worlds: int = 64
    """Worlds that drive at the same time."""
    batch: int = 64
    """Frames per gradient step."""
    dense_batch: int = 12
    """Frames of each batch that also train semantics and depth."""
    replay_ticks: int = 600
    """Ticks of all worlds that the recording holds; older ones are overwritten."""
    round_ticks: int = 100
    """Ticks from one report to the next."""
    save_minutes: float = 5.0
    """Time between checkpoints that training can resume from [min]."""
    learning_rate: float = 3e-3
    """Peak of the schedule."""
    weight_decay: float = 0.01
    """AdamW's."""
    expert_share: float = 0.2
    """Share of segments the expert drives once its share has faded."""
    flip: float = 0.0
    """Share of frames seen in a mirror. The mirror puts oncoming traffic on the other side."""
    device: str = "auto"
    """auto, cpu, cuda, ..."""
    precision: str = "auto"
    """auto, bf16 or fp32."""
    threads: int = 0
    """Worker threads of network and simulator; 0: all cores."""
    resume: bool = False
    """Go on from the folder's last checkpoint."""
    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)
    """Sizes of the network."""
    weights: LossWeights = dataclasses.field(default_factory=LossWeights)
    """Weights of the losses."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_choice("TrainArgs.env", self.env, ENV_PRESETS)
        check_range("TrainArgs.minutes", self.minutes, 0.0, 100_000.0)
        check_range("TrainArgs.updates", self.updates, 0, 2**31)
        check_integer("TrainArgs.seed", self.seed, 0, SEED_MAX)
        check_integer("TrainArgs.map_start", self.map_start, 0, 2**31 - 1)
        check_integer("TrainArgs.map_count", self.map_count, 1, 100_000)
        check_range("TrainArgs.worlds", self.worlds, 1, 65_536)
        check_range("TrainArgs.batch", self.batch, 1, 65_536)
        check_range("TrainArgs.dense_batch", self.dense_batch, 0, self.batch)
        check_range("TrainArgs.replay_ticks", self.replay_ticks, self.network.history_ticks + 2, 1_000_000)
        check_range("TrainArgs.round_ticks", self.round_ticks, 1, 1_000_000)
        check_range("TrainArgs.save_minutes", self.save_minutes, 0.0, 100_000.0)
        check_range("TrainArgs.learning_rate", self.learning_rate, 0.0, 1.0)
        check_range("TrainArgs.weight_decay", self.weight_decay, 0.0, 1.0)
        check_range("TrainArgs.expert_share", self.expert_share, 0.0, 1.0)
        check_range("TrainArgs.flip", self.flip, 0.0, 1.0)
        check_range("TrainArgs.threads", self.threads, 0, 1024)
        if not self.updates and not self.minutes:
            raise ConfigError("TrainArgs: give a budget, `minutes` or `updates`")


def learning_rate(fraction: float, peak: float) -> float:
    """Rises in a straight line over `WARM_UP`, then falls along half a cosine to 1 % (Loshchilov and Hutter 2017)."""
    if fraction < WARM_UP:
        return peak * max(fraction / WARM_UP, 0.02)
    along = min((fraction - WARM_UP) / (1.0 - WARM_UP), 1.0)
    return peak * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * along)))


def expert_share(fraction: float, last: float) -> float:
    """Chance that a segment goes to the expert: 1 at first, then falling in a straight line to `last`."""
    along = (fraction - EXPERT_ALONE) / (EXPERT_FADED - EXPERT_ALONE)
    return 1.0 + (last - 1.0) * min(max(along, 0.0), 1.0)
