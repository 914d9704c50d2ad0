"""Textures of buses, police cars, ambulances and fire engines."""

import numpy as np

from drivesim.sensors.camera.canvas import Canvas
from drivesim.sensors.camera.paint import CLEAR, Vehicle
from drivesim.sensors.camera.vehicle_faces import car_front, car_rear, car_side, plate, rear_lamps, wheels


def bus_side() -> np.ndarray:
    """A low-floor bus from the side: a band of windows with pillars, two doors, wheels."""
    c = Canvas(128, 64, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.06, CLEAR)
    c.rect(0.0, 1.0, 0.06, 0.16, Vehicle.BODY_DARK)
    c.rect(0.0, 1.0, 0.4, 0.84, Vehicle.GLASS)
    c.rect(0.0, 1.0, 0.62, 0.72, Vehicle.GLASS_LIGHT)
    c.rect(0.0, 1.0, 0.84, 0.86, Vehicle.TRIM)
    c.rect(0.0, 0.03, 0.4, 0.86, Vehicle.BODY)
    for pillar in (0.15, 0.29, 0.43, 0.57, 0.71, 0.85):
        c.rect(pillar, pillar + 0.008, 0.4, 0.84, Vehicle.TRIM)
    for door in (0.5, 0.89):
        c.rect(door, door + 0.075, 0.12, 0.8, Vehicle.GLASS)
        c.rect(door + 0.035, door + 0.041, 0.12, 0.8, Vehicle.TRIM)
        c.rect(door, door + 0.075, 0.78, 0.81, Vehicle.TRIM)
    c.rect(0.0, 0.008, 0.3, 0.38, Vehicle.TAIL)
    c.rect(0.985, 1.0, 0.18, 0.26, Vehicle.HEAD)
    wheels(c, (0.24, 0.79), 0.043, 0.155, arch=1.15)
    return c.codes


def bus_front() -> np.ndarray:
    """The front of a bus: one large pane, the destination above it, lamps below."""
    c = Canvas(64, 64, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.06, CLEAR)
    c.mirrored(c.rect, 0.02, 0.14, 0.0, 0.1, code=Vehicle.TYRE)
    c.rect(0.0, 1.0, 0.06, 0.12, Vehicle.TRIM)
    c.rect(0.04, 0.96, 0.34, 0.8, Vehicle.GLASS)
    c.rect(0.1, 0.48, 0.52, 0.7, Vehicle.GLASS_LIGHT)
    c.rect(0.49, 0.51, 0.34, 0.8, Vehicle.TRIM)
    c.rect(0.1, 0.9, 0.82, 0.95, Vehicle.UNDER)
    for letter in np.arange(0.3, 0.82, 0.07):
        c.rect(letter, letter + 0.045, 0.85, 0.92, Vehicle.DISPLAY)
    c.rect(0.14, 0.24, 0.85, 0.92, Vehicle.DISPLAY)
    plate(c, 0.38, 0.62, 0.13, 0.18)
    c.mirrored(c.rect, 0.05, 0.22, 0.18, 0.26, code=Vehicle.HEAD)
    c.rect(0.05, 0.14, 0.26, 0.3, Vehicle.TURN_LEFT)
    c.rect(0.86, 0.95, 0.26, 0.3, Vehicle.TURN_RIGHT)
    return c.codes


