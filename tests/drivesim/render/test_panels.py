import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivesim.render.ink import Ink
from drivesim.render.panels import (
    Line,
    Pane,
    arrange,
    depth_picture,
    draw_lines,
    draw_panes,
    semantic_picture,
)
from drivesim.semantics import SEMANTIC_COLOR

ROWS = st.lists(st.lists(st.floats(1.0, 3.0), min_size=1, max_size=3), max_size=4)


@given(ROWS, st.integers(240, 2000), st.integers(200, 2000))
def test_panes_lie_inside_the_window_and_apart(rows, width, height):
    boxes, around = arrange(rows, (width, height))
    assert len(boxes) == sum(map(len, rows))
    for box in boxes:
        assert box.left >= around.left - 1e-6 and box.right <= around.right + 1e-6
        assert box.top >= 0.0 and box.bottom <= height + 1e-6
        assert box.right <= width + 1e-6
    for one, other in itertools.combinations(boxes, 2):
        apart_x = one.right <= other.left + 1e-6 or other.right <= one.left + 1e-6
        apart_y = one.bottom <= other.top + 1e-6 or other.bottom <= one.top + 1e-6
        assert apart_x or apart_y


@given(ROWS, st.integers(240, 2000), st.integers(200, 2000))
def test_a_pane_keeps_its_aspect(rows, width, height):
    for aspect, box in zip((a for row in rows for a in row), arrange(rows, (width, height))[0], strict=True):
        assert box.width == pytest.approx(aspect * box.height, rel=1e-6)


def test_wide_windows_have_a_column_and_upright_ones_a_strip():
    rows = [[2.0], [2.0, 2.0]]
    column = arrange(rows, (1280, 720))[1]
    assert column.right > 1260 and column.width < 0.3 * 1280
    strip = arrange(rows, (600, 900))[1]
    assert strip.height < 0.25 * 900
    assert strip.top < 20 and strip.right <= 600


def test_classes_have_their_colours_and_unknown_ids_are_black():
    ids = np.array([[1, 24], [28, 77]], np.uint8)
    picture = semantic_picture(ids)
    assert picture[0, 0].tolist() == SEMANTIC_COLOR[1].tolist()
    assert picture[0, 1].tolist() == SEMANTIC_COLOR[24].tolist()
    assert picture[1, 0].tolist() == SEMANTIC_COLOR[28].tolist()
    assert picture[1, 1].tolist() == [0, 0, 0]
    assert np.array_equal(semantic_picture(ids.astype(np.int64)), picture)


def test_nearer_is_brighter_and_the_sky_nearly_black():
    depth = np.array([[2.0, 5.0, 15.0, 40.0, 110.0, 1000.0, np.nan, np.inf]], np.float32)
    brightness = depth_picture(depth)[0].astype(int).sum(axis=1)
    assert (np.diff(brightness[:6]) < 0).all()
    assert brightness[5] == brightness[7] < 60


def test_a_pane_shows_its_picture_and_draws_nothing_outside(rng):
    frame = np.full((720, 1280, 4), 50, np.uint8)
    picture = np.full((64, 128, 3), (10, 200, 30), np.uint8)
    boxes, around = arrange([[2.0]], (1280, 720))
    draw_panes(Ink(frame), [Pane(title="camera", picture=picture)], boxes)
    middle = frame[int(around.top + around.height / 2), int(around.left + around.width / 2)]
    assert middle[:3].tolist() == [10, 200, 30]
    assert (frame[:, : int(around.left) - 4, :3] == 50).all()


def test_the_table_has_a_column_for_the_network_only_if_it_answers():
    def table(network: str) -> np.ndarray:
        frame = np.zeros((300, 400, 4), np.uint8)
        draw_lines(Ink(frame), [Line(name="offset", truth="+0.10 m", network=network)], 10, 10, 300)
        return frame[..., :3].astype(int)

    def pink(frame: np.ndarray) -> int:
        return int(((frame[..., 0] > 150) & (frame[..., 1] < 150)).sum())

    assert pink(table("+0.12 m")) > 20
    assert pink(table("")) == 0
