"""Which faults a sensor has at a tick: a function of the episode's key and the tick alone, so replays repeat it."""

from collections.abc import Sequence

import numpy as np

from drivesim.config import FaultConfig, fault_names
from drivesim.sensors.noise import uniforms

_EARLIER = 1e-6
"""Of a control step: rounding must not put a fault's first step off to the next one."""


def severities(
    faults: Sequence[FaultConfig],
    *,
    sensor_type: str,
    name: str,
    key: np.ndarray,
    tick: np.ndarray,
    step_s: float,
) -> np.ndarray:
    """How badly a sensor has each fault that its type may have, uint8, shape (world, fault), 0: not at all.

    The axis `fault` follows `fault_names(sensor_type)`. Of two faults of one kind the worse one counts.

    Args:
        faults: What its config says.
        sensor_type: Its type.
        name: Its name: another sensor draws other numbers.
        key: `state.worlds.key` of the worlds, uint64, shape (world,).
        tick: Control steps since their episodes began, shape (world,).
        step_s: Control step [s].
    """
    names = fault_names(sensor_type)
    result = np.zeros((len(key), len(names)), np.uint8)
    for index, fault in enumerate(faults):
        stream = f"{name}.fault{index}"
        active = _in_time(fault, stream, np.asarray(key), np.asarray(tick, np.int64), step_s)
        if fault.probability < 1.0:
            active &= uniforms(key, f"{stream}.episode", np.zeros(len(key)), 1)[:, 0] < fault.probability
        column = result[:, names.index(fault.kind)]
        np.maximum(column, np.where(active, np.uint8(fault.severity), np.uint8(0)), out=column)
    return result


def _in_time(fault: FaultConfig, stream: str, key: np.ndarray, tick: np.ndarray, step_s: float) -> np.ndarray:
    """Worlds in which a fault's time has come, bool, shape (world,)."""
    start = int(np.ceil(fault.start_s / step_s - _EARLIER))
    lasts = int(np.ceil(fault.duration_s / step_s - _EARLIER))
    if fault.bursts_per_s == 0.0:
        return (tick >= start) & ((lasts == 0) | (tick < start + lasts))
    # A burst that began at any of the last `lasts` ticks still lasts.
    active = np.zeros(len(tick), np.bool_)
    for earlier in range(max(1, lasts)):
        began = tick - earlier
        drawn = uniforms(key, stream, np.maximum(began, 0), 1)[:, 0]
        active |= (began >= start) & (drawn < fault.bursts_per_s * step_s)
    return active
