"""Comparisons of road networks, and of lanes with the ground they lie on."""

import dataclasses

import cv2
import numpy as np

from drivesim.maps.control import Signal
from drivesim.maps.network import Area, AreaKind, Lane, RoadNetwork, Route
from tests.reference.drive import arc_lane


def equal(a: object, b: object) -> bool:
    """Deep equality of frozen dataclasses, tuples, arrays and plain values."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(equal, a, b))
    if dataclasses.is_dataclass(a):
        return type(a) is type(b) and all(
            equal(getattr(a, field.name), getattr(b, field.name)) for field in dataclasses.fields(a)
        )
    return a == b


def filled(
    areas: tuple[Area, ...], kinds: set[AreaKind], origin: np.ndarray, size: tuple[int, int], scale: float
) -> np.ndarray:
    """1 where an area of these kinds covers a pixel, shape `size`; pixel centres are at whole numbers."""
    picture = np.zeros(size, np.uint8)
    for area in areas:
        if area.kind in kinds:
            cv2.fillPoly(picture, [np.round((area.polygon - origin) * scale * 16).astype(np.int32)], 1, shift=4)
    return picture


def check_drivable_edges(road: RoadNetwork, kinds: set[AreaKind], tolerance: float, *, tip_points: int = 0) -> None:
    """Just inside the lanes' edges there is surface of these kinds, just outside there is none.

    Args:
        road: The network.
        kinds: Areas that count as surface.
        tolerance: How far inside and outside to look [m].
        tip_points: Points of a lane that may find surface outside, where a gore opens and is narrower than that.
    """
    points = np.concatenate([area.polygon for area in road.areas])
    origin, scale = points.min(axis=0) - 5.0, 8.0
    height = int((points[:, 1].max() - origin[1] + 5.0) * scale)
    width = int((points[:, 0].max() - origin[0] + 5.0) * scale)
    surface = filled(road.areas, kinds, origin, (height, width), scale)
    for number, lane in enumerate(road.lanes):
        normal = np.stack((-np.sin(lane.heading), np.cos(lane.heading)), axis=-1)
        for side, edge in ((1.0, lane.edge_left), (-1.0, lane.edge_right)):
            for more, expected, exempt in ((-tolerance, 1, 0), (tolerance, 0, tip_points)):
                at = lane.points + normal * side * (edge + more)[:, None]
                column, row = np.round((at[2:-2] - origin) * scale).astype(int).T
                wrong = int((surface[row, column] != expected).sum())
                assert wrong <= exempt, f"{road.name}: lane {number}, side {side}, {more} m: {wrong} points"


ARM_M, BOX_M, SIDE_M = 60.0, 10.0, 1.75
"""Of the four-way junction: length of its arms, half its width, offset of a lane from the road's middle [m]."""
RIGHT, STRAIGHT, LEFT = range(3)


def four_way() -> RoadNetwork:
    """Four arms of two lanes each meet at the origin; every way in leads right, straight on and left.

    Arms are numbered by the direction in which their ways in run: 0 east, 1 north, 2 west, 3 south. Lane k is the way
    in of arm k, lane 4 + k the way out in that direction, lane 8 + 3 k + turn the way across from arm k. Route
    3 k + turn takes that way. A light holds before the box on every way in.
    """

    def placed(arm: int, ahead: float, left: float) -> tuple[float, float, float]:
        angle = 0.5 * np.pi * arm
        cos, sin = np.cos(angle), np.sin(angle)
        return ahead * cos - left * sin, ahead * sin + left * cos, angle

    lanes: list[Lane] = []
    wide = {"edge_left": 3.0 * SIDE_M, "edge_right": SIDE_M, "speed_limit": 8.0}
    for arm in range(4):
        start = placed(arm, -BOX_M - ARM_M, -SIDE_M)
        ways = tuple(8 + 3 * arm + turn for turn in (STRAIGHT, RIGHT, LEFT))
        lanes.append(arc_lane(start, ARM_M, 0.0, successors=ways, road=arm, **wide))
    for arm in range(4):
        lanes.append(arc_lane(placed(arm, BOX_M, -SIDE_M), ARM_M, 0.0, road=4 + arm, **wide))
    for arm in range(4):
        start = placed(arm, -BOX_M, -SIDE_M)
        for turn, radius in ((RIGHT, BOX_M - SIDE_M), (STRAIGHT, np.inf), (LEFT, BOX_M + SIDE_M)):
            curvature = 0.0 if turn == STRAIGHT else (turn - 1) / radius
            length = 2.0 * BOX_M if turn == STRAIGHT else 0.5 * np.pi * radius
            out = 4 + (arm + turn - 1) % 4
            lanes.append(
                arc_lane(
                    start, length, curvature, successors=(out,), road=8 + 3 * arm + turn, junction=0, speed_limit=6.0
                )
            )
    edge, end = 2.0 * SIDE_M, BOX_M + ARM_M
    roads = [(-end, -edge, end, edge), (-edge, -end, edge, end), (-BOX_M, -BOX_M, BOX_M, BOX_M)]
    areas = tuple(
        Area(polygon=np.array([(a, b), (c, b), (c, d), (a, d)]), kind=AreaKind.DRIVABLE) for a, b, c, d in roads
    )
    signals = []
    for arm in range(4):
        x, y, angle = placed(arm, -BOX_M, -3.0 * SIDE_M)
        signals.append(Signal(type="1000001", x=x, y=y, yaw=angle + np.pi, lane=arm, stop_s=ARM_M - 1.0))
    routes = tuple(
        Route(start_lane=arm, start_s=10.0, goal_lane=4 + (arm + turn - 1) % 4, goal_s=40.0)
        for arm in range(4)
        for turn in (RIGHT, STRAIGHT, LEFT)
    )
    return RoadNetwork(name="four-way", seed=0, lanes=tuple(lanes), areas=areas, signals=tuple(signals), routes=routes)
