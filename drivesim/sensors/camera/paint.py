"""Colours of upright things: what each paint code of a texture means for a given kind and look.

A texture holds one-byte codes (`atlas`), not colours. A row of the colour table turns codes into colours; it is
chosen by what the thing is, by its look and, for a road user, by the lamps that are lit. Codes from `FIRST_GLOWING`
up shine by themselves: sun and shade do not change them.
"""

from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache

import numpy as np

from drivesim.maps.network import SceneryKind
from drivesim.semantics import LightColor
from drivesim.state import Lamp

CODE_COUNT = 32
CLEAR = 0
"""Code of a texel that is not there: one looks past the thing."""
FIRST_GLOWING = 24
LANE_BITS = 19
"""A colour is three lanes of 19 bits in a uint64, red lowest: sums of up to 8 colours, each times a weight of up to
256, fit a lane, so one multiplication or addition works on all channels. The 7 bits on top may hold a class."""
CLASS_SHIFT = 57

Rgb = tuple[float, float, float]


class Vehicle(IntEnum):
    """Codes of road users. The far codes stand for texels that lamps cover in part."""

    BODY = 1
    BODY_DARK = 2
    GLASS = 3
    GLASS_LIGHT = 4
    TRIM = 5
    TYRE = 6
    HUB = 7
    UNDER = 8
    PLATE = 9
    PLATE_TEXT = 10
    CHROME = 11
    CARGO = 12
    CARGO_DARK = 13
    HELMET = 14
    JACKET = 15
    SKIN = 16
    TAPE_REAR = 17
    TAPE_SIDE = 18
    HAIR = 19
    LIVERY = 20
    LIVERY_BRIGHT = 21
    """Of emergency vehicles."""
    DISPLAY = 22
    """Letters of where a bus goes."""
    TAIL = 24
    TURN_LEFT = 25
    TURN_RIGHT = 26
    HEAD = 27
    TAIL_FAR = 28
    TURN_LEFT_FAR = 29
    TURN_RIGHT_FAR = 30
    BEACON = 31
    """Blue lamps of emergency vehicles."""


class Plant(IntEnum):
    """Codes of trees and bushes; leaves from dark to light."""

    LEAF_1 = 1
    LEAF_2 = 2
    LEAF_3 = 3
    LEAF_4 = 4
    LEAF_5 = 5
    BARK_DARK = 6
    BARK = 7


class Built(IntEnum):
    """Codes of what is neither plant nor road user."""

    WALL = 1
    WALL_DARK = 2
    WINDOW = 3
    WINDOW_LIGHT = 4
    FRAME = 5
    DOOR = 6
    ROOF = 7
    ROOF_DARK = 8
    METAL = 9
    METAL_DARK = 10
    WHITE = 11
    BLACK = 12
    PANEL = 13
    PANEL_DARK = 14
    RED = 15
    LIGHT = 24


class Lens(IntEnum):
    """Codes of light heads. The far codes stand for texels that a lens covers in part, and for a whole head."""

    HOUSING = 1
    BOARD = 2
    BORDER = 3
    RED = 24
    AMBER = 25
    GREEN = 26
    RED_FAR = 27
    AMBER_FAR = 28
    GREEN_FAR = 29
    ANY_FAR = 30


PAINTS: tuple[Rgb, ...] = (
    (226, 228, 230), (38, 41, 46), (150, 155, 162), (34, 66, 120), (150, 28, 32), (96, 102, 110),
    (60, 92, 74), (196, 190, 176), (86, 128, 170), (122, 84, 58), (205, 160, 60), (58, 46, 72),
)  # fmt: skip
"""Body paint of road users: number `(look * 7 + kind) % 12`, as seen from above too."""
_FOLIAGE: tuple[Rgb, ...] = (
    (88, 120, 52), (74, 108, 48), (104, 126, 54), (66, 100, 56), (118, 130, 58), (80, 116, 66), (96, 108, 44),
    (132, 124, 56),
)  # fmt: skip
"""Sunlit leaves of trees and bushes by look."""
_FACADES: tuple[Rgb, ...] = ((224, 214, 196), (206, 190, 160), (190, 120, 92), (214, 216, 214))
_ROOFS: tuple[Rgb, ...] = ((150, 74, 54), (118, 62, 50), (84, 82, 84), (136, 92, 66))
_BARRIER_PANELS: tuple[Rgb, ...] = ((142, 150, 128), (150, 146, 138), (118, 132, 142), (160, 142, 116))
_SIGN_PANELS: tuple[Rgb, ...] = ((28, 84, 168), (236, 236, 234), (236, 236, 234), (238, 196, 40))

