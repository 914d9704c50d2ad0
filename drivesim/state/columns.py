"""How state is declared: every array once, with its axes, dtype, unit and meaning.

Allocation, snapshots, the README's table and the shape checks all come from these declarations.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar, get_type_hints

import numpy as np

Group = TypeVar("Group", bound=tuple[Any, ...])


class Column(NamedTuple):
    """Declaration of one state array."""

    dims: tuple[str | int, ...]
    dtype: type
    unit: str
    doc: str
    points_at: str | None


def column(
    *dims: str | int, dtype: type = np.float32, unit: str = "-", doc: str, points_at: str | None = None
) -> Column:
    """Declares an array: its axes, dtype, unit and meaning.

    One that holds lanes, routes or footpaths of the maps in memory says so in `points_at` ("lane", "route" or
    "footpath"): snapshots hold the map's own numbers instead, since where in memory a map lies means nothing elsewhere.
    """
    return Column(dims, dtype, unit, doc, points_at)


Array = np.ndarray


def columns(group: type[Any]) -> dict[str, Column]:
    """Declarations of a group's arrays, by name."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(group, include_extras=True).items()}


def allocate(group: type[Group], sizes: Mapping[str, int]) -> Group:
    """Zeroed arrays of one group; `sizes` gives the length of every named axis."""
    return group(
        **{
            name: np.zeros(tuple(sizes[d] if isinstance(d, str) else d for d in declared.dims), declared.dtype)
            for name, declared in columns(group).items()
        }
    )
