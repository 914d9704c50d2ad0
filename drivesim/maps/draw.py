"""Random numbers of whoever makes maps."""

from collections.abc import Sequence
from typing import TypeVar, final

import numpy as np

Option = TypeVar("Option")


@final
class Draw:
    """Random numbers of one purpose. Only `Generator.random` is used: its bits are the same everywhere."""

    def __init__(self, *key: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(key))

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * float(self._generator.random())

    def many(self, low: float, high: float, count: int) -> np.ndarray:
        """Uniform in [low, high), shape (count,)."""
        return low + (high - low) * self._generator.random(count)

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return float(self._generator.random()) < probability

    def pick(self, options: Sequence[Option]) -> Option:
        """One of the options, each as likely."""
        return options[int(self._generator.random() * len(options))]
