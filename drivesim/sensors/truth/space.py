"""Free space: how far one could drive from the car in every direction, on paved ground and before all that stands."""

import math
from typing import Annotated, NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.geometry import to_frame
from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import OBJECT_CELL_M, TEXEL_M, MapArrays, ObjectColumn
from drivesim.maps.ground import is_paved
from drivesim.sensors.camera.optics import rays_through
from drivesim.state import ActorKind, WorldState
from drivesim.state.bodies import box_of, slot_of
from drivesim.state.columns import Array, allocate, column

SPACE_BEARINGS = 240
"""Bearings, evenly apart, the first straight ahead, the others to the left of it."""
SPACE_RANGE_M = 60.0
"""Nothing farther is looked for [m]."""
CLEARANCE_M = 2.5
"""What hangs higher than this can be driven under [m]."""
BEARINGS_RAD = np.arange(SPACE_BEARINGS) * (2.0 * math.pi / SPACE_BEARINGS)
END_OPEN, END_GROUND, END_ROAD_USER, END_SCENERY = range(4)

_COS, _SIN = np.cos(BEARINGS_RAD).astype(np.float32), np.sin(BEARINGS_RAD).astype(np.float32)
_STEP, _RANGE, _ZERO = np.float32(TEXEL_M), np.float32(SPACE_RANGE_M), np.float32(0.0)
_STEPS = round(SPACE_RANGE_M / TEXEL_M)
_CELL, _CLEARANCE = np.float32(OBJECT_CELL_M), np.float32(CLEARANCE_M)
_NONE = int(ActorKind.NONE)
_X, _Y = np.intp(ObjectColumn.X), np.intp(ObjectColumn.Y)
_AXIS_COS, _AXIS_SIN = np.intp(ObjectColumn.COS), np.intp(ObjectColumn.SIN)
_HALF_LENGTH, _HALF_WIDTH = np.intp(ObjectColumn.HALF_LENGTH), np.intp(ObjectColumn.HALF_WIDTH)
_BASE = np.intp(ObjectColumn.BASE)


class SpaceLabels(NamedTuple):
    """Free space around the rear axle; bearing k is k * 360 / 240 degrees to the left of straight ahead."""

    distance: Annotated[
        Array,
        column(
            "world", SPACE_BEARINGS, unit="m",
            doc="To the first ground that is not road, road user or scenery, at most 60.",
        ),
    ]  # fmt: skip
    end: Annotated[
        Array,
        column(
            "world", SPACE_BEARINGS, dtype=np.uint8,
            doc="What ends it: 0 nothing within 60 m, 1 the ground, 2 a road user, 3 scenery.",
        ),
    ]  # fmt: skip


def space_labels(maps: MapArrays, state: WorldState, launcher: Launcher) -> SpaceLabels:
    """Free space around the first driver's car of every world."""
    worlds = len(state.worlds.map)
    labels = allocate(SpaceLabels, {"world": worlds})
    launcher.run(measure_space, np.arange(worlds), maps, state, labels)
    return labels


def space_outline(distance: np.ndarray) -> np.ndarray:
    """Free space as polygons in the ego frame: `distance` with bearings last, (..., 240), to (..., 240, 2) [m]."""
    return distance[..., None] * np.stack([_COS, _SIN], axis=-1)


