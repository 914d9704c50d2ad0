"""Labels by name for every sensor of a rig, each computed when it is read; the names are in this package's README."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig, SensorConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import MapArrays
from drivesim.maps.network import RoadNetwork
from drivesim.sensors.labels import Values
from drivesim.sensors.objects import ObjectLabels, object_labels
from drivesim.sensors.truth.boxes import SensorBoxes, WorldBoxes, sensor_boxes, world_boxes
from drivesim.sensors.truth.camera import PICTURES, TruthCamera
from drivesim.sensors.truth.lanes import LaneLabels, PictureLanes, lane_labels, picture_lanes
from drivesim.sensors.truth.paint import PaintTables
from drivesim.sensors.truth.picture import (
    PictureBoxes,
    Sight,
    picture_boxes,
    visibility_level,
    visible_share_of,
)
from drivesim.sensors.truth.points import counted, lidar_points, radar_points
from drivesim.sensors.truth.space import SpaceLabels, space_labels, space_mask
from drivesim.state import WorldState
from drivesim.state.kinds import KINDS, RoadUserKind
from drivesim.state.parameters import WorldParameters


class Moment(NamedTuple):
    """What labels are read off."""

    maps: MapArrays
    state: WorldState
    parameters: WorldParameters
    launcher: Launcher
    network: Callable[[int], RoadNetwork]
    """The facts about a map, by its number."""
    observation: Mapping[str, np.ndarray]
    """What the sensors have delivered, leading axis `view`."""


class Truth:
    """Labels of one rig. What it keeps from one reading to the next are cameras and tables of maps, no state.

    Args:
        sensors: The rig.
        world_count: Number of worlds.
        step_s: Control step [s].
        driver_count: Drivers in every world; labels are those of the first.
        kinds: Kinds of road user.
    """

    def __init__(
        self,
        sensors: Sequence[SensorConfig],
        world_count: int,
        *,
        step_s: float = 0.1,
        driver_count: int = 1,
        kinds: tuple[RoadUserKind, ...] = KINDS,
    ) -> None:
        self.sensors = tuple(sensors)
        self._how: dict[str, Any] = {"driver_count": driver_count, "step_s": step_s, "kinds": kinds}
        self._world_count = world_count
        self._cameras: dict[str, TruthCamera] = {}
        self._paint = PaintTables()

    def labels(self, moment: Moment) -> dict[str, Values]:
        """What computes each label of a moment, by name. Labels that come together are computed together."""
        reading = _Reading(self, moment)
        found: dict[str, Values] = {}

        def declare(prefix: str, group: Any, values: Callable[[], Any]) -> None:
            def computed() -> dict[str, np.ndarray]:
                return {f"{prefix}{name}": array for name, array in values()._asdict().items()}

            found.update(dict.fromkeys((f"{prefix}{name}" for name in group._fields), computed))

        def declare_one(name: str, values: Callable[[], np.ndarray]) -> None:
            found[name] = lambda: {name: values()}

        declare("world_objects_", WorldBoxes, lambda: world_boxes(reading.objects, moment.state))
        declare("lanes_", LaneLabels, lambda: reading.lanes)
        declare("space_", SpaceLabels, lambda: reading.space)
        for sensor in self.sensors:
            declare(f"{sensor.name}_objects_", SensorBoxes, lambda s=sensor: sensor_boxes(reading.objects, s))
            if isinstance(sensor, CameraConfig):
                declare(f"{sensor.name}_objects_", PictureBoxes, lambda s=sensor: reading.picture(s)[0])
                declare(
                    f"{sensor.name}_lanes_",
                    PictureLanes,
                    lambda s=sensor: picture_lanes(s, reading.lanes, reading.pictures(s)),
                )
                declare_one(
                    f"{sensor.name}_space",
                    lambda s=sensor: space_mask(s, reading.space, reading.pictures(s)["instance"]),
                )
                for picture in PICTURES:
                    declare_one(f"{sensor.name}_{picture}", lambda s=sensor, p=picture: reading.pictures(s)[p].copy())
            elif sensor.type in ("lidar", "radar"):
                declare_one(f"{sensor.name}_objects_points", lambda s=sensor: reading.points(s))
        for kind in ("lidar", "radar"):
            of_kind = [sensor for sensor in self.sensors if sensor.type == kind]
            if of_kind:
                declare_one(
                    f"objects_{kind}_points", lambda s=of_kind: np.sum([reading.points(each) for each in s], axis=0)
                )
        cameras = [sensor for sensor in self.sensors if isinstance(sensor, CameraConfig)]
        if cameras:
            declare_one("objects_visibility", lambda: reading.visibility(cameras))
            declare_one("objects_visibility_level", lambda: visibility_level(reading.visibility(cameras)))
        return found

    def lanes(self, moment: Moment) -> LaneLabels:
        """Lane lines of a moment."""
        paint = self._paint.of(moment.state.worlds.map.tolist(), moment.maps, moment.network)
        return lane_labels(moment.maps, moment.state, paint, moment.launcher)

    def camera(self, config: CameraConfig) -> TruthCamera:
        """The perfect camera in the place of one of the rig's."""
        if config.name not in self._cameras:
            self._cameras[config.name] = TruthCamera(config, self._world_count, **self._how)
        return self._cameras[config.name]


