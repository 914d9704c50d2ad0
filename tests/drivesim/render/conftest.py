"""A straight road with two lanes to the east, and a world on it."""

import numpy as np
import pytest

from drivesim.maps.bank import MapBank
from drivesim.maps.network import Area, AreaKind, Lane, Marking, MarkingType, RoadNetwork, Route, Scenery, SceneryKind
from drivesim.state import ActorKind, WorldState, allocate_state

LENGTH_M = 200.0
LANE_M = 3.5


def straight_lane(y: float, **fields) -> Lane:
    count = 201
    return Lane(
        points=np.column_stack([np.linspace(0.0, LENGTH_M, count), np.full(count, y)]),
        heading=np.zeros(count),
        curvature=np.zeros(count),
        width=np.full(count, LANE_M),
        edge_left=np.full(count, LANE_M / 2),
        edge_right=np.full(count, LANE_M / 2),
        oncoming_left=np.full(count, np.inf),
        length=LENGTH_M,
        speed_limit=20.0,
        **fields,
    )


@pytest.fixture(scope="session")
def bank() -> MapBank:
    """Lane 0 at y = 0, lane 1 to its left at y = 3.5; route 0 stays on lane 0, route 1 asks for lane 1."""
    lanes = (
        straight_lane(0.0, left=1, change_left=True),
        straight_lane(LANE_M, right=0, change_right=True),
    )
    asphalt = np.array([(-5.0, -3.0), (205.0, -3.0), (205.0, 6.5), (-5.0, 6.5)])
    network = RoadNetwork(
        name="straight",
        seed=1,
        lanes=lanes,
        markings=(Marking(points=np.array([(0.0, 1.75), (200.0, 1.75)]), type=MarkingType.SOLID, width_m=0.2),),
        areas=(Area(polygon=asphalt, kind=AreaKind.DRIVABLE),),
        scenery=(
            Scenery(kind=SceneryKind.TREE, x=40.0, y=-12.0, length=6.0, width=6.0, height=9.0),
            Scenery(kind=SceneryKind.BUILDING, x=70.0, y=20.0, length=10.0, width=8.0, height=6.0),
            Scenery(kind=SceneryKind.GUARD_RAIL, x=60.0, y=-4.0, length=20.0, width=0.3, height=0.75),
            Scenery(kind=SceneryKind.POST, x=30.0, y=-4.0, height=1.0),
            Scenery(kind=SceneryKind.LAMP, x=35.0, y=8.0, height=9.0),
            Scenery(kind=SceneryKind.SIGN, x=38.0, y=8.0, width=0.8, height=0.8, base=2.0, look=1),
            Scenery(kind=SceneryKind.CONIFER, x=45.0, y=-12.0, length=4.0, width=4.0, height=11.0),
        ),
        routes=(
            Route(start_lane=0, start_s=5.0, goal_lane=0, goal_s=190.0, goal_any_lane=False),
            Route(start_lane=0, start_s=5.0, goal_lane=1, goal_s=190.0, goal_any_lane=False),
        ),
    )
    return MapBank.from_networks([network])


def _place(state: WorldState, slot: int, x: float, y: float, yaw: float = 0.0, *, world: int = 0, **values) -> None:
    car = {
        "kind": ActorKind.CAR, "look": 0, "length": 4.5, "width": 1.8, "height": 1.5, "rear": 1.0, "wheelbase": 2.6,
        "x": x, "y": y, "yaw": yaw, "lane": 0, "target_lane": 0, "s": x, "d": y, "change_ticks": -1, "lead": -1,
    }  # fmt: skip
    for name, value in {**car, **values}.items():
        getattr(state.actors, name)[world, slot] = value


@pytest.fixture
def place():
    """Puts a passenger car's rear axle at (x, y); further arguments overwrite columns of `ActorState`."""
    return _place


@pytest.fixture
def state() -> WorldState:
    """One world with room for four cars: the ego at x = 50 on lane 0, heading east, plan straight ahead."""
    state = allocate_state(world=1, slot=4)
    _place(state, 0, 50.0, 0.0)
    state.plan.waypoints[0, 0] = [(5.0 * step, 0.0) for step in range(1, 7)]
    return state
