"""Small worlds on bare roads where every car is put by hand, and a log of what it did."""

from collections.abc import Callable

import numpy as np

from drivesim.config import EnvConfig, TrafficConfig, VehicleConfig
from drivesim.maps.bank import MapBank
from drivesim.maps.network import Lane, RoadNetwork, Route
from drivesim.state import ActorKind
from drivesim.world.step import World
from tests.reference.roads import WIDTH_M, straight_lane

NEVER = 1_000_000
"""A cooldown that outlasts every test [ticks]."""


def arc_lane(start: tuple[float, float, float], length: float, curvature: float, **options) -> Lane:
    """A lane of constant curvature from (x, y, heading), 3.5 m wide."""
    count = round(length) + 1
    s = np.linspace(0.0, length, count)
    x, y, heading = start
    turned = heading + curvature * s
    if curvature == 0.0:
        points = np.stack([x + s * np.cos(heading), y + s * np.sin(heading)], axis=1)
    else:
        east = x + (np.sin(turned) - np.sin(heading)) / curvature
        points = np.stack([east, y - (np.cos(turned) - np.cos(heading)) / curvature], axis=1)
    column = np.ones(count)
    return Lane(
        points=points, heading=turned, curvature=curvature * column, width=3.5 * column,
        edge_left=options.pop("edge_left", 1.75) * column, edge_right=options.pop("edge_right", 1.75) * column,
        oncoming_left=np.inf * column, length=length, speed_limit=options.pop("speed_limit", 20.0), **options,
    )  # fmt: skip


def straight_road(
    side_by_side: int = 2, sections: int = 3, length: float = 100.0, *, goal_any_lane: bool = True
) -> RoadNetwork:
    """A road that runs east: lane `n k + j` is the j-th from the left of section k; the route is the right lane's."""
    n, lanes = side_by_side, []
    for k in range(sections):
        for j in range(n):
            edges = {"left_edge": (j + 0.5) * WIDTH_M, "right_edge": (n - j - 0.5) * WIDTH_M}
            lanes.append(
                straight_lane(
                    k * length, WIDTH_M * (n - 1 - j), length, road=k, **edges,
                    successors=() if k == sections - 1 else (n * (k + 1) + j,),
                    left=n * k + j - 1 if j > 0 else -1, right=n * k + j + 1 if j < n - 1 else -1,
                    change_left=j > 0, change_right=j < n - 1,
                )
            )  # fmt: skip
    route = Route(
        start_lane=n - 1, start_s=5.0, goal_lane=n * sections - 1, goal_s=length - 5.0, goal_any_lane=goal_any_lane
    )
    return RoadNetwork(name="straight road", seed=0, lanes=tuple(lanes), routes=(route,))


class Drive:
    """One world in which slot 0 is the ego and the others are where a test puts them.

    Args:
        network: The road.
        cars: Other cars; every one must be put before the first step, or its slot fills itself.
        route: Route of the ego.
        model: Vehicle model of the ego.
        traffic: Changes to `TrafficConfig`.
    """

    def __init__(self, network: RoadNetwork, cars: int = 0, *, route: int = 0, model: str = "dynamic", **traffic):
        config = EnvConfig(
            traffic=TrafficConfig(car_count=cars, **traffic), vehicle=VehicleConfig(model=model), sensors=()
        )
        self.world = World(MapBank.bare([network]), config, 1)
        self.world.reset(0, maps=[0], routes=[route])
        self.state = self.world.state
        for group in ("worlds", "actors", "actuators", "plan", "labels", "navigation", "episode"):
            setattr(self, group, getattr(self.state, group))
        self.lanes = self.world.bank.arrays.lanes
        self.step_s = config.step_s
        for slot in range(1, cars + 1):
            self.actors.kind[0, slot] = ActorKind.NONE
            for name in ("lane", "second_lane", "target_lane"):
                getattr(self.actors, name)[0, slot] = -1

    def put(self, slot: int, lane: int, s: float, speed: float, d: float = 0.0, turn: float = 0.0, **columns) -> None:
        """Puts a car: a standard driver in a standard car unless `columns` say otherwise; the ego keeps its body."""
        first, last = self.lanes.point_first[lane], self.lanes.point_first[lane + 1] - 1
        along = np.arange(last - first + 1) * self.lanes.step[lane]
        x, y, heading = (float(np.interp(s, along, self.lanes.point[first : last + 1, k])) for k in range(3))
        values = {
            "lane": lane, "target_lane": lane, "second_lane": -1, "s": s, "d": d, "speed": speed,
            "x": x - d * np.sin(heading), "y": y + d * np.cos(heading), "yaw": heading + turn, "accel": 0.0,
            "accel_decided": 0.0, "steer": 0.0, "yaw_rate": 0.0, "slip": 0.0, "change_ticks": -1, "cooldown": NEVER,
            "lamps": 0, "speed_factor": 1.0, "time_headway": 1.5, "min_gap": 2.0, "brake_comfort": 2.0,
        }  # fmt: skip
        if slot > 0:
            values |= {
                "kind": ActorKind.CAR, "length": 4.5, "width": 1.8, "height": 1.5, "rear": 0.9, "wheelbase": 2.7,
                "accel_max": 1.4,
            }  # fmt: skip
        else:
            self.actuators.pedal[0, 0] = 0.0
        for name, value in {**values, **columns}.items():
            getattr(self.actors, name)[0, slot] = value

    def gap(self, follower: int, lead: int) -> float:
        """Bumper gap along the x axis, for roads that run east [m]."""
        a = self.actors
        front = a.x[0, follower] + a.length[0, follower] - a.rear[0, follower]
        return float(a.x[0, lead] - a.rear[0, lead] - front)

    def run(
        self,
        seconds: float,
        *,
        command: dict[int, Callable[[float], float]] | None = None,
        watch: Callable[["Drive"], tuple] | None = None,
        action: tuple[float, float] | None = None,
    ) -> np.ndarray:
        """Steps with the expert at the ego's wheel.

        Args:
            seconds: How long; less where the episode ends.
            command: Acceleration over time of cars that do not decide for themselves, by slot.
            watch: What to log before every step.
            action: The ego's action instead of the expert's.

        Returns:
            The log, shape (step, ...).
        """
        log = []
        self.world.decide()
        for tick in range(round(seconds / self.step_s)):
            for slot, accel in (command or {}).items():
                self.actors.accel_decided[0, slot] = accel(tick * self.step_s)
            if watch is not None:
                log.append(watch(self))
            self.world.step(self.plan.expert_action[:, 0] if action is None else np.array([action], np.float32))
            if self.episode.end[0, 0]:
                break
        return np.array(log)
