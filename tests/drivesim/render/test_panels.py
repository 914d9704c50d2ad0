import numpy as np
import pytest

from drivesim.render.ink import RED, Box, Ink
from drivesim.render.panels import (
    Line,
    Pane,
    depth_picture,
    draw_lines,
    draw_panes,
    semantic_picture,
)
from drivesim.semantics import SEMANTIC_COLOR


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
    around = Box(900.0, 10.0, 360.0, 180.0)
    draw_panes(Ink(frame), [Pane(title="camera", picture=picture)], [around])
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


def shown(width: float, **pane) -> np.ndarray:
    frame = np.zeros((300, 500, 4), np.uint8)
    picture = np.full((64, 128, 3), 90, np.uint8)
    draw_panes(Ink(frame, scale=1.0), [Pane(picture=picture, **pane)], [Box(10.0, 10.0, width, width / 2)])
    return frame[..., :3].astype(int)


def test_a_fault_is_written_on_its_pane_within_a_red_rim():
    def red(frame: np.ndarray) -> int:
        return int((np.abs(frame - np.array(RED)).sum(axis=-1) < 40).sum())

    assert red(shown(300, title="camera", fault="dirty lens 4")) > 500
    assert red(shown(300, title="camera")) == 0


@pytest.mark.parametrize("width", [30, 60, 120, 240, 400])
def test_captions_never_leave_their_pane(width):
    frame = shown(width, title="camera front left " * 4, note="100 ms", fault="color quantization 4, dead 1")
    assert (frame[:, 10 + width + 4 :] == 0).all()
    assert (frame[int(10 + width / 2) + 4 :] == 0).all()


def test_the_age_is_left_out_where_there_is_no_room_for_it():
    def bright(frame: np.ndarray) -> int:
        return int((frame.min(axis=-1) > 140).sum())

    assert bright(shown(300, title="gnss", note="100 ms")) > bright(shown(300, title="gnss"))
    assert np.array_equal(shown(60, title="gnss", note="100 ms"), shown(60, title="gnss"))
