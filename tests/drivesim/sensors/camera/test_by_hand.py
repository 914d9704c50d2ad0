"""Numbers a reader can check: where things of known size appear, how far they are, what they are."""

import math

import numpy as np
import pytest

from drivesim.maps.network import Scenery, SceneryKind
from drivesim.semantics import Semantic
from drivesim.state import ActorKind, Lamp
from tests.reference.views import asphalt, camera_at_origin, frames_of, maps_of, put, state_of


@pytest.fixture(scope="module")
def plain():
    return maps_of()


def seen(frames, **wanted):
    """Rows and columns of the pixels of world 0 that have a value in a channel."""
    ((channel, value),) = wanted.items()
    rows, columns = np.nonzero(frames[channel][0] == value)
    return rows, columns


def test_the_ground_lies_at_the_depth_of_its_row(plain):
    # Row 60: its centre is 10.5 px below the principal point, so depth = 1.5 * 100 / 10.5.
    frames = frames_of(camera_at_origin(), plain, state_of())
    assert frames["depth"][0, 60] == pytest.approx(np.full(200, 150.0 / 10.5), rel=1e-6)
    assert (frames["semantic"][0, 60] == Semantic.ROAD).all()
    assert (frames["instance"] == 0).all()


def test_the_sky_has_depth_1000_and_begins_at_the_horizon(plain):
    frames = frames_of(camera_at_origin(), plain, state_of())
    assert (frames["depth"][0, :50] == 1000.0).all()
    assert (frames["semantic"][0, :50] == Semantic.SKY).all()
    assert (frames["depth"][0, 50:] < 1000.0).all()
    assert (frames["semantic"][0, 50:] != Semantic.SKY).all()


def test_the_rear_of_a_car_at_10_m(plain):
    # Rear face at x = 10, 1.8 m wide: 100 / 10 * 0.9 = 9 px to either side of column 100, columns 91 to 108.
    # Its body reaches from the ground (15 px below the horizon, row 64) to 0.6 * 1.5 = 0.9 m (6 px below, row 56).
    state = state_of()
    put(state, 0, 1, 10.0, 0.0)
    frames = frames_of(camera_at_origin(), plain, state)
    rows, columns = np.nonzero(np.abs(frames["depth"][0] - 10.0) < 1e-5)
    on_the_car = frames["instance"][0, rows, columns] == 2
    assert rows[on_the_car].min() == 56
    assert rows[on_the_car].max() == 64
    assert columns[on_the_car].min() == 91
    assert columns[on_the_car].max() == 108
    assert (frames["semantic"][0, 56:65, 91:109] == Semantic.CAR).all()
    # The roof at 1.5 m is at the height of the eye: nothing of the car is above the horizon.
    assert seen(frames, instance=2)[0].min() >= 50


def test_a_lid_is_seen_from_above_at_the_depth_of_its_height(plain):
    # Body of a car from 5 m to 9.5 m, its lid 0.9 m high, 0.6 m below the eye: a pixel 11.5 px below the horizon
    # sees the lid at 0.6 * 100 / 11.5 = 5.217 m. The rear face begins 12 px below, in row 62; the cabin at 5.585 m.
    state = state_of()
    put(state, 0, 1, 5.0, 0.0)
    frames = frames_of(camera_at_origin(), plain, state)
    assert frames["depth"][0, 61, 100] == pytest.approx(60.0 / 11.5, rel=1e-5)
    assert frames["instance"][0, 61, 100] == 2
    assert frames["depth"][0, 62, 100] == pytest.approx(5.0, rel=1e-6)


def test_the_nearer_of_two_hides_the_farther(plain):
    state = state_of()
    put(state, 0, 1, 20.0, 0.0)
    put(state, 0, 2, 10.0, 0.0, kind=ActorKind.TRUCK)
    frames = frames_of(camera_at_origin(), plain, state)
    assert len(seen(frames, instance=2)[0]) == 0
    assert len(seen(frames, instance=3)[0]) > 0


def test_the_ego_is_never_drawn(plain):
    for x_m in (-4.0, 0.0, 1.0):
        frames = frames_of(camera_at_origin(x_m=x_m, z_m=1.0), plain, state_of())
        assert (frames["instance"] == 0).all()


def test_from_inside_a_box_one_sees_no_walls_of_it(plain):
    state = state_of()
    put(state, 0, 1, -5.0, 0.0, kind=ActorKind.VAN, size=(12.0, 3.0, 4.0))
    frames = frames_of(camera_at_origin(z_m=2.5), plain, state)
    # The upper body around the eye shows nothing; the lid of the lower one, 1.92 m high, does.
    rows, _ = seen(frames, instance=2)
    assert rows.min() > 50
    assert (frames["depth"][0][frames["instance"][0] == 2] > 0.1).all()


