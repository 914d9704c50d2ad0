"""What stands along the streets of a town: houses that hide what comes out behind them, trees, lamps."""

from collections.abc import Iterator

import numpy as np

from drivesim.maps.draw import Draw
from drivesim.maps.network import RoadNetwork, Scenery, SceneryKind
from drivesim.maps.procedural.town.arms import StreetLine, street_lines
from drivesim.maps.procedural.town.plan import StreetPlan
from drivesim.maps.procedural.town.roundabouts import RADIUS_M

_HOUSES = 3
"""Purpose of random draws."""
CLEAR_M = 0.6
"""Houses keep this distance from pavements and from each other [m]."""
CORNER_CLEAR_M = 5.0
"""And this much more from the middle of a node beyond its streets [m]."""
_SAMPLE_M = 2.5
_LAMP_EVERY_M, _TREE_EVERY_M = 28.0, 13.0
_GRID = np.stack(np.meshgrid(np.linspace(-0.5, 0.5, 5), np.linspace(-0.5, 0.5, 4)), axis=-1).reshape(-1, 2)


def town_scenery(plan: StreetPlan, network: RoadNetwork) -> tuple[Scenery, ...]:
    """Houses, trees and lamps of a town. Equal plans give equal things."""
    draw = Draw(plan.seed, _HOUSES)
    lines = street_lines(plan)
    is_dense = draw.chance(0.6)
    taken = _carriageways(plan, lines)
    houses: list[np.ndarray] = []
    scenery: list[Scenery] = []
    for line in lines:
        for side in (-1.0,) if line.street.is_ring else (1.0, -1.0):
            for house in _row(draw, line, side, is_dense):
                row = np.array([house.x, house.y, house.yaw, house.length, house.width])
                if _is_free(row, taken, houses):
                    houses.append(row)
                    scenery.append(house)
    for line in lines:
        for thing in _street_furniture(draw, line):
            if _stands_clear(thing, taken, houses):
                scenery.append(thing)
    return tuple(scenery)


def _carriageways(plan: StreetPlan, lines: list[StreetLine]) -> np.ndarray:
    """Rows (x, y, radius to the kerb, radius to the end of the pavement) of discs that cover all streets [m]."""
    rows = []
    for line in lines:
        station = np.linspace(0.0, line.curve.length, int(line.curve.length / _SAMPLE_M) + 2)
        middle = 0.5 * (line.section.kerb_left + line.section.kerb_right)
        half = 0.5 * (line.section.kerb_left - line.section.kerb_right)
        points = line.curve.pose(station).beside(middle)
        rows.append(np.column_stack((points, np.full((len(points), 2), (half, half + line.street.pavement)))))
    for number, node in enumerate(plan.nodes):
        halves = [0.5 * (line.section.kerb_left - line.section.kerb_right) for line in lines
                  if number in (line.street.start, line.street.end)]  # fmt: skip
        if not halves:
            rows.append(np.array([(node.x, node.y, 0.0, RADIUS_M[node.ring_lanes])]))
            continue
        reach = max(halves) + 0.4 * node.corner_radius
        rows.append(np.array([(node.x, node.y, reach, reach + CORNER_CLEAR_M)]))
    return np.concatenate(rows)


def _row(draw: Draw, line: StreetLine, side: float, is_dense: bool) -> Iterator[Scenery]:
    """Houses along one side of a street."""
    edge = line.section.kerb_left if side > 0.0 else -line.section.kerb_right
    edge += line.street.pavement
    setback = draw.between(0.7, 2.0) if is_dense else draw.between(2.5, 6.0)
    at = draw.between(2.0, 8.0)
    while at < line.curve.length - 8.0:
        front, depth = draw.between(8.0, 18.0), draw.between(8.0, 12.0)
        height = draw.between(6.0, 10.0) if not is_dense else draw.between(8.0, 17.0)
        away = edge + setback + 0.5 * depth + draw.between(0.0, 0.4)
        look = int(draw.between(0.0, 16.0))
        pose = line.curve.pose(np.array([at + 0.5 * front]))
        x, y = pose.beside(side * away)[0]
        if not draw.chance(0.1):
            yield Scenery(kind=SceneryKind.BUILDING, x=float(x), y=float(y), yaw=float(pose.heading[0]), length=front,
                          width=depth, height=height, look=look)  # fmt: skip
        at += front + (draw.between(0.7, 1.6) if is_dense else draw.between(3.0, 9.0))


