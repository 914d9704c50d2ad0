"""Turns at corners as a car drives them: a clothoid, an arc and a clothoid between two straight lines.

Files draw turns right around the corner of two roads, down to radii of a metre. A driver begins such a turn earlier and
ends it later, as far inside of the corner as there is asphalt.
"""

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np

from drivesim.maps.network import Area, AreaKind, Lane, RoadNetwork

CURVATURES = (0.18, 0.2, 0.22, 0.25, 0.3)
"""Of the arc [1/m]: tried in this order; a car with wheels turned by 0.5 rad drives 0.21."""
SHARPNESS = 0.07
"""Of the clothoids [1/m^2]."""
TURN_RAD = (0.5, 2.6)
"""Turns by less or more are not made in this way."""
BESIDE_M = 1.2
"""As far on both sides of the line there is asphalt [m]: half a car, and a hand's breadth."""
SHIFT_MAX_M = 0.9
"""Where a turn has begun before the junction, it stays this near to the middle of its lane [m], but towards a kerb."""
CELL_M = 0.2
_AROUND_M = 4.0
_STEPS = 160
_PAVED = (AreaKind.DRIVABLE, AreaKind.SHOULDER, AreaKind.PARKING, AreaKind.CROSSWALK)


class Pavement:
    """Where there is asphalt around the junctions of a network."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        # Later kinds are drawn over earlier ones.
        self._areas: list[Area] = sorted(network.areas, key=lambda area: area.kind)
        self._low = np.array([area.polygon.min(axis=0) for area in self._areas]).reshape(-1, 2)
        self._high = np.array([area.polygon.max(axis=0) for area in self._areas]).reshape(-1, 2)
        self._drawn: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def covers(self, junction: int, points: np.ndarray) -> bool:
        """Whether all points are on asphalt [m], shape (point, 2); what is far from the junction is not."""
        if junction not in self._drawn:
            self._drawn[junction] = self._draw(junction)
        low, picture = self._drawn[junction]
        column, row = np.floor((points - low) / CELL_M).astype(int).T
        height, width = picture.shape
        inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
        return bool(inside.all() and picture[row[inside], column[inside]].all())

    def _draw(self, junction: int) -> tuple[np.ndarray, np.ndarray]:
        places = np.concatenate([lane.points for lane in self._network.lanes if lane.junction == junction])
        low, high = places.min(axis=0) - _AROUND_M, places.max(axis=0) + _AROUND_M
        width, height = np.ceil((high - low) / CELL_M).astype(int)
        picture = np.zeros((height, width), np.uint8)
        for number in np.flatnonzero((self._low < high).all(axis=1) & (self._high > low).all(axis=1)):
            area = self._areas[number]
            corners = np.round((area.polygon - low) / CELL_M - 0.5).astype(np.int32)
            cv2.fillPoly(picture, [corners], int(area.kind in _PAVED))
        return low, picture


@dataclasses.dataclass(frozen=True)
class Corner:
    """Two straight lines that meet, with the room that a turn from the one to the other has."""

    start: np.ndarray
    """Where it may begin [m], shape (2,)."""
    heading: float
    """[rad]"""
    turn: float
    """Left positive [rad]."""
    before: float
    """From there to where the lines meet [m]."""
    after: float
    """From there to where it has to end [m]."""

    @staticmethod
    def of(lane: Lane) -> "Corner | None":
        """The corner that a lane turns around; None where its ends do not point to one."""
        heading = np.unwrap(lane.heading)
        turn = float(heading[-1] - heading[0])
        if not TURN_RAD[0] < abs(turn) < TURN_RAD[1]:
            return None
        east, north = lane.points[-1] - lane.points[0]
        along = float(east * np.cos(heading[0]) + north * np.sin(heading[0]))
        left = float(north * np.cos(heading[0]) - east * np.sin(heading[0]))
        after = left / np.sin(turn)
        before = along - after * np.cos(turn)
        if min(before, after) <= 0.0:
            return None
        return Corner(lane.points[0], float(heading[0]), turn, before, after)

    def lines(self) -> Iterator[np.ndarray]:
        """Turns that fit, the gentlest first, with their straight ends: x, y [m], heading [rad], shape (point, 3)."""
        turn, room = abs(self.turn), min(self.before, self.after)
        for curvature in CURVATURES:
            curvature = min(curvature, np.sqrt(SHARPNESS * turn))
            ramp = curvature / SHARPNESS
            length = turn / curvature + ramp
            s = np.linspace(0.0, length, _STEPS)
            bend = np.minimum(np.minimum(s, length - s) * SHARPNESS, curvature)
            heading = _integral(s, bend)
            heading *= turn / heading[-1]
            x, y = _integral(s, np.cos(heading)), _integral(s, np.sin(heading))
            tangent = float(y[-1]) / np.sin(turn)
            if tangent > room:
                continue
            lead, tail = self.before - tangent, self.after - tangent
            x, y = np.concatenate(([0.0], lead + x)), np.concatenate(([0.0], y))
            x, y = np.append(x, x[-1] + tail * np.cos(turn)), np.append(y, y[-1] + tail * np.sin(turn))
            heading = np.concatenate((heading[:1], heading, heading[-1:]))
            y, heading = np.copysign(1.0, self.turn) * y, np.copysign(1.0, self.turn) * heading
            cos, sin = np.cos(self.heading), np.sin(self.heading)
            yield np.stack(
                (self.start[0] + x * cos - y * sin, self.start[1] + x * sin + y * cos, self.heading + heading), axis=1
            )


def turned(lane: Lane, pavement: Pavement, leads: tuple[float, float], is_kerb: tuple[bool, bool]) -> Lane | None:
    """The lane along a turn that a car can drive; None where there is no corner, or no room.

    Args:
        lane: A way across a junction.
        pavement: Of its network.
        leads: How far before and behind the junction it begins and ends [m].
        is_kerb: Whether there is a kerb on the inner side of the turn, rather than another lane, at its start and end.
    """
    corner = Corner.of(lane)
    if corner is None:
        return None
    for line in corner.lines():
        normal = np.stack((-np.sin(line[:, 2]), np.cos(line[:, 2])), axis=1)
        sides = [line[:, :2] + side * normal for side in (-BESIDE_M, BESIDE_M)]
        if _keeps_lane(lane, line, leads, is_kerb) and pavement.covers(lane.junction, np.concatenate(sides)):
            return _along(lane, line)
    return None


def _keeps_lane(lane: Lane, line: np.ndarray, leads: tuple[float, float], is_kerb: tuple[bool, bool]) -> bool:
    """Whether a line stays near the lane before and behind the junction."""
    for index, sign, lead, free in zip((0, -1), (1.0, -1.0), leads, is_kerb, strict=True):
        cos, sin = np.cos(lane.heading[index]), np.sin(lane.heading[index])
        east, north = (line[:, :2] - lane.points[index]).T
        outside = sign * (east * cos + north * sin) < lead
        if not free and np.abs(north * cos - east * sin)[outside].max(initial=0.0) > SHIFT_MAX_M:
            return False
    return True


def _along(lane: Lane, line: np.ndarray) -> Lane:
    """The lane along another line from its start to its end; its widths go with it."""
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(line[:, :2], axis=0).T))))
    length = float(along[-1])
    s = np.linspace(0.0, length, len(lane.points))
    x, y, heading = (np.interp(s, along, column) for column in line.T)
    points = np.stack((x, y), axis=1)
    points[[0, -1]] = lane.points[[0, -1]]
    heading += np.round((lane.heading[0] - heading[0]) / (2.0 * np.pi)) * 2.0 * np.pi
    return dataclasses.replace(
        lane, points=points, heading=heading, curvature=np.gradient(heading, s), length=length,
        edge_left=0.5 * lane.width, edge_right=0.5 * lane.width,
    )  # fmt: skip


def _integral(s: np.ndarray, values: np.ndarray) -> np.ndarray:
    """From the start on, by the trapezoidal rule."""
    return np.concatenate(([0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(s))))
