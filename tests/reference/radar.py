"""What a radar must find, in float64: range rates as differences of ranges, and frames of worlds set by hand."""

import math

import numpy as np

from drivesim.config import RadarConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.radar.sensor import Radar
from drivesim.state import ActorKind, WorldState, allocate_state
from tests.reference.views import maps_of, put

EMPTY = maps_of()
RANGE, AZIMUTH, VELOCITY, GROUND, RCS, SNR = range(6)
PERSON = (0.4, 0.5, 1.7)
"""Length, width, height of a road user that reflects from one point [m]."""


def quiet(**changes) -> RadarConfig:
    """A radar at the ego's rear axle, wide, without clutter, mirror images and false alarms."""
    plain = {
        "x_m": 0.0, "clutter_mean": 0.0, "ghost_share": 0.0, "false_alarm_probability": 1e-12, "edge_loss_db": 0.0,
        "fov_deg": 160.0,
    }  # fmt: skip
    return RadarConfig(**{**plain, **changes})


def frames_of(
    config: RadarConfig,
    state: WorldState,
    maps: MapArrays = EMPTY,
    *,
    until: str = "faults",
    threads: int = 1,
    model: str = "kinematic",
    drivers: int = 1,
) -> list[np.ndarray]:
    """The detections of every view, float64, shape (detection, 6) each."""
    radar = Radar(config, len(state.worlds.key), driver_count=drivers, vehicle_model=model)
    radar.update(maps, state, Launcher(threads), until=until)
    frames = zip(radar.frames["detections"], radar.frames["valid"], strict=True)
    return [rows[valid == 1].astype(np.float64) for rows, valid in frames]


def repeated(make, worlds: int, ticks: int):
    """Yields the same moment of many worlds with other random numbers each time: `make(state, world)` sets it."""
    state = allocate_state(world=worlds, slot=4)
    for world in range(worlds):
        put(state, world, 0, 0.0, 0.0)
        make(state, world)
    state.worlds.key[:] = np.arange(worlds) * 7919 + 11
    for tick in range(ticks):
        state.worlds.tick[:] = tick
        yield state


def many_frames(config: RadarConfig, make, *, worlds: int = 250, ticks: int = 40, maps: MapArrays = EMPTY):
    """Detections of `worlds` times `ticks` frames of one moment; see `repeated`."""
    radar = Radar(config, worlds)
    launcher = Launcher(1)
    for state in repeated(make, worlds, ticks):
        radar.update(maps, state, launcher)
        for rows, valid in zip(radar.frames["detections"], radar.frames["valid"], strict=True):
            yield rows[valid == 1].astype(np.float64)


def person(state: WorldState, world: int, slot: int, distance: float, azimuth: float = 0.0, **motion: float) -> None:
    """Puts someone whose nearest point is `distance` from the ego's rear axle, facing along the line of sight."""
    x, y = distance * math.cos(azimuth), distance * math.sin(azimuth)
    put(state, world, slot, x, y, azimuth, kind=ActorKind.PEDESTRIAN, size=PERSON)
    for name, value in motion.items():
        getattr(state.actors, name)[world, slot] = value


def pose_after(state: WorldState, slot: int, time: float) -> tuple[float, float, float]:
    """Rear axle and yaw of a road user of world 0, at constant speed and yaw rate."""
    actors = state.actors
    x, y, yaw = (float(getattr(actors, name)[0, slot]) for name in ("x", "y", "yaw"))
    speed, turn = float(actors.speed[0, slot]), float(actors.yaw_rate[0, slot])
    middle = yaw + 0.5 * turn * time
    return x + speed * time * math.cos(middle), y + speed * time * math.sin(middle), yaw + turn * time


def place_of(pose: tuple[float, float, float], ahead: float, left: float) -> np.ndarray:
    """A point of a body given from its rear axle, world frame."""
    x, y, yaw = pose
    return np.array(
        (x + ahead * math.cos(yaw) - left * math.sin(yaw), y + ahead * math.sin(yaw) + left * math.cos(yaw))
    )


def sighting(config: RadarConfig, state: WorldState, slot: int, ahead: float, left: float) -> np.ndarray:
    """Range, azimuth, both velocities of a point of a road user of world 0, from ranges a moment before and after."""

    def seen(time: float, own_time: float) -> tuple[float, float]:
        own = pose_after(state, 0, own_time)
        way = place_of(pose_after(state, slot, time), ahead, left) - place_of(own, config.x_m, config.y_m)
        bearing = math.atan2(way[1], way[0]) - own[2] - math.radians(config.yaw_deg)
        return math.hypot(*way), math.remainder(bearing, 2.0 * math.pi)

    step = 1e-3
    distance, azimuth = seen(0.0, 0.0)
    velocity = (seen(step, step)[0] - seen(-step, -step)[0]) / (2.0 * step)
    ground = (seen(step, 0.0)[0] - seen(-step, 0.0)[0]) / (2.0 * step)
    return np.array((distance, azimuth, velocity, ground))
