"""What `drivesim fit` takes."""

from dataclasses import dataclass, field
from typing import Annotated

from agents.network import NetworkConfig
from agents.options import POSITIONAL
from drivesim.errors import ConfigError, check_integer, check_range


@dataclass(frozen=True, kw_only=True)
class FitArgs:
    """Fit a network to a data set that `drivesim record` has written."""

    data: Annotated[str, POSITIONAL] = ""
    """Folder of the data set: shards, coco, kitti or nuscenes."""
    out: str = "runs/fit"
    """Folder for checkpoints and logs."""
    epochs: int = 10
    """Times that every frame is seen."""
    batch: int = 32
    """Frames per step of the optimiser."""
    learning_rate: float = 1e-3
    """Of Adam."""
    heads: tuple[str, ...] = ()
    """What is learnt: semantic, depth, lane, lead, plan, action; none named: all that the data set has labels for."""
    validation: float = 0.2
    """Share of the drives that are only looked at, not learnt from."""
    patience: int = 5
    """Ends after so many epochs without a better validation loss; 0: never before the last."""
    mirror: bool = True
    """Half of the frames are seen in a mirror."""
    jitter: bool = True
    """Contrast and brightness of every picture change a little."""
    seed: int = 0
    """Of first weights, order and changes of frames."""
    device: str = "auto"
    """Where the network runs: auto, cpu, cuda, ..."""
    precision: str = "auto"
    """auto, bf16 or fp32."""
    weights: dict[str, float] = field(default_factory=dict)
    """Weights of losses by name, where not the heads' own."""
    resume: bool = False
    """Go on with the training in `out`, bit for bit as if it had not stopped."""
    overwrite: bool = False
    """Begin anew where `out` holds a training."""
    quiet: bool = False
    """Draw no progress bars, print no table."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    """Sizes; height, width and history follow from the data set."""

    def __post_init__(self) -> None:
        """Checks every field."""
        check_integer("FitArgs.epochs", self.epochs, 1, 100_000)
        check_integer("FitArgs.batch", self.batch, 1, 65_536)
        check_range("FitArgs.learning_rate", self.learning_rate, 1e-8, 1.0)
        check_range("FitArgs.validation", self.validation, 0.0, 0.9)
        check_integer("FitArgs.patience", self.patience, 0, 100_000)
        check_integer("FitArgs.seed", self.seed, 0, 2**62)
        if self.resume and self.overwrite:
            raise ConfigError("FitArgs.resume: expected one of --resume and --overwrite, got both")
