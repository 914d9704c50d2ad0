"""What a batch of worlds takes in from outside the packages: kinds of road user, scripts, reward terms, events.

Functions of terms and events are vectorised Python over all worlds, called once per step after the kernels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from drivesim.errors import ConfigError, check_range
from drivesim.maps.arrays import MapArrays
from drivesim.scenarios import ScenarioSet, scenario_arrays
from drivesim.state import Event, RewardTerm, WorldState
from drivesim.state.kinds import KIND_COUNT_MAX, KINDS, RoadUserKind, kind_number
from drivesim.state.parameters import WorldParameters
from drivesim.state.scenario import ScenarioArrays, no_scenarios
from drivesim.state.scripts import ScriptArrays


class StepView(NamedTuple):
    """What a function from outside may read after a step."""

    maps: MapArrays
    state: WorldState
    parameters: WorldParameters


@dataclass(frozen=True, kw_only=True)
class ExtraTerm:
    """A reward term."""

    name: str
    function: Callable[[StepView], np.ndarray]
    """Its value in the last step, before its weight; float, shape (world, driver)."""
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class ExtraEvent:
    """An event."""

    name: str
    function: Callable[[StepView], np.ndarray]
    """Whether it happens, bool, shape (world, driver)."""
    ends: bool = False
    """It ends the driver's episode, for the reason of its name."""
    coefficient: float = 0.0
    """Its coefficient c in the driving score; 0: it is no infraction."""


@dataclass(frozen=True, kw_only=True)
class ScriptedRoadUser:
    """A road user that follows a path with times, in every world."""

    kind: str
    path: tuple[tuple[float, float, float], ...]
    """Knots of time since the episode began [s], distance along the first driver's route [m], offset to its left [m].
    Before the first and after the last it stands."""


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """Everything that comes from outside."""

    kinds: tuple[RoadUserKind, ...] = ()
    """They number on from those that ship."""
    scripted: tuple[ScriptedRoadUser, ...] = ()
    terms: tuple[ExtraTerm, ...] = ()
    events: tuple[ExtraEvent, ...] = ()
    scenarios: ScenarioSet | None = None
    """Situations, of which every episode is one; their maps have to be the environment's."""

    def __post_init__(self) -> None:
        """Checks names, counts and paths."""
        known = {
            "kinds": [kind.name for kind in KINDS],
            "terms": [term.name.lower() for term in RewardTerm],
            "events": [event.name.lower() for event in Event],
        }
        for group, taken in known.items():
            for entry in getattr(self, group):
                if not entry.name.isidentifier() or entry.name in taken:
                    raise ConfigError(f"Extensions.{group}: expected a new identifier as name, got {entry.name!r}")
                taken.append(entry.name)
        check_range("number of kinds", len(self.all_kinds), 1, KIND_COUNT_MAX)
        for script in self.scripted:
            kind_number(script.kind, self.all_kinds)
            knots = np.array(script.path, np.float64)
            if knots.ndim != 2 or knots.shape[1] != 3 or not np.isfinite(knots).all():
                raise ConfigError(f"ScriptedRoadUser.path: expected knots of three finite numbers, got {script.path!r}")
            if not (np.diff(knots[:, 0]) > 0.0).all():
                raise ConfigError(f"ScriptedRoadUser.path: expected rising times, got {knots[:, 0].tolist()}")

    @property
    def all_kinds(self) -> tuple[RoadUserKind, ...]:
        """Kinds that ship, then those from outside; kind number i is entry i - 1."""
        return (*KINDS, *self.kinds)

    def scenario_arrays(self) -> ScenarioArrays:
        """The situations as kernels know them."""
        return no_scenarios() if self.scenarios is None else scenario_arrays(self.scenarios, self.all_kinds)

    def script_arrays(self) -> ScriptArrays:
        """The scripts as kernels know them."""
        longest = max((len(script.path) for script in self.scripted), default=1)
        knots = np.zeros((max(len(self.scripted), 1), longest, 3), np.float32)
        for row, script in enumerate(self.scripted):
            knots[row, : len(script.path)] = script.path
        return ScriptArrays(
            knot=knots,
            knot_count=np.array([len(script.path) for script in self.scripted], np.int32),
            kind=np.array([kind_number(script.kind, self.all_kinds) for script in self.scripted], np.int32),
        )


NO_EXTENSIONS = Extensions()
