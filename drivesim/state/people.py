"""People on foot: where they walk, where to, and what they wait for."""

from enum import IntEnum
from typing import Annotated, NamedTuple

import numpy as np
from numba import njit

from drivesim.state.columns import Array, column


class Nature(IntEnum):
    """Who somebody on foot is."""

    ADULT = 0
    CHILD = 1
    ELDERLY = 2


class PeopleState(NamedTuple):
    """Walkers of every world; at least one entry, which may be nobody's.

    Entry p is the road user in slot `world.people.slots.first_walker` + p.
    """

    path: Annotated[Array, column("world", "walker", dtype=np.int32, doc="Footpath it walks on.", points_at="footpath")]
    along: Annotated[Array, column("world", "walker", unit="m", doc="How far from the start of `path`.")]
    ahead: Annotated[
        Array, column("world", "walker", dtype=np.int8, doc="1: it walks towards the end of `path`; -1: to the start.")
    ]
    next_path: Annotated[
        Array,
        column("world", "walker", dtype=np.int32, doc="Footpath it takes after; -1: not chosen.", points_at="footpath"),
    ]
    next_ahead: Annotated[Array, column("world", "walker", dtype=np.int8, doc="`ahead` on `next_path`.")]
    crossing: Annotated[
        Array,
        column(
            "world", "walker", dtype=np.int32, doc="Footpath on which it has decided to cross the road; -1: none.",
            points_at="footpath",
        ),
    ]  # fmt: skip
    waited: Annotated[Array, column("world", "walker", dtype=np.int32, doc="Ticks it has been waiting at the kerb.")]
    east: Annotated[Array, column("world", "walker", unit="m/s", doc="Velocity.")]
    north: Annotated[Array, column("world", "walker", unit="m/s", doc="Velocity.")]
    pace: Annotated[Array, column("world", "walker", unit="m/s", doc="Speed at which it likes to walk.")]
    side: Annotated[Array, column("world", "walker", doc="Where it keeps on a path: left positive, half widths.")]
    gap: Annotated[Array, column("world", "walker", unit="s", doc="Gap in traffic that it takes.")]
    nature: Annotated[Array, column("world", "walker", dtype=np.uint8, doc="`Nature`.")]
    guide: Annotated[
        Array,
        column("world", "walker", dtype=np.int32, doc="Walker whose ways it takes: itself, or whom it goes with."),
    ]
    turns: Annotated[Array, column("world", "walker", dtype=np.int32, doc="Ways it has chosen so far.")]


@njit
def forget_paths(state, world):
    """Nobody of a world walks anywhere."""
    for walker in range(state.people.path.shape[1]):
        state.people.path[world, walker] = -1
        state.people.next_path[world, walker] = -1
        state.people.crossing[world, walker] = -1
