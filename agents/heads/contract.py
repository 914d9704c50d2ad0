"""How a thing to perceive is declared: what is recorded, learnt, measured and shown of it, in one value.

Nothing here imports torch: the window shows heads of drivers that have no network.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from drivesim.config import CameraConfig
from drivesim.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from agents.network.config import NetworkConfig

PICTURE_AXES = ("row", "column")
PICTURE_STEP = 2
"""Recordings keep every second row and column of pictures to learn from: the decoder answers for these pixels."""

Said = Mapping[str, np.ndarray]
"""An explanation or the truth beside it: arrays by name, all with leading axis `world`."""


class Truth(NamedTuple):
    """Where quantities are read from."""

    observation: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]
    """What the environment's `labels()` returns."""
    camera: CameraConfig | None
    """The first camera, whose channels are learnt; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number, a vector or a picture that is recorded with every frame: an input of the network or a label."""

    name: str
    """Key in batches, truth and explanations."""
    unit: str
    axes: tuple[int | str, ...] = ()
    """Shape of one frame's value: sizes, or names where the environment decides, as in ("slot", 2)."""
    mirror: float | tuple[float, ...] = 1.0
    """Sign in a mirror where left is right, of all components or of each along the last axis."""
    channel: str = ""
    """Channel of the first camera that it is, or that its source reads."""
    source: Callable[[Truth], np.ndarray] | None = None
    """Computes it, with leading axis `world`; without source and channel it is the environment's label of this name."""
    dtype: str = ""
    """Type in recordings, where not that of the source."""
    ahead: tuple[int, ...] = ()
    """Control steps later at which it is wanted as well: batches and truth then have an axis behind the frame's, now
    first, with nan where the drive has ended by then or is not known so far. Of floating type."""

    @property
    def is_picture(self) -> bool:
        """It has a value for every pixel of the first camera; a mirror reverses its columns."""
        return self.axes == PICTURE_AXES

    def is_offered(self, truth: Truth) -> bool:
        """The environment's sensors have the channel it needs, if any."""
        return not self.channel or self._key(truth) in truth.observation

    def read(self, truth: Truth) -> np.ndarray:
        """Its values, leading axis `world`.

        Raises:
            ConfigError: The environment does not offer it, or in another shape.
        """
        values = self._offered(truth) if self.source is None else self.source(truth)
        fits = values.ndim == 1 + len(self.axes) and all(
            isinstance(axis, str) or axis == size for axis, size in zip(self.axes, values.shape[1:], strict=True)
        )
        if not fits:
            raise ConfigError(f"{self.name}: expected ('world', *{self.axes}), got an array of shape {values.shape}")
        return values

    def _offered(self, truth: Truth) -> np.ndarray:
        offered = truth.observation if self.channel else truth.labels
        key = self._key(truth)
        if key not in offered:
            raise ConfigError(f"{self.name}: the environment offers no {key!r}, only {', '.join(sorted(offered))}")
        return offered[key]

    def _key(self, truth: Truth) -> str:
        """Where it lies in the observation, or in the labels where it has no channel."""
        return truth.camera.key(self.channel) if self.channel and truth.camera else self.channel or self.name


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A term of what training minimises."""

    name: str
    """Logged as `loss/<name>`."""
    weight: float
    """In the sum, unless the training is told another."""
    meaning: str
    """One line for people."""
    function: "Callable[[Any, Mapping[str, Tensor]], Tensor]"
    """The loss of what the head's module said, given the batch's labels by name."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measurement of explanations against the truth.

    Its counts add up over batches, so that the value of a whole suite is no mean of means.
    """

    meanings: Mapping[str, str]
    """Names of the values, each with one line for people; logged as `metric/<name>`."""
    needs: tuple[str, ...]
    """Keys of the explanation without which there is nothing to measure."""
    counts: Callable[[Said, Said], np.ndarray]
    """What is summed, of an explanation and the truth of the head's labels."""
    values: Callable[[np.ndarray], Sequence[float]]
    """The values of summed counts, in the order of `meanings`; NaN where nothing was measured."""
    is_score: bool = False
    """The values are scores, of which 1 is the best; otherwise errors, of which 0 is."""


@dataclass(frozen=True, kw_only=True)
class PicturePane:
    """A picture that the window and the training log show beside the camera's own."""

    title: str
    key: str
    """Key of the explanation and of the label."""
    channel: str = ""
    """Channel of the camera that the window shows beside it; empty where no camera sees it."""
    paint: Callable[[np.ndarray], np.ndarray]
    """Values (h, w) as colours uint8 (h, w, 3)."""
    smooth: bool = True
    """Interpolated when enlarged; class ids are not."""


@dataclass(frozen=True, kw_only=True)
class TextRow:
    """A row of the window's table: the truth in one column, what the driver says in the other."""

    title: str
    needs: tuple[str, ...]
    """Keys without which a cell is empty."""
    text: Callable[[Said], str]
    """The cell of an explanation, or of the truth, both without the axis `world`."""


@dataclass(frozen=True, kw_only=True)
class PathFromAbove:
    """A path drawn on the road as seen from above; of several, the first that the driver explains."""

    key: str
    """Key of the explanation: points (point, 2) in the ego frame [m]."""


Pane = PicturePane | TextRow | PathFromAbove


def _says_nothing(said: Any) -> dict[str, np.ndarray]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Head:
    """One thing that a network perceives, plans or does."""

    name: str
    """Key in predictions and checkpoints."""
    build: "Callable[[NetworkConfig, Mapping[str, Head]], nn.Module]"
    """Its module, of the network's sizes and the heads by name. The module maps a `Context` to what it says, in any
    form that the functions below understand."""
    labels: tuple[Quantity, ...] = ()
    """What it learns from."""
    losses: tuple[Loss, ...] = ()
    explain: Callable[[Any], dict[str, np.ndarray]] = _says_nothing
    """What its module said, as arrays with leading axis `world`; named like the labels where they mean the same."""
    metrics: tuple[Metric, ...] = ()
    panes: tuple[Pane, ...] = ()
    reads: tuple[str, ...] = ()
    """Heads that must have spoken before; they stand before it in the list."""
    perceived: "Callable[[Any], Tensor] | None" = None
    """What its module said as columns of about one, (batch, `perceived_length`), for heads that read it."""
    perceived_length: int = 0
    dense: bool = False
    """It speaks of pixels: it is asked only for some frames of a batch, and reads the decoder's maps."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What `HEADS[name]` was called with to make it, JSON-ready; kept in checkpoints."""


def labels_of(heads: Sequence[Head]) -> dict[str, Quantity]:
    """The labels of all heads by name.

    Raises:
        ConfigError: Two heads declare the same name differently.
    """
    found: dict[str, Quantity] = {}
    for head in heads:
        for label in head.labels:
            if found.setdefault(label.name, label) != label:
                raise ConfigError(f"heads: label {label.name!r} is declared twice, differently by {head.name!r}")
    return found


def channels_of(heads: Sequence[Head]) -> tuple[str, ...]:
    """Channels of the first camera that heads learn from, beside its colours."""
    return tuple(label.channel for label in labels_of(heads).values() if label.channel)


def array(values: "Tensor") -> np.ndarray:
    """A tensor as float32 array."""
    return values.detach().float().cpu().numpy()
