import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.render.view import ZOOM_MAX, ZOOM_MIN, FollowCamera, View, damp

NORTH_UP = View(x=100.0, y=50.0, zoom=10.0, size=(400, 300))


@pytest.mark.parametrize(
    ("point", "pixel"),
    [
        pytest.param((100.0, 50.0), (200.0, 150.0), id="the-centre-is-in-the-middle"),
        pytest.param((101.0, 50.0), (210.0, 150.0), id="east-is-right"),
        pytest.param((100.0, 51.0), (200.0, 140.0), id="north-is-up"),
    ],
)
def test_a_north_up_view_maps_by_hand(point, pixel):
    assert NORTH_UP.to_screen(np.array(point)) == pytest.approx(pixel)


def test_a_view_along_an_east_heading_has_east_on_top_and_north_on_the_left():
    view = View(x=0.0, y=0.0, up=0.0, zoom=4.0, size=(400, 300), anchor=(0.5, 0.75))
    assert view.to_screen(np.array([(10.0, 0.0), (0.0, 10.0)])) == pytest.approx(np.array([(200, 185), (160, 225)]))


@given(st.floats(-3.0, 3.0), st.floats(0.7, 50.0), st.floats(-500, 500), st.floats(0, 400))
def test_screen_and_world_are_inverse(up, zoom, x, px):
    view = View(x=x, y=-x, up=up, zoom=zoom, size=(400, 300), anchor=(0.4, 0.7))
    pixels = np.array([(px, 120.0), (0.0, px)])
    assert view.to_screen(view.to_world(pixels)) == pytest.approx(pixels, abs=1e-6)


def test_bounds_hold_all_corners_of_a_turned_view():
    view = View(x=0.0, y=0.0, up=0.7, zoom=2.0, size=(200, 100))
    west, south, east, north = view.bounds()
    corners = view.to_world(np.array([(0, 0), (200, 0), (0, 100), (200, 100)]))
    assert (west, south) == pytest.approx(tuple(corners.min(axis=0)))
    assert (east, north) == pytest.approx(tuple(corners.max(axis=0)))


def test_many_short_steps_of_the_spring_equal_one_long_step():
    value, rate = 3.0, -1.0
    for _ in range(50):
        value, rate = damp(value, rate, 10.0, 0.4, 0.01)
    assert (value, rate) == pytest.approx(damp(3.0, -1.0, 10.0, 0.4, 0.5), rel=1e-9)


def test_the_spring_approaches_without_overshoot():
    value, rate, path = 0.0, 0.0, []
    for _ in range(200):
        value, rate = damp(value, rate, 1.0, 0.3, 1 / 60)
        path.append(value)
    assert np.all(np.diff(path) > 0.0)
    assert path[-1] == pytest.approx(1.0, abs=1e-4)
    assert max(path) <= 1.0


def update(camera: FollowCamera, dt: float = 0.0, **values) -> View:
    pose = {"x": 5.0, "y": 6.0, "yaw": 1.0, "speed": 0.0}
    return camera.update(**{**pose, **values}, size=(800, 600), dt=dt)


def test_a_fresh_camera_shows_the_car_at_once():
    view = update(FollowCamera(zoom=12.0))
    assert (view.x, view.y, view.up) == pytest.approx((5.0, 6.0, 1.0))
    assert view.zoom == pytest.approx(12.0)


def test_a_turn_across_south_takes_the_short_way():
    camera = FollowCamera()
    update(camera, yaw=math.pi - 0.1)
    view = update(camera, yaw=-math.pi + 0.1, dt=0.05)
    assert math.pi - 0.1 < view.up < math.pi + 0.1


def test_the_car_stays_put_on_the_screen_while_it_drives():
    camera = FollowCamera()
    first = update(camera, x=0.0, speed=20.0)
    later = update(camera, x=7.0, speed=20.0, dt=0.35)
    assert later.to_screen(np.array([7.0, 6.0])) == pytest.approx(first.to_screen(np.array([0.0, 6.0])))


def test_faster_cars_see_farther():
    assert update(FollowCamera(), speed=30.0).zoom < 0.7 * update(FollowCamera(), speed=0.0).zoom


def test_what_is_dragged_stays_under_the_pointer():
    camera = FollowCamera(zoom=10.0)
    before = update(camera)
    grabbed = before.to_world(np.array([300.0, 200.0]))
    camera.drag(40.0, -25.0)
    camera.snap()
    assert update(camera).to_screen(grabbed) == pytest.approx([340.0, 175.0])
    camera.recentre()
    camera.snap()
    assert update(camera).to_screen(grabbed) == pytest.approx([300.0, 200.0])


def test_zoom_keeps_within_its_bounds():
    camera = FollowCamera()
    camera.zoom_by(1e6)
    assert camera.zoom == ZOOM_MAX
    camera.zoom_by(1e-9)
    assert camera.zoom == ZOOM_MIN
