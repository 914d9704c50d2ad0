"""What stands on the pavements of a town: bins, benches, hydrants, hedges, and shelters at its bus stops."""

import math
from collections.abc import Iterator

import numpy as np

from drivesim.maps.draw import Draw
from drivesim.maps.network import RoadNetwork, Scenery, SceneryKind
from drivesim.maps.places import BusStop
from drivesim.maps.procedural.town.arms import StreetLine
from drivesim.maps.procedural.town.plan import StreetPlan

_FURNITURE = 5
"""Purpose of random draws."""
EVERY_M = 24.0
END_CLEAR_M = 22.0
"""None of it stands so near the middle of a junction [m]."""
PAVEMENT_MIN_M = 1.8
"""Narrower pavements are kept free [m]."""
SHELTER_M = (4.0, 1.4, 2.5)
"""Length, width, height of a bus shelter [m]."""
_SHELTER_BESIDE_M = 2.0


def shelters(network: RoadNetwork) -> Iterator[Scenery]:
    """Shelters at the bus stops of a town."""
    for stop in network.bus_stops:
        yield _shelter(network, stop)


def along_pavements(plan: StreetPlan, line: StreetLine) -> Iterator[Scenery]:
    """What stands on the pavements of a street. Equal plans give equal things, and nothing else depends on them."""
    draw = Draw(plan.seed, _FURNITURE, plan.streets.index(line.street))
    section, pavement = line.section, line.street.pavement
    if pavement < PAVEMENT_MIN_M:
        return
    for side in (1.0, -1.0):
        kerb = section.kerb_left if side > 0.0 else -section.kerb_right
        for at in np.arange(END_CLEAR_M + draw.between(0.0, EVERY_M), line.curve.length - END_CLEAR_M, EVERY_M):
            what, look = draw.between(0.0, 1.0), int(draw.between(0.0, 8.0))
            x, y, heading = line.at(at, side * (kerb + (0.45 if 0.5 <= what < 0.6 else pavement - 0.3)))
            # Its left is the street's, so that people on a bench look at it.
            yaw = heading + (math.pi if side > 0.0 else 0.0)
            if what < 0.3:
                yield Scenery(kind=SceneryKind.BIN, x=x, y=y, yaw=yaw, length=0.4, width=0.4, height=0.95, look=look)
            elif what < 0.5:
                yield Scenery(kind=SceneryKind.BENCH, x=x, y=y, yaw=yaw, length=1.7, width=0.45, height=0.85, look=look)
            elif what < 0.6:
                yield Scenery(kind=SceneryKind.HYDRANT, x=x, y=y, yaw=yaw, length=0.35, width=0.35, height=0.85)
            elif what < 0.75:
                for step in (-2.4, -1.2, 0.0, 1.2, 2.4):
                    x, y, _ = line.at(at + step, side * (kerb + 0.35))
                    yield Scenery(kind=SceneryKind.BOLLARD, x=x, y=y, length=0.16, width=0.16, height=0.95)


def _shelter(network: RoadNetwork, stop: BusStop) -> Scenery:
    """A shelter beside the lane of a stop, open towards it."""
    lane = network.lanes[stop.lane]
    s = np.linspace(0.0, lane.length, len(lane.points))
    side = 1.0 if network.left_hand else -1.0
    edge = lane.edge_left if network.left_hand else lane.edge_right
    x, y, heading, away = (
        float(np.interp(stop.s, s, values))
        for values in (lane.points[:, 0], lane.points[:, 1], np.unwrap(lane.heading), edge)
    )
    away = side * (away + _SHELTER_BESIDE_M)
    length, width, height = SHELTER_M
    return Scenery(kind=SceneryKind.BUS_SHELTER, x=x - away * math.sin(heading), y=y + away * math.cos(heading),
                   yaw=heading if side < 0.0 else heading + math.pi, length=length, width=width,
                   height=height)  # fmt: skip
