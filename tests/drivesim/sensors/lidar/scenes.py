"""Small worlds for lidar tests, and how to measure them."""

from typing import Any

import numpy as np

from drivesim.config import LIDAR_CHANNELS, LidarConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.lidar.sensor import Lidar
from drivesim.state import WorldState
from tests.reference.views import put, state_of


def lidar_at_origin(**changes: Any) -> LidarConfig:
    """A lidar over the rear axle, 1.5 m high, 120 columns at one instant, five beams, all channels."""
    base: dict[str, Any] = {
        "x_m": 0.0, "z_m": 1.5, "columns": 121, "elevations_deg": (5.0, 0.0, -5.0, -10.0, -30.0), "sweep_s": 0.0,
        "channels": LIDAR_CHANNELS,
    }  # fmt: skip
    return LidarConfig(**{**base, **changes})


AHEAD = 60
"""The column of `lidar_at_origin` that looks straight ahead."""


def standing(**options: Any) -> WorldState:
    """`state_of`, everybody at rest, every world with a key of its own."""
    return at_rest(state_of(**options))


def at_rest(state: WorldState) -> WorldState:
    """Nobody moved in the last step; every world has a key of its own."""
    actors = state.actors
    actors.before_x[:], actors.before_y[:], actors.before_yaw[:] = actors.x, actors.y, actors.yaw
    state.worlds.key[:] = np.arange(1, len(state.worlds.key) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return state


def put_at_rest(state: WorldState, world: int, slot: int, *place: Any, **options: Any) -> None:
    """`put` with no motion in the last step."""
    put(state, world, slot, *place, **options)
    at_rest(state)


def swept(config: LidarConfig, maps: MapArrays, state: WorldState, *, threads: int = 1, **options: Any) -> Lidar:
    """A lidar that has measured all worlds."""
    lidar = Lidar(config, len(state.worlds.map))
    launcher = Launcher(threads)
    lidar.update(maps, state, launcher, **options)
    launcher.close()
    return lidar


def image(lidar: Lidar, channel: str, world: int = 0) -> np.ndarray:
    """A channel that lists points, or an image, by ring and column."""
    frames = lidar.frames[channel][world]
    config = lidar.config
    if channel in ("range", "intensity"):
        return frames
    return np.moveaxis(frames.reshape(config.column_count, config.beam_count, *frames.shape[1:]), 0, 1)
