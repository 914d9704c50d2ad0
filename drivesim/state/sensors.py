"""What sensors remember between steps, declared as columns: it is part of snapshots, and a replay repeats it.

A view is a driver of a world: view = world * drivers + driver.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from drivesim.config import Channel
from drivesim.state.columns import Column, column


def frame_columns(
    channels: Iterable[Channel], depth: int, *, truth: bool = False, faults: int = 0
) -> dict[str, Column]:
    """Columns that keep a sensor's last `depth` frames in no order, when each was taken, and its `truth` if asked.

    A sensor that may have any of so many `faults` has more to keep: frames may be lost, late, or shown again.
    """
    kept = {
        f"{group}.{channel.name}": column(
            "view", depth, *channel.shape, dtype=np.dtype(channel.dtype).type, unit=channel.unit, doc=channel.doc
        )
        for channel in channels
        for group in (("frame", "truth") if truth else ("frame",))
    }
    ticks = {"taken": column("world", depth, dtype=np.int32, doc="Tick of each kept frame; -1: none.")}
    if faults:
        ticks |= {
            "arrives": column("world", depth, dtype=np.int32, doc="Tick at which each kept frame arrives."),
            "faults": column("world", depth, faults, dtype=np.uint8, doc="Severities when each kept frame was taken."),
            "measured": column("world", dtype=np.int32, doc="Tick of the last frame, kept or lost; -1: none."),
            "shown": column("world", dtype=np.int32, doc="Tick of the delivered frame; -1: none."),
        }
    return {**ticks, **kept}


def allocate_columns(declared: Mapping[str, Column], *, world: int, driver: int) -> dict[str, np.ndarray]:
    """Zeroed arrays of declared columns with the axis `world` or `view`."""
    sizes = {"world": world, "view": world * driver, "driver": driver}
    return {
        name: np.zeros(tuple(sizes[dim] if isinstance(dim, str) else dim for dim in each.dims), each.dtype)
        for name, each in declared.items()
    }
