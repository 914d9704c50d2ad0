"""The bird's-eye sensor: its buffers, its kernel, its picture for people."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from drivesim.config.sensors.bev import BevConfig
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.maps.arrays import MapArrays
from drivesim.semantics import SEMANTIC_COLOR
from drivesim.sensors.bev.raster import draw_raster, raster_of
from drivesim.sensors.contract import Sensor
from drivesim.state import WorldState


class BirdsEye(Sensor):
    """Classes around the car of every driver, from straight above."""

    def __init__(self, config: BevConfig, world_count: int, **how: Any) -> None:
        super().__init__(config, world_count, **how)
        self._bind()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy writes to frames of its own."""
        self.__dict__.update(state)
        self._bind()

    def truth(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Draws the worlds that are due."""
        views, _, _ = self.carriers(state, due)
        launcher.run(draw_raster, views, maps, state, self._raster)

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernel that draws."""
        return (launch_job(draw_raster, maps, state, self._raster),)

    def pane(self, frames: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Its classes in the palette's colours; without them the drivable ground in white, or road users by number."""
        if "semantic" in frames:
            return SEMANTIC_COLOR[frames["semantic"]]
        if "drivable" in frames:
            return np.repeat(frames["drivable"][..., None] * np.uint8(255), 3, axis=-1)
        # Steps that are no divisors of the range keep neighbouring numbers apart.
        shade = (frames["instance"].astype(np.int64)[..., None] * np.array([97, 159, 211]) % 192 + 64).astype(np.uint8)
        return np.where(frames["instance"][..., None] > 0, shade, np.uint8(0))

    def _bind(self) -> None:
        semantic = np.array([0, *(kind.semantic for kind in self.kinds)], np.uint8)
        self._raster = raster_of(self.config, semantic, self.frames, self.view_count)
