"""MetaDrive: `run_metadrive.py lidar` or `run_metadrive.py topdown`, one environment with traffic."""

import logging
import os
import sys

from serve import serve

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

from metadrive import MetaDriveEnv
from metadrive.engine.base_engine import BaseEngine
from metadrive.envs.top_down_env import TopDownMetaDrive

# The asset archive holds models for its 3D camera alone; neither observation measured here shows them.
BaseEngine.try_pull_asset = staticmethod(lambda: None)
env = {"lidar": MetaDriveEnv, "topdown": TopDownMetaDrive}[sys.argv[1]](
    {
        "num_scenarios": 100,
        "start_seed": 0,
        "traffic_density": 0.1,
        "horizon": 1000,
        "log_level": logging.ERROR,
    }
)
observation, _ = env.reset()


def step():
    """One step with gentle throttle, and a reset where the episode is over."""
    _, _, terminated, truncated, _ = env.step([0.0, 0.3])
    if terminated or truncated:
        env.reset()


serve(step, 1, version="metadrive-simulator 0.4.3", observation=f"{observation.dtype} {observation.shape}")
