"""Which faults a sensor has at a tick: a function of the episode's key and the tick alone, so replays repeat it."""

import zlib
from collections.abc import Sequence

import numpy as np

from drivesim.config import SEVERITY_MAX, FaultConfig, SensorConfig, fault_names
from drivesim.kernels.entry import kernel
from drivesim.kernels.warm_up import Job, job
from drivesim.rng import Purpose, bits, uniform
from drivesim.sensors.noise import uniforms

_EARLIER = 1e-6
"""Of a control step: rounding must not put a fault's first step off to the next one."""
DROP_PROBABILITY = (0.17, 0.33, 0.5, 0.67, 0.83)
"""Of a frame being lost by severity 1 to 5: sixths, as RoboBEV's FrameLost has them."""
EXTRA_LATENCY_S = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Longer under way by severity 1 to 5 [s]; the most of it where that is left to chance."""
CLOCK_OFFSET_S = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Off by severity 1 to 5, ahead or behind [s]."""
_DRAWS = ("", ".episode", ".severity")
"""Streams of a fault's draws: its bursts, whether an episode has it, how badly."""
NOT_FORCED = -1
"""In place of a severity: as the config says."""


def imposed(scheduled: np.ndarray, forced: np.ndarray) -> np.ndarray:
    """Severities of a schedule, but for those that are forced, uint8; both of shape (world, fault)."""
    return np.where(forced == NOT_FORCED, scheduled, forced).astype(np.uint8)


class FaultSchedule:
    """When something has which fault, and how badly.

    Args:
        faults: What its config says.
        sensor_type: Its type.
        name: Its name: another sensor draws other numbers.
        step_s: Control step [s].
    """

    def __init__(self, faults: Sequence[FaultConfig], *, sensor_type: str, name: str, step_s: float) -> None:
        names = fault_names(sensor_type)
        self._kinds = len(names)
        names_of_draws = [f"{name}.fault{at}{what}" for at in range(len(faults)) for what in _DRAWS]
        streams = np.array([zlib.crc32(each.encode()) for each in names_of_draws], np.uint64)
        self._table = (
            streams.reshape(-1, len(_DRAWS)),
            np.array([names.index(fault.kind) for fault in faults], np.int64),
            np.array([fault.severity for fault in faults], np.uint8),
            np.array([np.ceil(fault.start_s / step_s - _EARLIER) for fault in faults], np.int64),
            np.array([np.ceil(fault.duration_s / step_s - _EARLIER) for fault in faults], np.int64),
            np.array([fault.bursts_per_s * step_s for fault in faults], np.float32),
            np.array([fault.probability for fault in faults], np.float32),
        )
        self._latest: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def severities(self, key: np.ndarray, tick: np.ndarray) -> np.ndarray:
        """How badly it has each fault that its type may have, uint8, shape (world, fault), 0: not at all; read-only.

        The axis `fault` follows `fault_names(sensor_type)`. Of two faults of one kind the worse one counts.

        Args:
            key: `state.worlds.key` of the worlds, uint64, shape (world,).
            tick: Control steps since their episodes began, shape (world,).
        """
        latest = self._latest
        # A sensor asks several times a step, kind by kind.
        if latest is not None and np.array_equal(latest[0], tick) and np.array_equal(latest[1], key):
            return latest[2]
        result = np.zeros((len(key), self._kinds), np.uint8)
        if len(self._table[0]):
            scheduled(*self._table, np.asarray(key, np.uint64), np.asarray(tick, np.int64), result)
        result.flags.writeable = False
        self._latest = np.array(tick), np.array(key), result
        return result

    def compile_jobs(self) -> tuple[Job, ...]:
        """The kernel it runs; none where nothing goes wrong."""
        if not len(self._table[0]):
            return ()
        one = np.zeros(1, np.uint64), np.zeros(1, np.int64), np.zeros((1, self._kinds), np.uint8)
        return (job(scheduled, *self._table, *one),)


@kernel
def scheduled(streams, column, severity, start, lasts, burst, probability, key, tick, out):
    """Writes how badly every world has each kind of fault.

    Args:
        streams: Of each fault, for bursts, for whether an episode has it, and for how badly, uint64, shape (fault, 3).
        column: Its place in `out`.
        severity: 0: drawn once per episode.
        start: Tick at which it begins.
        lasts: Ticks that it, or a burst of it, lasts; 0: until the episode ends.
        burst: Chance of a burst's beginning at a tick; 0: it comes but once.
        probability: Of an episode having it.
        key: Of the worlds, uint64, shape (world,).
        tick: Of the worlds, int64, shape (world,).
        out: Written: uint8, shape (world, kind).
    """
    for world in range(len(key)):
        for fault in range(len(column)):
            episode = bits(key[world], Purpose.SENSOR, streams[fault, 1], 0)
            if probability[fault] < 1.0 and uniform(episode, Purpose.SENSOR, 0, 0) >= probability[fault]:
                continue
            if burst[fault] == 0.0:
                ends = start[fault] + lasts[fault]
                if tick[world] < start[fault] or (lasts[fault] != 0 and tick[world] >= ends):
                    continue
            else:
                # A burst that began at any of the last `lasts` ticks still lasts.
                stream = bits(key[world], Purpose.SENSOR, streams[fault, 0], 0)
                began = tick[world]
                earliest = max(start[fault], began - max(1, lasts[fault]) + 1)
                while began >= earliest and uniform(stream, Purpose.SENSOR, began, 0) >= burst[fault]:
                    began -= 1
                if began < earliest:
                    continue
            had = severity[fault]
            if had == 0:
                stream = bits(key[world], Purpose.SENSOR, streams[fault, 2], 0)
                had = np.uint8(1 + int(uniform(stream, Purpose.SENSOR, 0, 0) * np.float32(SEVERITY_MAX)))
            out[world, column[fault]] = max(out[world, column[fault]], had)


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
