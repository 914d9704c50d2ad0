"""Ways into other libraries' training loops; each needs its library installed."""

from typing import TYPE_CHECKING, Any

from drivesim.errors import ConfigError

if TYPE_CHECKING:
    from torchrl.envs import GymWrapper

    from agents.adapters.sb3 import Sb3VecEnv


def to_sb3(env: Any, *, keys: tuple[str, ...] | None = None) -> "Sb3VecEnv":
    """A drivesim vector environment as a Stable-Baselines3 `VecEnv`.

    Args:
        env: Result of `gymnasium.make_vec("drivesim/...", num_envs=..., autoreset_mode="SameStep")`.
        keys: Observation keys the policy shall see; all of them if None.

    Raises:
        ConfigError: Stable-Baselines3 is not installed, a key is unknown, `env` is another thing, or it does not reset
            in the same step.
    """
    try:
        from agents.adapters.sb3 import Sb3VecEnv
    except ImportError as error:
        raise ConfigError("to_sb3 needs Stable-Baselines3: pip install stable-baselines3") from error
    return Sb3VecEnv(env, keys=keys)


def to_torchrl(env: Any) -> "GymWrapper":
    """A single drivesim environment as a TorchRL `EnvBase`; beside the observation it gives numbers of `info`.

    Args:
        env: Result of `gymnasium.make("drivesim/...")`.

    Raises:
        ConfigError: TorchRL is not installed, or `env` is another thing.
    """
    try:
        from agents.adapters.torchrl import wrap
    except ImportError as error:
        raise ConfigError("to_torchrl needs TorchRL: pip install torchrl") from error
    return wrap(env)
