"""What a lidar's rays meet, slowly and in float64: every ray against every solid. Shares data with the kernels (sizes,
parts, textures, reflectivities) and no code."""

import math
from typing import NamedTuple

import numpy as np

from drivesim.config import LidarConfig
from drivesim.maps.arrays import MapArrays, ObjectColumn
from drivesim.maps.network import SceneryKind
from drivesim.sensors.camera.atlas import ATLAS_LEVELS, atlas, place_of
from drivesim.sensors.camera.paint import CLEAR
from drivesim.sensors.camera.parts import SCENERY_MODEL, SCENERY_VARIANTS, PartColumn, Shape, parts
from drivesim.state import WorldState
from drivesim.state.kinds import KINDS

FAR = np.inf


class Placed(NamedTuple):
    """A solid somewhere: x along its heading, y to its left, z up from the ground."""

    shape: Shape
    pose: np.ndarray
    """x, y, yaw for every column, shape (column, 3)."""
    x: tuple[float, float]
    """Rear and front end at the foot, from the pose."""
    half_width: float
    z: tuple[float, float]
    shrink: tuple[float, float, float]
    """Metres per metre of height that rear, front and sides move in."""
    semantic: int
    instance: int
    faces: tuple[int, int, int, int] | None
    """Textures of rear, front, side and top; None: no holes."""
    tile: tuple[float, float]


class Reference(NamedTuple):
    """Results by ring and column."""

    distance: np.ndarray
    """0 for nothing."""
    semantic: np.ndarray
    """-1 for the ground, 0 for nothing."""
    instance: np.ndarray
    solid: np.ndarray
    """Index of the solid, -1 for none."""
    cosine: np.ndarray
    """Of the angle of incidence."""
    runner_up: np.ndarray
    """Distance of the next thing behind, inf for none."""


def arc_pose(before: np.ndarray, now: np.ndarray, share: np.ndarray) -> np.ndarray:
    """x, y, yaw on the circular arc from one pose to another, `share` of the way, shape (share, 3)."""
    turn = (now[2] - before[2] + math.pi) % (2.0 * math.pi) - math.pi
    chord, course = math.hypot(*(now - before)[:2]), math.atan2(now[1] - before[1], now[0] - before[0])
    if abs(turn) < 1e-9:
        length, toward = share * chord, np.full(len(share), course)
    else:
        length = chord * np.sin(0.5 * share * turn) / math.sin(0.5 * turn)
        toward = course - 0.5 * turn + 0.5 * share * turn
    return np.stack(
        (before[0] + length * np.cos(toward), before[1] + length * np.sin(toward), before[2] + share * turn), axis=1
    )


def pose_of(state: WorldState, world: int, slot: int, share: np.ndarray) -> np.ndarray:
    """Pose of a road user at every share of the last step."""
    a = state.actors
    now = np.array([a.x[world, slot], a.y[world, slot], a.yaw[world, slot]], np.float64)
    before = np.array([a.before_x[world, slot], a.before_y[world, slot], a.before_yaw[world, slot]], np.float64)
    exact = arc_pose(before, now, share)
    exact[share == 1.0] = now
    return exact


def shares_of(config: LidarConfig, step_s: float) -> np.ndarray:
    """When each column is measured, as a share of the last step."""
    count = config.column_count
    return 1.0 - config.device.sweep_s / step_s * (count - 1 - np.arange(count)) / count


def rays_of(config: LidarConfig) -> np.ndarray:
    """Unit directions in the car's frame, shape (ring, column, 3)."""
    device = config.device
    fov = math.radians(device.fov_deg)
    azimuth = 0.5 * fov - (np.arange(device.columns) + 0.5) / device.columns * fov
    elevation = np.radians(device.elevations_deg)[:, None]
    flat = np.cos(elevation)
    ray = np.stack(np.broadcast_arrays(flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)), axis=-1)
    for axis, angle in (("x", config.roll_deg), ("y", config.pitch_deg), ("z", config.yaw_deg)):
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        x, y, z = ray[..., 0], ray[..., 1], ray[..., 2]
        if axis == "x":
            ray = np.stack((x, cos * y - sin * z, sin * y + cos * z), axis=-1)
        elif axis == "y":
            ray = np.stack((cos * x + sin * z, y, -sin * x + cos * z), axis=-1)
        else:
            ray = np.stack((cos * x - sin * y, sin * x + cos * y, z), axis=-1)
    return ray


def placed_solids(
    config: LidarConfig, maps: MapArrays, state: WorldState, world: int, step_s: float, own: int = 0
) -> list[Placed]:
    """Everything that stands in a world, the own car excepted."""
    share = shares_of(config, step_s)
    found = []
    a = state.actors
    for slot in range(a.kind.shape[1]):
        if a.kind[world, slot] == 0 or slot == own:
            continue
        kind = KINDS[a.kind[world, slot] - 1]
        length, width, height = (float(array[world, slot]) for array in (a.length, a.width, a.height))
        rear = float(a.rear[world, slot])
        for box in kind.body:
            ends = [0.5 * length - rear + 0.5 * length * end for end in box.x]
            found.append(
                Placed(
                    Shape.BOX, pose_of(state, world, slot, share), (ends[0], ends[1]), 0.5 * width * box.y,
                    (height * box.z[0], height * box.z[1]), (0.0, 0.0, 0.0), int(kind.semantic), slot + 1, None,
                    (0.0, 0.0),
                )
            )  # fmt: skip
    return found + _placed_scenery(maps, int(maps.slot_of[state.worlds.map[world]]), len(share))


