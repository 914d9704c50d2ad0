"""Road users from above: a drawing per kind, tinted by look, with lamps as a layer of their own."""

from functools import lru_cache

import numpy as np

from drivesim.render.brush import Brush, Sprite, mirrored, rounded, smooth
from drivesim.sensors.camera.paint import PAINTS
from drivesim.state import ActorKind, Lamp

Color = tuple[int, int, int]

EGO_PAINT: Color = (255, 122, 24)
GLASS = (22.0, 28.0, 38.0)
GLASS_SHINE = (150.0, 175.0, 200.0)
RUBBER = (20.0, 20.0, 22.0)
SKIN = (196.0, 150.0, 122.0)
HEADLAMP = (240.0, 244.0, 250.0)
TAIL_OFF = (110.0, 14.0, 18.0)
TAIL_LIT = (255.0, 26.0, 22.0)
TURN_LIT = (255.0, 170.0, 20.0)
BEAM = (255.0, 244.0, 214.0)
TAIL_ON = (200.0, 20.0, 20.0)
BLUE_LIT = (64.0, 120.0, 255.0)
BLUE_OFF = (18.0, 40.0, 110.0)
LIVERY, LIVERY_BRIGHT = (22.0, 76.0, 164.0), (232.0, 220.0, 40.0)
_DENSITY = 40.0
_CAR_VARIANTS = 3
_BODY: dict[int, tuple[float, float]] = {
    ActorKind.CAR: (4.5, 1.82),
    ActorKind.VAN: (5.6, 2.04),
    ActorKind.TRUCK: (10.0, 2.5),
    ActorKind.MOTORCYCLE: (2.2, 0.8),
    ActorKind.PEDESTRIAN: (0.4, 0.55),
    ActorKind.CYCLIST: (1.8, 0.6),
    ActorKind.BUS: (11.0, 2.5),
    ActorKind.POLICE_CAR: (4.8, 1.85),
    ActorKind.AMBULANCE: (6.0, 2.1),
    ActorKind.FIRE_ENGINE: (8.0, 2.5),
    ActorKind.CAR_DOOR: (1.05, 0.14),
}
_BEACONS: dict[int, float] = {ActorKind.POLICE_CAR: -0.3, ActorKind.AMBULANCE: 0.85, ActorKind.FIRE_ENGINE: 2.9}
"""Where the blue lamps of a kind are, ahead of its middle [m]."""
_OTHER = (4.0, 1.8)
"""Length and width each kind is drawn for, one from outside like this; others of its size are stretched."""


def paint_of(kind: int, look: int) -> Color:
    """Paint of a road user."""
    red, green, blue = PAINTS[(look * 7 + kind) % len(PAINTS)]
    return round(red), round(green), round(blue)


