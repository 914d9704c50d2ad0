"""Both paths against the slow float64 lidar and, where it can be had, against embree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivesim.config import CameraConfig, LidarConfig, MapConfig
from drivesim.maps.bank import MapBank
from drivesim.sensors.camera.parts import Shape
from drivesim.state import ActorKind
from tests.drivesim.sensors.lidar.scenes import at_rest, image, standing, swept
from tests.judges import ask
from tests.reference.lidar import meet, placed_solids, pose_of, rays_of, shares_of, sweep_reference
from tests.reference.views import frames_of, maps_of, put, traffic_on

CHANNELS = ("range", "semantic", "instance")
LIDARS = {
    "level": LidarConfig(channels=CHANNELS, columns=240),
    "tilted": LidarConfig(channels=CHANNELS, columns=240, beams=16, pitch_deg=3.0, roll_deg=-2.0, yaw_deg=40.0),
    "solid_state": LidarConfig(
        model="solid_state", channels=CHANNELS, beams=24, columns=120, x_m=3.7, z_m=0.6, yaw_deg=-15.0
    ),
    "instant": LidarConfig(channels=CHANNELS, columns=240, sweep_s=0.0, x_m=-2.0, y_m=0.4),
    "long": LidarConfig(channels=CHANNELS, columns=120, sweep_s=0.3, beams=8),
}


@pytest.fixture(scope="module")
def maps():
    return MapBank.build(MapConfig(generator="highway", start=40, count=3, length_m=300.0)).arrays


def on_the_move(state, seed):
    """Everybody has driven up to 4 m in the last step, on arcs."""
    generator = np.random.default_rng(seed)
    actors = state.actors
    turn = generator.normal(0.0, 0.03, actors.yaw.shape)
    way = generator.uniform(0.0, 4.0, actors.yaw.shape)
    actors.before_yaw[:] = actors.yaw - turn
    actors.before_x[:] = actors.x - way * np.cos(actors.yaw - 0.5 * turn)
    actors.before_y[:] = actors.y - way * np.sin(actors.yaw - 0.5 * turn)
    return state


def disagreement(config, maps, state, world=0):
    """Share of the rays that meet something else, and errors of the range of those that do not [m]."""
    lidar = swept(config, maps, state, until="truth")
    expected = sweep_reference(config, maps, state, world)
    ranges, instance = image(lidar, "range", world), image(lidar, "instance", world)
    semantic = image(lidar, "semantic", world).astype(np.int64)
    same = (instance == expected.instance) & ((ranges > 0.0) == (expected.distance > 0.0))
    same &= (expected.semantic == -1) | (semantic == expected.semantic)
    # Of two surfaces in one place either is right.
    same |= (expected.runner_up - expected.distance < 1e-4) & (np.abs(ranges - expected.distance) < 1e-3)
    return 1.0 - same.mean(), np.abs(ranges - expected.distance)[same]


@pytest.mark.parametrize("name", LIDARS)
def test_a_highway_agrees_with_the_slow_lidar(name, maps):
    state = on_the_move(traffic_on(maps, worlds=3, slots=12, seed=3), 1)
    wrong, errors = zip(*(disagreement(LIDARS[name], maps, state, world) for world in range(3)), strict=True)
    error = np.concatenate(errors)
    assert np.mean(wrong) < 5e-4
    assert np.median(error) < 1e-5
    # Beyond the last step arcs are extrapolated to second order.
    assert np.quantile(error, 0.999) < (2e-2 if name == "long" else 2e-3)


PLACE = st.tuples(st.floats(-40.0, 40.0), st.floats(-40.0, 40.0), st.floats(-3.2, 3.2))


@settings(max_examples=25)
@given(
    things=st.lists(st.tuples(PLACE, st.sampled_from(list(ActorKind)[1:])), max_size=7),
    way=st.tuples(st.floats(-3.0, 3.0), st.floats(-0.5, 0.5), st.floats(-0.1, 0.1)),
    name=st.sampled_from(["level", "tilted"]),
)
def test_any_scene_of_bodies_agrees_with_the_slow_lidar(things, way, name):
    state = standing(slot=8)
    for slot, ((x, y, yaw), kind) in enumerate(things, start=1):
        put(state, 0, slot, x, y, yaw, kind=kind, size=(4.0, 1.8, 1.6))
    at_rest(state)
    state.actors.before_x[0, 0], state.actors.before_y[0, 0], state.actors.before_yaw[0, 0] = way
    wrong, error = disagreement(LIDARS[name], maps_of(), state)
    assert wrong < 1e-3
    assert np.quantile(error, 0.99) < 2e-3


def test_a_camera_at_the_same_place_sees_the_same_distances(maps):
    # Columns of a camera are tangents apart, so each of its pixels is a beam of its own; here ten columns of it.
    state = at_rest(traffic_on(maps, worlds=3, slots=1, seed=3))
    place = {"x_m": 1.5, "z_m": 1.6}
    camera = CameraConfig(width=200, height=100, fov_deg=90.0, principal_y=0.5, channels=("depth", "instance"), **place)
    seen = frames_of(camera, maps, state)
    down = (np.arange(100) + 0.5 - 50.0) / 100.0
    agreed, met = 0, 0
    for column in range(5, 200, 20):
        right = (column + 0.5 - 100.0) / 100.0
        level = np.hypot(1.0, right)
        config = LidarConfig(
            channels=CHANNELS, elevations_deg=tuple(np.degrees(np.arctan(-down / level)).tolist()), columns=1,
            fov_deg=1.0, yaw_deg=-float(np.degrees(np.arctan(right))), sweep_s=0.0, range_m=120.0,
            divergence_mrad=10.0, **place,
        )  # fmt: skip
        lidar = swept(config, maps, state, until="truth")
        for world in range(3):
            ranges, instance = image(lidar, "range", world)[:, 0], image(lidar, "instance", world)[:, 0]
            depth = ranges / np.sqrt(1.0 + right**2 + down**2)
            both = (ranges > 0.0) & (instance == seen["instance"][world, :, column])
            assert depth[both] == pytest.approx(seen["depth"][world, :, column][both], rel=1e-3)
            agreed, met = agreed + both.sum(), met + (ranges > 0.0).sum()
    # The camera leaves out what is smaller than half a pixel, and takes coarser levels of what textures cut out.
    assert agreed > 0.97 * met


def test_what_comes_back_follows_from_incidence(maps):
    state = at_rest(traffic_on(maps, worlds=1, slots=12, seed=3))
    config = LIDARS["instant"]
    lidar = swept(config, maps, state, until="truth")
    expected = sweep_reference(config, maps, state)
    row = lidar.sweep.surface.reshape(expected.cosine.shape) & 255
    table = np.asarray(lidar._arguments[0].surfaces.returned)[row]
    strength = table[..., 0] * expected.cosine + table[..., 1] * (1.0 - expected.cosine**2)
    same = (image(lidar, "instance") == expected.instance) & (expected.distance > 0.0)
    measured = lidar.sweep.strength.reshape(strength.shape)
    assert np.quantile(np.abs(measured - strength)[same], 0.999) < 1e-3


JUDGE = """
import trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector
mesh = trimesh.Trimesh(given["vertices"], given["faces"], process=False)
where, ray, face = RayMeshIntersector(mesh).intersects_location(given["eye"], given["ray"], multiple_hits=False)
answer["distance"] = np.zeros(len(given["ray"]))
answer["distance"][ray] = np.linalg.norm(where - given["eye"][ray], axis=1)
answer["solid"] = np.full(len(given["ray"]), -2)
answer["solid"][ray] = given["solid"][face]
"""
_SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def mesh_of(solids):
    """Boxes and roofs as triangles, and a ground: vertices, faces, index of the solid of each face."""
    vertices, faces, solid_of = [], [], []
    for index, solid in solids:
        x, y, yaw = solid.pose[-1]
        tall = solid.z[1] - solid.z[0]
        rear, front, side = solid.shrink
        first = len(vertices)
        for is_front in (0, 1):
            for is_left in (0, 1):
                for is_top in (0, 1):
                    up = tall * is_top
                    along = solid.x[1] - front * up if is_front else solid.x[0] + rear * up
                    across = (solid.half_width - side * up) * (1 if is_left else -1)
                    cos, sin = np.cos(yaw), np.sin(yaw)
                    vertices.append((x + along * cos - across * sin, y + along * sin + across * cos, solid.z[0] + up))
        for a, b, c, d in _SIDES:
            faces += [(first + a, first + b, first + c), (first + a, first + c, first + d)]
            solid_of += [index, index]
    first = len(vertices)
    x, y, _ = solids[0][1].pose[-1]
    vertices += [(x + dx, y + dy, 0.0) for dx, dy in ((-500, -500), (500, -500), (500, 500), (-500, 500))]
    faces += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    return np.array(vertices, np.float64), np.array(faces), np.array([*solid_of, -1, -1])


def test_a_highway_agrees_with_embree(maps):
    state = at_rest(traffic_on(maps, worlds=3, slots=14, seed=5))
    config = LIDARS["instant"]
    lidar = swept(config, maps, state, until="truth")
    wrong, errors = [], []
    for world in range(3):
        everything = list(enumerate(placed_solids(config, maps, state, world, 0.1)))
        share = shares_of(config, 0.1)
        pose = pose_of(state, world, 0, share)
        cos, sin, car = np.cos(pose[:, 2]), np.sin(pose[:, 2]), rays_of(config)
        ray = np.stack(
            (car[..., 0] * cos - car[..., 1] * sin, car[..., 0] * sin + car[..., 1] * cos, car[..., 2]), axis=-1
        )
        eye = np.stack(
            (
                pose[:, 0] + config.x_m * cos - config.y_m * sin,
                pose[:, 1] + config.x_m * sin + config.y_m * cos,
                np.full(len(cos), config.z_m),
            ),
            axis=1,
        )
        near = [(i, s) for i, s in everything if np.hypot(*(s.pose[-1, :2] - eye[-1, :2])) < 170.0]
        # Embree is not told of what textures cut out: billboards and posts are left out, and rays that meet them.
        is_solid = [
            s.shape != Shape.BILLBOARD and (s.faces is None or not _has_holes(s, eye, ray, config)) for _, s in near
        ]
        vertices, faces, solid = mesh_of([pair for pair, keep in zip(near, is_solid, strict=True) if keep])
        flat = ray.reshape(-1, 3)
        eyes = np.broadcast_to(eye, ray.shape).reshape(-1, 3)
        answer = ask(
            JUDGE,
            {"vertices": vertices, "faces": faces, "solid": solid, "eye": eyes, "ray": flat},
            "trimesh",
            "embreex",
        )
        judged = np.where(answer["distance"] <= config.device.range_m, answer["distance"], 0.0).reshape(ray.shape[:2])
        judged[judged < config.device.range_min_m] = 0.0
        instances = np.array([*(s.instance for _, s in everything), 0, 0])
        met = np.where(judged > 0.0, instances[answer["solid"].reshape(judged.shape)], 0)
        left_out = {s.instance for (_, s), keep in zip(near, is_solid, strict=True) if not keep}
        instance, ranges = image(lidar, "instance", world), image(lidar, "range", world)
        counted = ~np.isin(instance, list(left_out))
        wrong.append((met != instance)[counted])
        errors.append(np.abs(judged - ranges)[counted & (met == instance)])
        assert counted.mean() > 0.85
        assert (instance[counted] > 0).mean() > 0.02
    assert np.concatenate(wrong).mean() <= 1e-3
    assert np.median(np.concatenate(errors)) <= 1e-3
    assert np.quantile(np.concatenate(errors), 0.99) <= 1e-3


def _has_holes(solid, eye, ray, config):
    """Whether any ray goes through a box by a texture's clear texels."""
    distance, _ = meet(solid, eye, ray, 1e-3 * config.device.divergence_mrad)
    filled, _ = meet(solid._replace(faces=None), eye, ray, 0.0)
    return bool((distance != filled).any())
