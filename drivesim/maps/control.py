"""Who may go when: junctions, signs and lights with their stop lines, and the programmes of lights."""

from dataclasses import dataclass
from enum import IntEnum

from drivesim.errors import MapError
from drivesim.semantics import LightColor


class SignalKind(IntEnum):
    """What a signal means to a driver."""

    OTHER = 0
    LIGHT = 1
    STOP = 2
    YIELD = 3
    LIMIT = 4
    PRIORITY_ROAD = 5
    WALK_LIGHT = 6
    """A light for people on foot."""


SIGNAL_KINDS = {
    "1000001": SignalKind.LIGHT, "1000002": SignalKind.WALK_LIGHT, "206": SignalKind.STOP, "205": SignalKind.YIELD,
    "274": SignalKind.LIMIT, "306": SignalKind.PRIORITY_ROAD,
}  # fmt: skip
"""By OpenDRIVE signal type (Germany's numbers of signs); all others are `OTHER`."""


class Turn(IntEnum):
    """Where a lane in a junction leads; as bits, `1 << turn`, which of them an arrow shows."""

    STRAIGHT = 0
    LEFT = 1
    RIGHT = 2
    BACK = 3


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A traffic light or sign with its stop line.

    A sign that holds for several lanes is there once for each, at the same place.
    """

    type: str
    """OpenDRIVE signal type, for example "1000001" (light), "206" (stop), "205" (yield), "274" (limit)."""
    x: float
    y: float
    yaw: float
    """Where it faces [rad]."""
    lane: int
    """Lane it holds for: a way into a junction, or one across it."""
    stop_s: float
    """Stop line along `lane` [m]."""
    value: float = 0.0
    """Limit of a limit sign [m/s]."""
    height: float = 0.0
    """Its centre above the ground [m]; 0: as high as its kind usually is."""
    light: int = -1
    """Entry of `RoadNetwork.lights` that tells its colour; -1: it has none."""
    turns: int = 0
    """Bits of `Turn` that its arrow shows; 0: a full disc."""


@dataclass(frozen=True, kw_only=True)
class Light:
    """The programme of lights that always show the same: OpenDRIVE's signal group."""

    phases: tuple[tuple[float, LightColor], ...]
    """Duration [s] and colour, in the order in which they come; then again from the first."""
    offset_s: float = 0.0
    """The first phase begins so long after the clock's 0, and every cycle before and after [s]."""
    junction: int = -1
    """Junction it stands at."""

    def __post_init__(self) -> None:
        """Checks the phases."""
        if not self.phases or not all(0.0 < duration < 1e6 for duration, _ in self.phases):
            raise MapError(f"Light.phases: expected at least one, each longer than 0 s, got {self.phases!r}")

    @property
    def cycle_s(self) -> float:
        """Duration of all phases [s]."""
        return sum(duration for duration, _ in self.phases)


class JunctionControl(IntEnum):
    """Who goes first at a junction where no light says so."""

    PRIORITY_TO_RIGHT = 0
    """Who comes from the right; in left-hand traffic from the left."""
    PRIORITY = 1
    """Whoever has no sign to yield or to stop."""
    ALL_WAY_STOP = 2
    """Who has stopped first."""
    LIGHTS = 3
    """Lights; while they are dark the signs, or else as `PRIORITY_TO_RIGHT`."""


@dataclass(frozen=True, kw_only=True)
class Junction:
    """Where roads meet; the lanes whose `junction` is its number lead across."""

    name: str
    """OpenDRIVE id."""
    control: JunctionControl = JunctionControl.PRIORITY_TO_RIGHT
    first: tuple[tuple[int, int], ...] = ()
    """Pairs of lanes across of which the first goes before the second, whatever the rules say (OpenDRIVE: priority)."""