def _placed_scenery(maps: MapArrays, index: int, columns: int) -> list[Placed]:
    scenery, table = maps.scenery, parts()
    cells = int(scenery.grid_size[index].prod())
    first_cell = int(scenery.grid_first[index])
    first, last = scenery.cell_first[first_cell], scenery.cell_first[first_cell + cells]
    found = []
    for number, at in enumerate(range(first, last)):
        thing = scenery.object[at].astype(np.float64)
        kind, look = SceneryKind(int(scenery.kind[at])), int(scenery.look[at])
        x, y, cos, sin, half_l, half_w, base, top = (thing[ObjectColumn[name]] for name in ObjectColumn.__members__)
        place = math.floor(x) ^ math.floor(y)
        varied = kind <= SceneryKind.BUSH or kind == SceneryKind.BUILDING
        variant = (place if varied else look) % int(SCENERY_VARIANTS[kind])
        if kind == SceneryKind.POST:
            variant = int(top > 1.2)
        model = int(SCENERY_MODEL[kind]) + variant
        for part in table.row[table.first[model] : table.first[model + 1]].astype(np.float64):
            z0 = base + part[PartColumn.Z0] * (top - base) + part[PartColumn.Z0_M]
            z1 = base + part[PartColumn.Z1] * (top - base) + part[PartColumn.Z1_M]
            if z1 <= z0:
                continue
            ends = (
                part[PartColumn.X0] * half_l + part[PartColumn.X0_M],
                part[PartColumn.X1] * half_l + part[PartColumn.X1_M],
            )
            taper = part[[PartColumn.TAPER_REAR, PartColumn.TAPER_FRONT, PartColumn.TAPER_SIDE]]
            shrink = taper * np.array((half_l, half_l, half_w)) / (z1 - z0)
            found.append(
                Placed(
                    Shape(int(part[PartColumn.SHAPE])),
                    np.tile((x, y, math.atan2(sin, cos)), (columns, 1)), ends,
                    part[PartColumn.Y] * half_w + part[PartColumn.Y_M], (z0, z1), tuple(shrink.tolist()),
                    int(part[PartColumn.SEMANTIC]), 256 + number % 60000,
                    tuple(int(part[PartColumn.FACE_REAR + k]) for k in range(4)),
                    (part[PartColumn.TILE], part[PartColumn.TILE_Z]),
                )
            )  # fmt: skip
    return found


def is_clear(face: int, across: np.ndarray, up: np.ndarray, texels_per_spot: np.ndarray) -> np.ndarray:
    """Whether a texture is clear; `across` and `up` count its repeats, `texels_per_spot` its texels under one."""
    textures = atlas()
    level = np.clip(np.floor(np.log2(np.maximum(texels_per_spot, 1e-12) / math.sqrt(2.0))) + 1, 0, ATLAS_LEVELS - 1)
    place = place_of(textures.level[face][level.astype(np.int64)])
    column = (np.maximum(across, 0.0) * place.width).astype(np.int64) % place.width
    row = (np.maximum(up, 0.0) * place.height).astype(np.int64) % place.height
    return textures.texel[place.first + row * place.width + column] == CLEAR


