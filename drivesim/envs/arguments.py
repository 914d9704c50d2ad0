"""What both environments check before anything runs: order of calls, seeds, options of `reset`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.error import ClosedEnvironmentError, ResetNeeded

from drivesim.config import AnyWeather, weather_from
from drivesim.errors import ConfigError, check_integer, hint

SEED_LIMIT = 2**64
DRAWN = -1
"""Number of a map or route that is to be drawn."""
_INT32_LIMIT = 2**31


def check_running(call: str, *, started: bool, closed: bool) -> None:
    """Raises unless an episode has begun and the environment is open.

    Raises:
        ClosedEnvironmentError: `close` has been called.
        ResetNeeded: `reset` has not.
    """
    if closed:
        raise ClosedEnvironmentError(f"{call}: the environment is closed")
    if not started:
        raise ResetNeeded(f"call reset() before {call}")


def seeds_from(seed: Any, count: int) -> list[int] | None:
    """Every world's seed, from the first one or from a list of all; None where none is given.

    Raises:
        ConfigError: No integers, too few or too many, negative, or from 2^64 up.
    """
    if seed is None:
        return None
    if isinstance(seed, np.ndarray):
        seed = seed.tolist()
    if isinstance(seed, list | tuple | range):
        if len(seed) != count:
            raise ConfigError(f"seed: expected {count} seeds, got {len(seed)}")
        for value in seed:
            check_integer("seed", value, 0, SEED_LIMIT - 1)
        return [int(value) for value in seed]
    check_integer("seed", seed, 0, SEED_LIMIT - count)
    return [int(seed) + world for world in range(count)]


def options_from(options: Mapping[str, Any] | None, known: Sequence[str]) -> dict[str, Any]:
    """A copy of the options of `reset`.

    Raises:
        ConfigError: They are no dictionary, or one is unknown (the nearest name is given).
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise ConfigError(f"options: expected a dictionary, got {options!r}")
    for name in options:
        if name not in known:
            raise ConfigError(f"options: unknown key {name!r}; {hint(str(name), known)}")
    return dict(options)


def mask_from(value: Any, count: int, name: str = "options['reset_mask']") -> np.ndarray | None:
    """The argument `name`, bool (world,), or None.

    Raises:
        ConfigError: It is another kind of thing.
    """
    if value is not None and not (
        isinstance(value, np.ndarray) and value.dtype == np.bool_ and value.shape == (count,)
    ):
        raise ConfigError(f"{name}: expected a bool array of shape ({count},), got {value!r}")
    return value


def weather_of_world(value: Any, argument: str = "weather") -> AnyWeather | None:
    """The weather of one world: a preset's name, a config or a dictionary; None: back to the environment's config.

    Raises:
        ConfigError: It is none of these, or several.
    """
    if value is not None and not isinstance(value, str | dict) and isinstance(value, Sequence):
        raise ConfigError(f"{argument}: expected one weather, got {value!r}")
    return next(iter(weather_from(value, argument=argument)), None)


def weathers_of(value: Any, count: int, argument: str = "weather") -> list[AnyWeather | None]:
    """The weather of every world of a batch: one for all, or a list of one for each; see `weather_of_world`.

    Raises:
        ConfigError: There are too few or too many, or one is none.
    """
    if isinstance(value, str | dict) or not isinstance(value, Sequence):
        return [weather_of_world(value, argument)] * count
    if len(value) != count:
        raise ConfigError(f"{argument}: expected one weather or {count}, one per world, got {len(value)}")
    return [weather_of_world(item, f"{argument}[{world}]") for world, item in enumerate(value)]


def choice_from(name: str, value: Any, limit: int = _INT32_LIMIT) -> int:
    """The option `map` or `route` of one world: a number below `limit`, or `DRAWN`.

    Raises:
        ConfigError: It is no integer, or out of range.
    """
    check_integer(f"options[{name!r}]", value, DRAWN, limit - 1)
    return int(value)


def choices_from(name: str, values: Any, count: int, limit: int = _INT32_LIMIT) -> np.ndarray:
    """The option `map` or `route` of a batch, int32 (world,); see `choice_from`.

    Raises:
        ConfigError: There is not one integer per world, or one is out of range.
    """
    if np.shape(values) != (count,):
        raise ConfigError(f"options[{name!r}]: expected {count} integers, one per world, got {values!r}")
    return np.array([choice_from(name, value, limit) for value in values], np.int32)
