"""From a sensor to the observation: when it measures, and when what it measured arrives.

A sensor that measures at every control step and remembers nothing delivers its own frames, and nothing is kept: after
`restore` it measures again. Any other has its last frames kept as state columns, from which the newest that has had
time to arrive is delivered. An episode begins with a frame, which is there at once: it stands for those taken before.
"""

import math

import numpy as np

from drivesim.config import Channel
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.contract import Sensor
from drivesim.state import WorldState
from drivesim.state.sensors import allocate_columns, frame_columns

_NONE = -1
_EARLIER = 1e-6
"""Of a control step: rounding must not put a frame off to the next one."""


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
        self._latency_ticks = math.ceil(config.latency_s / step_s - _EARLIER)
        self._channels: tuple[Channel, ...] = config.measured()
        self._stamp_keys = tuple(channel.key for channel in config.stamps()) if config.is_stamped else ()
        self.columns: dict[str, np.ndarray] = {}
        if self.is_direct:
            self.frames = {channel.key: sensor.frames[channel.name] for channel in self._channels}
            self.truths = {f"{c.key}_truth": sensor.truths[c.name] for c in self._channels if c.name in sensor.truths}
        else:
            declared = frame_columns(self._channels, self._frames_under_way_max + 1, truth=bool(sensor.truths))
            self.columns = allocate_columns(declared, world=sensor.world_count, driver=sensor.driver_count)
            self.columns["taken"][:] = _NONE
            self.columns |= {f"memory.{name}": array for name, array in sensor.memory.items()}
            self.frames = {channel.key: np.zeros_like(sensor.frames[channel.name]) for channel in self._channels}
            self.truths = {
                f"{c.key}_truth": np.zeros_like(sensor.frames[c.name])
                for c in self._channels
                if c.name in sensor.truths
            }
        for key in self._stamp_keys:
            self.frames[key] = np.zeros((sensor.view_count, 1), np.float32)

    def update(self, maps: MapArrays, state: WorldState, launcher: Launcher, mask: np.ndarray | None = None) -> None:
        """Lets the sensor measure the worlds in `mask`, or all, that are due, and delivers what has arrived in them."""
        tick = state.worlds.tick
        if self.is_direct:
            self.sensor.update(maps, state, launcher, mask)
            self._stamp(np.arange(len(tick)) if mask is None else np.flatnonzero(mask), tick, tick)
            return
        chosen = np.ones(len(tick), np.bool_) if mask is None else mask
        latest = self.columns["taken"].max(axis=1)
        begins = chosen & ((tick == 0) | (latest == _NONE) | (latest > tick))
        # A moment is measured once: a sensor with a memory would otherwise live through it twice.
        due = begins | (chosen & self.is_due(tick) & (latest != tick))
        if begins.any():
            self._forget(begins)
        if due.any():
            self.sensor.update(maps, state, launcher, due)
            self._keep(due, tick)
        self._deliver(np.flatnonzero(chosen), tick)

    def is_due(self, tick: np.ndarray) -> np.ndarray:
        """Whether a frame is to be taken at a tick, bool; but for the one with which an episode begins."""
        return self._frame_number(tick) > self._frame_number(tick - 1)

    def _frame_number(self, tick: np.ndarray) -> np.ndarray:
        """Number of the latest frame that is taken no later than a tick."""
        config, step_s = self.sensor.config, self.sensor.step_s
        if config.rate_hz == 0.0:
            return tick
        return np.floor(((tick + _EARLIER) * step_s - config.phase_s) * config.rate_hz)

    @property
    def _frames_under_way_max(self) -> int:
        """Most frames that can be between being taken and arriving."""
        config = self.sensor.config
        apart = 1
        if config.rate_hz > 0.0:
            apart = max(1, math.floor(1.0 / (config.rate_hz * self.sensor.step_s) + _EARLIER))
        return -(-self._latency_ticks // apart)

    def _forget(self, worlds: np.ndarray) -> None:
        """Empties what is kept of the worlds in a mask."""
        for array in self.columns.values():
            array.reshape(len(worlds), -1)[worlds] = 0
        self.columns["taken"][worlds] = _NONE

    def _keep(self, due: np.ndarray, tick: np.ndarray) -> None:
        """Puts the sensor's frames of the worlds in `due` in place of their oldest."""
        taken, worlds = self.columns["taken"], np.flatnonzero(due)
        place = taken[worlds].argmin(axis=1)
        taken[worlds, place] = tick[worlds]
        for channel in self._channels:
            kept = self._views_of(self.columns[f"frame.{channel.name}"])
            kept[worlds, :, place] = self._views_of(self.sensor.frames[channel.name])[worlds]
            if channel.name in self.sensor.truths:
                kept = self._views_of(self.columns[f"truth.{channel.name}"])
                kept[worlds, :, place] = self._views_of(self.sensor.truths[channel.name])[worlds]

    def _deliver(self, worlds: np.ndarray, tick: np.ndarray) -> None:
        """Copies the newest frames that have arrived, or where none has, the oldest there are."""
        taken = self.columns["taken"][worlds]
        arrived = taken <= (tick[worlds] - self._latency_ticks)[:, None]
        preference = np.where(taken == _NONE, np.iinfo(np.int32).min, np.where(arrived, taken, -taken))
        place = preference.argmax(axis=1)
        for channel in self._channels:
            kept = self._views_of(self.columns[f"frame.{channel.name}"])
            self._views_of(self.frames[channel.key])[worlds] = kept[worlds, :, place]
            if channel.name in self.sensor.truths:
                kept = self._views_of(self.columns[f"truth.{channel.name}"])
                self._views_of(self.truths[f"{channel.key}_truth"])[worlds] = kept[worlds, :, place]
        self._stamp(worlds, taken[np.arange(len(worlds)), place], tick[worlds])

    def _stamp(self, worlds: np.ndarray, taken: np.ndarray, tick: np.ndarray) -> None:
        """Says when the delivered frames of some worlds were taken, and how long ago."""
        for key, ticks in zip(self._stamp_keys, (taken, tick - taken), strict=False):
            self._views_of(self.frames[key])[worlds] = (ticks * self.sensor.step_s)[:, None, None]

    def _views_of(self, array: np.ndarray) -> np.ndarray:
        """An array of views with their axis split into world and driver."""
        return array.reshape(self.sensor.world_count, self.sensor.driver_count, *array.shape[1:])
