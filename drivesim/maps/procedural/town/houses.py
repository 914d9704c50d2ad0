"""What stands along the streets of a town: houses that hide what comes out behind them, trees, lamps."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from drivesim.maps.draw import Draw
from drivesim.maps.network import AreaKind, RoadNetwork, Scenery, SceneryKind
from drivesim.maps.procedural.town.arms import StreetLine, street_lines
from drivesim.maps.procedural.town.clearance import Clearance
from drivesim.maps.procedural.town.furniture import along_pavements, shelters
from drivesim.maps.procedural.town.plan import RIGHT_WIDTH_M, StreetPlan
from drivesim.maps.procedural.town.roundabouts import RADIUS_M

_HOUSES = 3
"""Purpose of random draws."""
CLEAR_M = 0.6
"""Houses keep this distance from pavements and from each other [m]."""
KERB_CLEAR_M = 0.25
"""Trees, lamps and the like keep this distance from the kerb [m]."""
_LAMP_EVERY_M, _TREE_EVERY_M = 28.0, 13.0
_CORNERS = np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)])


def town_scenery(plan: StreetPlan, network: RoadNetwork) -> tuple[Scenery, ...]:
    """Houses, trees, lamps and what else stands along the streets of a town. Equal plans give equal things."""
    draw = Draw(plan.seed, _HOUSES)
    lines = street_lines(plan)
    is_dense = draw.chance(0.6)
    paved = [area.polygon for area in network.areas if area.kind in (AreaKind.DRIVABLE, AreaKind.SIDEWALK)]
    free = Clearance([*paved, *_islands(plan)], CLEAR_M)
    houses: list[Scenery] = []
    for line in lines:
        for side in (-1.0,) if line.street.is_ring else (1.0, -1.0):
            for drawn in _row(draw, line, side, is_dense):
                for house in _places(drawn, line, side):
                    if free.is_free(_plan_of(house, 0.0)):
                        free.take([_plan_of(house, CLEAR_M)])
                        houses.append(house)
                        break
    clear = Clearance([area.polygon for area in network.areas if area.kind == AreaKind.DRIVABLE], KERB_CLEAR_M)
    clear.take(_plan_of(house, CLEAR_M) for house in houses)
    things = [thing for line in lines for thing in (*_street_furniture(draw, line), *along_pavements(plan, line))]
    return (*houses, *(thing for thing in things if clear.has_room(thing.x, thing.y)), *shelters(network))


def _places(house: Scenery, line: StreetLine, side: float) -> Iterator[Scenery]:
    """Where a house may stand: as drawn, or farther back where the kerb of its street steps back."""
    yield house
    if (line.street.right_start if side > 0.0 else line.street.right_end) > 0.0:
        away = side * RIGHT_WIDTH_M
        yield dataclasses.replace(
            house, x=house.x - away * float(np.sin(house.yaw)), y=house.y + away * float(np.cos(house.yaw))
        )


def _islands(plan: StreetPlan) -> list[np.ndarray]:
    """The middles of roundabouts: nodes at which no street ends."""
    ends = {node for street in plan.streets for node in (street.start, street.end)}
    angle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    circle = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    return [
        np.array([node.x, node.y]) + RADIUS_M[node.ring_lanes] * circle
        for number, node in enumerate(plan.nodes)
        if number not in ends
    ]


def _plan_of(house: Scenery, more: float) -> np.ndarray:
    """Ground plan of a house with so much around it [m], shape (4, 2)."""
    half = np.array([0.5 * house.length + more, 0.5 * house.width + more])
    along, left = np.array([np.cos(house.yaw), np.sin(house.yaw)]), np.array([-np.sin(house.yaw), np.cos(house.yaw)])
    return np.array([house.x, house.y]) + (_CORNERS * half) @ np.stack((along, left))


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
        x, y, heading = line.at(at + 0.5 * front, side * away)
        if not draw.chance(0.1):
            yield Scenery(kind=SceneryKind.BUILDING, x=x, y=y, yaw=heading, length=front,
                          width=depth, height=height, look=look)  # fmt: skip
        at += front + (draw.between(0.7, 1.6) if is_dense else draw.between(3.0, 9.0))


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
            if side == lamp_side:
                x, y, heading = line.at(at, side * (kerb + 0.5))
                yield Scenery(kind=SceneryKind.LAMP, x=x, y=y, yaw=heading - side * 0.5 * np.pi,
                              length=0.2, width=0.2, height=7.0)  # fmt: skip
            else:
                x, y, _ = line.at(at, side * (kerb + max(street.pavement - 0.5, 0.6)))
                crown = draw.between(2.2, 3.4)
                yield Scenery(kind=SceneryKind.TREE, x=x, y=y, length=crown, width=crown,
                              height=draw.between(4.5, 8.0), look=int(draw.between(0.0, 8.0)))  # fmt: skip
