"""The same sweeps by trimesh and embree, in a virtual environment of their own, for the speed of the lidar.

The folder is named by the environment variable DRIVESIM_JUDGES. Embree gets the boxes and roofs of one world as
triangles, built into its tree beforehand, and the rays of one sweep; only the casting is timed.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from drivesim.maps.arrays import MapArrays
from drivesim.sensors.camera.parts import PartColumn, Shape
from drivesim.sensors.camera.standing import StandingColumn
from drivesim.sensors.lidar.pattern import azimuths_of, rotation_of
from drivesim.sensors.lidar.sensor import Lidar
from drivesim.sensors.lidar.surfaces import Solids
from drivesim.state import WorldState

JUDGES = "DRIVESIM_JUDGES"
_CASTS_S = 2.0
_PROGRAM = """
import sys, time
import numpy as np, trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector
given = np.load(sys.argv[1])
mesh = trimesh.Trimesh(given["vertices"], given["faces"], process=False)
cast = RayMeshIntersector(mesh)
eye, ray = given["eye"], given["ray"]
cast.intersects_location(eye, ray, multiple_hits=False)
began, count = time.process_time(), 0
while time.process_time() - began < float(sys.argv[2]):
    cast.intersects_location(eye, ray, multiple_hits=False)
    count += 1
print(count / (time.process_time() - began))
"""
_SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def embree_sweeps(lidar: Lidar, maps: MapArrays, state: WorldState, world: int = 0) -> float | None:
    """Sweeps of a world that embree casts per second of processor time; None where it cannot be had."""
    python = _interpreter()
    if python is None:
        return None
    vertices, faces = world_mesh(lidar, maps, state, world)
    eye, ray = sweep_rays(lidar, state, world)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scene.npz"
        np.savez(file, vertices=vertices, faces=faces, eye=eye, ray=ray)
        done = subprocess.run(
            [python, "-c", _PROGRAM, str(file), str(_CASTS_S)], capture_output=True, text=True, check=True
        )
    return float(done.stdout)


def _interpreter() -> str | None:
    """An interpreter that can import embreex and trimesh."""
    for folder in filter(None, os.environ.get(JUDGES, "").split(os.pathsep)):
        python = Path(folder) / "bin" / "python"
        if (
            python.is_file()
            and not subprocess.run([python, "-c", "import embreex, trimesh"], capture_output=True).returncode
        ):
            return str(python)
    return None


def sweep_rays(lidar: Lidar, state: WorldState, world: int) -> tuple[np.ndarray, np.ndarray]:
    """Origins and directions of a sweep's rays in the world, all at the time stamp, shape (ray, 3)."""
    config, actors = lidar.config, state.actors
    slot = state.drivers.slot[world, 0]
    yaw = float(actors.yaw[world, slot])
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0.0], [np.sin(yaw), np.cos(yaw), 0.0], [0.0, 0.0, 1.0]])
    elevation, azimuth = np.radians(config.device.elevations_deg)[:, None], azimuths_of(config)
    flat = np.cos(elevation)
    ray = np.stack(np.broadcast_arrays(flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)), axis=-1)
    ray = ray.reshape(-1, 3) @ (turn @ rotation_of(config)).T
    eye = np.array([actors.x[world, slot], actors.y[world, slot], 0.0])
    eye = eye + turn @ np.array([config.x_m, config.y_m, config.z_m])
    return np.tile(eye, (len(ray), 1)), ray


def world_mesh(lidar: Lidar, maps: MapArrays, state: WorldState, world: int) -> tuple[np.ndarray, np.ndarray]:
    """What a lidar meets in a world as triangles, billboards as thin boxes, and the ground: vertices and faces."""
    scene = lidar.scene(maps, state)
    solids, actors = scene.solids, state.actors
    own = int(state.drivers.slot[world, 0])
    boxes: list[np.ndarray] = []
    for slot in np.flatnonzero(actors.kind[world]).tolist():
        if slot == own:
            continue
        length, width, height, rear, x, y, yaw = (
            float(getattr(actors, name)[world, slot]) for name in ("length", "width", "height", "rear", "x", "y", "yaw")
        )
        cos, sin = np.cos(yaw), np.sin(yaw)
        ahead = 0.5 * length - rear
        model = int(solids.kind_model[actors.kind[world, slot]])
        middle = (x + ahead * cos, y + ahead * sin, cos, sin)
        boxes += _parts(solids, model, *middle, 0.5 * length, 0.5 * width, 0.0, height)
    index = int(maps.slot_of[state.worlds.map[world]])
    first = int(maps.scenery.grid_first[index])
    bounds = maps.scenery.cell_first[[first, first + int(maps.scenery.grid_size[index].prod())]]
    x0, y0 = float(actors.x[world, own]), float(actors.y[world, own])
    for row in scene.standing.row.reshape(-1, len(StandingColumn))[bounds[0] : bounds[1]].astype(np.float64):
        if np.hypot(row[StandingColumn.X] - x0, row[StandingColumn.Y] - y0) > lidar.config.device.range_m + 30.0:
            continue
        names = ("X", "Y", "COS", "SIN", "HALF_LENGTH", "HALF_WIDTH", "BASE", "TOP")
        boxes += _parts(solids, int(row[StandingColumn.MODEL]), *(row[StandingColumn[name]] for name in names))
    corners = np.array(boxes)
    starts = 8 * np.arange(len(corners))[:, None, None]
    triangles = np.array([t for a, b, c, d in _SIDES for t in ((a, b, c), (a, c, d))])
    ground = np.array([(x0 + dx, y0 + dy, 0.0) for dx, dy in ((-500, -500), (500, -500), (500, 500), (-500, 500))])
    last = 8 * len(corners)
    faces = np.concatenate(
        ((starts + triangles).reshape(-1, 3), [(last, last + 1, last + 2), (last, last + 2, last + 3)])
    )
    return np.concatenate((corners.reshape(-1, 3), ground)), faces


def _parts(
    solids: Solids, model: int, x: float, y: float, cos: float, sin: float, half_l: float, half_w: float, base: float,
    top: float,
) -> list[np.ndarray]:  # fmt: skip
    """Corners of the parts of a thing, shape (8, 3) each."""
    found = []
    table, first = solids.row, solids.first
    for part in table[first[model] : first[model + 1]].astype(np.float64):
        p = PartColumn
        z0 = base + part[p.Z0] * (top - base) + part[p.Z0_M]
        z1 = base + part[p.Z1] * (top - base) + part[p.Z1_M]
        wide = part[p.Y] * half_w + part[p.Y_M]
        rear, front = part[p.X0] * half_l + part[p.X0_M], part[p.X1] * half_l + part[p.X1_M]
        if part[p.SHAPE] == Shape.BILLBOARD:
            rear, front = -0.05, 0.05
        if z1 <= z0:
            continue
        corners = []
        for is_front in (0, 1):
            for is_left in (-1, 1):
                for z in (z0, z1):
                    up = (z - z0) / (z1 - z0)
                    along = (
                        front - part[p.TAPER_FRONT] * half_l * up
                        if is_front
                        else rear + part[p.TAPER_REAR] * half_l * up
                    )
                    across = is_left * (wide - part[p.TAPER_SIDE] * half_w * up)
                    corners.append((x + along * cos - across * sin, y + along * sin + across * cos, z))
        found.append(np.array(corners))
    return found