def bus_rear() -> np.ndarray:
    """The back of a bus: a small window, grille, lamps, line number."""
    c = Canvas(64, 64, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.06, CLEAR)
    c.mirrored(c.rect, 0.02, 0.14, 0.0, 0.1, code=Vehicle.TYRE)
    c.rect(0.0, 1.0, 0.06, 0.12, Vehicle.TRIM)
    c.rect(0.12, 0.88, 0.54, 0.82, Vehicle.GLASS)
    c.rect(0.18, 0.5, 0.64, 0.74, Vehicle.GLASS_LIGHT)
    c.rect(0.2, 0.8, 0.24, 0.44, Vehicle.BODY_DARK)
    for bar in (0.27, 0.32, 0.37):
        c.rect(0.24, 0.76, bar, bar + 0.02, Vehicle.TRIM)
    c.rect(0.3, 0.7, 0.86, 0.94, Vehicle.UNDER)
    c.rect(0.44, 0.56, 0.87, 0.93, Vehicle.DISPLAY)
    plate(c, 0.38, 0.62, 0.14, 0.2)
    rear_lamps(c, 0.03, 0.14, 0.2, 0.28, 0.44)
    return c.codes


def bus_top() -> np.ndarray:
    """The roof of a bus with its hatches."""
    c = Canvas(64, 16, Vehicle.BODY)
    for hatch in (0.22, 0.6):
        c.rect(hatch, hatch + 0.08, 0.3, 0.7, Vehicle.BODY_DARK)
    c.rect(0.02, 0.14, 0.15, 0.85, Vehicle.TRIM)
    return c.codes


def _chequers(c: Canvas, u0: float, u1: float, v0: float, v1: float, count: int) -> None:
    """Two rows of fields in two colours, as emergency vehicles have them on their flanks."""
    wide, half = (u1 - u0) / count, 0.5 * (v1 - v0)
    for k in range(count):
        for row in range(2):
            code = Vehicle.LIVERY if (k + row) % 2 else Vehicle.LIVERY_BRIGHT
            c.rect(u0 + k * wide, u0 + (k + 1) * wide, v0 + row * half, v0 + (row + 1) * half, code)


def police_side() -> np.ndarray:
    """The flank of a police car: that of a car with chequers below its windows."""
    texture = car_side()
    c = Canvas(128, 32, Vehicle.BODY)
    _chequers(c, 0.12, 0.9, 0.48, 0.84, 8)
    paintable = np.isin(texture, (Vehicle.BODY, Vehicle.BODY_DARK, Vehicle.TRIM))
    rows = np.arange(32)[:, None] / 32.0
    columns = np.arange(128)[None] / 128.0
    band = (rows >= 0.48) & (rows < 0.84) & (columns >= 0.12) & (columns < 0.9)
    return np.where(paintable & band, c.codes, texture).astype(np.uint8)


def police_end(front: bool) -> np.ndarray:
    """The nose or tail of a police car: that of a car with a band across it."""
    texture = car_front() if front else car_rear()
    rows = np.arange(texture.shape[0])[:, None] / texture.shape[0]
    band = (rows >= (0.8 if front else 0.66)) & (rows < (0.9 if front else 0.92)) & (texture == Vehicle.BODY)
    return np.where(band, Vehicle.LIVERY, texture).astype(np.uint8)


def ambulance_side() -> np.ndarray:
    """The box of an ambulance: chequers, a window, a cross."""
    c = Canvas(128, 64, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.05, Vehicle.TRIM)
    _chequers(c, 0.0, 1.0, 0.2, 0.48, 8)
    c.rect(0.0, 1.0, 0.9, 0.96, Vehicle.LIVERY_BRIGHT)
    c.rect(0.62, 0.9, 0.56, 0.78, Vehicle.GLASS)
    c.rect(0.62, 0.9, 0.66, 0.71, Vehicle.GLASS_LIGHT)
    c.rect(0.26, 0.38, 0.65, 0.71, Vehicle.TAPE_REAR)
    c.rect(0.295, 0.345, 0.56, 0.8, Vehicle.TAPE_REAR)
    c.rect(0.5, 0.506, 0.05, 0.9, Vehicle.BODY_DARK)
    wheels(c, (0.24,), 0.105, 0.17)
    return c.codes


def front_wheel() -> np.ndarray:
    """A wheel in its arch; clear around it."""
    c = Canvas(32, 32, CLEAR)
    wheels(c, (0.5,), 0.42, 0.42, arch=1.12)
    return c.codes


