"""Which things a sweep may meet: road users but for the own car, and scenery by its grid."""

import math

import numpy as np

from drivesim.kernels.device import device
from drivesim.sensors.camera.paint import PAINTS
from drivesim.sensors.camera.standing import StandingColumn, list_cells
from drivesim.sensors.lidar.solids import place_part
from drivesim.sensors.lidar.surfaces import OWN_PAINT

_X, _Y, _RADIUS = int(StandingColumn.X), int(StandingColumn.Y), int(StandingColumn.RADIUS)
_COS, _SIN = int(StandingColumn.COS), int(StandingColumn.SIN)
_HALF_LENGTH, _HALF_WIDTH = int(StandingColumn.HALF_LENGTH), int(StandingColumn.HALF_WIDTH)
_BASE, _TOP, _MODEL = int(StandingColumn.BASE), int(StandingColumn.TOP), int(StandingColumn.MODEL)
_INSTANCE = int(StandingColumn.INSTANCE)
_COLUMNS = np.int64(len(StandingColumn))
_OWN_PAINT, _ROW = np.int64(OWN_PAINT & 255), np.int64(255)
_PAINTS = np.int64(len(PAINTS))
_ZERO, _HALF = np.float32(0.0), np.float32(0.5)
f32 = np.float32
u64 = np.uint64


@device
def sweep_actors(scene, sweep, view, world, own, column, base, meet):
    """Lets a sweep meet the road users, that in slot `own` excepted."""
    actors, solids, mount = scene.actors, scene.solids, scene.mount
    for slot in range(actors.kind.shape[1]):
        kind = np.int64(actors.kind[world, slot])
        if kind == 0 or slot == own:
            continue
        half_length = _HALF * actors.length[world, slot]
        dx, dy = actors.x[world, slot] - view.x, actors.y[world, slot] - view.y
        # Twice its length for the way of both within a sweep; parts are told exactly.
        reach = mount.range + f32(4.0) * half_length + f32(20.0)
        if dx * dx + dy * dy > reach * reach:
            continue
        half_width = _HALF * actors.width[world, slot]
        ahead = half_length - actors.rear[world, slot]
        yaw = actors.yaw[world, slot]
        cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
        dx, dy = dx + ahead * cos, dy + ahead * sin
        model = u64(solids.kind_model[u64(kind)])
        paint = np.int64(scene.surfaces.paint_first[0]) + (np.int64(actors.look[world, slot]) * 7 + kind) % _PAINTS
        for part in range(solids.first[model], solids.first[model + u64(1)]):
            code = solids.code[u64(part)]
            if code & _ROW == _OWN_PAINT:
                code = (code & ~_ROW) | paint
            solid = place_part(
                solids, u64(part), dx, dy, cos, sin, ahead, half_length, half_width, _ZERO, actors.height[world, slot],
                np.int64(slot),
            )  # fmt: skip
            by_a, by_b = scene.surfaces.returned[u64(code & _ROW), 0], scene.surfaces.returned[u64(code & _ROW), 1]
            surface = (np.int64(slot + 1) << 16) | code
            meet(scene, sweep, view, world, column, base, np.int64(part), solid, surface, by_a, by_b)


@device
def sweep_standing(scene, sweep, view, world, index, column, base, meet):
    """Lets a sweep meet a piece of scenery."""
    row, solids, mount = scene.standing.row, scene.solids, scene.mount
    at = u64(np.int64(index) * _COLUMNS)
    dx, dy = row[at + u64(_X)] - view.x, row[at + u64(_Y)] - view.y
    reach = mount.range + row[at + u64(_RADIUS)] + f32(20.0)
    if dx * dx + dy * dy > reach * reach:
        return
    base_z, top = row[at + u64(_BASE)], row[at + u64(_TOP)]
    model = u64(np.int64(row[at + u64(_MODEL)]))
    for part in range(solids.first[model], solids.first[model + u64(1)]):
        solid = place_part(
            solids, u64(part), dx, dy, row[at + u64(_COS)], row[at + u64(_SIN)], _ZERO, row[at + u64(_HALF_LENGTH)],
            row[at + u64(_HALF_WIDTH)], base_z, top, np.int64(-1),
        )  # fmt: skip
        if not solid.z1 > solid.z0:
            continue
        code = solids.code[u64(part)]
        by_a, by_b = scene.surfaces.returned[u64(code & _ROW), 0], scene.surfaces.returned[u64(code & _ROW), 1]
        surface = (np.int64(row[at + u64(_INSTANCE)]) << 16) | code
        meet(scene, sweep, view, world, column, base, np.int64(part), solid, surface, by_a, by_b)


@device
def sweep_things(scene, sweep, view, world, own, map_index, column, runs, base, meet):
    """Lets a sweep meet everything that stands or moves; `meet` is called with every part."""
    sweep_actors(scene, sweep, view, world, own, column, base, meet)
    origin_x, origin_y = scene.origin[map_index, 0], scene.origin[map_index, 1]
    count = list_cells(view, scene.mount, scene.standing, map_index, origin_x, origin_y, runs)
    for run in range(count):
        for index in range(runs[u64(run), 0], runs[u64(run), 1]):
            sweep_standing(scene, sweep, view, world, index, column, base, meet)
