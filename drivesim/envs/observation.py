"""What an agent is given besides pictures: `ego`, `route` and `command`, and the spaces of all keys.

| key | dtype, shape | content |
|---|---|---|
| `<camera>` | uint8 (H, W, 3) | colour picture |
| `<camera>_depth` | float32 (H, W) | distance along the optical axis [m]; 1000 for the sky |
| `<camera>_semantic` | uint8 (H, W) | `Semantic` ids |
| `<camera>_instance` | uint16 (H, W) | 0 nothing, 1 + slot for cars, from 256 up for scenery |
| `ego` | float32 (8,) | `EgoColumn`, in [-10, 10] |
| `route` | float32 (N, 2) | next points of the route in the ego frame, 5 m apart [m], in [-1000, 1000] |
| `command` | float32 (4,) | lanes to move (left positive), in how far [100 m], limit and limit 100 m ahead [10 m/s] |
"""

from enum import IntEnum
from typing import Any

import numpy as np
from gymnasium import spaces
from numba import njit

from drivesim.config import EnvConfig
from drivesim.maps.arrays import MapArrays
from drivesim.maps.lanes import neighbour_s, next_lane, pose_at
from drivesim.state import WorldState
from drivesim.state.bodies import slot_of

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
        size = (sensor.height, sensor.width)
        for channel in sensor.channels:
            entries[sensor.key(channel)] = {
                "rgb": spaces.Box(0, 255, (*size, 3), np.uint8),
                "depth": spaces.Box(0.0, 1000.0, size, np.float32),
                "semantic": spaces.Box(0, 28, size, np.uint8),
                "instance": spaces.Box(0, 65535, size, np.uint16),
            }[channel]
    entries["ego"] = spaces.Box(-10.0, 10.0, (len(EgoColumn),), np.float32)
    entries["route"] = spaces.Box(-1000.0, 1000.0, (config.route_point_count, 2), np.float32)
    entries["command"] = spaces.Box(-10.0, 10.0, (4,), np.float32)
    return spaces.Dict(entries)


def action_space(config: EnvConfig) -> spaces.Space[Any]:
    """Box of steering (left positive) and acceleration in [-1, 1], or the five `DISCRETE_ACTIONS`."""
    if config.action_type == "discrete":
        return spaces.Discrete(len(DISCRETE_ACTIONS))
    return spaces.Box(-1.0, 1.0, (2,), np.float32)


@njit(cache=True)
def _bounded(value, bound):
    return min(max(value, -bound), bound)


@njit(nogil=True, cache=True)
def observe_worlds(
    maps: MapArrays,
    state: WorldState,
    ego_out: np.ndarray,
    route_out: np.ndarray,
    command_out: np.ndarray,
    first: int,
    last: int,
) -> None:
    """Fills `ego_out` (world, 8), `route_out` (world, N, 2) and `command_out` (world, 4) of worlds [first, last)."""
    actors, navigation = state.actors, state.navigation
    for world in range(first, last):
        slot = slot_of(state, world, 0)
        lane = actors.lane[world, slot]
        ego_out[world, 0] = _bounded(actors.speed[world, slot] * _TENTH, _EGO_BOUND)
        ego_out[world, 1] = _bounded(actors.yaw_rate[world, slot], _EGO_BOUND)
        ego_out[world, 2] = actors.steer[world, slot]
        ego_out[world, 3] = _bounded(actors.accel[world, slot] * _TENTH, _EGO_BOUND)
        ego_out[world, 4] = state.actuators.action[world, 0, 0]
        ego_out[world, 5] = state.actuators.action[world, 0, 1]
        ego_out[world, 6] = _bounded(actors.slip[world, slot], _EGO_BOUND)
        ego_out[world, 7] = _bounded(maps.lanes.speed_limit[lane] * _TENTH, _EGO_BOUND)
        for index in range(command_out.shape[1]):
            command_out[world, index] = _bounded(navigation.command[world, 0, index], _EGO_BOUND)

        s, target = actors.s[world, slot], actors.target_lane[world, slot]
        if target >= 0 and target != lane:
            s = neighbour_s(maps.lanes, lane, target, s)
            lane = target
        cos_yaw, sin_yaw = f32(np.cos(actors.yaw[world, slot])), f32(np.sin(actors.yaw[world, slot]))
        for index in range(route_out.shape[1]):
            s += _SPACING
            while s > maps.lanes.length[lane]:
                following = next_lane(maps.lanes, maps.routes, navigation.route[world, 0], lane)
                if following < 0:
                    following = maps.lanes.successor[lane, 0]
                if following < 0:
                    break
                s -= maps.lanes.length[lane]
                lane = following
            x, y, _, _, _ = pose_at(maps.lanes, lane, s)
            x -= actors.x[world, slot]
            y -= actors.y[world, slot]
            route_out[world, index, 0] = _bounded(x * cos_yaw + y * sin_yaw, _ROUTE_BOUND)
            route_out[world, index, 1] = _bounded(y * cos_yaw - x * sin_yaw, _ROUTE_BOUND)