class _Reading:
    """What several labels of one moment need, computed once."""

    def __init__(self, truth: Truth, moment: Moment) -> None:
        self._truth, self._moment = truth, moment
        self._pictures: dict[str, Mapping[str, np.ndarray]] = {}
        self._boxes: dict[str, tuple[PictureBoxes, Sight]] = {}
        self._points: dict[str, np.ndarray] = {}

    @cached_property
    def objects(self) -> ObjectLabels:
        """Road users around the car."""
        return object_labels(self._moment.state, self._moment.parameters, self._moment.launcher)

    @cached_property
    def lanes(self) -> LaneLabels:
        """Lane lines around the car."""
        return self._truth.lanes(self._moment)

    @cached_property
    def space(self) -> SpaceLabels:
        """Free space around the car."""
        return space_labels(self._moment.maps, self._moment.state, self._moment.launcher)

    def pictures(self, config: CameraConfig) -> Mapping[str, np.ndarray]:
        """The truth's pictures in the place of a camera."""
        if config.name not in self._pictures:
            moment = self._moment
            camera = self._truth.camera(config)
            self._pictures[config.name] = camera.pictures(moment.maps, moment.state, moment.launcher)
        return self._pictures[config.name]

    def picture(self, config: CameraConfig) -> tuple[PictureBoxes, Sight]:
        """Road users in a camera's picture."""
        if config.name not in self._boxes:
            pictures, moment = self.pictures(config), self._moment
            self._boxes[config.name] = picture_boxes(
                config, self.objects, moment.state, pictures["instance"], pictures["depth"], moment.launcher
            )
        return self._boxes[config.name]

    def visibility(self, cameras: Sequence[CameraConfig]) -> np.ndarray:
        """nuScenes: share of a road user's box in all pictures together with nothing before it."""
        sights = [self.picture(camera)[1] for camera in cameras]
        return visible_share_of(Sight(*(np.sum(counts, axis=0) for counts in zip(*sights, strict=True))))

    def points(self, config: SensorConfig) -> np.ndarray:
        """Points of a lidar or radar on every road user."""
        if config.name not in self._points:
            self._points[config.name] = self._count_points(config)
        return self._points[config.name]

    def _count_points(self, config: SensorConfig) -> np.ndarray:
        drivers = self._moment.state.drivers.slot.shape[1]
        frames = {name: values[::drivers] for name, values in self._moment.observation.items()}
        slots = self._moment.state.actors.kind.shape[1]
        name = config.name
        if config.type == "radar":
            return radar_points(self.objects, config, frames[name])
        if f"{name}_instance" in frames:
            return counted(frames[f"{name}_instance"], slots)
        if name not in frames:
            return np.zeros((len(self._moment.state.worlds.map), slots), np.int32)
        points = frames[name]
        valid = frames[f"{name}_valid"] > 0 if f"{name}_valid" in frames else np.any(points[..., :3], axis=-1)
        return lidar_points(self.objects, config, points, valid)
