"""Changing lanes, as a table: the road, who is on it, and what must hold of the ego, driven by its expert."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from drivesim.maps.network import Lane, LaneType, RoadNetwork, Route
from drivesim.state import EndReason, Lamp
from tests.reference.drive import Drive, arc_lane, straight_road
from tests.reference.roads import WIDTH_M, straight_lane

X, Y, SPEED, ACCEL, LAMPS, COMMAND, OTHERS_ACCEL, GAP = range(8)


def wide_lane(x: float, y: float, length: float, **options) -> Lane:
    """A lane on a surface so wide that leaving it is no matter of these maneuvers."""
    return straight_lane(x, y, length, left_edge=12.0, right_edge=12.0, **options)


class Car(NamedTuple):
    """A car of the scene."""

    lane: int
    s: float
    speed: float
    factor: float = 1.0
    """Desired speed over the limit of 20 m/s."""


class Maneuver(NamedTuple):
    """A driving situation written as data."""

    title: str
    road: Callable[[], RoadNetwork]
    ego: Car
    others: tuple[Car, ...]
    duration_s: float
    checks: tuple[Callable[[np.ndarray, Drive], bool], ...]


def beside(*lanes: Lane, routes: tuple[Route, ...]) -> RoadNetwork:
    return RoadNetwork(name="road", seed=0, lanes=lanes, routes=routes)


def entry() -> RoadNetwork:
    """A main lane in three pieces; beside the second an entry lane of 200 m that ends; the ego comes from the ramp."""
    return beside(
        wide_lane(0.0, 0.0, 300.0, successors=(1,)),
        wide_lane(300.0, 0.0, 200.0, successors=(2,), right=4, change_right=True, road=1),
        wide_lane(500.0, 0.0, 400.0, road=2),
        wide_lane(100.0, -WIDTH_M, 200.0, successors=(4,), type=LaneType.ON_RAMP, road=3),
        wide_lane(300.0, -WIDTH_M, 200.0, left=1, change_left=True, type=LaneType.ENTRY, road=1),
        routes=(Route(start_lane=3, start_s=5.0, goal_lane=2, goal_s=390.0),),
    )


def way_out() -> RoadNetwork:
    """Two lanes; beside the second piece an exit lane of 150 m that leads down a ramp, where the route goes."""
    return beside(
        wide_lane(0.0, WIDTH_M, 500.0, successors=(2,), right=1, change_right=True),
        wide_lane(0.0, 0.0, 500.0, successors=(3,), left=0, change_left=True),
        wide_lane(500.0, WIDTH_M, 150.0, successors=(5,), right=3, change_right=True, road=1),
        wide_lane(500.0, 0.0, 150.0, successors=(6,), left=2, change_left=True, right=4, change_right=True, road=1),
        wide_lane(500.0, -WIDTH_M, 150.0, successors=(7,), left=3, change_left=True, type=LaneType.EXIT, road=1),
        wide_lane(650.0, WIDTH_M, 300.0, right=6, change_right=True, road=2),
        wide_lane(650.0, 0.0, 300.0, left=5, change_left=True, road=2),
        arc_lane(
            (650.0, -WIDTH_M, 0.0),
            150.0,
            -0.01,
            edge_left=12.0,
            edge_right=12.0,
            type=LaneType.OFF_RAMP,
            road=3,
            speed_limit=14.0,
        ),
        routes=(Route(start_lane=0, start_s=5.0, goal_lane=7, goal_s=120.0, goal_any_lane=False),),
    )


def drop() -> RoadNetwork:
    """Two lanes, of which the right one ends after 300 m."""
    return beside(
        wide_lane(0.0, WIDTH_M, 300.0, successors=(2,), right=1, change_right=True),
        wide_lane(0.0, 0.0, 300.0, left=0, change_left=True),
        wide_lane(300.0, WIDTH_M, 400.0, road=1),
        routes=(Route(start_lane=1, start_s=5.0, goal_lane=2, goal_s=390.0),),
    )


def succeeds(log: np.ndarray, scene: Drive) -> bool:
    return scene.episode.end[0, 0] == EndReason.SUCCESS


def overtakes(log: np.ndarray, scene: Drive) -> bool:
    return log[0, GAP] > 0.0 and log[:, GAP].min() < -100.0


def returns_right(log: np.ndarray, scene: Drive) -> bool:
    return log[:, Y].max() > WIDTH_M - 0.5 and log[-1, Y] < 0.5


def stays_in_lane(log: np.ndarray, scene: Drive) -> bool:
    return np.ptp(log[:, Y]) < 0.3


def is_over_before(x: float) -> Callable:
    """The car is all but in its new lane when the old one ends at x."""

    def merges_in_time(log: np.ndarray, scene: Drive) -> bool:
        last = log[log[:, X] < x][-1]
        return last[Y] > log[-1, Y] - 1.2

    return merges_in_time


def signals_before_it_moves(log: np.ndarray, scene: Drive) -> bool:
    """For at least a second, on the side it then moves to."""
    for lamp, side in ((Lamp.LEFT, 1.0), (Lamp.RIGHT, -1.0)):
        told = (log[:, COMMAND] == side).astype(int)
        for start in np.flatnonzero(np.diff(told) > 0) + 1:
            if not (log[start - 10 : start + 1, LAMPS].astype(int) & lamp).all():
                return False
    return True


def brakes_gently(log: np.ndarray, scene: Drive) -> bool:
    return log[:, ACCEL].min() > -3.5


def troubles_nobody(log: np.ndarray, scene: Drive) -> bool:
    return log[:, OTHERS_ACCEL].min() > -4.0


def keeps_speed(log: np.ndarray, scene: Drive) -> bool:
    return log[:, SPEED].min() > 12.0


def queue(lane: int, first: float, spacing: float, count: int, speed: float, factor: float = 1.0) -> tuple[Car, ...]:
    return tuple(Car(lane, first + k * spacing, speed, factor) for k in range(count))


FAIR = (signals_before_it_moves, brakes_gently, troubles_nobody)
MANEUVERS = (
    Maneuver("merge from a ramp into an empty road", entry, Car(3, 10.0, 15.0), (), 60.0,
             (succeeds, is_over_before(500.0), keeps_speed, *FAIR)),
    Maneuver("merge from a ramp beside a car", entry, Car(3, 100.0, 18.0), (Car(0, 205.0, 18.0),), 60.0,
             (succeeds, is_over_before(500.0), *FAIR)),
    Maneuver("merge from a ramp into a column", entry, Car(3, 80.0, 16.0), queue(0, 60.0, 40.0, 6, 17.0), 80.0,
             (succeeds, is_over_before(500.0), signals_before_it_moves, troubles_nobody)),
    Maneuver("leave a lane that ends", drop, Car(1, 10.0, 18.0), (), 60.0,
             (succeeds, is_over_before(300.0), keeps_speed, *FAIR)),
    Maneuver("leave a lane that ends beside a column", drop, Car(1, 100.0, 18.0), queue(0, 20.0, 38.0, 7, 17.0), 80.0,
             (succeeds, is_over_before(300.0), signals_before_it_moves, troubles_nobody)),
    Maneuver("leave a lane that ends from a standstill near its end", drop, Car(1, 265.0, 0.0),
             queue(0, 20.0, 45.0, 6, 12.0, 0.6), 90.0, (succeeds, signals_before_it_moves, troubles_nobody)),
    Maneuver("take the exit from the far lane", way_out, Car(0, 20.0, 20.0), (), 90.0,
             (succeeds, *FAIR)),
    Maneuver("take the exit across a column", way_out, Car(0, 60.0, 20.0), queue(1, 10.0, 45.0, 6, 18.0), 90.0,
             (succeeds, signals_before_it_moves, troubles_nobody)),
    Maneuver("overtake a slow truck and return", lambda: straight_road(2, sections=12), Car(1, 10.0, 20.0),
             (Car(3, 0.0, 9.0, 0.45),), 45.0, (overtakes, returns_right, keeps_speed, *FAIR)),
    Maneuver("stay behind a slow truck while the left lane is taken", lambda: straight_road(2, sections=12),
             Car(1, 10.0, 20.0), (Car(3, 0.0, 12.0, 0.6), *queue(0, 5.0, 24.0, 3, 12.0, 0.6), Car(2, 0.0, 12.0, 0.6)),
             15.0, (stays_in_lane, *FAIR)),
)  # fmt: skip


def drive(maneuver: Maneuver) -> tuple[np.ndarray, Drive]:
    """The log of the ego, and the scene it leaves."""
    scene = Drive(maneuver.road(), cars=len(maneuver.others))
    scene.put(0, maneuver.ego.lane, maneuver.ego.s, maneuver.ego.speed, cooldown=0)
    scene.navigation.remaining[0, 0] = 1e4
    for slot, car in enumerate(maneuver.others, start=1):
        scene.put(slot, car.lane, car.s, car.speed, speed_factor=car.factor)

    def watch(scene: Drive) -> tuple:
        a = scene.actors
        others = a.accel[0, 1:][a.kind[0, 1:] > 0]
        return (
            a.x[0, 0], a.y[0, 0], a.speed[0, 0], a.accel[0, 0], a.lamps[0, 0], scene.navigation.command[0, 0, 0],
            others.min() if others.size else 0.0, scene.gap(0, 1) if others.size else 0.0,
        )  # fmt: skip

    return scene.run(maneuver.duration_s, watch=watch), scene


@pytest.mark.parametrize("maneuver", MANEUVERS, ids=lambda maneuver: maneuver.title)
def test_maneuver(maneuver):
    log, scene = drive(maneuver)
    failed = [check.__name__ for check in maneuver.checks if not check(log, scene)]
    assert not failed, f"{maneuver.title}: {failed}\n{np.array2string(log[::10], precision=1, suppress_small=True)}"
