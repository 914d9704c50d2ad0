"""Road users in a camera's picture: full and visible boxes, truncation, occlusion.

A *full* box is the least rectangle around the projected box of the body, whatever stands before it (KITTI, nuScenes and
CARLA mean the same); of a body that reaches behind the camera, what is less than `NEAR_M` ahead is cut off first. A
*visible* box is the least rectangle around the pixels that show the road user. Rectangles are (left, top, right,
bottom) in continuous pixel coordinates: pixel (u, v) covers [u, u + 1) x [v, v + 1).
"""

import math
from typing import Annotated, Any, NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.geometry import to_frame
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.sensors.camera.lens import project
from drivesim.sensors.camera.optics import mount_of, rays_through
from drivesim.sensors.camera.visible import within
from drivesim.sensors.objects import ObjectLabels
from drivesim.sensors.truth.boxes import BOX_EDGES, corners_of, middles_of, wrapped
from drivesim.sensors.truth.frames import pose_of
from drivesim.state import WorldState
from drivesim.state.bodies import box_of, slot_of
from drivesim.state.columns import Array, column

NEAR_M = 0.1
"""What of a body is less than this ahead of a pinhole is cut off before it is projected [m]; cameras draw as much."""
VISIBILITY_BOUNDS = (0.4, 0.6, 0.8)
"""Between nuScenes' levels 1 (v0-40), 2 (v40-60), 3 (v60-80) and 4 (v80-100)."""
OCCLUDED_BOUNDS = (0.4, 0.8)
"""Visible shares between KITTI's largely (2), partly (1) and not occluded (0), which KITTI leaves to its annotators."""
_CURVED_SAMPLES = 25
"""Points along an edge where the lens bends it."""
_FIELD = 1.25
"""A distorted pinhole is trusted so far beyond its picture: polynomials turn back farther out."""
_NEAR, _FAR = np.float32(NEAR_M), np.float32(1e9)
_ZERO, _NEARLY = np.float32(0.0), np.float32(0.999)


class PictureBoxes(NamedTuple):
    """Road users in a camera's picture; 0 where there is none."""

    valid: Annotated[
        Array,
        column(
            "world",
            "slot",
            dtype=np.bool_,
            doc="Its full box reaches into the picture, its middle is within `range_m`.",
        ),
    ]
    box: Annotated[
        Array,
        column("world", "slot", 4, unit="px", doc="Around what of it lies in the picture, whatever is before it."),
    ]
    box_unclipped: Annotated[Array, column("world", "slot", 4, unit="px", doc="Full box.")]
    box_visible: Annotated[
        Array, column("world", "slot", 4, unit="px", doc="Around the pixels that show it; 0 where none does.")
    ]
    pixels: Annotated[Array, column("world", "slot", dtype=np.int32, doc="How many pixels show it.")]
    truncation: Annotated[
        Array, column("world", "slot", doc="KITTI: share of the area of its unclipped box outside the picture.")
    ]
    visibility: Annotated[
        Array,
        column(
            "world", "slot", doc="Share of its box in the picture with nothing before it; 0 where no pixel shows it."
        ),
    ]
    occluded: Annotated[
        Array,
        column(
            "world", "slot", dtype=np.uint8,
            doc="KITTI: 0 at least 80 % of that, 1 at least 40 %, 2 less, 3 no pixel shows it.",
        ),
    ]  # fmt: skip
    alpha: Annotated[
        Array, column("world", "slot", unit="rad", doc="KITTI: `rotation_y` minus the bearing from the camera.")
    ]
    corners: Annotated[
        Array,
        column(
            "world", "slot", 8, 2, unit="px",
            doc="Corners of its box, floor then roof, each front left, front right, rear right, rear left; nan behind.",
        ),
    ]  # fmt: skip


class Sight(NamedTuple):
    """Pixels of road users: in the box, before it, showing it; int32, shape (world, slot)."""

    inside: np.ndarray
    hidden: np.ndarray
    shown: np.ndarray


def visibility_level(share: np.ndarray) -> np.ndarray:
    """Visibility tokens of nuScenes, 1 to 4, for visible shares; 0 where the share is 0. uint8."""
    return np.where(share > 0.0, 1 + np.digitize(share, VISIBILITY_BOUNDS), 0).astype(np.uint8)


