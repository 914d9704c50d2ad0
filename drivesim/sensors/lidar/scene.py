"""What a lidar's kernels are given, gathered from maps, state and lidar as named tuples of arrays."""

import math
from typing import NamedTuple

import numpy as np

from drivesim.kernels.device import device
from drivesim.maps.arrays import GroundArrays, MapArrays
from drivesim.sensors.camera.atlas import Atlas, atlas
from drivesim.sensors.camera.scene import surroundings_of
from drivesim.sensors.camera.standing import Standing
from drivesim.sensors.lidar.pattern import Mount, Pattern
from drivesim.sensors.lidar.surfaces import Solids, Surfaces, solids, surfaces
from drivesim.state import WorldState
from drivesim.state.bodies import pose_between
from drivesim.state.kinds import RoadUserKind

f32 = np.float32
u64 = np.uint64
_ONE = np.float32(1.0)


class Actors(NamedTuple):
    """The columns of `ActorState` that a lidar meets."""

    kind: np.ndarray
    look: np.ndarray
    length: np.ndarray
    width: np.ndarray
    height: np.ndarray
    rear: np.ndarray
    x: np.ndarray
    y: np.ndarray
    yaw: np.ndarray
    before_x: np.ndarray
    before_y: np.ndarray
    before_yaw: np.ndarray


class Scene(NamedTuple):
    """Everything that is read."""

    actors: Actors
    slot: np.ndarray
    """Slot that each driver of each world steers, int32, shape (world, driver)."""
    map: np.ndarray
    """Map of each world, by its number in the source, int32."""
    slot_of: np.ndarray
    """`MapArrays.slot_of`."""
    standing: Standing
    ground: GroundArrays
    texel: np.ndarray
    """`ground.texel`, flat."""
    origin: np.ndarray
    """`MapArrays.origin`."""
    solids: Solids
    surfaces: Surfaces
    atlas: Atlas
    mount: Mount
    pattern: Pattern


class Sweep(NamedTuple):
    """What the rays of all views have met, flat: view after view, ring after ring, column after column."""

    distance: np.ndarray
    """Along the ray [m], float32; 0: nothing. While a sweep is made, horizontal for a level lidar."""
    surface: np.ndarray
    """Instance id in the upper 16 bits, class in the next 8, row of `Surfaces.returned` below, uint32; 0: nothing."""
    strength: np.ndarray
    """Share of the light that comes back, over that of a white wall square to the ray at the same distance, float32."""
    measured: np.ndarray
    """What the device takes the distance for [m], float32; 0: no return."""
    column: np.ndarray
    """Where each column stands and points: x, y from the car's own place at the time stamp [m], cos, sin of its azimuth
    (of the car's heading, for a lidar that is not level), cos, sin of the car's heading then from that at the time
    stamp; float32, shape (view, column, 6)."""
    runs: np.ndarray
    """Scratch: runs of scenery in sight, int32, shape (view, cell, 2); a range of views uses the row of its first."""


def scene_of(
    maps: MapArrays, state: WorldState, mount: Mount, pattern: Pattern, kinds: tuple[RoadUserKind, ...]
) -> Scene:
    """Gathers what a lidar reads. The arrays are referenced, so the scene stays valid while they change."""
    return Scene(
        actors=Actors(*(getattr(state.actors, name) for name in Actors._fields)),
        slot=state.drivers.slot,
        map=state.worlds.map,
        slot_of=maps.slot_of,
        standing=surroundings_of(maps).standing,
        ground=maps.ground,
        texel=maps.ground.texel.reshape(-1),
        origin=maps.origin,
        solids=solids(kinds),
        surfaces=surfaces(),
        atlas=atlas(),
        mount=mount,
        pattern=pattern,
    )


class Spot(NamedTuple):
    """Where the lidar stands at one end of a sweep, from the car's own place at the time stamp."""

    x: np.float32
    y: np.float32
    heading: np.float32
    """Of the sensor [rad]."""


class View(NamedTuple):
    """A sweep of one view; `camera.standing` reads x, y, cos and sin."""

    x: np.float32
    """World position of the car's rear axle at the time stamp [m]."""
    y: np.float32
    cos: np.float32
    """Of the sensor's heading then."""
    sin: np.float32
    begin: Spot
    end: Spot


@device
def pose_at(actors, world, slot, share):
    """`bodies.pose_between`, to the bit the pose itself at the end of the step."""
    if share == _ONE:
        return actors.x[world, slot], actors.y[world, slot], actors.yaw[world, slot]
    return pose_between(actors, world, slot, share)


@device
def spot_at(scene, world, own, share, anchor_x, anchor_y):
    """Where the lidar stands at a share of the last step."""
    mount = scene.mount
    x, y, yaw = pose_at(scene.actors, world, own, share)
    cos, sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    return Spot(
        x - anchor_x + mount.forward * cos - mount.left * sin,
        y - anchor_y + mount.forward * sin + mount.left * cos,
        yaw + mount.yaw,
    )


@device
def view_of(scene, world, own):
    """The sweep of the lidar on a road user."""
    actors = scene.actors
    x, y = actors.x[world, own], actors.y[world, own]
    end = spot_at(scene, world, own, _ONE, x, y)
    begin = end
    if scene.mount.sweep_steps > f32(0.0):
        begin = spot_at(scene, world, own, scene.pattern.share[0], x, y)
    return View(x, y, f32(math.cos(end.heading)), f32(math.sin(end.heading)), begin, end)


@device
def place_columns(scene, world, own, view, turn, is_level, column):
    """Writes where each column stands and points; `turn` is added to the car's heading [rad]."""
    actors, mount, pattern = scene.actors, scene.mount, scene.pattern
    x, y, yaw = actors.x[world, own], actors.y[world, own], actors.yaw[world, own]
    car_cos, car_sin = f32(math.cos(yaw)), f32(math.sin(yaw))
    cos, sin = f32(math.cos(yaw + turn)), f32(math.sin(yaw + turn))
    last, now_cos, now_sin = yaw, car_cos, car_sin
    then_cos, then_sin = _ONE, f32(0.0)
    for at in range(mount.columns):
        k = u64(at)
        x, y, yaw = pose_at(actors, world, own, pattern.share[k])
        if yaw != last:
            car_cos, car_sin = f32(math.cos(yaw)), f32(math.sin(yaw))
            cos, sin = f32(math.cos(yaw + turn)), f32(math.sin(yaw + turn))
            then_cos, then_sin = car_cos * now_cos + car_sin * now_sin, car_sin * now_cos - car_cos * now_sin
            last = yaw
        column[k, 0] = x - view.x + mount.forward * car_cos - mount.left * car_sin
        column[k, 1] = y - view.y + mount.forward * car_sin + mount.left * car_cos
        if is_level:
            by_cos, by_sin = pattern.azimuth_cos[k], pattern.azimuth_sin[k]
            column[k, 2], column[k, 3] = cos * by_cos - sin * by_sin, sin * by_cos + cos * by_sin
        else:
            column[k, 2], column[k, 3] = cos, sin
        column[k, 4], column[k, 5] = then_cos, then_sin
