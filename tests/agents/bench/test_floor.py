import math

import numpy as np
import pytest

from agents.bench.floor import Floor, gather_and_store, texel_addresses
from agents.bench.scenes import Batch
from drivesim.maps.arrays import TEXEL_M
from drivesim.maps.ground import material_at

CAMERA = {"width": 24, "height": 16, "channels": ["rgb", "depth", "semantic"]}


def test_the_floor_stores_the_gathered_byte_everywhere():
    texel = np.arange(10, 20, dtype=np.uint8)
    address = np.array([[3, 0], [9, 9]], np.int32)
    depth = np.array([5.0, 6.0], np.float32)
    rgb, depth_out, semantic = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2), np.float32), np.zeros((2, 2), np.uint8)
    gather_and_store(texel, address, depth, rgb, depth_out, semantic, 0, 2)
    assert semantic.tolist() == [[13, 10], [19, 19]]
    assert rgb[0].tolist() == [[13, 13, 13], [10, 10, 10]]
    assert depth_out.tolist() == [[5.0, 6.0], [5.0, 6.0]]


@pytest.fixture(scope="module")
def batch():
    batch = Batch("drivesim/Lane-v0", worlds=3, maps=2, sensors=[CAMERA])
    yield batch
    batch.close()


def test_addresses_are_those_of_the_ground_under_each_pixel(batch):
    simulation = batch.env.simulation
    maps, state, camera = simulation.bank.arrays, simulation.world.state, simulation.config.sensors[0]
    texel = maps.ground.texel.reshape(-1)
    found = texel[texel_addresses(maps, state, camera)].reshape(3, camera.height, camera.width)
    focal = camera.width / (2.0 * math.tan(math.radians(camera.fov_deg) / 2.0))
    agreeing = []
    for world in range(3):
        yaw = float(state.actors.yaw[world, 0])
        eye = np.array([state.actors.x[world, 0], state.actors.y[world, 0]]) + camera.x_m * np.array(
            [math.cos(yaw), math.sin(yaw)]
        )
        for row in range(9, camera.height):
            depth = camera.z_m * focal / (row + 0.5 - camera.principal_y * camera.height)
            level = min(max(math.floor(math.log2(depth / focal / TEXEL_M) + 0.5), 0), 5)
            for column in range(camera.width):
                right = depth * (column + 0.5 - camera.principal_x * camera.width) / focal
                place = eye + np.array(
                    [depth * math.cos(yaw) + right * math.sin(yaw), depth * math.sin(yaw) - right * math.cos(yaw)]
                )
                ix, iy = np.floor((place - maps.origin[state.worlds.map[world]]) / (TEXEL_M * 2**level)).astype(int)
                expected = material_at(maps.ground, state.worlds.map[world], level, ix, iy)
                agreeing.append(expected == found[world, row, column])
    # Rounding in float32 moves a place across the border of a texel now and then.
    assert np.mean(agreeing) > 0.97


def test_the_floor_of_a_batch_draws(batch):
    floor = Floor(batch)
    floor.draw()
    assert floor.worlds == 3
    assert floor._semantic.any()
