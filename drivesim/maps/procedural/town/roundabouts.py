"""Roundabouts in a plan: a node with `Control.ROUNDABOUT` becomes a one-way ring with a yield at every street."""

import dataclasses

import numpy as np

from drivesim.errors import MapError
from drivesim.maps.procedural.road import KMH
from drivesim.maps.procedural.town.arms import arms_of, street_lines
from drivesim.maps.procedural.town.plan import Control, Node, Street, StreetPlan

RADIUS_M = {1: 15.5, 2: 26.0}
"""Of the middle of a ring, by its lanes; outer diameters of 26 to 40 m are usual for small roundabouts, of 40 to 60 m
for those with two lanes (FGSV) [m]."""
RING_LANE_M = {1: 5.0, 2: 4.25}
RING_LIMIT = 30.0 * KMH
CORNER_RADIUS_M = 6.0
"""Of the kerbs between a street and the ring [m]."""
GAP_MAX = np.radians(115.0)
"""Farther than this apart the ring has a node in between [rad]."""
GAP_MIN = np.radians(62.0)
"""Streets that meet a ring nearer together than this leave no ring between them [rad]."""


def with_rings(plan: StreetPlan) -> StreetPlan:
    """The plan with the rings of its roundabouts; streets and nodes keep their numbers, rings come after them.

    The node in the middle stays and no street ends there.

    Raises:
        MapError: Streets meet a ring too near together, or one does not reach its ring.
    """
    nodes, streets = list(plan.nodes), list(plan.streets)
    for number, node in enumerate(plan.nodes):
        if node.control != Control.ROUNDABOUT:
            continue
        nodes[number] = dataclasses.replace(node, control=Control.PRIORITY_TO_RIGHT, zebras=False)
        _add_ring(plan, number, nodes, streets)
    return dataclasses.replace(plan, nodes=tuple(nodes), streets=tuple(streets))


def has_room(plan: StreetPlan) -> bool:
    """Whether the streets of a plan are long enough for its junctions and roundabouts, and meet far enough apart."""
    try:
        rings = with_rings(plan)
        arms_of(rings, street_lines(rings))
    except MapError:
        return False
    return True


def _add_ring(plan: StreetPlan, number: int, nodes: list[Node], streets: list[Street]) -> None:
    middle = plan.nodes[number]
    radius = RADIUS_M[middle.ring_lanes]
    arms: list[tuple[float, int]] = []
    now = dataclasses.replace(plan, nodes=tuple(nodes), streets=tuple(streets))
    for place, street in enumerate(streets):
        if number not in (street.start, street.end):
            continue
        curve = now.line(street)
        along = radius if street.bend == 0.0 else 2.0 * np.arcsin(0.5 * radius * street.bend) / street.bend
        if along > curve.length - 5.0:
            raise MapError(f"{plan.name}: street {place} of {curve.length:.1f} m does not reach its roundabout's ring")
        at = curve.pose(np.array([along if street.start == number else curve.length - along]))
        arms.append((float(np.arctan2(at.y[0] - middle.y, at.x[0] - middle.x)) % (2.0 * np.pi), place))
    arms.sort()
    ring: list[tuple[float, int]] = []
    for order, (angle, place) in enumerate(arms):
        after = arms[(order + 1) % len(arms)][0] + (2.0 * np.pi if order + 1 == len(arms) else 0.0)
        if after - angle < GAP_MIN:
            raise MapError(f"{plan.name}: streets meet the roundabout at node {number} too near together")
        street = streets[place]
        is_start = street.start == number
        streets[place] = dataclasses.replace(
            street, start=len(nodes) if is_start else street.start, end=street.end if is_start else len(nodes)
        )
        ring.append((angle, len(nodes)))
        nodes.append(_ring_node(middle, angle, Control.PRIORITY))
        parts = int(np.ceil((after - angle) / GAP_MAX))
        for part in range(1, parts):
            between = angle + part * (after - angle) / parts
            ring.append((between, len(nodes)))
            nodes.append(_ring_node(middle, between, Control.PRIORITY_TO_RIGHT))
    rank = 1 + max(streets[place].rank for _, place in arms)
    pavement = min(streets[place].pavement for _, place in arms)
    lanes = middle.ring_lanes
    for order, (_, node) in enumerate(ring):
        streets.append(
            Street(
                start=node,
                end=ring[(order + 1) % len(ring)][1],
                forward=lanes,
                backward=0,
                lane_width=RING_LANE_M[lanes],
                limit=RING_LIMIT,
                bend=1.0 / radius,
                rank=rank,
                pavement=pavement,
                is_ring=True,
            )
        )


def _ring_node(middle: Node, angle: float, control: Control) -> Node:
    return dataclasses.replace(
        middle,
        x=middle.x + RADIUS_M[middle.ring_lanes] * float(np.cos(angle)),
        y=middle.y + RADIUS_M[middle.ring_lanes] * float(np.sin(angle)),
        control=control,
        corner_radius=CORNER_RADIUS_M,
    )