def full_boxes(config: CameraConfig, corners: np.ndarray) -> np.ndarray:
    """Full boxes of corners in the ego frame [m], shape (..., 8, 3): float64, shape (..., 4) [px]; nan for none."""
    return _bounds(outline_points(config, corners))


def _bounds(pixels: np.ndarray) -> np.ndarray:
    """The least rectangles around the finite ones of points, shape (..., point, 2): shape (..., 4)."""
    finite = np.isfinite(pixels)
    is_point = np.logical_and(finite[..., :1], finite[..., 1:])
    none = ~np.logical_or.reduce(is_point, axis=-2)
    low = np.where(none, np.nan, np.where(is_point, pixels, np.inf).min(axis=-2))
    high = np.where(none, np.nan, np.where(is_point, pixels, -np.inf).max(axis=-2))
    return np.concatenate([low, high], axis=-1)


def outline_points(config: CameraConfig, corners: np.ndarray) -> np.ndarray:
    """Picture points along the edges of boxes, float64, shape (..., point, 2) [px]; nan where the lens shows none.

    Args:
        config: The camera.
        corners: In the ego frame [m], shape (..., 8, 3), in the order of `corners_of`.
    """
    in_camera = pose_of(config).points(corners)
    start, end = (in_camera[..., BOX_EDGES[:, k], :] for k in (0, 1))
    lens: Any = config
    is_pinhole = getattr(lens, "lens", "pinhole") == "pinhole"
    is_curved = not is_pinhole or bool(np.any(getattr(lens, "distortion", 0.0)))
    if is_pinhole:
        # Each end that lies before the near plane is moved along its edge onto the plane.
        rise = end[..., 2] - start[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (NEAR_M - start[..., 2]) / rise
        meet = start + np.where(np.isfinite(share), share, 0.0)[..., None] * (end - start)
        behind_start, behind_end = start[..., 2:] < NEAR_M, end[..., 2:] < NEAR_M
        both = behind_start & behind_end
        start, end = np.where(behind_start, meet, start), np.where(behind_end, meet, end)
        start, end = np.where(both, np.nan, start), np.where(both, np.nan, end)
    share = np.linspace(0.0, 1.0, _CURVED_SAMPLES if is_curved else 2)[:, None]
    points = start[..., None, :] * (1.0 - share) + end[..., None, :] * share
    if is_curved and is_pinhole:
        points = np.where(_is_in_field(config, points)[..., None], points, np.nan)
    return project(config, points).reshape(*corners.shape[:-2], -1, 2)


def _is_in_field(config: CameraConfig, points: np.ndarray) -> np.ndarray:
    """Whether points in the camera frame lie where its lens model means something."""
    columns, rows = np.meshgrid(np.linspace(0.0, config.width, 9), np.linspace(0.0, config.height, 9))
    pose = pose_of(config)
    rays = rays_through(config, columns, rows)
    # Rays are (forward, right, up) of the heading frame.
    yaw = math.radians(config.yaw_deg)
    forward, right = rays[..., 0], rays[..., 1]
    east = forward * math.cos(yaw) + right * math.sin(yaw)
    north = forward * math.sin(yaw) - right * math.cos(yaw)
    slopes = pose.directions(np.stack([east, north, rays[..., 2]], axis=-1))
    bound = _FIELD * np.nanmax(np.abs(slopes[..., :2] / slopes[..., 2:]), axis=(0, 1))
    return (np.abs(points[..., :2]) <= bound * points[..., 2:]).all(axis=-1)


def clipped(config: CameraConfig, boxes: np.ndarray) -> np.ndarray:
    """Boxes cut to the picture, shape (..., 4)."""
    return np.clip(boxes, 0.0, np.array([config.width, config.height] * 2, np.float64))


def boxes_within(config: CameraConfig, points: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Boxes around what of each outline lies in the picture, as nuScenes cuts them, float64, shape (..., 4) [px].

    Args:
        config: The camera.
        points: From `outline_points`, shape (..., point, 2).
        full: Boxes around them, shape (..., 4).
    """
    boxes = clipped(config, full)
    for index in zip(*np.nonzero(np.isfinite(full[..., 0]) & (boxes != full).any(axis=-1)), strict=True):
        outline = _hull(points[index][np.isfinite(points[index]).all(axis=-1)])
        for axis, size in enumerate((config.width, config.height)):
            outline = _cut(_cut(outline, axis, 0.0, 1.0), axis, size, -1.0)
        boxes[index] = np.concatenate([outline.min(axis=0), outline.max(axis=0)]) if len(outline) else 0.0
    return boxes


def _hull(points: np.ndarray) -> np.ndarray:
    """The convex hull of points, shape (point, 2), by the monotone chain of Andrew (1979)."""
    points = np.unique(points, axis=0)
    chains = []
    for ordered in (points.tolist(), points[::-1].tolist()):
        chain: list[list[float]] = []
        for x, y in ordered:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0:
                    break
                chain.pop()
            chain.append([x, y])
        chains += chain[:-1]
    return np.array(chains if chains else points)


def _cut(outline: np.ndarray, axis: int, bound: float, side: float) -> np.ndarray:
    """What of a convex polygon, shape (point, 2), lies on one side of a bound (Sutherland and Hodgman, 1974)."""
    if len(outline) == 0:
        return outline
    following = np.roll(outline, -1, axis=0)
    here, there = side * (outline[:, axis] - bound), side * (following[:, axis] - bound)
    crosses = (here < 0.0) != (there < 0.0)
    share = np.where(crosses, here, 0.0) / np.where(crosses, here - there, 1.0)
    met = outline + share[:, None] * (following - outline)
    met[:, axis] = np.where(crosses, bound, met[:, axis])
    kept = np.stack([here >= 0.0, crosses], axis=1)
    return np.stack([outline, met], axis=1)[kept]


def area(boxes: np.ndarray) -> np.ndarray:
    """Areas of boxes, shape (..., 4) [px^2]."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def visible_boxes(instance: np.ndarray, slots: int) -> np.ndarray:
    """Boxes around the pixels of every road user, float32, shape (world, slot, 4) [px]; 0 where there is none.

    Args:
        instance: Instance pictures, uint16, shape (world, row, column).
        slots: Number of road users.
    """
    worlds, height, width = instance.shape
    low = np.full((worlds, slots, 2), max(height, width), np.int64)
    high = np.full((worlds, slots, 2), -1, np.int64)
    world, row, column = np.nonzero((instance > 0) & (instance <= slots))
    slot = instance[world, row, column].astype(np.int64) - 1
    for axis, place in enumerate((column, row)):
        np.minimum.at(low[..., axis], (world, slot), place)
        np.maximum.at(high[..., axis], (world, slot), place)
    seen = high[..., :1] >= 0
    return np.where(seen, np.concatenate([low, high + 1], axis=-1), 0).astype(np.float32)


def picture_boxes(
    config: CameraConfig,
    objects: ObjectLabels,
    state: WorldState,
    instance: np.ndarray,
    depth: np.ndarray,
    launcher: Launcher,
) -> tuple[PictureBoxes, Sight]:
    """Labels of all road users in a camera's pictures of this state.

    Args:
        config: The camera.
        objects: Truth about the road users.
        state: The worlds.
        instance: Instance pictures of the first driver's camera, uint16, shape (world, row, column).
        depth: Depth pictures, float32 [m], likewise.
        launcher: Runs the kernel.
    """
    corners, middles, pose = corners_of(objects), middles_of(objects), pose_of(config)
    points = outline_points(config, corners)
    full = _bounds(points)
    box = boxes_within(config, points, full)
    near_enough = np.hypot(*np.moveaxis(middles[..., :2] - pose.origin[:2], -1, 0)) <= config.range_m
    valid = objects.valid[:, 0] & near_enough & (area(np.nan_to_num(box)) > 0.0)
    full, box = (np.where(valid[..., None], each, 0.0) for each in (full, box))
    sight = sight_of_boxes(config, state, box, instance, depth, launcher)
    with np.errstate(divide="ignore", invalid="ignore"):
        truncation = np.where(valid, 1.0 - area(clipped(config, full)) / area(full), 0.0)
    share = visible_share_of(sight)
    occluded = np.where(sight.shown > 0, 2 - np.digitize(share, OCCLUDED_BOUNDS), 3)
    in_camera = pose.points(middles)
    heading = pose.directions(
        np.stack([np.cos(objects.yaw[:, 0]), np.sin(objects.yaw[:, 0]), np.zeros_like(objects.yaw[:, 0])], axis=-1)
    )
    rotation = np.arctan2(-heading[..., 2], heading[..., 0])
    alpha = wrapped(rotation - np.arctan2(in_camera[..., 0], in_camera[..., 2]))
    drawn = project(config, pose.points(corners))
    labels = PictureBoxes(
        valid=valid,
        box=box.astype(np.float32),
        box_unclipped=full.astype(np.float32),
        box_visible=visible_boxes(instance, valid.shape[1]),
        pixels=sight.shown,
        truncation=np.clip(truncation, 0.0, 1.0).astype(np.float32),
        visibility=share,
        occluded=np.where(valid, occluded, 0).astype(np.uint8),
        alpha=np.where(valid, alpha, 0.0).astype(np.float32),
        corners=np.where(valid[..., None, None], drawn, 0.0).astype(np.float32),
    )
    return labels, sight


def visible_share_of(sight: Sight) -> np.ndarray:
    """Share of boxes with nothing before them, float32; 0 where no pixel shows the road user."""
    share = 1.0 - sight.hidden / np.maximum(sight.inside, 1)
    return np.where(sight.shown > 0, np.clip(share, 1e-3, 1.0), 0.0).astype(np.float32)


def sight_of_boxes(
    config: CameraConfig,
    state: WorldState,
    box: np.ndarray,
    instance: np.ndarray,
    depth: np.ndarray,
    launcher: Launcher,
) -> Sight:
    """Counts the pixels of every road user's box, shape (world, slot, 4) [px], for the first driver's camera."""
    column, row = np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)
    # A ray that a lens does not have meets nothing as 0.
    rays = np.nan_to_num(rays_through(config, column, row)).astype(np.float32)
    count = np.zeros((*box.shape[:2], 3), np.int32)
    bounds = np.stack([np.floor(box[..., :2]), np.ceil(box[..., 2:])], axis=-2).astype(np.int64)
    args = (state, mount_of(config), rays, bounds, instance, depth, count)
    launcher.run(count_pixels, np.arange(len(box)), *args)
    return Sight(count[..., 0].copy(), count[..., 1].copy(), count[..., 2].copy())


@entry(inline=False)
def count_pixels(state, mount, rays, bounds, instance, depth, count, world):
    """Fills `count` (world, slot, 3) of a world, zeroed before: `Sight` of every road user within its `bounds`."""
    actors, own = state.actors, slot_of(state, world, 0)
    yaw = actors.yaw[world, own]
    cos, sin = np.float32(math.cos(yaw)), np.float32(math.sin(yaw))
    eye_x = actors.x[world, own] + mount.forward * cos - mount.left * sin
    eye_y = actors.y[world, own] + mount.forward * sin + mount.left * cos
    heading = yaw + mount.yaw
    cos, sin = np.float32(math.cos(heading)), np.float32(math.sin(heading))
    for slot in range(count.shape[1]):
        if bounds[world, slot, 1, 0] <= bounds[world, slot, 0, 0]:
            continue
        x, y, box_cos, box_sin, half_length, half_width = box_of(actors, world, slot)
        ahead, left = to_frame(eye_x, eye_y, x, y, box_cos, box_sin)
        turn_cos, turn_sin = cos * box_cos + sin * box_sin, sin * box_cos - cos * box_sin
        height, number = actors.height[world, slot], slot + 1
        for row in range(bounds[world, slot, 0, 1], bounds[world, slot, 1, 1]):
            for at in range(bounds[world, slot, 0, 0], bounds[world, slot, 1, 0]):
                shows = instance[world, row, at] == number
                count[world, slot, 2] += shows
                forward, right, up = rays[row, at, 0], rays[row, at, 1], rays[row, at, 2]
                near, far = within(ahead, forward * turn_cos + right * turn_sin, -half_length, half_length, _NEAR, _FAR)
                near, far = within(left, forward * turn_sin - right * turn_cos, -half_width, half_width, near, far)
                near, far = within(mount.height, up, _ZERO, height, near, far)
                if near < far:
                    count[world, slot, 0] += 1
                    count[world, slot, 1] += not shows and depth[world, row, at] < near * _NEARLY
