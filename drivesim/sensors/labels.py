"""Labels by name: truth about the worlds for whoever learns or judges, none of which any sensor would tell.

Views of the state cost nothing. All else is computed when it is read: the truth about every road user (`objects_...`),
and what `register_label` has declared from outside.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from drivesim.errors import ConfigError
from drivesim.maps.arrays import MapArrays
from drivesim.state import WorldState

Values = Callable[[], Mapping[str, np.ndarray]]
"""Computes one label or several that come together, by name, leading axis `world`."""


class Label(NamedTuple):
    """A label from outside this package."""

    values: Callable[[MapArrays, WorldState], np.ndarray]
    """Its values for every world at once, leading axis `world`."""
    shape: tuple[int | str, ...]
    """Of one world's value; "slot" is the number of road users."""
    dtype: str
    unit: str
    doc: str


LABELS: dict[str, Label] = {}
"""Labels from outside this package, by name."""


def register_label(
    name: str,
    values: Callable[[MapArrays, WorldState], np.ndarray],
    *,
    shape: tuple[int | str, ...] = (),
    dtype: str = "float32",
    unit: str = "-",
    doc: str = "",
) -> None:
    """Makes a label known, from outside this package; once per process, where it is defined.

    Args:
        name: Its key in `labels()`.
        values: Its values for every world at once, of maps and state; called when the label is read.
        shape: Of one world's value; "slot" is the number of road users.
        dtype: NumPy's name of the type.
        unit: SI; "-" for none.
        doc: One line for people.

    Raises:
        ConfigError: The name is no identifier.
    """
    if not name.isidentifier():
        raise ConfigError(f"label: expected an identifier, got {name!r}")
    LABELS[name] = Label(values, tuple(shape), dtype, unit, doc)


def read_label(name: str, maps: MapArrays, state: WorldState) -> np.ndarray:
    """Values of a registered label, leading axis `world`.

    Raises:
        ValueError: They have another shape than declared.
    """
    label = LABELS[name]
    worlds, slots = state.actors.kind.shape
    expected = (worlds, *(slots if size == "slot" else size for size in label.shape))
    values = np.asarray(label.values(maps, state), label.dtype)
    if values.shape != expected:
        raise ValueError(f"label {name!r}: expected shape {expected}, got {values.shape}")
    return values


class Labels(Mapping[str, np.ndarray]):
    """Arrays by name, some of which are computed when first read. They speak of the moment at which they are read.

    Args:
        ready: Arrays that are there.
        waiting: What computes the others, by name.
    """

    def __init__(self, ready: Mapping[str, np.ndarray], waiting: Mapping[str, Values]) -> None:
        self._ready = dict(ready)
        self._waiting = dict(waiting)

    def __getitem__(self, name: str) -> np.ndarray:
        """The label's values."""
        if name not in self._ready:
            self._ready.update(self._waiting[name]())
        return self._ready[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a label; that alone computes nothing."""
        return name in self._ready or name in self._waiting

    def __iter__(self) -> Iterator[str]:
        """All names."""
        return iter({**self._ready, **self._waiting})

    def __len__(self) -> int:
        """Number of names."""
        return len(self._ready.keys() | self._waiting.keys())

    def of_world(self, world: int) -> "Labels":
        """Copies of one world's values."""

        def later(name: str) -> Values:
            return lambda: {name: self[name][world].copy()}

        ready = {name: values[world].copy() for name, values in self._ready.items()}
        return Labels(ready, {name: later(name) for name in self if name not in ready})
