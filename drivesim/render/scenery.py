"""Trees, houses and road furniture from above, drawn once into every ground chunk."""

import math
from functools import lru_cache

import numpy as np

from drivesim.maps.arrays import OBJECT_CELL_M, MapArrays, ObjectColumn
from drivesim.maps.network import SceneryKind
from drivesim.maps.signal_scenery import RoadSign
from drivesim.render.brush import Brush, Sprite, smooth
from drivesim.render.compose import disc, fill, stamp_sprite, stroke
from drivesim.render.ground import Chunk, chunk_view
from drivesim.render.view import View
from drivesim.sensors.camera.paint import SCENERY_LOOKS, SCENERY_ROW, Built, Plant, rgb_table

Color = tuple[int, int, int]

METAL: Color = (178, 182, 186)
TIMBER: Color = (122, 96, 68)
_SPRITE_M = 6.0
_SPRITE_DENSITY = 32.0
_VARIANTS = 5


class SceneryPainter:
    """Draws the static things of a bank's maps, lowest first.

    Args:
        maps: Maps in memory; `SceneryPainter.maps` is to be replaced when they are.
    """

    def __init__(self, maps: MapArrays) -> None:
        self.maps = maps

    def __call__(self, picture: np.ndarray, chunk: Chunk) -> None:
        """Draws what stands in or reaches into a chunk; see `ground.Decorate`."""
        slot, scenery = int(self.maps.slot_of[chunk.map]), self.maps.scenery
        origin_x, origin_y = (float(value) for value in self.maps.origin[slot])
        view = chunk_view(chunk, (origin_x, origin_y))
        sun = self.maps.sun[slot]
        sun_yaw = math.atan2(float(sun[1]), float(sun[0]))
        objects = self._near(slot, view.bounds(margin_m=float(scenery.beyond[slot])))
        first = int(scenery.cell_first[scenery.grid_first[slot]])
        for index in objects[np.argsort(scenery.object[objects, ObjectColumn.TOP], kind="stable")]:
            self._draw(picture, view, int(index), int(index) - first, sun_yaw)

    def _near(self, map_slot: int, bounds: tuple[float, float, float, float]) -> np.ndarray:
        """Indices of the objects in the grid cells that touch `bounds`."""
        scenery, origin = self.maps.scenery, self.maps.origin[map_slot]
        size_x, size_y = (int(n) for n in scenery.grid_size[map_slot])
        first_x = max(math.floor((bounds[0] - origin[0]) / OBJECT_CELL_M), 0)
        first_y = max(math.floor((bounds[1] - origin[1]) / OBJECT_CELL_M), 0)
        last_x = min(math.floor((bounds[2] - origin[0]) / OBJECT_CELL_M), size_x - 1)
        last_y = min(math.floor((bounds[3] - origin[1]) / OBJECT_CELL_M), size_y - 1)
        if last_x < first_x or last_y < first_y:
            return np.zeros(0, np.int64)
        rows = int(scenery.grid_first[map_slot]) + np.arange(first_y, last_y + 1) * size_x
        first, last = scenery.cell_first[rows + first_x].tolist(), scenery.cell_first[rows + last_x + 1].tolist()
        return np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])

    def _draw(self, picture: np.ndarray, view: View, index: int, number: int, sun_yaw: float) -> None:
        """Draws an object; `number` counts it on its map."""
        row = self.maps.scenery.object[index]
        kind, look = SceneryKind(int(self.maps.scenery.kind[index])), int(self.maps.scenery.look[index])
        x, y = float(row[ObjectColumn.X]), float(row[ObjectColumn.Y])
        yaw = math.atan2(float(row[ObjectColumn.SIN]), float(row[ObjectColumn.COS]))
        length, width = 2 * float(row[ObjectColumn.HALF_LENGTH]), 2 * float(row[ObjectColumn.HALF_WIDTH])
        height = float(row[ObjectColumn.TOP])
        if kind in (SceneryKind.TREE, SceneryKind.CONIFER, SceneryKind.BUSH):
            size = max(length, width)
            # Lit from the sun's side, whichever way the tree stands.
            sprite = _plant(kind, number % _VARIANTS, look)
            stamp_sprite(picture, sprite, view, x, y, sun_yaw, length=size, width=size)
        elif kind == SceneryKind.BUILDING:
            _building(picture, view, (x, y, yaw), (length, width, height), look, sun_yaw)
        elif kind in (SceneryKind.TRAFFIC_LIGHT, SceneryKind.WALK_LIGHT, SceneryKind.ROAD_SIGN):
            _plate(picture, view, (x, y, yaw), width, _SIGN_COLORS.get(look) if kind == SceneryKind.ROAD_SIGN else None)
        elif kind in _FURNITURE:
            _block(picture, view, (x, y, yaw), (length, width), kind, look)
        elif kind in (SceneryKind.POST, SceneryKind.LAMP):
            _post(picture, view, (x, y, yaw), kind == SceneryKind.LAMP)
        else:
            _long(picture, view, (x, y, yaw), (length, width), kind, look)


