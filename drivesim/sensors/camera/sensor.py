"""The camera: its buffers, and the choice between the fast path for level cameras and the path for any pose.

Its stages: `truth` renders what a perfect camera sees, and the flow where something asks for it; `device` is the
shutter, the sensor and the compression (`device`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.launch import Launcher
from drivesim.kernels.warm_up import Job, launch_job
from drivesim.maps.arrays import MapArrays
from drivesim.semantics import SEMANTIC_COLOR
from drivesim.sensors.camera.device import EXPOSURE_COLUMNS, Device
from drivesim.sensors.camera.device.stage import develop_job
from drivesim.sensors.camera.flow import FlowScene, flow_picture, flow_scene, trace_flow
from drivesim.sensors.camera.level import render_level
from drivesim.sensors.camera.medium import Medium, has_weather, is_falling
from drivesim.sensors.camera.optics import (
    BandSize,
    LevelOptics,
    RayOptics,
    band_size,
    level_optics,
    mount_of,
    ray_optics,
    sky_columns,
)
from drivesim.sensors.camera.rays import render_rays
from drivesim.sensors.camera.scene import Frames, scene_of, scratch_for, surroundings_of
from drivesim.sensors.camera.sky import SKY_DEPTH_M, sky_pictures, sun_height_index
from drivesim.sensors.camera.standing import cell_count_max
from drivesim.sensors.contract import Sensor
from drivesim.state import WorldState
from drivesim.state.sensors import allocate_columns

_ABSENT = {"rgb": np.uint8, "semantic": np.uint8, "instance": np.uint16}
"""Types of the empty arrays that kernels are given for channels nobody asked for."""
_FLOW_NEEDS: dict[str, tuple[tuple[int, ...], type]] = {
    "depth": ((), np.float32), "instance": ((), np.uint16), "flow": ((2,), np.float32),
}  # fmt: skip
"""Shape of a pixel and type of the channels that flow and shutter are worked out from."""


class Camera(Sensor):
    """A camera on the car of every driver. Turn indicators flash in the time of its control step."""

    def __init__(self, config: CameraConfig, world_count: int, **how: Any) -> None:
        super().__init__(config, world_count, **how)
        if config.is_level:
            self._kernel, self._optics = render_level, level_optics(config)
        else:
            self._kernel, self._optics = render_rays, ray_optics(config)
        columns = sky_columns(config)
        # Only as much sky as is in the picture.
        self._sky = sky_pictures(columns, int(self._optics.sky_place.max(initial=0)) // columns + 1)
        self._bound_to: tuple[MapArrays, WorldState] | None = None
        self._medium_is_bound = False
        self._version = 0
        self._spoilt: dict[Any, Any] = {}
        self._thing_room = self._cell_room = 0
        self._arguments: tuple[Any, ...] = ()
        size = (self.view_count, config.height, config.width)
        # What flow is worked out from, and what the shutter is worked out from, where nobody asked to see it.
        self._hidden: dict[str, np.ndarray] = {
            name: np.zeros((*size, *shape), dtype)
            for name, (shape, dtype) in _FLOW_NEEDS.items()
            if config.needs_flow and name not in self.frames
        }
        self._flow: tuple[FlowScene, np.ndarray, np.ndarray, np.ndarray] | None = None
        self._device: Device | None = None
        self._film: tuple[Any, ...] = ()
        if not config.is_perfect:
            if config.exposure == "auto":
                self.memory = allocate_columns(EXPOSURE_COLUMNS, world=world_count, driver=self.driver_count)
            exposed = self.memory.get("exposed", np.zeros(self.view_count, np.float32))
            self._device = Device(
                config, self.frames["rgb"], exposed, driver_count=self.driver_count, step_s=self.step_s
            )
        self._medium = Medium(config, self.view_count) if "rgb" in self.frames else None

    def __getstate__(self) -> dict[str, Any]:
        """A copy looks at the maps and the state that it is given next."""
        return {**self.__dict__, "_bound_to": None, "_arguments": (), "_flow": None, "_film": ()}

    def truth(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Renders the worlds that are due; the others keep their last picture."""
        self._bind(maps, state)
        map_of_view = np.repeat(state.worlds.map, self.driver_count)
        views = np.arange(self.view_count) if due is None else np.flatnonzero(np.repeat(due, self.driver_count))
        # Views on the same map next to each other find its tiles in the cache. The pictures do not depend on it.
        views = views[np.argsort(map_of_view[views], kind="stable")]
        dull = self._in_weather(state, views)
        if not dull.any():
            launcher.run(self._kernel, views, *self._arguments)
        else:
            self._paint_skies_of(state)
            launcher.run(self._kernel, views[~dull], *self._arguments)
            launcher.run(self._kernel, views[dull], *self._weather().picture)
        if self._flow is not None:
            launcher.run(trace_flow, views, *self._flow)

    def medium(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Puts the weather of the worlds that are due into their pictures."""
        if not self._medium_is_bound:  # no picture has been drawn for any weather
            return
        views, worlds, _ = self.carriers(state, due)
        dull = self._in_weather(state, views)
        if dull.any():
            self._weather().run(launcher, views[dull], is_falling(state.weather)[worlds[dull]])

    def device(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Develops the pictures of the worlds that are due."""
        if self._device is None:
            return
        self._bind(maps, state)
        self._device.run(launcher, self.carriers(state, due)[0], self._film)

    def faults(self, maps: MapArrays, state: WorldState, launcher: Launcher, due: np.ndarray | None) -> None:
        """Spoils the colours as its faults do; every other channel stays exact."""
        if self.may_have_faults and "rgb" in self.frames:
            from drivesim.sensors.camera.defects import spoil  # OpenCV is loaded only where it is needed

            spoil(self, state, due, self._spoilt)

    def compile_jobs(self, maps: MapArrays, state: WorldState) -> tuple[Job, ...]:
        """The kernels that render, trace the flow and develop, as far as they are used."""
        self._bind(maps, state, paints=False)
        jobs = [launch_job(self._kernel, *self._arguments)]
        if self._flow is not None:
            jobs.append(launch_job(trace_flow, *self._flow))
        if self._device is not None:
            jobs.append(develop_job(self._film))
        if self._in_weather(state, np.arange(self.view_count)).any():
            jobs += self._weather().compile_jobs()
        return tuple(jobs)

    def pane(self, frames: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Its colours; without them its classes in the palette's colours, its depth in greys near bright, its flow."""
        if "rgb" in frames:
            return frames["rgb"]
        if "semantic" in frames:
            return SEMANTIC_COLOR[frames["semantic"]]
        if "depth" not in frames:
            return flow_picture(frames["flow"]) if "flow" in frames else None
        gray = np.clip(255.0 * (1.0 - np.log1p(frames["depth"]) / np.log1p(SKY_DEPTH_M)), 0.0, 255.0)
        return np.repeat(gray.astype(np.uint8)[..., None], 3, axis=-1)

    def _in_weather(self, state: WorldState, views: np.ndarray) -> np.ndarray:
        """Which of some views show weather, bool, shape (view,)."""
        if self._medium is None:
            return np.zeros(len(views), np.bool_)
        return has_weather(state.weather)[views // self.driver_count]

    def _weather(self) -> Medium:
        """The medium, with what its kernels are given."""
        assert self._medium is not None and self._bound_to is not None
        if not self._medium_is_bound:
            scene, frames, scratch = self._arguments
            self._medium.bind(scene, frames, scratch, self._bound_to[1])
            self._medium_is_bound = True
        return self._medium

    def _paint_skies_of(self, state: WorldState) -> None:
        """Paints the skies for the suns that worlds have of their own."""
        own = (state.weather.sun != 0.0).any(axis=1)
        self._sky.paint(sun_height_index(np.arcsin(np.clip(state.weather.sun[own, 2], -1.0, 1.0))))

    def _bind(self, maps: MapArrays, state: WorldState, *, paints: bool = True) -> None:
        """Makes what the kernel is given, as far as maps, state or what stands on the maps have changed.

        Args:
            maps: The maps.
            state: The worlds.
            paints: The skies are needed too.
        """
        surroundings = surroundings_of(maps)
        surroundings.refresh(maps)
        is_bound = self._bound_to is not None and self._bound_to[0] is maps and self._bound_to[1] is state
        if is_bound and self._version == surroundings.version:
            return
        things = state.actors.kind.shape[1] + surroundings.thing_count_max
        cells = cell_count_max(self.config.range_m, surroundings.beyond_max_m)
        if not is_bound or things > self._thing_room or cells > self._cell_room:
            # Half as much again: maps that come later seldom need more.
            self._thing_room, self._cell_room = max(self._thing_room, things * 3 // 2), max(self._cell_room, cells)
            self._make_arguments(maps, state)
        if paints:
            self._sky.paint(surroundings.sun_heights)
            self._version = surroundings.version

    def _make_arguments(self, maps: MapArrays, state: WorldState) -> None:
        mount = mount_of(self.config)
        scene = scene_of(
            maps, surroundings_of(maps), state, self._sky.sky, mount, self._optics, self.step_s, self.kinds
        )
        config = self.config
        hidden_depth = np.zeros(
            0 if "depth" in self._hidden else self.view_count * config.width * config.height, np.float32
        )
        band = band_size(config, self._optics) if isinstance(self._optics, LevelOptics) else BandSize(0, 0)
        blocks = len(self._optics.block) if isinstance(self._optics, RayOptics) else 0
        scratch = scratch_for(
            self.view_count,
            config.width,
            config.height,
            samples=max(band.samples, 2 * config.width, blocks),
            tiles=band.tiles,
            cells=self._cell_room,
            things=self._thing_room,
        )

        seen = {**self.frames, **self._hidden}

        def flat(channel: str) -> np.ndarray:
            if channel in seen:
                return seen[channel].reshape(-1)
            return hidden_depth if channel == "depth" else np.zeros(0, _ABSENT[channel])

        frames = Frames(
            rgb=flat("rgb"),
            semantic=flat("semantic"),
            instance=flat("instance"),
            depth=flat("depth"),
            has_rgb=np.bool_("rgb" in seen),
            has_semantic=np.bool_("semantic" in seen),
            has_instance=np.bool_("instance" in seen),
            has_depth=np.bool_("depth" in seen),
        )
        self._arguments = (scene, frames, scratch)
        if config.needs_flow:
            self._flow = (flow_scene(config, state), flat("depth"), flat("instance"), seen["flow"].reshape(-1))
        if self._device is not None:
            self._film = self._device.bind(state, seen.get("flow", np.zeros(0, np.float32)))
        self._bound_to = (maps, state)
        self._medium_is_bound = False
