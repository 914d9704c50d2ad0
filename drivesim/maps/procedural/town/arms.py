"""Streets as seen from the nodes they meet at: where a junction ends on each of them, and where its kerbs are round."""

import dataclasses
import functools
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.curves import Curve
from drivesim.maps.procedural.town.plan import (
    RIGHT_WIDTH_M,
    Control,
    CrossSection,
    Node,
    Street,
    StreetPlan,
    cross_section,
    line_between,
)

BEND_INSIDE_M = 9.0
"""Radius of the inner kerb of a bend, where there is room [m]."""
BEND_INSIDE_MIN_M = 3.0
"""And at least [m]."""
BEND_SHARE_MAX = 0.4
"""A bend takes no more than this share of either street."""
ARMS_APART_MIN = np.radians(40.0)
"""Streets that leave a node at a sharper angle would run side by side [rad]."""
CORNER_ANGLE_MAX = np.radians(150.0)
"""Streets that meet at more than this go on without a corner between them."""
EDGE_MIN_M = 4.0
"""A junction reaches at least this far from its node [m]."""
CROSSING_M = 4.0
"""Width of a crossing for people [m]."""
CROSSING_GAP_M = 0.7
"""Between the corner's end and the crossing, and between the crossing and the junction's edge [m]."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A street at one of its nodes. Left and right are seen from the node outwards."""

    street: int
    at_start: bool
    """The node is the street's start."""
    angle: float
    """Direction outwards at the node [rad]."""
    left: float
    """Distance of the left kerb from the middle line [m]."""
    right: float
    """Distance of the right kerb [m]."""
    pavement: float
    corner: float = 0.0
    """Distance from the node at which the kerbs are straight [m]."""
    edge: float = 0.0
    """Distance from the node at which the junction ends [m]."""
    crossing: float = -1.0
    """Distance of the middle of the crossing for people; -1: none [m]."""


@dataclass(frozen=True)
class StreetLine:
    """A street with its geometry."""

    street: Street
    curve: Curve
    section: CrossSection
    x: float
    """Where it begins [m]."""
    y: float
    angle: float
    """Its direction there [rad]."""

    def beside(self, arm: Arm, away: float, left: float) -> np.ndarray:
        """The point `away` from the arm's node and `left` of its middle line, seen outwards; shape (2,) [m]."""
        station = away if arm.at_start else self.curve.length - away
        x, y, _ = self.at(station, left if arm.at_start else -left)
        return np.array([x, y])

    def at(self, station: float, left: float) -> tuple[float, float, float]:
        """The point `left` of the middle line at a station, and the street's direction there [m, m, rad]."""
        bend, begin = self.street.bend, self.angle
        end = begin + bend * station
        if bend == 0.0:
            x, y = self.x + station * cos(begin), self.y + station * sin(begin)
        else:
            x, y = self.x + (sin(end) - sin(begin)) / bend, self.y - (cos(end) - cos(begin)) / bend
        return x - left * sin(end), y + left * cos(end), end

    def heading(self, arm: Arm, away: float) -> float:
        """Direction outwards at a distance from the arm's node [rad]."""
        station = away if arm.at_start else self.curve.length - away
        heading = self.angle + self.street.bend * station
        return heading if arm.at_start else heading + pi


def street_lines(plan: StreetPlan) -> list[StreetLine]:
    """Geometry of every street."""
    return [_line(street, plan.nodes[street.start], plan.nodes[street.end]) for street in plan.streets]


@functools.lru_cache(maxsize=256)
def _line(street: Street, start: Node, end: Node) -> StreetLine:
    """Geometry of a street; plans that are tried one after the other have most of theirs in common."""
    curve = line_between(street, start, end)
    begin = curve.pose(np.zeros(1))
    return StreetLine(
        street, curve, cross_section(street), float(begin.x[0]), float(begin.y[0]), float(begin.heading[0])
    )


def arms_of(plan: StreetPlan, lines: list[StreetLine]) -> list[list[Arm]]:
    """Arms of every node, counter-clockwise.

    Raises:
        MapError: Two streets leave a node in nearly the same direction, or a street is too short for its junctions.
    """
    arms: list[list[Arm]] = [[] for _ in plan.nodes]
    for number, line in enumerate(lines):
        heading = line.angle, line.angle + line.street.bend * line.curve.length
        section, pavement = line.section, line.street.pavement
        wider = [RIGHT_WIDTH_M * (length > 0.0) for length in (line.street.right_start, line.street.right_end)]
        arms[line.street.start].append(
            Arm(street=number, at_start=True, angle=float(heading[0]), left=section.kerb_left + wider[0],
                right=-section.kerb_right, pavement=pavement)
        )  # fmt: skip
        arms[line.street.end].append(
            Arm(street=number, at_start=False, angle=float(heading[1]) + np.pi, left=-section.kerb_right + wider[1],
                right=section.kerb_left, pavement=pavement)
        )  # fmt: skip
    lengths = [line.curve.length for line in lines]
    trimmed = [
        _bent(plan, number, arms[number], lengths)
        if is_bend(plan, arms[number])
        else _trimmed(plan, number, arms[number])
        for number in range(len(plan.nodes))
    ]
    for number, line in enumerate(lines):
        ends = [arm.edge for node in (line.street.start, line.street.end) for arm in trimmed[node]
                if arm.street == number]  # fmt: skip
        if sum(ends) > line.curve.length - 2.0:
            raise MapError(
                f"{plan.name}: street {number} of {line.curve.length:.1f} m is too short for its junctions of "
                f"{ends[0]:.1f} and {ends[-1]:.1f} m"
            )
    return trimmed


