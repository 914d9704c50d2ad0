"""The measuring contract: warm-up first, then windows of several subjects in turn, medians and quartiles of rates.

Taking turns lets every subject meet the same neighbours, heat and clock, so that a ratio of two medians holds even
where the rates themselves wander.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, final

import numpy as np

WINDOW_COUNT_MIN = 5
WINDOW_S_MIN = 0.5


@dataclass(frozen=True, kw_only=True)
class Window:
    """What was done in one stretch of time."""

    events: float
    """Frames, steps or whatever the subject counts."""
    wall_s: float
    cpu_s: float
    """Processor time of the whole process, all threads together [s]."""


class Subject(Protocol):
    """Something whose rate is measured."""

    def window(self, seconds: float) -> Window:
        """Works for at least `seconds` and tells what was done."""
        ...


@final
class Loop:
    """A subject that calls a function over and over.

    Args:
        step: What is measured.
        events: Events per call.
    """

    def __init__(self, step: Callable[[], object], events: float) -> None:
        self.step = step
        self.events = events

    def window(self, seconds: float) -> Window:
        """Calls `step` until the time is over."""
        calls = 0
        wall, cpu = time.perf_counter(), time.process_time()
        while True:
            self.step()
            calls += 1
            elapsed = time.perf_counter() - wall
            if elapsed >= seconds:
                return Window(events=calls * self.events, wall_s=elapsed, cpu_s=time.process_time() - cpu)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Events per second over repeated windows."""

    unit: str
    per_second: tuple[float, ...]
    per_cpu_second: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median of events per second of wall time."""
        return float(np.median(self.per_second))

    @property
    def quartiles(self) -> tuple[float, float]:
        """First and third quartile of events per second."""
        low, high = np.percentile(self.per_second, (25, 75))
        return float(low), float(high)

    @property
    def median_per_cpu(self) -> float:
        """Median of events per second of processor time."""
        return float(np.median(self.per_cpu_second))

    def to_json(self) -> dict[str, object]:
        """Figures and the windows they come from."""
        return {
            "unit": self.unit,
            "median": self.median,
            "quartiles": self.quartiles,
            "median_per_cpu_second": self.median_per_cpu,
            "windows": self.per_second,
        }


def measure(
    subjects: Mapping[str, Subject],
    *,
    unit: str,
    windows: int = WINDOW_COUNT_MIN,
    window_s: float = WINDOW_S_MIN,
    warm_up_s: float = 1.0,
) -> dict[str, Rate]:
    """Rates of all subjects, their windows taking turns after every subject has warmed up."""
    for subject in subjects.values():
        subject.window(warm_up_s)
    taken: dict[str, list[Window]] = {name: [] for name in subjects}
    for _ in range(windows):
        for name, subject in subjects.items():
            taken[name].append(subject.window(window_s))
    return {
        name: Rate(
            unit=unit,
            per_second=tuple(window.events / window.wall_s for window in own),
            per_cpu_second=tuple(window.events / max(window.cpu_s, 1e-9) for window in own),
        )
        for name, own in taken.items()
    }
