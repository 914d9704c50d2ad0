"""What the motion sensors share: one kernel for truth and device, run once where nobody asks for either alone."""

from typing import Any

import numpy as np

from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.contract import Sensor
from drivesim.state import WorldState

_WHETHER = np.False_, np.True_


class MotionSensor(Sensor):
    """A sensor whose kernel is called as `kernel(state, *args, truth, device, view)` with two flags: what to do.

    A subclass sets `kernel` and, in its constructor, `args`: settings and arrays to write.
    """

    kernel: Any
    args: tuple[Any, ...]

    def __init__(self, config: Any, world_count: int, **how: Any) -> None:
        super().__init__(config, world_count, **how)
        self._all_views = np.arange(self.view_count)

    def update(
        self,
        maps: MapArrays,
        state: WorldState,
        launcher: Launcher,
        due: np.ndarray | None = None,
        *,
        until: str = "faults",
    ) -> None:
        """As every sensor, but truth and device in one run where nothing lies between them."""
        if self.truths or until not in ("device", "faults"):
            super().update(maps, state, launcher, due, until=until)
            return
        self._run(state, launcher, due, truth=True, device=True)
        if until == "faults":
            self.faults(maps, state, launcher, due)

    def truth(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Writes what a perfect device would measure."""
        self._run(state, launcher, due, truth=True, device=False)

    def device(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Adds the device's errors."""
        self._run(state, launcher, due, truth=False, device=True)

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernel of truth and device."""
        return (launch_job(self.kernel, state, *self.args, *_WHETHER),)

    def _run(self, state: WorldState, launcher: Launcher, due: np.ndarray | None, *, truth: bool, device: bool) -> None:
        due_views = self._all_views if due is None or due.all() else self.carriers(state, due)[0]
        launcher.run(self.kernel, due_views, state, *self.args, _WHETHER[truth], _WHETHER[device])
