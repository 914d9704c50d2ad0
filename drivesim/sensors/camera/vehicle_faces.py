"""Textures of road users."""

import numpy as np

from drivesim.sensors.camera.canvas import Canvas
from drivesim.sensors.camera.paint import CLEAR, Vehicle


def wheels(canvas: Canvas, places: tuple[float, ...], ru: float, rv: float, arch: float = 1.18) -> None:
    """Wheels in their arches at places along a flank."""
    for place in places:
        canvas.disc(place, rv, ru * arch, rv * arch, Vehicle.UNDER)
        canvas.disc(place, rv, ru, rv, Vehicle.TYRE)
        canvas.disc(place, rv, 0.62 * ru, 0.62 * rv, Vehicle.HUB)
        canvas.disc(place, rv, 0.2 * ru, 0.2 * rv, Vehicle.TRIM)


def car_side() -> np.ndarray:
    """The flank of a car below its windows: wheels, doors, wrap-around lamps."""
    c = Canvas(128, 32, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.2, Vehicle.UNDER)
    c.rect(0.0, 1.0, 0.2, 0.34, Vehicle.BODY_DARK)
    c.rect(0.0, 1.0, 0.84, 0.88, Vehicle.BODY_DARK)
    for seam in (0.36, 0.54, 0.7):
        c.rect(seam, seam + 0.006, 0.34, 1.0, Vehicle.BODY_DARK)
    for handle in (0.39, 0.57):
        c.rect(handle, handle + 0.035, 0.72, 0.78, Vehicle.TRIM)
    c.rect(0.0, 0.035, 0.62, 0.86, Vehicle.TAIL)
    c.rect(0.955, 1.0, 0.58, 0.78, Vehicle.HEAD)
    wheels(c, (0.19, 0.79), 0.072, 0.36)
    return c.codes


def car_rear() -> np.ndarray:
    """The tail of a car: lamps, plate, bumper."""
    c = Canvas(64, 32, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.2, Vehicle.UNDER)
    for u in (0.0, 0.86):
        c.rect(u, u + 0.14, 0.0, 0.2, Vehicle.TYRE)
    c.rect(0.0, 1.0, 0.2, 0.3, Vehicle.TRIM)
    c.rect(0.0, 1.0, 0.3, 0.48, Vehicle.BODY_DARK)
    plate(c, 0.34, 0.66, 0.5, 0.64)
    c.rect(0.02, 0.98, 0.92, 0.95, Vehicle.BODY_DARK)
    rear_lamps(c, 0.03, 0.25, 0.56, 0.68, 0.9)
    return c.codes


def rear_lamps(c: Canvas, u0: float, u1: float, v0: float, v1: float, v2: float) -> None:
    """Turn indicators from v0 to v1 below the tail lamps from v1 to v2."""
    c.rect(u0, u1, v0, v1, Vehicle.TURN_LEFT)
    c.rect(1.0 - u1, 1.0 - u0, v0, v1, Vehicle.TURN_RIGHT)
    c.mirrored(c.rect, u0, u1, v1, v2, code=Vehicle.TAIL)


def plate(c: Canvas, u0: float, u1: float, v0: float, v1: float) -> None:
    """A number plate."""
    c.rect(u0, u1, v0, v1, Vehicle.PLATE)
    width, height = u1 - u0, v1 - v0
    for k in range(6):
        u = u0 + width * (0.1 + 0.14 * k)
        c.rect(u, u + 0.08 * width, v0 + 0.25 * height, v1 - 0.25 * height, Vehicle.PLATE_TEXT)