@lru_cache(maxsize=256)
def body_sprite(kind: int, look: int, ego: bool) -> Sprite:
    """A road user without its lamps."""
    variant = 0 if ego else (look // len(PAINTS)) % _CAR_VARIANTS if kind == ActorKind.CAR else 0
    return _body(kind, variant).sprite(EGO_PAINT if ego else paint_of(kind, look))


@lru_cache(maxsize=256)
def lamp_sprite(kind: int, lamps: int) -> Sprite:
    """What its lit lamps add."""
    length, width = _BODY.get(kind, _OTHER)
    brush = Brush(length, width, margin=1.6, density=_DENSITY / 2)
    x, y = length / 2, width / 2
    inset = 0.0 if kind == ActorKind.MOTORCYCLE else 0.62
    if lamps & Lamp.LIGHTS:
        for side in (-1, 1):
            brush.ellipse(x + 0.75, side * y * inset, 0.8, 0.4, BEAM, soft=0.35, opacity=0.55, light=True)
            brush.ellipse(x - 0.16, side * y * inset, 0.16, 0.12, BEAM)
            brush.ellipse(-x - 0.1, side * y * inset, 0.3, 0.24, TAIL_ON, soft=0.2, opacity=0.4, light=True)
            brush.ellipse(-x + 0.1, side * y * inset, 0.1, 0.16, TAIL_ON)
    if lamps & Lamp.BRAKE:
        for side in (-1, 1):
            brush.ellipse(-x - 0.42, side * y * inset, 0.6, 0.42, TAIL_LIT, soft=0.26, opacity=0.6, light=True)
            outline = [(-x + 0.0, side * y * 0.42), (-x, side * y * 0.8), (-x + 0.22, side * y * 0.93)]
            outline += [(-x + 0.3, side * y * 0.86), (-x + 0.17, side * y * 0.42)]
            brush.polygon(outline, TAIL_LIT)
        brush.ellipse(-x + 0.05, 0.0, 0.05, 0.16, TAIL_LIT)
    for bit, side in ((Lamp.LEFT, 1), (Lamp.RIGHT, -1)):
        if lamps & bit:
            for end in (-1, 1):
                at_x, at_y = end * (x - 0.22), side * (y - 0.1)
                brush.ellipse(at_x, at_y + side * 0.12, 0.6, 0.45, TURN_LIT, soft=0.22, opacity=0.7, light=True)
                brush.ellipse(at_x, at_y, 0.2, 0.11, TURN_LIT)
                brush.ellipse(at_x, at_y, 0.1, 0.05, (255.0, 236.0, 170.0))
    if lamps & Lamp.BEACON and kind in _BEACONS:
        for side in (-1, 1):
            at = _BEACONS[kind], side * 0.62 * y
            brush.ellipse(*at, 1.3, 1.3, BLUE_LIT, soft=0.6, opacity=0.6, light=True)
            brush.ellipse(*at, 0.14, 0.2, (190.0, 215.0, 255.0))
    return brush.sprite()


def prepare_sprites() -> None:
    """Draws every body and lamp there is, so that none has to be drawn while something moves."""
    for kind in _BODY:
        for variant in range(_CAR_VARIANTS if kind == ActorKind.CAR else 1):
            _body(kind, variant)
        for lamps in range(1, int(sum(Lamp)) + 1):
            if kind in _BEACONS or not lamps & Lamp.BEACON:
                lamp_sprite(kind, lamps)


@lru_cache(maxsize=64)
def _body(kind: int, variant: int) -> Brush:
    length, width = _BODY.get(kind, _OTHER)
    brush = Brush(length, width, margin=0.3, density=_DENSITY)
    drawings = {
        ActorKind.CAR: _car, ActorKind.VAN: _van, ActorKind.TRUCK: _truck, ActorKind.MOTORCYCLE: _motorcycle,
        ActorKind.PEDESTRIAN: _pedestrian, ActorKind.CYCLIST: _cyclist, ActorKind.BUS: _bus,
        ActorKind.POLICE_CAR: _police_car, ActorKind.AMBULANCE: _ambulance, ActorKind.FIRE_ENGINE: _fire_engine,
        ActorKind.CAR_DOOR: _car_door,
    }  # fmt: skip
    drawings.get(ActorKind(kind) if kind in drawings else ActorKind.NONE, _plain)(brush, variant)
    return brush


def _plain(brush: Brush, variant: int) -> None:
    """A kind without a drawing of its own: a rounded block."""
    x, y = brush.length / 2, brush.width / 2
    corner = 0.2 * min(x, y)
    _shell(brush, rounded(-x, x, y, corner, corner))


def _pedestrian(brush: Brush, variant: int) -> None:
    x, y = brush.length / 2, brush.width / 2
    _shell(brush, rounded(-x, x, y, 0.9 * x, 0.9 * x))
    brush.ellipse(0.1 * x, 0.0, 0.11, 0.1, SKIN)


def _cyclist(brush: Brush, variant: int) -> None:
    x, y = brush.length / 2, brush.width / 2
    brush.polygon(rounded(-x, x, 0.06, 0.06, 0.06), RUBBER)
    brush.ellipse(0.5 * x, 0.0, 0.06, y, RUBBER, soft=0.02)
    _shell(brush, rounded(-0.4 * x, 0.3 * x, 0.65 * y, 0.15, 0.15))
    brush.ellipse(0.12 * x, 0.0, 0.12, 0.11, SKIN)


def _shell(brush: Brush, outline: np.ndarray, centre: float = 1.0, edge: float = 0.62) -> np.ndarray:
    """Fills a body, darker towards its rim as if it curved down; returns its coverage."""
    body = brush.mask(outline)
    brush.cover(body, edge)
    brush.polygon(outline * (0.95, 0.86), centre, soft=0.07, inside=body)
    return body


def _lamps_off(brush: Brush, body: np.ndarray, front: float = 0.62) -> None:
    x, y = brush.length / 2, brush.width / 2
    for side in (-1, 1):
        head = [(x - 0.04, side * y * 0.42), (x - 0.12, side * y * 0.72), (x - 0.42, side * y * 0.93)]
        head += [(x - 0.5, side * y * 0.84), (x - 0.2, side * y * 0.45)]
        brush.polygon(head, HEADLAMP, opacity=0.92, inside=body)
        tail = [(-x, side * y * 0.42), (-x, side * y * 0.8), (-x + 0.22, side * y * 0.95)]
        tail += [(-x + 0.3, side * y * 0.86), (-x + 0.15, side * y * 0.42)]
        brush.polygon(tail, TAIL_OFF, inside=body)


def _car(brush: Brush, variant: int) -> None:
    x, y = brush.length / 2, brush.width / 2
    for side in (-1, 1):
        for axle in (x - 0.85, -x + 0.85):
            tyre = rounded(axle - 0.31, axle + 0.31, 0.12, 0.06, 0.06)
            brush.polygon(tyre + np.array((0.0, side * (y - 0.09))), RUBBER)
        brush.ellipse(0.62, side * (y + 0.07), 0.1, 0.13, 0.7)
    profile = [(x, 0.28 * y), (x - 0.07, 0.62 * y), (x - 0.3, 0.88 * y), (x - 0.9, 0.98 * y), (0.2, 0.97 * y)]
    profile += [(-x + 0.9, 0.99 * y), (-x + 0.32, 0.93 * y), (-x + 0.07, 0.72 * y), (-x, 0.3 * y)]
    body = _shell(brush, smooth(mirrored(profile)))
    # Bonnet: two creases and a broad shine towards the front.
    for side in (-1, 1):
        brush.line([(x - 0.25, side * 0.4 * y), (0.85, side * 0.62 * y)], 0.035, 0.68, opacity=0.8, inside=body)
    brush.ellipse(x - 0.85, 0.0, 0.5, 0.42 * y, (255.0, 255.0, 255.0), soft=0.14, opacity=0.16, inside=body)

    rear_glass = (-x + 0.62, -x + 0.28, -x + 0.42)[variant]
    roof_rear = (-x + 1.25, -x + 0.62, -x + 0.8)[variant]
    roof_front = 0.18
    glass = smooth(
        mirrored([(0.98, 0.3 * y), (0.86, 0.72 * y), (0.1, 0.84 * y), (roof_rear, 0.84 * y),
                  (rear_glass + 0.1, 0.7 * y), (rear_glass, 0.3 * y)])
    )  # fmt: skip
    brush.polygon(glass, GLASS)
    window = brush.mask(glass)
    brush.polygon([(0.98, 0.7 * y), (0.98, 0.25 * y), (0.1, -0.1 * y), (0.1, 0.35 * y)], GLASS_SHINE,
                  soft=0.05, opacity=0.38, inside=window)  # fmt: skip
    for side in (-1, 1):
        brush.line([(0.9, side * 0.76 * y), (roof_front, side * 0.62 * y)], 0.07, 0.8)
        brush.line([(roof_rear, side * 0.62 * y), (rear_glass + 0.06, side * 0.78 * y)], 0.09, 0.8)
        brush.line([(-0.42, side * 0.86 * y), (-0.42, side * 0.6 * y)], 0.07, 0.75)
    roof = rounded(roof_rear, roof_front, 0.67 * y, 0.24, 0.24)
    top = brush.mask(roof)
    brush.cover(top, 0.86)
    brush.polygon((roof - ((roof_rear + roof_front) / 2, 0)) * (0.9, 0.82) + ((roof_rear + roof_front) / 2, 0), 1.06,
                  soft=0.06, inside=top)  # fmt: skip
    if variant == 2:
        for side in (-1, 1):
            brush.line([(roof_front - 0.15, side * 0.56 * y), (roof_rear + 0.15, side * 0.56 * y)], 0.05, (60, 62, 66))
    _lamps_off(brush, body)


def _van(brush: Brush, variant: int) -> None:
    x, y = brush.length / 2, brush.width / 2
    for side in (-1, 1):
        brush.ellipse(x - 1.25, side * (y + 0.12), 0.09, 0.17, RUBBER)
    outline = rounded(-x, x, y, 0.55, 0.12)
    body = _shell(brush, outline, 0.98, 0.7)
    glass = smooth(mirrored([(x - 0.5, 0.3 * y), (x - 0.62, 0.8 * y), (x - 1.3, 0.86 * y), (x - 1.3, 0.3 * y)]))
    brush.polygon(glass, GLASS, inside=body)
    brush.polygon([(x - 0.5, 0.7 * y), (x - 0.5, 0.3 * y), (x - 1.3, 0.0), (x - 1.3, 0.4 * y)], GLASS_SHINE,
                  soft=0.05, opacity=0.35, inside=brush.mask(glass))  # fmt: skip
    roof = rounded(-x + 0.12, x - 1.18, 0.9 * y, 0.16, 0.1)
    top = brush.mask(roof)
    brush.cover(top, 0.92)
    brush.polygon(roof * (0.96, 0.88) - (0.03, 0), 1.05, soft=0.05, inside=top)
    for rib in np.linspace(-x + 0.6, x - 1.7, 6):
        brush.line([(rib, -0.78 * y), (rib, 0.78 * y)], 0.05, 0.84, opacity=0.8)
    _lamps_off(brush, body)


def _truck(brush: Brush, variant: int) -> None:
    x, y = brush.length / 2, brush.width / 2
    cab_rear = x - 2.15
    for side in (-1, 1):
        brush.ellipse(x - 0.5, side * (y + 0.13), 0.1, 0.16, RUBBER)
    brush.polygon(rounded(-x + 0.05, x - 0.3, 0.72 * y, 0.1, 0.1), (48, 50, 54))
    cab_outline = rounded(cab_rear, x, 0.97 * y, 0.3, 0.12)
    cab = brush.mask(cab_outline)
    brush.cover(cab, 0.68)
    brush.polygon(rounded(cab_rear + 0.12, x - 0.1, 0.84 * y, 0.3, 0.12), 1.0, soft=0.07, inside=cab)
    brush.polygon(smooth(mirrored([(x - 0.1, 0.3 * y), (x - 0.2, 0.84 * y), (x - 0.5, 0.88 * y), (x - 0.46, 0.3 * y)])),
                  GLASS, inside=cab)  # fmt: skip
    brush.polygon(rounded(cab_rear + 0.35, x - 0.85, 0.6 * y, 0.3, 0.1), 1.08, soft=0.05, inside=cab)
    box_outline = rounded(-x, cab_rear - 0.35, y, 0.06, 0.06)
    box = brush.mask(box_outline)
    brush.cover(box, (176.0, 178.0, 180.0))
    brush.polygon(rounded(-x + 0.1, cab_rear - 0.45, 0.9 * y, 0.06, 0.06), (214.0, 216.0, 217.0), soft=0.06, inside=box)
    for rib in np.arange(-x + 0.55, cab_rear - 0.6, 0.62):
        brush.line([(rib, -0.93 * y), (rib, 0.93 * y)], 0.05, (158.0, 160.0, 164.0), opacity=0.8)
    for side in (-1, 1):
        brush.line([(-x + 0.1, side * 0.95 * y), (cab_rear - 0.45, side * 0.95 * y)], 0.1, 0.9)
        tail = [(-x, 0.5 * y), (-x, 0.9 * y), (-x + 0.1, 0.9 * y), (-x + 0.1, 0.5 * y)]
        brush.polygon(np.array(tail) * (1.0, side), TAIL_OFF)
        brush.ellipse(x - 0.08, side * 0.72 * y, 0.07, 0.2, HEADLAMP, inside=cab)


def _bus(brush: Brush, variant: int) -> None:
    x, y = brush.length / 2, brush.width / 2
    for side in (-1, 1):
        brush.ellipse(x - 0.2, side * (y + 0.13), 0.1, 0.16, RUBBER)
    body = _shell(brush, rounded(-x, x, y, 0.3, 0.2), 1.02, 0.7)
    brush.polygon(rounded(x - 0.42, x - 0.08, 0.9 * y, 0.12, 0.05), GLASS, inside=body)
    for hatch in (-0.52 * x, 0.3 * x):
        brush.polygon(rounded(hatch - 0.42, hatch + 0.42, 0.42 * y, 0.08, 0.08), 0.82, inside=body)
    brush.polygon(rounded(-x + 0.5, -x + 2.1, 0.7 * y, 0.1, 0.1), (70.0, 74.0, 80.0), inside=body)
    for side in (-1, 1):
        brush.line([(-x + 0.3, side * 0.86 * y), (x - 0.5, side * 0.86 * y)], 0.05, 0.8, inside=body)
    _lamps_off(brush, body)


def _blue_bar(brush: Brush, kind: int) -> None:
    y, at = brush.width / 2, _BEACONS[kind]
    brush.polygon(rounded(at - 0.14, at + 0.14, 0.74 * y, 0.06, 0.06), (40.0, 42.0, 46.0))
    for side in (-1, 1):
        brush.ellipse(at, side * 0.62 * y, 0.13, 0.2, BLUE_OFF)


def _police_car(brush: Brush, variant: int) -> None:
    _car(brush, 1)
    x, y = brush.length / 2, brush.width / 2
    brush.polygon(rounded(x - 0.95, x - 0.5, 0.8 * y, 0.05, 0.05), LIVERY)
    for side in (-1, 1):
        brush.line([(-x + 0.5, side * 0.94 * y), (x - 1.1, side * 0.94 * y)], 0.1, LIVERY_BRIGHT)
    _blue_bar(brush, ActorKind.POLICE_CAR)


def _ambulance(brush: Brush, variant: int) -> None:
    _van(brush, variant)
    x, y = brush.length / 2, brush.width / 2
    for side in (-1, 1):
        brush.line([(-x + 0.2, side * 0.95 * y), (x - 2.0, side * 0.95 * y)], 0.12, LIVERY)
    brush.polygon(rounded(-1.35, -0.15, 0.14, 0.02, 0.02), (204.0, 44.0, 36.0))
    brush.polygon(rounded(-0.89, -0.61, 0.6, 0.02, 0.02), (204.0, 44.0, 36.0))
    _blue_bar(brush, ActorKind.AMBULANCE)


def _fire_engine(brush: Brush, variant: int) -> None:
    x, y = brush.length / 2, brush.width / 2
    body = _shell(brush, rounded(-x, x, y, 0.25, 0.1), 1.0, 0.7)
    brush.polygon(rounded(x - 0.4, x - 0.08, 0.86 * y, 0.1, 0.04), GLASS, inside=body)
    brush.line([(x - 2.4, -0.95 * y), (x - 2.4, 0.95 * y)], 0.06, (60.0, 16.0, 16.0), inside=body)
    for side in (-1, 1):
        brush.line([(-x + 0.3, side * 0.3), (x - 2.8, side * 0.3)], 0.07, (188.0, 190.0, 194.0))
        brush.line([(-x + 0.2, side * 0.93 * y), (x - 2.6, side * 0.93 * y)], 0.12, LIVERY_BRIGHT, inside=body)
    for rung in np.arange(-x + 0.5, x - 2.9, 0.45):
        brush.line([(rung, -0.3), (rung, 0.3)], 0.05, (188.0, 190.0, 194.0))
    _lamps_off(brush, body)
    _blue_bar(brush, ActorKind.FIRE_ENGINE)


def _car_door(brush: Brush, variant: int) -> None:
    x, y = brush.length / 2, brush.width / 2
    brush.polygon(rounded(-x, x, y, 0.05, 0.05), 0.8)
    brush.polygon(rounded(-0.9 * x, 0.7 * x, 0.4 * y, 0.02, 0.02), GLASS)


def _motorcycle(brush: Brush, variant: int) -> None:
    x = brush.length / 2
    for axle in (x - 0.32, -x + 0.32):
        brush.polygon(rounded(axle - 0.32, axle + 0.32, 0.08, 0.08, 0.08), RUBBER)
    brush.polygon(smooth(mirrored([(0.72, 0.05), (0.45, 0.17), (0.0, 0.15), (-0.5, 0.14), (-0.85, 0.07)])), 0.95)
    brush.polygon(smooth(mirrored([(0.02, 0.08), (-0.2, 0.16), (-0.7, 0.13), (-0.82, 0.05)])), (26.0, 26.0, 28.0))
    brush.line([(0.44, -0.36), (0.56, 0.0), (0.44, 0.36)], 0.05, (40.0, 42.0, 46.0))
    for side in (-1, 1):
        brush.line([(0.46, side * 0.34), (0.16, side * 0.34), (-0.12, side * 0.2)], 0.11, (44.0, 48.0, 58.0))
    brush.ellipse(-0.12, 0.0, 0.19, 0.27, (52.0, 57.0, 68.0))
    brush.ellipse(0.04, 0.0, 0.16, 0.14, 1.05)
    brush.ellipse(0.08, 0.0, 0.06, 0.1, GLASS)
    brush.ellipse(x - 0.18, 0.0, 0.05, 0.08, HEADLAMP)
    brush.ellipse(-x + 0.12, 0.0, 0.05, 0.09, TAIL_OFF)
