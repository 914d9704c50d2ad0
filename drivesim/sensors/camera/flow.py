"""Optical flow: from each pixel to where the point it shows was in the picture one control step before.

The point follows from the pixel's ray and depth, its motion from the poses before and now: of the camera for what
stands, of the road user in the instance picture for what moves. So it is exact for rigid bodies, also where the point
was hidden before. What is at `SKY_DEPTH_M` is infinitely far away.
"""

import math
from typing import NamedTuple

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.device import device
from drivesim.kernels.entry import entry
from drivesim.sensors.camera.lens import Lens, lens_of, project_point
from drivesim.sensors.camera.optics import Mount, camera_axes, mount_of, rays_through
from drivesim.sensors.camera.sky import SKY_DEPTH_M
from drivesim.sensors.camera.standing import SCENERY_INSTANCE
from drivesim.state import WorldState

_SKY_DEPTH = np.float64(SKY_DEPTH_M)
_SCENERY = np.int64(SCENERY_INSTANCE)
_HALF = np.float64(0.5)
f64, f32 = np.float64, np.float32
u64 = np.uint64


class FlowScene(NamedTuple):
    """What the flow follows from."""

    x: np.ndarray
    """Poses of road users now and one control step before, shape (world, slot)."""
    y: np.ndarray
    yaw: np.ndarray
    before_x: np.ndarray
    before_y: np.ndarray
    before_yaw: np.ndarray
    slot: np.ndarray
    """Slot that each driver of each world steers, shape (world, driver)."""
    mount: Mount
    lens: Lens
    ray: np.ndarray
    """(forward, right, up) of each pixel, 0 where the lens shows nothing; float32, shape (pixel, 3)."""
    axes: np.ndarray
    """`camera_axes`."""


def flow_scene(config: CameraConfig, state: WorldState) -> FlowScene:
    """What the flow of a camera follows from; the state's arrays are referenced."""
    actors = state.actors
    u, v = np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)
    ray = np.nan_to_num(rays_through(config, u, v)).reshape(-1, 3).astype(np.float32)
    return FlowScene(
        actors.x, actors.y, actors.yaw, actors.before_x, actors.before_y, actors.before_yaw, state.drivers.slot,
        mount_of(config), lens_of(config), ray, camera_axes(config),
    )  # fmt: skip


def flow_picture(flow: np.ndarray) -> np.ndarray:
    """Flow, shape (H, W, 2), as colours, uint8 (H, W, 3): the hue is its direction, white is none."""
    import cv2  # heavy, and only people need it

    length = np.hypot(flow[..., 0], flow[..., 1])
    most = max(float(np.percentile(length, 99.0)), 1e-3)
    turn = np.mod(np.arctan2(flow[..., 1], flow[..., 0]) / (2.0 * math.pi), 1.0)
    hue = np.stack([turn * 180.0, 255.0 * np.minimum(length / most, 1.0), np.full_like(turn, 255.0)], axis=-1)
    return cv2.cvtColor(hue.astype(np.uint8), cv2.COLOR_HSV2RGB)


@device
def eye_of(mount, x, y, yaw):
    """Place of the eye and cosine and sine of the camera's heading, from the car's pose."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    heading = yaw + f64(mount.yaw)
    return (
        x + f64(mount.forward) * cos - f64(mount.left) * sin, y + f64(mount.forward) * sin + f64(mount.left) * cos,
        math.cos(heading), math.sin(heading),
    )  # fmt: skip


@device
def before_of(scene, world, slot, point_x, point_y):
    """Where a point of a road user was one control step before; world frame [m]."""
    turn = f64(scene.before_yaw[world, slot]) - f64(scene.yaw[world, slot])
    cos, sin = math.cos(turn), math.sin(turn)
    dx, dy = point_x - f64(scene.x[world, slot]), point_y - f64(scene.y[world, slot])
    return (
        f64(scene.before_x[world, slot]) + dx * cos - dy * sin,
        f64(scene.before_y[world, slot]) + dx * sin + dy * cos,
    )


@entry()
def trace_flow(scene, depth, instance, flow, index):
    """Fills the flow of a view, float32, flat, (pixel, 2): right and down [px]; 0 for what was not before the lens.

    Args:
        scene: `FlowScene`.
        depth: Depth of the pixels of all views [m], flat.
        instance: Their instance ids.
        flow: Receives the flow.
        index: Number of the view.
    """
    mount, axes = scene.mount, scene.axes
    drivers = scene.slot.shape[1]
    world = index // drivers
    own = np.int64(scene.slot[world, index - world * drivers])
    eye_x, eye_y, cos, sin = eye_of(
        mount, f64(scene.x[world, own]), f64(scene.y[world, own]), f64(scene.yaw[world, own])
    )
    old_x, old_y, old_cos, old_sin = eye_of(
        mount, f64(scene.before_x[world, own]), f64(scene.before_y[world, own]), f64(scene.before_yaw[world, own])
    )
    pixels = mount.width * mount.height_px
    pixel = index * pixels
    for row in range(mount.height_px):
        for column in range(mount.width):
            k = row * mount.width + column
            at = u64(pixel + k)
            far = f64(depth[at])
            forward, right, up = f64(scene.ray[k, 0]), f64(scene.ray[k, 1]), f64(scene.ray[k, 2])
            x, y, z = far * (forward * cos + right * sin), far * (forward * sin - right * cos), far * up
            number = np.int64(instance[at])
            if far < _SKY_DEPTH:
                x, y = x + eye_x, y + eye_y
                if 0 < number < _SCENERY:
                    x, y = before_of(scene, world, number - 1, x, y)
                x, y = x - old_x, y - old_y
            ahead, aside = x * old_cos + y * old_sin, x * old_sin - y * old_cos
            seen_x, seen_y, is_seen = project_point(
                scene.lens,
                axes[0, 0] * ahead + axes[0, 1] * aside + axes[0, 2] * z,
                axes[1, 0] * ahead + axes[1, 1] * aside + axes[1, 2] * z,
                axes[2, 0] * ahead + axes[2, 1] * aside + axes[2, 2] * z,
            )
            if forward == 0.0 and right == 0.0 and up == 0.0:
                is_seen = False
            flow[u64(2) * at] = f32(seen_x - (f64(column) + _HALF)) if is_seen else f32(0.0)
            flow[u64(2) * at + u64(1)] = f32(seen_y - (f64(row) + _HALF)) if is_seen else f32(0.0)
