"""Arrows and triangles of paint: area, place, side."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.maps.network import Marking, MarkingType
from drivesim.maps.places import ParkingBay
from drivesim.maps.procedural.town.scenes import Control, crossing
from drivesim.maps.road_paint import bay_lines, turn_arrows
from drivesim.maps.strokes import strokes_of
from drivesim.maps.symbols import SYMBOLS, triangle_strokes


def area(strokes: np.ndarray) -> float:
    return float((np.hypot(*(strokes[:, 2:4] - strokes[:, :2]).T) * strokes[:, 4]).sum())


@given(st.tuples(*[st.floats(-5.0, 5.0)] * 6))
def test_the_strips_of_a_triangle_have_its_area(corners):
    a, b, tip = np.array(corners).reshape(3, 2)
    expected = 0.5 * abs((b - a)[0] * (tip - a)[1] - (b - a)[1] * (tip - a)[0])
    if np.hypot(*(b - a)) < 0.05:
        return
    assert area(triangle_strokes(a[None], b[None], tip[None])) == pytest.approx(expected, abs=1e-9)


def test_yield_triangles_point_to_the_right_of_their_line_and_half_fill_it():
    line = Marking(
        points=np.array([(0.0, 0.0), (3.0, 0.0)]), type=MarkingType.YIELD_LINE, width_m=0.6, dash_m=0.5, gap_m=0.25
    )
    strokes = strokes_of([line], [])
    assert area(strokes) == pytest.approx(4 * 0.5 * 0.5 * 0.6)  # four triangles of 0.5 m by 0.6 m
    wide = np.abs(strokes[:, 2] - strokes[:, 0])
    assert strokes[wide.argmax(), 1] > 0.25
    assert strokes[wide.argmin(), 1] < -0.25


@pytest.mark.parametrize("kind", sorted(SYMBOLS - {MarkingType.BICYCLE}))
def test_an_arrow_lies_between_foot_and_tip_and_shows_its_sides(kind):
    strokes = strokes_of([Marking(points=np.array([(0.0, 0.0), (5.0, 0.0)]), type=kind)], [])
    x, y = strokes[:, [0, 2]], strokes[:, [1, 3]]
    assert x.min() == pytest.approx(0.0)
    assert x.max() <= 5.05
    assert (y.max() > 0.8) == (kind in (MarkingType.ARROW_LEFT, MarkingType.ARROW_STRAIGHT_LEFT,
                                        MarkingType.ARROW_LEFT_RIGHT))  # fmt: skip
    assert (y.min() < -0.8) == (kind in (MarkingType.ARROW_RIGHT, MarkingType.ARROW_STRAIGHT_RIGHT,
                                         MarkingType.ARROW_LEFT_RIGHT))  # fmt: skip
    assert 0.9 < area(strokes) < 3.0


def test_a_bicycle_is_a_metre_wide_and_stands_on_two_wheels():
    strokes = strokes_of([Marking(points=np.array([(0.0, 0.0), (1.7, 0.0)]), type=MarkingType.BICYCLE)], [])
    x, y = strokes[:, [0, 2]], strokes[:, [1, 3]]
    assert 0.0 <= x.min() < 0.1
    assert 1.5 < x.max() <= 1.7
    assert y.max() - y.min() == pytest.approx(0.92, abs=0.1)
    assert 0.4 < area(strokes) < 0.8


def test_lanes_into_a_junction_show_where_they_lead():
    network = crossing(Control.LIGHTS, lanes=2)
    shown = {marking.type for marking in turn_arrows(network)}
    assert shown == {MarkingType.ARROW_STRAIGHT_LEFT, MarkingType.ARROW_STRAIGHT_RIGHT}
    assert not turn_arrows(crossing(Control.LIGHTS, lanes=1))


def test_neighbouring_bays_share_the_line_between_them():
    bays = [ParkingBay(x=6.0 * k, y=0.0, yaw=0.0, length=6.0, width=2.2, lane=0, s=0.0) for k in range(3)]
    lines = bay_lines(bays)
    assert sorted(float(line.points[0, 0]) for line in lines) == [-3.0, 3.0, 9.0, 15.0]
