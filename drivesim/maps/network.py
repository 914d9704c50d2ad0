"""`RoadNetwork`: roads as facts, whoever made them. Immutable, float64, checked when built."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.control import Junction, Light, Signal
from drivesim.maps.places import BusStop, Footpath, ParkingBay

JOINT_GAP_MAX_M = 0.05
JOINT_TURN_MAX_RAD = 0.035


class LaneType(IntEnum):
    """OpenDRIVE lane types that a car may meet."""

    DRIVING = 1
    ENTRY = 2
    EXIT = 3
    ON_RAMP = 4
    OFF_RAMP = 5
    SHOULDER = 6
    PARKING = 7
    BIKING = 8
    SIDEWALK = 9


class MarkingType(IntEnum):
    """OpenDRIVE road mark types that are drawn."""

    SOLID = 1
    BROKEN = 2
    SOLID_SOLID = 3
    SOLID_BROKEN = 4
    BROKEN_SOLID = 5
    BLOCK = 6
    STOP_LINE = 7
    YIELD_LINE = 8
    """Triangles whose tips point to the right of its direction; `width_m` is how far they reach."""
    ARROW_STRAIGHT = 9
    """An arrow has two points, foot and tip."""
    ARROW_LEFT = 10
    ARROW_RIGHT = 11
    ARROW_STRAIGHT_LEFT = 12
    ARROW_STRAIGHT_RIGHT = 13
    ARROW_LEFT_RIGHT = 14
    BICYCLE = 15
    """The pictogram of cycle lanes; two points as an arrow."""


class MarkingColor(IntEnum):
    """Paint of a marking."""

    WHITE = 1
    YELLOW = 2


class AreaKind(IntEnum):
    """What a patch of ground is. Later kinds are drawn over earlier ones."""

    TERRAIN = 1
    SIDEWALK = 2
    SHOULDER = 3
    DRIVABLE = 4
    PARKING = 5
    CROSSWALK = 6
    CURB = 7


class SceneryKind(IntEnum):
    """Upright things that do not move."""

    TREE = 1
    CONIFER = 2
    BUSH = 3
    BUILDING = 4
    POST = 5
    LAMP = 6
    GUARD_RAIL = 7
    SIGN = 8
    BARRIER = 9
    WALL = 10
    TRAFFIC_LIGHT = 11
    """Its look is a `maps.signal_scenery.Arrow`; its face looks back along its yaw, as that of signs."""
    WALK_LIGHT = 12
    ROAD_SIGN = 13
    """A sign of the code; its look is a `maps.signal_scenery.RoadSign`."""
    MAST_ARM = 14
    BIN = 15
    BOLLARD = 16
    HYDRANT = 17
    BENCH = 18
    BUS_SHELTER = 19
    HEDGE = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Lane:
    """One lane, drawn along its direction of travel."""

    points: np.ndarray
    """Centre line [m], shape (point, 2), evenly spaced along the lane, at least 2 points."""
    heading: np.ndarray
    """Direction of travel [rad], shape (point,)."""
    curvature: np.ndarray
    """Left-positive curvature [1/m], shape (point,)."""
    width: np.ndarray
    """Lane width [m], shape (point,)."""
    edge_left: np.ndarray
    """Distance from the centre line to the left end of the drivable surface [m], shape (point,)."""
    edge_right: np.ndarray
    """Distance from the centre line to the right end of the drivable surface [m], shape (point,)."""
    oncoming_left: np.ndarray
    """Where oncoming traffic begins, left of the centre line [m]; in left-hand traffic right of it and negative; +inf
    where none does; shape (point,)."""
    length: float
    """Arc length of the centre line [m]."""
    speed_limit: float
    """[m/s]"""
    type: LaneType = LaneType.DRIVING
    successors: tuple[int, ...] = ()
    """Lane indices that continue this one, any number; the first is the straightest."""
    left: int = -1
    """Neighbour on the left going the same way, -1 for none; equal fractions of both lengths are abreast, as are
    points of equal index."""
    right: int = -1
    """Neighbour on the right going the same way, -1 for none."""
    change_left: bool = False
    """The marking allows a change to `left`."""
    change_right: bool = False
    """The marking allows a change to `right`."""
    road: int = 0
    """Lanes of one road section share this number."""
    junction: int = -1
    """Junction the lane crosses, an entry of `RoadNetwork.junctions`; -1 for none."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Marking:
    """A painted line."""

    points: np.ndarray
    """[m], shape (point, 2)."""
    type: MarkingType
    color: MarkingColor = MarkingColor.WHITE
    width_m: float = 0.12
    dash_m: float = 4.0
    gap_m: float = 8.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Area:
    """A patch of ground."""

    polygon: np.ndarray
    """Outline [m], shape (point, 2), not closed."""
    kind: AreaKind


@dataclass(frozen=True, kw_only=True)
class Scenery:
    """An upright thing that does not move."""

    kind: SceneryKind
    x: float
    """Centre [m]."""
    y: float
    yaw: float = 0.0
    """[rad]"""
    length: float = 0.5
    """Along yaw [m]; the diameter of what is round."""
    width: float = 0.5
    height: float = 2.0
    base: float = 0.0
    """Height of its foot above the ground [m]."""
    look: int = 0
    """Chooses among colours and textures."""
    light: int = -1
    """Entry of `RoadNetwork.lights` that its lamps show; -1: none."""