def test_things_behind_and_beside_the_camera_do_not_appear(plain):
    state = state_of()
    put(state, 0, 1, -12.0, 0.0)
    put(state, 0, 2, -2.0, 4.0)
    frames = frames_of(camera_at_origin(width=120, fov_deg=60.0), plain, state)
    assert (frames["instance"] == 0).all()


@pytest.mark.parametrize(
    ("kind", "classes"),
    [
        (ActorKind.CAR, {Semantic.CAR}),
        (ActorKind.VAN, {Semantic.CAR}),
        (ActorKind.TRUCK, {Semantic.TRUCK}),
        (ActorKind.MOTORCYCLE, {Semantic.MOTORCYCLE, Semantic.RIDER}),
    ],
)
def test_road_users_have_their_class(plain, kind, classes):
    state = state_of()
    put(state, 0, 3, 8.0, 2.0, 0.3, kind=kind)
    frames = frames_of(camera_at_origin(), plain, state)
    assert set(np.unique(frames["semantic"][0][frames["instance"][0] == 4])) == classes


@pytest.mark.parametrize(
    ("kind", "look", "semantic"),
    [
        (SceneryKind.TREE, 0, Semantic.VEGETATION),
        (SceneryKind.CONIFER, 0, Semantic.VEGETATION),
        (SceneryKind.BUSH, 0, Semantic.VEGETATION),
        (SceneryKind.BUILDING, 0, Semantic.BUILDING),
        (SceneryKind.POST, 0, Semantic.POLE),
        (SceneryKind.LAMP, 0, Semantic.POLE),
        (SceneryKind.GUARD_RAIL, 0, Semantic.GUARD_RAIL),
        (SceneryKind.SIGN, 0, Semantic.TRAFFIC_SIGN),
        (SceneryKind.BARRIER, 0, Semantic.WALL),
        (SceneryKind.WALL, 0, Semantic.WALL),
        (SceneryKind.WALL, 1, Semantic.FENCE),
    ],
)
def test_scenery_has_its_class_and_an_instance(kind, look, semantic):
    thing = Scenery(kind=kind, x=10.0, y=1.0, length=4.0, width=2.0, height=3.0, look=look)
    frames = frames_of(camera_at_origin(), maps_of(scenery=[thing]), state_of())
    assert set(np.unique(frames["semantic"][0][frames["instance"][0] == 256])) == {semantic}


def test_a_pole_stands_where_its_axis_is():
    # An axis at x = 10, y = -2: 20 px right of column 100, so columns 119 and 120; 0.4 m wide, so 4 px.
    pole = Scenery(kind=SceneryKind.POST, x=10.0, y=-2.0, length=0.4, width=0.4, height=3.0)
    frames = frames_of(camera_at_origin(), maps_of(scenery=[pole]), state_of())
    rows, columns = seen(frames, instance=256)
    assert set(columns) == {118, 119, 120, 121}
    # It faces the eye: its depth is that of the point of the ray nearest to the axis.
    assert frames["depth"][0, 50, 120] == pytest.approx(10.0, rel=5e-3)
    # From 3 m (15 px above the horizon) down to the ground (15 px below).
    assert (rows.min(), rows.max()) == (35, 64)


def test_things_beyond_the_range_are_not_drawn():
    walls = [Scenery(kind=SceneryKind.BARRIER, x=x, y=0.0, length=0.3, width=20.0, height=4.0) for x in (59.0, 61.0)]
    for x, drawn in zip((59.0, 61.0), (True, False), strict=True):
        wall = next(w for w in walls if w.x == x)
        frames = frames_of(camera_at_origin(range_m=60.0), maps_of(scenery=[wall]), state_of())
        assert (frames["instance"] == 256).any() == drawn


def tail_lamp(frames):
    """Mean colour of the left tail lamp of a car whose rear is at 4 m: 0.22 m to 0.63 m left, 0.55 m to 0.8 m high."""
    rows = slice(50 + math.ceil(70 / 4 * 1.0) + 1, 50 + math.floor(95 / 4 * 1.0) - 1)
    return frames["rgb"][0, rows, 100 - 19 : 100 - 14].astype(float).mean(axis=(0, 1))


def test_brake_lamps_light_up(plain):
    colors = []
    for lamps in (0, Lamp.BRAKE):
        state = state_of()
        put(state, 0, 1, 4.0, 0.0, lamps=lamps)
        colors.append(tail_lamp(frames_of(camera_at_origin(), plain, state)))
    dim, lit = colors
    assert lit[0] > 240.0
    assert lit[0] > dim[0] + 90.0
    assert lit[1] < 60.0


