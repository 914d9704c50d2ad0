"""Lanes of roads as they are driven: a stretch of every driving lane in every section, with its lines and borders."""

from dataclasses import dataclass, field

import numpy as np

from drivesim.maps.opendrive.cuts import NOTHING_M, ROOM_M
from drivesim.maps.opendrive.report import MapReport
from drivesim.maps.opendrive.roads import (
    BIKING,
    DRIVING,
    Road,
    Section,
    may_cross,
    speed_limit,
    stations,
    surface_block,
)

FINE_M = 0.25
"""Lanes are sampled this densely before they are cut into even steps [m]."""
COARSE_M = 1.0
"""On straight stretches [m]."""
SPACING_M = 1.0
"""Distance between the points of a lane [m]."""
WIDTH_MIN_M = 0.3
"""Lanes are nowhere narrower than this [m]."""
CAR_M, BICYCLE_M = 1.7, 0.8
"""A lane narrower than this all along has no room for a car, or a bicycle [m]."""
LENGTH_MIN_M = 0.6
"""A lane shorter than this becomes part of the one after or before it [m]."""
SLOPE_MIN_M = 1.5
"""Sections shorter than this jump sideways in some files, which is no direction anybody drives in [m]."""
BICYCLE_M_S = 25.0 / 3.6
"""Limit on lanes for bicycles that have none of their own [m/s]."""
FOLD_POINTS = 40
"""The two sides of a fold cross within so many points of it."""
TOTAL_MAX_M = 2_000_000.0
"""Length of all lanes together [m]."""

Key = tuple[str, int, int]
"""Road, section, lane."""


@dataclass(kw_only=True, eq=False)
class Stretch:
    """A driving lane in one section, in its direction of travel. Arrays have shape (point,)."""

    key: Key
    points: np.ndarray
    """Centre line [m], shape (point, 2)."""
    heading: np.ndarray
    """Direction of travel [rad], unwrapped."""
    width: np.ndarray
    edge_left: np.ndarray
    edge_right: np.ndarray
    oncoming_left: np.ndarray
    type: str
    junction: str
    speed: float
    station: np.ndarray
    """Of the road [m]."""
    left: "Stretch | None" = None
    right: "Stretch | None" = None
    change_left: bool = False
    change_right: bool = False
    after: list["Stretch"] = field(default_factory=list)
    before: list["Stretch"] = field(default_factory=list)

    @property
    def is_biking(self) -> bool:
        """For bicycles."""
        return self.type == BIKING

    @property
    def length(self) -> float:
        """Of the centre line [m]."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    @property
    def place(self) -> str:
        """For people."""
        return f"road {self.key[0]}, section {self.key[1]}, lane {self.key[2]}"

    def along(self, s: float) -> float:
        """Place on the centre line abreast of a station of the road [m]; from 0 to its length."""
        chord = np.hypot(*np.diff(self.points, axis=0).T)
        place = np.concatenate(([0.0], np.cumsum(chord)))
        order = slice(None) if self.station[-1] > self.station[0] else slice(None, None, -1)
        return float(np.interp(s, self.station[order], place[order]))

    def covers(self, s: float) -> bool:
        """Whether a station of its road is beside it."""
        return bool(self.station.min() - 1e-6 <= s <= self.station.max() + 1e-6)

    def direction(self, at_end: bool) -> float:
        """Direction of travel at an end [rad]."""
        return float(self.heading[-1 if at_end else 0])


def stretches_of(roads: dict[str, Road], report: MapReport) -> dict[Key, Stretch]:
    """Every stretch by road, section and lane.

    Raises:
        FileFormatError: They are longer than `TOTAL_MAX_M` together.
    """
    found: dict[Key, Stretch] = {}
    total = 0.0
    for road in roads.values():
        for number, section in enumerate(road.sections):
            for stretch in _section_stretches(road, number, section, report):
                total += stretch.length
                if total > TOTAL_MAX_M:
                    raise road.element.error(f"lanes longer than {TOTAL_MAX_M / 1000.0:.0f} km in all")
                found[stretch.key] = stretch
    return found


def _step(road: Road, section: Section) -> float:
    """Sampling distance: coarse where nothing bends."""
    s = np.linspace(section.start, section.stop, 9)
    heading = np.unwrap(road.line(s)[2])
    length = max(section.stop - section.start, 1e-3)
    bends = np.abs(np.diff(heading)).max() / (length / 8.0)
    if bends < 1e-9 and len(road.line.knots) == 2:
        return max(COARSE_M, length / 40_000.0)
    return max(FINE_M, length / 40_000.0)


def _section_stretches(road: Road, number: int, section: Section, report: MapReport) -> list[Stretch]:
    driving = [k for k, lane in section.lanes.items() if k and lane.type in (*DRIVING, BIKING)]
    if not driving:
        return []
    s = stations(road, section, _step(road, section))
    x, y, heading = road.line(s)
    borders = section.offsets(road, s)
    made: dict[int, Stretch] = {}
    for lane in driving:
        inner, outer = borders[lane + 1 if lane < 0 else lane - 1], borders[lane]
        width = np.abs(outer - inner)
        where = f"road {road.id}, section {number}, lane {lane}"
        biking = section.lanes[lane].type == BIKING
        if width.max() < (BICYCLE_M if biking else CAR_M):
            report.leave_out("lanes narrower than a vehicle", where)
            continue
        if not biking and width.min() < NOTHING_M and width.max() < ROOM_M + 0.1:
            report.repair("lanes that begin or end where a car has room, instead of where they have no width", where)
            continue
        middle = 0.5 * (inner + outer)
        forwards = road.forwards(lane)
        most_left, most_right = surface_block(section, lane)
        edges = (
            borders[most_left if most_left > 0 else most_left + 1],
            borders[most_right if most_right < 0 else most_right - 1],
        )
        edge_left, edge_right = edges[0] - middle, middle - edges[1]
        oncoming = _oncoming(road, section, borders, lane, middle)
        if not forwards:
            edge_left, edge_right = edge_right, edge_left
        points = np.stack((x - middle * np.sin(heading), y + middle * np.cos(heading)), axis=-1)
        order = np.arange(len(s)) if forwards else np.arange(len(s))[::-1]
        kept = _unfolded(points, heading)
        if not kept.all():
            report.repair("lanes that fold where a road bends tighter than it is wide", where)
            order = order[kept[order]]
        made[lane] = Stretch(
            key=(road.id, number, lane),
            points=points[order],
            heading=_headings(s, heading, middle)[order] + (0.0 if forwards else np.pi),
            width=np.maximum(width, WIDTH_MIN_M)[order],
            edge_left=np.maximum(edge_left, 0.0)[order],
            edge_right=np.maximum(edge_right, 0.0)[order],
            oncoming_left=oncoming[order],
            type=section.lanes[lane].type,
            junction=road.junction,
            speed=_lane_speed(road, section, lane),
            station=s[order],
        )
    _join_neighbours(road, section, made)
    return [*made.values()]


def _unfolded(points: np.ndarray, heading: np.ndarray) -> np.ndarray:
    """Which points of a line remain when what lies between its crossings with itself is left out, shape (point,).

    A line beside a reference line runs backwards where that bends around a centre this side of it.
    """
    kept = np.ones(len(points), np.bool_)
    step = np.diff(points, axis=0)
    back = np.flatnonzero(step[:, 0] * np.cos(heading[:-1]) + step[:, 1] * np.sin(heading[:-1]) < 0.0)
    while len(back):
        first, last = int(back[0]), int(back[0]) + 1
        while last in back:
            last += 1
        before, after = max(first - FOLD_POINTS, 0), min(last + FOLD_POINTS, len(points) - 1)
        apart = points[before : first + 1, None] - points[None, last : after + 1]
        i, j = np.unravel_index(int(np.argmin(np.hypot(apart[..., 0], apart[..., 1]))), apart.shape[:2])
        kept[before + i + 1 : last + j] = False
        back = back[back >= last + j]
    return kept


def _headings(s: np.ndarray, heading: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Headings of a line `t` to the left of a reference line with some headings at stations s.

    On a section too short to say, those of the reference line.
    """
    heading = np.unwrap(heading)
    if s[-1] - s[0] < SLOPE_MIN_M:
        return heading
    bend = np.gradient(heading, s)
    return heading + np.arctan2(np.gradient(t, s, edge_order=2 if len(s) > 2 else 1), np.maximum(1.0 - bend * t, 1e-3))