def is_bend(plan: StreetPlan, arms: list[Arm]) -> bool:
    """Whether two streets go on as one at a node: with as many lanes, both ways."""
    if len(arms) != 2:
        return False
    counts = []
    for arm in arms:
        street = plan.streets[arm.street]
        counts.append((street.backward, street.forward) if arm.at_start else (street.forward, street.backward))
    return counts[0] == counts[1][::-1]


def _bent(plan: StreetPlan, number: int, arms: list[Arm], lengths: list[float]) -> list[Arm]:
    """Arms of a bend, cut where the arc between both begins."""
    first, second = sorted(arms, key=lambda arm: arm.angle % (2.0 * np.pi))
    turn = (second.angle - first.angle) % (2.0 * pi) - pi
    # Seen along the first arm inwards the inner side is on the left where the turn is to the left.
    half = max(first.right, second.left) if turn > 0.0 else max(first.left, second.right)
    tangent = abs(np.tan(0.5 * turn))
    reach = max((half + BEND_INSIDE_M) * tangent, EDGE_MIN_M)
    reach = min(reach, *(BEND_SHARE_MAX * lengths[arm.street] for arm in arms))
    if reach < (half + BEND_INSIDE_MIN_M) * tangent:
        raise MapError(f"{plan.name}: streets {first.street} and {second.street} bend too sharply at node {number}")
    return [dataclasses.replace(arm, corner=reach, edge=reach) for arm in (first, second)]


def _trimmed(plan: StreetPlan, number: int, arms: list[Arm]) -> list[Arm]:
    """Arms of one node in order, with corners, edges and crossings."""
    node = plan.nodes[number]
    ordered = sorted(arms, key=lambda arm: arm.angle % (2.0 * np.pi))
    if len(ordered) < 2:
        return ordered
    corner = [0.0] * len(ordered)
    for i, arm in enumerate(ordered):
        j = (i + 1) % len(ordered)
        after = ordered[j]
        turn = (after.angle - arm.angle) % (2.0 * np.pi)
        if len(ordered) == 2 and i == 1:
            turn = 2.0 * np.pi - (arm.angle - after.angle) % (2.0 * np.pi)
        if turn < ARMS_APART_MIN:
            raise MapError(f"{plan.name}: streets {arm.street} and {after.street} leave node {number} side by side")
        if turn > CORNER_ANGLE_MAX:
            continue
        tangent = node.corner_radius / np.tan(0.5 * turn)
        corner[i] = max(corner[i], (arm.left * np.cos(turn) + after.right) / np.sin(turn) + tangent)
        corner[j] = max(corner[j], (arm.left + after.right * np.cos(turn)) / np.sin(turn) + tangent)
    result = []
    for arm, away in zip(ordered, corner, strict=True):
        away = max(away, EDGE_MIN_M)
        has_crossing = (
            arm.pavement > 0.0
            and len(ordered) > 2
            and not plan.streets[arm.street].is_ring
            and (node.zebras or node.control == Control.LIGHTS)
        )
        crossing = away + CROSSING_GAP_M + 0.5 * CROSSING_M if has_crossing else -1.0
        edge = crossing + 0.5 * CROSSING_M + CROSSING_GAP_M if has_crossing else away
        result.append(
            Arm(street=arm.street, at_start=arm.at_start, angle=arm.angle, left=arm.left, right=arm.right,
                pavement=arm.pavement, corner=away, edge=edge, crossing=crossing)
        )  # fmt: skip
    return result


def bezier(start: np.ndarray, first: np.ndarray, second: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """Points of a cubic Bezier curve, shape (count, 2)."""
    u = np.linspace(0.0, 1.0, count)[:, None]
    v = 1.0 - u
    return v**3 * start + 3.0 * v * v * u * first + 3.0 * v * u * u * second + u**3 * end


def handles(start: np.ndarray, heading: float, end: np.ndarray, end_heading: float) -> tuple[np.ndarray, np.ndarray]:
    """Control points between two poses, of a curve that leaves and arrives along their headings.

    Where the tangents meet between both, they lie on the way to that place so that tangents of equal length give an arc
    of a circle (to 0.03 %); otherwise, and where that is too near, 0.4 of the distance ahead and behind.
    """
    ahead = np.array([np.cos(heading), np.sin(heading)])
    back = -np.array([np.cos(end_heading), np.sin(end_heading)])
    apart = end - start
    distance = float(np.hypot(*apart))
    first = second = 0.4 * distance
    cross = ahead[0] * back[1] - ahead[1] * back[0]
    if abs(cross) > 0.3:
        along = (apart[0] * back[1] - apart[1] * back[0]) / cross
        behind = (apart[0] * ahead[1] - apart[1] * ahead[0]) / cross
        if 0.15 * distance < along < 2.0 * distance and 0.15 * distance < behind < 2.0 * distance:
            half = 0.5 * float(np.arccos(np.clip(-ahead @ back, -1.0, 1.0)))
            share = 4.0 / 3.0 * np.tan(0.5 * half) / np.tan(half)
            first, second = share * along, share * behind
    return start + first * ahead, end + second * back
