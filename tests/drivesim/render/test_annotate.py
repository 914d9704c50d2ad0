"""Labels drawn over pictures: where the ink lies, what is left out, and that the picture given stays as it was."""

import numpy as np
import pytest

from drivesim.maps.network import MarkingColor, MarkingType
from drivesim.render.annotate import (
    CLASS_COLOR,
    EDGE,
    OTHER_COLOR,
    OTHER_LINE,
    OWN_LINE,
    SPACE,
    YELLOW_LINE,
    color_of,
    draw_boxes,
    draw_boxes_3d,
    draw_classes,
    draw_instances,
    draw_lanes,
    draw_outlines,
    draw_paths,
    draw_points,
    draw_space,
    scale_of,
)
from drivesim.semantics import SEMANTIC_COLOR, Semantic

CAR, TRUCK = np.array([Semantic.CAR]), np.array([Semantic.TRUCK])


def gray(height=270, width=480, level=100):
    return np.full((height, width, 3), level, np.uint8)


def changed(drawn, picture):
    """Rows and columns of the changed pixels: (top, bottom, left, right)."""
    rows, columns = np.nonzero((drawn != picture).any(axis=-1))
    return rows.min(), rows.max(), columns.min(), columns.max()


def near(pixel, color, tolerance=60):
    return np.abs(pixel.astype(int) - color).max() <= tolerance


def square(left, top, size):
    """Corners of a box seen from behind: its front as large as its rear."""
    floor = [(left, top + size), (left + size, top + size), (left + size, top + size), (left, top + size)]
    return np.array([*floor, *((x, y - size) for x, y in floor)], np.float32)


