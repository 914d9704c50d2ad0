"""What the kernels of a camera are given, gathered from maps, state and camera as named tuples of arrays."""

import math
import weakref
from typing import Any, NamedTuple

import numpy as np

from drivesim.kernels.device import device
from drivesim.maps.arrays import LEVEL_COUNT, GroundArrays, MapArrays
from drivesim.sensors.camera.atlas import ATLAS_LEVELS, Atlas, atlas, place_of
from drivesim.sensors.camera.optics import Mount
from drivesim.sensors.camera.paint import lanes_of, rgb_table
from drivesim.sensors.camera.parts import PartColumn, Parts, parts
from drivesim.sensors.camera.shading import MIP_RATIO, TONES, is_diffuse, light_of
from drivesim.sensors.camera.sky import FULL_TURN, SUN_HEIGHTS, Sky, bearing_fixed, sun_height_index
from drivesim.sensors.camera.solids import BLINK_RATE_HZ, View
from drivesim.sensors.camera.standing import Standing, stand, standing_for
from drivesim.sensors.camera.tones import toned
from drivesim.state import WorldState
from drivesim.state.kinds import RoadUserKind

_TURN_PER_RAD = np.float64(FULL_TURN / (2.0 * math.pi))
_SUN_HEIGHTS = tuple(np.float32(height) for height in SUN_HEIGHTS)
_HALF_FLASHES = np.float32(2.0 * BLINK_RATE_HZ)
_EARLY = np.float32(0.01)
"""Of a half flash: keeps rounding from deciding when a flash begins."""
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
f32 = np.float32
u64 = np.uint64


class Actors(NamedTuple):
    """The columns of `ActorState` that show."""

    kind: np.ndarray
    look: np.ndarray
    length: np.ndarray
    width: np.ndarray
    height: np.ndarray
    rear: np.ndarray
    x: np.ndarray
    y: np.ndarray
    yaw: np.ndarray
    speed: np.ndarray
    gait: np.ndarray
    lamps: np.ndarray
    motion: np.ndarray


class Scene(NamedTuple):
    """Everything that is read."""

    actors: Actors
    slot: np.ndarray
    """Slot that each driver of each world steers, int32, shape (world, driver)."""
    map: np.ndarray
    """Map of each world, by its number in the source, int32."""
    slot_of: np.ndarray
    """`MapArrays.slot_of`."""
    tick: np.ndarray
    """Control steps since each world's episode began, int32."""
    step_s: np.float32
    """Control step [s]."""
    standing: Standing
    ground: GroundArrays
    texel: np.ndarray
    """`ground.texel`, flat."""
    material: np.ndarray
    """Palettes as colour lanes with the class on top, uint64, shape (TONES, 256)."""
    tint: np.ndarray
    """The same without the class."""
    origin: np.ndarray
    """`MapArrays.origin`."""
    sun: np.ndarray
    """`MapArrays.sun`."""
    sun_height: np.ndarray
    """Index of the sky picture of each map, int32, shape (slot,)."""
    sun_bearing: np.ndarray
    """Direction of the sun of each map, fixed-point turns, uint32, shape (slot,)."""
    weather_sun: np.ndarray
    """Towards each world's own sun, or 0, float32, shape (world, 3)."""
    light: np.ndarray
    """`LightState.color`."""
    cloudiness: np.ndarray
    """Of each world, float32, shape (world,)."""
    sky: Sky
    atlas: Atlas
    parts: Parts
    part_range: np.ndarray
    """Depth beyond which a part shows nothing at this focal length [m], float32, shape (part,)."""
    color: np.ndarray
    """Colour lanes of each code of each row of the colour table, uint64, flat."""
    mount: Mount
    optics: Any
    """`LevelOptics` or `RayOptics`."""


class Frames(NamedTuple):
    """What is written: flat pictures of all views, pixel after pixel. A channel nobody asked for has length 0."""

    rgb: np.ndarray
    semantic: np.ndarray
    instance: np.ndarray
    depth: np.ndarray
    """Depth of every pixel; where the channel is not asked for, a scratch with room for as many worlds."""
    has_rgb: np.bool_
    has_semantic: np.bool_
    has_instance: np.bool_
    has_depth: np.bool_


class Scratch(NamedTuple):
    """Working memory. A range of views [first, last) uses row `first`, so that ranges never share any."""

    color: np.ndarray
    """Summed colour lanes of a row, uint64, shape (view, column)."""
    code: np.ndarray
    """Where the samples of a band lie, int32, shape (view, sample)."""
    base: np.ndarray
    """Where the tiles of every level begin, int64, shape (view, tile)."""
    rectangle: np.ndarray
    """First tile's column and row, tiles per row, first entry in `base` of each level, and whether it has all of its
    tiles; int64, shape (view, level, 5)."""
    place: np.ndarray
    """`Things.place` of each range."""
    number: np.ndarray
    """`Things.number` of each range."""
    runs: np.ndarray
    """Runs of scenery in sight, int32, shape (view, cell, 2)."""
    shaded: np.ndarray
    """1 where a cast shadow has darkened a pixel already, uint8, shape (view, pixel)."""


