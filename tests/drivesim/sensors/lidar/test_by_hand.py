"""Numbers a reader can check: ranges to the ground, to a car's rear and lid, and what motion does to a sweep."""

import math

import numpy as np
import pytest

from drivesim.config import LidarConfig
from drivesim.maps.network import Scenery, SceneryKind
from drivesim.semantics import Semantic
from drivesim.state import ActorKind
from tests.drivesim.sensors.lidar.scenes import AHEAD, at_rest, image, lidar_at_origin, put_at_rest, standing, swept
from tests.reference.views import maps_of, put


@pytest.fixture(scope="module")
def plain():
    return maps_of()


def truth(config, maps, state):
    return swept(config, maps, state, until="truth")


def test_the_ground_lies_at_height_over_sine_of_the_elevation(plain):
    lidar = truth(lidar_at_origin(), plain, standing())
    ranges = image(lidar, "range")
    assert (ranges[:2] == 0.0).all()
    for ring, elevation in enumerate((5.0, 10.0, 30.0), start=2):
        assert ranges[ring] == pytest.approx(np.full(121, 1.5 / math.sin(math.radians(elevation))), rel=1e-5)
    assert (image(lidar, "semantic")[2:] == Semantic.ROAD).all()
    assert (image(lidar, "semantic")[:2] == 0).all()
    assert (image(lidar, "instance") == 0).all()


def test_points_are_along_the_beams_from_left_to_right(plain):
    points = image(truth(lidar_at_origin(), plain, standing()), "points")
    # Ring 3 looks 10 degrees down: 8.507 m ahead on the ground, which is 1.5 m below the sensor.
    assert points[3, AHEAD, :3] == pytest.approx((1.5 / math.tan(math.radians(10.0)), 0.0, -1.5), abs=1e-4)
    assert points[3, AHEAD - 30, 1] > 8.0
    assert points[3, AHEAD + 30, 1] < -8.0
    assert points[3, 0, 0] < -8.0
    assert (points[0] == 0.0).all()


def test_ring_offset_and_order_of_points(plain):
    config = lidar_at_origin(sweep_s=0.1, columns=4)
    lidar = truth(config, plain, standing())
    assert lidar.frames["ring"][0].tolist() == [0, 1, 2, 3, 4] * 4
    assert lidar.frames["offset"][0] == pytest.approx(np.repeat((-0.075, -0.05, -0.025, 0.0), 5), abs=1e-7)
    ranges = image(lidar, "range")
    assert np.linalg.norm(image(lidar, "points")[..., :3], axis=-1) == pytest.approx(ranges, rel=1e-5)
    assert (lidar.frames["valid"][0] == (ranges.T > 0).ravel()).all()


def test_the_rear_of_a_car_at_10_m_and_its_lid(plain):
    state = standing()
    put_at_rest(state, 0, 1, 10.0, 0.0)
    # Body up to 0.9 m: 5 degrees down it is met at 10 / cos(5), 0.625 m high; 10 degrees down meets the ground before.
    lidar = truth(lidar_at_origin(elevations_deg=(-1.0, -3.3, -5.0, -10.0)), plain, state)
    ranges, instance = image(lidar, "range")[:, AHEAD], image(lidar, "instance")[:, AHEAD]
    assert ranges[2] == pytest.approx(10.0 / math.cos(math.radians(5.0)), rel=1e-5)
    # 3.3 degrees down passes the rear edge at 0.92 m, and meets the lid 0.6 m below the eye at 0.6 / sin(3.3).
    assert ranges[1] == pytest.approx(0.6 / math.sin(math.radians(3.3)), rel=1e-5)
    # 1 degree down meets the cabin's rear, 0.585 m behind the bumper: at 10.585 m it is 1.315 m high.
    assert ranges[0] == pytest.approx(10.585 / math.cos(math.radians(1.0)), rel=1e-5)
    assert instance.tolist() == [2, 2, 2, 0]
    assert image(lidar, "semantic")[2, AHEAD] == Semantic.CAR


def test_the_nearer_of_two_hides_the_farther(plain):
    state = standing()
    put(state, 0, 1, 20.0, 0.0)
    put_at_rest(state, 0, 2, 10.0, 0.0, kind=ActorKind.TRUCK)
    instance = image(truth(lidar_at_origin(), plain, state), "instance")
    assert 2 not in instance
    assert 3 in instance


def test_the_own_car_and_what_one_stands_in_are_not_met(plain):
    for x_m in (-0.5, 0.0, 1.5):
        assert (truth(lidar_at_origin(x_m=x_m, z_m=0.8), plain, standing()).frames["instance"] == 0).all()
    state = standing()
    put_at_rest(state, 0, 1, -5.0, 0.0, kind=ActorKind.VAN, size=(12.0, 3.0, 4.0))
    lidar = truth(lidar_at_origin(elevations_deg=(5.0, 0.0), z_m=1.0), plain, state)
    assert (lidar.frames["instance"] == 0).all()


def test_nothing_beyond_the_range_or_nearer_than_the_least(plain):
    state = standing()
    put_at_rest(state, 0, 1, 30.0, 0.0, kind=ActorKind.TRUCK)
    near, far = lidar_at_origin(range_m=29.0), lidar_at_origin(range_m=31.0)
    assert image(truth(near, plain, state), "range")[1, AHEAD] == 0.0
    assert image(truth(far, plain, state), "range")[1, AHEAD] == pytest.approx(30.0)
    least = lidar_at_origin(range_min_m=30.5)
    assert image(truth(least, plain, state), "range")[1, AHEAD] == 0.0


