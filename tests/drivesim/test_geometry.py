import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.geometry import body_box, box_meets_circle, boxes_overlap, from_frame, to_frame, wrap_angle
from tests.reference.contacts import corners, disc, shared_area

CLOSE_M2 = 1e-3
"""Overlaps smaller than this may be decided either way in float32 [m^2]."""

positions = st.floats(-6.0, 6.0, width=32)
angles = st.floats(-7.0, 7.0, width=32)
lengths = st.floats(0.125, 12.0, width=32)


def box(x, y, yaw, length, width):
    return tuple(np.float32(v) for v in (x, y, math.cos(yaw), math.sin(yaw), length / 2, width / 2))


@given(angle=st.floats(-1000.0, 1000.0, width=32))
def test_a_wrapped_angle_points_the_same_way_within_half_a_turn(angle):
    wrapped = wrap_angle(np.float32(angle))
    assert -math.pi - 1e-4 <= wrapped <= math.pi + 1e-4
    assert math.cos(wrapped) == pytest.approx(math.cos(angle), abs=3e-4)
    assert math.sin(wrapped) == pytest.approx(math.sin(angle), abs=3e-4)


@pytest.mark.parametrize(
    ("angle", "expected"), [(0.0, 0.0), (3.0, 3.0), (4.0, 4.0 - 2 * math.pi), (-4.0, 2 * math.pi - 4.0)]
)
def test_angles_wrap_by_whole_turns(angle, expected):
    assert wrap_angle(np.float32(angle)) == pytest.approx(expected, abs=1e-6)


def test_a_frame_turns_a_quarter_to_the_left():
    # The origin is at (1, 2) and faces north: what is 3 m north of it is ahead, what is 1 m east is to the right.
    assert to_frame(2.0, 5.0, 1.0, 2.0, 0.0, 1.0) == (3.0, -1.0)
    assert from_frame(3.0, -1.0, 1.0, 2.0, 0.0, 1.0) == (2.0, 5.0)


def test_the_box_of_a_car_is_centred_between_its_bumpers():
    # 4.5 m long, 1 m of it behind the axle: the middle is 1.25 m ahead of the axle.
    f = np.float32
    x, y, _, _, half_length, half_width = body_box(f(10), f(20), f(math.pi / 2), f(4.5), f(1.8), f(1.0))
    assert (x, y) == (pytest.approx(10.0, abs=1e-6), pytest.approx(21.25))
    assert (half_length, half_width) == (pytest.approx(2.25), pytest.approx(0.9))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param((3.9, 0.0, 0.0, 4.0, 2.0), True, id="behind-each-other-touching"),
        pytest.param((4.1, 0.0, 0.0, 4.0, 2.0), False, id="behind-each-other-apart"),
        pytest.param((0.0, 1.9, 0.0, 4.0, 2.0), True, id="side-by-side-touching"),
        pytest.param((0.0, 2.1, math.pi, 4.0, 2.0), False, id="side-by-side-apart"),
        pytest.param((0.0, 0.0, 1.0, 0.5, 0.5), True, id="inside"),
        pytest.param((2.9, 0.0, math.pi / 2, 4.0, 2.0), True, id="crosswise-touching"),
        pytest.param((3.1, 0.0, math.pi / 2, 4.0, 2.0), False, id="crosswise-apart"),
        # A unit square turned by 45 degrees faces the corner (2, 1) of the big box with an edge 0.5 m from its centre.
        pytest.param((2.34, 1.34, math.pi / 4, 1.0, 1.0), True, id="edge-against-corner-touching"),
        pytest.param((2.37, 1.37, math.pi / 4, 1.0, 1.0), False, id="edge-against-corner-apart"),
    ],
)
def test_boxes_by_hand(other, expected):
    # hypot(0.34, 0.34) = 0.481 < 0.5 < hypot(0.37, 0.37) = 0.523
    assert boxes_overlap(*box(0.0, 0.0, 0.0, 4.0, 2.0), *box(*other)) == expected


@given(x=positions, y=positions, yaw=angles, length=lengths, width=lengths)
def test_boxes_overlap_where_their_polygons_share_area(x, y, yaw, length, width):
    one, other = (0.5, -0.3, 0.7, 4.5, 1.8), (x, y, yaw, length, width)
    area = shared_area(corners(*one), corners(*other))
    got = boxes_overlap(*box(*one), *box(*other))
    assert got == boxes_overlap(*box(*other), *box(*one))
    if area > CLOSE_M2:
        assert got
    grown = (*other[:3], length + 0.01, width + 0.01)
    if shared_area(corners(*one), corners(*grown)) == 0.0:
        assert not got


@given(x=positions, y=positions, radius=st.floats(0.0625, 4.0, width=32))
def test_a_disc_meets_a_box_where_their_polygons_share_area(x, y, radius):
    one = (0.5, -0.3, 0.7, 4.5, 1.8)
    got = box_meets_circle(*box(*one), np.float32(x), np.float32(y), np.float32(radius))
    if shared_area(corners(*one), disc(x, y, radius)) > CLOSE_M2:
        assert got
    if shared_area(corners(*one), disc(x, y, radius * 1.001 + 0.005)) == 0.0:
        assert not got
