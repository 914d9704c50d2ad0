"""Gymnasium environments, one at a time: `run_gymnasium.py ID`; highway-env ids after it registered them."""

import os
import sys

from serve import serve

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import gymnasium as gym

env_id = sys.argv[1]
keywords = {}
if env_id.startswith(("highway", "racetrack", "roundabout", "intersection")):
    import highway_env

    version = f"highway-env {highway_env.__version__ if hasattr(highway_env, '__version__') else '1.12.1'}"
    keywords["config"] = {
        "offscreen_rendering": True,
        "observation": {
            "type": "GrayscaleObservation",
            "observation_shape": (128, 64),
            "stack_size": 4,
            "weights": [0.2989, 0.5870, 0.1140],
            "scaling": 1.75,
        },
    }
else:
    version = f"gymnasium {gym.__version__}"
env = gym.make(env_id, disable_env_checker=True, **keywords)
env.reset(seed=0)


def step():
    """One step, and a reset where the episode is over."""
    _, _, terminated, truncated, _ = env.step(env.action_space.sample())
    if terminated or truncated:
        env.reset()


serve(step, 1, version=version, observation=f"{env.observation_space.dtype} {env.observation_space.shape}")