def car_front() -> np.ndarray:
    """The nose of a car: grille, head lamps, plate."""
    c = Canvas(64, 32, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.2, Vehicle.UNDER)
    for u in (0.0, 0.86):
        c.rect(u, u + 0.14, 0.0, 0.2, Vehicle.TYRE)
    c.rect(0.0, 1.0, 0.2, 0.28, Vehicle.TRIM)
    c.rect(0.14, 0.86, 0.28, 0.42, Vehicle.TRIM)
    c.rect(0.3, 0.7, 0.54, 0.74, Vehicle.CHROME)
    plate(c, 0.36, 0.64, 0.42, 0.53)
    c.mirrored(c.rect, 0.03, 0.27, 0.6, 0.8, code=Vehicle.HEAD)
    c.rect(0.03, 0.17, 0.5, 0.6, Vehicle.TURN_LEFT)
    c.rect(0.83, 0.97, 0.5, 0.6, Vehicle.TURN_RIGHT)
    c.rect(0.0, 1.0, 0.9, 0.93, Vehicle.BODY_DARK)
    return c.codes


def car_top() -> np.ndarray:
    """Bonnet and boot lid, seen from above; the cabin stands on it."""
    c = Canvas(64, 32, Vehicle.BODY)
    c.rect(0.74, 0.985, 0.2, 0.23, Vehicle.BODY_DARK)
    c.rect(0.74, 0.985, 0.77, 0.8, Vehicle.BODY_DARK)
    c.rect(0.7, 0.74, 0.08, 0.92, Vehicle.TRIM)
    return c.codes


def cabin_side() -> np.ndarray:
    """Side windows and pillars."""
    c = Canvas(64, 16, Vehicle.GLASS)
    c.rect(0.0, 1.0, 0.5, 0.66, Vehicle.GLASS_LIGHT)
    c.rect(0.0, 1.0, 0.86, 1.0, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.08, Vehicle.TRIM)
    c.rect(0.0, 0.07, 0.0, 1.0, Vehicle.BODY)
    c.rect(0.95, 1.0, 0.0, 1.0, Vehicle.BODY)
    for pillar in (0.26, 0.56):
        c.rect(pillar, pillar + 0.045, 0.0, 1.0, Vehicle.TRIM)
    return c.codes


def cabin_rear() -> np.ndarray:
    """The rear window with the third brake lamp above it."""
    c = Canvas(64, 16, Vehicle.BODY)
    c.rect(0.07, 0.93, 0.06, 0.86, Vehicle.GLASS)
    c.rect(0.12, 0.5, 0.4, 0.7, Vehicle.GLASS_LIGHT)
    c.rect(0.4, 0.6, 0.86, 1.0, Vehicle.TAIL)
    return c.codes


def cabin_front() -> np.ndarray:
    """The windscreen."""
    c = Canvas(64, 16, Vehicle.BODY)
    c.rect(0.05, 0.95, 0.0, 0.92, Vehicle.GLASS)
    c.rect(0.1, 0.55, 0.45, 0.8, Vehicle.GLASS_LIGHT)
    c.rect(0.05, 0.95, 0.0, 0.08, Vehicle.TRIM)
    return c.codes


def van_side() -> np.ndarray:
    """The lower flank of a van."""
    c = Canvas(128, 32, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.2, Vehicle.UNDER)
    c.rect(0.0, 1.0, 0.2, 0.36, Vehicle.TRIM)
    for seam in (0.34, 0.6, 0.78):
        c.rect(seam, seam + 0.006, 0.36, 1.0, Vehicle.BODY_DARK)
    c.rect(0.0, 0.03, 0.55, 0.95, Vehicle.TAIL)
    c.rect(0.95, 1.0, 0.6, 0.85, Vehicle.HEAD)
    wheels(c, (0.2, 0.82), 0.062, 0.34)
    return c.codes


def van_rear() -> np.ndarray:
    """The lower tail of a van: doors, lamps, plate."""
    c = Canvas(64, 32, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.18, Vehicle.UNDER)
    for u in (0.02, 0.84):
        c.rect(u, u + 0.14, 0.0, 0.18, Vehicle.TYRE)
    c.rect(0.0, 1.0, 0.18, 0.34, Vehicle.TRIM)
    c.rect(0.495, 0.505, 0.34, 1.0, Vehicle.BODY_DARK)
    plate(c, 0.56, 0.86, 0.4, 0.52)
    rear_lamps(c, 0.01, 0.13, 0.45, 0.62, 1.0)
    return c.codes


