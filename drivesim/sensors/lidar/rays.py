"""The lidar of any pose: every ray has its own direction, from a table.

Slower than the level one and free of its condition: pitch and roll. It shares solids, textures and ground with the fast
path, and measures the same where both apply.
"""

import math

import numpy as np

from drivesim.kernels.device import device, routine
from drivesim.kernels.entry import kernel
from drivesim.sensors.camera.parts import PartColumn
from drivesim.sensors.lidar.ground import ground_at
from drivesim.sensors.lidar.pattern import FAR_M
from drivesim.sensors.lidar.scene import place_columns, view_of
from drivesim.sensors.lidar.solids import BILLBOARD, bearings_of, centre_at, hit_faces, is_hole
from drivesim.sensors.lidar.surfaces import END_HOLES, SIDE_HOLES, TOP_HOLES
from drivesim.sensors.lidar.things import sweep_things

_SHAPE = int(PartColumn.SHAPE)
_END, _SIDE, _TOP = np.int64(END_HOLES), np.int64(SIDE_HOLES), np.int64(TOP_HOLES)
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_FAR = np.float32(FAR_M)
_TINY = np.float32(1e-9)
f32 = np.float32
u64 = np.uint64


@device
def begin_rays(scene, sweep, base):
    """Every ray on the ground, or nowhere."""
    mount, pattern = scene.mount, scene.pattern
    for v in range(mount.beams):
        for k in range(mount.columns):
            at = u64(base + v * mount.columns + k)
            by_z = pattern.ray_car[v, k, 2]
            sweep.distance[at] = -mount.height / by_z if by_z < -_TINY else _FAR
            sweep.surface[at] = np.uint32(0)


@device
def is_column_near(pattern, k, ahead, left, up, radius):
    """Whether a ball, from the lidar in the car's frame, may meet a ray of a column."""
    squared = ahead * ahead + left * left + up * up
    if squared <= radius * radius:
        return True
    distance = f32(math.sqrt(squared))
    off = abs(ahead * pattern.plane[k, 0] + left * pattern.plane[k, 1] + up * pattern.plane[k, 2])
    if off > radius + pattern.plane_sin[k] * distance:
        return False
    sin = radius / distance
    cos = f32(math.sqrt(_ONE - sin * sin))
    along = ahead * pattern.axis[k, 0] + left * pattern.axis[k, 1] + up * pattern.axis[k, 2]
    return along >= (pattern.axis_cos[k] * cos - pattern.axis_sin[k] * sin) * distance


@device
def ray_meets(scene, part, shape, holes, solid, dx, dy, cos, sin, by_x, by_y, by_z):
    """Distance at which a ray meets a part, and the cosine of its incidence; distance `FAR_M`: not at all."""
    height = scene.mount.height
    if shape == BILLBOARD:
        square = by_x * by_x + by_y * by_y
        if square < _TINY:
            return _FAR, _ZERO
        distance = (dx * by_x + dy * by_y) / square
        level = f32(math.sqrt(square))
        aside = (by_y * dx - by_x * dy) / (level * solid.half_width)
        up = height + distance * by_z - solid.z0
        if not (distance > _ZERO and -_ONE < aside < _ONE and _ZERO <= up <= solid.z1 - solid.z0):
            return _FAR, _ZERO
        if is_hole(scene, part, solid, _SIDE, solid.half_length * aside, _ZERO, up, distance * level):
            return _FAR, _ZERO
        return distance, f32(math.sqrt(_ONE - aside * aside)) * level
    eye_l, eye_w = -(dx * cos + dy * sin), -(dy * cos - dx * sin)
    by_l, by_w = by_x * cos + by_y * sin, by_y * cos - by_x * sin
    distance, face, cosine = hit_faces(solid, eye_l, eye_w, height, by_l, by_w, by_z)
    if face < 0:
        return _FAR, _ZERO
    group = _TOP if face >= 4 else (_SIDE if face >= 2 else _END)
    if holes & group != 0:
        level = f32(math.sqrt(by_x * by_x + by_y * by_y))
        at_l, at_w, up = eye_l + distance * by_l, eye_w + distance * by_w, height + distance * by_z - solid.z0
        if is_hole(scene, part, solid, group, at_l, at_w, up, distance * level):
            return _FAR, _ZERO
    return distance, cosine


