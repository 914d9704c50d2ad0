"""The first start on a machine: kernels are compiled, on two cores where there are two, and the user is told.

Numba holds one lock while it compiles, so threads do not help: another process compiles the world, which takes longest,
into the cache while this one builds the roads and compiles the camera.
"""

import logging
import os
import subprocess
import sys

import numpy as np

from drivesim.config import ENV_PRESETS, EnvConfig
from drivesim.kernels.cache import is_compiled
from drivesim.maps.bank import MapBank
from drivesim.maps.sources import source_of
from drivesim.world.step import World, advance_worlds

LOG = logging.getLogger(__name__)
_PROGRAM = "from drivesim.envs.warm_up import compile_world; compile_world()"


class WarmUp:
    """Compiles the world in the background, from now on, if that has not been done on this machine."""

    def __init__(self) -> None:
        self.is_cold = not is_compiled(advance_worlds)
        self._process: subprocess.Popen[bytes] | None = None
        if not self.is_cold:
            return
        LOG.warning("compiling drivesim for this machine, which happens once and takes about half a minute")
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if cores < 2:
            return
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def finish(self) -> None:
        """Waits for the other process. If it has failed, the first step compiles what is missing."""
        if self._process is not None:
            self._process.wait()

    def cancel(self) -> None:
        """Ends the other process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def compile_world(config: EnvConfig = ENV_PRESETS["lane"]) -> None:
    """Compiles the world's kernel into the cache, by having it do nothing."""
    world = World(MapBank.bare([source_of(config.map).build(0)]), config, 1)
    world.decide(np.zeros(1, np.bool_))
