"""From what rays have met to the frames that are delivered."""

import math
from typing import NamedTuple

import numpy as np

from drivesim.config.sensors.lidar import OCCUPANCY_STEP_M
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.sensors.camera.rounding import floor_int

_CLASS, _INSTANCE, _BYTE = np.uint32(8), np.uint32(16), np.uint32(255)
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_STEPS_PER_M = np.float32(1.0 / OCCUPANCY_STEP_M)
_HIGHEST = np.float32(254.0)
f32 = np.float32
u64 = np.uint64


class Frames(NamedTuple):
    """What is written: arrays of all views, flat. A channel nobody asked for has length 0."""

    points: np.ndarray
    """float32, four numbers a point."""
    valid: np.ndarray
    range: np.ndarray
    intensity: np.ndarray
    semantic: np.ndarray
    instance: np.ndarray
    occupancy: np.ndarray
    has_points: np.bool_
    has_valid: np.bool_
    has_range: np.bool_
    has_intensity: np.bool_
    has_semantic: np.bool_
    has_instance: np.bool_
    has_occupancy: np.bool_
    has_list: np.bool_
    """Any of points, valid, semantic and instance."""
    is_compensated: np.bool_
    """Points are in the sensor's frame of the time stamp."""
    rows: np.int64
    """Of the occupancy grid."""
    columns: np.int64
    cell: np.float32
    """Side of a cell [m]."""
    ahead: np.float32
    """Upper edge of the grid ahead of the rear axle [m]."""


@device
def into_frame(turn, x, y, cos, sin, out):
    """Writes the motion from the sensor's frame of a column's time into that of the time stamp to `out`.

    Args:
        turn: Rotation from the sensor's into the car's frame, shape (3, 3).
        x: Where the lidar was, from where it is at the time stamp, in the car's frame of then [m].
        y: The same to the left.
        cos: Of the car's heading at the column's time, from that at the time stamp.
        sin: The same.
        out: float32, shape (12,): the rows of a rotation, each with its offset.
    """
    if turn[2, 2] == _ONE:
        # Turns about the vertical axis commute.
        out[0], out[1], out[2] = cos, -sin, _ZERO
        out[4], out[5], out[6] = sin, cos, _ZERO
        out[8], out[9], out[10], out[11] = _ZERO, _ZERO, _ONE, _ZERO
        out[3], out[7] = turn[0, 0] * x + turn[1, 0] * y, turn[0, 1] * x + turn[1, 1] * y
        return
    for i in range(3):
        for j in range(3):
            a, b, c = turn[0, j], turn[1, j], turn[2, j]
            out[4 * i + j] = turn[0, i] * (cos * a - sin * b) + turn[1, i] * (sin * a + cos * b) + turn[2, i] * c
        out[4 * i + 3] = turn[0, i] * x + turn[1, i] * y


@device
def mark(frames, mount, turn, view, x, y, z):
    """Marks a point, given in the sensor's frame of the time stamp, in the occupancy grid."""
    ahead = mount.forward + turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
    left = mount.left + turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
    up = mount.height + turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z
    row = floor_int((frames.ahead - ahead) / frames.cell)
    column = floor_int(_HALF * f32(frames.columns) - left / frames.cell)
    if 0 <= row < frames.rows and 0 <= column < frames.columns:
        at = u64((view * frames.rows + row) * frames.columns + column)
        steps = min(max(up * _STEPS_PER_M, _ZERO), _HIGHEST)
        frames.occupancy[at] = max(frames.occupancy[at], np.uint8(np.int64(steps) + 1))


@device
def deliver_images(scene, sweep, frames, base, cells, view):
    """Writes what lies in the order of the range image, and empties the grid."""
    rays = scene.mount.beams * scene.mount.columns
    if frames.has_range:
        for k in range(rays):
            frames.range[u64(base + k)] = sweep.measured[u64(base + k)]
    if frames.has_intensity:
        for k in range(rays):
            frames.intensity[u64(base + k)] = min(sweep.strength[u64(base + k)], _ONE)
    if frames.has_occupancy:
        for k in range(cells):
            frames.occupancy[u64(view * cells + k)] = np.uint8(0)


@entry()
def deliver(scene, sweep, frames, motion, view):
    """Writes the frames of one view; `motion` is scratch of shape (view, 12)."""
    mount, pattern = scene.mount, scene.pattern
    turn = pattern.rotation
    base = view * mount.beams * mount.columns
    deliver_images(scene, sweep, frames, base, frames.rows * frames.columns, view)
    if not (frames.has_list or frames.has_occupancy):
        return
    drivers = scene.slot.shape[1]
    world = view // drivers
    yaw = scene.actors.yaw[world, scene.slot[world, view - world * drivers]]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    end_x, end_y = mount.forward * cos - mount.left * sin, mount.forward * sin + mount.left * cos
    place, moved = sweep.column[view], motion[view]
    is_moved = mount.sweep_steps > _ZERO and (frames.is_compensated or frames.has_occupancy)
    for k in range(mount.columns):
        c = u64(k)
        if is_moved:
            dx, dy = place[c, 0] - end_x, place[c, 1] - end_y
            into_frame(turn, dx * cos + dy * sin, dy * cos - dx * sin, place[c, 4], place[c, 5], moved)
        for v in range(mount.beams):
            ring, ray = u64(v), u64(base + v * mount.columns + k)
            out = u64(base + k * mount.beams + v)
            distance = sweep.measured[ray]
            level = distance * pattern.elevation_cos[ring]
            x, y, z = (
                level * pattern.azimuth_cos[c],
                level * pattern.azimuth_sin[c],
                distance * pattern.elevation_sin[ring],
            )
            is_valid = distance > _ZERO
            at_x, at_y, at_z = x, y, z
            if is_moved and is_valid:
                at_x = moved[0] * x + moved[1] * y + moved[2] * z + moved[3]
                at_y = moved[4] * x + moved[5] * y + moved[6] * z + moved[7]
                at_z = moved[8] * x + moved[9] * y + moved[10] * z + moved[11]
                if frames.is_compensated:
                    x, y, z = at_x, at_y, at_z
            if frames.has_occupancy and is_valid:
                mark(frames, mount, turn, view, at_x, at_y, at_z)
            if frames.has_points:
                first = u64(4) * out
                frames.points[first], frames.points[first + u64(1)], frames.points[first + u64(2)] = x, y, z
                frames.points[first + u64(3)] = min(sweep.strength[ray], _ONE)
            if frames.has_valid:
                frames.valid[out] = np.uint8(is_valid)
            if frames.has_semantic:
                frames.semantic[out] = np.uint8(sweep.surface[ray] >> _CLASS & _BYTE) if is_valid else np.uint8(0)
            if frames.has_instance:
                frames.instance[out] = np.uint16(sweep.surface[ray] >> _INSTANCE) if is_valid else np.uint16(0)
