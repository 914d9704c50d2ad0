"""What labels say, laid over the picture of a sensor: which labels each layer takes, by their names."""

from collections.abc import Mapping, Sequence

import numpy as np

from drivesim.config import BevConfig, CameraConfig
from drivesim.errors import check_choice
from drivesim.render.annotate import (
    EDGE,
    OTHER_LINE,
    OWN_LINE,
    SPACE,
    color_of,
    draw_boxes,
    draw_boxes_3d,
    draw_classes,
    draw_instances,
    draw_lanes,
    draw_outlines,
    draw_paths,
    draw_space,
)
from drivesim.sensors.bev.raster import raster_pixels
from drivesim.sensors.truth.boxes import flat_corners
from drivesim.sensors.truth.lanes import ground_pixels
from drivesim.sensors.truth.space import space_outline

CAMERA_LAYERS = ("classes", "instances", "space", "lanes", "paths", "boxes", "boxes_3d")
"""Layers over a camera's picture, the lowest first."""
RASTER_LAYERS = ("space", "lanes", "paths", "boxes")
"""Layers over a bird's-eye raster, the lowest first."""


def over_camera(
    picture: np.ndarray,
    labels: Mapping[str, np.ndarray],
    config: CameraConfig,
    layers: Sequence[str] = ("lanes", "boxes"),
    *,
    futures: np.ndarray | None = None,
) -> np.ndarray:
    """A camera's picture with layers of labels.

    Args:
        picture: uint8, shape (H, W, 3), of the moment of the labels.
        labels: Of one world: `labels().of_world(world)`.
        config: The camera.
        layers: Any of `CAMERA_LAYERS`.
        futures: For `paths`: where road users will be, ego frame [m], shape (slot, point, 2); nan where nobody knows.

    Raises:
        ConfigError: There is no such layer; the nearest name is given.
    """
    chosen = {check_choice("layers", layer, CAMERA_LAYERS) for layer in layers}
    name = config.name
    if "classes" in chosen:
        picture = draw_classes(picture, labels[f"{name}_semantic"])
    if "instances" in chosen:
        picture = draw_instances(picture, labels[f"{name}_instance"])
    if "space" in chosen:
        picture = draw_space(picture, labels[f"{name}_space"])
    if "lanes" in chosen:
        picture = draw_lanes(
            picture,
            labels[f"{name}_lanes_line"],
            kind=labels["lanes_line_type"],
            color=labels["lanes_line_color"],
            visible=labels[f"{name}_lanes_line_visible"],
            edges=labels[f"{name}_lanes_edge"],
            edges_visible=labels[f"{name}_lanes_edge_visible"],
        )
    if "paths" in chosen and futures is not None:
        # The own path belongs to nobody whom the car sees.
        shown = labels[f"{name}_objects_valid"] | ~labels["objects_valid"]
        pixels = np.where(shown[:, None, None], ground_pixels(config, futures), np.nan)
        picture = _paths(picture, pixels, labels)
    if chosen & {"boxes", "boxes_3d"}:
        picture = _camera_boxes(picture, labels, name, chosen)
    return picture


def over_raster(
    picture: np.ndarray,
    labels: Mapping[str, np.ndarray],
    config: BevConfig,
    layers: Sequence[str] = ("lanes", "boxes"),
    *,
    futures: np.ndarray | None = None,
) -> np.ndarray:
    """The picture of a bird's-eye sensor, at any size, with layers of labels; see `over_camera`."""
    chosen = {check_choice("layers", layer, RASTER_LAYERS) for layer in layers}
    size = (picture.shape[1] / config.columns, picture.shape[0] / config.rows)

    def placed(points: np.ndarray) -> np.ndarray:
        return raster_pixels(config, points) * size

    if "space" in chosen:
        outline = placed(space_outline(labels["space_distance"]))
        picture = draw_paths(
            picture, np.concatenate([outline, outline[:1]])[None], colors=SPACE, fade=False, dots=False
        )
    if "lanes" in chosen:
        for key, color, width in (("edge", EDGE, 1.2), ("line", OTHER_LINE, 1.2)):
            points = np.where(labels[f"lanes_{key}_valid"][..., None], placed(labels[f"lanes_{key}"]), np.nan)
            colors = [OWN_LINE if key == "line" and index in (1, 2) else color for index in range(len(points))]
            picture = draw_paths(picture, points, colors=colors, width=width, fade=False, dots=False)
    if "paths" in chosen and futures is not None:
        picture = _paths(picture, placed(futures), labels)
    if "boxes" in chosen:
        there = np.flatnonzero(labels["objects_valid"])
        outlines = placed(flat_corners(labels["objects_position"], labels["objects_yaw"], labels["objects_size"]))
        picture = draw_outlines(
            picture, outlines[there], labels["objects_semantic"][there], track=labels["objects_track"][there]
        )
    return picture


def _paths(picture: np.ndarray, pixels: np.ndarray, labels: Mapping[str, np.ndarray]) -> np.ndarray:
    colors = [color_of(semantic) for semantic in labels["objects_semantic"]]
    return draw_paths(picture, pixels, colors=colors, width=1.6)


def _camera_boxes(picture: np.ndarray, labels: Mapping[str, np.ndarray], name: str, chosen: set[str]) -> np.ndarray:
    share = labels[f"{name}_objects_visibility"]
    distance = np.linalg.norm(labels[f"{name}_objects_position"], axis=-1)
    seen = np.flatnonzero(labels[f"{name}_objects_valid"] & (share > 0.0))
    seen = seen[np.argsort(distance[seen])]
    semantic, track = labels["objects_semantic"][seen], labels["objects_track"][seen]
    if "boxes" in chosen:
        boxes = labels[f"{name}_objects_box"][seen]
        picture = draw_boxes(picture, boxes, semantic, track=track, visibility=share[seen])
    if "boxes_3d" in chosen:
        corners = labels[f"{name}_objects_corners"][seen]
        named = None if "boxes" in chosen else track
        picture = draw_boxes_3d(picture, corners, semantic, track=named, visibility=share[seen])
    return picture
