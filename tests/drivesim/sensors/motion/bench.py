"""Cars whose motion a test writes, with a motion sensor on each: no map, no vehicle model."""

import numpy as np

from drivesim.kernels.launch import Launcher
from drivesim.state import allocate_state

STEP_S = 0.1


class Bench:
    """`world_count` worlds with one driver each.

    Args:
        kind: Class of the sensor.
        config: Its config.
        world_count: Number of worlds; world i has the key `first_key + i`.
        first_key: Key of the first world's episode.
        threads: Threads of the launcher.
    """

    def __init__(self, kind, config, world_count=1, *, first_key=7, threads=1, step_s=STEP_S):
        self.sensor = kind(config, world_count, step_s=step_s)
        self.state = allocate_state(world=world_count, slot=1)
        self.state.worlds.key[:] = np.arange(world_count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(
            first_key
        )
        self.state.conditions.friction[:] = 1.0489
        self.launcher = Launcher(threads)

    def at(self, tick, *, until="faults", due=None, velocity=None, **columns):
        """The frames at a tick, copied, after columns of actors and the rear axle's velocity have been written."""
        self.state.worlds.tick[:] = tick
        for name, value in columns.items():
            getattr(self.state.actors, name)[:, 0] = value
        if velocity is not None:
            self.state.actuators.velocity[:, 0] = velocity
        self.sensor.update(None, self.state, self.launcher, due, until=until)
        return {name: frame.copy() for name, frame in self.sensor.frames.items()}
