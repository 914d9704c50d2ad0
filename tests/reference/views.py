"""Small worlds for camera tests, put together by hand."""

from collections.abc import Iterable

import numpy as np

from drivesim.config.sensors import CameraConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.arrays import LaneArrays, MapArrays, RouteArrays
from drivesim.maps.facts import pack_areas, pack_conflicts, pack_lights, pack_signals
from drivesim.maps.footways import pack_bays, pack_footpaths, pack_stops
from drivesim.maps.ground import ground_from_picture, pack_ground
from drivesim.maps.materials import Material, shade
from drivesim.maps.network import RoadNetwork, Scenery
from drivesim.maps.pack import pack_scenery
from drivesim.maps.right_of_way import pack_ways
from drivesim.sensors.camera.sensor import Camera
from drivesim.state import ActorKind, WorldState, allocate_state

ASPHALT = int(shade(Material.ASPHALT, 90.0))
SIDE_M = 204.8
"""Side of the square of ground that `maps_of` makes, its middle at (0, 0)."""

SIZES = {
    ActorKind.CAR: (4.5, 1.8, 1.5),
    ActorKind.VAN: (5.4, 2.0, 2.2),
    ActorKind.TRUCK: (11.0, 2.5, 3.8),
    ActorKind.MOTORCYCLE: (2.2, 0.8, 1.5),
}
"""Length, width and height of road users [m]."""


def asphalt() -> np.ndarray:
    """A plain picture for `maps_of`, uint8, shape (2048, 2048)."""
    return np.full((2048, 2048), ASPHALT, np.uint8)


def maps_of(
    *,
    picture: np.ndarray | None = None,
    scenery: Iterable[Scenery] = (),
    sun: tuple[float, float, float] = (0.0, 0.6, 0.8),
) -> MapArrays:
    """One map: a square of ground around (0, 0), row 0 of the picture in the south, and what stands on it."""
    origin = (-0.5 * SIDE_M, -0.5 * SIDE_M)
    ground = pack_ground(ground_from_picture(asphalt() if picture is None else picture, origin))
    empty = RoadNetwork(name="by hand", seed=0, lanes=(), scenery=tuple(scenery))
    return MapArrays(
        lanes=LaneArrays(*(np.zeros(0, np.float32) for _ in LaneArrays._fields)),
        conflicts=pack_conflicts(empty),
        ways=pack_ways(empty),
        lights=pack_lights(empty),
        signals=pack_signals(empty),
        areas=pack_areas(empty),
        footpaths=pack_footpaths(empty),
        bays=pack_bays(empty),
        stops=pack_stops(empty),
        routes=RouteArrays(*(np.zeros(0, np.float32) for _ in RouteArrays._fields)),
        scenery=pack_scenery(empty, origin),
        ground=ground,
        origin=np.array([origin], np.float32),
        sun=np.array([sun], np.float32) / np.linalg.norm(sun).astype(np.float32),
        left_hand=np.zeros(1, np.bool_),
        filled=np.ones(1, np.int64),
        slot_of=np.zeros(1, np.int32),
    )


def state_of(*, world: int = 1, slot: int = 4) -> WorldState:
    """Worlds with an ego at (0, 0), heading east, and empty slots."""
    state = allocate_state(world=world, slot=slot)
    for index in range(world):
        put(state, index, 0, 0.0, 0.0)
    return state


def put(
    state: WorldState, world: int, slot: int, x: float, y: float, yaw: float = 0.0, *, kind: ActorKind = ActorKind.CAR,
    look: int = 0, lamps: int = 0, size: tuple[float, float, float] | None = None,
) -> None:  # fmt: skip
    """Puts a road user with its rear bumper at (x, y); the ego is put with its rear axle there."""
    actors = state.actors
    actors.kind[world, slot], actors.look[world, slot], actors.lamps[world, slot] = kind, look, lamps
    actors.length[world, slot], actors.width[world, slot], actors.height[world, slot] = size or SIZES[kind]
    actors.rear[world, slot] = 0.9 if slot == 0 else 0.0
    actors.x[world, slot], actors.y[world, slot], actors.yaw[world, slot] = x, y, yaw


def camera_at_origin(**changes) -> CameraConfig:
    """A camera over the rear axle, 1.5 m high, 200 x 100 px, focal length 100 px, principal point in the middle."""
    base = {
        "width": 200, "height": 100, "fov_deg": 90.0, "principal_y": 0.5, "x_m": 0.0, "z_m": 1.5,
        "channels": ("rgb", "depth", "semantic", "instance"),
    }  # fmt: skip
    return CameraConfig(**{**base, **changes})


def frames_of(config: CameraConfig, maps: MapArrays, state: WorldState, *, threads: int = 1) -> dict[str, np.ndarray]:
    """Frames of all worlds."""
    camera = Camera(config, len(state.worlds.map))
    launcher = Launcher(threads)
    camera.update(maps, state, launcher)
    launcher.close()
    return camera.frames


def traffic_on(maps: MapArrays, *, worlds: int, slots: int, seed: int) -> WorldState:
    """Road users of every kind strewn over lanes around an ego, some with lamps lit; world i is on map i, in turns."""
    generator = np.random.Generator(np.random.PCG64(seed))
    state = allocate_state(world=worlds, slot=slots)
    lanes = maps.lanes
    for world in range(worlds):
        map_index = world % len(lanes.map_first)
        state.worlds.map[world] = map_index
        state.worlds.tick[world] = int(generator.integers(100))
        of_map = range(lanes.map_first[map_index], lanes.map_end[map_index])
        points = np.concatenate([lanes.point[lanes.point_first[i] : lanes.point_first[i + 1], :3] for i in of_map])
        ego = points[generator.integers(len(points))]
        near = points[np.hypot(*(points[:, :2] - ego[:2]).T) < 90.0]
        places = [ego, *near[generator.integers(len(near), size=slots - 1)]]
        for slot, (x, y, yaw) in enumerate(places):
            if slot > 0 and min(np.hypot(x - other[0], y - other[1]) for other in places[:slot]) < 10.0:
                continue
            kind = ActorKind(int(generator.choice([1, 1, 1, 2, 3, 4]))) if slot > 0 else ActorKind.CAR
            lamps = int(generator.integers(8))
            put(state, world, slot, x, y, yaw, kind=kind, look=int(generator.integers(256)), lamps=lamps)
    return state