def van_front() -> np.ndarray:
    """The nose of a van."""
    c = Canvas(64, 32, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.18, Vehicle.UNDER)
    for u in (0.02, 0.84):
        c.rect(u, u + 0.14, 0.0, 0.18, Vehicle.TYRE)
    c.rect(0.0, 1.0, 0.18, 0.36, Vehicle.TRIM)
    c.rect(0.24, 0.76, 0.62, 0.84, Vehicle.CHROME)
    plate(c, 0.36, 0.64, 0.42, 0.52)
    c.mirrored(c.rect, 0.03, 0.22, 0.62, 0.86, code=Vehicle.HEAD)
    c.rect(0.03, 0.12, 0.52, 0.62, Vehicle.TURN_LEFT)
    c.rect(0.88, 0.97, 0.52, 0.62, Vehicle.TURN_RIGHT)
    return c.codes


def van_cabin_side() -> np.ndarray:
    """The upper flank of a van: one window in front, panels behind."""
    c = Canvas(64, 32, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.92, 0.95, Vehicle.BODY_DARK)
    c.rect(0.8, 0.97, 0.06, 0.66, Vehicle.GLASS)
    c.rect(0.8, 0.97, 0.4, 0.5, Vehicle.GLASS_LIGHT)
    for seam in (0.42, 0.76):
        c.rect(seam, seam + 0.012, 0.0, 0.9, Vehicle.BODY_DARK)
    return c.codes


def van_cabin_rear() -> np.ndarray:
    """The upper tail of a van: two door windows."""
    c = Canvas(64, 32, Vehicle.BODY)
    c.mirrored(c.rect, 0.1, 0.46, 0.3, 0.8, code=Vehicle.GLASS)
    c.rect(0.495, 0.505, 0.0, 0.9, Vehicle.BODY_DARK)
    c.mirrored(c.rect, 0.01, 0.12, 0.0, 0.18, code=Vehicle.TAIL)
    c.rect(0.4, 0.6, 0.93, 1.0, Vehicle.TAIL)
    return c.codes


def cab_side() -> np.ndarray:
    """The side of a truck's cab, on its front wheel; one looks under it."""
    c = Canvas(64, 64, Vehicle.BODY)
    c.rect(0.0, 1.0, 0.0, 0.13, CLEAR)
    c.rect(0.0, 0.24, 0.0, 0.2, CLEAR)
    c.rect(0.24, 1.0, 0.13, 0.24, Vehicle.BODY_DARK)
    c.rect(0.86, 1.0, 0.1, 0.22, Vehicle.TRIM)
    c.rect(0.26, 0.32, 0.24, 0.98, Vehicle.BODY_DARK)
    c.rect(0.42, 0.94, 0.58, 0.88, Vehicle.GLASS)
    c.rect(0.42, 0.94, 0.72, 0.78, Vehicle.GLASS_LIGHT)
    c.rect(0.4, 0.42, 0.24, 0.9, Vehicle.BODY_DARK)
    c.rect(0.44, 0.54, 0.5, 0.53, Vehicle.TRIM)
    c.rect(0.0, 0.26, 0.3, 0.98, Vehicle.BODY)
    wheels(c, (0.6,), 0.27, 0.165, arch=1.1)
    return c.codes


def cab_front() -> np.ndarray:
    """The front of a truck's cab: windscreen with visor and wipers, grille, bumper with lamps."""
    c = Canvas(64, 64, Vehicle.BODY)
    c.mirrored(c.rect, 0.0, 0.16, 0.0, 0.07, code=Vehicle.TYRE)
    c.rect(0.16, 0.84, 0.0, 0.07, CLEAR)
    c.rect(0.0, 1.0, 0.07, 0.22, Vehicle.TRIM)
    c.rect(0.14, 0.86, 0.25, 0.5, Vehicle.TRIM)
    for bar in (0.29, 0.35, 0.41, 0.47):
        c.rect(0.16, 0.84, bar, bar + 0.025, Vehicle.CHROME)
    c.rect(0.44, 0.56, 0.42, 0.48, Vehicle.HUB)
    c.rect(0.04, 0.96, 0.56, 0.88, Vehicle.GLASS)
    c.rect(0.1, 0.5, 0.68, 0.8, Vehicle.GLASS_LIGHT)
    c.rect(0.02, 0.98, 0.88, 0.93, Vehicle.TRIM)
    c.rect(0.04, 0.96, 0.53, 0.56, Vehicle.TRIM)
    plate(c, 0.38, 0.62, 0.1, 0.16)
    c.mirrored(c.rect, 0.04, 0.19, 0.12, 0.21, code=Vehicle.HEAD)
    c.rect(0.02, 0.1, 0.22, 0.27, Vehicle.TURN_LEFT)
    c.rect(0.9, 0.98, 0.22, 0.27, Vehicle.TURN_RIGHT)
    return c.codes


