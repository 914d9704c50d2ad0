"""Boxes in pictures: OpenCV says where they are, pixels say that they fit, hand-worked cases say the shares."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from drivesim.config import BevConfig, CameraConfig, EnvConfig, TrafficConfig
from drivesim.kernels.launch import Launcher
from drivesim.semantics import Semantic
from drivesim.sensors.camera.lens import project
from drivesim.sensors.camera.sensor import Camera
from drivesim.sensors.objects import object_labels
from drivesim.sensors.truth import picture
from drivesim.sensors.truth.boxes import BOX_EDGES, corners_of, sensor_boxes, world_boxes
from drivesim.sensors.truth.frames import pose_of
from drivesim.sensors.truth.picture import (
    boxes_within,
    full_boxes,
    picture_boxes,
    visibility_level,
    visible_boxes,
)
from drivesim.state import ActorKind
from drivesim.state.kinds import KINDS, RoadUserKind, Size, kind_arrays
from drivesim.state.parameters import parameters_from
from tests.reference.views import camera_at_origin, maps_of, put, state_of

CRATE = len(KINDS) + 1
CRATE_KIND = RoadUserKind(
    name="crate", semantic=Semantic.DYNAMIC, length=Size(mean=2.0), width=Size(mean=2.0), height=Size(mean=2.0),
    rear=0.0, wheelbase=(0.0, 1.0),
)  # fmt: skip
ALL_KINDS = (*KINDS, CRATE_KIND)


@pytest.fixture(scope="module")
def maps():
    return maps_of()


def crate(state, slot, x, y, yaw=0.0, size=(2.0, 2.0, 2.0), world=0):
    """A box that fills its bounding box; (x, y) is the middle of its rear."""
    put(state, world, slot, x, y, yaw, kind=CRATE, size=size)


def objects_of(state):
    config = EnvConfig()
    return object_labels(
        state,
        parameters_from(config, state.actors.kind.shape[1], kinds=kind_arrays(ALL_KINDS, TrafficConfig())),
        Launcher(),
    )


def labels_of(config, maps, state):
    camera = Camera(config, len(state.worlds.map), kinds=ALL_KINDS)
    camera.update(maps, state, Launcher())
    frames = camera.frames
    return picture_boxes(config, objects_of(state), state, frames["instance"], frames["depth"], Launcher())[0], frames


def opencv(config, points):
    """Pixels of points in the ego frame, shape (..., 3); the camera's axes from rotations that this test makes."""
    yaw, pitch, roll = (math.radians(v) for v in (config.yaw_deg, config.pitch_deg, config.roll_deg))
    level = np.array([(math.sin(yaw), -math.cos(yaw), 0), (0, 0, -1), (math.cos(yaw), math.sin(yaw), 0)])
    # Nose down turns the world up about the camera's x axis; a clockwise roll turns it the other way about z.
    turn = cv2.Rodrigues(np.array([0.0, 0.0, -roll]))[0] @ cv2.Rodrigues(np.array([pitch, 0.0, 0.0]))[0] @ level
    focal = config.width / 2 / math.tan(math.radians(config.fov_deg) / 2)
    matrix = np.array(
        [(focal, 0, config.principal_x * config.width), (0, focal, config.principal_y * config.height), (0, 0, 1)]
    )
    shift = -turn @ np.array([config.x_m, config.y_m, config.z_m])
    flat = np.ascontiguousarray(points.reshape(-1, 1, 3), np.float64)
    pixels = cv2.projectPoints(flat, cv2.Rodrigues(turn)[0], shift, matrix, None)[0]
    return pixels.reshape(*points.shape[:-1], 2), (points @ turn.T + shift)[..., 2]


def scene_of(rng, slots=8):
    state = state_of(slot=slots)
    put(state, 0, 0, *rng.uniform(-30.0, 30.0, 2), rng.uniform(-3.0, 3.0))
    own = (state.actors.x[0, 0], state.actors.y[0, 0])
    for slot in range(1, slots):
        distance, bearing = rng.uniform(6.0, 45.0), rng.uniform(-3.1, 3.1)
        x, y = own[0] + distance * math.cos(bearing), own[1] + distance * math.sin(bearing)
        size = (rng.uniform(1.0, 9.0), rng.uniform(0.6, 2.5), rng.uniform(0.8, 3.5))
        crate(state, slot, x, y, rng.uniform(-3.1, 3.1), size)
    return state