@routine
def sweep_part(scene, sweep, view, world, column, base, part, solid, surface, by_a, by_b):
    """Lets a sweep meet one part; `column` and `base` are the view's columns and its first ray."""
    mount, pattern = scene.mount, scene.pattern
    shape = scene.solids.row[u64(part), _SHAPE]
    holes = scene.solids.holes[u64(part)]
    tall = _HALF * (solid.z1 - solid.z0)
    flat = solid.half_length * solid.half_length + solid.half_width * solid.half_width
    _, _, _, near, _ = bearings_of(scene, view, world, solid, f32(math.sqrt(flat)))
    if near > mount.range:
        return
    radius = f32(math.sqrt(flat + tall * tall))
    up = solid.z0 + tall - mount.height
    for k in range(mount.columns):
        at = u64(k)
        x, y, cos, sin = centre_at(scene, view, world, solid, pattern.share[at])
        dx, dy = x - column[at, 0], y - column[at, 1]
        car_cos, car_sin = column[at, 2], column[at, 3]
        if not is_column_near(pattern, at, dx * car_cos + dy * car_sin, dy * car_cos - dx * car_sin, up, radius):
            continue
        for v in range(mount.beams):
            ahead, left, by_z = pattern.ray_car[v, k, 0], pattern.ray_car[v, k, 1], pattern.ray_car[v, k, 2]
            by_x, by_y = ahead * car_cos - left * car_sin, ahead * car_sin + left * car_cos
            distance, cosine = ray_meets(scene, u64(part), shape, holes, solid, dx, dy, cos, sin, by_x, by_y, by_z)
            ray = u64(base + v * mount.columns + k)
            if distance < sweep.distance[ray]:
                sweep.distance[ray], sweep.surface[ray] = distance, np.uint32(surface)
                sweep.strength[ray] = by_a * cosine + by_b * (_ONE - cosine * cosine)


@device
def end_rays(scene, sweep, view, map_index, column, base):
    """What is out of range, and what the ground is made of."""
    mount, pattern, surfaces = scene.mount, scene.pattern, scene.surfaces
    for v in range(mount.beams):
        for k in range(mount.columns):
            ray, at = u64(base + v * mount.columns + k), u64(k)
            distance = sweep.distance[ray]
            if not (mount.near <= distance <= mount.range):
                sweep.distance[ray], sweep.surface[ray], sweep.strength[ray] = _ZERO, np.uint32(0), _ZERO
                continue
            if sweep.surface[ray] == 0:
                ahead, left = distance * pattern.ray_car[v, k, 0], distance * pattern.ray_car[v, k, 1]
                car_cos, car_sin = column[at, 2], column[at, 3]
                x = view.x + column[at, 0] + ahead * car_cos - left * car_sin
                y = view.y + column[at, 1] + ahead * car_sin + left * car_cos
                code = ground_at(scene, map_index, x, y, pattern.ray_level[v, k])
                sweep.surface[ray] = np.uint32(code)
                of, cos = u64(code & 255), -pattern.ray_car[v, k, 2]
                sweep.strength[ray] = surfaces.returned[of, 0] * cos + surfaces.returned[of, 1] * (_ONE - cos * cos)


@kernel
def scan_rays(views, first, last, scene, sweep):
    """What the rays of `views[first:last]` meet; they come fastest in the order of their maps."""
    drivers = scene.slot.shape[1]
    rays = scene.mount.beams * scene.mount.columns
    for at in range(first, last):
        index = views[at]
        world = index // drivers
        own = np.int64(scene.slot[world, index - world * drivers])
        map_index = np.int64(scene.slot_of[scene.map[world]])
        view = view_of(scene, world, own)
        column, runs = sweep.column[index], sweep.runs[first]
        base = index * rays
        place_columns(scene, world, own, view, _ZERO, False, column)
        begin_rays(scene, sweep, base)
        sweep_things(scene, sweep, view, world, own, map_index, column, runs, base, sweep_part)
        end_rays(scene, sweep, view, map_index, column, base)