def mirrors() -> np.ndarray:
    """What stands out at the sides of a truck's cab; clear between."""
    c = Canvas(64, 8, CLEAR)
    c.mirrored(c.rect, 0.0, 0.055, 0.0, 1.0, code=Vehicle.TRIM)
    c.mirrored(c.rect, 0.012, 0.045, 0.12, 0.9, code=Vehicle.GLASS_LIGHT)
    return c.codes


def cargo_side() -> np.ndarray:
    """The side of a truck's box body: panels, a sign, reflecting tape along its edges (UN R104)."""
    c = Canvas(128, 32, Vehicle.CARGO)
    for seam in np.arange(0.0, 1.0, 0.125):
        c.rect(seam, seam + 0.008, 0.0, 1.0, Vehicle.CARGO_DARK)
    c.rect(0.0, 1.0, 0.0, 0.1, Vehicle.CARGO_DARK)
    c.rect(0.0, 1.0, 0.94, 1.0, Vehicle.CARGO_DARK)
    c.mirrored(c.rect, 0.0, 0.012, 0.0, 1.0, code=Vehicle.CARGO_DARK)
    for dash in np.arange(0.01, 1.0, 0.1):
        c.rect(dash, dash + 0.06, 0.03, 0.09, Vehicle.TAPE_SIDE)
    c.rect(0.28, 0.74, 0.36, 0.7, Vehicle.BODY)
    c.rect(0.3, 0.5, 0.48, 0.58, Vehicle.CARGO)
    c.rect(0.54, 0.7, 0.48, 0.58, Vehicle.CARGO)
    return c.codes


def cargo_rear() -> np.ndarray:
    """The doors of a truck's box body: frame, two leaves with bars, handles and hinges, reflecting tape (UN R104)."""
    c = Canvas(64, 64, Vehicle.CARGO)
    c.mirrored(c.rect, 0.0, 0.05, 0.0, 1.0, code=Vehicle.CARGO_DARK)
    c.rect(0.0, 1.0, 0.94, 1.0, Vehicle.CARGO_DARK)
    c.rect(0.0, 1.0, 0.0, 0.06, Vehicle.CARGO_DARK)
    c.rect(0.485, 0.515, 0.06, 0.94, Vehicle.TRIM)
    for bar in (0.17, 0.36):
        c.mirrored(c.rect, bar, bar + 0.025, 0.07, 0.93, code=Vehicle.CHROME)
        c.mirrored(c.rect, bar - 0.02, bar + 0.045, 0.3, 0.34, code=Vehicle.TRIM)
    for hinge in (0.14, 0.38, 0.62, 0.86):
        c.mirrored(c.rect, 0.05, 0.1, hinge - 0.015, hinge + 0.015, code=Vehicle.CHROME)
    for tape in np.arange(0.06, 0.94, 0.11):
        c.mirrored(c.rect, 0.01, 0.04, tape, tape + 0.07, code=Vehicle.TAPE_REAR)
        c.rect(tape, tape + 0.07, 0.015, 0.045, Vehicle.TAPE_REAR)
        c.rect(tape, tape + 0.07, 0.955, 0.985, Vehicle.TAPE_REAR)
    return c.codes


