"""A street network in the making: what its parts ask each other for while it is built."""

from dataclasses import dataclass, field

from drivesim.maps.curves import Curve
from drivesim.maps.procedural.road import LaneDraft
from drivesim.maps.procedural.town.arms import Arm, StreetLine
from drivesim.maps.procedural.town.plan import StreetPlan


@dataclass(frozen=True)
class Section:
    """A stretch of one direction of a street on which its lanes stay the same."""

    start: float
    """Station of the street [m]."""
    stop: float
    """Greater than `start`, whichever way the lanes run [m]."""
    lanes: tuple[int, ...]
    """From left to right as they run."""


@dataclass(frozen=True)
class Bend:
    """Two streets that go on as one: the line from the one to the other, and what lies on it."""

    curve: Curve
    """From the first arm of the node to its second."""
    lanes: tuple[tuple[int, ...], tuple[int, ...]]
    """Along the curve and against it, from left to right as they run."""


@dataclass(kw_only=True)
class Draft:
    """A network in the making."""

    plan: StreetPlan
    lines: list[StreetLine]
    arms: list[list[Arm]]
    """Arms of every node, counter-clockwise."""
    lanes: list[LaneDraft] = field(default_factory=list)
    junction: list[int] = field(default_factory=list)
    """Junction of every lane; -1: none."""
    sections: dict[tuple[int, bool], list[Section]] = field(default_factory=dict)
    """Lanes for cars by (street, runs from start to end), in the order in which they are driven."""
    cycle_lanes: dict[tuple[int, bool], int] = field(default_factory=dict)
    """Cycle lane of (street, runs from start to end), where there is one."""
    number: dict[int, int] = field(default_factory=dict)
    """Junction of a node."""
    bends: dict[int, Bend] = field(default_factory=dict)
    """By node."""

    def __post_init__(self) -> None:
        """Notes where junctions end."""
        self._edge = {(arm.street, arm.at_start): arm.edge for arms in self.arms for arm in arms}

    def span(self, number: int) -> tuple[float, float]:
        """Stations of a street at which its junctions end [m]."""
        return self._edge[number, True], self.lines[number].curve.length - self._edge[number, False]

    def ways_in(self, arm: Arm) -> tuple[int, ...]:
        """Lanes that lead to the arm's node, from left to right."""
        sections = self.sections[arm.street, not arm.at_start]
        return sections[-1].lanes if sections else ()

    def ways_out(self, arm: Arm) -> tuple[int, ...]:
        """Lanes that lead away from it, from left to right."""
        sections = self.sections[arm.street, arm.at_start]
        return sections[0].lanes if sections else ()

    def cycle_in(self, arm: Arm) -> int:
        """Cycle lane that leads to the arm's node; -1: none."""
        return self.cycle_lanes.get((arm.street, not arm.at_start), -1)

    def cycle_out(self, arm: Arm) -> int:
        """Cycle lane that leads away from it; -1: none."""
        return self.cycle_lanes.get((arm.street, arm.at_start), -1)

    def outermost(self, number: int, *, forward: bool, station: float) -> tuple[int, float]:
        """The lane for cars nearest to the kerb, and s along it abreast of a station of the street [m]."""
        sections = self.sections[number, forward]
        for section in sections:
            if section.start <= station <= section.stop:
                break
        else:
            section = min(sections, key=lambda each: min(abs(station - each.start), abs(station - each.stop)))
        share = min(max((station - section.start) / (section.stop - section.start), 0.0), 1.0)
        lane = section.lanes[-1]
        return lane, (share if forward else 1.0 - share) * self.lanes[lane].line.length

    def add(self, draft: LaneDraft, junction: int = -1) -> int:
        """Adds a lane; returns its number."""
        self.lanes.append(draft)
        self.junction.append(junction)
        return len(self.lanes) - 1

    def next_road(self) -> int:
        """A number for a road of its own: that no lane has, and that is even, so that the one after it is free too."""
        return 2 * (len(self.plan.streets) + len(self.lanes))