def scratch_for(
    view_count: int, width: int, height: int, *, samples: int, tiles: int, cells: int, things: int
) -> Scratch:
    """Scratch for any split of the views into ranges; memory that no range touches is never committed."""
    return Scratch(
        color=np.zeros((view_count, width), np.uint64),
        code=np.zeros((view_count, samples), np.int32),
        base=np.zeros((view_count, tiles), np.int64),
        rectangle=np.zeros((view_count, LEVEL_COUNT, 5), np.int64),
        place=np.zeros((view_count, things, 10), np.float32),
        number=np.zeros((view_count, things, 3), np.int32),
        runs=np.zeros((view_count, cells, 2), np.int32),
        shaded=np.zeros((view_count, width * height), np.uint8),
    )


class Surroundings:
    """What the camera wants to know of every map: scenery and light, worked out when a map comes into memory."""

    def __init__(self, maps: MapArrays) -> None:
        slots = len(maps.filled)
        self.standing = standing_for(maps)
        self.sun_height = np.zeros(slots, np.int32)
        self.sun_bearing = np.zeros(slots, np.uint32)
        self.thing_count_max = 0
        """Most things on one map."""
        self.version = 0
        """How often anything has changed."""
        self._known = np.zeros(slots, np.int64)

    def refresh(self, maps: MapArrays) -> None:
        """Works out what is new; `maps` are those given at the beginning."""
        changed = np.flatnonzero(maps.filled != self._known)
        for slot in changed.tolist():
            self.thing_count_max = max(self.thing_count_max, stand(self.standing, maps, slot))
        if len(changed):
            sun = maps.sun[changed].astype(np.float64)
            self.sun_height[changed] = sun_height_index(np.arcsin(np.clip(sun[:, 2], -1.0, 1.0)))
            self.sun_bearing[changed] = bearing_fixed(np.arctan2(sun[:, 1], sun[:, 0]))
            self._known[changed] = maps.filled[changed]
            self.version += 1

    @property
    def sun_heights(self) -> np.ndarray:
        """Sky pictures that the maps need."""
        return np.unique(self.sun_height[self._known > 0])

    @property
    def beyond_max_m(self) -> float:
        """How far a thing reaches out of its cell at most."""
        return float(self.standing.beyond.max(initial=0.0))


_SURROUNDINGS: dict[tuple[int, ...], Surroundings] = {}


def surroundings_of(maps: MapArrays) -> Surroundings:
    """The one `Surroundings` of these arrays, shared by all cameras for as long as the arrays live."""
    arrays = (maps.scenery.object, maps.scenery.cell_first, maps.filled)
    key = tuple(map(id, arrays))
    if key not in _SURROUNDINGS:
        _SURROUNDINGS[key] = Surroundings(maps)
        for array in arrays:
            weakref.finalize(array, _SURROUNDINGS.pop, key, None)
    return _SURROUNDINGS[key]


def scene_of(
    maps: MapArrays,
    surroundings: Surroundings,
    state: WorldState,
    sky: Sky,
    mount: Mount,
    optics: Any,
    step_s: float,
    kinds: tuple[RoadUserKind, ...],
) -> Scene:
    """Gathers what a camera reads. The arrays are referenced, so the scene stays valid while they change."""
    palettes = [toned(maps.ground.palette, tone) for tone in range(TONES)]
    return Scene(
        actors=Actors(*(getattr(state.actors, name) for name in Actors._fields)),
        slot=state.drivers.slot,
        map=state.worlds.map,
        slot_of=maps.slot_of,
        tick=state.worlds.tick,
        step_s=f32(step_s),
        standing=surroundings.standing,
        ground=maps.ground,
        texel=maps.ground.texel.reshape(-1),
        material=np.stack([lanes_of(palette[:, :3], palette[:, 3]) for palette in palettes]),
        tint=np.stack([lanes_of(palette[:, :3]) for palette in palettes]),
        origin=maps.origin,
        sun=maps.sun,
        sun_height=surroundings.sun_height,
        sun_bearing=surroundings.sun_bearing,
        weather_sun=state.weather.sun,
        light=state.lights.color,
        cloudiness=state.weather.cloudiness,
        sky=sky,
        atlas=atlas(),
        parts=parts(kinds),
        part_range=_part_ranges(float(mount.focal), parts(kinds).row),
        color=lanes_of(rgb_table()).ravel(),
        mount=mount,
        optics=optics,
    )