def ambulance_rear() -> np.ndarray:
    """The doors of an ambulance: slanted bands, windows, lamps."""
    c = Canvas(64, 64, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.08, Vehicle.TRIM)
    rows, columns = np.mgrid[0:64, 0:64] / 64.0
    slanted = ((np.abs(columns - 0.5) + rows) * 6.0).astype(int) % 2 == 0
    field = (rows >= 0.12) & (rows < 0.52)
    c.codes[field] = np.where(slanted[field], Vehicle.TAPE_REAR, Vehicle.LIVERY_BRIGHT)
    c.mirrored(c.rect, 0.14, 0.44, 0.58, 0.84, code=Vehicle.GLASS)
    c.rect(0.495, 0.505, 0.1, 0.92, Vehicle.BODY_DARK)
    plate(c, 0.38, 0.62, 0.08, 0.14)
    rear_lamps(c, 0.02, 0.1, 0.16, 0.26, 0.44)
    return c.codes


def fire_side() -> np.ndarray:
    """The body of a fire engine: shutters over its lockers, a white band, wheels."""
    c = Canvas(128, 64, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.06, Vehicle.UNDER)
    for locker in (0.03, 0.36, 0.69):
        c.rect(locker, locker + 0.28, 0.34, 0.86, Vehicle.HUB)
        for slat in np.arange(0.38, 0.86, 0.07):
            c.rect(locker, locker + 0.28, slat, slat + 0.02, Vehicle.CHROME)
    c.rect(0.0, 1.0, 0.24, 0.31, Vehicle.CARGO)
    c.rect(0.0, 1.0, 0.9, 0.95, Vehicle.LIVERY_BRIGHT)
    wheels(c, (0.38,), 0.115, 0.17)
    return c.codes


def fire_rear() -> np.ndarray:
    """The back of a fire engine: a shutter, slanted bands beside it, a ladder, lamps."""
    c = Canvas(64, 64, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.08, Vehicle.UNDER)
    c.rect(0.24, 0.76, 0.2, 0.84, Vehicle.HUB)
    for slat in np.arange(0.24, 0.84, 0.07):
        c.rect(0.24, 0.76, slat, slat + 0.02, Vehicle.CHROME)
    for rung in np.arange(0.3, 0.9, 0.1):
        c.rect(0.8, 0.92, rung, rung + 0.025, Vehicle.CHROME)
    c.rect(0.04, 0.2, 0.5, 0.84, Vehicle.LIVERY_BRIGHT)
    plate(c, 0.38, 0.62, 0.1, 0.16)
    rear_lamps(c, 0.03, 0.14, 0.14, 0.24, 0.4)
    return c.codes


def beacons() -> np.ndarray:
    """Blue lamps at both ends of a bar across the roof."""
    c = Canvas(32, 8, Vehicle.TRIM)
    c.mirrored(c.rect, 0.0, 0.4, 0.0, 1.0, code=Vehicle.BEACON)
    return c.codes


def door_leaf() -> np.ndarray:
    """The sheet of an open car door below its window, as one sees it from outside and inside."""
    c = Canvas(32, 32, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.12, Vehicle.BODY_DARK)
    c.rect(0.08, 0.26, 0.72, 0.8, Vehicle.TRIM)
    c.rect(0.2, 0.9, 0.14, 0.34, Vehicle.TRIM)
    return c.codes


def door_window() -> np.ndarray:
    """The window of an open car door in its frame."""
    c = Canvas(16, 16, Vehicle.GLASS)
    c.rect(0.1, 0.9, 0.5, 0.7, Vehicle.GLASS_LIGHT)
    c.rect(0.0, 1.0, 0.88, 1.0, Vehicle.BODY)
    c.mirrored(c.rect, 0.0, 0.08, 0.0, 1.0, code=Vehicle.BODY)
    return c.codes
