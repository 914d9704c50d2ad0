"""The lidar: its buffers, its stages, and the choice between the path for level ones and that for any pose."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from drivesim.config import LidarConfig, fault_names
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.maps.arrays import MapArrays
from drivesim.rng import PURPOSE_STRIDE
from drivesim.sensors.camera.scene import surroundings_of
from drivesim.sensors.camera.standing import cell_count_max
from drivesim.sensors.contract import Sensor
from drivesim.sensors.lidar.defects import DEFECTS, Rays
from drivesim.sensors.lidar.deliver import Frames, deliver
from drivesim.sensors.lidar.level import scan_level
from drivesim.sensors.lidar.pane import from_above, occupancy_picture, range_picture
from drivesim.sensors.lidar.pattern import mount_of, offsets_of, pattern_of
from drivesim.sensors.lidar.rays import scan_rays
from drivesim.sensors.lidar.returns import device_of, measure
from drivesim.sensors.lidar.scene import Scene, Sweep, scene_of
from drivesim.sensors.lidar.weather import air_for, breathe, dim
from drivesim.state import WorldState

_TYPES = {
    "points": np.float32, "valid": np.uint8, "range": np.float32, "intensity": np.float32, "semantic": np.uint8,
    "instance": np.uint16, "occupancy": np.uint8,
}  # fmt: skip
"""Channels that `deliver` writes; ring and offset are the same in every sweep."""


class Lidar(Sensor):
    """A scanning lidar on the car of every driver.

    Its stages work on what every ray has met, `sweep`: arrays of rays in the order of the range image. Frames are
    written after the last stage that runs.
    """

    def __init__(self, config: LidarConfig, world_count: int, **how: Any) -> None:
        super().__init__(config, world_count, **how)
        self._kernel = scan_level if config.is_level else scan_rays
        self._mount, self._pattern = mount_of(config, self.step_s), pattern_of(config, self.step_s)
        rays = self.view_count * config.ray_count
        self.sweep = Sweep(
            distance=np.zeros(rays, np.float32),
            surface=np.zeros(rays, np.uint32),
            strength=np.zeros(rays, np.float32),
            measured=np.zeros(rays, np.float32),
            column=np.zeros((self.view_count, config.column_count, 6), np.float32),
            runs=np.zeros((self.view_count, 1, 2), np.int32),
        )
        self._motion = np.zeros((self.view_count, 12), np.float32)
        self._air = air_for(world_count)
        self._until = ""
        self._bound_to: tuple[MapArrays, WorldState] | None = None
        self._arguments: tuple[Any, ...] = ()
        self._frames = self._flat_frames()
        if "ring" in self.frames:
            self.frames["ring"][:] = np.tile(np.arange(config.beam_count, dtype=np.uint8), config.column_count)
        if "offset" in self.frames:
            self.frames["offset"][:] = np.repeat(offsets_of(config), config.beam_count)

    def __getstate__(self) -> dict[str, Any]:
        """A copy looks at the maps and the state that it is given next."""
        return {**self.__dict__, "_bound_to": None, "_arguments": (), "_frames": None}

    def update(
        self,
        maps: MapArrays,
        state: WorldState,
        launcher: Launcher,
        due: np.ndarray | None = None,
        *,
        until: str = "faults",
    ) -> None:
        """`Sensor.update`; frames are written once, unless the truth is kept."""
        self._until = until
        try:
            super().update(maps, state, launcher, due, until=until)
        finally:
            self._until = ""

    def truth(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """What every ray meets within the range."""
        views = self.cast(maps, state, launcher, due)
        sweep = self.sweep
        if self.truths or self._until in ("", "truth"):
            self._rows(sweep.measured)[views] = self._rows(sweep.distance)[views]
            self._deliver(launcher, views)

    def cast(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> np.ndarray:
        """Finds what every ray meets and returns the views; frames stay as they are."""
        views = self._views(state, due)
        scene = self.scene(maps, state)
        launcher.run(self._kernel, views, scene, self.sweep)
        return views

    def scene(self, maps: MapArrays, state: WorldState) -> Scene:
        """What its kernels read of maps and state."""
        self._bind(maps, state)
        return self._arguments[0]

    def medium(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Fog, rain, snow, and what they do to the ground."""
        views = self._views(state, due)
        scene, numbers, sweep = self._arguments
        if breathe(self._air, self.config, state.weather):
            launcher.run(dim, views, scene, self._air, numbers, sweep)
        if self._until in ("", "medium"):
            self._rows(sweep.measured)[views] = self._rows(sweep.distance)[views]
            self._deliver(launcher, views)

    def device(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Threshold, noise, dropout, mixed returns, steps."""
        views = self._views(state, due)
        launcher.run(measure, views, *self._arguments)
        if self._until in ("", "device") or (self._until == "faults" and not self.may_have_faults):
            self._deliver(launcher, views)

    def faults(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Dead beams and sectors, false and missing points."""
        if not self.may_have_faults:
            return
        views, worlds, _ = self.carriers(state, due)
        names = fault_names(self.config.type)
        had = self.severities(state)[worlds]
        for kind, defect in DEFECTS.items():
            of_kind = had[:, names.index(kind)]
            for severity in np.unique(of_kind[of_kind > 0]).tolist():
                self._spoil(defect, severity - 1, views[of_kind == severity], state)
        self._deliver(launcher, views)

    def pane(self, frames: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Its points from above; without them its range image, its occupancy grid."""
        if "points" in frames:
            return from_above(frames["points"], self.config)
        if "range" in frames:
            return range_picture(frames["range"], self.config)
        return occupancy_picture(frames["occupancy"]) if "occupancy" in frames else None

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernels it runs."""
        self._bind(maps, state)
        scene, numbers, sweep = self._arguments
        return (
            launch_job(self._kernel, scene, sweep),
            launch_job(dim, scene, self._air, numbers, sweep),
            launch_job(measure, scene, numbers, sweep),
            launch_job(deliver, scene, sweep, self._frames, self._motion),
        )

    def _deliver(self, launcher: Launcher, views: np.ndarray) -> None:
        """Writes the frames of some views."""
        scene, _, sweep = self._arguments
        launcher.run(deliver, views, scene, sweep, self._frames, self._motion)

    def _rows(self, rays: np.ndarray) -> np.ndarray:
        """An array of rays, one row a view."""
        return rays.reshape(self.view_count, -1)

    def _spoil(self, defect: Callable[[Rays, int], None], severity: int, views: np.ndarray, state: WorldState) -> None:
        """Lets a defect act on some views."""
        shape = (len(views), self.config.beam_count, self.config.column_count)
        sweep = self.sweep
        worlds, drivers = np.divmod(views, self.driver_count)
        rays = Rays(
            measured=self._rows(sweep.measured)[views].reshape(shape),
            strength=self._rows(sweep.strength)[views].reshape(shape),
            surface=self._rows(sweep.surface)[views].reshape(shape),
            config=self.config,
            key=state.worlds.key[worlds] + drivers.astype(np.uint64) * PURPOSE_STRIDE,
            tick=state.worlds.tick[worlds],
        )
        defect(rays, severity)
        for name in ("measured", "strength", "surface"):
            self._rows(getattr(sweep, name))[views] = getattr(rays, name).reshape(len(views), -1)

    def _views(self, state: WorldState, due: np.ndarray | None) -> np.ndarray:
        """Views of the worlds that are due; those on the same map, next to each other, find it in the cache."""
        views = np.arange(self.view_count) if due is None else np.flatnonzero(np.repeat(due, self.driver_count))
        return views[np.argsort(state.worlds.map[views // self.driver_count], kind="stable")]

    def _flat_frames(self) -> Frames:
        config = self.config
        flat: dict[str, Any] = {
            name: self.frames[name].reshape(-1) if name in self.frames else np.zeros(0, dtype)
            for name, dtype in _TYPES.items()
        }
        has: dict[str, Any] = {f"has_{name}": np.bool_(name in self.frames) for name in _TYPES}
        listed = any(name in self.frames for name in ("points", "valid", "semantic", "instance"))
        ahead = config.occupancy_rows * config.occupancy_cell_m - config.occupancy_behind_m
        return Frames(
            **flat,
            **has,
            has_list=np.bool_(listed),
            is_compensated=np.bool_(config.compensated),
            rows=np.int64(config.occupancy_rows),
            columns=np.int64(config.occupancy_columns),
            cell=np.float32(config.occupancy_cell_m),
            ahead=np.float32(ahead),
        )

    def _bind(self, maps: MapArrays, state: WorldState) -> None:
        """Makes what the kernels are given, as far as maps, state or what stands on the maps have changed."""
        surroundings = surroundings_of(maps)
        surroundings.refresh(maps)
        cells = cell_count_max(float(self._mount.range), surroundings.beyond_max_m)
        is_bound = self._bound_to is not None and self._bound_to[0] is maps and self._bound_to[1] is state
        if is_bound and cells <= self.sweep.runs.shape[1]:
            return
        if cells > self.sweep.runs.shape[1]:
            self.sweep = self.sweep._replace(runs=np.zeros((self.view_count, cells, 2), np.int32))
        self._frames = self._flat_frames()
        scene = scene_of(maps, state, self._mount, self._pattern, self.kinds)
        self._arguments = (scene, device_of(self.config, state.worlds.key, state.worlds.tick), self.sweep)
        self._bound_to = (maps, state)
