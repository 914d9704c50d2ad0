"""Scatter points: where, how fast, how strong, hidden by whom; against hand-worked and float64 geometry."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.maps.network import Scenery, SceneryKind
from drivesim.state import ActorKind, allocate_state
from drivesim.world.vehicle import REAR_AXLE
from tests.reference.radar import AZIMUTH, GROUND, RANGE, RCS, SNR, VELOCITY, frames_of, person, quiet, sighting
from tests.reference.views import maps_of, put, state_of


def points_of(config, state, maps=None, **how):
    return frames_of(config, state, *(() if maps is None else (maps,)), until="truth", **how)[0]


def test_velocity_is_positive_for_what_goes_away_and_negative_for_what_comes():
    state = state_of()
    state.actors.speed[0, 0] = 20.0
    put(state, 0, 1, 50.0, 0.0)
    for speed, raw in ((30.0, 10.0), (20.0, 0.0), (5.0, -15.0), (0.0, -20.0)):
        state.actors.speed[0, 1] = speed
        nearest = points_of(quiet(), state)[0]
        assert nearest[:2] == pytest.approx([50.0, 0.0], abs=1e-4)
        assert nearest[VELOCITY] == pytest.approx(raw, abs=1e-4)
        assert nearest[GROUND] == pytest.approx(speed, abs=1e-4)


def test_an_oncoming_car_comes_with_both_speeds():
    state = state_of()
    put(state, 0, 1, 80.0, 0.0, math.pi)
    state.actors.speed[0, :2] = 20.0, 25.0
    nearest = points_of(quiet(), state)[0]
    assert nearest[[VELOCITY, GROUND]] == pytest.approx([-45.0, -25.0], abs=1e-3)
    assert nearest[RANGE] == pytest.approx(80.0 - 4.5, abs=1e-3)


def test_of_a_crossing_car_only_what_points_along_the_line_of_sight_is_seen():
    # At 30 m ahead and 40 m to the left, driving to the right: u = (0.6, 0.8), v = (0, -10).
    state = state_of()
    person(state, 0, 1, 50.0, math.atan2(4.0, 3.0))
    state.actors.yaw[0, 1], state.actors.speed[0, 1] = -math.pi / 2, 10.0
    (point,) = points_of(quiet(), state)
    assert point[GROUND] == pytest.approx(-8.0, abs=0.02)
    state.actors.speed[0, 0] = 5.0
    (point,) = points_of(quiet(), state)
    assert point[VELOCITY] == pytest.approx(-8.0 - 5.0 * 0.6, abs=0.02)


def test_a_radar_at_the_corner_of_a_turning_car_moves_with_its_arm():
    # 3 m ahead of the axle, turning left by 0.5 rad/s: 1.5 m/s to the left, towards what stands there.
    state = state_of()
    state.actors.yaw_rate[0, 0] = 0.5
    person(state, 0, 1, 30.0, math.pi / 2)
    state.actors.x[0, 1] = 3.0
    config = quiet(x_m=3.0, yaw_deg=90.0)
    (point,) = points_of(config, state)
    assert point[AZIMUTH] == pytest.approx(0.0, abs=1e-5)
    assert point[VELOCITY] == pytest.approx(-1.5, abs=1e-4)
    assert point[GROUND] == pytest.approx(0.0, abs=1e-5)
    # Mounted 1 m to the right, it moves ahead by 0.5 m/s as well, which a radar that looks left does not see.
    config = quiet(x_m=3.0, y_m=-1.0, yaw_deg=0.0)
    person(state, 0, 1, 30.0)
    state.actors.y[0, 1] = -1.0
    assert points_of(config, state)[0][VELOCITY] == pytest.approx(-0.5, abs=1e-4)


speeds = st.floats(-15.0, 40.0)
turns = st.floats(-0.6, 0.6)
angles = st.floats(-3.0, 3.0)


@given(speeds, turns, speeds, turns, angles, angles, st.floats(15.0, 60.0), st.floats(-1.0, 1.0), angles)
def test_velocities_are_the_rates_at_which_ranges_change(own, own_turn, speed, turn, heading, yaw, away, side, mounted):
    state = state_of()
    actors = state.actors
    config = quiet(x_m=2.0, y_m=0.7, yaw_deg=math.degrees(mounted))
    bearing = heading + mounted + side
    place = (2.0 + away * math.cos(bearing), away * math.sin(bearing))
    put(state, 0, 1, *place, yaw, kind=ActorKind.MOTORCYCLE)
    actors.yaw[0, 0] = heading
    actors.speed[0, :2], actors.yaw_rate[0, :2] = (own, speed), (own_turn, turn)
    points = points_of(config, state)
    assert len(points) >= 2
    corners = [(x, y) for x in (0.0, 2.2) for y in (-0.4, 0.4)]
    expected = np.array([sighting(config, state, 1, x, y) for x, y in corners])
    # Corners are found as they are; what lies between them is the nearest point of a face.
    found = 0
    for point in points:
        off = np.abs(expected - point[: len(expected[0])])
        found += bool((off.max(axis=1) < 2e-3).any())
    assert found >= min(2, len(points) - 1)
    for point in points:
        assert abs(point[VELOCITY] - point[GROUND]) <= abs(own) + 3.0 * abs(own_turn) + 1e-3


def test_with_the_dynamic_model_the_speed_of_the_own_car_is_that_of_its_centre_of_gravity():
    state = state_of()
    state.actors.speed[0, 0], state.actors.slip[0, 0], state.actors.yaw_rate[0, 0] = 10.0, 0.1, 0.4
    person(state, 0, 1, 30.0, math.pi / 2)
    state.actors.x[0, 1] = REAR_AXLE
    config = quiet(x_m=REAR_AXLE, yaw_deg=90.0)
    (point,) = points_of(config, state, model="dynamic")
    assert point[VELOCITY] == pytest.approx(-10.0 * math.sin(0.1), abs=1e-4)
    (point,) = points_of(config, state)
    assert point[VELOCITY] == pytest.approx(-0.4 * REAR_AXLE, abs=1e-4)


def test_a_car_seen_from_behind_and_aside_shows_nearest_point_three_corners_wheels():
    state = state_of()
    put(state, 0, 1, 30.0, 8.0)
    state.actors.rear[0, 1], state.actors.wheelbase[0, 1] = 0.9, 2.7
    points = points_of(quiet(), state)
    # Its rear bumper is at 29.1 m, its right side 7.1 m to the left; the wheels are on that side.
    right, left = 8.0 - 0.9, 8.0 + 0.9
    places = [(29.1, right)] * 2 + [(29.1, left), (33.6, right), (30.0, right), (32.7, right)]
    expected = sorted(math.hypot(*place) for place in places)
    assert points[:, RANGE] == pytest.approx(expected, abs=1e-3)


def test_long_vehicles_have_points_along_their_sides():
    state = state_of()
    put(state, 0, 1, 20.0, 10.0, kind=ActorKind.TRUCK)
    state.actors.wheelbase[0, 1] = 6.0
    short = len(points_of(quiet(), state))
    state.actors.length[0, 1] = 5.0
    assert short > len(points_of(quiet(), state))


@pytest.mark.parametrize(("yaw", "rcs"), [(0.0, 10.0), (math.pi, 10.0), (math.pi / 2, 20.0)])
def test_a_car_is_ten_decibels_stronger_from_the_side(yaw, rcs):
    state = state_of()
    put(state, 0, 1, 0.0, 0.0, yaw)
    state.actors.x[0, 1] = 60.0 - 2.25 * math.cos(yaw)
    state.actors.y[0, 1] = -2.25 * math.sin(yaw)
    nearest = points_of(quiet(), state)[0]
    assert nearest[RCS] == pytest.approx(rcs - 3.0, abs=0.05)


def test_signal_to_noise_follows_the_radar_equation():
    # 10 dBsm have 13 dB at the range of the device; half the distance gives 40 log10(2) = 12.04 dB more.
    state = state_of()
    config = quiet(range_m=200.0)
    for distance, expected in ((100.0, 13.0 - 14.0 + 12.04), (50.0, 13.0 - 14.0 + 24.08)):
        person(state, 0, 1, distance)
        (point,) = points_of(config, state)
        assert point[RCS] == pytest.approx(-4.0)
        assert point[SNR] == pytest.approx(expected, abs=0.02)


def test_the_antenna_loses_most_at_the_edges():
    state = state_of()
    config = quiet(edge_loss_db=16.0, fov_deg=120.0)
    plain = quiet(fov_deg=120.0)
    for degrees, loss in ((0.0, 0.0), (30.0, 1.0), (-30.0, 1.0), (59.9, 15.9)):
        person(state, 0, 1, 20.0, math.radians(degrees))
        with_loss, without = points_of(config, state)[0], points_of(plain, state)[0]
        assert without[SNR] - with_loss[SNR] == pytest.approx(loss, abs=0.01)


@pytest.mark.parametrize("degrees", [-41.0, 41.0, 90.0, 180.0])
def test_nothing_is_seen_outside_the_field_of_view(degrees):
    state = state_of()
    person(state, 0, 1, 20.0, math.radians(degrees))
    assert len(points_of(quiet(fov_deg=80.0), state)) == 0
    assert len(points_of(quiet(fov_deg=84.0), state)) == (abs(degrees) < 42.0)


def test_nothing_is_seen_beyond_the_range():
    state = state_of()
    put(state, 0, 1, 101.0, 0.0, kind=ActorKind.TRUCK)
    assert len(points_of(quiet(range_m=100.0), state)) == 0
    put(state, 0, 1, 99.0, 0.0, kind=ActorKind.TRUCK)
    assert len(points_of(quiet(range_m=100.0), state)) > 0


def test_a_car_behind_a_car_is_weaker_and_one_behind_a_truck_too():
    state = state_of()
    put(state, 0, 2, 60.0, 0.0)
    free = points_of(quiet(), state)[0]
    for kind in (ActorKind.CAR, ActorKind.TRUCK):
        put(state, 0, 1, 20.0, 0.0, kind=kind)
        hidden = next(point for point in points_of(quiet(beneath_loss_db=9.0), state) if point[RANGE] > 50.0)
        assert hidden[RANGE] == pytest.approx(60.0, abs=1e-3)
        assert free[SNR] - hidden[SNR] == pytest.approx(9.0, abs=1e-3)
        far = [point for point in points_of(quiet(beneath_loss_db=60.0), state) if point[RANGE] > 50.0]
        assert len(far) == 0


def test_a_truck_shows_above_the_car_before_it():
    # The line from the radar at 0.5 m to the roof of 3.8 m, 60 m away, is at 1.85 m above the car's end at 24.5 m.
    state = state_of()
    put(state, 0, 2, 60.0, 0.0, kind=ActorKind.TRUCK)
    free = points_of(quiet(), state)
    put(state, 0, 1, 20.0, 0.0)
    both = points_of(quiet(), state)
    np.testing.assert_array_equal(both[both[:, RANGE] > 50.0], free)


def test_a_wall_hides_what_is_behind_it():
    state = state_of()
    put(state, 0, 1, 40.0, 0.0)
    wall = Scenery(kind=SceneryKind.WALL, x=20.0, y=0.0, yaw=math.pi / 2, length=8.0, width=0.3, height=2.5)
    points = points_of(quiet(), state, maps_of(scenery=[wall]))
    assert len(points) > 0
    assert (points[:, RANGE] < 25.0).all()
    assert points[0, RANGE] == pytest.approx(20.0 - 0.15, abs=1e-3)


def test_things_that_stand_have_no_velocity_once_the_own_motion_is_taken_off():
    state = state_of()
    state.actors.speed[0, 0], state.actors.yaw_rate[0, 0] = 25.0, 0.2
    things = [
        Scenery(kind=SceneryKind.GUARD_RAIL, x=40.0, y=-8.0, yaw=0.0, length=20.0, width=0.3, height=0.75),
        Scenery(kind=SceneryKind.SIGN, x=60.0, y=9.0, yaw=math.pi, length=0.08, width=0.75, height=2.65, base=1.9),
        Scenery(kind=SceneryKind.BUILDING, x=70.0, y=30.0, yaw=0.3, length=12.0, width=9.0, height=6.0),
        Scenery(kind=SceneryKind.TREE, x=30.0, y=14.0, yaw=0.0, length=2.0, width=2.0, height=8.0),
    ]
    points = points_of(quiet(x_m=3.4, y_m=0.5), state, maps_of(scenery=things))
    assert len(points) >= 5 + 1 + 3 + 1
    assert np.abs(points[:, GROUND]).max() == 0.0
    # The radar moves ahead by 25 - 0.2 * 0.5 and to the left by 0.2 * 3.4 m/s.
    raw = -(25.0 - 0.1) * np.cos(points[:, AZIMUTH]) - 0.68 * np.sin(points[:, AZIMUTH])
    assert points[:, VELOCITY] == pytest.approx(raw, abs=1e-4)


def test_a_rail_reflects_most_where_it_is_square_to_the_line_of_sight():
    state = state_of()
    rail = Scenery(kind=SceneryKind.GUARD_RAIL, x=0.0, y=-6.15, yaw=0.0, length=20.0, width=0.3, height=0.75)
    points = points_of(quiet(yaw_deg=-90.0), state, maps_of(scenery=[rail]))
    # Five posts, 4 m apart, and the foot, which here is a post as well.
    assert sorted(points[:, RANGE]) == pytest.approx(
        sorted([6.0, 6.0, math.hypot(6.0, 4.0), math.hypot(6.0, 4.0), math.hypot(6.0, 8.0), math.hypot(6.0, 8.0)]),
        abs=1e-3,
    )
    assert points[0, RCS] == pytest.approx(5.0, abs=1e-3)
    assert points[-1, RCS] == pytest.approx(-6.0 + 11.0 * 0.36, abs=1e-3)


def test_each_driver_has_its_own_radar_and_sees_the_other():
    state = allocate_state(world=1, slot=3, driver=2)
    put(state, 0, 0, 0.0, 0.0)
    put(state, 0, 1, 40.0, 0.0, math.pi)
    ahead, back = frames_of(quiet(), state, until="truth", drivers=2)
    assert len(ahead) > 0
    assert len(back) > 0
    assert ahead[0, RANGE] == pytest.approx(40.0 - 4.5, abs=1e-3)
    assert back[0, RANGE] == pytest.approx(40.0 - 3.6, abs=1e-3)


def test_a_driver_whose_car_has_left_the_road_sees_nothing():
    state = state_of()
    put(state, 0, 1, 30.0, 0.0)
    state.actors.kind[0, 0] = ActorKind.NONE
    assert len(points_of(quiet(), state)) == 0
