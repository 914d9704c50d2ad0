"""A street with two lanes, two pavements, a zebra, an unmarked crossing and parking bays."""

import numpy as np

from drivesim.maps.control import Light
from drivesim.maps.network import Area, AreaKind, RoadNetwork, Route
from drivesim.maps.places import Footpath, FootpathKind, ParkingBay
from drivesim.semantics import LightColor
from tests.reference.drive import arc_lane

STREET_M, CROSSING_X, UNMARKED_X = 300.0, 150.0, 220.0
LANE_Y, PAVEMENT_Y = 1.75, 6.5
"""Lane 0 runs east at y = -1.75, lane 1 west at 1.75; the pavements lie at y = -6.5 and 6.5 [m]."""


def street(
    kind: FootpathKind = FootpathKind.ZEBRA, *, light: Light | None = None, speed_limit: float = 13.9, bays: int = 0
) -> RoadNetwork:
    """The street; its crossing at x = `CROSSING_X` is of `kind`, with `light` its light is number 0.

    Nodes 0, 1, 2, 3 are the south pavement's at x = 0, 150, 220, 300; 4 to 7 the north one's. Footpaths 0 to 2 are the
    south pavement's pieces, 3 to 5 the north one's, 6 the crossing (from the south), 7 the unmarked one.
    """
    wide = {"edge_left": 5.25, "edge_right": 1.75, "speed_limit": speed_limit}
    lanes = (
        arc_lane((0.0, -LANE_Y, 0.0), STREET_M, 0.0, road=0, **wide),
        arc_lane((STREET_M, LANE_Y, np.pi), STREET_M, 0.0, road=0, **wide),
    )
    places = (0.0, CROSSING_X, UNMARKED_X, STREET_M)
    paths = []
    for side, y in enumerate((-PAVEMENT_Y, PAVEMENT_Y)):
        for piece in range(3):
            points = np.array([(places[piece], y), (places[piece + 1], y)])
            start = 4 * side + piece
            paths.append(
                Footpath(points=points, width=3.0, kind=FootpathKind.PAVEMENT, start_node=start, end_node=start + 1)
            )
    for at, which, node in ((CROSSING_X, kind, 1), (UNMARKED_X, FootpathKind.UNMARKED, 2)):
        points = np.array([(at, -PAVEMENT_Y), (at, PAVEMENT_Y)])
        own = 0 if light is not None and node == 1 else -1
        paths.append(Footpath(points=points, width=4.0, kind=which, start_node=node, end_node=node + 4, light=own))
    area = Area(
        polygon=np.array([(0.0, -3.5), (STREET_M, -3.5), (STREET_M, 3.5), (0.0, 3.5)]), kind=AreaKind.DRIVABLE
    )
    stands = tuple(
        ParkingBay(x=20.0 + 6.0 * k, y=-4.6, yaw=0.0, length=5.5, width=2.0, lane=0, s=20.0 + 6.0 * k) for k in range(bays)
    )
    return RoadNetwork(
        name="street", seed=0, lanes=lanes, areas=(area,), footpaths=tuple(paths), bays=stands,
        lights=(light,) if light is not None else (),
        routes=(Route(start_lane=0, start_s=10.0, goal_lane=0, goal_s=290.0),),
    )  # fmt: skip


def held(color: LightColor) -> Light:
    """A light that always shows one colour."""
    return Light(phases=((1000.0, color),))
