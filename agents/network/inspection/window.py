"""Windows: what was measured of the frames of the last second, kept for every world."""

from collections.abc import Iterable, Mapping

import numpy as np

from agents.network.inspection.statistics import measured
from agents.network.memory import EpisodeMemory
from drivesim.config import SensorConfig

WINDOW_TICKS = 10
"""Control steps that an inspector looks back on, this one included."""


class Inspector(EpisodeMemory):
    """Measures every frame that sensors deliver, and keeps the latest `WINDOW_TICKS` of each world.

    At the beginning of an episode what is measured of its first frame stands in for what was before it.

    Args:
        sensors: Whose frames.
    """

    def __init__(self, sensors: Iterable[SensorConfig]) -> None:
        super().__init__()
        self.sensors = tuple(sensors)
        self.frames: dict[str, np.ndarray] = {}
        """Those before, by `<sensor>.<part>`, leading axis `world`."""
        self.windows: dict[str, np.ndarray] = {}
        """By sensor, float32 (world, tick, number), the latest tick first."""

    def push(self, parts: Mapping[str, Mapping[str, np.ndarray]], speed: np.ndarray) -> dict[str, np.ndarray]:
        """Adds the frames of a control step.

        Args:
            parts: By sensor what is recorded of its frames, see `statistics.measured`.
            speed: The car's own, (world,) [m/s].

        Returns:
            By `<sensor>.inspected` the windows, float32 (world, tick, number); the next `push` changes them.
        """
        if len(self.fresh) != len(speed):
            self.begin(len(speed))
        for sensor in self.sensors:
            now = parts[sensor.name]
            before = {name: self._before(f"{sensor.name}.{name}", frames) for name, frames in now.items()}
            latest = measured(sensor, now, before, speed, self.fresh)
            window = self.windows.get(sensor.name)
            if window is None or window.shape != (len(speed), WINDOW_TICKS, latest.shape[1]):
                window = np.repeat(latest[:, None], WINDOW_TICKS, axis=1)
            window[:, 1:] = window[:, :-1]
            window[:, 0] = latest
            window[self.fresh] = latest[self.fresh][:, None]
            self.windows[sensor.name] = window
            for name, frames in now.items():
                np.copyto(self.frames[f"{sensor.name}.{name}"], frames)
        self.fresh[:] = False
        return {f"{name}.inspected": window for name, window in self.windows.items()}

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on from here."""
        kept = {f"frame.{name}": frames for name, frames in self.frames.items()}
        return {**kept, **{f"window.{name}": window for name, window in self.windows.items()}, "fresh": self.fresh}

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Goes on from a `state`."""
        self.fresh = state["fresh"].copy()
        self.frames, self.windows = (
            {name.removeprefix(part): values.copy() for name, values in state.items() if name.startswith(part)}
            for part in ("frame.", "window.")
        )

    def _before(self, name: str, frames: np.ndarray) -> np.ndarray:
        """Frames before, those of now where an episode begins."""
        kept = self.frames.get(name)
        if kept is None or kept.shape != frames.shape:
            self.frames[name] = frames.copy()
        else:
            kept[self.fresh] = frames[self.fresh]
        return self.frames[name]