def _lane_speed(road: Road, section: Section, lane: int) -> float:
    usual = road.speed(0.5 * (section.start + section.stop))
    if section.lanes[lane].type == BIKING:
        usual = min(usual, BICYCLE_M_S)
    own = section.record(lane, "speed")
    return usual if own is None else speed_limit(own, usual)


def _oncoming(
    road: Road, section: Section, borders: dict[int, np.ndarray], lane: int, middle: np.ndarray
) -> np.ndarray:
    """Where oncoming traffic begins, left of a lane's middle, or right of it and negative [m]; +inf where none does."""
    forwards, side = road.forwards(lane), -1.0 if road.left_hand else 1.0
    step = 1 if lane < 0 else -1
    at = lane
    while True:
        at += step
        if at == 0:
            continue
        if at not in section.lanes:
            return np.full_like(middle, np.inf)
        if section.lanes[at].type in DRIVING and road.forwards(at) != forwards:
            inner = borders[at - step] if at - step != 0 or 0 in borders else borders[at]
            return side * np.abs(inner - middle)


def _join_neighbours(road: Road, section: Section, made: dict[int, Stretch]) -> None:
    """Links stretches side by side that are driven the same way."""
    for lane, own in made.items():
        outer = lane + (1 if lane > 0 else -1)
        if outer not in made or own.is_biking or made[outer].is_biking:
            continue
        inwards, outwards = _changes(section, lane)
        other = made[outer]
        # Seen along the reference line the outer lane is on the right where ids are negative.
        outer_is_right = (lane < 0) == road.forwards(lane)
        if outer_is_right:
            own.right, other.left = other, own
            own.change_right, other.change_left = outwards, inwards
        else:
            own.left, other.right = other, own
            own.change_left, other.change_right = outwards, inwards


def _changes(section: Section, lane: int) -> tuple[bool, bool]:
    """Whether the mark at a lane's outer border may be crossed inwards and outwards."""
    mark = section.record(lane, "roadMark")
    return (True, True) if mark is None else may_cross(mark, lane)
