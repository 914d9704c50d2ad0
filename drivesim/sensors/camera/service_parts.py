"""Buses, emergency vehicles and open car doors as boxes; see `parts` for the columns."""

import numpy as np

from drivesim.semantics import Semantic
from drivesim.sensors.camera.atlas import Face
from drivesim.sensors.camera.parts import Shape, part_row

_BEACONS = (Face.BEACONS, Face.BEACONS, Face.BEACON, Face.BEACONS)


def bus() -> list[np.ndarray]:
    """A low-floor bus: its body, what stands on its roof, mirrors."""
    body = (Face.BUS_REAR, Face.BUS_FRONT, Face.BUS_SIDE, Face.BUS_TOP)
    plain, mirrors = (Face.BODY_DARK,) * 4, (Face.MIRRORS, Face.MIRRORS, Face.TRIM, Face.NOTHING)
    return [
        part_row(Shape.BOX, body, Semantic.BUS, z=(0.0, 0.96)),
        part_row(Shape.TAPERED, plain, Semantic.BUS, x=(-0.8, 0.2), y=0.7, z=(0.96, 1.0), taper=(0.02, 0.06, 0.1)),
        part_row(Shape.BOX, mirrors, Semantic.BUS, x=(0.97, 0.99), y=1.0, y_m=0.2, z=(0.5, 0.68)),
    ]


def police_car() -> list[np.ndarray]:
    """An estate with chequers on its flanks and a bar of blue lamps on its roof."""
    body = (Face.POLICE_REAR, Face.POLICE_FRONT, Face.POLICE_SIDE, Face.CAR_TOP)
    glass = (Face.CABIN_REAR, Face.CABIN_FRONT, Face.CABIN_SIDE, Face.BODY)
    car = Semantic.CAR
    return [
        part_row(Shape.BOX, body, car, z=(0.0, 0.56)),
        part_row(Shape.TAPERED, glass, car, x=(-0.985, 0.46), y=0.95, z=(0.56, 0.93), taper=(0.12, 0.4, 0.22)),
        part_row(Shape.BOX, _BEACONS, car, x=(-0.2, -0.08), y=0.66, z=(0.93, 1.0)),
    ]


def ambulance() -> list[np.ndarray]:
    """A van's cab before a box with chequers and a cross; blue lamps before and behind."""
    box = (Face.AMBULANCE_REAR, Face.BODY, Face.AMBULANCE_SIDE, Face.BODY)
    nose = (Face.BODY, Face.VAN_FRONT, Face.BODY, Face.BODY)
    cab = (Face.BODY, Face.CABIN_FRONT, Face.CABIN_SIDE, Face.BODY)
    car, tyres = Semantic.CAR, (Face.NOTHING, Face.NOTHING, Face.FRONT_WHEEL, Face.NOTHING)
    return [
        part_row(Shape.BOX, box, car, x=(-1.0, 0.36), z=(0.06, 0.95)),
        part_row(Shape.BOX, nose, car, x=(0.36, 1.0), y=0.96, z=(0.06, 0.46)),
        part_row(Shape.BOX, tyres, car, x=(0.42, 0.72), y=0.98, z=(0.0, 0.3)),
        part_row(Shape.TAPERED, cab, car, x=(0.3, 0.86), y=0.94, z=(0.46, 0.8), taper=(0.0, 0.3, 0.14)),
        part_row(Shape.BOX, _BEACONS, car, x=(0.22, 0.34), y=0.8, z=(0.95, 1.0)),
        part_row(Shape.BOX, _BEACONS, car, x=(-0.98, -0.92), y=0.8, z=(0.95, 1.0)),
    ]


def fire_engine() -> list[np.ndarray]:
    """A cab before a body with shutters; a ladder and blue lamps on top."""
    body = (Face.FIRE_REAR, Face.BODY, Face.FIRE_SIDE, Face.BODY_DARK)
    cab = (Face.BODY, Face.CAB_FRONT, Face.CAB_SIDE, Face.BODY)
    truck, ladder = Semantic.TRUCK, (Face.METAL_PLAIN,) * 4
    return [
        part_row(Shape.BOX, body, truck, x=(-1.0, 0.4), z=(0.0, 0.9)),
        part_row(Shape.BOX, cab, truck, x=(0.42, 1.0), y=0.97, z=(0.0, 0.94)),
        part_row(Shape.BOX, ladder, truck, x=(-0.96, 0.3), y=0.24, z=(0.92, 0.96)),
        part_row(Shape.BOX, _BEACONS, truck, x=(0.66, 0.78), y=0.8, z=(0.94, 1.0)),
        part_row(Shape.BOX, _BEACONS, truck, x=(-0.98, -0.93), y=0.84, z=(0.9, 0.96)),
    ]


def car_door() -> list[np.ndarray]:
    """The leaf of a car door: sheet below, window above; it extends ahead of its hinges."""
    sheet, pane = (Face.TRIM, Face.TRIM, Face.DOOR_LEAF, Face.TRIM), (Face.TRIM, Face.TRIM, Face.DOOR_WINDOW, Face.TRIM)
    return [
        part_row(Shape.BOX, sheet, Semantic.CAR, z=(0.2, 0.66)),
        part_row(Shape.BOX, pane, Semantic.CAR, x=(-0.92, 0.72), y=0.5, z=(0.66, 1.0)),
    ]