POSES = [
    {},
    {"yaw_deg": 110.0, "x_m": -1.0, "y_m": 0.7},
    {"pitch_deg": 11.0},
    {"pitch_deg": -6.0, "roll_deg": 14.0, "yaw_deg": -70.0, "z_m": 2.2, "principal_x": 0.4},
]


@pytest.mark.parametrize("changes", POSES)
def test_corners_are_where_opencv_projects_them(changes, rng):
    config = camera_at_origin(**changes)
    objects = objects_of(scene_of(rng))
    corners = corners_of(objects)[objects.valid[:, 0]]
    expected, depth = opencv(config, corners)
    pixels = project(config, pose_of(config).points(corners))
    in_front = depth > 0.5
    assert np.count_nonzero(in_front) > 10
    np.testing.assert_allclose(pixels[in_front], expected[in_front], atol=1e-4)
    assert np.isnan(pixels[depth < 0.0]).all()
    whole = in_front.all(axis=-1)
    full = full_boxes(config, corners)
    np.testing.assert_allclose(full[whole, :2], expected[whole].min(axis=1), atol=1e-4)
    np.testing.assert_allclose(full[whole, 2:], expected[whole].max(axis=1), atol=1e-4)


@pytest.mark.parametrize("changes", POSES)
def test_full_boxes_hold_the_pixels_of_their_road_users_and_fit_those_that_nothing_hides(changes, maps, rng):
    config = camera_at_origin(width=320, height=160, **changes)
    fitted = 0
    for _ in range(12):
        labels, frames = labels_of(config, maps, scene_of(rng))
        for slot in np.flatnonzero(labels.pixels[0]):
            rows, columns = np.nonzero(frames["instance"][0] == slot + 1)
            seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            assert (labels.box_visible[0, slot] == seen).all()
            assert labels.pixels[0, slot] == len(rows)
            box = labels.box[0, slot]
            assert (seen[:2] >= box[:2] - 1.0).all() and (seen[2:] <= box[2:] + 1.0).all()
            if labels.visibility[0, slot] == 1.0:
                # A corner can be so sharp that no pixel's middle lies in its tip, the more so at the picture's rim.
                slack = 1.0 if config.is_level else 1.5
                np.testing.assert_allclose(seen, box, atol=slack if labels.truncation[0, slot] == 0.0 else 4.0)
                fitted += 1
    assert fitted > 10


def test_what_reaches_behind_the_camera_is_cut_off_before_it_is_projected(maps):
    config = camera_at_origin()
    state = state_of()
    # From 1 m behind the eye to 9 m ahead of it, 2 m to 3 m to the right, 1.5 m high, as the eye.
    crate(state, 1, -1.0, -2.5, size=(10.0, 1.0, 1.5))
    labels, _ = labels_of(config, maps, state)
    left, top, right, bottom = labels.box_unclipped[0, 1]
    # Its far end is the leftmost: 2 m aside at 9 m; the near plane at 0.1 m makes the rest: 3 / 0.1 and 1.5 / 0.1.
    assert (left, top) == pytest.approx((100.0 + 100.0 * 2.0 / 9.0, 50.0), abs=1e-3)
    assert (right, bottom) == pytest.approx((100.0 + 3000.0, 50.0 + 1500.0), rel=1e-5)
    assert labels.box[0, 1] == pytest.approx([122.222, 50.0, 200.0, 100.0], abs=1e-3)
    assert labels.truncation[0, 1] == pytest.approx(1.0 - 77.778 * 50.0 / (2977.778 * 1500.0), abs=1e-6)