def chassis_side() -> np.ndarray:
    """Frame, tank, side guard and wheels of a truck; one looks through between them."""
    c = Canvas(128, 32, CLEAR)
    c.rect(0.0, 1.0, 0.8, 1.0, Vehicle.UNDER)
    c.rect(0.62, 0.76, 0.34, 0.82, Vehicle.CHROME)
    c.rect(0.62, 0.76, 0.55, 0.6, Vehicle.TRIM)
    for bar in (0.4, 0.62):
        c.rect(0.34, 0.6, bar, bar + 0.12, Vehicle.HUB)
    for post in (0.36, 0.47, 0.58):
        c.rect(post, post + 0.01, 0.4, 0.82, Vehicle.TRIM)
    c.rect(0.0, 0.02, 0.2, 0.8, Vehicle.TRIM)
    wheels(c, (0.11, 0.235, 0.87), 0.056, 0.47, arch=1.0)
    return c.codes


def chassis_rear() -> np.ndarray:
    """Twin wheels, under-run bar, lamps and plate below a truck's doors."""
    c = Canvas(64, 32, CLEAR)
    for tyre in (0.04, 0.17):
        c.mirrored(c.rect, tyre, tyre + 0.115, 0.0, 0.8, code=Vehicle.TYRE)
    c.rect(0.28, 0.72, 0.3, 0.42, Vehicle.UNDER)
    c.rect(0.0, 1.0, 0.62, 1.0, Vehicle.UNDER)
    c.rect(0.03, 0.97, 0.4, 0.56, Vehicle.CHROME)
    for tape in np.arange(0.05, 0.95, 0.18):
        c.rect(tape, tape + 0.09, 0.43, 0.53, Vehicle.TAPE_REAR)
    plate(c, 0.38, 0.62, 0.66, 0.86)
    c.rect(0.02, 0.1, 0.66, 0.98, Vehicle.TURN_LEFT)
    c.rect(0.9, 0.98, 0.66, 0.98, Vehicle.TURN_RIGHT)
    c.mirrored(c.rect, 0.1, 0.3, 0.66, 0.98, code=Vehicle.TAIL)
    return c.codes


def bike_side() -> np.ndarray:
    """A motorcycle from the side; one looks through beside it."""
    c = Canvas(64, 32, CLEAR)
    for u in (0.16, 0.84):
        c.disc(u, 0.33, 0.155, 0.33, Vehicle.TYRE)
        c.disc(u, 0.33, 0.1, 0.21, Vehicle.HUB)
        c.disc(u, 0.33, 0.03, 0.07, Vehicle.TRIM)
    c.rect(0.3, 0.7, 0.2, 0.6, Vehicle.CHROME)
    c.rect(0.06, 0.56, 0.62, 0.8, Vehicle.TRIM)
    c.rect(0.46, 0.78, 0.6, 0.96, Vehicle.BODY)
    c.rect(0.06, 0.12, 0.62, 0.8, Vehicle.TAIL)
    c.rect(0.78, 0.86, 0.6, 0.9, Vehicle.HEAD)
    return c.codes


def bike_end(front: bool) -> np.ndarray:
    """A motorcycle from in front or behind."""
    c = Canvas(16, 32, CLEAR)
    c.rect(0.3, 0.7, 0.0, 0.66, Vehicle.TYRE)
    c.rect(0.1, 0.9, 0.5, 0.8, Vehicle.BODY)
    c.rect(0.2, 0.8, 0.66, 0.92, Vehicle.HEAD if front else Vehicle.TAIL)
    c.rect(0.0, 0.2, 0.62, 0.8, Vehicle.TURN_LEFT)
    c.rect(0.8, 1.0, 0.62, 0.8, Vehicle.TURN_RIGHT)
    return c.codes


def rider() -> np.ndarray:
    """A rider, much the same from all sides."""
    c = Canvas(32, 32, CLEAR)
    c.rect(0.06, 0.94, 0.0, 0.24, Vehicle.TRIM)
    c.disc(0.5, 0.38, 0.42, 0.36, Vehicle.JACKET)
    c.rect(0.08, 0.92, 0.3, 0.5, Vehicle.JACKET)
    c.disc(0.5, 0.83, 0.23, 0.18, Vehicle.HELMET)
    return c.codes
