"""The atlas: textures of upright things as paint codes, with coarser levels.

Row 0 of a texture is at the bottom. On the sides of a box its columns run from the rear to the front, on the ends
from the left of the thing to its right. Sizes are powers of two; a level halves both until they reach 1.

Coarser levels are counted from the finest one, so that what matters survives: lamps that cover a fair part of a
texel leave a far code in it (bright only when lit), leaves are averaged, all else is voted; a texel is clear where
less than `_OPAQUE_SHARE` of it is covered.
"""

from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from drivesim.sensors.camera import people_faces as people
from drivesim.sensors.camera import scenery_faces as scenery
from drivesim.sensors.camera import service_faces as service
from drivesim.sensors.camera import street_faces as street
from drivesim.sensors.camera import vehicle_faces as vehicle
from drivesim.sensors.camera.paint import CLEAR, CODE_COUNT, Built, Lens, Plant, Vehicle

ATLAS_LEVELS = 8
_LAMP_SHARE_FULL = 0.5
_LAMP_SHARE_SEEN = 0.08
_OPAQUE_SHARE = 0.45
_FAR_CODES: dict[type[IntEnum], dict[int, int]] = {
    Vehicle: {
        Vehicle.TAIL: Vehicle.TAIL_FAR,
        Vehicle.TURN_LEFT: Vehicle.TURN_LEFT_FAR,
        Vehicle.TURN_RIGHT: Vehicle.TURN_RIGHT_FAR,
    },
    Lens: {Lens.RED: Lens.RED_FAR, Lens.AMBER: Lens.AMBER_FAR, Lens.GREEN: Lens.GREEN_FAR},
}
_HEAD_ROWS_MIN = 3
"""Levels with fewer rows cannot tell a head's lenses apart: all of it shows what is lit."""


class Face(IntEnum):
    """Textures, in the order of `FACES`."""

    BODY = 0
    TRIM = 1
    CAR_SIDE = 2
    CAR_REAR = 3
    CAR_FRONT = 4
    CAR_TOP = 5
    CABIN_SIDE = 6
    CABIN_REAR = 7
    CABIN_FRONT = 8
    VAN_SIDE = 9
    VAN_REAR = 10
    VAN_FRONT = 11
    VAN_CABIN_SIDE = 12
    VAN_CABIN_REAR = 13
    CAB_SIDE = 14
    CAB_FRONT = 15
    CARGO_SIDE = 16
    CARGO_REAR = 17
    CARGO_TOP = 18
    CHASSIS_SIDE = 19
    CHASSIS_REAR = 20
    BIKE_SIDE = 21
    BIKE_REAR = 22
    RIDER = 23
    RAIL_POSTS = 24
    NOTHING = 25
    TREE_1 = 26
    TREE_2 = 27
    TREE_3 = 28
    TREE_4 = 29
    CONIFER_1 = 30
    CONIFER_2 = 31
    BUSH_1 = 32
    BUSH_2 = 33
    FACADE_LOW = 34
    FACADE = 35
    GABLE = 36
    ROOF = 37
    DELINEATOR = 38
    METAL = 39
    METAL_DARK = 40
    LANTERN = 41
    RAIL_BEAM = 42
    SIGN_DIRECTION = 43
    SIGN_LIMIT = 44
    SIGN_CHEVRON = 45
    DISC_BACK = 46
    BARRIER = 47
    PANEL_DARK = 48
    MASONRY = 49
    TIMBER = 50
    WALL = 51
    BIKE_FRONT = 52
    SKIN = 53
    MIRRORS = 54
    LIGHT_DISC = 55
    LIGHT_LEFT = 56
    LIGHT_RIGHT = 57
    LIGHT_STRAIGHT = 58
    LIGHT_HOUSING = 59
    LIGHT_BOARD = 60
    WALK_LIGHT = 61
    SIGN_STOP = 62
    SIGN_YIELD = 63
    SIGN_PRIORITY = 64
    STOP_BACK = 65
    YIELD_BACK = 66
    PRIORITY_BACK = 67
    BENCH_SIDE = 68
    SHELTER = 69
    BOLLARD = 70
    BIN = 71
    HYDRANT = 72
    HEDGE = 73
    PANEL = 74
    HAIR = 75
    HEAD_FRONT = 76
    HEAD_SIDE = 77
    HEAD_REAR = 78
    HELMET = 79
    HELMET_FRONT = 80
    HELMET_REAR = 81
    BODY_DARK = 82
    JACKET = 83
    BICYCLE = 84
    BICYCLE_END = 85
    LIMIT = 86
    """A limit of 5 km/h; those of every 5 km/h up to 130 follow."""
    BUS_SIDE = 112
    BUS_FRONT = 113
    BUS_REAR = 114
    BUS_TOP = 115
    BEACON = 116
    BEACONS = 117
    POLICE_SIDE = 118
    POLICE_FRONT = 119
    POLICE_REAR = 120
    AMBULANCE_SIDE = 121
    AMBULANCE_REAR = 122
    FRONT_WHEEL = 123
    FIRE_SIDE = 124
    FIRE_REAR = 125
    METAL_PLAIN = 126
    DOOR_LEAF = 127
    DOOR_WINDOW = 128


