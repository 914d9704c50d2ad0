"""Free space on a road set by hand, against a walk in small steps, and in the picture."""

import math

import numpy as np
import pytest

from drivesim.config import CameraConfig, MapConfig
from drivesim.kernels.launch import Launcher
from drivesim.maps.bank import MapBank
from drivesim.maps.network import Scenery, SceneryKind
from drivesim.semantics import Semantic
from drivesim.sensors.camera.sensor import Camera
from drivesim.sensors.truth.space import (
    BEARINGS_RAD,
    END_GROUND,
    END_OPEN,
    END_ROAD_USER,
    END_SCENERY,
    SPACE_BEARINGS,
    SPACE_RANGE_M,
    space_labels,
    space_mask,
    space_outline,
)
from drivesim.state import ActorKind
from tests.reference.bev import _ground, _things
from tests.reference.views import asphalt, maps_of, put, state_of, traffic_on

AHEAD, LEFT, BACK, RIGHT = (k * SPACE_BEARINGS // 4 for k in range(4))


def road(north=10.0, south=-5.0):
    """Asphalt between two latitudes; (0, 0) is the middle of the picture of 2048 texels."""
    picture = asphalt()
    picture[: 1024 + round(10 * south)] = 0
    picture[1024 + round(10 * north) :] = 0
    return picture


def test_it_ends_at_the_verge_at_road_users_and_at_scenery():
    rail = Scenery(kind=SceneryKind.GUARD_RAIL, x=0.0, y=-3.0, length=8.0, width=0.4, height=0.75)
    bridge = Scenery(kind=SceneryKind.SIGN, x=10.0, y=0.0, length=0.5, width=8.0, height=2.0, base=5.0)
    state = state_of()
    put(state, 0, 1, 20.0, 0.5, kind=ActorKind.CAR)
    labels = space_labels(maps_of(picture=road(), scenery=[rail, bridge]), state, Launcher())
    distance, end = labels.distance[0], labels.end[0]
    assert distance[[AHEAD, LEFT, BACK, RIGHT]] == pytest.approx([20.0, 10.0, SPACE_RANGE_M, 2.8], abs=0.1)
    assert end[[AHEAD, LEFT, BACK, RIGHT]].tolist() == [END_ROAD_USER, END_GROUND, END_OPEN, END_SCENERY]
    # At 60 degrees to the left the verge, 10 m away, is 10 / sin 60 m far.
    assert distance[SPACE_BEARINGS // 6] == pytest.approx(10.0 / math.sin(math.pi / 3), abs=0.12)
    outline = space_outline(labels.distance)[0]
    assert outline[LEFT] == pytest.approx([0.0, 10.0], abs=0.1)


def test_there_is_none_off_the_road_and_it_turns_with_the_car():
    state = state_of()
    put(state, 0, 0, 0.0, 40.0)
    assert not space_labels(maps_of(picture=road()), state, Launcher()).distance.any()
    put(state, 0, 0, 0.0, 0.0, math.pi / 2)
    labels = space_labels(maps_of(picture=road()), state, Launcher())
    assert labels.distance[0, [AHEAD, BACK]] == pytest.approx([10.0, 5.0], abs=0.11)
    state.actors.kind[0, 0] = ActorKind.NONE
    assert not space_labels(maps_of(picture=road()), state, Launcher()).distance.any()


def test_it_is_as_far_as_a_walk_in_small_steps():
    maps = MapBank.build(MapConfig(generator="highway", start=7, count=1, length_m=300.0)).arrays
    state = traffic_on(maps, worlds=2, slots=12, seed=8)
    state.worlds.map[:] = 0
    labels = space_labels(maps, state, Launcher())
    differ = compared = 0
    for world in range(2):
        x, y, yaw = (float(getattr(state.actors, name)[world, 0]) for name in ("x", "y", "yaw"))
        boxes = [
            t[:6] for t in _things(maps, 0, state, world, 0, [0] * 8, False) if math.hypot(t[0] - x, t[1] - y) < 90
        ]
        for k in range(0, SPACE_BEARINGS, 15):
            heading = yaw + BEARINGS_RAD[k]
            ground, _ = free_along(0.1, x, y, heading, maps, [])
            _, things = free_along(0.02, x, y, heading, maps, boxes)
            differ += abs(labels.distance[world, k] - min(ground, things)) > 0.03
            compared += 1
    # A sample that falls on the rim of a texel may be read from either side.
    assert differ <= 1 < compared == 32


def free_along(step_m, x, y, heading, maps, boxes):
    """Distance to the first sample off the road, and to the first in a box [m]."""
    away = np.arange(round(SPACE_RANGE_M / step_m)) * step_m
    at = np.stack([x + away * math.cos(heading), y + away * math.sin(heading)], axis=-1)
    ground = SPACE_RANGE_M
    if not boxes:
        paved = np.isin(_ground(maps, 0, at[:, None], 0)[0][:, 0], (Semantic.ROAD, Semantic.ROAD_LINE))
        ground = SPACE_RANGE_M if paved.all() else away[np.argmin(paved)]
    free = np.ones(len(away), bool)
    for box_x, box_y, cos, sin, half_length, half_width in boxes:
        dx, dy = at[:, 0] - box_x, at[:, 1] - box_y
        free &= (np.abs(dx * cos + dy * sin) > half_length) | (np.abs(dy * cos - dx * sin) > half_width)
    return ground, SPACE_RANGE_M if free.all() else away[np.argmin(free)]


def test_in_the_picture_it_is_ground_up_to_its_end():
    state = state_of()
    put(state, 0, 1, 20.0, 0.0, kind=ActorKind.TRUCK)
    maps = maps_of(picture=road())
    config = CameraConfig(channels=("instance",), width=160, height=80)
    camera = Camera(config, 1)
    camera.update(maps, state, Launcher())
    mask = space_mask(config, space_labels(maps, state, Launcher()), camera.frames["instance"])[0]
    # Focal length 80 px, horizon at row 30, eye at (1.7, 0, 1.51). The column in the middle sees ground from the lowest
    # row to the truck's rear, 18.3 m ahead of the eye: row 30 + 80 * 1.51 / 18.3.
    rows = np.flatnonzero(mask[:, 80])
    assert (rows[0], rows[-1]) == (37, 79)
    assert len(rows) == 43
    # Row 50 sees the ground 5.9 m ahead of the eye, 7.6 m ahead of the axle: the verge on the right, 5 m aside, is at
    # column 80 + 80 * 5 / 5.9.
    columns = np.flatnonzero(mask[50])
    assert columns[-1] == pytest.approx(80 + 80 * 5.0 / (80 * 1.51 / 20.5), abs=2)
    assert columns[0] == 0
    assert not mask[:30].any()