@dataclass(frozen=True, kw_only=True)
class Route:
    """A drive through the network; every lane that leads there is part of it."""

    start_lane: int
    start_s: float
    goal_lane: int
    goal_s: float
    goal_any_lane: bool = True
    """Reaching a neighbour of the goal lane counts as well."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RoadNetwork:
    """Everything known about a map.

    Raises:
        MapError: A lane is shorter than 0.5 m, not finite or uneven; a link leads nowhere; a joint gapes
            or kinks; neighbours disagree; a route, signal, bay or stop lies off its lane; a lane, signal or footpath
            names a junction or light that does not exist.
    """

    name: str
    seed: int
    lanes: tuple[Lane, ...]
    markings: tuple[Marking, ...] = ()
    areas: tuple[Area, ...] = ()
    scenery: tuple[Scenery, ...] = ()
    signals: tuple[Signal, ...] = ()
    junctions: tuple[Junction, ...] = ()
    lights: tuple[Light, ...] = ()
    footpaths: tuple[Footpath, ...] = ()
    bays: tuple[ParkingBay, ...] = ()
    bus_stops: tuple[BusStop, ...] = ()
    routes: tuple[Route, ...] = ()
    left_hand: bool = False
    """Traffic keeps to the left."""
    sun_azimuth: float = 0.8
    """Direction towards the sun, counter-clockwise from east [rad]."""
    sun_elevation: float = 0.7
    """Height of the sun above the horizon [rad]."""

    def __post_init__(self) -> None:
        """Checks every lane and link."""
        for index, lane in enumerate(self.lanes):
            self._check_lane(index, lane)
        for index, lane in enumerate(self.lanes):
            self._check_links(index, lane)
        for number, route in enumerate(self.routes):
            self._check_place(f"route {number}: start", route.start_lane, route.start_s)
            self._check_place(f"route {number}: goal", route.goal_lane, route.goal_s)
        for number, signal in enumerate(self.signals):
            self._check_place(f"signal {number}", signal.lane, signal.stop_s)
            self._check_light(f"signal {number}", signal.light)
        for number, path in enumerate(self.footpaths):
            self._check_light(f"footpath {number}", path.light)
        for number, bay in enumerate(self.bays):
            self._check_place(f"bay {number}", bay.lane, bay.s)
        for number, stop in enumerate(self.bus_stops):
            self._check_place(f"bus stop {number}", stop.lane, stop.s)

    @property
    def has_streets(self) -> bool:
        """There are junctions, signals, lights or footpaths."""
        return bool(self.junctions or self.signals or self.lights or self.footpaths)

    def _check_light(self, what: str, light: int) -> None:
        if not -1 <= light < len(self.lights):
            raise MapError(f"{self.name}: {what} names light {light}, which does not exist")

    def _check_place(self, what: str, lane: int, s: float) -> None:
        if not 0 <= lane < len(self.lanes):
            raise MapError(f"{self.name}: {what} lane {lane} does not exist")
        if not 0.0 <= s <= self.lanes[lane].length:
            raise MapError(f"{self.name}: {what} at {s} m is outside lane {lane} of {self.lanes[lane].length:.3f} m")

    def _check_lane(self, index: int, lane: Lane) -> None:
        where = f"{self.name}: lane {index}"
        count = len(lane.points)
        if count < 2 or lane.points.shape != (count, 2):
            raise MapError(f"{where}: expected points of shape (>= 2, 2), got {lane.points.shape}")
        for name in ("heading", "curvature", "width", "edge_left", "edge_right", "oncoming_left"):
            values = getattr(lane, name)
            if values.shape != (count,):
                raise MapError(f"{where}: {name} has shape {values.shape}, expected ({count},)")
            if not np.isfinite(values).all() and (name != "oncoming_left" or np.isnan(values).any()):
                raise MapError(f"{where}: {name} is not finite")
        if not (lane.width > 0.0).all():
            raise MapError(f"{where}: width falls to {lane.width.min()} m, expected more than 0 m")
        if not 0.0 < lane.speed_limit < np.inf:
            raise MapError(f"{where}: speed limit {lane.speed_limit} m/s, expected a positive number")
        if not np.isfinite(lane.points).all():
            raise MapError(f"{where}: points are not finite")
        if not 0.5 <= lane.length < np.inf:
            raise MapError(f"{where}: length {lane.length} m, expected at least 0.5 m")
        chords = np.hypot(*np.diff(lane.points, axis=0).T)
        if np.abs(chords - lane.length / (count - 1)).max() > 0.02 * lane.length / (count - 1) + 0.01:
            raise MapError(f"{where}: points are not evenly spaced along its length {lane.length:.3f} m")

    def _check_links(self, index: int, lane: Lane) -> None:
        where = f"{self.name}: lane {index}"
        neighbours = [other for other in (lane.left, lane.right) if other != -1]
        if self.junctions and not -1 <= lane.junction < len(self.junctions):
            raise MapError(f"{where}: crosses junction {lane.junction}, which does not exist")
        for other in (*lane.successors, *neighbours):
            if not 0 <= other < len(self.lanes):
                raise MapError(f"{where}: link to lane {other}, which does not exist")
        if lane.left >= 0 and self.lanes[lane.left].right != index:
            raise MapError(f"{where}: its left neighbour {lane.left} does not have it on the right")
        if lane.right >= 0 and self.lanes[lane.right].left != index:
            raise MapError(f"{where}: its right neighbour {lane.right} does not have it on the left")
        for other in lane.successors:
            follower = self.lanes[other]
            gap = float(np.hypot(*(follower.points[0] - lane.points[-1])))
            turn = abs((follower.heading[0] - lane.heading[-1] + np.pi) % (2 * np.pi) - np.pi)
            if gap > JOINT_GAP_MAX_M or turn > JOINT_TURN_MAX_RAD:
                raise MapError(f"{where}: joint to lane {other} gapes {gap:.3f} m and turns {turn:.4f} rad")