def test_a_wall_beside_the_road_stands_where_it_is(plain):
    # A wall 2 m high and 0.4 m thick along x, its middle 6 m to the left: its near face at y = 5.8.
    wall = Scenery(kind=SceneryKind.BARRIER, x=0.0, y=6.0, yaw=0.0, length=20.0, width=0.4, height=2.0)
    lidar = truth(lidar_at_origin(columns=4, fov_deg=360.0), maps_of(scenery=[wall]), standing())
    # Four columns look at 135, 45, -45 and -135 degrees; the second meets the wall at y = 5.8, so x = 5.8.
    assert image(lidar, "points")[1, 1, :3] == pytest.approx((5.8, 5.8, 0.0), abs=1e-4)
    assert image(lidar, "semantic")[1, 1] == Semantic.WALL
    assert image(lidar, "instance")[1, 1] >= 256
    assert image(lidar, "range")[1, 2] == 0.0


@pytest.mark.parametrize("compensated", [False, True])
def test_a_sweep_while_driving_at_a_truck(plain, compensated):
    state = standing()
    put_at_rest(state, 0, 1, 20.0, 0.0, kind=ActorKind.TRUCK)
    state.actors.before_x[0, 0] = -3.0
    # Three columns look at 120, 0 and -120 degrees; the middle one a third of a step before the end, 1 m back.
    lidar = truth(lidar_at_origin(columns=3, sweep_s=0.1, compensated=compensated), plain, state)
    assert image(lidar, "range")[1, 1] == pytest.approx(21.0, rel=1e-5)
    assert image(lidar, "points")[1, 1, 0] == pytest.approx(20.0 if compensated else 21.0, rel=1e-5)
    assert image(lidar, "offset")[1, 1] == pytest.approx(-0.1 / 3.0, rel=1e-5)


def test_compensation_turns_points_back(plain):
    # A quarter turn to the left in the step, in place; the middle column is measured at two thirds: 30 degrees before.
    state = standing()
    put_at_rest(state, 0, 1, 0.0, 0.0, kind=ActorKind.VAN)
    state.actors.kind[0, 1] = 0
    state.actors.before_yaw[0, 0] = -math.pi / 2.0
    lidar = truth(lidar_at_origin(columns=3, sweep_s=0.1), plain, state)
    x, y, z, _ = image(lidar, "points")[3, 1]
    flat = 1.5 / math.tan(math.radians(10.0))
    assert (x, y, z) == pytest.approx((flat * math.cos(math.pi / 6), -flat * math.sin(math.pi / 6), -1.5), abs=1e-3)


def test_a_car_that_drives_off_is_met_where_it_was(plain):
    state = standing()
    put_at_rest(state, 0, 1, 20.0, 0.0, kind=ActorKind.TRUCK)
    state.actors.before_x[0, 1] = 17.0
    lidar = truth(lidar_at_origin(columns=3, sweep_s=0.1), plain, state)
    assert image(lidar, "range")[1, 1] == pytest.approx(19.0, rel=1e-5)


def test_pitch_lowers_and_roll_leans(plain):
    # Nose 10 degrees down: the level beam ahead meets the ground as one 10 degrees down does.
    down = truth(lidar_at_origin(pitch_deg=10.0), plain, standing())
    assert image(down, "range")[1, AHEAD] == pytest.approx(1.5 / math.sin(math.radians(10.0)), rel=1e-4)
    # Leaning to the right, the level beam to the right meets it, that to the left does not.
    lean = image(truth(lidar_at_origin(roll_deg=10.0, columns=4), plain, standing()), "range")[1]
    assert (lean[2:] > 0.0).all()
    assert (lean[:2] == 0.0).all()


def test_the_occupancy_grid_shows_what_stands_and_how_high(plain):
    state = standing()
    put_at_rest(state, 0, 1, 10.2, 0.0, kind=ActorKind.TRUCK)
    lidar = truth(
        lidar_at_origin(occupancy_rows=40, occupancy_columns=40, occupancy_cell_m=1.0, occupancy_behind_m=20.0),
        plain,
        state,
    )
    grid = lidar.frames["occupancy"][0]
    # Its rear at 10.2 m ahead is in the tenth row from the middle upwards; 5 degrees up meets it 1.5 + 0.892 m high.
    assert grid[9, 20] == 1 + int((1.5 + 10.2 * math.tan(math.radians(5.0))) / 0.02)
    assert (grid[grid > 0] <= grid[9, 20]).all()
    # The ground, 8.5 m to the left: height 0.
    assert grid[19:21, 11].max() == 1


def test_a_one_beam_scanner_measures_cars_around(plain):
    state = standing()
    for slot, (x, y) in enumerate(((8.0, 0.0), (0.0, 7.0), (-16.0, 0.0)), start=1):
        put(state, 0, slot, x, y)
    at_rest(state)
    lidar = truth(LidarConfig(model="planar", z_m=0.5, x_m=0.0, channels=("range", "instance")), plain, state)
    assert lidar.frames["range"].shape == (1, 1, 360)
    assert set(np.unique(lidar.frames["instance"])) == {0, 2, 3, 4}
    assert lidar.frames["range"][0, 0, 179:181] == pytest.approx((8.0, 8.0), rel=1e-3)
