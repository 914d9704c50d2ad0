import math

import numpy as np
import pytest

from drivesim.kernels.views import view
from drivesim.maps.bank import MapBank
from drivesim.maps.network import Scenery, SceneryKind
from drivesim.state import ActorKind, allocate_state
from drivesim.state.bodies import remember_poses
from drivesim.state.events import NOBODY, SCENERY
from drivesim.world.contacts import TRUNK_SHARE, actors_overlap, first_contact, overlap_count
from tests.reference.contacts import corners, disc, shared_area
from tests.reference.roads import country

CAR = {"kind": ActorKind.CAR, "length": 4.5, "width": 1.8, "height": 1.5, "rear": 1.0, "wheelbase": 2.6}


def place(state, slot, x, y, yaw=0.0, world=0, **changes):
    """Puts a car with its middle at (x, y)."""
    columns = {**CAR, **changes}
    ahead = columns["length"] / 2 - columns["rear"]
    columns |= {"x": x - ahead * math.cos(yaw), "y": y - ahead * math.sin(yaw), "yaw": yaw}
    for name, value in columns.items():
        getattr(state.actors, name)[world, slot] = value
    remember_poses(state.actors, world)


def bank_with(*things):
    return MapBank.from_networks([country(), country(scenery=things)])


@pytest.fixture(scope="module")
def empty_bank():
    return MapBank.from_networks([country()])


def hit_of(bank, state, world=0):
    other, share = first_contact(view(bank.arrays), view(state), world, 0)
    assert (share == np.inf) == (other == NOBODY)
    return int(other)


@pytest.mark.parametrize(
    ("x", "y", "yaw", "touches"),
    [
        pytest.param(54.4, 0.0, 0.0, True, id="bumper-in-bumper"),
        pytest.param(54.6, 0.0, 0.0, False, id="bumper-behind-bumper"),
        pytest.param(50.0, 1.7, 0.0, True, id="door-in-door"),
        pytest.param(50.0, 1.9, 0.0, False, id="door-beside-door"),
        pytest.param(53.1, 0.0, math.pi / 2, True, id="into-its-flank"),
        pytest.param(53.2, 0.0, math.pi / 2, False, id="short-of-its-flank"),
    ],
)
def test_the_ego_touches_another_car(empty_bank, x, y, yaw, touches):
    state = allocate_state(world=1, slot=3)
    place(state, 0, 50.0, 0.0)
    place(state, 2, x, y, yaw)
    assert hit_of(empty_bank, state) == (2 if touches else NOBODY)


def test_the_lowest_slot_is_named(empty_bank):
    state = allocate_state(world=1, slot=4)
    for slot in range(4):
        place(state, slot, 50.0 + slot, 0.0)
    assert hit_of(empty_bank, state) == 1


def test_an_empty_slot_is_never_touched(empty_bank):
    state = allocate_state(world=1, slot=3)
    place(state, 0, 50.0, 0.0)
    place(state, 1, 50.0, 0.0, kind=ActorKind.NONE)
    assert hit_of(empty_bank, state) == NOBODY
    assert overlap_count(view(state.actors), 0) == 0


def test_cars_of_other_worlds_are_never_touched(empty_bank):
    state = allocate_state(world=2, slot=2)
    place(state, 0, 50.0, 0.0)
    place(state, 0, 80.0, 0.0, world=1)
    place(state, 1, 50.0, 0.0, world=1)
    assert hit_of(empty_bank, state) == NOBODY


@pytest.mark.parametrize(
    ("thing", "touches"),
    [
        pytest.param(Scenery(kind=SceneryKind.POST, x=50.0, y=0.9, length=0.12, width=0.12), True, id="post-at-door"),
        pytest.param(Scenery(kind=SceneryKind.POST, x=50.0, y=1.0, length=0.12, width=0.12), False, id="post-beside"),
        pytest.param(Scenery(kind=SceneryKind.TREE, x=50.0, y=2.0, length=6.0, width=6.0), False, id="under-its-crown"),
        pytest.param(Scenery(kind=SceneryKind.TREE, x=50.0, y=1.0, length=6.0, width=6.0), True, id="into-its-trunk"),
        pytest.param(Scenery(kind=SceneryKind.BUSH, x=50.0, y=1.8, length=2.0, width=2.0), True, id="into-a-bush"),
        pytest.param(
            Scenery(kind=SceneryKind.SIGN, x=50.0, y=0.0, length=0.1, width=3.0, base=5.0), False, id="gantry"
        ),
        pytest.param(Scenery(kind=SceneryKind.SIGN, x=50.0, y=0.0, length=0.1, width=3.0, base=0.5), True, id="board"),
        pytest.param(Scenery(kind=SceneryKind.WALL, x=90.0, y=0.6, length=79.0, width=0.3), True, id="end-of-a-wall"),
        pytest.param(Scenery(kind=SceneryKind.WALL, x=90.0, y=1.2, length=79.0, width=0.3), False, id="beside-a-wall"),
    ],
)
def test_the_ego_touches_what_stands_there(thing, touches):
    state = allocate_state(world=1, slot=2)
    state.worlds.map[0] = 1
    place(state, 0, 50.0, 0.0)
    bank = bank_with(thing)
    assert hit_of(bank, state) == (SCENERY if touches else NOBODY)
    state.worlds.map[0] = 0
    assert hit_of(bank, state) == NOBODY


