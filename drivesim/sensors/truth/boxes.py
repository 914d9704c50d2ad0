"""Road users as boxes: corners, in the world, and in the frame of a sensor."""

from typing import Annotated, NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig, SensorConfig
from drivesim.sensors.objects import ObjectLabels
from drivesim.sensors.truth.frames import pose_of
from drivesim.state import WorldState
from drivesim.state.columns import Array, column

_SIDES = np.array(
    [(1, 1, 0), (1, -1, 0), (-1, -1, 0), (-1, 1, 0), (1, 1, 2), (1, -1, 2), (-1, -1, 2), (-1, 1, 2)], np.float64
)
BOX_EDGES = np.array(
    [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7)], np.int64
)
"""Pairs of corners that an edge of a box joins, shape (12, 2). The first four and the next four are floor and roof."""


class WorldBoxes(NamedTuple):
    """Boxes in the world frame: x east, y north, z up. 0 where there is none."""

    position: Annotated[Array, column("world", "slot", 3, unit="m", doc="Middle of its box, world frame.")]
    yaw: Annotated[Array, column("world", "slot", unit="rad", doc="Heading, counter-clockwise from east, [-pi, pi).")]
    velocity: Annotated[Array, column("world", "slot", 2, unit="m/s", doc="Of that middle, east and north.")]


class SensorBoxes(NamedTuple):
    """Boxes in the frame of a sensor: x forward, y left, z up; of a camera x right, y down, z forward. 0 for none."""

    position: Annotated[Array, column("world", "slot", 3, unit="m", doc="Middle of its box, sensor frame.")]
    velocity: Annotated[
        Array,
        column("world", "slot", 3, unit="m/s", doc="Of that middle over the ground, along the sensor's axes."),
    ]
    yaw: Annotated[
        Array,
        column(
            "world", "slot", unit="rad",
            doc="Heading about the sensor's z axis from its x axis; of a camera KITTI's `rotation_y`: about its y axis,"
            " 0 facing right.",
        ),
    ]  # fmt: skip


def corners_of(objects: ObjectLabels) -> np.ndarray:
    """Corners of the boxes in the ego frame [m], float64, shape (world, slot, 8, 3), for the first driver.

    Floor then roof, each front left, front right, rear right, rear left.
    """
    size = objects.size[:, 0].astype(np.float64)
    floor = flat_corners(objects.position[:, 0].astype(np.float64), objects.yaw[:, 0].astype(np.float64), size)
    up = 0.5 * _SIDES[:, 2] * size[..., 2:]
    return np.concatenate([np.concatenate([floor, floor], axis=-2), up[..., None]], axis=-1)


def flat_corners(position: np.ndarray, yaw: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Corners of floors: front left, front right, rear right, rear left [m], float64, shape (..., 4, 2).

    Args:
        position: Middles, shape (..., 2) [m].
        yaw: Headings, shape (...) [rad].
        size: Length and width first, shape (..., >= 2) [m].
    """
    along, aside = np.moveaxis(_SIDES[:4, :2] * (0.5 * np.asarray(size, np.float64)[..., None, :2]), -1, 0)
    cos, sin = np.cos(yaw)[..., None], np.sin(yaw)[..., None]
    x = position[..., :1] + along * cos - aside * sin
    return np.stack([x, position[..., 1:2] + along * sin + aside * cos], axis=-1)


def middles_of(objects: ObjectLabels) -> np.ndarray:
    """Middles of the boxes in the ego frame [m], float64, shape (world, slot, 3)."""
    return np.concatenate([objects.position[:, 0], 0.5 * objects.size[:, 0, :, 2:]], axis=-1).astype(np.float64)


def wrapped(angle: np.ndarray) -> np.ndarray:
    """Angles in [-pi, pi)."""
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


def world_boxes(objects: ObjectLabels, state: WorldState) -> WorldBoxes:
    """Boxes in the world frame, as the first driver's car knows them."""
    worlds = np.arange(len(state.worlds.map))
    own = state.drivers.slot[:, 0]
    x, y, yaw = (getattr(state.actors, name)[worlds, own].astype(np.float64) for name in ("x", "y", "yaw"))
    cos, sin = np.cos(yaw), np.sin(yaw)
    turn = np.stack([np.stack([cos, sin], axis=-1), np.stack([-sin, cos], axis=-1)], axis=1)
    valid = objects.valid[:, 0]
    middle = middles_of(objects)
    middle[..., :2] = middle[..., :2] @ turn + np.stack([x, y], axis=-1)[:, None]
    velocity = objects.velocity[:, 0].astype(np.float64) @ turn
    heading = wrapped(objects.yaw[:, 0] + yaw[:, None])
    return WorldBoxes(position=_where(valid, middle), yaw=_where(valid, heading), velocity=_where(valid, velocity))


def sensor_boxes(objects: ObjectLabels, config: SensorConfig) -> SensorBoxes:
    """Boxes in the frame of a sensor."""
    pose = pose_of(config)
    valid = objects.valid[:, 0]
    yaw = objects.yaw[:, 0].astype(np.float64)
    level = np.zeros_like(yaw)
    heading = pose.directions(np.stack([np.cos(yaw), np.sin(yaw), level], axis=-1))
    velocity = pose.directions(np.concatenate([objects.velocity[:, 0], level[..., None]], axis=-1))
    if isinstance(config, CameraConfig):
        angle = np.arctan2(-heading[..., 2], heading[..., 0])
    else:
        angle = np.arctan2(heading[..., 1], heading[..., 0])
    return SensorBoxes(
        position=_where(valid, pose.points(middles_of(objects))),
        velocity=_where(valid, velocity),
        yaw=_where(valid, wrapped(angle)),
    )


def _where(valid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of road users that are there, float32, 0 for all others."""
    return np.where(valid.reshape(valid.shape + (1,) * (values.ndim - valid.ndim)), values, 0.0).astype(np.float32)