LIMIT_COUNT = 26


def _plain(code: int) -> Callable[[], np.ndarray]:
    return lambda: np.full((1, 1), code, np.uint8)


FACES: dict[int, tuple[type[IntEnum], Callable[[], np.ndarray]]] = {
    Face.BODY: (Vehicle, _plain(Vehicle.BODY)),
    Face.TRIM: (Vehicle, _plain(Vehicle.TRIM)),
    Face.SKIN: (Vehicle, _plain(Vehicle.SKIN)),
    Face.CAR_SIDE: (Vehicle, vehicle.car_side),
    Face.CAR_REAR: (Vehicle, vehicle.car_rear),
    Face.CAR_FRONT: (Vehicle, vehicle.car_front),
    Face.CAR_TOP: (Vehicle, vehicle.car_top),
    Face.CABIN_SIDE: (Vehicle, vehicle.cabin_side),
    Face.CABIN_REAR: (Vehicle, vehicle.cabin_rear),
    Face.CABIN_FRONT: (Vehicle, vehicle.cabin_front),
    Face.VAN_SIDE: (Vehicle, vehicle.van_side),
    Face.VAN_REAR: (Vehicle, vehicle.van_rear),
    Face.VAN_FRONT: (Vehicle, vehicle.van_front),
    Face.VAN_CABIN_SIDE: (Vehicle, vehicle.van_cabin_side),
    Face.VAN_CABIN_REAR: (Vehicle, vehicle.van_cabin_rear),
    Face.CAB_SIDE: (Vehicle, vehicle.cab_side),
    Face.CAB_FRONT: (Vehicle, vehicle.cab_front),
    Face.CARGO_SIDE: (Vehicle, vehicle.cargo_side),
    Face.CARGO_REAR: (Vehicle, vehicle.cargo_rear),
    Face.CARGO_TOP: (Vehicle, _plain(Vehicle.CARGO)),
    Face.CHASSIS_SIDE: (Vehicle, vehicle.chassis_side),
    Face.CHASSIS_REAR: (Vehicle, vehicle.chassis_rear),
    Face.BIKE_SIDE: (Vehicle, vehicle.bike_side),
    Face.BIKE_REAR: (Vehicle, lambda: vehicle.bike_end(front=False)),
    Face.RIDER: (Vehicle, vehicle.rider),
    Face.RAIL_POSTS: (Built, scenery.rail_posts),
    Face.NOTHING: (Vehicle, _plain(CLEAR)),
    Face.TREE_1: (Plant, lambda: scenery.tree(1)),
    Face.TREE_2: (Plant, lambda: scenery.tree(2)),
    Face.TREE_3: (Plant, lambda: scenery.tree(3)),
    Face.TREE_4: (Plant, lambda: scenery.tree(4)),
    Face.CONIFER_1: (Plant, lambda: scenery.conifer(1)),
    Face.CONIFER_2: (Plant, lambda: scenery.conifer(2)),
    Face.BUSH_1: (Plant, lambda: scenery.bush(1)),
    Face.BUSH_2: (Plant, lambda: scenery.bush(2)),
    Face.FACADE_LOW: (Built, lambda: scenery.facade(ground_floor=True)),
    Face.FACADE: (Built, lambda: scenery.facade(ground_floor=False)),
    Face.GABLE: (Built, scenery.gable),
    Face.ROOF: (Built, scenery.roof),
    Face.DELINEATOR: (Built, scenery.delineator),
    Face.METAL: (Built, _plain(Built.METAL)),
    Face.METAL_DARK: (Built, _plain(Built.METAL_DARK)),
    Face.LANTERN: (Built, _plain(Built.LIGHT)),
    Face.RAIL_BEAM: (Built, scenery.rail_beam),
    Face.SIGN_DIRECTION: (Built, scenery.sign_direction),
    Face.SIGN_LIMIT: (Built, scenery.sign_limit),
    Face.SIGN_CHEVRON: (Built, scenery.sign_chevron),
    Face.DISC_BACK: (Built, scenery.disc_back),
    Face.BARRIER: (Built, scenery.barrier),
    Face.PANEL_DARK: (Built, _plain(Built.PANEL_DARK)),
    Face.MASONRY: (Built, scenery.masonry),
    Face.TIMBER: (Built, scenery.timber),
    Face.WALL: (Built, _plain(Built.WALL)),
    Face.BIKE_FRONT: (Vehicle, lambda: vehicle.bike_end(front=True)),
    Face.MIRRORS: (Vehicle, vehicle.mirrors),
    Face.LIGHT_DISC: (Lens, lambda: street.light_head("")),
    Face.LIGHT_LEFT: (Lens, lambda: street.light_head("left")),
    Face.LIGHT_RIGHT: (Lens, lambda: street.light_head("right")),
    Face.LIGHT_STRAIGHT: (Lens, lambda: street.light_head("straight")),
    Face.LIGHT_HOUSING: (Lens, _plain(Lens.HOUSING)),
    Face.LIGHT_BOARD: (Lens, street.back_board),
    Face.WALK_LIGHT: (Lens, street.walk_head),
    Face.SIGN_STOP: (Built, street.stop_sign),
    Face.SIGN_YIELD: (Built, street.yield_sign),
    Face.SIGN_PRIORITY: (Built, street.priority_sign),
    Face.STOP_BACK: (Built, lambda: street.sign_back("octagon")),
    Face.YIELD_BACK: (Built, lambda: street.sign_back("triangle")),
    Face.PRIORITY_BACK: (Built, lambda: street.sign_back("diamond")),
    Face.BENCH_SIDE: (Built, street.bench_side),
    Face.SHELTER: (Built, street.shelter_pane),
    Face.BOLLARD: (Built, street.bollard),
    Face.BIN: (Built, street.bin_side),
    Face.HYDRANT: (Built, street.hydrant),
    Face.HEDGE: (Plant, street.hedge),
    Face.PANEL: (Built, _plain(Built.PANEL)),
    Face.HAIR: (Vehicle, _plain(Vehicle.HAIR)),
    Face.HEAD_FRONT: (Vehicle, lambda: people.head(0.3, 0.0)),
    Face.HEAD_SIDE: (Vehicle, lambda: people.head(0.34, 0.5)),
    Face.HEAD_REAR: (Vehicle, lambda: people.head(0.8, 1.0)),
    Face.HELMET: (Vehicle, _plain(Vehicle.HELMET)),
    Face.HELMET_FRONT: (Vehicle, lambda: people.helmet(0.45)),
    Face.HELMET_REAR: (Vehicle, lambda: people.helmet(0.6)),
    Face.BODY_DARK: (Vehicle, _plain(Vehicle.BODY_DARK)),
    Face.JACKET: (Vehicle, _plain(Vehicle.JACKET)),
    Face.BICYCLE: (Vehicle, people.bicycle),
    Face.BICYCLE_END: (Vehicle, people.bicycle_end),
    **{Face.LIMIT + k: (Built, partial(street.limit_sign, 5 * (k + 1))) for k in range(LIMIT_COUNT)},
    Face.BUS_SIDE: (Vehicle, service.bus_side),
    Face.BUS_FRONT: (Vehicle, service.bus_front),
    Face.BUS_REAR: (Vehicle, service.bus_rear),
    Face.BUS_TOP: (Vehicle, service.bus_top),
    Face.BEACON: (Vehicle, _plain(Vehicle.BEACON)),
    Face.BEACONS: (Vehicle, service.beacons),
    Face.POLICE_SIDE: (Vehicle, service.police_side),
    Face.POLICE_FRONT: (Vehicle, lambda: service.police_end(front=True)),
    Face.POLICE_REAR: (Vehicle, lambda: service.police_end(front=False)),
    Face.AMBULANCE_SIDE: (Vehicle, service.ambulance_side),
    Face.AMBULANCE_REAR: (Vehicle, service.ambulance_rear),
    Face.FRONT_WHEEL: (Vehicle, service.front_wheel),
    Face.FIRE_SIDE: (Vehicle, service.fire_side),
    Face.FIRE_REAR: (Vehicle, service.fire_rear),
    Face.METAL_PLAIN: (Vehicle, _plain(Vehicle.CHROME)),
    Face.DOOR_LEAF: (Vehicle, service.door_leaf),
    Face.DOOR_WINDOW: (Vehicle, service.door_window),
}
"""What draws each texture, and which codes it uses."""


