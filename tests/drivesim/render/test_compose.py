import numpy as np
import pytest

from drivesim.render.compose import disc, fill, rings, stamp, stroke

GRAY = (100, 100, 100, 255)


@pytest.fixture
def frame():
    return np.full((40, 60, 4), GRAY, np.uint8)


def at(left: float, top: float) -> np.ndarray:
    return np.array([[1.0, 0.0, left], [0.0, 1.0, top]])


def test_an_opaque_picture_lands_where_it_is_put(frame, rng):
    picture = rng.integers(0, 256, (6, 9, 4)).astype(np.uint8)
    picture[..., 3] = 255
    stamp(frame, picture, at(20, 10))
    assert np.array_equal(frame[10:16, 20:29, :3], picture[..., :3])
    frame[10:16, 20:29] = GRAY
    assert (frame == GRAY).all()


def test_half_a_pixel_to_the_right_blends_halves(frame):
    picture = np.full((1, 1, 4), 255, np.uint8)
    stamp(frame, picture, at(20.5, 10))
    assert frame[10, 20, 0] == pytest.approx(178, abs=2)
    assert frame[10, 21, 0] == pytest.approx(178, abs=2)


def test_light_without_alpha_adds_up_and_stops_at_white(frame):
    picture = np.zeros((2, 2, 4), np.uint8)
    picture[..., 0], picture[..., 1] = 60, 200
    stamp(frame, picture, at(5, 5))
    assert frame[5, 5].tolist() == [160, 255, 100, 255]


def test_opacity_scales_colour_and_alpha(frame):
    stamp(frame, np.full((2, 2, 4), 255, np.uint8), at(5, 5), opacity=0.5)
    assert frame[5, 5, 0] == pytest.approx(178, abs=2)


@pytest.mark.parametrize("corner", [(-4, -4), (57, 37), (-100, 5), (5, 400)])
def test_what_leaves_the_frame_is_cut(frame, corner):
    stamp(frame, np.full((8, 8, 4), 255, np.uint8), at(*corner))
    inside = (frame[..., 0] > 100).sum()
    assert inside == {(-4, -4): 16, (57, 37): 9}.get(corner, 0)


def test_a_filled_square_covers_its_area(frame):
    fill(frame, np.array([(10.0, 10.0), (20.0, 10.0), (20.0, 18.0), (10.0, 18.0)]), (255, 0, 0))
    red = (frame[..., 0].astype(int) - 100).sum() / 155
    # OpenCV paints half a pixel of rim around a polygon: 11 x 9 pixels.
    assert 80.0 <= red <= 110.0
    assert frame[14, 15].tolist() == [255, 0, 0, 255]


def test_a_line_thinner_than_a_pixel_fades(frame):
    ends = np.array([(5.0, 20.5), (50.0, 20.5)])
    thin, thick = frame.copy(), frame.copy()
    stroke(thin, ends, 0.25, (255, 255, 255))
    stroke(thick, ends, 1.0, (255, 255, 255))
    assert 100 < thin[20, 30, 0] < thick[20, 30, 0]


def test_points_that_are_not_finite_draw_nothing(frame):
    fill(frame, np.array([(np.nan, 1.0), (2.0, 2.0), (3.0, 1.0)]), (255, 0, 0))
    disc(frame, np.inf, 3.0, 4.0, (255, 0, 0))
    assert (frame == GRAY).all()


def test_a_disc_covers_its_area_wherever_it_lies(frame):
    for x, y in ((30.0, 20.0), (29.3, 18.7)):
        frame[:] = (0, 0, 0, 255)
        disc(frame, x, y, 9.0, (255, 0, 0))
        assert frame[..., 0].sum() / 255 == pytest.approx(np.pi * 81.0, rel=0.01)
        rows, columns = np.indices(frame.shape[:2]) + 0.5
        weight = frame[..., 0] / frame[..., 0].sum(dtype=float)
        assert ((weight * columns).sum(), (weight * rows).sum()) == pytest.approx((x, y), abs=0.02)


def test_rings_are_hollow_and_all_of_them_are_drawn(frame):
    frame[:] = (0, 0, 0, 255)
    rings(frame, np.array([(15.0, 20.0), (44.0, 20.0)]), 8.0, (0, 255, 0), width_px=2.0)
    assert frame[..., 1].sum() / 255 == pytest.approx(2 * np.pi * (9.0**2 - 7.0**2), rel=0.01)
    assert frame[20, 15, 1] == frame[20, 44, 1] == 0


def test_what_lies_outside_the_frame_is_left_out(frame):
    before = frame.copy()
    rings(frame, np.array([(-50.0, 20.0), (1e7, 1e7), (30.0, -1e7)]), 8.0, (255, 0, 0))
    assert np.array_equal(frame, before)
