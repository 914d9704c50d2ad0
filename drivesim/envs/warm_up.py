"""What a simulation calls, so that it can be compiled before there are maps to call it with."""

from functools import lru_cache

import numpy as np

from drivesim.config import CameraConfig, EnvConfig, replace
from drivesim.envs.observation import allocate_vectors, observe_worlds
from drivesim.envs.vehicle_faults import vehicle_schedule
from drivesim.kernels.parts import PRESENT
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.maps.bank import MapBank
from drivesim.maps.network import Lane, RoadNetwork
from drivesim.sensors.rig import Rig
from drivesim.world.step import World

_PICTURE_PX = 8


@lru_cache(maxsize=16)
def compile_jobs(config: EnvConfig, *, streets: bool) -> tuple[Job, ...]:
    """The kernels that a simulation of this config calls, those that take longest to compile first.

    They are told by the types of their arguments, which are the same for every road and every size of picture.

    Args:
        config: The config.
        streets: They have what only streets need (`WorldParameters.streets`), whatever the config says.
    """
    sensors = [
        replace(sensor, width=_PICTURE_PX, height=_PICTURE_PX) if isinstance(sensor, CameraConfig) else sensor
        for sensor in config.sensors
    ]
    small = replace(config, sensors=sensors)
    world = World(MapBank.bare([_shortest_road()]), small, 1)
    if streets:
        world.parameters = world.parameters._replace(streets=PRESENT)
    maps, state = world.bank.arrays, world.state
    if config.weather:
        state.weather.cloudiness[:] = 1.0  # Cameras compile what they do in weather only where they see some.
    jobs = (
        *world.compile_jobs(),
        *Rig(small.sensors, 1, step_s=config.step_s).compile_jobs(maps, state),
        *vehicle_schedule(config).compile_jobs(),
        launch_job(observe_worlds, maps, state, allocate_vectors(small, 1)),
    )
    return tuple({each.kernel: each for each in jobs}.values())


def _shortest_road() -> RoadNetwork:
    """One straight lane of a metre."""
    ends = np.zeros(2)
    lane = Lane(
        points=np.array([[0.0, 0.0], [1.0, 0.0]]),
        heading=ends,
        curvature=ends,
        width=ends + 3.5,
        edge_left=ends + 1.75,
        edge_right=ends + 1.75,
        oncoming_left=ends + np.inf,
        length=1.0,
        speed_limit=10.0,
    )
    return RoadNetwork(name="shortest", seed=0, lanes=(lane,))
