"""Where the panes of the wall come from: one class for each kind of picture of a control step."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from agents.heads import PicturePane
from agents.watching.driven_world import DrivenWorld
from agents.watching.eyes import Eyes
from agents.watching.panes import pane_names, picture_panes
from agents.watching.rig import in_order, label_names
from agents.watching.tick import Tick
from drivesim.config import BevConfig, CameraConfig, SensorConfig
from drivesim.render.annotate import draw_instances
from drivesim.render.overlay import over_camera, over_raster
from drivesim.render.panels import Pane
from drivesim.render.strips import Strip, strip_plot
from drivesim.semantics import Semantic
from drivesim.sensors.camera.sky import SKY_DEPTH_M
from drivesim.sensors.lidar.pane import range_picture

STRIP_ASPECT = 1.9
_ASPECTS = (0.5, 4.0)
"""Flatter or more upright pictures are stretched."""
_FRESH_S = 0.005
"""Ages below are none [s]."""
_PICTURE_WIDTH_MIN = 160
"""Labels are drawn on pictures at least so wide, so that they can be read [px]."""


class Source:
    """Draws one pane, a step at a time. Not safe in two threads at once.

    Args:
        name: Of the pane, in keys and menus.
        aspect: Width over height.
        group: Panes of one group stand side by side.
    """

    def __init__(self, name: str, aspect: float, group: str = "") -> None:
        self.name, self.group = name, group or name
        self.aspect = float(np.clip(aspect, *_ASPECTS))

    def is_there(self, tick: Tick) -> bool:
        """Whether there is something to show of a step."""
        return True

    def paint(self, tick: Tick, size: tuple[int, int], layers: Sequence[str], scale: float) -> Pane:
        """The pane of a step.

        Args:
            tick: The step.
            size: About how large it is shown, width and height [px].
            layers: Labels to draw over it, of `render.overlay`.
            scale: How large text is.
        """
        raise NotImplementedError(f"{type(self).__name__} must paint its pane")


class SensorSource(Source):
    """What a sensor has delivered, as it draws itself for people."""

    def __init__(self, sensor: Any, aspect: float, name: str = "") -> None:
        super().__init__(name or title_of(sensor.config), aspect)
        self.sensor, self.config = sensor, sensor.config

    def paint(self, tick: Tick, size: tuple[int, int], layers: Sequence[str], scale: float) -> Pane:
        """Its picture, with its age and what is wrong with it."""
        picture, smooth = self.picture(tick, size, scale)
        # A step made before somebody asked has labels of other layers, or none.
        known = [layer for layer in layers if tick.labels.keys() >= set(label_names(self.config, [layer]))]
        if known and isinstance(self.config, CameraConfig):
            picture = _with_camera_labels(picture, size[0], tick.labels, self.config, known)
        if known and isinstance(self.config, BevConfig):
            flat = dict.fromkeys("boxes" if layer == "boxes_3d" else layer for layer in known)
            picture = over_raster(_enlarged(picture, size[0]), tick.labels, self.config, list(flat))
        said = [f"{kind} {severity}" for kind, severity in tick.faults.get(self.config.name, {}).items()]
        return Pane(
            title=self.name, picture=picture, smooth=smooth, note=_age(tick.frames[self.config.name]),
            fault=", ".join(said).replace("_", " "),
        )  # fmt: skip

    def picture(self, tick: Tick, size: tuple[int, int], scale: float) -> tuple[np.ndarray, bool]:
        """Its picture, uint8 (h, w, 3), and whether it may be interpolated."""
        picture = self.sensor.pane(tick.frames[self.config.name])
        if picture is None:
            return np.zeros((max(size[1], 1), max(size[0], 1), 3), np.uint8), False
        return picture, self.config.type != "bev"


class CameraSource(SensorSource):
    """A camera: drawn anew at the size shown where nothing is wrong with it, else what it has delivered."""

    def __init__(self, sensor: Any, eyes: Eyes) -> None:
        super().__init__(sensor, eyes.aspect)
        self._eyes = eyes

    def picture(self, tick: Tick, size: tuple[int, int], scale: float) -> tuple[np.ndarray, bool]:
        """Its picture, uint8 (h, w, 3), and whether it may be interpolated."""
        frames, name = tick.frames[self.config.name], self.config.name
        if not self._eyes.is_faithful or name in tick.faults or _age(frames):
            picture = self.sensor.pane(frames)
            if picture is None:
                # Of a camera that delivers nothing but numbers of road users.
                picture = draw_instances(np.full((*frames["instance"].shape, 3), 40, np.uint8), frames["instance"])
            return picture, "rgb" in frames
        self._eyes.look(tick.moment)
        return self._eyes.see(size[0], ("rgb",))["rgb"], True


class RangeSource(SensorSource):
    """The range image of a lidar."""

    def __init__(self, sensor: Any) -> None:
        rings, columns = sensor.config.beam_count, sensor.config.column_count
        super().__init__(sensor, columns / max(rings, 64), f"{title_of(sensor.config)} range")

    def is_there(self, tick: Tick) -> bool:
        """Its frames have a range image, or points to make one of."""
        return bool({"range", "points"} & set(tick.frames[self.config.name]))

    def picture(self, tick: Tick, size: tuple[int, int], scale: float) -> tuple[np.ndarray, bool]:
        """Distances by beam and column."""
        frames = tick.frames[self.config.name]
        ranges = frames.get("range")
        if ranges is None:
            distance = np.linalg.norm(frames["points"][:, :3], axis=1)
            ranges = distance.reshape(-1, self.config.beam_count).T
        return range_picture(ranges, self.config), False


class StripSource(SensorSource):
    """Numbers over time."""

    def __init__(self, sensor: Any) -> None:
        super().__init__(sensor, STRIP_ASPECT)

    def picture(self, tick: Tick, size: tuple[int, int], scale: float) -> tuple[np.ndarray, bool]:
        """Curves at the size shown."""
        strip = tick.strips.get(self.config.name, Strip((), np.zeros(0), np.zeros((0, 0))))
        return strip_plot(strip, (max(size[0], 8), max(size[1], 8)), scale=scale), True


class TruthSource(Source):
    """What is true in the place of a camera, beside what the driver makes of it."""

    def __init__(self, pane: PicturePane, eyes: Eyes) -> None:
        super().__init__(pane.title, eyes.aspect, pane.title)
        self._pane, self._eyes = pane, eyes

    def paint(self, tick: Tick, size: tuple[int, int], layers: Sequence[str], scale: float) -> Pane:
        """The true picture."""
        self._eyes.look(tick.moment)
        values = self._eyes.see(size[0], (self._pane.channel,))[self._pane.channel]
        return Pane(title=self.name, picture=self._pane.paint(values), smooth=self._pane.smooth)


class NetworkSource(Source):
    """A picture that the driver has drawn."""

    def __init__(self, pane: PicturePane, aspect: float) -> None:
        super().__init__(f"network {pane.title}", aspect, pane.title)
        self._pane = pane

    def is_there(self, tick: Tick) -> bool:
        """The driver says something about it."""
        return self._pane.key in tick.explanation

    def paint(self, tick: Tick, size: tuple[int, int], layers: Sequence[str], scale: float) -> Pane:
        """The driver's picture."""
        picture = self._pane.paint(seen_by(tick.explanation, self._pane.key))
        return Pane(title=self.name, picture=picture, by_network=True, smooth=self._pane.smooth)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a drive can show."""

    names: tuple[str, ...]
    """Of all panes, in the order of their keys; "numbers" is the table."""
    sources: tuple[Source, ...]
    """Of all panes but the numbers, in the order in which they stand on the wall."""
    first: frozenset[str]
    """Panes that are shown until somebody says otherwise."""


_OF_A_KIND = {"camera": 6, "lidar": 2}
"""Panes of one kind of sensor that come before a second one of other kinds."""
PANES_FIRST = 12
"""So many panes are shown until somebody says otherwise."""


def offer_of(drive: DrivenWorld) -> Offer:
    """The panes of a drive: its sensors, and what heads show."""
    bank, slots = drive.bank, drive.simulation.world.state.actors.kind.shape[1]
    eyes = {camera.name: Eyes(camera, bank, slot_count=slots, step_s=drive.step_s) for camera in drive.cameras}
    sensors = {sensor.config.name: sensor for sensor in drive.simulation.rig.sensors}
    of_sensors: list[Source] = []
    for config in in_order(drive.sensors):
        of_sensors += _of_sensor(sensors[config.name], eyes)
    of_heads: dict[str, Source] = {}
    first = next(iter(eyes.values()), None)
    for pane in picture_panes(drive.heads):
        if first is None:
            break
        if pane.channel:
            of_heads[pane.title] = TruthSource(pane, first)
        network = NetworkSource(pane, first.aspect)
        of_heads[network.name] = network
    names = (*(source.name for source in of_sensors), *pane_names(drive.heads))
    return Offer(
        names=names,
        sources=(*of_sensors, *_in_groups(of_heads.values())),
        first=_shown_first(drive, of_sensors, names),
    )


def _of_sensor(sensor: Any, eyes: Mapping[str, Eyes]) -> list[Source]:
    config = sensor.config
    if config.name in eyes:
        return [CameraSource(sensor, eyes[config.name])]
    if config.type == "lidar":
        # Its points from above, or what else it delivers: an occupancy grid.
        return [SensorSource(sensor, 1.0), RangeSource(sensor)]
    empty = {channel.name: np.zeros(channel.shape, channel.dtype) for channel in config.measured()}
    if sensor.strip(empty) is not None:
        return [StripSource(sensor)]
    picture = sensor.pane(empty)
    return [] if picture is None else [SensorSource(sensor, picture.shape[1] / picture.shape[0])]


def _in_groups(sources: Any) -> list[Source]:
    groups: dict[str, list[Source]] = {}
    for source in sources:
        groups.setdefault(source.group, []).append(source)
    return [source for group in groups.values() for source in group]


def _shown_first(drive: DrivenWorld, of_sensors: Sequence[Source], names: Sequence[str]) -> frozenset[str]:
    """The first panes of every kind of sensor come before further ones, and before what heads show."""
    if len(names) <= PANES_FIRST:
        return frozenset(names)
    seen: dict[str, int] = {}
    ranked: list[tuple[int, str]] = []
    for source in of_sensors:
        kind = source.sensor.config.type if isinstance(source, SensorSource) else ""
        number = seen[kind] = seen.get(kind, -1) + 1
        ranked.append((number if number > _OF_A_KIND.get(kind, 1) - 1 else 0, source.name))
    ranked.sort(key=lambda entry: entry[0])
    chosen = [name for _, name in ranked][:PANES_FIRST]
    # What a driver sees comes before the truth beside it.
    said = [] if drive.agent.explain is None or drive.knows_all else [x for x in names if x.startswith("network ")]
    return frozenset([*chosen, *said][:PANES_FIRST])


def title_of(config: SensorConfig) -> str:
    """A sensor's name in plain words."""
    return config.name.removeprefix("cam_").replace("_", " ")


