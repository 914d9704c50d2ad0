import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.render.ink import Box
from drivesim.render.wall import COLUMN_SHARES, arrange

GROUPS = st.lists(st.lists(st.floats(0.5, 4.0), min_size=1, max_size=2), max_size=10)
WIDTHS, HEIGHTS = st.integers(320, 2600), st.integers(240, 1500)
NUSCENES = [[1.78]] * 6 + [[1.0], [4.0], [1.0], [1.9], [1.9], [1.9]]


def apart(one: Box, other: Box) -> bool:
    return (
        one.right <= other.left + 1e-6
        or other.right <= one.left + 1e-6
        or one.bottom <= other.top + 1e-6
        or other.bottom <= one.top + 1e-6
    )


@given(GROUPS, WIDTHS, HEIGHTS, st.integers(0, 30))
def test_panes_lie_inside_the_window_apart_and_keep_their_proportions(groups, width, height, large):
    aspects = [aspect for group in groups for aspect in group]
    enlarged = large if large < len(aspects) else None
    boxes, around = arrange(groups, (width, height), enlarged=enlarged)
    assert len(boxes) == len(aspects)
    for aspect, box in zip(aspects, boxes, strict=True):
        assert box.width == pytest.approx(aspect * box.height, rel=1e-6)
        assert box.width > 1.0 and box.height > 1.0
        assert box.left >= max(around.left - 1e-6, 0.0) and box.right <= min(around.right + 1e-6, width)
        assert box.top >= 0.0 and box.bottom <= min(around.bottom + 1e-6, height)
    assert all(apart(one, other) for one, other in itertools.combinations(boxes, 2))


@given(st.lists(st.floats(0.5, 4.0), min_size=1, max_size=12), WIDTHS, HEIGHTS)
def test_the_road_keeps_its_part_of_the_window(aspects, width, height):
    _, around = arrange([[aspect] for aspect in aspects], (width, height))
    if width >= height:
        assert around.left >= (1.0 - COLUMN_SHARES[1]) * width - 30.0
    else:
        assert around.bottom <= 0.56 * height


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1920, 1080)])
def test_twelve_panes_of_a_known_car_can_be_read(size):
    boxes, _ = arrange(NUSCENES, size)
    scale = min(size[0] / 1000, size[1] / 720)
    assert min(box.width for box in boxes) >= 100 * scale
    assert min(box.height for box in boxes) >= 90 * scale


def test_few_panes_leave_more_road_than_many():
    few, many = (arrange(groups, (1280, 720))[1] for groups in ([[2.0], [2.0, 2.0]], NUSCENES))
    assert few.width < 0.28 * 1280 < many.width
    assert few.right > 1260


def test_panes_of_one_group_stand_side_by_side():
    boxes, _ = arrange([[2.0], [2.0, 2.0], [2.0, 2.0]], (1280, 720))
    assert boxes[1].top == boxes[2].top and boxes[3].top == boxes[4].top


def test_an_enlarged_pane_is_much_the_largest():
    for number in range(len(NUSCENES)):
        boxes, _ = arrange(NUSCENES, (1280, 720), enlarged=number)
        areas = np.array([box.width * box.height for box in boxes])
        assert areas[number] > 2.0 * np.delete(areas, number).max()


def test_upright_windows_have_a_strip_on_top():
    strip = arrange([[2.0], [2.0, 2.0]], (600, 900))[1]
    assert strip.height < 0.25 * 900
    assert strip.top < 20 and strip.right <= 600


def test_room_below_the_panes_stays_free():
    _, around = arrange(NUSCENES, (1280, 720), extra=150.0)
    assert around.bottom <= 720 - 150


def test_without_panes_there_is_no_wall():
    assert arrange([], (1280, 720)) == ([], Box(1280, 0.0, 0.0, 0.0))
