"""Exceptions, kernel status bits and the checks that guard every Python boundary."""

import difflib
from collections.abc import Iterable, Sequence
from enum import IntFlag
from numbers import Integral, Real

import numpy as np


class DrivesimError(Exception):
    """Base of every error this project raises on purpose."""


class ConfigError(DrivesimError, ValueError):
    """A configuration value is unknown, of the wrong type or out of its range."""


class ActionError(DrivesimError, ValueError):
    """An action has the wrong shape or is not finite."""


class MapError(DrivesimError, ValueError):
    """A road network breaks one of the rules it is checked for when built."""


class FileFormatError(DrivesimError, ValueError):
    """A file from outside is cut off, foreign or too large."""


class SimulationError(DrivesimError, RuntimeError):
    """A kernel reported a status that makes the results meaningless."""


class DisplayError(DrivesimError, RuntimeError):
    """No window can be opened, or the one that was open has vanished."""


class Status(IntFlag):
    """What went wrong inside a kernel. One word per world, OR-ed while it steps."""

    OK = 0
    NON_FINITE = 1 << 0
    SLOTS_FULL = 1 << 1
    OFF_MAP = 1 << 2


def hint(name: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known name, or all of them when none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"


def check_choice(argument: str, value: str, known: Iterable[str]) -> str:
    """Returns `value` if it is one of `known`; raises `ConfigError` with the nearest name otherwise."""
    names = sorted(known)
    if value not in names:
        raise ConfigError(f"{argument}: unknown value {value!r}; {hint(str(value), names)}")
    return value


def check_range(argument: str, value: float, low: float, high: float) -> None:
    """Raises `ConfigError` unless `value` is a number with `low <= value <= high` (a NaN is never inside)."""
    if not isinstance(value, Real) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{argument}: expected a value in [{low:g}, {high:g}], got {value!r}")


def check_integer(argument: str, value: int, low: int, high: int) -> None:
    """Raises `ConfigError` unless `value` is an integer with `low <= value <= high`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigError(f"{argument}: expected an integer in [{low}, {high}], got {value!r}")


def check_shape(argument: str, array: np.ndarray, expected: Sequence[int]) -> None:
    """Raises `ValueError` unless `array` has exactly the expected shape."""
    if tuple(array.shape) != tuple(expected):
        raise ValueError(f"{argument}: expected shape {tuple(expected)}, got {tuple(array.shape)}")


def raise_if(status: np.ndarray, fatal: Status, *, tick: np.ndarray, seed: np.ndarray) -> None:
    """Turns per-world status words, shape (world,), into one exception that can be replayed.

    Raises:
        SimulationError: Names the cause, the number of worlds hit and the first one's seed and tick.
    """
    bad = np.flatnonzero(status & int(fatal))
    if bad.size:
        first = int(bad[0])
        causes = Status(int(np.bitwise_or.reduce(status[bad])) & int(fatal))
        raise SimulationError(
            f"{causes!r} in {bad.size} of {status.size} worlds; "
            f"first: world {first}, seed {int(seed[first])}, tick {int(tick[first])}"
        )
