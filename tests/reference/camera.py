"""An independent camera: float64, one ray per pixel, everything tested against everything.

It shares no code with the kernels. It reads the same data: textures, colours, the table of parts, the sky pictures and
the ground tiles, each through look-ups of its own.
"""

import math

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.maps.arrays import LEVEL_COUNT, TEXEL_M, MapArrays, ObjectColumn
from drivesim.maps.network import SceneryKind
from drivesim.semantics import LightColor, Semantic
from drivesim.sensors.camera.atlas import ATLAS_LEVELS, atlas, place_of
from drivesim.sensors.camera.paint import FIRST_GLOWING, LAMP_STATES, PAINTS, SCENERY_LOOKS, SCENERY_ROW, rgb_table
from drivesim.sensors.camera.parts import (
    SCENERY_MODEL,
    SCENERY_VARIANTS,
    PartColumn,
    Shape,
    parts,
)
from drivesim.sensors.camera.sky import SUN_HEIGHTS, sky_pictures
from drivesim.sensors.camera.tones import toned
from drivesim.state import ActorKind, Lamp, WorldState
from tests.reference.lighting import lighting

SKY_M = 1000.0
HAZE_M = 800.0
NEAR_M = 0.1
SAMPLE_FARTHEST_M = 300.0
MAGNIFIED_M = 0.025
"""Ground under pixels narrower than this is interpolated between texels."""