def space_mask(config: CameraConfig, space: SpaceLabels, instance: np.ndarray) -> np.ndarray:
    """Which pixels show free space, bool, shape (world, row, column).

    Args:
        config: The camera.
        space: Free space.
        instance: Instance pictures of the truth, shape (world, row, column).
    """
    columns, rows = np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)
    forward, right, up = np.moveaxis(rays_through(config, columns, rows), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(up < 0.0, -config.z_m / up, np.inf)
        yaw = math.radians(config.yaw_deg)
        ahead = config.x_m + depth * (forward * math.cos(yaw) + right * math.sin(yaw))
        left = config.y_m + depth * (forward * math.sin(yaw) - right * math.cos(yaw))
        away = np.hypot(ahead, left)
        bearing = np.arctan2(left, ahead) * (SPACE_BEARINGS / (2.0 * math.pi))
    low = np.floor(np.nan_to_num(bearing)).astype(np.int64)
    share, low, high = bearing - low, low % SPACE_BEARINGS, (low + 1) % SPACE_BEARINGS
    # Along a straight rim, the inverse of the distance is nearly linear in the bearing.
    inverse = 1.0 / np.maximum(space.distance, 1e-6)
    rim = 1.0 / (inverse[:, low] * (1.0 - share) + inverse[:, high] * share)
    nearest = space.distance[:, np.where(share < 0.5, low, high)]
    same = space.end[:, low] == space.end[:, high]
    return (away < np.where(same, rim, nearest)) & (instance == 0)


@entry(inline=False)
def measure_space(maps, state, labels, world):
    """Fills the `SpaceLabels` of a world, zeroed before; nothing for a driver whose car has left the road."""
    actors, own = state.actors, slot_of(state, world, 0)
    if actors.kind[world, own] == _NONE:
        return
    x, y, yaw = actors.x[world, own], actors.y[world, own], actors.yaw[world, own]
    cos, sin = np.float32(math.cos(yaw)), np.float32(math.sin(yaw))
    map_slot = np.int64(maps.slot_of[state.worlds.map[world]])
    for k in range(SPACE_BEARINGS):
        east, north = _COS[k] * cos - _SIN[k] * sin, _COS[k] * sin + _SIN[k] * cos
        count = 0
        while count < _STEPS:
            away = np.float32(count) * _STEP
            if not is_paved(maps, map_slot, x + away * east, y + away * north):
                break
            count += 1
        labels.distance[world, k] = min(np.float32(count) * _STEP, _RANGE)
        labels.end[world, k] = END_OPEN if count == _STEPS else END_GROUND
    for slot in range(actors.kind.shape[1]):
        if slot != own and actors.kind[world, slot] != _NONE:
            at_x, at_y, axis_cos, axis_sin, half_length, half_width = box_of(actors, world, slot)
            stop_at(
                labels, world, END_ROAD_USER, x, y, cos, sin, at_x, at_y, axis_cos, axis_sin, half_length, half_width
            )
    stop_at_scenery(maps, map_slot, labels, world, x, y, cos, sin)


@routine
def stop_at_scenery(maps, map_slot, labels, world, x, y, cos, sin):
    """Ends free space at the scenery around a place."""
    scenery = maps.scenery
    reach = _RANGE + scenery.beyond[map_slot]
    size_x, size_y = np.int64(scenery.grid_size[map_slot, 0]), np.int64(scenery.grid_size[map_slot, 1])
    east, north = x - maps.origin[map_slot, 0], y - maps.origin[map_slot, 1]
    x0 = min(max(np.int64(math.floor((east - reach) / _CELL)), np.int64(0)), size_x - 1)
    x1 = min(max(np.int64(math.floor((east + reach) / _CELL)), np.int64(0)), size_x - 1)
    y0 = min(max(np.int64(math.floor((north - reach) / _CELL)), np.int64(0)), size_y - 1)
    y1 = min(max(np.int64(math.floor((north + reach) / _CELL)), np.int64(0)), size_y - 1)
    for cell_y in range(y0, y1 + 1):
        row = np.int64(scenery.grid_first[map_slot]) + cell_y * size_x
        for thing in range(scenery.cell_first[row + x0], scenery.cell_first[row + x1 + 1]):
            if scenery.object[thing, _BASE] < _CLEARANCE:
                stop_at(
                    labels, world, END_SCENERY, x, y, cos, sin, scenery.object[thing, _X], scenery.object[thing, _Y],
                    scenery.object[thing, _AXIS_COS], scenery.object[thing, _AXIS_SIN],
                    scenery.object[thing, _HALF_LENGTH], scenery.object[thing, _HALF_WIDTH],
                )  # fmt: skip


@routine
def stop_at(labels, world, end, x, y, cos, sin, at_x, at_y, axis_cos, axis_sin, half_length, half_width):
    """Ends free space at a box."""
    ahead, left = to_frame(at_x, at_y, x, y, cos, sin)
    reach = half_length + half_width
    if ahead * ahead + left * left > (_RANGE + reach) * (_RANGE + reach):
        return
    axis_ahead, axis_left = axis_cos * cos + axis_sin * sin, axis_sin * cos - axis_cos * sin
    # The place of the eye in the frame of the box.
    along, aside = -ahead * axis_ahead - left * axis_left, ahead * axis_left - left * axis_ahead
    for k in range(SPACE_BEARINGS):
        if ahead * _COS[k] + left * _SIN[k] < -reach:
            continue
        by_length = _COS[k] * axis_ahead + _SIN[k] * axis_left
        by_width = _SIN[k] * axis_ahead - _COS[k] * axis_left
        near, far = narrowed(along, by_length, half_length, _ZERO, labels.distance[world, k])
        near, far = narrowed(aside, by_width, half_width, near, far)
        if near < far:
            labels.distance[world, k], labels.end[world, k] = near, end


@device
def narrowed(start, slope, half, near, far):
    """Narrows (near, far) to where start + parameter * slope lies between -half and half."""
    if slope == _ZERO:
        return (near, far) if -half <= start <= half else (far, near)
    one, other = (-half - start) / slope, (half - start) / slope
    return max(near, min(one, other)), min(far, max(one, other))