@pytest.mark.parametrize("y", np.arange(100.0, 164.0, 7.0))
def test_a_hall_larger_than_a_grid_cell_is_met_wherever_it_lies_in_the_grid(y):
    hall = Scenery(kind=SceneryKind.BUILDING, x=150.0, y=float(y), yaw=1.2, length=70.0, width=60.0, height=9.0)
    bank = MapBank.from_networks([country(scenery=(hall,))])
    outline = corners(hall.x, hall.y, hall.yaw, hall.length, hall.width)
    state = allocate_state(world=1, slot=1)
    for corner in outline:
        into = np.array([hall.x, hall.y]) - corner
        into /= np.hypot(*into)
        for depth_m, touches in ((4.0, True), (-6.0, False)):
            place(state, 0, *(corner + depth_m * into))
            assert hit_of(bank, state) == (SCENERY if touches else NOBODY)


def test_a_car_goes_before_the_scenery():
    state = allocate_state(world=1, slot=2)
    place(state, 0, 50.0, 0.0)
    place(state, 1, 51.0, 0.0)
    assert (
        hit_of(MapBank.from_networks([country(scenery=(Scenery(kind=SceneryKind.POST, x=50.0, y=0.0),))]), state) == 1
    )


def test_contacts_match_the_polygons_of_random_scenes(rng):
    kinds = [SceneryKind.BUILDING, SceneryKind.POST, SceneryKind.TREE, SceneryKind.SIGN, SceneryKind.BUSH]
    things = tuple(
        Scenery(
            kind=kinds[i % 5],
            x=float(rng.uniform(0.0, 250.0)),
            y=float(rng.uniform(-40.0, 40.0)),
            yaw=float(rng.uniform(-3.0, 3.0)),
            length=(size := float(rng.uniform(0.3, 8.0))),
            width=float(rng.uniform(0.3, 8.0)) if kinds[i % 5] in (SceneryKind.BUILDING, SceneryKind.SIGN) else size,
        )
        for i in range(150)
    )
    shapes = [
        disc(t.x, t.y, t.length / 2 * (float(TRUNK_SHARE) if t.kind == SceneryKind.TREE else 1.0))
        if t.kind in (SceneryKind.POST, SceneryKind.TREE, SceneryKind.BUSH)
        else corners(t.x, t.y, t.yaw, t.length, t.width)
        for t in things
    ]
    bank = MapBank.from_networks([country(scenery=things)])
    state = allocate_state(world=1, slot=9)
    hits = 0
    for _ in range(60):
        boxes = []
        for slot in range(9):
            x, y, yaw = rng.uniform(20.0, 230.0), rng.uniform(-30.0, 30.0), rng.uniform(-3.0, 3.0)
            if slot > 0:
                x, y = boxes[0][0] + rng.uniform(-9.0, 9.0), boxes[0][1] + rng.uniform(-9.0, 9.0)
            place(state, slot, x, y, yaw)
            boxes.append((x, y, yaw, CAR["length"], CAR["width"]))
        ego = corners(*boxes[0])
        with_cars = [shared_area(ego, corners(*box)) for box in boxes[1:]]
        with_things = max(
            shared_area(ego, shape) for shape in shapes if np.abs(shape.mean(axis=0) - boxes[0][:2]).max() < 20.0
        )
        if any(0.0 < area < 1e-3 for area in (*with_cars, with_things)):
            continue
        touched = np.flatnonzero(np.array(with_cars) > 0.0)
        expected = int(touched[0]) + 1 if touched.size else int(SCENERY if with_things > 0.0 else NOBODY)
        assert hit_of(bank, state) == expected
        hits += expected != NOBODY
        actors = view(state.actors)
        pairs = sum(actors_overlap(actors, 0, a, b) for a in range(9) for b in range(a + 1, 9))
        assert pairs == overlap_count(view(state.actors), 0)
    assert hits > 10
