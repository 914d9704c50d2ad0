"""Which faults a sensor has at a tick: a function of the episode's key and the tick alone, so replays repeat it."""

from collections.abc import Sequence

import numpy as np

from drivesim.config import SEVERITY_MAX, FaultConfig, SensorConfig, fault_names
from drivesim.sensors.noise import uniforms

_EARLIER = 1e-6
"""Of a control step: rounding must not put a fault's first step off to the next one."""
DROP_PROBABILITY = (0.17, 0.33, 0.5, 0.67, 0.83)
"""Of a frame being lost by severity 1 to 5: sixths, as RoboBEV's FrameLost has them."""
EXTRA_LATENCY_S = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Longer under way by severity 1 to 5 [s]; the most of it where that is left to chance."""
CLOCK_OFFSET_S = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Off by severity 1 to 5, ahead or behind [s]."""
NOT_FORCED = -1
"""In place of a severity: as the config says."""


def imposed(scheduled: np.ndarray, forced: np.ndarray) -> np.ndarray:
    """Severities of a schedule, but for those that are forced, uint8; both of shape (world, fault)."""
    return np.where(forced == NOT_FORCED, scheduled, forced).astype(np.uint8)


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
        column, severity = result[:, names.index(fault.kind)], np.uint8(fault.severity)
        if fault.severity == 0:
            drawn = uniforms(key, f"{stream}.severity", np.zeros(len(key)), 1)[:, 0]
            severity = (1 + drawn * SEVERITY_MAX).astype(np.uint8)
        np.maximum(column, np.where(active, severity, np.uint8(0)), out=column)
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


def is_lost(config: SensorConfig, now: np.ndarray, key: np.ndarray, tick: np.ndarray) -> np.ndarray:
    """Worlds whose frame of this tick is lost to the fault `dropped`, bool, shape (world,).

    Args:
        config: Of the sensor.
        now: Severities at this tick, shape (world, fault).
        key: Of the episodes, uint64, shape (world,).
        tick: Control steps since they began, shape (world,).
    """
    probability = _by_severity(DROP_PROBABILITY, _of("dropped", config, now))
    if not probability.any():
        return np.zeros(len(key), np.bool_)
    return uniforms(key, f"{config.name}.dropped", tick, 1)[:, 0] < probability


def extra_latency_s(config: SensorConfig, now: np.ndarray, key: np.ndarray, tick: np.ndarray) -> np.ndarray:
    """How much longer a frame of this tick is under way with `late` and `jitter` [s], shape (world,); see `is_lost`."""
    late = _by_severity(EXTRA_LATENCY_S, _of("late", config, now))
    most = _by_severity(EXTRA_LATENCY_S, _of("jitter", config, now))
    return late + most * uniforms(key, f"{config.name}.jitter", tick, 1)[:, 0] if most.any() else late


def clock_offset_s(config: SensorConfig, severity: np.ndarray, key: np.ndarray) -> np.ndarray:
    """How far a sensor's clock is ahead, negative if behind [s], shape (world,), at severities of the fault `clock`."""
    offset = _by_severity(CLOCK_OFFSET_S, severity)
    if not offset.any():
        return offset
    ahead = uniforms(key, f"{config.name}.clock", np.zeros(len(key)), 1)[:, 0] < 0.5
    return np.where(ahead, offset, -offset)


def _of(kind: str, config: SensorConfig, now: np.ndarray) -> np.ndarray:
    return now[:, fault_names(config.type).index(kind)]


def _by_severity(values: Sequence[float], severity: np.ndarray) -> np.ndarray:
    return np.array((0.0, *values))[severity]
