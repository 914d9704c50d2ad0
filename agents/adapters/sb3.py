"""Stable-Baselines3's vector interface over a drivesim batch: no copies beyond the one SB3 keeps."""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv

from drivesim.envs import DriveVectorEnv
from drivesim.errors import ConfigError, hint


class Sb3VecEnv(VecEnv):
    """See `agents.adapters.to_sb3`."""

    def __init__(self, env: gym.vector.VectorEnv, *, keys: Sequence[str] | None = None) -> None:
        base = env.unwrapped
        if not isinstance(base, DriveVectorEnv):
            raise ConfigError(f"env: expected a drivesim vector environment, got {type(base).__name__}")
        if base.autoreset_mode is not AutoresetMode.SAME_STEP:
            raise ConfigError("env: Stable-Baselines3 resets in the same step; make it with autoreset_mode='SameStep'")
        space = base.single_observation_space
        assert isinstance(space, gym.spaces.Dict)
        for key in keys or ():
            if key not in space.spaces:
                raise ConfigError(f"keys: unknown observation key {key!r}; {hint(key, space.spaces)}")
        self.env = base
        self.keys = tuple(keys) if keys is not None else tuple(space.spaces)
        self._actions = np.zeros(0)
        super().__init__(
            base.num_envs, gym.spaces.Dict({key: space[key] for key in self.keys}), base.single_action_space
        )

    def reset(self) -> dict[str, np.ndarray]:
        """Begins new episodes, with the seeds given to `seed` if any."""
        seeds = self._seeds
        observation, _ = self.env.reset(seed=None if seeds[0] is None else [int(seed or 0) for seed in seeds])
        self._reset_seeds()
        self._reset_options()
        return {key: observation[key] for key in self.keys}

    def step_async(self, actions: np.ndarray) -> None:
        """Keeps the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Steps; ended worlds carry `terminal_observation` and `TimeLimit.truncated` in their info."""
        observation, reward, terminated, truncated, info = self.env.step(self._actions)
        ended = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for world in np.flatnonzero(ended):
            final = info["final_info"]
            infos[world] = {
                "terminal_observation": {key: info["final_obs"][world][key] for key in self.keys},
                "TimeLimit.truncated": bool(truncated[world]),
                "success": bool(final["success"][world]),
                "end_reason": final["end_reason"][world],
                "route_completion": float(final["route_completion"][world]),
            }
        return {key: observation[key] for key in self.keys}, reward.astype(np.float32), ended, infos

    def close(self) -> None:
        """Closes the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The batch's attribute, once per world asked for."""
        return [getattr(self.env, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets the batch's attribute."""
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Calls the batch's method once and repeats its result per world asked for."""
        result = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: Any = None) -> list[bool]:
        """A native batch has no wrappers around its worlds."""
        return [False] * len(list(self._get_indices(indices)))

    def get_images(self) -> Sequence[np.ndarray | None]:
        """One picture per world, if made with render_mode="rgb_array"."""
        return self.env.render() or [None] * self.num_envs