def meet(solid: Placed, eye: np.ndarray, ray: np.ndarray, divergence: float) -> tuple[np.ndarray, np.ndarray]:
    """Distances at which rays meet a solid, inf where they do not, and cosines of incidence.

    Args:
        solid: The solid.
        eye: World position of the lidar for every column, shape (column, 3).
        ray: Unit directions in the world, shape (ring, column, 3).
        divergence: Full angle of a beam [rad].
    """
    cos, sin = np.cos(solid.pose[:, 2]), np.sin(solid.pose[:, 2])
    dx, dy = eye[:, 0] - solid.pose[:, 0], eye[:, 1] - solid.pose[:, 1]
    middle, half_l = 0.5 * (solid.x[0] + solid.x[1]), 0.5 * (solid.x[1] - solid.x[0])
    z0, z1 = solid.z
    half_w = solid.half_width
    eye_l, eye_w = dx * cos + dy * sin - middle, dy * cos - dx * sin
    by_l, by_w = ray[..., 0] * cos + ray[..., 1] * sin, ray[..., 1] * cos - ray[..., 0] * sin
    by_z, eye_z = ray[..., 2], eye[:, 2] - z0
    level = np.hypot(by_l, by_w)
    if solid.shape == Shape.BILLBOARD:
        distance = -(eye_l * by_l + eye_w * by_w) / level**2
        aside = (by_l * eye_w - by_w * eye_l) / (level * half_w)
        up = eye_z + distance * by_z
        met = (distance > 0.0) & (np.abs(aside) < 1.0) & (up >= 0.0) & (up <= z1 - z0)
        assert solid.faces is not None
        spot = distance * level * divergence * _columns(solid.faces[0]) / (2.0 * half_w)
        met &= ~is_clear(solid.faces[0], 0.5 + 0.5 * aside, up / (z1 - z0), spot)
        return np.where(met, distance, FAR), np.sqrt(np.maximum(1.0 - aside**2, 0.0)) * level
    rear, front, side = solid.shrink
    normals = np.array(
        ((-1.0, 0.0, rear), (1.0, 0.0, front), (0.0, -1.0, side), (0.0, 1.0, side), (0.0, 0.0, 1.0), (0.0, 0.0, -1.0))
    )
    rooms = np.array((half_l, half_l, half_w, half_w, z1 - z0, 0.0))
    enter, leave = np.full(by_z.shape, -FAR), np.full(by_z.shape, FAR)
    face = np.full(by_z.shape, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        for number, (normal, room) in enumerate(zip(normals, rooms, strict=True)):
            by = normal[0] * by_l + normal[1] * by_w + normal[2] * by_z
            left = room - (normal[0] * eye_l + normal[1] * eye_w + normal[2] * eye_z)
            at = left / by
            later = (by < 0.0) & (at > enter)
            enter[later], face[later] = at[later], number
            leave = np.where(by > 0.0, np.minimum(leave, at), leave)
            leave = np.where((by == 0.0) & (left < 0.0), -FAR, leave)
    met = (enter > 0.0) & (enter < leave)
    lengths = np.linalg.norm(normals, axis=1)
    by = normals[face, 0] * by_l + normals[face, 1] * by_w + normals[face, 2] * by_z
    cosine = np.abs(by) / lengths[face]
    if solid.faces is not None and solid.shape == Shape.BOX:
        finite = np.where(met, enter, 0.0)
        at_l, at_w, up = eye_l + finite * by_l, eye_w + finite * by_w, eye_z + finite * by_z
        rise = up * solid.tile[1] if solid.tile[1] else up / (z1 - z0)
        for group, (texture, place, length) in enumerate(
            (
                (0, half_w - at_w, 2.0 * half_w), (1, half_w - at_w, 2.0 * half_w), (2, half_l + at_l, 2.0 * half_l),
                (2, half_l + at_l, 2.0 * half_l), (3, half_l + at_l, 2.0 * half_l), (3, half_l + at_l, 2.0 * half_l),
            )
        ):  # fmt: skip
            name = solid.faces[texture]
            per_m = solid.tile[0] or 1.0 / length
            upward = (half_w + at_w) / (2.0 * half_w) if texture == 3 else rise
            hole = is_clear(name, place * per_m, upward, finite * level * divergence * _columns(name) * per_m)
            met &= ~((face == group) & hole)
    return np.where(met, enter, FAR), cosine


def _columns(face: int) -> int:
    return int(place_of(atlas().level[face, 0]).width)


def sweep_reference(
    config: LidarConfig, maps: MapArrays, state: WorldState, world: int = 0, *, step_s: float = 0.1, own: int = 0
) -> Reference:
    """What a perfect device measures in one world."""
    device = config.device
    share = shares_of(config, step_s)
    pose = pose_of(state, world, own, share)
    cos, sin = np.cos(pose[:, 2]), np.sin(pose[:, 2])
    eye = np.stack(
        (
            pose[:, 0] + config.x_m * cos - config.y_m * sin,
            pose[:, 1] + config.x_m * sin + config.y_m * cos,
            np.full(len(share), config.z_m),
        ),
        axis=1,
    )
    car = rays_of(config)
    ray = np.stack((car[..., 0] * cos - car[..., 1] * sin, car[..., 0] * sin + car[..., 1] * cos, car[..., 2]), axis=-1)
    with np.errstate(divide="ignore"):
        distance = np.where(ray[..., 2] < 0.0, -config.z_m / ray[..., 2], FAR)
    semantic, instance = np.full(distance.shape, -1), np.zeros(distance.shape, np.int64)
    which, cosine, behind = np.full(distance.shape, -1), np.abs(ray[..., 2]), np.full(distance.shape, FAR)
    reach = device.range_m + 60.0
    for index, solid in enumerate(placed_solids(config, maps, state, world, step_s, own)):
        if np.hypot(*(solid.pose[-1, :2] - eye[-1, :2])) > reach:
            continue
        at, by = meet(solid, eye, ray, 1e-3 * device.divergence_mrad)
        nearer = at < distance
        behind = np.where(nearer, distance, np.minimum(behind, at))
        distance = np.where(nearer, at, distance)
        for array, value in ((semantic, solid.semantic), (instance, solid.instance), (which, index)):
            array[nearer] = value
        cosine = np.where(nearer, by, cosine)
    met = (distance >= max(device.range_min_m, 1e-3)) & (distance <= device.range_m)
    return Reference(
        np.where(met, distance, 0.0), np.where(met, semantic, 0), np.where(met, instance, 0),
        np.where(met, which, -1), cosine, behind,
    )  # fmt: skip
