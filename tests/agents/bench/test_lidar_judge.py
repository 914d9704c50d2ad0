"""Embree is given the scene and the rays of the lidar that it is compared with."""

import numpy as np
import pytest

from agents.bench.lidar_judge import embree_sweeps, sweep_rays, world_mesh
from agents.bench.scenes import Batch
from tests.judges import ask
from tests.reference.lidar import rays_of

JUDGE = """
import trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector
cast = RayMeshIntersector(trimesh.Trimesh(given["vertices"], given["faces"], process=False))
where, ray, _ = cast.intersects_location(given["eye"], given["ray"], multiple_hits=False)
answer["distance"] = np.zeros(len(given["ray"]))
answer["distance"][ray] = np.linalg.norm(where - given["eye"][ray], axis=1)
"""


@pytest.fixture(scope="module")
def batch():
    sensors = [{"type": "lidar", "columns": 90, "sweep_s": 0.0, "channels": ["range", "semantic"]}]
    made = Batch("drivesim/Highway-v0", worlds=2, maps=1, sensors=sensors, cars=6)
    for _ in range(5):
        made.step()
    yield made
    made.close()


def test_rays_are_those_of_the_lidar(batch):
    simulation = batch.env.simulation
    lidar, state = simulation.rig.sensors[0], simulation.world.state
    eye, ray = sweep_rays(lidar, state, 1)
    yaw = float(state.actors.yaw[1, 0])
    turned = rays_of(lidar.config).reshape(-1, 3)
    cos, sin = np.cos(yaw), np.sin(yaw)
    expected = np.stack((turned[:, 0] * cos - turned[:, 1] * sin, turned[:, 0] * sin + turned[:, 1] * cos), axis=1)
    assert ray[:, :2] == pytest.approx(expected, abs=1e-9)
    assert (eye[:, 2] == lidar.config.z_m).all()


def test_embree_finds_most_rays_where_the_lidar_does(batch):
    simulation = batch.env.simulation
    lidar, state, maps = simulation.rig.sensors[0], simulation.world.state, simulation.bank.arrays
    lidar.update(maps, state, simulation.world.launcher, until="truth")
    vertices, faces = world_mesh(lidar, maps, state, 1)
    eye, ray = sweep_rays(lidar, state, 1)
    given = {"vertices": vertices, "faces": faces, "eye": eye, "ray": ray}
    judged = ask(JUDGE, given, "trimesh", "embreex")["distance"]
    judged[judged > lidar.config.device.range_m] = 0.0
    ranges = lidar.frames["range"][1].ravel()
    # Trees, poles and rails are boxes without holes to embree.
    assert np.mean(np.abs(judged - ranges) < 1e-3) > 0.85


def test_without_an_environment_there_is_no_figure(batch, monkeypatch):
    monkeypatch.delenv("DRIVESIM_JUDGES", raising=False)
    simulation = batch.env.simulation
    assert embree_sweeps(simulation.rig.sensors[0], simulation.bank.arrays, simulation.world.state) is None
