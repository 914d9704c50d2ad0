"""The floor under a camera: a kernel that only gathers the texels a picture shows and stores the bytes it has.

It reads the same tiles at the same places as the camera does and writes as many bytes, but knows every address
beforehand and draws nothing: no geometry, cars, shading or sky. How far a camera is above it is what drawing costs.
"""

from typing import final

import numpy as np

from agents.bench.scenes import Batch
from drivesim.config import CameraConfig
from drivesim.kernels.entry import entry
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import TEXEL_M, MapArrays
from drivesim.maps.ground import texel_offset
from drivesim.sensors.camera.optics import level_optics
from drivesim.sensors.camera.surface import find_tile
from drivesim.state import WorldState


@entry()
def gather_and_store(texel, address, depth, rgb_out, depth_out, semantic_out, world):
    """The pictures of a world.

    Args:
        texel: Palette indices, uint8, shape (texel,).
        address: Texel of every pixel, int32, shape (world, pixel).
        depth: Any distance for every pixel [m], float32, shape (pixel,).
        rgb_out: uint8, shape (world, pixel, 3).
        depth_out: float32, shape (world, pixel).
        semantic_out: uint8, shape (world, pixel).
        world: Index of the world.
    """
    # Loops of their own let the compiler store many pixels at once: twice as fast as one loop for everything.
    depth_out[world] = depth
    for pixel in range(address.shape[1]):
        semantic_out[world, pixel] = texel[address[world, pixel]]
    for pixel in range(address.shape[1]):
        value = semantic_out[world, pixel]
        rgb_out[world, pixel, 0] = value
        rgb_out[world, pixel, 1] = value
        rgb_out[world, pixel, 2] = value


@entry()
def _addresses(maps, state, optics, forward, left, yaw, address_out, world):
    """Texel under every pixel of a level camera; texel 0 where it sees the sky or nothing is drawn."""
    columns = optics.slope.shape[0]
    map_index = maps.slot_of[state.worlds.map[world]]
    heading = state.actors.yaw[world, 0]
    x = state.actors.x[world, 0] + np.cos(heading) * forward - np.sin(heading) * left
    y = state.actors.y[world, 0] + np.sin(heading) * forward + np.cos(heading) * left
    cos_camera, sin_camera = np.cos(heading + yaw), np.sin(heading + yaw)
    for row in range(optics.ground_row, optics.depth.shape[0]):
        ahead, level = optics.depth[row], optics.level[row]
        texel_m = TEXEL_M * 2.0**level
        for column in range(columns):
            right = ahead * optics.slope[column]
            ground_x = x + cos_camera * ahead + sin_camera * right - maps.origin[map_index, 0]
            ground_y = y + sin_camera * ahead - cos_camera * right - maps.origin[map_index, 1]
            ix, iy = np.int64(np.floor(ground_x / texel_m)), np.int64(np.floor(ground_y / texel_m))
            base, coarser = find_tile(maps.ground, map_index, level, ix >> 6, iy >> 6)
            if base >= 0:
                offset = texel_offset((ix >> coarser) & 63, (iy >> coarser) & 63)
                address_out[world, row * columns + column] = base + offset


def texel_addresses(maps: MapArrays, state: WorldState, camera: CameraConfig) -> np.ndarray:
    """Place in `ground.texel` that each pixel of a level camera on the ego shows now, int32, shape (world, pixel)."""
    if maps.ground.texel.size > np.iinfo(np.int32).max:
        raise ValueError(f"texel_addresses: {maps.ground.texel.size} texels are more than int32 can number")
    addresses = np.zeros((len(state.worlds.map), camera.width * camera.height), np.int32)
    mount = (camera.x_m, camera.y_m, np.radians(camera.yaw_deg))
    Launcher().run(_addresses, np.arange(len(addresses)), maps, state, level_optics(camera), *mount, addresses)
    return addresses


@final
class Floor:
    """The floor under the first camera of a batch, at the moment it is made."""

    def __init__(self, batch: Batch) -> None:
        simulation = batch.env.simulation
        camera: CameraConfig = simulation.config.sensors[0]
        pixels = camera.width * camera.height
        self.worlds = batch.worlds
        self._all = np.arange(batch.worlds)
        self._address = texel_addresses(simulation.bank.arrays, simulation.world.state, camera)
        self._texel = simulation.bank.arrays.ground.texel.reshape(-1)
        self._depth = np.repeat(level_optics(camera).depth, camera.width)
        self._rgb = np.zeros((batch.worlds, pixels, 3), np.uint8)
        self._depth_out = np.zeros((batch.worlds, pixels), np.float32)
        self._semantic = np.zeros((batch.worlds, pixels), np.uint8)

    def draw(self) -> None:
        """One picture per world."""
        outputs = self._rgb, self._depth_out, self._semantic
        gather_and_store(self._all, 0, self.worlds, self._texel, self._address, self._depth, *outputs)