def test_truncation_is_the_share_of_the_box_outside_the_picture(maps):
    state = state_of()
    # A plate 10 m ahead and 2 m wide is 20 px wide; its middle is 10 m to the right, on the picture's rim.
    crate(state, 1, 10.0, -10.0, size=(0.001, 2.0, 2.0))
    crate(state, 2, 10.0, 0.0, size=(0.001, 2.0, 2.0))
    crate(state, 3, 10.0, -11.5, size=(0.001, 2.0, 2.0))
    labels, _ = labels_of(camera_at_origin(), maps, state)
    assert labels.truncation[0, 1:3] == pytest.approx([0.5, 0.0], abs=1e-3)
    assert labels.valid[0].tolist() == [False, True, True, False]
    assert labels.box[0, 1] == pytest.approx([190.0, 45.0, 200.0, 65.0], abs=0.02)
    assert not labels.box[0, 3].any()


@pytest.mark.parametrize(
    ("aside", "share", "occluded"), [(4.0, 1.0, 0), (1.5, 0.75, 1), (1.0, 0.5, 1), (0.5, 0.25, 2), (0.0, 0.0, 3)]
)
def test_visibility_is_the_share_of_the_box_with_nothing_before_it(maps, aside, share, occluded):
    state = state_of()
    # Both plates are as high as the eye. The far one, 4 m wide at 20 m, is 20 px wide; the near one, 2 m at 10 m, too;
    # moved aside by 2 a at 20 m or a at 10 m they part.
    crate(state, 1, 20.0, 0.0, size=(0.001, 4.0, 1.5))
    crate(state, 2, 10.0, -aside, size=(0.001, 2.0, 1.5))
    labels, _ = labels_of(camera_at_origin(width=400, height=200), maps, state)
    assert labels.visibility[0, 1] == pytest.approx(share, abs=0.03)
    assert labels.visibility[0, 2] == 1.0
    assert labels.occluded[0].tolist() == [0, occluded, 0, 0]


def test_a_body_that_does_not_fill_its_box_is_visible_whole(maps):
    state = state_of()
    put(state, 0, 1, 12.0, 2.0, 0.5, kind=ActorKind.MOTORCYCLE)
    labels, _ = labels_of(camera_at_origin(), maps, state)
    assert labels.visibility[0, 1] == 1.0
    assert 0 < labels.pixels[0, 1] < 0.8 * np.prod(labels.box[0, 1, 2:] - labels.box[0, 1, :2])


def test_visibility_levels_are_those_of_nuscenes():
    shares = np.array([0.0, 0.01, 0.39, 0.4, 0.59, 0.6, 0.79, 0.8, 1.0])
    assert visibility_level(shares).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_rotation_and_alpha_are_those_of_kitti(maps):
    state = state_of()
    for slot, yaw in ((1, -math.pi / 2), (2, 0.0), (3, math.pi / 2)):
        put(state, 0, slot, 10.0, 0.0, yaw, kind=ActorKind.CAR, size=(0.001, 1.8, 1.5))
    # Facing right is 0, facing away -pi/2, facing left +-pi. Straight ahead of the camera alpha is the same.
    yaw = sensor_boxes(objects_of(state), camera_at_origin()).yaw[0, 1:]
    assert yaw[:2] == pytest.approx([0.0, -math.pi / 2], abs=1e-4)
    assert abs(yaw[2]) == pytest.approx(math.pi, abs=1e-4)
    turned = camera_at_origin(yaw_deg=45.0)
    boxes, (labels, _) = sensor_boxes(objects_of(state), turned), labels_of(turned, maps, state)
    # Turned left by 45 degrees the camera has them 45 degrees to its right.
    assert boxes.yaw[0, 2] == pytest.approx(-math.pi / 4, abs=1e-4)
    assert boxes.position[0, 2] == pytest.approx([50**0.5, 0.75, 50**0.5], abs=1e-3)
    assert labels.alpha[0, 2] == pytest.approx(-math.pi / 2, abs=1e-3)


