"""Buses, emergency vehicles and open doors in the camera: classes, blue lamps, where a leaf is."""

import math

import numpy as np
import pytest

from drivesim.semantics import Semantic
from drivesim.sensors.camera.paint import PAINTS, Vehicle, rgb_table
from drivesim.sensors.camera.solids import actor_row
from drivesim.state import ActorKind, Lamp
from drivesim.state.kinds import KINDS
from tests.reference.views import camera_at_origin, frames_of, maps_of, put, state_of

SERVICES = (ActorKind.BUS, ActorKind.POLICE_CAR, ActorKind.AMBULANCE, ActorKind.FIRE_ENGINE)


@pytest.fixture(scope="module")
def plain():
    return maps_of()


def mean_size(kind: ActorKind) -> tuple[float, float, float]:
    entry = KINDS[kind - 1]
    return entry.length.mean, entry.width.mean, entry.height.mean


def test_every_kind_has_the_class_and_the_outline_of_its_body(plain):
    state = state_of(world=len(SERVICES), slot=2)
    for world, kind in enumerate(SERVICES):
        put(state, world, 1, 20.0, 0.0, kind=kind, size=mean_size(kind))
    frames = frames_of(camera_at_origin(), plain, state)
    for world, kind in enumerate(SERVICES):
        _, width, height = mean_size(kind)
        rows, columns = np.nonzero(frames["instance"][world] == 2)
        assert set(frames["semantic"][world][rows, columns]) == {KINDS[kind - 1].semantic}
        # Its rear is 20 m away at f = 100 px: 5 px per metre; mirrors stand out by a pixel.
        assert columns.max() - columns.min() + 1 == pytest.approx(5.0 * width, abs=3.1)
        assert rows.min() == pytest.approx(50.0 - 5.0 * (height - 1.5), abs=1.6)


def test_blue_lamps_are_lit_in_the_bright_half_of_a_flash(plain):
    state = state_of(world=2, slot=2)
    for world, lamps in enumerate((0, Lamp.BEACON)):
        put(state, world, 1, 8.0, 0.0, kind=ActorKind.POLICE_CAR, size=mean_size(ActorKind.POLICE_CAR), lamps=lamps)
    rgb = frames_of(camera_at_origin(), plain, state)["rgb"].astype(int)
    blue = (rgb[..., 2] > 200) & (rgb[..., 2] - rgb[..., 0] > 100)
    assert blue[0].sum() == 0
    assert blue[1].sum() >= 4


@pytest.mark.parametrize("lamps", range(32))
def test_the_row_of_colours_tells_every_lamp(lamps):
    row = int(actor_row.py_func(np.int64(1), np.int64(0), np.int64(lamps), True))
    table = rgb_table()[row]
    assert table[Vehicle.BODY].tolist() == list(PAINTS[1])
    assert (table[Vehicle.TAIL, 0] > 200) == bool(lamps & Lamp.BRAKE)
    assert (table[Vehicle.TURN_LEFT, 0] > 200) == bool(lamps & Lamp.LEFT)
    assert (table[Vehicle.TURN_RIGHT, 0] > 200) == bool(lamps & Lamp.RIGHT)
    assert (table[Vehicle.BEACON, 2] > 200) == bool(lamps & Lamp.BEACON)


def test_a_door_is_a_leaf_from_its_hinge_on(plain):
    # Hinge at (10, 1), open at a right angle to the left: from y = 1 to 2.05 m, at 10 m and f = 100 px columns
    # 100 - 20.5 to 100 - 10; it reaches from 0.2 * 1.35 m to 1.35 m above the ground: rows 51.5 to 62.3.
    state = state_of(slot=2)
    put(state, 0, 1, 10.0, 1.0, 0.5 * math.pi, kind=ActorKind.CAR_DOOR, size=mean_size(ActorKind.CAR_DOOR))
    frames = frames_of(camera_at_origin(), plain, state)
    rows, columns = np.nonzero(frames["instance"][0] == 2)
    assert (frames["semantic"][0][rows, columns] == Semantic.CAR).all()
    assert columns.min() == pytest.approx(80, abs=1)
    assert columns.max() == pytest.approx(89, abs=1)
    assert rows.min() == pytest.approx(51, abs=1)
    assert rows.max() == pytest.approx(62, abs=1)
    assert frames["depth"][0][rows, columns] == pytest.approx(10.0, abs=0.08)