WIDTH_SHIFT, HEIGHT_SHIFT = 32, 40


class Atlas(NamedTuple):
    """All textures, for kernels."""

    texel: np.ndarray
    """Paint codes, uint8, flat; rows follow each other from the bottom."""
    level: np.ndarray
    """Each level of each texture, int64, shape (face, ATLAS_LEVELS): its first texel, from `WIDTH_SHIFT` on the binary
    logarithm of its columns, from `HEIGHT_SHIFT` on that of its rows. Levels past the last repeat it."""
    clear_from: np.ndarray
    """First level from which on a texture is all clear, int32, shape (face,); ATLAS_LEVELS if none is."""


class Place(NamedTuple):
    """A level of a texture in the atlas."""

    first: np.ndarray
    """First texel."""
    width: np.ndarray
    """Columns."""
    height: np.ndarray
    """Rows."""


def place_of(level: np.ndarray) -> Place:
    """Unpacks entries of `Atlas.level`."""
    mask = (1 << WIDTH_SHIFT) - 1
    return Place(level & mask, 1 << (level >> WIDTH_SHIFT & 255), 1 << (level >> HEIGHT_SHIFT))


def _coarsened(codes: np.ndarray, level: int, family: type[IntEnum]) -> np.ndarray:
    """A level of a texture, counted from its finest level."""
    height, width = max(codes.shape[0] >> level, 1), max(codes.shape[1] >> level, 1)
    row = np.repeat(np.arange(height), codes.shape[0] // height)
    column = np.repeat(np.arange(width), codes.shape[1] // width)
    which = (row[:, None] * width + column) * CODE_COUNT + codes
    count = np.bincount(which.ravel(), minlength=height * width * CODE_COUNT)
    share = np.moveaxis(count.reshape(height, width, CODE_COUNT), -1, 0) / (codes.size // (height * width))
    opaque = 1.0 - share[CLEAR]
    far_codes = _FAR_CODES.get(family, {})
    if family is Plant:
        leaves = np.arange(Plant.LEAF_1, Plant.BARK)
        weight = np.maximum(share[leaves].sum(axis=0), 1e-9)
        mean = (share[leaves] * leaves[:, None, None]).sum(axis=0) / weight
        best = np.where(share[Plant.BARK] > weight, Plant.BARK, np.rint(mean)).astype(np.uint8)
    else:
        votes = share.copy()
        votes[CLEAR] = 0.0
        votes[list(far_codes)] = 0.0
        best = votes.argmax(axis=0).astype(np.uint8)
    for code, far in far_codes.items():
        best[share[code] >= _LAMP_SHARE_SEEN] = far
    for code in far_codes:
        best[share[code] >= _LAMP_SHARE_FULL] = code
    if family is Lens and height < _HEAD_ROWS_MIN and share[list(far_codes)].any():
        best[:] = Lens.ANY_FAR
    best[opaque < _OPAQUE_SHARE] = CLEAR
    return best


@lru_cache(maxsize=1)
def atlas() -> Atlas:
    """The one atlas; drawn at the first call."""
    levels = np.zeros((len(FACES), ATLAS_LEVELS), np.int64)
    clear_from = np.full(len(FACES), ATLAS_LEVELS, np.int32)
    pieces: list[np.ndarray] = []
    first = 0
    for face, (family, draw) in FACES.items():
        codes = draw()
        for level in range(ATLAS_LEVELS):
            if max(codes.shape) >> level == 0:
                levels[face, level] = levels[face, level - 1]
                continue
            piece = codes if level == 0 else _coarsened(codes, level, family)
            height, width = (size.bit_length() - 1 for size in piece.shape)
            levels[face, level] = first | width << WIDTH_SHIFT | height << HEIGHT_SHIFT
            pieces.append(piece.ravel())
            first += piece.size
            if not piece.any() and clear_from[face] == ATLAS_LEVELS:
                clear_from[face] = level
    arrays = Atlas(texel=np.concatenate(pieces), level=levels, clear_from=clear_from)
    for array in arrays:
        array.setflags(write=False)
    return arrays
