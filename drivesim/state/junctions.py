"""What road users are about to do at the junction ahead of them."""

from typing import Annotated, NamedTuple

import numpy as np

from drivesim.state.columns import Array, column


class JunctionState(NamedTuple):
    """Every road user at its next way across a junction, or at its next light between junctions."""

    across: Annotated[
        Array,
        column("world", "slot", dtype=np.int32, doc="The way across that it is on or comes to; -1: none.", points_at="lane"),
    ]
    to_across: Annotated[
        Array, column("world", "slot", unit="m", doc="Rear axle to where `across` begins, negative beyond.")
    ]
    cleared: Annotated[
        Array,
        column("world", "slot", dtype=np.int32, doc="The way that it has decided to take now; -1: none.", points_at="lane"),
    ]
    cleared_tick: Annotated[Array, column("world", "slot", dtype=np.int32, doc="When it decided so.")]
    waited: Annotated[
        Array, column("world", "slot", dtype=np.int32, doc="Ticks it has been standing at the line or in the junction.")
    ]
    comes: Annotated[
        Array, column("world", "slot", dtype=bool, doc="Neither a light nor a full exit holds it.")
    ]  # fmt: skip