def box_corners(x: float, y: float, yaw: float, length: float, width: float) -> np.ndarray:
    """Corners of an oriented box, counter-clockwise from front left, shape (4, 2)."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    half = 0.5 * np.array([(length, width), (-length, width), (-length, -width), (length, -width)])
    return half @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


def scaled(color: Color, factor: float) -> Color:
    """A lighter or darker colour."""
    red, green, blue = (min(255, int(channel * factor)) for channel in color)
    return red, green, blue


def paint_of(kind: SceneryKind, look: int, code: Plant | Built) -> Color:
    """The colour the camera shows for a code of a scenery texture, so that both views agree."""
    red, green, blue = _camera_colors()[SCENERY_ROW + int(kind) * SCENERY_LOOKS + look % SCENERY_LOOKS, int(code)]
    return int(red), int(green), int(blue)


@lru_cache(maxsize=1)
def _camera_colors() -> np.ndarray:
    return rgb_table()


def prepare_plants() -> None:
    """Draws every plant there is, so that none has to be drawn while something moves."""
    for kind in (SceneryKind.TREE, SceneryKind.CONIFER, SceneryKind.BUSH):
        for variant in range(_VARIANTS):
            _plant_drawing(kind, variant)


@lru_cache(maxsize=128)
def _plant(kind: SceneryKind, variant: int, look: int) -> Sprite:
    return _plant_drawing(kind, variant).sprite(paint_of(kind, look, Plant.LEAF_4))


@lru_cache(maxsize=32)
def _plant_drawing(kind: SceneryKind, variant: int) -> Brush:
    brush = Brush(_SPRITE_M, _SPRITE_M, margin=0.5, density=_SPRITE_DENSITY)
    draw = np.random.default_rng((int(kind), variant))
    (_conifer if kind == SceneryKind.CONIFER else _crown)(brush, draw, 34 if kind == SceneryKind.BUSH else 58)
    return brush


def _crown(brush: Brush, draw: np.random.Generator, tufts: int) -> None:
    """A broad-leaved crown: tufts of leaves on a dome, the light from +x."""
    radius = _SPRITE_M / 2
    turn = np.linspace(0.0, math.tau, 14, endpoint=False)
    rim = radius * draw.uniform(0.84, 1.0, len(turn))
    outline = smooth(np.column_stack([rim * np.cos(turn), rim * np.sin(turn)]))
    brush.polygon(outline - (0.35, 0.0), (14.0, 20.0, 12.0), opacity=0.35, soft=0.22)
    brush.polygon(outline * 0.94, 0.52)
    crown = brush.mask(outline * 1.03)
    # A sunflower's spiral, shaken: evenly spread without a pattern.
    angle = math.pi * (3.0 - math.sqrt(5.0)) * np.arange(tufts) + draw.normal(0.0, 0.35, tufts)
    place = 0.86 * radius * np.sqrt((np.arange(tufts) + draw.uniform(0.0, 1.0, tufts)) / tufts)
    x, y = place * np.cos(angle), place * np.sin(angle)
    rise = np.sqrt(np.maximum(1.0 - (x**2 + y**2) / radius**2, 0.0))
    light = 0.62 * x / radius + 0.72 * rise + draw.normal(0.0, 0.08, tufts)
    for k in np.argsort(light):
        size = radius * draw.uniform(0.13, 0.24) * math.sqrt(58 / tufts)
        shade = 0.5 + 0.62 * float(np.clip(light[k], 0.0, 1.1))
        corners = draw.uniform(0.75, 1.15, 7)
        ways = np.linspace(0.0, math.tau, 7, endpoint=False) + draw.uniform(0, 1)
        tuft = smooth(np.column_stack([x[k] + size * corners * np.cos(ways), y[k] + size * corners * np.sin(ways)]), 4)
        brush.polygon(tuft - (0.07, 0.0), 0.42, opacity=0.5, soft=0.04, inside=crown)
        brush.polygon(tuft, shade, inside=crown)
        brush.polygon((tuft - (x[k], y[k])) * 0.5 + (x[k] + 0.09, y[k]), shade * 1.14, soft=0.03, inside=crown)


def _conifer(brush: Brush, draw: np.random.Generator, tufts: int) -> None:
    """A conifer: tiers of branches, each smaller and lighter than the one below."""
    radius = _SPRITE_M / 2
    brush.ellipse(-0.3, 0.0, 0.9 * radius, 0.9 * radius, (12.0, 18.0, 14.0), opacity=0.35, soft=0.25)
    for tier, (reach, shade) in enumerate(((1.0, 0.5), (0.8, 0.7), (0.6, 0.88), (0.4, 1.04), (0.2, 1.2))):
        count = 13 - tier
        ways = np.linspace(0.0, math.tau, 2 * count, endpoint=False) + tier * 0.37
        spikes = np.where(np.arange(2 * count) % 2 == 0, 1.0, 0.68) * draw.uniform(0.9, 1.04, 2 * count)
        star = reach * radius * spikes[:, None] * np.column_stack([np.cos(ways), np.sin(ways)])
        star += (0.05 * tier, 0.0)
        brush.polygon(star - (0.1, 0.0), (10.0, 16.0, 14.0), opacity=0.35, soft=0.06)
        tier_mask = brush.mask(star)
        brush.cover(tier_mask, shade * 0.8)
        brush.polygon(star + np.array((0.35 * reach, 0.0)), shade * 1.1, soft=0.2 * reach, inside=tier_mask)
    brush.ellipse(0.22, 0.0, 0.1, 0.1, 1.4)


def _building(
    picture: np.ndarray,
    view: View,
    pose: tuple[float, float, float],
    size: tuple[float, float, float],
    look: int,
    sun_yaw: float,
) -> None:
    """A ridged roof with eaves and a chimney; long low halls get a flat roof with skylights."""
    (x, y, yaw), (length, width, height) = pose, size
    roof, wall = (paint_of(SceneryKind.BUILDING, look, code) for code in (Built.ROOF, Built.WALL))
    eaves = view.to_screen(box_corners(x, y, yaw, length + 0.5, width + 0.5))
    fill(picture, eaves, (12, 14, 18), 0.4, blur_px=0.5 * view.zoom)
    fill(picture, eaves, scaled(wall, 0.7))
    cos, sin = math.cos(yaw), math.sin(yaw)

    def at(ahead: float, left: float) -> tuple[float, float]:
        return x + ahead * cos - left * sin, y + ahead * sin + left * cos

    half, across = length / 2 + 0.2, width / 2 + 0.2
    if height > 4.0 and length / width < 2.4:
        for side in (-1, 1):
            slope = yaw + side * math.pi / 2
            light = 0.86 + 0.34 * math.cos(slope - sun_yaw)
            plane = [at(half, 0.0), at(-half, 0.0), at(-half, side * across), at(half, side * across)]
            fill(picture, view.to_screen(np.array(plane)), scaled(roof, light))
            for course in np.arange(0.45, across, 0.45) if view.zoom >= 9.0 else ():
                ends = view.to_screen(np.array([at(half, side * course), at(-half, side * course)]))
                stroke(picture, ends, 0.07 * view.zoom, scaled(roof, light * 0.82), 0.8)
        ridge = view.to_screen(np.array([at(half, 0.0), at(-half, 0.0)]))
        stroke(picture, ridge, 0.16 * view.zoom, scaled(roof, 1.35), 0.9)
        spot = at(0.28 * length, 0.18 * width)
        fill(picture, view.to_screen(box_corners(*spot, yaw, 0.9, 0.7)), (92, 62, 54))
        fill(picture, view.to_screen(box_corners(*spot, yaw, 0.5, 0.34)), (30, 26, 26))
    else:
        fill(picture, view.to_screen(box_corners(x, y, yaw, length + 0.2, width + 0.2)), scaled(roof, 0.95))
        fill(picture, view.to_screen(box_corners(x, y, yaw, length - 0.5, width - 0.5)), scaled(roof, 1.12))
        for ahead in np.arange(-0.36, 0.37, 0.18) * length:
            panel = box_corners(*at(float(ahead), 0.0), yaw, 1.1, 0.42 * width)
            fill(picture, view.to_screen(panel), (168, 192, 206), 0.85)


def _post(picture: np.ndarray, view: View, pose: tuple[float, float, float], lamp: bool) -> None:
    x, y, yaw = pose
    (px, py), zoom = view.to_screen(np.array([x, y])), view.zoom
    if lamp:
        # The arm reaches to the left of yaw, over the road.
        head = (x + 1.9 * math.cos(yaw), y + 1.9 * math.sin(yaw))
        stroke(picture, view.to_screen(np.array([(x, y), head])), 0.13 * zoom, METAL)
        fill(picture, view.to_screen(box_corners(*head, yaw, 0.8, 0.32)), (214, 218, 222))
    if zoom >= 2.0:
        fill(picture, np.array([px, py]) + 0.16 * zoom * _OCTAGON, (24, 26, 30), 0.5, blur_px=0.06 * zoom)
        disc(picture, px, py, max(0.12 * zoom, 0.7), (236, 238, 240), min(1.0, zoom / 6.0))


def _plate(
    picture: np.ndarray, view: View, pose: tuple[float, float, float], width: float, color: Color | None
) -> None:
    """A sign or a light head: its edge, in the colour of its face if it has one."""
    (x, y, yaw), zoom = pose, view.zoom
    across = 0.5 * max(width, 0.5) * np.array([-math.sin(yaw), math.cos(yaw)])
    ends = view.to_screen(np.stack((np.array([x, y]) - across, np.array([x, y]) + across)))
    stroke(picture, ends, max(0.3 * zoom, 1.4), (28, 30, 34))
    if color is not None:
        stroke(picture, ends, max(0.18 * zoom, 1.0), color)


def _block(
    picture: np.ndarray, view: View, pose: tuple[float, float, float], size: tuple[float, float], kind: SceneryKind,
    look: int,
) -> None:  # fmt: skip
    """Street furniture: its outline with a soft shadow, in the colour of its top."""
    outline = view.to_screen(box_corners(*pose, *size))
    fill(picture, outline, (12, 14, 18), 0.4, blur_px=0.12 * view.zoom)
    red, green, blue = paint_of(kind, look, _FURNITURE[kind])
    fill(picture, outline, (red, green, blue), 0.75 if kind == SceneryKind.BUS_SHELTER else 1.0)


_FURNITURE: dict[SceneryKind, Plant | Built] = {
    SceneryKind.MAST_ARM: Built.METAL,
    SceneryKind.BIN: Built.METAL_DARK,
    SceneryKind.BOLLARD: Built.BLACK,
    SceneryKind.HYDRANT: Built.RED,
    SceneryKind.BENCH: Built.PANEL,
    SceneryKind.BUS_SHELTER: Built.METAL,
    SceneryKind.HEDGE: Plant.LEAF_3,
}
"""Code of the colour each is seen in from above."""
_SIGN_COLORS: dict[int, Color] = {
    RoadSign.STOP: (206, 30, 34),
    RoadSign.YIELD: (226, 90, 84),
    RoadSign.PRIORITY_ROAD: (250, 204, 30),
    **{RoadSign.LIMIT + k: (236, 120, 112) for k in range(1, 27)},
}
_OCTAGON = np.column_stack([f(np.linspace(0.0, math.tau, 8, endpoint=False)) for f in (np.cos, np.sin)])


def _long(
    picture: np.ndarray,
    view: View,
    pose: tuple[float, float, float],
    size: tuple[float, float],
    kind: SceneryKind,
    look: int,
) -> None:
    """Rails, walls, fences, barriers and sign panels: a strip with a lit top."""
    (x, y, yaw), (length, width), zoom = pose, size, view.zoom
    cos, sin = math.cos(yaw), math.sin(yaw)
    if kind == SceneryKind.SIGN:
        ends = np.array([(x - sin * width / 2, y + cos * width / 2), (x + sin * width / 2, y - cos * width / 2)])
        color = ((38, 84, 168), (226, 226, 224), (206, 52, 44))[look % 3]
        stroke(picture, view.to_screen(ends), max(0.2 * zoom, 1.0), (70, 74, 80))
        stroke(picture, view.to_screen(ends), max(0.12 * zoom, 0.8), color)
        return
    half = length / 2
    ends = view.to_screen(np.array([(x - half * cos, y - half * sin), (x + half * cos, y + half * sin)]))
    color, dark, thickness = {
        SceneryKind.GUARD_RAIL: (METAL, (58, 60, 64), 0.3),
        SceneryKind.BARRIER: ((176, 180, 176), (74, 78, 76), max(width, 0.35)),
    }.get(kind, (TIMBER, (56, 44, 32), 0.16) if look % 2 else ((150, 142, 128), (74, 70, 62), max(width, 0.3)))
    stroke(picture, ends, (thickness + 0.14) * zoom, dark, 0.75)
    stroke(picture, ends, thickness * zoom * 0.75, color)
    if zoom >= 9.0 and kind != SceneryKind.BARRIER:
        count = max(round(length / (2.0 if kind == SceneryKind.WALL else 4.0)), 1)
        for place in (np.arange(count) + 0.5) / count:
            px, py = ends[0] + (ends[1] - ends[0]) * place
            disc(picture, px, py, 0.12 * zoom, dark)
