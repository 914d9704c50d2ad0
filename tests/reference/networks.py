"""Comparisons of road networks, and of lanes with the ground they lie on."""

import dataclasses

import cv2
import numpy as np

from drivesim.maps.network import Area, AreaKind, RoadNetwork


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
