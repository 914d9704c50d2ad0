"""Small street networks for situations and tests: crossings of every control, a roundabout, straight streets."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from drivesim.maps.network import RoadNetwork, Route
from drivesim.maps.procedural.road import KMH
from drivesim.maps.procedural.town.plan import Control, Node, Street, StreetPlan
from drivesim.maps.procedural.town.streets import street_network

EAST, NORTH, WEST, SOUTH = range(4)
"""Arms of a crossing, by where they lie."""


def crossing_plan(
    control: Control = Control.PRIORITY_TO_RIGHT,
    *,
    arms: Sequence[int] = (EAST, NORTH, WEST, SOUTH),
    lanes: int = 1,
    arm_m: float = 90.0,
    limit_kmh: float = 50.0,
    corner_radius: float = 6.0,
    lane_width: float = 3.25,
    zebras: bool = False,
    pavement: float = 2.5,
) -> StreetPlan:
    """Streets that meet at the origin; that from west to east has priority where there is one.

    Args:
        control: Of the node in the middle, node 0; arm k ends at node 1 + its place in `arms`.
        arms: Where streets lie: `EAST`, `NORTH`, `WEST`, `SOUTH`.
        lanes: Lanes in each direction.
        arm_m: Length of an arm from the origin [m].
        limit_kmh: [km/h]
        corner_radius: Of the kerbs [m].
        lane_width: [m]
        zebras: Zebra crossings over all arms.
        pavement: Width of the pavements; 0: none [m].
    """
    nodes = [Node(x=0.0, y=0.0, control=control, corner_radius=corner_radius, zebras=zebras)]
    streets = []
    for arm in arms:
        angle = 0.5 * np.pi * arm
        nodes.append(Node(x=arm_m * float(np.round(np.cos(angle))), y=arm_m * float(np.round(np.sin(angle)))))
        streets.append(
            Street(
                start=len(nodes) - 1, end=0, forward=lanes, backward=lanes, lane_width=lane_width,
                limit=limit_kmh * KMH, rank=int(arm in (EAST, WEST)), pavement=pavement,
            )
        )  # fmt: skip
    return StreetPlan(
        name=f"crossing-{control.name.lower()}-{len(arms)}x{lanes}", nodes=tuple(nodes), streets=tuple(streets)
    )


def crossing(control: Control = Control.PRIORITY_TO_RIGHT, **options: Any) -> RoadNetwork:
    """The network of `crossing_plan`, with a route from every arm to every other."""
    return with_all_routes(crossing_plan(control, **options))


def with_all_routes(plan: StreetPlan) -> RoadNetwork:
    """The network of a plan with a route from every end of the map to every other that can be reached."""
    network = street_network(plan)
    entries = [
        k
        for k, lane in enumerate(network.lanes)
        if lane.successors and not any(k in other.successors for other in network.lanes)
    ]
    exits = [k for k, lane in enumerate(network.lanes) if not lane.successors and lane.right < 0]
    routes = [
        Route(start_lane=start, start_s=10.0, goal_lane=goal, goal_s=network.lanes[goal].length - 15.0)
        for start in entries
        if network.lanes[start].right < 0
        for goal in exits
        if network.lanes[start].road // 2 != network.lanes[goal].road // 2
    ]
    return street_network(plan, routes=tuple(routes))


def straight(
    *, forward: int = 1, backward: int = 1, length_m: float = 500.0, lane_width: float = 3.5, limit_kmh: float = 50.0,
    bend: float = 0.0, pavement: float = 2.5, zebra: float = -1.0,
) -> RoadNetwork:  # fmt: skip
    """One street to the east, or an arc of it.

    Args:
        forward: Lanes to the east.
        backward: Lanes to the west.
        length_m: From end to end [m].
        lane_width: [m]
        limit_kmh: [km/h]
        bend: Curvature, left positive [1/m].
        pavement: Width of the pavements; 0: none [m].
        zebra: A zebra crossing at this share of its length; -1: none.
    """
    plan = StreetPlan(
        name=f"straight-{forward}+{backward}",
        nodes=(Node(x=0.0, y=0.0), Node(x=length_m, y=0.0)),
        streets=(
            Street(start=0, end=1, forward=forward, backward=backward, lane_width=lane_width, limit=limit_kmh * KMH,
                   bend=bend, pavement=pavement, zebra=zebra),
        ),
    )  # fmt: skip
    network = street_network(plan)
    last = forward - 1
    goal = network.lanes[last].length - 20.0
    return street_network(plan, routes=(Route(start_lane=last, start_s=10.0, goal_lane=last, goal_s=goal),))


def ncap_crossing() -> RoadNetwork:
    """The crossing of Euro NCAP's tests: arms of 250 m, lanes of 3.5 m, corners of 8 m radius."""
    return crossing(Control.PRIORITY, arm_m=250.0, lane_width=3.5, corner_radius=8.0, pavement=0.0)
