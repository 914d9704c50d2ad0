"""The camera: its buffers, and the choice between the fast path for level cameras and the path for any pose."""

from typing import Any

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.sensors.camera.level import render_level
from drivesim.sensors.camera.optics import (
    BandSize,
    LevelOptics,
    band_size,
    level_optics,
    mount_of,
    ray_optics,
    sky_columns,
)
from drivesim.sensors.camera.rays import render_rays
from drivesim.sensors.camera.scene import Frames, scene_of, scratch_for, surroundings_of
from drivesim.sensors.camera.sky import sky_pictures
from drivesim.sensors.camera.standing import cell_count_max
from drivesim.state import WorldState

_CHANNELS: dict[str, tuple[type, tuple[int, ...]]] = {
    "rgb": (np.uint8, (3,)),
    "depth": (np.float32, ()),
    "semantic": (np.uint8, ()),
    "instance": (np.uint16, ()),
}
"""Type of each channel, and its shape per pixel."""


class Camera:
    """A camera on the car of every driver. Reads maps and state, writes its own frames.

    Args:
        config: Pose, optics and channels.
        world_count: Number of worlds.
        step_s: Control step [s]; turn indicators flash in its time.
        driver_count: Drivers in every world.
    """

    def __init__(self, config: CameraConfig, world_count: int, *, step_s: float = 0.1, driver_count: int = 1) -> None:
        self.config = config
        self.driver_count = driver_count
        self.view_count = world_count * driver_count
        size = (self.view_count, config.height, config.width)
        self.frames: dict[str, np.ndarray] = {
            channel: np.zeros(size + _CHANNELS[channel][1], _CHANNELS[channel][0]) for channel in config.channels
        }
        """Latest pictures, shape (view, row, column) and a last axis of 3 for rgb; view = world * drivers + driver.
        Depth is metres along the optical axis, 1000 for the sky; instance 0 is no thing, slot + 1 a road user, 256 and
        above scenery."""
        self._step_s = step_s
        self._all = np.ones(self.view_count, np.bool_)
        self._order = np.arange(self.view_count)
        if config.is_level:
            self._kernel, self._optics = render_level, level_optics(config)
        else:
            self._kernel, self._optics = render_rays, ray_optics(config)
        columns = sky_columns(config)
        # Only as much sky as is in the picture.
        self._sky = sky_pictures(columns, int(self._optics.sky_place.max(initial=0)) // columns + 1)
        self._bound_to: tuple[MapArrays, WorldState] | None = None
        self._version = 0
        self._thing_room = self._cell_room = 0
        self._arguments: tuple[Any, ...] = ()

    def update(self, maps: MapArrays, state: WorldState, launcher: Launcher, mask: np.ndarray | None = None) -> None:
        """Renders the worlds in `mask`, bool, shape (world,), or all; the others keep their last picture."""
        surroundings = surroundings_of(maps)
        surroundings.refresh(maps)
        things = state.actors.kind.shape[1] + surroundings.thing_count_max
        cells = cell_count_max(self.config.range_m, surroundings.beyond_max_m)
        is_bound = self._bound_to is not None and self._bound_to[0] is maps and self._bound_to[1] is state
        if not is_bound or things > self._thing_room or cells > self._cell_room:
            # Half as much again: maps that come later seldom need more.
            self._thing_room, self._cell_room = max(self._thing_room, things * 3 // 2), max(self._cell_room, cells)
            self._bind(maps, state)
            self._version = 0
        if self._version != surroundings.version:
            self._sky.paint(surroundings.sun_heights)
            self._version = surroundings.version
        # Views on the same map next to each other find its tiles in the cache. The pictures do not depend on it.
        self._order[:] = np.argsort(np.repeat(state.worlds.map, self.driver_count), kind="stable")
        views = self._all if mask is None else np.repeat(mask, self.driver_count)
        launcher.run(self._kernel, self.view_count, *self._arguments, self._order, views)

    def _bind(self, maps: MapArrays, state: WorldState) -> None:
        mount = mount_of(self.config)
        surroundings = surroundings_of(maps)
        scene = scene_of(maps, surroundings, state, self._sky.sky, mount, self._optics, self._step_s)
        config = self.config
        hidden_depth = np.zeros(self.view_count * config.width * config.height, np.float32)
        band = band_size(config, self._optics) if isinstance(self._optics, LevelOptics) else BandSize(0, 0)
        scratch = scratch_for(
            self.view_count,
            config.width,
            config.height,
            samples=max(band.samples, 2 * config.width),
            tiles=band.tiles,
            cells=self._cell_room,
            things=self._thing_room,
        )

        def flat(channel: str) -> np.ndarray:
            absent = hidden_depth if channel == "depth" else np.zeros(0, _CHANNELS[channel][0])
            return self.frames[channel].reshape(-1) if channel in self.frames else absent

        frames = Frames(
            rgb=flat("rgb"),
            semantic=flat("semantic"),
            instance=flat("instance"),
            depth=flat("depth"),
            has_rgb=np.bool_("rgb" in self.frames),
            has_semantic=np.bool_("semantic" in self.frames),
            has_instance=np.bool_("instance" in self.frames),
            has_depth=np.bool_("depth" in self.frames),
        )
        self._arguments = (scene, frames, scratch)
        self._bound_to = (maps, state)
