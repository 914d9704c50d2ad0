"""What may be looking: every camera of a driver's car, as far as it decides who may appear or vanish.

A road user is seen where a camera would show it with a dozen pixels if nothing stood in front of it. The test leans to
yes: pictures round edges outwards and a step passes between them, so it asks for `SEEN_PX` pixels of area.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from drivesim.config.sensors import CameraConfig
from drivesim.state.bodies import box_of, is_driving, slot_of

f32 = np.float32

SEEN_PX = f32(8.0)
"""Something this large in a picture counts as seen [px]."""
LARGEST_FACE_M2 = 49.0
"""Side of the largest road user, a truck of 12 m by 4 m [m^2]."""
MARGIN = f32(3.0)
"""Bodies count as larger by this where their bearing is looked at, since both cars move within a step [m]."""
FISHEYE_STRETCH = math.sqrt(2.0)
"""Beside and behind itself a fisheye draws things as large as a focal length longer by this would on its axis."""
RANGE_MARGIN_M = 10.0
"""A road user this far beyond a camera's range has no part within it [m]."""

_ZERO, _ONE = f32(0.0), f32(1.0)


class Sight(NamedTuple):
    """Cameras in the frame of the car that carries them; arrays of shape (camera,), float32."""

    forward: np.ndarray
    """Ahead of the rear axle [m]."""
    left: np.ndarray
    """Left of the centre line [m]."""
    cos: np.ndarray
    """Of the camera's heading in the car's frame."""
    sin: np.ndarray
    focal: np.ndarray
    """[px]"""
    range: np.ndarray
    """Things whose centre is farther than this are not drawn [m]."""
    slope_right: np.ndarray
    """right / forward of the rightmost ray; +inf where rays point in every direction or the camera is tilted."""
    slope_left: np.ndarray
    """right / forward of the leftmost ray; -inf likewise."""
    ahead: np.float32
    """Nothing farther ahead than this is seen [m]."""
    behind: np.float32
    """Nothing farther behind than this is seen [m]."""


def sight_of(sensors: Sequence[Any]) -> Sight:
    """The sight of a car with these sensors; those that are no cameras see no pictures."""
    cameras = [sensor for sensor in sensors if isinstance(sensor, CameraConfig)]
    yaw = np.radians([camera.yaw_deg for camera in cameras])
    focal = np.array([max(camera.focal) * (FISHEYE_STRETCH if camera.lens == "fisheye" else 1.0) for camera in cameras])
    width, principal = (np.array([getattr(camera, name) for camera in cameras]) for name in ("width", "principal_x"))
    reach = np.array([camera.range_m for camera in cameras]) + RANGE_MARGIN_M
    reach = np.minimum(reach, focal * math.sqrt(LARGEST_FACE_M2 / SEEN_PX))
    level = np.array([camera.is_level for camera in cameras], np.bool_)
    looks_ahead, looks_back = ~level | (np.cos(yaw) >= 0.0), ~level | (np.cos(yaw) < 0.0)
    columns = {
        "forward": [camera.x_m for camera in cameras],
        "left": [camera.y_m for camera in cameras],
        "cos": np.cos(yaw),
        "sin": np.sin(yaw),
        "focal": focal,
        "range": [camera.range_m for camera in cameras],
        "slope_right": np.where(level, width * (1.0 - principal) / np.maximum(focal, 1e-6), np.inf),
        "slope_left": np.where(level, -width * principal / np.maximum(focal, 1e-6), -np.inf),
    }
    return Sight(
        **{name: np.asarray(values, np.float32) for name, values in columns.items()},
        ahead=f32(reach[looks_ahead].max(initial=0.0)),
        behind=f32(reach[looks_back].max(initial=0.0)),
    )


@njit
def is_shown(sight, camera, ahead, left, axis_ahead, axis_left, half_length, half_width, height):
    """Whether a camera would show a body as large as `SEEN_PX`.

    Args:
        sight: `Sight`.
        camera: Which camera.
        ahead: Centre of the body ahead of the rear axle of the car that carries the camera [m].
        left: Centre to its left [m].
        axis_ahead: Heading of the body in that car's frame, unit vector.
        axis_left: Its other component.
        half_length: Half the body's length [m].
        half_width: Half its width [m].
        height: Its height [m].
    """
    ahead -= sight.forward[camera]
    left -= sight.left[camera]
    squared = ahead * ahead + left * left
    if squared > sight.range[camera] * sight.range[camera]:
        return False
    cos, sin = sight.cos[camera], sight.sin[camera]
    distance = max(f32(math.sqrt(squared)), _ONE)
    depth, stretch = distance, _ONE
    radius = half_length + half_width + MARGIN
    if sight.slope_right[camera] < f32(np.inf):
        depth = ahead * cos + left * sin
        right = ahead * sin - left * cos
        slope_right, slope_left = sight.slope_right[camera], sight.slope_left[camera]
        if depth < -radius:
            return False
        if right - slope_right * depth > radius * f32(math.sqrt(_ONE + slope_right * slope_right)):
            return False
        if slope_left * depth - right > radius * f32(math.sqrt(_ONE + slope_left * slope_left)):
            return False
        stretch = distance / max(depth, _ONE)
    near = max(depth - half_length, _ONE)
    along = abs(ahead * axis_ahead + left * axis_left) / distance
    aside = abs(ahead * axis_left - left * axis_ahead) / distance
    face = f32(2.0) * (half_length * aside + half_width * along) * height
    return face * stretch * sight.focal[camera] * sight.focal[camera] >= SEEN_PX * near * near


@njit
def is_seen(state, sight, world, slot):
    """Whether any driver's cameras would show a road user, whatever stands between."""
    actors = state.actors
    x, y, cos, sin, half_length, half_width = box_of(actors, world, slot)
    for driver in range(state.drivers.slot.shape[1]):
        if not is_driving(state, world, driver):
            continue
        own = slot_of(state, world, driver)
        yaw = actors.yaw[world, own]
        own_cos, own_sin = f32(math.cos(yaw)), f32(math.sin(yaw))
        east, north = x - actors.x[world, own], y - actors.y[world, own]
        ahead, left = east * own_cos + north * own_sin, north * own_cos - east * own_sin
        axis_ahead, axis_left = cos * own_cos + sin * own_sin, sin * own_cos - cos * own_sin
        for camera in range(sight.focal.shape[0]):
            if is_shown(
                sight, camera, ahead, left, axis_ahead, axis_left, half_length, half_width, actors.height[world, slot]
            ):
                return True
    return False
