"""What upright things are made of: boxes, tapered boxes and billboards, as a table that kernels walk.

A part is given in the frame of its thing: x along its heading, y to its left, z up, origin at the centre of its
outline on the ground. Lengths are a fraction of the thing's own size plus metres:

    x0 = X0 * half_length + X0_M        x1 = X1 * half_length + X1_M        half_width = Y * half_width + Y_M
    z0 = base + Z0 * (top - base) + Z0_M                                    z1 = base + Z1 * (top - base) + Z1_M

A tapered box narrows from z0 to z1: its rear moves forward by TAPER_REAR * half_length, its front back by
TAPER_FRONT * half_length, each side in by TAPER_SIDE * half_width of the thing. A billboard is an upright rectangle
that turns about its vertical axis to face the eye: trees, posts and poles.
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from drivesim.maps.network import SceneryKind
from drivesim.semantics import Semantic
from drivesim.sensors.camera.atlas import LIMIT_COUNT, Face
from drivesim.state.kinds import KINDS, ActorKind, Paint, RoadUserKind


class Shape(IntEnum):
    """Geometry of a part."""

    BOX = 0
    TAPERED = 1
    BILLBOARD = 2


class PartColumn(IntEnum):
    """Columns of `Parts.row`."""

    SHAPE = 0
    X0 = 1
    X0_M = 2
    X1 = 3
    X1_M = 4
    Y = 5
    Y_M = 6
    Z0 = 7
    Z0_M = 8
    Z1 = 9
    Z1_M = 10
    TAPER_REAR = 11
    TAPER_FRONT = 12
    TAPER_SIDE = 13
    TILE = 14
    """Repeats of the texture per metre along upright faces [1/m]; 0 stretches it once over the face."""
    TILE_Z = 15
    """Repeats per metre of height [1/m]; 0 stretches."""
    FACE_REAR = 16
    FACE_FRONT = 17
    FACE_SIDE = 18
    FACE_TOP = 19
    SEMANTIC = 20
    ASIDE = 21
    """Middle to the left of the thing's, over its half width."""
    SWING = 22
    """Greatest way ahead and back with the gait, over the thing's height."""
    PHASE = 23
    """Added to the gait's [rad]."""
    LIFT = 24
    """Greatest way up and down with the gait, a quarter of a turn after SWING, over the thing's height."""


VARIANTS = 4
"""Models per kind of scenery, of those without a number of their own."""
_OWN_VARIANTS = {SceneryKind.ROAD_SIGN: 32}
SCENERY_VARIANTS = np.array([1, *(_OWN_VARIANTS.get(kind, VARIANTS) for kind in SceneryKind)])
"""Models of each kind of scenery, shape (kind + 1,); row 0 is no kind."""
SCENERY_MODEL = np.cumsum(SCENERY_VARIANTS) - SCENERY_VARIANTS - 1
"""First model of each kind of scenery, shape (kind + 1,); its variant is added. Road users come after."""


class Parts(NamedTuple):
    """Parts of every model, for kernels."""

    row: np.ndarray
    """`PartColumn` columns, float32, shape (part, 25)."""
    first: np.ndarray
    """First row of each model, int32, shape (model + 1,)."""
    kind_model: np.ndarray
    """First model of each kind of road user, int64, shape (kind + 1,); row 0 is no kind."""
    kind_variants: np.ndarray
    """Models of each kind, chosen by look, int64, shape (kind + 1,)."""
    kind_far_model: np.ndarray
    """Model of each kind where it is small in the picture, -1 for the same, int64, shape (kind + 1,)."""
    shadow_height: np.ndarray
    """Height of the box that casts a road user's shadow over its height, float32, shape (kind + 1,)."""


