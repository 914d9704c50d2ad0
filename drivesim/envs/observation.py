"""What an agent is given besides what sensors deliver: `ego`, `route`, `command`, `turn`, and the spaces of all keys.

Keys and spaces of sensors follow from the channels that they declare, listed in `drivesim/sensors/README.md`.

| key | dtype, shape | content |
|---|---|---|
| `ego` | float32 (8,) | `EgoColumn`, in [-10, 10] |
| `route` | float32 (N, 2) | next points of the course in the ego frame, 5 m apart [m], in [-1000, 1000] |
| `command` | float32 (4,) | lanes to move (left positive), in how far [100 m], limit and limit 100 m ahead [10 m/s] |
| `turn` | float32 (3,) | at the next junction +1 left, -1 right, 0 straight; 1 where there is one; in how far [100 m] |

The course keeps the middle of the lane until `command` asks for a change, and leads across from there on. A change that
is still to come is shown where it must have been made at the latest.
"""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from drivesim.config import EnvConfig
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.maps.path import advance, course_point, course_start, fade, fade_rate
from drivesim.state.bodies import slot_of
from drivesim.world.ways import way_of

f32 = np.float32
ROUTE_SPACING_M = 5.0
DISCRETE_ACTIONS = ("lane_left", "idle", "lane_right", "faster", "slower")
_EGO_BOUND = f32(10.0)
_ROUTE_BOUND = f32(1000.0)
_SPACING = f32(ROUTE_SPACING_M)
_TENTH = f32(0.1)


class EgoColumn(IntEnum):
    """Columns of the `ego` observation."""

    SPEED = 0
    """[10 m/s]"""
    YAW_RATE = 1
    """[rad/s]"""
    STEER = 2
    """Front wheel angle [rad]."""
    ACCELERATION = 3
    """[10 m/s^2]"""
    ACTION_STEERING = 4
    ACTION_ACCELERATION = 5
    SLIP = 6
    """Side slip angle [rad]."""
    SPEED_LIMIT = 7
    """[10 m/s]"""


def observation_space(config: EnvConfig) -> spaces.Dict:
    """The space of one world's observation."""
    entries: dict[str, spaces.Space[Any]] = {}
    for sensor in config.sensors:
        for channel in sensor.delivered():
            entries[channel.key] = spaces.Box(channel.low, channel.high, channel.shape, np.dtype(channel.dtype).type)
    entries["ego"] = spaces.Box(-10.0, 10.0, (len(EgoColumn),), np.float32)
    entries["route"] = spaces.Box(-1000.0, 1000.0, (config.route_point_count, 2), np.float32)
    entries["command"] = spaces.Box(-10.0, 10.0, (4,), np.float32)
    entries["turn"] = spaces.Box(-1.0, 1.0, (3,), np.float32)
    return spaces.Dict(entries)


def action_space(config: EnvConfig) -> spaces.Space[Any]:
    """Box of steering (left positive) and acceleration in [-1, 1], or the five `DISCRETE_ACTIONS`."""
    if config.action_type == "discrete":
        return spaces.Discrete(len(DISCRETE_ACTIONS))
    return spaces.Box(-1.0, 1.0, (2,), np.float32)


class Vectors(NamedTuple):
    """What an agent is given besides pictures, float32."""

    ego: np.ndarray
    """`EgoColumn`, shape (world, 8)."""
    route: np.ndarray
    """Shape (world, N, 2)."""
    command: np.ndarray
    """Shape (world, 4)."""
    turn: np.ndarray
    """Shape (world, 3)."""


def allocate_vectors(config: EnvConfig, world_count: int) -> Vectors:
    """Zeroed vectors."""
    return Vectors(
        ego=np.zeros((world_count, len(EgoColumn)), np.float32),
        route=np.zeros((world_count, config.route_point_count, 2), np.float32),
        command=np.zeros((world_count, 4), np.float32),
        turn=np.zeros((world_count, 3), np.float32),
    )


@device
def _bounded(value, bound):
    return min(max(value, -bound), bound)


@entry()
def observe_worlds(maps, state, vectors, world):
    """Fills the `Vectors` of a world."""
    actors, navigation = state.actors, state.navigation
    ego, route, command = vectors.ego, vectors.route, vectors.command
    slot = slot_of(state, world, 0)
    lane = actors.lane[world, slot]
    ego[world, 0] = _bounded(actors.speed[world, slot] * _TENTH, _EGO_BOUND)
    ego[world, 1] = _bounded(actors.yaw_rate[world, slot], _EGO_BOUND)
    ego[world, 2] = actors.steer[world, slot]
    ego[world, 3] = _bounded(actors.accel[world, slot] * _TENTH, _EGO_BOUND)
    ego[world, 4] = state.actuators.action[world, 0, 0]
    ego[world, 5] = state.actuators.action[world, 0, 1]
    ego[world, 6] = _bounded(actors.slip[world, slot], _EGO_BOUND)
    ego[world, 7] = _bounded(maps.lanes.speed_limit[lane] * _TENTH, _EGO_BOUND)
    for index in range(command.shape[1]):
        command[world, index] = _bounded(navigation.command[world, 0, index], _EGO_BOUND)
    for index in range(vectors.turn.shape[1]):
        vectors.turn[world, index] = navigation.turn[world, 0, index]

    way = way_of(maps, state, world, slot)
    s, target, offset = actors.s[world, slot], actors.target_lane[world, slot], f32(0.0)
    if navigation.command[world, 0, 0] != f32(0.0) and target >= 0:
        lane, s, offset = course_start(maps, lane, s, target, actors.x[world, slot], actors.y[world, slot])
    rate = fade_rate(actors.speed[world, slot])
    cos_yaw, sin_yaw = f32(np.cos(actors.yaw[world, slot])), f32(np.sin(actors.yaw[world, slot]))
    for index in range(route.shape[1]):
        lane, s = advance(maps, way, lane, s + _SPACING, changing=True)
        left = offset * fade(rate * _SPACING * f32(index + 1))
        x, y = course_point(maps, way, lane, s, left)
        x -= actors.x[world, slot]
        y -= actors.y[world, slot]
        route[world, index, 0] = _bounded(x * cos_yaw + y * sin_yaw, _ROUTE_BOUND)
        route[world, index, 1] = _bounded(y * cos_yaw - x * sin_yaw, _ROUTE_BOUND)
