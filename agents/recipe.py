"""How a training goes: its arguments, and what changes in its course."""

import dataclasses
import math

from agents.network import NetworkConfig
from agents.network.inspection import WINDOW_TICKS
from drivesim.config import ENV_PRESETS, weather_from
from drivesim.errors import ConfigError, check_choice, check_integer, check_range
from drivesim.tasks.suites import HELD_OUT_START, SELECTION_START

WARM_UP = 0.04
"""Fraction of the opening over which the learning rate rises."""
EXPERT_ALONE = 0.1
"""Fraction of the opening in which the expert drives every segment; the learner knows nothing yet."""
EXPERT_FADED = 0.5
"""Fraction of the opening after which the expert's share no longer falls."""
AVERAGE_DECAY = 0.99
"""Of the moving average of the weights that is kept and evaluated, about the latest hundred updates (Polyak and
Juditsky 1992). It drives well at any time, where the weights themselves need the learning rate to have fallen."""

SEED_MAX = 2**62
"""Greatest seed; those of worlds, made from it, stay below 2^64."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainArgs:
    """How to train."""

    env: str = "lane"
    """Preset of the environment: lane, highway or town."""
    beside: tuple[str, ...] = ()
    """Presets that are learnt as well: shards take turns with `env` and these, each keeps to its own. The best
    checkpoint is chosen on `env` alone."""
    weather: tuple[str, ...] = ()
    """Weathers by name, such as HardRainNight or FogNoon; of several each drive draws one. None: a clear noon."""
    out: str = "runs/lane"
    """Folder for checkpoints and logs."""
    minutes: float = 2.0
    """Budget of training time [min]; evaluation and start-up do not count."""
    updates: int = 0
    """Budget in gradient steps instead; repeats bit by bit on one kind of machine. 0: `minutes` counts."""
    expected_updates: int = 0
    """Gradient steps that are likely to be enough where a training may end early: it opens as if they were its budget.
    0: it opens by its budget alone."""
    seed: int = 0
    """Seed of network, worlds and draws."""
    map_start: int = 0
    """First generator seed of the training roads; from 1,000,000 up they are held out."""
    map_count: int = 64
    """Training roads, shared out to the shards."""
    shards: int = 2
    """Parts into which roads, worlds and batch are divided, one core each; the result depends on their number."""
    processes: int = 0
    """Processes that carry the shards; the result does not depend on them. 0: as many as there are cores for."""
    worlds: int = 64
    """Worlds that drive at the same time, in all shards together."""
    batch: int = 64
    """Frames per gradient step, in all shards together."""
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
    rare: float = 0.0
    """Share of the frames learnt from that are drawn among those in which a driver does or heeds something: turns,
    starts, stops, has a light or a person ahead. The others are drawn among all."""
    episode_s: float = 0.0
    """Every world begins anew after so long on average [s], at any moment, so that many roads are seen in little time
    and now and then a whole one. 0: drives end by themselves."""
    flip: float = 0.0
    """Share of frames seen in a mirror. The mirror puts oncoming traffic on the other side."""
    sensor_dropout: float = 0.1
    """Chance of each sensor of each frame to deliver nothing, where the network has more than cameras: it learns to do
    without any of them."""
    faults: float = 0.0
    """Mean number of faults of each sensor at a time, among all that its type may have, at all severities. Above 0
    the network learns to tell them: it has the head `faults`."""
    device: str = "auto"
    """auto, cpu, cuda, ..."""
    precision: str = "auto"
    """auto, bf16 or fp32."""
    resume: bool = False
    """Go on from the folder's last checkpoint."""
    start: str = ""
    """Checkpoint or training folder whose weights it begins with, of a network of these sizes; heads that differ begin
    anew."""
    learn: tuple[str, ...] = ()
    """Heads that learn, such as faults; the rest of the network stays as `start` has it. None named: all learns."""
    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)
    """Sizes of the network, and the car that it drives: worlds are given this car."""
    heads: tuple[str, ...] = ()
    """Heads learnt beside those that ship, each as module:NAME of a `Head` or of a function that makes one."""
    weights: dict[str, float] = dataclasses.field(default_factory=dict)
    """Weights of losses by name, where they are not the heads' own, such as semantic=0.5 lane=2."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_choice("TrainArgs.env", self.env, ENV_PRESETS)
        for name in self.beside:
            check_choice("TrainArgs.beside", name, ENV_PRESETS)
        weather_from(self.weather, argument="TrainArgs.weather")
        check_range("TrainArgs.minutes", self.minutes, 0.0, 100_000.0)
        check_range("TrainArgs.updates", self.updates, 0, 2**31)
        check_integer("TrainArgs.expected_updates", self.expected_updates, 0, 2**31)
        check_integer("TrainArgs.seed", self.seed, 0, SEED_MAX)
        check_integer("TrainArgs.map_count", self.map_count, 1, HELD_OUT_START)
        check_integer("TrainArgs.map_start", self.map_start, 0, 2**31 - 1)
        if self.map_start + self.map_count > HELD_OUT_START:
            raise ConfigError(
                f"TrainArgs.map_start: roads from {HELD_OUT_START:,} up are held out of training, expected at most "
                f"{HELD_OUT_START - self.map_count:,} for {self.map_count} roads, got {self.map_start:,}"
            )
        check_integer("TrainArgs.shards", self.shards, 1, 1024)
        if self.shards < len(self.envs):
            raise ConfigError(
                f"TrainArgs.shards: expected one for each of {', '.join(self.envs)}, at least {len(self.envs)}, "
                f"got {self.shards}"
            )
        check_integer("TrainArgs.processes", self.processes, 0, self.shards)
        if self.processes and self.shards % self.processes:
            raise ConfigError(f"TrainArgs.processes: expected a divisor of {self.shards} shards, got {self.processes}")
        check_integer("TrainArgs.worlds", self.worlds, 1, 65_536)
        check_integer("TrainArgs.batch", self.batch, 1, 65_536)
        check_integer("TrainArgs.dense_batch", self.dense_batch, 0, self.batch)
        for name in ("worlds", "batch", "dense_batch"):
            if getattr(self, name) % self.shards:
                raise ConfigError(
                    f"TrainArgs.{name}: expected a multiple of {self.shards} shards, got {getattr(self, name)}"
                )
        reach = max(self.network.history_ticks, WINDOW_TICKS if self.faults else 0)
        check_range("TrainArgs.replay_ticks", self.replay_ticks, reach + 2, 1_000_000)
        check_range("TrainArgs.faults", self.faults, 0.0, 5.0)
        check_range("TrainArgs.sensor_dropout", self.sensor_dropout, 0.0, 0.9)
        check_range("TrainArgs.round_ticks", self.round_ticks, 1, 1_000_000)
        check_range("TrainArgs.save_minutes", self.save_minutes, 0.0, 100_000.0)
        check_range("TrainArgs.learning_rate", self.learning_rate, 0.0, 1.0)
        check_range("TrainArgs.weight_decay", self.weight_decay, 0.0, 1.0)
        check_range("TrainArgs.expert_share", self.expert_share, 0.0, 1.0)
        check_range("TrainArgs.flip", self.flip, 0.0, 1.0)
        check_range("TrainArgs.rare", self.rare, 0.0, 1.0)
        check_range("TrainArgs.episode_s", self.episode_s, 0.0, 3600.0)
        for name, weight in self.weights.items():
            check_range(f"TrainArgs.weights[{name!r}]", weight, 0.0, 1_000_000.0)
        if self.learn and not self.start:
            raise ConfigError("TrainArgs.learn: heads that learn alone need a trained network, give `start`")
        if not self.updates and not self.minutes:
            raise ConfigError("TrainArgs: give a budget, `minutes` or `updates`")

    @property
    def envs(self) -> tuple[str, ...]:
        """Presets that are learnt, `env` first; shard n has the one at n modulo their number."""
        return (self.env, *self.beside)

    @property
    def roads_used(self) -> dict[str, tuple[int, int]]:
        """First generator seed and number of the roads that have shaped the network, by what for."""
        return {"training": (self.map_start, self.map_count)}

    def opening(self, fraction: float, updates: int) -> float:
        """How far the opening has come, in which the learning rate rises and the expert hands over, in [0, 1].

        By the budget or by what has been learnt, whichever is further: a training with a long budget that may end early
        hands over early, and a slow machine does so while there is time to learn from it.

        Args:
            fraction: Share of the budget spent.
            updates: Gradient steps so far.
        """
        return max(fraction, min(updates / self.expected_updates, 1.0) if self.expected_updates else 0.0)

    def roads(self, shard: int) -> range:
        """Generator seeds of a shard's roads; where there are fewer roads than shards, some share one."""
        first, last = (self.map_count * number // self.shards for number in (shard, shard + 1))
        return range(self.map_start + first, self.map_start + max(last, first + 1))


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunArgs(TrainArgs):
    """A training with its evaluations."""

    evaluate_every: int = 20
    """Rounds between evaluations; 0: only the final one."""
    evaluate_roads: int = 40
    """Held-out roads of the evaluations on the way; they choose the best checkpoint."""
    enough: float = 0.0
    """Success on those roads that ends the training once two evaluations in a row reach it; 0: the budget ends it."""
    report_roads: int = 200
    """Held-out roads of the final report, other ones than those the best checkpoint was chosen on; 0: no report."""
    overwrite: bool = False
    """Begin anew in a folder that holds a training, which is lost."""
    watch: bool = False
    """Open a window that shows the learner drive while it learns."""
    quiet: bool = False
    """Draw no progress bars."""

    def __post_init__(self) -> None:
        """Checks every field."""
        super().__post_init__()
        check_integer("RunArgs.evaluate_every", self.evaluate_every, 0, 1_000_000)
        check_integer("RunArgs.evaluate_roads", self.evaluate_roads, 1, 100_000)
        check_range("RunArgs.enough", self.enough, 0.0, 1.0)
        check_integer("RunArgs.report_roads", self.report_roads, 0, SELECTION_START - HELD_OUT_START)

    @property
    def roads_used(self) -> dict[str, tuple[int, int]]:
        """First generator seed and number of the roads that have shaped the network, by what for."""
        return {**super().roads_used, "selection": (SELECTION_START, self.evaluate_roads)}


def learning_rate(opening: float, fraction: float, peak: float) -> float:
    """Rises in a straight line, then falls along half a cosine to 1 % (Loshchilov and Hutter 2017).

    Args:
        opening: How far the opening has come; see `TrainArgs.opening`.
        fraction: Share of the budget spent.
        peak: Where it rises to.
    """
    along = min(max(fraction - WARM_UP, 0.0) / (1.0 - WARM_UP), 1.0)
    return peak * min(max(opening / WARM_UP, 0.02), 0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * along)))


def expert_share(opening: float, last: float) -> float:
    """Chance that a segment goes to the expert: 1 at first, then falling in a straight line to `last`."""
    along = (opening - EXPERT_ALONE) / (EXPERT_FADED - EXPERT_ALONE)
    return 1.0 + (last - 1.0) * min(max(along, 0.0), 1.0)


def average_decay(updates: int) -> float:
    """Decay of the average after so many updates: short at first, so that the beginning is forgotten."""
    return min(AVERAGE_DECAY, (1.0 + updates) / (10.0 + updates))
