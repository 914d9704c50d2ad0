"""Scripted road users: the paths they follow, as they are asked for and as they lie in a world."""

from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column


class ScriptArrays(NamedTuple):
    """Scripts of a batch, along the first driver's route."""

    knot: np.ndarray
    """Time since the episode began [s], distance along the route [m], offset to its left [m]; float32, shape
    (script, knot, 3)."""
    knot_count: np.ndarray
    """Knots of each script, int32, shape (script,), which may be empty."""
    kind: np.ndarray
    """Kind of road user, int32, shape (script,)."""


class ScriptState(NamedTuple):
    """Where the knots of every script lie in a world."""

    x: Annotated[Array, column("world", "script", "knot", unit="m", doc="World frame, east.")]
    y: Annotated[Array, column("world", "script", "knot", unit="m", doc="World frame, north.")]
