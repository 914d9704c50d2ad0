"""A street with two lanes, two pavements, a zebra, an unmarked crossing and parking bays."""

from dataclasses import replace

import numpy as np

from drivesim.config import EnvConfig, TrafficConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.control import Light
from drivesim.maps.network import Area, AreaKind, RoadNetwork, Route
from drivesim.maps.places import Footpath, FootpathKind, ParkingBay
from drivesim.semantics import LightColor
from drivesim.state import ActorKind, EndReason, Motion
from drivesim.state.bodies import remember_poses
from drivesim.world.step import World
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
    area = Area(polygon=np.array([(0.0, -3.5), (STREET_M, -3.5), (STREET_M, 3.5), (0.0, 3.5)]), kind=AreaKind.DRIVABLE)
    stands = tuple(
        ParkingBay(x=20.0 + 6.0 * k, y=-4.6, yaw=0.0, length=5.5, width=2.0, lane=0, s=20.0 + 6.0 * k)
        for k in range(bays)
    )
    return RoadNetwork(
        name="street", seed=0, lanes=lanes, areas=(area,), footpaths=tuple(paths), bays=stands,
        lights=(light,) if light is not None else (),
        routes=(Route(start_lane=0, start_s=10.0, goal_lane=0, goal_s=290.0),),
    )  # fmt: skip


def mirrored(network: RoadNetwork) -> RoadNetwork:
    """A street of two lanes with its sides swapped: traffic keeps to the left."""
    flip = np.array([1.0, -1.0])
    lanes = tuple(
        replace(
            lane, points=lane.points * flip, heading=-lane.heading, curvature=-lane.curvature,
            edge_left=lane.edge_right, edge_right=lane.edge_left,
        )
        for lane in network.lanes
    )  # fmt: skip
    bays = tuple(replace(bay, y=-bay.y, yaw=-bay.yaw) for bay in network.bays)
    return replace(network, lanes=lanes, bays=bays, footpaths=(), left_hand=True)


def held(color: LightColor) -> Light:
    """A light that always shows one colour."""
    return Light(phases=((1000.0, color),))


class Walk:
    """A street with a driver and one walker, both put by hand.

    Args:
        network: A `street`.
        car: The driver's x [m] and speed [m/s].
        crawls: The driver wants to be no faster than 0.1 m/s.
        parked: Slots for parked cars, from 2 on; nobody is in them.
    """

    def __init__(
        self, network: RoadNetwork, car: tuple[float, float] = (250.0, 0.0), *, crawls: bool = False, parked: int = 0
    ) -> None:
        config = EnvConfig(traffic=TrafficConfig(pedestrian_count=1, parked_count=parked), sensors=())
        self.world = World(MapBank.bare([network]), config, 1)
        self.world.reset(seed=1)
        self.state, self.actors, self.people = self.world.state, self.world.state.actors, self.world.state.people
        self.paths = self.world.bank.arrays.footpaths
        self.actors.x[0, 0] = self.actors.s[0, 0] = car[0]
        self.actors.speed[0, 0] = car[1]
        if crawls:
            self.actors.speed_factor[0, 0] = 0.001

    def put(self, path: int, along: float, *, ahead: int = 1, pace: float = 1.34, **columns) -> None:
        """Puts the walker onto a footpath, walking; `columns` of `PeopleState` change what it wants."""
        row = self.paths.point_first[path]
        start, end = self.paths.point[row, :2], self.paths.point[row + 1, :2]
        way = (end - start) / self.paths.length[path]
        values = {
            "path": path, "along": along, "ahead": ahead, "pace": pace, "next_path": -1, "next_ahead": 1,
            "crossing": -1, "waited": 0, "side": 0.0, "gap": 4.0, "nature": 0, "guide": 0, "turns": 0,
            "east": pace * ahead * way[0], "north": pace * ahead * way[1],
        }  # fmt: skip
        for name, value in {**values, **columns}.items():
            getattr(self.people, name)[0, 0] = value
        x, y = start + along * way
        body = {
            "kind": ActorKind.PEDESTRIAN, "motion": Motion.WALKER, "length": 0.4, "width": 0.5, "height": 1.7,
            "rear": 0.2, "x": x, "y": y, "yaw": np.arctan2(ahead * way[1], ahead * way[0]), "lane": -1, "speed": pace,
        }  # fmt: skip
        for name, value in body.items():
            getattr(self.actors, name)[0, 1] = value
        remember_poses(self.actors, 0)
        self.world.decide()

    def run(self, seconds: float) -> np.ndarray:
        """Steps with the expert at the wheel, as long as the episode runs.

        Returns:
            Per step the car's front x, speed, acceleration, the walker's x, y, speed; shape (step, 6).
        """
        log = []
        actors = self.actors
        for _ in range(round(10.0 * seconds)):
            self.world.step(self.state.plan.expert_action[:, 0])
            front = actors.x[0, 0] + actors.length[0, 0] - actors.rear[0, 0]
            walker = actors.x[0, 1], actors.y[0, 1], actors.speed[0, 1]
            log.append((front, actors.speed[0, 0], actors.accel[0, 0], *walker))
            if self.end != EndReason.RUNNING:
                break
        return np.array(log, np.float64)

    @property
    def end(self) -> int:
        """Why the driver's episode has ended."""
        return int(self.state.episode.end[0, 0])


def on_road(y: np.ndarray) -> np.ndarray:
    """Whether somebody at y stands on the lanes."""
    return np.abs(y) < 2.0 * LANE_Y