def _part_ranges(focal: float, row: np.ndarray) -> np.ndarray:
    """Depths beyond which the parts show nothing: posts of a guard rail, thinner than a texel, are clear from there."""
    textures = atlas()
    faces = row[:, PartColumn.FACE_REAR : PartColumn.FACE_TOP + 1].astype(np.int64)
    level = textures.clear_from[faces]
    side = faces[:, 2]
    is_clear_afar = (
        (level[:, [0, 1, 3]] == 0).all(axis=1) & (level[:, 2] < ATLAS_LEVELS) & (row[:, PartColumn.TILE] > 0)
    )
    texels_per_metre = np.where(is_clear_afar, row[:, PartColumn.TILE] * place_of(textures.level[side, 0]).width, 1.0)
    ranges = focal * MIP_RATIO * 2.0 ** (level[:, 2] - 1.0) / texels_per_metre
    return np.where(is_clear_afar, ranges, np.inf).astype(np.float32)


@device
def map_slot(scene, world):
    """Where the map of a world lies."""
    return np.int64(scene.slot_of[scene.map[world]])


@device
def place_of_view(scene, index):
    """World and slot of the camera with a number: world after world, driver after driver."""
    drivers = scene.slot.shape[1]
    world = index // drivers
    return world, np.int64(scene.slot[world, index - world * drivers])


@device
def view_of(scene, world, slot):
    """Where the camera on a road user stands, and the light on its map."""
    mount = scene.mount
    map_index = map_slot(scene, world)
    yaw = scene.actors.yaw[world, slot]
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    x = scene.actors.x[world, slot] + mount.forward * cos - mount.left * sin
    y = scene.actors.y[world, slot] + mount.forward * sin + mount.left * cos
    cos, sin = f32(math.cos(yaw + mount.yaw)), f32(math.sin(yaw + mount.yaw))
    sun_x, sun_y, sun_up, likeness = sun_of(scene, world, map_index)
    light = light_of(sun_up, scene.cloudiness[world], likeness)
    if is_diffuse(sun_up, scene.cloudiness[world]):
        sun_x, sun_y, sun_up = _ZERO, _ZERO, _ONE
    return View(
        x,
        y,
        cos,
        sin,
        mount.height,
        sun_x * cos + sun_y * sin,
        sun_x * sin - sun_y * cos,
        sun_up,
        scene.sky.haze[sky_of(scene, world)],
        light,
    )


@device
def has_own_sun(scene, world):
    """The weather of a world says where its sun is."""
    sun = scene.weather_sun
    return sun[world, 0] != _ZERO or sun[world, 1] != _ZERO or sun[world, 2] != _ZERO


@device
def sun_of(scene, world, map_index):
    """Unit vector towards the sun of a world, and its cosine with that of the map."""
    x, y, up = scene.sun[map_index, 0], scene.sun[map_index, 1], scene.sun[map_index, 2]
    if not has_own_sun(scene, world):
        return x, y, up, _ONE
    own_x, own_y, own_up = scene.weather_sun[world, 0], scene.weather_sun[world, 1], scene.weather_sun[world, 2]
    return own_x, own_y, own_up, own_x * x + own_y * y + own_up * up


@device
def sky_of(scene, world):
    """Number of the sky picture of a world."""
    if not has_own_sun(scene, world):
        return np.int64(scene.sun_height[map_slot(scene, world)])
    elevation = f32(math.asin(min(max(scene.weather_sun[world, 2], -_ONE), _ONE)))
    best, nearest = np.int64(0), f32(1e9)
    for index in range(len(_SUN_HEIGHTS)):
        apart = abs(elevation - _SUN_HEIGHTS[index])
        if apart < nearest:
            best, nearest = np.int64(index), apart
    return best


@device
def heading_bearing(scene, world, slot):
    """The camera's heading from the sun's, fixed-point turns, uint32."""
    heading = np.int64((scene.actors.yaw[world, slot] + scene.mount.yaw) * _TURN_PER_RAD)
    if has_own_sun(scene, world):
        bearing = np.float64(math.atan2(scene.weather_sun[world, 1], scene.weather_sun[world, 0])) * _TURN_PER_RAD
        return np.uint32(heading - np.int64(bearing))
    return np.uint32(heading - np.int64(scene.sun_bearing[map_slot(scene, world)]))


@device
def blink_is_on(scene, world):
    """Turn indicators are in the bright half of a flash."""
    return np.int64(f32(scene.tick[world]) * scene.step_s * _HALF_FLASHES + _EARLY) & 1 == 0