def test_boxes_in_the_frame_of_an_upright_sensor_and_in_the_world():
    state = state_of()
    put(state, 0, 0, 100.0, 50.0, math.pi / 2)
    put(state, 0, 1, 95.0, 70.0, math.pi, size=(4.0, 2.0, 1.6))
    state.actors.speed[0, 1] = 3.0
    objects = objects_of(state)
    world = world_boxes(objects, state)
    assert world.position[0, 1] == pytest.approx([93.0, 70.0, 0.8], abs=1e-4)
    assert world.yaw[0, 1] == pytest.approx(-math.pi, abs=1e-5)
    assert world.velocity[0, 1] == pytest.approx([-3.0, 0.0], abs=1e-5)

    above = BevConfig(x_m=2.0, yaw_deg=90.0)
    boxes = sensor_boxes(objects, above)
    # In the ego frame it is 20 m ahead and 7 m to the left, and drives to the left.
    assert boxes.position[0, 1] == pytest.approx([7.0, -18.0, 0.8], abs=1e-4)
    assert boxes.velocity[0, 1] == pytest.approx([3.0, 0.0, 0.0], abs=1e-5)
    assert boxes.yaw[0, 1] == pytest.approx(0.0, abs=1e-5)
    assert not boxes.position[0, [0, 2, 3]].any()


def test_visible_boxes_of_pictures_without_road_users_are_empty():
    picture = np.zeros((2, 4, 6), np.uint16)
    picture[1, 1:3, 2] = 2
    picture[1, 3, 5] = 256
    boxes = visible_boxes(picture, 3)
    assert not boxes[0].any()
    assert boxes[1].tolist() == [[0, 0, 0, 0], [2, 1, 3, 3], [0, 0, 0, 0]]


@pytest.mark.parametrize("seed", range(4))
def test_what_lies_in_the_picture_is_the_part_of_the_outline_that_opencv_cuts_out(seed):
    rng = np.random.default_rng(seed)
    config = camera_at_origin()
    points = rng.uniform((-80.0, -60.0), (280.0, 160.0), (50, 1, 2)) + rng.normal(0.0, 40.0, (50, 24, 2))
    full = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=-1)
    frame = np.array([(0, 0), (200, 0), (200, 100), (0, 100)], np.float32)
    for outline, box in zip(points, boxes_within(config, points, full), strict=True):
        area, within = cv2.intersectConvexConvex(cv2.convexHull(outline.astype(np.float32)), frame)
        if area > 0.0:
            expected = np.concatenate([within.min(axis=(0, 1)), within.max(axis=(0, 1))])
            np.testing.assert_allclose(box, expected, atol=1e-3)
        else:
            assert (box[2] - box[0]) * (box[3] - box[1]) == pytest.approx(0.0, abs=1e-3)


@dataclass(frozen=True, kw_only=True)
class Fisheye(CameraConfig):
    lens: str = "fisheye"


def equidistant(config, points):
    """r = f theta, all around the axis."""
    aside = np.hypot(points[..., 0], points[..., 1])
    stretch = np.arctan2(aside, points[..., 2]) / np.maximum(aside, 1e-12)
    return 100.0 * points[..., :2] * stretch[..., None] + (100.0, 50.0)


def test_behind_a_lens_that_bends_edges_a_full_box_is_around_the_bent_edges(monkeypatch):
    monkeypatch.setattr(picture, "project", equidistant)
    config = Fisheye(width=200, height=100, x_m=0.0, z_m=1.5)
    state = state_of()
    # A wall across the road, 4 m ahead, and one beside the eye, from 3 m behind it to 5 m ahead.
    crate(state, 1, 4.0, 0.0, size=(1.0, 12.0, 3.0))
    crate(state, 2, -3.0, 4.0, size=(8.0, 1.0, 3.0))
    corners = corners_of(objects_of(state))[0, 1:3]
    share = np.linspace(0.0, 1.0, 2001)[:, None, None]
    for box, ends in zip(full_boxes(config, corners), corners[:, BOX_EDGES], strict=True):
        along = ends[:, 0] * (1.0 - share) + ends[:, 1] * share
        pixels = equidistant(config, pose_of(config).points(along.reshape(-1, 3)))
        assert box == pytest.approx(np.concatenate([pixels.min(axis=0), pixels.max(axis=0)]), abs=0.2)
    # In the middle of the wall's upper edge the ray is atan(1.5 / 4) above the axis, at its ends it seems lower.
    assert full_boxes(config, corners)[0, 1] == pytest.approx(50.0 - 100.0 * math.atan(1.5 / 4.0), abs=0.2)
    assert equidistant(config, pose_of(config).points(corners[0]))[:, 1].min() > 24.0
