"""How much of a road user a camera sees: its pixels over those of its box alone."""

import math

import numpy as np

from drivesim.config import CameraConfig
from drivesim.geometry import to_frame
from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.sensors.camera.optics import mount_of, rays_through
from drivesim.state import WorldState
from drivesim.state.bodies import box_of, slot_of

_NEAR = np.float32(0.1)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_FAR = np.float32(1e9)


def visible_share(config: CameraConfig, instance: np.ndarray, state: WorldState, launcher: Launcher) -> np.ndarray:
    """Share of each road user's box that is seen, in [0, 1], float32, shape (world, driver, slot).

    It is the number of pixels that show the road user over the number that its bounding box would cover in the picture
    if nothing stood before it. A body fills only a part of its box, which is then the share in full view. It is 0 for
    whoever is hidden, out of the picture or out of the camera's range.

    Args:
        config: The camera.
        instance: Its instance pictures of this state, uint16, shape (view, row, column).
        state: The worlds.
        launcher: Runs the kernel.
    """
    worlds, drivers = state.drivers.slot.shape
    slots = state.actors.kind.shape[1]
    column, row = np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)
    # A ray of no length, where the lens shows nothing, meets no box.
    rays = np.nan_to_num(rays_through(config, column, row)).astype(np.float32).reshape(-1, 3)
    count = np.zeros((worlds, slots + 1), np.int32)
    share = np.zeros((worlds, drivers, slots), np.float32)
    pictures = instance.reshape(worlds, drivers, -1)
    launcher.run(measure_shares, np.arange(worlds), state, mount_of(config), rays, pictures, count, share)
    return share


@entry()
def measure_shares(state, mount, rays, instance, count, share, world):
    """Fills `share` (world, driver, slot) of a world; `count` (world, slot + 1) is scratch."""
    slots = share.shape[2]
    for driver in range(share.shape[1]):
        count[world] = 0
        for pixel in range(instance.shape[2]):
            number = instance[world, driver, pixel]
            if 0 < number <= slots:
                count[world, number] += 1
        for slot in range(slots):
            seen = count[world, slot + 1]
            if seen > 0:
                whole = box_pixels(state, mount, rays, world, driver, slot)
                share[world, driver, slot] = min(np.float32(seen) / np.float32(max(whole, 1)), _ONE)


@routine
def box_pixels(state, mount, rays, world, driver, slot):
    """Number of pixels whose rays meet the box of a road user."""
    actors, own = state.actors, slot_of(state, world, driver)
    yaw = actors.yaw[world, own]
    cos, sin = np.float32(math.cos(yaw)), np.float32(math.sin(yaw))
    eye_x = actors.x[world, own] + mount.forward * cos - mount.left * sin
    eye_y = actors.y[world, own] + mount.forward * sin + mount.left * cos
    x, y, box_cos, box_sin, half_length, half_width = box_of(actors, world, slot)
    ahead, left = to_frame(eye_x, eye_y, x, y, box_cos, box_sin)
    heading = yaw + mount.yaw
    cos, sin = np.float32(math.cos(heading)), np.float32(math.sin(heading))
    turn_cos, turn_sin = cos * box_cos + sin * box_sin, sin * box_cos - cos * box_sin
    total = 0
    for pixel in range(rays.shape[0]):
        forward, right = rays[pixel, 0], rays[pixel, 1]
        near, far = within(ahead, forward * turn_cos + right * turn_sin, -half_length, half_length, _NEAR, _FAR)
        near, far = within(left, forward * turn_sin - right * turn_cos, -half_width, half_width, near, far)
        near, far = within(mount.height, rays[pixel, 2], _ZERO, actors.height[world, slot], near, far)
        total += near < far
    return total


@device
def within(start, slope, low, high, near, far):
    """Narrows (near, far) to where start + parameter * slope lies between low and high."""
    if slope == _ZERO:
        return (near, far) if low <= start <= high else (far, near)
    one, other = (low - start) / slope, (high - start) / slope
    return max(near, min(one, other)), min(far, max(one, other))
