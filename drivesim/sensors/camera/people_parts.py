"""People on foot and on bicycles as boxes, with limbs that swing.

Fractions of the height follow anthropometry (Winter, Biomechanics and Motor Control of Human Movement, table 4.1: hip
at 0.53, knee at 0.285, shoulder at 0.818 of the height). A box of a limb moves along the heading by SWING times the
height times the sine of the gait's phase, and up by LIFT times its cosine: legs of who walks swing, feet of who pedals
go round. Arms swing against the leg of their side.
"""

import math

import numpy as np

from drivesim.semantics import Semantic
from drivesim.sensors.camera.atlas import Face
from drivesim.sensors.camera.parts import PartColumn, Shape, part_row

LEFT_PHASE, RIGHT_PHASE = 0.0, math.pi
_KNEE_LAG = 0.55
"""The foot follows the thigh so much later in the gait [rad]."""
FOOT_SWING, KNEE_SWING, HAND_SWING, ELBOW_SWING = 0.17, 0.075, 0.11, 0.045
"""Over the height; a step of somebody 1.75 m tall is then 0.6 m between the feet's middles."""
PEDAL_SWING = 0.097
"""Crank of 170 mm over a rider's 1.75 m."""


def limb(
    face: Face, semantic: Semantic, *, x: tuple[float, float], aside: float, y: float, z: tuple[float, float],
    swing: float, phase: float, lift: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """A box beside the middle line that swings; lengths as in `parts`."""
    row = part_row(Shape.BOX, (face,) * 4, semantic, x=x, y=y, z=z)
    row[PartColumn.ASIDE], row[PartColumn.SWING], row[PartColumn.PHASE] = aside, swing, phase
    row[PartColumn.LIFT] = lift
    return row


def _head(semantic: Semantic, x: tuple[float, float], helmet: bool) -> np.ndarray:
    faces = (Face.HEAD_REAR, Face.HEAD_FRONT, Face.HEAD_SIDE, Face.HAIR)
    if helmet:
        faces = (Face.HELMET_REAR, Face.HELMET_FRONT, Face.HELMET_FRONT, Face.HELMET)
    return part_row(Shape.BOX, faces, semantic, x=x, y=0.32, z=(0.865, 1.0))


def walker(trousers: Face, with_bag: bool) -> list[np.ndarray]:
    """Somebody on foot: head, torso, arms and legs of two boxes each."""
    person = Semantic.PEDESTRIAN
    parts = [
        part_row(Shape.BOX, (Face.BODY, Face.BODY, Face.BODY_DARK, Face.BODY), person, x=(-0.55, 0.5), y=0.66,
              z=(0.5, 0.83)),
        part_row(Shape.BOX, (Face.SKIN,) * 4, person, x=(-0.25, 0.25), y=0.2, z=(0.83, 0.87)),
        _head(person, (-0.42, 0.46), helmet=False),
    ]  # fmt: skip
    for side, leg in ((1.0, LEFT_PHASE), (-1.0, RIGHT_PHASE)):
        arm = leg + math.pi
        parts += [
            limb(trousers, person, x=(-0.42, 0.42), aside=0.34 * side, y=0.29, z=(0.26, 0.52), swing=KNEE_SWING,
                 phase=leg),
            limb(trousers, person, x=(-0.34, 0.34), aside=0.34 * side, y=0.24, z=(0.05, 0.29), swing=FOOT_SWING,
                 phase=leg - _KNEE_LAG),
            limb(Face.TRIM, person, x=(-0.34, 0.75), aside=0.34 * side, y=0.2, z=(0.0, 0.05), swing=FOOT_SWING,
                 phase=leg - _KNEE_LAG),
            limb(Face.BODY_DARK, person, x=(-0.34, 0.34), aside=0.83 * side, y=0.17, z=(0.61, 0.82),
                 swing=ELBOW_SWING, phase=arm),
            limb(Face.BODY_DARK, person, x=(-0.28, 0.32), aside=0.83 * side, y=0.15, z=(0.47, 0.63),
                 swing=HAND_SWING, phase=arm),
            limb(Face.SKIN, person, x=(-0.2, 0.3), aside=0.83 * side, y=0.13, z=(0.42, 0.47), swing=HAND_SWING,
                 phase=arm),
        ]  # fmt: skip
    if with_bag:
        parts.append(
            part_row(Shape.BOX, (Face.JACKET,) * 4, Semantic.PEDESTRIAN, x=(-1.15, -0.55), y=0.5, z=(0.56, 0.81))
        )
    return parts


def _bicycle() -> np.ndarray:
    faces = (Face.BICYCLE_END, Face.BICYCLE_END, Face.BICYCLE, Face.NOTHING)
    return part_row(Shape.BOX, faces, Semantic.BICYCLE, y=0.1, z=(0.0, 0.6))


def far_cyclist() -> list[np.ndarray]:
    """A rider who is small in the picture: bicycle, legs, torso, head."""
    rider = Semantic.RIDER
    return [
        _bicycle(),
        part_row(Shape.BOX, (Face.TRIM,) * 4, rider, x=(-0.2, 0.14), y=0.56, z=(0.16, 0.54)),
        part_row(Shape.BOX, (Face.BODY,) * 4, rider, x=(-0.36, 0.12), y=0.66, z=(0.54, 0.86)),
        _head(rider, (-0.09, 0.17), helmet=True),
    ]


def cyclist(trousers: Face) -> list[np.ndarray]:
    """A rider on a bicycle, seated, hands at the bar, feet that go round with the pedals."""
    rider, bike = Semantic.RIDER, Semantic.BICYCLE
    parts = [
        _bicycle(),
        part_row(Shape.BOX, (Face.TRIM,) * 4, bike, x=(0.44, 0.52), y=0.95, z=(0.57, 0.6)),
        part_row(Shape.BOX, (Face.BODY, Face.BODY, Face.BODY_DARK, Face.BODY), rider, x=(-0.36, -0.04), y=0.58,
              z=(0.54, 0.7)),
        part_row(Shape.BOX, (Face.BODY, Face.BODY, Face.BODY_DARK, Face.BODY), rider, x=(-0.26, 0.1), y=0.66,
              z=(0.68, 0.86)),
        _head(rider, (-0.09, 0.17), helmet=True),
    ]  # fmt: skip
    for side, phase in ((1.0, LEFT_PHASE), (-1.0, RIGHT_PHASE)):
        parts += [
            limb(Face.BODY_DARK, rider, x=(-0.02, 0.26), aside=0.72 * side, y=0.13, z=(0.68, 0.8), swing=0.0,
                 phase=0.0),
            limb(Face.SKIN, rider, x=(0.2, 0.5), aside=0.76 * side, y=0.11, z=(0.59, 0.69), swing=0.0, phase=0.0),
            limb(trousers, rider, x=(-0.24, 0.14), aside=0.34 * side, y=0.22, z=(0.46, 0.58), swing=0.3 * PEDAL_SWING,
                 phase=phase, lift=0.5 * PEDAL_SWING),
            limb(trousers, rider, x=(-0.01, 0.15), aside=0.34 * side, y=0.18, z=(0.2, 0.5), swing=0.8 * PEDAL_SWING,
                 phase=phase, lift=0.9 * PEDAL_SWING),
            limb(Face.TRIM, rider, x=(-0.06, 0.22), aside=0.34 * side, y=0.17, z=(0.14, 0.2), swing=PEDAL_SWING,
                 phase=phase, lift=PEDAL_SWING),
        ]  # fmt: skip
    return parts
