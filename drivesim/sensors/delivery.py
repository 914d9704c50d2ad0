"""From a sensor to the observation: when it measures, and when what it measured arrives.

A sensor that measures at every control step and remembers nothing delivers its own frames, and nothing is kept: after
`restore` it measures again. Any other has its last frames kept as state columns, from which the newest that has had
time to arrive is delivered. An episode begins with a frame, which is there at once: it stands for those taken before.
"""

import math
from typing import Any

import numpy as np

from drivesim.config import Channel
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.contract import Sensor
from drivesim.sensors.queue import EARLIER, NONE, copy_in, copy_out, schedule
from drivesim.state import WorldState
from drivesim.state.sensors import allocate_columns, frame_columns


class Delivery:
    """Rate, phase, latency and time stamps of one sensor.

    Args:
        sensor: The sensor.

    Attributes:
        frames: What has been delivered, by observation key, shape (view, ...).
        truths: What a perfect device would have delivered instead, by `<key>_truth`, where the config keeps that.
        columns: What has to be kept, by name.
    """

    def __init__(self, sensor: Sensor) -> None:
        config, step_s = sensor.config, sensor.step_s
        self.sensor = sensor
        self.is_direct = config.rate_hz == 0.0 and config.latency_s == 0.0 and not sensor.memory
        self._latency_ticks = math.ceil(config.latency_s / step_s - EARLIER)
        self._channels: tuple[Channel, ...] = config.measured()
        self._stamp_keys = tuple(channel.key for channel in config.stamps()) if config.is_stamped else ()
        self._timing = np.array([config.rate_hz, config.phase_s, step_s])
        self._everywhere = np.ones(sensor.world_count, np.bool_)
        self._place = np.zeros((2, sensor.world_count), np.int64)
        self._begins, self._due = np.zeros((2, sensor.world_count), np.bool_)
        self._bytes: list[tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None
        self.columns: dict[str, np.ndarray] = {}
        if self.is_direct:
            self.frames = {channel.key: sensor.frames[channel.name] for channel in self._channels}
            self.truths = {f"{c.key}_truth": sensor.truths[c.name] for c in self._channels if c.name in sensor.truths}
        else:
            declared = frame_columns(self._channels, self._frames_under_way_max + 1, truth=bool(sensor.truths))
            self.columns = allocate_columns(declared, world=sensor.world_count, driver=sensor.driver_count)
            self.columns["taken"][:] = NONE
            self.columns |= {f"memory.{name}": array for name, array in sensor.memory.items()}
            self.frames = {channel.key: np.zeros_like(sensor.frames[channel.name]) for channel in self._channels}
            self.truths = {
                f"{c.key}_truth": np.zeros_like(sensor.frames[c.name])
                for c in self._channels
                if c.name in sensor.truths
            }
        for key in self._stamp_keys:
            self.frames[key] = np.zeros((sensor.view_count, 1), np.float32)
        stamps = [self.frames[key] for key in self._stamp_keys] or [np.zeros((0, 1), np.float32)] * 2
        self._decided = (
            self._timing, np.int64(self._latency_ticks), self._begins, self._due, self._place, *stamps,
        )  # fmt: skip

    def update(self, maps: MapArrays, state: WorldState, launcher: Launcher, mask: np.ndarray | None = None) -> None:
        """Lets the sensor measure the worlds in `mask`, or all, that are due, and delivers what has arrived in them."""
        tick = state.worlds.tick
        if self.is_direct:
            self.sensor.update(maps, state, launcher, mask)
            self._stamp(np.arange(len(tick)) if mask is None else np.flatnonzero(mask), tick, tick)
            return
        chosen = self._everywhere if mask is None else mask
        begin_count, due_count = schedule(tick, chosen, self.columns["taken"], *self._decided)
        if begin_count:
            self._forget(self._begins)
        if due_count:
            self.sensor.update(maps, state, launcher, self._due)
            for measured, kept, _ in self._copied():
                copy_in(self._place[0], measured, kept)
        for _, kept, delivered in self._copied():
            copy_out(self._place[1], kept, delivered)

    def compile_jobs(self) -> tuple[Job, ...]:
        """The kernels that deliver its frames; none where it delivers its own."""
        if self.is_direct:
            return ()
        tick, chosen = np.zeros(self.sensor.world_count, np.int32), self._everywhere
        frames, kept = np.zeros((1, 1), np.uint8), np.zeros((1, 1, 1), np.uint8)
        return (
            job(schedule, tick, chosen, self.columns["taken"], *self._decided),
            job(copy_in, self._place[0], frames, kept),
            job(copy_out, self._place[0], kept, frames),
        )

    @property
    def _frames_under_way_max(self) -> int:
        """Most frames that can be between being taken and arriving."""
        config = self.sensor.config
        apart = 1
        if config.rate_hz > 0.0:
            apart = max(1, math.floor(1.0 / (config.rate_hz * self.sensor.step_s) + EARLIER))
        return -(-self._latency_ticks // apart)

    def _forget(self, worlds: np.ndarray) -> None:
        """Empties what is kept of the worlds in a mask."""
        for name, array in self.columns.items():
            if name != "taken":
                array.reshape(len(worlds), -1)[worlds] = 0

    def _copied(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """What is measured, kept and delivered of every channel and truth, as bytes; seen once, since nobody moves."""
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
                    self.columns[name].reshape(views, self.columns[name].shape[1], -1).view(np.uint8),
                    delivered.reshape(views, -1).view(np.uint8),
                )
                for measured, name, delivered in pairs
            ]
        return self._bytes

    def __getstate__(self) -> dict[str, Any]:
        """A copy looks at the arrays that it has itself."""
        return {**self.__dict__, "_bytes": None}

    def _stamp(self, worlds: np.ndarray, taken: np.ndarray, tick: np.ndarray) -> None:
        """Says when the delivered frames of some worlds were taken, and how long ago."""
        for key, ticks in zip(self._stamp_keys, (taken, tick - taken), strict=False):
            self._views_of(self.frames[key])[worlds] = (ticks * self.sensor.step_s)[:, None, None]

    def _views_of(self, array: np.ndarray) -> np.ndarray:
        """An array of views with their axis split into world and driver."""
        return array.reshape(self.sensor.world_count, self.sensor.driver_count, *array.shape[1:])
