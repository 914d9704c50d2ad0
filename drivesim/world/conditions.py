"""Conditions of worlds that are given from outside: friction, and how many road users of each sort there are."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from drivesim.config import TrafficConfig
from drivesim.config.simulation import FRICTION_RANGE, USER_COUNTS
from drivesim.errors import ConfigError, check_choice


def checked_conditions(values: Mapping[str, Any], traffic: TrafficConfig, world_count: int) -> dict[str, np.ndarray]:
    """Conditions by column of `ConditionState`, shape (world,) each.

    Args:
        values: Each one number or an array of shape (world,).
        traffic: Says how many road users there may be.
        world_count: Number of worlds.

    Raises:
        ConfigError: One is unknown (the nearest name is given), of another shape or type, or out of range.
    """
    counts = {name: (0, getattr(traffic, name)) for name in USER_COUNTS}
    bounds = {"friction": FRICTION_RANGE, **counts}
    checked = {}
    for name, value in values.items():
        check_choice("conditions", name, bounds)
        array = np.asarray(value)
        kinds = "iu" if name in counts else "iuf"
        if array.dtype.kind not in kinds or array.shape not in ((), (world_count,)):
            raise ConfigError(
                f"conditions[{name!r}]: expected a number or an array of shape ({world_count},), got {value!r}"
            )
        low, high = bounds[name]
        if not ((array >= low) & (array <= high)).all():
            raise ConfigError(f"conditions[{name!r}]: expected values in [{low:g}, {high:g}], got {value!r}")
        checked[name] = np.broadcast_to(array, world_count)
    return checked