EVERY = {
    "boxes": lambda p: draw_boxes(p, np.array([[100.0, 80.0, 160.0, 140.0]]), CAR, track=np.array([7])),
    "boxes_3d": lambda p: draw_boxes_3d(p, square(100.0, 80.0, 60.0)[None], CAR),
    "lanes": lambda p: draw_lanes(
        p, np.tile(np.linspace((50.0, 260.0), (240.0, 100.0), 61), (4, 1, 1)),
        kind=np.ones((4, 61)), color=np.ones((4, 61)),
    ),
    "space": lambda p: draw_space(p, np.indices(p.shape[:2])[0] > 150),
    "outlines": lambda p: draw_outlines(p, square(100.0, 80.0, 60.0)[None, [0, 1, 5, 4]], CAR, track=np.array([3])),
    "paths": lambda p: draw_paths(p, np.array([[(10.0, 10.0), (50.0, 60.0), (90.0, 60.0)]])),
    "points": lambda p: draw_points(p, np.array([(20.0, 30.0)]), np.array([4.0]), low=0.0, high=50.0),
    "classes": lambda p: draw_classes(p, np.full(p.shape[:2], Semantic.ROAD, np.uint8)),
    "instances": lambda p: draw_instances(p, (np.indices(p.shape[:2])[0] > 150).astype(np.uint16)),
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("size", [(270, 480), (540, 960), (48, 64)])
def test_the_picture_given_stays_as_it_was_and_the_one_made_has_its_shape(name, size):
    picture = gray(*size)
    drawn = EVERY[name](picture)
    assert drawn.shape == picture.shape and drawn.dtype == np.uint8
    assert (picture == 100).all()
    if size != (48, 64):
        assert (drawn != picture).any()
    np.testing.assert_array_equal(drawn, EVERY[name](picture))


def test_a_box_has_its_rim_where_it_is_and_the_colour_of_its_class():
    picture = gray()
    drawn = draw_boxes(picture, np.array([[100.0, 80.0, 160.0, 140.0]]), TRUCK)
    assert near(drawn[110, 100], CLASS_COLOR[Semantic.TRUCK]) and near(drawn[140, 130], CLASS_COLOR[Semantic.TRUCK])
    assert near(drawn[110, 130], 100, 30), "its middle is left as it is, nearly"
    top, bottom, left, right = changed(drawn, picture)
    assert (left, right, bottom) == (pytest.approx(99, abs=2), pytest.approx(161, abs=2), pytest.approx(141, abs=2))
    assert 58 <= top <= 70, "its name stands above it"


def test_empty_boxes_and_those_that_are_not_finite_are_left_out():
    picture = gray()
    boxes = np.array([[0.0, 0.0, 0.0, 0.0], [np.nan] * 4, [50.0, 50.0, 40.0, 60.0]])
    assert (draw_boxes(picture, boxes, np.full(3, Semantic.CAR)) == picture).all()
    assert (draw_boxes_3d(picture, np.full((2, 8, 2), np.nan), np.full(2, Semantic.CAR)) == picture).all()
    assert (draw_paths(picture, np.full((1, 5, 2), np.nan)) == picture).all()
    assert (draw_points(picture, np.array([(np.nan, 3.0), (-9.0, 3.0)]), np.zeros(2), low=0, high=1) == picture).all()
    assert (draw_boxes(picture, np.zeros((0, 4)), np.zeros(0)) == picture).all()


def test_what_is_hidden_is_fainter_and_names_do_not_cover_each_other():
    picture, box = gray(), np.array([[100.0, 80.0, 160.0, 140.0]])
    seen = draw_boxes(picture, box, CAR, visibility=np.array([1.0]), names=[""])
    hidden = draw_boxes(picture, box, CAR, visibility=np.array([0.1]), names=[""])
    ink = [np.abs(each[110, 98:103].astype(int) - 100).sum() for each in (seen, hidden)]
    assert ink[1] < 0.75 * ink[0]
    one = draw_boxes(picture, box, CAR, track=np.array([1]))
    two = draw_boxes(picture, np.concatenate([box, box]), np.tile(CAR, 2), track=np.array([1, 2]))
    np.testing.assert_array_equal(one[60:78, 100:150], two[60:78, 100:150])


def test_edges_of_a_box_that_end_behind_the_camera_are_left_out():
    picture, corners = gray(), square(100.0, 80.0, 60.0)
    corners[[1, 2, 5, 6]] = np.nan
    drawn = draw_boxes_3d(picture, corners[None], CAR)
    _, _, left, right = changed(drawn, picture)
    assert 97 <= left <= right <= 103


def test_lines_of_the_own_lane_and_yellow_ones_and_edges_have_their_colours():
    picture = gray()
    rows = np.linspace(265.0, 105.0, 61)
    lines = np.stack([np.column_stack([np.full(61, x), rows]) for x in (60.0, 160.0, 300.0, 420.0)])
    kind = np.full((4, 61), MarkingType.SOLID)
    color = np.full((4, 61), MarkingColor.WHITE)
    color[1] = MarkingColor.YELLOW
    drawn = draw_lanes(picture, lines, kind=kind, color=color, edges=lines[[0, 3]] + (20.0, 0.0))
    for x, shade in ((60, OTHER_LINE), (160, YELLOW_LINE), (300, OWN_LINE), (420, OTHER_LINE), (80, EDGE)):
        # Ink, whichever of two pixels has more of it, leans from gray towards its colour.
        ink = max((drawn[240, column].astype(int) - 100 for column in (x - 1, x)), key=lambda v: np.abs(v).sum())
        away = np.array(shade) - 100
        assert ink @ away > 0.9 * np.linalg.norm(ink) * np.linalg.norm(away) > 2000.0, x
    few = {"kind": kind[:, ::10].copy(), "color": color[:, ::10], "ahead_m": np.linspace(6.0, 20.0, 7)}
    drawn = draw_lanes(picture, lines[:, ::10], **few)
    few["kind"][2] = MarkingType.BROKEN
    broken = draw_lanes(picture, lines[:, ::10], **few)
    shares = [(np.abs(each[100:270, 300].astype(int) - 100).max(axis=-1) > 40).mean() for each in (drawn, broken)]
    assert shares[1] < 0.9 * shares[0]


def test_free_space_is_tinted_within_and_its_rim_is_none_along_the_picture():
    picture = gray()
    mask = np.zeros((270, 480), bool)
    mask[150:, 100:] = True
    drawn = draw_space(picture, mask)
    inside = drawn[200, 300]
    assert inside[1] > 110 > inside[0]
    assert (drawn[:140] == 100).all() and (drawn[:, :95] == 100).all()
    np.testing.assert_array_equal(drawn[200, 479], inside)
    assert near(drawn[150, 300], SPACE, 90)


def test_points_are_warm_where_near_and_cold_where_far():
    picture = gray()
    points = np.array([(100.5, 100.5), (200.5, 100.5)])
    drawn = draw_points(picture, points, np.array([0.0, 50.0]), low=0.0, high=50.0, radius=3.0)
    near_by, far = drawn[100, 100].astype(int), drawn[100, 200].astype(int)
    assert near_by[0] > near_by[2] + 50
    assert far[2] > far[0] or far.max() - far.min() < 90


def test_classes_and_instances_have_colours_of_their_own():
    picture = gray()
    ids = np.zeros((270, 480), np.uint8)
    ids[:, 200:] = Semantic.CAR
    ids[:, 300:] = 255
    whole = draw_classes(picture, ids, opacity=1.0)
    assert (whole[10, 250] == SEMANTIC_COLOR[Semantic.CAR]).all()
    assert (whole[10, 400] == 100).all(), "an unknown class is left as it is"
    instance = np.zeros((270, 480), np.uint16)
    instance[100:150, 100:150], instance[100:150, 200:250], instance[200:] = 1, 2, 300
    drawn = draw_instances(picture, instance)
    assert (drawn[200:] == 100).all()
    assert np.abs(drawn[125, 125].astype(int) - drawn[125, 225]).max() > 60


def test_colours_of_classes_and_scale():
    assert color_of(Semantic.CAR) == CLASS_COLOR[Semantic.CAR]
    assert color_of(0) == color_of(250) == OTHER_COLOR
    assert [scale_of(gray(*size)) for size in ((270, 480), (540, 960), (540, 480), (20, 20))] == [1.0, 2.0, 1.0, 0.75]


@pytest.mark.parametrize("picture", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8)])
def test_other_pictures_are_refused(picture):
    with pytest.raises(ValueError, match="expected uint8 of shape"):
        draw_boxes(picture, np.zeros((0, 4)), np.zeros(0))