def part_row(
    shape: Shape, faces: Sequence[int], semantic: Semantic, *, x: tuple[float, float] = (-1.0, 1.0),
    y: float = 1.0, z: tuple[float, float] = (0.0, 1.0), x_m: tuple[float, float] = (0.0, 0.0), y_m: float = 0.0,
    z_m: tuple[float, float] = (0.0, 0.0), taper: tuple[float, float, float] = (0.0, 0.0, 0.0),
    tile: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:  # fmt: skip
    """A row; `faces` are rear, front, side, top; `taper` is rear, front, side; `tile` is the size of a repeat [m]."""
    row = np.zeros(len(PartColumn), np.float32)
    row[PartColumn.SHAPE] = shape
    row[PartColumn.X0 : PartColumn.X1_M + 1] = x[0], x_m[0], x[1], x_m[1]
    row[PartColumn.Y : PartColumn.Z1_M + 1] = y, y_m, z[0], z_m[0], z[1], z_m[1]
    row[PartColumn.TAPER_REAR : PartColumn.TILE_Z + 1] = *taper, *(1.0 / size if size else 0.0 for size in tile)
    row[PartColumn.FACE_REAR : PartColumn.FACE_TOP + 1] = faces
    row[PartColumn.SEMANTIC] = semantic
    return row


def _car(cabin: tuple[float, float], taper: tuple[float, float, float]) -> list[np.ndarray]:
    body = (Face.CAR_REAR, Face.CAR_FRONT, Face.CAR_SIDE, Face.CAR_TOP)
    glass = (Face.CABIN_REAR, Face.CABIN_FRONT, Face.CABIN_SIDE, Face.BODY)
    return [
        part_row(Shape.BOX, body, Semantic.CAR, z=(0.0, 0.6)),
        part_row(Shape.TAPERED, glass, Semantic.CAR, x=cabin, y=0.95, z=(0.6, 1.0), taper=taper),
    ]


def _van() -> list[np.ndarray]:
    body = (Face.VAN_REAR, Face.VAN_FRONT, Face.VAN_SIDE, Face.BODY)
    hold = (Face.VAN_CABIN_REAR, Face.CABIN_FRONT, Face.VAN_CABIN_SIDE, Face.BODY)
    return [
        part_row(Shape.BOX, body, Semantic.CAR, z=(0.0, 0.48)),
        part_row(Shape.TAPERED, hold, Semantic.CAR, x=(-1.0, 0.66), z=(0.48, 1.0), taper=(0.02, 0.3, 0.08)),
    ]


def _truck() -> list[np.ndarray]:
    cab = (Face.BODY, Face.CAB_FRONT, Face.CAB_SIDE, Face.BODY)
    cargo = (Face.CARGO_REAR, Face.CARGO_REAR, Face.CARGO_SIDE, Face.CARGO_TOP)
    chassis = (Face.CHASSIS_REAR, Face.CHASSIS_REAR, Face.CHASSIS_SIDE, Face.TRIM)
    roof = (Face.BODY, Face.BODY, Face.BODY, Face.BODY)
    mirrors = (Face.MIRRORS, Face.MIRRORS, Face.TRIM, Face.NOTHING)
    return [
        part_row(Shape.BOX, chassis, Semantic.TRUCK, x=(-1.0, 0.62), y=0.94, z=(0.0, 0.28)),
        part_row(Shape.BOX, cargo, Semantic.TRUCK, x=(-1.0, 0.56), z=(0.28, 1.0)),
        part_row(Shape.BOX, cab, Semantic.TRUCK, x=(0.6, 1.0), y=0.97, z=(0.0, 0.84)),
        part_row(Shape.TAPERED, roof, Semantic.TRUCK, x=(0.64, 0.96), y=0.9, z=(0.84, 0.97), taper=(0.0, 0.2, 0.1)),
        part_row(Shape.BOX, mirrors, Semantic.TRUCK, x=(0.93, 0.96), y=1.0, y_m=0.2, z=(0.52, 0.72)),
    ]


def _motorcycle() -> list[np.ndarray]:
    bike = (Face.BIKE_REAR, Face.BIKE_FRONT, Face.BIKE_SIDE, Face.NOTHING)
    return [
        part_row(Shape.BOX, bike, Semantic.MOTORCYCLE, y=0.26, z=(0.0, 0.62)),
        part_row(Shape.BILLBOARD, (Face.RIDER,) * 4, Semantic.RIDER, x=(-0.42, 0.2), y=0.66, z=(0.42, 1.0)),
    ]


def _billboard(face: Face, semantic: Semantic) -> list[np.ndarray]:
    return [part_row(Shape.BILLBOARD, (face,) * 4, semantic)]


def _building(taper: tuple[float, float, float], gable: Face) -> list[np.ndarray]:
    """Ground floor, upper floors and a roof with eaves; the walls take two thirds of the height."""
    walls = 0.66
    low = (Face.FACADE_LOW,) * 3 + (Face.WALL,)
    high = (Face.FACADE,) * 3 + (Face.WALL,)
    tiles = (gable, gable, Face.ROOF, Face.ROOF)
    return [
        part_row(Shape.BOX, low, Semantic.BUILDING, z=(0.0, 0.0), z_m=(0.0, 2.8), tile=(5.0, 0.0)),
        part_row(Shape.BOX, high, Semantic.BUILDING, z=(0.0, walls), z_m=(2.8, 0.0), tile=(5.0, 2.8)),
        part_row(
            Shape.TAPERED, tiles, Semantic.BUILDING, x_m=(-0.4, 0.4), y_m=0.4, z=(walls, 1.0),
            z_m=(-0.15, 0.0), taper=taper,
        ),
    ]  # fmt: skip


def _sign(face: int, back: Face) -> list[np.ndarray]:
    side = Face.METAL_DARK if back == Face.METAL_DARK else Face.NOTHING
    return [part_row(Shape.BOX, (face, back, side, side), Semantic.TRAFFIC_SIGN)]


def _lamp() -> list[np.ndarray]:
    pole = part_row(Shape.BILLBOARD, (Face.METAL,) * 4, Semantic.POLE)
    head = (Face.METAL_DARK,) * 4
    arm = part_row(
        Shape.BOX, head, Semantic.POLE, x=(0.0, 0.0), x_m=(0.0, 2.2), y=0.0, y_m=0.09, z=(1.0, 1.0), z_m=(-0.16, 0.0)
    )
    return [pole, arm]


def _fence(face: Face, top: Face, semantic: Semantic, tile: float) -> list[np.ndarray]:
    return [part_row(Shape.BOX, (face, face, face, top), semantic, tile=(tile, 0.0))]


def _guard_rail() -> list[np.ndarray]:
    beam = (Face.METAL_DARK, Face.METAL_DARK, Face.RAIL_BEAM, Face.METAL)
    posts = (Face.NOTHING, Face.NOTHING, Face.RAIL_POSTS, Face.NOTHING)
    return [
        part_row(Shape.BOX, beam, Semantic.GUARD_RAIL, z=(0.55, 1.0)),
        part_row(Shape.BOX, posts, Semantic.GUARD_RAIL, y=0.3, z=(0.0, 0.55), tile=(4.0, 0.0)),
    ]


def _drawn() -> dict[ActorKind, list[list[np.ndarray]]]:
    """Kinds of road user that have drawings of their own, in one or more variants."""
    from drivesim.sensors.camera import service_parts as service
    from drivesim.sensors.camera.people_parts import cyclist, walker

    sedan = _car((-0.74, 0.46), (0.3, 0.38, 0.24))
    hatchback = _car((-0.97, 0.46), (0.22, 0.4, 0.24))
    estate = _car((-0.985, 0.46), (0.12, 0.4, 0.22))
    return {
        ActorKind.CAR: [sedan, hatchback, estate],
        ActorKind.VAN: [_van()],
        ActorKind.TRUCK: [_truck()],
        ActorKind.MOTORCYCLE: [_motorcycle()],
        ActorKind.PEDESTRIAN: [
            walker(Face.TRIM, with_bag=False), walker(Face.JACKET, with_bag=True),
            walker(Face.BODY_DARK, with_bag=False), walker(Face.JACKET, with_bag=False),
        ],
        ActorKind.CYCLIST: [cyclist(Face.TRIM), cyclist(Face.JACKET)],
        ActorKind.BUS: [service.bus()],
        ActorKind.POLICE_CAR: [service.police_car()],
        ActorKind.AMBULANCE: [service.ambulance()],
        ActorKind.FIRE_ENGINE: [service.fire_engine()],
        ActorKind.CAR_DOOR: [service.car_door()],
    }  # fmt: skip


def _plain_body(kind: RoadUserKind) -> list[np.ndarray]:
    """The boxes of a kind's body, in plain colours."""
    faces = {Paint.BODY: Face.BODY, Paint.DARK: Face.TRIM, Paint.SKIN: Face.SKIN}
    return [part_row(Shape.BOX, (faces[box.paint],) * 4, kind.semantic, x=box.x, y=box.y, z=box.z) for box in kind.body]


def _light_head(face: Face, board: bool) -> list[np.ndarray]:
    """A head with a visor over every lens, in front of a board or not."""
    housing = Face.LIGHT_HOUSING
    body = (face, housing, housing, housing)
    found = [part_row(Shape.BOX, body, Semantic.TRAFFIC_LIGHT)]
    if board:
        plate = (Face.LIGHT_BOARD, housing, housing, housing)
        found.append(
            part_row(Shape.BOX, plate, Semantic.TRAFFIC_LIGHT, x=(0.1, 0.2), y_m=0.12, z_m=(-0.12, 0.12))
        )  # fmt: skip
        found += [
            part_row(Shape.BOX, (housing,) * 4, Semantic.TRAFFIC_LIGHT, x=(-1.0, -1.0), x_m=(-0.16, 0.0), y=0.62,
                  z=(v, v), z_m=(0.09, 0.115))
            for v in (0.18, 0.5, 0.82)
        ]  # fmt: skip
    return found


def _road_signs() -> list[list[np.ndarray]]:
    """Models in the order of `RoadSign`."""
    stop, give_way = _sign(Face.SIGN_STOP, Face.STOP_BACK), _sign(Face.SIGN_YIELD, Face.YIELD_BACK)
    priority = _sign(Face.SIGN_PRIORITY, Face.PRIORITY_BACK)
    limits = [_sign(Face.LIMIT + k, Face.DISC_BACK) for k in range(LIMIT_COUNT)]
    models = [stop, give_way, priority, limits[0], limits[0], *limits]
    return models + [limits[-1]] * (_OWN_VARIANTS[SceneryKind.ROAD_SIGN] - len(models))


def _bench() -> list[np.ndarray]:
    """A seat and the slats of its back; people sit on it facing the left of its heading."""
    end, slats = Face.METAL_DARK, Face.BENCH_SIDE
    return [
        part_row(Shape.BOX, (Face.NOTHING, Face.NOTHING, slats, Face.NOTHING), Semantic.STATIC, y=0.9),
        part_row(Shape.BOX, (end, end, Face.PANEL, Face.PANEL), Semantic.STATIC, z=(0.46, 0.54)),
    ]


def _shelter() -> list[np.ndarray]:
    """Glass on three sides under a roof; open to the left of its heading."""
    pane, roof = Face.SHELTER, Face.METAL_DARK
    return [
        part_row(Shape.BOX, (roof,) * 4, Semantic.STATIC, x_m=(-0.15, 0.15), y_m=0.15, z=(0.94, 1.0)),
        part_row(Shape.BOX, (pane, pane, Face.NOTHING, Face.NOTHING), Semantic.STATIC, x=(-1.0, 1.0), z=(0.0, 0.94)),
        part_row(Shape.BOX, (Face.NOTHING, Face.NOTHING, pane, Face.NOTHING), Semantic.STATIC, y=0.96, z=(0.0, 0.94)),
    ]


def _scenery() -> list[list[np.ndarray]]:
    tree = Semantic.VEGETATION
    delineator, pole = (_billboard(face, Semantic.POLE) for face in (Face.DELINEATOR, Face.METAL_DARK))
    gable, hip = _building((0.0, 0.0, 1.06), Face.GABLE), _building((0.3, 0.3, 1.06), Face.ROOF)
    scenery: dict[SceneryKind, list[list[np.ndarray]]] = {
        SceneryKind.TREE: [_billboard(Face(Face.TREE_1 + k), tree) for k in range(4)],
        SceneryKind.CONIFER: [_billboard(Face(Face.CONIFER_1 + k % 2), tree) for k in range(4)],
        SceneryKind.BUSH: [_billboard(Face(Face.BUSH_1 + k % 2), tree) for k in range(4)],
        SceneryKind.BUILDING: [gable, gable, hip, gable],
        SceneryKind.POST: [delineator, pole, pole, pole],
        SceneryKind.LAMP: [_lamp()] * 4,
        SceneryKind.GUARD_RAIL: [_guard_rail()] * 4,
        SceneryKind.SIGN: [
            _sign(Face.SIGN_DIRECTION, Face.METAL_DARK), _sign(Face.SIGN_LIMIT, Face.DISC_BACK),
            _sign(Face.SIGN_CHEVRON, Face.METAL_DARK), _sign(Face.SIGN_DIRECTION, Face.METAL_DARK),
        ],
        SceneryKind.BARRIER: [_fence(Face.BARRIER, Face.PANEL_DARK, Semantic.WALL, 4.0)] * 4,
        SceneryKind.WALL: [
            _fence(Face.MASONRY, Face.WALL, Semantic.WALL, 2.0), _fence(Face.TIMBER, Face.WALL, Semantic.FENCE, 4.0),
        ] * 2,
        SceneryKind.TRAFFIC_LIGHT: [_light_head(Face(Face.LIGHT_DISC + k), board=True) for k in range(4)],
        SceneryKind.WALK_LIGHT: [_light_head(Face.WALK_LIGHT, board=False)] * 4,
        SceneryKind.ROAD_SIGN: _road_signs(),
        SceneryKind.MAST_ARM: [[part_row(Shape.BOX, (Face.METAL_DARK,) * 4, Semantic.POLE)]] * 4,
        SceneryKind.BIN: [[part_row(Shape.BOX, (Face.BIN, Face.BIN, Face.BIN, Face.METAL_DARK), Semantic.STATIC)]] * 4,
        SceneryKind.BOLLARD: [_billboard(Face.BOLLARD, Semantic.POLE)] * 4,
        SceneryKind.HYDRANT: [_billboard(Face.HYDRANT, Semantic.STATIC)] * 4,
        SceneryKind.BENCH: [_bench()] * 4,
        SceneryKind.BUS_SHELTER: [_shelter()] * 4,
        SceneryKind.HEDGE: [_fence(Face.HEDGE, Face.HEDGE, tree, 2.0)] * 4,
    }  # fmt: skip
    return [model for kind in SceneryKind for model in scenery[kind]]


@lru_cache(maxsize=8)
def parts(kinds: tuple[RoadUserKind, ...] = KINDS) -> Parts:
    """The table of parts, with those of these kinds of road user."""
    from drivesim.sensors.camera.people_parts import far_cyclist

    models, drawn = _scenery(), _drawn()
    kind_model, kind_variants = [0], [1]
    for number, kind in enumerate(kinds, start=1):
        own = drawn[ActorKind(number)] if number in drawn else [_plain_body(kind)]
        kind_model.append(len(models))
        kind_variants.append(len(own))
        models += own
    far_model = [-1] * (1 + len(kinds))
    for number, kind in enumerate(kinds, start=1):
        if kind.is_person and number in drawn:
            far_model[number] = len(models)
            models.append(far_cyclist() if number == ActorKind.CYCLIST else _plain_body(kind))
    first = np.cumsum([0, *(len(model) for model in models)]).astype(np.int32)
    row = np.stack([part for model in models for part in model])
    table = Parts(
        row=row,
        first=first,
        kind_model=np.array(kind_model, np.int64),
        kind_variants=np.array(kind_variants, np.int64),
        kind_far_model=np.array(far_model, np.int64),
        shadow_height=np.array([0.0, *(kind.shadow_height for kind in kinds)], np.float32),
    )
    for array in table:
        array.setflags(write=False)
    return table
