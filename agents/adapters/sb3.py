"""Stable-Baselines3's vector interface over a drivesim batch: what `DummyVecEnv` over single environments returns."""

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv

from drivesim.envs import DriveVectorEnv
from drivesim.envs.arguments import DRAWN
from drivesim.errors import ConfigError, hint

ONE_WORLD = {"observation_space": "single_observation_space", "action_space": "single_action_space"}
"""Attributes of a single environment that a batch has under another name."""
QUESTIONS = ("expert_action", "labels", "observe_view", "render")
"""Methods that answer for every world by itself, and change none."""


class Sb3VecEnv(VecEnv):
    """See `agents.adapters.to_sb3`."""

    def __init__(self, env: gym.vector.VectorEnv, *, keys: Sequence[str] | None = None) -> None:
        if not isinstance(env, DriveVectorEnv):
            raise ConfigError(
                f"env: expected what gymnasium.make_vec('drivesim/...') returns, got {type(env).__name__}; wrap what "
                "to_sb3 returns instead"
            )
        if env.autoreset_mode is not AutoresetMode.SAME_STEP:
            raise ConfigError("env: Stable-Baselines3 resets in the same step; make it with autoreset_mode='SameStep'")
        space = env.single_observation_space
        assert isinstance(space, gym.spaces.Dict)
        if keys is not None and (isinstance(keys, str) or not keys):
            raise ConfigError(f"keys: expected names of observations, got {keys!r}")
        for key in keys or ():
            if key not in space.spaces:
                raise ConfigError(f"keys: unknown observation key {key!r}; {hint(str(key), space.spaces)}")
        self.env = env
        self.keys = tuple(keys) if keys is not None else tuple(space.spaces)
        self._actions = np.zeros(0)
        super().__init__(env.num_envs, gym.spaces.Dict({key: space[key] for key in self.keys}), env.single_action_space)

    def reset(self) -> dict[str, np.ndarray]:
        """Begins new episodes, with what `seed` and `set_options` were given."""
        names = {name for options in self._options for name in options}
        options = {name: [own.get(name, DRAWN) for own in self._options] for name in names}
        seeds = None if self._seeds[0] is None else [seed or 0 for seed in self._seeds]
        observation, info = self.env.reset(seed=seeds, options=options)
        self.reset_infos = infos_of(info, self.num_envs)
        self._reset_seeds()
        self._reset_options()
        return {key: observation[key] for key in self.keys}

    def step_async(self, actions: np.ndarray) -> None:
        """Keeps the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Steps; every world's info is that of a single environment.

        Besides, all have `TimeLimit.truncated`, and those that ended `terminal_observation` and `is_success`.
        """
        observation, reward, terminated, truncated, info = self.env.step(self._actions)
        infos, ended = infos_of(info, self.num_envs), terminated | truncated
        if ended.any():
            last = infos_of(info["final_info"], self.num_envs)
            for world in np.flatnonzero(ended):
                # After the reset within the step, a world's info is that of its new episode.
                self.reset_infos[world] = {
                    name: infos[world][name] for name in infos[world] if not _tells_of_an_end(name)
                }
                infos[world] = last[world] | {
                    "terminal_observation": {key: info["final_obs"][world][key] for key in self.keys},
                    "is_success": last[world]["success"],
                }
        for own, is_truncated in zip(infos, (truncated & ~terminated).tolist(), strict=True):
            own["TimeLimit.truncated"] = is_truncated
        return {key: observation[key] for key in self.keys}, reward.astype(np.float32), ended, infos

    def close(self) -> None:
        """Closes the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute, once per world asked for; all worlds share it."""
        value = getattr(self.env, ONE_WORLD.get(attr_name, attr_name))
        return [value] * len(self._worlds(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets an attribute of the batch.

        Raises:
            ConfigError: Not all worlds are meant: they share it.
        """
        if len(set(self._worlds(indices))) < self.num_envs:
            raise ConfigError(f"set_attr: all worlds share {attr_name!r}; expected indices=None, got {indices!r}")
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """What a method says about each world asked for.

        Raises:
            ConfigError: The method is none of `QUESTIONS`.
        """
        if method_name not in QUESTIONS:
            raise ConfigError(
                f"env_method: {method_name!r} is not asked world by world, use the batch `env`; "
                f"{hint(method_name, QUESTIONS)}"
            )
        answer = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [_row(answer, world) for world in self._worlds(indices)]

    def env_is_wrapped(self, wrapper_class: type[gym.Wrapper], indices: Any = None) -> list[bool]:
        """No world of a batch has a wrapper."""
        return [False] * len(self._worlds(indices))

    def get_images(self) -> Sequence[np.ndarray | None]:
        """One picture per world, if made with render_mode="rgb_array"."""
        return self.env.render() or [None] * self.num_envs

    def _worlds(self, indices: Any) -> list[int]:
        """The worlds that Stable-Baselines3's `indices` mean: None, one number, or several."""
        if indices is None:
            return list(range(self.num_envs))
        try:
            return [range(self.num_envs)[index] for index in np.atleast_1d(indices).tolist()]
        except IndexError:
            raise IndexError(f"indices: expected numbers below {self.num_envs}, got {indices!r}") from None


END_NAMES = ("success", "end_reason")
"""What a world's info has only where its episode ended."""


def _tells_of_an_end(name: str) -> bool:
    """Whether a world's info has an entry only where its episode ended: its end, and when events happened."""
    return name in END_NAMES or name.endswith("_time")


def infos_of(info: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """Every world's own info, as a single environment gives it, from Gymnasium's batched form."""
    infos: list[dict[str, Any]] = [{} for _ in range(count)]
    for name, values in info.items():
        if name.startswith("_") or name in ("final_obs", "final_info"):
            continue
        for own, value, is_valid in zip(infos, values.tolist(), info[f"_{name}"], strict=True):
            if is_valid:
                own[name] = value
    return infos


def _row(answer: Any, world: int) -> Any:
    """What a batch's answer says about one world, as a copy."""
    if answer is None:
        return None
    if isinstance(answer, Mapping):
        return {name: values[world].copy() for name, values in answer.items()}
    return answer[world].copy()