def _corners(row: np.ndarray, more: float = 0.0) -> np.ndarray:
    """Points of a house's ground plan, its outline included."""
    cos, sin = np.cos(row[2]), np.sin(row[2])
    local = _GRID * (row[3] + more, row[4] + more)
    return row[:2] + np.stack((local[:, 0] * cos - local[:, 1] * sin, local[:, 0] * sin + local[:, 1] * cos), axis=1)


def _is_free(row: np.ndarray, taken: np.ndarray, houses: list[np.ndarray]) -> bool:
    """Whether a house stands clear of all pavements and all other houses."""
    reach = 0.5 * np.hypot(row[3], row[4])
    near = taken[np.hypot(taken[:, 0] - row[0], taken[:, 1] - row[1]) < taken[:, 3] + reach + CLEAR_M]
    points = _corners(row)
    away = np.hypot(points[:, None, 0] - near[:, 0], points[:, None, 1] - near[:, 1])
    if (away < near[:, 3] + 0.3).any():
        return False
    for other in houses:
        if np.hypot(*(other[:2] - row[:2])) < reach + 0.5 * np.hypot(other[3], other[4]) and _overlap(row, other):
            return False
    return True


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two houses come nearer than `CLEAR_M`, by separating axes."""
    for yaw in (a[2], a[2] + 0.5 * np.pi, b[2], b[2] + 0.5 * np.pi):
        axis = np.array([np.cos(yaw), np.sin(yaw)])
        reach = sum(0.5 * (row[3] * abs(np.cos(row[2] - yaw)) + row[4] * abs(np.sin(row[2] - yaw))) for row in (a, b))
        if abs(float((b[:2] - a[:2]) @ axis)) > reach + CLEAR_M:
            return False
    return True


def _street_furniture(draw: Draw, line: StreetLine) -> Iterator[Scenery]:
    """Lamps at the kerb of one side, trees at the other side's outer edge."""
    street, section = line.street, line.section
    lamp_side = 1.0 if draw.chance(0.5) else -1.0
    has_trees = draw.chance(0.55)
    for side in (1.0, -1.0):
        kerb = section.kerb_left if side > 0.0 else -section.kerb_right
        every = _LAMP_EVERY_M if side == lamp_side else _TREE_EVERY_M
        if side != lamp_side and not has_trees:
            continue
        for at in np.arange(0.5 * every + draw.between(0.0, 5.0), line.curve.length, every):
            pose = line.curve.pose(np.array([at]))
            heading = float(pose.heading[0])
            if side == lamp_side:
                x, y = pose.beside(side * (kerb + 0.5))[0]
                yield Scenery(kind=SceneryKind.LAMP, x=float(x), y=float(y), yaw=heading - side * 0.5 * np.pi,
                              length=0.2, width=0.2, height=7.0)  # fmt: skip
            else:
                x, y = pose.beside(side * (kerb + max(street.pavement - 0.5, 0.6)))[0]
                crown = draw.between(2.2, 3.4)
                yield Scenery(kind=SceneryKind.TREE, x=float(x), y=float(y), length=crown, width=crown,
                              height=draw.between(4.5, 8.0), look=int(draw.between(0.0, 8.0)))  # fmt: skip


def _stands_clear(thing: Scenery, taken: np.ndarray, houses: list[np.ndarray]) -> bool:
    """Whether a tree or lamp stands on no carriageway and in no house."""
    away = np.hypot(taken[:, 0] - thing.x, taken[:, 1] - thing.y)
    if (away < taken[:, 2] + 0.3).any():
        return False
    for row in houses:
        cos, sin = np.cos(row[2]), np.sin(row[2])
        dx, dy = thing.x - row[0], thing.y - row[1]
        if abs(dx * cos + dy * sin) < 0.5 * row[3] + 0.4 and abs(dy * cos - dx * sin) < 0.5 * row[4] + 0.4:
            return False
    return True
