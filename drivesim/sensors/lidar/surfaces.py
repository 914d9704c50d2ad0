"""What a lidar's light falls on: reflectivities at 905 nm, and the solids that road users and scenery are made of.

A surface returns reflectivity * (A cos + B sin^2) of the light, cos being that of the angle of incidence: the model of
Oren and Nayar ("Generalization of Lambert's reflectance model", SIGGRAPH 1994) where light source and receiver are in
one place, with A = 1 - 0.5 s^2 / (s^2 + 0.33), B = 0.45 s^2 / (s^2 + 0.09) for a roughness s [rad]. With s = 0 it is
Lambert's law; rough asphalt is seen at grazing angles, where a smooth one would not be.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from drivesim.maps.materials import MATERIAL_OF, PALETTE, Material
from drivesim.semantics import Semantic
from drivesim.sensors.camera.atlas import atlas, place_of
from drivesim.sensors.camera.paint import CLEAR, PAINTS
from drivesim.sensors.camera.parts import PartColumn, Shape, parts
from drivesim.state.kinds import KINDS, Paint, RoadUserKind

GROUND: dict[Material, tuple[float, float]] = {
    Material.GRASS: (0.45, 0.6),
    Material.ASPHALT: (0.17, 0.5),
    Material.WHITE_PAINT: (0.75, 0.6),
    Material.YELLOW_PAINT: (0.6, 0.6),
    Material.STRAW: (0.5, 0.6),
    Material.SOIL: (0.25, 0.5),
    Material.GRAVEL: (0.3, 0.6),
    Material.CONCRETE: (0.4, 0.4),
}
"""Reflectivity and roughness [rad] of the ground. Glass beads in paint send light back, which roughness stands for."""
THINGS: dict[Semantic, tuple[float, float]] = {
    Semantic.BUILDING: (0.4, 0.4),
    Semantic.WALL: (0.35, 0.5),
    Semantic.FENCE: (0.35, 0.4),
    Semantic.POLE: (0.4, 0.2),
    Semantic.TRAFFIC_LIGHT: (0.3, 0.2),
    Semantic.TRAFFIC_SIGN: (3.0, 0.5),
    Semantic.VEGETATION: (0.45, 0.7),
    Semantic.GUARD_RAIL: (0.5, 0.3),
}
"""The same of scenery; retro-reflecting sheets of signs return more than a white wall could."""
_OTHER = (0.3, 0.4)
_DARK, _SKIN = (0.08, 0.2), (0.5, 0.4)
_BODY_ROUGHNESS = 0.25
OWN_PAINT = -1
"""Stands for the paint of the road user's look."""
END_HOLES, SIDE_HOLES, TOP_HOLES = 1, 2, 4
"""Bits of `Solids.holes`: the texture of that face has clear texels."""


class Solids(NamedTuple):
    """Parts of every model, for kernels: scenery as cameras see it, road users as the boxes of their bodies."""

    row: np.ndarray
    """Columns of `camera.parts.PartColumn`, float32, shape (part, 21)."""
    first: np.ndarray
    """First row of each model, int32, shape (model + 1,)."""
    kind_model: np.ndarray
    """Model of each kind of road user, int64, shape (kind + 1,); row 0 is no kind."""
    code: np.ndarray
    """Class in bits 8 to 15 and row of `Surfaces.returned` below, `OWN_PAINT` for the road user's, int64, (part,)."""
    holes: np.ndarray
    """Bits of faces with clear texels, int64, shape (part,)."""


class Surfaces(NamedTuple):
    """Reflectivities, for kernels."""

    returned: np.ndarray
    """Reflectivity times A, and times B, float32, shape (row, 2)."""
    ground: np.ndarray
    """Class and row of each palette index, as in `Solids.code`, int64, shape (256,)."""
    ground_returned: np.ndarray
    """`returned` of each palette index, float32, shape (256, 2)."""
    paint_first: np.ndarray
    """First row of the paints, int64, shape (1,)."""