def seen_by(said: Mapping[str, np.ndarray], key: str) -> np.ndarray:
    """A picture of a driver's; nobody learns how far the sky is, so its depth is that of the sky."""
    values = np.asarray(said[key])
    semantic = said.get("semantic")
    if key != "depth" or semantic is None or semantic.shape != values.shape:
        return values
    return np.where(semantic == Semantic.SKY, np.float32(SKY_DEPTH_M), values)


def _age(frames: Mapping[str, np.ndarray]) -> str:
    age = float(frames["age"][0]) if "age" in frames else 0.0
    return f"{1000.0 * age:.0f} ms" if math.isfinite(age) and age > _FRESH_S else ""


def _enlarged(picture: np.ndarray, width: int, how: int = cv2.INTER_NEAREST) -> np.ndarray:
    width = max(width, _PICTURE_WIDTH_MIN)
    if picture.shape[1] >= width:
        return picture
    height = max(round(picture.shape[0] * width / picture.shape[1]), 1)
    return cv2.resize(picture, (width, height), interpolation=how)


def _with_camera_labels(
    picture: np.ndarray, width: int, labels: Mapping[str, np.ndarray], config: CameraConfig, layers: Sequence[str]
) -> np.ndarray:
    """A camera's picture of any size with labels, whose pixels are those of its config, at least `width` wide."""
    picture = _enlarged(picture, width, cv2.INTER_CUBIC)
    scale = picture.shape[1] / config.width, picture.shape[0] / config.height
    placed = dict(labels)
    for name in ("objects_corners", "lanes_line", "lanes_edge"):
        key = f"{config.name}_{name}"
        if key in placed:
            placed[key] = placed[key] * np.array(scale)
    if (key := f"{config.name}_objects_box") in placed:
        placed[key] = placed[key] * np.array(scale * 2)
    if (key := f"{config.name}_space") in placed:
        mask = placed[key].astype(np.uint8)
        placed[key] = cv2.resize(mask, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    return over_camera(picture, placed, config, layers)
