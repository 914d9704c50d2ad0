"""TorchRL's environment over a single drivesim environment: observations, reward and ends, and what `info` says."""

from typing import Any

import gymnasium as gym
import torch
from tensordict import TensorDictBase
from torchrl.data import Binary, Composite, TensorSpec, Unbounded
from torchrl.envs import GymWrapper
from torchrl.envs.gym_like import BaseInfoDictReader

from drivesim.envs import DriveEnv
from drivesim.errors import ConfigError

NUMBERS = ("speed", "route_completion", "driving_score")
TRUTHS = ("collision", "offroad", "wrong_way", "red_light", "success")


class InfoReader(BaseInfoDictReader):
    """Writes `NUMBERS`, float32, and `TRUTHS`, bool, of every step's `info` beside the observation, shapes (1,).

    `success` is False until an episode ends.
    """

    def __init__(self) -> None:
        numbers: dict[str, TensorSpec] = {name: Unbounded(torch.Size([1]), dtype=torch.float32) for name in NUMBERS}
        truths: dict[str, TensorSpec] = {name: Binary(1, dtype=torch.bool) for name in TRUTHS}
        self._spec = Composite(numbers | truths, shape=())

    def __call__(self, info_dict: dict[str, Any], tensordict: TensorDictBase) -> TensorDictBase:
        """Adds what an `info` says."""
        for name, spec in self._spec.items():
            tensordict.set(name, torch.tensor([info_dict.get(str(name), False)], dtype=spec.dtype))
        return tensordict

    @property
    def info_spec(self) -> Composite:
        """Shapes and types of what is added."""
        return self._spec


def wrap(env: Any) -> GymWrapper:
    """See `agents.adapters.to_torchrl`."""
    if not isinstance(env, gym.Env) or not isinstance(env.unwrapped, DriveEnv):
        raise ConfigError(
            f"env: expected what gymnasium.make('drivesim/...') returns, got {type(env).__name__}; "
            "torchrl.envs.ParallelEnv runs several"
        )
    wrapped = GymWrapper(env)
    wrapped.set_info_dict_reader(InfoReader())
    return wrapped
