"""How much of a road user is seen, by hand and with OpenCV as the judge of where boxes project."""

import math

import cv2
import numpy as np
import pytest

from drivesim.config import EnvConfig
from drivesim.kernels.launch import Launcher
from drivesim.sensors.camera.visible import visible_share
from drivesim.sensors.objects import object_labels
from drivesim.state import ActorKind
from drivesim.state.parameters import parameters_from
from tests.reference.views import camera_at_origin, frames_of, maps_of, put, state_of


@pytest.fixture(scope="module")
def maps():
    return maps_of()


def share_of(config, maps, state):
    return visible_share(config, frames_of(config, maps, state)["instance"], state, Launcher())[0, 0]


def hulls(config, state):
    """Per slot the pixels whose centres lie in the outline of its labelled box, by OpenCV; a mask (row, column)."""
    labels = object_labels(state, parameters_from(EnvConfig(), state.actors.kind.shape[1]), Launcher())
    yaw, pitch = math.radians(config.yaw_deg), math.radians(config.pitch_deg)
    level = np.array([(math.sin(yaw), -math.cos(yaw), 0), (0, 0, -1), (math.cos(yaw), math.sin(yaw), 0)])
    turn = cv2.Rodrigues(np.array([pitch, 0.0, 0.0]))[0] @ level
    focal = config.width / 2 / math.tan(math.radians(config.fov_deg) / 2)
    matrix = np.array(
        [(focal, 0, config.principal_x * config.width), (0, focal, config.principal_y * config.height), (0, 0, 1)]
    )
    shift = -turn @ np.array([config.x_m, config.y_m, config.z_m])
    centres = np.stack(np.meshgrid(np.arange(config.width) + 0.5, np.arange(config.height) + 0.5), axis=-1)
    masks = {}
    for slot in np.flatnonzero(labels.valid[0, 0]):
        length, width, height = labels.size[0, 0, slot]
        heading = labels.yaw[0, 0, slot]
        ahead = np.array([math.cos(heading), math.sin(heading)]) * length / 2
        left = np.array([-math.sin(heading), math.cos(heading)]) * width / 2
        ground = [labels.position[0, 0, slot] + a * ahead + b * left for a in (-1, 1) for b in (-1, 1)]
        corners = np.array([(*point, z) for point in ground for z in (0.0, height)], np.float64)
        pixels = cv2.projectPoints(corners, cv2.Rodrigues(turn)[0], shift, matrix, None)[0]
        hull = cv2.convexHull(pixels.astype(np.float32))[:, 0]
        along = np.roll(hull, -1, axis=0) - hull
        away = centres[:, :, None] - hull
        masks[slot] = np.ptp(np.sign(along[:, 0] * away[..., 1] - along[:, 1] * away[..., 0]), axis=-1) == 0
    return masks


@pytest.mark.parametrize("tilt", [{}, {"pitch_deg": 12.0}, {"yaw_deg": 20.0}])
def test_labelled_boxes_project_onto_the_pixels_of_their_road_users(maps, tilt):
    config = camera_at_origin(**tilt)
    state = state_of()
    put(state, 0, 0, 3.0, -2.0, 0.4)
    for slot, (kind, ahead, left, yaw) in enumerate(
        [(ActorKind.TRUCK, 22.0, 8.0, 0.3), (ActorKind.CAR, 12.0, -6.0, -0.8), (ActorKind.VAN, 15.0, 0.0, 0.2)], start=1
    ):
        x = 3.0 + ahead * math.cos(0.4) - left * math.sin(0.4)
        y = -2.0 + ahead * math.sin(0.4) + left * math.cos(0.4)
        put(state, 0, slot, x, y, 0.4 + yaw, kind=kind)
    instance = frames_of(config, maps, state)["instance"][0]
    share = share_of(config, maps, state)
    for slot, hull in hulls(config, state).items():
        seen = instance == slot + 1
        assert seen.sum() > 60, slot
        grown = cv2.dilate(hull.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        assert not (seen & ~grown).any(), "no pixel beyond the box"
        assert share[slot] == pytest.approx(seen.sum() / hull.sum(), rel=0.01)


def test_a_truck_in_full_view_is_seen_whole_and_one_half_behind_another_by_half(maps):
    config = camera_at_origin()
    state = state_of()
    put(state, 0, 1, 20.0, -1.25, kind=ActorKind.TRUCK, size=(11.0, 2.5, 3.8))
    alone = share_of(config, maps, state)
    assert alone[1] > 0.9
    assert alone[[0, 2, 3]].tolist() == [0.0, 0.0, 0.0]
    # A second one at half the distance, half as large, hides its left half.
    put(state, 0, 2, 10.0, -0.3125, kind=ActorKind.TRUCK, size=(0.5, 0.625, 3.8))
    assert share_of(config, maps, state)[1] == pytest.approx(alone[1] / 2, abs=0.06)


def test_whoever_is_hidden_behind_or_beyond_the_range_is_not_seen(maps):
    config = camera_at_origin(range_m=60.0)
    state = state_of()
    put(state, 0, 1, -20.0, 0.0)
    put(state, 0, 2, 80.0, 5.0)
    assert not share_of(config, maps, state).any()


def test_only_what_the_picture_could_show_counts(maps):
    # Half of it lies beyond the edge of the picture; what would be inside is in full view.
    state = state_of()
    put(state, 0, 1, 8.0, 4.0, math.pi / 2, kind=ActorKind.TRUCK)
    share = share_of(camera_at_origin(), maps, state)
    assert share[1] > 0.85
