"""Far lane markings stay visible and do not shimmer while the car drives on."""

import math

import numpy as np
import pytest

from drivesim.config import CameraConfig
from drivesim.maps.materials import Material, shade
from drivesim.semantics import Semantic
from tests.reference.camera import Oracle
from tests.reference.views import asphalt, frames_of, maps_of, state_of

STEPS = 100
STEP_M = 0.1
EDGE_M = 1.8
"""Solid lines this far to either side; dashes of 4 m every 12 m at 1.8 m + 3.6 m to the left."""
CALM = 0.1
"""The variance from frame to frame must stay below this share of that of point sampling. Measured: 0.03."""


@pytest.fixture(scope="module")
def road():
    """Asphalt with two edge lines 0.2 m wide and a row of dashes, along x."""
    noise = np.random.default_rng(11).normal(88.0, 2.0, (2048, 2048))
    picture = shade(Material.ASPHALT, noise)
    paint = int(shade(Material.WHITE_PAINT, 215.0))

    def rows(y: float, width: float) -> slice:
        return slice(1024 + round((y - width / 2) * 10), 1024 + round((y + width / 2) * 10))

    for y in (-EDGE_M, EDGE_M):
        picture[rows(y, 0.2)] = paint
    for start in range(0, 2048, 120):
        picture[rows(EDGE_M + 3.6, 0.2), start : start + 40] = paint
    assert picture.dtype == asphalt().dtype
    return maps_of(picture=picture)


@pytest.fixture(scope="module")
def config():
    return CameraConfig(width=64, height=64, channels=("rgb", "semantic", "depth"))


@pytest.fixture(scope="module")
def drive(road, config):
    """Frames of a car that moves on by 0.1 m each, slightly askew to the road."""
    state = state_of(world=STEPS, slot=1)
    state.actors.x[:, 0] = np.arange(STEPS) * STEP_M - 30.0
    state.actors.yaw[:, 0] = 0.02
    return state, frames_of(config, road, state)


def far_rows(frames) -> np.ndarray:
    depth = frames["depth"][0, :, 0]
    return np.flatnonzero((depth > 10.0) & (depth < 60.0))


def flicker(pictures: np.ndarray) -> float:
    """Mean square of what a pixel does beyond a steady change."""
    luma = pictures.astype(np.float64).mean(axis=-1)
    return float(((luma[2:] - 2.0 * luma[1:-1] + luma[:-2]) ** 2).mean())


def test_far_markings_do_not_shimmer(road, config, drive):
    state, frames = drive
    rows = far_rows(frames)
    pointwise = Oracle(config, road, point_sampled=True)
    plain = np.stack([pointwise.render(state, world)["rgb"][rows] for world in range(STEPS)])
    assert flicker(frames["rgb"][:, rows]) < CALM * flicker(plain)


@pytest.mark.parametrize("side", [-1, 1])
def test_edge_lines_are_classed_as_lines_in_every_row_of_every_frame(drive, side):
    _, frames = drive
    rows = np.flatnonzero((frames["depth"][0, :, 0] > 4.0) & (frames["depth"][0, :, 0] < 48.0))
    for world in range(0, STEPS, 7):
        for row in rows:
            depth = float(frames["depth"][world, row, 0])
            right = -(side * EDGE_M - (1.7 + depth) * math.sin(0.02))
            column = 32.0 + 32.0 * right / depth
            near = frames["semantic"][world, row, max(int(column) - 1, 0) : int(column) + 2]
            assert (near == Semantic.ROAD_LINE).any(), (world, row)


def test_far_lines_keep_their_contrast(drive):
    _, frames = drive
    for depth, contrast in ((12.0, 35.0), (20.0, 25.0), (40.0, 12.0)):
        row = int(np.abs(frames["depth"][0, :, 0] - depth).argmin())
        luma = frames["rgb"][:, row].astype(float).mean(axis=-1)
        line = frames["semantic"][:, row] == Semantic.ROAD_LINE
        road = frames["semantic"][:, row] == Semantic.ROAD
        assert luma[line].mean() - luma[road].mean() > contrast, depth


def test_dashes_stay_apart_at_13_m(drive):
    _, frames = drive
    row = int(np.abs(frames["depth"][0, :, 0] - 13.0).argmin())
    depth = float(frames["depth"][0, row, 0])
    column = int(32.0 - 32.0 * (EDGE_M + 3.6 - (1.7 + depth) * math.sin(0.02)) / depth)
    luma = frames["rgb"][:, row, column - 1 : column + 2].astype(float).mean(axis=-1).max(axis=1)
    assert luma.max() - luma.min() > 25.0