LAMP_STATES = 16
BEACON_STATE = 8
"""Added to the bits of brake lamps and indicators where blue lamps are lit."""
SCENERY_LOOKS = 16
SCENERY_ROW = len(PAINTS) * LAMP_STATES
"""First row of scenery; a road user's row is `paint * LAMP_STATES + lamps`. A light's look is its `LightColor`."""


def _scaled(color: Rgb, factor: float) -> Rgb:
    return (color[0] * factor, color[1] * factor, color[2] * factor)


def _mixed(color: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (a + (b - a) * share for a, b in zip(color, other, strict=True))
    return red, green, blue


def _vehicle(paint: Rgb, lamps: int) -> dict[int, Rgb]:
    left, right = bool(lamps & Lamp.LEFT), bool(lamps & Lamp.RIGHT)
    turn_off, turn_lit = (150.0, 84.0, 28.0), (255.0, 168.0, 16.0)
    return {
        Vehicle.BODY: paint, Vehicle.BODY_DARK: _scaled(paint, 0.7), Vehicle.GLASS: (30, 38, 48),
        Vehicle.GLASS_LIGHT: (92, 112, 130), Vehicle.TRIM: (34, 35, 38), Vehicle.TYRE: (24, 24, 26),
        Vehicle.HUB: (150, 152, 156), Vehicle.UNDER: (14, 14, 16), Vehicle.PLATE: (238, 238, 232),
        Vehicle.PLATE_TEXT: (52, 54, 60), Vehicle.CHROME: (62, 64, 70),
        Vehicle.CARGO: _mixed((222, 222, 220), paint, 0.2),
        Vehicle.CARGO_DARK: _mixed((158, 158, 156), paint, 0.2), Vehicle.HELMET: _mixed((220, 220, 220), paint, 0.6),
        Vehicle.SKIN: (196, 150, 122), Vehicle.TAPE_REAR: (204, 44, 36), Vehicle.TAPE_SIDE: (232, 190, 70),
        Vehicle.HAIR: (58, 42, 32), Vehicle.LIVERY: (22, 76, 164), Vehicle.LIVERY_BRIGHT: (232, 220, 40),
        Vehicle.DISPLAY: (244, 168, 52), Vehicle.BEACON: (70, 130, 255) if lamps & BEACON_STATE else (16, 34, 96),
        Vehicle.JACKET: _mixed((52, 57, 68), paint, 0.15),
        Vehicle.TAIL: (255, 22, 16) if lamps & Lamp.BRAKE else (128, 10, 14),
        Vehicle.TURN_LEFT: turn_lit if left else turn_off, Vehicle.TURN_RIGHT: turn_lit if right else turn_off,
        Vehicle.HEAD: (246, 246, 236),
        Vehicle.TAIL_FAR: _mixed((255, 22, 16), paint, 0.25) if lamps & Lamp.BRAKE else _scaled(paint, 0.6),
        Vehicle.TURN_LEFT_FAR: _mixed(turn_lit, paint, 0.25) if left else _scaled(paint, 0.6),
        Vehicle.TURN_RIGHT_FAR: _mixed(turn_lit, paint, 0.25) if right else _scaled(paint, 0.6),
    }  # fmt: skip


def _leaves(sunlit: Rgb) -> dict[int, Rgb]:
    shades = zip(
        (Plant.LEAF_1, Plant.LEAF_2, Plant.LEAF_3, Plant.LEAF_4, Plant.LEAF_5),
        (0.42, 0.6, 0.78, 1.0, 1.22),
        strict=True,
    )
    colors = {int(code): _mixed(_scaled(sunlit, factor), (40, 60, 70), 0.12) for code, factor in shades}
    return {**colors, Plant.BARK: (96, 80, 64), Plant.BARK_DARK: (62, 52, 42)}


def _conifer(look: int) -> dict[int, Rgb]:
    return _leaves(_mixed(_FOLIAGE[look % 8], (52, 84, 58), 0.75))


def _building(look: int) -> dict[int, Rgb]:
    wall, roof = _FACADES[look % 4], _ROOFS[look // 4 % 4]
    return {
        Built.WALL: wall, Built.WALL_DARK: _scaled(wall, 0.78), Built.WINDOW: (52, 62, 74),
        Built.WINDOW_LIGHT: (124, 146, 164), Built.FRAME: (238, 236, 230), Built.DOOR: (96, 62, 44), Built.ROOF: roof,
        Built.ROOF_DARK: _scaled(roof, 0.78),
    }  # fmt: skip


def _metal(look: int) -> dict[int, Rgb]:
    return {
        Built.METAL: (186, 190, 194), Built.METAL_DARK: (122, 126, 130), Built.WHITE: (240, 240, 238),
        Built.BLACK: (28, 28, 30), Built.RED: (206, 30, 34), Built.LIGHT: (244, 244, 232), Built.PANEL: (150, 152, 154),
        Built.PANEL_DARK: (110, 112, 114),
    }  # fmt: skip


def _sign(look: int) -> dict[int, Rgb]:
    panel = _SIGN_PANELS[look % 4]
    return {**_metal(look), Built.PANEL: panel, Built.PANEL_DARK: _scaled(panel, 0.85)}


def _barrier(look: int) -> dict[int, Rgb]:
    panel = _BARRIER_PANELS[look % 4]
    return {**_metal(look), Built.PANEL: panel, Built.PANEL_DARK: _scaled(panel, 0.8)}


def _wall(look: int) -> dict[int, Rgb]:
    stone = (136, 104, 74) if look == 1 else (168, 158, 142)
    return {Built.WALL: stone, Built.WALL_DARK: _scaled(stone, 0.72)}


def lit_lenses(color: LightColor) -> tuple[Lens, ...]:
    """Lenses that are lit while a light shows a colour."""
    return {
        LightColor.RED: (Lens.RED,),
        LightColor.RED_AMBER: (Lens.RED, Lens.AMBER),
        LightColor.GREEN: (Lens.GREEN,),
        LightColor.AMBER: (Lens.AMBER,),
        LightColor.AMBER_FLASHING: (Lens.AMBER,),
    }.get(color, ())


_LIT: dict[Lens, Rgb] = {Lens.RED: (255, 36, 24), Lens.AMBER: (255, 176, 20), Lens.GREEN: (40, 255, 150)}
_HOUSING: Rgb = (30, 32, 34)


def _head(lit: tuple[Lens, ...]) -> dict[int, Rgb]:
    """A light head of which these lenses are lit."""
    colors: dict[int, Rgb] = {Lens.HOUSING: _HOUSING, Lens.BOARD: (16, 17, 19), Lens.BORDER: (226, 228, 228)}
    for lens, far in ((Lens.RED, Lens.RED_FAR), (Lens.AMBER, Lens.AMBER_FAR), (Lens.GREEN, Lens.GREEN_FAR)):
        is_lit = lens in lit
        colors[lens] = _LIT[lens] if is_lit else _mixed(_scaled(_LIT[lens], 0.16), _HOUSING, 0.4)
        colors[far] = _mixed(_LIT[lens], _HOUSING, 0.15) if is_lit else _HOUSING
    colors[Lens.ANY_FAR] = _mixed(_LIT[lit[0]], _HOUSING, 0.1) if lit else _HOUSING
    return colors


def _light(look: int) -> dict[int, Rgb]:
    return _head(lit_lenses(LightColor(look)) if look < len(LightColor) else ())


def _walk_light(look: int) -> dict[int, Rgb]:
    """People have red and green alone."""
    lit = {LightColor.GREEN: (Lens.GREEN,), LightColor.DARK: (), LightColor.AMBER_FLASHING: ()}
    return _head(lit.get(LightColor(look), (Lens.RED,)) if look < len(LightColor) else ())


def _road_sign(look: int) -> dict[int, Rgb]:
    return {**_metal(look), Built.PANEL: (250, 204, 30), Built.RED: (200, 24, 30)}


_BINS: tuple[Rgb, ...] = ((64, 92, 74), (86, 90, 94), (196, 120, 36), (60, 70, 96))


def _furniture(look: int) -> dict[int, Rgb]:
    return {**_metal(look), Built.PANEL: _BINS[look % 4], Built.METAL_DARK: (84, 88, 92)}


def _bench(look: int) -> dict[int, Rgb]:
    return {**_metal(look), Built.PANEL: (142, 100, 64), Built.METAL_DARK: (64, 66, 70)}


_SCENERY_COLORS: dict[SceneryKind, Callable[[int], dict[int, Rgb]]] = {
    SceneryKind.TREE: lambda look: _leaves(_FOLIAGE[look % 8]),
    SceneryKind.CONIFER: _conifer,
    SceneryKind.BUSH: lambda look: _leaves(_scaled(_FOLIAGE[look % 8], 0.95)),
    SceneryKind.BUILDING: _building,
    SceneryKind.POST: _metal,
    SceneryKind.LAMP: _metal,
    SceneryKind.GUARD_RAIL: _metal,
    SceneryKind.SIGN: _sign,
    SceneryKind.BARRIER: _barrier,
    SceneryKind.WALL: _wall,
    SceneryKind.TRAFFIC_LIGHT: _light,
    SceneryKind.WALK_LIGHT: _walk_light,
    SceneryKind.ROAD_SIGN: _road_sign,
    SceneryKind.MAST_ARM: _metal,
    SceneryKind.BIN: _furniture,
    SceneryKind.BOLLARD: _furniture,
    SceneryKind.HYDRANT: _metal,
    SceneryKind.BENCH: _bench,
    SceneryKind.BUS_SHELTER: _furniture,
    SceneryKind.HEDGE: lambda look: _leaves(_scaled(_FOLIAGE[look % 8], 0.8)),
}


@lru_cache(maxsize=1)
def rgb_table() -> np.ndarray:
    """Colour of every code in every row, uint8, shape (row, CODE_COUNT, 3); shared, so not to be written."""
    rows = [_vehicle(paint, lamps) for paint in PAINTS for lamps in range(LAMP_STATES)]
    rows += [{}] * SCENERY_LOOKS  # kind 0 does not exist; its rows keep the numbering simple
    for kind in SceneryKind:
        rows += [_SCENERY_COLORS[kind](look) for look in range(SCENERY_LOOKS)]
    table = np.zeros((len(rows), CODE_COUNT, 3), np.uint8)
    for row, colors in enumerate(rows):
        for code, color in colors.items():
            table[row, int(code)] = np.clip(np.rint(color), 0, 255)
    table.setflags(write=False)
    return table


def lanes_of(rgb: np.ndarray, semantic: np.ndarray | None = None) -> np.ndarray:
    """Colours as three lanes of a uint64 with the class on top.

    Args:
        rgb: uint8, shape (..., 3).
        semantic: Class ids, uint8, shape (...,); 0 if not given.
    """
    red, green, blue = (rgb[..., channel].astype(np.uint64) for channel in range(3))
    lanes = red | green << np.uint64(LANE_BITS) | blue << np.uint64(2 * LANE_BITS)
    return lanes if semantic is None else lanes | semantic.astype(np.uint64) << np.uint64(CLASS_SHIFT)
