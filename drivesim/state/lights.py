"""What the lights of every world show."""

from typing import Annotated, NamedTuple

import numpy as np
from numba import njit

from drivesim.semantics import LightColor
from drivesim.state.columns import Array, column

_DARK = np.uint8(LightColor.DARK)


class LightState(NamedTuple):
    """Lights of a world's map, in the order of `RoadNetwork.lights`; at least one column, which may be nobody's."""

    color: Annotated[Array, column("world", "light", dtype=np.uint8, doc="`LightColor` that it shows.")]
    held: Annotated[
        Array,
        column(
            "world",
            "light",
            dtype=np.uint8,
            doc="One more than the `LightColor` it is made to show; 0: its programme's.",
        ),
    ]
    clock: Annotated[Array, column("world", unit="s", doc="Clock of the programmes when the episode began; drawn.")]


@njit
def light_color(maps, state, world, light):
    """`LightColor` of a light, by its number in memory; DARK where it is none (-1)."""
    if light < 0:
        return _DARK
    return state.lights.color[world, light - maps.lights.map_first[maps.slot_of[state.worlds.map[world]]]]
