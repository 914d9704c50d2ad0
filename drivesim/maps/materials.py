"""The one palette of every ground picture: 256 colours, each with its semantic class.

A ground material is a ramp of shades from dark to light. Texture, wear and shadows move along the ramp, so a
texel's colour and its class are both read from one byte, and averaging texels stays inside a ramp.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from drivesim.semantics import Semantic


class Material(IntEnum):
    """Ground materials; the value is the row of `RAMPS` and of `NEAREST_SHADE`."""

    GRASS = 0
    ASPHALT = 1
    WHITE_PAINT = 2
    YELLOW_PAINT = 3
    STRAW = 4
    SOIL = 5
    GRAVEL = 6
    CONCRETE = 7


class Ramp(NamedTuple):
    """Shades of one material, palette indices `first .. first + count - 1` from dark to light."""

    first: int
    count: int
    semantic: Semantic
    stops: tuple[tuple[int, int, int], ...]
    """RGB at evenly spaced places along the ramp; shadows lean towards the blue of the sky."""


RAMPS = (
    Ramp(1, 51, Semantic.TERRAIN, ((22, 32, 20), (52, 72, 32), (92, 114, 50), (134, 148, 76), (172, 176, 110))),
    Ramp(52, 64, Semantic.ROAD, ((28, 30, 36), (64, 66, 71), (102, 102, 102), (152, 150, 145))),
    Ramp(116, 32, Semantic.ROAD_LINE, ((66, 68, 73), (150, 151, 152), (243, 243, 239))),
    Ramp(148, 20, Semantic.ROAD_LINE, ((66, 62, 54), (156, 126, 52), (242, 192, 58))),
    Ramp(168, 24, Semantic.TERRAIN, ((44, 42, 32), (122, 110, 68), (202, 184, 126))),
    Ramp(192, 20, Semantic.TERRAIN, ((34, 29, 27), (92, 74, 56), (146, 122, 94))),
    Ramp(212, 20, Semantic.GROUND, ((44, 44, 46), (118, 113, 104), (182, 175, 163))),
    Ramp(232, 24, Semantic.SIDEWALK, ((56, 58, 62), (138, 137, 134), (206, 203, 195))),
)
"""One ramp per `Material`. Entry 0 of the palette, plain grass, lies before the first ramp."""

OUTSIDE = 0
"""Palette index of the endless grass around every map."""


def _build_palette() -> np.ndarray:
    palette = np.zeros((256, 4), np.uint8)
    for ramp in RAMPS:
        stops = np.array(ramp.stops, np.float64)
        place = np.linspace(0.0, len(stops) - 1.0, ramp.count)
        for channel in range(3):
            shades = np.interp(place, np.arange(len(stops)), stops[:, channel])
            palette[ramp.first : ramp.first + ramp.count, channel] = np.rint(shades)
        palette[ramp.first : ramp.first + ramp.count, 3] = ramp.semantic
    palette[OUTSIDE] = (88, 109, 48, Semantic.TERRAIN)
    return palette


def _build_material_of() -> np.ndarray:
    material_of = np.zeros(256, np.uint8)
    for material, ramp in enumerate(RAMPS):
        material_of[ramp.first : ramp.first + ramp.count] = material
    return material_of


def _build_nearest_shade() -> np.ndarray:
    nearest = np.zeros((len(RAMPS), 256), np.uint8)
    for material, ramp in enumerate(RAMPS):
        lightness = LIGHTNESS[ramp.first : ramp.first + ramp.count].astype(np.int32)
        distance = np.abs(np.arange(256)[:, None] - lightness[None, :])
        nearest[material] = ramp.first + distance.argmin(axis=1)
    return nearest


PALETTE = _build_palette()
"""Columns R, G, B, `Semantic` id; uint8, shape (256, 4)."""
MATERIAL_OF = _build_material_of()
"""`Material` of each palette index, uint8, shape (256,)."""
LIGHTNESS = np.rint(PALETTE[:, :3] @ np.array((0.299, 0.587, 0.114))).astype(np.uint8)
"""Luma (ITU-R BT.601) of each palette index, uint8, shape (256,)."""
NEAREST_SHADE = _build_nearest_shade()
"""Palette index of the shade of a material nearest to a luma, uint8, shape (material, 256)."""

for _table in (PALETTE, MATERIAL_OF, LIGHTNESS, NEAREST_SHADE):
    _table.setflags(write=False)


def shade(material: Material, lightness: float | np.ndarray) -> np.ndarray:
    """Palette index of the shade nearest to a luma.

    Args:
        material: Whose ramp.
        lightness: Luma, 0 to 255; values beyond are clipped. Any shape.

    Returns:
        uint8, the shape of `lightness`.
    """
    return NEAREST_SHADE[material, np.clip(np.rint(lightness), 0, 255).astype(np.int64)]