def returned(reflectivity: float, roughness: float) -> tuple[float, float]:
    """Reflectivity times A and times B."""
    square = roughness * roughness
    return reflectivity * (1.0 - 0.5 * square / (square + 0.33)), reflectivity * 0.45 * square / (square + 0.09)


def paint_reflectivity(rgb: tuple[float, float, float]) -> float:
    """Of a car's paint by its colour: 0.07 of black ones, 0.7 of white ones."""
    luma = (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255.0
    return 0.05 + 0.75 * luma**1.5


_ROWS: list[tuple[float, float]] = [
    *GROUND.values(),
    *THINGS.values(),
    _OTHER,
    _DARK,
    _SKIN,
    *((paint_reflectivity(rgb), _BODY_ROUGHNESS) for rgb in PAINTS),
]
_OTHER_ROW = len(GROUND) + len(THINGS)
_PAINT_ROW = _OTHER_ROW + 3
GROUND_ROWS = len(GROUND)
"""Rows below this are ground."""


@lru_cache(maxsize=1)
def surfaces() -> Surfaces:
    """The one table of reflectivities."""
    row_of = np.array([list(GROUND).index(Material(int(material))) for material in MATERIAL_OF])
    table = np.array([returned(*row) for row in _ROWS], np.float32)
    return Surfaces(
        returned=table,
        ground_returned=table[row_of],
        ground=(PALETTE[:, 3].astype(np.int64) << 8) | row_of,
        paint_first=np.array([_PAINT_ROW], np.int64),
    )


def _row_of(semantic: int) -> int:
    known = list(THINGS)
    return GROUND_ROWS + known.index(Semantic(semantic)) if semantic in known else _OTHER_ROW


@lru_cache(maxsize=8)
def solids(kinds: Sequence[RoadUserKind] = KINDS) -> Solids:
    """The table of solids, with the bodies of these kinds of road user."""
    drawn = parts(tuple(kinds))
    models = int(drawn.kind_model[1])
    count = int(drawn.first[models])
    rows, first = [drawn.row[:count]], drawn.first[: models + 1].tolist()
    codes = [int(semantic) << 8 | _row_of(int(semantic)) for semantic in drawn.row[:count, PartColumn.SEMANTIC]]
    of_paint = {Paint.BODY: OWN_PAINT & 255, Paint.DARK: _OTHER_ROW + 1, Paint.SKIN: _OTHER_ROW + 2}
    for kind in kinds:
        boxes = np.zeros((len(kind.body), drawn.row.shape[1]), np.float32)
        boxes[:, PartColumn.SHAPE] = Shape.BOX
        for row, box in zip(boxes, kind.body, strict=True):
            row[[PartColumn.X0, PartColumn.X1, PartColumn.Y, PartColumn.Z0, PartColumn.Z1]] = *box.x, box.y, *box.z
            codes.append(int(kind.semantic) << 8 | of_paint[box.paint])
        rows.append(boxes)
        first.append(first[-1] + len(boxes))
    return Solids(
        row=np.concatenate(rows),
        first=np.array(first, np.int32),
        kind_model=np.array([0, *(models + index for index in range(len(kinds)))], np.int64),
        code=np.array(codes, np.int64),
        holes=np.concatenate((_holes(drawn.row[:count]), np.zeros(len(codes) - count, np.int64))),
    )


def _holes(row: np.ndarray) -> np.ndarray:
    textures = atlas()
    place = place_of(textures.level[:, 0])
    has = np.array(
        [
            (textures.texel[first : first + width * height] == CLEAR).any()
            for first, width, height in zip(*(part.tolist() for part in place), strict=True)
        ]
    )
    rear, front, side, top = (
        has[row[:, column].astype(np.int64)]
        for column in (PartColumn.FACE_REAR, PartColumn.FACE_FRONT, PartColumn.FACE_SIDE, PartColumn.FACE_TOP)
    )
    return END_HOLES * (rear | front) + SIDE_HOLES * side.astype(np.int64) + TOP_HOLES * top.astype(np.int64)
