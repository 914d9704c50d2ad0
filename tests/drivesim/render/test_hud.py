import itertools

import numpy as np
import pytest

from drivesim.render.hud import Readout, draw_hud, draw_legend, draw_progress, legible
from drivesim.render.ink import GREEN, RED, Box, Ink, rounded_box, ui_scale
from drivesim.render.reasons import Reason
from drivesim.render.stickers import Stickers
from drivesim.render.toolbar import BUTTONS, button_at, button_boxes, draw_toolbar
from drivesim.state import EndReason

CLUSTER = Box(10, 598, 342, 112)


def blank(size=(1280, 720)) -> np.ndarray:
    return np.full((size[1], size[0], 4), 90, np.uint8)


def hud(size=(1280, 720), **values) -> np.ndarray:
    frame = blank(size)
    draw_hud(Ink(frame), Stickers(), Readout(**values), Box(0, 0, *size))
    return frame[..., :3].astype(int)


def count(frame: np.ndarray, color) -> int:
    return int((np.abs(frame - np.array(color)).sum(axis=-1) < 60).sum())


def test_text_is_written_into_the_frame_itself():
    frame = np.zeros((40, 200, 4), np.uint8)
    ink = Ink(frame)
    width = ink.text("speed", 10, 5, size=20)
    rows, columns = np.nonzero(frame[..., 0] > 128)
    assert len(rows) > 20
    assert 10 <= columns.min() and columns.max() <= 10 + width


def test_text_aligns_at_the_point_it_is_given():
    frame = np.zeros((80, 300, 4), np.uint8)
    Ink(frame).text("WWW", 150, 40, size=30, align=(1.0, 0.5))
    rows, columns = np.nonzero(frame[..., 0] > 128)
    assert columns.max() <= 150
    assert rows.mean() == pytest.approx(40, abs=4)


@pytest.mark.parametrize("begun_again", [False, True])
def test_text_is_written_after_somebody_quit_pygame(begun_again):
    import pygame

    frame = np.zeros((40, 200, 4), np.uint8)
    for text in ("before", "after", "later"):
        frame[:] = 0
        Ink(frame).text(f"{text} {begun_again}", 10, 5, size=21)
        assert frame[..., 0].any()
        pygame.quit()
        if begun_again:
            pygame.init()
    pygame.quit()


def test_a_gauge_from_the_middle_grows_to_its_side():
    for share, lit, dark in ((0.8, 75, 25), (-0.8, 25, 75)):
        frame = np.zeros((20, 100, 4), np.uint8)
        Ink(frame).bar(Box(0, 5, 100, 10), share, GREEN, from_middle=True)
        assert frame[10, lit, 1] == GREEN[1]
        assert frame[10, dark, 1] < 100


def test_speeding_turns_the_digits_red():
    calm, fast = hud(speed=15.0, limit=15.0), hud(speed=25.0, limit=15.0)
    dials = slice(600, 720), slice(0, 120)
    assert count(fast[dials], RED) > 100 > count(calm[dials], RED)


def test_throttle_is_green_and_brake_is_red():
    assert count(hud(pedal=0.9)[600:, 270:330], GREEN) > 150
    assert count(hud(pedal=-0.9)[600:, 270:330], RED) > 150


@pytest.mark.parametrize("end", EndReason, ids=lambda end: end.name)
def test_every_end_has_its_banner(end):
    plain, ended = hud(), hud(end=end)
    banner = np.abs(ended[:60, 300:] - plain[:60, 300:]).sum() > 0
    assert banner == (end != EndReason.RUNNING)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_lights_up(reason):
    others = [hud(reason=other) for other in Reason if other != reason]
    assert all(not np.array_equal(hud(reason=reason), other) for other in others)


@pytest.mark.parametrize("size", [(320, 240), (600, 900), (1280, 720), (2560, 1440)])
def test_everything_fits_any_window(size):
    frame = blank(size)
    ink = Ink(frame)
    _, cluster = draw_hud(
        ink, Stickers(), Readout(manual=True, paused=True, notice="saved", recording_s=2.0), Box(0, 0, *size)
    )
    assert cluster.left >= 0 and cluster.bottom <= size[1]
    legend = draw_legend(ink)
    assert legend.top >= 0 and legend.right <= size[0]
    draw_progress(ink, "building road 3 of 8", 0.4, 1.0)
    draw_progress(ink, "loading", None, 1.0)


def test_the_progress_bar_fills():
    lit = []
    for share in (0.1, 0.5, 0.9):
        frame = blank()
        draw_progress(Ink(frame), "building", share, 0.0)
        lit.append(count(frame[..., :3].astype(int), (255, 176, 64)))
    assert lit[0] < lit[1] < lit[2]


def test_buttons_stand_side_by_side_and_hide_where_there_is_no_room():
    free = Box(0, 0, 1000, 720)
    boxes = button_boxes(free, 1.0, CLUSTER)
    assert list(boxes) == [name for name, _ in BUTTONS]
    assert all(left.right <= right.left for left, right in itertools.pairwise(boxes.values()))
    assert button_boxes(Box(0, 0, 360, 300), 1.0, Box(10, 178, 342, 112)) == {}


def test_buttons_go_above_the_instruments_beside_a_large_wall():
    boxes = button_boxes(Box(0, 0, 520, 720), 1.0, CLUSTER)
    assert list(boxes) == [name for name, _ in BUTTONS]
    assert all(box.right <= 520 and box.bottom <= CLUSTER.top - 28 for box in boxes.values())


def test_the_title_tells_the_weather_and_the_first_faults_in_red():
    plain = hud(title="Highway", weather="FogNoon")
    one = hud(title="Highway", weather="FogNoon", faults=("camera dead 3",))
    many = hud(title="Highway", weather="FogNoon", faults=tuple(f"camera fault {k}" for k in range(9)))
    corner = (slice(0, 300), slice(0, 420))
    assert count(plain[corner], RED) < count(one[corner], RED) < count(many[corner], RED)
    assert count(many[slice(230, 300), slice(0, 420)], RED) == 0


def test_a_button_that_is_pointed_at_explains_itself():
    boxes = button_boxes(Box(0, 0, 1000, 720), 1.0, CLUSTER)
    plain, over = blank(), blank()
    draw_toolbar(Ink(plain), boxes, set(), None)
    box = boxes["restart"]
    pointed = button_at(boxes, (box.left + 5, box.top + 5))
    assert pointed == "restart"
    draw_toolbar(Ink(over), boxes, {"pause"}, pointed)
    assert not np.array_equal(plain[int(box.top) - 25], over[int(box.top) - 25])


def test_rounded_boxes_keep_within_their_rectangle():
    outline = rounded_box(Box(10, 20, 100, 40), 12)
    assert outline.min(axis=0) == pytest.approx((10, 20))
    assert outline.max(axis=0) == pytest.approx((110, 60))


def test_the_scale_follows_the_window():
    assert ui_scale((1280, 720)) == 1.0
    assert ui_scale((2560, 1440)) == 2.0
    assert ui_scale((320, 240)) == 0.6


def test_numbers_are_rounded_to_what_can_be_read_so_that_panels_keep_still():
    seen = [legible(Readout(speed=15.0 + 0.01 * i, steering=0.001 * i, time_s=3.0 + 0.01 * i)) for i in range(5)]
    assert len(set(seen)) == 1
    assert legible(Readout(time_s=3.19)).time_s == pytest.approx(3.1)
    assert legible(Readout(lead_gap=np.inf)).lead_gap == np.inf
