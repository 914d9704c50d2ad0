"""From a sensor to the observation: when it measures, when what it measured arrives, and what goes wrong on the way.

A sensor that measures at every control step and remembers nothing delivers its own frames, and nothing is kept: after
`restore` it measures again. Any other has its last frames kept as state columns, from which the newest that has had
time to arrive is delivered; so has one with a fault of `DELIVERY_FAULTS`. An episode begins with a frame, which is
there at once: it stands for those taken before.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from drivesim.config import DELIVERY_FAULTS, Channel, fault_names
from drivesim.errors import check_shape
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.contract import Sensor
from drivesim.sensors.faults import EXTRA_LATENCY_S, NOT_FORCED, clock_offset_s, extra_latency_s, is_lost
from drivesim.sensors.queue import EARLIER, NONE, copy_in, copy_out, schedule
from drivesim.state import WorldState
from drivesim.state.sensors import allocate_columns, frame_columns

_TICKS = ("taken", "measured", "shown")
"""Columns of the queue that hold ticks, `NONE` where there is none yet."""


class Delivery:
    """Rate, phase, latency, time stamps and delivery faults of one sensor.

    Args:
        sensor: The sensor.

    Attributes:
        frames: What has been delivered, by observation key, shape (view, ...).
        truths: What a perfect device would have delivered instead, by `<key>_truth`, where the config keeps that.
    """

    def __init__(self, sensor: Sensor) -> None:
        config, step_s = sensor.config, sensor.step_s
        self.sensor = sensor
        self.is_function = config.rate_hz == 0.0 and config.latency_s == 0.0 and not sensor.memory
        """What it measures follows from this moment alone, and it measures at every control step."""
        self._latency_ticks = math.ceil(config.latency_s / step_s - EARLIER)
        self._channels: tuple[Channel, ...] = config.measured()
        stamps = config.stamps() if config.is_stamped else ()
        self._stamps = {channel.key: np.zeros((sensor.view_count, 1), np.float32) for channel in stamps}
        self._timing = np.array([config.rate_hz, config.phase_s, step_s])
        self._everywhere = np.ones(sensor.world_count, np.bool_)
        self._place = np.zeros((2, sensor.world_count), np.int64)
        self._begins, self._due = np.zeros((2, sensor.world_count), np.bool_)
        times = tuple(self._stamps.values()) or (np.zeros((0, 1), np.float32),) * 2
        self._decided = (
            self._timing, np.int64(self._latency_ticks), self._begins, self._due, self._place, *times,
        )  # fmt: skip
        self._queue: dict[str, np.ndarray] = {}
        self._lay_out(queued=self._is_queued_always, faulty=self._is_faulty_always)

    @property
    def is_direct(self) -> bool:
        """It delivers the sensor's own frames."""
        return not self._queue

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """What has to be kept, by name."""
        forced = {} if self.sensor.forced is None else {"forced": self.sensor.forced}
        return {**self._queue, **self._memory, **forced}

    def update(self, maps: MapArrays, state: WorldState, launcher: Launcher, mask: np.ndarray | None = None) -> None:
        """Lets the sensor measure the worlds in `mask`, or all, that are due, and delivers what has arrived in them."""
        tick = state.worlds.tick
        if self.is_direct:
            self.sensor.update(maps, state, launcher, mask)
            worlds = np.arange(len(tick)) if mask is None else np.flatnonzero(mask)
            self._stamp(worlds, tick[worlds], tick[worlds])
            return
        chosen = self._everywhere if mask is None else mask
        if not self._is_faulty:
            self._update_healthy(maps, state, launcher, chosen)
            return
        latest = self._queue["measured"]
        begins = chosen & ((tick == 0) | (latest == NONE) | (latest > tick))
        # A moment is measured once: a sensor with a memory would otherwise live through it twice.
        due = begins | (chosen & self.is_due(tick) & (self.is_function | (latest != tick)))
        if begins.any():
            self._forget(begins)
        if due.any():
            self.sensor.update(maps, state, launcher, due)
            self._keep_faulty(due, begins, state)
        self._deliver_faulty(np.flatnonzero(chosen), state)

    def _update_healthy(self, maps: MapArrays, state: WorldState, launcher: Launcher, chosen: np.ndarray) -> None:
        """`update` of a queue that nothing goes wrong with: few numbers, many calls, so it is done by kernels."""
        begin_count, due_count = schedule(state.worlds.tick, chosen, self._queue["taken"], *self._decided)
        if begin_count:
            self._forget(self._begins, but=("taken",))
        if due_count:
            self.sensor.update(maps, state, launcher, self._due)
            for measured, kept, _ in self._copied():
                copy_in(self._place[0], measured, kept)
        for _, kept, delivered in self._copied():
            copy_out(self._place[1], kept, delivered)

    def _copied(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """What is measured, kept and delivered of every channel and truth, as bytes; looked up once per layout."""
        if self._bytes is None:
            sensor, pairs = self.sensor, []
            for channel in self._channels:
                pairs.append((sensor.frames[channel.name], f"frame.{channel.name}", self.frames[channel.key]))
                if channel.name in sensor.truths:
                    shown = self.truths[f"{channel.key}_truth"]
                    pairs.append((sensor.truths[channel.name], f"truth.{channel.name}", shown))
            views = sensor.view_count
            self._bytes = [
                (
                    measured.reshape(views, -1).view(np.uint8),
                    self._queue[name].reshape(views, self._queue[name].shape[1], -1).view(np.uint8),
                    delivered.reshape(views, -1).view(np.uint8),
                )
                for measured, name, delivered in pairs
            ]
        return self._bytes

    def __getstate__(self) -> dict[str, Any]:
        """A copy looks at the arrays that it has itself."""
        return {**self.__dict__, "_bytes": None}

    def compile_jobs(self) -> tuple[Job, ...]:
        """The kernels that deliver its frames; none where it delivers its own, or has faults."""
        if self.is_direct or self._is_faulty:
            return ()
        tick, chosen = np.zeros(self.sensor.world_count, np.int32), self._everywhere
        frames, kept = np.zeros((1, 1), np.uint8), np.zeros((1, 1, 1), np.uint8)
        return (
            job(schedule, tick, chosen, self._queue["taken"], *self._decided),
            job(copy_in, self._place[0], frames, kept),
            job(copy_out, self._place[0], kept, frames),
        )

    def is_due(self, tick: np.ndarray) -> np.ndarray:
        """Whether a frame is to be taken at a tick, bool; but for the one with which an episode begins."""
        return self._frame_number(tick) > self._frame_number(tick - 1)

    def force(self, kind: str, severity: int | None, mask: np.ndarray | None = None) -> None:
        """Gives the sensor a fault, in place of what its config says, from now on and in later episodes too.

        Args:
            kind: One of `fault_names(config.type)`.
            severity: 1 to 5; 0: it has none; None: as its config says.
            mask: The worlds, bool, shape (world,); None: all.
        """
        names, forced = fault_names(self.sensor.config.type), self.sensor.forced
        if forced is None:
            forced = np.full((self.sensor.world_count, len(names)), NOT_FORCED, np.int8)
        forced[slice(None) if mask is None else mask, names.index(kind)] = NOT_FORCED if severity is None else severity
        self.sensor.forced = None if (forced == NOT_FORCED).all() else forced
        if severity and (kind in DELIVERY_FAULTS or not self.is_direct) and not self._is_faulty:
            self._lay_out(queued=True, faulty=True)

    def fault_labels(self, state: WorldState) -> np.ndarray:
        """Severity of each fault of `fault_names(type)`, uint8, shape (world, fault).

        Of `DELIVERY_FAULTS` it is what the sensor has now, of any other what it had when it took the delivered frame.
        """
        now = self.sensor.severities(state)
        if not self._is_faulty:
            return now
        worlds, shown = np.arange(len(now)), self._queue["shown"]
        place = (self._queue["taken"] == shown[:, None]).argmax(axis=1)
        is_now = np.array([name in DELIVERY_FAULTS for name in fault_names(self.sensor.config.type)])
        return np.where(is_now | (shown == NONE)[:, None], now, self._queue["faults"][worlds, place])

    def check(self, snapshot: Mapping[str, np.ndarray], where: str) -> None:
        """Checks that a snapshot of `columns` can be restored.

        Args:
            snapshot: Arrays by name of the column.
            where: Stands before the names in messages.

        Raises:
            ValueError: An array is missing, unknown, or of another shape or type.
        """
        queued, faulty = self._layout_of(snapshot)
        sensor = self.sensor
        expected = {**self._columns_of(queued=queued, faulty=faulty), **self._memory}
        if "forced" in snapshot:
            expected["forced"] = np.zeros((sensor.world_count, len(fault_names(sensor.config.type))), np.int8)
        if snapshot.keys() != expected.keys():
            unlike = sorted(f"{where}{name}" for name in snapshot.keys() ^ expected.keys())
            raise ValueError(f"snapshot: arrays {unlike} are missing or unknown")
        for name, array in expected.items():
            check_shape(f"snapshot[{where + name!r}]", snapshot[name], array.shape)
            if snapshot[name].dtype != array.dtype:
                raise ValueError(
                    f"snapshot[{where + name!r}]: expected dtype {array.dtype}, got {snapshot[name].dtype}"
                )

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Returns to a snapshot that `check` has let pass; `update` then delivers its frames."""
        queued, faulty = self._layout_of(snapshot)
        if (queued, faulty) != (not self.is_direct, self._is_faulty):
            self._lay_out(queued=queued, faulty=faulty)
        self.sensor.forced = np.zeros_like(snapshot["forced"]) if "forced" in snapshot else None
        for name, array in self.columns.items():
            array[...] = snapshot[name]

    @property
    def _memory(self) -> dict[str, np.ndarray]:
        return {f"memory.{name}": array for name, array in self.sensor.memory.items()}

    @property
    def _is_queued_always(self) -> bool:
        return not self.is_function or any(fault.kind in DELIVERY_FAULTS for fault in self.sensor.config.faults)

    @property
    def _is_faulty_always(self) -> bool:
        return self._is_queued_always and bool(self.sensor.config.faults)

    def _layout_of(self, snapshot: Mapping[str, np.ndarray]) -> tuple[bool, bool]:
        """Whether a snapshot has frames under way, and with what faults need; never less than the config asks."""
        return self._is_queued_always or "taken" in snapshot, self._is_faulty_always or "measured" in snapshot

    def _lay_out(self, *, queued: bool, faulty: bool) -> None:
        """Makes the queue, empty, if there is to be one, and the buffers of what is delivered."""
        sensor = self.sensor
        self._bytes: list[tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None
        self._queue = self._columns_of(queued=queued, faulty=faulty)
        self._is_faulty = queued and faulty
        for name in _TICKS:
            if name in self._queue:
                self._queue[name][:] = NONE
        own = {channel.key: sensor.frames[channel.name] for channel in self._channels}
        truths = {f"{c.key}_truth": sensor.truths[c.name] for c in self._channels if c.name in sensor.truths}
        self.frames = (own if not queued else {key: np.zeros_like(array) for key, array in own.items()}) | self._stamps
        self.truths = truths if not queued else {key: np.zeros_like(array) for key, array in truths.items()}

    def _columns_of(self, *, queued: bool, faulty: bool) -> dict[str, np.ndarray]:
        if not queued:
            return {}
        sensor = self.sensor
        # With faults there is room for the longest delays, and for the frame on which it may be frozen.
        late = 2 * math.ceil(EXTRA_LATENCY_S[-1] / sensor.step_s) if faulty else 0
        depth = self._frames_under_way_max(self._latency_ticks + late) + (2 if faulty else 1)
        faults = len(fault_names(sensor.config.type)) if faulty else 0
        declared = frame_columns(self._channels, depth, truth=bool(sensor.truths), faults=faults)
        return allocate_columns(declared, world=sensor.world_count, driver=sensor.driver_count)

    def _frame_number(self, tick: np.ndarray) -> np.ndarray:
        """Number of the latest frame that is taken no later than a tick."""
        config, step_s = self.sensor.config, self.sensor.step_s
        if config.rate_hz == 0.0:
            return tick
        return np.floor(((tick + EARLIER) * step_s - config.phase_s) * config.rate_hz)

    def _frames_under_way_max(self, latency_ticks: int) -> int:
        """Most frames that can be between being taken and arriving."""
        config = self.sensor.config
        apart = 1
        if config.rate_hz > 0.0:
            apart = max(1, math.floor(1.0 / (config.rate_hz * self.sensor.step_s) + EARLIER))
        return -(-latency_ticks // apart)

    def _forget(self, worlds: np.ndarray, *, but: Sequence[str] = ()) -> None:
        """Empties what is kept of the worlds in a mask, some columns left out."""
        for name, array in {**self._queue, **self._memory}.items():
            if name not in but:
                array.reshape(len(worlds), -1)[worlds] = NONE if name in _TICKS else 0

    def _keep_faulty(self, due: np.ndarray, begins: np.ndarray, state: WorldState) -> None:
        """Puts the sensor's frames of the worlds in `due` in place of their oldest, but for those that are lost."""
        tick, queue, config = state.worlds.tick, self._queue, self.sensor.config
        queue["measured"][due] = tick[due]
        now = self.sensor.severities(state)
        worlds = np.flatnonzero(due & (begins | ~is_lost(config, now, state.worlds.key, tick)))
        taken = queue["taken"][worlds]
        order = np.where(taken == queue["shown"][worlds, None], np.iinfo(np.int32).max, taken)
        place = np.where(taken == tick[worlds, None], NONE - 1, order).argmin(axis=1)
        queue["taken"][worlds, place] = tick[worlds]
        latency_s = config.latency_s + extra_latency_s(config, now, state.worlds.key, tick)[worlds]
        late = np.ceil(latency_s / self.sensor.step_s - EARLIER).astype(np.int32)
        queue["arrives"][worlds, place] = tick[worlds] + late
        queue["faults"][worlds, place] = now[worlds]
        for channel in self._channels:
            frames = self._views_of(queue[f"frame.{channel.name}"])
            frames[worlds, :, place] = self._views_of(self.sensor.frames[channel.name])[worlds]
            if channel.name in self.sensor.truths:
                frames = self._views_of(queue[f"truth.{channel.name}"])
                frames[worlds, :, place] = self._views_of(self.sensor.truths[channel.name])[worlds]

    def _deliver_faulty(self, worlds: np.ndarray, state: WorldState) -> None:
        """Copies the newest frames that have arrived, or where none has, the oldest there are."""
        tick, queue, config = state.worlds.tick[worlds], self._queue, self.sensor.config
        taken, shown, row = queue["taken"][worlds], queue["shown"][worlds], np.arange(len(worlds))
        arrived = queue["arrives"][worlds] <= tick[:, None]
        place = np.where(taken == NONE, np.iinfo(np.int32).min, np.where(arrived, taken, -taken)).argmax(axis=1)
        stamped = taken[row, place]
        now = dict(zip(fault_names(config.type), self.sensor.severities(state)[worlds].T, strict=True))
        stands_still = (now["frozen"] > 0) & (shown != NONE)
        place = np.where(stands_still, (taken == shown[:, None]).argmax(axis=1), place)
        queue["shown"][worlds] = taken[row, place]
        dead = worlds[now["dead"] > 0]
        for channel in self._channels:
            kept, delivered = self._views_of(queue[f"frame.{channel.name}"]), self._views_of(self.frames[channel.key])
            delivered[worlds] = kept[worlds, :, place]
            delivered[dead] = 0
            if channel.name in self.sensor.truths:
                kept = self._views_of(queue[f"truth.{channel.name}"])
                self._views_of(self.truths[f"{channel.key}_truth"])[worlds] = kept[worlds, :, place]
        self._stamp(worlds, stamped, tick, clock_offset_s(config, now["clock"], state.worlds.key[worlds]))

    def _stamp(
        self, worlds: np.ndarray, taken: np.ndarray, tick: np.ndarray, offset_s: np.ndarray | None = None
    ) -> None:
        """Says when the delivered frames of some worlds were taken, and how long ago."""
        if not self._stamps:
            return
        step_s = self.sensor.step_s
        if offset_s is None:
            times_s = taken * step_s, (tick - taken) * step_s
        else:
            times_s = np.maximum(taken * step_s + offset_s, 0.0), (tick - taken) * step_s - offset_s
        for stamps, values in zip(self._stamps.values(), times_s, strict=True):
            self._views_of(stamps)[worlds] = values[:, None, None]

    def _views_of(self, array: np.ndarray) -> np.ndarray:
        """An array of views with their axis split into world and driver."""
        return array.reshape(self.sensor.world_count, self.sensor.driver_count, *array.shape[1:])