def test_turn_indicators_flash_at_one_and_a_half_hertz(plain):
    # 1.5 Hz at 10 ticks a second: bright for a third of a second, dark for a third; ticks 0-3 on, 4-6 off, 7-9 on.
    pictures = []
    for tick in range(10):
        state = state_of()
        state.worlds.tick[0] = tick
        put(state, 0, 1, 4.0, 0.0, lamps=Lamp.LEFT)
        pictures.append(frames_of(camera_at_origin(), plain, state)["rgb"][0].astype(int))
    is_on = [bool((picture != pictures[4]).any()) for picture in pictures]
    assert is_on == [True] * 4 + [False] * 3 + [True] * 3


def test_a_box_casts_the_shadow_the_sun_makes_of_it():
    # The sun stands in the north, 45 deg high: a box 3.8 * 0.97 m high throws its shadow 3.686 m to the south.
    # A truck from y = -1.25 to 1.25, x from 8 to 19: its shadow ends at y = -4.936.
    maps = maps_of(sun=(0.0, 1.0, 1.0))
    state = state_of()
    lit = frames_of(camera_at_origin(z_m=4.0), maps, state)["rgb"][0].astype(float)
    put(state, 0, 1, 8.0, 0.0, kind=ActorKind.TRUCK)
    frames = frames_of(camera_at_origin(z_m=4.0), maps, state)
    dark = (frames["rgb"][0].astype(float).sum(-1) < 0.75 * lit.sum(-1)) & (frames["instance"][0] == 0)
    row = 90  # Depth 4 * 100 / 40.5 = 9.877 m: one column is 0.09877 m wide.
    assert frames["depth"][0, row, 199] == pytest.approx(400.0 / 40.5)
    right = (np.flatnonzero(dark[row]).max() + 1 - 100.0) * 400.0 / 40.5 / 100.0
    assert right == pytest.approx(4.936, abs=0.1)
    assert not dark[:, :80].any()


def test_two_shadows_are_no_darker_than_one():
    maps = maps_of(sun=(0.0, 1.0, 1.0))
    pictures = []
    for slots in ((1,), (1, 2)):
        state = state_of()
        for slot in slots:
            put(state, 0, slot, 8.0, 4.0 + 0.01 * slot, kind=ActorKind.VAN)
        pictures.append(frames_of(camera_at_origin(), maps, state)["rgb"][0].astype(int))
    ground = slice(80, 100)
    assert np.abs(pictures[0][ground] - pictures[1][ground]).max() <= 45
    assert pictures[1][ground].min() == pictures[0][ground].min()


def test_far_things_fade_into_the_haze():
    colors = []
    for distance in (20.0, 90.0):
        wall = Scenery(kind=SceneryKind.BARRIER, x=distance, y=0.0, length=0.3, width=30.0, height=4.0, look=1)
        frames = frames_of(camera_at_origin(), maps_of(scenery=[wall], sun=(-1.0, 0.0, 1.0)), state_of())
        colors.append(np.median(frames["rgb"][0][frames["instance"][0] == 256], axis=0))
    assert (colors[1] > colors[0]).all()


@pytest.mark.parametrize(("yaw", "east"), [(0.0, 0.0), (0.5 * math.pi, 10.0), (math.pi, 0.0)])
def test_the_picture_turns_with_the_car(yaw, east):
    picture = asphalt()
    picture[:, 1024:] = 0  # East of x = 0 is grass.
    state = state_of()
    put(state, 0, 0, 0.0, 0.0, yaw)
    frames = frames_of(camera_at_origin(), maps_of(picture=picture), state)
    grass = frames["semantic"][0, 80] == Semantic.TERRAIN
    if yaw == 0.0:
        assert grass.all()
    elif yaw == math.pi:
        assert not grass.any()
    else:
        # Heading north, east is on the right.
        assert not grass[:99].any()
        assert grass[101:].all()


@pytest.mark.parametrize("shift", np.arange(0.0, 32.0, 5.0))
@pytest.mark.parametrize("pitch_deg", [0.0, 4.0])
def test_a_hall_larger_than_a_grid_cell_is_seen_wherever_it_lies_in_the_grid(shift, pitch_deg):
    # Its near wall runs along y = 8 m, from 60 m behind the camera to 60 m ahead; its middle is out of the picture.
    hall = Scenery(
        kind=SceneryKind.BUILDING, x=0.0, y=8.0 + 30.0 + shift, length=120.0, width=60.0 + 2.0 * shift, height=9.0
    )
    frames = frames_of(camera_at_origin(pitch_deg=pitch_deg), maps_of(scenery=(hall,)), state_of())
    beside = frames["instance"][0, 40:55, 5:60]
    assert (beside == 256).mean() > 0.9
