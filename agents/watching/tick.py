"""`Tick`: what is to be shown of one control step; and a moment of a drive as it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from agents.watching.rig import Frames
from drivesim.render.moment import Moment
from drivesim.render.strips import Strip, StripHistory


@dataclass(frozen=True, kw_only=True, eq=False)
class Tick:
    """What is to be shown of one control step."""

    moment: Moment
    score: float
    """Driving score so far, in [0, 100]."""
    weather: str = ""
    """Name of the weather; empty for the clear noon of the map itself."""
    explanation: Mapping[str, np.ndarray] = field(default_factory=dict)
    """What the driver says about this moment, without the world axis; empty if it says nothing."""
    truth: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The labels of the driver's heads at this moment, without the world axis."""
    plan: np.ndarray | None = None
    """The driver's own way-points, world frame [m], shape (way-point, 2)."""
    frames: Mapping[str, Frames] = field(default_factory=dict)
    """What every sensor has delivered, by its name."""
    strips: Mapping[str, Strip] = field(default_factory=dict)
    """What sensors without a picture have said for some time, by their names."""
    faults: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Severities of the faults that show in what a sensor has delivered, by its name; none that has none."""
    labels: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Labels to be drawn over the sensors' pictures."""
    variant: int = 0
    """Number of the situation."""
    triggered: frozenset[int] = frozenset()
    """Numbers of the situation's events that have begun."""


class Answer(NamedTuple):
    """What the driver made of a moment."""

    action: np.ndarray
    """float32 (2,), for the next step."""
    explanation: Mapping[str, np.ndarray]
    """Without the world axis; empty if it says nothing."""


class SavedDrive(NamedTuple):
    """A moment of a drive."""

    snapshot: dict[str, np.ndarray]
    strips: dict[str, StripHistory]
    answer: Answer
    memory: Mapping[str, np.ndarray] | None
    """What the driver remembers; None of one that cannot tell."""
