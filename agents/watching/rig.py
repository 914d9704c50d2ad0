"""The sensors that a window shows: those a driver looks through, and those of a rig that somebody asked for."""

from collections.abc import Mapping, Sequence

import numpy as np

from drivesim.config import SensorConfig, cameras_of

Frames = Mapping[str, np.ndarray]
"""What a sensor delivered, by channel, without the world axis."""
LABEL_LAYERS: dict[str, tuple[str, ...]] = {
    "off": (),
    "boxes": ("boxes",),
    "3d boxes": ("boxes_3d",),
    "lanes": ("lanes",),
    "free space": ("space",),
    "all": ("space", "lanes", "boxes_3d"),
}
"""Labels that are drawn over cameras and the bird's-eye view, by what keys and the menu call them."""
_SHARED = ("lanes_line_type", "lanes_line_color")
_OBJECTS = ("objects_valid", "objects_semantic", "objects_track", "objects_position", "objects_yaw", "objects_size")
_CAMERA_LABELS = {
    "boxes": ("objects_valid", "objects_visibility", "objects_position", "objects_box"),
    "boxes_3d": ("objects_valid", "objects_visibility", "objects_position", "objects_corners"),
    "lanes": ("lanes_line", "lanes_line_visible", "lanes_edge", "lanes_edge_visible"),
    "space": ("space",),
}
_RASTER_LABELS = {
    "boxes": (), "boxes_3d": (), "space": ("space_distance",),
    "lanes": ("lanes_line", "lanes_line_valid", "lanes_edge", "lanes_edge_valid"),
}  # fmt: skip


def shown_rig(
    own: Sequence[SensorConfig], asked: Sequence[SensorConfig] | None, *, is_needed: bool
) -> tuple[SensorConfig, ...]:
    """The sensors of a drive.

    Args:
        own: Those the driver looks through.
        asked: Those to show as well; None for no others.
        is_needed: The driver cannot do without its own.

    Returns:
        The driver's own first, as they are, then those that were asked for; of two with one name the driver's.
    """
    if asked is None:
        return tuple(own)
    kept = tuple(own) if is_needed else ()
    names = {sensor.name for sensor in kept}
    return (*kept, *(sensor for sensor in asked if sensor.name not in names))


def in_order(rig: Sequence[SensorConfig]) -> tuple[SensorConfig, ...]:
    """Sensors as one looks around: cameras ahead from left to right, those behind likewise, then all others."""
    cameras = cameras_of(rig)

    def heading(yaw_deg: float) -> float:
        return (yaw_deg + 180.0) % 360.0 - 180.0

    ahead = sorted((c for c in cameras if abs(heading(c.yaw_deg)) < 90.0), key=lambda c: -heading(c.yaw_deg))
    behind = sorted((c for c in cameras if abs(heading(c.yaw_deg)) >= 90.0), key=lambda c: heading(c.yaw_deg) % 360.0)
    return (*ahead, *behind, *(sensor for sensor in rig if sensor not in cameras))


def frames_of(sensor: SensorConfig, observation: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Copies of what a sensor has delivered to the first world."""
    return {channel.name: observation[channel.key][0].copy() for channel in sensor.delivered()}


def label_names(sensor: SensorConfig, layers: Sequence[str]) -> tuple[str, ...]:
    """Labels that are needed to draw these layers over a sensor's picture; none over what is no picture."""
    if sensor.type not in ("camera", "bev") or not layers:
        return ()
    if sensor.type == "bev":
        return (*_OBJECTS, *(name for layer in layers for name in _RASTER_LABELS[layer]))
    needed = tuple(f"{sensor.name}_{name}" for layer in layers for name in _CAMERA_LABELS[layer])
    return (*_OBJECTS, *_SHARED, *needed)