class Oracle:
    """Renders one world at a time, slowly.

    Args:
        config: The camera.
        maps: The bank.
        point_sampled: Read the ground once per pixel from its finest level, as the plainest camera would.
    """

    def __init__(self, config: CameraConfig, maps: MapArrays, *, point_sampled: bool = False) -> None:
        self.config, self.maps, self.point_sampled = config, maps, point_sampled
        self.focal = math.sqrt(config.focal[0] * config.focal[1])
        self.centre = np.array([config.principal_x * config.width, config.principal_y * config.height])
        self.colors = rgb_table().astype(np.float64)
        self.atlas, self.place, self.parts = atlas(), place_of(atlas().level), parts()

    def rays(self, u: np.ndarray, v: np.ndarray, yaw: float) -> np.ndarray:
        """World directions through picture points, shape (..., 3); one unit is one metre of depth."""
        camera = self._in_camera(
            (u - self.centre[0]) / self.config.focal[0], (v - self.centre[1]) / self.config.focal[1]
        )
        roll, pitch = math.radians(self.config.roll_deg), math.radians(self.config.pitch_deg)
        # A roll clockwise seen from behind turns the picture's content the other way.
        rolled = camera @ np.array(
            [[math.cos(roll), math.sin(roll), 0], [-math.sin(roll), math.cos(roll), 0], [0, 0, 1.0]]
        )
        pitched = rolled @ np.array(
            [[1.0, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]]
        )
        heading = yaw + math.radians(self.config.yaw_deg)
        right, down, ahead = pitched[..., 0], pitched[..., 1], pitched[..., 2]
        return np.stack(
            (
                ahead * math.cos(heading) + right * math.sin(heading),
                ahead * math.sin(heading) - right * math.cos(heading),
                -down,
            ),
            -1,
        )

    def _in_camera(self, right: np.ndarray, down: np.ndarray) -> np.ndarray:
        """Rays (right, down, ahead) through distorted picture points in focal lengths: by bisection, by iteration."""
        k = self.config.distortion
        if self.config.lens == "fisheye":
            radius = np.hypot(right, down)
            low, high = np.zeros_like(radius), np.full_like(radius, math.pi)
            for _ in range(60):
                theta = 0.5 * (low + high)
                beyond = theta * (1.0 + sum(c * theta ** (2 * i + 2) for i, c in enumerate(k))) > radius
                low, high = np.where(beyond, low, theta), np.where(beyond, theta, high)
            aside = np.sin(theta) / np.maximum(radius, 1e-12)
            return np.stack([right * aside, down * aside, np.cos(theta)], -1)
        x, y = right, down
        if k:
            k1, k2, p1, p2, k3 = (*k, 0.0)[:5]
            for _ in range(300):
                r2 = x**2 + y**2
                radial = 1.0 + k1 * r2 + k2 * r2**2 + k3 * r2**3
                x, y = (
                    (right - 2.0 * p1 * x * y - p2 * (r2 + 2.0 * x**2)) / radial,
                    (down - p1 * (r2 + 2.0 * y**2) - 2.0 * p2 * x * y) / radial,
                )
        return np.stack(np.broadcast_arrays(x, y, 1.0), -1)

    def render(self, state: WorldState, world: int, *, step_s: float = 0.1) -> dict[str, np.ndarray]:
        """All channels of a world: rgb as float64, depth, semantic and instance."""
        config, actors = self.config, state.actors
        yaw = float(actors.yaw[world, 0])
        cos, sin = math.cos(yaw), math.sin(yaw)
        eye = np.array(
            [
                actors.x[world, 0] + config.x_m * cos - config.y_m * sin,
                actors.y[world, 0] + config.x_m * sin + config.y_m * cos,
                config.z_m,
            ],
            np.float64,
        )
        u, v = np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5)
        ray = self.rays(u, v, yaw)
        map_index = int(self.maps.slot_of[state.worlds.map[world]])
        self.light, sun = lighting(state.weather, world, self.maps.sun[map_index])
        sky, haze = self._sky(ray, sun)
        if self.light.is_diffuse:
            sun = np.array((0.0, 0.0, 1.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = np.where(ray[..., 2] < 0.0, -eye[2] / ray[..., 2], np.inf)
        ground = depth < SKY_M
        color, semantic = self._ground(eye, yaw, u, v, map_index)
        color *= np.where(self._shadowed(state, world, eye, ray, depth, sun), self.light.shadow / 256.0, 1.0)[..., None]
        self.haze = haze
        frames = {
            "rgb": np.where(ground[..., None], self._through_haze(color, depth), sky),
            "depth": np.where(ground, depth, SKY_M),
            "semantic": np.where(ground, semantic, Semantic.SKY).astype(np.uint8),
            "instance": np.zeros(depth.shape, np.uint16),
        }
        heading = yaw + math.radians(config.yaw_deg)
        flashes = int(int(state.worlds.tick[world]) * step_s * 3.0 + 0.01) % 2 == 0
        users = self._road_users(state, world, flashes, eye)
        for thing in (*users, *self._scenery(map_index, eye, heading, state.lights.color[world], flashes)):
            self._draw(frames, thing, eye, ray, sun)
        return frames

    def _sky(self, ray: np.ndarray, sun: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        columns = 256
        while columns < 2.0 * math.pi * self.focal and columns < 4096:
            columns *= 2
        rows = columns // 4
        painted = sky_pictures(columns, rows)
        index = int(np.abs(SUN_HEIGHTS - math.asin(sun[2])).argmin())
        painted.paint(np.array([index]))
        pictures = painted.sky
        table = pictures.color.reshape(len(SUN_HEIGHTS), rows, columns)[index]
        elevation = np.arctan2(ray[..., 2], np.hypot(ray[..., 0], ray[..., 1]))
        bearing = np.arctan2(ray[..., 1], ray[..., 0]) - math.atan2(sun[1], sun[0])
        row = np.clip((elevation / (math.pi / 2.0) * rows).astype(int), 0, rows - 1)
        column = np.floor(bearing / (2.0 * math.pi) * columns).astype(int) % columns
        texel = table[row, column]
        haze = int(pictures.haze[index])
        return (
            np.stack([texel & 255, texel >> 8 & 255, texel >> 16 & 255], -1).astype(np.float64),
            np.array([haze & 255, haze >> 19 & 255, haze >> 38 & 255], np.float64),
        )

    def _through_haze(self, color: np.ndarray, depth: np.ndarray) -> np.ndarray:
        if not self.light.is_clear:
            return color
        clear = np.exp(-np.minimum(depth, SKY_M) / HAZE_M)[..., None]
        return color * clear + self.haze * (1.0 - clear)

    def _ground(
        self, eye: np.ndarray, yaw: float, u: np.ndarray, v: np.ndarray, map_index: int
    ) -> tuple[np.ndarray, np.ndarray]:
        def seen(x: np.ndarray, y: np.ndarray, farthest: float) -> np.ndarray:
            ray = self.rays(x, y, yaw)
            return eye[:2] + ray[..., :2] * (eye[2] / np.maximum(-ray[..., 2], eye[2] / farthest))[..., None]

        across = seen(u + 0.5, v, SKY_M) - seen(u - 0.5, v, SKY_M)
        along = seen(u, v + 0.5, SKY_M) - seen(u, v - 0.5, SKY_M)
        wide, high = np.hypot(*np.moveaxis(across, -1, 0)), np.hypot(*np.moveaxis(along, -1, 0))
        area = np.abs(across[..., 0] * along[..., 1] - across[..., 1] * along[..., 0])
        by_width = wide**2 > 4.0 * area
        side = np.where(by_width, area / np.maximum(high, 1e-9), wide)
        long = np.where(by_width, wide, area / np.maximum(wide, 1e-9))
        level = np.floor(np.log2(np.maximum(side, 1e-6) / TEXEL_M) + 0.5)
        level = np.clip(level + (long > 4.0 * TEXEL_M * 2.0**level), 0, LEVEL_COUNT - 1).astype(int)
        texels = long / (TEXEL_M * 2.0**level)
        count = np.where(texels < 2.5, 1, np.where(texels < 4.0, 2, 4))
        if self.point_sampled:
            level, count = np.zeros_like(level), np.ones_like(count)
        palette = toned(self.maps.ground.palette, self.light.tone)
        color, semantic = np.zeros((*u.shape, 3)), np.zeros(u.shape, np.uint8)
        for k in range(4):
            used = k < count
            share = np.where(used, (k + 0.5) / count - 0.5, 0.0)
            x, y = u + np.where(by_width, share, 0.0), v + np.where(by_width, 0.0, share)
            point = seen(x, y, SAMPLE_FARTHEST_M)
            index = self._texel(map_index, level, point)
            tone = palette[index, :3].astype(np.float64)
            if not self.point_sampled:
                close = (side < MAGNIFIED_M) & (level == 0)
                tone = np.where(close[..., None], self._between_texels(map_index, point), tone)
            color += np.where(used, 1.0 / count, 0.0)[..., None] * tone
            semantic = np.where(k == count // 2, palette[index, 3], semantic)
        return color, semantic

    def _between_texels(self, map_index: int, point: np.ndarray) -> np.ndarray:
        """Colours interpolated bilinearly between the centres of texels of the finest level."""
        place = (point - self.maps.origin[map_index].astype(np.float64)) / TEXEL_M - 0.5
        part = place - np.floor(place)
        finest = np.zeros(point.shape[:-1], int)
        color = np.zeros((*finest.shape, 3))
        for dx in (0, 1):
            for dy in (0, 1):
                share = np.abs(1 - dx - part[..., 0]) * np.abs(1 - dy - part[..., 1])
                corner = point + (np.array([dx, dy]) - part) * TEXEL_M
                color += share[..., None] * self.maps.ground.palette[self._texel(map_index, finest, corner), :3]
        return color

    def _texel(self, map_index: int, level: np.ndarray, point: np.ndarray) -> np.ndarray:
        ground = self.maps.ground
        place = (point - self.maps.origin[map_index].astype(np.float64)) / TEXEL_M
        index = np.zeros(level.shape, np.uint8)
        todo = np.ones(level.shape, bool)
        for k in range(LEVEL_COUNT):
            ix, iy = np.moveaxis(np.floor(place / 2.0**k).astype(int), -1, 0)
            tiles_x, tiles_y = ground.tiles[map_index, k]
            inside = (ix >= 0) & (iy >= 0) & (ix // 64 < tiles_x) & (iy // 64 < tiles_y)
            entry = ground.directory_first[map_index, k] + np.where(inside, iy // 64 * tiles_x + ix // 64, 0)
            tile = np.where(inside, ground.directory[entry], -1)
            found = todo & (level <= k) & (tile >= 0)
            bx, by, cx, cy = ix % 64 // 8, iy % 64 // 8, ix % 8, iy % 8
            index = np.where(found, ground.texel[np.maximum(tile, 0), by * 512 + bx * 64 + cy * 8 + cx], index)
            todo &= ~found
        return index

    def _shadowed(
        self, state: WorldState, world: int, eye: np.ndarray, ray: np.ndarray, depth: np.ndarray, sun: np.ndarray
    ) -> np.ndarray:
        """Ground points from which some road user's box hides the sun."""
        dark = np.zeros(depth.shape, bool)
        point = eye + ray * np.where(np.isfinite(depth), depth, 0.0)[..., None]
        actors = state.actors
        for slot in np.flatnonzero(actors.kind[world]):
            if slot == 0:
                continue
            centre, yaw, half = _outline(state, world, int(slot))
            if np.hypot(*(centre - eye[:2])) > self.config.range_m:
                continue
            tall = float(actors.height[world, slot]) * float(self.parts.shadow_height[actors.kind[world, slot]])
            local = _turn(point[..., :2] - centre, -yaw)
            towards = _turn(sun[:2], -yaw)
            # The part of the way to the sun that lies inside each pair of faces.
            enter, leave = np.zeros(depth.shape), np.full(depth.shape, tall / sun[2])
            for axis in range(2):
                with np.errstate(divide="ignore", invalid="ignore"):
                    a = (-half[axis] - local[..., axis]) / towards[axis]
                    b = (half[axis] - local[..., axis]) / towards[axis]
                enter, leave = np.maximum(enter, np.minimum(a, b)), np.minimum(leave, np.maximum(a, b))
            dark |= enter < leave
        return dark & np.isfinite(depth)

    def _road_users(self, state: WorldState, world: int, flashes: bool, eye: np.ndarray) -> list[tuple]:
        things = []
        actors = state.actors
        for slot in np.flatnonzero(actors.kind[world]):
            if slot == 0:
                continue
            kind, look = int(actors.kind[world, slot]), int(actors.look[world, slot])
            first, variants = int(self.parts.kind_model[kind]), int(self.parts.kind_variants[kind])
            model = first + look // len(PAINTS) % variants
            lamps = int(actors.lamps[world, slot])
            lit = lamps & (Lamp.BRAKE | Lamp.LEFT | Lamp.RIGHT) if flashes else lamps & Lamp.BRAKE
            lit |= 8 if lamps & Lamp.BEACON else 0
            centre, yaw, half = _outline(state, world, int(slot))
            row = (look * 7 + kind) % len(PAINTS) * LAMP_STATES + lit
            tall, limbs = float(actors.height[world, slot]), (0.0, 0.0)
            if self.parts.kind_far_model[kind] >= 0:
                if tall * self.focal < 14.0 * np.hypot(*(centre - eye[:2])):
                    model = int(self.parts.kind_far_model[kind])
                swing = 1.0 if kind == ActorKind.CYCLIST else min(abs(float(actors.speed[world, slot])) / 1.3, 1.4)
                limbs = (float(actors.gait[world, slot]), swing)
            things.append((model, row, int(slot) + 1, centre, yaw, half, 0.0, tall, limbs))
        return things

    def _scenery(
        self, map_index: int, eye: np.ndarray, heading: float, shown: np.ndarray, flashes: bool
    ) -> list[tuple]:
        scenery = self.maps.scenery
        first = scenery.grid_first[map_index]
        cells = int(np.prod(scenery.grid_size[map_index]))
        things = []
        for index in range(scenery.cell_first[first], scenery.cell_first[first + cells]):
            row = scenery.object[index].astype(np.float64)
            kind, look = SceneryKind(int(scenery.kind[index])), int(scenery.look[index])
            x, y, top = row[ObjectColumn.X], row[ObjectColumn.Y], row[ObjectColumn.TOP]
            variant = look % int(SCENERY_VARIANTS[kind])
            if kind <= SceneryKind.BUSH or kind == SceneryKind.BUILDING:
                variant = (math.floor(x) ^ math.floor(y)) % int(SCENERY_VARIANTS[kind])
            elif kind == SceneryKind.POST:
                variant = int(top > 1.2)
            model = int(SCENERY_MODEL[kind]) + variant
            colors = SCENERY_ROW + kind * SCENERY_LOOKS + look % SCENERY_LOOKS
            half = row[[ObjectColumn.HALF_LENGTH, ObjectColumn.HALF_WIDTH]]
            yaw = math.atan2(row[ObjectColumn.SIN], row[ObjectColumn.COS])
            ahead = (x - eye[0]) * math.cos(heading) + (y - eye[1]) * math.sin(heading)
            size = min(2.0 * half.max(), top - row[ObjectColumn.BASE])
            if kind in (SceneryKind.TRAFFIC_LIGHT, SceneryKind.WALK_LIGHT):
                size = top - row[ObjectColumn.BASE]
            if ahead > 0.0 and size * self.focal / ahead < 0.5:
                continue
            base, limbs = row[ObjectColumn.BASE], (0.0, 0.0)
            if kind in (SceneryKind.TRAFFIC_LIGHT, SceneryKind.WALK_LIGHT):
                light = int(scenery.light[index])
                color = int(shown[light]) if light >= 0 else 0
                colors += (0 if color == LightColor.AMBER_FLASHING and not flashes else color) - look % SCENERY_LOOKS
                least = 0.55 * np.hypot(x - eye[0], y - eye[1]) / self.focal
                tall = max(0.5 * (top - base), least)
                base, top = 0.5 * (top + base) - tall, 0.5 * (top + base) + tall
                half = np.array([half[0], max(half[1], least)])
            place = (np.array([x, y]), yaw, half, base, top, limbs)
            things.append((model, colors, 256 + (int(index) - int(scenery.cell_first[first])) % 60000, *place))
        return things

    def _draw(
        self, frames: dict[str, np.ndarray], thing: tuple, eye: np.ndarray, ray: np.ndarray, sun: np.ndarray
    ) -> None:
        model, colors, instance, centre, yaw, half, base, top, (gait, swing) = thing
        if np.hypot(*(centre - eye[:2])) > self.config.range_m:
            return
        for part in range(self.parts.first[model], self.parts.first[model + 1]):
            row = self.parts.row[part].astype(np.float64)
            z0 = base + row[PartColumn.Z0] * (top - base) + row[PartColumn.Z0_M]
            z1 = base + row[PartColumn.Z1] * (top - base) + row[PartColumn.Z1_M]
            if z1 <= z0:
                continue
            x0 = row[PartColumn.X0] * half[0] + row[PartColumn.X0_M]
            x1 = row[PartColumn.X1] * half[0] + row[PartColumn.X1_M]
            wide = row[PartColumn.Y] * half[1] + row[PartColumn.Y_M]
            reach, phase = swing * (top - base), gait + row[PartColumn.PHASE]
            x0, x1 = (x + row[PartColumn.SWING] * reach * math.sin(phase) for x in (x0, x1))
            z0, z1 = (z + row[PartColumn.LIFT] * reach * math.cos(phase) for z in (z0, z1))
            aside = row[PartColumn.ASIDE] * half[1] * np.array([-math.sin(yaw), math.cos(yaw)])
            middle = centre + aside + 0.5 * (x0 + x1) * np.array([math.cos(yaw), math.sin(yaw)])
            if row[PartColumn.SHAPE] == Shape.BILLBOARD:
                hit = self._hit_billboard(row, middle, wide, z0, z1, eye, ray, sun)
            else:
                size = (0.5 * (x1 - x0), wide, z0, z1)
                hit = self._hit_box(row, middle, yaw, half, size, eye, ray, sun)
            depth, code, light = hit
            wins = (code > 0) & (depth < frames["depth"])
            light = np.where(code >= FIRST_GLOWING, 1.0, light)
            color = self._through_haze(self.colors[colors, code] * light[..., None], depth)
            frames["rgb"] = np.where(wins[..., None], color, frames["rgb"])
            frames["depth"] = np.where(wins, depth, frames["depth"])
            frames["semantic"] = np.where(wins, row[PartColumn.SEMANTIC], frames["semantic"]).astype(np.uint8)
            frames["instance"] = np.where(wins, instance, frames["instance"]).astype(np.uint16)

    def _hit_box(
        self, row: np.ndarray, middle: np.ndarray, yaw: float, half: np.ndarray,
        size: tuple[float, float, float, float], eye: np.ndarray, ray: np.ndarray, sun: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
        long, wide, z0, z1 = size
        start = np.append(_turn(eye[:2] - middle, -yaw), eye[2] - z0)
        way = np.concatenate([_turn(ray[..., :2], -yaw), ray[..., 2:]], -1)
        sun_local = np.append(_turn(sun[:2], -yaw), sun[2])
        tall = z1 - z0
        rear = row[PartColumn.TAPER_REAR] * half[0] / tall
        front = row[PartColumn.TAPER_FRONT] * half[0] / tall
        side = row[PartColumn.TAPER_SIDE] * half[1] / tall
        # Outward normals (not unit) and offsets: a point p is inside where normal . p <= offset.
        planes = np.array(
            [(-1, 0, rear), (1, 0, front), (0, -1, side), (0, 1, side), (0, 0, 1), (0, 0, -1)], np.float64
        )
        offsets = np.array([long, long, wide, wide, tall, 0.0])
        speed = way @ planes.T
        room = offsets - planes @ start
        with np.errstate(divide="ignore", invalid="ignore"):
            at = room / speed
        entering = np.where(speed < 0.0, at, -np.inf)
        leaving = np.where(speed > 0.0, at, np.where((speed == 0.0) & (room < 0.0), -np.inf, np.inf))
        face, enter, leave = entering.argmax(-1), entering.max(-1), leaving.min(-1)
        hit = (enter > NEAR_M) & (enter < leave)
        depth = np.where(hit, enter, 1.0)
        point = start + way * depth[..., None]
        low, high = -long + rear * point[..., 2], long - front * point[..., 2]
        here = np.maximum(wide - side * point[..., 2], 5e-4)
        span = np.choose(np.minimum(face, 4) // 2, [2.0 * here, np.maximum(high - low, 2e-3), 2.0 * long + 0.0 * here])
        across = np.choose(np.minimum(face, 4) // 2, [here - point[..., 1], point[..., 0] - low, long + point[..., 0]])
        tile, tile_z = row[PartColumn.TILE], row[PartColumn.TILE_Z]
        per_metre = tile if tile > 0.0 else 1.0 / span
        rise = np.where(
            face >= 4, (wide + point[..., 1]) / (2.0 * wide), point[..., 2] * (tile_z if tile_z > 0.0 else 1.0 / tall)
        )
        textures = row[[PartColumn.FACE_REAR, PartColumn.FACE_FRONT, PartColumn.FACE_SIDE, PartColumn.FACE_SIDE,
                        PartColumn.FACE_TOP, PartColumn.FACE_TOP]].astype(int)  # fmt: skip
        code = self._code(textures[face], across * per_metre, rise, depth / self.focal * per_metre)
        facing = (planes @ sun_local / np.linalg.norm(planes, axis=1))[face]
        light = np.minimum(self.light.ambient + self.light.direct * np.maximum(facing, 0.0), 1.0)
        return np.where(hit, enter, np.inf), np.where(hit, code, 0), light

    def _hit_billboard(
        self, row: np.ndarray, middle: np.ndarray, radius: float, z0: float, z1: float, eye: np.ndarray,
        ray: np.ndarray, sun: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
        flat = np.hypot(ray[..., 0], ray[..., 1])
        ahead = ray[..., :2] / flat[..., None]
        to_right = np.stack([ahead[..., 1], -ahead[..., 0]], -1)
        depth = ((middle - eye[:2]) * ahead).sum(-1) / flat
        aside = -((middle - eye[:2]) * to_right).sum(-1) / radius
        up = (eye[2] + depth * ray[..., 2] - z0) / (z1 - z0)
        hit = (np.abs(aside) < 1.0) & (up > 0.0) & (up <= 1.0) & (depth > NEAR_M)
        texture = np.full(depth.shape, int(row[PartColumn.FACE_REAR]))
        code = self._code(texture, 0.5 + 0.5 * aside, up, np.abs(depth) / self.focal / (2.0 * radius))
        bulge = np.sqrt(np.maximum(1.0 - aside**2, 0.0))
        facing = aside * (to_right @ sun[:2]) - bulge * (ahead @ sun[:2])
        light = self.light.round_ambient + self.light.round_direct * (0.5 + 0.5 * facing)
        return np.where(hit, depth, np.inf), np.where(hit, code, 0), light

    def _code(
        self, texture: np.ndarray, across: np.ndarray, up: np.ndarray, repeats_per_pixel: np.ndarray
    ) -> np.ndarray:
        texels = repeats_per_pixel * self.place.width[texture, 0]
        level = np.clip(np.ceil(np.log2(np.maximum(texels, 1e-9)) - 0.5), 0, ATLAS_LEVELS - 1).astype(int)
        width, height = self.place.width[texture, level], self.place.height[texture, level]
        column = np.floor(across * width).astype(int) % width
        row = np.floor(up * height).astype(int) % height
        return self.atlas.texel[self.place.first[texture, level] + row * width + column].astype(int)


def _outline(state: WorldState, world: int, slot: int) -> tuple[np.ndarray, float, np.ndarray]:
    """Centre, yaw and half sizes of a road user's box."""
    actors = state.actors
    yaw = float(actors.yaw[world, slot])
    half = 0.5 * np.array([actors.length[world, slot], actors.width[world, slot]], np.float64)
    ahead = half[0] - float(actors.rear[world, slot])
    axle = np.array([actors.x[world, slot], actors.y[world, slot]], np.float64)
    return axle + ahead * np.array([math.cos(yaw), math.sin(yaw)]), yaw, half


def _turn(vector: np.ndarray, angle: float) -> np.ndarray:
    """Turns vectors (..., 2) counter-clockwise."""
    cos, sin = math.cos(angle), math.sin(angle)
    return vector @ np.array([[cos, sin], [-sin, cos]])
